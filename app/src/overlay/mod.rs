//! The selection overlay: dwell on a picture, select a part, describe it, share it.
//!
//! The story is told by files: `dwell` and `pointer` notice that the visitor wants something (event handling), `page`
//! reads the picture and `measure` where it is, `session` holds what the visitor does with `stage` (the selection on the
//! picture, with its `handles` and a `loupe`; the page's own controls `beneath` keep their presses, and `fingers` scroll the page) and
//! `panel` (text, targets and `tools`), `looking` follows what the page does to the picture meanwhile (`srcset` knows its copies),
//! `sending` sends it, or the form in a window of the server's own, `elsewhere`; `drafts` keep what is not over, `outcome` shows what
//! became of it and `passing_on` what the device can do with it (`clipboard`); the site around it listens by `hooks`. On sites of others `embedded` starts it, in a `shadow` root, also on a `background`; `quote` shows there what was shared. `geometry`, `selection`,
//! `corners`, `keyboard`, `dwell`, `srcset` and `speech` are plain functions without a browser. All of it is drawn by `view`.

mod background;
mod beneath;
mod clipboard;
mod corners;
mod countdown;
mod drafts;
mod dwell;
mod elsewhere;
pub mod embedded;
mod fingers;
pub mod following;
mod geometry;
mod handles;
mod hooks;
#[cfg(any(feature = "ssr", feature = "hydrate"))]
pub mod island;
mod keyboard;
mod layer;
mod looking;
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
mod srcset;
mod stage;
mod target_room;
mod text_field;
mod tools;
mod view;
mod watch;

use std::any::Any;
use std::rc::Rc;

use cutline_model::{OverlaySettings, Region, ShareReceipt, Source, Target};
use leptos::prelude::{Callable, Callback, Effect, Get, GetUntracked, IntoView, RwSignal, Set, Signal};
use leptos::prelude::{component, on_cleanup};
use send_wrapper::SendWrapper;
use web_sys::Element;

use self::hooks::{Hooks, Offer, OnSite};
use self::layer::overlay_layer;
use self::page::{Choice, Home, Opened};
use self::session::Closing;
use self::view::{Root, document, mount};
use self::watch::Listener;
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
    /// The site's own words in place of the language's, with the language and direction that they are in; those that it leaves come
    /// from [`crate::language::ENGLISH`] or another. None by default.
    #[prop(optional, into)]
    labels: Signal<Option<&'static Labels>>,
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
    // In the browser alone: servers run no effects.
    Effect::new(move |_| {
        let site = move |_| OnSite {
            offer: Rc::new(move || Offer {
                targets: targets.get_untracked(),
                settings: settings.get_untracked(),
                labels: labels.get_untracked().unwrap_or_else(|| language.get_untracked().labels()),
            }),
            hooks: Hooks {
                region: region.map(joined),
                on_open: on_open.map(passed_on),
                on_region: on_region.map(passed_on),
                on_shared: on_shared.map(passed_on_of),
                on_error: on_error.map(passed_on_of),
            },
            server: &OwnServer,
            home: Rc::new(page::home_on_page),
            choice: Choice::default(),
            touched: view::RwSignal::new(false),
            may_dwell: Rc::new(|_| true),
        };
        let overlay = Rc::new(Overlay::new(site));
        let listening = Rc::clone(&overlay);
        Effect::new(move |_| {
            let listeners = SendWrapper::new(listening.listen(&settings.get()));
            on_cleanup(move || drop(listeners));
            mark_ready();
        });
        let overlay = SendWrapper::new(overlay);
        on_cleanup(move || drop(overlay));
    });
}

/// A callback of the site's, as the overlay calls it.
fn passed_on<T: 'static>(callback: Callback<T>) -> view::Callback<T> {
    view::Callback::new(move |what| callback.run(what))
}

/// The same of what is told together with the element that it is about.
fn passed_on_of<T: 'static>(callback: Callback<T>) -> view::Callback<(Element, T)> {
    view::Callback::new(move |(_, what)| callback.run(what))
}

/// A signal of the overlay's that has always the value of the site's, whichever of them is set.
fn joined(site: RwSignal<Option<Region>>) -> view::RwSignal<Option<Region>> {
    let ours = view::RwSignal::new(site.get_untracked());
    let tell = move |region: Option<Region>| {
        // The site may have gone first.
        if site.try_get_untracked().is_some_and(|told| told != region) {
            site.try_set(region);
        }
    };
    view::effect(move || tell(ours.get()));
    view::on_cleanup(move || tell(None));
    Effect::new(move |_| {
        let wanted = site.get();
        if ours.try_get_untracked().is_some_and(|is| is != wanted) {
            ours.set(wanted);
        }
    });
    ours
}

/// An overlay that can be opened on the pictures of the page, until this is dropped.
struct Overlay {
    site: OnSite,
    /// The picture that it is open on.
    opened: view::RwSignal<Option<Opened>>,
    close: view::Callback<Closing>,
    dwell: pointer::SharedDwell,
    _root: Root,
}

impl Overlay {
    /// On the site that `site` makes, which is given the picture that the overlay is open on.
    fn new(site: impl FnOnce(view::RwSignal<Option<Opened>>) -> OnSite) -> Self {
        let dwell = pointer::SharedDwell::default();
        let rested = Rc::clone(&dwell);
        let (root, (site, opened, close)) = Root::new(|| {
            let opened = view::RwSignal::new(None::<Opened>);
            let site = site(opened);
            let close = view::Callback::new(move |closing| {
                let picture = opened.try_update(Option::take).flatten();
                if picture.is_some() && closing == Closing::OnPurpose {
                    rested.borrow_mut().on(dwell::Happening::Dismissed);
                }
                if let Some(element) = picture.and_then(Opened::focus_after) {
                    pointer::focus(&element);
                }
            });
            show(site.clone(), opened, close);
            (site, opened, close)
        });
        Self { site, opened, close, dwell, _root: root }
    }

    /// Listens for visitors who want it, until the result is dropped.
    fn listen(&self, settings: &OverlaySettings) -> Vec<Listener> {
        let (opened, touched, may_dwell) = (self.opened, self.site.touched, Rc::clone(&self.site.may_dwell));
        pointer::listen(settings, &self.site.choice, &self.dwell, move |picture| {
            let ground = picture.ground();
            let is_dwell = picture.opener.is_none();
            let is_open = opened.with_untracked(|open| open.as_ref().map(|open| open.ground() == ground));
            match is_open {
                // One at a time; a dwell never replaces what the visitor is working on.
                Some(is_same) if is_dwell && (is_same || touched.get_untracked()) => is_same,
                _ if is_dwell && !may_dwell(&ground) => false,
                _ => {
                    opened.set(Some(picture));
                    true
                }
            }
        })
    }
}

/// Shows the overlay on what `opened` holds. Mounted when it is opened, and not rendered with the page: what the server never draws
/// need not be hydrated, and a picture in a modal dialog has its overlay in there, since the browser takes all else out of reach.
fn show(site: OnSite, opened: view::RwSignal<Option<Opened>>, close: view::Callback<Closing>) {
    view::effect_after(move |shown: Option<Option<Box<dyn Any>>>| -> Option<Box<dyn Any>> {
        drop(shown);
        let opened = opened.get()?;
        let Home { parent, guard } = (site.home)(&opened.ground())?;
        let layer = mount(&parent, || overlay_layer(opened, &site, close));
        // In this order: the overlay goes before what it is in.
        Some(Box::new((layer, guard)))
    });
}

/// Tells testers and scripts that pictures react from now on.
fn mark_ready() {
    if let Some(root) = document().document_element() {
        let _ = root.set_attribute("data-hydrated", "");
    }
}
