//! Shares from an origin that misbehaves in every way known: each is told what it is, and nothing of it is kept.
//!
//! The origin is the fetcher's own test origin; there each fault has its typed error, here its answer to a visitor.

use serde_json::json;

use crate::app::{Answer, TestApp, quarter_of};
use crate::evil_origin::{Act, BROTLI_BOMB, Origin, gzip_bomb, html, redirect, said};
use crate::pictures::noise;

/// What the origin does, and `status code` of the answer to the share, with the wait it names.
type Case = (&'static str, Act, &'static str);

const LIMITS: &str = "[limits]\nmax_source_bytes = 100000\ndns_timeout = '200ms'\nconnect_timeout = '500ms'\n\
    head_timeout = '500ms'\nstall_timeout = '500ms'\nfetch_timeout = '5s'";

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

#[tokio::test]
async fn an_evil_origin_is_told_by_its_fault_and_leaves_nothing_behind() {
    let picture = noise(150, 100);
    let cases = faults(&picture);
    let (expected, acts): (Vec<_>, Vec<_>) =
        cases.into_iter().map(|(name, act, expected)| ((name, expected), (path_of(name), act))).unzip();
    let acts: std::collections::HashMap<_, _> = acts.into_iter().collect();
    let origin = Origin::new(move |path| acts[path].clone()).await;
    let app = TestApp::with_config(&format!("[fetch]\nallow = [{:?}]\n{LIMITS}", origin.host_port())).await;
    let before = (app.rows().await, app.files());
    for (name, expected) in expected {
        let mut request = quarter_of(&origin.url(&path_of(name)));
        request["region"] = json!("pct:0,0,100,100");
        let answer = app.share(&request).await;
        assert_eq!(summary(&answer), expected, "{name}: {}", answer.text());
        assert_eq!((app.rows().await, app.files()), before, "{name}");
    }
    app.stop().await;
}
