//! What an overlay has of the site around it: the owner's choices, the server, and what the site hears of the overlay.

use std::rc::Rc;

use cutline_model::{OverlaySettings, Region, ShareReceipt, Source, Target};
use web_sys::Element;

use super::page::{Choice, Home};
use super::server::Server;
use super::view::{Callback, RwSignal};
use crate::api::ApiError;
use crate::language::Labels;

/// Finds the place for the overlay of a picture.
pub(super) type HomeOf = dyn Fn(&Element) -> Option<Home>;

/// What an overlay offers and how it looks, which may be another when it opens again.
#[derive(Clone)]
pub(super) struct Offer {
    /// Where visitors can share to.
    pub(super) targets: Vec<Target>,
    /// Dwell, thresholds, look of the target list.
    pub(super) settings: OverlaySettings,
    /// The overlay's words.
    pub(super) labels: &'static Labels,
}

/// What the site gives to every overlay on it.
#[derive(Clone)]
pub(super) struct OnSite {
    /// What it offers now.
    pub(super) offer: Rc<dyn Fn() -> Offer>,
    /// What the site hears.
    pub(super) hooks: Hooks,
    /// Where shares are sent.
    pub(super) server: &'static dyn Server,
    /// Where the overlay of a picture is put; nothing where it cannot be.
    pub(super) home: Rc<HomeOf>,
    /// Which pictures may react, beside what is true of all.
    pub(super) choice: Choice,
    /// Whether the visitor has done anything on the overlay that is open.
    pub(super) touched: RwSignal<bool>,
    /// Whether it may come to a picture by a dwell: a page may be against it, or an overlay in another frame that is worked on.
    pub(super) may_dwell: Rc<dyn Fn(&Element) -> bool>,
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
    /// The share of a part of this was accepted; its overlay may be closed, or on another picture.
    pub(super) on_shared: Option<Callback<(Element, ShareReceipt)>>,
    /// It was not, and why.
    pub(super) on_error: Option<Callback<(Element, ApiError)>>,
}

/// Calls `hook`, if the site has one.
pub(super) fn call<T: 'static>(hook: Option<Callback<T>>, with: impl FnOnce() -> T) {
    if let Some(hook) = hook {
        hook.run(with());
    }
}
