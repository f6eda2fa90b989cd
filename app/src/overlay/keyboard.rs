//! What a key does to the selection: arrows nudge by pixels of the original, Home and End go to the sides.
//!
//! Plain functions; the keys come from the box or handle that has the focus, never from the document, so typing in
//! any text field of the page is never stolen.

use cutline_model::Size;

use super::selection::{Handle, Selection};

/// One keyboard step, in pixels of the original or as far as it goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Nudge {
    x: Step,
    y: Step,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    None,
    Pixels(f64),
    ToFirst,
    ToLast,
}

impl Nudge {
    /// The step of `key` (as in `KeyboardEvent.key`): arrows by 1 pixel, with Shift by 10, with Ctrl to the edge;
    /// Home, End, Page Up and Page Down to the left, right, top and bottom edge. Other keys are not ours.
    #[must_use]
    pub fn of_key(key: &str, shift: bool, ctrl: bool) -> Option<Self> {
        let pixels = if shift { 10.0 } else { 1.0 };
        let first = if ctrl { Step::ToFirst } else { Step::Pixels(-pixels) };
        let last = if ctrl { Step::ToLast } else { Step::Pixels(pixels) };
        let (x, y) = match key {
            "ArrowLeft" => (first, Step::None),
            "ArrowRight" => (last, Step::None),
            "ArrowUp" => (Step::None, first),
            "ArrowDown" => (Step::None, last),
            "Home" => (Step::ToFirst, Step::None),
            "End" => (Step::ToLast, Step::None),
            "PageUp" => (Step::None, Step::ToFirst),
            "PageDown" => (Step::None, Step::ToLast),
            _ => return None,
        };
        Some(Self { x, y })
    }

    /// How far it goes, in fractions of a picture of `size`.
    fn delta(self, size: Size) -> (f64, f64) {
        let fraction = |step: Step, pixels: u32| match step {
            Step::None => 0.0,
            Step::Pixels(count) => count / f64::from(pixels),
            // Further than any picture: the selection stops at its bounds.
            Step::ToFirst => -2.0,
            Step::ToLast => 2.0,
        };
        (fraction(self.x, size.width()), fraction(self.y, size.height()))
    }

    /// The selection on a picture of `size` after this step on the box.
    #[must_use]
    pub fn moved(self, selection: Selection, size: Size) -> Selection {
        let (dx, dy) = self.delta(size);
        selection.moved_by(dx, dy)
    }

    /// The selection on a picture of `size` after this step on `handle`, and the handle that is moved now.
    ///
    /// A step to the edge never flips: it stops where the selection has its least size.
    #[must_use]
    pub fn resized(self, selection: Selection, handle: Handle, size: Size) -> (Selection, Handle) {
        let (dx, dy) = self.delta(size);
        let (resized, moved) = selection.resize_by(handle, dx, dy);
        if moved == handle || !(self.x.is_far() || self.y.is_far()) {
            return (resized, moved);
        }
        let region = selection.region();
        let short = |delta: f64, extent: f64| delta.clamp(-extent * (1.0 - 1e-9), extent * (1.0 - 1e-9));
        selection.resize_by(handle, short(dx, region.w()), short(dy, region.h()))
    }
}

impl Step {
    fn is_far(self) -> bool {
        matches!(self, Self::ToFirst | Self::ToLast)
    }
}

#[cfg(test)]
mod tests {
    use cutline_model::{PixelRegion, Region};

    use super::super::selection::Bounds;
    use super::*;

    const SIZE: (u32, u32) = (1000, 500);

    fn size() -> Size {
        Size::new(SIZE.0, SIZE.1).expect("not zero")
    }

    fn start() -> Selection {
        Selection::of_region(Region::new(0.2, 0.2, 0.4, 0.4).expect("inside"), Bounds::whole(size()))
    }

    fn pixels(selection: Selection) -> (u32, u32, u32, u32) {
        let PixelRegion { left, top, width, height } = selection.region().to_pixels(size());
        (left, top, width, height)
    }

    #[test]
    fn arrows_move_by_pixels_of_the_original() {
        for (key, shift, ctrl, expected) in [
            ("ArrowLeft", false, false, (199, 100, 400, 200)),
            ("ArrowRight", true, false, (210, 100, 400, 200)),
            ("ArrowUp", false, true, (200, 0, 400, 200)),
            ("ArrowDown", false, true, (200, 300, 400, 200)),
            ("Home", false, false, (0, 100, 400, 200)),
            ("End", false, false, (600, 100, 400, 200)),
            ("PageUp", false, false, (200, 0, 400, 200)),
            ("PageDown", false, false, (200, 300, 400, 200)),
        ] {
            let nudge = Nudge::of_key(key, shift, ctrl).expect(key);
            assert_eq!(pixels(nudge.moved(start(), size())), expected, "{key}");
        }
    }

    #[test]
    fn arrows_on_a_handle_resize() {
        for (key, handle, expected) in [
            ("ArrowRight", Handle::East, (200, 100, 401, 200)),
            ("ArrowUp", Handle::NorthWest, (200, 99, 400, 201)),
            ("ArrowUp", Handle::East, (200, 100, 400, 200)),
            ("End", Handle::East, (200, 100, 800, 200)),
        ] {
            let nudge = Nudge::of_key(key, false, false).expect(key);
            assert_eq!(pixels(nudge.resized(start(), handle, size()).0), expected, "{key} {handle:?}");
        }
    }

    #[test]
    fn a_step_to_the_far_edge_does_not_flip() {
        let nudge = Nudge::of_key("Home", false, false).expect("Home");
        let (selection, handle) = nudge.resized(start(), Handle::East, size());
        assert_eq!((pixels(selection), handle), ((200, 100, 8, 200), Handle::East));
    }

    #[test]
    fn other_keys_are_not_ours() {
        for key in ["a", "Tab", "Enter", "Escape", " ", "F5"] {
            assert_eq!(Nudge::of_key(key, false, false), None, "{key}");
        }
    }
}
