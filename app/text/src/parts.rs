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
    /// The text as it is meant for a platform, whether it fits or not.
    #[must_use]
    pub fn whole(&self, rule: &Rule) -> String {
        let Plain { words, alt, credit } = self.plain(rule);
        let alt = if alt.is_empty() { alt } else { format!("[{alt}]") };
        let parts = [words.as_str(), &alt, &credit, self.link.trim()];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(GAP)
    }

    /// The text, as much of it as the platform takes.
    #[must_use]
    pub fn fitted(&self, rule: &Rule) -> String {
        // What is an address may be one only where it stands: the whole is counted as the whole first.
        let whole = self.whole(rule);
        if rule.holds(&whole) {
            return whole;
        }
        let Plain { words, alt, credit } = self.plain(rule);
        let mut tail = self.link.trim().to_owned();
        if let Some(with_credit) = joined(&credit, &tail, rule) {
            tail = with_credit;
        }
        let alt = in_brackets(&alt, &left(rule, &tail), &words);
        tail = joined(&alt, &tail, rule).unwrap_or(tail);
        joined(&left(rule, &tail).shorten(&words), &tail, rule).unwrap_or(tail)
    }

    /// The parts as nothing but text.
    fn plain(&self, rule: &Rule) -> Plain {
        let alt = self.alt.split_whitespace().collect::<Vec<_>>().join(" ");
        Plain {
            words: rule.markup.words(self.words.trim()),
            alt: rule.markup.strangers(&alt),
            credit: rule.markup.strangers(self.credit.trim()),
        }
    }
}

/// The parts but the link, which is ours.
struct Plain {
    words: String,
    alt: String,
    credit: String,
}

/// The alt text as one line in brackets; what `words` leave of the room is for it, and at least half of all.
fn in_brackets(alt: &str, room: &Rule, words: &str) -> String {
    let brackets = room.without(room.plain("[]"), "[]".len());
    let halved = brackets.without(room.max / 2, room.max_bytes.unwrap_or(0) / 2);
    let beside = brackets.without(room.count(words) + room.plain(GAP), words.len() + GAP.len());
    let alt = if beside.max > halved.max { beside } else { halved }.shorten(alt);
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
    use proptest::sample::select;

    use super::*;
    use crate::markup::Markup;
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

    /// Every kind of rule, of which the browser knows what the server knows.
    fn any_rule() -> impl Strategy<Value = Rule> {
        let unit = [Unit::Graphemes, Unit::Characters, Unit::Utf16, Unit::Bytes, Unit::Weighted];
        let address = [AddressCount::AsItIs, AddressCount::Always(23), AddressCount::AtLeast(23)];
        let markup =
            [Markup::None, Markup::Links, Markup::Names, Markup::Topics, Markup::Signs, Markup::Markdown];
        let one = (select(unit.to_vec()), select(address.to_vec()), select(markup.to_vec()));
        (one, any::<[bool; 2]>(), 40_usize..300).prop_map(
            |((unit, address, markup), [has_hosts, is_fine], max)| Rule {
                is_fine,
                address,
                has_hosts,
                ..Rule::new(unit, max).with(markup)
            },
        )
    }

    const HARD: &str = "(https?://a\\.example/@b\\(c\\) |@[a-z]{2}|[a-z]{2}\\.org|[#*_\\[\\]()<>$!`~\\\\\n ]|中|👩🏿‍🚀|\\PC){0,40}";

    proptest! {
        /// The browser counts the whole text, the server sends the fitted one.
        #[test]
        fn what_holds_whole_is_not_shortened_and_counts_the_same(
            words in HARD,
            alt in HARD,
            credit in "(Ada|evil\\.org|@bob|\\PC){0,3}",
            rule in any_rule(),
        ) {
            let parts = Parts { words: &words, alt: &alt, credit: &credit, link: LINK };
            let (whole, fitted) = (parts.whole(&rule), parts.fitted(&rule));
            if rule.holds(&whole) {
                prop_assert_eq!(rule.count(&fitted), rule.count(&whole));
                prop_assert_eq!(fitted, whole);
            } else {
                prop_assert!(fitted != whole && (rule.holds(&fitted) || fitted == LINK));
            }
        }

        #[test]
        fn any_text_keeps_the_link(words in "\\PC{0,200}", alt in "\\PC{0,40}", rule in any_rule()) {
            let parts = Parts { words: &words, alt: &alt, credit: "Ada · CC BY 4.0", link: LINK };
            prop_assert!(parts.fitted(&rule).ends_with(LINK));
        }
    }
}
