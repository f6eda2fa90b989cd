//! The eight handles of the selection, and the keys that it and they understand.

use cutline_model::{Region, Written};
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use super::geometry::{Affine, Frame, Knob, Point, Rect};
use super::keyboard::Nudge;
use super::pointer;
use super::selection::{Grip, Handle, Slides};
use super::session::Session;
use super::stage::pixels;
use crate::language::fill;

/// One of the eight grips. Arrow keys resize while it has the focus; Enter on a corner takes it up, and the next press on the
/// picture says where it goes.
///
/// Edges move on one axis and are sliders to assistive technology; corners move on two, for which there is no role, and
/// are buttons.
#[component]
pub(super) fn SelectionHandle(session: Session, handle: Handle) -> impl IntoView {
    let labels = session.labels();
    let knob = Memo::new(move |_| knob_of(session, handle));
    let orientation =
        handle.slides().map(|slides| if slides == Slides::Across { "horizontal" } else { "vertical" });
    let position =
        move || orientation.map(|_| format!("{:.0}", Written(position_of(session.region(), handle) * 100.0)));
    view! {
        <div
            class=format!("selection-overlay__handle selection-overlay__handle--{}", handle.name())
            part="handle"
            class:selection-overlay__handle--crowded=move || !knob.get().has_room
            role=if orientation.is_some() { "slider" } else { "button" }
            tabindex="0"
            style:cursor=move || cursor(session.frame().get().placed, handle)
            style:left=move || pixels(knob.get().middle.x)
            style:top=move || pixels(knob.get().middle.y)
            style:--cutline-dot-x=move || pixels(knob.get().dot.x - knob.get().middle.x)
            style:--cutline-dot-y=move || pixels(knob.get().dot.y - knob.get().middle.y)
            aria-label=labels.handle(handle)
            aria-description=orientation.is_none().then_some(labels.corner_help)
            aria-orientation=orientation
            aria-valuemin=orientation.map(|_| "0")
            aria-valuemax=orientation.map(|_| "100")
            aria-valuenow=position
            aria-valuetext=move || position().map(|percent| fill(labels.at, &[("percent", &percent)]))
            on:pointerdown=move |event| pointer::press(&event, Grip::Handle(handle), session)
            on:keydown=move |event| press_key(&event, session, Some(handle))
            on:click=move |event| {
                // What assistive technology presses with no pointer; with one, a press that was no drag does nothing.
                if event.detail() == 0 {
                    // Not a press on the picture, which would say where the corner goes.
                    event.stop_propagation();
                    session.take_corner(handle);
                }
            }
        ></div>
    }
}

/// Where the edge of an edge's handle is, in fractions of the picture.
fn position_of(region: Region, handle: Handle) -> f64 {
    let (x, y) = handle.side();
    if x == 0.0 {
        region.y() + region.h() * f64::midpoint(y, 1.0)
    } else {
        region.x() + region.w() * f64::midpoint(x, 1.0)
    }
}

/// Where a handle is to be grabbed, from the corner of the selection.
fn knob_of(session: Session, handle: Handle) -> Knob {
    let (region, frame) = (session.region(), session.frame().get());
    let Frame { painted, placed, .. } = frame;
    let selection =
        Rect { left: 0.0, top: 0.0, width: region.w() * painted.width, height: region.h() * painted.height };
    // On a picture that is turned, the window has no simple shape; its handles keep to their corners.
    let window = placed.is_upright().then(|| {
        let corner = placed.apply(Point {
            x: painted.left + region.x() * painted.width,
            y: painted.top + region.y() * painted.height,
        });
        session.window().get().moved_by(-corner.x, -corner.y)
    });
    Knob::of(handle.side(), selection, window)
}

/// The cursor that shows which way a handle goes, as the picture lies.
fn cursor(placed: Affine, handle: Handle) -> &'static str {
    let (x, y) = handle.side();
    let (x, y) = (placed.x.0 * x + placed.y.0 * y, placed.x.1 * x + placed.y.1 * y);
    // The nearest of eight directions; opposite ones have one cursor. A sixteenth of a turn goes up by this much.
    const SIXTEENTH: f64 = std::f64::consts::SQRT_2 - 1.0;
    if y.abs() < x.abs() * SIXTEENTH {
        "ew-resize"
    } else if x.abs() < y.abs() * SIXTEENTH {
        "ns-resize"
    } else if (x < 0.0) == (y < 0.0) {
        "nwse-resize"
    } else {
        "nesw-resize"
    }
}

/// A key on the selection or on one of its handles.
pub(super) fn press_key(event: &KeyboardEvent, session: Session, handle: Option<Handle>) {
    // With Alt they are the browser's: back and forward.
    if event.alt_key() {
        return;
    }
    let (key, shift, ctrl) = (event.key(), event.shift_key(), event.ctrl_key() || event.meta_key());
    if let Some(nudge) = Nudge::of_key(&key, shift, ctrl) {
        let nudge = nudge.seen(session.frame().get_untracked().placed);
        let (selection, size) = (session.selection(), session.size());
        let nudged = match handle {
            None => nudge.moved(selection, size),
            Some(handle) => nudge.resized(selection, handle, size, session.ratio()).0,
        };
        // A key that is held down is one step.
        if event.repeat() { session.select(nudged) } else { session.change(nudged) }
    } else {
        match (key.to_ascii_lowercase().as_str(), ctrl, shift) {
            ("z", true, false) => session.undo(),
            ("z", true, true) | ("y", true, false) => session.redo(),
            ("enter" | " ", false, false) => match handle {
                Some(handle) => session.take_corner(handle),
                None => return,
            },
            _ => return,
        }
    }
    event.prevent_default();
    event.stop_propagation();
}
