//! The stage: what stands exactly on the picture. Shade, selection, eight handles, size read-out.

use cutline_model::{Region, Written};
use leptos::prelude::*;

use super::corners::Corners;
use super::geometry::{Affine, Frame, Point, Rect};
use super::handles::{SelectionHandle, press_key};
use super::loupe::DragLoupe;
use super::measure::corners_of;
use super::pointer;
use super::selection::{Grip, Handle};
use super::session::Session;
use crate::language::fill;

/// The selection on the picture.
#[component]
pub(super) fn SelectionStage(session: Session) -> impl IntoView {
    let labels = session.labels();
    view! {
        <div
            class="selection-overlay__stage"
            class:selection-overlay__stage--dragging=move || session.is_dragging()
            class:selection-overlay__stage--shared=move || session.is_shared()
            class:selection-overlay__stage--corners=move || session.corners().get() != Corners::Off
            style:width=move || pixels(session.frame().get().visible.width)
            style:height=move || pixels(session.frame().get().visible.height)
            style:transform=move || on_the_picture(session.frame().get())
            node_ref=session.stage_ref()
            on:pointerdown=move |event| pointer::press(&event, Grip::New, session)
            on:pointermove=move |event| pointer::drag(&event, session)
            on:pointerup=move |event| pointer::release(&event, session)
            on:pointercancel=move |event| pointer::cancel(&event, session)
            on:click=move |event| pointer::tap(&event, session)
            on:dblclick=move |event| pointer::double_press(&event, session)
        >
            <Shade session=session />
            {move || {
                let Point { x, y } = session.corners().get().fixed()?;
                let at = on_stage(session.frame().get(), x, y);
                Some(view! {
                    <div class="selection-overlay__corner" style:left=percent(at.x) style:top=percent(at.y)></div>
                })
            }}
            <div
                class="selection-overlay__selection"
                part="selection"
                role="group"
                tabindex="0"
                aria-label=labels.selection
                aria-description=labels.selection_help
                style:left=edge(session, Edge::Left)
                style:top=edge(session, Edge::Top)
                style:width=edge(session, Edge::Width)
                style:height=edge(session, Edge::Height)
                on:pointerdown=move |event| pointer::press(&event, Grip::Box, session)
                on:keydown=move |event| press_key(&event, session, None)
            >
                // An expression in it, so that it is not made from text: pages that want Trusted Types forbid that.
                <div class="selection-overlay__thirds" aria-hidden={"true"}></div>
                {Handle::ALL.map(|handle| view! { <SelectionHandle session=session handle=handle /> })}
            </div>
        </div>
        <output
            class="selection-overlay__size"
            part="size"
            aria-hidden="true"
            style:left=move || pixels(below(session).x)
            style:top=move || pixels(below(session).y)
        >
            {move || read_out(session)}
        </output>
        <DragLoupe session=session />
    }
}

/// The stage's transform: from its corner, the corner of what can be seen, to where that is in the layer.
pub(super) fn on_the_picture(frame: Frame) -> String {
    let Affine { x, y, .. } = frame.placed;
    let Point { x: left, y: top } = in_layer(frame, frame.visible.corners()[0]);
    matrix(x, y, (left, top))
}

/// A transform of CSS: where the axes and the origin go.
pub(super) fn matrix(x: (f64, f64), y: (f64, f64), origin: (f64, f64)) -> String {
    let [a, b, c, d, e, f] = [x.0, x.1, y.0, y.1, origin.0, origin.1].map(Written);
    format!("matrix({a}, {b}, {c}, {d}, {e}, {f})")
}

/// Where a point of the plane is in the layer, whose corner is that of the rectangle around the picture.
pub(super) fn in_layer(frame: Frame, point: Point) -> Point {
    let (point, layer) = (frame.placed.apply(point), frame.bounds());
    Point { x: point.x - layer.left, y: point.y - layer.top }
}

/// How far from the window's sides the middle of the read-out stays, and from its lower edge the top, in CSS pixels.
const READ_OUT: (f64, f64) = (70.0, 54.0);

/// The middle of the lowest side of the selection, in the layer: the read-out stands upright on a picture that does not. It stays in
/// the window, as long as the selection is there.
fn below(session: Session) -> Point {
    let (region, frame) = (session.region(), session.frame().get());
    let Frame { painted, placed, .. } = frame;
    let selection = placed.bounds_of(Rect {
        left: painted.left + region.x() * painted.width,
        top: painted.top + region.y() * painted.height,
        width: region.w() * painted.width,
        height: region.h() * painted.height,
    });
    let (layer, window) = (frame.bounds(), session.window().get());
    let x = (selection.left + selection.width / 2.0)
        .min(window.right() - READ_OUT.0)
        .max(window.left + READ_OUT.0);
    let y = selection.bottom().min(window.bottom() - READ_OUT.1).max(selection.top);
    Point { x: x - layer.left, y: y - layer.top }
}

/// A length, as CSS.
pub(super) fn pixels(length: f64) -> String {
    format!("{}px", Written(length))
}

/// What darkens the rest of the picture: the box of the `<img>` once more, with its border and rounded corners (so that
/// it is clipped by the browser exactly as the picture is), and in it the part that can be seen, with an opening.
#[component]
pub(super) fn Shade(session: Session) -> impl IntoView {
    let corners = corners_of(&session.ground());
    let frame = session.frame();
    let place = move |part: fn(Frame) -> f64| move || pixels(part(frame.get()));
    view! {
        <div
            class="selection-overlay__shade"
            style:left=place(|frame| -frame.visible.left)
            style:top=place(|frame| -frame.visible.top)
            style:width=place(|frame| frame.border_box.width / frame.scale.0)
            style:height=place(|frame| frame.border_box.height / frame.scale.1)
            style:transform=move || {
                let (x, y) = frame.get().scale;
                format!("scale({}, {})", Written(x), Written(y))
            }
            style:border-width=move || {
                let edges = frame.get().edges;
                [edges.top, edges.right, edges.bottom, edges.left].map(pixels).join(" ")
            }
            style:border-radius=corners
        >
            <div
                class="selection-overlay__visible"
                style:left=place(|frame| frame.visible.left / frame.scale.0 - frame.edges.left)
                style:top=place(|frame| frame.visible.top / frame.scale.1 - frame.edges.top)
                style:width=place(|frame| frame.visible.width / frame.scale.0)
                style:height=place(|frame| frame.visible.height / frame.scale.1)
                style:background=move || laid_flat(session)
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

/// The picture once more, where the page shows it in perspective: what is selected on it is what is seen of this.
fn laid_flat(session: Session) -> Option<String> {
    let Frame { painted, visible, scale, is_flat, .. } = session.frame().get();
    let left = (painted.left - visible.left) / scale.0;
    let top = (painted.top - visible.top) / scale.1;
    let (width, height) = (painted.width / scale.0, painted.height / scale.1);
    is_flat.then(|| {
        let [left, top, width, height] = [left, top, width, height].map(pixels);
        format!("{} {left} {top} / {width} {height} no-repeat var(--cutline-surface)", session.image())
    })
}

/// Which of the four lengths that place the selection on the stage.
#[derive(Clone, Copy)]
pub(super) enum Edge {
    Left,
    Top,
    Width,
    Height,
}

/// The selection's place on the stage, in percent of it; the picture may be larger than the stage.
pub(super) fn edge(session: Session, edge: Edge) -> impl Fn() -> String + Clone + Send + Sync + 'static {
    move || {
        let (region, frame) = (session.region(), session.frame().get());
        let first = on_stage(frame, region.x(), region.y());
        let last = on_stage(frame, region.x() + region.w(), region.y() + region.h());
        percent(match edge {
            Edge::Left => first.x,
            Edge::Top => first.y,
            Edge::Width => last.x - first.x,
            Edge::Height => last.y - first.y,
        })
    }
}

/// Where a point of the picture, in fractions of it, is on the stage, in fractions of that.
fn on_stage(Frame { painted, visible, .. }: Frame, x: f64, y: f64) -> Point {
    Point {
        x: (painted.left + x * painted.width - visible.left) / visible.width,
        y: (painted.top + y * painted.height - visible.top) / visible.height,
    }
}

pub(super) fn percent(fraction: f64) -> String {
    format!("{}%", Written(fraction * 100.0))
}

/// The selection's size in pixels of the original.
fn read_out(session: Session) -> String {
    let region: Region = session.region();
    let pixels = region.to_pixels(session.opened().with(|opened| opened.size));
    fill(
        session.labels().pixels,
        &[("width", &pixels.width.to_string()), ("height", &pixels.height.to_string())],
    )
}
