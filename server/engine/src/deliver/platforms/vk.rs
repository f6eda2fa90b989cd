//! The connector for VK (<https://dev.vk.com/en/api/upload/wall-photo>): posts on a community's wall.
//!
//! VK names an address for the picture, takes its bytes there, keeps it when that is said, and a post names it. Whatever it answers
//! comes under the status 200. A post has a name of ours (`guid`), by which VK knows it for an hour; later it is looked for.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use cutline_crop::Format;
use cutline_model::Target;
use cutline_text::{Markup, Rule, Unit};
use jiff::Timestamp;
use reqwest::Method;
use reqwest::multipart::Form;
use serde_json::Value;

use super::{AccountKey, Entry, Proof, ServerKey};
use crate::deliver::client::{Answer, picture_part};
use crate::deliver::line::{Line, Meaning, holds_link, id_of};
use crate::deliver::look::Latest;
use crate::deliver::{Limits, PictureLimits, Platform, Post, PostError, Posted, Sighting};

/// Its line in the table of platforms.
pub(super) static ENTRY: Entry = Entry {
    name: "vk",
    title: "VK",
    // The letters.
    icon: "M3 7l4 10 4-10M14 7v10M20 7l-6 5 6 5",
    server: ServerKey::Usual("https://api.vk.com"),
    account: AccountKey { is: "the community's number", example: "123456789", sign: "", parse: parse_group },
    token: "the access token of an administrator of the community, with the rights wall, photos and groups",
    check: |_| Ok(()),
    scopes: None,
    lists: &[],
    has_visibility: false,
    costs: None,
    limits: Limits {
        text: Rule::new(Unit::Characters, 2048).with(Markup::Signs),
        alt: None,
        picture: PictureLimits {
            formats: &[Format::Jpeg, Format::Png, Format::Gif],
            max_bytes: Some(50_000_000),
            max_pixels: None,
            // Width and height together have at most 14,000.
            max_side: Some(7000),
            aspect: Some((0.05, 20.0)),
        },
    },
    told: "",
    leftover: "is removed with the share, and before another is uploaded for it",
    repetition: "the post is looked for first, and sent again under an id that stays the same, by which VK knows it for an hour",
    source: "https://dev.vk.com/en/method/wall.post",
    read_on: "2026-11-23",
    proof: Proof::Documentation,
    more: "",
    make: |account, tools| Ok(Arc::new(Vk { line: Line::new(account, tools, reading)? })),
};

/// The version of the API that this is written for.
const VERSION: &str = "5.251";
/// Where VK takes bytes.
const UPLOADS: [&str; 4] = ["vk.com", "vk.ru", "userapi.com", "vkuserphoto.ru"];

fn parse_group(text: &str) -> Option<String> {
    let text = text.strip_prefix('-').unwrap_or(text);
    let is_number = (1..=12).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.to_owned())
}

/// What VK says in its bodies: `{"error": {"error_code": 5, "error_msg": "User authorization failed: …"}}`.
fn reading(answer: &Answer) -> Option<Meaning> {
    match answer.json()?.pointer("/error/error_code")?.as_i64()? {
        // Authorization, permission, access, validation, keys.
        5 | 7 | 15 | 17 | 18 | 27 | 28 | 30 | 37 => Some(Meaning::Reconnect),
        // Too many a second, wait.
        6 | 32 => Some(Meaning::Wait(None)),
        // Flood control, too many of this method, too many a day.
        9 | 29 | 601 => Some(Meaning::WaitLong),
        // Unknown, of its own, broken off by a time limit, away for a while.
        1 | 10 | 36 | 43 => Some(Meaning::Trouble),
        // A number that is not listed here, under a status of trouble, is no refusal.
        _ => (!answer.status.is_server_error()).then_some(Meaning::Refused),
    }
}

fn has_photo(post: &Value) -> bool {
    let attached = post.get("attachments").and_then(Value::as_array);
    attached.is_some_and(|all| all.iter().any(|one| one.get("type").and_then(Value::as_str) == Some("photo")))
}

/// One community.
struct Vk {
    line: Line,
}

impl Vk {
    fn call(&self, method: &str, form: &[(&str, &str)]) -> reqwest::RequestBuilder {
        self.line.bearing(Method::POST, &["method", method]).form(&[form, &[("v", VERSION)]].concat())
    }

    fn group(&self) -> &str {
        &self.line.account.name
    }

    /// A community's wall has its number with a minus.
    fn wall(&self) -> String {
        format!("-{}", self.group())
    }

    /// Removes something; what does not exist (104) is removed.
    async fn gone(&self, request: reqwest::RequestBuilder) -> Result<(), PostError> {
        let answer = self.line.ask(request).await?;
        let code = answer.json().and_then(|json| json.pointer("/error/error_code")?.as_i64());
        if code == Some(104) || self.line.is_success(&answer) {
            Ok(())
        } else {
            Err(self.line.refused(&answer))
        }
    }

    fn posted(&self, id: &str) -> Posted {
        Posted { url: Some(format!("https://vk.com/wall{}_{id}", self.wall())), id: Some(id.to_owned()) }
    }
}

#[async_trait]
impl Platform for Vk {
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
        let group = ("group_id", self.group());
        let answer = self.line.get(self.call("photos.getWallUploadServer", &[group])).await?;
        let json = answer.json().unwrap_or_default();
        let address = json.pointer("/response/upload_url").and_then(Value::as_str);
        let address = address.and_then(|address| self.line.handed(address, &UPLOADS));
        let address = address.ok_or_else(|| self.line.unclear(&answer))?;
        let form = Form::new().part("photo", picture_part(post)?);
        let answer = self.line.get(self.line.tools.client.post(address).multipart(form)).await?;
        let json = answer.json().unwrap_or_default();
        let text = |key: &str| json.get(key).and_then(id_of).filter(|text| text != "[]");
        let (Some(server), Some(photo), Some(hash)) = (text("server"), text("photo"), text("hash")) else {
            return Err(self.line.unclear(&answer));
        };
        let form = [group, ("server", &server), ("photo", &photo), ("hash", &hash)];
        let answer = self.line.get(self.call("photos.saveWallPhoto", &form)).await?;
        let json = answer.json().unwrap_or_default();
        let id = |key: &str| json.pointer(&format!("/response/0/{key}")).and_then(id_of);
        let (owner, id) = id("owner_id").zip(id("id")).ok_or_else(|| self.line.unclear(&answer))?;
        Ok(format!("photo{owner}_{id}"))
    }

    async fn publish(&self, post: &Post, upload: &str) -> Result<Posted, PostError> {
        let (wall, text) = (self.wall(), post.text(&ENTRY.limits));
        let form = [
            ("owner_id", wall.as_str()),
            ("from_group", "1"),
            ("message", &text),
            ("attachments", upload),
            ("guid", &post.idempotency_key),
        ];
        let answer = self.line.post(self.call("wall.post", &form)).await?;
        self.line.posted(&answer, |json| Some(self.posted(&id_of(json.pointer("/response/post_id")?)?)))
    }

    async fn find(&self, link: &str, since: Timestamp) -> Result<Sighting, PostError> {
        let (mut latest, wall) = (Latest::new(since), self.wall());
        for page in 0.. {
            let offset = (page * 100).to_string();
            // What others write there is on the wall too, and may hold the same link, as may what is written by hand.
            let form =
                [("owner_id", wall.as_str()), ("filter", "owner"), ("count", "100"), ("offset", &offset)];
            let json = self.line.get(self.call("wall.get", &form)).await?.json().unwrap_or_default();
            let Some(posts) = json.pointer("/response/items").and_then(Value::as_array) else {
                return Ok(Latest::unreadable());
            };
            let ours = posts.iter().find(|post| {
                post.get("from_id").and_then(id_of).as_ref() == Some(&wall)
                    && has_photo(post)
                    && post.get("text").and_then(Value::as_str).is_some_and(|text| holds_link(text, link))
            });
            if let Some(id) = ours.and_then(|post| id_of(post.get("id")?)) {
                return Ok(Sighting::There(self.posted(&id)));
            }
            let oldest =
                posts.last().and_then(|post| Timestamp::from_second(post.get("date")?.as_i64()?).ok());
            if let Some(sighting) = latest.page(oldest, !posts.is_empty()) {
                return Ok(sighting);
            }
        }
        Ok(Latest::unreadable())
    }

    async fn remove(&self, post_id: &str) -> Result<(), PostError> {
        let wall = self.wall();
        self.gone(self.call("wall.delete", &[("owner_id", &wall), ("post_id", post_id)])).await
    }

    async fn discard(&self, upload: &str) -> Result<(), PostError> {
        let photo = upload.strip_prefix("photo").and_then(|photo| photo.split_once('_'));
        let (owner, id) = photo.ok_or_else(|| PostError::Final {
            reason: "The picture at VK is not known any more. Remove it there.".to_owned(),
            detail: format!("{upload} is no photo's name"),
        })?;
        let form = [("owner_id", owner), ("photo_id", id)];
        self.gone(self.call("photos.delete", &form)).await
    }

    async fn knows_repetitions_for(&self, _: Option<&str>) -> Duration {
        // An hour, less what the first request may have taken.
        Duration::from_mins(55)
    }
}
