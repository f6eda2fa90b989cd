//! Keys of Nostr, as people copy them (NIP-19) and as events hold them, and what is signed with them (BIP-340).

use std::sync::LazyLock;

use bech32::primitives::decode::CheckedHrpstring;
use bech32::{Bech32, Hrp};
use secp256k1::schnorr::Signature;
use secp256k1::{All, Keypair, Secp256k1, XOnlyPublicKey};

use super::event::{Draft, Event};

/// What the curve's arithmetic works with.
static CURVE: LazyLock<Secp256k1<All>> = LazyLock::new(Secp256k1::new);

/// A secret key and its account. Neither printed nor written down.
pub(super) struct Key {
    pair: Keypair,
    public: String,
}

impl Key {
    /// Reads `nsec1…` or 64 hexadecimal digits.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let secret = unhex(text).or_else(|| named("nsec", text))?;
        let pair = Keypair::from_seckey_byte_array(&CURVE, secret).ok()?;
        let public = hex(&pair.x_only_public_key().0.serialize());
        Some(Self { pair, public })
    }

    /// The account, as events name it.
    pub(super) fn public(&self) -> &str {
        &self.public
    }

    /// The draft, signed: each time the same.
    pub(super) fn sign(&self, draft: Draft) -> Event {
        let digest = draft.digest();
        Event { id: hex(&digest), sig: self.signature(&digest), draft }
    }

    fn signature(&self, digest: &[u8; 32]) -> String {
        CURVE.sign_schnorr_no_aux_rand(digest, &self.pair).to_string()
    }
}

/// Whether `sig` is the signature of `account` under this digest.
pub(super) fn is_signed(digest: &[u8; 32], account: &str, sig: &str) -> bool {
    let account = unhex(account).and_then(|bytes| XOnlyPublicKey::from_byte_array(bytes).ok());
    let (Some(account), Ok(sig)) = (account, sig.parse::<Signature>()) else { return false };
    CURVE.verify_schnorr(&sig, digest, &account).is_ok()
}

/// The public key that `npub1…` is, as events hold it.
pub(super) fn parse_public(text: &str) -> Option<String> {
    named("npub", text).map(|bytes| hex(&bytes))
}

/// A public key as people copy it.
#[cfg(test)]
pub(super) fn npub(public: &str) -> String {
    encoded("npub", &unhex(public).expect("a key"))
}

/// An event as programs hand it on: with its author, its kind and a relay where it is.
pub(super) fn nevent(event: &Event, relay: Option<&str>) -> String {
    let mut parts: Vec<(u8, Vec<u8>)> = Vec::new();
    parts.extend(unhex(&event.id).map(|id| (0, id.to_vec())));
    parts.extend(relay.filter(|relay| relay.len() <= 255).map(|relay| (1, relay.as_bytes().to_vec())));
    parts.extend(unhex(&event.draft.pubkey).map(|author| (2, author.to_vec())));
    parts.push((3, u32::from(event.draft.kind).to_be_bytes().to_vec()));
    let bytes: Vec<u8> = parts
        .into_iter()
        .flat_map(|(kind, part)| {
            let length = u8::try_from(part.len()).expect("no part is longer");
            [kind, length].into_iter().chain(part)
        })
        .collect();
    encoded("nevent", &bytes)
}

fn encoded(kind: &str, bytes: &[u8]) -> String {
    let kind = Hrp::parse(kind).expect("a word");
    bech32::encode::<Bech32>(kind, bytes).expect("below the longest that has a check sum")
}

/// The 32 bytes behind this word.
fn named(kind: &str, text: &str) -> Option<[u8; 32]> {
    let checked = CheckedHrpstring::new::<Bech32>(text).ok()?;
    if checked.hrp().to_lowercase() != kind {
        return None;
    }
    checked.byte_iter().collect::<Vec<_>>().try_into().ok()
}

/// Bytes as events hold them.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads 32 bytes.
pub(super) fn unhex(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; 32];
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * place..2 * place + 2], 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The test vectors of BIP-340 for messages of 32 bytes: index, secret key, public key, auxiliary randomness, message, signature,
    /// result, comment.
    const VECTORS: &str = include_str!("tests/bip-340.csv");

    #[test]
    fn keys_and_signatures_are_those_of_the_standard() {
        let vectors: Vec<Vec<String>> = VECTORS
            .lines()
            .skip(1)
            .map(|line| line.to_lowercase().split(',').map(str::to_owned).collect())
            .collect();
        assert_eq!(vectors.len(), 15);
        for vector in &vectors {
            let [index, secret, public, randomness, message, signature, result, ..] = &vector[..] else {
                panic!("{vector:?}")
            };
            let message = unhex(message).expect("a message");
            assert_eq!(is_signed(&message, public, signature), result == "true", "{index}");
            if secret.is_empty() {
                continue;
            }
            let key = Key::parse(secret).expect("a key");
            assert_eq!(key.public(), public, "{index}");
            let randomness = unhex(randomness).expect("randomness");
            let signed = CURVE.sign_schnorr_with_aux_rand(&message, &key.pair, &randomness);
            assert_eq!(signed.to_string(), *signature, "{index}");
            // Ours are those without randomness.
            assert_eq!(key.signature(&message) == *signature, randomness == [0; 32], "{index}");
        }
    }

    #[test]
    fn keys_are_read_as_people_copy_them() {
        // The examples of NIP-19.
        let nsec = "nsec1vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe5";
        let secret = "67dea2ed018072d675f5415ecfaed7d2597555e202d85b3d65ea4e58d2d92ffa";
        let npub = "npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptg";
        let public = "7e7e9c42a91bfef19fa929e5fda1b72e0ebc1a4c1141673e2794234d86addf4e";
        let of = |text: &str| Key::parse(text).map(|key| key.public().to_owned());
        assert!(of(nsec).is_some() && of(nsec) == of(secret) && of(nsec) == of(&secret.to_uppercase()));
        assert_eq!((parse_public(npub).as_deref(), super::npub(public)), (Some(public), npub.to_owned()));
        let order = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
        for wrong in [
            "",
            npub,
            &nsec[..62],
            &nsec.replace("vl0", "vl1"),
            &secret[1..],
            &"0".repeat(64),
            order,
            &"é".repeat(32),
        ] {
            assert!(of(wrong).is_none(), "{wrong}");
        }
        assert!(parse_public(nsec).is_none());
    }
}
