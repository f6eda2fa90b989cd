//! The connector against a server that records what it is sent.

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use serde_json::json;

use crate::deliver::fake_server::{FakeServer, Reply, account, connector, in_short, post, send};
use crate::deliver::{Platform, Post, Posted, Sighting};

const CONFIG: &str = "/_matrix/client/v1/media/config";
const UPLOAD: &str = "/_matrix/media/v3/upload";
const ROOM: &str = "/_matrix/client/v3/directory/room/%23pictures:example.org";
const SEND: &str = "/_matrix/client/v3/rooms/!room:example.org/send/m.room.message/one-delivery";
const MESSAGES: &str = "/_matrix/client/v3/rooms/!room:example.org/messages";

/// What a homeserver answers when all is well.
fn well(_: &Method, path: &str) -> Reply {
    match path {
        CONFIG => Reply::With(200, &[], r#"{"m.upload.size":10485760}"#),
        ROOM => Reply::With(200, &[], r#"{"room_id":"!room:example.org","servers":["example.org"]}"#),
        UPLOAD => Reply::With(200, &[], r#"{"content_uri":"mxc://example.org/abc"}"#),
        "/_matrix/client/v3/account/whoami" => Reply::With(200, &[], r#"{"user_id":"@bot:example.org"}"#),
        MESSAGES => Reply::With(200, &[], r#"{"chunk":[],"start":"s"}"#),
        _ => Reply::With(200, &[], r#"{"event_id":"$event"}"#),
    }
}

async fn start() -> (FakeServer, Arc<dyn Platform>) {
    let fake = FakeServer::answering(well).await;
    let account = account("matrix", fake.url.clone(), "#pictures:example.org", "secret-token");
    let connector = connector(account, Duration::from_secs(30)).expect("an account");
    (fake, connector)
}

fn posted() -> Posted {
    let url = Some("https://matrix.to/#/!room:example.org/$event".to_owned());
    Posted { url, id: Some("$event".to_owned()) }
}

#[tokio::test]
async fn a_post_is_an_upload_and_a_message_into_the_room() {
    let (fake, connector) = start().await;
    let post = Post { credit: "Ada · CC0".to_owned(), description: "Hello @room".to_owned(), ..post() };
    assert_eq!(send(connector.as_ref(), &post).await, Ok(posted()));
    let seen = fake.seen().split_off(1);
    // What the message must name is asked before the picture goes.
    assert_eq!(
        fake.calls(),
        [format!("GET {CONFIG}"), format!("GET {ROOM}"), format!("POST {UPLOAD}"), format!("PUT {SEND}")]
    );
    assert!(seen.iter().all(|seen| seen.headers["authorization"] == "Bearer secret-token"));
    assert_eq!((seen[1].query.as_str(), &seen[1].body), ("filename=clipping.jpg", &post.bytes));
    assert_eq!(
        seen[2].json(),
        json!({
            "msgtype": "m.image",
            "body": "Hello @\u{2060}room\n\n[A white lighthouse]\n\nAda · CC0\n\nhttps://c.example/s/0123456789abcdef",
            "filename": "clipping.jpg",
            "url": "mxc://example.org/abc",
            "info": {"mimetype": "image/jpeg", "size": post.bytes.len(), "w": 640, "h": 480},
            "m.mentions": {},
        })
    );
}

#[tokio::test]
async fn the_largest_picture_is_what_the_homeserver_tells() {
    let (fake, connector) = start().await;
    connector.prepare().await.expect("told");
    assert_eq!(connector.limits().await.picture.max_bytes, Some(10 << 20));
    let (old, connector_of_old) = start().await;
    old.reply(
        CONFIG,
        Reply::With(404, &[], r#"{"errcode":"M_UNRECOGNIZED","error":"Unrecognized request"}"#),
    );
    old.reply("/_matrix/media/v3/config", Reply::With(200, &[], r#"{"m.upload.size":99}"#));
    connector_of_old.prepare().await.expect("told");
    assert_eq!(connector_of_old.limits().await.picture.max_bytes, Some(99));
    assert_eq!(fake.calls(), [format!("GET {CONFIG}"), format!("GET {ROOM}")]);
    connector.prepare().await.expect("told");
    assert_eq!(connector.limits().await.picture.max_bytes, Some(10 << 20));
    assert_eq!(fake.calls().len(), 2, "all is asked once");
}

#[tokio::test]
async fn each_answer_means_one_thing() {
    let reconnect = "The site's account at 127.0.0.1 must be connected again.";
    for (path, reply, kind, reason, seconds) in [
        (
            UPLOAD,
            Reply::With(401, &[], r#"{"errcode":"M_UNKNOWN_TOKEN","error":"Invalid access token passed."}"#),
            "final",
            reconnect,
            None,
        ),
        (
            UPLOAD,
            Reply::With(403, &[], r#"{"errcode":"M_USER_LOCKED","error":"locked"}"#),
            "final",
            reconnect,
            None,
        ),
        (
            UPLOAD,
            Reply::With(413, &[], r#"{"errcode":"M_TOO_LARGE","error":"Upload request body is too large"}"#),
            "final",
            "refused the post: Upload request body is too large",
            None,
        ),
        (
            UPLOAD,
            Reply::With(200, &[], r#"{"content_uri":"https://evil.example/"}"#),
            "passing",
            "did not answer as a Matrix server",
            None,
        ),
        (
            ROOM,
            Reply::With(404, &[], r#"{"errcode":"M_NOT_FOUND","error":"Room alias not found"}"#),
            "final",
            "Room alias not found",
            None,
        ),
        (
            SEND,
            Reply::With(403, &[], r#"{"errcode":"M_FORBIDDEN","error":"User @bot not in room"}"#),
            "final",
            "not in room",
            None,
        ),
        (
            SEND,
            Reply::With(
                429,
                &[],
                r#"{"errcode":"M_LIMIT_EXCEEDED","error":"Too Many Requests","retry_after_ms":2500}"#,
            ),
            "passing",
            "asks for a pause",
            Some(2),
        ),
        (
            SEND,
            Reply::With(500, &[], r#"{"errcode":"M_UNKNOWN","error":"Internal server error"}"#),
            "unknown",
            "Look there first",
            None,
        ),
        (SEND, Reply::With(502, &[], "<html>"), "unknown", "Look there first", None),
        (SEND, Reply::With(200, &[], "{}"), "unknown", "Look there first", None),
        (SEND, Reply::Drop, "unknown", "Look there first", None),
    ] {
        let (fake, connector) = start().await;
        let label = format!("{path} {reply:?}");
        fake.reply(path, reply);
        let (found, said, wait) = in_short(send(connector.as_ref(), &post()).await);
        assert_eq!((found, wait), (kind, seconds), "{label}: {said}");
        assert!(said.contains(reason), "{label}: {said}");
    }
}

#[tokio::test]
async fn a_message_is_found_by_its_link() {
    let (fake, connector) = start().await;
    let since = "2026-11-23T12:00:00Z".parse().expect("a time");
    let page = r#"{"end":"e","chunk":[{"event_id":"$other","origin_server_ts":1795435300000,"content":{"msgtype":"m.image","body":"https://c.example/s/0123456789abcdefg"}},{"event_id":"$by-hand","origin_server_ts":1795435290000,"content":{"msgtype":"m.text","body":"See https://c.example/s/0123456789abcdef"}}]}"#;
    let ours = r#"{"end":"f","chunk":[{"event_id":"$event","origin_server_ts":1795435200000,"content":{"msgtype":"m.image","body":"The\n\nhttps://c.example/s/0123456789abcdef"}}]}"#;
    fake.reply(MESSAGES, Reply::With(200, &[], page)).reply(MESSAGES, Reply::With(200, &[], ours));
    assert_eq!(connector.find(&post().link, since).await, Ok(Sighting::There(posted())));
    let seen = fake.seen();
    let filter = r#"{"senders":["@bot:example.org"],"types":["m.room.message"]}"#;
    let query: Vec<(String, String)> =
        url::form_urlencoded::parse(seen[3].query.as_bytes()).into_owned().collect();
    let expected = [("dir", "b"), ("limit", "100"), ("filter", filter), ("from", "e")];
    assert_eq!(query, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
    // A page on which the homeserver filtered everything out is not the end; one that names no next one is.
    fake.reply(MESSAGES, Reply::With(200, &[], r#"{"chunk":[],"end":"g"}"#));
    assert_eq!(connector.find(&post().link, since).await, Ok(Sighting::NotThere));
}

#[tokio::test]
async fn a_message_is_taken_back() {
    let (fake, connector) = start().await;
    assert_eq!(connector.remove("$event").await, Ok(()));
    let path = "/_matrix/client/v3/rooms/!room:example.org/redact/$event/remove-event";
    assert_eq!(fake.calls()[1], format!("PUT {path}"));
    fake.reply(path, Reply::With(404, &[], r#"{"errcode":"M_NOT_FOUND","error":"Event not found"}"#));
    assert_eq!(connector.remove("$event").await, Ok(()), "what is not there is removed");
    fake.reply(path, Reply::With(403, &[], r#"{"errcode":"M_FORBIDDEN","error":"not allowed"}"#));
    assert_eq!(in_short(connector.remove("$event").await).0, "final");
}

/// A page in place of the list, and a list that is longer than what is read: the post may be on it.
#[tokio::test]
async fn a_list_that_cannot_be_read_tells_nothing() {
    let (fake, connector) = start().await;
    let since = "2026-11-23T12:00:00Z".parse().expect("a time");
    let long = format!(r#"{{"chunk":[{{"event_id":"{}"}}]}}"#, "a".repeat(1 << 20));
    for body in ["<html>", "{}", &*long] {
        fake.reply(MESSAGES, Reply::With(200, &[], body.to_owned().leak()));
        let sighting = connector.find(&post().link, since).await;
        assert!(matches!(sighting, Ok(Sighting::CannotTell { .. })), "{sighting:?}");
    }
}

#[tokio::test]
async fn what_others_wrote_is_nothing_but_text() {
    crate::deliver::contract::names_nobody(start).await;
}

/// With another token the same transaction id would be another event.
#[tokio::test]
async fn a_repetition_is_known_by_the_token_that_sent_the_first() {
    let (fake, connector) = start().await;
    let upload = connector.upload(&post()).await.expect("uploaded");
    assert!(upload.starts_with("mxc://example.org/abc ") && !upload.contains("secret"), "{upload}");
    assert_eq!(connector.knows_repetitions_for(Some(&upload)).await, Duration::from_secs(25 * 60));
    let other = account("matrix", fake.url.clone(), "#pictures:example.org", "another-token");
    let other = crate::deliver::fake_server::connector(other, Duration::from_secs(30)).expect("an account");
    for kept in [Some(upload.as_str()), Some("mxc://example.org/abc"), None] {
        assert_eq!(other.knows_repetitions_for(kept).await, Duration::ZERO, "{kept:?}");
    }
    other.publish(&post(), &upload).await.expect("posted");
    assert_eq!(fake.seen().last().expect("sent").json()["url"], "mxc://example.org/abc");
}
