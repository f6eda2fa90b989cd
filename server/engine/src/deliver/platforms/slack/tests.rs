//! The connector against a server that answers as the documentation says.

use std::sync::Arc;
use std::time::Duration;

use http::Method;

use super::parse_channel;
use crate::deliver::contract::{DOUBT, PAUSE, RECONNECT, check, told, wait_after};
use crate::deliver::fake_server::{FakeServer, Reply, account, connector, in_short, post, send};
use crate::deliver::platforms::html::without_markup;
use crate::deliver::{Platform, Posted, Sighting};

const ADDRESS: &str = "/api/files.getUploadURLExternal";
const BYTES: &str = "/upload/v1/CwABAAAA";
const SHARE: &str = "/api/files.completeUploadExternal";
const HISTORY: &str = "/api/conversations.history";

fn ok(body: &'static str) -> Reply {
    Reply::With(200, &[], body)
}

fn well(_: &Method, path: &str) -> Reply {
    match path {
        ADDRESS => ok(r#"{"ok":true,"upload_url":"http://fake/upload/v1/CwABAAAA","file_id":"F123ABC456"}"#),
        BYTES => Reply::With(200, &[("content-type", "text/html")], "OK - 27"),
        SHARE => ok(r#"{"ok":true,"files":[{"id":"F123ABC456","title":"clipping.jpg"}]}"#),
        "/api/auth.test" => ok(r#"{"ok":true,"user":"cutline","user_id":"U0BOT","bot_id":"B0BOT"}"#),
        HISTORY => ok(r#"{"ok":true,"messages":[],"has_more":false}"#),
        "/api/files.info" => ok(
            r#"{"ok":true,"file":{"id":"F123ABC456","shares":{"public":{"C0NF841BK":[{"ts":"1531763348.000001"}]}}}}"#,
        ),
        _ => ok(r#"{"ok":true}"#),
    }
}

async fn start() -> (FakeServer, Arc<dyn Platform>) {
    let fake = FakeServer::answering(well).await;
    let account = account("slack", fake.url.clone(), "C0NF841BK", "xoxb-1");
    (fake, connector(account, Duration::from_secs(30)).expect("an account"))
}

#[tokio::test]
async fn a_post_is_an_address_the_bytes_and_a_share() {
    let (fake, connector) = start().await;
    let expected = Posted { url: None, id: Some("F123ABC456".to_owned()) };
    assert_eq!(send(connector.as_ref(), &post()).await, Ok(expected));
    insta::assert_snapshot!(told(&fake));
}

#[tokio::test]
async fn each_documented_answer_means_one_thing() {
    let revoked = r#"{"ok":false,"error":"token_revoked"}"#;
    let fatal = r#"{"ok":false,"error":"fatal_error"}"#;
    check(
        start,
        &[
            (ADDRESS, ok(r#"{"ok":false,"error":"invalid_auth"}"#), "final", RECONNECT),
            (
                ADDRESS,
                ok(r#"{"ok":false,"error":"missing_scope","needed":"files:write"}"#),
                "final",
                RECONNECT,
            ),
            (ADDRESS, ok(r#"{"ok":false,"error":"alt_txt_too_large"}"#), "final", "alt_txt_too_large"),
            (
                ADDRESS,
                ok(r#"{"ok":false,"error":"file_upload_size_restricted"}"#),
                "final",
                "size_restricted",
            ),
            (ADDRESS, ok(fatal), "passing", "has a problem"),
            (ADDRESS, ok(r#"{"ok":false,"error":"ratelimited"}"#), "passing", PAUSE),
            (ADDRESS, Reply::With(429, &[("retry-after", "30")], ""), "passing", PAUSE),
            (ADDRESS, ok(r#"{"ok":true,"file_id":"F1"}"#), "passing", "did not answer as a Slack server"),
            (BYTES, Reply::With(500, &[], ""), "passing", "has a problem"),
            (SHARE, ok(revoked), "final", RECONNECT),
            (SHARE, ok(r#"{"ok":false,"error":"account_inactive"}"#), "final", RECONNECT),
            (SHARE, ok(r#"{"ok":false,"error":"not_in_channel"}"#), "final", "not_in_channel"),
            (SHARE, ok(r#"{"ok":false,"error":"channel_not_found"}"#), "final", "channel_not_found"),
            (SHARE, ok(r#"{"ok":false,"error":"is_archived"}"#), "final", "is_archived"),
            (SHARE, ok(r#"{"ok":false,"error":"file_not_found"}"#), "final", "file_not_found"),
            (SHARE, ok(r#"{"ok":false,"error":"rate_limited"}"#), "passing", PAUSE),
            (SHARE, Reply::With(429, &[("retry-after", "30")], ""), "passing", PAUSE),
            // Some of it may have been done.
            (SHARE, ok(fatal), "unknown", DOUBT),
            (SHARE, ok(r#"{"ok":false,"error":"internal_error"}"#), "unknown", DOUBT),
            (SHARE, ok(r#"{"ok":true}"#), "unknown", DOUBT),
            (SHARE, Reply::With(503, &[], ""), "unknown", DOUBT),
            (SHARE, Reply::Drop, "unknown", DOUBT),
        ],
    )
    .await;
    let limited = Reply::With(429, &[("retry-after", "30")], r#"{"ok":false,"error":"ratelimited"}"#);
    assert_eq!(wait_after(start, SHARE, limited).await, Some(30));
}

#[tokio::test]
async fn bytes_go_to_slack_alone() {
    for (address, is_refused) in [
        ("https://files.slack.com.example/upload", true),
        ("https://evilslack.com/upload", true),
        ("http://files.slack.com/upload", true),
        ("https://files.slack.com:8443/upload", true),
        ("http://fake/upload/v1/CwABAAAA", false),
    ] {
        let (fake, connector) = start().await;
        let body = format!(r#"{{"ok":true,"upload_url":"{address}","file_id":"F1"}}"#);
        fake.reply(ADDRESS, Reply::With(200, &[], body.leak()));
        let (found, said, _) = in_short(connector.upload(&post()).await);
        assert_eq!(found == "passing", is_refused, "{address}: {said}");
        assert_eq!(fake.seen().len(), if is_refused { 1 } else { 2 }, "{address}");
    }
}

#[tokio::test]
async fn a_post_is_found_by_its_link() {
    let (fake, connector) = start().await;
    let since = "2026-11-23T12:00:00Z".parse().expect("a time");
    // A colleague has pasted the address of the share page meanwhile.
    let newer = r#"{"ok":true,"messages":[{"ts":"1795435209.000100","user":"U0ADA","text":"<https://c.example/s/0123456789abcdef>"}],"has_more":true,"response_metadata":{"next_cursor":"bmV4dA=="}}"#;
    let ours = r#"{"ok":true,"messages":[{"ts":"1795435200.000100","user":"U0BOT","text":"The lighthouse\n\n<https://c.example/s/0123456789abcdef>","files":[{"id":"F123ABC456","permalink":"https://you.slack.com/files/U1/F123ABC456/clipping.jpg"}]}]}"#;
    fake.reply(HISTORY, ok(newer)).reply(HISTORY, ok(ours));
    let url = Some("https://you.slack.com/files/U1/F123ABC456/clipping.jpg".to_owned());
    let expected = Posted { url, id: Some("F123ABC456".to_owned()) };
    assert_eq!(connector.find(&post().link, since).await, Ok(Sighting::There(expected)));
    assert_eq!(fake.seen()[2].field("cursor").as_deref(), Some("bmV4dA=="));
    assert_eq!(connector.find(&post().link, since).await, Ok(Sighting::NotThere));
    fake.reply(HISTORY, ok(r#"{"ok":false,"error":"missing_scope","needed":"channels:history"}"#));
    let unseen = connector.find(&post().link, since).await;
    assert!(matches!(unseen, Ok(Sighting::CannotTell { .. })), "{unseen:?}");
}

#[tokio::test]
async fn a_post_is_removed_with_its_message() {
    let (fake, connector) = start().await;
    assert_eq!(connector.remove("F123ABC456").await, Ok(()));
    insta::assert_snapshot!(told(&fake));
    fake.reply("/api/files.info", ok(r#"{"ok":false,"error":"missing_scope"}"#));
    fake.reply("/api/files.delete", ok(r#"{"ok":false,"error":"file_deleted"}"#));
    assert_eq!(connector.remove("F123ABC456").await, Ok(()), "what is not there is removed");
    fake.reply("/api/files.delete", ok(r#"{"ok":false,"error":"cant_delete_file"}"#));
    assert_eq!(in_short(connector.remove("F123ABC456").await).0, "final");
}

#[test]
fn words_call_nobody() {
    assert_eq!(without_markup("<!channel> & <@U1>"), "&lt;!channel&gt; &amp; &lt;@U1&gt;");
    for (text, is_channel) in [("C0NF841BK", true), ("#general", false), ("C1", false), ("U0NF841BK", false)]
    {
        assert_eq!(parse_channel(text).is_some(), is_channel, "{text}");
    }
}

#[tokio::test]
async fn what_others_wrote_is_nothing_but_text() {
    crate::deliver::contract::hostile(
        start,
        &["http://words.example"],
        &["<!", "<a", "@bob", "evil.example"],
    )
    .await;
}
