//! Where a handle is to be grabbed and where its dot is seen: large enough, clear of its neighbours, on the window.
//!
//! A handle reaches 22 pixels to each side of its corner or edge. Where the selection is small it reaches inwards less and
//! outwards more, so that handles do not cover each other and something of the selection is left to move it by. Where
//! the picture ends at the edge of the window it is moved in, so that all of it can be touched.

use super::{Point, Rect};

/// How far a handle reaches, in CSS pixels: it is a square of twice that (WCAG 2.5.5: 44).
pub const REACH: f64 = 22.0;

/// What is left between two handles to move the selection by, in CSS pixels (WCAG 2.5.8: 24).
const LEFT_FREE: f64 = 24.0;

/// Half of what is seen of a handle, in CSS pixels.
const DOT: f64 = 7.0;

/// A handle as it is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Knob {
    /// The middle of the square to grab.
    pub middle: Point,
    /// The middle of the dot.
    pub dot: Point,
    /// Whether there is room for it; without, it is there for keys alone.
    pub has_room: bool,
}

impl Knob {
    /// The handle on `side` (-1, 0 or 1 in x and y) of `selection`; `window` is what can be seen, where that is known. All
    /// in the same coordinates.
    #[must_use]
    pub fn of(side: (f64, f64), selection: Rect, window: Option<Rect>) -> Self {
        let inwards = |extent: f64| ((extent - LEFT_FREE) / 2.0).clamp(0.0, REACH);
        let axis = |side: f64, start: f64, extent: f64| {
            let corner = start + extent * f64::midpoint(side, 1.0);
            (corner, corner + side * (REACH - inwards(extent)))
        };
        let (dot_x, x) = axis(side.0, selection.left, selection.width);
        let (dot_y, y) = axis(side.1, selection.top, selection.height);
        let within = |point: Point, reach: f64| {
            let Some(window) = window else { return point };
            // Only on to the window, not along with it: what is scrolled out stays out.
            let clamp = |value: f64, low: f64, high: f64| {
                if value < low - reach || value > high + reach || high - low < 2.0 * reach {
                    value
                } else {
                    value.clamp(low + reach, high - reach)
                }
            };
            Point {
                x: clamp(point.x, window.left, window.right()),
                y: clamp(point.y, window.top, window.bottom()),
            }
        };
        // An edge's handle stands between those of its corners.
        let has_room = |side: f64, extent: f64| side != 0.0 || extent >= 4.0 * REACH;
        Self {
            middle: within(Point { x, y }, REACH),
            dot: within(Point { x: dot_x, y: dot_y }, DOT),
            has_room: has_room(side.0, selection.width) && has_room(side.1, selection.height),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SIDES: [(f64, f64); 8] = [
        (-1.0, -1.0),
        (0.0, -1.0),
        (1.0, -1.0),
        (1.0, 0.0),
        (1.0, 1.0),
        (0.0, 1.0),
        (-1.0, 1.0),
        (-1.0, 0.0),
    ];

    fn square(knob: Knob) -> Rect {
        Rect {
            left: knob.middle.x - REACH,
            top: knob.middle.y - REACH,
            width: 2.0 * REACH,
            height: 2.0 * REACH,
        }
    }

    #[test]
    fn on_a_large_selection_handles_stand_on_its_corners_and_edges() {
        let selection = Rect { left: 100.0, top: 50.0, width: 200.0, height: 100.0 };
        for (side, (x, y)) in
            [((-1.0, -1.0), (100.0, 50.0)), ((0.0, 1.0), (200.0, 150.0)), ((1.0, 0.0), (300.0, 100.0))]
        {
            let knob = Knob::of(side, selection, None);
            assert_eq!((knob.middle, knob.dot, knob.has_room), (Point { x, y }, Point { x, y }, true));
        }
    }

    #[test]
    fn at_the_edge_of_the_window_all_of_a_handle_can_be_touched() {
        let window = Rect { left: 0.0, top: 0.0, width: 800.0, height: 600.0 };
        let selection = Rect { left: 0.0, top: 0.0, width: 800.0, height: 100.0 };
        let knob = Knob::of((-1.0, -1.0), selection, Some(window));
        assert_eq!((knob.middle, knob.dot), (Point { x: 22.0, y: 22.0 }, Point { x: 7.0, y: 7.0 }));
        let scrolled_out = Rect { top: -300.0, ..selection };
        assert!(Knob::of((-1.0, -1.0), scrolled_out, Some(window)).middle.y < -250.0);
    }

    proptest! {
        #[test]
        fn handles_that_are_seen_never_cover_each_other_nor_all_of_the_selection(
            (left, top, width, height) in (0.0..500.0, 0.0..500.0, 1.0..400.0, 1.0..400.0),
        ) {
            let selection = Rect { left, top, width, height };
            let seen: Vec<Rect> =
                SIDES.into_iter().map(|side| Knob::of(side, selection, None)).filter(|knob| knob.has_room).map(square).collect();
            prop_assert!(seen.len() >= 4, "the corners always are");
            let middle = Rect { left: left + width / 2.0, top: top + height / 2.0, width: 0.0, height: 0.0 };
            let free = Rect { left: middle.left - 12.0, top: middle.top - 12.0, width: 24.0, height: 24.0 }.intersection(selection);
            for (index, one) in seen.iter().enumerate() {
                let covered = one.intersection(free);
                prop_assert!(covered.width < 1e-9 || covered.height < 1e-9, "{one:?} lies on the middle of {selection:?}");
                for other in &seen[index + 1..] {
                    let both = one.intersection(*other);
                    prop_assert!(both.width < 1e-9 || both.height < 1e-9, "{one:?} and {other:?}");
                }
            }
        }

        #[test]
        fn a_handle_of_a_picture_on_the_window_is_on_the_window(
            (left, top, width, height) in (0.0..400.0, 0.0..300.0, 1.0..400.0, 1.0..300.0), index in 0usize..8,
        ) {
            let window = Rect { left: 0.0, top: 0.0, width: 800.0, height: 600.0 };
            let square = square(Knob::of(SIDES[index], Rect { left, top, width, height }, Some(window)));
            let seen = square.intersection(window);
            prop_assert!(seen.width > 44.0 - 1e-9 && seen.height > 44.0 - 1e-9, "{square:?}");
        }
    }
}
