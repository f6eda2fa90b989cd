//! The connector for webhooks of Discord (<https://discord.com/developers/docs/resources/webhook>): posts into one channel.
//!
//! One request carries message and picture, so there is nothing to upload before. The webhook's address is its secret. It
//! cannot read what it wrote: a post whose answer was lost stays unknown.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cutline_crop::Format;
use cutline_model::Target;
use cutline_text::{Markup, Rule, Unit};
use reqwest::Method;
use reqwest::multipart::Form;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::{AccountKey, Entry, Proof, ServerKey, parse_own_name};
use crate::deliver::client::{Answer, picture_part};
use crate::deliver::line::{Line, Meaning, Tools, id_of};
use crate::deliver::{
    Account, AccountError, Identity, Limits, PictureLimits, Platform, Post, PostError, Posted,
};

/// Its line in the table of platforms.
pub(super) static ENTRY: Entry = Entry {
    name: "discord",
    title: "Discord",
    // A speech bubble with three dots.
    icon: "M4 4h16v12h-8l-5 4v-4H4zM8 10h.01M12 10h.01M16 10h.01",
    server: ServerKey::InToken,
    account: AccountKey {
        is: "a name of your own for the channel",
        example: "#pictures",
        sign: "",
        parse: parse_own_name,
    },
    token: "the webhook's whole address: Edit channel, Integrations, Webhooks, Copy Webhook URL",
    check,
    scopes: None,
    lists: &[],
    has_visibility: false,
    costs: None,
    limits: Limits {
        text: Rule::new(Unit::Utf16, 2000).with(Markup::Markdown),
        alt: Some(Rule::new(Unit::Utf16, 1024)),
        picture: PictureLimits {
            formats: &[Format::Jpeg, Format::Png, Format::WebP, Format::Gif],
            max_bytes: Some(10 << 20),
            max_pixels: None,
            max_side: None,
            aspect: None,
        },
    },
    told: "",
    leftover: "there is none: picture and words are sent together",
    repetition: "nothing tells: a post whose answer was lost waits for a person",
    source: "https://discord.com/developers/docs/resources/webhook#execute-webhook",
    read_on: "2026-11-23",
    proof: Proof::Documentation,
    more: "",
    make: |account, tools| Ok(Arc::new(Discord::new(account, tools)?)),
};

/// What Discord says in its bodies: `{"code": 10015, "message": "Unknown Webhook"}`, `{"retry_after": 0.6}` in seconds.
fn reading(answer: &Answer) -> Option<Meaning> {
    let json = answer.json()?;
    if let Some(seconds) = json.get("retry_after").and_then(Value::as_f64) {
        return Some(Meaning::Wait(Duration::try_from_secs_f64(seconds).ok()));
    }
    match json.get("code")?.as_i64()? {
        // Unknown webhook, invalid webhook token.
        10015 | 50027 => Some(Meaning::Reconnect),
        // Request entity too large, cannot send an empty message, invalid form body, blocked by the server's rules.
        40005 | 50006 | 50035 | 200_000 | 200_001 => Some(Meaning::Refused),
        _ => None,
    }
}

fn check(account: &Account) -> Result<(), AccountError> {
    let path: Vec<&str> = account.server.path_segments().into_iter().flatten().collect();
    let is_webhook =
        matches!(path.as_slice(), [.., "webhooks", id, token] if !id.is_empty() && !token.is_empty());
    let expected = "a webhook's address, for example https://discord.com/api/webhooks/1234/abcd";
    if is_webhook { Ok(()) } else { Err(AccountError { key: "token", expected }) }
}

/// One webhook.
struct Discord {
    line: Line,
    /// The channel's address, once the webhook has told where it is.
    channel: OnceCell<String>,
}

impl Discord {
    fn new(account: Account, tools: Tools) -> Result<Self, AccountError> {
        Ok(Self { line: Line::new(account, tools, reading)?, channel: OnceCell::new() })
    }

    /// The channel's address; nothing when the webhook does not tell it now.
    async fn channel(&self) -> Option<String> {
        let asked = self.channel.get_or_try_init(async || {
            let answer = self.line.get(self.line.plain(Method::GET, &[])).await.map_err(drop)?;
            let json = answer.json().ok_or(())?;
            let id = |key: &str| json.get(key).and_then(id_of).ok_or(());
            Ok::<_, ()>(format!("https://discord.com/channels/{}/{}", id("guild_id")?, id("channel_id")?))
        });
        asked.await.ok().cloned()
    }
}

#[async_trait]
impl Platform for Discord {
    fn target(&self) -> Target {
        self.line.account.shown()
    }

    async fn identify(&self) -> Result<Option<Identity>, PostError> {
        let answer = self.line.get(self.line.plain(Method::GET, &[])).await?;
        let id = answer.json().and_then(|json| id_of(json.get("id")?));
        let id = id.ok_or_else(|| self.line.unclear(&answer))?;
        Ok(Some(Identity { id, name: self.line.account.name.clone() }))
    }

    async fn limits(&self) -> Limits {
        ENTRY.limits
    }

    async fn upload(&self, _: &Post) -> Result<String, PostError> {
        Ok(String::new())
    }

    async fn publish(&self, post: &Post, _: &str) -> Result<Posted, PostError> {
        let alt = ENTRY.limits.alt.map(|rule| rule.shorten(&post.alt)).unwrap_or_default();
        let payload = json!({
            "content": post.text(&ENTRY.limits),
            // Nobody is called in the site's name.
            "allowed_mentions": {"parse": []},
            "attachments": [{"id": 0, "filename": post.file_name, "description": alt}],
        });
        let channel = self.channel().await;
        let form =
            Form::new().text("payload_json", payload.to_string()).part("files[0]", picture_part(post)?);
        // Without `wait` it answers before it has a message, and then nobody knows its id.
        let request = self.line.plain(Method::POST, &[]).query(&[("wait", "true")]).multipart(form);
        let answer = self.line.post(request).await?;
        self.line.posted(&answer, |json| {
            let id = id_of(json.get("id")?)?;
            Some(Posted { url: channel.map(|channel| format!("{channel}/{id}")), id: Some(id) })
        })
    }

    async fn remove(&self, post_id: &str) -> Result<(), PostError> {
        self.line.remove(self.line.plain(Method::DELETE, &["messages", post_id])).await
    }
}
