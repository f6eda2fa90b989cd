//! The eight handles of the selection, and the keys that it and they understand.

use cutline_model::Region;
use wasm_bindgen::JsCast;
use web_sys::{KeyboardEvent, MouseEvent};

use super::geometry::{Affine, Frame, Knob, Point, Rect, clear_of};
use super::keyboard::Nudge;
use super::page::focused;
use super::pointer;
use super::selection::{Grip, Handle, Slides};
use super::session::Session;
use super::speech::whole_percent;
use super::stage::pixels;
use super::view::{Memo, Tag, tag};
use crate::language::fill;

/// One of the eight grips. Arrow keys resize while it has the focus; Enter on a corner takes it up, and the next press on the
/// picture says where it goes.
///
/// Edges move on one axis and are sliders to assistive technology; corners move on two, for which there is no role, and
/// are buttons.
pub(super) fn selection_handle(session: Session, handle: Handle) -> Tag {
    let labels = session.labels();
    let knob = Memo::new(move || knob_of(session, handle));
    let grip = tag("div")
        .class("selection-overlay__handle")
        .part("handle")
        .and_class(&format!("selection-overlay__handle--{}", handle.name()))
        .class_while("selection-overlay__handle--crowded", move || !knob.get().has_room)
        .attr("tabindex", "0")
        .attr("aria-label", labels.handle(handle))
        .style("cursor", move || cursor(session.frame().get().placed, handle).to_owned())
        .style("left", move || pixels(knob.get().middle.x))
        .style("top", move || pixels(knob.get().middle.y))
        .style("--cutline-dot-x", move || pixels(knob.get().dot.x - knob.get().middle.x))
        .style("--cutline-dot-y", move || pixels(knob.get().dot.y - knob.get().middle.y))
        .on("pointerdown", move |event| pointer::press(&event, Grip::Handle(handle), session))
        .on("keydown", move |event: KeyboardEvent| press_key(&event, session, Some(handle)))
        .on("click", move |event: MouseEvent| {
            // What assistive technology presses with no pointer; with one, a press that was no drag does nothing.
            if event.detail() == 0 {
                // Not a press on the picture, which would say where the corner goes.
                event.stop_propagation();
                session.take_corner(handle);
            }
        });
    let Some(slides) = handle.slides() else {
        return grip.attr("role", "button").attr("aria-description", labels.corner_help);
    };
    let (orientation, words) = match slides {
        Slides::Across => ("horizontal", labels.from_left),
        Slides::UpAndDown => ("vertical", labels.from_top),
    };
    // On sliders up is more; in words it is from the top that is counted, as everywhere else.
    let value = move |region: Region| {
        let edge = edge_of(region, handle);
        whole_percent(if slides == Slides::Across { edge } else { 1.0 - edge })
    };
    let farthest = move |key: &str| {
        let (selection, size, aspect) = (session.selected().get(), session.size(), session.aspect().get());
        let nudge = Nudge::of_slider_key(key, false, false, slides);
        nudge.map(|nudge| value(nudge.resized(selection, handle, size, aspect.ratio(size)).0.region()))
    };
    grip.attr("role", "slider")
        .attr("aria-orientation", orientation)
        .attr_of("aria-valuemin", move || farthest("Home"))
        .attr_of("aria-valuemax", move || farthest("End"))
        .attr_of("aria-valuenow", move || value(session.region()))
        .attr_of("aria-valuetext", move || {
            fill(words, &[("percent", &whole_percent(edge_of(session.region(), handle)))])
        })
}

/// Where the edge of an edge's handle is, in fractions of the picture: from its left, or from its top.
fn edge_of(region: Region, handle: Handle) -> f64 {
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
    let (left, top) = (painted.left + region.x() * painted.width, painted.top + region.y() * painted.height);
    // On a picture that is turned, the window has no simple shape; its handles keep to their corners.
    let window = placed.is_upright().then(|| {
        let corner = placed.apply(Point { x: left, y: top });
        session.window().get().intersection(session.crop().get()).moved_by(-corner.x, -corner.y)
    });
    let knob = Knob::of(handle.side(), selection, window);
    let Some(panel) = session.docked().get() else { return knob };
    let window = session.window().get();
    let (panel, shown) = (panel.moved_by(window.left, window.top), session.shown().intersection(window));
    let middle = placed.apply(Point { x: left + knob.middle.x, y: top + knob.middle.y });
    clear_of(panel, shown, middle).map_or(knob, |clear| {
        let Point { x, y } = placed.undo(clear);
        let middle = Point { x: x - left, y: y - top };
        // Along its edge it comes to lie on the corner's, which can do more.
        let is_off = |one: f64, other: f64| (one - other).abs() > 0.5;
        let is_along = match handle.slides() {
            Some(Slides::Across) => is_off(middle.y, knob.middle.y),
            Some(Slides::UpAndDown) => is_off(middle.x, knob.middle.x),
            None => false,
        };
        Knob { middle, dot: middle, has_room: knob.has_room && !is_along }
    })
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

/// Gives the focus to the handle that is moved now, if the one has it that it was: where a handle crosses the opposite side, another
/// one stands there, with another name.
pub(super) fn take_focus_along(session: Session, handle: Handle) {
    let focused = focused().filter(|one| one.class_list().contains("selection-overlay__handle"));
    let name = ["selection-overlay__handle--", handle.name()].concat();
    if let (Some(stage), Some(focused)) = (session.stage(), focused)
        && !focused.class_list().contains(&name)
        && let Ok(Some(handle)) = stage.query_selector(&[".", &name].concat())
    {
        pointer::focus(handle.unchecked_ref());
    }
}

/// A key on the selection or on one of its handles.
pub(super) fn press_key(event: &KeyboardEvent, session: Session, handle: Option<Handle>) {
    // With Alt they are the browser's: back and forward.
    if event.alt_key() {
        return;
    }
    let (key, shift, ctrl) = (event.key(), event.shift_key(), event.ctrl_key() || event.meta_key());
    let nudge = match handle.and_then(Handle::slides) {
        Some(slides) => Nudge::of_slider_key(&key, shift, ctrl, slides),
        None => Nudge::of_key(&key, shift, ctrl),
    };
    if let Some(nudge) = nudge {
        let nudge = nudge.seen(session.frame().get_untracked().placed);
        let (selection, size) = (session.selection(), session.size());
        let nudged = match handle {
            None => nudge.moved(selection, size),
            Some(handle) => {
                let (resized, handle) = nudge.resized(selection, handle, size, session.ratio());
                take_focus_along(session, handle);
                resized
            }
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
