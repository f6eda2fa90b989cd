//! Page mode: the page is fetched, the picture is found in it as the browser numbers it, and then fetched.

use std::time::Duration;

use cutline_engine::fetch::{
    AddressFault, AddressField, FetchError, FetchedSource, Kind, NotFound, PageFacts,
};
use cutline_model::Source;

use crate::origin::{Origin, html, picture as say_picture, redirect, said};
use crate::{Picture, fetcher, settings, whole};

/// Answers pictures with their own path, and the page with `page`, which came from `/gallery/page`.
pub(crate) async fn gallery(content_type: &'static str, page: impl Into<Vec<u8>>) -> Origin {
    let page = page.into();
    Origin::new(move |path| match path {
        "/start" => redirect("/gallery/page"),
        "/gallery/page" => said("200 OK", &format!("Content-Type: {content_type}\r\n"), &page),
        path => said("200 OK", "", path),
    })
    .await
}

pub(crate) async fn fetch(origin: &Origin, which: &str) -> Result<(Picture, Option<PageFacts>), FetchError> {
    let json = format!(r#"{{"page_url":"{}",{which}}}"#, origin.url("/start"));
    let source: Source = serde_json::from_str(&json).expect(which);
    let FetchedSource { picture, page, .. } = fetcher(settings(&[origin])).source(&source).await?;
    Ok((whole(picture).await?, page))
}

/// The path of the picture that is found.
pub(crate) async fn check(origin: &Origin, which: &str, expected: &str) {
    let (picture, _) = fetch(origin, which).await.expect(which);
    assert_eq!(String::from_utf8_lossy(&picture.bytes), expected, "{which}");
    assert_eq!(picture.url.as_str(), origin.url(expected), "{which}");
}

const TANGLED: &str = "<!doctype html><title> The
     harbour </title><template><img src=not-1></template><noscript><img src=not-2></noscript>
    <body><p><img src=one.jpg alt=one><div><table><tr><td><img src=../three.jpg></td></tr><img src='/two.jpg'></table>
    <b><p><img src=four.jpg alt=four></b><img src=four.jpg alt=twin><img alt=none><img src=blob:http://a/b>
    <img src='data:image/gif;base64,R0lGODlh'><img src='data:image/gif;base64,!'><img src=file:///etc/passwd>
    <img src=http://user@127.0.0.1/><img src=http://127.0.0.1/";

#[tokio::test]
async fn the_picture_is_found_by_its_place_or_address_in_a_tangled_page() {
    let origin = gallery("text/html", TANGLED).await;
    for (which, expected) in [
        (r#""index":0"#, "/gallery/one.jpg"),
        (r#""index":1"#, "/two.jpg"),
        (r#""index":2"#, "/three.jpg"),
        (r#""index":3"#, "/gallery/four.jpg"),
        (r#""index":0,"alt":"four""#, "/gallery/four.jpg"),
        (r#""src":"two.jpg","index":1"#, ""),
        (r#""src":"/two.jpg","index":0"#, "/two.jpg"),
        (r#""src":"four.jpg#part""#, "/gallery/four.jpg"),
    ] {
        if expected.is_empty() {
            let error = fetch(&origin, which).await.expect_err(which);
            assert!(
                matches!(error, FetchError::PictureNotFound { which: NotFound::Src { .. } }),
                "{error:?}"
            );
        } else {
            check(&origin, which, expected).await;
        }
    }
}

#[tokio::test]
async fn the_page_is_told_with_its_last_address_and_its_title() {
    let origin = gallery("text/html", TANGLED).await;
    let page = fetch(&origin, r#""index":0"#).await.expect("fetched").1.expect("the page was fetched");
    assert_eq!(
        (page.url.as_str(), page.title.as_deref()),
        (origin.url("/gallery/page").as_str(), Some("The harbour"))
    );
}

#[tokio::test]
async fn whose_a_picture_is_is_told_where_the_page_says_it_of_that_picture() {
    let page = r#"<meta name=author content=Eve><img src=a.jpg srcset="b.jpg 2x"><img src=c.jpg>
        <script type="application/ld+json">{"@type": "ImageObject", "contentUrl": "/b.jpg", "creator": {"name": "Ada"},
        "license": "https://creativecommons.org/licenses/by/4.0/"}</script>"#;
    let page = format!(
        "{page}<figure itemscope itemtype='https://schema.org/ImageObject'><img itemprop=contentUrl src=d.jpg>
        <span itemprop=creator>Bob</span><a itemprop=license href='https://creativecommons.org/licenses/by/4.0/'>x</a></figure>"
    );
    let origin = Origin::new(move |path| if path == "/start" { html(&page) } else { say_picture() }).await;
    for (index, author, licence) in [(0, "Ada", "CC BY 4.0"), (1, "", ""), (2, "Bob", "CC BY 4.0")] {
        let page = fetch(&origin, &format!(r#""index":{index}"#)).await.expect("fetched").1;
        let credit = page.expect("the page was fetched").credit;
        assert_eq!((&*credit.author, &*credit.licence), (author, licence), "{index}");
    }
}

#[tokio::test]
async fn a_picture_written_into_the_page_is_taken_from_there() {
    let origin = gallery("text/html", TANGLED).await;
    let (picture, _) = fetch(&origin, r#""index":7"#).await.expect("decoded");
    assert_eq!((&picture.bytes[..], picture.url.as_str()), (&b"GIF89a"[..], &*origin.url("/gallery/page")));
    assert_eq!(origin.requests().len(), 2);
}

#[tokio::test]
async fn a_picture_that_cannot_be_had_from_the_page_says_why() {
    let origin = gallery("text/html", TANGLED).await;
    for (which, reason) in [
        (r#""index":5"#, NotFound::NoAddress),
        (r#""index":6"#, NotFound::Blob),
        (r#""index":8"#, NotFound::DamagedInline),
        (r#""index":9"#, NotFound::Address(AddressFault::Scheme)),
        (r#""index":10"#, NotFound::Address(AddressFault::UserInfo)),
        (r#""index":11"#, NotFound::Index { index: 11, count: 11 }),
        (r#""src":"five.jpg""#, NotFound::Src { count: 11 }),
    ] {
        assert_eq!(
            fetch(&origin, which).await,
            Err(FetchError::PictureNotFound { which: reason }),
            "{which}"
        );
    }
}

#[tokio::test]
async fn the_first_base_counts_for_what_comes_after_it() {
    let page = "<img src=a.jpg><base target=x><base href=/one/><base href=/two/><img src=b.jpg>";
    let origin = gallery("text/html", page).await;
    check(&origin, r#""index":0"#, "/gallery/a.jpg").await;
    check(&origin, r#""src":"/one/a.jpg""#, "/gallery/a.jpg").await;
    check(&origin, r#""index":1"#, "/one/b.jpg").await;
}

#[tokio::test]
async fn a_page_is_read_as_xml_where_it_is_served_as_xhtml() {
    const PAGE: &str = "<html xmlns='http://www.w3.org/1999/xhtml'><head><title/><style/></head>
        <body><iframe src='x'/><script src='y'/><noscript><img src='/1'/></noscript><template><img src='/x'/></template>
        <IMG src='/x'/><x:img xmlns:x='http://www.w3.org/1999/xhtml' src='/2'/><p xmlns=''><img src='/x'/></p></body></html>";
    let origin = gallery("Application/XHTML+XML; charset=utf-8", PAGE).await;
    check(&origin, r#""index":0"#, "/1").await;
    check(&origin, r#""index":1"#, "/2").await;
    let error = fetch(&origin, r#""index":2"#).await.expect_err("two pictures");
    assert_eq!(error, NotFound::Index { index: 2, count: 2 }.into());
    let origin = gallery("text/html", PAGE).await;
    let error = fetch(&origin, r#""index":0"#).await.expect_err("all of it is the title");
    assert_eq!(error, NotFound::Index { index: 0, count: 0 }.into());
}

#[tokio::test]
async fn pages_of_other_charsets_are_read_as_browsers_read_them() {
    let text = "<meta charset=CHARSET><title>灯塔</title><img src='/a?灯' alt=港><img src=/b alt=灯塔>";
    let (gbk, _, _) = encoding_rs::GBK.encode(text);
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let utf16_marked = [b"\xff\xfe".to_vec(), utf16.clone()].concat();
    let meta_only = String::from_utf8_lossy(&gbk).len(); // Not UTF-8: the replacement characters make it longer.
    assert_ne!(meta_only, gbk.len());
    let gbk_with_meta = [b"<meta charset=gb2312>".to_vec(), gbk.to_vec()].concat();
    for (content_type, page, query) in [
        ("text/html; charset=gbk", gbk.to_vec(), "/a?%B5%C6"),
        ("text/html", gbk_with_meta, "/a?%B5%C6"),
        ("text/html; charset=utf-16le", utf16, "/a?%E7%81%AF"),
        ("text/html; charset=gbk", utf16_marked, "/a?%E7%81%AF"),
        ("text/html", text.as_bytes().to_vec(), "/a?%E7%81%AF"),
    ] {
        let origin = gallery(content_type, page).await;
        check(&origin, r#""index":0"#, query).await;
        check(&origin, r#""index":0,"alt":"灯塔""#, "/b").await;
        let title = fetch(&origin, r#""index":0"#).await.expect(content_type).1.and_then(|page| page.title);
        assert_eq!(title.as_deref(), Some("灯塔"), "{content_type}");
    }
}

#[tokio::test]
async fn a_page_over_its_cap_is_refused_and_one_at_its_cap_is_read() {
    for (bytes, expected) in [
        (64 << 10, Ok(())),
        ((64 << 10) + 1, Err(FetchError::TooLarge { what: Kind::Page, limit: 64 << 10 })),
    ] {
        let picture = "<img src=/a>";
        let origin = gallery("text/html", format!("{picture}{}", " ".repeat(bytes - picture.len()))).await;
        assert_eq!(fetch(&origin, r#""index":0"#).await.map(drop), expected);
    }
}

#[tokio::test]
async fn the_largest_address_is_fetched_and_when_it_gives_nothing_the_one_that_was_seen() {
    let page = "<img src=small srcset='small 300w, large 1600w'><img src=small2 data-original=gone>
        <img src='data:image/gif;base64,R0lGODlh' data-src=late>";
    let origin = Origin::new(move |path| match path {
        "/start" => html(page),
        "/gone" => said("404 Not Found", "", ""),
        path => said("200 OK", "", path),
    })
    .await;
    for (which, expected) in [
        (r#""src":"small""#, "/large"),
        (r#""index":0"#, "/large"),
        (r#""src":"small2""#, "/small2"),
        (r#""index":2"#, "/late"),
    ] {
        check(&origin, which, expected).await;
    }
    let json = format!(r#"{{"page_url":"{}","src":"small"}}"#, origin.url("/start"));
    let source: Source = serde_json::from_str(&json).expect("a source");
    let fetcher = fetcher(settings(&[&origin]));
    let fetched = fetcher.source(&source).await.expect("fetched");
    let (page, others) = (fetched.page.expect("the page was fetched"), fetched.others);
    assert_eq!(others.iter().map(|url| url.path()).collect::<Vec<_>>(), ["/small"]);
    let other = whole(fetcher.other(&others[0], &page, fetched.deadline).await.expect("fetched"))
        .await
        .expect("whole");
    assert_eq!(other.bytes, "/small");
}

#[tokio::test]
async fn further_addresses_are_asked_for_until_the_deadline_of_the_first() {
    let origin = gallery("text/html", "<img src=a.jpg srcset='b.jpg 2x'>").await;
    let mut settings = settings(&[&origin]);
    settings.limits.total_timeout = Duration::from_secs(3);
    let fetcher = fetcher(settings);
    let source = Source::of_page(origin.url("/start"), 0).expect("a source");
    let FetchedSource { page, others, deadline, .. } = fetcher.source(&source).await.expect("fetched");
    tokio::time::sleep_until(deadline).await;
    let late = fetcher.other(&others[0], &page.expect("a page"), deadline).await;
    assert!(late.is_err(), "{late:?}");
}

#[tokio::test]
async fn a_wrong_address_is_told_with_its_field() {
    let fetcher = fetcher(settings(&[]));
    for (source, field) in [
        (Source::of_image("http://user@example.org/"), AddressField::ImageUrl),
        (Source::of_page("http://user@example.org/", 0), AddressField::PageUrl),
        (
            Source::of_image("http://127.0.0.1/")
                .and_then(|source| source.seen_on("http://a:b@example.org/", None)),
            AddressField::PageUrl,
        ),
    ] {
        let error = fetcher.source(&source.expect("a source")).await.expect_err("user info");
        assert_eq!(error, FetchError::NotAnAddress { field, fault: AddressFault::UserInfo });
        assert!(error.to_string().starts_with(&format!("{field} must not hold a user name")), "{error}");
    }
}
