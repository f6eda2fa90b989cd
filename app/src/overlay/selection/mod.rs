//! What the visitor is drawing: the selection's edges, and how moves and drags change them.
//!
//! Everything is in fractions of the whole picture, so nothing is recomputed when the picture is resized under the
//! overlay. Every operation gives a selection that lies in its bounds and keeps its least size: there is no other
//! way to make one. `span` is one axis, `handle` the eight grips, `aspect` a shape that is held to, `drag` what a
//! pointer does from press to release, `history` what undo brings back.

mod aspect;
mod drag;
mod handle;
mod history;
mod span;

use cutline_model::{Region, Size, within};

use self::handle::End;
use self::span::Span;
use super::geometry::Point;

pub use self::aspect::Aspect;
pub use self::drag::{Drag, Grip};
pub use self::handle::{Handle, Slides};
pub use self::history::History;

/// The least side of a selection, in pixels of the original.
const LEAST_PIXELS: f64 = 8.0;

/// A rectangle on the picture, in fractions of the whole picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Selection {
    x: Span,
    y: Span,
    bounds: Bounds,
}

/// What may be selected: the visible part of the picture, and not less than a few pixels of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    x: Span,
    y: Span,
    least: (f64, f64),
}

impl Bounds {
    /// The part of a picture of `size` between two corners given in fractions of it.
    #[must_use]
    pub fn new(top_left: Point, bottom_right: Point, size: Size) -> Self {
        let span = |first: f64, last: f64| {
            let (first, last) = (within(first, 0.0, 1.0), within(last, 0.0, 1.0));
            if last > first { Span { first, last } } else { Span::WHOLE }
        };
        let least = |pixels: u32, span: Span| (LEAST_PIXELS / f64::from(pixels)).min(span.extent());
        let (x, y) = (span(top_left.x, bottom_right.x), span(top_left.y, bottom_right.y));
        Self { x, y, least: (least(size.width(), x), least(size.height(), y)) }
    }

    /// The whole of a picture of `size`.
    #[must_use]
    pub fn whole(size: Size) -> Self {
        Self::new(Point { x: 0.0, y: 0.0 }, Point { x: 1.0, y: 1.0 }, size)
    }
}

impl Selection {
    /// The middle of what may be selected: half as wide and half as high.
    #[must_use]
    pub fn middle(bounds: Bounds) -> Self {
        let middle = |span: Span, least: f64| {
            let extent = (span.extent() / 2.0).max(least);
            let first = span.first + (span.extent() - extent) / 2.0;
            Span { first, last: first + extent }
        };
        Self { x: middle(bounds.x, bounds.least.0), y: middle(bounds.y, bounds.least.1), bounds }
    }

    /// Everything that may be selected.
    #[must_use]
    pub fn everything(bounds: Bounds) -> Self {
        Self { x: bounds.x, y: bounds.y, bounds }
    }

    /// From the corner `from` to the corner `to`, drawn by a press and drag or by two taps; in the shape `ratio` (width
    /// by height in fractions of the picture), if it is held to one.
    #[must_use]
    pub fn between(from: Point, to: Point, bounds: Bounds, ratio: Option<f64>) -> Self {
        if let Some(ratio) = ratio {
            let point = |value: f64, span: Span| {
                let value = within(value, span.first, span.last);
                Span { first: value, last: value }
            };
            let (x, y) = (point(from.x, bounds.x), point(from.y, bounds.y));
            let nothing = Self { x, y, bounds };
            return nothing.resize_in_shape(Handle::SouthEast, to.x - x.first, to.y - y.first, ratio).0;
        }
        let start = |value: f64, span: Span| Span {
            first: within(value, span.first, span.last),
            last: within(value, span.first, span.last),
        };
        let (x, _) = start(from.x, bounds.x).dragged(End::Last, to.x, bounds.x, bounds.least.0);
        let (y, _) = start(from.y, bounds.y).dragged(End::Last, to.y, bounds.y, bounds.least.1);
        Self { x, y, bounds }
    }

    /// `region` brought into the bounds: what number fields ask for.
    #[must_use]
    pub fn of_region(region: Region, bounds: Bounds) -> Self {
        let contain = |first: f64, extent: f64, span: Span, least: f64| {
            let extent = within(extent, least, span.extent());
            Span { first, last: first + extent }.moved(0.0, span)
        };
        Self {
            x: contain(region.x(), region.w(), bounds.x, bounds.least.0),
            y: contain(region.y(), region.h(), bounds.y, bounds.least.1),
            bounds,
        }
    }

    /// The same rectangle within other bounds: the picture's visible part has changed.
    #[must_use]
    pub fn contain(self, bounds: Bounds) -> Self {
        Self::of_region(self.region(), bounds)
    }

    /// Whether it was made for these bounds.
    #[must_use]
    pub fn is_within(self, bounds: Bounds) -> bool {
        self.bounds == bounds
    }

    /// Moved by (`dx`, `dy`), stopping at the bounds.
    #[must_use]
    pub fn moved_by(self, dx: f64, dy: f64) -> Self {
        Self { x: self.x.moved(dx, self.bounds.x), y: self.y.moved(dy, self.bounds.y), ..self }
    }

    /// Resized by moving `handle` by (`dx`, `dy`), in the shape `ratio` if it is held to one. Crossing the opposite edge
    /// flips the selection; the handle that is moved then is told.
    #[must_use]
    pub fn resize_by(self, handle: Handle, dx: f64, dy: f64, ratio: Option<f64>) -> (Self, Handle) {
        if let Some(ratio) = ratio {
            return self.resize_in_shape(handle, dx, dy, ratio);
        }
        let Self { bounds, .. } = self;
        let drag = |span: Span, end: Option<End>, delta: f64, within: Span, least: f64| match end {
            None => (span, None),
            Some(end) => {
                let position = delta + if end == End::First { span.first } else { span.last };
                let (span, end) = span.dragged(end, position, within, least);
                (span, Some(end))
            }
        };
        let (x, horizontal) = drag(self.x, handle.horizontal(), dx, bounds.x, bounds.least.0);
        let (y, vertical) = drag(self.y, handle.vertical(), dy, bounds.y, bounds.least.1);
        (Self { x, y, bounds }, Handle::of(horizontal, vertical).unwrap_or(handle))
    }

    /// Whether a point, in fractions of the picture, lies on it.
    #[must_use]
    pub fn contains(self, point: Point) -> bool {
        (self.x.first..=self.x.last).contains(&point.x) && (self.y.first..=self.y.last).contains(&point.y)
    }

    /// Where `handle` stands, in fractions of the picture.
    #[must_use]
    pub fn at(self, handle: Handle) -> Point {
        let (x, y) = handle.side();
        Point { x: self.x.at(x), y: self.y.at(y) }
    }

    /// The corner opposite to the one that `handle` stands on; none where that is an edge.
    #[must_use]
    pub fn corner_opposite(self, handle: Handle) -> Option<Point> {
        let (x, y) = handle.side();
        (x != 0.0 && y != 0.0).then(|| Point { x: self.x.at(-x), y: self.y.at(-y) })
    }

    /// What a pointer at `point` drags by `grip`: of the corners, or of the two edges that move on one axis, the nearest; the
    /// handle that was taken may have crossed the opposite one. None for the box, which has no one place.
    #[must_use]
    pub fn dragged(self, grip: Grip, point: Point) -> Option<Point> {
        let moves = |handle: Handle| match grip {
            Grip::Box => false,
            Grip::New => handle.slides().is_none(),
            Grip::Handle(held) => handle.slides() == held.slides(),
        };
        let far = |at: Point| (at.x - point.x).hypot(at.y - point.y);
        Handle::ALL
            .into_iter()
            .filter(|handle| moves(*handle))
            .map(|handle| self.at(handle))
            .min_by(|a, b| far(*a).total_cmp(&far(*b)))
    }

    /// What is selected, as it travels.
    #[must_use]
    pub fn region(self) -> Region {
        Region::new(self.x.first, self.y.first, self.x.extent(), self.y.extent())
            .expect("a selection lies inside the picture and is not empty")
    }
}

#[cfg(test)]
pub(super) mod tests;
