//! The stage: what stands exactly on the picture. Shade, selection, eight handles, size read-out.

use cutline_model::Region;
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use super::geometry::{Affine, Frame, Point, Rect};
use super::keyboard::Nudge;
use super::measure::corners_of;
use super::pointer;
use super::selection::{Grip, Handle};
use super::session::{Phase, Session};
use crate::language::fill;

/// The selection on the picture.
#[component]
pub(super) fn SelectionStage(session: Session) -> impl IntoView {
    let labels = session.labels;
    let shared = move || session.phase.with(|phase| matches!(phase, Phase::Shared(_)));
    view! {
        <div
            class="selection-overlay__stage"
            class:selection-overlay__stage--dragging=move || session.is_dragging()
            class:selection-overlay__stage--shared=shared
            style:width=move || pixels(session.frame.get().visible.width)
            style:height=move || pixels(session.frame.get().visible.height)
            style:transform=move || on_the_picture(session.frame.get())
            node_ref=session.stage_ref
            on:pointerdown=move |event| pointer::press(&event, Grip::New, session)
            on:pointermove=move |event| pointer::drag(&event, session)
            on:pointerup=move |event| pointer::release(&event, session)
            on:pointercancel=move |event| pointer::cancel(&event, session)
            on:dblclick=move |event| pointer::double_press(&event, session)
        >
            <Shade session=session />
            <div
                class="selection-overlay__selection"
                role="group"
                tabindex="0"
                aria-label=labels.selection
                aria-description=labels.selection_help
                style:left=edge(session, Edge::Left)
                style:top=edge(session, Edge::Top)
                style:width=edge(session, Edge::Width)
                style:height=edge(session, Edge::Height)
                on:pointerdown=move |event| pointer::press(&event, Grip::Box, session)
                on:keydown=move |event| nudge(&event, session, None)
            >
                <div class="selection-overlay__thirds" aria-hidden="true"></div>
                {Handle::ALL.map(|handle| view! { <SelectionHandle session=session handle=handle /> })}
            </div>
        </div>
        <output
            class="selection-overlay__size"
            aria-hidden="true"
            style:left=move || pixels(below(session).x)
            style:top=move || pixels(below(session).y)
        >
            {move || read_out(session)}
        </output>
    }
}

/// The stage's transform: from its corner, the corner of what can be seen, to where that is in the layer.
fn on_the_picture(frame: Frame) -> String {
    let Affine { x, y, .. } = frame.placed;
    let Point { x: left, y: top } = in_layer(frame, frame.visible.corners()[0]);
    format!("matrix({}, {}, {}, {}, {left}, {top})", x.0, x.1, y.0, y.1)
}

/// Where a point of the plane is in the layer, whose corner is that of the rectangle around the picture.
fn in_layer(frame: Frame, point: Point) -> Point {
    let (point, layer) = (frame.placed.apply(point), frame.bounds());
    Point { x: point.x - layer.left, y: point.y - layer.top }
}

/// The middle of the lowest side of the selection, in the layer: the read-out stands upright on a picture that does not.
fn below(session: Session) -> Point {
    let (region, frame) = (session.region(), session.frame.get());
    let Frame { painted, placed, .. } = frame;
    let selection = placed.bounds_of(Rect {
        left: painted.left + region.x() * painted.width,
        top: painted.top + region.y() * painted.height,
        width: region.w() * painted.width,
        height: region.h() * painted.height,
    });
    let layer = frame.bounds();
    Point { x: selection.left + selection.width / 2.0 - layer.left, y: selection.bottom() - layer.top }
}

fn pixels(length: f64) -> String {
    format!("{length}px")
}

/// What darkens the rest of the picture: the box of the `<img>` once more, with its border and rounded corners (so that
/// it is clipped by the browser exactly as the picture is), and in it the part that can be seen, with an opening.
#[component]
fn Shade(session: Session) -> impl IntoView {
    let corners = session.opened.with_value(|opened| corners_of(&opened.picture));
    let frame = session.frame;
    let place = move |part: fn(Frame) -> f64| move || pixels(part(frame.get()));
    view! {
        <div
            class="selection-overlay__shade"
            style:left=place(|frame| -frame.visible.left)
            style:top=place(|frame| -frame.visible.top)
            style:width=place(|frame| frame.border_box.width / frame.scale.0)
            style:height=place(|frame| frame.border_box.height / frame.scale.1)
            style:transform=move || format!("scale({}, {})", frame.get().scale.0, frame.get().scale.1)
            style:border-width=move || {
                let edges = frame.get().edges;
                format!("{}px {}px {}px {}px", edges.top, edges.right, edges.bottom, edges.left)
            }
            style:border-radius=corners
        >
            <div
                class="selection-overlay__visible"
                style:left=place(|frame| frame.visible.left / frame.scale.0 - frame.edges.left)
                style:top=place(|frame| frame.visible.top / frame.scale.1 - frame.edges.top)
                style:width=place(|frame| frame.visible.width / frame.scale.0)
                style:height=place(|frame| frame.visible.height / frame.scale.1)
            >
                <div
                    class="selection-overlay__opening"
                    style:left=edge(session, Edge::Left)
                    style:top=edge(session, Edge::Top)
                    style:width=edge(session, Edge::Width)
                    style:height=edge(session, Edge::Height)
                ></div>
            </div>
        </div>
    }
}

/// One of the eight grips. Arrow keys resize while it has the focus.
#[component]
fn SelectionHandle(session: Session, handle: Handle) -> impl IntoView {
    view! {
        <button
            type="button"
            class=format!("selection-overlay__handle selection-overlay__handle--{}", handle.name())
            style:cursor=move || cursor(session.frame.get().placed, handle)
            aria-label=session.labels.handle(handle)
            on:pointerdown=move |event| pointer::press(&event, Grip::Handle(handle), session)
            on:keydown=move |event| nudge(&event, session, Some(handle))
        ></button>
    }
}

/// The cursor that shows which way a handle goes, as the picture lies.
fn cursor(placed: Affine, handle: Handle) -> &'static str {
    let (x, y) = handle.side();
    let (x, y) = (placed.x.0 * x + placed.y.0 * y, placed.x.1 * x + placed.y.1 * y);
    // Eighths of a turn from the axis to the right; opposite directions have one cursor.
    match (y.atan2(x) / std::f64::consts::FRAC_PI_4).round().rem_euclid(4.0) {
        eighths if eighths < 0.5 => "ew-resize",
        eighths if eighths < 1.5 => "nwse-resize",
        eighths if eighths < 2.5 => "ns-resize",
        _ => "nesw-resize",
    }
}

/// A key on the selection or on one of its handles.
fn nudge(event: &KeyboardEvent, session: Session, handle: Option<Handle>) {
    let Some(nudge) = Nudge::of_key(&event.key(), event.shift_key(), event.ctrl_key() || event.meta_key())
    else {
        return;
    };
    event.prevent_default();
    event.stop_propagation();
    let nudge = nudge.seen(session.frame.get_untracked().placed);
    let (selection, size) = (session.selection(), session.opened.with_value(|opened| opened.size));
    session.select(match handle {
        None => nudge.moved(selection, size),
        Some(handle) => nudge.resized(selection, handle, size).0,
    });
}

/// Which of the four lengths that place the selection on the stage.
#[derive(Clone, Copy)]
enum Edge {
    Left,
    Top,
    Width,
    Height,
}

/// The selection's place on the stage, in percent of it; the picture may be larger than the stage.
fn edge(session: Session, edge: Edge) -> impl Fn() -> String + Clone + Send + Sync + 'static {
    move || {
        let (region, Frame { painted, visible, .. }) = (session.region(), session.frame.get());
        let percent = match edge {
            Edge::Left => (painted.left + region.x() * painted.width - visible.left) / visible.width,
            Edge::Top => (painted.top + region.y() * painted.height - visible.top) / visible.height,
            Edge::Width => region.w() * painted.width / visible.width,
            Edge::Height => region.h() * painted.height / visible.height,
        };
        format!("{}%", percent * 100.0)
    }
}

/// The selection's size in pixels of the original.
fn read_out(session: Session) -> String {
    let region: Region = session.region();
    let pixels = region.to_pixels(session.opened.with_value(|opened| opened.size));
    fill(
        session.labels.pixels,
        &[("width", &pixels.width.to_string()), ("height", &pixels.height.to_string())],
    )
}
