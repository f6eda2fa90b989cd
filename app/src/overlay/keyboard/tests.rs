use cutline_model::{PixelRegion, Region};

use super::super::geometry::Point;
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

/// From 200, 100, 400 x 200 on 1000 x 500 pixels.
fn moves(key: &str, shift: bool, ctrl: bool, expected: (u32, u32, u32, u32)) {
    let nudge = Nudge::of_key(key, shift, ctrl).expect(key);
    assert_eq!(pixels(nudge.moved(start(), size())), expected);
}

sentences! {
    the_left_arrow_moves_by_a_pixel_of_the_original: moves("ArrowLeft", false, false, (199, 100, 400, 200));
    the_right_arrow_moves_by_a_pixel_of_the_original: moves("ArrowRight", false, false, (201, 100, 400, 200));
    the_up_arrow_moves_by_a_pixel_of_the_original: moves("ArrowUp", false, false, (200, 99, 400, 200));
    the_down_arrow_moves_by_a_pixel_of_the_original: moves("ArrowDown", false, false, (200, 101, 400, 200));
    shift_moves_by_ten_to_the_left: moves("ArrowLeft", true, false, (190, 100, 400, 200));
    shift_moves_by_ten_to_the_right: moves("ArrowRight", true, false, (210, 100, 400, 200));
    shift_moves_by_ten_upwards: moves("ArrowUp", true, false, (200, 90, 400, 200));
    shift_moves_by_ten_downwards: moves("ArrowDown", true, false, (200, 110, 400, 200));
    control_moves_to_the_left_edge: moves("ArrowLeft", false, true, (0, 100, 400, 200));
    control_moves_to_the_right_edge: moves("ArrowRight", false, true, (600, 100, 400, 200));
    control_moves_to_the_upper_edge: moves("ArrowUp", false, true, (200, 0, 400, 200));
    control_moves_to_the_lower_edge: moves("ArrowDown", false, true, (200, 300, 400, 200));
    control_counts_before_shift: moves("ArrowDown", true, true, (200, 300, 400, 200));
    home_moves_to_the_left_edge: moves("Home", false, false, (0, 100, 400, 200));
    end_moves_to_the_right_edge: moves("End", false, false, (600, 100, 400, 200));
    page_up_moves_to_the_upper_edge: moves("PageUp", false, false, (200, 0, 400, 200));
    page_down_moves_to_the_lower_edge: moves("PageDown", false, false, (200, 300, 400, 200));
}

#[test]
fn a_selection_at_the_edge_stays_there() {
    let at_the_edge = Nudge::of_key("Home", false, false).expect("Home").moved(start(), size());
    let further = Nudge::of_key("ArrowLeft", true, false).expect("an arrow").moved(at_the_edge, size());
    assert_eq!(further, at_the_edge);
}

fn resizes(handle: Handle, key: &str, shift: bool, expected: (u32, u32, u32, u32)) {
    let nudge = Nudge::of_key(key, shift, false).expect(key);
    let (resized, moved) = nudge.resized(start(), handle, size(), None);
    assert_eq!((pixels(resized), moved), (expected, handle));
}

sentences! {
    the_east_edge_grows_to_the_right: resizes(Handle::East, "ArrowRight", false, (200, 100, 401, 200));
    the_east_edge_shrinks_to_the_left: resizes(Handle::East, "ArrowLeft", false, (200, 100, 399, 200));
    the_east_edge_does_not_go_up: resizes(Handle::East, "ArrowUp", false, (200, 100, 400, 200));
    the_west_edge_grows_to_the_left: resizes(Handle::West, "ArrowLeft", false, (199, 100, 401, 200));
    the_west_edge_shrinks_to_the_right_by_ten: resizes(Handle::West, "ArrowRight", true, (210, 100, 390, 200));
    the_west_edge_does_not_go_down: resizes(Handle::West, "ArrowDown", true, (200, 100, 400, 200));
    the_north_edge_grows_upwards: resizes(Handle::North, "ArrowUp", false, (200, 99, 400, 201));
    the_north_edge_does_not_go_to_the_right: resizes(Handle::North, "ArrowRight", false, (200, 100, 400, 200));
    the_south_edge_grows_downwards_by_ten: resizes(Handle::South, "ArrowDown", true, (200, 100, 400, 210));
    the_south_edge_shrinks_upwards: resizes(Handle::South, "ArrowUp", false, (200, 100, 400, 199));
    the_north_west_corner_grows_to_the_left: resizes(Handle::NorthWest, "ArrowLeft", false, (199, 100, 401, 200));
    the_north_west_corner_grows_upwards: resizes(Handle::NorthWest, "ArrowUp", false, (200, 99, 400, 201));
    the_north_east_corner_grows_to_the_right: resizes(Handle::NorthEast, "ArrowRight", false, (200, 100, 401, 200));
    the_north_east_corner_shrinks_downwards: resizes(Handle::NorthEast, "ArrowDown", false, (200, 101, 400, 199));
    the_south_west_corner_shrinks_to_the_right: resizes(Handle::SouthWest, "ArrowRight", false, (201, 100, 399, 200));
    the_south_east_corner_grows_downwards: resizes(Handle::SouthEast, "ArrowDown", false, (200, 100, 400, 201));
    end_takes_the_east_edge_to_the_edge_of_the_picture: resizes(Handle::East, "End", false, (200, 100, 800, 200));
    home_takes_the_west_edge_to_the_edge_of_the_picture: resizes(Handle::West, "Home", false, (0, 100, 600, 200));
    page_up_takes_the_north_edge_to_the_edge_of_the_picture: resizes(Handle::North, "PageUp", false, (200, 0, 400, 300));
    page_down_takes_the_south_east_corner_down: resizes(Handle::SouthEast, "PageDown", false, (200, 100, 400, 400));
    home_takes_the_east_edge_as_far_as_it_goes_without_a_flip: resizes(Handle::East, "Home", false, (200, 100, 8, 200));
    end_takes_the_west_edge_as_far_as_it_goes_without_a_flip: resizes(Handle::West, "End", false, (592, 100, 8, 200));
    page_down_takes_the_north_edge_as_far_as_it_goes_without_a_flip: resizes(Handle::North, "PageDown", false, (200, 292, 400, 8));
}

/// What is seen to go to the right by ten, on a picture that lies so.
fn seen(x: (f64, f64), y: (f64, f64), key: &str, expected: (u32, u32, u32, u32)) {
    let placed = Affine { x, y, origin: Point { x: 0.0, y: 0.0 } };
    let nudge = Nudge::of_key(key, true, false).expect(key).seen(placed);
    assert_eq!(pixels(nudge.moved(start(), size())), expected);
}

sentences! {
    the_right_arrow_goes_to_the_right_on_a_picture_turned_to_the_right: seen((0.0, 1.0), (-1.0, 0.0), "ArrowRight", (200, 90, 400, 200));
    the_down_arrow_goes_down_on_a_picture_turned_to_the_right: seen((0.0, 1.0), (-1.0, 0.0), "ArrowDown", (210, 100, 400, 200));
    the_right_arrow_goes_to_the_right_on_a_picture_on_its_head: seen((-1.0, 0.0), (0.0, -1.0), "ArrowRight", (190, 100, 400, 200));
    the_right_arrow_goes_to_the_right_on_a_mirrored_picture: seen((-1.0, 0.0), (0.0, 1.0), "ArrowRight", (190, 100, 400, 200));
    the_up_arrow_goes_up_on_a_mirrored_picture: seen((-1.0, 0.0), (0.0, 1.0), "ArrowUp", (200, 90, 400, 200));
    end_goes_to_the_right_edge_on_a_picture_turned_to_the_right: seen((0.0, 1.0), (-1.0, 0.0), "End", (200, 0, 400, 200));
}

fn not_ours(key: &str) {
    assert_eq!(Nudge::of_key(key, false, false), None);
}

sentences! {
    letters_are_not_ours: not_ours("a");
    tab_is_not_ours: not_ours("Tab");
    enter_is_no_step: not_ours("Enter");
    escape_is_no_step: not_ours("Escape");
    space_is_no_step: not_ours(" ");
    function_keys_are_not_ours: not_ours("F5");
    what_an_input_method_composes_is_not_ours: not_ours("Process");
}

#[test]
fn a_step_in_a_held_shape_keeps_it() {
    let nudge = Nudge::of_key("ArrowRight", true, false).expect("an arrow");
    let (resized, _) = nudge.resized(start(), Handle::SouthEast, size(), Some(start().ratio()));
    assert_eq!(pixels(resized), (200, 100, 410, 205));
}

/// From 200, 100, 400 x 200 on 1000 x 500 pixels.
fn slides(handle: Handle, key: &str, expected: (u32, u32, u32, u32)) {
    let axis = handle.slides().expect("an edge");
    let nudge = Nudge::of_slider_key(key, false, false, axis).expect(key);
    assert_eq!(pixels(nudge.resized(start(), handle, size(), None).0), expected);
}

sentences! {
    home_takes_the_right_edge_to_its_least: slides(Handle::East, "Home", (200, 100, 8, 200));
    end_takes_the_right_edge_to_its_most: slides(Handle::East, "End", (200, 100, 800, 200));
    page_up_takes_the_right_edge_further: slides(Handle::East, "PageUp", (200, 100, 410, 200));
    page_down_takes_the_right_edge_back: slides(Handle::East, "PageDown", (200, 100, 390, 200));
    end_takes_the_upper_edge_to_the_top: slides(Handle::North, "End", (200, 0, 400, 300));
    home_takes_the_upper_edge_down_to_its_least: slides(Handle::North, "Home", (200, 292, 400, 8));
    page_up_takes_the_upper_edge_up_by_ten: slides(Handle::North, "PageUp", (200, 90, 400, 210));
    page_down_takes_the_lower_edge_down_by_ten: slides(Handle::South, "PageDown", (200, 100, 400, 210));
    arrows_on_an_edge_are_as_ever: slides(Handle::South, "ArrowUp", (200, 100, 400, 199));
}
