//! The overlay on a page that is not ours: started and steered by a script, in a shadow root of its own.

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;

use cutline_model::{OverlaySettings, Region, ShareReceipt, Source, Target};
use leptos::mount::mount_to;
use leptos::prelude::*;
use send_wrapper::SendWrapper;
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlImageElement};

use super::hooks::{Hooks, OnSite};
use super::page::{Home, Opened, focused, is_in_overlay};
use super::quote::QuotedRegion;
use super::server::Server;
use super::shadow::home_in_shadow;
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
    site: OnSite,
    opened: RwSignal<Option<Opened>>,
    close: Callback<()>,
    quoted: RwSignal<Option<Box<dyn Any>>, LocalStorage>,
    owner: Owner,
    _root: Box<dyn Any>,
}

impl Embedded {
    /// Starts to listen, and calls `ready` when it does; `told` hears of the picture that the overlay is on, and what happens
    /// there.
    pub fn start(
        setting: Setting,
        ready: impl Fn() + 'static,
        told: impl Fn(&Element, Told) + Clone + 'static,
    ) -> Self {
        let Setting { targets, settings, language, choice, theme, styles, server } = setting;
        // In here nothing is seen; mounting gives effects what runs them.
        let nowhere = document().create_element("div").expect("a page makes elements").unchecked_into();
        let made = Rc::new(RefCell::new(None));
        let kept = Rc::clone(&made);
        let root = mount_to(nowhere, move || {
            let opened = RwSignal::new(None::<Opened>);
            let region = RwSignal::new(None::<Region>);
            let tell = {
                let told = SendWrapper::new(told.clone());
                move |what: Told| {
                    if let Some(opened) = opened.get_untracked() {
                        told(&opened.ground(), what);
                    }
                }
            };
            let hooks = Hooks {
                region: Some(region),
                on_open: None,
                on_region: None,
                on_shared: Some(Callback::new({
                    let tell = tell.clone();
                    move |receipt| tell(Told::Shared(receipt))
                })),
                on_error: Some(Callback::new({
                    let tell = tell.clone();
                    move |error| tell(Told::Refused(error))
                })),
            };
            let home = move |picture: &Element| home_in_shadow(picture, &styles, theme);
            let site = OnSite {
                targets: targets.into(),
                settings: settings.into(),
                language: language.into(),
                own_labels: None,
                hooks,
                server,
                home: Rc::new(home),
                choice,
            };
            let close = super::start(site.clone(), opened, ready);
            let quoted = RwSignal::new_local(None);
            Effect::new(move |before: Option<Option<SendWrapper<Element>>>| {
                let now = opened.with(|opened| {
                    let opened = opened.as_ref()?;
                    Some((SendWrapper::new(opened.ground()), opened.source.clone()))
                });
                // One may have taken the place of another.
                if let Some(before) = before.flatten() {
                    told(&before, Told::Closed);
                }
                let (picture, source) = now?;
                told(&picture, Told::Opened(source));
                Some(picture)
            });
            Effect::new(move |before: Option<Option<(Region, Element)>>| {
                let now = region.get().zip(opened.with_untracked(|opened| Some(opened.as_ref()?.ground())));
                if let Some((region, _)) = now.as_ref().filter(|_| before.flatten() != now) {
                    tell(Told::Region(*region));
                }
                now
            });
            *kept.borrow_mut() = Some((site, opened, close, quoted, Owner::current()));
        });
        let (site, opened, close, quoted, owner) = made.take().expect("mounting runs what is mounted");
        let owner = owner.expect("mounting makes one");
        Self { site, opened, close, quoted, owner, _root: Box::new(root) }
    }

    /// Opens the overlay on a picture, as a press on an opener does; whether the picture can be shared. With a region, that
    /// is selected.
    pub fn open(&self, picture: HtmlImageElement, region: Option<Region>) -> bool {
        if !self.site.choice.allows(&picture) {
            return false;
        }
        // In the overlay, which makes way, nothing can get the focus back: what opened that one gets it.
        let before =
            || self.opened.with_untracked(|opened| Some((**opened.as_ref()?.opener.as_ref()?).clone()));
        let opener =
            focused().filter(|focused| !is_in_overlay(focused)).or_else(before).or_else(|| document().body());
        let Some(opened) = Opened::of(picture, opener) else { return false };
        self.opened.set(Some(opened.selecting(region)));
        true
    }

    /// Closes it, if it is open; the focus goes back to where it was.
    pub fn close(&self) {
        self.close.run(());
    }

    /// Shows a part that was shared from this picture, with what was said about it, in place of one shown before; whether it
    /// can be shown.
    pub fn quote(&self, picture: HtmlImageElement, region: Region, text: String) -> bool {
        let Some(opened) = Opened::of(picture, None) else { return false };
        let Some(Home { parent, guard }) = (self.site.home)(&opened.picture) else { return false };
        let (site, shown) = (self.site.clone(), self.quoted);
        // Not from within itself.
        let close = Callback::new(move |()| leptos::task::spawn_local(async move { shown.set(None) }));
        let quoted =
            move || view! { <QuotedRegion opened=opened region=region text=text site=site close=close /> };
        self.owner.with(|| shown.set(Some(Box::new((mount_to(parent, quoted), guard)))));
        true
    }
}
