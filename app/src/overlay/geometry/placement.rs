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
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_panel_goes_where_there_is_room() {
        let window = Rect { left: 0.0, top: 1000.0, width: 1280.0, height: 800.0 };
        let panel = (340.0, 420.0);
        for (picture, expected) in [
            (
                Rect { left: 20.0, top: 1100.0, width: 600.0, height: 400.0 },
                Placement::At(Point { x: 632.0, y: 1100.0 }),
            ),
            (
                Rect { left: 660.0, top: 1700.0, width: 600.0, height: 400.0 },
                Placement::At(Point { x: 308.0, y: 1368.0 }),
            ),
            (
                Rect { left: 200.0, top: 1000.0, width: 880.0, height: 300.0 },
                Placement::At(Point { x: 200.0, y: 1312.0 }),
            ),
            (Rect { left: 0.0, top: 900.0, width: 1280.0, height: 2000.0 }, Placement::Docked),
        ] {
            assert_eq!(place_panel(picture, window, panel), expected, "{picture:?}");
        }
        let phone = Rect { left: 0.0, top: 0.0, width: 360.0, height: 740.0 };
        assert_eq!(
            place_panel(Rect { left: 0.0, top: 0.0, width: 360.0, height: 240.0 }, phone, panel),
            Placement::Docked
        );
    }

    proptest! {
        #[test]
        fn a_placed_panel_is_on_the_window_and_off_the_visible_picture(left in 0.0..1200.0, top in 0.0..700.0, w in 10.0..1200.0, h in 10.0..900.0, pw in 200.0..400.0, ph in 200.0..600.0) {
            let window = Rect { left: 0.0, top: 0.0, width: 1280.0, height: 800.0 };
            let picture = Rect { left, top, width: w, height: h };
            if let Placement::At(Point { x, y }) = place_panel(picture, window, (pw, ph)) {
                let panel = Rect { left: x, top: y, width: pw, height: ph };
                prop_assert!(panel.left >= 0.0 && panel.right() <= 1280.0 && panel.top >= 0.0 && panel.bottom() <= 800.0);
                let overlap = panel.intersection(picture.intersection(window));
                prop_assert!(overlap.width <= 0.0 || overlap.height <= 0.0);
            }
        }
    }
}
