//! The connector for Instagram (<https://developers.facebook.com/docs/instagram-platform/content-publishing/>).
//!
//! Instagram takes no bytes: it fetches the picture from this site, so that must be on a public address. What it fetched is a
//! container, which is published when it is ready. A post whose answer was lost is looked for by its link.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cutline_model::Target;
use cutline_text::{Parts, Rule, Unit, without_mentions};
use jiff::Timestamp;

use super::graph::{Container, List, parse_number, picture_address, reading, tell};
use super::{AccountKey, Entry, Proof, ServerKey};
use crate::deliver::line::{Line, id_of};
use crate::deliver::{Limits, PictureLimits, Platform, Post, PostError, Posted, Sighting};

/// Its line in the table of platforms.
pub(super) static ENTRY: Entry = Entry {
    name: "instagram",
    title: "Instagram",
    // A camera.
    icon: "M4 7h4l2-3h4l2 3h4v13H4zM12 17a4 4 0 1 0 0-8 4 4 0 0 0 0 8z",
    server: ServerKey::Usual("https://graph.instagram.com"),
    account: AccountKey {
        is: "the professional account's number",
        example: "17841405822304914",
        sign: "",
        parse: parse_number,
    },
    token: "an access token with instagram_business_basic and instagram_business_content_publish, of an app that was reviewed; it ends after 60 days",
    check: |_| Ok(()),
    scopes: None,
    has_visibility: false,
    costs: None,
    limits: Limits {
        text: Rule::new(Unit::Utf16, 2200),
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
    source: "https://developers.facebook.com/docs/instagram-platform/content-publishing/",
    read_on: "2026-11-23",
    proof: Proof::Documentation,
    more: "Instagram fetches the picture from this site, as a JPEG of at most 1440 pixels a side: `public_url` must be an https address that\nit can reach. It takes shapes from 4:5 to 1.91:1. Posts there cannot be removed from here.\n",
    make: |account, tools| Ok(Arc::new(Instagram { line: Line::new(account, tools, reading)? })),
};

/// The version of the API that this is written for.
const VERSION: &str = "v25.0";
/// How long a picture that is still being fetched is waited for.
const FETCHING: Duration = Duration::from_secs(15);
/// The narrowest and the widest shape that it takes, width divided by height.
const SHAPES: std::ops::RangeInclusive<f64> = 0.8..=1.91;

/// One account.
struct Instagram {
    line: Line,
}

impl Instagram {
    fn posts(&self) -> List<'_> {
        List {
            line: &self.line,
            version: VERSION,
            edge: "media",
            words: "caption",
            permalink: "permalink",
            time: "timestamp",
        }
    }

    fn me(&self) -> &str {
        &self.line.account.name
    }
}

#[async_trait]
impl Platform for Instagram {
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
        let shape = f64::from(post.size.width()) / f64::from(post.size.height());
        if !SHAPES.contains(&shape) {
            return Err(PostError::Final {
                reason: "Instagram takes pictures from 4:5 (upright) to 1.91:1 (wide). Choose a part of such a shape."
                    .to_owned(),
                detail: format!("width to height is {shape:.2}"),
            });
        }
        let picture = picture_address(&self.line, post)?;
        let alt = ENTRY.limits.alt.map(|rule| rule.shorten(&post.alt)).unwrap_or_default();
        let (words, credit) = (without_mentions(&post.description), without_mentions(&post.credit));
        let parts = Parts { words: &words, credit: &credit, link: &post.link, ..Parts::default() };
        let text = parts.fitted(&ENTRY.limits.text);
        let mut form = vec![("image_url", picture.as_str()), ("caption", &text)];
        if !alt.is_empty() {
            form.push(("alt_text", &alt));
        }
        let answer = self.line.get(tell(&self.line, VERSION, &[self.me(), "media"], &form)).await?;
        answer.json().and_then(|json| id_of(json.get("id")?)).ok_or_else(|| self.line.unclear(&answer))
    }

    async fn publish(&self, post: &Post, upload: &str) -> Result<Posted, PostError> {
        match Container::ask(&self.line, VERSION, upload, "status_code", "status").await? {
            Container::Ready => {}
            Container::Waiting => {
                return Err(PostError::Passing {
                    reason: "Instagram is still fetching the picture.".to_owned(),
                    detail: "the container is not ready".to_owned(),
                    retry_after: Some(FETCHING),
                });
            }
            Container::Broken(why) => {
                let reason = format!("Instagram could not take the picture: {why}");
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
        let answer = self.line.post(tell(&self.line, VERSION, &[self.me(), "media_publish"], &form)).await?;
        let posted = self
            .line
            .posted(&answer, |json| Some(Posted { url: None, id: Some(id_of(json.get("id")?)?) }))?;
        Ok(self.posts().posted(posted.id.unwrap_or_default()).await)
    }

    async fn find(&self, link: &str, since: Timestamp) -> Result<Sighting, PostError> {
        self.posts().find(link, since).await
    }
}
