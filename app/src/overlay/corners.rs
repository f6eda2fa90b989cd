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
    /// The next press sets a corner that was taken up; the one opposite to it stays here.
    Taken(Point),
}

impl Corners {
    /// The corner that is set already.
    #[must_use]
    pub fn fixed(self) -> Option<Point> {
        match self {
            Self::Off | Self::First => None,
            Self::Second(point) | Self::Taken(point) => Some(point),
        }
    }

    /// Takes a press at `point`: what comes next, and what is selected when that was the second corner.
    #[must_use]
    pub fn press(self, point: Point, bounds: Bounds, ratio: Option<f64>) -> (Self, Option<Selection>) {
        match self {
            Self::Off => (Self::Off, None),
            Self::First => (Self::Second(point), None),
            Self::Second(first) | Self::Taken(first) => {
                (Self::Off, Some(Selection::between(first, point, bounds, ratio)))
            }
        }
    }
}

#[cfg(test)]
mod tests;
