use proptest::prelude::*;

use super::super::tests::{assert_region, handles, selection, size};
use super::*;

/// From 0.2, 0.2, 0.4 x 0.4, with a slack of a hundredth.
fn pulled(grip: Grip, from: (f64, f64), to: (f64, f64), expected: [f64; 4]) {
    let start = selection(0.2, 0.2, 0.4, 0.4);
    let point = |(x, y): (f64, f64)| Point { x, y };
    let drag = Drag::new(grip, point(from), (0.01, 0.01), start);
    assert_region(drag.to(point(to), None), expected);
    assert_eq!((drag.start(), drag.grip()), (start, grip));
}

sentences! {
    a_handle_that_is_grabbed_at_its_rim_does_not_jump: pulled(Grip::Handle(Handle::East), (0.61, 0.4), (0.61, 0.4), [0.2, 0.2, 0.4, 0.4]);
    a_handle_keeps_its_distance_to_the_pointer: pulled(Grip::Handle(Handle::East), (0.61, 0.4), (0.71, 0.9), [0.2, 0.2, 0.5, 0.4]);
    the_box_keeps_its_distance_to_the_pointer: pulled(Grip::Box, (0.3, 0.5), (0.4, 0.4), [0.3, 0.1, 0.4, 0.4]);
    the_box_follows_the_least_move: pulled(Grip::Box, (0.3, 0.5), (0.301, 0.5), [0.201, 0.2, 0.4, 0.4]);
    a_press_beside_the_box_that_hardly_moves_draws_nothing: pulled(Grip::New, (0.8, 0.8), (0.805, 0.795), [0.2, 0.2, 0.4, 0.4]);
    a_press_that_moves_far_enough_across_draws: pulled(Grip::New, (0.8, 0.8), (0.9, 0.7), [0.8, 0.7, 0.1, 0.1]);
    a_press_that_moves_far_enough_down_alone_draws: pulled(Grip::New, (0.8, 0.8), (0.8, 0.9), [0.8, 0.8, 0.008, 0.1]);
    a_pointer_far_out_of_the_picture_stops_at_its_corner: pulled(Grip::Handle(Handle::SouthEast), (0.6, 0.6), (40.0, 40.0), [0.2, 0.2, 0.8, 0.8]);
}

#[test]
fn shift_keeps_the_shape_of_what_is_resized_and_draws_squares() {
    let wide = size(2000, 1000);
    let start = selection(0.2, 0.2, 0.4, 0.2);
    let resize = Drag::new(Grip::Handle(Handle::East), Point { x: 0.6, y: 0.3 }, (0.01, 0.01), start);
    assert_region(resize.to(Point { x: 0.8, y: 0.3 }, resize.shape(wide)), [0.2, 0.15, 0.6, 0.3]);
    let draw = Drag::new(Grip::New, Point { x: 0.1, y: 0.1 }, (0.01, 0.01), start);
    assert_region(draw.to(Point { x: 0.3, y: 0.2 }, draw.shape(wide)), [0.1, 0.1, 0.2, 0.4]);
    assert_eq!(Drag::new(Grip::Box, Point { x: 0.3, y: 0.3 }, (0.01, 0.01), start).shape(wide), None);
}

proptest! {
    /// A drag there and back is no change, also across the opposite edges: it refers to where it began.
    #[test]
    fn a_drag_back_to_its_start_changes_nothing(handle in handles(), dx in -1.0..1.0f64, dy in -1.0..1.0f64) {
        let start = selection(0.3, 0.3, 0.2, 0.3);
        let drag = Drag::new(Grip::Handle(handle), Point { x: 0.5, y: 0.5 }, (0.01, 0.01), start);
        let _ = drag.to(Point { x: 0.5 + dx, y: 0.5 + dy }, None);
        let back = drag.to(Point { x: 0.5, y: 0.5 }, None).region();
        prop_assert!((back.x() - 0.3).abs() < 1e-9 && (back.w() - 0.2).abs() < 1e-9 && (back.h() - 0.3).abs() < 1e-9);
    }
}
