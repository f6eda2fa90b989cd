//! The connector against a server that answers as the documentation says.

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use serde_json::json;

use super::{long_title, parse_community};
use crate::deliver::contract::told;
use crate::deliver::fake_server::{FakeServer, Reply, account, connector, in_short, post, send};
use crate::deliver::{Platform, Post, Posted, Sighting};

const UPLOAD: &str = "/pictrs/image";
const COMMUNITY: &str = "/api/v3/community";
const POST: &str = "/api/v3/post";
const USER: &str = "/api/v3/user";

fn well(_: &Method, path: &str) -> Reply {
    match path {
        UPLOAD => Reply::With(201, &[], r#"{"msg":"ok","files":[{"file":"5b0c.jpg","delete_token":"d3l"}]}"#),
        COMMUNITY => Reply::With(200, &[], r#"{"community_view":{"community":{"id":14,"name":"pictures"}}}"#),
        POST => Reply::With(200, &[], r#"{"post_view":{"post":{"id":4567,"name":"The lighthouse"}}}"#),
        "/api/v3/site" => {
            Reply::With(200, &[], r#"{"my_user":{"local_user_view":{"person":{"id":7,"name":"alice"}}}}"#)
        }
        USER => Reply::With(200, &[], r#"{"posts":[]}"#),
        _ => Reply::With(200, &[], "{}"),
    }
}

async fn start() -> (FakeServer, Arc<dyn Platform>) {
    let fake = FakeServer::answering(well).await;
    let account = account("lemmy", fake.url.clone(), "pictures@lemmy.example", "the-jwt");
    (fake, connector(account, Duration::from_secs(30)).expect("an account"))
}

#[tokio::test]
async fn a_post_is_a_picture_and_a_post_that_links_to_it() {
    let (fake, connector) = start().await;
    let expected =
        Posted { url: Some(format!("{}post/4567", fake.url)), id: Some("4567 5b0c.jpg d3l".to_owned()) };
    assert_eq!(send(connector.as_ref(), &post()).await, Ok(expected));
    insta::assert_snapshot!(told(&fake));
}

#[tokio::test]
async fn each_documented_answer_means_one_thing() {
    let reconnect = "The site's account at 127.0.0.1 must be connected again.";
    for (path, reply, kind, reason) in [
        (UPLOAD, Reply::With(401, &[], r#"{"error":"incorrect_login"}"#), "final", reconnect),
        (UPLOAD, Reply::With(400, &[], r#"{"error":"not_logged_in"}"#), "final", reconnect),
        (
            UPLOAD,
            Reply::With(400, &[], r#"{"error":"image_upload_disabled"}"#),
            "final",
            "image_upload_disabled",
        ),
        (UPLOAD, Reply::With(413, &[], r#"{"msg":"File is too large"}"#), "final", "File is too large"),
        (
            UPLOAD,
            Reply::With(201, &[], r#"{"msg":"ok","files":[]}"#),
            "passing",
            "did not answer as a Lemmy server",
        ),
        (
            COMMUNITY,
            Reply::With(404, &[], r#"{"error":"couldnt_find_community"}"#),
            "final",
            "couldnt_find_community",
        ),
        (POST, Reply::With(400, &[], r#"{"error":"site_ban"}"#), "final", reconnect),
        (
            POST,
            Reply::With(400, &[], r#"{"error":"registration_application_is_pending"}"#),
            "final",
            reconnect,
        ),
        (POST, Reply::With(400, &[], r#"{"error":"rate_limit_error"}"#), "passing", "asks for a pause"),
        (POST, Reply::With(429, &[], ""), "passing", "asks for a pause"),
        (POST, Reply::With(400, &[], r#"{"error":"invalid_body_field"}"#), "final", "invalid_body_field"),
        (
            POST,
            Reply::With(400, &[], r#"{"error":"slurs","message":"No such words"}"#),
            "final",
            "No such words",
        ),
        (
            POST,
            Reply::With(400, &[], r#"{"error":"person_is_banned_from_community"}"#),
            "final",
            "banned_from_community",
        ),
        (POST, Reply::With(504, &[], "<html>"), "unknown", "Look there first"),
        (POST, Reply::With(200, &[], "{}"), "unknown", "Look there first"),
        (POST, Reply::Drop, "unknown", "Look there first"),
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
async fn nothing_but_the_post_is_sent_once_it_is_written_down_that_it_is() {
    let (fake, connector) = start().await;
    connector.prepare().await.expect("told");
    let upload = connector.upload(&post()).await.expect("uploaded");
    let before = fake.calls().len();
    connector.publish(&post(), &upload).await.expect("posted");
    assert_eq!(fake.calls()[before..], [format!("POST {POST}")]);
}

#[tokio::test]
async fn a_post_is_found_by_its_link() {
    let (fake, connector) = start().await;
    let since = "2026-11-23T12:00:00Z".parse().expect("a time");
    let newer = r#"{"posts":[{"post":{"id":9,"published":"2026-11-23T12:00:09Z"}}]}"#;
    let ours = r#"{"posts":[{"post":{"id":4567,"body":"The\n\nhttps://c.example/s/0123456789abcdef","published":"2026-11-23T12:00:00Z"}}]}"#;
    fake.reply(USER, Reply::With(200, &[], newer)).reply(USER, Reply::With(200, &[], ours));
    let expected = Posted { url: Some(format!("{}post/4567", fake.url)), id: Some("4567".to_owned()) };
    assert_eq!(connector.find(&post().link, since).await, Ok(Sighting::There(expected)));
    assert_eq!(fake.seen()[2].query, "person_id=7&sort=New&limit=50&page=2");
    assert_eq!(connector.find(&post().link, since).await, Ok(Sighting::NotThere));
    fake.reply(USER, Reply::With(200, &[], "<html>"));
    let unreadable = connector.find(&post().link, since).await;
    assert!(matches!(unreadable, Ok(Sighting::CannotTell { .. })), "{unreadable:?}");
}

#[tokio::test]
async fn a_post_is_removed_with_its_picture() {
    const DELETE: &str = "/api/v3/post/delete";
    let (fake, connector) = start().await;
    assert_eq!(connector.remove("4567 5b0c.jpg d3l").await, Ok(()));
    assert_eq!(fake.calls(), [format!("POST {DELETE}"), "GET /pictrs/image/delete/d3l/5b0c.jpg".to_owned()]);
    assert_eq!(fake.seen()[0].json(), json!({"post_id": 4567, "deleted": true}));
    fake.reply(DELETE, Reply::With(404, &[], r#"{"error":"couldnt_find_post"}"#));
    assert_eq!(connector.remove("4567").await, Ok(()), "what is not there is removed");
    fake.reply(DELETE, Reply::With(400, &[], r#"{"error":"no_post_edit_allowed"}"#));
    assert_eq!(in_short(connector.remove("4567").await).0, "final");
}

#[test]
fn a_title_is_long_enough_and_words_show_no_pictures_of_others() {
    let of = |description: &str| long_title(&Post { description: description.to_owned(), ..post() });
    assert_eq!(of("A lighthouse"), "A lighthouse");
    assert_eq!(of("灯塔"), "Shared picture: 灯塔");
    assert_eq!(of("a b"), "Shared picture: a b");
}

#[test]
fn a_community_may_be_another_servers() {
    for (text, name) in [
        ("!pictures@lemmy.example", Some("pictures@lemmy.example")),
        ("pictures", Some("pictures")),
        ("pi", None),
        ("two words", None),
        ("pictures@", None),
    ] {
        assert_eq!(parse_community(text).as_deref(), name, "{text}");
    }
}

#[tokio::test]
async fn a_picture_without_a_post_is_removed_where_the_server_told_by_what() {
    let (fake, connector) = start().await;
    assert_eq!(connector.discard("5b0c.jpg d3l").await, Ok(()));
    assert_eq!(fake.calls(), ["GET /pictrs/image/delete/d3l/5b0c.jpg"]);
    let (kind, said, _) = in_short(connector.discard("5b0c.jpg ").await);
    assert_eq!((kind, said.contains("did not say how")), ("final", true), "{said}");
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
