//! A text cut to a rule: between characters as people see them, with an ellipsis, and never within an address, because half
//! an address leads elsewhere.

use unicode_segmentation::UnicodeSegmentation;

use crate::addresses::addresses;
use crate::rule::Rule;

const ELLIPSIS: &str = "…";

impl Rule {
    /// `text` as far as the platform takes it; nothing when not even its beginning fits.
    #[must_use]
    pub fn shorten(&self, text: &str) -> String {
        let text = text.trim();
        if self.holds(text) {
            return text.to_owned();
        }
        // A cut may lie behind each of these; the longest that still leaves room for the ellipsis is the first to try.
        let room = self.without(self.plain(ELLIPSIS), ELLIPSIS.len());
        let mut cuts = Vec::new();
        let mut used = 0;
        for piece in pieces(text) {
            used += if piece.is_address { self.of_address(piece.text) } else { self.plain(piece.text) };
            let end = piece.start + piece.text.len();
            if used > room.max || room.max_bytes.is_some_and(|max| end > max) {
                break;
            }
            cuts.push(end);
        }
        // Without what followed, the end may count otherwise: whoever cuts looks again.
        while let Some(end) = cuts.pop() {
            let kept = text[..end].trim_end();
            let shortened = format!("{kept}{ELLIPSIS}");
            if !kept.is_empty() && self.holds(&shortened) {
                return shortened;
            }
        }
        String::new()
    }
}

/// What is kept or left out as one: a character as people see it, or an address.
struct Piece<'a> {
    text: &'a str,
    start: usize,
    is_address: bool,
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut end = 0;
    for address in addresses(text) {
        characters(text, end..address.start, &mut pieces);
        pieces.push(Piece { text: &text[address.clone()], start: address.start, is_address: true });
        end = address.end;
    }
    characters(text, end..text.len(), &mut pieces);
    pieces
}

fn characters<'a>(text: &'a str, range: std::ops::Range<usize>, pieces: &mut Vec<Piece<'a>>) {
    let start = range.start;
    pieces.extend(text[range].grapheme_indices(true).map(|(at, text)| Piece {
        text,
        start: start + at,
        is_address: false,
    }));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rule::{AddressCount, Unit};

    fn characters(max: usize) -> Rule {
        Rule::new(Unit::Characters, max)
    }

    #[test]
    fn a_text_that_fits_stays_as_it_is() {
        assert_eq!(characters(18).shorten(" A white lighthouse\n"), "A white lighthouse");
    }

    #[test]
    fn a_cut_is_made_between_characters_as_people_see_them() {
        let family = "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}";
        for (text, max, shortened) in [
            (family.repeat(3), 11, format!("{family}{family}…")),
            (family.repeat(3), 10, format!("{family}…")),
            ("e\u{301}e\u{301}".to_owned(), 3, "e\u{301}…".to_owned()),
            ("e\u{301}e\u{301}".to_owned(), 2, String::new()),
            ("word word".to_owned(), 6, "word…".to_owned()),
        ] {
            assert_eq!(characters(max).shorten(&text), shortened, "{text} {max}");
        }
        assert_eq!(
            Rule::new(Unit::Graphemes, 3).shorten(&family.repeat(4)),
            format!("{}…", family.repeat(2))
        );
        assert_eq!(
            Rule { max_bytes: Some(38), ..Rule::new(Unit::Graphemes, 3) }.shorten(&family.repeat(4)),
            format!("{family}…")
        );
    }

    #[test]
    fn an_address_is_kept_whole_or_left_out() {
        let text = "see http://a.example/c and http://d.example/f";
        for (max, shortened) in [
            (45, text),
            (44, "see http://a.example/c and…"),
            (23, "see http://a.example/c…"),
            (22, "see…"),
            (4, "see…"),
            (3, "se…"),
        ] {
            assert_eq!(characters(max).shorten(text), shortened, "{max}");
        }
        let rule = Rule { address: AddressCount::Always(5), ..characters(14) };
        assert_eq!(rule.shorten(text), "see http://a.example/c and…");
    }

    proptest! {
        #[test]
        fn what_is_kept_is_the_beginning_and_fits(
            text in "(https://a\\.example/|[ab .]|\\PC){0,80}",
            max in 0_usize..60,
            unit in proptest::sample::select(vec![Unit::Graphemes, Unit::Characters, Unit::Utf16, Unit::Bytes, Unit::Weighted]),
            address in proptest::sample::select(vec![AddressCount::AsItIs, AddressCount::Always(9), AddressCount::AtLeast(30)]),
            is_fine: bool,
        ) {
            let rule = Rule { address, is_fine, ..Rule::new(unit, max) };
            let shortened = rule.shorten(&text);
            prop_assert!(rule.holds(&shortened));
            let kept = shortened.strip_suffix('…').unwrap_or(&shortened);
            prop_assert!(text.trim().starts_with(kept));
        }
    }
}
