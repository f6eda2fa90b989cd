//! Selecting by two presses, one for each of two opposite corners: the way without dragging (WCAG 2.5.7).

use super::geometry::Point;
use super::selection::{Bounds, Selection};

/// How far that is; points are in fractions of the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Corners {
    /// Not asked for: presses mean what they usually do.
    #[default]
    Off,
    /// The next press sets the first corner.
    First,
    /// The next press sets the corner opposite to this one.
    Second(Point),
}

impl Corners {
    /// Takes a press at `point`: what comes next, and what is selected when that was the second corner.
    #[must_use]
    pub fn press(self, point: Point, bounds: Bounds, ratio: Option<f64>) -> (Self, Option<Selection>) {
        match self {
            Self::Off => (Self::Off, None),
            Self::First => (Self::Second(point), None),
            Self::Second(first) => (Self::Off, Some(Selection::between(first, point, bounds, ratio))),
        }
    }
}

#[cfg(test)]
mod tests {
    use cutline_model::{Region, Size};

    use super::*;

    #[test]
    fn two_presses_select_what_lies_between_them() {
        let bounds = Bounds::whole(Size::new(1000, 1000).expect("not zero"));
        let (one, other) = (Point { x: 0.75, y: 0.25 }, Point { x: 0.25, y: 0.5 });
        let (corners, nothing) = Corners::First.press(one, bounds, None);
        assert_eq!((corners, nothing), (Corners::Second(one), None));
        let (corners, selection) = corners.press(other, bounds, None);
        assert_eq!(corners, Corners::Off);
        let region = selection.expect("selected").region();
        assert_eq!(region, Region::new(0.25, 0.25, 0.5, 0.25).expect("inside"));
    }

    #[test]
    fn unasked_a_press_sets_no_corner() {
        let bounds = Bounds::whole(Size::new(10, 10).expect("not zero"));
        assert_eq!(Corners::Off.press(Point { x: 0.5, y: 0.5 }, bounds, None), (Corners::Off, None));
    }
}
