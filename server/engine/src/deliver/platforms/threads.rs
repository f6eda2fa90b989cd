//! The connector for Threads (<https://developers.facebook.com/docs/threads/reference/publishing/>): the one that it shares with
//! Instagram (`containers`), and what differs.

#[cfg(test)]
mod tests;

use cutline_text::{Markup, Rule, Unit};

use super::containers::{Containers, Kind};
use super::graph::parse_number;
use super::{AccountKey, Entry, Proof, ServerKey};
use crate::deliver::{Limits, PictureLimits};

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
    lists: &[],
    has_visibility: false,
    costs: None,
    limits: Limits {
        // "Emojis are counted as the number of UTF-8 bytes."
        text: Rule::new(Unit::Utf16, 500).finely().with(Markup::Names),
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
    repetition: "the picture that it fetched tells whether it is in a post, which is looked for first",
    source: "https://developers.facebook.com/docs/threads/reference/publishing/",
    read_on: "2026-11-23",
    proof: Proof::Documentation,
    more: "Threads fetches the picture from this site, as a JPEG of at most 1440 pixels a side: `public_url` must be an https address that\nit can reach. Emoji count as their bytes there; here all characters do, which is never too few.\n",
    make: |account, tools| Containers::of(account, tools, &KIND),
};

/// What it calls things.
pub(super) static KIND: Kind = Kind {
    version: "v1.0",
    check: |_| Ok(()),
    fixed: &[("media_type", "IMAGE")],
    edge: "threads",
    words: "text",
    publish: "threads_publish",
    state: "status",
    why: "error_message",
    removes: true,
};
