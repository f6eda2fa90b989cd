//! Pictures that are no elements: backgrounds of elements with `data-cutline-background`. An unseen `<img>` stands in for
//! one, painted as CSS paints the background, so that everything else need not know of them.

use std::cell::Cell;
use std::rc::Rc;

use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use web_sys::{
    CssStyleDeclaration, Element, Event, HtmlElement, HtmlImageElement, ShadowRootInit, ShadowRootMode,
};

use super::page::modal_around;
use super::watch::at_each_frame;

/// What a page says that an element's background is a picture to share by; its value is the picture's alt text.
const ATTRIBUTE: &str = "data-cutline-background";

/// What of the page's word on a picture is the stand-in's, too.
const TAKEN_OVER: [&str; 3] = ["data-cutline-source", "data-cutline-width", "data-cutline-height"];

/// The element with a background to share that `event` is on, or in.
pub(super) fn background_at(event: &Event) -> Option<HtmlElement> {
    let on = event.composed_path().get(0).dyn_into::<Element>().ok()?;
    on.closest(&format!("[{ATTRIBUTE}]")).ok()??.dyn_into().ok()
}

/// An unseen picture in the place of a background, until this is dropped.
pub(super) struct StandIn {
    element: HtmlElement,
    picture: HtmlImageElement,
    host: HtmlElement,
    is_over: Rc<Cell<bool>>,
}

impl StandIn {
    /// For the background of `element`; nothing where it has none, or one that an `<img>` cannot be painted like.
    pub(super) fn of(element: HtmlElement) -> Option<Self> {
        let style = style_of(&element)?;
        let address = address_in(&value(&style, "background-image"))?;
        let fit = fit_of(&value(&style, "background-size"), &value(&style, "background-repeat"))?;
        if value(&style, "background-attachment") == "fixed" {
            return None;
        }
        let host: HtmlElement = document().create_element("cutline-background").ok()?.dyn_into().ok()?;
        let root = host.attach_shadow(&ShadowRootInit::new(ShadowRootMode::Open)).ok()?;
        let picture = HtmlImageElement::new().ok()?;
        for name in TAKEN_OVER {
            if let Some(said) = element.get_attribute(name) {
                picture.set_attribute(name, &said).ok()?;
            }
        }
        picture.set_alt(&element.get_attribute(ATTRIBUTE).unwrap_or_default());
        picture.set_src(&address);
        let painted = HtmlElement::style(&picture);
        for (name, value) in [
            ("position", "fixed".to_owned()),
            ("visibility", "hidden".to_owned()),
            ("pointer-events", "none".to_owned()),
            ("object-fit", fit.to_owned()),
            ("object-position", value(&style, "background-position")),
            ("border-radius", value(&style, "border-radius")),
        ] {
            let _ = painted.set_property(name, &value);
        }
        root.append_child(&picture).ok()?;
        // Of no size, so that it moves nothing; not `display: none`, or the picture would have no place.
        let _ = HtmlElement::style(&host).set_property_with_priority("display", "contents", "important");
        let around = modal_around(&element).or_else(|| document().document_element()?.dyn_into().ok())?;
        around.append_child(&host).ok()?;
        let is_over = Rc::new(Cell::new(false));
        let (of, follower) = (element.clone(), picture.clone());
        place(&of, &follower);
        at_each_frame(Rc::clone(&is_over), move || place(&of, &follower));
        Some(Self { element, picture, host, is_over })
    }

    /// The element whose background it is.
    pub(super) fn element(&self) -> &HtmlElement {
        &self.element
    }

    /// What stands in.
    pub(super) fn picture(&self) -> &HtmlImageElement {
        &self.picture
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.is_over.set(true);
        self.host.remove();
    }
}

/// Puts the picture where the background is: on the element's padding box, which is where backgrounds begin.
fn place(element: &HtmlElement, picture: &HtmlImageElement) {
    if !element.is_connected() {
        // Then it is gone for whoever looks at the picture.
        return picture.remove();
    }
    let rect = element.get_bounding_client_rect();
    let (left, top) = (f64::from(element.client_left()), f64::from(element.client_top()));
    let style = HtmlElement::style(picture);
    for (name, length) in [
        ("left", rect.left() + left),
        ("top", rect.top() + top),
        ("width", f64::from(element.client_width())),
        ("height", f64::from(element.client_height())),
    ] {
        let _ = style.set_property(name, &format!("{length}px"));
    }
}

/// The address in a computed `background-image` of one picture.
fn address_in(image: &str) -> Option<String> {
    let quoted = image.strip_prefix("url(\"")?.strip_suffix("\")")?;
    (!quoted.contains('"')).then(|| quoted.to_owned())
}

/// The `object-fit` that paints as this `background-size` does.
fn fit_of(size: &str, repeat: &str) -> Option<&'static str> {
    match size {
        "cover" => Some("cover"),
        "contain" => Some("contain"),
        "100% 100%" => Some("fill"),
        // Tiled, there is more than one of it.
        "auto" if repeat == "no-repeat" => Some("none"),
        _ => None,
    }
}

fn value(style: &CssStyleDeclaration, name: &str) -> String {
    style.get_property_value(name).unwrap_or_default()
}

fn style_of(element: &Element) -> Option<CssStyleDeclaration> {
    window().get_computed_style(element).ok().flatten()
}

#[cfg(test)]
mod tests;
