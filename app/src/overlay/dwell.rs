//! When a resting pointer means "share a part of this": the dwell, as a plain machine of events and commands.
//!
//! It starts when the pointer comes to rest on a picture and is cancelled by scrolling, selecting text or pressing; a pointer that is
//! only passing keeps pushing it back. What scrolling brings under a pointer that has not moved since was not pointed at; and what was
//! closed on purpose does not come again under one, whatever picture is under it by then. It owns no timer: it says when to start and
//! stop one.

use super::geometry::Point;

/// How far a resting pointer may drift before the wait starts anew, in CSS pixels.
const STILL: f64 = 6.0;

/// What happens on the page; `P` names a picture.
#[derive(Clone, Debug, PartialEq)]
pub enum Happening<P> {
    /// The pointer is on this picture, at this point of the window.
    Over(P, Point),
    /// The pointer is on no picture.
    Away,
    /// The visitor does something else: selects text, or scrolls what is under the pointer.
    Disturbed,
    /// A button or finger went down.
    Pressed,
    /// The wait is over.
    Elapsed,
    /// The overlay was closed on purpose.
    Dismissed,
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

/// What is known of the pointer.
#[derive(Clone, Debug, PartialEq)]
pub struct Dwell<P> {
    wait: Wait<P>,
    /// Where it was seen last.
    at: Option<Point>,
    /// Where it was when an overlay was closed on purpose, as long as it is there.
    dismissed_at: Option<Point>,
    /// Where it was when the visitor did something else, as long as it is about there: a hand on a wheel is never quite still.
    disturbed_at: Option<Point>,
}

/// The state of the wait.
#[derive(Clone, Debug, PartialEq)]
enum Wait<P> {
    /// The pointer is on no picture.
    Away,
    /// The pointer rests on this picture, since it was at this point.
    Resting(P, Point),
    /// The visitor pressed on this picture or was served: nothing more until the pointer has left it.
    Done(P),
}

impl<P> Default for Dwell<P> {
    fn default() -> Self {
        Self { wait: Wait::Away, at: None, dismissed_at: None, disturbed_at: None }
    }
}

impl<P: Clone + PartialEq> Dwell<P> {
    /// The pointer is at this point of the window, on whatever: also on the overlay.
    pub fn seen_at(&mut self, point: Point) {
        self.at = Some(point);
        self.dismissed_at = self.dismissed_at.filter(|at| is_same(*at, point));
        self.disturbed_at = self.disturbed_at.filter(|at| is_still(*at, point));
    }

    /// The pointer has left the window, or the frame: wherever it comes in again, it has moved.
    pub fn left(&mut self) {
        (self.at, self.dismissed_at, self.disturbed_at) = (None, None, None);
    }

    /// Takes what happened and says what to do.
    pub fn on(&mut self, happening: Happening<P>) -> Command<P> {
        match &happening {
            Happening::Over(_, point) => self.seen_at(*point),
            Happening::Dismissed => self.dismissed_at = self.at,
            Happening::Disturbed => self.disturbed_at = self.at,
            _ => {}
        }
        let (next, command) = match (self.wait.clone(), happening) {
            (Wait::Done(done), Happening::Over(picture, _)) if done == picture => {
                (Wait::Done(done), Command::Nothing)
            }
            // Only what lay over it has gone.
            (_, Happening::Over(picture, _)) if self.dismissed_at.is_some() => {
                (Wait::Done(picture), Command::Stop)
            }
            // Browsers tell of what has come under a pointer that has not moved.
            (_, Happening::Over(..)) if self.disturbed_at.is_some() => (Wait::Away, Command::Nothing),
            (Wait::Resting(resting, since), Happening::Over(picture, point))
                if resting == picture && is_still(since, point) =>
            {
                (Wait::Resting(resting, since), Command::Nothing)
            }
            (_, Happening::Over(picture, point)) => (Wait::Resting(picture, point), Command::Wait),
            (Wait::Away, Happening::Away) => (Wait::Away, Command::Nothing),
            (_, Happening::Away) => (Wait::Away, Command::Stop),
            (Wait::Resting(..), Happening::Disturbed) => (Wait::Away, Command::Stop),
            // Whatever it was opened on, and however: who closes it wants to see the page.
            (Wait::Resting(picture, _), Happening::Pressed | Happening::Dismissed) => {
                (Wait::Done(picture), Command::Stop)
            }
            (Wait::Resting(picture, _), Happening::Elapsed) => {
                (Wait::Done(picture.clone()), Command::Open(picture))
            }
            (wait, Happening::Disturbed | Happening::Pressed | Happening::Elapsed | Happening::Dismissed) => {
                (wait, Command::Nothing)
            }
        };
        self.wait = next;
        command
    }
}

/// Whether the pointer has not moved: browsers tell of one place in whole pixels here and in parts of them there.
fn is_same(a: Point, b: Point) -> bool {
    (a.x - b.x).hypot(a.y - b.y) < 1.0
}

fn is_still(a: Point, b: Point) -> bool {
    (a.x - b.x).hypot(a.y - b.y) <= STILL
}

#[cfg(test)]
mod tests;
