//! Where the panel goes: beside the picture where there is room, else along the bottom of the window.

use super::{Point, Rect};

/// Where the panel stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Placement {
    /// With its top left corner at this place of the page.
    At(Point),
    /// Along the bottom of the window: there is no room beside the picture.
    Docked,
}

/// Room kept between picture, panel and window edge, in CSS pixels.
const GAP: f64 = 12.0;

/// Below this window width the panel is always docked, in CSS pixels.
const NARROW: f64 = 640.0;

/// Finds room for a panel of `panel` (width, height) beside `picture`: right of it, left, below, above; else docked.
///
/// All in the coordinates of `window`, the part of the page that is visible now.
#[must_use]
pub fn place_panel(picture: Rect, window: Rect, panel: (f64, f64)) -> Placement {
    let (width, height) = panel;
    if window.width < NARROW {
        return Placement::Docked;
    }
    let shown = picture.intersection(window);
    let clamp = |value: f64, low: f64, high: f64| value.min(high).max(low);
    let beside_top = clamp(shown.top, window.top + GAP, window.bottom() - height - GAP);
    let aligned_left = clamp(picture.left, window.left + GAP, window.right() - width - GAP);
    if picture.right() + GAP + width + GAP <= window.right() {
        Placement::At(Point { x: picture.right() + GAP, y: beside_top })
    } else if picture.left - GAP - width - GAP >= window.left {
        Placement::At(Point { x: picture.left - GAP - width, y: beside_top })
    } else if shown.bottom() + GAP + height + GAP <= window.bottom() {
        Placement::At(Point { x: aligned_left, y: shown.bottom() + GAP })
    } else if shown.top - GAP - height - GAP >= window.top {
        Placement::At(Point { x: aligned_left, y: shown.top - GAP - height })
    } else {
        Placement::Docked
    }
}

#[cfg(test)]
mod tests;
