//! A loupe beside the corner or edge that is dragged: a finger covers just what it places.
//!
//! The page's own picture once more, as a background, enlarged and turned as it lies: nothing is drawn and nothing is loaded.

use super::geometry::{Affine, Frame, Point, Rect};
use super::session::Session;
use super::stage::{in_layer, matrix, pixels};
use super::view::{Memo, Tag, tag};

/// Its width and height, in CSS pixels.
const SIDE: f64 = 112.0;

/// How much larger it shows the picture than the page does.
const POWER: f64 = 3.0;

/// How far it stands from what it shows, in CSS pixels: clear of the fingertip.
const CLEARANCE: f64 = 40.0;

/// `layer` with the loupe in it, while something is dragged that has one place.
pub(super) fn with_loupe(layer: Tag, session: Session) -> Tag {
    // As long as it stands there, it only moves.
    let place = Memo::new(move || {
        let point = session.enlarged().get()?;
        let frame = session.frame().get();
        let at = in_layer(frame, on_plane(frame, point));
        let layer = frame.bounds();
        let window = session.window().get().moved_by(-layer.left, -layer.top);
        Some((beside(at, window), Enlarged::of(frame.painted, point), frame.placed))
    });
    let style = move |write: fn(Point, Enlarged, Affine) -> String| {
        move || place.get().map(|(corner, shown, placed)| write(corner, shown, placed))
    };
    let draw = move || {
        let enlarged = tag("div")
            .class("selection-overlay__enlarged")
            .style("background-image", move || session.image())
            .style("background-size", style(|_, shown, _| pair(shown.size)))
            .style("background-position", style(|_, shown, _| pair(shown.offset)))
            .style("transform", style(|_, _, placed| turned(placed)));
        tag("div")
            .class("selection-overlay__loupe")
            .part("loupe")
            .attr("aria-hidden", "true")
            .style("left", style(|corner, _, _| pixels(corner.x)))
            .style("top", style(|corner, _, _| pixels(corner.y)))
            .child(enlarged)
    };
    layer.shown(move || place.with(Option::is_some), move |is_shown| is_shown.then(draw))
}

/// Two lengths, as CSS.
fn pair((x, y): (f64, f64)) -> String {
    format!("{} {}", pixels(x), pixels(y))
}

/// Where a point of the picture, in fractions of it, is on the plane.
fn on_plane(Frame { painted, .. }: Frame, Point { x, y }: Point) -> Point {
    Point { x: painted.left + x * painted.width, y: painted.top + y * painted.height }
}

/// The corner of a loupe for what is at `at`: above it, or below where there is no room; within the window.
fn beside(at: Point, window: Rect) -> Point {
    let above = at.y - CLEARANCE - SIDE;
    let top = if above >= window.top { above } else { at.y + CLEARANCE };
    Point { x: (at.x - SIDE / 2.0).min(window.right() - SIDE).max(window.left), y: top }
}

/// How the picture is painted in the loupe's inside, which is three times as large as the loupe: turned, its corners still
/// reach out of it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Enlarged {
    size: (f64, f64),
    offset: (f64, f64),
}

impl Enlarged {
    /// With the point, in fractions of the picture, in the middle.
    fn of(painted: Rect, Point { x, y }: Point) -> Self {
        let size = (painted.width * POWER, painted.height * POWER);
        let middle = SIDE * 1.5;
        Self { size, offset: (middle - x * size.0, middle - y * size.1) }
    }
}

/// The turn of the picture, without where it lies.
fn turned(Affine { x, y, .. }: Affine) -> String {
    matrix(x, y, (0.0, 0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Rect = Rect { left: 0.0, top: 0.0, width: 800.0, height: 600.0 };

    #[test]
    fn it_stands_above_the_finger_where_there_is_room() {
        assert_eq!(beside(Point { x: 400.0, y: 300.0 }, WINDOW), Point { x: 344.0, y: 148.0 });
    }

    #[test]
    fn it_stands_below_the_finger_at_the_top_of_the_window() {
        assert_eq!(beside(Point { x: 400.0, y: 151.0 }, WINDOW), Point { x: 344.0, y: 191.0 });
    }

    #[test]
    fn what_it_shows_is_in_its_middle_and_three_times_as_large() {
        let painted = Rect { left: 0.0, top: 0.0, width: 300.0, height: 200.0 };
        assert_eq!(
            Enlarged::of(painted, Point { x: 0.0, y: 0.0 }),
            Enlarged { size: (900.0, 600.0), offset: (168.0, 168.0) }
        );
        assert_eq!(Enlarged::of(painted, Point { x: 0.5, y: 1.0 }).offset, (-282.0, -432.0));
    }

    #[test]
    fn it_stays_within_the_sides_of_the_window() {
        assert_eq!(beside(Point { x: 10.0, y: 300.0 }, WINDOW).x, 0.0);
        assert_eq!(beside(Point { x: 795.0, y: 300.0 }, WINDOW).x, 688.0);
    }
}
