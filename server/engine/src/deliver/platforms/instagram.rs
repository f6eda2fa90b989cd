//! The connector for Instagram (<https://developers.facebook.com/docs/instagram-platform/content-publishing/>): the one that it shares
//! with Threads (`containers`), and what differs.

#[cfg(test)]
mod tests;

use cutline_text::{Markup, Rule, Unit};

use super::containers::{Containers, Kind};
use super::graph::parse_number;
use super::{AccountKey, Entry, Proof, ServerKey};
use crate::deliver::{Limits, PictureLimits, Post, PostError};

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
    lists: &[],
    has_visibility: false,
    costs: None,
    limits: Limits {
        text: Rule::new(Unit::Utf16, 2200).with(Markup::Names),
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
    source: "https://developers.facebook.com/docs/instagram-platform/content-publishing/",
    read_on: "2026-11-23",
    proof: Proof::Documentation,
    more: "Instagram fetches the picture from this site, as a JPEG of at most 1440 pixels a side: `public_url` must be an https address that\nit can reach. It takes shapes from 4:5 to 1.91:1. Posts there cannot be removed from here.\n",
    make: |account, tools| Containers::of(account, tools, &KIND),
};

/// What it calls things.
pub(super) static KIND: Kind = Kind {
    version: "v25.0",
    check: check_shape,
    fixed: &[],
    edge: "media",
    words: "caption",
    publish: "media_publish",
    state: "status_code",
    why: "status",
    removes: false,
};

/// The narrowest and the widest shape that it takes, width divided by height.
const SHAPES: std::ops::RangeInclusive<f64> = 0.8..=1.91;

fn check_shape(post: &Post) -> Result<(), PostError> {
    let shape = f64::from(post.size.width()) / f64::from(post.size.height());
    if SHAPES.contains(&shape) {
        return Ok(());
    }
    Err(PostError::Final {
        reason:
            "Instagram takes pictures from 4:5 (upright) to 1.91:1 (wide). Choose a part of such a shape."
                .to_owned(),
        detail: format!("width to height is {shape:.2}"),
    })
}
