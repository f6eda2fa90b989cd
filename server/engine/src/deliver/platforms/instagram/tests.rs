//! What is Instagram's own, against a server that answers as the documentation says; the rest is tested in `containers`.

use std::sync::Arc;
use std::time::Duration;

use cutline_model::Size;
use http::Method;

use crate::deliver::contract::told;
use crate::deliver::fake_server::{FakeServer, Reply, account, connector, in_short, post, send};
use crate::deliver::{Platform, Post, Posted};

fn well(method: &Method, path: &str) -> Reply {
    let body = match (method, path) {
        (&Method::POST, "/v25.0/17841405822304914/media") => r#"{"id":"17889455560051444"}"#,
        (_, "/v25.0/17889455560051444") => r#"{"status_code":"FINISHED","id":"17889455560051444"}"#,
        (_, "/v25.0/17841405822304914/media_publish") => r#"{"id":"17920238422030506"}"#,
        _ => r#"{"permalink":"https://www.instagram.com/p/abc/","id":"17920238422030506"}"#,
    };
    Reply::With(200, &[], body)
}

async fn start() -> (FakeServer, Arc<dyn Platform>) {
    let fake = FakeServer::answering(well).await;
    let account = account("instagram", fake.url.clone(), "17841405822304914", "THAA1");
    (fake, connector(account, Duration::from_secs(30)).expect("an account"))
}

#[tokio::test]
async fn a_post_is_a_container_that_is_published_when_it_is_ready() {
    let (fake, connector) = start().await;
    let url = Some("https://www.instagram.com/p/abc/".to_owned());
    let posted = Posted { url, id: Some("17920238422030506".to_owned()) };
    assert_eq!(send(connector.as_ref(), &post()).await, Ok(posted));
    insta::assert_snapshot!(told(&fake));
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
        let size = Size::new(width, height).expect("not empty");
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

#[tokio::test]
async fn what_others_wrote_is_nothing_but_text() {
    crate::deliver::contract::names_nobody(start).await;
}
