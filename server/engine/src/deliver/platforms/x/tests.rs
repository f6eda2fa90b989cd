//! The connector against a server that answers as the documentation says.

use std::sync::Arc;
use std::time::Duration;

use http::Method;

use super::{ENTRY, parse_name};
use crate::deliver::contract::{DOUBT, PAUSE, RECONNECT, check, told, wait_after};
use crate::deliver::fake_server::{FakeServer, Reply, account, connector, in_short, post, send};
use crate::deliver::{Platform, Post, PostError, Posted, Sighting};

const UPLOAD: &str = "/2/media/upload";
const ALT: &str = "/2/media/metadata";
const POST: &str = "/2/tweets";
const LATEST: &str = "/2/users/2244994945/tweets";

fn well(method: &Method, path: &str) -> Reply {
    match path {
        UPLOAD => Reply::With(
            200,
            &[],
            r#"{"data":{"id":"1146654567674912769","media_key":"3_1146654567674912769","size":27,"expires_after_secs":86400}}"#,
        ),
        ALT => Reply::With(
            200,
            &[],
            r#"{"data":{"id":"1146654567674912769","associated_metadata":{"alt_text":{"text":"A"}}}}"#,
        ),
        POST => Reply::With(201, &[], r#"{"data":{"id":"1346889436626259968","text":"The lighthouse"}}"#),
        "/2/users/me" => {
            Reply::With(200, &[], r#"{"data":{"id":"2244994945","name":"Alice","username":"alice"}}"#)
        }
        LATEST => Reply::With(200, &[], r#"{"meta":{"result_count":0}}"#),
        _ if *method == Method::DELETE => Reply::With(200, &[], r#"{"data":{"deleted":true}}"#),
        _ => Reply::With(404, &[], ""),
    }
}

const DUPLICATE: &str = r#"{"detail":"You are not allowed to create a Tweet with duplicate content.","type":"about:blank","title":"Forbidden","status":403}"#;
const OURS: &str = r#"{"data":[{"id":"1346889436626259968","text":"The lighthouse https://t.co/a","created_at":"2026-11-23T12:00:00.000Z","entities":{"urls":[{"url":"https://t.co/a","expanded_url":"https://c.example/s/0123456789abcdef"}]}}],"meta":{"result_count":1}}"#;

async fn with(token: &str) -> (FakeServer, Arc<dyn Platform>) {
    let fake = FakeServer::answering(well).await;
    let account = account("x", fake.url.clone(), "alice", token);
    (fake, connector(account, Duration::from_secs(30)).expect("an account"))
}

async fn start() -> (FakeServer, Arc<dyn Platform>) {
    with("a-bearer").await
}

fn posted() -> Posted {
    let url = Some("https://x.com/alice/status/1346889436626259968".to_owned());
    Posted { url, id: Some("1346889436626259968".to_owned()) }
}

#[tokio::test]
async fn a_post_is_a_picture_its_alt_text_and_a_post() {
    let (fake, connector) = start().await;
    assert_eq!(send(connector.as_ref(), &post()).await, Ok(posted()));
    insta::assert_snapshot!(told(&fake));
}

#[tokio::test]
async fn a_token_of_four_parts_signs_each_request() {
    let (fake, connector) = with("key:secret:token:token-secret").await;
    assert_eq!(send(connector.as_ref(), &post()).await, Ok(posted()));
    for seen in fake.seen() {
        let header = seen.headers["authorization"].to_str().expect("a text");
        assert!(header.starts_with("OAuth oauth_consumer_key=\"key\", oauth_nonce=\""), "{header}");
        assert!(header.contains("oauth_token=\"token\"") && !header.contains("secret"), "{header}");
    }
}

#[tokio::test]
async fn each_documented_answer_means_one_thing() {
    let unauthorized =
        r#"{"title":"Unauthorized","type":"about:blank","status":401,"detail":"Unauthorized"}"#;
    let unenrolled = r#"{"title":"Client Forbidden","reason":"client-not-enrolled","type":"https://api.x.com/2/problems/client-forbidden","detail":"Not enrolled"}"#;
    let invalid = r#"{"title":"Invalid Request","detail":"One or more parameters to your request was invalid.","type":"https://api.x.com/2/problems/invalid-request"}"#;
    let capped = r#"{"title":"UsageCapExceeded","detail":"Usage cap exceeded: Monthly product cap","type":"https://api.x.com/2/problems/usage-capped"}"#;
    check(
        start,
        &[
            (UPLOAD, Reply::With(401, &[], unauthorized), "final", RECONNECT),
            (UPLOAD, Reply::With(400, &[], invalid), "final", "parameters to your request was invalid"),
            (UPLOAD, Reply::With(413, &[], ""), "final", "refused the post (413)"),
            (UPLOAD, Reply::With(503, &[], ""), "passing", "has a problem"),
            (UPLOAD, Reply::With(200, &[], r#"{"data":{}}"#), "passing", "did not answer as a X server"),
            (ALT, Reply::With(429, &[], ""), "passing", PAUSE),
            (POST, Reply::With(401, &[], unauthorized), "final", RECONNECT),
            // It may be ours.
            (POST, Reply::With(403, &[], DUPLICATE), "unknown", DOUBT),
            (POST, Reply::With(403, &[], unenrolled), "final", RECONNECT),
            (
                POST,
                Reply::With(402, &[], r#"{"title":"CreditsDepleted","detail":"No credits are left."}"#),
                "final",
                "No credits",
            ),
            (POST, Reply::With(400, &[], invalid), "final", "parameters to your request was invalid"),
            (POST, Reply::With(429, &[], capped), "passing", PAUSE),
            (
                POST,
                Reply::With(500, &[], r#"{"title":"Internal Server Error","type":"about:blank"}"#),
                "unknown",
                DOUBT,
            ),
            (POST, Reply::With(504, &[], ""), "unknown", DOUBT),
            (POST, Reply::With(201, &[], "{}"), "unknown", DOUBT),
            (POST, Reply::Drop, "unknown", DOUBT),
        ],
    )
    .await;
    let limited = Reply::With(
        429,
        &[("date", "Mon, 23 Nov 2026 12:00:00 GMT"), ("x-rate-limit-reset", "1795435230")],
        r#"{"title":"Too Many Requests","detail":"Too Many Requests","type":"about:blank","status":429}"#,
    );
    assert_eq!(wait_after(start, POST, limited).await, Some(30));
    // The posts of a month are used up: with twelve attempts in half an hour it would have failed.
    assert_eq!(wait_after(start, POST, Reply::With(429, &[], capped)).await, Some(3600));
}

#[tokio::test]
async fn a_post_is_found_by_its_link() {
    let (fake, connector) = start().await;
    let since = "2026-11-23T12:00:00Z".parse().expect("a time");
    let newer = r#"{"data":[{"id":"9","text":"x","created_at":"2026-11-23T12:00:09.000Z"}],"meta":{"result_count":1,"next_token":"7140w"}}"#;
    fake.reply(LATEST, Reply::With(200, &[], newer)).reply(LATEST, Reply::With(200, &[], OURS));
    assert_eq!(connector.find(&post().link, since).await, Ok(Sighting::There(posted())));
    assert!(fake.seen()[2].query.ends_with("pagination_token=7140w"), "{}", fake.seen()[2].query);
    let only_since = "start_time=2026-11-23T11%3A55%3A00Z";
    assert!(fake.seen()[1].query.ends_with(only_since), "each costs: {}", fake.seen()[1].query);
    assert_eq!(connector.find(&post().link, since).await, Ok(Sighting::NotThere));
    fake.reply(LATEST, Reply::With(200, &[], "<html>"));
    let unreadable = connector.find(&post().link, since).await;
    assert!(matches!(unreadable, Ok(Sighting::CannotTell { .. })), "{unreadable:?}");
}

#[tokio::test]
async fn a_repetition_is_the_post_of_which_the_answer_was_lost() {
    let (fake, connector) = start().await;
    fake.reply(POST, Reply::With(403, &[], DUPLICATE)).reply(LATEST, Reply::With(200, &[], OURS));
    assert_eq!(connector.publish(&post(), "1146654567674912769").await, Ok(posted()));
    fake.reply(POST, Reply::With(403, &[], DUPLICATE)).reply(LATEST, Reply::With(500, &[], ""));
    assert_eq!(in_short(connector.publish(&post(), "1146654567674912769").await).0, "unknown");
    let locked = r#"{"title":"Forbidden","detail":"Your account is temporarily locked.","status":403}"#;
    fake.reply(POST, Reply::With(403, &[], locked));
    assert_eq!(in_short(connector.publish(&post(), "1146654567674912769").await).0, "final");
}

#[tokio::test]
async fn no_part_of_a_token_is_shown_however_long_the_words_around_it() {
    for token in ["AAAA-consumer-key:BBBB-consumer-secret:CCCC-token:DDDD-token-secret", "EEEE-bearer-token"]
    {
        for part in token.split(':').chain([token]) {
            for before in [0, 280, 296] {
                let (fake, connector) = with(token).await;
                let detail = format!("{} {part} is wrong", "x".repeat(before));
                let body = format!(r#"{{"detail":"{detail}"}}"#);
                fake.reply(POST, Reply::With(400, &[], body.leak()));
                let refused = connector.publish(&post(), "1146654567674912769").await;
                let Err(PostError::Final { reason, detail }) = refused else { panic!("{refused:?}") };
                for said in [reason, detail] {
                    assert!(!said.contains(&part[..4]), "{before} {part}: {said}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_post_is_removed() {
    let (fake, connector) = start().await;
    assert_eq!(connector.remove("1346889436626259968").await, Ok(()));
    assert_eq!(fake.calls(), ["DELETE /2/tweets/1346889436626259968"]);
    fake.reply("/2/tweets/1", Reply::With(404, &[], ""));
    assert_eq!(connector.remove("1").await, Ok(()), "what is not there is removed");
    fake.reply("/2/tweets/2", Reply::With(403, &[], r#"{"title":"Forbidden","detail":"Not yours"}"#));
    assert_eq!(in_short(connector.remove("2").await).0, "final");
}

#[tokio::test]
async fn a_long_text_is_shortened_as_x_counts() {
    let (fake, connector) = start().await;
    let long = Post { description: "灯塔".repeat(100), ..post() };
    send(connector.as_ref(), &long).await.expect("posted");
    let text = fake.seen()[2].json()["text"].as_str().expect("a text").to_owned();
    // 280 less 23 for the link, 2 for the gap and 2 for the ellipsis leaves 126 characters of two each.
    assert_eq!(text.matches(['灯', '塔']).count(), 126);
    assert_eq!(ENTRY.limits.text.count(&text), 279);
}

#[test]
fn names_of_hosts_are_links_there_too() {
    for (words, count) in [("The lighthouse.", 15), ("see example.org and a.co", 55), ("3.5 m high", 10)] {
        assert_eq!(ENTRY.limits.text.count(words), count, "{words}");
    }
    for (text, name) in [("@alice", Some("alice")), ("alice_1", Some("alice_1")), ("a b", None), ("", None)] {
        assert_eq!(parse_name(text).as_deref(), name, "{text}");
    }
}

#[tokio::test]
async fn what_others_wrote_is_nothing_but_text() {
    crate::deliver::contract::names_nobody(start).await;
}
