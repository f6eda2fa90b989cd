//! The connector against a server that answers as the documentation says.

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use serde_json::json;

use crate::deliver::contract::told;
use crate::deliver::fake_server::{FakeServer, Reply, account, connector, in_short, post, send};
use crate::deliver::{Account, Platform, Posted, Sighting, Visibility};

const UPLOAD: &str = "/api/drive/files/create";
const NOTE: &str = "/api/notes/create";
const NOTES: &str = "/api/users/notes";

fn well(_: &Method, path: &str) -> Reply {
    match path {
        "/api/meta" => Reply::With(200, &[], r#"{"maxNoteTextLength":60}"#),
        UPLOAD => Reply::With(200, &[], r#"{"id":"9file","name":"clipping.jpg"}"#),
        NOTE => Reply::With(200, &[], r#"{"createdNote":{"id":"9note","text":"x"}}"#),
        "/api/i" => Reply::With(200, &[], r#"{"id":"9alice"}"#),
        NOTES => Reply::With(200, &[], "[]"),
        _ => Reply::With(204, &[], ""),
    }
}

async fn start() -> (FakeServer, Arc<dyn Platform>) {
    let fake = FakeServer::answering(well).await;
    let account = account("misskey", fake.url.clone(), "alice@misskey.example", "secret-token");
    let account = Account { visibility: Visibility::Unlisted, ..account };
    (fake, connector(account, Duration::from_secs(30)).expect("an account"))
}

fn posted(fake: &FakeServer) -> Posted {
    Posted { url: Some(format!("{}notes/9note", fake.url)), id: Some("9note".to_owned()) }
}

#[tokio::test]
async fn a_post_is_a_file_in_the_drive_and_a_note() {
    let (fake, connector) = start().await;
    assert_eq!(send(connector.as_ref(), &post()).await, Ok(posted(&fake)));
    insta::assert_snapshot!(told(&fake));
}

#[tokio::test]
async fn the_longest_text_is_what_the_server_tells() {
    let (fake, connector) = start().await;
    for _ in 0..2 {
        connector.prepare().await.expect("told");
        assert_eq!(connector.limits().await.text.max, 60);
    }
    assert_eq!(fake.calls().len(), 1, "it is asked once");
}

#[tokio::test]
async fn each_documented_answer_means_one_thing() {
    let reconnect = "The site's account at 127.0.0.1 must be connected again.";
    for (path, reply, kind, reason) in [
        (
            UPLOAD,
            Reply::With(
                401,
                &[],
                r#"{"error":{"message":"Credential required.","code":"CREDENTIAL_REQUIRED"}}"#,
            ),
            "final",
            reconnect,
        ),
        (
            UPLOAD,
            Reply::With(
                403,
                &[],
                r#"{"error":{"message":"Authentication failed.","code":"AUTHENTICATION_FAILED"}}"#,
            ),
            "final",
            reconnect,
        ),
        (
            UPLOAD,
            Reply::With(
                400,
                &[],
                r#"{"error":{"message":"Cannot upload the file because you have no free space of drive.","code":"NO_FREE_SPACE"}}"#,
            ),
            "final",
            "no free space",
        ),
        (
            UPLOAD,
            Reply::With(
                413,
                &[],
                r#"{"error":{"message":"Cannot upload the file because it exceeds the maximum file size.","code":"MAX_FILE_SIZE_EXCEEDED"}}"#,
            ),
            "final",
            "maximum file size",
        ),
        (
            NOTE,
            Reply::With(400, &[], r#"{"error":{"message":"Invalid param.","code":"INVALID_PARAM"}}"#),
            "final",
            "Invalid param",
        ),
        (
            NOTE,
            Reply::With(
                429,
                &[],
                r#"{"error":{"message":"Rate limit exceeded. Please try again later.","code":"RATE_LIMIT_EXCEEDED"}}"#,
            ),
            "passing",
            "asks for a pause",
        ),
        (
            NOTE,
            Reply::With(
                500,
                &[],
                r#"{"error":{"message":"Internal error occurred.","code":"INTERNAL_ERROR"}}"#,
            ),
            "unknown",
            "Look there first",
        ),
        (NOTE, Reply::With(200, &[], "{}"), "unknown", "Look there first"),
        (NOTE, Reply::Drop, "unknown", "Look there first"),
    ] {
        let (fake, connector) = start().await;
        let label = format!("{path} {reply:?}");
        fake.reply(path, reply);
        let (found, said, _) = in_short(send(connector.as_ref(), &post()).await);
        assert_eq!(found, kind, "{label}: {said}");
        assert!(said.contains(reason), "{label}: {said}");
    }
}

#[tokio::test]
async fn a_note_is_found_by_its_link() {
    let (fake, connector) = start().await;
    let since = "2026-11-23T12:00:00Z".parse().expect("a time");
    let newer = r#"[{"id":"9z","text":null,"createdAt":"2026-11-23T12:00:09.000Z"}]"#;
    let ours = r#"[{"id":"9note","text":"The\n\nhttps://c.example/s/0123456789abcdef","createdAt":"2026-11-23T12:00:00.000Z"}]"#;
    fake.reply(NOTES, Reply::With(200, &[], newer)).reply(NOTES, Reply::With(200, &[], ours));
    assert_eq!(connector.find(&post().link, since).await, Ok(Sighting::There(posted(&fake))));
    assert_eq!(
        fake.seen()[2].json(),
        json!({"userId": "9alice", "limit": 100, "withFiles": true, "untilId": "9z"})
    );
    assert_eq!(connector.find(&post().link, since).await, Ok(Sighting::NotThere));
}

#[tokio::test]
async fn a_note_is_removed() {
    const DELETE: &str = "/api/notes/delete";
    let (fake, connector) = start().await;
    assert_eq!(connector.remove("9note").await, Ok(()));
    assert_eq!(fake.seen()[0].json(), json!({"noteId": "9note"}));
    fake.reply(
        DELETE,
        Reply::With(400, &[], r#"{"error":{"message":"No such note.","code":"NO_SUCH_NOTE"}}"#),
    );
    assert_eq!(connector.remove("9note").await, Ok(()), "what is not there is removed");
}

/// A page in place of the list, and a list that is longer than what is read: the post may be on it.
#[tokio::test]
async fn a_list_that_cannot_be_read_tells_nothing() {
    let (fake, connector) = start().await;
    let since = "2026-11-23T12:00:00Z".parse().expect("a time");
    let long = format!(r#"[{{"id":"9a","text":"{}"}}]"#, "a".repeat(1 << 20));
    for body in ["<html>", "{}", &*long] {
        fake.reply(NOTES, Reply::With(200, &[], body.to_owned().leak()));
        let sighting = connector.find(&post().link, since).await;
        assert!(matches!(sighting, Ok(Sighting::CannotTell { .. })), "{sighting:?}");
    }
}

#[tokio::test]
async fn a_file_is_removed_from_the_drive() {
    const DELETE: &str = "/api/drive/files/delete";
    let (fake, connector) = start().await;
    assert_eq!(connector.discard("9file").await, Ok(()));
    assert_eq!(
        (&*fake.calls()[0], fake.seen()[0].json()),
        ("POST /api/drive/files/delete", json!({"fileId": "9file"}))
    );
    fake.reply(
        DELETE,
        Reply::With(400, &[], r#"{"error":{"message":"No such file.","code":"NO_SUCH_FILE"}}"#),
    );
    assert_eq!(connector.discard("9file").await, Ok(()), "what is not there is removed");
    fake.reply(DELETE, Reply::With(400, &[], r#"{"error":{"message":"Denied.","code":"ACCESS_DENIED"}}"#));
    assert_eq!(in_short(connector.discard("9file").await).0, "final");
}

#[tokio::test]
async fn what_others_wrote_is_nothing_but_text() {
    crate::deliver::contract::hostile(
        async || {
            let (fake, connector) = start().await;
            fake.reply("/api/meta", Reply::With(200, &[], r#"{"maxNoteTextLength":3000}"#));
            (fake, connector)
        },
        &["http://words.example"],
        &["@everyone", "@bob", "evil.example", "$[", "](", "<a href", "</a"],
    )
    .await;
}
