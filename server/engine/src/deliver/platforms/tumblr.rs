//! The connector for Tumblr (<https://www.tumblr.com/docs/en/api/v2>): posts in its Neue Post Format.
//!
//! One request carries the post and its picture. There is no key for repetitions: a post whose answer was lost is looked for
//! among the blog's latest, by its link.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use cutline_crop::Format;
use cutline_model::Target;
use cutline_text::{Rule, Unit};
use jiff::Timestamp;
use reqwest::multipart::{Form, Part};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::{AccountKey, Entry, Proof, ServerKey};
use crate::deliver::client::{Answer, picture_part};
use crate::deliver::line::{Line, Meaning, Tools, holds_link, id_of};
use crate::deliver::look::Latest;
use crate::deliver::oauth1::Access;
use crate::deliver::{
    Account, AccountError, Limits, PictureLimits, Platform, Post, PostError, Posted, Sighting,
};

/// Its line in the table of platforms.
pub(super) static ENTRY: Entry = Entry {
    name: "tumblr",
    title: "Tumblr",
    // The letter.
    icon: "M9 3v5H6v3h3v6c0 3 2 4 4 4h4v-4h-3c-1 0-1-1-1-2v-4h4V8h-4V3z",
    server: ServerKey::Usual("https://api.tumblr.com"),
    account: AccountKey { is: "the blog's name", example: "lighthouses", sign: "", parse: parse_blog },
    token: "the app's OAuth consumer key and its secret, the account's token and its secret, with colons between the four; or an OAuth 2 token with the scope write, which ends soon",
    check: |_| Ok(()),
    scopes: None,
    lists: &[],
    has_visibility: false,
    costs: None,
    limits: Limits {
        text: Rule::new(Unit::Characters, 4096),
        alt: Some(Rule::new(Unit::Characters, 4096)),
        picture: PictureLimits {
            formats: &[Format::Jpeg, Format::Png, Format::WebP, Format::Gif],
            max_bytes: Some(10_000_000),
            max_pixels: None,
            max_side: None,
            aspect: None,
        },
    },
    told: "",
    leftover: "there is none: picture and words are sent together",
    repetition: "the post is looked for first",
    source: "https://github.com/tumblr/docs/blob/master/npf-spec.md",
    read_on: "2026-11-23",
    proof: Proof::Documentation,
    more: "",
    make: |account, tools| Ok(Arc::new(Tumblr::new(account, tools)?)),
};

/// What the picture is called between the parts of one request.
const PICTURE: &str = "clipping";

/// Reads `lighthouses` or `lighthouses.tumblr.com`.
fn parse_blog(text: &str) -> Option<String> {
    let name = text.strip_suffix(".tumblr.com").unwrap_or(text);
    let is_name = (1..=32).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !name.starts_with('-');
    is_name.then(|| name.to_ascii_lowercase())
}

/// What Tumblr says in its bodies: `{"meta": {"status": 403, "msg": "Forbidden"}, "errors": [{"code": 8010, "detail": …}]}`.
fn reading(answer: &Answer) -> Option<Meaning> {
    let json = answer.json()?;
    match json.pointer("/meta/status")?.as_u64()? {
        200..=299 => None,
        401 => Some(Meaning::Reconnect),
        // Too many posts or pictures for today come so as well.
        429 => Some(Meaning::WaitLong),
        500..=599 => Some(Meaning::Trouble),
        _ => Some(Meaning::Refused),
    }
}

/// One blog of one account.
struct Tumblr {
    line: Line,
    access: Access,
}

impl Tumblr {
    fn new(account: Account, tools: Tools) -> Result<Self, AccountError> {
        let access = Access::of(&account);
        Ok(Self { line: Line::new(account, tools, reading)?, access })
    }

    fn blog(&self) -> &str {
        &self.line.account.name
    }

    /// A request about the blog. Forms of several parts are not signed (RFC 5849, 3.4.1.3.1).
    fn call(
        &self,
        method: &Method,
        path: &[&str],
        query: &[(&str, &str)],
        form: &[(&str, &str)],
    ) -> RequestBuilder {
        let blog = format!("{}.tumblr.com", self.blog());
        let mut url = self.line.address(&[&["v2", "blog", &blog], path].concat());
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        self.access.request(&self.line, method, url, form)
    }

    fn posted(&self, id: &str) -> Posted {
        Posted { url: Some(format!("https://www.tumblr.com/{}/{id}", self.blog())), id: Some(id.to_owned()) }
    }
}

#[async_trait]
impl Platform for Tumblr {
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
        let media = json!({
            "type": post.media_type, "identifier": PICTURE,
            "width": post.size.width(), "height": post.size.height(),
        });
        let body = json!({"content": [
            {"type": "image", "media": [media], "alt_text": alt},
            text_block(post),
        ]});
        let json = Part::text(body.to_string()).mime_str("application/json").expect("a media type");
        let form = Form::new().part("json", json).part(PICTURE, picture_part(post)?);
        let answer = self.line.post(self.call(&Method::POST, &["posts"], &[], &[]).multipart(form)).await?;
        // The number is larger than those that JSON readers keep exactly, so it comes as a text.
        self.line.posted(&answer, |json| {
            let id = json.pointer("/response/id_string").or_else(|| json.pointer("/response/id"));
            Some(self.posted(&id_of(id?)?))
        })
    }

    async fn find(&self, link: &str, since: Timestamp) -> Result<Sighting, PostError> {
        let mut latest = Latest::new(since);
        for page in 0.. {
            let offset = (page * 20).to_string();
            let query = [("limit", "20"), ("npf", "true"), ("offset", offset.as_str())];
            let answer = self.line.get(self.call(&Method::GET, &["posts"], &query, &[])).await?;
            let json = answer.json().unwrap_or_default();
            let Some(posts) = json.pointer("/response/posts").and_then(Value::as_array) else {
                return Ok(Latest::unreadable());
            };
            let is_ours = |post: &&Value| {
                let blocks = post.get("content").and_then(Value::as_array);
                let mut texts = blocks.into_iter().flatten().filter_map(|block| block.get("text")?.as_str());
                texts.any(|text| holds_link(text, link))
            };
            if let Some(ours) = posts.iter().find(is_ours) {
                let id = ours.get("id_string").or_else(|| ours.get("id")).and_then(id_of);
                return Ok(id.map_or_else(Latest::unreadable, |id| Sighting::There(self.posted(&id))));
            }
            let oldest = posts.last().and_then(|post| post.get("timestamp")?.as_i64());
            let oldest = oldest.and_then(|seconds| Timestamp::from_second(seconds).ok());
            if let Some(sighting) = latest.page(oldest, !posts.is_empty()) {
                return Ok(sighting);
            }
        }
        Ok(Latest::unreadable())
    }

    async fn remove(&self, post_id: &str) -> Result<(), PostError> {
        let form = [("id", post_id)];
        self.line.remove(self.call(&Method::POST, &["post", "delete"], &[], &form).form(&form)).await
    }
}

/// The words as a paragraph, in which the link is one: Tumblr makes none by itself. Places in it are counted in characters.
fn text_block(post: &Post) -> Value {
    let text = post.text(&ENTRY.limits);
    let end = text.chars().count();
    let start = end - post.link.trim().chars().count();
    let link = json!({"start": start, "end": end, "type": "link", "url": post.link});
    json!({"type": "text", "text": text, "formatting": [link]})
}
