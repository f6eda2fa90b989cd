//! What an overlay has of the site around it: the owner's choices, the server, and what the site hears of the overlay.

use std::rc::Rc;

use cutline_model::{OverlaySettings, Region, ShareReceipt, Source, Target};
use leptos::prelude::*;
use web_sys::Element;

use super::page::{Choice, Home};
use super::server::Server;
use crate::api::ApiError;
use crate::language::{Labels, Language};

/// Finds the place for the overlay of a picture.
pub(super) type HomeOf = dyn Fn(&Element) -> Option<Home>;

/// What the site gives to every overlay on it; of what can change, an overlay takes what it is when it opens.
#[derive(Clone)]
pub(super) struct OnSite {
    /// Where visitors can share to.
    pub(super) targets: Signal<Vec<Target>>,
    /// Dwell, thresholds, look of the target list.
    pub(super) settings: Signal<OverlaySettings>,
    /// The language of the overlay's words.
    pub(super) language: Signal<Language>,
    /// The site's own words, if it has some.
    pub(super) own_labels: Option<&'static Labels>,
    /// What the site hears.
    pub(super) hooks: Hooks,
    /// Where shares are sent.
    pub(super) server: &'static dyn Server,
    /// Where the overlay of a picture is put; nothing where it cannot be.
    pub(super) home: Rc<HomeOf>,
    /// Which pictures may react, beside what is true of all.
    pub(super) choice: Choice,
}

impl OnSite {
    /// The overlay's words.
    pub(super) fn labels(&self) -> &'static Labels {
        self.own_labels.unwrap_or_else(|| self.language.get_untracked().labels())
    }
}

/// The site's side of one overlay; nothing by default.
#[derive(Clone, Copy, Default)]
pub(super) struct Hooks {
    /// What is selected; none while no overlay is open.
    pub(super) region: Option<RwSignal<Option<Region>>>,
    /// It was opened on this picture.
    pub(super) on_open: Option<Callback<Source>>,
    /// This is selected now.
    pub(super) on_region: Option<Callback<Region>>,
    /// The share was accepted.
    pub(super) on_shared: Option<Callback<ShareReceipt>>,
    /// It was not, and why.
    pub(super) on_error: Option<Callback<ApiError>>,
}

/// Calls `hook`, if the site has one.
pub(super) fn call<T: 'static>(hook: Option<Callback<T>>, with: impl FnOnce() -> T) {
    if let Some(hook) = hook {
        hook.run(with());
    }
}
