//! Tokens: that a page of a site asked for one share, some minutes ago at the most.
//!
//! A token is when it ends and a code over that, the site and the share's idempotency key (RFC 2104, HMAC-SHA-256), under a
//! secret that all processes share: nothing is kept for it. Sent again, by whomever, it gives the receipt of the same share
//! and never a second one, since the record knows its key.

use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// How long a token lasts.
pub const LIFETIME: Duration = Duration::from_mins(10);

/// Makes and recognises tokens.
#[derive(Clone)]
pub struct Tokens(Hmac<Sha256>);

impl Tokens {
    /// Those under this secret.
    #[must_use]
    pub fn new(secret: &[u8]) -> Self {
        Self(Hmac::new_from_slice(secret).expect("a key of any length is taken"))
    }

    /// A token for the share `key` from `origin`, made at `now`, in seconds.
    #[must_use]
    pub fn make(&self, origin: &str, key: &str, now: i64) -> String {
        let end = now.saturating_add(LIFETIME.as_secs().try_into().unwrap_or(i64::MAX));
        let code = self.code(origin, key, end).finalize().into_bytes();
        code.iter().fold(format!("{end}."), |token, byte| format!("{token}{byte:02x}"))
    }

    /// Whether `token` is one for that, at `now`; how long it takes says nothing about it.
    #[must_use]
    pub fn is_good(&self, token: &str, origin: &str, key: &str, now: i64) -> bool {
        let Some((end, code)) = token.split_once('.') else { return false };
        let Ok(end) = end.parse::<i64>() else { return false };
        let digits = code.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).ok());
        let bytes: Option<Vec<u8>> =
            digits.map(|pair| pair.and_then(|pair| u8::from_str_radix(pair, 16).ok())).collect();
        let is_ours = bytes.is_some_and(|bytes| self.code(origin, key, end).verify_slice(&bytes).is_ok());
        is_ours && now < end
    }

    fn code(&self, origin: &str, key: &str, end: i64) -> Hmac<Sha256> {
        // An origin has no space.
        self.0.clone().chain_update(format!("share {end} {origin} {key}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_its_site_its_share_and_its_time() {
        let tokens = Tokens::new(b"secret");
        let token = tokens.make("https://a.example", "key", 1_000);
        assert!(tokens.is_good(&token, "https://a.example", "key", 1_599));
        for (origin, key, now) in [
            ("https://b.example", "key", 1_000),
            ("https://a.example", "other", 1_000),
            ("https://a.example", "key", 1_600),
        ] {
            assert!(!tokens.is_good(&token, origin, key, now), "{origin} {key} {now}");
        }
        assert!(!Tokens::new(b"another").is_good(&token, "https://a.example", "key", 1_000));
    }

    #[test]
    fn what_is_no_token_is_not_one() {
        let tokens = Tokens::new(b"secret");
        let (end, code) = (1_600, &tokens.make("o", "k", 1_000)[5..]);
        for wrong in
            ["", ".", "1600", "1600.", &format!("9{end}.{code}"), &format!("{end}.{}", &code[2..]), "é.é"]
        {
            assert!(!tokens.is_good(wrong, "o", "k", 1_000), "{wrong}");
        }
    }
}
