//! The stage: what stands exactly on the picture. Shade, selection, eight handles; and the size in words.

use cutline_model::{Region, Written};
use web_sys::{KeyboardEvent, MouseEvent, PointerEvent, WheelEvent};

use super::beneath::scroll_through;
use super::corners::Corners;
use super::fingers::Pointing;
use super::geometry::{Affine, Edges, Frame, Point, Rect};
use super::handles::{press_key, selection_handle};
use super::measure::corners_of;
use super::pointer;
use super::selection::{Grip, Handle};
use super::session::Session;
use super::view::{Tag, tag};
use crate::language::fill;

/// The selection on the picture.
pub(super) fn selection_stage(session: Session) -> Tag {
    let labels = session.labels();
    let selection = placed(tag("div").class("selection-overlay__selection").part("selection"), session)
        .attr("role", "group")
        .attr_of("tabindex", move || session.is_edited().then(|| "0".to_owned()))
        .attr("aria-label", labels.selection)
        .attr("aria-description", labels.selection_help)
        .on("pointerdown", move |event| pointer::press(&event, Grip::Box, session))
        .on("keydown", move |event: KeyboardEvent| press_key(&event, session, None))
        .child(tag("div").class("selection-overlay__thirds").attr("aria-hidden", "true"))
        .children(Handle::ALL.map(|handle| selection_handle(session, handle)));
    stage(session)
        .class_while("selection-overlay__stage--dragging", move || session.is_dragging())
        .class_while("selection-overlay__stage--fixed", move || !session.is_edited())
        .class_while("selection-overlay__stage--through", move || session.lets_fingers_through())
        .class_while("selection-overlay__stage--pen", move || session.pointing().get() == Pointing::Pen)
        .class_while("selection-overlay__stage--corners", move || session.corners().get() != Corners::Off)
        .node_ref(session.stage_ref())
        .on("pointerdown", move |event| pointer::press(&event, Grip::New, session))
        .on("pointermove", move |event| pointer::drag(&event, session))
        .on("pointerup", move |event: PointerEvent| pointer::release(&event, session))
        .on("pointercancel", move |event: PointerEvent| pointer::cancel(&event, session))
        .on("wheel", move |event: WheelEvent| scroll_through(&event, session))
        .on("click", move |event: MouseEvent| pointer::tap(&event, session))
        .on("dblclick", move |event: MouseEvent| pointer::double_press(&event, session))
        .child(shade(session))
        .shown(
            move || session.corners().get().fixed(),
            move |corner| {
                corner.map(|Point { x, y }| {
                    let at = move || on_stage(session.frame().get(), x, y);
                    tag("div")
                        .class("selection-overlay__corner")
                        .style("left", move || percent(at().x))
                        .style("top", move || percent(at().y))
                })
            },
        )
        .child(selection)
}

/// The element that stands exactly on what can be seen of the picture.
pub(super) fn stage(session: Session) -> Tag {
    let frame = session.frame();
    tag("div")
        .class("selection-overlay__stage")
        .style("width", move || pixels(frame.get().visible.width))
        .style("height", move || pixels(frame.get().visible.height))
        .style("transform", move || on_the_picture(frame.get()))
        .style("clip-path", move || uncut(session))
}

/// How far what is on the stage may reach out of it, in CSS pixels: handles, their outlines.
const OVERHANG: f64 = 64.0;

/// What of the stage is there, where something around the picture cuts a part off: that is the page's, which shows something else
/// there. As a shape on the stage; none where nothing is cut off.
fn uncut(session: Session) -> Option<String> {
    let (frame, crop) = (session.frame().get(), session.crop().get());
    let sides = Edges { left: -OVERHANG, top: -OVERHANG, right: -OVERHANG, bottom: -OVERHANG };
    let all = frame.bounds().shrunk_by(sides);
    let left_over = all.intersection(crop);
    (left_over != all).then(|| {
        let corners = left_over.corners().map(|corner| {
            let Point { x, y } = frame.placed.undo(corner);
            format!("{} {}", pixels(x - frame.visible.left), pixels(y - frame.visible.top))
        });
        format!("polygon({})", corners.join(", "))
    })
}

/// The selection's size in words, upright.
pub(super) fn size_read_out(session: Session) -> Tag {
    tag("output")
        .class("selection-overlay__size")
        .part("size")
        .attr("aria-hidden", "true")
        .style("left", move || pixels(below(session).x))
        .style("top", move || pixels(below(session).y))
        .text_of(move || read_out(session))
}

/// `tag`, where the selection is on the stage.
pub(super) fn placed(tag: Tag, session: Session) -> Tag {
    tag.style("left", move || edge(session, Edge::Left))
        .style("top", move || edge(session, Edge::Top))
        .style("width", move || edge(session, Edge::Width))
        .style("height", move || edge(session, Edge::Height))
}

/// The stage's transform: from its corner, the corner of what can be seen, to where that is in the layer.
fn on_the_picture(frame: Frame) -> String {
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
/// the window, as long as the selection is there, and above a panel that lies along the bottom.
fn below(session: Session) -> Point {
    let selection = selected(session);
    let (layer, window) = (session.frame().get().bounds(), session.window().get());
    let x = (selection.left + selection.width / 2.0)
        .min(window.right() - READ_OUT.0)
        .max(window.left + READ_OUT.0);
    let panel = session.docked().get().map(|panel| panel.moved_by(window.left, window.top));
    let is_beside = |panel: &Rect| x + READ_OUT.0 < panel.left || x - READ_OUT.0 > panel.right();
    let floor = panel.filter(|panel| !is_beside(panel)).map_or(window.bottom(), |panel| panel.top);
    // What is cut off of the picture is another's place.
    let lowest = selection.bottom().min(session.crop().get().bottom());
    let y = lowest.min(floor - READ_OUT.1).max(selection.top);
    Point { x: x - layer.left, y: y - layer.top }
}

/// The upright rectangle around what is selected, in coordinates of the page; tracked.
pub(super) fn selected(session: Session) -> Rect {
    let (region, Frame { painted, placed, .. }) = (session.region(), session.frame().get());
    placed.bounds_of(Rect {
        left: painted.left + region.x() * painted.width,
        top: painted.top + region.y() * painted.height,
        width: region.w() * painted.width,
        height: region.h() * painted.height,
    })
}

/// A length, as CSS.
pub(super) fn pixels(length: f64) -> String {
    format!("{}px", Written(length))
}

/// What darkens the rest of the picture: the box of the `<img>` once more, with its border and rounded corners (so that
/// it is clipped by the browser exactly as the picture is), and in it the part that can be seen, with an opening.
pub(super) fn shade(session: Session) -> Tag {
    let corners = corners_of(&session.ground());
    let frame = session.frame();
    let place = move |part: fn(Frame) -> f64| move || pixels(part(frame.get()));
    let visible = tag("div")
        .class("selection-overlay__visible")
        .style("left", place(|frame| frame.visible.left / frame.scale.0 - frame.edges.left))
        .style("top", place(|frame| frame.visible.top / frame.scale.1 - frame.edges.top))
        .style("width", place(|frame| frame.visible.width / frame.scale.0))
        .style("height", place(|frame| frame.visible.height / frame.scale.1))
        .style("background", move || laid_flat(session))
        .child(placed(tag("div").class("selection-overlay__opening"), session));
    tag("div")
        .class("selection-overlay__shade")
        .style("left", place(|frame| -frame.visible.left))
        .style("top", place(|frame| -frame.visible.top))
        .style("width", place(|frame| frame.border_box.width / frame.scale.0))
        .style("height", place(|frame| frame.border_box.height / frame.scale.1))
        .style("transform", move || {
            let (x, y) = frame.get().scale;
            format!("scale({}, {})", Written(x), Written(y))
        })
        .style("border-width", move || {
            let edges = frame.get().edges;
            [edges.top, edges.right, edges.bottom, edges.left].map(pixels).join(" ")
        })
        .style("border-radius", move || corners.clone())
        .child(visible)
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
enum Edge {
    Left,
    Top,
    Width,
    Height,
}

/// The selection's place on the stage, in percent of it; the picture may be larger than the stage.
fn edge(session: Session, edge: Edge) -> String {
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
    let pixels = region.to_pixels(session.size());
    fill(
        session.labels().pixels,
        &[("width", &pixels.width.to_string()), ("height", &pixels.height.to_string())],
    )
}
