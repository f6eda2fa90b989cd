//! The connector for Ghost (<https://docs.ghost.org/admin-api/>): an image of the site and a post that shows it.
//!
//! Ghost knows no repetition, so posts are named after their share, and one that may be there is looked for by that name.
//! Requests carry a token that is made for each of them from the integration's key and ends after minutes.

#[cfg(test)]
mod tests;
mod token;

use std::sync::Arc;

use async_trait::async_trait;
use cutline_model::Target;
use cutline_text::{Rule, Unit};
use http::StatusCode;
use http::header::AUTHORIZATION;
use jiff::Timestamp;
use reqwest::multipart::Form;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use self::token::AdminKey;
use super::html::{bare_title, escaped, paragraphs, slug, slug_of};
use super::{AccountKey, Entry, Proof, ServerKey, parse_own_name};
use crate::deliver::client::{Answer, picture_part};
use crate::deliver::line::{Line, Meaning, Tools, id_of, web_address};
use crate::deliver::{
    Account, AccountError, Limits, PictureLimits, Platform, Post, PostError, Posted, Sighting,
};

/// Its line in the table of platforms.
pub(super) static ENTRY: Entry = Entry {
    name: "ghost",
    title: "Ghost",
    // A ghost.
    icon: "M5 20V11a7 7 0 0 1 14 0v9l-3-2-2 2-2-2-2 2-2-2zM10 11h.01M14 11h.01",
    server: ServerKey::AskedWithPath("https://blog.example.org"),
    account: AccountKey {
        is: "a name of your own for the site",
        example: "blog.example.org",
        sign: "",
        parse: parse_own_name,
    },
    token: "the Admin API key of an integration: Settings, Integrations, Add custom integration",
    check: |account| AdminKey::of(account).map(drop),
    scopes: None,
    lists: &[],
    has_visibility: false,
    costs: None,
    limits: Limits {
        text: Rule::new(Unit::Bytes, 60_000),
        alt: Some(Rule::new(Unit::Characters, 191)),
        picture: PictureLimits {
            formats: &[],
            max_bytes: None,
            max_pixels: None,
            max_side: None,
            aspect: None,
        },
    },
    told: "",
    leftover: "stays, as that of a post that is removed: no program may remove a picture; the visitor reads where it is",
    repetition: "posts are named after their share and account, and looked for by that name first",
    source: "https://docs.ghost.org/admin-api/",
    read_on: "2026-11-23",
    proof: Proof::Documentation,
    more: "",
    make: |account, tools| Ok(Arc::new(Ghost::new(account, tools)?)),
};

/// What Ghost says in its bodies: `{"errors": [{"message": …, "type": "UnauthorizedError", "code": "INVALID_JWT"}]}`; a token that
/// it cannot read is a 400.
fn reading(answer: &Answer) -> Option<Meaning> {
    let json = answer.json()?;
    let error = json.pointer("/errors/0")?;
    let text = |key: &str| error.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    if matches!(text("code").as_str(), "INVALID_JWT" | "INVALID_AUTH_HEADER" | "UNKNOWN_ADMIN_API_KEY") {
        return Some(Meaning::Reconnect);
    }
    match text("type").as_str() {
        "UnauthorizedError" => Some(Meaning::Reconnect),
        "TooManyRequestsError" => Some(Meaning::Wait(None)),
        "InternalServerError" | "MaintenanceError" => Some(Meaning::Trouble),
        _ => Some(Meaning::Refused),
    }
}

/// One site.
struct Ghost {
    line: Line,
    key: AdminKey,
}

impl Ghost {
    fn new(account: Account, tools: Tools) -> Result<Self, AccountError> {
        let key = AdminKey::of(&account)?;
        Ok(Self { line: Line::new(account, tools, reading)?, key })
    }

    fn request(&self, method: Method, path: &[&str]) -> RequestBuilder {
        let token = self.key.token(self.line.tools.clock.now());
        // A path that ends without a slash is a redirect to one that does.
        let path = [&["ghost", "api", "admin"], path, &[""]].concat();
        self.line
            .plain(method, &path)
            .header(AUTHORIZATION, format!("Ghost {token}"))
            .header("accept-version", "v5.0")
    }
}

#[async_trait]
impl Platform for Ghost {
    fn target(&self) -> Target {
        self.line.account.shown()
    }

    fn server(&self) -> String {
        self.line.origin()
    }

    async fn limits(&self) -> Limits {
        ENTRY.limits
    }

    /// What it gives is the picture's address.
    async fn upload(&self, post: &Post) -> Result<String, PostError> {
        let form = Form::new()
            .text("purpose", "image")
            .text("ref", post.file_name.clone())
            .part("file", picture_part(post)?);
        let answer = self.line.get(self.request(Method::POST, &["images", "upload"]).multipart(form)).await?;
        let address = answer.json().and_then(|json| web_address(json.pointer("/images/0/url")?.as_str()?));
        address.ok_or_else(|| self.line.unclear(&answer))
    }

    async fn publish(&self, post: &Post, upload: &str) -> Result<Posted, PostError> {
        let alt = ENTRY.limits.alt.map(|rule| rule.shorten(&post.alt)).unwrap_or_default();
        let link = escaped(&post.link);
        let html = format!("{}<p><a href=\"{link}\">{link}</a></p>", paragraphs(&post.description));
        let body = json!({"posts": [{
            "title": bare_title(post),
            "slug": slug_of(&self.line.account.target, &post.link),
            "status": "published",
            "html": html,
            "feature_image": upload,
            "feature_image_alt": alt,
            "feature_image_caption": escaped(&post.credit),
        }]});
        let request = self.request(Method::POST, &["posts"]).query(&[("source", "html")]).json(&body);
        let answer = self.line.post(request).await?;
        self.line.posted(&answer, |json| posted(json.pointer("/posts/0")?))
    }

    async fn find(&self, link: &str, _: Timestamp) -> Result<Sighting, PostError> {
        for name in [slug_of(&self.line.account.target, link), slug(link)] {
            let answer = self.line.ask(self.request(Method::GET, &["posts", "slug", &name])).await?;
            if answer.status == StatusCode::NOT_FOUND {
                continue;
            }
            if !answer.status.is_success() {
                return Err(self.line.refused(&answer));
            }
            let found = answer.json().and_then(|json| posted(json.pointer("/posts/0")?));
            return Ok(found.map_or_else(
                || Sighting::CannotTell { detail: "the post has no id".to_owned() },
                Sighting::There,
            ));
        }
        Ok(Sighting::NotThere)
    }

    async fn remove(&self, post_id: &str) -> Result<(), PostError> {
        self.line.remove(self.request(Method::DELETE, &["posts", post_id])).await
    }

    async fn discard(&self, upload: &str) -> Result<(), PostError> {
        let reason =
            format!("The picture stays at {upload}: who runs the site can remove its file, no program.");
        Err(PostError::Final { reason, detail: "Ghost has no way to remove a picture".to_owned() })
    }
}

fn posted(post: &Value) -> Option<Posted> {
    let url = post.get("url").and_then(Value::as_str).and_then(web_address);
    Some(Posted { url, id: Some(id_of(post.get("id")?)?) })
}
