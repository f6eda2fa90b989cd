//! Page mode: the page is fetched, the picture is found in it as the browser numbers it, and then fetched.

use std::time::Duration;

use cutline_engine::fetch::{
    AddressFault, AddressField, FetchError, FetchSettings, FetchedSource, Kind, NotFound, PageFacts,
    SaidBeside,
};
use cutline_model::Source;
use url::Url;

use crate::origin::{Act, Origin, PICTURE, html, picture as say_picture, redirect, said};
use crate::{Picture, fetcher, settings, whole};

/// Answers pictures with their own path, and the page with `page`, which came from `/gallery/page`.
async fn gallery(content_type: &'static str, page: impl Into<Vec<u8>>) -> Origin {
    let page = page.into();
    Origin::new(move |path| match path {
        "/start" => redirect("/gallery/page"),
        "/gallery/page" => said("200 OK", &format!("Content-Type: {content_type}\r\n"), &page),
        path => said("200 OK", "", path),
    })
    .await
}

async fn fetch(origin: &Origin, which: &str) -> Result<(Picture, Option<PageFacts>), FetchError> {
    let json = format!(r#"{{"page_url":"{}",{which}}}"#, origin.url("/start"));
    let source: Source = serde_json::from_str(&json).expect(which);
    let FetchedSource { picture, page, .. } = fetcher(settings(&[origin])).source(&source).await?;
    Ok((whole(picture).await?, page))
}

/// The path of the picture that is found.
async fn check(origin: &Origin, which: &str, expected: &str) {
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
async fn a_picture_that_its_owner_keeps_out_is_not_even_asked_for() {
    let origin =
        gallery("text/html", "<p data-cutline=off><img src=a></p><img src=b nopin=nopin><img src=c>").await;
    for (index, wish) in ["data-cutline", "nopin"].into_iter().enumerate() {
        let error = fetch(&origin, &format!(r#""index":{index}"#)).await.expect_err("kept out");
        assert_eq!(error, FetchError::KeptOut { wish });
        assert!(error.to_string().contains(wish), "{error}");
    }
    let origin_by_header = Origin::new(|path| match path {
        "/start" => html("<img src=a>"),
        _ => said("200 OK", "X-Cutline: None\r\n", "picture"),
    })
    .await;
    let error = fetch(&origin_by_header, r#""index":0"#).await.expect_err("kept out");
    assert_eq!(error, FetchError::KeptOut { wish: "x-cutline" });
    assert_eq!(origin.requests().len(), 4, "two pages, each after a redirect");
    check(&origin, r#""index":2"#, "/gallery/c").await;
}

/// What an owner's word is called.
fn wish(error: &FetchError) -> Option<&'static str> {
    match error {
        FetchError::KeptOut { wish } | FetchError::Reserved { wish, .. } => Some(wish),
        _ => None,
    }
}

/// The wish of a reservation, which knows the page.
fn reservation(error: FetchError) -> Option<&'static str> {
    match error {
        FetchError::Reserved { wish, page } => page.map(|_| wish),
        _ => None,
    }
}

#[tokio::test]
async fn what_its_owner_reserves_is_not_taken_unless_the_operator_says_otherwise() {
    let origin = Origin::new(|path| match path {
        "/by-meta" => html("<meta name=robots content='noarchive, noimageindex'><img src=/free>"),
        "/by-tdm" => html("<meta name=tdm-reservation content=1><img src=/free>"),
        "/by-header" => {
            said("200 OK", "Content-Type: text/html\r\nTDM-Reservation: 1\r\n", "<img src=/free>")
        }
        "/of-picture" => html("<img src=/reserved>"),
        "/other-robots" => html("<meta name=otherbot content=noimageindex><img src=/free>"),
        "/reserved" => said("200 OK", "X-Robots-Tag: noimageindex\r\n", "picture"),
        _ => said("200 OK", "X-Robots-Tag: otherbot: noimageindex\r\n", "picture"),
    })
    .await;
    let respectful = fetcher(settings(&[&origin]));
    let told_otherwise = fetcher(FetchSettings { respects_reservations: false, ..settings(&[&origin]) });
    for (page, expected) in [
        ("/by-meta", Some("noimageindex")),
        ("/by-tdm", Some("tdm-reservation")),
        ("/by-header", Some("tdm-reservation")),
        ("/of-picture", Some("noimageindex")),
        ("/other-robots", None),
    ] {
        let source = Source::of_page(origin.url(page), 0).expect("a source");
        let error = respectful.source(&source).await.err();
        assert_eq!(error.as_ref().and_then(wish), expected, "{page}");
        // What came with the page's own header was not read.
        assert!(error.is_none_or(|error| page == "/by-header" || reservation(error).is_some()), "{page}");
        told_otherwise.source(&source).await.expect(page);
    }
}

#[tokio::test]
async fn what_a_server_keeps_out_at_one_address_is_not_asked_for_at_another() {
    for (header, expected) in
        [("X-Cutline: none\r\n", "x-cutline"), ("X-Robots-Tag: noimageindex\r\n", "noimageindex")]
    {
        let origin = Origin::new(move |path| match path {
            "/start" => html("<img src=small srcset='small 100w, large 900w'>"),
            "/large" => said("200 OK", header, "picture"),
            _ => say_picture(),
        })
        .await;
        let error = fetch(&origin, r#""index":0,"src":"small""#).await.expect_err("its owner's word");
        assert_eq!(wish(&error), Some(expected));
        assert_eq!(origin.requests().len(), 2, "the page, and the large one alone");
    }
}

#[tokio::test]
async fn what_its_owner_reserves_at_one_address_is_not_asked_for_at_another() {
    let origin = Origin::new(|path| match path {
        "/start" => html("<img src=small srcset='small 100w, large 900w'>"),
        "/large" => said("200 OK", "X-Robots-Tag: noimageindex\r\n", "picture"),
        _ => say_picture(),
    })
    .await;
    let error = fetch(&origin, r#""index":0,"src":"small""#).await.expect_err("reserved");
    assert_eq!(reservation(error), Some("noimageindex"));
    assert_eq!(origin.requests().len(), 2, "the page, and the large one alone");
}

/// Longer than what is read of a page; what counts stands at its beginning.
const BEGINS_WITH_NO: &str = "<meta name=pinterest content=nopin><img src=a.jpg>";

/// What the page at `/page` says beside the picture at `/a.jpg`, and how many pages were asked for.
async fn beside(page: impl Fn() -> Act + Send + Sync + 'static) -> Result<Option<SaidBeside>, FetchError> {
    let origin = Origin::new(move |path| if path == "/page" { page() } else { say_picture() }).await;
    let source = Source::of_image(origin.url("/a.jpg"))
        .and_then(|source| source.seen_on(origin.url("/page"), Some(0)))
        .expect("a source");
    let mut settings = settings(&[&origin]);
    settings.limits.beside_timeout = Duration::from_millis(500);
    let fetched = fetcher(settings).source(&source).await.expect("fetched");
    assert_eq!(fetched.page, None);
    fetched.beside.expect("a page beside it").said().await
}

#[tokio::test]
async fn the_page_of_a_picture_with_an_address_is_read_beside_it() {
    let page = r#"<title>The harbour</title><meta property=og:site_name content=Post>
        <script type=application/ld+json>[{"@type":"ImageObject","contentUrl":"/a.jpg","creator":"Ada"},
        {"@type":"ImageObject","contentUrl":"/lone.jpg","creator":"Eve"}]</script>"#;
    for (pictures, larger, author) in [
        ("<img src=a.jpg>", vec![], "Ada"),
        ("<img src=a.jpg srcset='a.jpg#1 300w, b.jpg 900w'>", vec!["/b.jpg"], "Ada"),
        ("<img src=a.jpg srcset='a.jpg 300w, data:image/png;base64,AA 900w'>", vec![], "Ada"),
        ("<img src=c.jpg srcset='a.jpg 900w, c.jpg 300w'>", vec![], "Ada"),
        ("<img src=a.jpg data-src=b.jpg><noscript><img src=c.jpg></noscript>", vec![], "Ada"),
        ("<p>Scripts put it here.", vec![], "Ada"),
        ("<img src=lone.jpg>", vec![], "Ada"),
    ] {
        let html_of = format!("{page}{pictures}");
        let said = beside(move || html(&html_of)).await.expect(pictures).expect("it is there");
        let paths: Vec<_> = said.larger.iter().map(Url::path).collect();
        assert_eq!(paths, larger, "{pictures}");
        let facts = said.facts;
        assert_eq!((facts.title.as_deref(), facts.site_name.as_deref()), (Some("The harbour"), Some("Post")));
        assert_eq!(facts.credit.author, author, "{pictures}");
    }
}

#[tokio::test]
async fn what_the_page_beside_a_picture_keeps_out_or_reserves_is_not_taken() {
    for (head, page, expected) in [
        ("", "<img src=a.jpg nopin>", "nopin"),
        ("", "<p data-cutline=off><img src=a.jpg>", "data-cutline"),
        ("", "<meta name=pinterest content=nopin>", "pinterest"),
        ("X-Cutline: none\r\n", "<img src=a.jpg>", "x-cutline"),
        ("", "<meta name=robots content=noimageindex>", "noimageindex"),
        ("TDM-Reservation: 1\r\n", "<p>", "tdm-reservation"),
        ("", BEGINS_WITH_NO, "pinterest"),
    ] {
        let page =
            if page == BEGINS_WITH_NO { page.to_owned() + &" ".repeat(70 << 10) } else { page.to_owned() };
        let head = format!("Content-Type: text/html\r\n{head}");
        let said = beside(move || said("200 OK", &head, page.as_bytes())).await.expect_err(expected);
        assert_eq!(wish(&said), Some(expected));
        // What the page says of the picture is known, also where its header reserves it.
        let is_known = matches!(&said, FetchError::Reserved { page: Some(_), .. });
        assert!(is_known || matches!(said, FetchError::KeptOut { .. }), "{said:?}");
    }
    let no = || said("404 Not Found", "X-Cutline: none\r\n", "");
    assert_eq!(beside(no).await, Err(FetchError::KeptOut { wish: "x-cutline" }));
    let another = beside(|| html("<img src=b.jpg nopin><img src=a.jpg>")).await;
    assert!(matches!(another, Ok(Some(_))), "only another picture is kept out: {another:?}");
}

type MakeAct = fn() -> Act;

#[tokio::test]
async fn a_page_beside_a_picture_that_cannot_be_read_says_nothing() {
    let pages: [(&str, MakeAct); 4] = [
        ("gone", || said("404 Not Found", "", "<img src=a.jpg nopin>")),
        ("a picture", || said("200 OK", "Content-Type: image/png\r\n", "<img src=a.jpg nopin>")),
        ("too late", || {
            Act::Stall(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n<img src=a.jpg nopin>".to_vec())
        }),
        ("not HTTP", || Act::Say(b"<img src=a.jpg nopin>".to_vec())),
    ];
    for (what, page) in pages {
        assert_eq!(beside(page).await, Ok(None), "{what}");
    }
}

/// The page of somebody else, who is not asked about pictures of other sites that it does not show.
#[tokio::test]
async fn a_page_elsewhere_is_not_believed_of_a_picture_that_is_not_on_it() {
    let picture = Origin::new(|_| say_picture()).await;
    let address = picture.url("/a.jpg");
    let json = format!(r#"{{"@type":"ImageObject","contentUrl":"{address}","creator":"Eve"}}"#);
    let page = format!("<title>Mine</title><script type=application/ld+json>{json}</script>");
    let (with, without) = (format!("{page}<img src={address}>"), page);
    let origin = Origin::new(move |path| match path {
        "/with" => html(&with),
        "/moved" => redirect("/without"),
        _ => html(&without),
    })
    .await;
    let fetcher = fetcher(settings(&[&picture, &origin]));
    for (path, title, author) in [("/with", "Mine", "Eve"), ("/without", "Mine", ""), ("/moved", "", "")] {
        let source = Source::of_image(&address).and_then(|source| source.seen_on(origin.url(path), None));
        let fetched = fetcher.source(&source.expect("a source")).await.expect("fetched");
        let facts = fetched.beside.expect("a page").said().await.expect("read").expect("it is there").facts;
        assert_eq!(
            (facts.title.as_deref().unwrap_or_default(), &*facts.credit.author),
            (title, author),
            "{path}"
        );
        assert_eq!(facts.url.path(), path, "where a door stands is not where the picture is");
    }
}

#[tokio::test]
async fn our_own_shortage_is_no_silence_of_the_page() {
    let origin = Origin::new(|path| match path {
        "/page" => html("<img src=a.jpg nopin>".to_owned() + &" ".repeat(100)),
        _ => say_picture(),
    })
    .await;
    let mut settings = settings(&[&origin]);
    settings.limits.max_concurrent_bytes = 30;
    let source = Source::of_image(origin.url("/a.jpg"))
        .and_then(|source| source.seen_on(origin.url("/page"), Some(0)));
    let fetched = fetcher(settings).source(&source.expect("a source")).await.expect("a head");
    assert_eq!(fetched.beside.expect("a page").said().await, Err(FetchError::Busy));
}

#[tokio::test]
async fn slow_pictures_of_a_host_do_not_keep_the_wishes_of_its_pages_from_being_read() {
    let origin = Origin::new(|path| match path {
        "/page" => html("<img src=a.jpg nopin>"),
        _ => Act::Stall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n".to_vec()),
    })
    .await;
    let mut settings = settings(&[&origin]);
    settings.limits.max_concurrent_per_host = 1;
    settings.limits.max_waiting = 0;
    let fetcher = fetcher(settings);
    let url = |path: &str| Url::parse(&origin.url(path)).expect("an address");
    let _slow = fetcher.picture(&url("/slow")).await.expect("a head");
    assert_eq!(fetcher.picture(&url("/another")).await.err(), Some(FetchError::Busy));
    let page = fetcher.page(&url("/page")).await.expect("a page has places of its own");
    assert_eq!(page.pictures[0].kept_out, Some("nopin"));
}

#[tokio::test]
async fn a_page_that_waits_for_a_place_at_its_host_is_not_taken_for_silent() {
    let (page, picture) =
        (Origin::new(|_| Act::Stall(Vec::new())).await, Origin::always(say_picture()).await);
    let mut settings = settings(&[&page, &picture]);
    settings.limits.max_concurrent_per_host = 1;
    settings.limits.beside_timeout = Duration::from_millis(200);
    let fetcher = fetcher(settings);
    let source = |path: &str| {
        let of_image = Source::of_image(picture.url("/a.jpg"));
        of_image.and_then(|source| source.seen_on(page.url(path), Some(0))).expect("a source")
    };
    let said = async |path| {
        let fetched = fetcher.source(&source(path)).await.expect("a head");
        fetched.beside.expect("a page").said().await
    };
    let slow = tokio::spawn({
        let (fetcher, url) = (fetcher.clone(), Url::parse(&page.url("/slow")).expect("an address"));
        async move { fetcher.page(&url).await }
    });
    while page.requests().is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(said("/page").await, Err(FetchError::Busy));
    slow.abort();
    page.hung_up().await;
    assert_eq!(said("/page").await, Ok(None), "it says nothing, and nobody kept it from that");
}

#[tokio::test]
async fn a_wish_for_more_pictures_than_are_listed_is_kept_too() {
    let sources = |count: usize| (0..count).map(|number| format!("{number} {number}w,")).collect::<String>();
    for (kept_out, asked, expected) in [
        (format!("<img src=1><img src=2>{}", "<img src=a.jpg nopin>"), "/a.jpg", true),
        (format!("<img src=1><img src=2>{}", "<img src=a.jpg>"), "/a.jpg", false),
        (format!("<img nopin srcset='{}'>", sources(90)), "/89", true),
        (format!("<img srcset='{}'>", sources(90)), "/89", false),
        (format!("<img nopin srcset='{}, /a.jpg 9w'>", "http://[ 1w,".repeat(70)), "/a.jpg", true),
        (
            format!(
                "<picture>{}<source srcset=/a.jpg><img nopin></picture>",
                "<source type=image/x-foo>".repeat(70)
            ),
            "/a.jpg",
            true,
        ),
        (
            format!(
                "{}<svg data-cutline=off><image href=a.jpg /></svg>",
                "<svg><image href=b /></svg>".repeat(200)
            ),
            "/a.jpg",
            true,
        ),
    ] {
        let page = kept_out.clone();
        let origin = Origin::new(move |path| match path {
            "/page" => html(page.clone()),
            _ => say_picture(),
        })
        .await;
        let mut settings = settings(&[&origin]);
        settings.limits.max_page_pictures = 2;
        let source =
            Source::of_image(origin.url(asked)).and_then(|source| source.seen_on(origin.url("/page"), None));
        let fetched = fetcher(settings).source(&source.expect("a source")).await.expect("a head");
        let said = fetched.beside.expect("a page").said().await;
        let is_kept_out = matches!(said, Err(FetchError::KeptOut { .. }));
        assert_eq!(is_kept_out, expected, "{asked} {}: {said:?}", &kept_out[..30]);
    }
}

#[tokio::test]
async fn a_header_that_keeps_out_is_heard_among_other_words() {
    for (value, is_kept_out) in
        [("none", true), ("None , x", true), ("x, \"none\"", true), ("nonesuch", false), ("x", false)]
    {
        let origin = Origin::always(said("200 OK", &format!("X-Cutline: {value}\r\n"), PICTURE)).await;
        let fetcher = fetcher(settings(&[&origin]));
        let outcome = fetcher.picture(&Url::parse(&origin.url("/")).expect("an address")).await;
        assert_eq!(outcome.is_err_and(|error| error.is_owners_word()), is_kept_out, "{value}");
    }
}

#[tokio::test]
async fn further_addresses_are_asked_for_until_the_deadline_of_the_first() {
    let origin = gallery("text/html", "<img src=a.jpg srcset='b.jpg 2x'>").await;
    let mut settings = settings(&[&origin]);
    settings.limits.total_timeout = Duration::from_millis(300);
    let fetcher = fetcher(settings);
    let source = Source::of_page(origin.url("/start"), 0).expect("a source");
    let FetchedSource { page, others, deadline, .. } = fetcher.source(&source).await.expect("fetched");
    tokio::time::sleep_until(deadline).await;
    let late = fetcher.other(&others[0], &page.expect("a page"), deadline).await;
    assert!(late.is_err(), "{late:?}");
}

#[tokio::test]
async fn a_name_that_leads_inside_is_refused_no_sooner_than_one_that_does_not_exist() {
    let own_hosts = vec!["database.internal.example".to_owned()];
    let origin = Origin::always(redirect("http://database.internal.example/")).await;
    let unreachable_after = Duration::from_millis(80);
    let fetcher = fetcher(FetchSettings { unreachable_after, own_hosts, ..settings(&[&origin]) });
    for url in [
        "http://localhost/",
        "http://localhost./a.jpg",
        "http://10.0.0.1/",
        "http://database.internal.example/",
        "http://database.internal.example./b.jpg",
        &origin.url("/"),
    ] {
        let begin = std::time::Instant::now();
        let error = fetcher.picture(&Url::parse(url).expect(url)).await.expect_err("inside");
        assert!(matches!(error, FetchError::Unreachable { .. }), "{error:?}");
        assert!(begin.elapsed() >= Duration::from_millis(80), "{url}: {:?}", begin.elapsed());
    }
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
