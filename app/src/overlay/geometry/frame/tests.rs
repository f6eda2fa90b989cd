use proptest::prelude::*;

use super::*;

const BOUNDS: Rect = Rect { left: 100.0, top: 50.0, width: 300.0, height: 200.0 };

fn plain(fit: ObjectFit, natural: (f64, f64)) -> Appearance {
    Appearance {
        layout: (300.0, 200.0),
        edges: Edges::default(),
        natural,
        fit,
        position: (Offset::MIDDLE, Offset::MIDDLE),
        view_box: ViewBox::WHOLE,
        linear: Some(Linear::IDENTITY),
        bounds: BOUNDS,
    }
}

fn style(transform: &str) -> Option<Linear> {
    Linear::of_style("none", "none", transform)
}

#[test]
fn an_untouched_picture_is_its_bounding_rectangle() {
    let frame = Frame::of(&plain(ObjectFit::Fill, (600.0, 100.0))).expect("visible");
    assert_eq!(frame.bounds(), BOUNDS);
    assert_eq!(frame.to_fractions(Point { x: 100.0, y: 50.0 }), Point { x: 0.0, y: 0.0 });
    assert_eq!(frame.to_fractions(Point { x: 250.0, y: 250.0 }), Point { x: 0.5, y: 1.0 });
}

#[test]
fn border_and_padding_are_not_picture_and_grow_with_a_scaled_page() {
    let edges = Edges { left: 5.0, top: 10.0, right: 15.0, bottom: 20.0 };
    let bounds = Rect { left: 100.0, top: 50.0, width: 600.0, height: 400.0 };
    let frame = Frame::of(&Appearance { edges, bounds, ..plain(ObjectFit::Fill, (30.0, 20.0)) });
    let content = Rect { left: 110.0, top: 70.0, width: 560.0, height: 340.0 };
    assert_eq!(frame.expect("visible").bounds(), content);
}

#[test]
fn what_cover_cuts_off_cannot_be_seen() {
    let frame = Frame::of(&plain(ObjectFit::Cover, (600.0, 200.0))).expect("visible");
    assert_eq!(frame.bounds(), BOUNDS);
    assert_eq!(frame.visible_fractions(), [Point { x: 0.25, y: 0.0 }, Point { x: 0.75, y: 1.0 }]);
}

#[test]
fn of_a_view_box_that_leaves_room_the_rest_of_the_picture_is_seen_beside_it() {
    let view_box = ViewBox::parse("inset(0px 50% 0px 0px)").expect("readable");
    let frame = Frame::of(&Appearance { view_box, ..plain(ObjectFit::Contain, (200.0, 100.0)) });
    // The left half, 100 x 100, stands as 200 x 200 in the middle of 300 x 200; beside it half of the other half.
    let [first, last] = frame.expect("visible").visible_fractions();
    assert_eq!([first, last], [Point { x: 0.0, y: 0.0 }, Point { x: 0.625, y: 1.0 }]);
}

#[test]
fn what_a_crop_of_the_page_leaves_is_told_in_fractions_of_the_picture() {
    let frame = Frame::of(&plain(ObjectFit::Fill, (3.0, 2.0))).expect("visible");
    let crop = Rect { left: 0.0, top: 100.0, width: 175.0, height: 900.0 };
    let left = [Point { x: 0.0, y: 0.25 }, Point { x: 0.25, y: 1.0 }];
    assert_eq!(frame.fractions_within(crop), Some(left));
}

#[test]
fn a_crop_beside_the_picture_or_of_a_turned_one_leaves_nothing_to_tell() {
    let beside = Rect { left: 0.0, top: 0.0, width: 50.0, height: 50.0 };
    let frame = Frame::of(&plain(ObjectFit::Fill, (3.0, 2.0))).expect("visible");
    assert_eq!(frame.fractions_within(beside), None);
    let turned = Frame::of(&Appearance {
        linear: style("matrix(0.8, 0.6, -0.6, 0.8, 0, 0)"),
        bounds: Rect { left: 0.0, top: 0.0, width: 360.0, height: 340.0 },
        ..plain(ObjectFit::Fill, (3.0, 2.0))
    });
    let window = Rect { left: 0.0, top: 0.0, width: 900.0, height: 900.0 };
    assert_eq!(turned.expect("visible").fractions_within(window), None);
}

#[test]
fn a_quarter_turn_is_undone() {
    let linear = style("matrix(0, 1, -1, 0, 0, 0)");
    let bounds = Rect { left: 0.0, top: 0.0, width: 200.0, height: 300.0 };
    let frame =
        Frame::of(&Appearance { linear, bounds, ..plain(ObjectFit::Fill, (3.0, 2.0)) }).expect("visible");
    // The picture's top left corner is now at the top right.
    let corner = frame.to_fractions(Point { x: 200.0, y: 0.0 });
    assert!(corner.x.abs() < 1e-9 && corner.y.abs() < 1e-9, "{corner:?}");
    let corner = frame.to_fractions(Point { x: 200.0, y: 300.0 });
    assert!((corner.x - 1.0).abs() < 1e-9 && corner.y.abs() < 1e-9, "{corner:?}");
}

#[test]
fn a_picture_on_its_edge_or_without_size_has_no_frame() {
    let flat = Appearance { linear: style("matrix(0, 0, 0, 1, 0, 0)"), ..plain(ObjectFit::Fill, (3.0, 2.0)) };
    let thin = Rect { width: 1e-9, ..BOUNDS };
    assert_eq!(Frame::of(&Appearance { bounds: thin, ..flat }), None);
    assert_eq!(Frame::of(&Appearance { bounds: Rect { width: 0.0, ..BOUNDS }, ..flat }), None);
    assert_eq!(Frame::of(&Appearance { layout: (0.0, 10.0), ..flat }), None);
}

#[test]
fn what_transforms_do_not_explain_is_taken_from_the_rectangle() {
    let unexplained =
        Appearance { linear: style("matrix(1, 0, 0, 3, 0, 0)"), ..plain(ObjectFit::Fill, (3.0, 2.0)) };
    assert_eq!(Frame::of(&unexplained).expect("visible").bounds(), BOUNDS);
    let unknown = Appearance { linear: None, ..unexplained };
    assert_eq!(Frame::of(&unknown), Frame::of(&unexplained));
    assert!(Frame::of(&unknown).expect("visible").is_flat);
    let known = plain(ObjectFit::Fill, (3.0, 2.0));
    assert!(!Frame::of(&known).expect("visible").is_flat);
}

fn corner(appearance: &Appearance, page: (f64, f64), expected: (f64, f64)) {
    let found = Frame::of(appearance).expect("visible").to_fractions(Point { x: page.0, y: page.1 });
    assert!((found.x - expected.0).abs() < 1e-9 && (found.y - expected.1).abs() < 1e-9, "{found:?}");
}

fn turned(transform: &str, bounds: [f64; 4]) -> Appearance {
    let [left, top, width, height] = bounds;
    Appearance {
        linear: style(transform),
        bounds: Rect { left, top, width, height },
        ..plain(ObjectFit::Fill, (3.0, 2.0))
    }
}

sentences! {
    a_mirrored_pictures_left_is_at_the_right: corner(&turned("matrix(-1, 0, 0, 1, 0, 0)", [0.0, 0.0, 300.0, 200.0]), (300.0, 0.0), (0.0, 0.0));
    a_picture_on_its_head_begins_at_the_lower_right: corner(&turned("matrix(-1, 0, 0, -1, 0, 0)", [0.0, 0.0, 300.0, 200.0]), (300.0, 200.0), (0.0, 0.0));
    a_picture_twice_as_large_is_found_at_half_the_distance: corner(&turned("matrix(2, 0, 0, 2, 0, 0)", [10.0, 20.0, 600.0, 400.0]), (310.0, 220.0), (0.5, 0.5));
    a_picture_turned_to_the_left_begins_at_the_lower_left: corner(&turned("matrix(0, -1, 1, 0, 0, 0)", [0.0, 0.0, 200.0, 300.0]), (0.0, 300.0), (0.0, 0.0));
    a_skewed_pictures_lower_corner_is_moved_along: corner(&turned("matrix(1, 0, 0.5, 1, 0, 0)", [0.0, 0.0, 400.0, 200.0]), (100.0, 200.0), (0.0, 1.0));
    a_zoomed_page_is_told_by_the_rectangle_alone: corner(&turned("none", [0.0, 0.0, 450.0, 300.0]), (450.0, 300.0), (1.0, 1.0));
}

#[test]
fn a_pixel_of_the_page_is_a_smaller_part_of_a_picture_that_is_cut_off() {
    let frame = Frame::of(&plain(ObjectFit::Cover, (600.0, 200.0))).expect("visible");
    assert_eq!(frame.extent_of(6.0), (0.01, 0.03));
}

#[test]
fn a_picture_that_is_moved_out_of_its_box_has_no_frame() {
    let position = (Offset::parse("400px").expect("readable"), Offset::MIDDLE);
    assert_eq!(Frame::of(&Appearance { position, ..plain(ObjectFit::Contain, (300.0, 200.0)) }), None);
}

#[test]
fn padding_as_wide_as_the_box_leaves_nothing_to_be_seen() {
    let edges = Edges { left: 150.0, right: 150.0, ..Edges::default() };
    assert_eq!(Frame::of(&Appearance { edges, ..plain(ObjectFit::Fill, (3.0, 2.0)) }), None);
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
    fn the_visible_part_lies_in_the_box_and_on_the_picture(fit in fits(), w in 1.0..5000.0, h in 1.0..5000.0) {
        let frame = Frame::of(&plain(fit, (w, h))).expect("visible");
        let dust = 1e-6;
        for outer in [frame.border_box, frame.painted] {
            prop_assert!(frame.visible.left >= outer.left - dust && frame.visible.right() <= outer.right() + dust);
            prop_assert!(frame.visible.top >= outer.top - dust && frame.visible.bottom() <= outer.bottom() + dust);
        }
    }

    /// The browser's own way: each point of the picture is fitted, then transformed about an origin, then zoomed. From
    /// nothing but the linear part and the bounding rectangle, every point must be found again.
    #[test]
    fn any_transform_about_any_origin_with_any_zoom_is_undone(
        (a, b, c, d) in (-2.0..2.0, -2.0..2.0, -2.0..2.0, -2.0..2.0),
        (zoom, origin_x, origin_y) in (0.2..4.0, -500.0..500.0, -500.0..500.0),
        (fit, natural_w, natural_h) in (fits(), 10.0..3000.0, 10.0..3000.0),
        (u, v, edge) in (0.0f64..1.0, 0.0f64..1.0, 0.0..40.0),
    ) {
        let determinant: f64 = a * d - b * c;
        prop_assume!(determinant.abs() > 0.05);
        let edges = Edges { left: edge, top: edge / 2.0, right: 0.0, bottom: edge };
        let layout = (320.0, 240.0);
        let border_box = Rect { left: 0.0, top: 0.0, width: layout.0, height: layout.1 };
        let page = |x: f64, y: f64| Point {
            x: zoom * (a * (x - origin_x) + c * (y - origin_y) + origin_x) + 31.0,
            y: zoom * (b * (x - origin_x) + d * (y - origin_y) + origin_y) - 17.0,
        };
        let appearance = Appearance {
            layout,
            edges,
            linear: style(&format!("matrix({a}, {b}, {c}, {d}, 5, 6)")),
            bounds: Rect::around(border_box.corners().map(|corner| page(corner.x, corner.y))),
            ..plain(fit, (natural_w, natural_h))
        };
        let painted = fit.place((natural_w, natural_h), appearance.position, border_box.shrunk_by(edges));
        let frame = Frame::of(&appearance).expect("visible");
        let seen = page(painted.left + u * painted.width, painted.top + v * painted.height);
        let found = frame.to_fractions(seen);
        prop_assert!((found.x - u).abs() < 1e-6 && (found.y - v).abs() < 1e-6, "{found:?} for {u} {v}");
    }
}
