//! What a platform counts, how it counts addresses, and how much it takes.

use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation;

use crate::addresses::addresses;
use crate::weighted::weight;

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
}

impl Rule {
    /// At most `max` of `unit`, addresses like any other text.
    #[must_use]
    pub const fn new(unit: Unit, max: usize) -> Self {
        Self { unit, max, max_bytes: None, address: AddressCount::AsItIs }
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
            total += self.plain_by(&text[end..address.start], graphemes)
                + self.of_address_by(&text[address.clone()], graphemes);
            end = address.end;
        }
        total + self.plain_by(&text[end..], graphemes)
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
            Unit::Graphemes => graphemes(text),
            Unit::Characters => text.chars().count(),
            Unit::Utf16 => text.encode_utf16().count(),
            Unit::Bytes => text.len(),
            Unit::Weighted => weight(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAMILY: &str = "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}\u{200d}\u{1f466}";

    fn count(unit: Unit, text: &str) -> usize {
        Rule::new(unit, 0).count(text)
    }

    #[test]
    fn each_unit_counts_in_its_own_way() {
        for (text, graphemes, characters, utf16, bytes, weighted) in [
            ("", 0, 0, 0, 0, 0),
            ("abc", 3, 3, 3, 3, 3),
            ("e\u{301}", 1, 2, 2, 3, 2),
            ("\u{4e2d}\u{6587}", 2, 2, 2, 6, 4),
            (FAMILY, 1, 7, 11, 25, 2),
            ("\u{1f1e8}\u{1f1f3}", 1, 2, 4, 8, 2),
            ("a\r\nb", 3, 4, 4, 4, 4),
        ] {
            let counts = [Unit::Graphemes, Unit::Characters, Unit::Utf16, Unit::Bytes, Unit::Weighted]
                .map(|unit| count(unit, text));
            assert_eq!(counts, [graphemes, characters, utf16, bytes, weighted], "{text:?}");
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
    }
}
