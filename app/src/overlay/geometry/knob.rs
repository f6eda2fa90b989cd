//! Where a handle is to be grabbed and where its dot is seen: large enough, clear of its neighbours, on the window.
//!
//! A handle reaches 22 pixels to each side of its corner or edge. Where the selection is small it reaches inwards less and
//! outwards more, so that handles do not cover each other and something of the selection is left to move it by. Where
//! the picture ends at the edge of the window it is moved in, so that all of it can be touched; and where a panel lies on the picture,
//! out from behind that.

use cutline_model::within;

use super::{Edges, Point, Rect};

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
    /// Whether there is room for it, clear of others; without, it is there for keys alone.
    pub has_room: bool,
}

impl Knob {
    /// The handle on `side` (-1, 0 or 1 in x and y) of `selection`; `window` is what can be seen, where that is known. All
    /// in the same coordinates.
    #[must_use]
    pub fn of(side: (f64, f64), selection: Rect, window: Option<Rect>) -> Self {
        let inwards = |extent: f64| within((extent - LEFT_FREE) / 2.0, 0.0, REACH);
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
                    within(value, low + reach, high - reach)
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

/// Where a handle goes whose `middle` is behind `panel`: the nearest place on `shown`, what can be seen of the picture, where it is not.
/// None where it is clear already, or nowhere else.
#[must_use]
pub fn clear_of(panel: Rect, shown: Rect, middle: Point) -> Option<Point> {
    let around = panel.shrunk_by(Edges { left: -REACH, top: -REACH, right: -REACH, bottom: -REACH });
    let far = |to: Point| (to.x - middle.x).abs() + (to.y - middle.y).abs();
    let clear = [
        Point { x: around.left, ..middle },
        Point { x: around.right(), ..middle },
        Point { y: around.top, ..middle },
        Point { y: around.bottom(), ..middle },
    ];
    let nearest = clear.into_iter().filter(|place| shown.contains(*place));
    let nearest = nearest.min_by(|one, other| far(*one).total_cmp(&far(*other)));
    nearest.filter(|_| around.contains(middle))
}

#[cfg(test)]
mod tests;
