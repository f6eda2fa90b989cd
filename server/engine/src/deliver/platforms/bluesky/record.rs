//! The record that a post is (`app.bsky.feed.post`), and its key.

use cutline_text::{Rule, Unit, addresses};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::deliver::Post;

/// Where posts are among an account's records.
pub(super) const COLLECTION: &str = "app.bsky.feed.post";
/// The letters of keys, in order (<https://atproto.com/specs/tid>).
const LETTERS: &[u8; 32] = b"234567abcdefghijklmnopqrstuvwxyz";

/// The alt text: the protocol has no limit, Bluesky's own app takes this much.
pub(super) const fn alt_rule() -> Rule {
    Rule::new(Unit::Graphemes, 2000)
}

/// The record of a post that says `text`.
pub(super) fn record(post: &Post, text: &str, blob: &Value) -> Value {
    let mut record = json!({
        "$type": COLLECTION,
        "text": text,
        "createdAt": post.shared_at.to_string(),
        "embed": {
            "$type": "app.bsky.embed.images",
            "images": [{
                "alt": alt_rule().shorten(&post.alt),
                "image": blob,
                "aspectRatio": {"width": post.size.width(), "height": post.size.height()},
            }],
        },
    });
    let facets = facets(text, &post.link);
    if !facets.is_empty() {
        record["facets"] = Value::Array(facets);
    }
    record
}

/// The links in a text, with `link` at its end: an address that no facet names is not one, also where it looks like none (on
/// a host without dots). Places are counted in bytes.
fn facets(text: &str, link: &str) -> Vec<Value> {
    let start_of_link = text.strip_suffix(link).map_or(text.len(), str::len);
    addresses(&text[..start_of_link])
        .into_iter()
        .chain((start_of_link < text.len()).then_some(start_of_link..text.len()))
        .map(|range| {
            json!({
                "index": {"byteStart": range.start, "byteEnd": range.end},
                "features": [{"$type": "app.bsky.richtext.facet#link", "uri": &text[range]}],
            })
        })
        .collect()
}

/// The record's key: a time and a number, as the protocol has them (TID). Both are made of the delivery, so that it is the
/// same whenever the post is sent; the time is the share's own, which keeps posts in order.
pub(super) fn key_of(post: &Post) -> String {
    let digest = Sha256::digest(&post.idempotency_key);
    let noise = u64::from(u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]));
    let millis = u64::try_from(post.shared_at.as_millisecond()).unwrap_or(0);
    // 53 bits of microseconds since 1970, of which the record knows the thousands, and 10 bits for who made it.
    let micros = millis.saturating_mul(1000).saturating_add(noise % 1000) & ((1 << 53) - 1);
    let number = (micros << 10) | ((noise / 1000) % 1024);
    (0..13).map(|place| char::from(LETTERS[((number >> (60 - 5 * place)) & 31) as usize])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deliver::fake_server::post;

    #[test]
    fn links_are_counted_in_bytes() {
        let text = "日本 https://a.example/é, http://127.0.0.1/s/1";
        let found: Vec<_> = facets(text, "http://127.0.0.1/s/1")
            .into_iter()
            .map(|facet| {
                (
                    facet["index"]["byteStart"].clone(),
                    facet["index"]["byteEnd"].clone(),
                    facet["features"][0]["uri"].clone(),
                )
            })
            .collect();
        assert_eq!(
            found,
            [
                (json!(7), json!(27), json!("https://a.example/é")),
                (json!(29), json!(49), json!("http://127.0.0.1/s/1")),
            ]
        );
    }

    #[test]
    fn a_key_is_the_deliverys_and_in_the_order_of_time() {
        let key = key_of(&post());
        assert_eq!(key, key_of(&post()));
        assert_eq!(key.len(), 13);
        assert!(key.starts_with(|c| "234567abcdefghij".contains(c)), "{key}");
        let other = Post { idempotency_key: "another".to_owned(), ..post() };
        assert_ne!(key, key_of(&other));
        let later = Post { shared_at: "2026-11-23T12:00:01Z".parse().expect("a time"), ..other };
        assert!(key < key_of(&later));
    }
}
