use proptest::prelude::*;

use super::*;

const CONTENT: Rect = Rect { left: 100.0, top: 50.0, width: 300.0, height: 200.0 };
const MIDDLE: (Offset, Offset) = (Offset::MIDDLE, Offset::MIDDLE);

fn placed(fit: ObjectFit, natural: (f64, f64), position: &str, expected: [f64; 4]) {
    let painted = fit.place(natural, Offset::parse_pair(position), CONTENT);
    let is = [painted.left, painted.top, painted.width, painted.height];
    assert!(
        is.iter().zip(expected).all(|(is, expected)| (is - expected).abs() < 1e-9),
        "{is:?} is not {expected:?}"
    );
}

sentences! {
    fill_stretches_a_wide_picture: placed(ObjectFit::Fill, (600.0, 100.0), "50% 50%", [100.0, 50.0, 300.0, 200.0]);
    fill_stretches_a_small_picture: placed(ObjectFit::Fill, (3.0, 20.0), "50% 50%", [100.0, 50.0, 300.0, 200.0]);
    fill_leaves_no_room_for_a_position_in_percent: placed(ObjectFit::Fill, (600.0, 100.0), "0% 100%", [100.0, 50.0, 300.0, 200.0]);
    contain_leaves_room_above_and_below_a_wide_picture: placed(ObjectFit::Contain, (600.0, 200.0), "50% 50%", [100.0, 100.0, 300.0, 100.0]);
    contain_leaves_room_beside_a_tall_picture: placed(ObjectFit::Contain, (100.0, 400.0), "50% 50%", [225.0, 50.0, 50.0, 200.0]);
    contain_enlarges_a_small_picture: placed(ObjectFit::Contain, (30.0, 20.0), "50% 50%", [100.0, 50.0, 300.0, 200.0]);
    contain_puts_a_wide_picture_at_the_top: placed(ObjectFit::Contain, (600.0, 200.0), "50% 0%", [100.0, 50.0, 300.0, 100.0]);
    contain_puts_a_wide_picture_at_the_bottom: placed(ObjectFit::Contain, (600.0, 200.0), "50% 100%", [100.0, 150.0, 300.0, 100.0]);
    contain_puts_a_tall_picture_at_the_right: placed(ObjectFit::Contain, (100.0, 400.0), "100% 50%", [350.0, 50.0, 50.0, 200.0]);
    contain_keeps_a_tall_picture_off_the_left_by_pixels: placed(ObjectFit::Contain, (100.0, 400.0), "12px 50%", [112.0, 50.0, 50.0, 200.0]);
    contain_keeps_a_tall_picture_off_the_right_by_pixels: placed(ObjectFit::Contain, (100.0, 400.0), "calc(100% - 12px) 50%", [338.0, 50.0, 50.0, 200.0]);
    contain_follows_a_position_beyond_the_box: placed(ObjectFit::Contain, (100.0, 400.0), "150% 50%", [475.0, 50.0, 50.0, 200.0]);
    contain_follows_a_position_before_the_box: placed(ObjectFit::Contain, (100.0, 400.0), "-50% 50%", [-25.0, 50.0, 50.0, 200.0]);
    cover_reaches_out_at_the_sides_of_a_wide_picture: placed(ObjectFit::Cover, (600.0, 200.0), "50% 50%", [-50.0, 50.0, 600.0, 200.0]);
    cover_reaches_out_above_and_below_a_tall_picture: placed(ObjectFit::Cover, (150.0, 400.0), "50% 50%", [100.0, -250.0, 300.0, 800.0]);
    cover_enlarges_a_small_picture: placed(ObjectFit::Cover, (10.0, 100.0), "50% 50%", [100.0, -1350.0, 300.0, 3000.0]);
    cover_shows_the_left_of_a_wide_picture: placed(ObjectFit::Cover, (600.0, 200.0), "0% 50%", [100.0, 50.0, 600.0, 200.0]);
    cover_shows_the_right_of_a_wide_picture: placed(ObjectFit::Cover, (600.0, 200.0), "100% 50%", [-200.0, 50.0, 600.0, 200.0]);
    cover_shows_the_bottom_of_a_tall_picture: placed(ObjectFit::Cover, (150.0, 400.0), "50% 100%", [100.0, -550.0, 300.0, 800.0]);
    none_shows_a_small_picture_in_its_own_size: placed(ObjectFit::None, (100.0, 100.0), "50% 50%", [200.0, 100.0, 100.0, 100.0]);
    none_lets_a_large_picture_reach_out_everywhere: placed(ObjectFit::None, (500.0, 400.0), "50% 50%", [0.0, -50.0, 500.0, 400.0]);
    none_puts_a_small_picture_in_a_corner: placed(ObjectFit::None, (100.0, 100.0), "0% 100%", [100.0, 150.0, 100.0, 100.0]);
    none_moves_a_large_picture_by_pixels: placed(ObjectFit::None, (500.0, 400.0), "-20px 5px", [80.0, 55.0, 500.0, 400.0]);
    scale_down_leaves_a_small_picture_alone: placed(ObjectFit::ScaleDown, (30.0, 20.0), "50% 50%", [235.0, 140.0, 30.0, 20.0]);
    scale_down_makes_a_large_picture_fit: placed(ObjectFit::ScaleDown, (600.0, 400.0), "50% 50%", [100.0, 50.0, 300.0, 200.0]);
    scale_down_makes_a_wide_picture_fit_and_puts_it_at_the_top: placed(ObjectFit::ScaleDown, (600.0, 100.0), "50% 0%", [100.0, 50.0, 300.0, 50.0]);
    scale_down_makes_a_picture_fit_that_is_only_too_tall: placed(ObjectFit::ScaleDown, (100.0, 400.0), "50% 50%", [225.0, 50.0, 50.0, 200.0]);
}

#[test]
fn a_position_in_pixels_moves_also_what_fills_the_box() {
    let position = (Offset { fraction: 1.0, pixels: -12.0 }, Offset { fraction: 0.0, pixels: 7.0 });
    let painted = Rect { left: 88.0, top: 57.0, ..CONTENT };
    assert_eq!(ObjectFit::Fill.place((30.0, 30.0), position, CONTENT), painted);
}

fn read_fit(text: &str, expected: ObjectFit) {
    assert_eq!(ObjectFit::parse(text), expected);
}

sentences! {
    fill_is_read: read_fit("fill", ObjectFit::Fill);
    contain_is_read: read_fit("contain", ObjectFit::Contain);
    cover_is_read_with_space_around_it: read_fit(" cover ", ObjectFit::Cover);
    none_is_read: read_fit("none", ObjectFit::None);
    scale_down_is_read: read_fit("scale-down", ObjectFit::ScaleDown);
    a_browser_that_tells_no_object_fit_stretches: read_fit("", ObjectFit::Fill);
    an_object_fit_of_a_later_standard_stretches: read_fit("stretch", ObjectFit::Fill);
}

fn read_position(text: &str, x: (f64, f64), y: (f64, f64)) {
    let (is_x, is_y) = Offset::parse_pair(text);
    assert_eq!(((is_x.fraction, is_x.pixels), (is_y.fraction, is_y.pixels)), (x, y));
}

sentences! {
    a_position_in_percent_is_read: read_position("0% 100%", (0.0, 0.0), (1.0, 0.0));
    a_position_in_pixels_is_read: read_position("12px 50%", (0.0, 12.0), (0.5, 0.0));
    a_position_with_decimals_is_read: read_position("12.5% -0.25px", (0.125, 0.0), (0.0, -0.25));
    a_position_from_the_far_sides_is_read: read_position("calc(100% - 12px) calc(0% + 3px)", (1.0, -12.0), (0.0, 3.0));
    a_sum_of_three_is_read: read_position("calc(50% + 10px - 4px) 0%", (0.5, 6.0), (0.0, 0.0));
    a_sum_beside_a_plain_length_is_read: read_position("7px calc(25% + 1px)", (0.0, 7.0), (0.25, 1.0));
    what_cannot_be_read_of_a_position_is_the_middle: read_position("nonsense 25%", (0.5, 0.0), (0.25, 0.0));
    a_product_is_not_guessed: read_position("calc(2 * 10px) 0%", (0.5, 0.0), (0.0, 0.0));
    a_position_of_one_value_is_in_the_middle_of_the_other_axis: read_position("0%", (0.0, 0.0), (0.5, 0.0));
    no_position_is_the_middle: read_position("", (0.5, 0.0), (0.5, 0.0));
}

fn fits() -> impl Strategy<Value = ObjectFit> {
    prop::sample::select(vec![
        ObjectFit::Fill,
        ObjectFit::Contain,
        ObjectFit::Cover,
        ObjectFit::None,
        ObjectFit::ScaleDown,
    ])
}

proptest! {
    #[test]
    fn every_fit_but_fill_keeps_the_shape(fit in fits().prop_filter("it stretches", |fit| *fit != ObjectFit::Fill), w in 1.0..5000.0, h in 1.0..5000.0) {
        let painted = fit.place((w, h), MIDDLE, CONTENT);
        prop_assert!((painted.width / painted.height - w / h).abs() < 1e-6 * (w / h));
    }

    #[test]
    fn contain_lies_inside_and_cover_leaves_nothing_bare(w in 1.0..5000.0, h in 1.0..5000.0, px in 0.0..1.0, py in 0.0..1.0) {
        let position = (Offset { fraction: px, pixels: 0.0 }, Offset { fraction: py, pixels: 0.0 });
        let dust = 1e-6;
        let inside = |inner: Rect, outer: Rect| inner.left >= outer.left - dust && inner.right() <= outer.right() + dust
            && inner.top >= outer.top - dust && inner.bottom() <= outer.bottom() + dust;
        prop_assert!(inside(ObjectFit::Contain.place((w, h), position, CONTENT), CONTENT));
        prop_assert!(inside(CONTENT, ObjectFit::Cover.place((w, h), position, CONTENT)));
    }
}

/// Where the whole of a picture of 200 x 100 is painted with this `object-view-box`, stretched to the box.
fn viewed(view_box: &str, expected: Option<[f64; 4]>) {
    let natural = (200.0, 100.0);
    let part = ViewBox::parse(view_box).and_then(|view_box| view_box.on(natural));
    let painted = part.map(|part| ViewBox::whole(natural, part, CONTENT));
    assert_eq!(painted.map(|is| [is.left, is.top, is.width, is.height]), expected);
}

sentences! {
    without_a_view_box_all_is_fitted: viewed("none", Some([100.0, 50.0, 300.0, 200.0]));
    a_browser_that_knows_no_view_box_fits_all: viewed("", Some([100.0, 50.0, 300.0, 200.0]));
    one_inset_is_that_of_all_sides: viewed("inset(25%)", Some([-50.0, -50.0, 600.0, 400.0]));
    two_insets_are_those_of_the_axes: viewed("inset(0px 50px)", Some([-50.0, 50.0, 600.0, 200.0]));
    three_insets_leave_the_left_to_the_right: viewed("inset(0px 25% 50px)", Some([-50.0, 50.0, 600.0, 400.0]));
    four_insets_go_round_from_the_top: viewed("inset(50% 0px 0px 50px)", Some([0.0, -150.0, 400.0, 400.0]));
    an_inset_may_be_reckoned: viewed("inset(0% calc(100% - 150px) 0% 50px)", Some([-50.0, 50.0, 600.0, 200.0]));
    rounded_corners_of_a_view_box_do_not_count: viewed("inset(25% round 4px)", Some([-50.0, -50.0, 600.0, 400.0]));
    a_view_box_may_reach_beyond_the_picture: viewed("inset(0px -200px 0px 0px)", Some([100.0, 50.0, 150.0, 200.0]));
    a_view_box_that_is_empty_shows_nothing: viewed("inset(0px 60% 0px 40%)", None);
    what_is_no_inset_is_not_guessed: viewed("circle(4px)", None);
    an_inset_that_cannot_be_read_is_not_guessed: viewed("inset(1em)", None);
}

proptest! {
    #[test]
    fn the_part_that_a_view_box_names_fills_the_place_it_is_given(
        sides in proptest::array::uniform4(-0.4..0.45), w in 1.0..4000.0, h in 1.0..4000.0,
    ) {
        let [top, right, bottom, left] = sides.map(|fraction| Offset { fraction, pixels: 0.0 });
        let part = ViewBox { top, right, bottom, left }.on((w, h)).expect("not empty");
        let whole = ViewBox::whole((w, h), part, CONTENT);
        let (x, y) = (whole.width / w, whole.height / h);
        let seen = part.scaled_by(x, y).moved_by(whole.left, whole.top);
        for (is, wanted) in seen.corners().into_iter().zip(CONTENT.corners()) {
            prop_assert!((is.x - wanted.x).hypot(is.y - wanted.y) < 1e-6, "{is:?} is not {wanted:?}");
        }
    }
}
