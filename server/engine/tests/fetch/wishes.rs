//! Its owner's word: what pages and headers say against taking a picture is heard, and before the picture is asked for.

use std::time::Duration;

use cutline_engine::fetch::{FetchError, FetchSettings, SaidBeside};
use cutline_model::Source;
use url::Url;

use crate::origin::{Act, Origin, PICTURE, html, picture as say_picture, redirect, said};
use crate::pages::{check, fetch, gallery};
use crate::{fetcher, settings};

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

/// What the page at `/page` says beside the picture at `/a.jpg`.
async fn beside(page: impl Fn() -> Act + Send + Sync + 'static) -> Result<Option<SaidBeside>, FetchError> {
    beside_within(Duration::from_secs(20), page).await
}

/// The same of a page that is waited for so long.
async fn beside_within(
    time: Duration,
    page: impl Fn() -> Act + Send + Sync + 'static,
) -> Result<Option<SaidBeside>, FetchError> {
    let origin = Origin::new(move |path| if path == "/page" { page() } else { say_picture() }).await;
    let source = Source::of_image(origin.url("/a.jpg"))
        .and_then(|source| source.seen_on(origin.url("/page"), Some(0)))
        .expect("a source");
    let mut settings = settings(&[&origin]);
    settings.limits.beside_timeout = time;
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
        let time = Duration::from_millis(if what == "too late" { 500 } else { 20_000 });
        assert_eq!(beside_within(time, page).await, Ok(None), "{what}");
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
    for (value, is_kept_out) in [
        ("none", true),
        ("None , x", true),
        ("x, \"none\"", true),
        ("none;since=2026", true),
        ("nonesuch", false),
    ] {
        let origin = Origin::always(said("200 OK", &format!("X-Cutline: {value}\r\n"), PICTURE)).await;
        let fetcher = fetcher(settings(&[&origin]));
        let outcome = fetcher.picture(&Url::parse(&origin.url("/")).expect("an address")).await;
        assert_eq!(outcome.is_err_and(|error| error.is_owners_word()), is_kept_out, "{value}");
    }
}
