//! What a post on WordPress holds: blocks of its editor (<https://developer.wordpress.org/block-editor/>), so that whoever looks
//! after the site can go on with it there.

use std::fmt::Write;

use serde_json::Value;

use crate::deliver::Post;
use crate::deliver::platforms::html::{escaped, linked};

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
        block(&mut html, "paragraph", "paragraph", &format!("<p>{}</p>", linked(words)));
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
}
