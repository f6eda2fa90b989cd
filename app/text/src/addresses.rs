//! Where addresses stand in a text, as Mastodon finds them: it has the rules of twitter-text
//! (<https://github.com/twitter/twitter-text>, `validUrl`), with a scheme in front.
//!
//! One thing is left out: the list of top-level domains, which would be larger than all other code here. Any word of two
//! letters or more may be one. `text-counters` in `end2end/` compares with twitter-text itself.

use std::ops::Range;

/// The byte ranges of the `http` and `https` addresses in a text, in order.
#[must_use]
pub fn addresses(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut taken = 0;
    for (mark, _) in text.match_indices("://") {
        let host = mark + "://".len();
        let Some(start) = scheme_start(text, mark).filter(|_| host >= taken) else { continue };
        let Some(length) = domain(&text[host..]) else { continue };
        let mut end = host + length;
        end += port(&text[end..]);
        end += path(&text[end..]);
        end += query(&text[end..]);
        // What looks like an address but for its beginning is none, and nothing in it is one.
        if start >= taken && may_stand_before(&text[..start]) {
            found.push(start..end);
        }
        taken = end;
    }
    found
}

/// Where the scheme before `mark` begins.
fn scheme_start(text: &str, mark: usize) -> Option<usize> {
    ["https", "http"].into_iter().find_map(|scheme| {
        let start = mark.checked_sub(scheme.len())?;
        text.get(start..mark)?.eq_ignore_ascii_case(scheme).then_some(start)
    })
}

/// Whether an address may follow this: not in the middle of a word, a mention or a tag.
fn may_stand_before(text: &str) -> bool {
    text.chars().next_back().is_none_or(|c| {
        !(c.is_ascii_alphanumeric() || matches!(c, '@' | '＠' | '$' | '#' | '＃' | '\u{feff}'))
    })
}

/// The length of the domain that `rest` begins with: labels with dots between them, the last of letters.
fn domain(rest: &str) -> Option<usize> {
    let run = rest.find(|c| !(is_of_label(c) || matches!(c, '-' | '_' | '.'))).unwrap_or(rest.len());
    let dots: Vec<usize> = rest[..run].match_indices('.').map(|(at, _)| at).collect();
    let mut before = dots.as_slice();
    while let Some((dot, earlier)) = before.split_last() {
        let letters = rest[dot + 1..].bytes().take_while(u8::is_ascii_alphabetic).count();
        let end = dot + 1 + letters;
        let next = rest[end..].chars().next();
        let ends = next.is_none_or(|c| !(c.is_ascii_alphanumeric() || matches!(c, '@' | '+' | '-')));
        if letters >= 2 && ends && are_labels(&rest[..*dot]) {
            return Some(end);
        }
        before = earlier;
    }
    None
}

/// Whether each label begins and ends with more than a dash; the last one, the name itself, holds no underscore.
fn are_labels(text: &str) -> bool {
    let edges_fit = text
        .split('.')
        .all(|label| !label.is_empty() && !label.starts_with(['-', '_']) && !label.ends_with(['-', '_']));
    edges_fit && text.rsplit('.').next().is_some_and(|name| !name.contains('_'))
}

/// The length of `:8080`, if `rest` begins with that.
fn port(rest: &str) -> usize {
    let digits = rest.strip_prefix(':').map_or(0, |rest| rest.bytes().take_while(u8::is_ascii_digit).count());
    if digits == 0 { 0 } else { digits + 1 }
}

/// The length of the path that `rest` begins with; what ends a sentence does not end an address.
fn path(rest: &str) -> usize {
    if !rest.starts_with('/') {
        return 0;
    }
    let (mut at, mut end) = (1, 1);
    while let Some(c) = rest[at..].chars().next() {
        if is_of_path(c) {
            at += c.len_utf8();
            if ends_path(c) {
                end = at;
            }
        } else if let Some(length) = parentheses(&rest[at..], 2) {
            at += length;
            end = at;
        } else {
            break;
        }
    }
    end
}

/// The length of the parentheses, at most `depth` deep, that `rest` begins with.
fn parentheses(rest: &str, depth: usize) -> Option<usize> {
    let mut at = rest.strip_prefix('(').filter(|_| depth > 0).map(|_| 1)?;
    while let Some(c) = rest[at..].chars().next() {
        at += match c {
            ')' if at > 1 => return Some(at + 1),
            c if is_of_path(c) => c.len_utf8(),
            _ => parentheses(&rest[at..], depth - 1)?,
        };
    }
    None
}

/// The length of `?a=b`, if `rest` begins with such a thing.
fn query(rest: &str) -> usize {
    let Some(query) = rest.strip_prefix('?') else { return 0 };
    let all = query
        .bytes()
        .take_while(|b| b.is_ascii_alphanumeric() || b"!?*'@();:&=+$/%#[]-_.,~|".contains(b))
        .count();
    let end =
        query.as_bytes()[..all].iter().rposition(|b| b.is_ascii_alphanumeric() || b"-_&=#/".contains(b));
    end.map_or(0, |end| end + 2)
}

/// What a domain's label is made of, beside the dash: all but punctuation, spaces and signs for the direction of writing.
fn is_of_label(c: char) -> bool {
    !(c.is_ascii_punctuation() || c.is_whitespace() || c.is_control() || is_mark(c))
}

fn is_mark(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' | '\u{061c}' | '\u{180e}')
}

fn is_of_path(c: char) -> bool {
    ends_path(c)
        || matches!(
            c,
            '!' | '*'
                | '\''
                | ';'
                | ':'
                | ','
                | '.'
                | '$'
                | '%'
                | '['
                | ']'
                | '\u{2013}'
                | '~'
                | '@'
                | '|'
                | '&'
        )
}

fn ends_path(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || matches!(c, '+' | '-' | '=' | '_' | '#' | '/')
        || is_accented(c)
        || matches!(c, '\u{400}'..='\u{4ff}')
}

/// Latin letters with accents, as twitter-text lists them.
fn is_accented(c: char) -> bool {
    matches!(c, '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{24f}' | '\u{253}' | '\u{254}' | '\u{256}'
        | '\u{257}' | '\u{259}' | '\u{25b}' | '\u{263}' | '\u{268}' | '\u{26f}' | '\u{272}' | '\u{289}' | '\u{28b}'
        | '\u{2bb}' | '\u{300}'..='\u{36f}' | '\u{1e00}'..='\u{1eff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<&str> = addresses(text).into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn addresses_are_found_in_sentences() {
        check("see https://a.example/b.", &["https://a.example/b"]);
        check("(HTTP://A.Example:8080/x?y=1&z)!", &["HTTP://A.Example:8080/x?y=1&z"]);
        check(
            "https://de.example.org/wiki/Leuchtturm_(Bauwerk), https://b.example",
            &["https://de.example.org/wiki/Leuchtturm_(Bauwerk)", "https://b.example"],
        );
        check("中文https://a.example中文", &["https://a.example"]);
        check("https://bücher.example/é#x", &["https://bücher.example/é#x"]);
        check("https://a.example/?", &["https://a.example/"]);
        check("https://a_b.c.example/(", &["https://a_b.c.example/"]);
    }

    #[test]
    fn what_is_no_address_is_none() {
        for text in [
            "",
            "://",
            "a://b.example",
            "http://",
            "http://localhost/x",
            "http://a.b",
            "xhttps://a.example",
            "@https://a.example",
            "https://-a.example",
            "https://a..example",
            "https://a_b.example",
            "https://a.exam1",
        ] {
            check(text, &[]);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "(http|https|://|[a-zé中.:/?()@_-]|\\PC){0,60}") {
            for range in addresses(&text) {
                prop_assert!(text.get(range).is_some_and(|address| address.contains("://")));
            }
        }
    }
}
