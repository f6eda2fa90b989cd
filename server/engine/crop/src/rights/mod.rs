//! Who made a picture and under which terms, as its file says: for the record, never for the file that is written.
//!
//! The part carries no metadata, so that no place, name or serial number travels unseen; what its maker wants known is
//! kept beside it instead. XMP is believed first, being the one with addresses of licences and with one encoding for
//! its text; then IPTC-IIM, then Exif. Whatever cannot be read counts for nothing: credit is no reason to refuse.

mod exif;
mod iptc;
mod licence;
mod xmp;

use cutline_model::Credit;

/// Longest text kept, in characters.
const MAX_TEXT_CHARS: usize = 200;
/// Longest address kept, in bytes.
const MAX_LINK_BYTES: usize = 500;

/// What the kinds of metadata in one file say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rights {
    xmp: Statement,
    iptc: Statement,
    exif: Statement,
    /// PNG's own texts.
    text: Statement,
}

/// What one kind of metadata says; a text that is empty says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Statement {
    /// Who made it; several are joined.
    creator: String,
    /// How it wants to be credited, for example an agency's name.
    credit_line: String,
    /// The copyright notice.
    copyright: String,
    /// Under which terms it may be used, in words.
    terms: String,
    /// Where the licence can be read.
    licence_url: String,
    /// Where the picture's own page or its rights can be read, or a licence can be bought.
    statement_url: String,
}

impl Rights {
    /// Takes an XMP packet (ISO 16684-1); the first in a file counts.
    pub(crate) fn read_xmp(&mut self, packet: &[u8]) {
        keep_first(&mut self.xmp, || xmp::read(packet));
    }

    /// Takes the payload of a JPEG's APP13 segment with Photoshop's resources, one of which is IPTC-IIM.
    pub(crate) fn read_photoshop(&mut self, payload: &[u8]) {
        keep_first(&mut self.iptc, || iptc::read(payload));
    }

    /// Takes a PNG text by its keyword (PNG, third edition, section 11.3.3.1), or the XMP packet in one.
    pub(crate) fn read_png_text(&mut self, keyword: &[u8], text: &[u8]) {
        let words = || line(&exif::decoded(text));
        match keyword {
            b"Author" => self.text.creator = words(),
            b"Copyright" => self.text.copyright = words(),
            b"XML:com.adobe.xmp" => self.read_xmp(text),
            _ => {}
        }
    }

    /// Takes an Exif block, from its byte order on.
    pub(crate) fn read_exif(&mut self, block: &[u8]) {
        keep_first(&mut self.exif, || exif::read(block));
    }

    /// Takes the texts that Exif calls Artist and Copyright, where they stand by themselves.
    pub(crate) fn read_exif_texts(&mut self, artist: &[u8], copyright: &[u8]) {
        keep_first(&mut self.exif, || Some(exif::said(artist, copyright)));
    }

    /// What the record keeps of it.
    pub(crate) fn credit(&self) -> Credit {
        let first = |of: fn(&Statement) -> &String| {
            [&self.xmp, &self.iptc, &self.exif, &self.text].map(of).into_iter().find(|text| !text.is_empty())
        };
        let text = |of| first(of).cloned();
        let copyright = || text(|said| &said.copyright);
        let author = text(|said| &said.creator).or_else(|| text(|said| &said.credit_line)).or_else(copyright);
        let licence_url = text(|said| &said.licence_url);
        let statement_url = text(|said| &said.statement_url);
        let named = [&licence_url, &statement_url].into_iter().flatten().find_map(|url| licence::name(url));
        // A copyright notice that stands in for the author is not said twice.
        let notice = copyright().filter(|notice| author.as_ref() != Some(notice));
        Credit {
            author: author.unwrap_or_default(),
            licence: named.or_else(|| text(|said| &said.terms)).or(notice).unwrap_or_default(),
            link: licence_url.or(statement_url).unwrap_or_default(),
        }
    }
}

/// The same words and address, as far as they are fit for a page: what [`crate::crop`] gives stays as it is.
#[must_use]
pub fn clean_credit(credit: &Credit) -> Credit {
    let Credit { author, licence, link: address } = credit;
    Credit { author: line(author), licence: line(licence), link: link(address) }
}

fn keep_first(statement: &mut Statement, read: impl FnOnce() -> Option<Statement>) {
    if *statement == Statement::default() {
        *statement = read().unwrap_or_default();
    }
}

/// The short name of a licence by its address, `CC BY-SA 4.0` for example; nothing where the address is not known.
#[must_use]
pub fn licence_name(url: &str) -> Option<String> {
    licence::name(url)
}

/// One line of text: no control characters, nothing that turns the line round, single spaces, not longer than is kept.
fn line(text: &str) -> String {
    let is_between = |c: char| c.is_whitespace() || c.is_control() || turns(c);
    let words = text.split(is_between).filter(|word| !word.is_empty());
    let mut line = String::new();
    for word in words {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    match line.char_indices().nth(MAX_TEXT_CHARS) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line,
    }
}

/// Whether text behind this character may run the other way (Unicode, annex 9: embeddings, overrides, isolates). Marks,
/// which turn nothing but what is neutral beside them, stay.
fn turns(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// An address that a page may link to; empty when it is anything else.
fn link(text: &str) -> String {
    let text = text.trim();
    let scheme = text.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    let is_web = matches!(scheme.as_deref(), Some("http" | "https"));
    let is_plain = text.chars().all(|c| !c.is_whitespace() && !c.is_control());
    if is_web && is_plain && text.len() <= MAX_LINK_BYTES { text.to_owned() } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(xmp: Statement, iptc: Statement, exif: Statement) -> Credit {
        Rights { xmp, iptc, exif, ..Rights::default() }.credit()
    }

    fn by(creator: &str) -> Statement {
        Statement { creator: creator.to_owned(), ..Statement::default() }
    }

    #[test]
    fn xmp_is_believed_before_iptc_and_exif() {
        let none = Statement::default;
        assert_eq!(said(by("Ada"), by("Bob"), by("Cy")).author, "Ada");
        assert_eq!(said(none(), by("Bob"), by("Cy")).author, "Bob");
        assert_eq!(said(none(), none(), by("Cy")).author, "Cy");
        assert_eq!(said(none(), none(), none()), Credit::default());
    }

    #[test]
    fn a_licence_is_called_by_its_short_name() {
        let licence_url = "https://creativecommons.org/licenses/by-sa/4.0/".to_owned();
        let xmp =
            Statement { licence_url: licence_url.clone(), terms: "See the web".to_owned(), ..by("Ada") };
        let credit = said(xmp, Statement::default(), Statement::default());
        assert_eq!((credit.licence.as_str(), credit.link), ("CC BY-SA 4.0", licence_url));
    }

    #[test]
    fn a_copyright_notice_stands_in_for_what_is_missing_and_is_said_once() {
        let notice = Statement { copyright: "© 2024 Ada".to_owned(), ..Statement::default() };
        let alone = said(Statement::default(), notice.clone(), Statement::default());
        assert_eq!((alone.author.as_str(), alone.licence.as_str()), ("© 2024 Ada", ""));
        let both = said(by("Ada"), notice, Statement::default());
        assert_eq!((both.author.as_str(), both.licence.as_str()), ("Ada", "© 2024 Ada"));
    }

    #[test]
    fn texts_are_one_line_and_bounded() {
        assert_eq!(line("  a\u{0}\tb\r\n c  "), "a b c");
        assert_eq!(line("Ada\u{202e} gpj.\u{2066}x"), "Ada gpj. x");
        assert_eq!(line("\u{200f}عدسة"), "\u{200f}عدسة");
        assert_eq!(line(&"x".repeat(300)), format!("{}…", "x".repeat(MAX_TEXT_CHARS)));
        assert_eq!(line(&"é".repeat(MAX_TEXT_CHARS)), "é".repeat(MAX_TEXT_CHARS));
    }

    #[test]
    fn only_addresses_of_the_web_are_links() {
        assert_eq!(link(" https://a.example/1 "), "https://a.example/1");
        for other in ["javascript:alert(1)", "a.example", "ftp://a.example", "https://a.example/ b", ""] {
            assert_eq!(link(other), "", "{other}");
        }
        assert_eq!(link(&format!("https://a.example/{}", "x".repeat(MAX_LINK_BYTES))), "");
    }
}
