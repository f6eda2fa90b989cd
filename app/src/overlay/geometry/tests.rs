use proptest::prelude::*;

use super::*;

const PICTURE: Rect = Rect { left: 100.0, top: 100.0, width: 300.0, height: 200.0 };
const BESIDE: Rect = Rect { left: 412.0, top: 100.0, width: 340.0, height: 420.0 };
const DOCKED: Rect = Rect { left: 0.0, top: 600.0, width: 600.0, height: 200.0 };

fn is_on_the_way(panel: Rect, x: f64, y: f64, expected: bool) {
    let point = Point { x, y };
    assert_eq!(PICTURE.is_on_the_way(panel, point), expected);
    assert_eq!(panel.is_on_the_way(PICTURE, point), expected, "and back");
}

sentences! {
    the_picture_is_on_the_way_to_the_panel: is_on_the_way(BESIDE, 150.0, 150.0, true);
    the_panel_is_on_the_way_to_the_panel: is_on_the_way(BESIDE, 700.0, 500.0, true);
    the_gap_to_a_panel_beside_is_on_the_way: is_on_the_way(BESIDE, 406.0, 250.0, true);
    the_slope_to_the_lower_end_of_a_higher_panel_is_on_the_way: is_on_the_way(BESIDE, 406.0, 303.0, true);
    what_is_below_that_slope_is_not: is_on_the_way(BESIDE, 380.0, 500.0, false);
    what_is_above_both_is_not: is_on_the_way(BESIDE, 406.0, 99.0, false);
    all_that_lies_between_picture_and_docked_panel_is_on_the_way: is_on_the_way(DOCKED, 250.0, 450.0, true);
    the_slope_to_the_end_of_a_docked_panel_is_on_the_way: is_on_the_way(DOCKED, 480.0, 450.0, true);
    what_is_beside_picture_and_panel_is_not: is_on_the_way(DOCKED, 550.0, 320.0, false);
    what_is_under_the_panel_is_not: is_on_the_way(DOCKED, 300.0, 801.0, false);
}

fn rects() -> impl Strategy<Value = Rect> {
    (0.0..900.0, 0.0..900.0, 1.0..500.0, 1.0..500.0).prop_map(|(left, top, width, height)| Rect {
        left,
        top,
        width,
        height,
    })
}

proptest! {
    #[test]
    fn each_straight_way_from_one_to_the_other_is_on_the_way(
        (picture, panel) in (rects(), rects()),
        (from, to) in ((0.0..=1.0, 0.0..=1.0), (0.0..=1.0, 0.0..=1.0)),
        part in 0.0..=1.0,
    ) {
        let place = |rect: Rect, (x, y): (f64, f64)| (rect.left + x * rect.width, rect.top + y * rect.height);
        let ((x0, y0), (x1, y1)) = (place(picture, from), place(panel, to));
        let point = Point { x: x0 + (x1 - x0) * part, y: y0 + (y1 - y0) * part };
        // What lies on the very edge may be off by the last digit.
        let grown = |rect: Rect| rect.shrunk_by(Edges { left: -1e-6, top: -1e-6, right: -1e-6, bottom: -1e-6 });
        prop_assert!(grown(picture).is_on_the_way(grown(panel), point));
    }

    #[test]
    fn what_is_outside_of_the_rectangle_around_both_is_not(
        (picture, panel) in (rects(), rects()),
        (x, y) in (-500.0..2000.0, -500.0..2000.0),
    ) {
        let around = Rect::around([
            picture.corners()[0], picture.corners()[2], panel.corners()[0], panel.corners()[2],
        ]);
        let point = Point { x, y };
        prop_assume!(!around.contains(point));
        prop_assert!(!picture.is_on_the_way(panel, point));
    }
}
