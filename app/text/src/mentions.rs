//! A text in which nobody is mentioned.

/// Joins without being seen (Unicode 2060).
const WORD_JOINER: char = '\u{2060}';

/// `text` in which nobody is mentioned: the account that posts is the site's, and a visitor's words must not call on
/// strangers in its name. An invisible word joiner parts the `@` from the name; what is read stays the same.
#[must_use]
pub fn without_mentions(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        plain.push(c);
        if c == '@' && chars.peek().is_some_and(|next| next.is_alphanumeric() || *next == '_') {
            plain.push(WORD_JOINER);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_called_in_the_sites_name() {
        for (text, plain) in [
            ("with @bob@example.social", "with @\u{2060}bob@\u{2060}example.social"),
            ("@_x", "@\u{2060}_x"),
            ("5 @ 3, or @", "5 @ 3, or @"),
        ] {
            assert_eq!(without_mentions(text), plain);
        }
    }
}
