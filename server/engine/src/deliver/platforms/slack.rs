//! The connector for Slack (<https://docs.slack.dev/messaging/working-with-files>): posts into one channel.
//!
//! Slack names an address for the picture, takes its bytes there, and shares it when that is said. Whatever it answers comes
//! under the status 200; `ok` tells. There is no key for repetitions: a post is looked for in the channel, which needs a
//! scope of its own (`channels:history`); without that it stays unknown.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use cutline_model::Target;
use cutline_text::{Markup, Rule, Unit};
use jiff::Timestamp;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::html::without_markup;
use super::{AccountKey, Entry, Proof, ServerKey};
use crate::deliver::client::Answer;
use crate::deliver::line::{Line, Meaning, holds_link, id_of, web_address};
use crate::deliver::look::Latest;
use crate::deliver::{Limits, PictureLimits, Platform, Post, PostError, Posted, Sighting};

/// Its line in the table of platforms.
pub(super) static ENTRY: Entry = Entry {
    name: "slack",
    title: "Slack",
    // The sign that stands before a channel's name.
    icon: "M9 4L7 20M17 4l-2 16M4 9h17M3 15h17",
    server: ServerKey::Usual("https://slack.com"),
    account: AccountKey {
        is: "the channel's id: its details, at their end; the app must be a member of it",
        example: "C0NF841BK",
        sign: "",
        parse: parse_channel,
    },
    token: "a bot's token with the scopes files:write and chat:write; with channels:history (groups:history for a private channel, im:history for a direct one, whose id begins with D) a lost answer can be looked for, with files:read a message be removed with its picture",
    check: |_| Ok(()),
    scopes: None,
    lists: &[],
    has_visibility: false,
    costs: None,
    limits: Limits {
        text: Rule::new(Unit::Characters, 4000).with(Markup::Names),
        alt: Some(Rule::new(Unit::Characters, 1000)),
        picture: PictureLimits {
            formats: &[],
            max_bytes: Some(1 << 30),
            max_pixels: None,
            max_side: None,
            aspect: None,
        },
    },
    told: "",
    leftover: "is shown to nobody before there is a post, and goes with it",
    repetition: "the post is looked for first, if the token may read the channel; else it waits for a person",
    source: "https://docs.slack.dev/reference/methods/files.completeUploadExternal/",
    read_on: "2026-11-23",
    proof: Proof::Documentation,
    more: "",
    make: |account, tools| Ok(Arc::new(Slack { line: Line::new(account, tools, reading)? })),
};

/// Where Slack takes bytes beside `slack.com` itself.
const UPLOADS: [&str; 2] = ["slack.com", "slack-files.com"];

/// Reads a channel's id: `C…` public, `G…` private, `D…` direct.
fn parse_channel(text: &str) -> Option<String> {
    let is_id = text.len() >= 8
        && text.starts_with(['C', 'G', 'D'])
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    is_id.then(|| text.to_owned())
}

/// What Slack says in its bodies: `{"ok": false, "error": "not_in_channel"}`.
fn reading(answer: &Answer) -> Option<Meaning> {
    let json = answer.json()?;
    if json.get("ok")?.as_bool()? {
        return None;
    }
    match json.get("error").and_then(Value::as_str).unwrap_or_default() {
        "not_authed"
        | "invalid_auth"
        | "account_inactive"
        | "token_expired"
        | "token_revoked"
        | "no_permission"
        | "missing_scope"
        | "not_allowed_token_type"
        | "access_denied"
        | "accesslimited"
        | "ekm_access_denied"
        | "enterprise_is_restricted"
        | "org_login_required"
        | "team_access_not_granted"
        | "two_factor_setup_required" => Some(Meaning::Reconnect),
        "ratelimited" | "rate_limited" | "team_added_to_org" => Some(Meaning::Wait(None)),
        "fatal_error" | "internal_error" | "request_timeout" | "service_unavailable" => {
            Some(Meaning::Trouble)
        }
        // A word that is not listed here, under a status of trouble, is no refusal.
        _ => (!answer.status.is_server_error()).then_some(Meaning::Refused),
    }
}

/// Slack's own word for what is wrong.
fn error_of(answer: &Answer) -> Option<String> {
    answer.json()?.get("error")?.as_str().map(str::to_owned)
}

/// One bot in one channel.
struct Slack {
    line: Line,
}

impl Slack {
    fn call(&self, method: &str) -> RequestBuilder {
        self.line.bearing(Method::POST, &["api", method])
    }

    fn channel(&self) -> &str {
        &self.line.account.name
    }

    /// Whom the messages of this account are of: anybody in the channel can write one with the same link.
    async fn user(&self) -> Result<String, PostError> {
        let answer = self.line.get(self.call("auth.test")).await?;
        let user = answer.json().and_then(|json| id_of(json.get("user_id")?));
        user.ok_or_else(|| self.line.unclear(&answer))
    }

    /// The messages that a file was shared by in this channel; none when Slack does not tell.
    async fn messages_of(&self, file: &str) -> Result<Vec<String>, PostError> {
        let answer = self.line.ask(self.call("files.info").form(&[("file", file)])).await?;
        let may_not_ask = error_of(&answer).is_some_and(|error| {
            ["missing_scope", "file_not_found", "file_deleted"].contains(&error.as_str())
        });
        if !may_not_ask && !self.line.is_success(&answer) {
            return Err(self.line.refused(&answer));
        }
        let json = answer.json().unwrap_or_default();
        let shares = ["public", "private"]
            .into_iter()
            .filter_map(|kind| json.pointer(&format!("/file/shares/{kind}/{}", self.channel()))?.as_array());
        Ok(shares.flatten().filter_map(|share| share.get("ts")?.as_str().map(str::to_owned)).collect())
    }

    /// Calls a method that removes; what is not there any more is removed.
    async fn removed(&self, request: RequestBuilder, gone: &[&str]) -> Result<(), PostError> {
        let answer = self.line.ask(request).await?;
        let is_gone = error_of(&answer).is_some_and(|error| gone.contains(&error.as_str()));
        if is_gone || self.line.is_success(&answer) { Ok(()) } else { Err(self.line.refused(&answer)) }
    }
}

#[async_trait]
impl Platform for Slack {
    fn target(&self) -> Target {
        self.line.account.shown()
    }

    fn server(&self) -> String {
        self.line.origin()
    }

    async fn limits(&self) -> Limits {
        ENTRY.limits
    }

    async fn upload(&self, post: &Post) -> Result<String, PostError> {
        let alt = ENTRY.limits.alt.map(|rule| rule.shorten(&post.alt)).unwrap_or_default();
        let (length, name) = (post.bytes.len().to_string(), post.file_name.as_str());
        let mut form = vec![("filename", name), ("length", &length)];
        if !alt.is_empty() {
            form.push(("alt_txt", &alt));
        }
        let answer = self.line.get(self.call("files.getUploadURLExternal").form(&form)).await?;
        let json = answer.json().unwrap_or_default();
        let address = json.get("upload_url").and_then(Value::as_str);
        let address = address.and_then(|address| self.line.handed(address, &UPLOADS));
        let (Some(address), Some(file)) = (address, json.get("file_id").and_then(id_of)) else {
            return Err(self.line.unclear(&answer));
        };
        // The address is itself the permission.
        let request = self.line.tools.client.post(address).header("content-type", &post.media_type);
        self.line.get(request.body(post.bytes.clone())).await?;
        Ok(file)
    }

    async fn publish(&self, post: &Post, upload: &str) -> Result<Posted, PostError> {
        let body = json!({
            "files": [{"id": upload, "title": post.file_name}],
            "channel_id": self.channel(),
            // Nobody is called in the site's name (`<!channel>`).
            "initial_comment": without_markup(&post.text(&ENTRY.limits)),
        });
        let answer = self.line.post(self.call("files.completeUploadExternal").json(&body)).await?;
        self.line.posted(&answer, |json| {
            let file = json.pointer("/files/0")?;
            let url = file.get("permalink").and_then(Value::as_str).and_then(web_address);
            Some(Posted { url, id: Some(id_of(file.get("id")?)?) })
        })
    }

    async fn find(&self, link: &str, since: Timestamp) -> Result<Sighting, PostError> {
        let user = self.user().await?;
        let mut latest = Latest::new(since);
        let mut cursor = String::new();
        loop {
            let form = [("channel", self.channel()), ("limit", "100"), ("cursor", &cursor)];
            let answer = self.line.ask(self.call("conversations.history").form(&form)).await?;
            if let Some("missing_scope" | "not_in_channel" | "no_permission") = error_of(&answer).as_deref() {
                return Ok(Sighting::CannotTell { detail: "the token may not read the channel".to_owned() });
            }
            let json = self.line.taken(answer)?.json().unwrap_or_default();
            let Some(messages) = json.get("messages").and_then(Value::as_array) else {
                return Ok(Latest::unreadable());
            };
            let ours = messages.iter().find(|message| {
                message.get("user").and_then(Value::as_str) == Some(&user)
                    && message.get("text").and_then(Value::as_str).is_some_and(|text| holds_link(text, link))
            });
            if let Some(ours) = ours {
                let file = ours.pointer("/files/0");
                let url = file.and_then(|file| web_address(file.get("permalink")?.as_str()?));
                return Ok(Sighting::There(Posted { url, id: file.and_then(|file| id_of(file.get("id")?)) }));
            }
            let oldest = messages.last().and_then(|message| time_of(message.get("ts")?.as_str()?));
            cursor = json
                .pointer("/response_metadata/next_cursor")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned();
            if let Some(sighting) = latest.page(oldest, !cursor.is_empty()) {
                return Ok(sighting);
            }
        }
    }

    /// Removes the messages that show the picture, where the token may see which those are, and the picture.
    async fn remove(&self, post_id: &str) -> Result<(), PostError> {
        for ts in self.messages_of(post_id).await? {
            let request = self.call("chat.delete").form(&[("channel", self.channel()), ("ts", &ts)]);
            self.removed(request, &["message_not_found"]).await?;
        }
        let request = self.call("files.delete").form(&[("file", post_id)]);
        self.removed(request, &["file_deleted", "file_not_found"]).await
    }
}

/// When a message was sent: its name in its channel begins with the seconds since 1970.
fn time_of(ts: &str) -> Option<Timestamp> {
    Timestamp::from_second(ts.split('.').next()?.parse().ok()?).ok()
}
