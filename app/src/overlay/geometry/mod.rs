//! Where a picture is painted, and where the panel goes beside it.
//!
//! Plain numbers in CSS pixels, y downwards; no browser, so that every layout can be tested. Three coordinate systems:
//! *layout* is the picture's own, before any transform, from the corner of its border box; the *plane* is the same with
//! the scale of the page put in, still upright, where the stage is drawn; the *page* is what the visitor sees, from the
//! document's top left corner. `fit` places the picture in its box, `affine` reads what transforms do, `frame` puts
//! both together, `knob` says where handles can be grabbed, `placement` finds room for the panel.

mod affine;
mod fit;
mod frame;
mod knob;
mod placement;

pub use self::affine::{Affine, Linear};
pub use self::fit::{ObjectFit, Offset, ViewBox};
pub use self::frame::{Appearance, Frame};
pub use self::knob::{Knob, clear_of};
pub use self::placement::{Placement, Side, place_panel};

/// A point in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// Downwards.
    pub y: f64,
}

/// A rectangle in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub left: f64,
    /// Top edge.
    pub top: f64,
    /// Width, never negative.
    pub width: f64,
    /// Height, never negative.
    pub height: f64,
}

impl Rect {
    /// Right edge.
    #[must_use]
    pub fn right(self) -> f64 {
        self.left + self.width
    }

    /// Bottom edge.
    #[must_use]
    pub fn bottom(self) -> f64 {
        self.top + self.height
    }

    /// The part that both cover; empty when they do not meet.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        let (left, top) = (self.left.max(other.left), self.top.max(other.top));
        Self {
            left,
            top,
            width: (self.right().min(other.right()) - left).max(0.0),
            height: (self.bottom().min(other.bottom()) - top).max(0.0),
        }
    }

    /// Whether there is nothing of it to see.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.width < 1.0 || self.height < 1.0
    }

    /// Whether `point` lies on it.
    #[must_use]
    pub fn contains(self, point: Point) -> bool {
        (self.left..=self.right()).contains(&point.x) && (self.top..=self.bottom()).contains(&point.y)
    }

    /// Whether `point` lies on this rectangle, on `other`, or on the way from any place on the one to any place on the other: on one of
    /// the rectangles that this one would be in turn, if it became the other by and by.
    #[must_use]
    pub fn is_on_the_way(self, other: Self, point: Point) -> bool {
        let room = |rect: Self| {
            [point.x - rect.left, rect.right() - point.x, point.y - rect.top, rect.bottom() - point.y]
        };
        let (mut first, mut last) = (0.0_f64, 1.0_f64);
        for (here, there) in room(self).into_iter().zip(room(other)) {
            // How far it is on its way when this side of it comes to the point, or leaves it.
            let part = here / (here - there);
            match (here < 0.0, there < 0.0) {
                (true, true) => return false,
                (true, false) => first = first.max(part),
                (false, true) => last = last.min(part),
                (false, false) => {}
            }
        }
        first <= last
    }

    /// The rectangle without a margin on each side.
    #[must_use]
    pub fn shrunk_by(self, edges: Edges) -> Self {
        Self {
            left: self.left + edges.left,
            top: self.top + edges.top,
            width: (self.width - edges.left - edges.right).max(0.0),
            height: (self.height - edges.top - edges.bottom).max(0.0),
        }
    }

    /// The rectangle moved by (`x`, `y`).
    #[must_use]
    pub fn moved_by(self, x: f64, y: f64) -> Self {
        Self { left: self.left + x, top: self.top + y, ..self }
    }
}

/// Widths of the four sides of a frame: border and padding together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Edges {
    /// At the left.
    pub left: f64,
    /// At the top.
    pub top: f64,
    /// At the right.
    pub right: f64,
    /// At the bottom.
    pub bottom: f64,
}

impl Edges {
    /// Both together.
    #[must_use]
    pub fn and(self, inner: Self) -> Self {
        Self {
            left: self.left + inner.left,
            top: self.top + inner.top,
            right: self.right + inner.right,
            bottom: self.bottom + inner.bottom,
        }
    }
}

impl Rect {
    /// The four corners, clockwise from the top left.
    #[must_use]
    pub fn corners(self) -> [Point; 4] {
        let (left, top, right, bottom) = (self.left, self.top, self.right(), self.bottom());
        [(left, top), (right, top), (right, bottom), (left, bottom)].map(|(x, y)| Point { x, y })
    }

    /// The smallest rectangle around `points`; they are never none.
    #[must_use]
    pub fn around(points: [Point; 4]) -> Self {
        let least = |of: fn(&Point) -> f64| points.iter().map(of).fold(f64::INFINITY, f64::min);
        let most = |of: fn(&Point) -> f64| points.iter().map(of).fold(f64::NEG_INFINITY, f64::max);
        let (left, top) = (least(|point| point.x), least(|point| point.y));
        Self { left, top, width: most(|point| point.x) - left, height: most(|point| point.y) - top }
    }

    /// The rectangle with both axes stretched about the origin.
    #[must_use]
    pub fn scaled_by(self, x: f64, y: f64) -> Self {
        Self { left: self.left * x, top: self.top * y, width: self.width * x, height: self.height * y }
    }
}

#[cfg(test)]
mod tests;
