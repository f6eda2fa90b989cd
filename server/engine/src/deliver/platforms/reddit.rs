//! The connector for Reddit (<https://www.reddit.com/dev/api/>): a picture and words in one community, or a link to the share page
//! where that takes no pictures.
//!
//! How pictures get there is documented nowhere: this is done as PRAW does it, and answered in its tests as there
//! (<https://github.com/praw-dev/praw>, 8.0.0; the errors from <https://github.com/Pyprohly/reddit-api-doc-notes>). A picture
//! that was taken is shown only once Reddit has looked at it, and the answer does not say as which post. So it is looked for by its
//! link among the account's latest, as is a post whose answer was lost.

mod access;
mod rules;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cutline_crop::Format;
use cutline_model::Target;
use cutline_text::{Markup, Rule, Unit};
use jiff::Timestamp;
use reqwest::multipart::Form;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use self::access::Access;
use self::rules::{Known, Rules};
use super::html::bare_title;
use super::{AccountKey, Entry, Proof, ServerKey};
use crate::deliver::client::{Answer, picture_part};
use crate::deliver::line::{Line, Meaning, holds_link, id_of, web_address};
use crate::deliver::look::Latest;
use crate::deliver::{
    Account, AccountError, Identity, Limits, PictureLimits, Platform, Post, PostError, Posted, Sighting,
};

/// Its line in the table of platforms.
pub(super) static ENTRY: Entry = Entry {
    name: "reddit",
    title: "Reddit",
    // An arrow up, in a speech bubble.
    icon: "M4 4h16v12H10l-5 4v-4H4zM12 13V7M9 10l3-3 3 3",
    server: ServerKey::UsualWithQuery("https://oauth.reddit.com"),
    account: AccountKey {
        is: "the community that is posted to, or `u_` and the account's name for its own page",
        example: "pics",
        sign: "r/",
        parse: parse_community,
    },
    token: "the app's id and secret and the account's refresh token, with colons between the three; or of a script app the id and secret, the account's name and its password; asked for: `identity read submit edit history`",
    check: |account| Access::of(account).map(drop),
    scopes: Some("identity read submit edit history"),
    lists: &[],
    has_visibility: false,
    costs: None,
    limits: Limits {
        text: Rule::new(Unit::Characters, 10_000).with(Markup::Markdown),
        alt: None,
        picture: PictureLimits {
            formats: &[Format::Jpeg, Format::Png, Format::Gif],
            max_bytes: Some(20_971_520),
            max_pixels: None,
            max_side: None,
            aspect: None,
        },
    },
    told: "whether the community takes pictures and words beside them, how long a title may be, and whether there must be a flair",
    leftover: "is shown to nobody, and goes by itself after a day",
    repetition: "the post is looked for first, for ten minutes; one that was taken is not sent again by itself; many communities refuse the same link twice",
    source: "https://github.com/praw-dev/praw",
    read_on: "2026-11-26",
    proof: Proof::Documentation,
    more: "Reddit approves each new app before it may post (its Responsible Builder Policy), and how pictures are uploaded is not in its\ndocumentation: this is built after what PRAW 8.0.0 does. Where a community wants a flair, its id stands behind the server's address:\n`https://oauth.reddit.com?flair_id=…`. Visitors who sign in post to their own page; their `authorization_endpoint` is\n`https://www.reddit.com/api/v1/authorize?duration=permanent`, the others are `…/access_token` and `…/revoke_token` there.\n",
    make: |mut account, tools| {
        let flair = flair(&account)?;
        account.server.set_query(None);
        let access = Access::of(&account)?;
        let line = Line::new(account, tools, reading)?;
        Ok(Arc::new(Reddit { line, access, flair, rules: Known::default() }))
    },
};

/// How long Reddit may take to show a picture that was posted.
const MAX_SHOWING: Duration = Duration::from_mins(10);
/// A title's longest.
const MAX_TITLE: usize = 300;
/// Where Reddit takes bytes.
const UPLOADS: [&str; 2] =
    ["reddit-uploaded-media.s3-accelerate.amazonaws.com", "reddit-uploaded-media.s3.amazonaws.com"];
/// For how long is waited where Reddit says that it is too much and not for how long: the time in which it counts
/// (`X-Ratelimit-Reset`).
const WINDOW: Duration = Duration::from_mins(10);

/// Reads `pics`, `r/pics` or `u_alice`.
fn parse_community(text: &str) -> Option<String> {
    let name = text.strip_prefix('/').unwrap_or(text);
    let name = name.strip_prefix("r/").unwrap_or(name);
    let is_name = (2..=24).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
        && !name.starts_with(['_', '-']);
    is_name.then(|| name.to_owned())
}

/// The flair that stands behind the server's address.
fn flair(account: &Account) -> Result<Option<String>, AccountError> {
    let expected = "Reddit's address, and at most the id of a flair behind it, for example https://oauth.reddit.com?flair_id=0f2a…";
    let wrong = AccountError { key: "server", expected };
    // "A string no longer than 36 characters."
    let is_id = |id: &str| (1..=36).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    let mut named = account.server.query_pairs();
    match (named.next(), named.next()) {
        (None, _) => Ok(None),
        (Some((key, id)), None) if key == "flair_id" && is_id(&id) => Ok(Some(id.into_owned())),
        _ => Err(wrong),
    }
}

/// What Reddit says in its bodies, also under a status of success: `{"json": {"errors": [["NO_TEXT", "we need something here",
/// "title"]]}}`, or `{"reason": "private", "message": "Forbidden", "error": 403}`; of tokens `{"error": "invalid_grant"}`.
fn reading(answer: &Answer) -> Option<Meaning> {
    // A token that was not given what it needs is a 403 (RFC 6750, 3.1).
    if answer.header("www-authenticate").is_some_and(|asked| asked.contains("insufficient_scope")) {
        return Some(Meaning::Reconnect);
    }
    let json = answer.json()?;
    let code = json.pointer("/json/errors/0/0").or_else(|| json.get("reason")).and_then(Value::as_str);
    match (code, json.get("error").and_then(Value::as_str)) {
        (Some("USER_REQUIRED"), _)
        | (_, Some("invalid_grant" | "invalid_client" | "unauthorized_client")) => Some(Meaning::Reconnect),
        (Some("RATELIMIT"), _) => Some(Meaning::Wait(Some(pause(&json)))),
        // The same was posted already, which may be ours.
        (Some("ALREADY_SUB"), _) => Some(Meaning::Trouble),
        // What it says under a status of trouble is no refusal.
        (Some(_), _) => (!answer.status.is_server_error()).then_some(Meaning::Refused),
        _ => None,
    }
}

/// For how long to wait: as a number of seconds, or in the words alone ("Take a break for 8 minutes before trying again.").
fn pause(json: &Value) -> Duration {
    if let Some(seconds) = json.pointer("/json/ratelimit").and_then(Value::as_f64) {
        return Duration::try_from_secs_f64(seconds.ceil()).unwrap_or(WINDOW).max(Duration::from_secs(1));
    }
    let words = json.pointer("/json/errors/0/1").and_then(Value::as_str).unwrap_or_default();
    let words: Vec<_> = words.split_whitespace().collect();
    let told = words.windows(2).find_map(|pair| {
        let (count, unit) = (pair[0].parse::<u64>().ok()?, pair[1]);
        let units = [("second", 1), ("minute", 60), ("hour", 3600)];
        // It rounds down.
        let (_, seconds) = units.into_iter().find(|(name, _)| unit.starts_with(name))?;
        Some(Duration::from_secs(count.saturating_add(1).saturating_mul(seconds)))
    });
    told.unwrap_or(WINDOW)
}

/// One community, as one account.
struct Reddit {
    line: Line,
    access: Access,
    flair: Option<String>,
    rules: Known,
}

impl Reddit {
    /// A request with a token that has not ended.
    async fn call(&self, method: Method, path: &[&str]) -> Result<RequestBuilder, PostError> {
        self.access.request(&self.line, method, path).await
    }

    fn community(&self) -> &str {
        &self.line.account.name
    }

    async fn rules(&self) -> Result<Arc<Rules>, PostError> {
        self.rules.of(&self.line, &self.access).await
    }

    /// Brings the bytes to where Reddit's answer says, and gives what a post calls them by.
    async fn deposit(&self, post: &Post, lease: &Answer) -> Result<String, PostError> {
        let json = lease.json().unwrap_or_default();
        let action = json.pointer("/args/action").and_then(Value::as_str).unwrap_or_default();
        // It begins with the two slashes.
        let action = if action.starts_with("//") { format!("https:{action}") } else { action.to_owned() };
        let place = self.line.handed(&action, &UPLOADS).ok_or_else(|| self.line.unclear(lease))?;
        let fields = json.pointer("/args/fields").and_then(Value::as_array).into_iter().flatten();
        let text = |field: &Value, key: &str| field.get(key).and_then(Value::as_str).map(str::to_owned);
        let fields: Option<Vec<_>> =
            fields.map(|field| Some((text(field, "name")?, text(field, "value")?))).collect();
        let fields = fields.unwrap_or_default();
        let key = fields.iter().find(|(name, _)| name == "key").map(|(_, key)| key.clone());
        let key = key.ok_or_else(|| self.line.unclear(lease))?;
        // The bytes are the last part.
        let form = fields.into_iter().fold(Form::new(), |form, (name, value)| form.text(name, value));
        let form = form.part("file", picture_part(post)?);
        let answer = self.line.ask(self.line.tools.client.post(place.clone()).multipart(form)).await?;
        if answer.status.is_success() {
            return Ok(format!("{}/{key}", place.as_str().trim_end_matches('/')));
        }
        if answer.element("Code").as_deref() == Some("AccessDenied") {
            // A lease holds for a minute; the next attempt has another.
            return Err(PostError::Passing {
                reason: "Reddit did not take the picture in time.".to_owned(),
                detail: format!("the lease was refused: {}", answer.words().unwrap_or_default()),
                retry_after: None,
            });
        }
        Err(self.line.refused(&answer))
    }

    /// The post of a share among the account's latest.
    async fn look(&self, link: &str, since: Timestamp) -> Result<Sighting, PostError> {
        let me = self.access.me(&self.line).await?;
        let mut latest = Latest::new(since);
        let mut after = String::new();
        loop {
            let request = self.call(Method::GET, &["user", me, "submitted"]).await?;
            let mut request = request.query(&[("sort", "new"), ("limit", "100"), ("raw_json", "1")]);
            if !after.is_empty() {
                request = request.query(&[("after", &after)]);
            }
            let page = self.line.get(request).await?.json().unwrap_or_default();
            let Some(posts) = page.pointer("/data/children").and_then(Value::as_array) else {
                return Ok(Latest::unreadable());
            };
            let posts: Vec<_> = posts.iter().filter_map(|post| post.get("data")).collect();
            let text = |post: &Value, key: &str| post.get(key).and_then(Value::as_str).map(str::to_owned);
            let is_ours = |post: &&&Value| {
                let is_here = text(post, "subreddit")
                    .is_some_and(|community| community.eq_ignore_ascii_case(self.community()));
                let holds = |key: &str| text(post, key).is_some_and(|text| holds_link(&text, link));
                is_here && (holds("url") || holds("selftext"))
            };
            if let Some(ours) = posts.iter().find(is_ours) {
                let url = text(ours, "permalink").map(|path| format!("https://www.reddit.com{path}"));
                let url = url.as_deref().and_then(web_address);
                return Ok(Sighting::There(Posted { url, id: ours.get("name").and_then(id_of) }));
            }
            #[expect(clippy::cast_possible_truncation, reason = "seconds since 1970")]
            let time = |post: &&Value| Timestamp::from_second(post.get("created_utc")?.as_f64()? as i64).ok();
            after = page.pointer("/data/after").and_then(Value::as_str).unwrap_or_default().to_owned();
            if let Some(sighting) = latest.page(posts.last().and_then(time), !after.is_empty()) {
                return Ok(sighting);
            }
        }
    }
}

#[async_trait]
impl Platform for Reddit {
    fn target(&self) -> Target {
        self.line.account.shown()
    }

    fn server(&self) -> String {
        self.line.origin()
    }

    /// A visitor's account posts to its own page, which is a community too.
    async fn identify(&self) -> Result<Option<Identity>, PostError> {
        let me = self.access.me(&self.line).await?;
        Ok(Some(Identity { id: me.to_owned(), name: format!("u_{me}") }))
    }

    async fn limits(&self) -> Limits {
        ENTRY.limits
    }

    /// What it gives is empty where the post will be a link.
    async fn upload(&self, post: &Post) -> Result<String, PostError> {
        let rules = self.rules().await?;
        rules.check(self.community(), self.flair.is_some())?;
        if !rules.takes_pictures() {
            return Ok(String::new());
        }
        let form = [("filepath", post.file_name.as_str()), ("mimetype", &post.media_type)];
        let request = self.call(Method::POST, &["api", "media", "asset.json"]).await?;
        let lease = self.line.get(request.form(&form)).await?;
        self.deposit(post, &lease).await
    }

    async fn publish(&self, post: &Post, upload: &str) -> Result<Posted, PostError> {
        let rules = self.rules().await?;
        let max_title = rules.max_title.unwrap_or(MAX_TITLE).min(MAX_TITLE);
        let title = Rule::new(Unit::Characters, max_title).shorten(&bare_title(post));
        let text = post.text(&ENTRY.limits);
        let (kind, url) = if upload.is_empty() { ("link", post.link.as_str()) } else { ("image", upload) };
        let mut form = vec![
            ("api_type", "json"),
            ("sr", self.community()),
            ("kind", kind),
            ("title", &title),
            ("url", url),
            // The same link twice is refused where the community wants that.
            ("resubmit", "false"),
            ("validate_on_submit", "true"),
        ];
        if rules.takes_words {
            form.push(("text", &text));
        }
        if let Some(flair) = &self.flair {
            form.push(("flair_id", flair));
        }
        let request = self.call(Method::POST, &["api", "submit"]).await?;
        let answer = self.line.sent(request.form(&form)).await?;
        let code = answer.json().and_then(|json| json.pointer("/json/errors/0/0").cloned());
        // The same was posted before: by an attempt whose answer was lost, or by somebody else.
        let is_repetition = code.as_ref().and_then(Value::as_str) == Some("ALREADY_SUB");
        if is_repetition {
            // No other post holds this link.
            return match self.look(&post.link, post.shared_at).await {
                Ok(Sighting::There(posted)) => Ok(posted),
                _ => Err(self.line.unknown("not among the account's posts".to_owned())),
            };
        }
        let json = self.line.taken(answer)?.json().unwrap_or_default();
        if let Some(id) = json.pointer("/json/data/name").and_then(id_of) {
            let url = json.pointer("/json/data/url").and_then(Value::as_str).and_then(web_address);
            return Ok(Posted { url, id: Some(id) });
        }
        // A picture is shown a moment later, or in some minutes.
        Err(match json.pointer("/json/errors").and_then(Value::as_array) {
            Some(errors) if errors.is_empty() => self.line.taken_unnamed("taken, without a name".to_owned()),
            _ => self.line.unknown("answered without a post".to_owned()),
        })
    }

    async fn find(&self, link: &str, since: Timestamp) -> Result<Sighting, PostError> {
        self.look(link, since).await
    }

    fn appears_within(&self) -> Duration {
        MAX_SHOWING
    }

    /// Of one that is not there nothing is said.
    async fn remove(&self, post_id: &str) -> Result<(), PostError> {
        let request = self.call(Method::POST, &["api", "del"]).await?;
        self.line.get(request.form(&[("id", post_id)])).await.map(drop)
    }
}
