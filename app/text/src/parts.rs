//! What a post says: the visitor's words, what the picture shows, who made it, and the link.

use crate::rule::Rule;

/// What stands between two parts.
const GAP: &str = "\n\n";

/// The parts of a post's text, in the order in which they stand; each may be empty but the link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts<'a> {
    /// The visitor's words: shortened first, to no less than half of what there is for them and the alt text.
    pub words: &'a str,
    /// What the picture shows, for platforms that have no field for it: shortened beside the words.
    pub alt: &'a str,
    /// Who made the picture: left out when it does not fit beside the link.
    pub credit: &'a str,
    /// The share page: always there, whole.
    pub link: &'a str,
}

impl Parts<'_> {
    /// The text as it is meant, whether it fits or not.
    #[must_use]
    pub fn whole(&self) -> String {
        let alt = self.alt.split_whitespace().collect::<Vec<_>>().join(" ");
        let alt = if alt.is_empty() { alt } else { format!("[{alt}]") };
        let parts = [self.words.trim(), alt.as_str(), self.credit.trim(), self.link.trim()];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(GAP)
    }

    /// The text, as much of it as the platform takes.
    #[must_use]
    pub fn fitted(&self, rule: &Rule) -> String {
        let mut tail = self.link.trim().to_owned();
        if let Some(with_credit) = joined(self.credit.trim(), &tail, rule) {
            tail = with_credit;
        }
        let words = self.words.trim();
        let alt = in_brackets(self.alt.trim(), &left(rule, &tail), words);
        tail = joined(&alt, &tail, rule).unwrap_or(tail);
        joined(&left(rule, &tail).shorten(words), &tail, rule).unwrap_or(tail)
    }
}

/// The alt text as one line in brackets; what `words` leave of the room is for it, and at least half of all.
fn in_brackets(alt: &str, room: &Rule, words: &str) -> String {
    let brackets = room.without(room.plain("[]"), "[]".len());
    let halved = brackets.without(room.max / 2, room.max_bytes.unwrap_or(0) / 2);
    let beside = brackets.without(room.count(words) + room.plain(GAP), words.len() + GAP.len());
    let alt = alt.split_whitespace().collect::<Vec<_>>().join(" ");
    let alt = if beside.max > halved.max { beside } else { halved }.shorten(&alt);
    if alt.is_empty() { alt } else { format!("[{alt}]") }
}

/// What the rule leaves beside a gap and `tail`.
fn left(rule: &Rule, tail: &str) -> Rule {
    rule.without(rule.count(tail) + rule.plain(GAP), GAP.len() + tail.len())
}

/// Both with a gap between them, if that is a text that fits.
fn joined(part: &str, tail: &str, rule: &Rule) -> Option<String> {
    let text = if tail.is_empty() { part.to_owned() } else { format!("{part}{GAP}{tail}") };
    (!part.is_empty() && rule.holds(&text)).then_some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rule::{AddressCount, Unit};

    const LINK: &str = "https://c.example/s/0123456789abcdef";

    fn words(words: &str) -> Parts<'_> {
        Parts { words, link: LINK, ..Parts::default() }
    }

    fn characters(max: usize) -> Rule {
        Rule::new(Unit::Characters, max)
    }

    #[test]
    fn a_short_text_stays_as_it_is() {
        assert_eq!(words(" The lighthouse\n").fitted(&characters(500)), format!("The lighthouse\n\n{LINK}"));
        assert_eq!(words("").fitted(&characters(500)), LINK);
        let all = Parts { words: "Look", alt: "A lighthouse", credit: "Ada · CC0", link: LINK };
        assert_eq!(all.fitted(&characters(500)), format!("Look\n\n[A lighthouse]\n\nAda · CC0\n\n{LINK}"));
    }

    #[test]
    fn the_words_are_shortened_first_and_the_link_never() {
        assert_eq!(
            words(&"word ".repeat(200)).fitted(&characters(60)),
            format!("word word word word w…\n\n{LINK}")
        );
        let all = Parts { words: "The lighthouse", alt: "A lighthouse", credit: "Ada", link: LINK };
        for (max, before_link) in [
            (73, "The lighthouse\n\n[A lighthouse]\n\nAda\n\n"),
            (72, "The lighthou…\n\n[A lighthouse]\n\nAda\n\n"),
            (60, "The l…\n\n[A ligh…]\n\nAda\n\n"),
            (42, "Ada\n\n"),
            (39, ""),
            (10, ""),
        ] {
            assert_eq!(all.fitted(&characters(max)), format!("{before_link}{LINK}"), "{max}");
        }
    }

    #[test]
    fn the_link_counts_as_the_platform_counts_addresses() {
        let rule = |max| Rule { address: AddressCount::Always(23), ..characters(max) };
        assert_eq!(words("The lighthouse").fitted(&rule(39)), format!("The lighthouse\n\n{LINK}"));
        assert_eq!(words("The lighthouse").fitted(&rule(38)), format!("The lighthou…\n\n{LINK}"));
    }

    proptest! {
        #[test]
        fn what_holds_whole_is_not_shortened(words in "\\PC{0,60}", alt in "\\PC{0,40}", max in 40_usize..200) {
            let parts = Parts { words: &words, alt: &alt, credit: "Ada", link: LINK };
            let rule = characters(max);
            if rule.holds(&parts.whole()) {
                prop_assert_eq!(parts.fitted(&rule), parts.whole());
            }
        }

        #[test]
        fn any_text_fits_and_keeps_the_link(words in "\\PC{0,200}", alt in "\\PC{0,40}", max in 40_usize..200) {
            let parts = Parts { words: &words, alt: &alt, credit: "Ada · CC BY 4.0", link: LINK };
            let rule = characters(max);
            let text = parts.fitted(&rule);
            prop_assert!(text.ends_with(LINK) && rule.holds(&text));
        }
    }
}
