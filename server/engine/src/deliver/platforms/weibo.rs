//! The connector for Weibo (<https://open.weibo.com/wiki/2/statuses/share>): posts of one account.
//!
//! One request carries words and picture. Weibo takes only texts that hold an address of the app's own domain, so the share pages
//! must be on the domain that is bound to it, and wants the address of whoever acts (`rip`): for the site's own account that is
//! the site's, never a visitor's, which is neither kept nor passed on. The same text twice is refused.

#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;
use cutline_crop::Format;
use cutline_model::Target;
use cutline_text::{Markup, Rule, Unit};
use reqwest::Method;
use reqwest::multipart::Form;
use serde_json::Value;

use super::{AccountKey, Entry, Proof, ServerKey, parse_own_name};
use crate::deliver::client::{Answer, picture_part};
use crate::deliver::line::{Line, Meaning, id_of};
use crate::deliver::{Account, AccountError, Limits, PictureLimits, Platform, Post, PostError, Posted};

/// Its line in the table of platforms.
pub(super) static ENTRY: Entry = Entry {
    name: "weibo",
    title: "Weibo",
    // An eye.
    icon: "M2 12c5-8 15-8 20 0-5 8-15 8-20 0zM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6z",
    server: ServerKey::AskedWithPath("https://api.weibo.com?rip=203.0.113.7"),
    account: AccountKey {
        is: "the account's name",
        example: "lighthouses",
        sign: "@",
        parse: parse_own_name,
    },
    token: "an access token of the app's; the domain of `public_url` must be bound to the app (安全域名)",
    check,
    scopes: None,
    lists: &[],
    has_visibility: false,
    costs: None,
    limits: Limits {
        text: Rule::new(Unit::Characters, 140).with(Markup::Topics),
        alt: None,
        picture: PictureLimits {
            formats: &[Format::Jpeg, Format::Png, Format::Gif],
            max_bytes: Some(4_999_999),
            max_pixels: None,
            max_side: None,
            aspect: None,
        },
    },
    told: "",
    leftover: "there is none: picture and words are sent together",
    repetition: "nothing tells: a post whose answer was lost waits for a person; Weibo refuses the same text twice",
    source: "https://open.weibo.com/wiki/2/statuses/share",
    read_on: "2026-11-23",
    proof: Proof::Documentation,
    more: "`rip` stands behind the server's address: with each post Weibo wants to be told the real IP address of the user who acts. The\nuser of the site's account is the site, so this is its own public IP address; those of visitors are neither kept nor passed on.\nWhoever agreed with Weibo to report visitors' own addresses cannot use this. Posts there cannot be removed from here.\n",
    make: |account, tools| {
        Ok(Arc::new(Weibo { rip: rip(&account)?, line: Line::new(account, tools, reading)? }))
    },
};

fn check(account: &Account) -> Result<(), AccountError> {
    rip(account).map(drop)
}

/// The address that stands behind the server's.
fn rip(account: &Account) -> Result<IpAddr, AccountError> {
    let named = account.server.query_pairs().find(|(key, _)| key == "rip");
    let expected = "Weibo's address and this site's public IP address, for example https://api.weibo.com?rip=203.0.113.7";
    named.and_then(|(_, ip)| ip.parse().ok()).ok_or(AccountError { key: "server", expected })
}

/// What Weibo says in its bodies: `{"error": "expired_token", "error_code": 21327, "request": "/2/statuses/share.json"}`.
fn reading(answer: &Answer) -> Option<Meaning> {
    match answer.json()?.get("error_code")?.as_i64()? {
        // Source or token missing, wrong, revoked, expired; rights.
        10_005 | 10_006 | 10_013 | 10_014 | 21_301 | 21_314..=21_317 | 21_319 | 21_327 | 21_332 => {
            Some(Meaning::Reconnect)
        }
        // Of the address, of the user, of the user for this call; too many posts.
        10_022..=10_024 | 20_016 => Some(Meaning::WaitLong),
        10_001 | 10_002 | 10_003 | 10_009 | 10_010 | 10_011 => Some(Meaning::Trouble),
        // Posted, and not to be seen yet; the same was posted already, which may be ours.
        20_017 | 20_019 | 20_032 | 20_111 => Some(Meaning::Trouble),
        // A number that is not listed here, under a status of trouble, is no refusal.
        _ => (!answer.status.is_server_error()).then_some(Meaning::Refused),
    }
}

/// One account.
struct Weibo {
    line: Line,
    rip: IpAddr,
}

#[async_trait]
impl Platform for Weibo {
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
        let form = Form::new()
            .text("access_token", self.line.token().to_owned())
            .text("status", post.text(&ENTRY.limits))
            .text("rip", self.rip.to_string())
            .part("pic", picture_part(post)?);
        let mut url = self.line.address(&["2", "statuses", "share.json"]);
        url.set_query(None);
        let request = self.line.tools.client.request(Method::POST, url).multipart(form);
        let answer = self.line.post(request).await?;
        self.line.posted(&answer, |json: &Value| {
            let id = id_of(json.get("idstr").or_else(|| json.get("id"))?)?;
            Some(Posted { url: Some(format!("https://m.weibo.cn/status/{id}")), id: Some(id) })
        })
    }
}
