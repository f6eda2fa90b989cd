use super::*;
use crate::language::Language;

fn counts(text: &str, expected: u32) {
    assert_eq!(length(text), expected);
}

sentences! {
    an_empty_text_has_no_characters: counts("", 0);
    space_around_a_text_is_not_counted_and_space_within_is: counts("  a b \n", 3);
    a_chinese_character_is_one: counts("灯塔", 2);
    a_letter_and_its_accent_are_two_as_the_server_counts: counts("e\u{301}", 2);
    a_sign_beyond_the_first_plane_is_one: counts("\u{1f305}", 1);
}

fn tells(count: u32, expected: &str) {
    assert_eq!(told(count, 100, Language::English.labels()), expected);
}

sentences! {
    nothing_is_told_of_an_empty_text: tells(0, "");
    nothing_is_told_while_there_is_room: tells(79, "");
    the_count_is_told_from_four_fifths_on: tells(80, "80 / 100");
    the_count_is_told_of_a_text_that_just_fits: tells(100, "100 / 100");
    what_is_too_much_is_told_of_the_first_character_on: tells(101, "1 characters too many");
    what_is_too_much_is_told_as_a_number: tells(103, "3 characters too many");
}
