//! The connector for bots of Telegram (<https://core.telegram.org/bots/api>): posts into a channel or group.
//!
//! One request carries words and picture. The bot's token is part of the address, so addresses stay out of every message. A
//! bot cannot read what it wrote: a post whose answer was lost stays unknown.

#[cfg(test)]
mod tests;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use cutline_crop::Format;
use cutline_model::Target;
use cutline_text::{Markup, Rule, Unit};
use reqwest::multipart::Form;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use super::{AccountKey, Entry, Proof, ServerKey};
use crate::deliver::client::{Answer, picture_part};
use crate::deliver::line::{Line, Meaning, id_of};
use crate::deliver::{
    Account, AccountError, Identity, Limits, PictureLimits, Platform, Post, PostError, Posted,
};

/// Its line in the table of platforms.
pub(super) static ENTRY: Entry = Entry {
    name: "telegram",
    title: "Telegram",
    // A paper plane.
    icon: "M3 11l18-7-5 17-4-7zM12 14l9-10",
    server: ServerKey::Usual("https://api.telegram.org"),
    account: AccountKey {
        is: "the public channel or group by its name, or any other by its number; the bot must be its administrator, or a member",
        example: "@pictures",
        sign: "",
        parse: parse_chat,
    },
    token: "the bot's token, as BotFather gives it",
    check,
    scopes: None,
    lists: &[],
    has_visibility: false,
    costs: None,
    limits: Limits {
        text: Rule::new(Unit::Utf16, 1024).with(Markup::Names),
        alt: None,
        picture: PictureLimits {
            formats: &[Format::Jpeg, Format::Png, Format::WebP],
            max_bytes: Some(10_000_000),
            max_pixels: None,
            // Width and height together have at most 10,000.
            max_side: Some(5000),
            aspect: Some((0.05, 20.0)),
        },
    },
    told: "",
    leftover: "there is none: picture and words are sent together",
    repetition: "nothing tells: a post whose answer was lost waits for a person",
    source: "https://core.telegram.org/bots/api#sendphoto",
    read_on: "2026-11-26",
    proof: Proof::Documentation,
    more: "",
    make: |account, tools| {
        Ok(Arc::new(Telegram { line: Line::new(account, tools, reading)?, moved: OnceLock::new() }))
    },
};

/// Reads `@pictures`, or a number.
fn parse_chat(text: &str) -> Option<String> {
    let is_name = text.strip_prefix('@').is_some_and(|name| {
        (4..=32).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    });
    (is_name || text.parse::<i64>().is_ok()).then(|| text.to_owned())
}

fn check(account: &Account) -> Result<(), AccountError> {
    let token = account.token.reveal().split_once(':');
    let is_token = token.is_some_and(|(bot, secret)| {
        !bot.is_empty()
            && bot.bytes().all(|byte| byte.is_ascii_digit())
            && secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
            && !secret.is_empty()
    });
    let expected = "a bot's token, for example 123456:ABC-DEF1234ghIkl";
    if is_token { Ok(()) } else { Err(AccountError { key: "token", expected }) }
}

/// What Telegram says in its bodies: `{"ok": false, "error_code": 429, "description": …, "parameters": {"retry_after": 5}}`.
fn reading(answer: &Answer) -> Option<Meaning> {
    let json = answer.json()?;
    if json.get("ok")?.as_bool()? {
        return None;
    }
    let wait = json.pointer("/parameters/retry_after").and_then(Value::as_u64);
    match json.get("error_code")?.as_i64()? {
        // A token that is none is a 404: there is no such address.
        401 | 404 => Some(Meaning::Reconnect),
        429 => Some(Meaning::Wait(wait.map(Duration::from_secs))),
        500..=599 => Some(Meaning::Trouble),
        _ => Some(Meaning::Refused),
    }
}

/// One bot in one chat.
struct Telegram {
    line: Line,
    /// The number that the chat has now, where it has become a larger group.
    moved: OnceLock<String>,
}

impl Telegram {
    fn call(&self, method: &str) -> RequestBuilder {
        self.line.plain(Method::POST, &[&format!("bot{}", self.line.token()), method])
    }

    fn chat(&self) -> &str {
        self.moved.get().unwrap_or(&self.line.account.name)
    }

    async fn send_photo(&self, post: &Post) -> Result<Answer, PostError> {
        let form = Form::new()
            .text("chat_id", self.chat().to_owned())
            .text("caption", post.text(&ENTRY.limits))
            .part("photo", picture_part(post)?);
        self.line.sent(self.call("sendPhoto").multipart(form)).await
    }
}

/// Where a chat is that has become a larger group (`ResponseParameters`): nothing was posted where it was.
fn moved_to(answer: &Answer) -> Option<String> {
    answer.json()?.pointer("/parameters/migrate_to_chat_id").and_then(id_of)
}

#[async_trait]
impl Platform for Telegram {
    fn target(&self) -> Target {
        self.line.account.shown()
    }

    /// The bot in this chat, which it must be able to see.
    async fn identify(&self) -> Result<Option<Identity>, PostError> {
        let answer = self.line.get(self.call("getChat").form(&[("chat_id", self.chat())])).await?;
        let chat = answer.json().and_then(|json| id_of(json.pointer("/result/id")?));
        let chat = chat.ok_or_else(|| self.line.unclear(&answer))?;
        let bot = self.line.token().split(':').next().unwrap_or_default();
        Ok(Some(Identity { id: format!("{bot} {chat}"), name: self.chat().to_owned() }))
    }

    async fn limits(&self) -> Limits {
        ENTRY.limits
    }

    async fn upload(&self, _: &Post) -> Result<String, PostError> {
        Ok(String::new())
    }

    async fn publish(&self, post: &Post, _: &str) -> Result<Posted, PostError> {
        let mut answer = self.send_photo(post).await?;
        if let Some(chat) = moved_to(&answer).filter(|_| !self.line.is_success(&answer)) {
            let account = &self.line.account.name;
            tracing::warn!(account, chat, "this chat has another number now; name that in the settings");
            // Another delivery may have been told so first.
            let _ = self.moved.set(chat);
            answer = self.send_photo(post).await?;
        }
        let answer = self.line.taken(answer)?;
        self.line.posted(&answer, |json| {
            let id = id_of(json.pointer("/result/message_id")?)?;
            // A group may have become a larger one of another number: the message's own chat is where it is.
            let chat = json.pointer("/result/chat/id").and_then(id_of);
            let name = json.pointer("/result/chat/username").and_then(Value::as_str);
            let url = name.map(|name| format!("https://t.me/{name}/{id}"));
            Some(Posted { url, id: Some(format!("{} {id}", chat.as_deref().unwrap_or(self.chat()))) })
        })
    }

    /// Bots may do so for two days only; then Telegram says so, and the visitor reads it.
    async fn remove(&self, post_id: &str) -> Result<(), PostError> {
        let (chat, message) = post_id.split_once(' ').unwrap_or((self.chat(), post_id));
        let request = self.call("deleteMessage").form(&[("chat_id", chat), ("message_id", message)]);
        let answer = self.line.ask(request).await?;
        let is_gone = answer.words().is_some_and(|words| words.contains("message to delete not found"));
        if answer.status.is_success() || is_gone { Ok(()) } else { Err(self.line.refused(&answer)) }
    }
}
