//! Pages and files as browsers get them: status, language, headers.

use std::collections::HashSet;

use http::Method;

use crate::app::{Answer, DEMO_SIZES, TestApp, quarter_of};
use crate::pictures::{coordinates, decode};

async fn start_with_share() -> (TestApp, String) {
    let app = TestApp::start(&[]).await;
    let receipt = app.accepted(&quarter_of(&format!("{}/pictures/demo/c.png", app.url))).await;
    (app, receipt["id"].as_str().expect("an id").to_owned())
}

fn is_page(answer: &Answer) -> bool {
    answer.header("content-type") == "text/html; charset=utf-8"
        && answer.text().starts_with("<!DOCTYPE html>")
}

#[tokio::test]
async fn what_is_not_there_is_a_page_that_says_so() {
    let app = TestApp::start(&[]).await;
    for path in [
        "/s/0000000000000000",
        "/s/short",
        "/s/..%2f..%2fetc%2fpasswd",
        "/g/other",
        "/g/DEMO",
        "/g/demo%00",
        "/g/%ff",
        "/s/%ff",
        "/board?before=",
        "/board?before=yesterday",
        "/board?before=12-0123",
    ] {
        let answer = app.get(path).await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.text());
        assert!(is_page(&answer), "{path}: {answer:?}");
        assert!(answer.text().contains("<h1>404"), "{path}: {}", answer.text());
    }
    app.stop().await;
}

#[tokio::test]
async fn the_page_that_the_fetcher_names_tells_how_to_keep_it_out_in_every_language() {
    let app = TestApp::start(&[]).await;
    for (query, words) in
        [("", "How to keep pictures out"), ("?lang=zh", "如何不让图片被分享"), ("?lang=ar", "كيف تمنع")]
    {
        let page = app.get(&format!("/about/fetcher{query}")).await;
        assert_eq!(page.status, 200);
        assert!(is_page(&page) && page.text().contains(words), "{}", page.text());
        assert!(page.text().contains(&format!("(+{}/about/fetcher)", app.url)), "{}", page.text());
        for way in ["data-pin-nopin", "X-Cutline: none", "noimageindex", "TDM-Reservation: 1"] {
            assert!(page.text().contains(way), "{way}");
        }
    }
    app.stop().await;
    let app = TestApp::with_config("[fetch]\nrespect_noimageindex = false").await;
    let page = app.get("/about/fetcher").await;
    assert!(page.text().contains("X-Cutline: none") && !page.text().contains("noimageindex"));
    app.stop().await;
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_for_programs() {
    let app = TestApp::start(&[]).await;
    for path in [
        "/s/0000000000000000.json",
        "/api/v1/shares/0000000000000000",
        "/api/v1/shares/short",
        "/clippings/0000000000000000000000000000000000000000000000000000000000000000.png",
        "/clippings/x.svg",
        "/pictures/demo/d.png",
        "/pictures/other/c.png",
        "/nothing.js",
    ] {
        assert_eq!(app.get(path).await.problem(), (404, "not_found".to_owned(), None), "{path}");
    }
    assert_eq!(app.retry("0000000000000000").await.problem(), (404, "not_found".to_owned(), None));
    app.stop().await;
}

#[tokio::test]
async fn a_clipping_is_a_file_to_be_saved_only_when_it_is_asked_for_as_one() {
    let app = TestApp::start(&[]).await;
    let receipt = app.accepted(&quarter_of(&format!("{}/pictures/demo/c.png", app.url))).await;
    let url = receipt["clipping"]["url"].as_str().expect("an address");
    let path = url.strip_prefix(&app.url).expect("an address of this site");
    let named = format!("attachment; filename=\"cutline-{}.png\"", &path["/clippings/".len()..][..12]);
    for (query, expected) in [("", ""), ("?download", &named), ("?download=x%22.html", ""), ("?other", "")] {
        let answer = app.get(&format!("{path}{query}")).await;
        let said = answer.headers.get("content-disposition").map_or("", |said| said.to_str().expect("text"));
        assert_eq!((answer.status.as_u16(), said), (200, expected), "{query}");
    }
    app.stop().await;
}

#[tokio::test]
async fn whoever_watches_the_server_sees_it_alive_and_ready() {
    let app = TestApp::start(&[]).await;
    for (path, text) in [("/healthz", "ok\n"), ("/readyz", "ready\n")] {
        let answer = app.get(path).await;
        assert_eq!((answer.status.as_u16(), answer.text()), (200, text));
    }
    app.stop().await;
}

#[tokio::test]
async fn programs_can_ask_where_to_share_to() {
    let app = TestApp::start(&[]).await;
    let targets = app.get("/api/v1/targets").await.json();
    assert_eq!(targets["targets"][0]["id"], "board");
    app.stop().await;
}

#[tokio::test]
async fn the_form_takes_a_picture_of_this_site_without_its_host() {
    let (app, _) = start_with_share().await;
    let opened = app.get("/compose?image_url=%2Fpictures%2Fdemo%2Fc.png").await;
    assert_eq!(opened.status, 200, "{}", opened.text());
    assert!(
        opened.text().contains(&format!("value=\"{}/pictures/demo/c.png\"", app.url)),
        "{}",
        opened.text()
    );
    let form = "image_url=/pictures/demo/c.png&x=25&y=10&w=30&h=40&targets=board";
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "same-origin")];
    let shared = app.send(Method::POST, "/compose", &headers, form).await;
    assert_eq!(shared.status, 303, "{}", shared.text());
    app.stop().await;
}

#[tokio::test]
async fn every_page_allows_its_own_script_alone_and_sets_no_cookie() {
    let (app, id) = start_with_share().await;
    let mut nonces = HashSet::new();
    let pages = [
        "/".to_owned(),
        "/g/demo".to_owned(),
        "/board".to_owned(),
        format!("/s/{id}"),
        format!("/s/{id}?shared"),
        "/compose".to_owned(),
        format!("/compose?image_url={}/pictures/demo/c.png", app.url),
        "/s/0000000000000000".to_owned(),
    ];
    for path in &pages {
        let answer = app.get(path).await;
        assert!(is_page(&answer), "{path}");
        let policy = answer.header("content-security-policy");
        for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"]
        {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{path}: {policy}");
        let nonce =
            policy.split_once("'nonce-").and_then(|(_, rest)| rest.split_once('\'')).expect("a nonce").0;
        assert!(nonces.insert(nonce.to_owned()), "{path} has the nonce of another page");
        for script in answer.text().split("<script").skip(1) {
            let tag = script.split_once('>').expect("a tag").0;
            assert!(tag.contains(&format!("nonce=\"{nonce}\"")), "{path}: <script{tag}>");
        }
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "strict-origin-when-cross-origin", "{path}");
        assert!(answer.header("permissions-policy").contains("camera=()"), "{path}");
    }
    let others = ["/healthz", "/api/v1/targets", "/pictures/demo/c.png", "/api/v1/shares/x", "/nothing"];
    for path in pages.iter().map(String::as_str).chain(others) {
        let answer = app.get(path).await;
        assert!(!answer.headers.contains_key("set-cookie"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_page_speaks_the_visitors_language() {
    let app = TestApp::start(&[]).await;
    for (path, accepted, html) in [
        ("/", "", "<html lang=\"en\" dir=\"ltr\""),
        ("/", "ar", "<html lang=\"ar\" dir=\"rtl\""),
        ("/board", "fr, zh-CN;q=0.8, en;q=0.5", "<html lang=\"zh-Hans\" dir=\"ltr\""),
        ("/?lang=ar", "", "<html lang=\"ar\" dir=\"rtl\""),
        ("/s/short?lang=ar", "en", "<html lang=\"ar\" dir=\"rtl\""),
        ("/?lang=xx", "zh", "<html lang=\"zh-Hans\" dir=\"ltr\""),
        ("/?lang=%22%3E%3Cscript%3E", "", "<html lang=\"en\" dir=\"ltr\""),
    ] {
        let answer = app.send(Method::GET, path, &[("accept-language", accepted)], "").await;
        assert!(answer.text().contains(html), "{path} {accepted}: {}", answer.text());
    }
    let arabic = app.get("/?lang=ar").await;
    assert!(arabic.text().contains("href=\"/board?lang=ar\""), "links keep the language");
    app.stop().await;
}

#[tokio::test]
async fn the_site_speaks_its_own_language_to_whoever_asks_for_none() {
    let app = TestApp::with_config("[site]\nlanguage = \"ar\"\nname = \"Harbour & more\"").await;
    let home = app.get("/").await;
    assert!(home.text().contains("<html lang=\"ar\" dir=\"rtl\""), "{}", home.text());
    assert!(home.text().contains("Harbour &amp; more"), "{}", home.text());
    app.stop().await;
}

#[tokio::test]
async fn pictures_and_their_smaller_copies_say_what_they_are() {
    let app = TestApp::start(&[]).await;
    let (width, height) = DEMO_SIZES[0];
    for (path, size) in [
        ("/pictures/demo/c.png", (width, height)),
        ("/pictures/demo/400/c.png", (400, 267)),
        ("/pictures/demo/800/c.png", (800, 533)),
    ] {
        let answer = app.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(decode(&answer.bytes).dimensions(), size, "{path}");
        let kind = image::guess_format(&answer.bytes).expect("a picture").to_mime_type();
        assert_eq!(answer.header("content-type"), kind, "{path}");
        assert_eq!(answer.header("content-security-policy"), "default-src 'none'; sandbox", "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
    }
    assert!(decode(&app.get("/pictures/demo/c.png").await.bytes) == coordinates(width, height));
    app.stop().await;
}

#[tokio::test]
async fn a_smaller_copy_of_another_width_is_not_made() {
    let app = TestApp::start(&[]).await;
    for path in [
        "/pictures/demo/401/c.png",
        "/pictures/demo/0/c.png",
        "/pictures/demo/1600/c.png",
        "/pictures/demo/400/b.png",
        "/pictures/demo/-400/c.png",
        "/pictures/demo/4294967296/c.png",
        "/pictures/demo/wide/c.png",
        "/pictures/demo/400/d.png",
    ] {
        assert_eq!(app.get(path).await.problem(), (404, "not_found".to_owned(), None), "{path}");
    }
    app.stop().await;
}

#[tokio::test]
async fn no_spelling_of_a_path_leads_out_of_a_folder() {
    let app = TestApp::start(&[]).await;
    for path in [
        "/pictures/demo/gallery.toml",
        "/pictures/demo/..%2fdata%2fcutline.db",
        "/pictures/demo/%2e%2e%2fdata%2fcutline.db",
        "/pictures/demo/..%5cdata%5ccutline.db",
        "/pictures/..%2fdata/cutline.db",
        "/pictures/%2e%2e/cutline.db",
        "/pictures/demo/%2fetc%2fpasswd",
        "/pictures/demo/c.png%00",
        "/pictures/demo/c.png%2f",
        "/pictures/demo/400/..%2f..%2fdata%2fcutline.db",
        "/pictures/demo/%ff",
        "/clippings/..%2f..%2fcutline.db",
        "/clippings/%2e%2e%2fcutline.db",
        "/clippings/%2fetc%2fpasswd",
        "/clippings/%ff",
        "/..%2fetc%2fpasswd",
        "/%2e%2e/%2e%2e/etc/passwd",
    ] {
        assert_eq!(raw_status(&app, path).await, 404, "{path}");
    }
    app.stop().await;
}

/// The status of a path sent as it stands: other clients tidy up `%2e%2e`.
async fn raw_status(app: &TestApp, path: &str) -> u16 {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let host = app.url.strip_prefix("http://").expect("an http address");
    let mut stream = tokio::net::TcpStream::connect(host).await.expect("a connection");
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("the server takes it");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("an answer");
    let head = String::from_utf8_lossy(&answer);
    head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("{head}"))
}

#[tokio::test]
async fn the_board_goes_back_page_by_page_and_forgets_nothing() {
    let app = TestApp::start(&[]).await;
    let mut made = HashSet::new();
    for _ in 0..50 {
        let receipt = app.accepted(&quarter_of(&format!("{}/pictures/demo/a.png", app.url))).await;
        made.insert(receipt["id"].as_str().expect("an id").to_owned());
    }
    let (mut path, mut counts, mut seen) = ("/board".to_owned(), Vec::new(), HashSet::new());
    loop {
        let page = app.get(&path).await;
        let html = page.text();
        let ids: Vec<_> = html.split("href=\"/s/").skip(1).map(|rest| rest[..16].to_owned()).collect();
        counts.push(ids.len());
        assert!(ids.into_iter().all(|id| seen.insert(id)), "no share is shown twice");
        let Some((_, older)) = html.split_once("<a rel=\"next\" href=\"") else { break };
        path = older.split_once('"').expect("an address").0.to_owned();
    }
    assert_eq!((counts, seen), (vec![24, 24, 2], made));
    app.stop().await;
}
