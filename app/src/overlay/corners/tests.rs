use cutline_model::{Region, Size};

use super::*;

#[test]
fn two_presses_select_what_lies_between_them() {
    let bounds = Bounds::whole(Size::new(1000, 1000).expect("not zero"));
    let (one, other) = (Point { x: 0.75, y: 0.25 }, Point { x: 0.25, y: 0.5 });
    let (corners, nothing) = Corners::First.press(one, bounds, None);
    assert_eq!((corners, nothing), (Corners::Second(one), None));
    let (corners, selection) = corners.press(other, bounds, None);
    assert_eq!(corners, Corners::Off);
    let region = selection.expect("selected").region();
    assert_eq!(region, Region::new(0.25, 0.25, 0.5, 0.25).expect("inside"));
}

#[test]
fn a_corner_that_was_taken_up_goes_where_is_pressed_and_its_opposite_stays() {
    let bounds = Bounds::whole(Size::new(1000, 1000).expect("not zero"));
    let opposite = Point { x: 0.75, y: 0.75 };
    assert_eq!(Corners::Taken(opposite).fixed(), Some(opposite));
    let (corners, selection) = Corners::Taken(opposite).press(Point { x: 0.5, y: 0.25 }, bounds, None);
    assert_eq!(corners, Corners::Off);
    let region = selection.expect("selected").region();
    assert_eq!(region, Region::new(0.5, 0.25, 0.25, 0.5).expect("inside"));
}

#[test]
fn unasked_a_press_sets_no_corner() {
    let bounds = Bounds::whole(Size::new(10, 10).expect("not zero"));
    assert_eq!(Corners::Off.press(Point { x: 0.5, y: 0.5 }, bounds, None), (Corners::Off, None));
}
