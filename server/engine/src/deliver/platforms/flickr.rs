//! The connector for Flickr (<https://www.flickr.com/services/api/upload.api.html>): photos of one account.
//!
//! One request carries title, description and picture; each is signed (OAuth 1.0a), all but the picture's part. There is no key
//! for repetitions: a photo whose answer was lost is looked for among the account's latest, by the link in its description.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use cutline_crop::Format;
use cutline_model::Target;
use cutline_text::{Markup, Rule, Unit};
use jiff::Timestamp;
use reqwest::Method;
use reqwest::multipart::Form;
use serde_json::Value;

use super::html::{bare_title, without_markup};
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
    name: "flickr",
    title: "Flickr",
    // Two dots.
    icon: "M7.5 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM16.5 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8z",
    server: ServerKey::Usual("https://up.flickr.com"),
    account: AccountKey {
        is: "the account's name in its pages' addresses, or its id",
        example: "12037949754@N01",
        sign: "",
        parse: parse_account,
    },
    token: "the app's key and its secret, a token with the permission delete and its secret, with colons between the four",
    check: Access::check,
    scopes: None,
    lists: &[],
    has_visibility: false,
    costs: None,
    limits: Limits {
        text: Rule::new(Unit::Bytes, 60_000).with(Markup::Names),
        alt: None,
        picture: PictureLimits {
            formats: &[Format::Jpeg, Format::Png, Format::Gif],
            max_bytes: Some(200_000_000),
            max_pixels: None,
            max_side: None,
            aspect: None,
        },
    },
    told: "",
    leftover: "there is none: picture and words are sent together",
    repetition: "the photo is looked for first",
    source: "https://www.flickr.com/services/api/upload.api.html",
    read_on: "2026-11-23",
    proof: Proof::Documentation,
    more: "",
    make: |account, tools| Ok(Arc::new(Flickr::new(account, tools)?)),
};

/// Reads `alice` or `12037949754@N01`.
fn parse_account(text: &str) -> Option<String> {
    let is_name = (1..=50).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"@_-".contains(&byte));
    is_name.then(|| text.to_owned())
}

/// What Flickr says in its bodies, under the status 200: `<rsp stat="fail"><err code="98" msg="…" /></rsp>`, or the same as JSON.
fn reading(answer: &Answer) -> Option<Meaning> {
    let json = answer.json().and_then(|json| json.get("code")?.as_i64());
    match json.or_else(|| answer.attribute("err", "code")?.parse().ok())? {
        // Signature, token, permissions, key.
        96..=100 => Some(Meaning::Reconnect),
        // A month's amount is used up; SSL is required, which no other token changes.
        6 | 95 => Some(Meaning::Refused),
        // Not uploaded as it should be; out of service.
        3 | 105 | 106 => Some(Meaning::Trouble),
        // A number that is not listed here, under a status of trouble, is no refusal.
        _ => (!answer.status.is_server_error()).then_some(Meaning::Refused),
    }
}

/// One account.
struct Flickr {
    line: Line,
    access: Access,
}

impl Flickr {
    fn new(account: Account, tools: Tools) -> Result<Self, AccountError> {
        let access = Access::of(&account);
        Ok(Self { line: Line::new(account, tools, reading)?, access })
    }

    /// Calls a method. All but uploads are answered by another host.
    async fn call(&self, method: &Method, name: &str, fields: &[(&str, &str)]) -> Result<Answer, PostError> {
        let mut url = self.line.address(&["services", "rest", ""]);
        if url.host_str() == Some("up.flickr.com") {
            url.set_host(Some("www.flickr.com")).expect("a host");
        }
        let all = [&[("method", name), ("format", "json"), ("nojsoncallback", "1")], fields].concat();
        let request = if *method == Method::GET {
            url.query_pairs_mut().extend_pairs(&all);
            self.access.request(&self.line, method, url, &[])
        } else {
            self.access.request(&self.line, method, url, &all).form(&all)
        };
        self.line.ask(request).await
    }

    fn posted(&self, id: &str) -> Posted {
        let url = format!("https://www.flickr.com/photos/{}/{id}/", self.line.account.name);
        Posted { url: Some(url), id: Some(id.to_owned()) }
    }
}

#[async_trait]
impl Platform for Flickr {
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
        // Descriptions may hold some HTML; words are none.
        let (title, description) = (bare_title(post), without_markup(&post.text(&ENTRY.limits)));
        let fields = [("description", description.as_str()), ("title", &title)];
        let url = self.line.address(&["services", "upload", ""]);
        let request = self.access.request(&self.line, &Method::POST, url, &fields);
        let form = Form::new().text("title", title.clone()).text("description", description.clone());
        let answer = self.line.post(request.multipart(form.part("photo", picture_part(post)?))).await?;
        let id =
            answer.element("photoid").filter(|id| !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit()));
        let id =
            id.ok_or_else(|| self.line.unknown(format!("answered {} without a photo", answer.status)))?;
        Ok(self.posted(&id))
    }

    async fn find(&self, link: &str, since: Timestamp) -> Result<Sighting, PostError> {
        let mut latest = Latest::new(since);
        for page in 1.. {
            let page = page.to_string();
            let fields = [
                ("user_id", "me"),
                ("extras", "description,date_upload"),
                ("per_page", "100"),
                ("page", page.as_str()),
            ];
            let answer = self.call(&Method::GET, "flickr.people.getPhotos", &fields).await?;
            let json = self.line.taken(answer)?.json().unwrap_or_default();
            let Some(photos) = json.pointer("/photos/photo").and_then(Value::as_array) else {
                return Ok(Latest::unreadable());
            };
            let ours = photos.iter().find(|photo| {
                let words = photo.pointer("/description/_content").and_then(Value::as_str);
                words.is_some_and(|words| holds_link(words, link))
            });
            if let Some(id) = ours.and_then(|photo| id_of(photo.get("id")?)) {
                return Ok(Sighting::There(self.posted(&id)));
            }
            let oldest = photos.last().and_then(|photo| photo.get("dateupload")?.as_str()?.parse().ok());
            let oldest = oldest.and_then(|seconds| Timestamp::from_second(seconds).ok());
            if let Some(sighting) = latest.page(oldest, !photos.is_empty()) {
                return Ok(sighting);
            }
        }
        Ok(Latest::unreadable())
    }

    async fn remove(&self, post_id: &str) -> Result<(), PostError> {
        let answer = self.call(&Method::POST, "flickr.photos.delete", &[("photo_id", post_id)]).await?;
        // Photo not found.
        let is_gone = answer.json().and_then(|json| json.get("code")?.as_i64()) == Some(1);
        if is_gone || self.line.is_success(&answer) { Ok(()) } else { Err(self.line.refused(&answer)) }
    }
}
