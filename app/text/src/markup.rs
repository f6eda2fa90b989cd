//! A text as nothing but text: what a platform would make of some signs (people who are called, topics, links, markup) is kept
//! from happening, and what is read stays the same.
//!
//! The account that posts is often the site's: neither a visitor's words nor what stands in strangers' pages and pictures may call
//! on people in its name, or show what its owner did not write. A visitor's own links stay links; in a stranger's credit or alt text
//! there are none. Both halves count the text as it is after this.

use serde::{Deserialize, Serialize};

use crate::addresses::addresses;
use crate::letters::{is_letter, is_letter_or_number};

/// Joins without being seen (Unicode 2060).
const JOINER: char = '\u{2060}';

/// What a platform makes of a text by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Markup {
    /// Nothing: what is a link is told beside the text.
    #[default]
    None,
    /// Links.
    Links,
    /// Links, and whom an `@` calls.
    Names,
    /// The same and topics, which it takes from nobody but people (`#…#`).
    Topics,
    /// The same as names, and what stands in or behind other signs, none of which can be escaped.
    Signs,
    /// The same as names, and Markdown, in which signs are escaped.
    Markdown,
}

impl Markup {
    /// The visitor's words, in which addresses stay links.
    #[must_use]
    pub fn words(self, text: &str) -> String {
        if matches!(self, Self::None | Self::Links) {
            return text.to_owned();
        }
        let mut plain = String::with_capacity(text.len());
        let mut end = 0;
        for address in addresses(text) {
            self.push(&text[end..address.start], &mut plain);
            text[address.clone()].chars().for_each(|c| push_of_address(c, &mut plain));
            end = address.end;
        }
        self.push(&text[end..], &mut plain);
        plain
    }

    /// What somebody wrote of whom this site knows nothing: the credit, the alt text. Nothing in it is a link.
    #[must_use]
    pub fn strangers(self, text: &str) -> String {
        if self == Self::None {
            return text.to_owned();
        }
        let mut plain = String::with_capacity(text.len());
        self.push(&without_links(text), &mut plain);
        plain
    }

    fn push(self, text: &str, plain: &mut String) {
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let next = chars.peek().copied();
            let calls = matches!(c, '@' | '＠') && next.is_some_and(is_of_name);
            match self {
                Self::Topics if c == '#' => plain.push('＃'),
                Self::Markdown if is_indent(c, plain) => {}
                Self::Markdown => {
                    if is_markdown(c) || begins_block(c, next, plain) {
                        plain.push('\\');
                    }
                    plain.push(c);
                    // Where an escape alone does not hold: `u/alice`.
                    if calls || (c == '/' && is_after_initial(plain)) {
                        plain.push(JOINER);
                    }
                }
                Self::Signs => {
                    if c == '>' && is_at_begin(plain) {
                        plain.push(JOINER);
                    }
                    plain.push(if c == '`' { '‵' } else { c });
                    let parts = match c {
                        '[' | '*' | '~' | '_' | '\\' => true,
                        ']' => next == Some('('),
                        '$' => next == Some('['),
                        '<' => next.is_some_and(|next| next.is_ascii_alphabetic() || next == '/'),
                        _ => calls,
                    };
                    if parts {
                        plain.push(JOINER);
                    }
                }
                _ => {
                    plain.push(c);
                    if calls {
                        plain.push(JOINER);
                    }
                }
            }
        }
    }
}

/// In an address, what could be a sign is written so that it is none; it leads to the same place.
fn push_of_address(c: char, plain: &mut String) {
    let encoded = match c {
        '@' => "%40",
        '[' => "%5B",
        ']' => "%5D",
        '(' => "%28",
        ')' => "%29",
        '*' => "%2A",
        '|' => "%7C",
        c => return plain.push(c),
    };
    plain.push_str(encoded);
}

/// The text in which nothing is an address, a host, a topic or a command.
fn without_links(text: &str) -> String {
    let mut parted = String::with_capacity(text.len());
    let mut before = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        parted.push(c);
        let follows_word = before.is_some_and(is_letter_or_number);
        let is_link = chars.peek().is_some_and(|next| match c {
            ':' => follows_word && !next.is_whitespace(),
            '.' => follows_word && is_letter(*next),
            '#' | '＃' | '$' | '!' | '/' => !follows_word && is_of_name(*next),
            _ => false,
        });
        if is_link {
            parted.push(JOINER);
        }
        before = Some(c);
    }
    parted
}

/// Whether a name may go on so; `[` stands before a number on Facebook.
fn is_of_name(c: char) -> bool {
    is_letter_or_number(c) || matches!(c, '_' | '[')
}

fn is_markdown(c: char) -> bool {
    "\\`*_{}[]()<>#!|~^&$".contains(c)
}

/// Whether nothing but space stands before this on its line.
fn is_at_begin(plain: &str) -> bool {
    line(plain).trim_start().is_empty()
}

/// Whether this would be an indent, which means a block of code.
fn is_indent(c: char, plain: &str) -> bool {
    matches!(c, ' ' | '\t') && line(plain).is_empty()
}

/// Whether this begins a list, a rule or a box, or goes on with the number of a list.
fn begins_block(c: char, next: Option<char>, plain: &str) -> bool {
    match c {
        '-' | '+' | '=' | ':' => is_at_begin(plain),
        '.' if next.is_none_or(char::is_whitespace) => {
            let line = line(plain);
            !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_digit())
        }
        _ => false,
    }
}

/// Whether the `/` at the end stands behind a lone `u` or `r`, which name people and communities on Reddit.
fn is_after_initial(plain: &str) -> bool {
    let mut before = plain.chars().rev().skip(1);
    before.next().is_some_and(|c| matches!(c, 'u' | 'U' | 'r' | 'R'))
        && !before.next().is_some_and(is_letter_or_number)
}

fn line(plain: &str) -> &str {
    plain.rsplit('\n').next().unwrap_or_default()
}

#[cfg(test)]
mod tests;
