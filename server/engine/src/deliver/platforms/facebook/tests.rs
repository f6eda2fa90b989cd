//! The connector against a server that answers as the documentation says.

use std::sync::Arc;
use std::time::Duration;

use http::Method;

use crate::deliver::contract::{DOUBT, PAUSE, RECONNECT, check, told};
use crate::deliver::fake_server::{FakeServer, Reply, account, connector, in_short, post, send};
use crate::deliver::{Platform, Posted, Sighting};

const PHOTOS: &str = "/v25.0/102030405060708/photos";
const LATEST: &str = "/v25.0/102030405060708/posts";
const ID: &str = "102030405060708_122095";

fn well(method: &Method, path: &str) -> Reply {
    match (method, path) {
        (_, PHOTOS) => Reply::With(200, &[], r#"{"id":"122094","post_id":"102030405060708_122095"}"#),
        (_, LATEST) => Reply::With(200, &[], r#"{"data":[]}"#),
        _ => Reply::With(200, &[], r#"{"success":true}"#),
    }
}

async fn start() -> (FakeServer, Arc<dyn Platform>) {
    let fake = FakeServer::answering(well).await;
    let account = account("facebook", fake.url.clone(), "102030405060708", "EAAB1");
    (fake, connector(account, Duration::from_secs(30)).expect("an account"))
}

fn posted() -> Posted {
    Posted { url: Some(format!("https://www.facebook.com/{ID}")), id: Some(ID.to_owned()) }
}

fn nowhere() -> Reply {
    let body =
        r#"{"error":{"message":"Unsupported request. Object does not exist","code":100,"error_subcode":33}}"#;
    Reply::With(400, &[], body)
}

#[tokio::test]
async fn a_post_is_one_request_of_words_and_picture() {
    let (fake, connector) = start().await;
    assert_eq!(send(connector.as_ref(), &post()).await, Ok(posted()));
    insta::assert_snapshot!(told(&fake));
}

#[tokio::test]
async fn each_documented_answer_means_one_thing() {
    let error = |status: u16, code: u32, words: &str| {
        let body = format!(
            r#"{{"error":{{"message":"{words}","type":"OAuthException","code":{code},"error_subcode":463,"fbtrace_id":"EJplcsCHuLu"}}}}"#
        );
        Reply::With(status, &[], body.leak())
    };
    let transient =
        r#"{"error":{"message":"Please retry your request later.","code":368,"is_transient":true}}"#;
    check(
        start,
        &[
            (PHOTOS, error(400, 190, "Error validating access token"), "final", RECONNECT),
            (PHOTOS, error(400, 102, "API session"), "final", RECONNECT),
            (PHOTOS, error(403, 10, "Permission denied"), "final", RECONNECT),
            (PHOTOS, error(403, 200, "Requires pages_manage_posts"), "final", RECONNECT),
            (PHOTOS, error(400, 4, "Application request limit reached"), "passing", PAUSE),
            (PHOTOS, error(400, 17, "User request limit reached"), "passing", PAUSE),
            (PHOTOS, error(400, 32, "Page request limit reached"), "passing", PAUSE),
            (PHOTOS, error(400, 341, "Application limit reached"), "passing", PAUSE),
            (PHOTOS, error(429, 80_001, "Too many calls to this page"), "passing", PAUSE),
            (
                PHOTOS,
                error(400, 368, "Temporarily blocked for policies violations"),
                "final",
                "Temporarily blocked",
            ),
            (PHOTOS, error(400, 506, "Duplicate status message"), "unknown", DOUBT),
            (PHOTOS, error(400, 324, "Requires upload file"), "final", "Requires upload file"),
            // A page that is not there is no doubt: it is named wrongly.
            (PHOTOS, nowhere(), "final", "does not exist"),
            (PHOTOS, error(404, 803, "Some of the aliases do not exist"), "final", "do not exist"),
            (PHOTOS, error(500, 1, "An unknown error occurred"), "unknown", DOUBT),
            (PHOTOS, error(400, 1, "An unknown error occurred"), "unknown", DOUBT),
            (PHOTOS, error(503, 2, "Service temporarily unavailable"), "unknown", DOUBT),
            (PHOTOS, Reply::With(500, &[], transient), "unknown", DOUBT),
            (PHOTOS, Reply::With(200, &[], "{}"), "unknown", DOUBT),
            (PHOTOS, Reply::Drop, "unknown", DOUBT),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_post_is_found_by_its_link() {
    let (fake, connector) = start().await;
    let since = "2026-11-23T12:00:00Z".parse().expect("a time");
    let newer = r#"{"data":[{"id":"9","message":"x","created_time":"2026-11-23T12:00:09+0000"}],"paging":{"cursors":{"after":"QVFI"}}}"#;
    let ours = r#"{"data":[{"id":"102030405060708_122095","message":"The\n\nhttps://c.example/s/0123456789abcdef","permalink_url":"https://www.facebook.com/102030405060708_122095","created_time":"2026-11-23T12:00:00+0000"}]}"#;
    fake.reply(LATEST, Reply::With(200, &[], newer)).reply(LATEST, Reply::With(200, &[], ours));
    assert_eq!(connector.find(&post().link, since).await, Ok(Sighting::There(posted())));
    assert!(fake.seen()[1].query.ends_with("&limit=50&after=QVFI"), "{}", fake.seen()[1].query);
    let older = r#"{"data":[{"id":"8","created_time":"2026-11-23T11:00:00+0000"}],"paging":{"cursors":{"after":"more"}}}"#;
    fake.reply(LATEST, Reply::With(200, &[], older));
    assert_eq!(connector.find(&post().link, since).await, Ok(Sighting::NotThere));
    let first = r#"{"data":[{"id":"9","created_time":"2026-11-23T12:00:09+0000"}]}"#;
    fake.reply(LATEST, Reply::With(200, &[], first));
    assert_eq!(connector.find(&post().link, since).await, Ok(Sighting::NotThere), "that is all there is");
    // A token that may not read is shown none.
    for unclear in ["<html>", r#"{"data":[]}"#] {
        fake.reply(LATEST, Reply::With(200, &[], unclear));
        let found = connector.find(&post().link, since).await;
        assert!(matches!(found, Ok(Sighting::CannotTell { .. })), "{unclear}: {found:?}");
    }
    fake.reply(LATEST, nowhere());
    let (kind, said, _) = in_short(connector.find(&post().link, since).await);
    assert!(kind == "final" && said.contains("does not exist"), "a page that is not there: {said}");
}

#[tokio::test]
async fn a_post_is_removed() {
    let (fake, connector) = start().await;
    assert_eq!(connector.remove(ID).await, Ok(()));
    assert_eq!(fake.calls(), [format!("DELETE /v25.0/{ID}")]);
    fake.reply("/v25.0/1", nowhere()).reply("/v25.0/1", nowhere());
    assert_eq!(connector.remove("1").await, Ok(()), "what is not there is removed");
    fake.reply("/v25.0/2", Reply::With(400, &[], r#"{"error":{"message":"No","code":190}}"#));
    assert_eq!(in_short(connector.remove("2").await).1, RECONNECT);
}

#[tokio::test]
async fn what_others_wrote_is_nothing_but_text() {
    crate::deliver::contract::names_nobody(start).await;
}
