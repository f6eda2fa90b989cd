//! The connector for X, version 2 of its API (<https://docs.x.com/x-api/posts/create-post>).
//!
//! Each post costs money there, one with a link most of all, so a target must say that it may (`accept_costs`). The picture is
//! uploaded, its alt text set beside it, and the post names it. The same text twice is refused by X, which keeps a post that is
//! sent again from being a second one; it is looked for all the same, since that is how its address is learnt. As each post that is
//! read costs too, none is asked for that is older than the sending.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use cutline_crop::Format;
use cutline_model::Target;
use cutline_text::{AddressCount, Markup, Rule, Unit};
use http::StatusCode;
use jiff::Timestamp;
use reqwest::multipart::Form;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::{AccountKey, Entry, Proof, ServerKey};
use crate::deliver::client::{Answer, picture_part};
use crate::deliver::line::{Line, Meaning, Tools, holds_link, id_of};
use crate::deliver::look::Latest;
use crate::deliver::oauth1::Access;
use crate::deliver::{
    Account, AccountError, Identity, Limits, PictureLimits, Platform, Post, PostError, Posted, Sighting,
};

/// Its line in the table of platforms.
pub(super) static ENTRY: Entry = Entry {
    name: "x",
    title: "X",
    icon: "M4 4l16 16M20 4L4 20",
    server: ServerKey::Usual("https://api.x.com"),
    account: AccountKey { is: "the account's name", example: "alice", sign: "@", parse: parse_name },
    token: "the app's API key and its secret, the account's access token and its secret, with colons between the four (Developer Console, Keys and tokens; with permission to write)",
    check: |_| Ok(()),
    scopes: None,
    lists: &[],
    has_visibility: false,
    costs: Some(
        "in August 2026, $0.015 for a post, $0.200 for one with a link, as all of ours are, $0.005 for an alt text; to look for a post whose answer was lost, $0.010 for the account and $0.005 for each of its posts since then, or $0.001 where the app is the account's own",
    ),
    limits: Limits {
        // X makes links of names of hosts too, and counts each as one.
        text: Rule {
            address: AddressCount::Always(23),
            has_hosts: true,
            ..Rule::new(Unit::Weighted, 280).with(Markup::Names)
        },
        alt: Some(Rule::new(Unit::Utf16, 1000)),
        picture: PictureLimits {
            formats: &[Format::Jpeg, Format::Png, Format::WebP],
            max_bytes: Some(5_000_000),
            max_pixels: None,
            max_side: None,
            aspect: None,
        },
    },
    told: "",
    leftover: "is shown to nobody, and goes by itself after a day",
    repetition: "the post is looked for first; X refuses the same text twice",
    source: "https://docs.x.com/x-api/media/quickstart/best-practices",
    read_on: "2026-11-23",
    proof: Proof::Documentation,
    more: "",
    make: |account, tools| Ok(Arc::new(X::new(account, tools)?)),
};

/// Reads `alice` or `@alice`.
fn parse_name(text: &str) -> Option<String> {
    let name = text.strip_prefix('@').unwrap_or(text);
    let is_name = (1..=15).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_name.then(|| name.to_owned())
}

/// What X says in its bodies: `{"title": "Forbidden", "detail": …, "type": "https://api.x.com/2/problems/…", "status": 403}`.
fn reading(answer: &Answer) -> Option<Meaning> {
    if answer.status.is_success() {
        return None;
    }
    let json = answer.json()?;
    let text = |key: &str| json.get(key).and_then(Value::as_str).unwrap_or_default();
    // Out of credits, or the app may not post: nothing that another post would change.
    if text("title") == "CreditsDepleted" || answer.status.as_u16() == 402 {
        return Some(Meaning::Refused);
    }
    match text("type").rsplit('/').next()? {
        "client-forbidden" | "unsupported-authentication" => Some(Meaning::Reconnect),
        // Of a month.
        "usage-capped" => Some(Meaning::WaitLong),
        "rate-limit-exceeded" => Some(Meaning::Wait(None)),
        "invalid-request" | "not-authorized-for-resource" | "resource-not-found" => Some(Meaning::Refused),
        _ => None,
    }
}

/// Whether the same text was posted before: "You are not allowed to create a Tweet with duplicate content."
fn is_repetition(answer: &Answer) -> bool {
    let detail = answer.json().and_then(|json| json.get("detail")?.as_str().map(str::to_owned));
    answer.status == StatusCode::FORBIDDEN
        && detail.is_some_and(|detail| detail.contains("duplicate content"))
}

/// One account.
struct X {
    line: Line,
    access: Access,
}

impl X {
    fn new(account: Account, tools: Tools) -> Result<Self, AccountError> {
        let access = Access::of(&account);
        Ok(Self { line: Line::new(account, tools, reading)?, access })
    }

    fn call(&self, method: &Method, path: &[&str], query: &[(&str, &str)]) -> RequestBuilder {
        let mut url = self.line.address(&[&["2"], path].concat());
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        self.access.request(&self.line, method, url, &[])
    }

    fn posted(&self, id: &str) -> Posted {
        let url = format!("https://x.com/{}/status/{id}", self.line.account.name);
        Posted { url: Some(url), id: Some(id.to_owned()) }
    }

    /// Whose the token is.
    async fn me(&self) -> Result<Identity, PostError> {
        let answer = self.line.get(self.call(&Method::GET, &["users", "me"], &[])).await?;
        let json = answer.json().unwrap_or_default();
        let id = json.pointer("/data/id").and_then(id_of);
        let name = json.pointer("/data/username").and_then(Value::as_str).and_then(parse_name);
        let (id, name) = id.zip(name).ok_or_else(|| self.line.unclear(&answer))?;
        Ok(Identity { id, name })
    }
}

#[async_trait]
impl Platform for X {
    fn target(&self) -> Target {
        self.line.account.shown()
    }

    fn server(&self) -> String {
        self.line.origin()
    }

    async fn identify(&self) -> Result<Option<Identity>, PostError> {
        self.me().await.map(Some)
    }

    async fn limits(&self) -> Limits {
        ENTRY.limits
    }

    async fn upload(&self, post: &Post) -> Result<String, PostError> {
        let form =
            Form::new().text("media_category", "tweet_image").text("media_type", post.media_type.clone());
        let form = form.part("media", picture_part(post)?);
        let request = self.call(&Method::POST, &["media", "upload"], &[]).multipart(form);
        let answer = self.line.get(request).await?;
        let id = answer.json().and_then(|json| id_of(json.pointer("/data/id")?));
        let id = id.ok_or_else(|| self.line.unclear(&answer))?;
        let alt = ENTRY.limits.alt.map(|rule| rule.shorten(&post.alt)).unwrap_or_default();
        if !alt.is_empty() {
            let body = json!({"id": id, "metadata": {"alt_text": {"text": alt}}});
            self.line.get(self.call(&Method::POST, &["media", "metadata"], &[]).json(&body)).await?;
        }
        Ok(id)
    }

    async fn publish(&self, post: &Post, upload: &str) -> Result<Posted, PostError> {
        let body = json!({"text": post.text(&ENTRY.limits), "media": {"media_ids": [upload]}});
        let answer = self.line.sent(self.call(&Method::POST, &["tweets"], &[]).json(&body)).await?;
        if is_repetition(&answer) {
            // No other post holds this link: it is ours, of a sending whose answer was lost.
            return match self.find(&post.link, post.shared_at).await {
                Ok(Sighting::There(posted)) => Ok(posted),
                _ => Err(self.line.unknown("it has such a post, which is not found".to_owned())),
            };
        }
        let answer = self.line.taken(answer)?;
        self.line.posted(&answer, |json| Some(self.posted(&id_of(json.pointer("/data/id")?)?)))
    }

    async fn find(&self, link: &str, since: Timestamp) -> Result<Sighting, PostError> {
        let me = self.me().await?;
        let mut latest = Latest::new(since);
        let mut token = String::new();
        let start = latest.start().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        loop {
            let mut query = vec![
                ("max_results", "20"),
                ("tweet.fields", "created_at,entities"),
                ("start_time", start.as_str()),
            ];
            if !token.is_empty() {
                query.push(("pagination_token", &token));
            }
            let request = self.call(&Method::GET, &["users", &me.id, "tweets"], &query);
            let page = self.line.get(request).await?.json().unwrap_or_default();
            let none = Vec::new();
            let posts = match (page.get("data"), page.pointer("/meta/result_count")) {
                (Some(Value::Array(posts)), _) => posts,
                (None, Some(_)) => &none,
                _ => return Ok(Latest::unreadable()),
            };
            // In the text stands X's own short address.
            let is_ours = |post: &&Value| {
                let links = post.pointer("/entities/urls").and_then(Value::as_array);
                links.into_iter().flatten().any(|url| {
                    url.get("expanded_url").and_then(Value::as_str).is_some_and(|url| holds_link(url, link))
                })
            };
            if let Some(id) = posts.iter().find(is_ours).and_then(|post| id_of(post.get("id")?)) {
                return Ok(Sighting::There(self.posted(&id)));
            }
            let oldest = posts.last().and_then(|post| post.get("created_at")?.as_str()?.parse().ok());
            token = page.pointer("/meta/next_token").and_then(Value::as_str).unwrap_or_default().to_owned();
            if let Some(sighting) = latest.page(oldest, !token.is_empty()) {
                return Ok(sighting);
            }
        }
    }

    async fn remove(&self, post_id: &str) -> Result<(), PostError> {
        self.line.remove(self.call(&Method::DELETE, &["tweets", post_id], &[])).await
    }
}
