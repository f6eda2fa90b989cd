//! The connector against a receiver that checks what it is sent, as the libraries of Standard Webhooks do.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http::Method;
use serde_json::json;
use sha2::Sha256;

use crate::deliver::contract::told;
use crate::deliver::fake_server::{FakeServer, Reply, Seen, account, connector, in_short, post, send};
use crate::deliver::{Platform, Posted};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

async fn start() -> (FakeServer, Arc<dyn Platform>) {
    let fake = FakeServer::answering(|_: &Method, _| Reply::With(204, &[], "")).await;
    let server = fake.url.join("shares?site=1").expect("an address");
    let connector = connector(account("webhook", server, "intranet", SECRET), Duration::from_secs(30));
    (fake, connector.expect("an account"))
}

/// Checks a signature as a receiver does.
fn is_signed(id: &str, time: &str, body: &[u8], signature: &str) -> bool {
    let key = STANDARD.decode(&SECRET["whsec_".len()..]).expect("base64");
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key");
    mac.update(format!("{id}.{time}.").as_bytes());
    mac.update(body);
    let signature =
        STANDARD.decode(signature.strip_prefix("v1,").expect("the first version")).expect("base64");
    mac.verify_slice(&signature).is_ok()
}

fn check_signature(seen: &Seen) {
    let [id, time, signature] = ["webhook-id", "webhook-timestamp", "webhook-signature"]
        .map(|name| seen.headers[name].to_str().expect("text").to_owned());
    assert!(is_signed(&id, &time, &seen.body, &signature));
    assert!(!is_signed(&id, &time, b"{}", &signature));
    let now = crate::clock::Clock::now(&crate::clock::SystemClock).as_second();
    assert!(now.abs_diff(time.parse().expect("seconds")) < 300);
}

#[test]
fn the_test_checks_as_the_specification_does() {
    // The example of the reference libraries.
    let (id, time, body) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", br#"{"test": 2432232314}"#);
    assert!(is_signed(id, time, body, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
}

#[tokio::test]
async fn a_post_is_one_signed_request_that_carries_everything() {
    let (fake, connector) = start().await;
    let posted = Posted { url: None, id: Some("one-delivery".to_owned()) };
    assert_eq!(send(connector.as_ref(), &post()).await, Ok(posted));
    check_signature(&fake.seen()[0]);
    insta::assert_snapshot!(told(&fake));
}

#[tokio::test]
async fn a_receiver_may_say_where_the_post_is() {
    let (fake, connector) = start().await;
    fake.reply("/shares", Reply::With(201, &[], r#"{"id":7,"url":"https://example.org/7"}"#));
    let posted = Posted { url: Some("https://example.org/7".to_owned()), id: Some("7".to_owned()) };
    assert_eq!(send(connector.as_ref(), &post()).await, Ok(posted));
    fake.reply("/shares", Reply::With(200, &[], r#"{"url":"javascript:alert(1)"}"#));
    assert_eq!(send(connector.as_ref(), &post()).await.map(|posted| posted.url), Ok(None));
}

#[tokio::test]
async fn each_answer_means_one_thing() {
    for (reply, kind, reason, seconds) in [
        (Reply::With(401, &[], ""), "final", "must be connected again", None),
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
async fn a_removal_is_signed_too() {
    let (fake, connector) = start().await;
    assert_eq!(connector.remove("7").await, Ok(()));
    let seen = fake.seen();
    check_signature(&seen[0]);
    assert_eq!(seen[0].headers["webhook-id"], "deleted-7");
    assert_eq!(
        (&seen[0].json()["type"], &seen[0].json()["data"]),
        (&"share.deleted".into(), &json!({"id": "7"}))
    );
    fake.reply("/shares", Reply::With(410, &[], ""));
    let (kind, said, _) = in_short(connector.remove("7").await);
    assert_eq!(kind, "final", "nobody has heard of the removal: {said}");
}

#[test]
fn a_secret_that_is_none_is_refused() {
    for secret in ["secret", "whsec_", "whsec_abc", "whsec_AAAA"] {
        let server = "https://example.org/shares".parse().expect("an address");
        let refused = connector(account("webhook", server, "intranet", secret), Duration::from_secs(1));
        assert_eq!(refused.err().map(|error| error.key), Some("token"), "{secret}");
    }
}
