//! The connector against a server that answers as the documentation says.

use std::sync::Arc;
use std::time::Duration;

use http::Method;

use crate::deliver::contract::{DOUBT, PAUSE, RECONNECT, check, told, wait_after};
use crate::deliver::fake_server::{FakeServer, Reply, account, connector, in_short, post, send};
use crate::deliver::{Platform, Post, Posted};

const SHARE: &str = "/2/statuses/share.json";

fn well(_: &Method, _: &str) -> Reply {
    Reply::With(
        200,
        &[],
        r#"{"created_at":"Mon Nov 23 20:00:00 +0800 2026","id":4972937,"idstr":"4972937","text":"x"}"#,
    )
}

async fn start() -> (FakeServer, Arc<dyn Platform>) {
    let fake = FakeServer::answering(well).await;
    let server = fake.url.join("?rip=203.0.113.7").expect("an address");
    let account = account("weibo", server, "lighthouses", "2.00token");
    (fake, connector(account, Duration::from_secs(30)).expect("an account"))
}

#[tokio::test]
async fn a_post_is_one_request_of_words_and_picture() {
    let (fake, connector) = start().await;
    let expected =
        Posted { url: Some("https://m.weibo.cn/status/4972937".to_owned()), id: Some("4972937".to_owned()) };
    assert_eq!(send(connector.as_ref(), &post()).await, Ok(expected));
    insta::assert_snapshot!(told(&fake));
}

#[tokio::test]
async fn each_documented_answer_means_one_thing() {
    let error = |status: u16, code: u32, words: &str| {
        let body = format!(r#"{{"error":"{words}","error_code":{code},"request":"/2/statuses/share.json"}}"#);
        Reply::With(status, &[], body.leak())
    };
    check(
        start,
        &[
            (SHARE, error(400, 21_327, "expired_token"), "final", RECONNECT),
            (SHARE, error(400, 21_332, "invalid_access_token"), "final", RECONNECT),
            (SHARE, error(400, 21_315, "token expired"), "final", RECONNECT),
            (SHARE, error(403, 10_014, "insufficient app permissions"), "final", RECONNECT),
            (SHARE, error(403, 10_023, "user requests out of rate limit"), "passing", PAUSE),
            (SHARE, error(403, 10_022, "IP requests out of rate limit"), "passing", PAUSE),
            (SHARE, error(400, 20_016, "out of limit"), "passing", PAUSE),
            (SHARE, error(400, 20_019, "repeat content"), "unknown", DOUBT),
            (SHARE, error(400, 20_032, "posted, to be seen later"), "unknown", DOUBT),
            (SHARE, error(400, 20_012, "text too long"), "final", "text too long"),
            (SHARE, error(400, 20_006, "image size too large"), "final", "image size too large"),
            (
                SHARE,
                error(400, 10_017, "text need contain one url of your domain"),
                "final",
                "url of your domain",
            ),
            (SHARE, error(500, 10_001, "system error"), "unknown", DOUBT),
            (SHARE, error(503, 10_002, "service unavailable"), "unknown", DOUBT),
            (SHARE, Reply::With(504, &[], ""), "unknown", DOUBT),
            (SHARE, Reply::With(200, &[], "{}"), "unknown", DOUBT),
            (SHARE, Reply::Drop, "unknown", DOUBT),
        ],
    )
    .await;
    for code in [10_022, 10_023, 10_024, 20_016] {
        let limited = error(403, code, "out of rate limit");
        assert_eq!(wait_after(start, SHARE, limited).await, Some(3600), "{code}");
    }
}

#[tokio::test]
async fn topics_are_none_and_the_link_stays() {
    let (fake, connector) = start().await;
    let long = Post { description: format!("#灯塔# {}", "灯".repeat(200)), ..post() };
    send(connector.as_ref(), &long).await.expect("posted");
    let text =
        String::from_utf8(fake.seen()[0].part("status").expect("the words").1.to_vec()).expect("a text");
    assert!(text.starts_with("＃灯塔＃") && text.ends_with(&post().link), "{text}");
    assert_eq!(text.chars().count(), 140);
    assert_eq!(in_short(connector.remove("4972937").await).0, "final");
}

#[test]
fn the_sites_own_address_must_be_named() {
    for address in ["https://api.weibo.com", "https://api.weibo.com?rip=home"] {
        let server: url::Url = address.parse().expect("an address");
        let refused = connector(account("weibo", server, "a", "t"), Duration::from_secs(1));
        assert_eq!(refused.err().map(|error| error.key), Some("server"), "{address}");
    }
}

#[tokio::test]
async fn what_others_wrote_is_nothing_but_text() {
    crate::deliver::contract::hostile(start, &[], &["@everyone", "@bob", "evil.example"]).await;
}
