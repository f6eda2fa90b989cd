//! Fingers beside box and handles: they are the page's, which scrolls and zooms by them as ever, and so does what of it can be scrolled
//! by itself.
//!
//! Browsers look for what a finger scrolls where it goes down, before a script hears of it. So the stage lets fingers through to the
//! page while it is fingers that the visitor works with. Of what they do there, one thing is held back: a tap on the picture,
//! which would lead away from the work on it.

use wasm_bindgen::prelude::*;
use web_sys::{Element, Event, EventTarget, MouseEvent, PointerEvent};

use super::beneath::{is_control, takes_presses};
use super::measure::point_of;
use super::page::is_in_overlay;
use super::session::Session;
use super::view::{on_cleanup, untrack, window};
use super::watch::Listener;

/// What the visitor points with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Pointing {
    Mouse,
    Finger,
    Pen,
}

impl Pointing {
    /// As far as the device says before there is a pointer.
    pub(super) fn expected() -> Self {
        let is_finger =
            window().match_media("(hover: none)").ok().flatten().is_some_and(|query| query.matches());
        if is_finger { Self::Finger } else { Self::Mouse }
    }

    fn of(event: &PointerEvent) -> Self {
        match event.pointer_type().as_str() {
            "touch" => Self::Finger,
            "pen" => Self::Pen,
            _ => Self::Mouse,
        }
    }
}

/// Lets fingers through, and mice and pens not, for as long as the overlay is there.
pub(super) fn let_through(session: Session) {
    let window: EventTarget = window().into();
    // A mouse is seen before it is pressed; of fingers, only the first one after a mouse finds the stage in its way.
    let pointers = ["pointerover", "pointermove", "pointerdown"].map(|name| {
        Listener::new(&window, name, move |event| {
            if let Some(pointing) = event.dyn_ref().map(Pointing::of)
                && session.pointing().get_untracked() != pointing
            {
                session.pointing().set(pointing);
            }
        })
    });
    let taps = Listener::new(&window, "click", move |event| hold_back(&event, session));
    on_cleanup(move || drop((pointers, taps)));
}

/// A tap that came through to the picture, and to none of the page's controls on it, is no press on what the picture leads to.
fn hold_back(event: &Event, session: Session) {
    let Some(event) = event.dyn_ref::<MouseEvent>().filter(|event| event.is_trusted()) else { return };
    let Ok(pressed) = event.composed_path().get(0).dyn_into::<Element>() else { return };
    if !untrack(|| session.lets_fingers_through())
        || is_in_overlay(&pressed)
        || !session.shows(point_of(event))
        || is_control(&pressed, &session.ground())
    {
        return;
    }
    if session.is_touched() {
        event.prevent_default();
        event.stop_immediate_propagation();
    } else if takes_presses(&pressed) {
        session.close();
    }
}
