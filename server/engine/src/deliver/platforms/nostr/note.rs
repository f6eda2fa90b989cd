//! The note: the visitor's words, the credit, the share page and the picture's address, with what there is to say of the picture
//! in a tag beside them (NIP-92).
//!
//! It is made once, when the picture has its address, and kept like that address: made again it might differ (a shorter text, one
//! server less), and would be another note.

use cutline_text::{Parts, Rule};

use super::event::{Draft, NOTE, tag};
use crate::deliver::Post;

/// The note of a post whose picture has this digest and these addresses, the first of which is shown.
pub(super) fn note(account: &str, post: &Post, digest: &str, addresses: &[String], rule: &Rule) -> Draft {
    let shown = addresses.first().map_or("", String::as_str);
    let words = plain(&post.description);
    let credit = plain(&post.credit);
    // Programs show the picture where its address stands.
    let link = format!("{}\n\n{shown}", post.link);
    let parts = Parts { words: &words, credit: &credit, link: &link, ..Parts::default() };
    let mut picture = vec![
        "imeta".to_owned(),
        format!("url {shown}"),
        format!("m {}", post.media_type),
        format!("x {digest}"),
        format!("dim {}x{}", post.size.width(), post.size.height()),
    ];
    let alt = plain(&post.alt).split_whitespace().collect::<Vec<_>>().join(" ");
    let alt = super::ENTRY.limits.alt.map_or_else(|| alt.clone(), |rule| rule.shorten(&alt));
    if !alt.is_empty() {
        picture.push(format!("alt {alt}"));
    }
    picture.extend(addresses.iter().skip(1).map(|address| format!("fallback {address}")));
    Draft {
        pubkey: account.to_owned(),
        created_at: post.shared_at.as_second(),
        kind: NOTE,
        // By the two last ones relays find it: the page, and whether another note has the same picture.
        tags: vec![picture, tag(["r", &post.link]), tag(["x", digest])],
        content: parts.fitted(rule),
    }
}

/// A text without the characters that programs write down in different ways, of which they would then make different ids.
fn plain(text: &str) -> String {
    text.replace("\r\n", "\n").chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}
