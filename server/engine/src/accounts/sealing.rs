//! Secrets of visitors, sealed where they are kept: XChaCha20-Poly1305 under a key that is not in the database.
//!
//! What is sealed is bound to its place (visitor, platform, row): in another row it cannot be opened, so that whoever can write
//! to the database cannot give one visitor another's account. Nonces are random, 192 bits, which no number of rows exhausts.
//! Each text says which key it takes, so that the key can be changed while servers run.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::store::{RandomSource, Sealed};

/// Bytes of a nonce.
const NONCE_BYTES: usize = 24;
/// Fewest bytes of a key file: what a guesser must not be able to try out.
pub const MIN_KEY_FILE_BYTES: usize = 32;

/// Why something cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// It was sealed under a key that this site does not have (any more).
    #[error("it is sealed under the key {0}, which is not configured")]
    OtherKey(String),
    /// It was changed, or belongs to another place.
    #[error("what is sealed was changed, or is not of this place")]
    Broken,
}

/// Where something sealed belongs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    /// Whose it is; empty for what is the site's own.
    pub(super) visitor: &'a str,
    pub(super) platform: &'a str,
    /// Its table and what names its row.
    pub(super) row: (&'a str, &'a str),
}

impl Place<'_> {
    fn bytes(self) -> Vec<u8> {
        let (table, row) = self.row;
        // With their lengths: no two places have the same text.
        let parts = [self.visitor, self.platform, table, row];
        parts.iter().fold(b"v1".to_vec(), |mut text, part| {
            text.extend_from_slice(format!("|{}:{part}", part.len()).as_bytes());
            text
        })
    }
}

/// One key.
#[derive(Clone)]
struct Key {
    id: String,
    cipher: XChaCha20Poly1305,
}

impl Key {
    /// The key that the bytes of a file stand for.
    fn of_file(bytes: &[u8]) -> Self {
        let derived = |purpose: &str| {
            let mac = Hmac::<Sha256>::new_from_slice(bytes).expect("a key of any length is taken");
            Zeroizing::new(<[u8; 32]>::from(mac.chain_update(purpose).finalize().into_bytes()))
        };
        let id = derived("cutline key id v1").iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        let cipher = XChaCha20Poly1305::new_from_slice(&*derived("cutline seal v1"));
        Self { id, cipher: cipher.expect("32 bytes") }
    }
}

/// Seals and opens.
#[derive(Clone)]
pub struct Sealer {
    current: Key,
    previous: Option<Key>,
}

impl Sealer {
    /// Seals under the key that these bytes stand for, and opens what the previous one sealed too.
    #[must_use]
    pub fn new(current: &[u8], previous: Option<&[u8]>) -> Self {
        Self { current: Key::of_file(current), previous: previous.map(Key::of_file) }
    }

    /// The name of the key that is sealed under.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.current.id
    }

    pub(super) fn seal(&self, place: Place<'_>, secret: &[u8], random: &dyn RandomSource) -> Sealed {
        let mut bytes = vec![0; NONCE_BYTES];
        random.fill(&mut bytes);
        let nonce = XNonce::try_from(&bytes[..]).expect("24 bytes");
        let payload = Payload { msg: secret, aad: &place.bytes() };
        let text = self.current.cipher.encrypt(&nonce, payload).expect("shorter than 256 GiB");
        bytes.extend_from_slice(&text);
        Sealed { key_id: self.current.id.clone(), bytes }
    }

    pub(super) fn open(&self, place: Place<'_>, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let mut keys = std::iter::once(&self.current).chain(&self.previous);
        let key = keys.find(|key| key.id == sealed.key_id);
        let key = key.ok_or_else(|| SealError::OtherKey(sealed.key_id.clone()))?;
        let (nonce, text) = sealed.bytes.split_at_checked(NONCE_BYTES).ok_or(SealError::Broken)?;
        let nonce = XNonce::try_from(nonce).map_err(|_| SealError::Broken)?;
        let payload = Payload { msg: text, aad: &place.bytes() };
        key.cipher.decrypt(&nonce, payload).map(Zeroizing::new).map_err(|_| SealError::Broken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::SystemRandom;

    const PLACE: Place<'_> = Place { visitor: "ann", platform: "mastodon", row: ("account", "one") };

    #[test]
    fn what_is_sealed_opens_in_its_place_alone() {
        let sealer = Sealer::new(&[7; 32], None);
        let sealed = sealer.seal(PLACE, b"token", &SystemRandom);
        assert!(!sealed.bytes.windows(5).any(|bytes| bytes == b"token"));
        assert_eq!(sealer.open(PLACE, &sealed).as_deref().map(Vec::as_slice), Ok(&b"token"[..]));
        for other in [
            Place { visitor: "bob", ..PLACE },
            Place { platform: "bluesky", ..PLACE },
            Place { row: ("account", "two"), ..PLACE },
            Place { row: ("sign_in", "one"), ..PLACE },
            // The same characters, divided otherwise.
            Place { visitor: "ann|8:mastodon", platform: "", ..PLACE },
        ] {
            assert_eq!(sealer.open(other, &sealed), Err(SealError::Broken), "{other:?}");
        }
    }

    #[test]
    fn any_change_is_seen() {
        let sealer = Sealer::new(&[7; 32], None);
        let sealed = sealer.seal(PLACE, b"token", &SystemRandom);
        for at in 0..sealed.bytes.len() {
            let mut changed = sealed.clone();
            changed.bytes[at] ^= 1;
            assert_eq!(sealer.open(PLACE, &changed), Err(SealError::Broken), "{at}");
            changed.bytes.truncate(at);
            assert_eq!(sealer.open(PLACE, &changed), Err(SealError::Broken), "{at}");
        }
        assert_ne!(sealer.seal(PLACE, b"token", &SystemRandom), sealed, "twice is not the same");
    }

    #[test]
    fn a_changed_key_opens_what_the_previous_one_sealed_and_seals_under_itself() {
        let (old, new) = (Sealer::new(&[7; 32], None), Sealer::new(&[8; 32], Some(&[7; 32])));
        let sealed = old.seal(PLACE, b"token", &SystemRandom);
        assert!(new.open(PLACE, &sealed).is_ok());
        let again = new.seal(PLACE, b"token", &SystemRandom);
        assert_eq!((again.key_id.as_str(), again.key_id == old.key_id()), (new.key_id(), false));
        assert_eq!(old.open(PLACE, &again), Err(SealError::OtherKey(again.key_id)));
    }
}
