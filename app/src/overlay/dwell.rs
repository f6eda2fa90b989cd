//! When a resting pointer means "share a part of this": the dwell, as a plain machine of events and commands.
//!
//! It starts when the pointer comes to rest on a picture and is cancelled by scrolling, typing, selecting text or pressing; a pointer
//! that is only passing keeps pushing it back. It owns no timer: it says when to start and stop one.

use super::geometry::Point;

/// How far a resting pointer may drift before the wait starts anew, in CSS pixels.
const STILL: f64 = 6.0;

/// What happens on the page; `P` names a picture.
#[derive(Clone, Debug, PartialEq)]
pub enum Happening<P> {
    /// The pointer is at this point of this picture.
    Over(P, Point),
    /// The pointer is on no picture.
    Away,
    /// The visitor does something else: scrolls, selects text, types.
    Disturbed,
    /// A button or finger went down.
    Pressed,
    /// The wait is over.
    Elapsed,
}

/// What to do now.
#[derive(Clone, Debug, PartialEq)]
pub enum Command<P> {
    /// Nothing.
    Nothing,
    /// Start the wait, in place of any that runs.
    Wait,
    /// Stop the wait.
    Stop,
    /// Open the overlay on this picture.
    Open(P),
}

/// The state of the wait.
#[derive(Clone, Debug, PartialEq)]
pub enum Dwell<P> {
    /// The pointer is on no picture.
    Away,
    /// The pointer rests on this picture, since it was at this point.
    Resting(P, Point),
    /// The visitor pressed on this picture or was served: nothing more until the pointer has left it.
    Done(P),
}

impl<P: Clone + PartialEq> Dwell<P> {
    /// Takes what happened and says what to do.
    pub fn on(&mut self, happening: Happening<P>) -> Command<P> {
        let (next, command) = match (self.clone(), happening) {
            (Self::Done(done), Happening::Over(picture, _)) if done == picture => {
                (Self::Done(done), Command::Nothing)
            }
            (Self::Resting(resting, since), Happening::Over(picture, point))
                if resting == picture && is_still(since, point) =>
            {
                (Self::Resting(resting, since), Command::Nothing)
            }
            (_, Happening::Over(picture, point)) => (Self::Resting(picture, point), Command::Wait),
            (Self::Away, Happening::Away) => (Self::Away, Command::Nothing),
            (_, Happening::Away) => (Self::Away, Command::Stop),
            // After scrolling the picture may lie elsewhere: wait for the pointer to say where it is.
            (Self::Resting(..), Happening::Disturbed) => (Self::Away, Command::Stop),
            (Self::Resting(picture, _), Happening::Pressed) => (Self::Done(picture), Command::Stop),
            (Self::Resting(picture, _), Happening::Elapsed) => {
                (Self::Done(picture.clone()), Command::Open(picture))
            }
            (state, Happening::Disturbed | Happening::Pressed | Happening::Elapsed) => {
                (state, Command::Nothing)
            }
        };
        *self = next;
        command
    }
}

fn is_still(a: Point, b: Point) -> bool {
    (a.x - b.x).hypot(a.y - b.y) <= STILL
}

#[cfg(test)]
mod tests;
