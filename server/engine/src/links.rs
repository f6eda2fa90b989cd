//! Links that only this site can have made: the one by which the maker of a share deletes it.
//!
//! The key in such a link is a code of what it allows, under a secret that all processes of the site share (RFC 2104,
//! HMAC-SHA-256, shortened to half as its section 5 allows). So nothing is kept for it, and asking again gives the same.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::store::{RandomSource, ShareId, Store, StoreError};

/// Bytes of a key; twice as many digits stand in a link.
const KEY_BYTES: usize = 16;

/// Makes and recognises the keys.
#[derive(Clone)]
pub struct LinkKeys(Hmac<Sha256>);

impl LinkKeys {
    /// Those of a site: its secret is made when it is first wanted.
    pub async fn of(store: &dyn Store, random: &dyn RandomSource) -> Result<Self, StoreError> {
        let mut fresh = [0; 32];
        random.fill(&mut fresh);
        Ok(Self::new(&store.secret("links", &fresh).await?))
    }

    /// Those under this secret.
    #[must_use]
    pub fn new(secret: &[u8]) -> Self {
        Self(Hmac::new_from_slice(secret).expect("a key of any length is taken"))
    }

    /// The key for deleting a share: 32 hexadecimal digits.
    #[must_use]
    pub fn deletion(&self, share: &ShareId) -> String {
        let code = self.code(share).finalize().into_bytes();
        code.iter().take(KEY_BYTES).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether this is that key; how long it takes says nothing about it.
    #[must_use]
    pub fn is_deletion(&self, share: &ShareId, key: &str) -> bool {
        let digits = key.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).ok());
        let bytes: Option<Vec<u8>> =
            digits.map(|pair| pair.and_then(|pair| u8::from_str_radix(pair, 16).ok())).collect();
        bytes.is_some_and(|bytes| {
            bytes.len() == KEY_BYTES && self.code(share).verify_truncated_left(&bytes).is_ok()
        })
    }

    fn code(&self, share: &ShareId) -> Hmac<Sha256> {
        self.0.clone().chain_update("delete ").chain_update(share.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::SystemRandom;

    #[test]
    fn a_key_opens_one_share_of_one_site() {
        let (keys, others) = (LinkKeys::new(b"secret"), LinkKeys::new(b"another"));
        let (share, other) = (ShareId::generate(&SystemRandom), ShareId::generate(&SystemRandom));
        let key = keys.deletion(&share);
        assert_eq!(key.len(), 32);
        assert!(keys.is_deletion(&share, &key));
        assert!(!keys.is_deletion(&other, &key) && !others.is_deletion(&share, &key));
        for wrong in ["", "00", &key[1..], &format!("{key}00"), &"é".repeat(16), &"+1".repeat(16)] {
            assert!(!keys.is_deletion(&share, wrong), "{wrong}");
        }
    }
}
