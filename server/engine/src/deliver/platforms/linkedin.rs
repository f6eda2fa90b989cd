//! The connector for LinkedIn (<https://learn.microsoft.com/linkedin/marketing/community-management/shares/posts-api>): posts of a
//! member or an organisation.
//!
//! LinkedIn names an address for the picture, takes its bytes there, and a post names the picture. There is no key for
//! repetitions, and reading posts needs a permission that few apps get: a post whose answer was lost stays unknown.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use cutline_crop::Format;
use cutline_model::Target;
use cutline_text::{Markup, Rule, Unit};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::{AccountKey, Entry, Proof, ServerKey};
use crate::deliver::client::Answer;
use crate::deliver::line::{Line, Meaning, id_of};
use crate::deliver::{Account, AccountError, Limits, PictureLimits, Platform, Post, PostError, Posted};

/// Its line in the table of platforms.
pub(super) static ENTRY: Entry = Entry {
    name: "linkedin",
    title: "LinkedIn",
    // Two heads and what joins them.
    icon: "M7 10a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM17 10a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2 20c0-8 10-8 10 0 0-8 10-8 10 0",
    server: ServerKey::UsualWithQuery("https://api.linkedin.com?version=202607"),
    account: AccountKey {
        is: "who posts: `person:` and the member's id, as `GET /v2/userinfo` calls it in `sub`, or `organization:` and the page's number",
        example: "person:782bbtaQ",
        sign: "",
        parse: parse_author,
    },
    token: "an access token with the scope w_member_social (product: Share on LinkedIn), or w_organization_social for a page; it ends after 60 days",
    check: |account| version(account).map(drop),
    scopes: None,
    lists: &[],
    has_visibility: false,
    costs: None,
    limits: Limits {
        text: Rule::new(Unit::Characters, 3000).with(Markup::Links),
        alt: Some(Rule::new(Unit::Characters, 4086)),
        picture: PictureLimits {
            formats: &[Format::Jpeg, Format::Png, Format::Gif],
            max_bytes: None,
            max_pixels: Some(36_152_319),
            max_side: None,
            aspect: None,
        },
    },
    told: "",
    leftover: "is shown to nobody; no program may remove it",
    repetition: "nothing tells: a post whose answer was lost waits for a person",
    source: "https://learn.microsoft.com/linkedin/marketing/community-management/shares/images-api",
    read_on: "2026-11-23",
    proof: Proof::Documentation,
    more: "`version` behind the server's address is the month whose form of the API is spoken; if none is named, 202607. LinkedIn keeps each for a\nyear at least, so that one until July 2027, and refuses all posts after that: then update Cutline, or name a later month there. The\ndays on which they end are in its [table of migrations](https://learn.microsoft.com/linkedin/marketing/integrations/migrations).\n",
    make: |mut account, tools| {
        let version = version(&account)?;
        account.server.set_query(None);
        Ok(Arc::new(LinkedIn { line: Line::new(account, tools, reading)?, version }))
    },
};

/// The month whose form of the API this is written for; LinkedIn keeps each for a year.
const VERSION: &str = "202607";

/// The month that stands behind the server's address, else that.
fn version(account: &Account) -> Result<String, AccountError> {
    let expected = "LinkedIn's address, and at most a month behind it, for example https://api.linkedin.com?version=202607";
    let wrong = AccountError { key: "server", expected };
    let is_month = |text: &str| text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit());
    let mut named = account.server.query_pairs();
    match (named.next(), named.next()) {
        (None, _) => Ok(VERSION.to_owned()),
        (Some((key, month)), None) if key == "version" && is_month(&month) => Ok(month.into_owned()),
        _ => Err(wrong),
    }
}
/// Where LinkedIn takes bytes.
const UPLOADS: [&str; 1] = ["linkedin.com"];

/// Reads `person:782bbtaQ` or `organization:5515715`, also with `urn:li:` before it.
fn parse_author(text: &str) -> Option<String> {
    let text = text.strip_prefix("urn:li:").unwrap_or(text);
    let (kind, id) = text.split_once(':')?;
    let is_id = (1..=40).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    (matches!(kind, "person" | "organization") && is_id).then(|| text.to_owned())
}

/// What LinkedIn says in its bodies: `{"status": 401, "code": "EXPIRED_ACCESS_TOKEN", "message": …}`; of some the
/// code stands deeper.
fn reading(answer: &Answer) -> Option<Meaning> {
    if answer.status.is_success() {
        return None;
    }
    let json = answer.json()?;
    let code = json.get("code").or_else(|| json.pointer("/errorDetails/inputErrors/0/code"));
    match code?.as_str()? {
        "EXPIRED_ACCESS_TOKEN"
        | "INVALID_ACCESS_TOKEN"
        | "REVOKED_ACCESS_TOKEN"
        | "EMPTY_ACCESS_TOKEN"
        | "ACCESS_DENIED" => Some(Meaning::Reconnect),
        // Those of a day.
        "TOO_MANY_REQUESTS" | "QUOTA_EXCEEDED" => Some(Meaning::WaitLong),
        "NONEXISTENT_VERSION" | "VERSION_MISSING" | "INVALID_CONTENT_OWNERSHIP" => Some(Meaning::Refused),
        // The same was posted already, which may be ours.
        "DUPLICATE_POST" => Some(Meaning::Trouble),
        _ => None,
    }
}

/// A text in LinkedIn's "little text format", in which nothing is a mention, a tag or a template.
fn plain(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut plain, c| {
        if r"|{}@[]()<>#\*_~".contains(c) {
            plain.push('\\');
        }
        plain.push(c);
        plain
    })
}

/// One member or organisation.
struct LinkedIn {
    line: Line,
    version: String,
}

impl LinkedIn {
    fn call(&self, method: Method, path: &[&str]) -> RequestBuilder {
        self.versioned(self.line.bearing(method, &[&["rest"], path].concat()))
    }

    fn versioned(&self, request: RequestBuilder) -> RequestBuilder {
        request.header("linkedin-version", &self.version).header("x-restli-protocol-version", "2.0.0")
    }

    fn author(&self) -> String {
        format!("urn:li:{}", self.line.account.name)
    }
}

#[async_trait]
impl Platform for LinkedIn {
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
        let body = json!({"initializeUploadRequest": {"owner": self.author()}});
        let request = self.call(Method::POST, &["images"]).query(&[("action", "initializeUpload")]);
        let answer = self.line.get(request.json(&body)).await?;
        let json = answer.json().unwrap_or_default();
        let address = json.pointer("/value/uploadUrl").and_then(Value::as_str);
        let address = address.and_then(|address| self.line.handed(address, &UPLOADS));
        let (Some(address), Some(image)) = (address, json.pointer("/value/image").and_then(id_of)) else {
            return Err(self.line.unclear(&answer));
        };
        let request = self.line.tools.client.put(address).bearer_auth(self.line.token());
        self.line.get(request.header("content-type", &post.media_type).body(post.bytes.clone())).await?;
        Ok(image)
    }

    async fn publish(&self, post: &Post, upload: &str) -> Result<Posted, PostError> {
        let alt = ENTRY.limits.alt.map(|rule| rule.shorten(&post.alt)).unwrap_or_default();
        let body = json!({
            "author": self.author(),
            "commentary": plain(&post.text(&ENTRY.limits)),
            "visibility": "PUBLIC",
            "distribution": {
                "feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": [],
            },
            "content": {"media": {"altText": alt, "id": upload}},
            "lifecycleState": "PUBLISHED",
            "isReshareDisabledByAuthor": false,
        });
        let answer = self.line.post(self.call(Method::POST, &["posts"]).json(&body)).await?;
        // The body is empty.
        let id = answer.header("x-restli-id").filter(|id| id.starts_with("urn:li:"));
        let id = id.ok_or_else(|| self.line.unknown("answered without the post's name".to_owned()))?;
        Ok(Posted {
            url: Some(format!("https://www.linkedin.com/feed/update/{id}/")),
            id: Some(id.to_owned()),
        })
    }

    /// "{encoded ugcPostUrn|shareUrn}": its colons too, which a path may hold otherwise.
    async fn remove(&self, post_id: &str) -> Result<(), PostError> {
        let encoded: String = form_urlencoded::byte_serialize(post_id.as_bytes()).collect();
        let mut url = self.line.address(&["rest", "posts"]);
        url.set_path(&format!("{}/{encoded}", url.path()));
        let request = self.line.tools.client.delete(url).bearer_auth(self.line.token());
        self.line.remove(self.versioned(request).header("x-restli-method", "DELETE")).await
    }
}
