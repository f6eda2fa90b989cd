//! The overlay on a page that is not ours: started and steered by a script, in a shadow root of its own.

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;

use cutline_model::{OverlaySettings, Region, ShareReceipt, Source, Target};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, HtmlElement, HtmlImageElement};

use super::Overlay;
use super::background;
use super::hooks::{Hooks, Offer, OnSite};
use super::measure::frame_of;
use super::page::{Home, Opened, focused, is_in_overlay};
use super::quote::quoted_region;
use super::server::Server;
use super::session::Closing;
use super::shadow::home_in_shadow;
use super::view::{Callback, Root, RwSignal, document, effect_after, mount};
use super::watch::Listener;
use crate::api::ApiError;
use crate::language::Language;

pub use super::page::Choice;
pub use super::shadow::Theme;

/// What the page's script is told.
pub enum Told {
    /// The overlay was opened on this picture.
    Opened(Source),
    /// This part is selected now.
    Region(Region),
    /// The share was accepted.
    Shared(ShareReceipt),
    /// It was refused.
    Refused(ApiError),
    /// The overlay was closed.
    Closed,
    /// A pointer rests there, and the overlay is about to come, unless the answer is that it may not.
    Dwelt,
}

/// What an embedded overlay is made with.
pub struct Setting {
    /// Where visitors can share to.
    pub targets: Vec<Target>,
    /// Dwell, thresholds, look of the target list.
    pub settings: OverlaySettings,
    /// The language of its words.
    pub language: Language,
    /// Which pictures react.
    pub choice: Choice,
    /// Light or dark.
    pub theme: Theme,
    /// The constructed style sheet of everything in the shadow root.
    pub styles: JsValue,
    /// Where shares are sent.
    pub server: &'static dyn Server,
}

/// An overlay that listens on the page, for as long as the page is there.
pub struct Embedded {
    overlay: Overlay,
    quoted: Rc<RefCell<Option<Box<dyn Any>>>>,
    _listeners: Vec<Listener>,
    _telling: Root,
}

impl Embedded {
    /// Starts to listen; `told` hears of the picture that the overlay is on, and what happens there, and answers whether it may.
    pub fn start(setting: Setting, told: impl Fn(&Element, Told) -> bool + Clone + 'static) -> Self {
        let Setting { targets, settings, language, choice, theme, styles, server } = setting;
        let offer = Offer { targets, settings: settings.clone(), labels: language.labels() };
        let tell = {
            let told = told.clone();
            move |opened: RwSignal<Option<Opened>>, what: Told| {
                if let Some(opened) = opened.get_untracked() {
                    told(&opened.ground(), what);
                }
            }
        };
        let (shared, refused, dwelt) = (told.clone(), told.clone(), told.clone());
        let overlay = Overlay::new(move |_| OnSite {
            offer: Rc::new(move || offer.clone()),
            hooks: Hooks {
                region: Some(RwSignal::new(None)),
                on_open: None,
                on_region: None,
                on_shared: Some(Callback::new(move |(ground, receipt)| {
                    shared(&ground, Told::Shared(receipt));
                })),
                on_error: Some(Callback::new(move |(ground, error)| {
                    refused(&ground, Told::Refused(error));
                })),
            },
            server,
            home: Rc::new(move |picture: &Element| home_in_shadow(picture, &styles, theme)),
            choice,
            touched: RwSignal::new(false),
            may_dwell: Rc::new(move |ground| dwelt(ground, Told::Dwelt)),
        });
        let (opened, region) = (overlay.opened, overlay.site.hooks.region);
        let quoted: Rc<RefCell<Option<Box<dyn Any>>>> = Rc::default();
        let shown = Rc::clone(&quoted);
        let (telling, ()) = Root::new(|| {
            effect_after(move |before: Option<Option<Element>>| {
                let now = opened
                    .with(|opened| opened.as_ref().map(|opened| (opened.ground(), opened.source.clone())));
                // One may have taken the place of another.
                if let Some(before) = before.flatten() {
                    told(&before, Told::Closed);
                }
                let (picture, source) = now?;
                // What was quoted makes way: both would dim the picture, and Escape would be the quotation's.
                drop(shown.take());
                told(&picture, Told::Opened(source));
                Some(picture)
            });
            effect_after(move |before: Option<Option<(Region, Element)>>| {
                let region = region.and_then(RwSignal::get);
                let now = region.zip(opened.with_untracked(|opened| Some(opened.as_ref()?.ground())));
                if let Some((region, _)) = now.as_ref().filter(|_| before.flatten() != now) {
                    tell(opened, Told::Region(*region));
                }
                now
            });
        });
        let listeners = overlay.listen(&settings);
        Self { overlay, quoted, _listeners: listeners, _telling: telling }
    }

    /// Opens the overlay on a picture, or on what offers one as its background, as a press on an opener does; whether the picture
    /// can be shared. With a region, that is selected.
    pub async fn open(&self, element: HtmlElement, region: Option<Region>) -> bool {
        if !self.overlay.site.choice.allows(&element) {
            return false;
        }
        // In the overlay, which makes way, nothing can get the focus back: what opened that one gets it.
        let before = || self.overlay.opened.with_untracked(|opened| opened.as_ref()?.opener.clone());
        let opener =
            focused().filter(|focused| !is_in_overlay(focused)).or_else(before).or_else(|| document().body());
        let opened = match element.dyn_into() {
            Ok(picture) => Opened::of(picture, opener),
            Err(element) => background::opened(element, opener).await,
        };
        let Some(opened) = opened else { return false };
        // In no document, or hidden: there would be nothing to select on.
        if frame_of(&opened.picture, &opened.ground()).is_none() {
            return false;
        }
        self.overlay.opened.set(Some(opened.selecting(region)));
        true
    }

    /// Closes it, if it is open; the focus goes back to where it was.
    pub fn close(&self) {
        self.overlay.close.run(Closing::OnPurpose);
    }

    /// Shows a part that was shared from this picture, with what was said about it, in place of one shown before; whether it
    /// can be shown.
    pub fn quote(&self, picture: HtmlImageElement, region: Region, text: String) -> bool {
        let Some(opened) = Opened::of(picture, None) else { return false };
        let Some(Home { parent, guard }) = (self.overlay.site.home)(&opened.picture) else { return false };
        let (site, shown) = (self.overlay.site.clone(), Rc::clone(&self.quoted));
        let quoted = move || {
            let close = Callback::new(move |_: Closing| {
                let shown = Rc::clone(&shown);
                // Not from within itself.
                spawn_local(async move { drop(shown.take()) });
            });
            quoted_region(opened, region, text, &site, close)
        };
        drop(self.quoted.take());
        self.quoted.replace(Some(Box::new((mount(&parent, quoted), guard))));
        true
    }
}
