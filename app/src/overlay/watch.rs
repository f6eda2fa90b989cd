//! Listeners that end with their owner, and the watch over a picture under an open overlay.

use std::cell::Cell;
use std::rc::Rc;

use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use web_sys::{Element, EventTarget, ResizeObserver};

/// A listener that is taken away when this is dropped.
pub(super) struct Listener {
    target: EventTarget,
    event: &'static str,
    captures: bool,
    callback: Closure<dyn Fn(web_sys::Event)>,
}

impl Listener {
    /// Calls `callback` at each `event` on `target` and what is inside it, before anybody there can stop the event.
    pub(super) fn new(
        target: &EventTarget,
        event: &'static str,
        callback: impl Fn(web_sys::Event) + 'static,
    ) -> Self {
        Self::at(target, event, true, callback)
    }

    /// The same after everybody inside has had the event.
    pub(super) fn bubbling(
        target: &EventTarget,
        event: &'static str,
        callback: impl Fn(web_sys::Event) + 'static,
    ) -> Self {
        Self::at(target, event, false, callback)
    }

    fn at(
        target: &EventTarget,
        event: &'static str,
        captures: bool,
        callback: impl Fn(web_sys::Event) + 'static,
    ) -> Self {
        let callback = Closure::<dyn Fn(web_sys::Event)>::new(callback);
        // Refused only for a null callback; and a page without this listener is no worse than one without script.
        let function = callback.as_ref().unchecked_ref();
        let _ = target.add_event_listener_with_callback_and_bool(event, function, captures);
        Self { target: target.clone(), event, captures, callback }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let function = self.callback.as_ref().unchecked_ref();
        let _ = self.target.remove_event_listener_with_callback_and_bool(self.event, function, self.captures);
    }
}

/// Calls `resized` when an element's size changes, until this is dropped.
pub(super) struct SizeWatch {
    observer: Option<ResizeObserver>,
    _callback: Closure<dyn Fn()>,
}

impl SizeWatch {
    pub(super) fn new(element: &Element, resized: impl Fn() + 'static) -> Self {
        let callback = Closure::<dyn Fn()>::new(resized);
        let observer = ResizeObserver::new(callback.as_ref().unchecked_ref()).ok();
        if let Some(observer) = &observer {
            observer.observe(element);
        }
        Self { observer, _callback: callback }
    }
}

impl Drop for SizeWatch {
    fn drop(&mut self) {
        if let Some(observer) = &self.observer {
            observer.disconnect();
        }
    }
}

/// Calls `look` whenever the picture may have moved or changed, until this is dropped.
///
/// At each frame that the browser draws, since a page moves pictures in ways that no event tells of (carousels,
/// animations, styles set by script); and at once when it scrolls or changes its size, so that the overlay does not
/// lag behind by a frame.
pub(super) struct Watch {
    is_over: Rc<Cell<bool>>,
    _size: SizeWatch,
    _listeners: Vec<Listener>,
}

impl Watch {
    pub(super) fn new(picture: &Element, look: impl Fn() + Clone + 'static) -> Self {
        let listener = |target: &EventTarget, event| {
            let look = look.clone();
            Listener::new(target, event, move |_| look())
        };
        let window: EventTarget = window().into();
        let listeners =
            vec![listener(&window, "scroll"), listener(&window, "resize"), listener(picture, "load")];
        let size = SizeWatch::new(picture, look.clone());
        let is_over = Rc::new(Cell::new(false));
        at_each_frame(Rc::clone(&is_over), look);
        Self { is_over, _size: size, _listeners: listeners }
    }
}

/// Calls `look` at each frame that the browser draws, until `is_over`.
fn at_each_frame(is_over: Rc<Cell<bool>>, look: impl Fn() + Clone + 'static) {
    request_animation_frame(move || {
        if !is_over.get() {
            look();
            at_each_frame(is_over, look);
        }
    });
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.is_over.set(true);
    }
}
