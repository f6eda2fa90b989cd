use proptest::prelude::*;

use super::*;

pub(super) fn size(width: u32, height: u32) -> Size {
    Size::new(width, height).expect("test sizes are not zero")
}

pub(super) fn selection(x: f64, y: f64, w: f64, h: f64) -> Selection {
    Selection::of_region(Region::new(x, y, w, h).expect("inside"), Bounds::whole(size(1000, 1000)))
}

pub(super) fn assert_region(selection: Selection, expected: [f64; 4]) {
    let region = selection.region();
    for (value, expected) in [region.x(), region.y(), region.w(), region.h()].into_iter().zip(expected) {
        assert!((value - expected).abs() < 1e-9, "{region:?} is not {expected:?}");
    }
}

fn moved(dx: f64, dy: f64, expected: [f64; 4]) {
    assert_region(selection(0.2, 0.2, 0.4, 0.4).moved_by(dx, dy), expected);
}

sentences! {
    moving_keeps_the_size: moved(0.1, -0.1, [0.3, 0.1, 0.4, 0.4]);
    moving_stops_at_the_left_edge: moved(-5.0, 0.0, [0.0, 0.2, 0.4, 0.4]);
    moving_stops_at_the_right_edge: moved(5.0, 0.0, [0.6, 0.2, 0.4, 0.4]);
    moving_stops_at_the_upper_edge: moved(0.0, -5.0, [0.2, 0.0, 0.4, 0.4]);
    moving_stops_at_the_lower_edge: moved(0.0, 5.0, [0.2, 0.6, 0.4, 0.4]);
    moving_into_a_corner_goes_on_along_the_edge: moved(-5.0, 0.1, [0.0, 0.3, 0.4, 0.4]);
}

fn resized(handle: Handle, (dx, dy): (f64, f64), expected: [f64; 4], then: Handle) {
    let (selection, moved) = selection(0.2, 0.2, 0.4, 0.4).resize_by(handle, dx, dy, None);
    assert_region(selection, expected);
    assert_eq!(moved, then);
}

sentences! {
    the_north_west_handle_moves_its_own_edges: resized(Handle::NorthWest, (0.1, 0.05), [0.3, 0.25, 0.3, 0.35], Handle::NorthWest);
    the_north_handle_moves_its_own_edges: resized(Handle::North, (0.1, 0.05), [0.2, 0.25, 0.4, 0.35], Handle::North);
    the_north_east_handle_moves_its_own_edges: resized(Handle::NorthEast, (0.1, 0.05), [0.2, 0.25, 0.5, 0.35], Handle::NorthEast);
    the_east_handle_moves_its_own_edges: resized(Handle::East, (0.1, 0.05), [0.2, 0.2, 0.5, 0.4], Handle::East);
    the_south_east_handle_moves_its_own_edges: resized(Handle::SouthEast, (0.1, 0.05), [0.2, 0.2, 0.5, 0.45], Handle::SouthEast);
    the_south_handle_moves_its_own_edges: resized(Handle::South, (0.1, 0.05), [0.2, 0.2, 0.4, 0.45], Handle::South);
    the_south_west_handle_moves_its_own_edges: resized(Handle::SouthWest, (0.1, 0.05), [0.3, 0.2, 0.3, 0.45], Handle::SouthWest);
    the_west_handle_moves_its_own_edges: resized(Handle::West, (0.1, 0.05), [0.3, 0.2, 0.3, 0.4], Handle::West);
}

sentences! {
    the_north_west_handle_stops_at_the_edge_of_the_picture: resized(Handle::NorthWest, (-5.0, -5.0), [0.0, 0.0, 0.6, 0.6], Handle::NorthWest);
    the_north_handle_stops_at_the_edge_of_the_picture: resized(Handle::North, (0.0, -5.0), [0.2, 0.0, 0.4, 0.6], Handle::North);
    the_north_east_handle_stops_at_the_edge_of_the_picture: resized(Handle::NorthEast, (5.0, -5.0), [0.2, 0.0, 0.8, 0.6], Handle::NorthEast);
    the_east_handle_stops_at_the_edge_of_the_picture: resized(Handle::East, (5.0, 0.0), [0.2, 0.2, 0.8, 0.4], Handle::East);
    the_south_east_handle_stops_at_the_edge_of_the_picture: resized(Handle::SouthEast, (5.0, 5.0), [0.2, 0.2, 0.8, 0.8], Handle::SouthEast);
    the_south_handle_stops_at_the_edge_of_the_picture: resized(Handle::South, (0.0, 5.0), [0.2, 0.2, 0.4, 0.8], Handle::South);
    the_south_west_handle_stops_at_the_edge_of_the_picture: resized(Handle::SouthWest, (-5.0, 5.0), [0.0, 0.2, 0.6, 0.8], Handle::SouthWest);
    the_west_handle_stops_at_the_edge_of_the_picture: resized(Handle::West, (-5.0, 0.0), [0.0, 0.2, 0.6, 0.4], Handle::West);
}

sentences! {
    the_north_west_handle_flips_when_it_crosses: resized(Handle::NorthWest, (0.7, 0.7), [0.6, 0.6, 0.3, 0.3], Handle::SouthEast);
    the_north_handle_flips_when_it_crosses: resized(Handle::North, (0.0, 0.7), [0.2, 0.6, 0.4, 0.3], Handle::South);
    the_north_east_handle_flips_when_it_crosses: resized(Handle::NorthEast, (-0.7, 0.7), [0.0, 0.6, 0.2, 0.3], Handle::SouthWest);
    the_east_handle_flips_when_it_crosses: resized(Handle::East, (-0.7, 0.0), [0.0, 0.2, 0.2, 0.4], Handle::West);
    the_south_east_handle_flips_when_it_crosses: resized(Handle::SouthEast, (-0.7, -0.7), [0.0, 0.0, 0.2, 0.2], Handle::NorthWest);
    the_south_handle_flips_when_it_crosses: resized(Handle::South, (0.0, -0.7), [0.2, 0.0, 0.4, 0.2], Handle::North);
    the_south_west_handle_flips_when_it_crosses: resized(Handle::SouthWest, (0.7, -0.7), [0.6, 0.0, 0.3, 0.2], Handle::NorthEast);
    the_west_handle_flips_when_it_crosses: resized(Handle::West, (0.7, 0.0), [0.6, 0.2, 0.3, 0.4], Handle::East);
}

sentences! {
    the_north_west_handle_leaves_eight_pixels: resized(Handle::NorthWest, (0.399, 0.399), [0.592, 0.592, 0.008, 0.008], Handle::NorthWest);
    the_north_handle_leaves_eight_pixels: resized(Handle::North, (0.0, 0.399), [0.2, 0.592, 0.4, 0.008], Handle::North);
    the_north_east_handle_leaves_eight_pixels: resized(Handle::NorthEast, (-0.399, 0.399), [0.2, 0.592, 0.008, 0.008], Handle::NorthEast);
    the_east_handle_leaves_eight_pixels: resized(Handle::East, (-0.399, 0.0), [0.2, 0.2, 0.008, 0.4], Handle::East);
    the_south_east_handle_leaves_eight_pixels: resized(Handle::SouthEast, (-0.399, -0.399), [0.2, 0.2, 0.008, 0.008], Handle::SouthEast);
    the_south_handle_leaves_eight_pixels: resized(Handle::South, (0.0, -0.399), [0.2, 0.2, 0.4, 0.008], Handle::South);
    the_south_west_handle_leaves_eight_pixels: resized(Handle::SouthWest, (0.399, -0.399), [0.592, 0.2, 0.008, 0.008], Handle::SouthWest);
    the_west_handle_leaves_eight_pixels: resized(Handle::West, (0.399, 0.0), [0.592, 0.2, 0.008, 0.4], Handle::West);
}

#[test]
fn a_corner_that_crosses_one_edge_only_flips_on_that_axis() {
    resized(Handle::NorthWest, (0.7, 0.1), [0.6, 0.3, 0.3, 0.3], Handle::NorthEast);
}

fn drawn(from: (f64, f64), to: (f64, f64), expected: [f64; 4]) {
    let point = |(x, y): (f64, f64)| Point { x, y };
    assert_region(
        Selection::between(point(from), point(to), Bounds::whole(size(1000, 1000)), None),
        expected,
    );
}

sentences! {
    drawing_down_to_the_right_selects_what_lies_between: drawn((0.2, 0.3), (0.5, 0.7), [0.2, 0.3, 0.3, 0.4]);
    drawing_down_to_the_left_selects_what_lies_between: drawn((0.5, 0.3), (0.2, 0.7), [0.2, 0.3, 0.3, 0.4]);
    drawing_up_to_the_right_selects_what_lies_between: drawn((0.2, 0.7), (0.5, 0.3), [0.2, 0.3, 0.3, 0.4]);
    drawing_up_to_the_left_selects_what_lies_between: drawn((0.5, 0.7), (0.2, 0.3), [0.2, 0.3, 0.3, 0.4]);
    drawing_from_beside_the_picture_begins_at_its_edge: drawn((-0.5, 0.3), (0.2, 0.7), [0.0, 0.3, 0.2, 0.4]);
    drawing_out_of_the_picture_ends_at_its_edge: drawn((0.5, 0.5), (3.0, 3.0), [0.5, 0.5, 0.5, 0.5]);
    drawing_a_line_selects_eight_pixels_across: drawn((0.2, 0.3), (0.2, 0.7), [0.2, 0.3, 0.008, 0.4]);
}

fn brought_in(region: [f64; 4], expected: [f64; 4]) {
    let bounds = Bounds::new(Point { x: 0.25, y: 0.0 }, Point { x: 0.75, y: 1.0 }, size(1000, 1000));
    let [x, y, w, h] = region;
    assert_region(Selection::of_region(Region::new(x, y, w, h).expect("inside"), bounds), expected);
}

sentences! {
    a_region_that_can_be_seen_is_selected_as_it_is: brought_in([0.3, 0.1, 0.2, 0.5], [0.3, 0.1, 0.2, 0.5]);
    a_region_that_is_cut_off_at_the_left_is_moved_in: brought_in([0.0, 0.1, 0.3, 0.5], [0.25, 0.1, 0.3, 0.5]);
    a_region_that_is_cut_off_at_the_right_is_moved_in: brought_in([0.6, 0.1, 0.3, 0.5], [0.45, 0.1, 0.3, 0.5]);
    a_region_wider_than_what_can_be_seen_is_all_of_that: brought_in([0.0, 0.1, 1.0, 0.5], [0.25, 0.1, 0.5, 0.5]);
    a_region_of_hardly_anything_gets_eight_pixels: brought_in([0.3, 0.1, 0.0001, 0.0001], [0.3, 0.1, 0.008, 0.008]);
}

fn holds(x: f64, y: f64, expected: bool) {
    assert_eq!(selection(0.25, 0.25, 0.5, 0.25).contains(Point { x, y }), expected);
}

sentences! {
    a_point_in_the_middle_lies_on_the_selection: holds(0.5, 0.4, true);
    a_point_on_its_corner_lies_on_the_selection: holds(0.25, 0.25, true);
    a_point_beside_the_selection_does_not_lie_on_it: holds(0.2, 0.4, false);
    a_point_below_the_selection_does_not_lie_on_it: holds(0.5, 0.51, false);
}

#[test]
fn a_selection_never_gets_smaller_than_eight_pixels() {
    let (small, _) = selection(0.2, 0.2, 0.4, 0.4).resize_by(Handle::SouthEast, -0.4, -0.4, None);
    assert_region(small, [0.2, 0.2, 0.008, 0.008]);
    assert_region(
        Selection::between(
            Point { x: 1.0, y: 1.0 },
            Point { x: 1.0, y: 1.0 },
            Bounds::whole(size(1000, 1000)),
            None,
        ),
        [0.992, 0.992, 0.008, 0.008],
    );
}

#[test]
fn a_picture_smaller_than_that_is_selected_whole() {
    let tiny = Bounds::whole(size(1, 1));
    assert_region(
        Selection::between(Point { x: 0.4, y: 0.4 }, Point { x: 0.6, y: 0.3 }, tiny, None),
        [0.0, 0.0, 1.0, 1.0],
    );
    assert_region(Selection::middle(Bounds::whole(size(4, 4))), [0.0, 0.0, 1.0, 1.0]);
}

#[test]
fn each_handle_stands_on_its_corner_or_in_the_middle_of_its_edge() {
    let start = selection(0.2, 0.4, 0.4, 0.2);
    for (handle, x, y) in [
        (Handle::NorthWest, 0.2, 0.4),
        (Handle::North, 0.4, 0.4),
        (Handle::East, 0.6, 0.5),
        (Handle::SouthEast, 0.6, 0.6),
        (Handle::SouthWest, 0.2, 0.6),
    ] {
        let at = start.at(handle);
        assert!((at.x - x).abs() < 1e-9 && (at.y - y).abs() < 1e-9, "{handle:?} at {at:?}");
    }
}

#[test]
fn only_a_corner_has_an_opposite_corner() {
    let start = selection(0.25, 0.25, 0.5, 0.25);
    assert_eq!(start.corner_opposite(Handle::NorthWest), Some(Point { x: 0.75, y: 0.5 }));
    assert_eq!(start.corner_opposite(Handle::NorthEast), Some(Point { x: 0.25, y: 0.5 }));
    assert_eq!(start.corner_opposite(Handle::East), None);
}

#[test]
fn what_is_dragged_is_what_is_near_the_pointer_also_after_a_flip() {
    let start = selection(0.25, 0.25, 0.5, 0.5);
    let by = |grip, x, y| start.dragged(grip, Point { x, y });
    assert_eq!(by(Grip::Handle(Handle::SouthEast), 0.7, 0.8), Some(Point { x: 0.75, y: 0.75 }));
    assert_eq!(by(Grip::Handle(Handle::SouthEast), 0.2, 0.2), Some(Point { x: 0.25, y: 0.25 }));
    assert_eq!(by(Grip::Handle(Handle::East), 0.2, 0.2), Some(Point { x: 0.25, y: 0.5 }));
    assert_eq!(by(Grip::Handle(Handle::North), 0.2, 0.2), Some(Point { x: 0.5, y: 0.25 }));
    assert_eq!(by(Grip::New, 0.9, 0.1), Some(Point { x: 0.75, y: 0.25 }));
    assert_eq!(by(Grip::Box, 0.5, 0.5), None);
}

#[test]
fn only_what_can_be_seen_can_be_selected() {
    let bounds = Bounds::new(Point { x: 0.25, y: 0.0 }, Point { x: 0.75, y: 1.0 }, size(1000, 1000));
    assert_region(Selection::everything(bounds), [0.25, 0.0, 0.5, 1.0]);
    assert_region(Selection::of_region(Region::WHOLE, bounds), [0.25, 0.0, 0.5, 1.0]);
    assert_region(Selection::middle(bounds).moved_by(-1.0, 0.0), [0.25, 0.25, 0.25, 0.5]);
}

pub(super) fn handles() -> impl Strategy<Value = Handle> {
    (0usize..8).prop_map(|index| Handle::ALL[index])
}

proptest! {
    /// Whatever is done in whatever order, the selection stays in its bounds and keeps its least size.
    #[test]
    fn any_drags_leave_a_selection_inside(
        left in 0.0..0.5f64, right in 0.6..1.0f64, width in 1u32..6000, height in 1u32..6000,
        steps in prop::collection::vec((handles(), 0u8..3, -2.0..2.0f64, -2.0..2.0f64), 1..20),
    ) {
        let bounds = Bounds::new(Point { x: left, y: left }, Point { x: right, y: right }, size(width, height));
        let mut selection = Selection::middle(bounds);
        for (handle, what, dx, dy) in steps {
            selection = match what {
                0 => selection.moved_by(dx, dy),
                1 => selection.resize_by(handle, dx, dy, None).0,
                _ => Selection::between(Point { x: dx, y: dy }, Point { x: dy, y: dx }, bounds, None),
            };
            let dust = 1e-9;
            for (span, within, least) in [(selection.x, bounds.x, bounds.least.0), (selection.y, bounds.y, bounds.least.1)] {
                prop_assert!(span.first >= within.first - dust && span.last <= within.last + dust, "{span:?} in {within:?}");
                prop_assert!(span.extent() >= least - dust, "{span:?} at least {least}");
            }
            prop_assert!(Region::new(selection.x.first, selection.y.first, selection.x.extent(), selection.y.extent()).is_ok());
        }
    }
}
