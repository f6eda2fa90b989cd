//! The shape that a selection is held to, and resizing within it.

use cutline_model::{Size, within};

use super::handle::{End, Handle};
use super::span::Span;
use super::{Bounds, Selection};

/// The shape a selection is held to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Aspect {
    /// Any shape.
    #[default]
    Free,
    /// As wide as high.
    Square,
    /// 4:3.
    FourToThree,
    /// 16:9.
    SixteenToNine,
    /// The shape of the whole picture.
    Original,
}

impl Aspect {
    /// All of them, in the order of the list.
    pub const ALL: [Self; 5] =
        [Self::Free, Self::Square, Self::FourToThree, Self::SixteenToNine, Self::Original];

    /// Width by height in fractions of a picture of `size`; none when any shape will do.
    #[must_use]
    pub fn ratio(self, size: Size) -> Option<f64> {
        let pixels =
            |width: f64, height: f64| width / height * f64::from(size.height()) / f64::from(size.width());
        match self {
            Self::Free => None,
            Self::Square => Some(pixels(1.0, 1.0)),
            Self::FourToThree => Some(pixels(4.0, 3.0)),
            Self::SixteenToNine => Some(pixels(16.0, 9.0)),
            Self::Original => Some(1.0),
        }
    }
}

/// Which ends are moved, in x and in y; none where an axis follows.
type Ends = (Option<End>, Option<End>);

impl Selection {
    /// Width by height in fractions of the picture.
    #[must_use]
    pub fn ratio(self) -> f64 {
        self.x.extent() / self.y.extent()
    }

    /// As large as before about the same middle, in the shape `ratio`, as far as the bounds allow.
    #[must_use]
    pub fn shaped(self, ratio: f64) -> Self {
        let width = (self.x.extent() * self.y.extent() * ratio).sqrt();
        let width = within(
            width,
            self.least_width(ratio),
            self.bounds.x.extent().min(self.bounds.y.extent() * ratio),
        );
        Self {
            x: self.x.about_its_middle(width, self.bounds.x),
            y: self.y.about_its_middle(width / ratio, self.bounds.y),
            ..self
        }
    }

    /// Resized by moving `handle` by (`dx`, `dy`) in the shape `ratio`; see [`Selection::resize_by`].
    ///
    /// A corner keeps the opposite one where it is and follows the pointer on the axis where it has gone further; an
    /// edge keeps the opposite one, and the other axis grows about its middle.
    #[must_use]
    pub(super) fn resize_in_shape(self, handle: Handle, dx: f64, dy: f64, ratio: f64) -> (Self, Handle) {
        let (horizontal, vertical) = (handle.horizontal(), handle.vertical());
        let (wanted_x, side_x) = self.x.wanted(horizontal, dx);
        let (wanted_y, side_y) = self.y.wanted(vertical, dy);
        let wanted = match (horizontal, vertical) {
            (Some(_), Some(_)) => wanted_x.max(wanted_y * ratio),
            (Some(_), None) => wanted_x,
            _ => wanted_y * ratio,
        };
        // Where the bounds leave too little room on the side that the pointer is on, the other side is taken.
        let sides = [
            (side_x, side_y),
            (flipped(side_x), side_y),
            (side_x, flipped(side_y)),
            (flipped(side_x), flipped(side_y)),
        ];
        let least = self.least_width(ratio);
        let fits = |ends: Ends| self.room(ends, (horizontal, vertical), ratio);
        let ends = sides
            .into_iter()
            .find(|ends| fits(*ends) >= least)
            .or_else(|| sides.into_iter().max_by(|a, b| fits(*a).total_cmp(&fits(*b))))
            .unwrap_or((side_x, side_y));
        let width = within(wanted, least.min(fits(ends)), fits(ends));
        let resized = Self {
            x: self.x.stretched(horizontal, ends.0, width, self.bounds.x),
            y: self.y.stretched(vertical, ends.1, width / ratio, self.bounds.y),
            ..self
        };
        (resized, Handle::of(ends.0, ends.1).unwrap_or(handle))
    }

    /// The widest that it can get in the shape `ratio` when the ends `grown` grow from the ends opposite to `held`.
    fn room(self, grown: Ends, held: Ends, ratio: f64) -> f64 {
        let Bounds { x, y, .. } = self.bounds;
        self.x.room(held.0, grown.0, x).min(self.y.room(held.1, grown.1, y) * ratio)
    }

    fn least_width(self, ratio: f64) -> f64 {
        let Bounds { x, y, least } = self.bounds;
        least.0.max(least.1 * ratio).min(x.extent()).min(y.extent() * ratio)
    }
}

fn flipped(end: Option<End>) -> Option<End> {
    end.map(End::opposite)
}

impl Span {
    fn about_its_middle(self, extent: f64, bounds: Self) -> Self {
        let first = f64::midpoint(self.first, self.last) - extent / 2.0;
        Self { first, last: first + extent }.moved(0.0, bounds)
    }

    /// Where the end that does not move is.
    fn anchor(self, held: End) -> f64 {
        if held == End::First { self.last } else { self.first }
    }

    /// How long it would be with its end `held` moved by `delta`, and on which side of the other end that one is then.
    fn wanted(self, held: Option<End>, delta: f64) -> (f64, Option<End>) {
        let Some(held) = held else { return (self.extent(), None) };
        let position = delta + if held == End::First { self.first } else { self.last };
        let from_anchor = position - self.anchor(held);
        let side = match from_anchor {
            length if length < 0.0 => End::First,
            length if length > 0.0 => End::Last,
            _ => held,
        };
        (from_anchor.abs(), Some(side))
    }

    /// The longest it can be when it grows to the side `grown`; about its middle it is moved to where there is room.
    fn room(self, held: Option<End>, grown: Option<End>, bounds: Self) -> f64 {
        match held.zip(grown) {
            None => bounds.extent(),
            Some((held, End::First)) => self.anchor(held) - bounds.first,
            Some((held, End::Last)) => bounds.last - self.anchor(held),
        }
    }

    fn stretched(self, held: Option<End>, grown: Option<End>, extent: f64, bounds: Self) -> Self {
        match held.zip(grown) {
            None => self.about_its_middle(extent, bounds),
            Some((held, End::First)) => {
                Self { first: (self.anchor(held) - extent).max(bounds.first), last: self.anchor(held) }
            }
            Some((held, End::Last)) => {
                Self { first: self.anchor(held), last: (self.anchor(held) + extent).min(bounds.last) }
            }
        }
    }
}

#[cfg(test)]
mod tests;
