//! Looks for a status among the account's latest ones, by the link in it
//! (<https://docs.joinmastodon.org/methods/accounts/#statuses>).
//!
//! The statuses come newest first. When one older than the sending is reached and ours was not among them, it was not made.
//! A token that may not read (`read:accounts`, `read:statuses`) shows nothing: then nobody can tell.

use http::{Method, StatusCode};
use jiff::Timestamp;
use serde_json::Value;

use super::{Mastodon, posted_status};
use crate::deliver::line::holds_link;
use crate::deliver::look::Latest;
use crate::deliver::{PostError, Sighting};

/// Statuses asked for at once: the most that Mastodon gives.
const PAGE: &str = "40";

impl Mastodon {
    /// Looks for the account's status that holds `link` and was sent after `since`.
    pub(super) async fn look_for(&self, link: &str, since: Timestamp) -> Result<Sighting, PostError> {
        let account = match self.shown(&["api", "v1", "accounts", "verify_credentials"], &[]).await? {
            Ok(account) => account,
            Err(detail) => return Ok(Sighting::CannotTell { detail }),
        };
        let Some(id) = account.get("id").and_then(Value::as_str) else {
            return Ok(Sighting::CannotTell { detail: "the account has no id".to_owned() });
        };
        let mut before = None;
        let mut latest = Latest::new(since);
        loop {
            let mut query = vec![("limit", PAGE.to_owned())];
            query.extend(before.take().map(|id| ("max_id", id)));
            let statuses = match self.shown(&["api", "v1", "accounts", id, "statuses"], &query).await? {
                Ok(Value::Array(statuses)) => statuses,
                Ok(_) => return Ok(Sighting::CannotTell { detail: "the statuses are no list".to_owned() }),
                Err(detail) => return Ok(Sighting::CannotTell { detail }),
            };
            if let Some(ours) = statuses.iter().find(|status| is_of(status, link)) {
                return Ok(Sighting::There(posted_status(ours)));
            }
            let last = statuses.last();
            before = last.and_then(|last| last.get("id")?.as_str().map(str::to_owned));
            if let Some(sighting) = latest.page(last.and_then(created_at), before.is_some()) {
                return Ok(sighting);
            }
        }
    }

    /// What the server shows at `path`; in the inner error why it does not and will not.
    async fn shown(
        &self,
        path: &[&str],
        query: &[(&str, String)],
    ) -> Result<Result<Value, String>, PostError> {
        let answer = self.line.ask(self.line.bearing(Method::GET, path).query(query)).await?;
        let status = answer.status;
        if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
            return Err(self.line.refused(&answer));
        }
        Ok(answer
            .json()
            .filter(|_| status.is_success())
            .ok_or_else(|| format!("{} answered {status}", path.join("/"))))
    }
}

/// Whether a status is ours for this link: every one holds the address of its share page, no two the same, and a picture. Without one
/// it is what somebody has written about the share by hand.
fn is_of(status: &Value, link: &str) -> bool {
    let has_picture =
        status.get("media_attachments").and_then(Value::as_array).is_some_and(|all| !all.is_empty());
    has_picture
        && status.get("content").and_then(Value::as_str).is_some_and(|content| holds_link(content, link))
}

fn created_at(status: &Value) -> Option<Timestamp> {
    status.get("created_at")?.as_str()?.parse().ok()
}
