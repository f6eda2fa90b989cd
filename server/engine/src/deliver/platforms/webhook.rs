//! The connector for anything else: one signed request to an address of the site owner's, as Standard Webhooks has them
//! (<https://www.standardwebhooks.com>), with libraries for most languages.
//!
//! The receiver checks the signature over id, time and body, and takes each id once. That makes sending again harmless,
//! and is the one thing that it must do.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cutline_model::Target;
use cutline_text::{Rule, Unit};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{AccountKey, Entry, Proof, ServerKey, parse_own_name};
use crate::deliver::client::Answer;
use crate::deliver::line::{Line, Meaning, Tools, id_of, web_address};
use crate::deliver::{Account, AccountError, Limits, PictureLimits, Platform, Post, PostError, Posted};

/// Its line in the table of platforms.
pub(super) static ENTRY: Entry = Entry {
    name: "webhook",
    title: "Webhook",
    // Two ends and what joins them.
    icon: "M6 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM18 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM9 12h6",
    server: ServerKey::AskedWithPath("https://example.org/shares"),
    account: AccountKey {
        is: "a name of your own for what is there",
        example: "intranet",
        sign: "",
        parse: parse_own_name,
    },
    token: "the secret that both sides know: `whsec_` and at least 24 bytes in base64, for example from `echo whsec_$(openssl rand -base64 32)`",
    check: |account| key_of(account).map(drop),
    scopes: None,
    lists: &[],
    has_visibility: false,
    costs: None,
    limits: Limits {
        text: Rule::new(Unit::Bytes, 1 << 20),
        alt: Some(Rule::new(Unit::Bytes, 1 << 20)),
        picture: PictureLimits {
            formats: &[],
            max_bytes: None,
            max_pixels: None,
            max_side: None,
            aspect: None,
        },
    },
    told: "",
    leftover: "there is none: picture and words are sent together",
    repetition: "each request has an id that stays the same; the receiver must take each once",
    source: "https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md",
    read_on: "2026-11-26",
    proof: Proof::Receiver,
    more: include_str!("webhook/schema.md"),
    make: |account, tools| Ok(Arc::new(Webhook::new(account, tools)?)),
};

/// What a secret begins with.
const PREFIX: &str = "whsec_";

/// The key that requests are signed with.
fn key_of(account: &Account) -> Result<Vec<u8>, AccountError> {
    let text = account.token.reveal().strip_prefix(PREFIX);
    let key = text.and_then(|text| STANDARD.decode(text).ok()).filter(|key| (24..=64).contains(&key.len()));
    let expected =
        "whsec_ and 24 to 64 bytes in base64, for example from: echo whsec_$(openssl rand -base64 32)";
    key.ok_or(AccountError { key: "token", expected })
}

/// One receiver.
struct Webhook {
    line: Line,
    key: Vec<u8>,
}

impl Webhook {
    fn new(account: Account, tools: Tools) -> Result<Self, AccountError> {
        let key = key_of(&account)?;
        Ok(Self { line: Line::new(account, tools, reading)?, key })
    }

    /// A request that says `body`, signed.
    fn signed(&self, id: &str, body: &Value) -> RequestBuilder {
        let body = body.to_string();
        let time = self.line.tools.clock.now().as_second();
        let mut signature = Hmac::<Sha256>::new_from_slice(&self.key).expect("any key is long enough");
        signature.update(format!("{id}.{time}.{body}").as_bytes());
        let signature = STANDARD.encode(signature.finalize().into_bytes());
        self.line
            .plain(Method::POST, &[])
            .header("webhook-id", id)
            .header("webhook-timestamp", time)
            .header("webhook-signature", format!("v1,{signature}"))
            .header("content-type", "application/json")
            .body(body)
    }
}

#[async_trait]
impl Platform for Webhook {
    fn target(&self) -> Target {
        self.line.account.shown()
    }

    async fn limits(&self) -> Limits {
        ENTRY.limits
    }

    async fn upload(&self, _: &Post) -> Result<String, PostError> {
        Ok(String::new())
    }

    async fn publish(&self, post: &Post, _: &str) -> Result<Posted, PostError> {
        let answer = self.line.post(self.signed(&post.idempotency_key, &created(post))).await?;
        Ok(posted(post, &answer))
    }

    /// A receiver with names of its own has told them in its answer, and knows ours by the first message all the same.
    fn post_of(&self, idempotency_key: &str) -> Option<String> {
        Some(idempotency_key.to_owned())
    }

    async fn remove(&self, post_id: &str) -> Result<(), PostError> {
        let body = deleted(post_id, self.line.tools.clock.now());
        self.line.remove(self.signed(&format!("deleted-{post_id}"), &body)).await
    }

    async fn knows_repetitions_for(&self, _: Option<&str>) -> Duration {
        Duration::MAX
    }
}

/// What says that there is a share.
pub(super) fn created(post: &Post) -> Value {
    json!({
        "type": "share.created",
        "timestamp": post.shared_at.to_string(),
        "data": {
            "id": post.idempotency_key,
            "link": post.link,
            "description": post.description,
            "alt": post.alt,
            "credit": post.credit,
            "picture": {
                "type": post.media_type,
                "name": post.file_name,
                "width": post.size.width(),
                "height": post.size.height(),
                "sha256": hex(&Sha256::digest(&post.bytes)),
                "base64": STANDARD.encode(&post.bytes),
            },
        },
    })
}

/// What says that it is deleted.
pub(super) fn deleted(post_id: &str, now: Timestamp) -> Value {
    json!({"type": "share.deleted", "timestamp": now.to_string(), "data": {"id": post_id}})
}

/// What a receiver has told of it: it need not answer anything, and then only we have a name for it.
pub(super) fn posted(post: &Post, answer: &Answer) -> Posted {
    let json = answer.json().unwrap_or_default();
    let url = json.get("url").and_then(Value::as_str).and_then(web_address);
    let id = json.get("id").and_then(id_of).unwrap_or_else(|| post.idempotency_key.clone());
    Posted { url, id: Some(id) }
}

/// A receiver has its own words; a status of 410 says that it is there no more.
pub(super) fn reading(answer: &Answer) -> Option<Meaning> {
    match answer.status.as_u16() {
        403 | 410 => Some(Meaning::Reconnect),
        _ => None,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
