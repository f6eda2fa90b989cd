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

use cutline_model::{Region, Size};

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
            let (first, last) = (first.clamp(0.0, 1.0), last.clamp(0.0, 1.0));
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
                let value = value.clamp(span.first, span.last);
                Span { first: value, last: value }
            };
            let (x, y) = (point(from.x, bounds.x), point(from.y, bounds.y));
            let nothing = Self { x, y, bounds };
            return nothing.resize_in_shape(Handle::SouthEast, to.x - x.first, to.y - y.first, ratio).0;
        }
        let start = |value: f64, span: Span| Span {
            first: value.clamp(span.first, span.last),
            last: value.clamp(span.first, span.last),
        };
        let (x, _) = start(from.x, bounds.x).dragged(End::Last, to.x, bounds.x, bounds.least.0);
        let (y, _) = start(from.y, bounds.y).dragged(End::Last, to.y, bounds.y, bounds.least.1);
        Self { x, y, bounds }
    }

    /// `region` brought into the bounds: what number fields ask for.
    #[must_use]
    pub fn of_region(region: Region, bounds: Bounds) -> Self {
        let contain = |first: f64, extent: f64, span: Span, least: f64| {
            let extent = extent.clamp(least, span.extent());
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

    /// What is selected, as it travels.
    #[must_use]
    pub fn region(self) -> Region {
        Region::new(self.x.first, self.y.first, self.x.extent(), self.y.extent())
            .expect("a selection lies inside the picture and is not empty")
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    pub(super) fn size(width: u32, height: u32) -> Size {
        Size::new(width, height).expect("test sizes are not zero")
    }

    pub(super) fn selection(x: f64, y: f64, w: f64, h: f64) -> Selection {
        Selection::of_region(Region::new(x, y, w, h).expect("inside"), Bounds::whole(size(1000, 1000)))
    }

    pub(super) fn assert_region(selection: Selection, expected: [f64; 4]) {
        let region = selection.region();
        for (value, expected) in [region.x(), region.y(), region.w(), region.h()].into_iter().zip(expected) {
            assert!((value - expected).abs() < 1e-9, "{region:?} is not {expected:?}");
        }
    }

    #[test]
    fn moving_stops_at_the_edges() {
        let start = selection(0.2, 0.2, 0.4, 0.4);
        assert_region(start.moved_by(0.1, -0.1), [0.3, 0.1, 0.4, 0.4]);
        assert_region(start.moved_by(5.0, -5.0), [0.6, 0.0, 0.4, 0.4]);
    }

    #[test]
    fn each_handle_moves_its_own_edges() {
        let start = selection(0.2, 0.2, 0.4, 0.4);
        for (handle, expected) in [
            (Handle::NorthWest, [0.3, 0.25, 0.3, 0.35]),
            (Handle::North, [0.2, 0.25, 0.4, 0.35]),
            (Handle::NorthEast, [0.2, 0.25, 0.5, 0.35]),
            (Handle::East, [0.2, 0.2, 0.5, 0.4]),
            (Handle::SouthEast, [0.2, 0.2, 0.5, 0.45]),
            (Handle::South, [0.2, 0.2, 0.4, 0.45]),
            (Handle::SouthWest, [0.3, 0.2, 0.3, 0.45]),
            (Handle::West, [0.3, 0.2, 0.3, 0.4]),
        ] {
            let (selection, moved) = start.resize_by(handle, 0.1, 0.05, None);
            assert_region(selection, expected);
            assert_eq!(moved, handle);
        }
    }

    #[test]
    fn a_handle_that_crosses_the_opposite_edge_flips() {
        let start = selection(0.2, 0.2, 0.2, 0.2);
        let (flipped, handle) = start.resize_by(Handle::NorthWest, 0.4, 0.0, None);
        assert_region(flipped, [0.4, 0.2, 0.2, 0.2]);
        assert_eq!(handle, Handle::NorthEast);
    }

    #[test]
    fn a_selection_never_gets_smaller_than_eight_pixels() {
        let (small, _) = selection(0.2, 0.2, 0.4, 0.4).resize_by(Handle::SouthEast, -0.4, -0.4, None);
        assert_region(small, [0.2, 0.2, 0.008, 0.008]);
        assert_region(
            Selection::between(
                Point { x: 1.0, y: 1.0 },
                Point { x: 1.0, y: 1.0 },
                Bounds::whole(size(1000, 1000)),
                None,
            ),
            [0.992, 0.992, 0.008, 0.008],
        );
    }

    #[test]
    fn a_picture_smaller_than_that_is_selected_whole() {
        let tiny = Bounds::whole(size(1, 1));
        assert_region(
            Selection::between(Point { x: 0.4, y: 0.4 }, Point { x: 0.6, y: 0.3 }, tiny, None),
            [0.0, 0.0, 1.0, 1.0],
        );
        assert_region(Selection::middle(Bounds::whole(size(4, 4))), [0.0, 0.0, 1.0, 1.0]);
    }

    #[test]
    fn only_what_can_be_seen_can_be_selected() {
        let bounds = Bounds::new(Point { x: 0.25, y: 0.0 }, Point { x: 0.75, y: 1.0 }, size(1000, 1000));
        assert_region(Selection::everything(bounds), [0.25, 0.0, 0.5, 1.0]);
        assert_region(Selection::of_region(Region::WHOLE, bounds), [0.25, 0.0, 0.5, 1.0]);
        assert_region(Selection::middle(bounds).moved_by(-1.0, 0.0), [0.25, 0.25, 0.25, 0.5]);
    }

    pub(super) fn handles() -> impl Strategy<Value = Handle> {
        (0usize..8).prop_map(|index| Handle::ALL[index])
    }

    proptest! {
        /// Whatever is done in whatever order, the selection stays in its bounds and keeps its least size.
        #[test]
        fn any_drags_leave_a_selection_inside(
            left in 0.0..0.5f64, right in 0.6..1.0f64, width in 1u32..6000, height in 1u32..6000,
            steps in prop::collection::vec((handles(), 0u8..3, -2.0..2.0f64, -2.0..2.0f64), 1..20),
        ) {
            let bounds = Bounds::new(Point { x: left, y: left }, Point { x: right, y: right }, size(width, height));
            let mut selection = Selection::middle(bounds);
            for (handle, what, dx, dy) in steps {
                selection = match what {
                    0 => selection.moved_by(dx, dy),
                    1 => selection.resize_by(handle, dx, dy, None).0,
                    _ => Selection::between(Point { x: dx, y: dy }, Point { x: dy, y: dx }, bounds, None),
                };
                let dust = 1e-9;
                for (span, within, least) in [(selection.x, bounds.x, bounds.least.0), (selection.y, bounds.y, bounds.least.1)] {
                    prop_assert!(span.first >= within.first - dust && span.last <= within.last + dust, "{span:?} in {within:?}");
                    prop_assert!(span.extent() >= least - dust, "{span:?} at least {least}");
                }
                prop_assert!(Region::new(selection.x.first, selection.y.first, selection.x.extent(), selection.y.extent()).is_ok());
            }
        }
    }
}
