//! The connector against a server that answers as the documentation says.

use std::sync::Arc;
use std::time::Duration;

use http::Method;

use super::{parse_author, plain};
use crate::deliver::contract::{DOUBT, PAUSE, RECONNECT, check, told, wait_after};
use crate::deliver::fake_server::{FakeServer, Reply, account, connector, in_short, post, send};
use crate::deliver::{Platform, Posted};

const ADDRESS: &str = "/rest/images";
const BYTES: &str = "/dms-uploads/C5522AQHn46pwH96hxQ/uploaded-image/0";
const POSTS: &str = "/rest/posts";

fn well(method: &Method, path: &str) -> Reply {
    match path {
        ADDRESS => Reply::With(
            200,
            &[],
            r#"{"value":{"uploadUrlExpiresAt":1650567510704,"uploadUrl":"http://fake/dms-uploads/C5522AQHn46pwH96hxQ/uploaded-image/0?ca=vector_feedshare","image":"urn:li:image:C4E10AQFoyyAjHPMQuQ"}}"#,
        ),
        BYTES => Reply::With(201, &[], ""),
        POSTS => Reply::With(201, &[("x-restli-id", "urn:li:share:6844785523593134080")], ""),
        _ if *method == Method::DELETE => Reply::With(204, &[], ""),
        _ => Reply::With(404, &[], ""),
    }
}

async fn start() -> (FakeServer, Arc<dyn Platform>) {
    let fake = FakeServer::answering(well).await;
    let account = account("linkedin", fake.url.clone(), "person:782bbtaQ", "AQX1");
    (fake, connector(account, Duration::from_secs(30)).expect("an account"))
}

#[tokio::test]
async fn a_post_is_an_address_the_bytes_and_a_post() {
    let (fake, connector) = start().await;
    let url = Some("https://www.linkedin.com/feed/update/urn:li:share:6844785523593134080/".to_owned());
    let expected = Posted { url, id: Some("urn:li:share:6844785523593134080".to_owned()) };
    assert_eq!(send(connector.as_ref(), &post()).await, Ok(expected));
    insta::assert_snapshot!(told(&fake));
}

#[tokio::test]
async fn each_documented_answer_means_one_thing() {
    let expired = r#"{"status":401,"serviceErrorCode":65602,"code":"EXPIRED_ACCESS_TOKEN","message":"The token used in the request has expired"}"#;
    let denied = r#"{"status":403,"serviceErrorCode":100,"code":"ACCESS_DENIED","message":"Not enough permissions to access: partnerApiPosts.CREATE.20260101"}"#;
    let version =
        r#"{"status":426,"code":"NONEXISTENT_VERSION","message":"Requested version 20260101 is not active"}"#;
    let duplicate =
        r#"{"status":422,"code":"DUPLICATE_POST","message":"Content is a duplicate of urn:li:share:1"}"#;
    let deeper = r#"{"errorDetailType":"com.linkedin.common.error.BadRequest","message":"Content is a duplicate of urn:li:share:1","errorDetails":{"inputErrors":[{"description":"Duplicate post is detected","input":{},"code":"DUPLICATE_POST"}]},"status":422}"#;
    let elsewhere = r#"{"value":{"uploadUrl":"https://uploads.example/x","image":"urn:li:image:1"}}"#;
    check(
        start,
        &[
            (ADDRESS, Reply::With(401, &[], expired), "final", RECONNECT),
            (ADDRESS, Reply::With(403, &[], denied), "final", RECONNECT),
            (ADDRESS, Reply::With(426, &[], version), "final", "is not active"),
            (ADDRESS, Reply::With(200, &[], elsewhere), "passing", "did not answer as a LinkedIn server"),
            (ADDRESS, Reply::With(500, &[], ""), "passing", "has a problem"),
            (BYTES, Reply::With(400, &[], ""), "final", "refused the post (400)"),
            (BYTES, Reply::With(503, &[], ""), "passing", "has a problem"),
            (POSTS, Reply::With(401, &[], expired), "final", RECONNECT),
            (POSTS, Reply::With(403, &[], denied), "final", RECONNECT),
            (POSTS, Reply::With(422, &[], duplicate), "unknown", DOUBT),
            (POSTS, Reply::With(422, &[], deeper), "unknown", DOUBT),
            (
                POSTS,
                Reply::With(
                    400,
                    &[],
                    r#"{"status":400,"code":"INVALID_CONTENT_OWNERSHIP","message":"Image is not yours"}"#,
                ),
                "final",
                "not yours",
            ),
            (
                POSTS,
                Reply::With(
                    429,
                    &[],
                    r#"{"status":429,"code":"TOO_MANY_REQUESTS","message":"Resource level throttle limit"}"#,
                ),
                "passing",
                PAUSE,
            ),
            (
                POSTS,
                Reply::With(500, &[], r#"{"status":500,"code":"INTERNAL_SERVER_ERROR"}"#),
                "unknown",
                DOUBT,
            ),
            (POSTS, Reply::With(504, &[], ""), "unknown", DOUBT),
            (POSTS, Reply::With(201, &[], ""), "unknown", DOUBT),
            (POSTS, Reply::Drop, "unknown", DOUBT),
        ],
    )
    .await;
    let limited = Reply::With(429, &[("retry-after", "60")], "");
    assert_eq!(wait_after(start, POSTS, limited).await, Some(60));
    let of_a_day = r#"{"status":429,"code":"TOO_MANY_REQUESTS","message":"Resource level throttle limit"}"#;
    for (headers, seconds) in [(&[][..], 3600), (&[("retry-after", "60")], 60)] {
        assert_eq!(wait_after(start, POSTS, Reply::With(429, headers, of_a_day)).await, Some(seconds));
    }
}

#[tokio::test]
async fn a_post_is_removed() {
    let (fake, connector) = start().await;
    assert_eq!(connector.remove("urn:li:share:6844785523593134080").await, Ok(()));
    insta::assert_snapshot!(told(&fake));
    fake.reply("/rest/posts/urn%3Ali%3Ashare%3A1", Reply::With(404, &[], ""));
    assert_eq!(connector.remove("urn:li:share:1").await, Ok(()), "what is not there is removed");
    fake.reply("/rest/posts/urn%3Ali%3Ashare%3A2", Reply::With(403, &[], r#"{"code":"ACCESS_DENIED"}"#));
    assert_eq!(in_short(connector.remove("urn:li:share:2").await).0, "final");
}

#[tokio::test]
async fn the_month_of_the_api_can_be_named() {
    for (query, month) in [
        ("", Some("202607")),
        ("?version=202712", Some("202712")),
        ("?version=new", None),
        ("?a=1", None),
        ("?version=202712&a=1", None),
    ] {
        let fake = FakeServer::answering(well).await;
        let server = fake.url.join(query).expect("an address");
        let made = connector(account("linkedin", server, "person:782bbtaQ", "AQX1"), Duration::from_secs(30));
        let Some(month) = month else {
            assert_eq!(made.err().map(|error| error.key), Some("server"), "{query}");
            continue;
        };
        send(made.expect("an account").as_ref(), &post()).await.expect("posted");
        let seen = fake.seen();
        assert!(
            seen.iter()
                .filter(|seen| seen.path != BYTES)
                .all(|seen| seen.headers["linkedin-version"] == month)
        );
        assert_eq!(seen[0].query, "action=initializeUpload", "it is not sent as part of the address");
    }
}

#[test]
fn words_are_no_signs_of_linkedins() {
    assert_eq!(plain("@[Ada](urn:li:person:1) a_b #c"), r"\@\[Ada\]\(urn:li:person:1\) a\_b \#c");
    for (text, name) in [
        ("person:782bbtaQ", Some("person:782bbtaQ")),
        ("urn:li:organization:5515715", Some("organization:5515715")),
        ("alice", None),
        ("group:1", None),
        ("person:", None),
    ] {
        assert_eq!(parse_author(text).as_deref(), name, "{text}");
    }
}

#[tokio::test]
async fn what_others_wrote_is_nothing_but_text() {
    crate::deliver::contract::hostile(
        start,
        &["http://words.example", "\\<!channel\\>"],
        &["evil.example", "[x]"],
    )
    .await;
}
