use cutline_model::Region;
use proptest::prelude::*;

use super::super::tests::{assert_region, handles, selection, size};
use super::*;
use crate::overlay::geometry::Point;

fn shape(aspect: Aspect, expected: Option<f64>) {
    assert_eq!(aspect.ratio(size(2000, 1000)), expected);
}

sentences! {
    any_shape_will_do_by_default: shape(Aspect::default(), None);
    a_square_is_one_of_pixels: shape(Aspect::Square, Some(0.5));
    four_to_three_is_of_pixels: shape(Aspect::FourToThree, Some(2.0 / 3.0));
    sixteen_to_nine_is_of_pixels: shape(Aspect::SixteenToNine, Some(8.0 / 9.0));
    the_pictures_own_shape_is_equal_fractions: shape(Aspect::Original, Some(1.0));
}

fn shaped(from: [f64; 4], ratio: f64, expected: [f64; 4]) {
    let [x, y, w, h] = from;
    assert_region(selection(x, y, w, h).shaped(ratio), expected);
}

sentences! {
    choosing_a_shape_keeps_the_middle_and_the_area: shaped([0.3, 0.4, 0.4, 0.1], 1.0, [0.4, 0.35, 0.2, 0.2]);
    choosing_a_shape_for_all_of_the_picture_takes_as_much_as_fits: shaped([0.0, 0.0, 1.0, 1.0], 2.0, [0.0, 0.25, 1.0, 0.5]);
    choosing_a_tall_shape_for_all_of_the_picture_takes_as_much_as_fits: shaped([0.0, 0.0, 1.0, 1.0], 0.5, [0.25, 0.0, 0.5, 1.0]);
    choosing_a_shape_in_a_corner_moves_the_selection_in: shaped([0.0, 0.0, 0.1, 0.4], 1.0, [0.0, 0.1, 0.2, 0.2]);
    choosing_the_shape_that_is_there_changes_nothing: shaped([0.2, 0.3, 0.4, 0.2], 2.0, [0.2, 0.3, 0.4, 0.2]);
}

/// From 0.2, 0.2, 0.4 x 0.2 in the shape 2.
fn dragged(handle: Handle, (dx, dy): (f64, f64), expected: [f64; 4]) {
    let (resized, moved) = selection(0.2, 0.2, 0.4, 0.2).resize_by(handle, dx, dy, Some(2.0));
    assert_region(resized, expected);
    assert_eq!(moved, handle);
}

sentences! {
    a_held_corner_follows_the_pointer_across: dragged(Handle::SouthEast, (0.2, 0.0), [0.2, 0.2, 0.6, 0.3]);
    a_held_corner_follows_the_pointer_down: dragged(Handle::SouthEast, (0.0, 0.2), [0.2, 0.2, 0.8, 0.4]);
    a_held_corner_gets_smaller_along_the_diagonal: dragged(Handle::NorthWest, (0.2, 0.1), [0.4, 0.3, 0.2, 0.1]);
    a_held_corner_stops_where_one_axis_ends: dragged(Handle::SouthEast, (0.0, 5.0), [0.2, 0.2, 0.8, 0.4]);
    a_held_north_east_corner_keeps_the_south_west_one: dragged(Handle::NorthEast, (0.2, 0.0), [0.2, 0.1, 0.6, 0.3]);
    a_held_south_west_corner_keeps_the_north_east_one: dragged(Handle::SouthWest, (-0.2, 0.0), [0.0, 0.2, 0.6, 0.3]);
    a_held_edge_grows_the_other_axis_about_its_middle: dragged(Handle::East, (0.2, 9.0), [0.2, 0.15, 0.6, 0.3]);
    a_held_edge_grows_the_other_axis_where_there_is_room: dragged(Handle::East, (0.4, 0.0), [0.2, 0.1, 0.8, 0.4]);
    a_held_lower_edge_grows_the_width_about_its_middle: dragged(Handle::South, (0.0, 0.1), [0.1, 0.2, 0.6, 0.3]);
    a_held_upper_edge_keeps_the_lower_one: dragged(Handle::North, (0.0, -0.1), [0.1, 0.1, 0.6, 0.3]);
}

#[test]
fn a_corner_that_crosses_the_opposite_one_flips() {
    let start = selection(0.4, 0.4, 0.2, 0.2);
    let (flipped, handle) = start.resize_by(Handle::SouthEast, -0.5, -0.3, Some(1.0));
    assert_region(flipped, [0.1, 0.1, 0.3, 0.3]);
    assert_eq!(handle, Handle::NorthWest);
}

proptest! {
    /// Whatever is done in whatever order, a held shape is kept, in the bounds and not below the least size.
    #[test]
    fn a_held_shape_is_kept(
        left in 0.0..0.4f64, right in 0.6..1.0f64, width in 40u32..6000, height in 40u32..6000, aspect in 1usize..5,
        steps in prop::collection::vec((handles(), 0u8..3, -1.5..1.5f64, -1.5..1.5f64), 1..20),
    ) {
        let size = size(width, height);
        let bounds = Bounds::new(Point { x: left, y: left }, Point { x: right, y: right }, size);
        let ratio = Aspect::ALL[aspect].ratio(size).expect("held");
        let mut selection = Selection::middle(bounds).shaped(ratio);
        for (handle, what, dx, dy) in steps {
            selection = match what {
                0 => selection.moved_by(dx, dy),
                1 => selection.resize_by(handle, dx, dy, Some(ratio)).0,
                _ => Selection::between(Point { x: dx, y: dy }, Point { x: dy, y: dx }, bounds, Some(ratio)),
            };
            let Region { .. } = selection.region();
            prop_assert!((selection.ratio() / ratio - 1.0).abs() < 1e-6, "{selection:?} is not {ratio}");
            let dust = 1e-9;
            for (span, within) in [(selection.x, bounds.x), (selection.y, bounds.y)] {
                prop_assert!(span.first >= within.first - dust && span.last <= within.last + dust, "{span:?} in {within:?}");
            }
            prop_assert!(selection.x.extent() >= selection.least_width(ratio) - dust);
        }
    }
}
