//! The connector for Threads (<https://developers.facebook.com/docs/threads/reference/publishing/>).
//!
//! Threads takes no bytes: it fetches the picture from this site, so that must be on a public address. What it fetched is a
//! container, which is published when it is ready. A post whose answer was lost is looked for by its link.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cutline_model::Target;
use cutline_text::{Parts, Rule, Unit, without_mentions};
use jiff::Timestamp;

use super::graph::{self, Container, List, parse_number, picture_address, reading, tell};
use super::{AccountKey, Entry, Proof, ServerKey};
use crate::deliver::line::{Line, id_of};
use crate::deliver::{Limits, PictureLimits, Platform, Post, PostError, Posted, Sighting};

/// Its line in the table of platforms.
pub(super) static ENTRY: Entry = Entry {
    name: "threads",
    title: "Threads",
    // Three threads of one knot.
    icon: "M5 5c6 0 8 14 14 14M5 12h14M5 19C11 19 13 5 19 5",
    server: ServerKey::Usual("https://graph.threads.net"),
    account: AccountKey {
        is: "the profile's number, as `GET /v1.0/me` calls it",
        example: "25949072001396400",
        sign: "",
        parse: parse_number,
    },
    token: "an access token with threads_basic, threads_content_publish and threads_delete, of an app that was reviewed; it ends after 60 days",
    check: |_| Ok(()),
    scopes: None,
    has_visibility: false,
    costs: None,
    limits: Limits {
        text: Rule::new(Unit::Bytes, 500),
        alt: Some(Rule::new(Unit::Utf16, 1000)),
        // The picture is fetched as this site offers it (`Post::picture_url`), and not made to fit.
        picture: PictureLimits {
            formats: &[],
            max_bytes: None,
            max_pixels: None,
            max_side: None,
            aspect: None,
        },
    },
    told: "",
    leftover: "is shown to nobody, and goes by itself after a day",
    repetition: "the post is looked for first",
    source: "https://developers.facebook.com/docs/threads/reference/publishing/",
    read_on: "2026-11-26",
    proof: Proof::Documentation,
    more: "Threads fetches the picture from this site, as a JPEG of at most 1440 pixels a side: `public_url` must be an https address that\nit can reach. Emoji count as their bytes there; here all characters do, which is never too few.\n",
    make: |account, tools| Ok(Arc::new(Threads { line: Line::new(account, tools, reading)? })),
};

/// The version of the API that this is written for.
const VERSION: &str = "v1.0";
/// How long a picture that is still being fetched is waited for.
const FETCHING: Duration = Duration::from_secs(15);

/// One account.
struct Threads {
    line: Line,
}

impl Threads {
    fn posts(&self) -> List<'_> {
        List {
            line: &self.line,
            version: VERSION,
            edge: "threads",
            words: "text",
            permalink: "permalink",
            time: "timestamp",
        }
    }

    fn me(&self) -> &str {
        &self.line.account.name
    }
}

#[async_trait]
impl Platform for Threads {
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
        let picture = picture_address(&self.line, post)?;
        let alt = ENTRY.limits.alt.map(|rule| rule.shorten(&post.alt)).unwrap_or_default();
        let (words, credit) = (without_mentions(&post.description), without_mentions(&post.credit));
        let parts = Parts { words: &words, credit: &credit, link: &post.link, ..Parts::default() };
        let text = parts.fitted(&ENTRY.limits.text);
        let mut form = vec![("media_type", "IMAGE"), ("image_url", picture.as_str()), ("text", &text)];
        if !alt.is_empty() {
            form.push(("alt_text", &alt));
        }
        let answer = self.line.get(tell(&self.line, VERSION, &[self.me(), "threads"], &form)).await?;
        answer.json().and_then(|json| id_of(json.get("id")?)).ok_or_else(|| self.line.unclear(&answer))
    }

    async fn publish(&self, post: &Post, upload: &str) -> Result<Posted, PostError> {
        match Container::ask(&self.line, VERSION, upload, "status", "error_message").await? {
            Container::Ready => {}
            Container::Waiting => {
                return Err(PostError::Passing {
                    reason: "Threads is still fetching the picture.".to_owned(),
                    detail: "the container is not ready".to_owned(),
                    retry_after: Some(FETCHING),
                });
            }
            Container::Broken(why) => {
                let reason = format!("Threads could not take the picture: {why}");
                return Err(PostError::Final { reason: reason.clone(), detail: reason });
            }
            Container::Published => {
                return match self.find(&post.link, post.shared_at).await? {
                    Sighting::There(posted) => Ok(posted),
                    _ => Err(self.line.unknown("the container is published, its post not found".to_owned())),
                };
            }
        }
        let form = [("creation_id", upload)];
        let answer =
            self.line.post(tell(&self.line, VERSION, &[self.me(), "threads_publish"], &form)).await?;
        let posted = self
            .line
            .posted(&answer, |json| Some(Posted { url: None, id: Some(id_of(json.get("id")?)?) }))?;
        Ok(self.posts().posted(posted.id.unwrap_or_default()).await)
    }

    async fn find(&self, link: &str, since: Timestamp) -> Result<Sighting, PostError> {
        self.posts().find(link, since).await
    }

    async fn remove(&self, post_id: &str) -> Result<(), PostError> {
        graph::remove(&self.line, VERSION, post_id).await
    }
}
