//! A page's characters: byte order mark, then HTTP header, then `<meta>` in the first 1,024 bytes, as the HTML standard has it,
//! or later in the head, as Chromium has it; then the XML declaration. A page in XML has no `<meta>` that counts.
//!
//! <https://html.spec.whatwg.org/multipage/parsing.html#determining-the-character-encoding>. When nothing says it, text that
//! is valid UTF-8 is that, unlike in browsers, whose visitors see such pages garbled; anything else is guessed as Firefox
//! does it, from the bytes and the country of the page's host.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, X_USER_DEFINED};
use url::Url;

use super::page::Syntax;

/// Bytes looked at for a `<meta>`, whatever they are, and for an XML declaration; after them, only while the head goes on.
const PRESCAN_BYTES: usize = 1024;

/// Elements of a head, after which it goes on: the list of Chromium's `HTMLMetaCharsetParser`.
const HEAD: [&[u8]; 10] =
    [b"html", b"head", b"script", b"noscript", b"style", b"link", b"meta", b"object", b"title", b"base"];

/// Decodes a page that came from `url`; `header` is the charset that the HTTP header names. Gives the text and its encoding.
pub(super) fn decode(
    bytes: &[u8],
    syntax: Syntax,
    header: Option<&str>,
    url: &Url,
) -> (String, &'static Encoding) {
    let said_inside = || match syntax {
        Syntax::Html => prescan(bytes).or_else(|| of_xml_declaration(bytes)).or_else(|| guess(bytes, url)),
        // Annex F of the XML standard: who says nothing writes UTF-8.
        Syntax::Xml => utf16_declaration(bytes).or_else(|| of_xml_declaration(bytes)),
    };
    let encoding = Encoding::for_bom(bytes)
        .map(|(encoding, _)| encoding)
        .or_else(|| header.and_then(|label| Encoding::for_label(label.as_bytes())))
        .or_else(said_inside)
        .unwrap_or(UTF_8);
    let (text, encoding, _) = encoding.decode(bytes);
    (text.into_owned(), encoding)
}

/// What these bytes look like, unless they are valid UTF-8.
fn guess(bytes: &[u8], url: &Url) -> Option<&'static Encoding> {
    if std::str::from_utf8(bytes).is_ok() {
        return None;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let country = url.domain().and_then(|domain| domain.rsplit('.').find(|label| !label.is_empty()));
    Some(detector.guess(country.map(str::as_bytes), Utf8Detection::Deny))
}

/// The charset parameter of a `Content-Type`.
pub(super) fn of_content_type(value: &str) -> Option<&str> {
    value.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    })
}

/// "Prescan a byte stream to determine its encoding".
fn prescan(bytes: &[u8]) -> Option<&'static Encoding> {
    if let Some(encoding) = utf16_declaration(bytes) {
        return Some(encoding);
    }
    let mut scan = Scan { rest: bytes };
    let mut is_in_head = true;
    while !scan.rest.is_empty() && (is_in_head || bytes.len() - scan.rest.len() < PRESCAN_BYTES) {
        match scan.rest {
            // The two dashes before the `>` may be those of the opening.
            [b'<', b'!', b'-', b'-', ..] => {
                scan.skip(2);
                scan.skip_past(b"-->");
            }
            [b'<', m, e, t, a, space_or_slash, ..]
                if [*m, *e, *t, *a].eq_ignore_ascii_case(b"meta") && ends_name(*space_or_slash) =>
            {
                scan.skip(6);
                if let Some(encoding) = scan.meta() {
                    return Some(encoding);
                }
            }
            [b'<', letter, ..] | [b'<', b'/', letter, ..] if letter.is_ascii_alphabetic() => {
                let is_end = scan.rest[1] == b'/';
                scan.skip(if is_end { 2 } else { 1 });
                let name = scan.take_until(|byte| ends_name(byte) || byte == b'>');
                is_in_head &= HEAD.contains(&name.as_slice());
                while scan.attribute().is_some() {}
                if !is_end {
                    scan.skip_text_of(&name);
                }
            }
            [b'<', b'!' | b'/' | b'?', ..] => scan.skip_past(b">"),
            _ => scan.skip(1),
        }
    }
    None
}

/// An XML declaration whose every other byte is zero.
fn utf16_declaration(bytes: &[u8]) -> Option<&'static Encoding> {
    let begins = |start: &[u8]| bytes.starts_with(start);
    let little = begins(b"<\0?\0x\0").then_some(UTF_16LE);
    little.or_else(|| begins(b"\0<\0?\0x").then_some(UTF_16BE))
}

/// "Get an XML encoding": `<?xml … encoding="…"` at the very start, even in HTML.
fn of_xml_declaration(bytes: &[u8]) -> Option<&'static Encoding> {
    let start = bytes.get(..PRESCAN_BYTES).unwrap_or(bytes).strip_prefix(b"<?xml")?;
    let end = start.iter().position(|&byte| byte == b'>')?;
    let mut scan = Scan { rest: &start[..end] };
    scan.skip_past(b"encoding");
    scan.skip_until(|byte| byte > b' ');
    scan.rest = scan.rest.strip_prefix(b"=")?;
    scan.skip_until(|byte| byte > b' ');
    let quote = *scan.rest.first().filter(|quote| matches!(quote, b'"' | b'\''))?;
    scan.skip(1);
    let label = scan.take_until(|byte| byte == quote);
    let is_whole = !scan.rest.is_empty() && label.iter().all(|&byte| byte > b' ');
    let encoding = Encoding::for_label(&label).filter(|_| is_whole)?;
    // Whoever could read this far in single bytes is not reading UTF-16.
    Some(if encoding == UTF_16LE || encoding == UTF_16BE { UTF_8 } else { encoding })
}

fn ends_name(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == b'/'
}

/// What is left to look at.
struct Scan<'a> {
    rest: &'a [u8],
}

impl Scan<'_> {
    fn skip(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
    }

    fn skip_until(&mut self, stop: impl Fn(u8) -> bool) {
        let count = self.rest.iter().position(|&byte| stop(byte)).unwrap_or(self.rest.len());
        self.skip(count);
    }

    fn skip_past(&mut self, end: &[u8]) {
        let found = self.rest.windows(end.len()).position(|window| window == end);
        self.skip(found.map_or(self.rest.len(), |at| at + end.len()));
    }

    /// Goes to the end tag of an element that holds text only, as Chromium does; the standard, which stops early, would
    /// take what is in there for markup.
    fn skip_text_of(&mut self, name: &[u8]) {
        if !matches!(name, b"script" | b"style" | b"title") {
            return;
        }
        let ends = |window: &[u8]| window.starts_with(b"</") && window[2..].eq_ignore_ascii_case(name);
        let end = self.rest.windows(name.len() + 2).position(ends);
        self.skip(end.unwrap_or(self.rest.len()));
    }

    fn take_until(&mut self, stop: impl Fn(u8) -> bool) -> Vec<u8> {
        let before = self.rest;
        self.skip_until(stop);
        before[..before.len() - self.rest.len()].to_ascii_lowercase()
    }

    /// The encoding that a `<meta>`'s attributes name, if they name one.
    fn meta(&mut self) -> Option<&'static Encoding> {
        let (mut is_pragma, mut charset, mut content) = (false, None, None);
        while let Some((name, value)) = self.attribute() {
            match name.as_slice() {
                b"http-equiv" => is_pragma |= value == b"content-type",
                b"charset" => charset = charset.or(Some(value)),
                b"content" => content = content.or(Some(value)),
                _ => {}
            }
        }
        let label =
            charset.or_else(|| content.filter(|_| is_pragma).and_then(|content| charset_in(&content)))?;
        match Encoding::for_label(&label)? {
            // Whoever could read this far in single bytes is not reading UTF-16.
            encoding if encoding == UTF_16LE || encoding == UTF_16BE => Some(UTF_8),
            encoding if encoding == X_USER_DEFINED => Some(WINDOWS_1252),
            encoding => Some(encoding),
        }
    }

    /// "Get an attribute": its name and value in lower case, or nothing at the tag's end.
    fn attribute(&mut self) -> Option<(Vec<u8>, Vec<u8>)> {
        self.skip_until(|byte| !ends_name(byte));
        if matches!(self.rest.first(), None | Some(b'>')) {
            return None;
        }
        let mut name = Vec::new();
        if self.rest.first() == Some(&b'=') {
            name.push(b'=');
            self.skip(1);
        }
        name.extend(self.take_until(|byte| ends_name(byte) || matches!(byte, b'=' | b'>')));
        self.skip_until(|byte| !byte.is_ascii_whitespace());
        if self.rest.first() != Some(&b'=') {
            return Some((name, Vec::new()));
        }
        self.skip(1);
        self.skip_until(|byte| !byte.is_ascii_whitespace());
        let value = match self.rest.first() {
            Some(&quote @ (b'"' | b'\'')) => {
                self.skip(1);
                let value = self.take_until(|byte| byte == quote);
                self.skip(1);
                value
            }
            _ => self.take_until(|byte| byte.is_ascii_whitespace() || byte == b'>'),
        };
        Some((name, value))
    }
}

/// "Extract a character encoding from a meta element": the label after `charset=` in lower-case text.
fn charset_in(content: &[u8]) -> Option<Vec<u8>> {
    let mut scan = Scan { rest: content };
    while !scan.rest.is_empty() {
        scan.skip_past(b"charset");
        scan.skip_until(|byte| !byte.is_ascii_whitespace());
        if scan.rest.first() != Some(&b'=') {
            continue;
        }
        scan.skip(1);
        scan.skip_until(|byte| !byte.is_ascii_whitespace());
        return match *scan.rest.first()? {
            quote @ (b'"' | b'\'') => {
                scan.skip(1);
                let label = scan.take_until(|byte| byte == quote);
                (!scan.rest.is_empty()).then_some(label)
            }
            _ => Some(scan.take_until(|byte| byte.is_ascii_whitespace() || byte == b';')),
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use encoding_rs::{BIG5, EUC_KR, GBK, SHIFT_JIS, WINDOWS_1251};
    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8], syntax: Syntax, header: Option<&str>, host: &str) -> (String, &'static Encoding) {
        decode(bytes, syntax, header, &Url::parse(&format!("http://{host}/")).expect(host))
    }

    fn check(bytes: &[u8], header: Option<&str>, expected: &'static Encoding) {
        let (_, encoding) = read(bytes, Syntax::Html, header, "a.example");
        assert_eq!(encoding, expected, "{}", String::from_utf8_lossy(bytes));
    }

    #[test]
    fn a_byte_order_mark_wins_over_the_header_and_the_header_over_meta() {
        check(b"\xef\xbb\xbf<meta charset=gbk>", Some("shift_jis"), UTF_8);
        check(b"\xff\xfe<\0p\0>\0", Some("utf-8"), UTF_16LE);
        check(b"\xfe\xff\0<\0p\0>", None, UTF_16BE);
        check(b"<meta charset=gbk>", Some("shift_jis"), SHIFT_JIS);
        check(b"<meta charset=gbk>", Some("no-such-charset"), GBK);
        assert_eq!(read(b"\xef\xbb\xbfa", Syntax::Html, None, "a.example").0, "a", "the mark is not text");
    }

    #[test]
    fn meta_is_found_as_the_standard_says() {
        for (page, expected) in [
            ("<meta charset=gbk>", GBK),
            ("<META CharSet = 'gb2312' >", GBK),
            ("<meta/charset=\"gbk\"/>", GBK),
            ("<!doctype html><html lang=ko><head><title>a</title><meta charset=euc-kr>", EUC_KR),
            ("<meta http-equiv=Content-Type content='text/html; charset=gbk'>", GBK),
            ("<meta content='text/html; charset = \"gbk\"' http-equiv='content-type'>", GBK),
            ("<meta name=a content='charset=gbk'><meta charset=euc-kr>", EUC_KR),
            ("<!-- <meta charset=gbk> --><meta charset=euc-kr>", EUC_KR),
            ("<!--><meta charset=gbk>", GBK),
            ("<a title='<meta charset=gbk>'><meta charset=euc-kr>", EUC_KR),
            ("<meta charset=utf-16>", UTF_8),
            ("<meta charset=x-user-defined>", WINDOWS_1252),
            ("<meta charset=nonsense><meta charset=gbk>", GBK),
            ("</b/ x><?xml charset=gbk?><!x><meta charset=gbk>", GBK),
        ] {
            check(page.as_bytes(), None, expected);
        }
        for (before, expected) in [
            ("<p>", UTF_8),
            ("<head></head><body>", UTF_8),
            ("<head><link rel=a>", GBK),
            ("<title>", UTF_8),
            ("<script>'<p>'</SCRIPT>", GBK),
            ("<style><p></style><title><p></title>", GBK),
        ] {
            let late = format!("{before}{}<meta charset=gbk>", " ".repeat(PRESCAN_BYTES));
            check(late.as_bytes(), None, expected);
        }
    }

    #[test]
    fn an_xml_declaration_counts_after_every_other_word() {
        for (page, in_html, in_xml) in [
            ("<?xml version='1.0' encoding='gbk'?><p>", GBK, GBK),
            ("<?xml encoding = \"GBK\"?><p>", GBK, GBK),
            ("<?xml encoding='utf-16'?><p>", UTF_8, UTF_8),
            ("<?xml encoding='gbk'?><meta charset='euc-kr'/>", EUC_KR, GBK),
            ("<?xml?><meta charset='euc-kr'/>", EUC_KR, UTF_8),
            (" <?xml encoding='gbk'?>", UTF_8, UTF_8),
            ("<?xml encoding=gbk?>", UTF_8, UTF_8),
            ("<?xml encoding='gbk?>'", UTF_8, UTF_8),
            ("<?xml encoding='gb k'?>", UTF_8, UTF_8),
            ("<?xml encoding 'gbk'?>", UTF_8, UTF_8),
            ("<?xml?> encoding='gbk'>", UTF_8, UTF_8),
            ("<?xml encoding='gbk'", UTF_8, UTF_8),
        ] {
            check(page.as_bytes(), None, in_html);
            check(page.as_bytes(), Some("shift_jis"), SHIFT_JIS);
            assert_eq!(read(page.as_bytes(), Syntax::Xml, None, "a.example").1, in_xml, "{page}");
        }
        let far = format!("<?xml {} encoding='gbk'?>", " ".repeat(PRESCAN_BYTES));
        check(far.as_bytes(), None, UTF_8);
        for syntax in [Syntax::Html, Syntax::Xml] {
            let utf16 = |write: fn(u16) -> [u8; 2]| -> Vec<u8> {
                "<?xml?><p>\u{fc}".encode_utf16().flat_map(write).collect()
            };
            assert_eq!(read(&utf16(u16::to_le_bytes), syntax, None, "a.example").1, UTF_16LE);
            assert_eq!(read(&utf16(u16::to_be_bytes), syntax, None, "a.example").1, UTF_16BE);
        }
    }

    #[test]
    fn without_any_word_valid_utf8_is_utf8_and_the_rest_is_guessed() {
        check("<p>naïve".as_bytes(), None, UTF_8);
        for (text, encoding) in [
            ("<title>日本語のページ</title><p>これは日本語の文章です。写真をご覧ください。", SHIFT_JIS),
            ("<title>中文网页</title><p>这是一个中文网页，里面有图片，请大家欣赏。", GBK),
            ("<title>繁體中文</title><p>這是一個中文網頁，裡面有圖片，請大家欣賞。", BIG5),
            ("<p>한국어로 쓴 문장입니다. 사진을 보십시오.", EUC_KR),
            ("<p>Это русский текст о маяке и о море.", WINDOWS_1251),
            ("<p>Déjà vu à Besançon, où l'été français naît.", WINDOWS_1252),
        ] {
            let (bytes, _, _) = encoding.encode(text);
            check(&bytes, None, encoding);
        }
        // Two letters are too few, but a country has its own way of writing.
        let lamp = b"<img alt=\xb5\xc6>";
        assert_eq!(read(lamp, Syntax::Html, None, "a.cn").1, GBK);
        assert_eq!(read(lamp, Syntax::Html, None, "a.cn.").1, GBK);
        assert_ne!(read(lamp, Syntax::Html, None, "a.example").1, GBK);
        assert_eq!(read(lamp, Syntax::Xml, None, "a.cn").1, UTF_8);
    }

    #[test]
    fn the_headers_charset_is_read_with_and_without_quotes() {
        for (value, expected) in [
            ("text/html", None),
            ("text/html; charset=gbk", Some("gbk")),
            ("text/html;a=b; Charset = \"GBK\" ", Some("GBK")),
        ] {
            assert_eq!(of_content_type(value), expected, "{value}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_fail_or_loop(bytes: Vec<u8>, noise in "[<>!/=\"' a-z-]{0,200}") {
            for host in ["a.example", "127.0.0.1", "[::1]", "xn--p1ai", "."] {
                read(&bytes, Syntax::Html, None, host);
            }
            for text in [format!("<meta {noise}"), format!("<?xml {noise}"), noise] {
                read(text.as_bytes(), Syntax::Html, None, "a.example");
            }
        }
    }
}
