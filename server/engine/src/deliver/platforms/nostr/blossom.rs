//! Pictures go to Blossom servers (<https://github.com/hzrd149/blossom>, BUD-01 and BUD-02), which keep them under the digest of
//! their bytes. What is asked of them is allowed by a signed event.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use jiff::Timestamp;
use reqwest::Method;
use serde_json::Value;

use super::event::{Draft, Event, PERMIT, tag};
use crate::deliver::line::{Line, web_address};
use crate::deliver::{Post, PostError};

/// For how long a permit holds, in seconds.
const HOLDS: i64 = 600;
/// A permit must not be of the future, and the server's clock may be late by so much, in seconds.
const SKEW: i64 = 60;

/// What allows `account` to `verb` the picture of this digest, once it is signed.
pub(super) fn permit(account: &str, verb: &str, digest: &str, now: Timestamp) -> Draft {
    let now = now.as_second();
    let words = format!("{} a picture", if verb == "upload" { "Upload" } else { "Delete" });
    let tags = vec![tag(["t", verb]), tag(["x", digest]), tag(["expiration", &(now + HOLDS).to_string()])];
    Draft { pubkey: account.to_owned(), created_at: now - SKEW, kind: PERMIT, tags, content: words }
}

fn authorization(permit: &Event) -> String {
    let permit = serde_json::to_string(permit).expect("texts and numbers");
    format!("Nostr {}", STANDARD.encode(permit))
}

/// Brings the picture to one server; gives its address there.
pub(super) async fn upload(
    line: &Line,
    post: &Post,
    digest: &str,
    permit: &Event,
) -> Result<String, PostError> {
    let request = line
        .plain(Method::PUT, &["upload"])
        .header(AUTHORIZATION, authorization(permit))
        .header(CONTENT_TYPE, &post.media_type)
        .header("x-sha-256", digest)
        .body(post.bytes.clone());
    let answer = line.get(request).await?;
    let json = answer.json().unwrap_or_default();
    let text = |key| json.get(key).and_then(Value::as_str);
    // One that changes pictures keeps another than the one that the note is to name.
    let is_this = text("sha256").is_some_and(|said| said.eq_ignore_ascii_case(digest));
    let address = text("url").and_then(web_address).filter(|_| is_this);
    address.ok_or_else(|| line.unclear(&answer))
}

/// Removes the picture from one server.
pub(super) async fn delete(line: &Line, digest: &str, permit: &Event) -> Result<(), PostError> {
    line.remove(line.plain(Method::DELETE, &[digest]).header(AUTHORIZATION, authorization(permit))).await
}
