//! The connector against a server that records what it is sent.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Method;
use serde_json::json;

use super::record::key_of;
use crate::deliver::fake_server::{FakeServer, Reply, account, connector, in_short, post, send};
use crate::deliver::{Platform, PostError, Posted, Sighting};

const CREATE: &str = "/xrpc/com.atproto.server.createSession";
const REFRESH: &str = "/xrpc/com.atproto.server.refreshSession";
const UPLOAD: &str = "/xrpc/com.atproto.repo.uploadBlob";
const PUT: &str = "/xrpc/com.atproto.repo.putRecord";
const LIST: &str = "/xrpc/com.atproto.repo.listRecords";
const EXPIRED: Reply = Reply::With(400, &[], r#"{"error":"ExpiredToken","message":"Token has expired"}"#);

/// What the data server answers when all is well.
fn well(_: &Method, path: &str) -> Reply {
    match path {
        CREATE => Reply::With(
            200,
            &[],
            r#"{"did":"did:plc:alice","handle":"alice.test","accessJwt":"access-1","refreshJwt":"refresh-1"}"#,
        ),
        REFRESH => Reply::With(
            200,
            &[],
            r#"{"did":"did:plc:alice","handle":"alice.test","accessJwt":"access-2","refreshJwt":"refresh-2"}"#,
        ),
        UPLOAD => Reply::With(
            200,
            &[],
            r#"{"blob":{"$type":"blob","ref":{"$link":"bafkrei"},"mimeType":"image/jpeg","size":23}}"#,
        ),
        PUT => Reply::With(200, &[], r#"{"uri":"at://did:plc:alice/app.bsky.feed.post/3l","cid":"bafyrei"}"#),
        _ => Reply::With(200, &[], "{}"),
    }
}

async fn start() -> (FakeServer, Arc<dyn Platform>) {
    let fake = FakeServer::answering(well).await;
    let account = account("bluesky", fake.url.clone(), "alice.test", "app-password");
    let connector = connector(account, Duration::from_secs(30)).expect("an account");
    (fake, connector)
}

fn bearer(fake: &FakeServer, path: &str) -> Vec<String> {
    let seen = fake.seen().into_iter().filter(|seen| seen.path == path);
    seen.map(|seen| seen.headers["authorization"].to_str().expect("text").to_owned()).collect()
}

#[tokio::test]
async fn a_post_is_a_session_a_blob_and_a_record() {
    let (fake, connector) = start().await;
    let key = key_of(&post());
    let url = Some(format!("https://bsky.app/profile/alice.test/post/{key}"));
    assert_eq!(send(connector.as_ref(), &post()).await, Ok(Posted { url, id: Some(key.clone()) }));
    let seen = fake.seen();
    let paths: Vec<&str> = seen.iter().map(|seen| seen.path.as_str()).collect();
    assert_eq!(paths, [CREATE, UPLOAD, PUT]);
    assert_eq!(seen[0].json(), json!({"identifier": "alice.test", "password": "app-password"}));
    assert!(!seen[0].headers.contains_key("authorization"));
    assert_eq!(
        (&seen[1].body, &seen[1].headers["content-type"]),
        (&post().bytes, &"image/jpeg".parse().expect("a value"))
    );
    let text = "The lighthouse\n\nhttps://c.example/s/0123456789abcdef";
    assert_eq!(
        seen[2].json(),
        json!({"repo": "did:plc:alice", "collection": "app.bsky.feed.post", "rkey": key, "record": {
            "$type": "app.bsky.feed.post",
            "text": text,
            "createdAt": "2026-11-23T12:00:00Z",
            "facets": [{
                "index": {"byteStart": 16, "byteEnd": 52},
                "features": [{"$type": "app.bsky.richtext.facet#link", "uri": "https://c.example/s/0123456789abcdef"}],
            }],
            "embed": {"$type": "app.bsky.embed.images", "images": [{
                "alt": "A white\nlighthouse",
                "image": {"$type": "blob", "ref": {"$link": "bafkrei"}, "mimeType": "image/jpeg", "size": 23},
                "aspectRatio": {"width": 640, "height": 480},
            }]},
        }})
    );
    assert_eq!(bearer(&fake, PUT), ["Bearer access-1"]);
}

#[tokio::test]
async fn a_session_that_has_ended_is_refreshed_once_for_all_who_need_it() {
    let (fake, connector) = start().await;
    send(connector.as_ref(), &post()).await.expect("posted");
    for _ in 0..8 {
        fake.reply(UPLOAD, EXPIRED);
    }
    let post = post();
    let uploads = (0..8).map(|_| connector.upload(&post));
    let uploads = futures_util::future::join_all(uploads).await;
    assert!(uploads.iter().all(Result::is_ok), "{uploads:?}");
    let calls = fake.calls();
    let count = |path: &str| calls.iter().filter(|call| call.ends_with(path)).count();
    assert_eq!((count(REFRESH), count(CREATE)), (1, 1), "{calls:?}");
    assert_eq!(bearer(&fake, REFRESH), ["Bearer refresh-1"]);
    assert_eq!(bearer(&fake, UPLOAD).iter().filter(|bearer| *bearer == "Bearer access-2").count(), 8);
}

#[tokio::test]
async fn a_session_that_cannot_be_refreshed_is_made_anew() {
    let (fake, connector) = start().await;
    connector.upload(&post()).await.expect("uploaded");
    fake.reply(UPLOAD, EXPIRED).reply(REFRESH, Reply::With(400, &[], r#"{"error":"ExpiredToken"}"#));
    connector.upload(&post()).await.expect("uploaded");
    let calls: Vec<String> = fake.calls()[2..].to_vec();
    assert_eq!(calls, [UPLOAD, REFRESH, CREATE, UPLOAD].map(|path| format!("POST {path}")));
    // A server in trouble is not asked for a new session: those are what it limits most.
    fake.reply(UPLOAD, EXPIRED).reply(REFRESH, Reply::With(503, &[], ""));
    assert!(matches!(connector.upload(&post()).await, Err(PostError::Passing { .. })));
    assert!(fake.calls().last().is_some_and(|call| call.ends_with(REFRESH)));
}

#[tokio::test]
async fn the_record_is_sent_in_a_session_that_lasts() {
    let (fake, connector) = start().await;
    let claims = URL_SAFE_NO_PAD.encode(r#"{"exp":1}"#);
    let session = format!(
        r#"{{"did":"did:plc:alice","handle":"alice.test","accessJwt":"x.{claims}.y","refreshJwt":"refresh-1"}}"#
    );
    fake.reply(CREATE, Reply::With(200, &[], session.leak()));
    send(connector.as_ref(), &post()).await.expect("posted");
    assert_eq!(bearer(&fake, PUT), ["Bearer access-2"]);
}

#[tokio::test]
async fn a_sessions_own_token_is_in_no_message() {
    let (fake, connector) = start().await;
    let repeats = r#"{"error":"InvalidRequest","message":"no such scope: access-1"}"#;
    fake.reply(UPLOAD, Reply::With(400, &[], repeats));
    let error = connector.upload(&post()).await.expect_err("refused");
    assert_eq!(error.to_string(), "127.0.0.1 refused the post: no such scope: ***");
    assert!(!format!("{error:?}").contains("access-1"), "{error:?}");
}

#[tokio::test]
async fn each_answer_means_one_thing() {
    let reconnect = "The site's account at 127.0.0.1 must be connected again.";
    for (path, reply, kind, reason, seconds) in [
        (
            CREATE,
            Reply::With(
                401,
                &[],
                r#"{"error":"AuthenticationRequired","message":"Invalid identifier or password"}"#,
            ),
            "final",
            reconnect,
            None,
        ),
        (CREATE, Reply::With(400, &[], r#"{"error":"InvalidToken"}"#), "final", reconnect, None),
        (
            CREATE,
            Reply::With(429, &[("retry-after", "288")], r#"{"error":"RateLimitExceeded"}"#),
            "passing",
            "asks for a pause",
            Some(288),
        ),
        (
            UPLOAD,
            Reply::With(413, &[], r#"{"error":"PayloadTooLarge","message":"request entity too large"}"#),
            "final",
            "refused the post: request entity too large",
            None,
        ),
        (
            UPLOAD,
            Reply::With(429, &[("ratelimit-reset", "99999999999")], "{}"),
            "passing",
            "asks for a pause",
            Some(3600),
        ),
        (UPLOAD, Reply::With(502, &[], "<html>"), "passing", "problem at the moment (502)", None),
        (UPLOAD, Reply::With(200, &[], "{}"), "passing", "did not answer as a Bluesky server", None),
        (UPLOAD, Reply::Drop, "passing", "cannot be reached", None),
        (
            PUT,
            Reply::With(
                400,
                &[],
                r#"{"error":"InvalidRequest","message":"grapheme too big (maximum 300, got 301)"}"#,
            ),
            "final",
            "grapheme too big",
            None,
        ),
        (
            PUT,
            Reply::With(500, &[], r#"{"error":"InternalServerError","message":"Internal Server Error"}"#),
            "unknown",
            "Look there first",
            None,
        ),
        (PUT, Reply::Drop, "unknown", "Look there first", None),
        (PUT, Reply::With(200, &[], "<html>"), "unknown", "Look there first", None),
    ] {
        let (fake, connector) = start().await;
        let label = format!("{path} {reply:?}");
        fake.reply(path, reply);
        let (found, said, wait) = in_short(send(connector.as_ref(), &post()).await);
        assert_eq!(found, kind, "{label}: {said}");
        assert!(said.contains(reason), "{label}: {said}");
        // A reset that lies far away is a wait, of whatever length; how long is waited at most is the worker's to say.
        assert_eq!(wait.map(|wait| wait.min(3600)), seconds, "{label}");
    }
}

#[tokio::test]
async fn a_post_is_found_by_its_link_and_missed_when_older_ones_come_up() {
    let (fake, connector) = start().await;
    let since = "2026-11-23T12:00:00Z".parse().expect("a time");
    let newer = r#"{"cursor":"c","records":[{"uri":"at://d/app.bsky.feed.post/3k","value":{"text":"https://c.example/s/0123456789abcdefg","createdAt":"2026-11-23T12:00:09Z"}}]}"#;
    let ours = r#"{"records":[{"uri":"at://d/app.bsky.feed.post/3l","value":{"text":"The\n\nhttps://c.example/s/0123456789abcdef","createdAt":"2026-11-23T12:00:00Z"}}]}"#;
    fake.reply(LIST, Reply::With(200, &[], newer)).reply(LIST, Reply::With(200, &[], ours));
    let there = Posted {
        url: Some("https://bsky.app/profile/alice.test/post/3l".to_owned()),
        id: Some("3l".to_owned()),
    };
    assert_eq!(connector.find(&post().link, since).await, Ok(Sighting::There(there)));
    assert_eq!(
        fake.seen()[2].query,
        "repo=did%3Aplc%3Aalice&collection=app.bsky.feed.post&limit=100&cursor=c"
    );
    let older = r#"{"cursor":"c","records":[{"uri":"at://d/p/3a","value":{"text":"","createdAt":"2026-11-23T11:00:00Z"}}]}"#;
    fake.reply(LIST, Reply::With(200, &[], older));
    assert_eq!(connector.find(&post().link, since).await, Ok(Sighting::NotThere));
    fake.reply(LIST, Reply::With(200, &[], r#"{"records":[]}"#));
    assert_eq!(connector.find(&post().link, since).await, Ok(Sighting::NotThere), "an account without posts");
}

#[tokio::test]
async fn a_post_is_removed_by_its_key() {
    let (fake, connector) = start().await;
    assert_eq!(connector.remove("3l").await, Ok(()));
    let body = json!({"repo": "did:plc:alice", "collection": "app.bsky.feed.post", "rkey": "3l"});
    assert_eq!(fake.seen()[1].json(), body);
}

/// A page in place of the list, and a list that is longer than what is read: the post may be on it.
#[tokio::test]
async fn a_list_that_cannot_be_read_tells_nothing() {
    let (fake, connector) = start().await;
    let since = "2026-11-23T12:00:00Z".parse().expect("a time");
    let long = format!(r#"{{"records":[{{"uri":"{}"}}]}}"#, "a".repeat(1 << 20));
    for body in ["<html>", "{}", &*long] {
        fake.reply(LIST, Reply::With(200, &[], body.to_owned().leak()));
        let sighting = connector.find(&post().link, since).await;
        assert!(matches!(sighting, Ok(Sighting::CannotTell { .. })), "{sighting:?}");
    }
}

#[tokio::test]
async fn what_others_wrote_is_nothing_but_text() {
    crate::deliver::contract::hostile(start, &["http://words.example"], &["evil.example"]).await;
}
