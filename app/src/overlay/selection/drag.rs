//! A drag from press to release: what a pointer holds, and what that does to the selection.

use cutline_model::Size;

use super::Selection;
use super::aspect::Aspect;
use super::handle::Handle;
use crate::overlay::geometry::Point;

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

    /// The selection with the pointer at `to`, in the shape `ratio` if it is held to one.
    #[must_use]
    pub fn to(self, to: Point, ratio: Option<f64>) -> Selection {
        let (dx, dy) = (to.x - self.from.x, to.y - self.from.y);
        match self.grip {
            Grip::Box => self.start.moved_by(dx, dy),
            Grip::Handle(handle) => self.start.resize_by(handle, dx, dy, ratio).0,
            Grip::New if self.is_a_press(dx, dy) => self.start,
            Grip::New => Selection::between(self.from, to, self.start.bounds, ratio),
        }
    }

    /// The shape that Shift holds a drag to on a picture of `size`: what is drawn anew is a square, what is resized stays
    /// as it is.
    #[must_use]
    pub fn shape(self, size: Size) -> Option<f64> {
        match self.grip {
            Grip::Box => None,
            Grip::Handle(_) => Some(self.start.ratio()),
            Grip::New => Aspect::Square.ratio(size),
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

    use super::super::tests::{assert_region, handles, selection, size};
    use super::*;

    #[test]
    fn a_drag_keeps_its_distance_to_the_pointer() {
        let start = selection(0.2, 0.2, 0.4, 0.4);
        let drag = Drag::new(Grip::Handle(Handle::East), Point { x: 0.61, y: 0.4 }, (0.01, 0.01), start);
        assert_region(drag.to(Point { x: 0.71, y: 0.9 }, None), [0.2, 0.2, 0.5, 0.4]);
        assert_eq!(drag.start(), start);
    }

    #[test]
    fn a_press_that_does_not_move_draws_nothing() {
        let start = selection(0.2, 0.2, 0.4, 0.4);
        let drag = Drag::new(Grip::New, Point { x: 0.8, y: 0.8 }, (0.01, 0.01), start);
        assert_eq!(drag.to(Point { x: 0.805, y: 0.795 }, None), start);
        assert_region(drag.to(Point { x: 0.9, y: 0.7 }, None), [0.8, 0.7, 0.1, 0.1]);
    }

    #[test]
    fn shift_keeps_the_shape_of_what_is_resized_and_draws_squares() {
        let wide = size(2000, 1000);
        let start = selection(0.2, 0.2, 0.4, 0.2);
        let resize = Drag::new(Grip::Handle(Handle::East), Point { x: 0.6, y: 0.3 }, (0.01, 0.01), start);
        assert_region(resize.to(Point { x: 0.8, y: 0.3 }, resize.shape(wide)), [0.2, 0.15, 0.6, 0.3]);
        let draw = Drag::new(Grip::New, Point { x: 0.1, y: 0.1 }, (0.01, 0.01), start);
        assert_region(draw.to(Point { x: 0.3, y: 0.2 }, draw.shape(wide)), [0.1, 0.1, 0.2, 0.4]);
        assert_eq!(Drag::new(Grip::Box, Point { x: 0.3, y: 0.3 }, (0.01, 0.01), start).shape(wide), None);
    }

    proptest! {
        /// A drag there and back is no change, also across the opposite edges: it refers to where it began.
        #[test]
        fn a_drag_back_to_its_start_changes_nothing(handle in handles(), dx in -1.0..1.0f64, dy in -1.0..1.0f64) {
            let start = selection(0.3, 0.3, 0.2, 0.3);
            let drag = Drag::new(Grip::Handle(handle), Point { x: 0.5, y: 0.5 }, (0.01, 0.01), start);
            let _ = drag.to(Point { x: 0.5 + dx, y: 0.5 + dy }, None);
            let back = drag.to(Point { x: 0.5, y: 0.5 }, None).region();
            prop_assert!((back.x() - 0.3).abs() < 1e-9 && (back.w() - 0.2).abs() < 1e-9 && (back.h() - 0.3).abs() < 1e-9);
        }
    }
}
