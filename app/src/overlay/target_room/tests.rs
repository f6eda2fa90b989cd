use cutline_text::{AddressCount, Rule, Unit};

use super::*;
use crate::language::Language;

const LINK: &str = "https://c.example/s/0123456789abcdef";

fn limits(max: usize) -> TargetLimits {
    let text = Rule { address: AddressCount::AtLeast(23), ..Rule::new(Unit::Graphemes, max) };
    TargetLimits {
        text,
        alt: Some(Rule::new(Unit::Characters, 10)),
        max_pixels: Some(100),
        max_side: Some(20),
    }
}

fn room(limits: &TargetLimits, words: &str, alt: &str, size: (u32, u32)) -> Room {
    Room::of(limits, words, alt, LINK, Size::new(size.0, size.1).expect("a size"), cutline_text::graphemes)
}

fn takes(words: &str, taken: usize) {
    assert_eq!(room(&limits(300), words, "", (1, 1)).taken, taken);
}

sentences! {
    the_link_alone_is_counted: takes("", 36);
    words_are_counted_with_the_gap_before_the_link_and_without_space_around_them: takes("  abc ", 41);
    a_family_is_one_character: takes("\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}\u{200d}\u{1f466}", 39);
    an_address_counts_as_the_target_counts_addresses: takes("see https://a.example", 65);
}

fn warns(limits: &TargetLimits, alt: &str, size: (u32, u32), expected: &str) {
    assert_eq!(room(limits, "abc", alt, size).words(Language::English.labels()), expected);
}

/// Where alt texts have no field.
fn without_alt(max: usize) -> TargetLimits {
    TargetLimits { alt: None, ..limits(max) }
}

sentences! {
    nothing_is_said_of_what_just_fits: warns(&limits(41), "short", (10, 10), "");
    a_text_that_will_be_shortened_is_told: warns(&limits(40), "short", (10, 10), "The text will be shortened.");
    an_alt_text_that_will_be_shortened_is_told: warns(&limits(99), "longer than ten", (10, 10), "The alt text will be shortened.");
    a_picture_of_too_many_pixels_is_told: warns(&limits(99), "", (11, 10), "The picture will be made smaller.");
    a_picture_with_too_long_a_side_is_told: warns(&limits(99), "", (40, 2), "The picture will be made smaller.");
    an_alt_text_without_a_field_is_told: warns(
        &without_alt(99),
        "a bird",
        (1, 1),
        "No field for alt text there; it will stand in the text.",
    );
    no_alt_text_without_a_field_is_nothing_to_tell: warns(&without_alt(99), "  ", (1, 1), "");
    an_alt_text_without_a_field_takes_room_in_the_text: warns(
        &without_alt(50),
        "longer than ten",
        (1, 1),
        "The text will be shortened. No field for alt text there; it will stand in the text.",
    );
}

/// What of a target stands in its line, beside its name.
fn shows(limits: &TargetLimits, alt: &str, size: (u32, u32), expected: [&str; 3]) {
    let (room, labels) = (room(limits, "abc", alt, size), Language::English.labels());
    assert_eq!([room.count(labels), room.alt_count(labels), room.pixels(labels)], expected);
}

sentences! {
    text_and_picture_stand_in_the_line: shows(&limits(99), "", (10, 10), ["41 / 99", "", "10 × 10 pixels"]);
    an_alt_text_is_counted_as_its_target_counts:
        shows(&limits(99), "longer than ten", (1, 1), ["41 / 99", "Alt text: 15 / 10", "1 × 1 pixels"]);
    an_alt_text_without_a_field_is_counted_with_the_text:
        shows(&without_alt(99), "a bird", (1, 1), ["51 / 99", "", "1 × 1 pixels"]);
    a_picture_of_too_many_pixels_has_the_size_that_it_will_have:
        shows(&limits(99), "", (11, 10), ["41 / 99", "", "10 × 9 pixels"]);
    a_picture_with_too_long_a_side_has_the_size_that_it_will_have:
        shows(&limits(99), "", (40, 2), ["41 / 99", "", "20 × 1 pixels"]);
}

#[test]
fn what_is_worth_a_word_is_spoken_with_its_target_and_nothing_else_is() {
    let told = [("A", 40), ("B", 99), ("C", 40)]
        .map(|(name, max)| (name.to_owned(), room(&limits(max), "abc", "", (1, 1))));
    let expected = "A: The text will be shortened. C: The text will be shortened.";
    assert_eq!(spoken(&told, Language::English.labels()), expected);
}

fn fits(size: (u32, u32), expected: Option<(u32, u32)>) {
    assert_eq!(shrunk(&limits(1), Size::new(size.0, size.1).expect("a size")), expected);
}

sentences! {
    a_picture_within_both_limits_keeps_its_size: fits((10, 10), None);
    a_picture_as_long_as_the_longest_side_keeps_its_size: fits((20, 5), None);
    a_picture_of_one_row_stays_one_row: fits((400, 1), Some((20, 1)));
    the_stricter_limit_counts: fits((200, 100), Some((14, 7)));
}
