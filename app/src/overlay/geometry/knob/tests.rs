use proptest::prelude::*;

use super::*;

const SIDES: [(f64, f64); 8] =
    [(-1.0, -1.0), (0.0, -1.0), (1.0, -1.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0), (-1.0, 1.0), (-1.0, 0.0)];

fn square(knob: Knob) -> Rect {
    Rect { left: knob.middle.x - REACH, top: knob.middle.y - REACH, width: 2.0 * REACH, height: 2.0 * REACH }
}

const LARGE: Rect = Rect { left: 100.0, top: 50.0, width: 200.0, height: 100.0 };

fn stands_on(side: (f64, f64), x: f64, y: f64) {
    let knob = Knob::of(side, LARGE, None);
    assert_eq!((knob.middle, knob.dot, knob.has_room), (Point { x, y }, Point { x, y }, true));
}

sentences! {
    the_north_west_handle_stands_on_its_corner: stands_on((-1.0, -1.0), 100.0, 50.0);
    the_north_handle_stands_on_its_edge: stands_on((0.0, -1.0), 200.0, 50.0);
    the_north_east_handle_stands_on_its_corner: stands_on((1.0, -1.0), 300.0, 50.0);
    the_east_handle_stands_on_its_edge: stands_on((1.0, 0.0), 300.0, 100.0);
    the_south_east_handle_stands_on_its_corner: stands_on((1.0, 1.0), 300.0, 150.0);
    the_south_handle_stands_on_its_edge: stands_on((0.0, 1.0), 200.0, 150.0);
    the_south_west_handle_stands_on_its_corner: stands_on((-1.0, 1.0), 100.0, 150.0);
    the_west_handle_stands_on_its_edge: stands_on((-1.0, 0.0), 100.0, 100.0);
}

fn room(side: (f64, f64), width: f64, height: f64, expected: bool) {
    assert_eq!(Knob::of(side, Rect { width, height, ..LARGE }, None).has_room, expected);
}

sentences! {
    a_corner_has_room_on_the_smallest_selection: room((1.0, 1.0), 1.0, 1.0, true);
    an_upper_edge_has_room_between_corners_that_are_far_enough_apart: room((0.0, -1.0), 88.0, 1.0, true);
    an_upper_edge_has_no_room_between_corners_that_are_close: room((0.0, -1.0), 87.0, 200.0, false);
    a_left_edge_has_no_room_on_a_low_selection: room((-1.0, 0.0), 200.0, 87.0, false);
    a_left_edge_has_room_on_a_high_selection: room((-1.0, 0.0), 10.0, 88.0, true);
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

/// On a window of 1280 by 720 that the picture fills, with a panel at its lower right corner.
fn goes(x: f64, y: f64, expected: Option<(f64, f64)>) {
    let shown = Rect { left: 0.0, top: 0.0, width: 1280.0, height: 720.0 };
    let panel = Rect { left: 932.0, top: 270.0, width: 336.0, height: 450.0 };
    let expected = expected.map(|(x, y)| Point { x, y });
    assert_eq!(clear_of(panel, shown, Point { x, y }), expected);
}

sentences! {
    a_handle_beside_a_panel_stays_where_it_is: goes(640.0, 698.0, None);
    a_handle_above_a_panel_stays_where_it_is: goes(1258.0, 22.0, None);
    a_handle_on_a_lower_corner_comes_out_beside_the_panel: goes(1258.0, 698.0, Some((910.0, 698.0)));
    a_handle_on_a_side_comes_out_above_the_panel: goes(1258.0, 360.0, Some((1258.0, 248.0)));
    a_handle_that_the_panel_only_touches_makes_way_too: goes(920.0, 500.0, Some((910.0, 500.0)));
    a_handle_that_is_scrolled_out_stays_out: goes(1258.0, 800.0, None);
}

#[test]
fn behind_a_panel_as_wide_as_the_window_handles_go_up_as_long_as_the_picture_is_there() {
    let panel = Rect { left: 0.0, top: 256.0, width: 360.0, height: 384.0 };
    let picture = |top: f64| Rect { left: 0.0, top, width: 360.0, height: 640.0 - top };
    let middle = Point { x: 180.0, y: 500.0 };
    assert_eq!(clear_of(panel, picture(100.0), middle), Some(Point { x: 180.0, y: 234.0 }));
    assert_eq!(clear_of(panel, picture(300.0), middle), None);
}
