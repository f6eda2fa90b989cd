//! The connector against a service that records what it is sent.

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use serde_json::json;

use crate::deliver::contract::told;
use crate::deliver::fake_server::{FakeServer, Reply, account, connector, in_short, post, send};
use crate::deliver::{Platform, Posted};

async fn start() -> (FakeServer, Arc<dyn Platform>) {
    let fake = FakeServer::answering(|_: &Method, _| Reply::With(204, &[], "")).await;
    let server = fake.url.join("shares").expect("an address");
    let connector = connector(account("service", server, "alice", "the-token"), Duration::from_secs(30));
    (fake, connector.expect("an account"))
}

#[tokio::test]
async fn a_post_is_what_a_webhook_gets_in_the_accounts_name() {
    let (fake, connector) = start().await;
    let posted = Posted { url: None, id: Some("one-delivery".to_owned()) };
    assert_eq!(send(connector.as_ref(), &post()).await, Ok(posted));
    insta::assert_snapshot!(told(&fake));
    fake.reply("/shares", Reply::With(201, &[], r#"{"id":7,"url":"https://example.org/7"}"#));
    let posted = Posted { url: Some("https://example.org/7".to_owned()), id: Some("7".to_owned()) };
    assert_eq!(send(connector.as_ref(), &post()).await, Ok(posted));
}

#[tokio::test]
async fn each_answer_means_one_thing() {
    for (reply, kind, reason, seconds) in [
        (Reply::With(401, &[], r#"{"error":"invalid_token"}"#), "final", "must be connected again", None),
        (Reply::With(403, &[], ""), "final", "must be connected again", None),
        (Reply::With(410, &[], ""), "final", "must be connected again", None),
        (
            Reply::With(422, &[], r#"{"message":"no alt text"}"#),
            "final",
            "refused the post: no alt text",
            None,
        ),
        (Reply::With(429, &[("retry-after", "7")], ""), "passing", "asks for a pause", Some(7)),
        (Reply::With(503, &[("retry-after", "7")], ""), "passing", "problem at the moment", Some(7)),
        (Reply::With(500, &[], ""), "unknown", "Look there first", None),
        (Reply::Drop, "unknown", "Look there first", None),
    ] {
        let (fake, connector) = start().await;
        let label = format!("{reply:?}");
        fake.reply("/shares", reply);
        let (found, said, wait) = in_short(send(connector.as_ref(), &post()).await);
        assert_eq!((found, wait), (kind, seconds), "{label}: {said}");
        assert!(said.contains(reason), "{label}: {said}");
    }
}

#[tokio::test]
async fn a_removal_names_the_post() {
    let (fake, connector) = start().await;
    assert_eq!(connector.remove("7").await, Ok(()));
    let seen = &fake.seen()[0];
    assert_eq!(seen.headers["idempotency-key"], "deleted-7");
    assert_eq!((&seen.json()["type"], &seen.json()["data"]), (&"share.deleted".into(), &json!({"id": "7"})));
}
