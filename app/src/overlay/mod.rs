//! The selection overlay: dwell on a picture, select a part, describe it, share it.
//!
//! The story is told by files: `dwell` and `pointer` notice that the visitor wants something (event handling), `page`
//! reads the picture and `measure` where it is, `session` holds what the visitor does with `stage` (the selection on the
//! picture, with its `handles` and a `loupe`; the page's own controls `beneath` keep their presses) and `panel` (text, targets and `tools`), `sending` sends it, `drafts` keep what was not, `outcome` shows what became of
//! it and `passing_on` what the device can do with it (`clipboard`); the site around it listens by `hooks`. On
//! sites of others `embedded` starts it, in a `shadow` root, also on a `background`; `quote` shows there what was shared. `geometry`, `selection`,
//! `corners`, `keyboard`, `dwell` and `speech` are plain functions without a browser.

mod background;
mod beneath;
mod clipboard;
mod corners;
mod countdown;
mod drafts;
mod dwell;
pub mod embedded;
pub mod following;
mod geometry;
mod handles;
mod hooks;
#[cfg(any(feature = "ssr", feature = "hydrate"))]
#[expect(missing_docs, reason = "the `island` macro makes a struct that carries none")]
pub mod island;
mod keyboard;
mod layer;
mod loupe;
mod measure;
mod outcome;
mod page;
mod panel;
mod passing_on;
mod pointer;
mod quote;
pub mod selection;
mod sending;
pub mod server;
mod session;
mod shadow;
mod speech;
mod stage;
mod target_room;
mod text_field;
mod tools;
mod watch;

use std::any::Any;
use std::rc::Rc;

use cutline_model::{OverlaySettings, Region, ShareReceipt, Source, Target};
use leptos::mount::mount_to;
use leptos::prelude::*;
use send_wrapper::SendWrapper;

use self::hooks::{Hooks, OnSite};
use self::layer::OverlayLayer;
use self::page::{Choice, Home, Opened};
use crate::api::{ApiError, OwnServer};
use crate::language::{Labels, Language};

/// Lets visitors share a part of any picture on the page.
///
/// Draws nothing until a pointer rests on a picture, or an opener (a link or button with `data-cutline-open`, in the
/// same `data-cutline-figure` as its picture) is pressed; then the overlay stands on that picture until it is closed.
/// Keyboard: Enter on an opener opens it, arrow keys move and resize, Escape closes and gives the focus back.
/// On the server it renders nothing.
#[component]
pub fn SelectionOverlay(
    /// Where the visitor can share to; an empty list makes an overlay that can only be closed again.
    #[prop(into)]
    targets: Signal<Vec<Target>>,
    /// Dwell, thresholds, the look of the target list, the loupe; by default 600 ms, 120 x 120 CSS pixels, buttons, a loupe for
    /// fingers.
    #[prop(optional, into)]
    settings: Signal<OverlaySettings>,
    /// The language of its words; English by default.
    #[prop(optional, into)]
    language: Signal<Language>,
    /// The site's own words in place of the language's; those that it leaves come from [`crate::language::ENGLISH`] or
    /// another. None by default.
    #[prop(optional)]
    labels: Option<&'static Labels>,
    /// What is selected, for the site to read and to set; none while no overlay is open. Without it the overlay keeps its
    /// selection to itself, and opens with the middle of the picture.
    #[prop(optional, into)]
    region: Option<RwSignal<Option<Region>>>,
    /// Called with the picture that the overlay is opened on.
    #[prop(optional, into)]
    on_open: Option<Callback<Source>>,
    /// Called with what is selected, at the opening and at each change.
    #[prop(optional, into)]
    on_region: Option<Callback<Region>>,
    /// Called with the receipt of an accepted share; its deliveries may still be under way.
    #[prop(optional, into)]
    on_shared: Option<Callback<ShareReceipt>>,
    /// Called with what a refused share was refused for.
    #[prop(optional, into)]
    on_error: Option<Callback<ApiError>>,
) -> impl IntoView {
    let site = OnSite {
        targets,
        settings,
        language,
        own_labels: labels,
        hooks: Hooks { region, on_open, on_region, on_shared, on_error },
        server: &OwnServer,
        home: Rc::new(page::home_on_page),
        choice: Choice::default(),
    };
    start(site, RwSignal::new(None), mark_ready);
}

/// Listens for visitors who want an overlay and shows it, until the reactive owner ends; `opened` holds the picture that it is
/// open on. `ready` is called when it listens; the result closes the overlay.
fn start(site: OnSite, opened: RwSignal<Option<Opened>>, ready: impl Fn() + 'static) -> Callback<()> {
    let (settings, choice) = (site.settings, site.choice.clone());
    Effect::new(move || {
        let listeners = pointer::listen(&settings.get(), &choice, move |picture| {
            // One at a time; a dwell never replaces what the visitor is working on.
            if picture.opener.is_some() || opened.with_untracked(Option::is_none) {
                opened.set(Some(picture));
            }
        });
        let listeners = SendWrapper::new(listeners);
        on_cleanup(move || drop(listeners));
        ready();
    });
    let close = Callback::new(move |()| {
        let picture = opened.try_update(Option::take).flatten();
        if let Some(element) = picture.and_then(Opened::focus_after) {
            pointer::focus(&element);
        }
    });
    // Mounted when it is opened, and not rendered with the page: what the server never draws need not be hydrated, and a
    // picture in a modal dialog has its overlay in there, since the browser takes all else out of reach.
    Effect::new(move |shown: Option<Option<Box<dyn Any>>>| -> Option<Box<dyn Any>> {
        drop(shown);
        let opened = opened.get()?;
        let Home { parent, guard } = (site.home)(&opened.ground())?;
        let site = site.clone();
        let layer = move || view! { <OverlayLayer opened=opened site=site close=close /> };
        // In this order: the overlay goes before what it is in.
        Some(Box::new((untrack(|| mount_to(parent, layer)), guard)))
    });
    close
}

/// Tells testers and scripts that pictures react from now on.
fn mark_ready() {
    if let Some(root) = document().document_element() {
        let _ = root.set_attribute("data-hydrated", "");
    }
}
