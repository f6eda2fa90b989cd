//! What a community takes, as Reddit tells it: asked now and then, since moderators change it.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::Value;
use tokio::sync::Mutex;

use super::access::Access;
use crate::deliver::PostError;
use crate::deliver::line::Line;

/// For how long what was told is taken for true.
const FRESH: SignedDuration = SignedDuration::from_mins(10);

/// What one community takes.
#[derive(Debug)]
pub(super) struct Rules {
    has_pictures: bool,
    has_links: bool,
    /// Whether there may be words beside a picture or a link.
    pub(super) takes_words: bool,
    wants_flair: bool,
    /// A title's longest, in characters, where that is shorter than everywhere.
    pub(super) max_title: Option<usize>,
}

impl Rules {
    /// Whether a picture can be posted: there must be room for the share page's address beside it.
    pub(super) fn takes_pictures(&self) -> bool {
        self.has_pictures && self.takes_words
    }

    /// Says why nothing of ours can be posted there.
    pub(super) fn check(&self, community: &str, has_flair: bool) -> Result<(), PostError> {
        let refused = |reason: String| Err(PostError::Final { detail: reason.clone(), reason });
        if !self.takes_pictures() && !self.has_links {
            return refused(format!("r/{community} takes neither pictures nor links."));
        }
        if self.wants_flair && !has_flair {
            return refused(format!(
                "r/{community} wants a flair on each post; this site's settings must name one."
            ));
        }
        Ok(())
    }
}

/// What is known of them.
#[derive(Default)]
pub(super) struct Known(Mutex<Option<(Timestamp, Arc<Rules>)>>);

impl Known {
    /// The rules of the line's community, asked for where they are not known or old.
    pub(super) async fn of(&self, line: &Line, access: &Access) -> Result<Arc<Rules>, PostError> {
        let mut known = self.0.lock().await;
        let now = line.tools.clock.now();
        if let Some((at, rules)) = known.as_ref()
            && now < *at + FRESH
        {
            return Ok(Arc::clone(rules));
        }
        let rules = Arc::new(ask(line, access).await?);
        *known = Some((now, Arc::clone(&rules)));
        Ok(rules)
    }
}

async fn ask(line: &Line, access: &Access) -> Result<Rules, PostError> {
    let community = line.account.name.as_str();
    let answer = line.ask(access.request(line, Method::GET, &["r", community, "about"]).await?).await?;
    // Of a name that is none it leads to a search.
    if answer.status.is_redirection() || answer.status.as_u16() == 404 {
        let reason = format!("There is no r/{community} on Reddit, or not for this account.");
        return Err(PostError::Final { reason, detail: format!("about it answered {}", answer.status) });
    }
    if !line.is_success(&answer) {
        return Err(line.refused(&answer));
    }
    let about = answer.json().unwrap_or_default();
    let about = about.get("data").filter(|about| about.is_object()).ok_or_else(|| line.unclear(&answer))?;
    let path = ["api", "v1", community, "post_requirements"];
    let wanted = line.ask(access.request(line, Method::GET, &path).await?).await?;
    // An account's own page has none.
    let wanted = match wanted.status.as_u16() {
        404 => Value::Null,
        _ if line.is_success(&wanted) => wanted.json().unwrap_or_default(),
        _ => return Err(line.refused(&wanted)),
    };
    let is = |json: &Value, key: &str| json.get(key).and_then(Value::as_bool);
    let kinds = about.get("submission_type").and_then(Value::as_str).unwrap_or("any");
    let words = wanted.get("body_restriction_policy").and_then(Value::as_str).unwrap_or("none");
    Ok(Rules {
        has_pictures: kinds != "self" && is(about, "allow_images") == Some(true),
        has_links: kinds != "self",
        takes_words: words != "notAllowed",
        wants_flair: is(&wanted, "is_flair_required") == Some(true),
        max_title: wanted
            .get("title_text_max_length")
            .and_then(Value::as_u64)
            .and_then(|max| usize::try_from(max).ok())
            .filter(|max| *max > 0),
    })
}
