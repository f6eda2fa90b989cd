use proptest::prelude::*;

use super::*;

fn columns(rotate: &str, scale: &str, transform: &str) -> Option<[(f64, f64); 2]> {
    let rounded = |value: f64| (value * 1e6).round() / 1e6;
    let columns = Linear::of_style(rotate, scale, transform)?.columns();
    Some(columns.map(|(x, y)| (rounded(x), rounded(y))))
}

fn read(rotate: &str, scale: &str, transform: &str, x: (f64, f64), y: (f64, f64)) {
    assert_eq!(columns(rotate, scale, transform), Some([x, y]));
}

fn not_guessed(rotate: &str, scale: &str, transform: &str) {
    assert_eq!(columns(rotate, scale, transform), None);
}

sentences! {
    no_transform_changes_nothing: read("none", "none", "none", (1.0, 0.0), (0.0, 1.0));
    a_browser_that_tells_no_transform_changes_nothing: read("", "", "", (1.0, 0.0), (0.0, 1.0));
    a_matrix_is_read_by_columns_and_without_its_place: read("none", "none", "matrix(2, 0, 0.5, 3, 40, 50)", (2.0, 0.0), (0.5, 3.0));
    a_mirroring_matrix_is_read: read("none", "none", "matrix(-1, 0, 0, 1, 0, 0)", (-1.0, 0.0), (0.0, 1.0));
    an_angle_turns_in_the_plane: read("90deg", "none", "none", (0.0, 1.0), (-1.0, 0.0));
    a_negative_angle_turns_the_other_way: read("-90deg", "none", "none", (0.0, -1.0), (1.0, 0.0));
    an_angle_about_z_is_the_same: read("z 90deg", "2", "none", (0.0, 2.0), (-2.0, 0.0));
    an_angle_about_x_makes_lower: read("x 60deg", "none", "none", (1.0, 0.0), (0.0, 0.5));
    an_angle_about_y_makes_narrower: read("y 60deg", "none", "none", (0.5, 0.0), (0.0, 1.0));
    half_a_turn_about_y_mirrors: read("y 180deg", "none", "none", (-1.0, 0.0), (0.0, 1.0));
    an_axis_of_any_length_is_one: read("0 0 2 90deg", "2 3", "none", (0.0, 2.0), (-3.0, 0.0));
    no_axis_turns_nothing: read("0 0 0 90deg", "2 3 4", "none", (2.0, 0.0), (0.0, 3.0));
    one_factor_is_for_both_axes: read("none", "0.5", "none", (0.5, 0.0), (0.0, 0.5));
    two_factors_are_for_x_and_y: read("none", "2 3", "none", (2.0, 0.0), (0.0, 3.0));
    depth_does_not_show_in_the_plane: read("none", "2 3 4", "none", (2.0, 0.0), (0.0, 3.0));
    a_matrix_of_space_without_perspective_is_read:
        read("none", "none", "matrix3d(1, 0, 0, 0, 0, 0.5, 0.866025, 0, 0, -0.866025, 0.5, 0, 7, 8, 9, 1)", (1.0, 0.0), (0.0, 0.5));
    a_matrix_with_too_few_numbers_is_not_guessed: not_guessed("none", "none", "matrix(1, 0, 0, 1)");
    perspective_is_not_guessed:
        not_guessed("none", "none", "matrix3d(1, 0, 0, 0.01, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1)");
    a_function_that_is_no_computed_value_is_not_guessed: not_guessed("none", "none", "rotate(3deg)");
    four_factors_are_not_guessed: not_guessed("none", "1 2 3 4", "none");
    an_angle_in_turns_is_not_guessed: not_guessed("1turn", "none", "none");
    a_factor_in_words_is_not_guessed: not_guessed("none", "big", "none");
    an_axis_with_two_numbers_is_not_guessed: not_guessed("1 0 90deg", "none", "none");
}

#[test]
fn rotate_comes_before_scale_and_scale_before_transform() {
    let read = Linear::of_style("90deg", "2 1", "matrix(1, 0, 1, 1, 0, 0)").expect("readable");
    let steps = Linear::of_rotate("90deg").expect("readable").around(
        Linear::of_scale("2 1")
            .expect("readable")
            .around(Linear::of_transform("matrix(1, 0, 1, 1, 0, 0)").expect("readable")),
    );
    assert_eq!(read, steps);
    assert_ne!(read, Linear::of_style("none", "none", "matrix(1, 0, 1, 1, 0, 0)").expect("readable"));
}

#[test]
fn two_turns_out_of_the_plane_meet_in_space_but_not_when_flattened() {
    let turn = Linear::of_rotate("x 60deg").expect("readable");
    let [_, (_, kept)] = turn.around(turn).columns();
    let [_, (_, flattened)] = turn.around(turn.flattened()).columns();
    assert!((kept - (-0.5)).abs() < 1e-9, "{kept}");
    assert!((flattened - 0.25).abs() < 1e-9, "{flattened}");
}

fn step(x: (f64, f64), y: (f64, f64), seen: (f64, f64), expected: (f64, f64)) {
    assert_eq!(Affine { x, y, origin: Point { x: 3.0, y: 4.0 } }.step_like(seen), expected);
}

sentences! {
    to_the_right_is_up_on_a_picture_turned_to_the_right: step((0.0, 1.0), (-1.0, 0.0), (1.0, 0.0), (0.0, -1.0));
    down_is_to_the_right_on_a_picture_turned_to_the_right: step((0.0, 1.0), (-1.0, 0.0), (0.0, 1.0), (1.0, 0.0));
    to_the_right_is_down_on_a_picture_turned_to_the_left: step((0.0, -1.0), (1.0, 0.0), (1.0, 0.0), (0.0, 1.0));
    to_the_right_is_to_the_left_on_a_mirrored_picture: step((-1.0, 0.0), (0.0, 1.0), (1.0, 0.0), (-1.0, 0.0));
    up_is_up_on_a_mirrored_picture: step((-1.0, 0.0), (0.0, 1.0), (0.0, -1.0), (0.0, -1.0));
    up_is_down_on_a_picture_on_its_head: step((-1.0, 0.0), (0.0, -1.0), (0.0, -1.0), (0.0, 1.0));
    to_the_right_stays_so_on_a_slanted_picture: step((0.9, 0.3), (-0.3, 0.9), (1.0, 0.0), (1.0, 0.0));
    down_stays_so_on_a_slanted_picture: step((0.9, 0.3), (-0.3, 0.9), (0.0, 1.0), (0.0, 1.0));
}

fn upright(x: (f64, f64), y: (f64, f64), expected: bool) {
    assert_eq!(Affine { x, y, origin: Point { x: 7.0, y: 8.0 } }.is_upright(), expected);
}

sentences! {
    what_is_only_moved_is_upright: upright((1.0, 0.0), (0.0, 1.0), true);
    the_dust_of_a_full_turn_is_upright: upright((1.0, -2.4e-16), (2.4e-16, 1.0), true);
    what_is_turned_a_little_is_not_upright: upright((0.999, 0.035), (-0.035, 0.999), false);
    what_is_skewed_is_not_upright: upright((1.0, 0.0), (0.2, 0.98), false);
    what_is_mirrored_is_not_upright: upright((-1.0, 0.0), (0.0, 1.0), false);
}

#[test]
fn the_rectangle_around_what_is_turned_by_a_quarter_has_its_sides_exchanged() {
    let turned = Affine { x: (0.0, 1.0), y: (-1.0, 0.0), origin: Point { x: 100.0, y: 10.0 } };
    let around = turned.bounds_of(Rect { left: 0.0, top: 0.0, width: 30.0, height: 20.0 });
    assert_eq!(around, Rect { left: 80.0, top: 10.0, width: 20.0, height: 30.0 });
}

proptest! {
    #[test]
    fn undo_brings_every_point_back(a in -3.0..3.0, b in -3.0..3.0, c in -3.0..3.0, d in -3.0..3.0, x in -1e4..1e4, y in -1e4..1e4) {
        let affine = Affine { x: (a, b), y: (c, d), origin: Point { x: 17.0, y: -4.0 } };
        prop_assume!(affine.determinant().abs() > 0.01);
        let back = affine.undo(affine.apply(Point { x, y }));
        prop_assert!((back.x - x).abs() < 1e-5 && (back.y - y).abs() < 1e-5, "{back:?}");
    }

    #[test]
    fn every_axis_turns_by_its_angle(x in -1.0..1.0, y in -1.0..1.0, z in -1.0..1.0, degrees in -360.0..360.0) {
        prop_assume!(x * x + y * y + z * z > 0.01);
        let turn = Linear::of_rotate(&format!("{x} {y} {z} {degrees}deg")).expect("readable");
        // The axis stays, lengths stay.
        let axis = turn.apply([x, y, z]);
        prop_assert!((axis[0] - x).abs() < 1e-6 && (axis[1] - y).abs() < 1e-6 && (axis[2] - z).abs() < 1e-6);
        let [p, q, r] = turn.apply([1.0, 2.0, 3.0]);
        prop_assert!((p * p + q * q + r * r - 14.0).abs() < 1e-6);
    }
}
