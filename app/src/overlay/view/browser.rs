//! The page's window, and its timers.

use wasm_bindgen::prelude::*;
use web_sys::{Document, Window};

thread_local! {
    static WINDOW: Window = web_sys::window().expect("the overlay runs in a page");
}

/// The page's window.
pub(in super::super) fn window() -> Window {
    WINDOW.with(Clone::clone)
}

/// The page.
pub(in super::super) fn document() -> Document {
    window().document().expect("a window has a page")
}

/// Calls `done` in so many milliseconds.
pub(in super::super) fn set_timeout(done: impl FnOnce() + 'static, milliseconds: u32) {
    let done = Closure::once_into_js(done);
    let milliseconds = i32::try_from(milliseconds).unwrap_or(i32::MAX);
    let _ =
        window().set_timeout_with_callback_and_timeout_and_arguments_0(done.unchecked_ref(), milliseconds);
}

/// Calls `draw` before the browser draws next.
pub(in super::super) fn request_animation_frame(draw: impl FnOnce() + 'static) {
    let _ = window().request_animation_frame(Closure::once_into_js(draw).unchecked_ref());
}
