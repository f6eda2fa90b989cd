//! The connector for Pinterest, version 5 of its API (<https://developers.pinterest.com/docs/api/v5/pins-create/>).
//!
//! One request carries words, link and picture. There is no key for repetitions: a pin whose answer was lost is looked for
//! among the board's latest, by its link.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cutline_crop::Format;
use cutline_model::Target;
use cutline_text::{Markup, Rule, Unit};
use http::StatusCode;
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use super::html::bare_title;
use super::{AccountKey, Entry, Proof, ServerKey};
use crate::deliver::client::Answer;
use crate::deliver::line::{Line, Meaning, id_of};
use crate::deliver::look::Latest;
use crate::deliver::{Limits, PictureLimits, Platform, Post, PostError, Posted, Sighting};

/// Its line in the table of platforms.
pub(super) static ENTRY: Entry = Entry {
    name: "pinterest",
    title: "Pinterest",
    // A drawing pin.
    icon: "M12 14v7M8 3h8l-1 6 3 5H6l3-5z",
    server: ServerKey::Usual("https://api.pinterest.com"),
    account: AccountKey {
        is: "the board's number, as `GET /v5/boards` lists it",
        example: "549755885175",
        sign: "",
        parse: parse_board,
    },
    token: "an access token with the scopes boards:read, pins:read and pins:write; with trial access pins are seen by their maker alone; it ends after 30 days",
    check: |_| Ok(()),
    scopes: None,
    lists: &[],
    has_visibility: false,
    costs: None,
    limits: Limits {
        text: Rule::new(Unit::Characters, 500).with(Markup::Names),
        alt: Some(Rule::new(Unit::Characters, 500)),
        picture: PictureLimits {
            formats: &[Format::Jpeg, Format::Png],
            max_bytes: Some(10_000_000),
            max_pixels: None,
            max_side: None,
            aspect: None,
        },
    },
    told: "",
    leftover: "there is none: picture and words are sent together",
    repetition: "the pin is looked for first",
    source: "https://github.com/pinterest/api-description/blob/main/v5/openapi.yaml",
    read_on: "2026-11-23",
    proof: Proof::Documentation,
    more: "",
    make: |account, tools| Ok(Arc::new(Pinterest { line: Line::new(account, tools, reading)? })),
};

/// The error of a board that is not there.
const NO_BOARD: i64 = 40;

fn parse_board(text: &str) -> Option<String> {
    ((1..=30).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.to_owned())
}

/// What Pinterest says in its bodies: `{"code": 2, "message": "Authentication failed."}`.
fn reading(answer: &Answer) -> Option<Meaning> {
    if answer.status.is_success() {
        return None;
    }
    match answer.json()?.get("code")?.as_i64()? {
        // Authentication failed; not authorised, the consumer type or scope is not enough.
        2 | 3 | 7 | 29 => Some(Meaning::Reconnect),
        8 => Some(Meaning::Wait(None)),
        _ => None,
    }
}

/// One board of one account.
struct Pinterest {
    line: Line,
}

fn posted(id: &str) -> Posted {
    Posted { url: Some(format!("https://www.pinterest.com/pin/{id}/")), id: Some(id.to_owned()) }
}

#[async_trait]
impl Platform for Pinterest {
    fn target(&self) -> Target {
        self.line.account.shown()
    }

    fn server(&self) -> String {
        self.line.origin()
    }

    async fn limits(&self) -> Limits {
        ENTRY.limits
    }

    async fn upload(&self, _: &Post) -> Result<String, PostError> {
        Ok(String::new())
    }

    async fn publish(&self, post: &Post, _: &str) -> Result<Posted, PostError> {
        let alt = ENTRY.limits.alt.map(|rule| rule.shorten(&post.alt)).unwrap_or_default();
        let body = json!({
            "board_id": self.line.account.name,
            "title": Rule::new(Unit::Characters, 100).shorten(&bare_title(post)),
            "description": post.text(&ENTRY.limits),
            "link": post.link,
            "alt_text": alt,
            "media_source": {
                "source_type": "image_base64",
                "content_type": post.media_type,
                "data": STANDARD.encode(&post.bytes),
            },
        });
        let answer = self.line.post(self.line.bearing(Method::POST, &["v5", "pins"]).json(&body)).await?;
        self.line.posted(&answer, |json| Some(posted(&id_of(json.get("id")?)?)))
    }

    async fn find(&self, link: &str, since: Timestamp) -> Result<Sighting, PostError> {
        let mut latest = Latest::new(since);
        let mut bookmark = String::new();
        loop {
            let path = ["v5", "boards", &self.line.account.name, "pins"];
            let mut query = vec![("page_size", "100")];
            if !bookmark.is_empty() {
                query.push(("bookmark", &bookmark));
            }
            let answer = self.line.ask(self.line.bearing(Method::GET, &path).query(&query)).await?;
            let page = answer.json().unwrap_or_default();
            // With its board a pin goes too; whoever sends it again reads that there is no such board.
            if answer.status == StatusCode::NOT_FOUND
                && page.get("code").and_then(Value::as_i64) == Some(NO_BOARD)
            {
                return Ok(Sighting::NotThere);
            }
            if !self.line.is_success(&answer) {
                return Err(self.line.refused(&answer));
            }
            let Some(pins) = page.get("items").and_then(Value::as_array) else {
                return Ok(Latest::unreadable());
            };
            // Whoever else may pin there can have found the same link.
            let ours = pins.iter().find(|pin| {
                pin.get("is_owner") == Some(&Value::Bool(true))
                    && pin.get("link").and_then(Value::as_str) == Some(link)
            });
            if let Some(id) = ours.and_then(|pin| id_of(pin.get("id")?)) {
                return Ok(Sighting::There(posted(&id)));
            }
            // Their order is not documented, and people change it: an old one proves nothing of those that follow.
            let oldest = None;
            bookmark = page.get("bookmark").and_then(Value::as_str).unwrap_or_default().to_owned();
            if let Some(sighting) = latest.page(oldest, !bookmark.is_empty()) {
                return Ok(sighting);
            }
        }
    }

    async fn remove(&self, post_id: &str) -> Result<(), PostError> {
        self.line.remove(self.line.bearing(Method::DELETE, &["v5", "pins", post_id])).await
    }
}
