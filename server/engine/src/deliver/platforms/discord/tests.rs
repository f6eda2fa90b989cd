//! The connector against a server that answers as the documentation says.

use std::sync::Arc;
use std::time::Duration;

use http::Method;

use crate::deliver::contract::told;
use crate::deliver::fake_server::{FakeServer, Reply, account, connector, in_short, post, send};
use crate::deliver::{Platform, Posted};

const WEBHOOK: &str = "/api/webhooks/1234/secret-token";

fn well(method: &Method, _: &str) -> Reply {
    match *method {
        Method::GET => Reply::With(200, &[], r#"{"id":"1234","guild_id":"1","channel_id":"2"}"#),
        Method::POST => Reply::With(200, &[], r#"{"id":"99","channel_id":"2","content":"x"}"#),
        _ => Reply::With(204, &[], ""),
    }
}

async fn start() -> (FakeServer, Arc<dyn Platform>) {
    let fake = FakeServer::answering(well).await;
    let server = fake.url.join(WEBHOOK).expect("an address");
    let account = account("discord", server.clone(), "#pictures", server.as_str());
    (fake, connector(account, Duration::from_secs(30)).expect("an account"))
}

#[tokio::test]
async fn a_post_is_one_request_that_calls_nobody() {
    let (fake, connector) = start().await;
    let url = Some("https://discord.com/channels/1/2/99".to_owned());
    assert_eq!(send(connector.as_ref(), &post()).await, Ok(Posted { url, id: Some("99".to_owned()) }));
    insta::assert_snapshot!(told(&fake));
}

#[tokio::test]
async fn each_documented_answer_means_one_thing() {
    let reconnect = "The site's account at 127.0.0.1 must be connected again.";
    for (reply, kind, reason, seconds) in [
        (Reply::With(404, &[], r#"{"message":"Unknown Webhook","code":10015}"#), "final", reconnect, None),
        (
            Reply::With(401, &[], r#"{"message":"Invalid Webhook Token","code":50027}"#),
            "final",
            reconnect,
            None,
        ),
        (
            Reply::With(413, &[], r#"{"message":"Request entity too large","code":40005}"#),
            "final",
            "Request entity too large",
            None,
        ),
        (
            Reply::With(400, &[], r#"{"message":"Invalid Form Body","code":50035,"errors":{}}"#),
            "final",
            "Invalid Form Body",
            None,
        ),
        (
            Reply::With(
                429,
                &[],
                r#"{"message":"You are being rate limited.","retry_after":64.57,"global":false}"#,
            ),
            "passing",
            "asks for a pause",
            Some(64),
        ),
        (Reply::With(502, &[], ""), "unknown", "Look there first", None),
        (Reply::With(204, &[], ""), "unknown", "Look there first", None),
        (Reply::Drop, "unknown", "Look there first", None),
    ] {
        let (fake, connector) = start().await;
        let label = format!("{reply:?}");
        // The first question is where the channel is.
        fake.reply(WEBHOOK, Reply::With(500, &[], "")).reply(WEBHOOK, reply);
        let (found, said, wait) = in_short(send(connector.as_ref(), &post()).await);
        assert_eq!((found, wait), (kind, seconds), "{label}: {said}");
        assert!(said.contains(reason), "{label}: {said}");
    }
}

#[tokio::test]
async fn a_message_is_removed() {
    let (fake, connector) = start().await;
    assert_eq!(connector.remove("99").await, Ok(()));
    assert_eq!(fake.calls(), [format!("DELETE {WEBHOOK}/messages/99")]);
    fake.reply(
        &format!("{WEBHOOK}/messages/99"),
        Reply::With(404, &[], r#"{"message":"Unknown Message","code":10008}"#),
    );
    assert_eq!(connector.remove("99").await, Ok(()), "what is not there is removed");
    fake.reply(
        &format!("{WEBHOOK}/messages/99"),
        Reply::With(404, &[], r#"{"message":"Unknown Webhook","code":10015}"#),
    );
    let (kind, said, _) = in_short(connector.remove("99").await);
    assert_eq!(kind, "final", "the message stays where its webhook is gone: {said}");
}

#[tokio::test]
async fn its_secret_address_is_in_no_message() {
    let (fake, _) = start().await;
    let mut server = fake.url.join(WEBHOOK).expect("an address");
    let free = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port")
        .local_addr()
        .expect("its address");
    server.set_port(Some(free.port())).expect("a port");
    let account = account("discord", server.clone(), "#pictures", server.as_str());
    let connector = connector(account, Duration::from_secs(30)).expect("an account");
    let error = send(connector.as_ref(), &post()).await.expect_err("nobody listens there");
    assert!(!format!("{error:?}").contains("secret-token"), "{error:?}");

    // As programs that stand before a server say it.
    let (fake, connector) = start().await;
    let named = r#"{"message":"Cannot POST /api/webhooks/1234/secret-token"}"#;
    fake.reply(WEBHOOK, well(&Method::GET, WEBHOOK)).reply(WEBHOOK, Reply::With(400, &[], named));
    let error = send(connector.as_ref(), &post()).await.expect_err("refused");
    assert!(error.to_string().contains("Cannot POST /api/webhooks/1234/***"), "{error:?}");
    assert!(!format!("{error:?}").contains("secret-token"), "{error:?}");
}

#[test]
fn what_is_no_webhooks_address_is_refused() {
    for address in [
        "https://discord.com/",
        "https://discord.com/api/webhooks/1234",
        "https://discord.com/api/webhooks/1234/",
    ] {
        let server: url::Url = address.parse().expect("an address");
        let refused = connector(account("discord", server, "#pictures", address), Duration::from_secs(1));
        assert_eq!(refused.err().map(|error| error.key), Some("token"), "{address}");
    }
}

#[tokio::test]
async fn what_others_wrote_is_nothing_but_text() {
    crate::deliver::contract::hostile(
        start,
        &["\\[x\\]\\(http://words.example\\)", "\\!\\[p\\]\\(\\)", "\\<\\!channel\\>", "\\<a href="],
        &["@everyone", "@bob", "evil.example"],
    )
    .await;
}
