//! Pictures that are no elements: backgrounds of elements with `data-cutline-background`. An `<img>` that is in no page stands
//! in for one, for what it shows; where that is, the element says. Everything else need not know of them.

use std::rc::Rc;

use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Element, Event, HtmlElement, HtmlImageElement};

use super::geometry::ObjectFit;
use super::measure::{style_of, value};
use super::page::Opened;

/// What a page says that an element's background is a picture to share by; its value is the picture's alt text.
pub(super) const ATTRIBUTE: &str = "data-cutline-background";

/// What of the page's word on a picture is the stand-in's, too.
const TAKEN_OVER: [&str; 3] = ["data-cutline-source", "data-cutline-width", "data-cutline-height"];

/// The element with a background to share that `event` is on, or in.
pub(super) fn background_at(event: &Event) -> Option<HtmlElement> {
    let on = event.composed_path().get(0).dyn_into::<Element>().ok()?;
    on.closest(&format!("[{ATTRIBUTE}]")).ok()??.dyn_into().ok()
}

/// The picture that is the background of `element`, when it is loaded, opened by `opener`; nothing where that offers none.
pub(super) async fn opened(element: HtmlElement, opener: Option<HtmlElement>) -> Option<Opened> {
    let stand_in = StandIn::of(element).filter(|one| one.element.has_attribute(ATTRIBUTE))?;
    // Of what the browser shows it has the bytes already.
    JsFuture::from(stand_in.picture.decode()).await.ok()?;
    Some(Opened::of(stand_in.picture.clone(), opener)?.standing_in(Some(Rc::new(stand_in))))
}

/// The picture of a background.
pub(super) struct StandIn {
    /// The element whose background it is.
    pub(super) element: HtmlElement,
    /// What stands in.
    pub(super) picture: HtmlImageElement,
}

impl StandIn {
    /// For the background of `element`; nothing where it has none, or one that an `<img>` cannot be painted like.
    pub(super) fn of(element: HtmlElement) -> Option<Self> {
        let style = style_of(&element)?;
        let address = address_in(&value(&style, "background-image"))?;
        fit_of(&value(&style, "background-size"), &value(&style, "background-repeat"))?;
        if value(&style, "background-attachment") == "fixed" {
            return None;
        }
        let picture = HtmlImageElement::new().ok()?;
        for name in TAKEN_OVER {
            if let Some(said) = element.get_attribute(name) {
                picture.set_attribute(name, &said).ok()?;
            }
        }
        picture.set_alt(&element.get_attribute(ATTRIBUTE).unwrap_or_default());
        picture.set_src(&address);
        Some(Self { element, picture })
    }
}

impl StandIn {
    /// The element may have come to show another background: the stand-in is given that, and whether it can still stand in is told.
    pub(super) fn keep_up(&self) -> bool {
        let image =
            style_of(&self.element).map(|style| value(&style, "background-image")).unwrap_or_default();
        let address = address_in(&image);
        if let Some(address) = &address
            && *address != self.picture.src()
        {
            self.picture.set_src(address);
        }
        address.is_some()
    }
}

/// The address in a computed `background-image` of one picture.
fn address_in(image: &str) -> Option<String> {
    let quoted = image.strip_prefix("url(\"")?.strip_suffix("\")")?;
    (!quoted.contains('"')).then(|| quoted.to_owned())
}

/// The `object-fit` that paints as this `background-size` does.
pub(super) fn fit_of(size: &str, repeat: &str) -> Option<ObjectFit> {
    match size {
        "cover" => Some(ObjectFit::Cover),
        "contain" => Some(ObjectFit::Contain),
        "100% 100%" => Some(ObjectFit::Fill),
        // Tiled, there is more than one of it.
        "auto" if repeat == "no-repeat" => Some(ObjectFit::None),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
