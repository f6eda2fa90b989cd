//! The connector for Misskey and servers made from it (<https://misskey-hub.net/en/docs/for-developers/api/>).
//!
//! The picture goes into the account's drive with its alt text, then a note names it. There is no key for repetitions: a note
//! whose answer was lost is looked for among the account's latest, by its link.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use cutline_model::Target;
use cutline_text::{Markup, Rule, Unit};
use jiff::Timestamp;
use reqwest::multipart::Form;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::mastodon::parse_account;
use super::{AccountKey, Entry, Proof, ServerKey};
use crate::deliver::client::{Answer, picture_part};
use crate::deliver::line::{Line, Meaning, Tools, holds_link, id_of};
use crate::deliver::look::Latest;
use crate::deliver::{
    Account, AccountError, Identity, Limits, PictureLimits, Platform, Post, PostError, Posted, Sighting,
    Visibility, unless_asked_to_wait,
};

/// Its line in the table of platforms.
pub(super) static ENTRY: Entry = Entry {
    name: "misskey",
    title: "Misskey",
    // A speech bubble with two eyes.
    icon: "M12 4c5 0 9 3 9 7s-4 7-9 7l-5 3v-4c-2-1-4-3-4-6 0-4 4-7 9-7zM9 11h.01M15 11h.01",
    server: ServerKey::Asked("https://misskey.example"),
    account: AccountKey {
        is: "the account's full name",
        example: "alice@misskey.example",
        sign: "@",
        parse: parse_account,
    },
    token: "an access token that may write to the drive and compose notes, and read the account: Settings, API",
    check: |_| Ok(()),
    scopes: Some("read:account write:drive write:notes"),
    lists: &[],
    has_visibility: true,
    costs: None,
    limits: Limits {
        text: Rule::new(Unit::Characters, 3000).with(Markup::Signs),
        alt: Some(Rule::new(Unit::Characters, 512)),
        picture: PictureLimits {
            formats: &[],
            max_bytes: None,
            max_pixels: None,
            max_side: None,
            aspect: None,
        },
    },
    told: "the longest text",
    leftover: "is removed with the share, also that of a note, and before another is uploaded for it",
    repetition: "the post is looked for first",
    source: "https://misskey-hub.net/en/docs/for-developers/api/",
    read_on: "2026-11-26",
    proof: Proof::Documentation,
    more: "",
    make: |account, tools| Ok(Arc::new(Misskey::new(account, tools)?)),
};

/// What Misskey says in its bodies: `{"error": {"code": "AUTHENTICATION_FAILED", "message": …, "id": …}}`.
fn reading(answer: &Answer) -> Option<Meaning> {
    let json = answer.json()?;
    match json.pointer("/error/code")?.as_str()? {
        "CREDENTIAL_REQUIRED"
        | "AUTHENTICATION_FAILED"
        | "YOUR_ACCOUNT_SUSPENDED"
        | "PERMISSION_DENIED"
        | "YOUR_ACCOUNT_MOVED" => Some(Meaning::Reconnect),
        "RATE_LIMIT_EXCEEDED" => Some(Meaning::Wait(None)),
        "INTERNAL_ERROR" => Some(Meaning::Trouble),
        _ => Some(Meaning::Refused),
    }
}

/// One account on one server.
struct Misskey {
    line: Line,
    /// The longest text, once the server has told it.
    max_chars: OnceCell<usize>,
}

impl Misskey {
    fn new(account: Account, tools: Tools) -> Result<Self, AccountError> {
        Ok(Self { line: Line::new(account, tools, reading)?, max_chars: OnceCell::new() })
    }

    /// Every request is a `POST` whose body is JSON.
    fn call(&self, path: &[&str], body: &Value) -> RequestBuilder {
        self.line.bearing(Method::POST, &[&["api"], path].concat()).json(body)
    }

    /// What came of a removal, where `gone` says that there is no such thing any more.
    fn removed(&self, answer: &Answer, gone: &str) -> Result<(), PostError> {
        let json = answer.json();
        let code = json.as_ref().and_then(|json| json.pointer("/error/code")?.as_str());
        if answer.status.is_success() || code == Some(gone) { Ok(()) } else { Err(self.line.refused(answer)) }
    }

    fn posted(&self, id: &str) -> Posted {
        Posted { url: Some(self.line.address(&["notes", id]).into()), id: Some(id.to_owned()) }
    }
}

#[async_trait]
impl Platform for Misskey {
    fn target(&self) -> Target {
        self.line.account.shown()
    }

    fn server(&self) -> String {
        self.line.origin()
    }

    async fn identify(&self) -> Result<Option<Identity>, PostError> {
        let answer = self.line.get(self.call(&["i"], &json!({}))).await?;
        let json = answer.json().unwrap_or_default();
        let id = json.get("id").and_then(id_of);
        let name = json.get("username").and_then(Value::as_str);
        let name = name.and_then(|name| parse_account(&format!("{name}@{}", self.line.host())));
        let (id, name) = id.zip(name).ok_or_else(|| self.line.unclear(&answer))?;
        Ok(Some(Identity { id, name }))
    }

    async fn prepare(&self) -> Result<(), PostError> {
        let asked = self.max_chars.get_or_try_init(async || {
            let answer = self.line.get(self.call(&["meta"], &json!({"detail": false}))).await?;
            let told = answer.json().and_then(|json| json.get("maxNoteTextLength")?.as_u64());
            // Zero would mean that nothing can be posted; that is a mistake rather than a limit.
            let told = told.and_then(|told| usize::try_from(told).ok()).filter(|told| *told > 0);
            Ok(told.unwrap_or(ENTRY.limits.text.max))
        });
        asked.await.map(drop).or_else(unless_asked_to_wait)
    }

    async fn limits(&self) -> Limits {
        let max = self.max_chars.get().copied().unwrap_or(ENTRY.limits.text.max);
        Limits { text: Rule { max, ..ENTRY.limits.text }, ..ENTRY.limits }
    }

    async fn upload(&self, post: &Post) -> Result<String, PostError> {
        let alt = ENTRY.limits.alt.map(|rule| rule.shorten(&post.alt)).unwrap_or_default();
        let mut form = Form::new().text("name", post.file_name.clone()).text("force", "true");
        if !alt.is_empty() {
            form = form.text("comment", alt);
        }
        let form = form.part("file", picture_part(post)?);
        let request = self.line.bearing(Method::POST, &["api", "drive", "files", "create"]).multipart(form);
        let answer = self.line.get(request).await?;
        answer.json().and_then(|json| id_of(json.get("id")?)).ok_or_else(|| self.line.unclear(&answer))
    }

    async fn publish(&self, post: &Post, upload: &str) -> Result<Posted, PostError> {
        let visibility = match self.line.account.visibility {
            Visibility::Public => "public",
            Visibility::Unlisted => "home",
            Visibility::Private => "followers",
        };
        let text = post.text(&self.limits().await);
        let body = json!({"text": text, "fileIds": [upload], "visibility": visibility});
        let answer = self.line.post(self.call(&["notes", "create"], &body)).await?;
        self.line.posted(&answer, |json| Some(self.posted(&id_of(json.pointer("/createdNote/id")?)?)))
    }

    async fn find(&self, link: &str, since: Timestamp) -> Result<Sighting, PostError> {
        let answer = self.line.get(self.call(&["i"], &json!({}))).await?;
        let user = answer.json().and_then(|json| id_of(json.get("id")?));
        let user = user.ok_or_else(|| self.line.unclear(&answer))?;
        let mut latest = Latest::new(since);
        let mut before: Option<String> = None;
        loop {
            let mut body = json!({"userId": user, "limit": 100, "withFiles": true});
            if let Some(before) = &before {
                body["untilId"] = Value::from(before.as_str());
            }
            let page = self.line.get(self.call(&["users", "notes"], &body)).await?.json();
            let Some(notes) = page.as_ref().and_then(Value::as_array) else {
                return Ok(Latest::unreadable());
            };
            let ours = notes.iter().find(|note| {
                note.get("text").and_then(Value::as_str).is_some_and(|text| holds_link(text, link))
            });
            if let Some(id) = ours.and_then(|ours| id_of(ours.get("id")?)) {
                return Ok(Sighting::There(self.posted(&id)));
            }
            let last = notes.last();
            let oldest = last.and_then(|last| last.get("createdAt")?.as_str()?.parse().ok());
            before = last.and_then(|last| id_of(last.get("id")?));
            if let Some(sighting) = latest.page(oldest, before.is_some()) {
                return Ok(sighting);
            }
        }
    }

    async fn remove(&self, post_id: &str) -> Result<(), PostError> {
        let request = self.call(&["notes", "delete"], &json!({"noteId": post_id}));
        self.removed(&self.line.ask(request).await?, "NO_SUCH_NOTE")
    }

    /// Of a note that is removed too, the file stays in the drive, and its address leads to it.
    async fn discard(&self, upload: &str) -> Result<(), PostError> {
        let request = self.call(&["drive", "files", "delete"], &json!({"fileId": upload}));
        self.removed(&self.line.ask(request).await?, "NO_SUCH_FILE")
    }
}
