//! One axis of a selection: where it begins and ends.

use cutline_model::within;

use super::handle::End;

/// A stretch of one axis, `first < last`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Span {
    pub(super) first: f64,
    pub(super) last: f64,
}

impl Span {
    pub(super) const WHOLE: Self = Self { first: 0.0, last: 1.0 };

    pub(super) fn extent(self) -> f64 {
        self.last - self.first
    }

    /// Its first end (`side` -1), middle (0) or last end (1).
    pub(super) fn at(self, side: f64) -> f64 {
        f64::midpoint(self.first, self.last) + side * self.extent() / 2.0
    }

    /// Moved by `delta`, kept within `bounds`.
    pub(super) fn moved(self, delta: f64, bounds: Self) -> Self {
        let first = (self.first + delta).min(bounds.last - self.extent()).max(bounds.first);
        Self { first, last: first + self.extent() }
    }

    /// One end taken to `position`; when it crosses the other, they change roles, and the end that moves now is told.
    pub(super) fn dragged(self, end: End, position: f64, bounds: Self, least: f64) -> (Self, End) {
        let least = least.min(bounds.extent());
        let fixed = match end {
            End::First => self.last,
            End::Last => self.first,
        };
        let position = within(position, bounds.first, bounds.last);
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
