//! The connector against a server that answers as the documentation says.

use std::sync::Arc;
use std::time::Duration;

use http::Method;

use crate::deliver::contract::{DOUBT, PAUSE, RECONNECT, check, told};
use crate::deliver::fake_server::{FakeServer, Reply, account, connector, in_short, post, send};
use crate::deliver::{Platform, Post, Posted, Sighting};

const MAKE: &str = "/v25.0/17841405822304914/media";
const CONTAINER: &str = "/v25.0/17889455560051444";
const PUBLISH: &str = "/v25.0/17841405822304914/media_publish";
const POST: &str = "/v25.0/17920238422030506";
const LATEST: &str = MAKE;

fn ok(body: &'static str) -> Reply {
    Reply::With(200, &[], body)
}

fn well(method: &Method, path: &str) -> Reply {
    match (method, path) {
        (&Method::POST, MAKE) => ok(r#"{"id":"17889455560051444"}"#),
        (_, CONTAINER) => ok(r#"{"status_code":"FINISHED","id":"17889455560051444"}"#),
        (_, PUBLISH) => ok(r#"{"id":"17920238422030506"}"#),
        (&Method::GET, POST) => {
            ok(r#"{"permalink":"https://www.instagram.com/p/abc/","id":"17920238422030506"}"#)
        }
        (&Method::GET, LATEST) => ok(r#"{"data":[]}"#),
        _ => ok(r#"{"success":true}"#),
    }
}

async fn start() -> (FakeServer, Arc<dyn Platform>) {
    let fake = FakeServer::answering(well).await;
    let account = account("instagram", fake.url.clone(), "17841405822304914", "THAA1");
    (fake, connector(account, Duration::from_secs(30)).expect("an account"))
}

fn posted() -> Posted {
    let url = Some("https://www.instagram.com/p/abc/".to_owned());
    Posted { url, id: Some("17920238422030506".to_owned()) }
}

#[tokio::test]
async fn a_post_is_a_container_that_is_published_when_it_is_ready() {
    let (fake, connector) = start().await;
    assert_eq!(send(connector.as_ref(), &post()).await, Ok(posted()));
    insta::assert_snapshot!(told(&fake));
}

#[tokio::test]
async fn each_documented_answer_means_one_thing() {
    let error = |status: u16, code: u32, words: &str| {
        let body = format!(r#"{{"error":{{"message":"{words}","type":"OAuthException","code":{code}}}}}"#);
        Reply::With(status, &[], body.leak())
    };
    let broken = r#"{"status_code":"ERROR","status":"FAILED_DOWNLOADING_IMAGE","id":"17889455560051444"}"#;
    check(
        start,
        &[
            (MAKE, error(400, 190, "Error validating access token"), "final", RECONNECT),
            (MAKE, error(403, 10, "Application does not have permission"), "final", RECONNECT),
            (
                MAKE,
                error(400, 9004, "The media could not be fetched from this URI"),
                "final",
                "could not be fetched",
            ),
            (MAKE, error(400, 36_003, "The aspect ratio is not supported"), "final", "aspect ratio"),
            (MAKE, error(500, 2, "Service temporarily unavailable"), "passing", "has a problem"),
            (MAKE, ok("{}"), "passing", "did not answer as a Instagram server"),
            (CONTAINER, ok(r#"{"status_code":"IN_PROGRESS"}"#), "passing", "still fetching the picture"),
            (CONTAINER, ok(broken), "final", "could not take the picture: ERROR FAILED_DOWNLOADING_IMAGE"),
            (CONTAINER, ok(r#"{"status_code":"EXPIRED"}"#), "final", "could not take the picture: EXPIRED"),
            (CONTAINER, ok(r#"{"status_code":"PUBLISHED"}"#), "unknown", DOUBT),
            (PUBLISH, error(400, 190, "Session has expired"), "final", RECONNECT),
            (PUBLISH, error(400, 9007, "The media is not ready for publishing"), "passing", PAUSE),
            (PUBLISH, error(403, 9, "The app user's posts of a day are used up"), "passing", PAUSE),
            (PUBLISH, error(400, 4, "Application request limit reached"), "passing", PAUSE),
            (PUBLISH, error(400, 25, "The account is restricted"), "final", "is restricted"),
            (PUBLISH, error(500, 1, "An unknown error occurred"), "unknown", DOUBT),
            (PUBLISH, ok("{}"), "unknown", DOUBT),
            (PUBLISH, Reply::Drop, "unknown", DOUBT),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_picture_must_be_where_it_can_be_fetched() {
    let (fake, connector) = start().await;
    let here = Post { picture_url: "http://127.0.0.1:3000/iiif/3/a.jpg".to_owned(), ..post() };
    let (kind, said, _) = in_short(connector.upload(&here).await);
    assert!(kind == "final" && said.contains("no public https address"), "{said}");
    assert!(fake.seen().is_empty(), "nobody is asked for what cannot be");
}

#[tokio::test]
async fn a_post_is_found_by_its_link_also_when_the_container_says_that_it_is_published() {
    let (fake, connector) = start().await;
    let since = "2026-11-23T12:00:00Z".parse().expect("a time");
    let ours = r#"{"data":[{"id":"17920238422030506","caption":"The\n\nhttps://c.example/s/0123456789abcdef","permalink":"https://www.instagram.com/p/abc/","timestamp":"2026-11-23T12:00:00+0000"}]}"#;
    fake.reply(LATEST, ok(ours));
    assert_eq!(connector.find(&post().link, since).await, Ok(Sighting::There(posted())));
    assert_eq!(connector.find(&post().link, since).await, Ok(Sighting::NotThere));
    fake.reply(CONTAINER, ok(r#"{"status_code":"PUBLISHED"}"#)).reply(LATEST, ok(ours));
    assert_eq!(connector.publish(&post(), "17889455560051444").await, Ok(posted()));
    assert!(!fake.calls().iter().any(|call| call.ends_with(PUBLISH)), "it is not published twice");
}

#[tokio::test]
async fn only_shapes_that_it_takes_are_sent() {
    for ((width, height), is_taken) in [
        ((640, 480), true),
        ((400, 500), true),
        ((399, 500), false),
        ((1910, 1000), true),
        ((1920, 1000), false),
    ] {
        let (_, connector) = start().await;
        let size = cutline_model::Size::new(width, height).expect("not empty");
        let (kind, said, _) = in_short(connector.upload(&Post { size, ..post() }).await);
        assert_eq!(kind == "done", is_taken, "{width} x {height}: {said}");
    }
}

#[tokio::test]
async fn a_post_cannot_be_removed_from_here() {
    let (fake, connector) = start().await;
    assert_eq!(in_short(connector.remove("17920238422030506").await).0, "final");
    assert!(fake.seen().is_empty());
}
