//! The connector for WordPress (<https://developer.wordpress.org/rest-api/>): a picture of the media library and a post that
//! shows it.
//!
//! WordPress knows no repetition: a second post of the same name gets another one. So posts are named after their share and
//! account, and one that may be there is looked for by that name.

mod content;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use cutline_model::Target;
use cutline_text::{Rule, Unit};
use http::StatusCode;
use jiff::Timestamp;
use reqwest::multipart::Form;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use self::content::{content, medium_in};
use super::html::{escaped, slug, slug_of, title};
use super::{AccountKey, Entry, Proof, ServerKey};
use crate::deliver::client::{Answer, picture_part};
use crate::deliver::line::{Line, Meaning, Tools, id_of, web_address};
use crate::deliver::{
    Account, AccountError, Limits, PictureLimits, Platform, Post, PostError, Posted, Sighting,
};

/// Its line in the table of platforms.
pub(super) static ENTRY: Entry = Entry {
    name: "wordpress",
    title: "WordPress",
    // A page with a heading and lines.
    icon: "M5 3h14v18H5zM8 7h8M8 11h8M8 15h5",
    server: ServerKey::AskedWithPath("https://blog.example.org"),
    account: AccountKey {
        is: "the name of a user who may publish posts and upload files (an author), and the site's own host behind it",
        example: "alice@blog.example.org",
        sign: "",
        parse: parse_account,
    },
    token: "an application password, its spaces left out: Users, Profile, Application Passwords",
    check: |_| Ok(()),
    scopes: None,
    lists: &[],
    has_visibility: false,
    costs: None,
    limits: Limits {
        text: Rule::new(Unit::Bytes, 60_000),
        alt: Some(Rule::new(Unit::Characters, 2000)),
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
    repetition: "posts are named after their share and account, and looked for by that name first",
    source: "https://developer.wordpress.org/rest-api/reference/posts/",
    read_on: "2026-11-23",
    proof: Proof::Server("WordPress 6"),
    more: "",
    make: |account, tools| Ok(Arc::new(WordPress::new(account, tools)?)),
};

/// Reads `alice@blog.example.org`; the part before the last `@` is the user's name.
fn parse_account(text: &str) -> Option<String> {
    let (name, host) = text.rsplit_once('@')?;
    let fits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_graphic());
    (fits(name) && fits(host) && !name.contains(':') && text.len() <= 190).then(|| text.to_owned())
}

/// What WordPress says in its bodies: `{"code": "rest_cannot_create", "message": …, "data": {"status": 401}}`. A picture
/// that is too large, or of a type that it does not take, is a 500.
fn reading(answer: &Answer) -> Option<Meaning> {
    let json = answer.json()?;
    match json.get("code")?.as_str()? {
        "incorrect_password"
        | "invalid_username"
        | "rest_not_logged_in"
        | "application_passwords_disabled"
        | "application_passwords_disabled_for_user" => Some(Meaning::Reconnect),
        code if answer.status == StatusCode::UNAUTHORIZED && code.starts_with("rest_") => {
            Some(Meaning::Reconnect)
        }
        "rest_upload_unknown_error"
        | "rest_upload_sideload_error"
        | "rest_upload_file_too_big"
        | "rest_upload_user_quota_exceeded"
        | "rest_upload_no_data"
        | "rest_cannot_create"
        | "rest_forbidden" => Some(Meaning::Refused),
        _ => None,
    }
}

/// One user of one site.
struct WordPress {
    line: Line,
    /// The site was seen to have no pretty addresses: its interface is at another one.
    is_plain: AtomicBool,
}

impl WordPress {
    fn new(account: Account, tools: Tools) -> Result<Self, AccountError> {
        Ok(Self { line: Line::new(account, tools, reading)?, is_plain: AtomicBool::new(false) })
    }

    fn user(&self) -> &str {
        self.line.account.name.rsplit_once('@').map_or("", |(user, _)| user)
    }

    /// A request to a route of the interface, `["posts", "7"]`.
    fn request(&self, method: Method, route: &[&str]) -> RequestBuilder {
        let request = if self.is_plain.load(Ordering::Relaxed) {
            let route = [&["", "wp", "v2"], route].concat().join("/");
            self.line.plain(method, &[""]).query(&[("rest_route", route)])
        } else {
            self.line.plain(method, &[&["wp-json", "wp", "v2"], route].concat())
        };
        request.basic_auth(self.user(), Some(self.line.token()))
    }

    /// Finds out where the interface is, by a request that changes nothing.
    async fn find_interface(&self) -> Result<(), PostError> {
        let answer = self.line.ask(self.request(Method::GET, &["types", "post"])).await?;
        if answer.status == StatusCode::NOT_FOUND && answer.json().is_none() {
            self.is_plain.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Whether a post, which does not tell by its name, is of this account.
    async fn is_ours(&self, post: &Value) -> Result<bool, PostError> {
        let me = self.line.get(self.request(Method::GET, &["users", "me"])).await?.json();
        let me = me.as_ref().and_then(|me| id_of(me.get("id")?));
        Ok(me.is_some() && me == post.get("author").and_then(id_of))
    }

    /// Removes one thing for good.
    async fn delete(&self, route: &[&str]) -> Result<(), PostError> {
        self.line.remove(self.request(Method::DELETE, route).query(&[("force", "true")])).await
    }
}

#[async_trait]
impl Platform for WordPress {
    fn target(&self) -> Target {
        self.line.account.shown()
    }

    fn server(&self) -> String {
        self.line.origin()
    }

    async fn limits(&self) -> Limits {
        ENTRY.limits
    }

    /// What it gives is the picture's number and its address.
    async fn upload(&self, post: &Post) -> Result<String, PostError> {
        self.find_interface().await?;
        let alt = ENTRY.limits.alt.map(|rule| rule.shorten(&post.alt)).unwrap_or_default();
        let form = Form::new()
            .text("alt_text", alt)
            .text("caption", escaped(&post.credit))
            .text("title", escaped(&title(post)))
            .part("file", picture_part(post)?);
        let answer = self.line.get(self.request(Method::POST, &["media"]).multipart(form)).await?;
        let json = answer.json().unwrap_or_default();
        let id = json.get("id").and_then(id_of);
        let address = json.get("source_url").and_then(Value::as_str).and_then(web_address);
        match (id, address) {
            (Some(id), Some(address)) => Ok(format!("{id} {address}")),
            _ => Err(self.line.unclear(&answer)),
        }
    }

    async fn publish(&self, post: &Post, upload: &str) -> Result<Posted, PostError> {
        let (medium, address) = upload.split_once(' ').unwrap_or((upload, ""));
        let body = json!({
            "status": "publish",
            "slug": slug_of(&self.line.account.target, &post.link),
            "title": escaped(&title(post)),
            "content": content(post, medium, address),
        });
        let answer = self.line.post(self.request(Method::POST, &["posts"]).json(&body)).await?;
        self.line.posted(&answer, |json| posted(json, Some(medium)))
    }

    async fn find(&self, link: &str, _: Timestamp) -> Result<Sighting, PostError> {
        self.find_interface().await?;
        let (name, earlier) = (slug_of(&self.line.account.target, link), slug(link));
        let query = [("slug", format!("{name},{earlier}")), ("status", "any".to_owned())];
        let answer = self.line.get(self.request(Method::GET, &["posts"]).query(&query)).await?;
        let Some(Value::Array(posts)) = answer.json() else {
            return Ok(Sighting::CannotTell { detail: "the posts are no list".to_owned() });
        };
        let named =
            |slug: &str| posts.iter().find(|post| post.get("slug").and_then(Value::as_str) == Some(slug));
        let found = match (named(&name), named(&earlier)) {
            (None, Some(post)) => self.is_ours(post).await?.then_some(post),
            (post, _) => post,
        };
        Ok(match found {
            None => Sighting::NotThere,
            Some(post) => posted(post, medium_in(post)).map_or_else(
                || Sighting::CannotTell { detail: "the post has no number".to_owned() },
                Sighting::There,
            ),
        })
    }

    async fn discard(&self, upload: &str) -> Result<(), PostError> {
        self.find_interface().await?;
        let (medium, _) = upload.split_once(' ').unwrap_or((upload, ""));
        self.delete(&["media", medium]).await
    }

    /// Removes the post, and the picture that was uploaded for it.
    async fn remove(&self, post_id: &str) -> Result<(), PostError> {
        self.find_interface().await?;
        let (post, medium) = post_id.split_once(' ').unwrap_or((post_id, ""));
        self.delete(&["posts", post]).await?;
        if medium.is_empty() { Ok(()) } else { self.delete(&["media", medium]).await }
    }
}

/// The post as it is kept here: its number, and that of its picture.
fn posted(post: &Value, medium: Option<&str>) -> Option<Posted> {
    let id = id_of(post.get("id")?)?;
    let url = post.get("link").and_then(Value::as_str).and_then(web_address);
    Some(Posted { url, id: Some(medium.map_or_else(|| id.clone(), |medium| format!("{id} {medium}"))) })
}
