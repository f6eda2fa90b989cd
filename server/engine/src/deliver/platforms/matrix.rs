//! The connector for Matrix (<https://spec.matrix.org/v1.15/client-server-api/>): posts into one room.
//!
//! The picture goes to the homeserver, then a message into the room names it. The message's transaction id is ours, so that
//! one which is sent again is the same event for as long as the homeserver remembers; it remembers by access token, so that with
//! another one the message is looked for first. Rooms are not encrypted by us: into
//! an encrypted one the message comes in the clear, so the documentation names public rooms.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cutline_model::Target;
use cutline_text::{Markup, Rule, Unit};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;

use super::{AccountKey, Entry, Proof, ServerKey};
use crate::deliver::client::Answer;
use crate::deliver::line::{Line, Meaning, Tools, holds_link};
use crate::deliver::look::Latest;
use crate::deliver::{
    Account, AccountError, Identity, Limits, PictureLimits, Platform, Post, PostError, Posted, Sighting,
    unless_asked_to_wait,
};

/// Its line in the table of platforms.
pub(super) static ENTRY: Entry = Entry {
    name: "matrix",
    title: "Matrix",
    // Two brackets round two dots.
    icon: "M8 4H4v16h4M16 4h4v16h-4M10 12h.01M14 12h.01",
    server: ServerKey::Asked("https://matrix.example.org"),
    account: AccountKey {
        is: "the room, by an alias or its id; one that is not encrypted, and of which the token's account is a member",
        example: "#pictures:example.org",
        sign: "",
        parse: parse_room,
    },
    token: "an access token of the account that posts: Settings, Help & About, Advanced (Element)",
    check: |_| Ok(()),
    scopes: None,
    lists: &[],
    has_visibility: false,
    costs: None,
    limits: Limits {
        // An event has at most 65,536 bytes, of which JSON's own signs may double the text.
        text: Rule::new(Unit::Bytes, 16_384).with(Markup::Names),
        alt: None,
        picture: PictureLimits {
            formats: &[],
            max_bytes: None,
            max_pixels: None,
            max_side: None,
            aspect: None,
        },
    },
    told: "the largest picture",
    leftover: "stays at the server, as that of a message that is removed: no program of a user may remove it, and nobody learns its address",
    repetition: "the post is looked for first, and sent again under its transaction id, which the homeserver knows for half an hour or longer, of the same token",
    source: "https://spec.matrix.org/v1.15/client-server-api/",
    read_on: "2026-11-23",
    proof: Proof::Server("Synapse 1.163"),
    more: "",
    make: |account, tools| Ok(Arc::new(Matrix::new(account, tools)?)),
};

/// What all homeservers remember a transaction for: Dendrite does so for half an hour, Synapse for a day.
const TRANSACTION_REMEMBERED: Duration = Duration::from_secs(25 * 60);
/// The type of the message's event.
const MESSAGE: &str = "m.room.message";
/// The type of the message itself.
const PICTURE: &str = "m.image";

/// Reads a room's alias or id.
fn parse_room(text: &str) -> Option<String> {
    let is_room = text.starts_with(['#', '!']) && (text.starts_with('!') || text.contains(':'));
    let fits = text.len() > 2 && text.len() <= 190 && text.bytes().all(|byte| byte.is_ascii_graphic());
    (is_room && fits).then(|| text.to_owned())
}

/// What a homeserver says in its bodies: `{"errcode": "M_LIMIT_EXCEEDED", "error": …, "retry_after_ms": …}`.
fn reading(answer: &Answer) -> Option<Meaning> {
    let json = answer.json()?;
    match json.get("errcode")?.as_str()? {
        "M_UNKNOWN_TOKEN" | "M_MISSING_TOKEN" | "M_USER_DEACTIVATED" | "M_USER_LOCKED"
        | "M_USER_SUSPENDED" => Some(Meaning::Reconnect),
        "M_LIMIT_EXCEEDED" => {
            Some(Meaning::Wait(json.get("retry_after_ms").and_then(Value::as_u64).map(Duration::from_millis)))
        }
        "M_TOO_LARGE"
        | "M_FORBIDDEN"
        | "M_NOT_FOUND"
        | "M_BAD_JSON"
        | "M_INVALID_PARAM"
        | "M_CONSENT_NOT_GIVEN" => Some(Meaning::Refused),
        _ => None,
    }
}

/// One room, as one account.
struct Matrix {
    line: Line,
    /// The room's id, once it is known.
    room: OnceCell<String>,
    /// The largest upload, once the homeserver has told it.
    max_bytes: OnceCell<Option<u64>>,
}

impl Matrix {
    fn new(account: Account, tools: Tools) -> Result<Self, AccountError> {
        let line = Line::new(account, tools, reading)?;
        Ok(Self { line, room: OnceCell::new(), max_bytes: OnceCell::new() })
    }

    async fn room(&self) -> Result<&str, PostError> {
        let name = &self.line.account.name;
        let room = self.room.get_or_try_init(async || {
            if name.starts_with('!') {
                return Ok(name.clone());
            }
            let path = ["_matrix", "client", "v3", "directory", "room", name];
            let answer = self.line.get(self.line.bearing(Method::GET, &path)).await?;
            let id = answer.json().and_then(|json| json.get("room_id")?.as_str().map(str::to_owned));
            id.ok_or_else(|| self.line.unclear(&answer))
        });
        room.await.map(String::as_str)
    }

    /// Whose the token is.
    async fn user(&self) -> Result<String, PostError> {
        let whoami = ["_matrix", "client", "v3", "account", "whoami"];
        let answer = self.line.get(self.line.bearing(Method::GET, &whoami)).await?;
        let user = answer.json().and_then(|json| json.get("user_id")?.as_str().map(str::to_owned));
        user.ok_or_else(|| self.line.unclear(&answer))
    }

    /// Tells the token from others, and nothing of it.
    fn mark(&self) -> String {
        Sha256::digest(self.line.token())[..4].iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn posted(room: &str, event: &str) -> Posted {
        let mut url = url::Url::parse("https://matrix.to/").expect("an address");
        url.set_fragment(Some(&format!("/{room}/{event}")));
        Posted { url: Some(url.into()), id: Some(event.to_owned()) }
    }
}

#[async_trait]
impl Platform for Matrix {
    fn target(&self) -> Target {
        self.line.account.shown()
    }

    fn server(&self) -> String {
        self.line.origin()
    }

    /// The token's account in this room, of which it must be a member.
    async fn identify(&self) -> Result<Option<Identity>, PostError> {
        let user = self.user().await?;
        let room = self.room().await?;
        let joined = ["_matrix", "client", "v3", "joined_rooms"];
        let answer = self.line.get(self.line.bearing(Method::GET, &joined)).await?;
        let rooms = answer.json().and_then(|json| json.get("joined_rooms")?.as_array().cloned());
        let is_member = rooms.is_some_and(|rooms| rooms.iter().any(|one| one.as_str() == Some(room)));
        if !is_member {
            let reason = format!("{user} is not a member of {}.", self.line.account.name);
            return Err(PostError::Final { detail: reason.clone(), reason });
        }
        Ok(Some(Identity { id: format!("{user} {room}"), name: self.line.account.name.clone() }))
    }

    async fn prepare(&self) -> Result<(), PostError> {
        let asked = self.max_bytes.get_or_try_init(async || {
            // Since version 1.11 of the specification at the first address, before at the second.
            for path in
                [["_matrix", "client", "v1", "media", "config"], ["_matrix", "media", "v3", "config", ""]]
            {
                let path = path.iter().copied().filter(|part| !part.is_empty()).collect::<Vec<_>>();
                let answer = self.line.ask(self.line.bearing(Method::GET, &path)).await?;
                if answer.status.is_success() {
                    return Ok(answer.json().and_then(|json| json.get("m.upload.size")?.as_u64()));
                }
                if answer.status != StatusCode::NOT_FOUND {
                    return Err(self.line.refused(&answer));
                }
            }
            Ok(None)
        });
        asked.await.map(drop).or_else(unless_asked_to_wait)?;
        self.room().await.map(drop)
    }

    async fn limits(&self) -> Limits {
        let max_bytes = self.max_bytes.get().copied().flatten();
        Limits { picture: PictureLimits { max_bytes, ..ENTRY.limits.picture }, ..ENTRY.limits }
    }

    /// What it gives is the picture's `mxc://` address, and a mark of the token.
    async fn upload(&self, post: &Post) -> Result<String, PostError> {
        let request = self
            .line
            .bearing(Method::POST, &["_matrix", "media", "v3", "upload"])
            .query(&[("filename", &post.file_name)])
            .header(CONTENT_TYPE, &post.media_type)
            .body(post.bytes.clone());
        let answer = self.line.get(request).await?;
        let address = answer.json().and_then(|json| json.get("content_uri")?.as_str().map(str::to_owned));
        let address = address.filter(|address| address.starts_with("mxc://") && !address.contains(' '));
        let address = address.ok_or_else(|| self.line.unclear(&answer))?;
        Ok(format!("{address} {}", self.mark()))
    }

    async fn publish(&self, post: &Post, upload: &str) -> Result<Posted, PostError> {
        let room = self.room().await?;
        let body = json!({
            "msgtype": PICTURE,
            "body": post.text(&ENTRY.limits),
            "filename": post.file_name,
            "url": parted(upload).0,
            "info": {
                "mimetype": post.media_type,
                "size": post.bytes.len(),
                "w": post.size.width(),
                "h": post.size.height(),
            },
            // Nobody is called in the site's name.
            "m.mentions": {},
        });
        let path = ["_matrix", "client", "v3", "rooms", room, "send", MESSAGE, &post.idempotency_key];
        let answer = self.line.post(self.line.bearing(Method::PUT, &path).json(&body)).await?;
        self.line.posted(&answer, |json| Some(Self::posted(room, json.get("event_id")?.as_str()?)))
    }

    async fn find(&self, link: &str, since: Timestamp) -> Result<Sighting, PostError> {
        let user = self.user().await?;
        let room = self.room().await?;
        let filter = json!({"types": [MESSAGE], "senders": [user]}).to_string();
        let mut latest = Latest::new(since);
        let mut from: Option<String> = None;
        loop {
            let path = ["_matrix", "client", "v3", "rooms", room, "messages"];
            let mut request = self.line.bearing(Method::GET, &path).query(&[
                ("dir", "b"),
                ("limit", "100"),
                ("filter", &filter),
            ]);
            if let Some(from) = &from {
                request = request.query(&[("from", from)]);
            }
            let page = self.line.get(request).await?.json().unwrap_or_default();
            let Some(events) = page.get("chunk").and_then(Value::as_array) else {
                return Ok(Latest::unreadable());
            };
            // What the account has written about the share by hand is no picture.
            let ours = events.iter().find(|event| {
                let text = |place: &str| event.pointer(place).and_then(Value::as_str);
                text("/content/msgtype") == Some(PICTURE)
                    && text("/content/body").is_some_and(|body| holds_link(body, link))
            });
            if let Some(event) = ours.and_then(|ours| ours.get("event_id")?.as_str()) {
                return Ok(Sighting::There(Self::posted(room, event)));
            }
            let oldest = events
                .last()
                .and_then(|event| Timestamp::from_millisecond(event.get("origin_server_ts")?.as_i64()?).ok());
            from = page.get("end").and_then(Value::as_str).map(str::to_owned);
            if let Some(sighting) = latest.page(oldest, from.is_some()) {
                return Ok(sighting);
            }
        }
    }

    /// Takes the message back; its picture is nobody's then, and the homeserver's to forget.
    async fn remove(&self, post_id: &str) -> Result<(), PostError> {
        let room = self.room().await?;
        let transaction = format!("remove-{}", post_id.trim_start_matches('$'));
        let path = ["_matrix", "client", "v3", "rooms", room, "redact", post_id, &transaction];
        self.line.remove(self.line.bearing(Method::PUT, &path).json(&json!({}))).await
    }

    /// Transaction ids are known by the token that they came with, since version 1.7 of the specification by its device.
    async fn knows_repetitions_for(&self, upload: Option<&str>) -> Duration {
        let is_same = upload.is_some_and(|upload| parted(upload).1 == self.mark());
        if is_same { TRANSACTION_REMEMBERED } else { Duration::ZERO }
    }
}

/// A picture's address, and the mark of the token that brought it there; none of what was kept without.
fn parted(upload: &str) -> (&str, &str) {
    upload.split_once(' ').unwrap_or((upload, ""))
}
