//! The page under the overlay: its own controls on a picture (a carousel's arrows, a button to enlarge, a caption's link) get the
//! presses that are no drags, and while the pointer is on the overlay, the page is told that it is on the picture.
//!
//! Without the latter the page hears that the pointer has left, and a carousel that waits for that would take the picture away
//! under the visitor's hands. What a page does by style alone (`:hover`) cannot be kept up.

use std::cell::{Cell, RefCell};

use wasm_bindgen::prelude::*;
use web_sys::js_sys::Reflect;
use web_sys::{Element, Event, HtmlElement, MouseEvent, MouseEventInit, PointerEvent, WheelEvent};

use super::measure::{is_clickable, scrolls, window_rect};
use super::page::outwards;
use super::pointer::focus;
use super::session::Session;
use super::view::document;

/// What takes presses by its nature.
const CONTROLS: &str =
    "a[href], button, input, select, textarea, summary, label, video, audio, [role=button], [role=link]";

/// A line of a wheel that counts in lines, in CSS pixels.
const LINE: f64 = 16.0;

#[wasm_bindgen]
extern "C" {
    /// An event of a pointer; web-sys keeps its constructor's options for itself.
    #[wasm_bindgen(js_name = PointerEvent, extends = Event)]
    type Made;

    #[wasm_bindgen(constructor, js_class = "PointerEvent", catch)]
    fn new(name: &str, how: &MouseEventInit) -> Result<Made, JsValue>;
}

/// Does with a press that was no drag what it would have done on the page, and says whether it would have done something: with
/// a control that lies on the picture, and, if `also_picture`, with the picture itself. `before` is called first.
pub(super) fn press_through(
    event: &MouseEvent,
    session: Session,
    also_picture: bool,
    before: impl FnOnce(),
) -> bool {
    let (picture, Some(pressed)) = (session.ground(), session.stage().and_then(|stage| at(&stage, event)))
    else {
        return false;
    };
    if !(is_control(&pressed, &picture) || also_picture && takes_presses(&pressed)) {
        return false;
    }
    before();
    let how = how_of(event, true);
    let name = event.type_();
    if name == "click" {
        // Menus and sliders of scripts listen to what comes before it.
        dispatch(&pressed, "pointerdown", &how);
        if dispatch(&pressed, "mousedown", &how)
            && let Some(control) = control_at(&pressed)
            && let Some(control) = control.dyn_ref()
        {
            focus(control);
        }
        dispatch(&pressed, "pointerup", &how);
        dispatch(&pressed, "mouseup", &how);
    }
    dispatch(&pressed, &name, &how);
    true
}

/// Lets the wheel on the stage scroll what it would on the picture: browsers look for that around the stage, which is in no
/// scroller of the page's.
pub(super) fn scroll_through(event: &WheelEvent, session: Session) {
    // With Ctrl it is a zoom.
    if event.ctrl_key() {
        return;
    }
    let one = match event.delta_mode() {
        WheelEvent::DOM_DELTA_LINE => LINE,
        WheelEvent::DOM_DELTA_PAGE => window_rect().height,
        _ => 1.0,
    };
    let (x, y) = (event.delta_x() * one, event.delta_y() * one);
    if let Some(scroller) = outwards(&session.ground()).find(|element| scrolls(element, x, y)) {
        event.prevent_default();
        scroller.scroll_by_with_x_and_y(x, y);
    }
}

/// What of the page is under the stage, where a pointer is.
fn at(stage: &HtmlElement, event: &MouseEvent) -> Option<Element> {
    let (x, y) = (event.client_x() as f32, event.client_y() as f32);
    let style = HtmlElement::style(stage);
    let _ = style.set_property("pointer-events", "none");
    let mut found = document().element_from_point(x, y);
    while let Some(inner) = found.as_ref().and_then(|found| found.shadow_root()?.element_from_point(x, y))
        && found.as_ref() != Some(&inner)
    {
        found = Some(inner);
    }
    let _ = style.remove_property("pointer-events");
    found
}

/// What takes the presses on `element`, which may be in it by a slot or a shadow root.
fn control_at(element: &Element) -> Option<Element> {
    outwards(element).find(|around| around.matches(CONTROLS).unwrap_or(false))
}

/// Whether a press on `element` does something, as far as can be seen: by its cursor, or by what it is in, whatever the cursor.
pub(super) fn takes_presses(element: &Element) -> bool {
    is_clickable(element) || control_at(element).is_some()
}

/// Whether a press on `element` means this, and not the picture that it lies on: a link around both is the picture's.
pub(super) fn is_control(element: &Element, picture: &Element) -> bool {
    match control_at(element) {
        Some(control) => !outwards(picture).any(|around| around == control),
        None => element != picture && is_clickable(element) && !is_clickable(picture),
    }
}

/// Where `event` is and which keys are down, for another one: a link in a new tab stays one.
fn how_of(event: &MouseEvent, bubbles: bool) -> MouseEventInit {
    let how = MouseEventInit::new();
    how.set_bubbles(bubbles);
    how.set_cancelable(true);
    how.set_composed(true);
    how.set_ctrl_key(event.ctrl_key());
    how.set_meta_key(event.meta_key());
    how.set_shift_key(event.shift_key());
    how.set_alt_key(event.alt_key());
    how.set_client_x(event.client_x());
    how.set_client_y(event.client_y());
    // What else a pointer's event says of itself, by name: web-sys keeps these options for itself.
    for name in ["pointerId", "pointerType", "isPrimary", "detail"].map(JsValue::from) {
        if let Ok(value) = Reflect::get(event, &name)
            && !value.is_undefined()
        {
            let _ = Reflect::set(&how, &name, &value);
        }
    }
    how
}

/// Whether nobody prevented what it does by itself.
fn dispatch(element: &Element, name: &str, how: &MouseEventInit) -> bool {
    Made::new(name, how).and_then(|event| element.dispatch_event(&event)).unwrap_or(false)
}

/// The pointer on a picture, as the page is told of it: until this is dropped.
pub(super) struct Hover {
    picture: Element,
    /// The last event that says so, once the page is told.
    told: RefCell<Option<PointerEvent>>,
    is_mouse_told: Cell<bool>,
}

impl Hover {
    /// Nothing is told yet.
    pub(super) fn on(picture: Element) -> Self {
        Self { picture, told: RefCell::new(None), is_mouse_told: Cell::new(false) }
    }

    /// The pointer is on the overlay `root`, which `event` says of it: `pointerover`, or the `mouseover` that follows. The page is
    /// told once, however often the pointer comes back, since it is not told that it goes; and of each kind apart: between them
    /// the browser says that the mouse has left the picture.
    pub(super) fn over(&self, root: &Element, event: &Event) {
        let Some(event) = event.dyn_ref::<MouseEvent>() else { return };
        let from = event.related_target();
        if root.contains(from.as_ref().and_then(|from| from.dyn_ref())) {
            return;
        }
        if let Some(pointer) = event.dyn_ref::<PointerEvent>() {
            // Fingers do not hover.
            if pointer.pointer_type() != "touch" && self.told.replace(Some(pointer.clone())).is_none() {
                self.tell("pointerover", "pointerenter", event);
            }
        } else if self.told.borrow().is_some() && !self.is_mouse_told.replace(true) {
            self.tell("mouseover", "mouseenter", event);
        }
    }

    fn tell(&self, name: &str, around: &str, at: &MouseEvent) {
        dispatch(&self.picture, name, &how_of(at, true));
        for element in outwards(&self.picture) {
            dispatch(&element, around, &how_of(at, false));
        }
    }
}

impl Drop for Hover {
    fn drop(&mut self) {
        // The browser tells for itself when the pointer is on the picture in truth.
        if let Some(last) = self.told.take() {
            self.tell("pointerout", "pointerleave", &last);
            if self.is_mouse_told.get() {
                self.tell("mouseout", "mouseleave", &last);
            }
        }
    }
}
