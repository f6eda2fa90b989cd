//! A web page and its pictures, in the order of the browser's `document.images`.
//!
//! Parsed as browsers do with scripts on: what stands in `<template>` is not in the document, what stands in `<noscript>`
//! is text. Pages are hostile too: a few hundred kilobytes of open tags make any standard parser take minutes, so the text
//! goes in by small pieces with a look at the clock between them. Blocking: not for the async threads.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use encoding_rs::Encoding;
use html5ever::tendril::TendrilSink;
use html5ever::{ParseOpts, driver, ns};
use scraper::node::Element;
use scraper::{Html, HtmlTreeSink, Node};
use url::Url;

use super::address::MAX_URL_BYTES;
use super::charset;
use super::error::NotFound;

/// Longest time one page may be parsed; ordinary ones take a few milliseconds.
const MAX_PARSE_TIME: Duration = Duration::from_secs(2);

/// Bytes parsed between two looks at the clock.
const PIECE_BYTES: usize = 4096;

/// Longest title kept, in characters; it stands in a credit line.
const MAX_TITLE_CHARS: usize = 300;

/// What is known of a page that was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageFacts {
    /// Its address, after redirects.
    pub url: Url,
    /// Its title in one line of at most 300 characters, if it has one.
    pub title: Option<String>,
}

/// A page and its pictures.
#[derive(Clone, Debug)]
pub struct Page {
    /// Address and title.
    pub facts: PageFacts,
    /// Its `<img>` elements in the order of `document.images`.
    pub pictures: Vec<PagePicture>,
    base: Url,
    encoding: &'static Encoding,
}

/// One `<img>` of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PagePicture {
    /// Its address, resolved against the page's base; of any scheme. None if it has none, or one that does not parse.
    pub src: Option<Url>,
    /// Its alternative text, as written.
    pub alt: Option<String>,
    /// Its `width` attribute in CSS pixels.
    pub width: Option<u32>,
    /// Its `height` attribute in CSS pixels.
    pub height: Option<u32>,
}

impl Page {
    /// Reads a page that came from `url`; `charset` is the one that the HTTP header names. Of its pictures the first
    /// `max_pictures` are looked at.
    pub(super) fn parse(
        url: Url,
        bytes: &[u8],
        charset: Option<&str>,
        max_pictures: usize,
    ) -> Result<Self, NotFound> {
        let (text, encoding) = charset::decode(bytes, charset);
        let html = parse_in_time(&text, MAX_PARSE_TIME)?;
        let (mut title, mut base, mut images) = (None, None, Vec::new());
        // Nodes in tree order, without what is inside templates.
        let root = Some(html.tree.root());
        let nodes = std::iter::successors(root, |node| {
            let child = if matches!(node.value(), Node::Fragment) { None } else { node.first_child() };
            child
                .or_else(|| node.next_sibling())
                .or_else(|| node.ancestors().find_map(|above| above.next_sibling()))
        });
        for node in nodes {
            let Some(element) = node.value().as_element().filter(|element| element.name.ns == ns!(html))
            else {
                continue;
            };
            match element.name() {
                "title" if title.is_none() => {
                    title = Some(
                        node.children()
                            .filter_map(|child| child.value().as_text().map(|text| &**text))
                            .collect(),
                    );
                }
                "base" if base.is_none() => base = element.attr("href").map(str::to_owned),
                "img" if images.len() < max_pictures => images.push(element),
                _ => {}
            }
        }
        let base = base.and_then(|href| base_url(&url, &href, encoding)).unwrap_or_else(|| url.clone());
        let pictures = images.into_iter().map(|element| PagePicture::of(element, &base, encoding)).collect();
        let title = title.and_then(|title: String| one_line(&title));
        Ok(Self { facts: PageFacts { url, title }, pictures, base, encoding })
    }

    /// The address that `src` has on this page.
    pub(super) fn resolve(&self, src: &str) -> Option<Url> {
        resolve(&self.base, src, self.encoding)
    }
}

impl PagePicture {
    fn of(element: &Element, base: &Url, encoding: &'static Encoding) -> Self {
        let pixels = |name| element.attr(name).and_then(|text| text.trim().parse().ok());
        Self {
            src: element
                .attr("src")
                .filter(|src| !src.is_empty())
                .and_then(|src| resolve(base, src, encoding)),
            alt: element.attr("alt").map(str::to_owned),
            width: pixels("width"),
            height: pixels("height"),
        }
    }
}

fn parse_in_time(text: &str, limit: Duration) -> Result<Html, NotFound> {
    let until = Instant::now() + limit;
    let mut parser = driver::parse_document(HtmlTreeSink::new(Html::new_document()), ParseOpts::default());
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE_BYTES));
        parser.process(piece.into());
        rest = after;
        if Instant::now() > until {
            return Err(NotFound::TooComplicated);
        }
    }
    Ok(parser.finish())
}

/// The first `<base href>`, unless the standard says to ignore it. A long one is ignored too: it would be copied into the
/// address of every picture.
fn base_url(page: &Url, href: &str, encoding: &'static Encoding) -> Option<Url> {
    resolve(page, href, encoding).filter(|base| !matches!(base.scheme(), "data" | "javascript"))
}

/// Resolves as browsers do, which write a query in the page's own encoding.
fn resolve(base: &Url, address: &str, encoding: &'static Encoding) -> Option<Url> {
    let write = writer(encoding);
    let url = Url::options().base_url(Some(base)).encoding_override(Some(&write)).parse(address).ok()?;
    (url.scheme() == "data" || url.as_str().len() <= MAX_URL_BYTES).then_some(url)
}

fn writer(encoding: &'static Encoding) -> impl Fn(&str) -> Cow<'_, [u8]> {
    move |text| encoding.encode(text).0
}

fn one_line(text: &str) -> Option<String> {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (!line.is_empty()).then(|| line.chars().take(MAX_TITLE_CHARS).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn page(html: impl AsRef<[u8]>) -> Page {
        let url = Url::parse("https://a.example/dir/page.html?q#f").expect("an address");
        Page::parse(url, html.as_ref(), None, 5_000).expect("a page")
    }

    fn sources(html: impl AsRef<[u8]>) -> Vec<String> {
        page(html).pictures.into_iter().map(|picture| picture.src.map_or(String::new(), Into::into)).collect()
    }

    /// Pictures are called 1, 2, 3 in the order in which Chromium's `document.images` has them.
    fn check(html: &str, expected: &[&str]) {
        let expected: Vec<_> = expected.iter().map(|name| format!("https://a.example/dir/{name}")).collect();
        assert_eq!(sources(html), expected, "{html}");
    }

    #[test]
    fn pictures_come_in_the_order_of_document_images() {
        check(
            "<img src=1><p><img src=2></p><div><span><img src=3></span></div><img src=4>",
            &["1", "2", "3", "4"],
        );
        check("<p><b><img src=1><p><i><img src=2><img src=3", &["1", "2"]);
        check("<table><tr><td><img src=2></td></tr><img src=1></table><img src=3>", &["1", "2", "3"]);
        check("<image src=1><IMG SRC=2><svg><image href=x /><img src=3></svg>", &["1", "2", "3"]);
        check("<picture><source srcset=x><img src=1></picture><a href=x><img src=2></a>", &["1", "2"]);
        check("<img src=1><img src=1><img src=2>", &["1", "1", "2"]);
        check("<b><p><img src=1></b><img src=2></p><img src=3>", &["1", "2", "3"]);
    }

    #[test]
    fn what_is_not_in_the_document_is_not_listed() {
        check("<template><img src=x></template><img src=1>", &["1"]);
        check("<template><template><img src=x></template><img src=x></template><img src=1>", &["1"]);
        check("<noscript><img src=x></noscript><img src=1>", &["1"]);
        check("<head><noscript><img src=x></noscript></head><body><img src=1>", &["1"]);
        check(
            "<!-- <img src=x> --><script>'<img src=x>'</script><style><img src=x></style><img src=1>",
            &["1"],
        );
        check(
            "<textarea><img src=x></textarea><title><img src=x></title><iframe><img src=x></iframe><img src=1>",
            &["1"],
        );
        check("<img src=1><plaintext><img src=x>", &["1"]);
    }

    #[test]
    fn addresses_are_resolved_against_the_first_base_with_an_href() {
        for (base, expected) in [
            ("", "https://a.example/dir/1"),
            ("<base target=x><base href=/other/><base href=/third/>", "https://a.example/other/1"),
            ("<base href=//b.example/c>", "https://b.example/1"),
            ("<template><base href=/other/></template>", "https://a.example/dir/1"),
            ("<base href='data:,x'>", "https://a.example/dir/1"),
            ("<base href='http://['>", "https://a.example/dir/1"),
        ] {
            assert_eq!(sources(format!("{base}<img src=1>")), [expected], "{base}");
        }
        assert_eq!(sources("<img src=1><base href=/late/>"), ["https://a.example/late/1"]);
        let long = format!("<base href=/{}/><img src=1>", "a".repeat(MAX_URL_BYTES));
        assert_eq!(sources(long), ["https://a.example/dir/1"]);
    }

    #[test]
    fn a_picture_keeps_its_place_even_without_an_address() {
        assert_eq!(
            sources("<img><img src=''><img src='http://['><img src=' 1\n'>"),
            ["", "", "", "https://a.example/dir/1"]
        );
    }

    #[test]
    fn what_tells_pictures_apart_is_kept() {
        let pictures =
            page("<img src=1 alt='A &amp; B' width=300 height='200 '><img src=2 width=50%>").pictures;
        assert_eq!(pictures[0].alt.as_deref(), Some("A & B"));
        assert_eq!((pictures[0].width, pictures[0].height), (Some(300), Some(200)));
        assert_eq!((pictures[1].alt.as_deref(), pictures[1].width), (None, None));
    }

    #[test]
    fn a_query_is_written_in_the_pages_encoding() {
        let (html, _, _) = encoding_rs::GBK.encode("<meta charset=gbk><img src='/灯?灯' alt=灯塔>");
        let page = page(html);
        assert_eq!(page.pictures[0].alt.as_deref(), Some("灯塔"));
        assert_eq!(
            page.pictures[0].src.as_ref().map(Url::as_str),
            Some("https://a.example/%E7%81%AF?%B5%C6")
        );
    }

    #[test]
    fn the_title_is_the_first_one_in_one_line() {
        for (html, expected) in [
            ("<title>\n The  harbour &lt;1&gt;\n</title><title>x</title>", Some("The harbour <1>")),
            ("<svg><title>x</title></svg><title>a</title>", Some("a")),
            ("<title> </title>", None),
            ("<p>", None),
        ] {
            assert_eq!(page(html).facts.title.as_deref(), expected, "{html}");
        }
        assert_eq!(
            page(format!("<title>{}", "é".repeat(1_000))).facts.title.map(|title| title.chars().count()),
            Some(300)
        );
    }

    #[test]
    fn only_so_many_pictures_are_looked_at() {
        let url = Url::parse("https://a.example/").expect("an address");
        let page = Page::parse(url, "<img src=1>".repeat(12).as_bytes(), None, 10).expect("a page");
        assert_eq!(page.pictures.len(), 10);
    }

    #[test]
    fn a_page_made_to_take_for_ever_is_given_up() {
        let attributes = (0..200_000).map(|number| format!(" a{number}")).collect::<String>();
        for html in ["<div>".repeat(400_000), "<b><p>".repeat(300_000), format!("<i{attributes}")] {
            let start = Instant::now();
            let given_up = parse_in_time(&html, Duration::from_millis(50)).map(drop);
            assert_eq!(given_up, Err(NotFound::TooComplicated), "{}", &html[..20]);
            assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
        }
    }

    proptest! {
        #[test]
        fn no_markup_makes_it_fail(html in "(<[/]?(img|table|td|template|b|p|a|svg|noscript|base|select|title)( src=a| href=b)?>|x){0,60}") {
            page(html);
        }
    }
}
