//! The connector against a server that answers as the documentation says.

use std::sync::Arc;
use std::time::Duration;

use http::Method;

use super::parse_board;
use crate::deliver::contract::{DOUBT, PAUSE, RECONNECT, check, told, wait_after};
use crate::deliver::fake_server::{FakeServer, Reply, account, connector, in_short, post, send};
use crate::deliver::{Platform, Posted, Sighting};

const PINS: &str = "/v5/pins";
const LATEST: &str = "/v5/boards/549755885175/pins";

fn well(method: &Method, path: &str) -> Reply {
    match (method, path) {
        (&Method::POST, PINS) => Reply::With(
            201,
            &[],
            r#"{"id":"813744226420795884","created_at":"2026-11-23T12:00:00","board_id":"549755885175"}"#,
        ),
        (&Method::GET, LATEST) => Reply::With(200, &[], r#"{"items":[],"bookmark":null}"#),
        _ => Reply::With(204, &[], ""),
    }
}

async fn start() -> (FakeServer, Arc<dyn Platform>) {
    let fake = FakeServer::answering(well).await;
    let account = account("pinterest", fake.url.clone(), "549755885175", "pina_1");
    (fake, connector(account, Duration::from_secs(30)).expect("an account"))
}

fn posted() -> Posted {
    let url = Some("https://www.pinterest.com/pin/813744226420795884/".to_owned());
    Posted { url, id: Some("813744226420795884".to_owned()) }
}

#[tokio::test]
async fn a_pin_is_one_request_of_words_link_and_picture() {
    let (fake, connector) = start().await;
    assert_eq!(send(connector.as_ref(), &post()).await, Ok(posted()));
    insta::assert_snapshot!(told(&fake));
}

#[tokio::test]
async fn each_documented_answer_means_one_thing() {
    check(
        start,
        &[
            (
                PINS,
                Reply::With(401, &[], r#"{"code":2,"message":"Authentication failed."}"#),
                "final",
                RECONNECT,
            ),
            (
                PINS,
                Reply::With(
                    403,
                    &[],
                    r#"{"code":29,"message":"You are not permitted to access that resource."}"#,
                ),
                "final",
                RECONNECT,
            ),
            (
                PINS,
                Reply::With(403, &[], r#"{"code":3,"message":"Authorization failed."}"#),
                "final",
                RECONNECT,
            ),
            (
                PINS,
                Reply::With(
                    400,
                    &[],
                    r#"{"code":235,"message":"The Pin's image is too small, too large or is broken"}"#,
                ),
                "final",
                "too small",
            ),
            (
                PINS,
                Reply::With(400, &[], r#"{"code":1,"message":"Invalid request"}"#),
                "final",
                "Invalid request",
            ),
            (
                PINS,
                Reply::With(404, &[], r#"{"code":40,"message":"Board not found."}"#),
                "final",
                "Board not found",
            ),
            (
                PINS,
                Reply::With(429, &[], r#"{"code":8,"message":"This request exceeded a rate limit."}"#),
                "passing",
                PAUSE,
            ),
            (
                PINS,
                Reply::With(500, &[], r#"{"code":12,"message":"Something went wrong on our end."}"#),
                "unknown",
                DOUBT,
            ),
            (PINS, Reply::With(201, &[], "{}"), "unknown", DOUBT),
            (PINS, Reply::Drop, "unknown", DOUBT),
        ],
    )
    .await;
    let limited = Reply::With(429, &[("x-ratelimit-reset", "45")], r#"{"code":8,"message":"Rate limit."}"#);
    assert_eq!(wait_after(start, PINS, limited).await, Some(45));
}

#[tokio::test]
async fn a_pin_is_found_by_its_link() {
    let (fake, connector) = start().await;
    let since = "2026-11-23T12:00:00Z".parse().expect("a time");
    let newer = r#"{"items":[{"id":"9","is_owner":true,"link":"https://c.example/s/9","created_at":"2026-11-23T12:00:09"},
        {"id":"10","is_owner":false,"link":"https://c.example/s/0123456789abcdef","created_at":"2026-11-23T12:00:09"}],"bookmark":"abc"}"#;
    let ours = r#"{"items":[{"id":"813744226420795884","is_owner":true,"link":"https://c.example/s/0123456789abcdef","created_at":"2026-11-23T12:00:00"}],"bookmark":null}"#;
    fake.reply(LATEST, Reply::With(200, &[], newer)).reply(LATEST, Reply::With(200, &[], ours));
    assert_eq!(connector.find(&post().link, since).await, Ok(Sighting::There(posted())));
    assert_eq!(fake.seen()[1].query, "page_size=100&bookmark=abc");
    let older = r#"{"items":[{"id":"8","link":"https://c.example/s/8","created_at":"2026-11-23T11:00:00"}],"bookmark":"more"}"#;
    fake.reply(LATEST, Reply::With(200, &[], older));
    assert_eq!(connector.find(&post().link, since).await, Ok(Sighting::NotThere));
    assert_eq!(fake.seen().len(), 4, "one that is older is not the end");
    for _ in 0..5 {
        fake.reply(LATEST, Reply::With(200, &[], older));
    }
    let too_many = connector.find(&post().link, since).await;
    assert!(matches!(too_many, Ok(Sighting::CannotTell { .. })), "{too_many:?}");
    let no_board = r#"{"code":40,"message":"Board not found."}"#;
    fake.reply(LATEST, Reply::With(404, &[], no_board));
    assert_eq!(connector.find(&post().link, since).await, Ok(Sighting::NotThere));
    fake.reply(LATEST, Reply::With(403, &[], r#"{"code":29,"message":"You are not permitted"}"#));
    let said = in_short(connector.find(&post().link, since).await).1;
    assert_eq!(said, format!("{RECONNECT} 127.0.0.1 says: You are not permitted"));
    fake.reply(LATEST, Reply::With(200, &[], "<html>"));
    let unreadable = connector.find(&post().link, since).await;
    assert!(matches!(unreadable, Ok(Sighting::CannotTell { .. })), "{unreadable:?}");
}

#[tokio::test]
async fn a_pin_is_removed() {
    let (fake, connector) = start().await;
    assert_eq!(connector.remove("813744226420795884").await, Ok(()));
    assert_eq!(fake.calls(), ["DELETE /v5/pins/813744226420795884"]);
    fake.reply("/v5/pins/1", Reply::With(404, &[], r#"{"code":50,"message":"Pin not found."}"#));
    assert_eq!(connector.remove("1").await, Ok(()), "what is not there is removed");
    fake.reply("/v5/pins/2", Reply::With(403, &[], r#"{"code":29,"message":"No"}"#));
    assert_eq!(in_short(connector.remove("2").await).0, "final");
}

#[test]
fn a_board_is_a_number() {
    for (text, is_board) in [("549755885175", true), ("pictures", false), ("", false), ("1/2", false)] {
        assert_eq!(parse_board(text).is_some(), is_board, "{text}");
    }
}

#[tokio::test]
async fn what_others_wrote_is_nothing_but_text() {
    crate::deliver::contract::names_nobody(start).await;
}
