//! A post's words as HTML, for platforms whose posts are pages.

use cutline_text::{Rule, Unit};

use crate::deliver::Post;

/// A title is one line, and themes set it large.
const TITLE: Rule = Rule::new(Unit::Graphemes, 80);

/// A title as plain text: how the visitor's words begin, else what the picture shows.
pub(super) fn title(post: &Post) -> String {
    let mut lines = post.description.lines().chain(post.alt.lines()).map(str::trim);
    TITLE.shorten(lines.find(|line| !line.is_empty()).unwrap_or("Shared picture"))
}

/// What the post of a share is called in its address: after the share.
pub(super) fn slug(link: &str) -> String {
    format!("share-{}", link.rsplit('/').next().unwrap_or_default())
}

/// The paragraphs of a text.
pub(super) fn paragraphs(text: &str) -> String {
    let all = text.split("\n\n").map(str::trim).filter(|words| !words.is_empty());
    all.map(|words| format!("<p>{}</p>", escaped(words).replace('\n', "<br/>"))).collect()
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
    }

    #[test]
    fn words_are_text_and_never_markup() {
        let html = paragraphs("<b>bold</b>\n\"calm\"\n\n\n\n[gallery] & more");
        assert_eq!(
            html,
            "<p>&lt;b&gt;bold&lt;/b&gt;<br/>&quot;calm&quot;</p><p>&#91;gallery&#93; &amp; more</p>"
        );
    }
}
