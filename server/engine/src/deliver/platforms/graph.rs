//! What the platforms of Meta share: how their Graph API is asked, and what its errors mean
//! (<https://developers.facebook.com/docs/graph-api/guides/error-handling>).

use jiff::Timestamp;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use url::Url;

use crate::deliver::client::Answer;
use crate::deliver::line::{Line, Meaning, holds_link, id_of, web_address};
use crate::deliver::look::Latest;
use crate::deliver::{Post, PostError, Posted, Sighting};

/// What the API says in its bodies: `{"error": {"message": …, "code": 190, "error_subcode": 463, "is_transient": false}}`.
pub(super) fn reading(answer: &Answer) -> Option<Meaning> {
    let json = answer.json()?;
    let error = json.get("error")?;
    if error.get("is_transient").and_then(Value::as_bool) == Some(true) {
        return Some(Meaning::Trouble);
    }
    match error.get("code")?.as_i64()? {
        // Token, session and permissions.
        3 | 10 | 102 | 190 | 200..=299 => Some(Meaning::Reconnect),
        // Posts of a day (Instagram); calls of an hour: of the app, of the user, of the page, of a business.
        4 | 9 | 17 | 32 | 341 | 613 | 80_000..=80_014 => Some(Meaning::WaitLong),
        // Not ready to be published yet.
        9007 => Some(Meaning::Wait(None)),
        // Trouble; the same post was made already (506), which may be ours.
        -2 | -1 | 1 | 2 | 506 => Some(Meaning::Trouble),
        // A number that is not listed here, under a status of trouble, is no refusal.
        _ => (!answer.status.is_server_error()).then_some(Meaning::Refused),
    }
}

/// Reads the number that an account, a page or a profile has.
pub(super) fn parse_number(text: &str) -> Option<String> {
    ((5..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.to_owned())
}

/// A question.
pub(super) fn ask(line: &Line, version: &str, path: &[&str], fields: &str) -> RequestBuilder {
    line.plain(Method::GET, &[&[version], path].concat())
        .query(&[("fields", fields), ("access_token", line.token())])
}

/// A call that changes something.
pub(super) fn tell(line: &Line, version: &str, path: &[&str], form: &[(&str, &str)]) -> RequestBuilder {
    let form = [form, &[("access_token", line.token())]].concat();
    line.plain(Method::POST, &[&[version], path].concat()).form(&form)
}

/// The number of an error, and that of its kind.
pub(super) fn error_of(answer: &Answer) -> Option<(i64, Option<i64>)> {
    let json = answer.json()?;
    let error = json.get("error")?;
    Some((error.get("code")?.as_i64()?, error.get("error_subcode").and_then(Value::as_i64)))
}

/// Whether the object that was named is not there, or not for this token: both have the same answer.
pub(super) fn is_nowhere(answer: &Answer) -> bool {
    matches!(error_of(answer), Some((100, Some(33)) | (24 | 803, _)))
}

/// Removes a post of ours. One that is not there any more is removed; so that one which this token may not see is not taken for
/// such, the account itself must be seen, and the post must not.
pub(super) async fn remove(line: &Line, version: &str, id: &str) -> Result<(), PostError> {
    let request = line.plain(Method::DELETE, &[version, id]).query(&[("access_token", line.token())]);
    let answer = line.ask(request).await?;
    if line.is_success(&answer) {
        return Ok(());
    }
    if is_nowhere(&answer) && is_nowhere(&line.ask(ask(line, version, &[id], "id")).await?) {
        return line.get(ask(line, version, &[&line.account.name], "id")).await.map(drop);
    }
    Err(line.refused(&answer))
}

/// Where an account's posts are listed, and what their parts are called.
pub(super) struct List<'a> {
    pub(super) line: &'a Line,
    pub(super) version: &'a str,
    pub(super) edge: &'a str,
    pub(super) words: &'a str,
    pub(super) permalink: &'a str,
    pub(super) time: &'a str,
    /// Whether a list that is empty may be one that this token does not see.
    pub(super) may_hide_all: bool,
}

impl List<'_> {
    /// Looks for the post that holds `link`.
    pub(super) async fn find(&self, link: &str, since: Timestamp) -> Result<Sighting, PostError> {
        let fields = format!("id,{},{},{}", self.words, self.permalink, self.time);
        let path = [self.line.account.name.as_str(), self.edge];
        let mut latest = Latest::new(since);
        let mut after = String::new();
        loop {
            let mut request = ask(self.line, self.version, &path, &fields).query(&[("limit", "50")]);
            if !after.is_empty() {
                request = request.query(&[("after", &after)]);
            }
            let page = self.line.get(request).await?.json().unwrap_or_default();
            let Some(posts) = page.get("data").and_then(Value::as_array) else {
                return Ok(Latest::unreadable());
            };
            let text = |post: &Value, key: &str| post.get(key).and_then(Value::as_str).map(str::to_owned);
            let ours =
                posts.iter().find(|post| text(post, self.words).is_some_and(|text| holds_link(&text, link)));
            if let Some(ours) = ours {
                let url = text(ours, self.permalink).as_deref().and_then(web_address);
                return Ok(Sighting::There(Posted { url, id: ours.get("id").and_then(id_of) }));
            }
            if self.may_hide_all && posts.is_empty() && after.is_empty() {
                return Ok(Sighting::CannotTell { detail: "it shows no posts at all".to_owned() });
            }
            let oldest = posts.last().and_then(|post| time_of(&text(post, self.time)?));
            after =
                page.pointer("/paging/cursors/after").and_then(Value::as_str).unwrap_or_default().to_owned();
            let has_next = !posts.is_empty() && !after.is_empty();
            if let Some(sighting) = latest.page(oldest, has_next) {
                return Ok(sighting);
            }
        }
    }

    /// A post of this number, with its address where that is told.
    pub(super) async fn posted(&self, id: String) -> Posted {
        let asked = self.line.get(ask(self.line, self.version, &[&id], self.permalink)).await.ok();
        let url = asked.and_then(|answer| web_address(answer.json()?.get(self.permalink)?.as_str()?));
        Posted { url, id: Some(id) }
    }
}

/// Times stand there as `2026-11-23T12:00:00+0000`.
fn time_of(text: &str) -> Option<Timestamp> {
    jiff::fmt::strtime::parse("%Y-%m-%dT%H:%M:%S%z", text).ok()?.to_timestamp().ok()
}

/// The address that the platform fetches the picture from, which must be one that it can reach.
pub(super) fn picture_address(line: &Line, post: &Post) -> Result<String, PostError> {
    let is_public = Url::parse(&post.picture_url).is_ok_and(|url| url.scheme() == "https");
    if is_public {
        return Ok(post.picture_url.clone());
    }
    let title = line.account.platform.title;
    Err(PostError::Final {
        reason: format!(
            "{title} fetches pictures from this site, which has no public https address (public_url)."
        ),
        detail: format!("the picture is at {}", post.picture_url),
    })
}
