//! What a post on WordPress holds: blocks of its editor (<https://developer.wordpress.org/block-editor/>), so that whoever looks
//! after the site can go on with it there.

use std::fmt::Write;

use cutline_text::{Rule, Unit};
use serde_json::Value;

use crate::deliver::Post;

/// A title is one line, and themes set it large.
const TITLE: Rule = Rule::new(Unit::Graphemes, 80);

/// The post's title: how the visitor's words begin, else what the picture shows.
pub(super) fn title(post: &Post) -> String {
    let lines = post.description.lines().chain(post.alt.lines()).map(str::trim);
    TITLE.shorten(lines.into_iter().find(|line| !line.is_empty()).unwrap_or("Shared picture"))
}

/// The post's body: the picture, the words, who made it, the link.
pub(super) fn content(post: &Post, medium: &str, address: &str) -> String {
    let mut html = String::new();
    let class = if medium.bytes().all(|byte| byte.is_ascii_digit()) { medium } else { "" };
    let image = format!(
        "<figure class=\"wp-block-image\"><img src=\"{}\" alt=\"{}\" class=\"wp-image-{class}\"/>{}</figure>",
        escaped(address),
        escaped(&post.alt),
        caption(&post.credit),
    );
    block(
        &mut html,
        &format!("image {{\"id\":{}}}", if class.is_empty() { "0" } else { class }),
        "image",
        &image,
    );
    for words in post.description.split("\n\n").map(str::trim).filter(|words| !words.is_empty()) {
        let lines = escaped(words).replace('\n', "<br/>");
        block(&mut html, "paragraph", "paragraph", &format!("<p>{lines}</p>"));
    }
    let link = escaped(&post.link);
    block(&mut html, "paragraph", "paragraph", &format!("<p><a href=\"{link}\">{link}</a></p>"));
    html
}

/// The number of the picture in a post that was made by `content`.
pub(super) fn medium_in(post: &Value) -> Option<&str> {
    let html = post.pointer("/content/rendered")?.as_str()?;
    let rest = html.split_once("wp-image-")?.1;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    (end > 0).then(|| &rest[..end])
}

fn caption(credit: &str) -> String {
    if credit.is_empty() { String::new() } else { format!("<figcaption>{}</figcaption>", escaped(credit)) }
}

fn block(html: &mut String, begin: &str, end: &str, inner: &str) {
    write!(html, "<!-- wp:{begin} -->\n{inner}\n<!-- /wp:{end} -->\n\n")
        .expect("writing to a text does not fail");
}

/// The text as text in HTML, and in square brackets too: those would begin WordPress' shortcodes.
fn escaped(text: &str) -> String {
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
    fn words_are_text_and_never_markup() {
        let hostile = Post {
            description: "<script>alert(1)</script>\n[gallery]".to_owned(),
            alt: "\" onerror=\"alert(1)".to_owned(),
            ..post()
        };
        let html = content(&hostile, "7", "https://blog.example.org/a.jpg");
        assert!(
            html.contains("<p>&lt;script&gt;alert(1)&lt;/script&gt;<br/>&#91;gallery&#93;</p>"),
            "{html}"
        );
        assert!(html.contains("alt=\"&quot; onerror=&quot;alert(1)\" class=\"wp-image-7\""), "{html}");
        let shown = serde_json::json!({"content": {"rendered": html}});
        assert_eq!(medium_in(&shown), Some("7"));
    }

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
}
