//! Where the panel goes: beside the picture where there is room, else along the bottom of the window, where it covers less of what is
//! selected.

use super::{Point, Rect};

/// Where the panel stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Placement {
    /// With its top left corner at this place of the page.
    At(Point),
    /// Along the bottom of the window, at this side of it: there is no room beside the picture.
    Docked(Side),
}

/// A side of the window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Side {
    /// The left one.
    Left,
    /// The right one.
    Right,
}

impl Side {
    /// Where a panel of `width` along the bottom of `window` covers less of `selection`; at the right where both are alike.
    #[must_use]
    pub fn clear_of(selection: Rect, window: Rect, width: f64) -> Self {
        // From one scrolling to the next it stays: how high the panel is, and the selection on the window, is alike for both.
        let covered = |left: f64| (selection.right().min(left + width) - selection.left.max(left)).max(0.0);
        // Less by what can be seen.
        if covered(window.left + GAP) + 0.5 < covered(window.right() - GAP - width) {
            Self::Left
        } else {
            Self::Right
        }
    }
}

/// Room kept between picture, panel and window edge, in CSS pixels.
const GAP: f64 = 12.0;

/// Below this window width the panel is always docked, in CSS pixels.
const NARROW: f64 = 640.0;

/// Finds room for a panel of `panel` (width, height) beside `picture`: right of it, left, below, above; nothing where there is none.
///
/// All in the coordinates of `window`, the part of the page that is visible now.
#[must_use]
pub fn place_panel(picture: Rect, window: Rect, panel: (f64, f64)) -> Option<Point> {
    let (width, height) = panel;
    if window.width < NARROW {
        return None;
    }
    let shown = picture.intersection(window);
    let clamp = |value: f64, low: f64, high: f64| value.min(high).max(low);
    let beside_top = clamp(shown.top, window.top + GAP, window.bottom() - height - GAP);
    let aligned_left = clamp(picture.left, window.left + GAP, window.right() - width - GAP);
    if picture.right() + GAP + width + GAP <= window.right() {
        Some(Point { x: picture.right() + GAP, y: beside_top })
    } else if picture.left - GAP - width - GAP >= window.left {
        Some(Point { x: picture.left - GAP - width, y: beside_top })
    } else if shown.bottom() + GAP + height + GAP <= window.bottom() {
        Some(Point { x: aligned_left, y: shown.bottom() + GAP })
    } else if shown.top - GAP - height - GAP >= window.top {
        Some(Point { x: aligned_left, y: shown.top - GAP - height })
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
