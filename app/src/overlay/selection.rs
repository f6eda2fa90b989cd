//! What the visitor is drawing: the selection's edges, and how moves and drags change them.
//!
//! Everything is in fractions of the whole picture, so nothing is recomputed when the picture is resized under the
//! overlay. Every operation gives a selection that lies in its bounds and keeps its least size: there is no other
//! way to make one.

use cutline_model::{Region, Size};

use super::geometry::Point;

/// The least side of a selection, in pixels of the original.
const LEAST_PIXELS: f64 = 8.0;

/// One of the eight grips that resize.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Handle {
    /// Top left corner.
    NorthWest,
    /// Top edge.
    North,
    /// Top right corner.
    NorthEast,
    /// Right edge.
    East,
    /// Bottom right corner.
    SouthEast,
    /// Bottom edge.
    South,
    /// Bottom left corner.
    SouthWest,
    /// Left edge.
    West,
}

impl Handle {
    /// All of them, clockwise from the top left: the order of the Tab key.
    pub const ALL: [Self; 8] = [
        Self::NorthWest,
        Self::North,
        Self::NorthEast,
        Self::East,
        Self::SouthEast,
        Self::South,
        Self::SouthWest,
        Self::West,
    ];

    /// Its name in class names.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NorthWest => "north-west",
            Self::North => "north",
            Self::NorthEast => "north-east",
            Self::East => "east",
            Self::SouthEast => "south-east",
            Self::South => "south",
            Self::SouthWest => "south-west",
            Self::West => "west",
        }
    }

    /// Where it stands, from the middle of the selection: -1, 0 or 1 in x and y.
    #[must_use]
    pub fn side(self) -> (f64, f64) {
        let side = |end: Option<End>| end.map_or(0.0, |end| if end == End::First { -1.0 } else { 1.0 });
        (side(self.horizontal()), side(self.vertical()))
    }

    /// Which vertical edge it moves.
    fn horizontal(self) -> Option<End> {
        match self {
            Self::NorthWest | Self::SouthWest | Self::West => Some(End::First),
            Self::NorthEast | Self::SouthEast | Self::East => Some(End::Last),
            Self::North | Self::South => None,
        }
    }

    /// Which horizontal edge it moves.
    fn vertical(self) -> Option<End> {
        match self {
            Self::NorthWest | Self::North | Self::NorthEast => Some(End::First),
            Self::SouthWest | Self::South | Self::SouthEast => Some(End::Last),
            Self::West | Self::East => None,
        }
    }

    fn of(horizontal: Option<End>, vertical: Option<End>) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|handle| handle.horizontal() == horizontal && handle.vertical() == vertical)
    }
}

/// One end of a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    First,
    Last,
}

impl End {
    fn opposite(self) -> Self {
        match self {
            Self::First => Self::Last,
            Self::Last => Self::First,
        }
    }
}

/// A stretch of one axis, `first < last`.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Span {
    first: f64,
    last: f64,
}

impl Span {
    const WHOLE: Self = Self { first: 0.0, last: 1.0 };

    fn extent(self) -> f64 {
        self.last - self.first
    }

    /// Moved by `delta`, kept within `bounds`.
    fn moved(self, delta: f64, bounds: Self) -> Self {
        let first = (self.first + delta).min(bounds.last - self.extent()).max(bounds.first);
        Self { first, last: first + self.extent() }
    }

    /// One end taken to `position`; when it crosses the other, they change roles, and the end that moves now is told.
    fn dragged(self, end: End, position: f64, bounds: Self, least: f64) -> (Self, End) {
        let least = least.min(bounds.extent());
        let fixed = match end {
            End::First => self.last,
            End::Last => self.first,
        };
        let position = position.clamp(bounds.first, bounds.last);
        let mut side =
            if position < fixed || (position == fixed && end == End::First) { End::First } else { End::Last };
        // Too little room on this side of the fixed end for the least size: stay on the other.
        let room = match side {
            End::First => fixed - bounds.first,
            End::Last => bounds.last - fixed,
        };
        if room < least {
            side = side.opposite();
        }
        let span = match side {
            End::First => Self { first: position.min(fixed - least).max(bounds.first), last: fixed },
            End::Last => Self { first: fixed, last: position.max(fixed + least).min(bounds.last) },
        };
        // Too little room on either side, on a tiny picture: the fixed end gives way.
        let first = span.first.min(bounds.last - least).max(bounds.first);
        (Self { first, last: span.last.max(first + least) }, side)
    }
}

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

    /// From the corner `from` to the corner `to`, drawn by a press and drag or by two taps.
    #[must_use]
    pub fn between(from: Point, to: Point, bounds: Bounds) -> Self {
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

    /// Resized by moving `handle` by (`dx`, `dy`). Crossing the opposite edge flips the selection; the handle that is
    /// moved then is told.
    #[must_use]
    pub fn resize_by(self, handle: Handle, dx: f64, dy: f64) -> (Self, Handle) {
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

/// What a pointer holds while it is down.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Grip {
    /// The box: it moves.
    Box,
    /// A handle: it resizes.
    Handle(Handle),
    /// Nothing: a new selection is drawn from where the pointer went down.
    New,
}

/// A drag from press to release. It refers to the selection at the press, so the grip keeps its distance to the pointer
/// and nothing adds up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drag {
    grip: Grip,
    from: Point,
    slack: (f64, f64),
    start: Selection,
}

impl Drag {
    /// A press on `grip` at `from` with `start` selected; nothing new is drawn before the pointer is `slack` away in x or
    /// in y. All in fractions of the picture.
    #[must_use]
    pub fn new(grip: Grip, from: Point, slack: (f64, f64), start: Selection) -> Self {
        Self { grip, from, slack, start }
    }

    /// The selection with the pointer at `to`.
    #[must_use]
    pub fn to(self, to: Point) -> Selection {
        let (dx, dy) = (to.x - self.from.x, to.y - self.from.y);
        match self.grip {
            Grip::Box => self.start.moved_by(dx, dy),
            Grip::Handle(handle) => self.start.resize_by(handle, dx, dy).0,
            Grip::New if self.is_a_press(dx, dy) => self.start,
            Grip::New => Selection::between(self.from, to, self.start.bounds),
        }
    }

    fn is_a_press(self, dx: f64, dy: f64) -> bool {
        dx.abs() < self.slack.0 && dy.abs() < self.slack.1
    }

    /// The selection before the press: what Escape brings back.
    #[must_use]
    pub fn start(self) -> Selection {
        self.start
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn size(width: u32, height: u32) -> Size {
        Size::new(width, height).expect("test sizes are not zero")
    }

    fn selection(x: f64, y: f64, w: f64, h: f64) -> Selection {
        Selection::of_region(Region::new(x, y, w, h).expect("inside"), Bounds::whole(size(1000, 1000)))
    }

    fn assert_region(selection: Selection, expected: [f64; 4]) {
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
            let (selection, moved) = start.resize_by(handle, 0.1, 0.05);
            assert_region(selection, expected);
            assert_eq!(moved, handle);
        }
    }

    #[test]
    fn a_handle_that_crosses_the_opposite_edge_flips() {
        let start = selection(0.2, 0.2, 0.2, 0.2);
        let (flipped, handle) = start.resize_by(Handle::NorthWest, 0.4, 0.0);
        assert_region(flipped, [0.4, 0.2, 0.2, 0.2]);
        assert_eq!(handle, Handle::NorthEast);
    }

    #[test]
    fn a_selection_never_gets_smaller_than_eight_pixels() {
        let (small, _) = selection(0.2, 0.2, 0.4, 0.4).resize_by(Handle::SouthEast, -0.4, -0.4);
        assert_region(small, [0.2, 0.2, 0.008, 0.008]);
        assert_region(
            Selection::between(
                Point { x: 1.0, y: 1.0 },
                Point { x: 1.0, y: 1.0 },
                Bounds::whole(size(1000, 1000)),
            ),
            [0.992, 0.992, 0.008, 0.008],
        );
    }

    #[test]
    fn a_picture_smaller_than_that_is_selected_whole() {
        let tiny = Bounds::whole(size(1, 1));
        assert_region(
            Selection::between(Point { x: 0.4, y: 0.4 }, Point { x: 0.6, y: 0.3 }, tiny),
            [0.0, 0.0, 1.0, 1.0],
        );
        assert_region(Selection::middle(Bounds::whole(size(4, 4))), [0.0, 0.0, 1.0, 1.0]);
    }

    #[test]
    fn a_drag_keeps_its_distance_to_the_pointer() {
        let start = selection(0.2, 0.2, 0.4, 0.4);
        let drag = Drag::new(
            Grip::Handle(Handle::East),
            Point { x: 0.61, y: 0.4 },
            (0.01, 0.01),
            start,
        );
        assert_region(drag.to(Point { x: 0.71, y: 0.9 }), [0.2, 0.2, 0.5, 0.4]);
        assert_eq!(drag.start(), start);
    }

    #[test]
    fn a_press_that_does_not_move_draws_nothing() {
        let start = selection(0.2, 0.2, 0.4, 0.4);
        let drag = Drag::new(Grip::New, Point { x: 0.8, y: 0.8 }, (0.01, 0.01), start);
        assert_eq!(drag.to(Point { x: 0.805, y: 0.795 }), start);
        assert_region(drag.to(Point { x: 0.9, y: 0.7 }), [0.8, 0.7, 0.1, 0.1]);
    }

    #[test]
    fn only_what_can_be_seen_can_be_selected() {
        let bounds = Bounds::new(Point { x: 0.25, y: 0.0 }, Point { x: 0.75, y: 1.0 }, size(1000, 1000));
        assert_region(Selection::everything(bounds), [0.25, 0.0, 0.5, 1.0]);
        assert_region(Selection::of_region(Region::WHOLE, bounds), [0.25, 0.0, 0.5, 1.0]);
        assert_region(Selection::middle(bounds).moved_by(-1.0, 0.0), [0.25, 0.25, 0.25, 0.5]);
    }

    fn handles() -> impl Strategy<Value = Handle> {
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
                    1 => selection.resize_by(handle, dx, dy).0,
                    _ => Selection::between(Point { x: dx, y: dy }, Point { x: dy, y: dx }, bounds),
                };
                let dust = 1e-9;
                for (span, within, least) in [(selection.x, bounds.x, bounds.least.0), (selection.y, bounds.y, bounds.least.1)] {
                    prop_assert!(span.first >= within.first - dust && span.last <= within.last + dust, "{span:?} in {within:?}");
                    prop_assert!(span.extent() >= least - dust, "{span:?} at least {least}");
                }
                prop_assert!(Region::new(selection.x.first, selection.y.first, selection.x.extent(), selection.y.extent()).is_ok());
            }
        }

        /// A drag there and back is no change, also across the opposite edges: it refers to where it began.
        #[test]
        fn a_drag_back_to_its_start_changes_nothing(handle in handles(), dx in -1.0..1.0f64, dy in -1.0..1.0f64) {
            let start = selection(0.3, 0.3, 0.2, 0.3);
            let drag = Drag::new(Grip::Handle(handle), Point { x: 0.5, y: 0.5 }, (0.01, 0.01), start);
            let _ = drag.to(Point { x: 0.5 + dx, y: 0.5 + dy });
            let back = drag.to(Point { x: 0.5, y: 0.5 }).region();
            prop_assert!((back.x() - 0.3).abs() < 1e-9 && (back.w() - 0.2).abs() < 1e-9 && (back.h() - 0.3).abs() < 1e-9);
        }
    }
}
