//! The sites of others whose visitors may share through this server: `[embed]` and `[[sites]]`.

use std::net::IpAddr;

use cutline_model::TargetId;

use super::section::Section;
use super::server::parse_origin;

/// Longest key of a site, in bytes.
const MAX_KEY_BYTES: usize = 64;

/// Most shares within an hour that can be set.
const MAX_HOURLY: u64 = 1_000_000;

/// What is true of all sites of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmbedConfig {
    /// `embed.open`, `CUTLINE_EMBED__OPEN`: whether sites that are not named may share too, to the board alone; `false`.
    pub open: bool,
    /// `embed.shares_per_visitor`, `CUTLINE_EMBED__SHARES_PER_VISITOR`: most shares within an hour from one address on sites of
    /// others; 60.
    pub shares_per_visitor: u32,
    /// `embed.shares_per_site`, `CUTLINE_EMBED__SHARES_PER_SITE`: most shares within an hour from a site that says nothing else;
    /// 1000. Those that are not named have it together.
    pub shares_per_site: u32,
    /// `embed.trusted_proxies`, `CUTLINE_EMBED__TRUSTED_PROXIES`: the addresses whose `X-Forwarded-For` tells who a visitor is;
    /// none.
    pub trusted_proxies: Vec<IpAddr>,
}

/// One `[[sites]]`, `CUTLINE_SITES__0__…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteOfOthers {
    /// `origin`: its scheme, host and port, as browsers send them.
    pub origin: String,
    /// `key`: what its pages name themselves by, 8 to 64 of A-Z, a-z, 0-9, - and _.
    pub key: String,
    /// `targets`: where its visitors may share to; everywhere that this site can if none is named.
    pub targets: Option<Vec<TargetId>>,
    /// `threshold`: smallest width and height of a picture that reacts there, in CSS pixels; as `[overlay]` says.
    pub threshold: Option<u32>,
    /// `shares_per_hour`: most shares within an hour; as `[embed]` says.
    pub shares_per_hour: Option<u32>,
}

impl EmbedConfig {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let proxies = section.list("trusted_proxies", "an IP address, for example 127.0.0.1", |text| {
            text.parse::<IpAddr>().ok().map(|address| address.to_canonical())
        });
        Self {
            open: section.flag("open", false),
            shares_per_visitor: section.count("shares_per_visitor", 1..=MAX_HOURLY, 60),
            shares_per_site: section.count("shares_per_site", 1..=MAX_HOURLY, 1_000),
            trusted_proxies: proxies.unwrap_or_default(),
        }
    }
}

/// Reads all `[[sites]]`; an origin is named once.
pub(super) fn read_all(section: &mut Section<'_>) -> Vec<SiteOfOthers> {
    let mut taken: Vec<String> = Vec::new();
    section.sections("sites", |section| {
        let site = read_one(section)?;
        if taken.contains(&site.origin) {
            section.mistake(format!("there is a site {} already: each origin is named once", site.origin));
        }
        taken.push(site.origin.clone());
        Some(site)
    })
}

fn read_one(section: &mut Section<'_>) -> Option<SiteOfOthers> {
    for (key, example) in [("origin", "https://blog.example.org"), ("key", "blog-4f1c9a")] {
        if !section.has(key) {
            section.mistake(format!("a site needs {key}, for example {key} = \"{example}\""));
        }
    }
    let origin = section.scalar(
        "origin",
        "an http or https address without path, for example https://blog.example.org",
        |text| parse_origin(text).map(|url| url.origin().ascii_serialization()),
    );
    let key = section.scalar("key", "8 to 64 of A-Z, a-z, 0-9, - and _, for example blog-4f1c9a", parse_key);
    let targets = section.list("targets", "a target, for example board", |text| TargetId::parse(text).ok());
    let threshold = section.scalar("threshold", "a whole number from 1 to 100000", |text| {
        text.parse().ok().filter(|pixels| (1..=100_000).contains(pixels))
    });
    let shares_per_hour =
        section.scalar("shares_per_hour", format!("a whole number from 1 to {MAX_HOURLY}"), |text| {
            text.parse().ok().filter(|count: &u32| (1..=MAX_HOURLY).contains(&u64::from(*count)))
        });
    Some(SiteOfOthers { origin: origin?, key: key?, targets, threshold, shares_per_hour })
}

fn parse_key(text: &str) -> Option<String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    ((8..=MAX_KEY_BYTES).contains(&text.len()) && text.bytes().all(is_plain)).then(|| text.to_owned())
}
