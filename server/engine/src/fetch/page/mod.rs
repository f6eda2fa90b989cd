//! A web page and its pictures, in the order of the browser's `document.images`.
//!
//! Parsed as browsers do with scripts on: what stands in `<template>` is not in the document, what stands in `<noscript>`
//! is text. `tree` parses and `walk` goes over the elements, `found` gathers them, `picture`, `image_type` and `srcset` read one picture, `twin` the
//! one in the `<noscript>` beside it, `wishes` what the owner of the page does not want. Blocking: not for the async threads.

mod credits;
mod found;
mod image_type;
mod microdata;
mod picture;
mod srcset;
mod tree;
mod turn;
mod twin;
mod walk;
mod wishes;

use cutline_model::Credit;
use encoding_rs::Encoding;
use scraper::ElementRef;
use url::Url;

use self::found::Found;
pub use self::image_type::ImageType;
use self::picture::Reader;
pub use self::picture::{Candidate, PagePicture, PictureKind, Place};
pub use self::srcset::Descriptor;
pub use self::tree::Syntax;
pub(super) use self::turn::Turn;
use self::twin::Twins;
use super::charset;
use super::error::NotFound;

/// Longest title kept, in characters; it stands in a credit line.
const MAX_TITLE_CHARS: usize = 300;

/// What is known of a page that was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageFacts {
    /// Its address, after redirects.
    pub url: Url,
    /// Its title in one line of at most 300 characters, if it has one.
    pub title: Option<String>,
    /// What its site calls itself, in one line of at most 300 characters, if it says so.
    pub site_name: Option<String>,
    /// Whose the picture is that was asked for, where the page says it of that picture.
    pub credit: Credit,
}

impl PageFacts {
    /// Whether it is at the address that was asked for, and was not led to.
    pub(super) fn is_at(&self, asked: &str) -> bool {
        Url::parse(asked).is_ok_and(|mut asked| {
            asked.set_fragment(None);
            asked == self.url
        })
    }

    /// The page's address: as it was asked for, since a fragment may matter to scripts, unless that led elsewhere.
    pub(crate) fn address_after(&self, asked: &str) -> String {
        if self.is_at(asked) { asked.to_owned() } else { self.url.to_string() }
    }
}

/// A page and its pictures.
#[derive(Clone, Debug)]
pub struct Page {
    /// Address and title.
    pub facts: PageFacts,
    /// Its `<img>` elements in the order of `document.images`.
    pub pictures: Vec<PagePicture>,
    /// Pictures that `document.images` does not list: they can be asked for by their address.
    pub others: Vec<PagePicture>,
    /// The `<meta>` by which its owner keeps all its pictures out.
    pub kept_out: Option<&'static str>,
    /// The `<meta>` or header by which its owner reserves them.
    pub reserved: Option<&'static str>,
    /// A wish of the owner for pictures of which there are more than are listed: one that is not found may be among them.
    pub kept_out_beyond: Option<&'static str>,
    /// Whether there was more of it than is read.
    pub is_cut_off: bool,
    /// Whose pictures are, by their addresses.
    credits: Vec<(Url, Credit)>,
    base: Url,
    encoding: &'static Encoding,
}

impl Page {
    /// Reads a page that came from `url`; `charset` is the one that the HTTP header names. Of its pictures the first
    /// `max_pictures` are looked at. What is not done when `turn` is over is too complicated.
    pub(super) fn parse(
        url: Url,
        bytes: &[u8],
        (syntax, charset): (Syntax, Option<&str>),
        max_pictures: usize,
        turn: &Turn,
    ) -> Result<Self, NotFound> {
        let (text, encoding) = charset::decode(bytes, syntax, charset, &url);
        let html = tree::parse(&text, syntax, turn)?;
        let mut found = Found::default();
        walk::walk(&html, |element, surroundings| found.take(element, surroundings, max_pictures));
        let base = found.base.and_then(|(id, href)| Some((id, base_url(&url, href, encoding)?)));
        // Nodes are numbered as the parser makes them, which is the order in which a browser comes to them. In XML, Chromium
        // loads pictures after it has read them all.
        let is_early = |element: ElementRef<'_>| {
            syntax == Syntax::Html && base.as_ref().is_some_and(|(id, _)| element.id() < *id)
        };
        let base = base.as_ref().map_or_else(|| url.clone(), |(_, base)| base.clone());
        let mut reader = Reader::new(&url, &base, encoding);
        let mut twins = Twins::new(syntax, turn);
        let (mut pictures, mut others) = (Vec::new(), Vec::new());
        for (element, kept_out) in found.images {
            let is_early = is_early(element);
            let mut picture = reader.picture(PictureKind::Img, element, kept_out, is_early);
            let has_address = picture.candidates.iter().any(|candidate| candidate.url.scheme() != "data");
            if let Some(twin) = twins.beside(element, has_address, is_early, &mut reader)? {
                Reader::add_twin(&mut picture, twin);
            }
            reader.note(&picture);
            pictures.push(picture);
        }
        for (kind, element, kept_out) in found.others {
            let is_early = is_early(element);
            let picture = if kind == PictureKind::Noscript {
                let inside = twins.inside(element, is_early, &mut reader)?;
                inside.map(|picture| PagePicture { kept_out: kept_out.or(picture.kept_out), ..picture })
            } else {
                Some(reader.picture(kind, element, kept_out, is_early))
            };
            picture.iter().for_each(|picture| reader.note(picture));
            others.extend(picture);
        }
        found.previews.sort_by_key(|(way, _)| *way);
        others.extend(found.previews.into_iter().map(|(_, address)| reader.preview(address)));
        let kept_out_beyond = found.kept_out_beyond.or(reader.kept_out_beyond());
        let title = found.title.and_then(|title| one_line(&title));
        let title = title.or_else(|| found.preview_title.and_then(one_line));
        let resolve = |address: &str| picture::resolve(&base, address, encoding);
        let mut said = credits::linked_data(found.linked_data);
        said.extend(microdata::items(found.image_items, |address| resolve(address).map(String::from)));
        let credits = credits::read(&said, resolve, turn)?;
        let site_name = found.site_name.and_then(|(_, name)| one_line(name));
        let facts = PageFacts { url, title, site_name, credit: Credit::default() };
        Ok(Self {
            facts,
            pictures,
            others,
            kept_out: found.kept_out,
            kept_out_beyond,
            reserved: found.reserved,
            is_cut_off: false,
            credits,
            base,
            encoding,
        })
    }

    /// Address, title, and whose the picture is whose addresses these are.
    pub(super) fn facts_of(&self, names: impl Fn(&Url) -> bool) -> PageFacts {
        let credit = self.credits.iter().find(|(url, _)| names(url)).map(|(_, credit)| credit.clone());
        PageFacts { credit: credit.unwrap_or_default(), ..self.facts.clone() }
    }

    /// The address that `src` has on this page.
    pub(super) fn resolve(&self, src: &str) -> Option<Url> {
        picture::resolve(&self.base, src, self.encoding)
    }

    /// The name of the encoding that it was read in.
    #[must_use]
    pub fn encoding(&self) -> &'static str {
        self.encoding.name()
    }
}

/// The first `<base href>`, unless the standard says to ignore it. A long one is ignored too: it would be copied into the
/// address of every picture.
fn base_url(page: &Url, href: &str, encoding: &'static Encoding) -> Option<Url> {
    picture::resolve(page, href, encoding).filter(|base| !matches!(base.scheme(), "data" | "javascript"))
}

fn one_line(text: &str) -> Option<String> {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (!line.is_empty()).then(|| line.chars().take(MAX_TITLE_CHARS).collect())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::super::address::MAX_URL_BYTES;
    use super::*;

    fn long() -> Turn {
        Turn::begin(Duration::from_secs(9))
    }

    fn page(html: impl AsRef<[u8]>) -> Page {
        let url = Url::parse("https://a.example/dir/page.html?q#f").expect("an address");
        Page::parse(url, html.as_ref(), (Syntax::Html, None), 5_000, &long()).expect("a page")
    }

    fn sources(html: impl AsRef<[u8]>) -> Vec<String> {
        page(html)
            .pictures
            .into_iter()
            .map(|picture| picture.src().map_or(String::new(), |src| src.to_string()))
            .collect()
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
        check(
            "<p><template shadowrootmode=open><img src=x><base href=/y/></template></p><img src=1>",
            &["1"],
        );
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
        // What scripts see; what was loaded stands in the candidates.
        assert_eq!(sources("<img src=1><base href=/late/>"), ["https://a.example/late/1"]);
        let loaded = |html: &str| page(html).pictures[0].candidates[0].url.path().to_owned();
        assert_eq!(loaded("<img src=1><base href=/late/>"), "/dir/1");
        assert_eq!(loaded("<table><tr><td><base href=/late/></td></tr><img src=1></table>"), "/late/1");
        let url = Url::parse("https://a.example/dir/").expect("an address");
        let xhtml = b"<p xmlns='http://www.w3.org/1999/xhtml'><img src='1'/><base href='/late/'/></p>";
        let page = Page::parse(url, xhtml, (Syntax::Xml, None), 9, &long()).expect("a page");
        assert_eq!(page.pictures[0].candidates[0].url.path(), "/late/1");
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
        assert_eq!(page.pictures[0].src().map(Url::as_str), Some("https://a.example/%E7%81%AF?%B5%C6"));
    }

    #[test]
    fn a_site_says_what_it_calls_itself() {
        for (html, expected) in [
            ("<meta property=og:site_name content=' The \n Harbour Post '>", Some("The Harbour Post")),
            (
                "<meta name=application-name content=App><meta property='OG:Site_Name' content=Post>",
                Some("Post"),
            ),
            (
                "<meta property=og:site_name content=Post><meta name=application-name content=App>",
                Some("Post"),
            ),
            ("<meta property=og:site_name content=' '><meta name=application-name content=App>", Some("App")),
            ("<meta property=og:site_name><meta name=author content=x>", None),
            ("<template><meta property=og:site_name content=x></template>", None),
        ] {
            assert_eq!(page(html).facts.site_name.as_deref(), expected, "{html}");
        }
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
        let page = Page::parse(url, "<img src=1>".repeat(12).as_bytes(), (Syntax::Html, None), 10, &long())
            .expect("a page");
        assert_eq!(page.pictures.len(), 10);
    }

    #[test]
    fn candidates_that_many_pictures_share_fill_no_memory() {
        let source = format!("<source media='(min-width: {}px)' srcset='1 1w, 2 2w, 3 3w'>", "0".repeat(400));
        let page = page(format!("<picture>{}{}</picture>", source.repeat(60), "<img src=x>".repeat(5_000)));
        let candidates: usize = page.pictures.iter().map(|picture| picture.candidates.len()).sum();
        assert_eq!(page.pictures.len(), 5_000, "each keeps its place");
        assert!((10_000..20_000).contains(&candidates), "{candidates}");
    }

    #[test]
    fn no_list_of_addresses_is_read_to_its_end_if_it_has_none() {
        let many: String = (0..100).map(|number| format!("{number} {}w,", number + 1)).collect();
        let page = |html: &str| page(html).pictures.remove(0).candidates.len();
        assert_eq!(page(&format!("<img srcset='{many}' data-srcset='{many}'>")), 64);
        let media = "m".repeat(500);
        assert_eq!(page(&format!("<picture><source media={media} srcset=1><img>")), 1);
        assert_eq!(page(&format!("<picture><source media={media}m srcset=1><img>")), 0);
        let nodes = |count: usize| format!("<picture>{}<source srcset=1><img>", "<i></i>".repeat(count));
        assert_eq!((page(&nodes(499)), page(&nodes(500))), (1, 0));
    }

    #[test]
    fn only_so_many_pictures_outside_the_list_are_looked_at() {
        for one in
            ["<input type=image src=1>", "<svg><image href=1 /></svg>", "<meta property=og:image content=1>"]
        {
            assert_eq!(page(one.repeat(300)).others.len(), 200, "{one}");
        }
    }

    proptest! {
        #[test]
        fn no_markup_makes_it_fail(html in "(<[/]?(img|table|td|template|b|p|a|svg|noscript|base|select|title)( src=a| href=b)?>|x){0,60}") {
            page(html);
        }
    }
}
