//! Shares from an origin that misbehaves in every way known: each is told what it is, and nothing of it is kept.
//!
//! The origin is the fetcher's own test origin; there each fault has its typed error, here its answer to a visitor.

use std::collections::HashMap;

use serde_json::json;

use crate::again::{CHILD, run_again};
use crate::app::{Answer, TestApp};
use crate::certificates::{acceptor, authority, self_signed_acceptor};
use crate::evil_origin::{Act, BROTLI_BOMB, Origin, gzip_bomb, html, redirect, said};
use crate::pictures::noise;

/// What the origin does, and `status code` of the answer to the share, with the wait it names.
type Case = (&'static str, Act, &'static str);

const LIMITS: &str = "[limits]\nmax_source_bytes = 100000\nmax_page_bytes = 100000\ndns_timeout = '200ms'\nconnect_timeout = '1500ms'\n\
    head_timeout = '1500ms'\nstall_timeout = '1500ms'\nfetch_timeout = '12s'";

const ENDLESS: &[&str] = &["422 picture_unsupported", "422 picture_too_large"];

fn raw(head: &str, body: &[u8]) -> Vec<u8> {
    [head.replace('\n', "\r\n").as_bytes(), b"\r\n\r\n", body].concat()
}

fn faults(picture: &[u8]) -> Vec<Case> {
    let whole = format!("HTTP/1.1 200 OK\nContent-Type: image/jpeg\nContent-Length: {}", picture.len());
    let begun = raw(&whole, &picture[..picture.len() / 4]);
    let of_length = |lengths: &str| Act::Say(raw(&format!("HTTP/1.1 200 OK\n{lengths}"), picture));
    // A JPEG can say something beside the picture as often as it likes.
    let comment = [b"\xff\xfe\x10\x02".to_vec(), vec![b'a'; 0x1000]].concat();
    let packed = |encoding: &str, bomb: &[u8]| {
        said("200 OK", &format!("Content-Type: image/png\r\nContent-Encoding: {encoding}\r\n"), bomb)
    };
    let busy_until = "Date: Wed, 25 Nov 2026 12:00:00 GMT\r\nRetry-After: Wed, 25 Nov 2026 12:01:00 GMT\r\n";
    vec![
        ("silent", Act::Stall(Vec::new()), "502 origin_unreachable"),
        ("head stalls", Act::Stall(b"HTTP/1.1 200 OK\r\n".to_vec()), "502 origin_unreachable"),
        ("head drips", Act::Drip(Vec::new(), b"HTTP/1.1 200 OK\r\nA: ".to_vec()), "502 origin_unreachable"),
        ("head reset", Act::Reset(b"HTTP/1.1 200 OK\r\n".to_vec()), "502 origin_refused"),
        ("no head", Act::Say(Vec::new()), "502 origin_refused"),
        ("no HTTP", Act::Say(b"SSH-2.0-OpenSSH_9.9\r\n".to_vec()), "502 origin_refused"),
        ("100,000 headers", said("200 OK", &"A: b\r\n".repeat(100_000), picture), "502 origin_refused"),
        ("body stalls", Act::Stall(begun.clone()), "504 origin_timeout"),
        ("body drips", Act::Drip(begun.clone(), vec![0]), "504 origin_timeout"),
        ("body reset", Act::Reset(begun.clone()), "502 origin_refused"),
        ("body breaks off", Act::Say(begun), "502 origin_refused"),
        ("length negative", of_length("Content-Length: -1"), "502 origin_refused"),
        ("two lengths", of_length("Content-Length: 5\nContent-Length: 6"), "502 origin_refused"),
        ("length of a giant", of_length("Content-Length: 99999999999"), "422 picture_too_large"),
        ("length too short", of_length("Content-Length: 99"), "422 picture_unsupported"),
        ("endless", Act::Flood(raw("HTTP/1.1 200 OK", b"\xff\xd8"), comment), "422 picture_too_large"),
        ("endless zeros", Act::Flood(raw("HTTP/1.1 200 OK", b""), vec![0; 4096]), "422 picture_unsupported"),
        ("gzip bomb", packed("gzip", &gzip_bomb()), "502 origin_refused"),
        ("brotli bomb", packed("br", &BROTLI_BOMB), "502 origin_refused"),
        ("gzip bomb, not announced", packed("identity", &gzip_bomb()), "422 picture_unsupported"),
        ("brotli bomb, not announced", packed("identity", &BROTLI_BOMB), "422 picture_unsupported"),
        ("redirect loop", redirect("/redirect-loop"), "502 origin_refused"),
        ("redirect to loopback", redirect("http://127.0.0.1/"), "502 origin_unreachable"),
        ("redirect to a file", redirect("file:///etc/passwd"), "502 origin_refused"),
        ("redirect to nowhere", said("302 Found", "", ""), "502 origin_refused"),
        (
            "a page that says it is a picture",
            said("200 OK", "Content-Type: image/png\r\n", "<p>"),
            "422 picture_unsupported",
        ),
        ("a page", html("<img src=/a.png>"), "422 picture_unsupported"),
        ("nothing", said("200 OK", "Content-Type: image/png\r\n", ""), "422 picture_unsupported"),
        (
            "busy",
            said("429 Too Many Requests", "Retry-After: 30\r\n", ""),
            "502 origin_refused, again in 30 s",
        ),
        ("busy until", said("503 Service Unavailable", busy_until, ""), "502 origin_refused, again in 60 s"),
        (
            "busy for a day",
            said("503 Service Unavailable", "Retry-After: 86400\r\n", ""),
            "502 origin_refused, again in 3600 s",
        ),
        ("busy, who knows", said("429 Too Many Requests", "Retry-After: soon\r\n", ""), "502 origin_refused"),
    ]
}

/// `status code`, and the wait that the header names and the body repeats.
fn summary(answer: &Answer) -> String {
    let (status, code, _) = answer.problem();
    let wait = answer.header("retry-after");
    assert_eq!(answer.json()["retry_after"].as_u64().map_or(String::new(), |wait| wait.to_string()), wait);
    if wait.is_empty() { format!("{status} {code}") } else { format!("{status} {code}, again in {wait} s") }
}

fn path_of(name: &str) -> String {
    format!("/{}", name.replace([' ', ','], "-"))
}

/// A server that may fetch from these origins.
async fn app_beside(origins: &[&Origin]) -> TestApp {
    let pairs: Vec<_> = origins.iter().map(|origin| origin.host_port()).collect();
    TestApp::with_config(&format!("[fetch]\nallow = {pairs:?}\n{LIMITS}")).await
}

async fn share_all(app: &TestApp, source: serde_json::Value) -> Answer {
    app.share(&json!({"source": source, "region": "pct:0,0,100,100", "targets": ["board"]})).await
}

/// The faults by their paths; `/in-page-…` is a page with the picture in it.
async fn evil_origin() -> (Origin, Vec<(&'static str, &'static str)>) {
    let cases = faults(&noise(150, 100));
    let told = cases.iter().map(|(name, _, expected)| (*name, *expected)).collect();
    let acts: HashMap<_, _> = cases.into_iter().map(|(name, act, _)| (path_of(name), act)).collect();
    let origin = Origin::new(move |path| match path.strip_prefix("/in-page-") {
        // Under another address, since failures are remembered.
        Some(name) => html(format!("<img src=/{name}?again>")),
        None => acts
            .get(path.trim_end_matches("?again"))
            .cloned()
            .unwrap_or_else(|| said("404 Not Found", "", "")),
    })
    .await;
    (origin, told)
}

#[tokio::test]
async fn an_evil_origin_is_told_by_its_fault_and_leaves_nothing_behind() {
    let (origin, told) = evil_origin().await;
    let app = app_beside(&[&origin]).await;
    let before = (app.rows().await, app.files());
    for (name, expected) in told {
        let path = path_of(name);
        let in_page = origin.url(&format!("/in-page-{}", &path[1..]));
        for source in [json!({"image_url": origin.url(&path)}), json!({"page_url": in_page, "index": 0})] {
            let answer = share_all(&app, source).await;
            // Which is seen first, that there is no end or that there is no picture, is chance.
            let expected = if name == "endless zeros" { ENDLESS } else { &[expected] };
            assert!(expected.contains(&&*summary(&answer)), "{name}: {}", answer.text());
            assert_eq!((app.rows().await, app.files()), before, "{name}");
        }
    }
    app.stop().await;
}

#[tokio::test]
async fn an_evil_page_leaves_nothing_behind() {
    let (origin, told) = evil_origin().await;
    let app = app_beside(&[&origin]).await;
    let before = (app.rows().await, app.files());
    for (name, _) in told {
        let answer = share_all(&app, json!({"page_url": origin.url(&path_of(name)), "index": 0})).await;
        assert!(answer.status.as_u16() >= 400, "{name}: {}", answer.text());
        assert_eq!((app.rows().await, app.files()), before, "{name}");
    }
    app.stop().await;
}

/// Whatever the page beside a picture does, the picture is shared as it is.
#[tokio::test]
async fn an_evil_page_beside_a_picture_does_it_no_harm() {
    let (evil, told) = evil_origin().await;
    let picture = noise(150, 100);
    let origin = Origin::new(move |_| said("200 OK", "", &picture)).await;
    let app = app_beside(&[&origin, &evil]).await;
    for (name, _) in told {
        let page = evil.url(&path_of(name));
        let answer = share_all(&app, json!({"image_url": origin.url("/a.jpg"), "page_url": page})).await;
        assert_eq!(answer.status, 201, "{name}: {}", answer.text());
    }
    assert_eq!(app.files_of_clippings(), 1, "the same part each time");
    app.stop().await;
}

/// The one that was seen is shared instead.
#[tokio::test]
async fn a_larger_copy_that_fails_does_the_picture_no_harm() {
    let (evil, told) = evil_origin().await;
    let (large, picture) = (evil.host_port(), noise(150, 100));
    let origin = Origin::new(move |path| match path {
        "/small.jpg" => said("200 OK", "", &picture),
        path => html(format!("<img src=/small.jpg srcset='/small.jpg 150w, http://{large}{path} 900w'>")),
    })
    .await;
    let app = app_beside(&[&origin, &evil]).await;
    for (name, _) in told {
        let answer = share_all(&app, json!({"page_url": origin.url(&path_of(name)), "index": 0})).await;
        assert_eq!(answer.status, 201, "{name}: {}", answer.text());
        assert!(
            evil.requests().iter().any(|request| request.starts_with(&format!("GET {} ", path_of(name)))),
            "{name}: the large one first"
        );
    }
    assert_eq!(app.files_of_clippings(), 1, "the same part each time");
    app.stop().await;
}

#[tokio::test]
async fn a_handshake_that_never_ends_and_a_chain_of_redirects_leave_nothing_behind() {
    let stalled = Origin::always(Act::Stall(Vec::new())).await;
    let hops = Origin::new(|path| match path.trim_start_matches("/hop").parse::<u32>() {
        Ok(20) | Err(_) => said("200 OK", "", "never said"),
        Ok(hop) => redirect(&format!("/hop{}", hop + 1)),
    })
    .await;
    let app = app_beside(&[&stalled, &hops]).await;
    let faults = [
        (format!("https://{}/", stalled.host_port()), "502 origin_unreachable"),
        (format!("https://{}/", hops.host_port()), "502 origin_unreachable"),
        (hops.url("/hop0"), "502 origin_refused"),
    ];
    told_and_nothing_left(&app, &faults).await;
    app.stop().await;
}

/// In a process of its own, where the system trusts one authority: so each is refused for what is wrong with it.
#[tokio::test]
async fn a_certificate_that_is_not_good_leaves_nothing_behind() {
    let Some(roots) = std::env::var_os(CHILD) else {
        let roots = tempfile::NamedTempFile::new().expect("a file").into_temp_path();
        let path = roots.display().to_string();
        let environment = vec![("SSL_CERT_FILE", path.clone()), (CHILD, path)];
        return run_again("evil::a_certificate_that_is_not_good_leaves_nothing_behind", environment).await;
    };
    let (trusted, unknown) = (authority(), authority());
    std::fs::write(roots, trusted.pem()).expect("written");
    let picture = noise(150, 100);
    let act = move |_: &str| said("200 OK", "Content-Type: image/jpeg\r\n", &picture);
    let good = Origin::secure(acceptor("127.0.0.1", 2100, &trusted), act.clone()).await;
    let expired = Origin::secure(acceptor("127.0.0.1", 2020, &trusted), act.clone()).await;
    let other_host = Origin::secure(acceptor("other.example", 2100, &trusted), act.clone()).await;
    let by_unknown = Origin::secure(acceptor("127.0.0.1", 2100, &unknown), act.clone()).await;
    let self_signed = Origin::secure(self_signed_acceptor(), act).await;
    let app = app_beside(&[&good, &expired, &other_host, &by_unknown, &self_signed]).await;
    let bad = [&expired, &other_host, &by_unknown, &self_signed];
    let faults = bad.map(|origin| (format!("https://{}/", origin.host_port()), "502 origin_unreachable"));
    told_and_nothing_left(&app, &faults).await;
    assert_eq!(bad.map(|origin| origin.requests().len()), [0; 4], "nothing was asked of them");
    let url = format!("https://{}/", good.host_port());
    let answer = share_all(&app, json!({"image_url": url})).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    app.stop().await;
}

/// Each of these URLs is answered so, as a picture's and as a page's, and the record and the folder stay as they are.
async fn told_and_nothing_left(app: &TestApp, faults: &[(String, &str)]) {
    let before = (app.rows().await, app.files());
    for (url, expected) in faults {
        for source in [json!({"image_url": url}), json!({"page_url": url, "index": 0})] {
            let answer = share_all(app, source).await;
            assert_eq!(summary(&answer), *expected, "{url}: {}", answer.text());
            assert_eq!((app.rows().await, app.files()), before, "{url}");
        }
    }
}
