//! Makes a text fit a platform: the visitor's words are shortened, the link never.
//!
//! Counting is on the safe side: platforms count characters in different ways (code points, graphemes, 23 for any
//! address), so each part counts as the most that any of them would count.

use unicode_segmentation::UnicodeSegmentation;

const ELLIPSIS: char = '…';
/// Joins without being seen (Unicode 2060).
const WORD_JOINER: char = '\u{2060}';
/// What stands between the words and the link.
const GAP: &str = "\n\n";
/// What every address has, whatever its scheme.
const URL_MARK: &str = "://";

/// `description`, a blank line and `link`, in at most `max_chars`, of which an address takes at least `chars_per_url`.
pub(super) fn with_link(description: &str, link: &str, max_chars: usize, chars_per_url: usize) -> String {
    let description = description.trim();
    let taken = link.chars().count().max(chars_per_url) + GAP.len();
    let words = shorten(description, max_chars.saturating_sub(taken), chars_per_url);
    if words.is_empty() { link.to_owned() } else { format!("{words}{GAP}{link}") }
}

/// `text` in which nobody is mentioned: the account that posts is the site's, and a visitor's words must not call on
/// strangers in its name. An invisible word joiner parts the `@` from the name; what is read stays the same.
pub(super) fn without_mentions(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        plain.push(c);
        if c == '@' && chars.peek().is_some_and(|next| next.is_alphanumeric() || *next == '_') {
            plain.push(WORD_JOINER);
        }
    }
    plain
}

/// `text` in at most `max_chars`: whole, or cut between characters as people see them, with an ellipsis.
pub(super) fn fit(text: &str, max_chars: usize) -> String {
    shorten(text.trim(), max_chars, 0)
}

fn shorten(text: &str, max_chars: usize, chars_per_url: usize) -> String {
    if cost(text, chars_per_url) <= max_chars {
        return text.to_owned();
    }
    let mut end = 0;
    let mut used = 1; // the ellipsis
    for (start, grapheme) in text.grapheme_indices(true) {
        let next = start + grapheme.len();
        used += grapheme.chars().count();
        if text[..next].ends_with(URL_MARK) {
            used += chars_per_url;
        }
        if used > max_chars {
            break;
        }
        end = next;
    }
    let kept = text[..before_cut_address(text, end)].trim_end();
    if kept.is_empty() { String::new() } else { format!("{kept}{ELLIPSIS}") }
}

/// `end`, or where the address begins that a cut at `end` would split: half an address leads elsewhere.
fn before_cut_address(text: &str, end: usize) -> usize {
    let word_start = text[..end]
        .rfind(char::is_whitespace)
        .map_or(0, |space| space + text[space..].chars().next().map_or(0, char::len_utf8));
    let word_end = text[end..].find(char::is_whitespace).map_or(text.len(), |space| end + space);
    if end < word_end && text[word_start..word_end].contains(URL_MARK) { word_start } else { end }
}

/// The most that a platform may count `text` as: its code points, and a full address for each one in it.
fn cost(text: &str, chars_per_url: usize) -> usize {
    text.chars().count() + text.matches(URL_MARK).count() * chars_per_url
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LINK: &str = "https://c.example/s/0123456789abcdef";

    #[test]
    fn nobody_is_mentioned() {
        for (text, expected) in [
            ("ask @alice@example.social", "ask @\u{2060}alice@\u{2060}example.social"),
            ("5 apples @ 2 each, mail me @", "5 apples @ 2 each, mail me @"),
            ("@_x", "@\u{2060}_x"),
        ] {
            assert_eq!(without_mentions(text), expected);
        }
    }

    #[test]
    fn a_short_text_stays_as_it_is() {
        assert_eq!(with_link(" The lighthouse\n", LINK, 500, 23), format!("The lighthouse\n\n{LINK}"));
        assert_eq!(with_link("", LINK, 500, 23), LINK);
        assert_eq!(fit("A white lighthouse", 18), "A white lighthouse");
    }

    #[test]
    fn a_long_text_is_cut_at_its_end_and_the_link_stays() {
        let text = with_link(&"word ".repeat(200), LINK, 60, 23);
        assert_eq!(text, format!("word word word word w…\n\n{LINK}"));
        assert_eq!(text.chars().count(), 60);
    }

    #[test]
    fn a_cut_falls_between_characters_as_people_see_them() {
        // A family of five code points, then an e with its accent as a second one.
        let family = "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}";
        assert_eq!(fit(&family.repeat(3), 11), format!("{family}{family}…"));
        assert_eq!(fit(&family.repeat(3), 10), format!("{family}…"));
        assert_eq!(fit("e\u{301}e\u{301}", 3), "e\u{301}…");
        assert_eq!(fit("e\u{301}e\u{301}", 2), "");
    }

    #[test]
    fn an_address_in_the_text_counts_as_what_the_platform_takes_for_one() {
        // 17 characters, and 32 more for the address: one too many for 48.
        let text = "see http://a.b ok";
        assert_eq!(shorten(text, 49, 32), text);
        assert_eq!(shorten(text, 48, 32), "see http://a.b…");
        assert_eq!(shorten(text, 46, 32), "see…");
    }

    #[test]
    fn an_address_is_kept_whole_or_left_out() {
        let text = "see http://a.b/c and http://d.e/f";
        for (max_chars, shortened) in [
            (33, text),
            (32, "see http://a.b/c and…"),
            (20, "see http://a.b/c an…"),
            (17, "see http://a.b/c…"),
            (16, "see…"),
            (4, "see…"),
            (3, "se…"),
        ] {
            assert_eq!(shorten(text, max_chars, 0), shortened, "{max_chars}");
        }
    }

    #[test]
    fn without_room_for_words_the_link_stands_alone() {
        for max_chars in [0, 10, 36, 38, 39] {
            assert_eq!(with_link("The lighthouse", LINK, max_chars, 23), LINK);
        }
        assert_eq!(with_link("The lighthouse", LINK, 40, 23), format!("T…\n\n{LINK}"));
    }

    proptest! {
        #[test]
        fn any_text_fits_and_keeps_the_link(description in "\\PC{0,200}", max_chars in 40_usize..200) {
            let text = with_link(&description, LINK, max_chars, 23);
            prop_assert!(text.ends_with(LINK));
            prop_assert!(text.chars().count() <= max_chars);
        }

        #[test]
        fn what_is_kept_is_the_beginning(text in "\\PC{0,200}", max_chars in 0_usize..200) {
            let fitted = fit(&text, max_chars);
            let kept = fitted.strip_suffix(ELLIPSIS).unwrap_or(&fitted);
            prop_assert!(text.trim().starts_with(kept));
            prop_assert!(fitted.chars().count() <= max_chars);
        }
    }
}
