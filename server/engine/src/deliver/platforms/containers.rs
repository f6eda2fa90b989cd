//! How Instagram and Threads post: one connector for both, which differ in names alone (`Kind`).
//!
//! They take no bytes: they fetch the picture from this site, so that must be on a public address. What was fetched, and the words,
//! are a container, which is published when it is ready, and goes by itself a day later if it is not. A refusal to publish does
//! not always mean that there is no post, so the container is asked, and another is made only when it is told of this one that it
//! was not published: else there would be two posts. A post whose answer was lost is looked for by its link.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cutline_model::Target;
use jiff::Timestamp;
use serde_json::Value;

use super::graph::{self, List, ask, error_of, is_nowhere, picture_address, reading, tell};
use crate::deliver::client::Answer;
use crate::deliver::line::{Line, Meaning, Tools, id_of};
use crate::deliver::{
    Account, AccountError, Limits, Platform, Post, PostError, Posted, Sighting, not_removed_from_here,
};

/// How often a container is asked for its state: "once per minute"
/// (<https://developers.facebook.com/docs/threads/troubleshooting>).
const PACE: Duration = Duration::from_secs(60);
/// The error of a container that cannot be found when it is to be published: another is to be made
/// (<https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/error-codes/>).
const NO_CONTAINER: i64 = 24;

/// What one of the two calls things.
pub(super) struct Kind {
    /// The version of the API that this is written for.
    pub(super) version: &'static str,
    /// Says why it does not take a picture.
    pub(super) check: fn(&Post) -> Result<(), PostError>,
    /// What each container is told beside picture, words and alt text.
    pub(super) fixed: &'static [(&'static str, &'static str)],
    /// Where containers are made, and posts are listed.
    pub(super) edge: &'static str,
    /// The words of a container, and of a post.
    pub(super) words: &'static str,
    /// Where containers are published.
    pub(super) publish: &'static str,
    /// A container's state.
    pub(super) state: &'static str,
    /// Why it is in that state.
    pub(super) why: &'static str,
    /// Whether posts can be removed.
    pub(super) removes: bool,
}

/// What became of a container.
enum State {
    /// It can be published, and was not.
    Ready,
    /// It has been.
    Published,
    /// It was kept too long, or could not be made; in the platform's words.
    Broken(String),
    /// The picture is being fetched, or the post is being made.
    Waiting,
    /// It is not there, or not for this account.
    Gone,
}

/// One account.
pub(super) struct Containers {
    line: Line,
    kind: &'static Kind,
}

impl Containers {
    /// The connector of an account.
    pub(super) fn of(
        account: Account,
        tools: Tools,
        kind: &'static Kind,
    ) -> Result<Arc<dyn Platform>, AccountError> {
        Ok(Arc::new(Self { line: Line::new(account, tools, reading)?, kind }))
    }

    fn posts(&self) -> List<'_> {
        let Kind { version, edge, words, .. } = self.kind;
        let (permalink, time) = ("permalink", "timestamp");
        List { line: &self.line, version, edge, words, permalink, time, may_hide_all: false }
    }

    fn me(&self) -> &str {
        &self.line.account.name
    }

    fn title(&self) -> &str {
        self.line.account.platform.title
    }

    async fn state(&self, container: &str) -> Result<State, PostError> {
        let Kind { version, state, why, .. } = self.kind;
        let answer = self.line.ask(ask(&self.line, version, &[container], &format!("{state},{why}"))).await?;
        match error_of(&answer) {
            Some(_) if is_nowhere(&answer) => return Ok(State::Gone),
            // What has no state any more is a post.
            Some((100, _)) => return Ok(State::Published),
            _ if !self.line.is_success(&answer) => return Err(self.line.refused(&answer)),
            _ => {}
        }
        let json = answer.json().unwrap_or_default();
        let text = |key: &str| json.get(key).and_then(Value::as_str).unwrap_or_default();
        match text(state) {
            "FINISHED" => Ok(State::Ready),
            "PUBLISHED" => Ok(State::Published),
            "IN_PROGRESS" => Ok(State::Waiting),
            state @ ("ERROR" | "EXPIRED") => {
                Ok(State::Broken(format!("{state} {}", text(why)).trim_end().to_owned()))
            }
            _ => Err(self.line.unclear(&answer)),
        }
    }

    /// What a refusal to publish means. One that is about the account, or asks for time, came before anything was done; of any
    /// other the container tells whether it is one.
    async fn refused(&self, post: &Post, container: &str, answer: &Answer) -> Result<Posted, PostError> {
        let refusal = self.line.post_refused(answer);
        if !matches!(self.line.meaning(answer), Meaning::Refused | Meaning::Trouble) {
            return Err(refusal);
        }
        match self.state(container).await {
            Ok(State::Published) => self.published(post).await,
            Ok(State::Broken(why)) => Err(self.spent(&why)),
            Ok(State::Ready) if error_of(answer).is_some_and(|(code, _)| code == NO_CONTAINER) => {
                Err(self.spent("it was not found again"))
            }
            Ok(State::Ready) => Err(refusal),
            Ok(State::Waiting | State::Gone) | Err(_) => Err(self
                .line
                .unknown(format!("refused ({}), and its container does not tell", answer.status))),
        }
    }

    /// The post of a container that is published.
    async fn published(&self, post: &Post) -> Result<Posted, PostError> {
        match self.find(&post.link, post.shared_at).await {
            Ok(Sighting::There(posted)) => Ok(posted),
            _ => Err(self.line.unknown("the container is published, its post not found".to_owned())),
        }
    }

    /// The post of a container that is gone; nothing when it was not made.
    async fn of_gone(&self, post: &Post) -> Result<Option<Posted>, PostError> {
        match self.find(&post.link, post.shared_at).await? {
            Sighting::There(posted) => Ok(Some(posted)),
            Sighting::NotThere => Ok(None),
            Sighting::CannotTell { detail } => Err(self.line.unknown(detail)),
            Sighting::NoWay => Err(self.line.unknown("there is no way to look for it".to_owned())),
        }
    }

    fn spent(&self, why: &str) -> PostError {
        let reason = format!("{} could not take the picture: {why}", self.title());
        PostError::Spent { reason, detail: format!("the container is of no use: {why}") }
    }

    fn waiting(&self) -> PostError {
        PostError::Passing {
            reason: format!("{} is still fetching the picture.", self.title()),
            detail: "the container is not ready".to_owned(),
            retry_after: Some(PACE),
        }
    }
}

#[async_trait]
impl Platform for Containers {
    fn target(&self) -> Target {
        self.line.account.shown()
    }

    fn server(&self) -> String {
        self.line.origin()
    }

    async fn limits(&self) -> Limits {
        self.line.account.platform.limits
    }

    async fn upload(&self, post: &Post) -> Result<String, PostError> {
        (self.kind.check)(post)?;
        let picture = picture_address(&self.line, post)?;
        let limits = self.line.account.platform.limits;
        let alt = limits.alt.map(|rule| rule.shorten(&post.alt)).unwrap_or_default();
        let text = post.text(&limits);
        let mut form = self.kind.fixed.to_vec();
        form.extend([("image_url", picture.as_str()), (self.kind.words, &text)]);
        if !alt.is_empty() {
            form.push(("alt_text", &alt));
        }
        let path = [self.me(), self.kind.edge];
        let answer = self.line.get(tell(&self.line, self.kind.version, &path, &form)).await?;
        answer.json().and_then(|json| id_of(json.get("id")?)).ok_or_else(|| self.line.unclear(&answer))
    }

    async fn publish(&self, post: &Post, upload: &str) -> Result<Posted, PostError> {
        match self.state(upload).await? {
            State::Ready => {}
            State::Waiting => return Err(self.waiting()),
            State::Broken(why) => return Err(self.spent(&why)),
            State::Published => return self.published(post).await,
            State::Gone => {
                return self.of_gone(post).await?.ok_or_else(|| self.spent("it was not found again"));
            }
        }
        let (path, form) = ([self.me(), self.kind.publish], [("creation_id", upload)]);
        let answer = self.line.sent(tell(&self.line, self.kind.version, &path, &form)).await?;
        if !self.line.is_success(&answer) {
            return self.refused(post, upload, &answer).await;
        }
        let posted = self
            .line
            .posted(&answer, |json| Some(Posted { url: None, id: Some(id_of(json.get("id")?)?) }))?;
        Ok(self.posts().posted(posted.id.unwrap_or_default()).await)
    }

    async fn find(&self, link: &str, since: Timestamp) -> Result<Sighting, PostError> {
        self.posts().find(link, since).await
    }

    async fn find_by_upload(&self, post: &Post, upload: &str) -> Result<Option<Posted>, PostError> {
        match self.state(upload).await? {
            State::Published => self.published(post).await.map(Some),
            State::Gone => self.of_gone(post).await,
            State::Waiting => Err(self.waiting()),
            State::Ready | State::Broken(_) => Ok(None),
        }
    }

    async fn remove(&self, post_id: &str) -> Result<(), PostError> {
        if self.kind.removes {
            graph::remove(&self.line, self.kind.version, post_id).await
        } else {
            Err(not_removed_from_here(post_id))
        }
    }
}
