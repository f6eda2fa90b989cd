//! The connector against a server that answers as the documentation says.

use std::sync::Arc;
use std::time::Duration;

use crate::deliver::contract::told;
use crate::deliver::fake_server::{FakeServer, Reply, account, connector, in_short, post, send};
use crate::deliver::{Platform, Posted};

const SEND: &str = "/bot123:secret-token/sendPhoto";
const DELETE: &str = "/bot123:secret-token/deleteMessage";

async fn start() -> (FakeServer, Arc<dyn Platform>) {
    let fake = FakeServer::answering(|_, _| {
        Reply::With(
            200,
            &[],
            r#"{"ok":true,"result":{"message_id":7,"chat":{"id":-1001,"username":"pictures"}}}"#,
        )
    })
    .await;
    let account = account("telegram", fake.url.clone(), "@pictures", "123:secret-token");
    (fake, connector(account, Duration::from_secs(30)).expect("an account"))
}

#[tokio::test]
async fn a_post_is_one_request_with_all_words_in_the_caption() {
    let (fake, connector) = start().await;
    let url = Some("https://t.me/pictures/7".to_owned());
    assert_eq!(send(connector.as_ref(), &post()).await, Ok(Posted { url, id: Some("-1001 7".to_owned()) }));
    insta::assert_snapshot!(told(&fake));
}

#[tokio::test]
async fn a_group_that_has_another_number_is_posted_to_by_that() {
    let (fake, connector) = start().await;
    let moved = r#"{"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded to a supergroup chat","parameters":{"migrate_to_chat_id":-1001}}"#;
    fake.reply(SEND, Reply::With(400, &[], moved));
    for _ in 0..2 {
        let posted = send(connector.as_ref(), &post()).await.expect("posted");
        assert_eq!(posted.id.as_deref(), Some("-1001 7"));
    }
    let chats: Vec<_> = fake.seen().iter().filter_map(|seen| Some(seen.part("chat_id")?.1)).collect();
    assert_eq!(chats, ["@pictures", "-1001", "-1001"]);
    // No other is sent where that is refused too.
    let (fake, connector) = start().await;
    fake.reply(SEND, Reply::With(400, &[], moved)).reply(SEND, Reply::With(400, &[], moved));
    let (kind, said, _) = in_short(send(connector.as_ref(), &post()).await);
    assert!(kind == "final" && said.contains("upgraded to a supergroup"), "{said}");
    assert_eq!(fake.calls().len(), 2);
}

#[tokio::test]
async fn each_documented_answer_means_one_thing() {
    let reconnect = "The site's account at 127.0.0.1 must be connected again.";
    for (reply, kind, reason, seconds) in [
        (
            Reply::With(401, &[], r#"{"ok":false,"error_code":401,"description":"Unauthorized"}"#),
            "final",
            reconnect,
            None,
        ),
        (
            Reply::With(404, &[], r#"{"ok":false,"error_code":404,"description":"Not Found"}"#),
            "final",
            reconnect,
            None,
        ),
        (
            Reply::With(
                400,
                &[],
                r#"{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}"#,
            ),
            "final",
            "chat not found",
            None,
        ),
        (
            Reply::With(
                403,
                &[],
                r#"{"ok":false,"error_code":403,"description":"Forbidden: bot is not a member of the channel chat"}"#,
            ),
            "final",
            "not a member",
            None,
        ),
        (
            Reply::With(
                400,
                &[],
                r#"{"ok":false,"error_code":400,"description":"Bad Request: PHOTO_INVALID_DIMENSIONS"}"#,
            ),
            "final",
            "PHOTO_INVALID_DIMENSIONS",
            None,
        ),
        (
            Reply::With(
                413,
                &[],
                r#"{"ok":false,"error_code":413,"description":"Request Entity Too Large"}"#,
            ),
            "final",
            "Too Large",
            None,
        ),
        (
            Reply::With(
                429,
                &[],
                r#"{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 35","parameters":{"retry_after":35}}"#,
            ),
            "passing",
            "asks for a pause",
            Some(35),
        ),
        (
            Reply::With(200, &[], r#"{"ok":false,"error_code":400,"description":"Bad Request"}"#),
            "final",
            "Bad Request",
            None,
        ),
        (
            Reply::With(500, &[], r#"{"ok":false,"error_code":500,"description":"Internal Server Error"}"#),
            "unknown",
            "Look there first",
            None,
        ),
        (Reply::With(502, &[], "<html>"), "unknown", "Look there first", None),
        (Reply::Drop, "unknown", "Look there first", None),
    ] {
        let (fake, connector) = start().await;
        let label = format!("{reply:?}");
        fake.reply(SEND, reply);
        let (found, said, wait) = in_short(send(connector.as_ref(), &post()).await);
        assert_eq!((found, wait), (kind, seconds), "{label}: {said}");
        assert!(said.contains(reason) && !said.contains("secret"), "{label}: {said}");
    }
}

#[tokio::test]
async fn a_message_is_removed_from_where_it_is() {
    let (fake, connector) = start().await;
    assert_eq!(connector.remove("-1001 7").await, Ok(()));
    assert_eq!(fake.seen()[0].body, "chat_id=-1001&message_id=7");
    fake.reply(
        DELETE,
        Reply::With(
            400,
            &[],
            r#"{"ok":false,"error_code":400,"description":"Bad Request: message to delete not found"}"#,
        ),
    );
    assert_eq!(connector.remove("-1001 7").await, Ok(()), "what is not there is removed");
    fake.reply(
        DELETE,
        Reply::With(
            400,
            &[],
            r#"{"ok":false,"error_code":400,"description":"Bad Request: message can't be deleted"}"#,
        ),
    );
    assert_eq!(in_short(connector.remove("-1001 7").await).0, "final");
}

#[test]
fn what_is_no_bots_token_is_refused() {
    for token in ["secret", "123:", ":secret", "a123:secret", "123:se/cret"] {
        let server = "https://api.telegram.org".parse().expect("an address");
        let refused = connector(account("telegram", server, "@pictures", token), Duration::from_secs(1));
        assert_eq!(refused.err().map(|error| error.key), Some("token"), "{token}");
    }
}

#[tokio::test]
async fn what_others_wrote_is_nothing_but_text() {
    crate::deliver::contract::names_nobody(start).await;
}
