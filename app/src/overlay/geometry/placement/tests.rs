use proptest::prelude::*;

use super::*;

fn rect([left, top, width, height]: [f64; 4]) -> Rect {
    Rect { left, top, width, height }
}

fn stands(picture: [f64; 4], window: [f64; 4], expected: Option<Point>) {
    assert_eq!(place_panel(rect(picture), rect(window), (340.0, 420.0)), expected);
}

fn at(x: f64, y: f64) -> Option<Point> {
    Some(Point { x, y })
}

/// The panel is 336 wide, in a window of 1280.
fn docks(selection: [f64; 4], expected: Side) {
    assert_eq!(Side::clear_of(rect(selection), rect(WIDE), 336.0), expected);
}

const WIDE: [f64; 4] = [0.0, 1000.0, 1280.0, 800.0];

sentences! {
    the_panel_stands_right_of_the_picture: stands([20.0, 1100.0, 600.0, 400.0], WIDE, at(632.0, 1100.0));
    the_panel_stands_left_where_there_is_no_room_at_the_right: stands([660.0, 1100.0, 600.0, 400.0], WIDE, at(308.0, 1100.0));
    the_panel_stays_above_the_windows_lower_edge: stands([660.0, 1700.0, 600.0, 400.0], WIDE, at(308.0, 1368.0));
    the_panel_stays_below_the_windows_upper_edge: stands([20.0, 400.0, 600.0, 800.0], WIDE, at(632.0, 1012.0));
    the_panel_stands_below_a_wide_picture: stands([200.0, 1000.0, 880.0, 300.0], WIDE, at(200.0, 1312.0));
    the_panel_stands_above_a_wide_picture_at_the_bottom: stands([200.0, 1480.0, 880.0, 320.0], WIDE, at(200.0, 1048.0));
    the_panel_below_a_picture_stays_within_the_windows_sides: stands([0.0, 1000.0, 1280.0, 300.0], WIDE, at(12.0, 1312.0));
    the_panel_is_docked_where_the_picture_fills_the_window: stands([0.0, 900.0, 1280.0, 2000.0], WIDE, None);
    the_panel_is_docked_on_a_phone: stands([0.0, 0.0, 360.0, 240.0], [0.0, 0.0, 360.0, 740.0], None);
    the_panel_is_docked_in_a_narrow_window_even_where_it_would_fit: stands([0.0, 0.0, 100.0, 100.0], [0.0, 0.0, 639.0, 900.0], None);
    the_panel_stands_beside_a_picture_in_a_window_just_wide_enough: stands([0.0, 0.0, 276.0, 100.0], [0.0, 0.0, 640.0, 900.0], at(288.0, 12.0));
    the_panel_is_docked_where_the_window_is_too_low: stands([200.0, 0.0, 880.0, 100.0], [0.0, 0.0, 1280.0, 300.0], None);
    a_docked_panel_is_at_the_right_as_long_as_both_sides_are_alike: docks([320.0, 1200.0, 640.0, 400.0], Side::Right);
    a_docked_panel_is_at_the_right_of_what_is_selected_at_the_left: docks([0.0, 1200.0, 640.0, 400.0], Side::Right);
    a_docked_panel_is_at_the_left_of_what_is_selected_at_the_right: docks([640.0, 1200.0, 640.0, 400.0], Side::Left);
    a_docked_panel_is_where_less_is_covered: docks([200.0, 1200.0, 1080.0, 400.0], Side::Left);
}

proptest! {
    #[test]
    fn a_placed_panel_is_on_the_window_and_off_the_visible_picture(left in 0.0..1200.0, top in 0.0..700.0, w in 10.0..1200.0, h in 10.0..900.0, pw in 200.0..400.0, ph in 200.0..600.0) {
        let window = Rect { left: 0.0, top: 0.0, width: 1280.0, height: 800.0 };
        let picture = Rect { left, top, width: w, height: h };
        if let Some(Point { x, y }) = place_panel(picture, window, (pw, ph)) {
            let panel = Rect { left: x, top: y, width: pw, height: ph };
            prop_assert!(panel.left >= 0.0 && panel.right() <= 1280.0 && panel.top >= 0.0 && panel.bottom() <= 800.0);
            let overlap = panel.intersection(picture.intersection(window));
            prop_assert!(overlap.width <= 0.0 || overlap.height <= 0.0);
        }
    }
}
