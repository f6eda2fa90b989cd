//! Listeners that end with their owner, and the watch over a picture under an open overlay.

use std::cell::Cell;
use std::rc::Rc;

use wasm_bindgen::prelude::*;
use web_sys::{AddEventListenerOptions, Element, EventTarget, ResizeObserver};

use super::countdown::Countdown;
use super::view::{request_animation_frame, window};

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
        let how = AddEventListenerOptions::new();
        how.set_capture(captures);
        // Scrolling by a finger waits for nobody.
        if event.starts_with("touch") {
            how.set_passive(true);
        }
        let _ = target.add_event_listener_with_callback_and_add_event_listener_options(event, function, &how);
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
/// lag behind by a frame. Where nothing has moved for a while it is looked at a few times a second, which spares the battery, until
/// something does or the visitor's pointer moves.
pub(super) struct Watch {
    pace: Rc<Pace>,
    _size: SizeWatch,
    _listeners: Vec<Listener>,
}

/// How often the picture is looked at.
struct Pace {
    /// Whether it has moved.
    look: Box<dyn Fn() -> bool>,
    /// For how many frames it has not.
    still: Cell<u32>,
    pause: Countdown,
    is_over: Cell<bool>,
}

/// How many frames without a change, about a second, are a rest.
const AT_REST: u32 = 60;

/// How long a rest is left alone, in milliseconds.
const PAUSE_MS: u32 = 250;

/// What tells that the picture may move in the next frames.
const STIRS: [&str; 4] = ["pointermove", "pointerdown", "transitionrun", "animationstart"];

impl Watch {
    /// `look` tells whether the picture has moved.
    pub(super) fn new(picture: &Element, look: impl Fn() -> bool + 'static) -> Self {
        let pace = Rc::new(Pace {
            look: Box::new(look),
            still: Cell::new(0),
            pause: Countdown::default(),
            is_over: Cell::new(false),
        });
        let listener = |target: &EventTarget, event, act: fn(&Rc<Pace>)| {
            let pace = Rc::clone(&pace);
            Listener::new(target, event, move |_| act(&pace))
        };
        let window: EventTarget = window().into();
        let mut listeners: Vec<_> = STIRS.map(|event| listener(&window, event, Pace::wake)).into();
        listeners.push(listener(&window, "scroll", Pace::look_now));
        listeners.push(listener(&window, "resize", Pace::look_now));
        listeners.push(listener(picture, "load", Pace::look_now));
        let resized = Rc::clone(&pace);
        let size = SizeWatch::new(picture, move || resized.look_now());
        pace.go_on();
        Self { pace, _size: size, _listeners: listeners }
    }
}

impl Pace {
    fn look_now(self: &Rc<Self>) {
        self.wake();
        (self.look)();
    }

    /// Looks at each frame from now on.
    fn wake(self: &Rc<Self>) {
        self.still.set(0);
        if self.pause.is_waiting() {
            self.pause.stop();
            self.go_on();
        }
    }

    /// Looks at the next frame, or at the one after a pause, and so on.
    fn go_on(self: &Rc<Self>) {
        let pace = Rc::clone(self);
        let at_next_frame = move || {
            request_animation_frame(move || {
                if !pace.is_over.get() {
                    pace.still.set(if (pace.look)() { 0 } else { pace.still.get() + 1 });
                    pace.go_on();
                }
            });
        };
        if self.still.get() < AT_REST {
            at_next_frame();
        } else {
            self.pause.start(PAUSE_MS, at_next_frame);
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.pace.is_over.set(true);
    }
}
