//! The table of platforms as a page of the documentation.

use std::fmt::Write;

use cutline_crop::Format;
use cutline_text::{AddressCount, Rule, Unit};

use super::{Entry, ListKey, PLATFORMS, Proof, ServerKey};
use crate::deliver::{Limits, PictureLimits};

const HEAD: &str = "# Platforms

Where the site's own accounts can be, what stands in their `[[targets]]`, and what each platform takes. This page is made
from the table in `server/engine/src/deliver/platforms/`; a test keeps it current (`UPDATE_PLATFORMS=1 cargo test -p
cutline-engine platforms` writes it anew).

Visitors connect accounts of their own, for which the site needs a `secret_key_file`: on servers that speak Mastodon's API, on
Bluesky and on WordPress sites by a page there that asks, on Bluesky by an app password too, on Matrix, Discord and Telegram by a
token that they paste. By `[[sign_in]]` they sign in at an OAuth 2 server that the site's owner names, on the platforms whose table has
that line: a server that speaks Mastodon's API, Misskey, Reddit, and a service that takes this site's own requests. There is no sign-in
for X, LinkedIn, Pinterest, Tumblr, VK, Threads, Instagram, Facebook, Flickr, Weibo, Slack, Ghost and Lemmy: those are for the site's own
accounts. Where a table says that a token ends, it is not renewed: put a new one in its place before.

Pictures are made to fit before they are sent, and texts are shortened: the visitor's words first, the credit and the link
last. Where there is no field for the alt text, it stands in the text, in brackets.
";

/// The page, in Markdown.
#[must_use]
pub fn page() -> String {
    let mut page = HEAD.to_owned();
    for entry in PLATFORMS {
        section(&mut page, entry).expect("writing to a text does not fail");
    }
    page
}

fn section(page: &mut String, entry: &Entry) -> std::fmt::Result {
    let Entry { name, title, account, token, limits, leftover, repetition, source, read_on, .. } = entry;
    write!(page, "\n## {title}\n\n```toml\n[[targets]]\nplatform = \"{name}\"\n")?;
    let server = match entry.server {
        ServerKey::Asked(server) | ServerKey::AskedWithPath(server) => format!("server = \"{server}\"\n"),
        ServerKey::Usual(server) | ServerKey::UsualWithQuery(server) => format!("#server = \"{server}\"\n"),
        ServerKey::InToken => String::new(),
    };
    page.push_str(&server);
    for ListKey { key, example, is_needed, .. } in entry.lists {
        let mark = if *is_needed { "" } else { "#" };
        writeln!(page, "{mark}{key} = [\"{example}\"]")?;
    }
    let accepted = if entry.costs.is_some() { "accept_costs = true\n" } else { "" };
    writeln!(page, "account = \"{}\"\ntoken_file = \"./{name}.token\"\n{accepted}```\n", account.example)?;
    writeln!(page, "| | |\n|---|---|")?;
    writeln!(page, "| `account` | {} |", account.is)?;
    for ListKey { key, is, .. } in entry.lists {
        writeln!(page, "| `{key}` | each one {is} |")?;
    }
    writeln!(page, "| `token` | {token} |")?;
    if let Some(scopes) = entry.scopes {
        writeln!(page, "| `[[sign_in]]` | visitors can sign in by OAuth 2; asked for: `{scopes}` |")?;
    }
    if entry.has_visibility {
        writeln!(page, "| `visibility` | public, unlisted or private |")?;
    }
    if let Some(costs) = entry.costs {
        writeln!(page, "| `accept_costs` | must be true: posts cost money there ({costs}) |")?;
    }
    writeln!(page, "| text | {} |", rule(&limits.text))?;
    let alt = limits.alt.map_or_else(|| "in the text: there is no field for it".to_owned(), |alt| rule(&alt));
    writeln!(page, "| alt text | {alt} |")?;
    writeln!(page, "| picture | {} |", picture(limits))?;
    if !entry.told.is_empty() {
        writeln!(page, "| asked of the server | {} |", entry.told)?;
    }
    writeln!(page, "| picture in no post | {leftover} |")?;
    writeln!(page, "| sent twice | {repetition} |")?;
    let proof = match entry.proof {
        Proof::Server(server) => format!("the tests post to {server}"),
        Proof::Receiver => "tests receive what is sent, and check it as a receiver does".to_owned(),
        Proof::Documentation => {
            "**built from the documentation, not proven**; tests hold it to that".to_owned()
        }
    };
    writeln!(page, "| proven by | {proof} |")?;
    writeln!(page, "| source | <{source}>, read on {read_on} |")?;
    if entry.more.is_empty() { Ok(()) } else { write!(page, "\n{}", entry.more) }
}

fn rule(rule: &Rule) -> String {
    let unit = match rule.unit {
        Unit::Graphemes if rule.is_fine => "characters as people see them, joined consonants each",
        Unit::Graphemes => "characters as people see them",
        Unit::Characters => "characters (code points)",
        Unit::Utf16 if rule.is_fine => "characters (units of UTF-16; an emoji is its bytes of UTF-8)",
        Unit::Utf16 => "characters (units of UTF-16)",
        Unit::Bytes => "bytes",
        Unit::Weighted => {
            "characters as X weighs them (one for a Latin letter, two for a Chinese one or an emoji)"
        }
    };
    let mut text = format!("{} {unit}", rule.max);
    if let Some(bytes) = rule.max_bytes {
        text += &format!(", {bytes} bytes");
    }
    match rule.address {
        AddressCount::AsItIs => text,
        AddressCount::Always(count) | AddressCount::AtLeast(count) => {
            format!("{text}; an address is {count}")
        }
    }
}

fn picture(limits: &Limits) -> String {
    let PictureLimits { formats, max_bytes, max_pixels, max_side, aspect } = limits.picture;
    let mut said = Vec::new();
    if !formats.is_empty() {
        said.push(formats.iter().map(Format::to_string).collect::<Vec<_>>().join(", "));
    }
    said.extend(max_bytes.map(|bytes| format!("{bytes} bytes")));
    said.extend(max_pixels.map(|pixels| format!("{pixels} pixels")));
    said.extend(max_side.map(|side| format!("{side} pixels a side")));
    said.extend(
        aspect.map(|(narrowest, widest)| format!("width to height from {narrowest:.2} to {widest:.2}")),
    );
    if said.is_empty() { "whatever the server takes".to_owned() } else { said.join("; ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_in_the_documentation_is_this_one() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../PLATFORMS.md");
        if option_env!("UPDATE_PLATFORMS").is_some() {
            std::fs::write(file, page()).expect("a file");
        }
        let kept = std::fs::read_to_string(file).expect("PLATFORMS.md is there");
        assert!(kept == page(), "PLATFORMS.md is not current: write it anew as it says");
    }
}
