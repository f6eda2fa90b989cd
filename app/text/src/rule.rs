//! What a platform counts, how it counts addresses, and how much it takes.

use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation;

use crate::addresses::addresses;
use crate::letters::is_letter_or_number;
use crate::markup::Markup;
use crate::weighted::{weight, with_emoji_as_bytes};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Characters as people see them (extended grapheme clusters, Unicode annex 29): a family of four is one.
    Graphemes,
    /// Code points: that family is seven.
    Characters,
    /// Units of UTF-16, as JavaScript counts: that family is eleven.
    Utf16,
    /// Bytes of UTF-8: that family is twenty-five.
    Bytes,
    /// What X weighs: that family is two, as a letter of Chinese is, and a Latin one is one.
    Weighted,
}

/// What an address in the text counts as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AddressCount {
    /// What it is.
    #[default]
    AsItIs,
    /// The same, however long it is.
    Always(usize),
    /// What it is, but no less than this: for servers of which it is not known which of the two they do.
    AtLeast(usize),
}

/// How many characters a text has as people see them.
#[must_use]
pub fn graphemes(text: &str) -> usize {
    text.graphemes(true).count()
}

/// How long a text may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// What is counted.
    pub unit: Unit,
    /// Most of them.
    pub max: usize,
    /// Most bytes of UTF-8, where there is such a limit too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_bytes: Option<usize>,
    /// What an address counts as.
    #[serde(default)]
    pub address: AddressCount,
    /// Whether names of hosts are addresses too, without a scheme.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_hosts: bool,
    /// Whether it counts more finely than the unit: of graphemes as programs do whose tables are older than Unicode 15.1, for which
    /// consonants of India that are written as one sign are one each (Mastodon's Ruby may be such a one, or not); of UTF-16 an emoji as its
    /// bytes of UTF-8. No units of their own: overlays of earlier versions, which pages have pinned, know none but those above.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_fine: bool,
    /// What is made of signs in it, which is kept from happening.
    #[serde(default, skip_serializing_if = "is_none")]
    pub markup: Markup,
}

fn is_none(markup: &Markup) -> bool {
    *markup == Markup::None
}

impl Rule {
    /// At most `max` of `unit`, addresses like any other text.
    #[must_use]
    pub const fn new(unit: Unit, max: usize) -> Self {
        let (address, markup) = (AddressCount::AsItIs, Markup::None);
        Self { unit, max, max_bytes: None, address, has_hosts: false, is_fine: false, markup }
    }

    /// The same, counted more finely.
    #[must_use]
    pub const fn finely(self) -> Self {
        Self { is_fine: true, ..self }
    }

    /// The same, for a platform that makes this of signs in the text.
    #[must_use]
    pub const fn with(self, markup: Markup) -> Self {
        Self { markup, ..self }
    }

    /// How much of `max` this text takes.
    #[must_use]
    pub fn count(&self, text: &str) -> usize {
        self.count_by(text, graphemes)
    }

    /// The same, with [`graphemes`] of the caller's: browsers have the tables of Unicode already, and need not load ours.
    #[must_use]
    pub fn count_by(&self, text: &str, graphemes: fn(&str) -> usize) -> usize {
        if self.address == AddressCount::AsItIs {
            return self.plain_by(text, graphemes);
        }
        let mut total = 0;
        let mut end = 0;
        for address in addresses(text) {
            total += self.beside_by(&text[end..address.start], graphemes)
                + self.of_address_by(&text[address.clone()], graphemes);
            end = address.end;
        }
        total + self.beside_by(&text[end..], graphemes)
    }

    /// What a text counts as in which no address has a scheme.
    fn beside_by(&self, text: &str, graphemes: fn(&str) -> usize) -> usize {
        let more = |host| self.of_address_by(host, graphemes).saturating_sub(self.plain_by(host, graphemes));
        let hosts = if self.has_hosts { hosts(text).map(more).sum() } else { 0 };
        self.plain_by(text, graphemes) + hosts
    }

    /// Whether the platform takes this text.
    #[must_use]
    pub fn holds(&self, text: &str) -> bool {
        self.holds_by(text, graphemes)
    }

    /// The same, as in [`Rule::count_by`].
    #[must_use]
    pub fn holds_by(&self, text: &str, graphemes: fn(&str) -> usize) -> bool {
        self.max_bytes.is_none_or(|max| text.len() <= max) && self.count_by(text, graphemes) <= self.max
    }

    /// The rule with this much less of both limits.
    pub(crate) fn without(self, taken: usize, taken_bytes: usize) -> Self {
        Self {
            max: self.max.saturating_sub(taken),
            max_bytes: self.max_bytes.map(|max| max.saturating_sub(taken_bytes)),
            ..self
        }
    }

    /// What an address counts as.
    pub(crate) fn of_address(&self, address: &str) -> usize {
        self.of_address_by(address, graphemes)
    }

    fn of_address_by(&self, address: &str, graphemes: fn(&str) -> usize) -> usize {
        match self.address {
            AddressCount::AsItIs => self.plain_by(address, graphemes),
            AddressCount::Always(count) => count,
            AddressCount::AtLeast(count) => self.plain_by(address, graphemes).max(count),
        }
    }

    /// What a text counts as in which nothing is an address.
    pub(crate) fn plain(&self, text: &str) -> usize {
        self.plain_by(text, graphemes)
    }

    fn plain_by(&self, text: &str, graphemes: fn(&str) -> usize) -> usize {
        match self.unit {
            Unit::Graphemes if self.is_fine => {
                graphemes(text) + text.chars().filter(|c| is_linker(*c)).count()
            }
            Unit::Graphemes => graphemes(text),
            Unit::Characters => text.chars().count(),
            Unit::Utf16 if self.is_fine => with_emoji_as_bytes(text),
            Unit::Utf16 => text.encode_utf16().count(),
            Unit::Bytes => text.len(),
            Unit::Weighted => weight(text),
        }
    }
}

/// What joins a consonant to the next one (`Indic_Conjunct_Break=Linker`, Unicode 17).
fn is_linker(c: char) -> bool {
    matches!(
        c,
        '\u{94d}'
            | '\u{9cd}'
            | '\u{acd}'
            | '\u{b4d}'
            | '\u{c4d}'
            | '\u{d4d}'
            | '\u{1039}'
            | '\u{17d2}'
            | '\u{1a60}'
            | '\u{1b44}'
            | '\u{1bab}'
            | '\u{a9c0}'
            | '\u{aaf6}'
            | '\u{10a3f}'
            | '\u{11133}'
            | '\u{113d0}'
            | '\u{1193e}'
            | '\u{11a47}'
            | '\u{11a99}'
            | '\u{11f42}'
    )
}

/// What may be the name of a host: which ends there are of such names, only a list could tell.
fn hosts(text: &str) -> impl Iterator<Item = &str> {
    let is_host = |word: &&str| {
        word.rsplit_once('.').is_some_and(|(before, end)| {
            !before.is_empty() && end.chars().take_while(char::is_ascii_alphabetic).count() >= 2
        })
    };
    text.split(|c: char| !(is_letter_or_number(c) || matches!(c, '.' | '-'))).filter(is_host)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAMILY: &str = "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}\u{200d}\u{1f466}";

    #[test]
    fn each_unit_counts_in_its_own_way() {
        for (text, graphemes, characters, utf16, bytes, weighted, fine_graphemes, fine_utf16) in [
            ("", 0, 0, 0, 0, 0, 0, 0),
            ("abc", 3, 3, 3, 3, 3, 3, 3),
            ("e\u{301}", 1, 2, 2, 3, 2, 1, 2),
            ("\u{4e2d}\u{6587}", 2, 2, 2, 6, 4, 2, 2),
            (FAMILY, 1, 7, 11, 25, 2, 1, 25),
            ("\u{1f1e8}\u{1f1f3}", 1, 2, 4, 8, 2, 1, 8),
            ("a\r\nb", 3, 4, 4, 4, 4, 3, 4),
            ("\u{4e2d}\u{1f600}!", 3, 3, 4, 8, 5, 3, 6),
            // "Hindi": two consonants of it are one sign.
            ("\u{939}\u{93f}\u{928}\u{94d}\u{926}\u{940}", 2, 6, 6, 18, 6, 3, 6),
        ] {
            let units = [Unit::Graphemes, Unit::Characters, Unit::Utf16, Unit::Bytes, Unit::Weighted];
            let expected = [graphemes, characters, utf16, bytes, weighted, fine_graphemes, fine_utf16];
            let fine = [Unit::Graphemes, Unit::Utf16].map(|unit| Rule::new(unit, 0).finely());
            let rules = units.map(|unit| Rule::new(unit, 0)).into_iter().chain(fine);
            let counts: Vec<_> = rules.map(|rule| rule.count(text)).collect();
            assert_eq!(counts, expected, "{text:?}");
        }
    }

    /// The units that overlays know which pages have pinned: one more, and they would read none of what the server says.
    #[test]
    fn overlays_of_earlier_versions_read_every_rule() {
        #[derive(Debug, Deserialize, PartialEq)]
        #[serde(rename_all = "snake_case")]
        enum Known {
            Graphemes,
            Characters,
            Utf16,
            Bytes,
            Weighted,
        }
        #[derive(Deserialize)]
        struct Earlier {
            unit: Known,
        }
        for (unit, known) in [
            (Unit::Graphemes, Known::Graphemes),
            (Unit::Characters, Known::Characters),
            (Unit::Utf16, Known::Utf16),
            (Unit::Bytes, Known::Bytes),
            (Unit::Weighted, Known::Weighted),
        ] {
            // Whoever adds a unit comes by here.
            match unit {
                Unit::Graphemes | Unit::Characters | Unit::Utf16 | Unit::Bytes | Unit::Weighted => {}
            }
            let told = serde_json::to_string(&Rule::new(unit, 9).finely()).expect("plain data");
            let read: Earlier = serde_json::from_str(&told).expect("it reads it");
            assert_eq!(read.unit, known);
        }
    }

    #[test]
    fn an_address_counts_as_the_platform_says() {
        let rule = |address| Rule { address, ..Rule::new(Unit::Characters, 0) };
        for (text, as_it_is, always, at_least) in [
            ("see https://a.example/b ok", 26, 30, 30),
            ("https://a.example/a/very/long/way/indeed", 40, 23, 40),
            ("https://a.example, https://b.example", 36, 48, 48),
            ("no address", 10, 10, 10),
        ] {
            let counts = [AddressCount::AsItIs, AddressCount::Always(23), AddressCount::AtLeast(23)]
                .map(|address| rule(address).count(text));
            assert_eq!(counts, [as_it_is, always, at_least], "{text}");
        }
    }

    #[test]
    fn names_of_hosts_are_addresses_where_the_platform_takes_them_for_some() {
        let rule = Rule { address: AddressCount::Always(23), ..Rule::new(Unit::Weighted, 0) };
        let with_hosts = Rule { has_hosts: true, ..rule };
        for (text, without, with) in [
            ("The lighthouse.", 15, 15),
            ("see example.org and a.co", 24, 4 + 23 + 5 + 23),
            ("3.5 m high", 10, 10),
            ("https://a.example/b example.org", 35, 24 + 23),
            ("example.\u{2060}org", 13, 13),
        ] {
            assert_eq!((rule.count(text), with_hosts.count(text)), (without, with), "{text}");
        }
    }

    #[test]
    fn both_limits_count() {
        let rule = Rule { max_bytes: Some(30), ..Rule::new(Unit::Graphemes, 3) };
        assert!(rule.holds(FAMILY) && rule.holds("abc"));
        assert!(!rule.holds("abcd"), "too many characters");
        assert!(!rule.holds(&FAMILY.repeat(2)), "too many bytes");
    }

    #[test]
    fn a_rule_travels_as_plain_data() {
        let rule = Rule { address: AddressCount::Always(23), ..Rule::new(Unit::Characters, 500) };
        let text = serde_json::to_string(&rule).expect("plain data");
        assert_eq!(text, r#"{"unit":"characters","max":500,"address":{"always":23}}"#);
        assert_eq!(serde_json::from_str::<Rule>(&text).ok(), Some(rule));
        let rule = Rule { has_hosts: true, ..rule.with(Markup::Names) };
        let text = serde_json::to_string(&rule).expect("plain data");
        assert_eq!(serde_json::from_str::<Rule>(&text).ok(), Some(rule));
    }
}
