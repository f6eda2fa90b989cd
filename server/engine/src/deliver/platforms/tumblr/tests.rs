//! The connector against a server that answers as the documentation says.

use std::sync::Arc;
use std::time::Duration;

use http::Method;

use super::{parse_blog, text_block};
use crate::deliver::contract::{DOUBT, PAUSE, RECONNECT, check, told, wait_after};
use crate::deliver::fake_server::{FakeServer, Reply, account, connector, in_short, post, send};
use crate::deliver::{Platform, Post, Posted, Sighting};

const POSTS: &str = "/v2/blog/lighthouses.tumblr.com/posts";
const DELETE: &str = "/v2/blog/lighthouses.tumblr.com/post/delete";

fn well(method: &Method, path: &str) -> Reply {
    match (method, path) {
        (&Method::POST, POSTS) => Reply::With(
            201,
            &[],
            r#"{"meta":{"status":201,"msg":"Created"},"response":{"id":"1234567891234567"}}"#,
        ),
        (&Method::GET, POSTS) => {
            Reply::With(200, &[], r#"{"meta":{"status":200,"msg":"OK"},"response":{"posts":[]}}"#)
        }
        _ => {
            Reply::With(200, &[], r#"{"meta":{"status":200,"msg":"OK"},"response":{"id":1234567891234567}}"#)
        }
    }
}

async fn with(token: &str) -> (FakeServer, Arc<dyn Platform>) {
    let fake = FakeServer::answering(well).await;
    let account = account("tumblr", fake.url.clone(), "lighthouses", token);
    (fake, connector(account, Duration::from_secs(30)).expect("an account"))
}

async fn start() -> (FakeServer, Arc<dyn Platform>) {
    with("a-bearer").await
}

fn posted() -> Posted {
    let url = Some("https://www.tumblr.com/lighthouses/1234567891234567".to_owned());
    Posted { url, id: Some("1234567891234567".to_owned()) }
}

#[tokio::test]
async fn a_post_is_one_request_of_words_and_picture() {
    let (fake, connector) = start().await;
    assert_eq!(send(connector.as_ref(), &post()).await, Ok(posted()));
    insta::assert_snapshot!(told(&fake));
}

#[tokio::test]
async fn a_token_of_four_parts_signs_each_request() {
    let (fake, connector) = with("key:secret:token:token-secret").await;
    assert_eq!(send(connector.as_ref(), &post()).await, Ok(posted()));
    assert_eq!(connector.remove("1234567891234567").await, Ok(()));
    for seen in fake.seen() {
        let header = seen.headers["authorization"].to_str().expect("a text");
        assert!(
            header.starts_with("OAuth oauth_consumer_key=\"key\"") && !header.contains("secret"),
            "{header}"
        );
    }
}

#[tokio::test]
async fn each_documented_answer_means_one_thing() {
    let unauthorized = r#"{"meta":{"status":401,"msg":"Unauthorized"},"response":[],"errors":[{"title":"Unauthorized","code":1016,"detail":"Unable to authorize"}]}"#;
    let forbidden = r#"{"meta":{"status":403,"msg":"Forbidden"},"response":[],"errors":[{"title":"Forbidden","code":8011,"detail":"You may not post there."}]}"#;
    let wrong = r#"{"meta":{"status":400,"msg":"Bad Request"},"response":[],"errors":[{"title":"Bad Request","code":8001,"detail":"Nice image, but its content type is wrong."}]}"#;
    check(
        start,
        &[
            (POSTS, Reply::With(401, &[], unauthorized), "final", RECONNECT),
            (POSTS, Reply::With(403, &[], forbidden), "final", "You may not post there."),
            (POSTS, Reply::With(400, &[], wrong), "final", "content type is wrong"),
            (
                POSTS,
                Reply::With(404, &[], r#"{"meta":{"status":404,"msg":"Not Found"},"response":[]}"#),
                "final",
                "Not Found",
            ),
            (POSTS, Reply::With(413, &[], ""), "final", "refused the post (413)"),
            (
                POSTS,
                Reply::With(429, &[], r#"{"meta":{"status":429,"msg":"Limit Exceeded"}}"#),
                "passing",
                PAUSE,
            ),
            (
                POSTS,
                Reply::With(500, &[], r#"{"meta":{"status":500,"msg":"Internal Server Error"}}"#),
                "unknown",
                DOUBT,
            ),
            (POSTS, Reply::With(503, &[], ""), "unknown", DOUBT),
            (POSTS, Reply::With(201, &[], r#"{"meta":{"status":201},"response":{}}"#), "unknown", DOUBT),
            (POSTS, Reply::Drop, "unknown", DOUBT),
        ],
    )
    .await;
    // The posts of a day are used up, which ends in hours: with twelve attempts in half an hour it would have failed.
    for (headers, seconds) in [(&[("retry-after", "30")][..], 30), (&[], 3600)] {
        let limited = Reply::With(429, headers, r#"{"meta":{"status":429,"msg":"Limit Exceeded"}}"#);
        assert_eq!(wait_after(start, POSTS, limited).await, Some(seconds));
    }
}

#[tokio::test]
async fn a_post_is_found_by_its_link() {
    let (fake, connector) = start().await;
    let since = "2026-11-23T12:00:00Z".parse().expect("a time");
    let newer = r#"{"meta":{"status":200},"response":{"posts":[{"id":9,"id_string":"9","timestamp":1795435209,"content":[]}]}}"#;
    let ours = r#"{"meta":{"status":200},"response":{"posts":[{"id":1234567891234567,"id_string":"1234567891234567","timestamp":1795435200,"content":[{"type":"image"},{"type":"text","text":"The\n\nhttps://c.example/s/0123456789abcdef"}]}]}}"#;
    fake.reply(POSTS, Reply::With(200, &[], newer)).reply(POSTS, Reply::With(200, &[], ours));
    assert_eq!(connector.find(&post().link, since).await, Ok(Sighting::There(posted())));
    assert_eq!(fake.seen()[1].query, "limit=20&npf=true&offset=20");
    assert_eq!(connector.find(&post().link, since).await, Ok(Sighting::NotThere));
    fake.reply(POSTS, Reply::With(200, &[], "<html>"));
    let unreadable = connector.find(&post().link, since).await;
    assert!(matches!(unreadable, Ok(Sighting::CannotTell { .. })), "{unreadable:?}");
}

#[tokio::test]
async fn a_post_is_removed() {
    let (fake, connector) = start().await;
    assert_eq!(connector.remove("1234567891234567").await, Ok(()));
    insta::assert_snapshot!(told(&fake));
    fake.reply(DELETE, Reply::With(404, &[], r#"{"meta":{"status":404,"msg":"Not Found"}}"#));
    assert_eq!(connector.remove("1").await, Ok(()), "what is not there is removed");
    fake.reply(DELETE, Reply::With(403, &[], r#"{"meta":{"status":403,"msg":"Forbidden"}}"#));
    assert_eq!(in_short(connector.remove("1").await).0, "final");
}

#[test]
fn the_link_is_one_wherever_it_stands() {
    let block = text_block(&Post { description: "灯塔 👨‍👩‍👧".to_owned(), ..post() });
    let text: Vec<char> = block["text"].as_str().expect("a text").chars().collect();
    let place =
        |key: &str| usize::try_from(block["formatting"][0][key].as_u64().expect("a place")).expect("small");
    assert_eq!(text[place("start")..place("end")].iter().collect::<String>(), post().link);
    for (text, name) in [
        ("lighthouses", Some("lighthouses")),
        ("Lighthouses.tumblr.com", Some("lighthouses")),
        ("a b", None),
        ("-a", None),
        ("", None),
    ] {
        assert_eq!(parse_blog(text).as_deref(), name, "{text}");
    }
}

#[tokio::test]
async fn what_others_wrote_is_nothing_but_text() {
    let (fake, connector) = start().await;
    let post = crate::deliver::contract::hostile_post();
    send(connector.as_ref(), &post).await.expect("posted");
    let (_, json) = fake.seen()[0].part("json").expect("the post");
    let json: serde_json::Value = serde_json::from_slice(&json).expect("JSON");
    let blocks = json["content"].as_array().expect("blocks");
    let text = blocks.iter().find(|block| block["type"] == "text").expect("the words");
    // What is a link or a mention there is told beside the text, which is shown as it is.
    let said: Vec<char> = text["text"].as_str().expect("a text").chars().collect();
    assert!(said.iter().collect::<String>().contains("<a href=http://evil.example>@bob</a>"));
    let formatting = text["formatting"].as_array().expect("formats");
    assert_eq!(formatting.len(), 1, "{formatting:?}");
    let at = |key: &str| usize::try_from(formatting[0][key].as_u64().expect("a number")).expect("small");
    assert_eq!(said[at("start")..at("end")].iter().collect::<String>(), post.link);
    assert_eq!((&formatting[0]["type"], &formatting[0]["url"]), (&"link".into(), &post.link.as_str().into()));
}
