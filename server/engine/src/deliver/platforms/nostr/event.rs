//! Events, of which all on Nostr is made (NIP-01): what one says, the id that is the digest of that, and the signature under it.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::keys::{hex, is_signed};

/// A note of some words.
pub(super) const NOTE: u16 = 1;
/// Asks relays to delete (NIP-09).
pub(super) const DELETION: u16 = 5;
/// Says to a relay who is there (NIP-42).
pub(super) const SIGN_IN: u16 = 22_242;
/// Allows a request to a server of pictures (BUD-01).
pub(super) const PERMIT: u16 = 24_242;

/// What an event says before it is signed. Whoever says the same at the same time says the same event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Draft {
    /// The account.
    pub(super) pubkey: String,
    /// In seconds since 1970.
    pub(super) created_at: i64,
    pub(super) kind: u16,
    pub(super) tags: Vec<Vec<String>>,
    pub(super) content: String,
}

/// A signed event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Event {
    pub(super) id: String,
    #[serde(flatten)]
    pub(super) draft: Draft,
    pub(super) sig: String,
}

impl Draft {
    /// What the id is the digest of: the one way to write it down.
    pub(super) fn written(&self) -> String {
        let Self { pubkey, created_at, kind, tags, content } = self;
        serde_json::to_string(&(0, pubkey, created_at, kind, tags, content)).expect("texts and numbers")
    }

    /// The id, as bytes.
    pub(super) fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.written()).into()
    }

    /// The id.
    pub(super) fn id(&self) -> String {
        hex(&self.digest())
    }

    /// The first value of each tag of this name.
    pub(super) fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.tags
            .iter()
            .filter(move |tag| tag.first().is_some_and(|first| first == name))
            .filter_map(|tag| tag.get(1).map(String::as_str))
    }
}

impl Event {
    /// Whether it is what its id and its signature say. A relay can keep events back, but not make any.
    pub(super) fn is_genuine(&self) -> bool {
        let digest = self.draft.digest();
        self.id == hex(&digest) && is_signed(&digest, &self.draft.pubkey, &self.sig)
    }
}

/// A tag of these texts.
pub(super) fn tag<const N: usize>(texts: [&str; N]) -> Vec<String> {
    texts.map(str::to_owned).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Events that others have made and published: in NIP-04's oldest tests, and in BUD-02.
    const PUBLISHED: [&str; 2] = [
        r#"{"id":"2be17aa3031bdcb006f0fce80c146dea9c1c0268b0af2398bb673365c6444d45","pubkey":"f86c44a2de95d9149b51c6a29afeabba264c18e2fa7c49de93424a0c56947785","created_at":1640839235,"kind":4,"tags":[["p","13adc511de7e1cfcf1c6b7f6365fb5a03442d7bcacf565ea57fa7770912c023d"]],"content":"uRuvYr585B80L6rSJiHocw==?iv=oh6LVqdsYYol3JfFnXTbPA==","sig":"a5d9290ef9659083c490b303eb7ee41356d8778ff19f2f91776c8dc4443388a64ffcf336e61af4c25c05ac3ae952d1ced889ed655b67790891222aaa15b99fdd"}"#,
        r#"{"id":"bb653c815da18c089f3124b41c4b5ec072a40b87ca0f50bbbc6ecde9aca442eb","pubkey":"b53185b9f27962ebdf76b8a9b0a84cd8b27f9f3d4abd59f715788a3bf9e7f75e","kind":24242,"content":"Upload bitcoin.pdf","created_at":1708773959,"tags":[["t","upload"],["x","b1674191a88ec5cdd733e4240a81803105dc412d6c6708d53ab94fc248f4f553"],["expiration","1708858680"]],"sig":"d0d58c92afb3f4f1925120b99c39cffe77d93e82f488c5f8f482e8f97df75c5357175b5098c338661c37d1074b0a18ab5e75a9df08967bfb200930ec6a76562f"}"#,
    ];

    #[test]
    fn events_of_others_are_genuine_until_a_letter_is_another() {
        for text in PUBLISHED {
            let event: Event = serde_json::from_str(text).expect("an event");
            assert!(event.is_genuine(), "{text}");
            let mut forged = event.clone();
            forged.draft.content += ".";
            assert!(!forged.is_genuine());
            forged.id = forged.draft.id();
            assert!(!forged.is_genuine(), "with its own id, but not signed");
            let signed_by_another = Event { sig: format!("00{}", &event.sig[2..]), ..event };
            assert!(!signed_by_another.is_genuine());
        }
    }

    #[test]
    fn what_is_signed_is_written_as_the_specification_says() {
        let draft = Draft {
            pubkey: "f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9".to_owned(),
            created_at: 1_790_000_000,
            kind: NOTE,
            tags: vec![tag(["r", "https://c.example/s/1"]), tag(["alt", "a \"b\" \\ c"])],
            content: "line\nbreak\r\ttab \"q\" \\ \u{8}\u{c} 灯塔 🗼 \u{2028} é / <&> \u{7f}".to_owned(),
        };
        let written = concat!(
            r#"[0,"f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9",1790000000,1,"#,
            r#"[["r","https://c.example/s/1"],["alt","a \"b\" \\ c"]],"line\nbreak\r\ttab \"q\" \\ \b\f 灯塔 🗼 "#,
            "\u{2028} é / <&> \u{7f}\"]",
        );
        assert_eq!(draft.written(), written);
        // As Python's `json` and `hashlib` have it.
        assert_eq!(draft.id(), "b868b8572287c525c044c232b854638b8ee7b280fca40753042f9c43b61978bf");
    }
}
