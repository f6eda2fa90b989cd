//! The connector for a service that the site's owner adds by OAuth 2 (`[[sign_in]]`): what a webhook gets, sent in the visitor's
//! name, with their access token in the place of a signature (RFC 6750).

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cutline_model::Target;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use super::webhook::{self, created, deleted, posted, reading};
use super::{AccountKey, Entry, Proof, ServerKey, parse_own_name};
use crate::deliver::line::Line;
use crate::deliver::{Limits, Platform, Post, PostError, Posted};

/// Its line in the table of platforms.
pub(super) static ENTRY: Entry = Entry {
    name: "service",
    title: "Another service",
    // A key.
    icon: "M15 4a5 5 0 1 0 0 10 5 5 0 0 0 0-10zM11.500 12.500L4 20h4v-3h3M15 9h.01",
    server: ServerKey::AskedWithPath("https://example.org/shares"),
    account: AccountKey {
        is: "a name of your own for what is there",
        example: "alice",
        sign: "",
        parse: parse_own_name,
    },
    token: "an access token, which is sent as `Authorization: Bearer`; visitors have theirs by signing in (`[[sign_in]]`)",
    check: |_| Ok(()),
    scopes: Some("openid profile"),
    lists: &[],
    has_visibility: false,
    costs: None,
    limits: webhook::ENTRY.limits,
    told: "",
    leftover: "there is none: picture and words are sent together",
    repetition: "each request has an `Idempotency-Key` that stays the same; the receiver must take each once",
    source: "https://www.rfc-editor.org/rfc/rfc6750",
    read_on: "2026-11-26",
    proof: Proof::Server("a service behind the OAuth 2 server oidc-provider 9, signed in to on its own page"),
    more: include_str!("service/more.md"),
    make: |account, tools| Ok(Arc::new(Service { line: Line::new(account, tools, reading)? })),
};

/// One account at one service.
struct Service {
    line: Line,
}

impl Service {
    fn request(&self, key: &str, body: &Value) -> RequestBuilder {
        self.line.bearing(Method::POST, &[]).header("idempotency-key", key).json(body)
    }
}

#[async_trait]
impl Platform for Service {
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
        let answer = self.line.post(self.request(&post.idempotency_key, &created(post))).await?;
        Ok(posted(post, &answer))
    }

    fn post_of(&self, idempotency_key: &str) -> Option<String> {
        Some(idempotency_key.to_owned())
    }

    async fn remove(&self, post_id: &str) -> Result<(), PostError> {
        let body = deleted(post_id, self.line.tools.clock.now());
        self.line.remove(self.request(&format!("deleted-{post_id}"), &body)).await
    }

    async fn knows_repetitions_for(&self, _: Option<&str>) -> Duration {
        Duration::MAX
    }
}
