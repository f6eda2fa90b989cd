//! The platforms that a site's account can be on: one connector each, and the one table that lists them.
//!
//! A connector is a file here; its [`Entry`] says what visitors and site owners must know of it, and is all that the rest of
//! the program knows: configuration, pages and documentation are made from the table.

mod bluesky;
mod containers;
mod discord;
mod facebook;
mod flickr;
mod ghost;
mod graph;
mod html;
mod instagram;
mod lemmy;
mod linkedin;
mod mastodon;
mod matrix;
mod misskey;
mod nostr;
mod page;
mod pinterest;
mod reddit;
mod s3;
mod service;
mod slack;
mod telegram;
mod threads;
mod tumblr;
mod vk;
mod webhook;
mod weibo;
mod wordpress;
mod x;

use std::sync::Arc;

use cutline_model::TargetId;

use super::{Account, AccountError, Board, Limits, Platform, Tools};

pub use page::page;

/// All platforms, in the order in which they are told.
pub static PLATFORMS: [&Entry; 25] = [
    &mastodon::ENTRY,
    &bluesky::ENTRY,
    &matrix::ENTRY,
    &wordpress::ENTRY,
    &discord::ENTRY,
    &slack::ENTRY,
    &telegram::ENTRY,
    &misskey::ENTRY,
    &nostr::ENTRY,
    &tumblr::ENTRY,
    &x::ENTRY,
    &pinterest::ENTRY,
    &reddit::ENTRY,
    &linkedin::ENTRY,
    &facebook::ENTRY,
    &instagram::ENTRY,
    &threads::ENTRY,
    &flickr::ENTRY,
    &vk::ENTRY,
    &weibo::ENTRY,
    &lemmy::ENTRY,
    &ghost::ENTRY,
    &s3::ENTRY,
    &service::ENTRY,
    &webhook::ENTRY,
];

/// One line of the table.
#[derive(Debug)]
pub struct Entry {
    /// Its name in the configuration and in what share requests name targets by: a-z, 0-9 and `-`.
    pub name: &'static str,
    /// What visitors read.
    pub title: &'static str,
    /// Its icon: the path of an SVG of 24 x 24, drawn in strokes. A letter or a thing, nobody's trade mark.
    pub icon: &'static str,
    /// What stands in the configuration's `server`.
    pub server: ServerKey,
    /// What stands in `account`.
    pub account: AccountKey,
    /// What a whole account must fulfil beyond its keys' own forms.
    pub check: fn(&Account) -> Result<(), AccountError>,
    /// What stands in `token`: what it is, and where one gets it.
    pub token: &'static str,
    /// What a visitor is asked to allow where the token comes of a sign-in by OAuth 2; nothing where it cannot.
    pub scopes: Option<&'static str>,
    /// What else must or may be named: keys of its own, each a list of addresses.
    pub lists: &'static [ListKey],
    /// Whether who sees the posts can be chosen.
    pub has_visibility: bool,
    /// What posts cost there; a site must say that they may.
    pub costs: Option<&'static str>,
    /// What it takes where its server does not tell.
    pub limits: Limits,
    /// Which of these limits its server tells, in words; empty if none.
    pub told: &'static str,
    /// What becomes of a picture that was uploaded and is in no post.
    pub leftover: &'static str,
    /// How a post that was sent twice is still one.
    pub repetition: &'static str,
    /// Where all this is documented.
    pub source: &'static str,
    /// On which day that was read.
    pub read_on: &'static str,
    /// What shows that the connector does what it should.
    pub proof: Proof,
    /// What else there is to say, in Markdown; may be empty.
    pub more: &'static str,
    /// Makes the connector of an account.
    pub make: fn(Account, Tools) -> Result<Arc<dyn Platform>, AccountError>,
}

/// What `server` is for a platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerKey {
    /// Each account has its server, which must be named: an example of its address.
    Asked(&'static str),
    /// The same; below its host it may have a path.
    AskedWithPath(&'static str),
    /// One server for nearly all; another may be named.
    Usual(&'static str),
    /// The same; something more may stand behind its address.
    UsualWithQuery(&'static str),
    /// There is no such key: the token is an address on it.
    InToken,
}

/// What `account` is for a platform.
#[derive(Clone, Copy, Debug)]
pub struct AccountKey {
    /// In words.
    pub is: &'static str,
    /// One that works.
    pub example: &'static str,
    /// What stands before it where visitors read it.
    pub sign: &'static str,
    /// Reads it; nothing when it cannot be one.
    pub parse: fn(&str) -> Option<String>,
}

/// A key that lists servers beside `server`.
#[derive(Clone, Copy, Debug)]
pub struct ListKey {
    /// The key.
    pub key: &'static str,
    /// In words.
    pub is: &'static str,
    /// Which scheme their addresses have.
    pub scheme: Scheme,
    /// One that works.
    pub example: &'static str,
    /// Whether there must be at least one.
    pub is_needed: bool,
}

/// How servers are spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// By requests: `https`.
    Http,
    /// By messages over a connection that stays: `wss`.
    WebSocket,
}

/// What shows that a connector does what it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The end-to-end tests post to this real server.
    Server(&'static str),
    /// It is built from the documentation, and has never posted anything: tests hold it to what is written there.
    Documentation,
    /// Tests receive what it sends, and check it as the receiver would.
    Receiver,
}

/// The platform of this name.
#[must_use]
pub fn platform(name: &str) -> Option<&'static Entry> {
    PLATFORMS.iter().find(|entry| entry.name == name).copied()
}

/// The icon of a platform's targets, also of one that is not configured any more; empty for the general one.
#[must_use]
pub fn icon_of(name: &str) -> &'static str {
    if name == "board" { Board::ICON } else { platform(name).map_or("", |entry| entry.icon) }
}

/// What people read of a target that is not among the site's: of a visitor's account, whose it is tells nobody, the platform.
#[must_use]
pub fn name_of(target: &TargetId) -> String {
    match (target.visitors_account(), platform(target.platform())) {
        (Some(_), Some(entry)) => entry.title.to_owned(),
        _ => target.to_string(),
    }
}

/// Reads a name of the site's own choice.
fn parse_own_name(text: &str) -> Option<String> {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '#' | '@' | '!');
    (!text.is_empty() && text.len() <= 100 && text.chars().all(fits)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_entry_is_whole() {
        for entry in PLATFORMS {
            let words = [
                entry.title,
                entry.icon,
                entry.account.is,
                entry.token,
                entry.leftover,
                entry.repetition,
                entry.source,
            ];
            assert!(words.iter().all(|words| !words.is_empty()), "{}", entry.name);
            assert!(entry.read_on.parse::<jiff::civil::Date>().is_ok(), "{}: {}", entry.name, entry.read_on);
            let example = (entry.account.parse)(entry.account.example).expect(entry.name);
            assert!(TargetId::parse(&format!("{}:{example}", entry.name)).is_ok(), "{}", entry.name);
            assert!(entry.icon.starts_with('M') && entry.icon.len() < 300, "{}", entry.name);
            assert_eq!(
                platform(entry.name).map(|entry| entry.title),
                Some(entry.title),
                "names are there once"
            );
        }
        assert!(platform("myspace").is_none());
    }
}
