use super::Command::{Nothing, Open, Stop, Wait};
use super::Happening::{Away, Dismissed, Disturbed, Elapsed, Over, Pressed};
use super::*;

const A: Point = Point { x: 10.0, y: 10.0 };
const NEAR: Point = Point { x: 13.0, y: 12.0 };
const FAR: Point = Point { x: 90.0, y: 10.0 };

/// Feeds `happenings` to a fresh machine and gives the commands, without the empty ones.
fn check(happenings: Vec<Happening<char>>, expected: &[Command<char>]) {
    let mut dwell = Dwell::default();
    let commands: Vec<_> = happenings
        .into_iter()
        .map(|happening| dwell.on(happening))
        .filter(|command| *command != Command::Nothing)
        .collect();
    assert_eq!(commands, expected);
}

sentences! {
    a_resting_pointer_opens_the_picture: check(vec![Over('p', A), Over('p', NEAR), Elapsed], &[Wait, Open('p')]);
    a_moving_pointer_starts_the_wait_anew: check(vec![Over('p', A), Over('p', FAR), Elapsed], &[Wait, Wait, Open('p')]);
    a_pointer_that_drifts_slowly_is_moving: check(
        vec![Over('p', A), Over('p', NEAR), Over('p', Point { x: 16.5, y: 14.0 })],
        &[Wait, Wait],
    );
    what_is_closed_under_a_resting_pointer_comes_again_once_it_has_left: check(
        vec![Over('p', A), Dismissed, Over('p', NEAR), Elapsed, Away, Over('p', A)],
        &[Wait, Stop, Stop, Wait],
    );
    what_comes_under_a_pointer_that_rests_while_the_overlay_is_closed_does_not_open: check(
        vec![Over('p', A), Elapsed, Dismissed, Over('q', A), Elapsed, Over('q', NEAR), Elapsed],
        &[Wait, Open('p'), Stop],
    );
    what_the_pointer_moves_to_after_a_closing_opens: check(
        vec![Over('p', A), Elapsed, Dismissed, Over('q', FAR), Elapsed],
        &[Wait, Open('p'), Wait, Open('q')],
    );
    leaving_in_time_opens_nothing: check(vec![Over('p', A), Away, Elapsed], &[Wait, Stop]);
    leaving_and_coming_back_waits_from_the_start: check(vec![Over('p', A), Away, Over('p', A), Elapsed], &[Wait, Stop, Wait, Open('p')]);
    another_picture_starts_its_own_wait: check(vec![Over('p', A), Over('q', A), Elapsed], &[Wait, Wait, Open('q')]);
    scrolling_cancels_until_the_pointer_moves: check(
        vec![Over('p', A), Disturbed, Elapsed, Over('p', A), Elapsed, Over('p', FAR), Elapsed],
        &[Wait, Stop, Wait, Open('p')],
    );
    what_scrolling_brings_under_the_pointer_does_not_open: check(
        vec![Over('p', A), Away, Disturbed, Over('q', A), Elapsed, Over('q', NEAR), Elapsed],
        &[Wait, Stop],
    );
    what_scrolling_has_brought_opens_once_the_pointer_moves_on_it: check(
        vec![Over('p', A), Disturbed, Over('q', A), Over('q', FAR), Elapsed],
        &[Wait, Stop, Wait, Open('q')],
    );
    what_scrolling_brings_in_place_of_what_was_served_does_not_open: check(
        vec![Over('p', A), Elapsed, Disturbed, Over('q', A), Elapsed],
        &[Wait, Open('p')],
    );
    pressing_cancels_until_the_pointer_has_left: check(
        vec![Over('p', A), Pressed, Over('p', FAR), Elapsed, Away, Over('p', A), Elapsed],
        &[Wait, Stop, Stop, Wait, Open('p')],
    );
    pressing_on_one_picture_does_not_keep_another_from_opening: check(
        vec![Over('p', A), Pressed, Over('q', A), Elapsed],
        &[Wait, Stop, Wait, Open('q')],
    );
    a_served_picture_does_not_open_again_under_the_same_pointer: check(
        vec![Over('p', A), Elapsed, Over('p', FAR), Elapsed],
        &[Wait, Open('p')],
    );
    a_served_picture_opens_again_after_the_pointer_has_left: check(
        vec![Over('p', A), Elapsed, Away, Over('p', A), Elapsed],
        &[Wait, Open('p'), Stop, Wait, Open('p')],
    );
    a_picture_that_could_not_be_opened_waits_anew_at_the_next_move: check(
        vec![Over('p', A), Elapsed, Away, Over('p', NEAR), Elapsed],
        &[Wait, Open('p'), Stop, Wait, Open('p')],
    );
    a_pointer_on_no_picture_waits_for_nothing: check(vec![Away, Disturbed, Pressed, Elapsed], &[]);
    scrolling_after_a_picture_was_served_does_not_open_it_again: check(
        vec![Over('p', A), Elapsed, Disturbed, Over('p', A), Elapsed],
        &[Wait, Open('p')],
    );
    a_press_after_the_wait_was_cancelled_by_scrolling_is_nothing: check(vec![Over('p', A), Disturbed, Pressed], &[Wait, Stop]);
}

#[test]
fn a_picture_that_was_under_the_overlay_does_not_open_and_another_does() {
    let mut dwell = Dwell::default();
    dwell.seen_at(A);
    assert_eq!(dwell.on(Dismissed), Nothing);
    assert_eq!(dwell.on(Over('p', A)), Stop);
    dwell.seen_at(FAR);
    assert_eq!(dwell.on(Over('q', A)), Wait);
}

#[test]
fn a_drift_of_just_six_pixels_is_still() {
    let mut dwell = Dwell::default();
    assert_eq!(dwell.on(Over('p', A)), Wait);
    assert_eq!(dwell.on(Over('p', Point { x: 16.0, y: 10.0 })), Nothing);
    assert_eq!(dwell.on(Over('p', Point { x: 16.1, y: 10.0 })), Wait);
}

#[test]
fn a_pointer_that_left_the_window_has_moved_though_it_comes_in_where_it_was() {
    let mut dwell = Dwell::default();
    assert_eq!(dwell.on(Over('p', A)), Wait);
    assert_eq!(dwell.on(Dismissed), Stop);
    dwell.left();
    assert_eq!(dwell.on(Away), Stop);
    assert_eq!(dwell.on(Over('p', A)), Wait);
}
