//! A post's words as HTML, for platforms whose posts are pages.

use std::fmt::Write;

use cutline_model::TargetId;
use cutline_text::{Markup, Rule, Unit, addresses};
use sha2::{Digest, Sha256};

use crate::deliver::Post;

/// A title is one line, and themes set it large.
const TITLE: Rule = Rule::new(Unit::Graphemes, 80);

/// A title as plain text: how the visitor's words begin, else what the picture shows.
pub(super) fn title(post: &Post) -> String {
    title_without(Markup::None, post)
}

/// The same where people or programs make something of signs in it: in a title nothing can be escaped, since some show it as it is.
pub(super) fn bare_title(post: &Post) -> String {
    title_without(Markup::Signs, post)
}

fn title_without(markup: Markup, post: &Post) -> String {
    let begin = |text: &str| text.lines().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned);
    let words = begin(&post.description).map(|words| markup.words(&words));
    // That may be a stranger's.
    let title = words.or_else(|| begin(&post.alt).map(|alt| markup.strangers(&alt)));
    TITLE.shorten(title.as_deref().unwrap_or("Shared picture"))
}

/// What the post of a share is called in its address: after the share. On WordPress and Ghost versions of before 2026-11-27 called it so;
/// until version 0.2 it is looked for there under this name too, since one of theirs may be in doubt.
pub(super) fn slug(link: &str) -> String {
    format!("share-{}", link.rsplit('/').next().unwrap_or_default())
}

/// What the post of a share is called in its address: after the share and the target, so that of several accounts on one site each has
/// a post of its own.
pub(super) fn slug_of(target: &TargetId, link: &str) -> String {
    let digest = Sha256::digest(target.as_str());
    let named: String = digest[..4].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{named}", slug(link))
}

/// The paragraphs of a text.
pub(super) fn paragraphs(text: &str) -> String {
    let all = text.split("\n\n").map(str::trim).filter(|words| !words.is_empty());
    all.map(|words| format!("<p>{}</p>", linked(words))).collect()
}

/// The lines of a text, in which its addresses are links and nothing else looks like one: of an address that stands alone in a
/// paragraph WordPress makes a player of what it leads to (`autoembed`).
pub(super) fn linked(text: &str) -> String {
    let plain = |text: &str| escaped(text).replace("://", "&#58;//").replace('\n', "<br/>");
    let (mut html, mut end) = (String::new(), 0);
    for address in addresses(text) {
        html.push_str(&plain(&text[end..address.start]));
        let (href, shown) = (escaped(&text[address.clone()]), plain(&text[address.clone()]));
        // Whoever runs the site does not speak for where the words of others lead.
        write!(html, "<a href=\"{href}\" rel=\"nofollow ugc\">{shown}</a>")
            .expect("writing to a text does not fail");
        end = address.end;
    }
    html.push_str(&plain(&text[end..]));
    html
}

/// The text as text where only these three signs are none.
pub(super) fn without_markup(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The text as text in HTML, and in square brackets too: those would begin WordPress' shortcodes.
pub(super) fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '[' => html.push_str("&#91;"),
            ']' => html.push_str("&#93;"),
            c => html.push(c),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deliver::fake_server::post;

    #[test]
    fn the_title_is_how_the_words_begin() {
        let of = |description: &str, alt: &str| {
            title(&Post { description: description.to_owned(), alt: alt.to_owned(), ..post() })
        };
        assert_eq!(of("\n A lighthouse\nat noon", ""), "A lighthouse");
        assert_eq!(of("", "A lighthouse"), "A lighthouse");
        assert_eq!(of("", ""), "Shared picture");
        assert_eq!(of(&"word ".repeat(40), "").chars().count(), 80);
        let hostile =
            Post { description: String::new(), alt: "@bob [a](http://b.example)".to_owned(), ..post() };
        assert_eq!(title(&hostile), "@bob [a](http://b.example)");
        let bare = "@\u{2060}bob [\u{2060}a]\u{2060}(http:\u{2060}//\u{2060}b.\u{2060}example)";
        assert_eq!(bare_title(&hostile), bare);
    }

    #[test]
    fn words_are_text_and_never_markup() {
        let html = paragraphs("<b>bold</b>\n\"calm\"\n\n\n\n[gallery] & more");
        assert_eq!(
            html,
            "<p>&lt;b&gt;bold&lt;/b&gt;<br/>&quot;calm&quot;</p><p>&#91;gallery&#93; &amp; more</p>"
        );
    }

    #[test]
    fn addresses_are_links_and_what_only_looks_like_one_is_text() {
        for (text, html) in [
            (
                "https://a.example/?x=1&y[]=2",
                "<a href=\"https://a.example/?x=1&amp;y&#91;&#93;=2\" rel=\"nofollow ugc\">https&#58;//a.example/?x=1&amp;y&#91;&#93;=2</a>",
            ),
            ("https://localhost/video", "https&#58;//localhost/video"),
            ("https://me@a.example/", "https&#58;//me@a.example/"),
            (
                "see\nhttp://a.example.",
                "see<br/><a href=\"http://a.example\" rel=\"nofollow ugc\">http&#58;//a.example</a>.",
            ),
        ] {
            assert_eq!(linked(text), html, "{text}");
        }
    }
}
