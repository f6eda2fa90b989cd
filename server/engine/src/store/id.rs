//! Names a share: 16 characters that nobody can guess, short enough to read out.
//!
//! 80 random bits in lower-case Crockford base32 (no i, l, o, u): a share page is public to whoever has its address,
//! so the address must not be found by counting or by trying.

use super::RandomSource;

/// Crockford's 32 digits, <https://www.crockford.com/base32.html>, in lower case.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Digits of an id: 16 times 5 bits.
const LENGTH: usize = 16;

/// Names one share, for example `4zq8n1x0c7hw2kfm`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ShareId(String);

/// A text is not a share's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a share's id is 16 characters of 0-9 and a-z without i, l, o and u")]
pub struct ShareIdError;

impl ShareId {
    /// A new id out of 80 bits of `random`.
    #[must_use]
    pub fn generate(random: &dyn RandomSource) -> Self {
        let mut bytes = [0; LENGTH * 5 / 8];
        random.fill(&mut bytes);
        let bits = bytes.iter().fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
        let digits = (0..LENGTH).rev().map(|place| char::from(DIGITS[(bits >> (place * 5) & 31) as usize]));
        Self(digits.collect())
    }

    /// Reads an id. Only the one spelling that [`Display`](std::fmt::Display) gives is taken: one share, one address.
    pub fn parse(text: &str) -> Result<Self, ShareIdError> {
        let is_id = text.len() == LENGTH && text.bytes().all(|byte| DIGITS.contains(&byte));
        if is_id { Ok(Self(text.to_owned())) } else { Err(ShareIdError) }
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for ShareId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{super::SystemRandom, *};

    struct Fixed([u8; 10]);

    impl RandomSource for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.copy_from_slice(&self.0);
        }
    }

    #[test]
    fn eighty_bits_become_sixteen_digits() {
        for (bytes, text) in [
            ([0; 10], "0000000000000000"),
            ([255; 10], "zzzzzzzzzzzzzzzz"),
            ([0, 0, 0, 0, 0, 0, 0, 0, 0, 33], "0000000000000011"),
            ([0b0000_1000, 0, 0, 0, 0, 0, 0, 0, 0, 0], "1000000000000000"),
        ] {
            assert_eq!(ShareId::generate(&Fixed(bytes)).to_string(), text);
        }
    }

    #[test]
    fn ids_differ_and_are_read_back() {
        let ids: HashSet<ShareId> = (0..1000).map(|_| ShareId::generate(&SystemRandom)).collect();
        assert_eq!(ids.len(), 1000);
        assert!(ids.iter().all(|id| ShareId::parse(id.as_str()).as_ref() == Ok(id)));
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "000000000000000",
            "00000000000000000",
            "000000000000000i",
            "000000000000000A",
            "../../etc/passwd",
            "00000000000000é",
        ] {
            assert_eq!(ShareId::parse(text), Err(ShareIdError), "{text}");
        }
    }
}
