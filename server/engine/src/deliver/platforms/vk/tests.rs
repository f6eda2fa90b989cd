//! The connector against a server that answers as the documentation says.

use std::sync::Arc;
use std::time::Duration;

use http::Method;

use super::parse_group;
use crate::deliver::contract::{DOUBT, PAUSE, RECONNECT, check, told, wait_after};
use crate::deliver::fake_server::{FakeServer, Reply, account, connector, in_short, post, send};
use crate::deliver::{Platform, Posted, Sighting};

const ADDRESS: &str = "/method/photos.getWallUploadServer";
const BYTES: &str = "/upload.php";
const SAVE: &str = "/method/photos.saveWallPhoto";
const POST: &str = "/method/wall.post";
const LATEST: &str = "/method/wall.get";
const DELETE: &str = "/method/wall.delete";
const DISCARD: &str = "/method/photos.delete";

fn ok(body: &'static str) -> Reply {
    Reply::With(200, &[], body)
}

fn well(_: &Method, path: &str) -> Reply {
    match path {
        ADDRESS => ok(
            r#"{"response":{"upload_url":"http://fake/upload.php?act=do_add","album_id":-14,"user_id":0}}"#,
        ),
        BYTES => {
            ok(r#"{"server":626627,"photo":"[{\"photo\":\"1\"}]","hash":"581d7a4ffc81e2bfe90016d8b35c288d"}"#)
        }
        SAVE => ok(r#"{"response":[{"id":457239018,"owner_id":100172,"album_id":-14}]}"#),
        POST => ok(r#"{"response":{"post_id":15}}"#),
        LATEST => ok(r#"{"response":{"count":0,"items":[]}}"#),
        _ => ok(r#"{"response":1}"#),
    }
}

async fn start() -> (FakeServer, Arc<dyn Platform>) {
    let fake = FakeServer::answering(well).await;
    let account = account("vk", fake.url.clone(), "123456789", "vk1.a.token");
    (fake, connector(account, Duration::from_secs(30)).expect("an account"))
}

fn posted() -> Posted {
    Posted { url: Some("https://vk.com/wall-123456789_15".to_owned()), id: Some("15".to_owned()) }
}

fn error(code: u32, words: &str) -> Reply {
    let body = format!(r#"{{"error":{{"error_code":{code},"error_msg":"{words}","request_params":[]}}}}"#);
    Reply::With(200, &[], body.leak())
}

#[tokio::test]
async fn a_post_is_an_address_the_bytes_a_photo_and_a_post() {
    let (fake, connector) = start().await;
    assert_eq!(send(connector.as_ref(), &post()).await, Ok(posted()));
    insta::assert_snapshot!(told(&fake));
}

#[tokio::test]
async fn each_documented_answer_means_one_thing() {
    let elsewhere = ok(r#"{"response":{"upload_url":"https://uploads.example/x"}}"#);
    check(
        start,
        &[
            (ADDRESS, error(5, "User authorization failed: invalid access_token (4)."), "final", RECONNECT),
            (ADDRESS, error(27, "Group authorization failed"), "final", RECONNECT),
            (ADDRESS, error(6, "Too many requests per second"), "passing", PAUSE),
            (ADDRESS, elsewhere, "passing", "did not answer as a VK server"),
            (
                BYTES,
                ok(r#"{"server":626627,"photo":"[]","hash":"5"}"#),
                "passing",
                "did not answer as a VK server",
            ),
            (
                SAVE,
                error(100, "One of the parameters specified was missing or invalid"),
                "final",
                "missing or invalid",
            ),
            (SAVE, error(10, "Internal server error"), "passing", "has a problem"),
            (POST, error(15, "Access denied"), "final", RECONNECT),
            (POST, error(7, "Permission to perform this action is denied"), "final", RECONNECT),
            (POST, error(9, "Flood control"), "passing", PAUSE),
            (POST, error(29, "Rate limit reached"), "passing", PAUSE),
            (POST, error(601, "Too many requests a day"), "passing", PAUSE),
            (POST, error(14, "Captcha needed"), "final", "Captcha needed"),
            (POST, error(214, "Access to adding post denied"), "final", "adding post denied"),
            (POST, error(222, "Hyperlinks are forbidden"), "final", "Hyperlinks are forbidden"),
            (POST, error(10, "Internal server error"), "unknown", DOUBT),
            (POST, error(1, "Unknown error occurred"), "unknown", DOUBT),
            (POST, Reply::With(504, &[], ""), "unknown", DOUBT),
            (POST, ok(r#"{"response":{}}"#), "unknown", DOUBT),
            (POST, Reply::Drop, "unknown", DOUBT),
        ],
    )
    .await;
    for (code, seconds) in [(6, None), (9, Some(3600)), (29, Some(3600)), (601, Some(3600))] {
        assert_eq!(wait_after(start, POST, error(code, "Too many")).await, seconds, "{code}");
    }
}

#[tokio::test]
async fn a_picture_is_removed_by_its_owner_and_number() {
    let (fake, connector) = start().await;
    let upload = connector.upload(&post()).await.expect("uploaded");
    assert_eq!(connector.discard(&upload).await, Ok(()));
    let seen = fake.seen().pop().expect("a request");
    assert_eq!(seen.path, DISCARD);
    assert_eq!(seen.field("owner_id").as_deref(), Some("100172"));
    assert_eq!(seen.field("photo_id").as_deref(), Some("457239018"));
    fake.reply(DISCARD, error(104, "Not found"));
    assert_eq!(connector.discard(&upload).await, Ok(()), "what is not there is removed");
    fake.reply(DISCARD, error(7, "Permission to perform this action is denied"));
    assert_eq!(in_short(connector.discard(&upload).await).1, RECONNECT);
    assert_eq!(in_short(connector.discard("457239018").await).0, "final");
}

#[tokio::test]
async fn a_post_is_known_by_its_name_for_an_hour_and_found_later() {
    let (fake, connector) = start().await;
    assert_eq!(connector.knows_repetitions_for(None).await, Duration::from_mins(55));
    let since = "2026-11-23T12:00:00Z".parse().expect("a time");
    let newer = r#"{"response":{"count":2,"items":[{"id":16,"from_id":77,"date":1795435209,"text":"https://c.example/s/0123456789abcdef","attachments":[{"type":"photo"}]},{"id":17,"from_id":-123456789,"date":1795435209,"text":"See https://c.example/s/0123456789abcdef","attachments":[{"type":"link"}]}]}}"#;
    let ours = r#"{"response":{"count":2,"items":[{"id":15,"from_id":-123456789,"date":1795435200,"text":"The\n\nhttps://c.example/s/0123456789abcdef","attachments":[{"type":"photo"}]}]}}"#;
    fake.reply(LATEST, ok(newer)).reply(LATEST, ok(ours));
    assert_eq!(connector.find(&post().link, since).await, Ok(Sighting::There(posted())));
    assert_eq!(fake.seen()[1].field("offset").as_deref(), Some("100"));
    assert_eq!(fake.seen()[0].field("filter").as_deref(), Some("owner"));
    assert_eq!(connector.find(&post().link, since).await, Ok(Sighting::NotThere));
    fake.reply(LATEST, ok("<html>"));
    let unreadable = connector.find(&post().link, since).await;
    assert!(matches!(unreadable, Ok(Sighting::CannotTell { .. })), "{unreadable:?}");
}

#[tokio::test]
async fn a_post_is_removed() {
    let (fake, connector) = start().await;
    assert_eq!(connector.remove("15").await, Ok(()));
    assert_eq!(fake.seen()[0].field("owner_id").as_deref(), Some("-123456789"));
    assert_eq!(fake.seen()[0].field("post_id").as_deref(), Some("15"));
    fake.reply(DELETE, error(104, "Not found"));
    assert_eq!(connector.remove("1").await, Ok(()), "what is not there is removed");
    fake.reply(DELETE, error(15, "Access denied"));
    assert_eq!(in_short(connector.remove("2").await).1, RECONNECT);
}

#[test]
fn a_community_is_a_number() {
    for (text, name) in
        [("123", Some("123")), ("-123", Some("123")), ("club1", None), ("", None), ("-", None)]
    {
        assert_eq!(parse_group(text).as_deref(), name, "{text}");
    }
}

#[tokio::test]
async fn what_others_wrote_is_nothing_but_text() {
    crate::deliver::contract::hostile(
        start,
        &["http://words.example"],
        &["@everyone", "@bob", "evil.example", "](", "[x"],
    )
    .await;
}
