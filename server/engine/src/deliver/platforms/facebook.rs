//! The connector for pages on Facebook (<https://developers.facebook.com/docs/graph-api/reference/page/photos/>).
//!
//! One request carries words and picture. There is no key for repetitions: a post whose answer was lost is looked for among the
//! page's latest, by its link.

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

use super::graph::{self, List, parse_number, reading};
use super::{AccountKey, Entry, Proof, ServerKey};
use crate::deliver::client::picture_part;
use crate::deliver::line::{Line, id_of};
use crate::deliver::{Limits, PictureLimits, Platform, Post, PostError, Posted, Sighting};

/// Its line in the table of platforms.
pub(super) static ENTRY: Entry = Entry {
    name: "facebook",
    title: "Facebook",
    // A page with a headline.
    icon: "M5 3h14v18H5zM8 7h8M8 11h8M8 15h4",
    server: ServerKey::Usual("https://graph.facebook.com"),
    account: AccountKey {
        is: "the page's number",
        example: "102030405060708",
        sign: "",
        parse: parse_number,
    },
    token: "the page's access token, with pages_manage_posts and pages_read_engagement, of an app that was reviewed; profiles of persons take no posts",
    check: |_| Ok(()),
    scopes: None,
    lists: &[],
    has_visibility: false,
    costs: None,
    limits: Limits {
        text: Rule::new(Unit::Utf16, 5000).with(Markup::Names),
        alt: Some(Rule::new(Unit::Utf16, 1000)),
        picture: PictureLimits {
            formats: &[Format::Jpeg, Format::Png],
            max_bytes: Some(4_000_000),
            max_pixels: None,
            max_side: None,
            aspect: None,
        },
    },
    told: "",
    leftover: "there is none: picture and words are sent together",
    repetition: "the post is looked for first",
    source: "https://developers.facebook.com/docs/graph-api/reference/page/photos/",
    read_on: "2026-11-23",
    proof: Proof::Documentation,
    more: "",
    make: |account, tools| Ok(Arc::new(Facebook { line: Line::new(account, tools, reading)? })),
};

/// The version of the API that this is written for.
const VERSION: &str = "v25.0";

/// One page.
struct Facebook {
    line: Line,
}

impl Facebook {
    fn posts(&self) -> List<'_> {
        List {
            line: &self.line,
            version: VERSION,
            edge: "posts",
            words: "message",
            permalink: "permalink_url",
            time: "created_time",
            // Without the permission to read there are none.
            may_hide_all: true,
        }
    }
}

#[async_trait]
impl Platform for Facebook {
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
        let alt = ENTRY.limits.alt.map(|rule| rule.shorten(&post.alt)).unwrap_or_default();
        let mut form = Form::new()
            .text("caption", post.text(&ENTRY.limits))
            .text("access_token", self.line.token().to_owned());
        if !alt.is_empty() {
            form = form.text("alt_text_custom", alt);
        }
        let form = form.part("source", picture_part(post)?);
        let request = self.line.plain(Method::POST, &[VERSION, &self.line.account.name, "photos"]);
        let answer = self.line.post(request.multipart(form)).await?;
        let posted = self.line.posted(&answer, |json| {
            let id = json.get("post_id").or_else(|| json.get("id")).and_then(id_of)?;
            Some(Posted { url: Some(format!("https://www.facebook.com/{id}")), id: Some(id) })
        })?;
        Ok(posted)
    }

    async fn find(&self, link: &str, since: Timestamp) -> Result<Sighting, PostError> {
        self.posts().find(link, since).await
    }

    async fn remove(&self, post_id: &str) -> Result<(), PostError> {
        graph::remove(&self.line, VERSION, post_id).await
    }
}
