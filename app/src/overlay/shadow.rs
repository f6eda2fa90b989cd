//! The overlay's home on a page of somebody else's: a shadow root, where the page's styles do not reach it, nor its own the
//! page. Events that only the overlay is about end there, so that the page's keyboard shortcuts, focus traps and outside
//! clicks do not take them for the page's own.

use wasm_bindgen::prelude::*;
use web_sys::js_sys::{Array, Reflect};
use web_sys::{AddEventListenerOptions, Element, Event, HtmlElement, ShadowRootInit, ShadowRootMode};

use super::page::{Home, dialog_around};
use super::view::document;

/// The element that has the root; no page gives a meaning to it.
const HOST: &str = "cutline-overlay";

/// What a page must not hear of its visitor's work in the overlay. Not pointer moves, by which overlays are left.
const OWN_EVENTS: [&str; 22] = [
    "keydown",
    "keyup",
    "keypress",
    "beforeinput",
    "input",
    "change",
    "submit",
    "paste",
    "click",
    "dblclick",
    "mousedown",
    "mouseup",
    "pointerdown",
    "pointerup",
    "focusin",
    "focusout",
    "wheel",
    "touchstart",
    "touchmove",
    "touchend",
    "touchcancel",
    "contextmenu",
];

thread_local! {
    /// Ends an event where it is. One for all overlays, and none takes it away: what closes an overlay is an event on its way out of it.
    static END: Closure<dyn Fn(Event)> = Closure::new(|event: Event| event.stop_propagation());
}

/// Whether the overlay is light or dark: as the visitor's device says, or as the site wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the device.
    #[default]
    Auto,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// The value of the CSS property `color-scheme`.
    fn scheme(self) -> &'static str {
        match self {
            Self::Auto => "light dark",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// A root for the overlay of `picture`: in the dialog that the picture is in, else at the end of the document, beside
/// its body and not in it. `styles` is a constructed style sheet, which no content security policy forbids.
pub(super) fn home_in_shadow(picture: &Element, styles: &JsValue, theme: Theme) -> Option<Home> {
    let around: HtmlElement =
        dialog_around(picture).or_else(|| document().document_element()?.dyn_into().ok())?;
    let host: HtmlElement = document().create_element(HOST).ok()?.dyn_into().ok()?;
    let root = host.attach_shadow(&ShadowRootInit::new(ShadowRootMode::Open)).ok()?;
    Reflect::set(&root, &"adoptedStyleSheets".into(), &Array::of1(styles)).ok()?;
    let parent: HtmlElement = document().create_element("div").ok()?.dyn_into().ok()?;
    parent.set_class_name("embedded");
    let _ = HtmlElement::style(&parent).set_property("color-scheme", theme.scheme());
    root.append_child(&parent).ok()?;
    keep_events(&parent);
    around.append_child(&host).ok()?;
    Some(Home { parent, guard: Some(Box::new(Shadow { host })) })
}

/// Lets none of the overlay's own events out of `parent`.
fn keep_events(parent: &HtmlElement) {
    let how = AddEventListenerOptions::new();
    // Scrolling by a finger or a wheel waits for nobody.
    how.set_passive(true);
    END.with(|end| {
        let end = end.as_ref().unchecked_ref();
        for name in OWN_EVENTS {
            // Refused only for a null callback.
            let _ = parent.add_event_listener_with_callback_and_add_event_listener_options(name, end, &how);
        }
    });
}

/// The host, which goes with this.
struct Shadow {
    host: HtmlElement,
}

impl Drop for Shadow {
    fn drop(&mut self) {
        self.host.remove();
    }
}
