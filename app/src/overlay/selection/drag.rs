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

    /// The handle that is under the pointer at `to`: the one that was taken or, past the opposite side, the one that stands there
    /// then.
    #[must_use]
    pub fn handle(self, to: Point, ratio: Option<f64>) -> Option<Handle> {
        let Grip::Handle(handle) = self.grip else { return None };
        Some(self.start.resize_by(handle, to.x - self.from.x, to.y - self.from.y, ratio).1)
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

    /// What the pointer holds.
    #[must_use]
    pub fn grip(self) -> Grip {
        self.grip
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
mod tests;
