//! The connector for Bluesky and every data server of the AT Protocol (<https://docs.bsky.app/docs/advanced-guides/posts>).
//!
//! The picture becomes a blob, then a record names it. The record's key is ours, made of the delivery, and it is put and not
//! created: sent again it is the same record, so nothing that was lost needs looking for. A server takes a larger blob
//! and refuses the record that names it; so the limit is kept before the upload.

mod record;
mod session;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cutline_crop::Format;
use cutline_model::Target;
use cutline_text::{Markup, Rule, Unit};
use http::header::CONTENT_TYPE;
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use self::record::{COLLECTION, alt_rule, key_of, record};
use self::session::{Session, Sessions};
use super::{AccountKey, Entry, Proof, ServerKey};
use crate::deliver::client::Answer;
use crate::deliver::line::{Line, Meaning, Tools, holds_link};
use crate::deliver::look::Latest;
use crate::deliver::{
    Account, AccountError, Identity, Limits, PictureLimits, Platform, Post, PostError, Posted, Sighting,
};

/// Its line in the table of platforms.
pub(super) static ENTRY: Entry = Entry {
    name: "bluesky",
    title: "Bluesky",
    // A cloud.
    icon: "M7 18h10a4 4 0 0 0 .6-7.950 6 6 0 0 0-11.500-.9A4.500 4.500 0 0 0 7 18z",
    server: ServerKey::Usual("https://bsky.social"),
    account: AccountKey {
        is: "the account's handle, or its DID; also on any other data server of the AT Protocol, named by `server`",
        example: "alice.bsky.social",
        sign: "@",
        parse: parse_account,
    },
    token: "an app password: Settings, Privacy and security, App passwords",
    check: |_| Ok(()),
    scopes: None,
    lists: &[],
    has_visibility: false,
    costs: None,
    limits: Limits {
        text: Rule { max_bytes: Some(3000), ..Rule::new(Unit::Graphemes, 300).with(Markup::Links) },
        alt: Some(alt_rule()),
        picture: PictureLimits {
            formats: &[Format::Jpeg, Format::Png, Format::WebP],
            max_bytes: Some(2_000_000),
            max_pixels: None,
            max_side: None,
            aspect: None,
        },
    },
    told: "",
    leftover: "is shown to nobody, and goes by itself after a while",
    repetition: "the record's key is made of the delivery: sent again it is the same post",
    source: "https://docs.bsky.app/docs/advanced-guides/posts",
    read_on: "2026-11-23",
    proof: Proof::Server("Bluesky's own data server, @atproto/pds 0.5"),
    more: "",
    make: |account, tools| Ok(Arc::new(Bluesky::new(account, tools)?)),
};

/// Reads `alice.bsky.social`, with or without an `@` in front, or `did:plc:…`.
fn parse_account(text: &str) -> Option<String> {
    let text = text.strip_prefix('@').unwrap_or(text);
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:".contains(&byte));
    let is_name = text.starts_with("did:") || (text.contains('.') && !text.contains(':'));
    (is_plain && is_name && text.len() <= 190).then(|| text.to_owned())
}

/// What a server says in its bodies: `{"error": "ExpiredToken", "message": …}`. A token that it cannot read is a 400.
fn reading(answer: &Answer) -> Option<Meaning> {
    let json = answer.json()?;
    match json.get("error")?.as_str()? {
        "InvalidToken"
        | "ExpiredToken"
        | "AuthMissing"
        | "AuthenticationRequired"
        | "AccountTakedown"
        | "AccountDeactivated"
        | "AuthFactorTokenRequired"
        | "InvalidHandle" => Some(Meaning::Reconnect),
        "RateLimitExceeded" => Some(Meaning::Wait(None)),
        "InvalidRequest" | "PayloadTooLarge" | "BlobTooLarge" | "InvalidMimeType" => Some(Meaning::Refused),
        _ => None,
    }
}

/// One account on one data server.
struct Bluesky {
    line: Line,
    sessions: Sessions,
}

impl Bluesky {
    fn new(account: Account, tools: Tools) -> Result<Self, AccountError> {
        Ok(Self { line: Line::new(account, tools, reading)?, sessions: Sessions::default() })
    }
}

#[async_trait]
impl Platform for Bluesky {
    fn target(&self) -> Target {
        self.line.account.shown()
    }

    fn server(&self) -> String {
        self.line.origin()
    }

    async fn identify(&self) -> Result<Option<Identity>, PostError> {
        let session = self.sessions.any(&self.line).await?;
        Ok(Some(Identity { id: session.did.clone(), name: session.handle.clone() }))
    }

    async fn limits(&self) -> Limits {
        ENTRY.limits
    }

    /// What it gives is the blob as records name it.
    async fn upload(&self, post: &Post) -> Result<String, PostError> {
        let request = |_: &Session| {
            self.line
                .plain(Method::POST, &["xrpc", "com.atproto.repo.uploadBlob"])
                .header(CONTENT_TYPE, &post.media_type)
                .body(post.bytes.clone())
        };
        let (answer, _) = self.sessions.ask(&self.line, request).await?;
        if !answer.status.is_success() {
            return Err(self.line.refused(&answer));
        }
        let blob = answer.json().and_then(|json| json.get("blob").filter(|blob| blob.is_object()).cloned());
        blob.map(|blob| blob.to_string()).ok_or_else(|| self.line.unclear(&answer))
    }

    async fn publish(&self, post: &Post, upload: &str) -> Result<Posted, PostError> {
        let blob: Value = serde_json::from_str(upload).map_err(|error| PostError::Final {
            reason: "What the picture is called there is not known any more. Try again.".to_owned(),
            detail: error.to_string(),
        })?;
        let text = post.text(&ENTRY.limits);
        let key = key_of(post);
        let record = record(post, &text, &blob);
        let request = |session: &Session| {
            let body = json!({"repo": session.did, "collection": COLLECTION, "rkey": key, "record": record});
            self.line.plain(Method::POST, &["xrpc", "com.atproto.repo.putRecord"]).json(&body)
        };
        let (answer, session) = self.sessions.post(&self.line, request).await?;
        self.line.posted(&answer, |json| {
            json.get("uri")?;
            Some(self.posted(&session.handle, &key))
        })
    }

    async fn find(&self, link: &str, since: Timestamp) -> Result<Sighting, PostError> {
        let mut latest = Latest::new(since);
        let mut cursor: Option<String> = None;
        loop {
            let request = |session: &Session| {
                let query = [("repo", session.did.as_str()), ("collection", COLLECTION), ("limit", "100")];
                let path = ["xrpc", "com.atproto.repo.listRecords"];
                let request = self.line.plain(Method::GET, &path).query(&query);
                match &cursor {
                    Some(cursor) => request.query(&[("cursor", cursor)]),
                    None => request,
                }
            };
            let (answer, session) = self.sessions.ask(&self.line, request).await?;
            if !answer.status.is_success() {
                return Err(self.line.refused(&answer));
            }
            let page = answer.json().unwrap_or_default();
            let Some(records) = page.get("records").and_then(Value::as_array) else {
                return Ok(Latest::unreadable());
            };
            let ours = records.iter().find(|record| {
                record
                    .pointer("/value/text")
                    .and_then(Value::as_str)
                    .is_some_and(|text| holds_link(text, link))
            });
            if let Some(key) = ours.and_then(|ours| ours.get("uri")?.as_str()?.rsplit('/').next()) {
                return Ok(Sighting::There(self.posted(&session.handle, key)));
            }
            let oldest =
                records.last().and_then(|record| record.pointer("/value/createdAt")?.as_str()?.parse().ok());
            cursor = page.get("cursor").and_then(Value::as_str).map(str::to_owned);
            if let Some(sighting) = latest.page(oldest, cursor.is_some()) {
                return Ok(sighting);
            }
        }
    }

    async fn remove(&self, post_id: &str) -> Result<(), PostError> {
        let request = |session: &Session| {
            let body = json!({"repo": session.did, "collection": COLLECTION, "rkey": post_id});
            self.line.plain(Method::POST, &["xrpc", "com.atproto.repo.deleteRecord"]).json(&body)
        };
        // A record that is not there is a success to the server too.
        let (answer, _) = self.sessions.ask(&self.line, request).await?;
        if answer.status.is_success() { Ok(()) } else { Err(self.line.refused(&answer)) }
    }

    async fn knows_repetitions_for(&self, _: Option<&str>) -> Duration {
        Duration::MAX
    }
}

impl Bluesky {
    /// The post with this key, as visitors find it.
    fn posted(&self, handle: &str, key: &str) -> Posted {
        Posted {
            url: Some(format!("https://bsky.app/profile/{handle}/post/{key}")),
            id: Some(key.to_owned()),
        }
    }
}
