//! The connector for Lemmy (<https://join-lemmy.org/docs/contributors/04-api.html>, version 3, which servers of 0.19 and 1.0 speak):
//! a picture at the server and a post in one community that links to it.
//!
//! Lemmy knows no repetition: a post whose answer was lost is looked for among the account's latest, by its link.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use cutline_model::Target;
use cutline_text::{Markup, Rule, Unit};
use jiff::Timestamp;
use reqwest::Method;
use reqwest::multipart::Form;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::html::bare_title;
use super::{AccountKey, Entry, Proof, ServerKey};
use crate::deliver::client::{Answer, picture_part};
use crate::deliver::line::{Line, Meaning, Tools, holds_link, id_of};
use crate::deliver::look::Latest;
use crate::deliver::{
    Account, AccountError, Limits, PictureLimits, Platform, Post, PostError, Posted, Sighting,
};

/// Its line in the table of platforms.
pub(super) static ENTRY: Entry = Entry {
    name: "lemmy",
    title: "Lemmy",
    // A head with two round ears.
    icon: "M12 8a6 6 0 1 0 0 12 6 6 0 0 0 0-12zM5 5a2.500 2.500 0 1 0 2 4M19 5a2.500 2.500 0 1 1-2 4M10 13h.01M14 13h.01",
    server: ServerKey::Asked("https://lemmy.example"),
    account: AccountKey {
        is: "the community, with its own server's name if that is another; the token's account must be allowed to post there",
        example: "pictures@lemmy.example",
        sign: "!",
        parse: parse_community,
    },
    token: "the token of a session of the account that posts: the answer to `POST /api/v3/user/login`, or the browser's cookie `jwt`",
    check: |_| Ok(()),
    scopes: None,
    lists: &[],
    has_visibility: false,
    costs: None,
    limits: Limits {
        text: Rule::new(Unit::Characters, 10_000).with(Markup::Markdown),
        alt: Some(Rule::new(Unit::Characters, 1500)),
        picture: PictureLimits {
            formats: &[],
            max_bytes: None,
            max_pixels: None,
            max_side: None,
            aspect: None,
        },
    },
    told: "",
    leftover: "is removed with the share, and before another is uploaded for it",
    repetition: "the post is looked for first",
    source: "https://join-lemmy.org/docs/contributors/04-api.html",
    read_on: "2026-11-23",
    proof: Proof::Documentation,
    more: "",
    make: |account, tools| Ok(Arc::new(Lemmy::new(account, tools)?)),
};

/// Reads `!pictures@lemmy.example`, with or without the sign in front and the server behind.
fn parse_community(text: &str) -> Option<String> {
    let text = text.strip_prefix('!').unwrap_or(text);
    let (name, host) = text.split_once('@').map_or((text, None), |(name, host)| (name, Some(host)));
    let is_name = name.len() >= 3 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let is_host = host.is_none_or(|host| {
        !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:".contains(&byte))
    });
    (is_name && is_host && text.len() <= 190).then(|| text.to_owned())
}

/// What Lemmy says in its bodies: `{"error": "not_logged_in"}`, all but few with a status of 400.
fn reading(answer: &Answer) -> Option<Meaning> {
    let json = answer.json()?;
    match json.get("error")?.as_str()? {
        "not_logged_in"
        | "incorrect_login"
        | "site_ban"
        | "banned"
        | "deleted"
        | "email_not_verified"
        | "registration_application_is_pending" => Some(Meaning::Reconnect),
        "rate_limit_error" => Some(Meaning::Wait(None)),
        _ => Some(Meaning::Refused),
    }
}

/// A title must hold three characters in a row that are no spaces.
fn long_title(post: &Post) -> String {
    let title = bare_title(post);
    let is_long = title.split_whitespace().any(|word| word.chars().count() >= 3);
    if is_long { title } else { format!("Shared picture: {title}") }
}

/// One account in one community.
struct Lemmy {
    line: Line,
    /// The community's number, once it is known.
    community: OnceCell<u64>,
}

impl Lemmy {
    fn new(account: Account, tools: Tools) -> Result<Self, AccountError> {
        Ok(Self { line: Line::new(account, tools, reading)?, community: OnceCell::new() })
    }

    async fn community(&self) -> Result<u64, PostError> {
        let asked = self.community.get_or_try_init(async || {
            let request = self.line.bearing(Method::GET, &["api", "v3", "community"]);
            let answer = self.line.get(request.query(&[("name", &self.line.account.name)])).await?;
            let id = answer.json().and_then(|json| json.pointer("/community_view/community/id")?.as_u64());
            id.ok_or_else(|| self.line.unclear(&answer))
        });
        asked.await.copied()
    }

    async fn delete_picture(&self, file: &str, token: &str) -> Result<(), PostError> {
        let path = ["pictrs", "image", "delete", token, file];
        self.line.remove(self.line.bearing(Method::GET, &path)).await
    }

    /// The post of this number, as visitors find it; `picture` is what its picture is removed by.
    fn posted(&self, id: &str, picture: &str) -> Posted {
        let url = self.line.address(&["post", id]).into();
        Posted { url: Some(url), id: Some(format!("{id} {picture}").trim_end().to_owned()) }
    }
}

#[async_trait]
impl Platform for Lemmy {
    fn target(&self) -> Target {
        self.line.account.shown()
    }

    fn server(&self) -> String {
        self.line.origin()
    }

    async fn prepare(&self) -> Result<(), PostError> {
        self.community().await.map(drop)
    }

    async fn limits(&self) -> Limits {
        ENTRY.limits
    }

    /// What it gives is the picture's name there, and what it can be removed by.
    async fn upload(&self, post: &Post) -> Result<String, PostError> {
        let form = Form::new().part("images[]", picture_part(post)?);
        let request = self.line.bearing(Method::POST, &["pictrs", "image"]).multipart(form);
        let answer = self.line.get(request).await?;
        let json = answer.json().unwrap_or_default();
        let text = |place: &str| json.pointer(place).and_then(id_of);
        match (text("/files/0/file"), text("/files/0/delete_token")) {
            (Some(file), token) => Ok(format!("{file} {}", token.unwrap_or_default())),
            _ => Err(self.line.unclear(&answer)),
        }
    }

    async fn publish(&self, post: &Post, upload: &str) -> Result<Posted, PostError> {
        let (file, _) = upload.split_once(' ').unwrap_or((upload, ""));
        let alt = ENTRY.limits.alt.map(|rule| rule.shorten(&post.alt)).unwrap_or_default();
        let body = json!({
            "name": long_title(post),
            "community_id": self.community().await?,
            "url": self.line.address(&["pictrs", "image", file]).as_str(),
            "body": post.text(&ENTRY.limits),
            "alt_text": alt,
        });
        let request = self.line.bearing(Method::POST, &["api", "v3", "post"]).json(&body);
        let answer = self.line.post(request).await?;
        self.line
            .posted(&answer, |json| Some(self.posted(&id_of(json.pointer("/post_view/post/id")?)?, upload)))
    }

    async fn find(&self, link: &str, since: Timestamp) -> Result<Sighting, PostError> {
        let site = self.line.get(self.line.bearing(Method::GET, &["api", "v3", "site"])).await?;
        let me = site.json().and_then(|json| id_of(json.pointer("/my_user/local_user_view/person/id")?));
        let me = me.ok_or_else(|| self.line.unclear(&site))?;
        let mut latest = Latest::new(since);
        for page in 1.. {
            let query =
                [("person_id", me.as_str()), ("sort", "New"), ("limit", "50"), ("page", &page.to_string())];
            let request = self.line.bearing(Method::GET, &["api", "v3", "user"]).query(&query);
            let answer = self.line.get(request).await?.json().unwrap_or_default();
            let Some(posts) = answer.get("posts").and_then(Value::as_array) else {
                return Ok(Latest::unreadable());
            };
            let ours = posts.iter().filter_map(|view| view.get("post")).find(|post| {
                post.get("body").and_then(Value::as_str).is_some_and(|body| holds_link(body, link))
            });
            if let Some(id) = ours.and_then(|post| id_of(post.get("id")?)) {
                return Ok(Sighting::There(self.posted(&id, "")));
            }
            let oldest =
                posts.last().and_then(|view| view.pointer("/post/published")?.as_str()?.parse().ok());
            if let Some(sighting) = latest.page(oldest, !posts.is_empty()) {
                return Ok(sighting);
            }
        }
        Ok(Latest::unreadable())
    }

    /// Removes the post, and its picture where it is known by what.
    async fn remove(&self, post_id: &str) -> Result<(), PostError> {
        let mut parts = post_id.splitn(3, ' ');
        let id: u64 = parts.next().and_then(|id| id.parse().ok()).unwrap_or_default();
        let request = self.line.bearing(Method::POST, &["api", "v3", "post", "delete"]);
        let answer = self.line.ask(request.json(&json!({"post_id": id, "deleted": true}))).await?;
        let code = answer.json().and_then(|json| json.get("error")?.as_str().map(str::to_owned));
        let is_gone = matches!(code.as_deref(), Some("couldnt_find_post" | "not_found"));
        if !answer.status.is_success() && !is_gone {
            return Err(self.line.refused(&answer));
        }
        match (parts.next(), parts.next()) {
            (Some(file), Some(token)) => self.delete_picture(file, token).await,
            _ => Ok(()),
        }
    }

    async fn discard(&self, upload: &str) -> Result<(), PostError> {
        match upload.split_once(' ') {
            Some((file, token)) if !token.is_empty() => self.delete_picture(file, token).await,
            _ => {
                let reason = format!("{} did not say how its picture can be removed.", self.line.host());
                Err(PostError::Final { reason, detail: "the upload has no delete_token".to_owned() })
            }
        }
    }
}
