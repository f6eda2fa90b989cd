//! Random texts that stand for something: a session's cookie, a sign-in's `state`, the verifier of PKCE.
//!
//! 256 random bits in URL-safe base64, 43 characters: what RFC 7636 asks of a verifier, more than anybody can guess. The
//! database has hashes of them only.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::store::RandomSource;

/// Characters of one.
const LENGTH: usize = 43;

/// One of them. It is never printed.
#[derive(Clone)]
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    pub(super) fn generate(random: &dyn RandomSource) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        random.fill(&mut *bytes);
        Self(Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(*bytes)))
    }

    /// Reads one that came back.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_one = text.len() == LENGTH
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        is_one.then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The text itself, for whom it is meant.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What the record knows it by.
    pub(super) fn hash(&self) -> String {
        hex(&Sha256::digest(self.0.as_bytes()))
    }

    /// The challenge of PKCE for this verifier (RFC 7636, 4.2, S256).
    pub(super) fn challenge(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(self.0.as_bytes()))
    }
}

impl std::fmt::Debug for SecretText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::SystemRandom;

    #[test]
    fn a_text_is_read_back_and_never_printed() {
        let text = SecretText::generate(&SystemRandom);
        assert_eq!(SecretText::parse(text.reveal()).map(|text| text.hash()), Some(text.hash()));
        assert_eq!(format!("{text:?}"), "***");
        assert_eq!((text.reveal().len(), text.hash().len()), (43, 64));
        for other in ["", "short", &"é".repeat(22), &"a".repeat(44), &format!("{}=", "a".repeat(42))] {
            assert!(SecretText::parse(other).is_none(), "{other}");
        }
    }

    #[test]
    fn the_challenge_is_the_one_of_the_standard() {
        // RFC 7636, appendix B.
        let verifier = SecretText::parse("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").expect("a verifier");
        assert_eq!(verifier.challenge(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
