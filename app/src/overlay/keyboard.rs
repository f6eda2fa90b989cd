//! What a key does to the selection: arrows nudge by pixels of the original, Home and End go to the sides.
//!
//! Plain functions; the keys come from the box or handle that has the focus, never from the document, so typing in
//! any text field of the page is never stolen.

use cutline_model::{Size, within};

use super::geometry::Affine;
use super::selection::{Handle, Selection, Slides};

/// One keyboard step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Nudge {
    /// -1, 0 or 1 in x and y; one of both is 0.
    direction: (f64, f64),
    reach: Reach,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Reach {
    /// So many pixels of the original.
    Pixels(f64),
    /// As far as it goes.
    Edge,
}

impl Nudge {
    /// The step of `key` (as in `KeyboardEvent.key`): arrows by 1 pixel, with Shift by 10, with Ctrl to the edge;
    /// Home, End, Page Up and Page Down to the left, right, top and bottom edge. Other keys are not ours.
    #[must_use]
    pub fn of_key(key: &str, shift: bool, ctrl: bool) -> Option<Self> {
        let (direction, is_arrow) = match key {
            "ArrowLeft" => ((-1.0, 0.0), true),
            "ArrowRight" => ((1.0, 0.0), true),
            "ArrowUp" => ((0.0, -1.0), true),
            "ArrowDown" => ((0.0, 1.0), true),
            "Home" => ((-1.0, 0.0), false),
            "End" => ((1.0, 0.0), false),
            "PageUp" => ((0.0, -1.0), false),
            "PageDown" => ((0.0, 1.0), false),
            _ => return None,
        };
        let pixels = if shift { 10.0 } else { 1.0 };
        let reach = if ctrl || !is_arrow { Reach::Edge } else { Reach::Pixels(pixels) };
        Some(Self { direction, reach })
    }

    /// The same on an edge that `slides`, as on any slider: Home and End to its least and its most, Page Up and Page Down by ten pixels
    /// to more and to less.
    #[must_use]
    pub fn of_slider_key(key: &str, shift: bool, ctrl: bool, slides: Slides) -> Option<Self> {
        let (less, more) = match slides {
            Slides::Across => ("ArrowLeft", "ArrowRight"),
            Slides::UpAndDown => ("ArrowDown", "ArrowUp"),
        };
        match key {
            "Home" => Self::of_key(less, false, true),
            "End" => Self::of_key(more, false, true),
            "PageUp" => Self::of_key(more, true, false),
            "PageDown" => Self::of_key(less, true, false),
            _ => Self::of_key(key, shift, ctrl),
        }
    }

    /// The same step where the picture is turned or mirrored: what goes to the right on the page.
    #[must_use]
    pub fn seen(self, placed: Affine) -> Self {
        Self { direction: placed.step_like(self.direction), ..self }
    }

    /// How far it goes, in fractions of a picture of `size`.
    fn delta(self, size: Size) -> (f64, f64) {
        let fraction = |pixels: u32| match self.reach {
            Reach::Pixels(count) => count / f64::from(pixels),
            // Further than any picture: the selection stops at its bounds.
            Reach::Edge => 2.0,
        };
        (self.direction.0 * fraction(size.width()), self.direction.1 * fraction(size.height()))
    }

    /// The selection on a picture of `size` after this step on the box.
    #[must_use]
    pub fn moved(self, selection: Selection, size: Size) -> Selection {
        let (dx, dy) = self.delta(size);
        selection.moved_by(dx, dy)
    }

    /// The selection on a picture of `size` after this step on `handle`, and the handle that is moved now; in the shape
    /// `ratio` if it is held to one.
    ///
    /// A step to the edge never flips: it stops where the selection has its least size.
    #[must_use]
    pub fn resized(
        self,
        selection: Selection,
        handle: Handle,
        size: Size,
        ratio: Option<f64>,
    ) -> (Selection, Handle) {
        let (dx, dy) = self.delta(size);
        let (resized, moved) = selection.resize_by(handle, dx, dy, ratio);
        if moved == handle || self.reach != Reach::Edge {
            return (resized, moved);
        }
        let region = selection.region();
        let short = |delta: f64, extent: f64| within(delta, -extent * (1.0 - 1e-9), extent * (1.0 - 1e-9));
        selection.resize_by(handle, short(dx, region.w()), short(dy, region.h()), ratio)
    }
}

#[cfg(test)]
mod tests;
