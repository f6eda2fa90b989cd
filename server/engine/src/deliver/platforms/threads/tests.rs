//! What is Threads' own, against a server that answers as the documentation says; the rest is tested in `containers`.

use std::sync::Arc;
use std::time::Duration;

use http::Method;

use crate::deliver::contract::{RECONNECT, told};
use crate::deliver::fake_server::{FakeServer, Reply, account, connector, in_short, post, send};
use crate::deliver::{Platform, Post, Posted};

const ME: &str = "/v1.0/25949072001396400";
const POST: &str = "/v1.0/17920238422030506";

fn well(method: &Method, path: &str) -> Reply {
    let body = match (method, path) {
        (&Method::POST, "/v1.0/25949072001396400/threads") => r#"{"id":"17889455560051444"}"#,
        (_, "/v1.0/17889455560051444") => r#"{"status":"FINISHED","id":"17889455560051444"}"#,
        (_, "/v1.0/25949072001396400/threads_publish") => r#"{"id":"17920238422030506"}"#,
        (&Method::GET, POST) => r#"{"permalink":"https://www.threads.com/p/abc/","id":"17920238422030506"}"#,
        _ => r#"{"success":true}"#,
    };
    Reply::With(200, &[], body)
}

async fn start() -> (FakeServer, Arc<dyn Platform>) {
    let fake = FakeServer::answering(well).await;
    let account = account("threads", fake.url.clone(), "25949072001396400", "THAA1");
    (fake, connector(account, Duration::from_secs(30)).expect("an account"))
}

fn nowhere() -> Reply {
    Reply::With(400, &[], r#"{"error":{"message":"Nowhere","code":100,"error_subcode":33}}"#)
}

#[tokio::test]
async fn a_post_is_a_container_that_is_published_when_it_is_ready() {
    let (fake, connector) = start().await;
    let url = Some("https://www.threads.com/p/abc/".to_owned());
    let posted = Posted { url, id: Some("17920238422030506".to_owned()) };
    assert_eq!(send(connector.as_ref(), &post()).await, Ok(posted));
    insta::assert_snapshot!(told(&fake));
}

#[tokio::test]
async fn a_post_is_removed() {
    let (fake, connector) = start().await;
    assert_eq!(connector.remove("17920238422030506").await, Ok(()));
    assert_eq!(fake.calls(), [format!("DELETE {POST}")]);
    fake.reply(POST, Reply::With(400, &[], r#"{"error":{"message":"No","code":190}}"#));
    assert_eq!(in_short(connector.remove("17920238422030506").await).1, RECONNECT);
}

#[tokio::test]
async fn a_post_that_is_nowhere_is_removed_if_the_account_is_seen() {
    let (fake, connector) = start().await;
    fake.reply(POST, nowhere()).reply(POST, nowhere());
    assert_eq!(connector.remove("17920238422030506").await, Ok(()));
    assert_eq!(fake.calls(), [format!("DELETE {POST}"), format!("GET {POST}"), format!("GET {ME}")]);
    // It may be read, and not be removed; or nothing may be read.
    fake.reply(POST, nowhere());
    assert_eq!(in_short(connector.remove("17920238422030506").await).0, "final");
    fake.reply(POST, nowhere()).reply(POST, nowhere()).reply(ME, nowhere());
    assert_eq!(in_short(connector.remove("17920238422030506").await).0, "final");
}

#[tokio::test]
async fn a_long_text_is_shortened_to_500_characters_of_which_emoji_are_their_bytes() {
    let (fake, connector) = start().await;
    let long = Post { description: "🗼".repeat(200), ..post() };
    send(connector.as_ref(), &long).await.expect("posted");
    let text = fake.seen()[0].field("text").expect("a text");
    // The ellipsis is one, of three bytes.
    assert!(text.len() <= 502 && text.len() > 490 && text.ends_with(&post().link), "{}", text.len());
    let chinese = Post { description: "塔".repeat(400), ..post() };
    let (fake, connector) = start().await;
    send(connector.as_ref(), &chinese).await.expect("posted");
    let text = fake.seen()[0].field("text").expect("a text");
    assert!(text.starts_with(&chinese.description), "{text}");
}

#[tokio::test]
async fn what_others_wrote_is_nothing_but_text() {
    crate::deliver::contract::names_nobody(start).await;
}
