//! The connector against a server that checks signatures and conditions as S3 does, and against the errors of the documentation.

use std::sync::Arc;
use std::time::Duration;

use cutline_test_servers::S3;
use http::Method;
use serde_json::{Value, json};

use super::parse_bucket;
use crate::deliver::fake_server::{FakeServer, Reply, account, connector, in_short, post, send};
use crate::deliver::{Platform, PostError, Posted, Sighting};

const NAME: &str = "share-0123456789abcdef";

fn bucket(server: &str, token: &str) -> Arc<dyn Platform> {
    let account = account("s3", server.parse().expect("an address"), "pictures/shares", token);
    connector(account, Duration::from_secs(30)).expect("an account")
}

fn keys() -> String {
    format!("{}:{}", S3::KEY, S3::SECRET)
}

#[tokio::test]
async fn a_share_is_a_picture_and_a_document_and_sent_twice_it_is_one() {
    let s3 = S3::start();
    let folder = s3.bucket("pictures");
    let connector = bucket(&s3.url(), &keys());
    let url = format!("{}/pictures/shares/{NAME}.jpg", s3.url());
    let posted = Posted { url: Some(url), id: Some(format!("{NAME}.jpg")) };
    assert_eq!(connector.find(&post().link, post().shared_at).await, Ok(Sighting::NotThere));
    assert_eq!(send(connector.as_ref(), &post()).await, Ok(posted.clone()));
    let read = |name: &str| std::fs::read(folder.join("shares").join(name));
    assert_eq!(read(&format!("{NAME}.jpg")).expect("the picture"), post().bytes);
    let document: Value =
        serde_json::from_slice(&read(&format!("{NAME}.json")).expect("words")).expect("JSON");
    assert_eq!(
        document,
        json!({
            "link": "https://c.example/s/0123456789abcdef", "description": "The lighthouse",
            "alt": "A white\nlighthouse ", "credit": "", "shared_at": "2026-11-23T12:00:00Z",
            "picture": {"name": format!("{NAME}.jpg"), "type": "image/jpeg", "width": 640, "height": 480},
        })
    );
    assert_eq!(connector.find(&post().link, post().shared_at).await, Ok(Sighting::There(posted.clone())));
    assert_eq!(send(connector.as_ref(), &post()).await, Ok(posted), "what is there is this share");

    assert_eq!(connector.remove(&format!("{NAME}.jpg")).await, Ok(()));
    assert!(read(&format!("{NAME}.jpg")).is_err() && read(&format!("{NAME}.json")).is_err());
    assert_eq!(connector.remove(&format!("{NAME}.jpg")).await, Ok(()), "what is not there is removed");

    let upload = connector.upload(&post()).await.expect("uploaded");
    assert!(read(&format!("{NAME}.jpg")).is_ok());
    assert_eq!(connector.discard(&upload).await, Ok(()));
    assert!(read(&format!("{NAME}.jpg")).is_err());
}

#[tokio::test]
async fn an_answer_that_is_lost_leaves_one_share_when_it_is_sent_again() {
    let s3 = S3::start();
    s3.bucket("pictures");
    let connector = bucket(&s3.url(), &keys());
    let upload = connector.upload(&post()).await.expect("uploaded");
    s3.lose_answers(1);
    let lost = connector.publish(&post(), &upload).await;
    assert!(matches!(lost, Err(PostError::Unknown { .. })), "{lost:?}");
    assert!(connector.publish(&post(), &upload).await.is_ok());
    assert_eq!(connector.knows_repetitions_for(None).await, Duration::MAX);
}

#[tokio::test]
async fn wrong_keys_and_a_server_that_does_not_answer_are_told_as_such() {
    let s3 = S3::start();
    s3.bucket("pictures");
    for token in [format!("{}:wrong", S3::KEY), format!("nobody:{}", S3::SECRET)] {
        let (kind, said, _) = in_short(bucket(&s3.url(), &token).upload(&post()).await);
        assert_eq!((kind, said.contains("must be connected again")), ("final", true), "{said}");
    }
    s3.refuse(1);
    let (kind, said, _) = in_short(bucket(&s3.url(), &keys()).upload(&post()).await);
    assert_eq!((kind, said.contains("problem at the moment")), ("passing", true), "{said}");
}

#[tokio::test]
async fn each_documented_error_means_one_thing() {
    const PATH: &str = "/pictures/shares/share-0123456789abcdef.json";
    fn error(code: &str) -> &'static str {
        format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>In &quot;words&quot;.</Message></Error>")
            .leak()
    }
    for (status, code, kind, reason) in [
        (403, "AccessDenied", "final", "must be connected again"),
        (403, "InvalidAccessKeyId", "final", "must be connected again"),
        (403, "SignatureDoesNotMatch", "final", "must be connected again"),
        (400, "ExpiredToken", "final", "must be connected again"),
        (403, "AccountProblem", "final", "must be connected again"),
        (400, "InvalidToken", "final", "must be connected again"),
        (403, "NotSignedUp", "final", "must be connected again"),
        (400, "TokenRefreshRequired", "final", "must be connected again"),
        (400, "EntityTooLarge", "final", "refused the post: In \"words\"."),
        (404, "NoSuchBucket", "final", "refused the post: In \"words\"."),
        (301, "PermanentRedirect", "final", "has moved"),
        (503, "SlowDown", "passing", "asks for a pause"),
        (409, "ConditionalRequestConflict", "passing", "asks for a pause"),
        (409, "OperationAborted", "passing", "asks for a pause"),
        (429, "TooManyRequests", "passing", "asks for a pause"),
        (307, "TemporaryRedirect", "final", "has moved"),
        (400, "AuthorizationHeaderMalformed", "final", "has moved"),
        (500, "InternalError", "unknown", "Look there first"),
        (503, "ServiceUnavailable", "unknown", "Look there first"),
        (400, "RequestTimeout", "unknown", "Look there first"),
    ] {
        let fake = FakeServer::answering(|_: &Method, _| Reply::With(200, &[], "")).await;
        let connector = bucket(fake.url.as_str(), "AKTEST:SKTEST");
        fake.reply(PATH, Reply::With(status, &[("content-type", "application/xml")], error(code)));
        let (found, said, _) = in_short(send(connector.as_ref(), &post()).await);
        assert_eq!(found, kind, "{code}: {said}");
        assert!(said.contains(reason), "{code}: {said}");
    }
}

#[tokio::test]
async fn requests_are_signed_over_what_they_carry() {
    let fake = FakeServer::answering(|_: &Method, _| Reply::With(200, &[], "")).await;
    let connector = bucket(fake.url.as_str(), "AKTEST:SKTEST");
    send(connector.as_ref(), &post()).await.expect("posted");
    assert_eq!(
        fake.calls(),
        [format!("PUT /pictures/shares/{NAME}.jpg"), format!("PUT /pictures/shares/{NAME}.json")]
    );
    let seen = &fake.seen()[0];
    assert_eq!(seen.body, post().bytes);
    assert_eq!(
        (&seen.headers["if-none-match"], &seen.headers["content-type"]),
        (&"*".parse().expect("a value"), &"image/jpeg".parse().expect("a value"))
    );
    assert_eq!(
        seen.headers["x-amz-content-sha256"],
        "5204facad3b283246e6b70c179f0657a685dce730bf13662d685c470d4384902"
    );
    let signature = seen.headers["authorization"].to_str().expect("text");
    assert!(signature.starts_with("AWS4-HMAC-SHA256 Credential=AKTEST/"), "{signature}");
    assert!(
        signature.contains("/us-east-1/s3/aws4_request, SignedHeaders=content-type;host;if-none-match;x-amz-content-sha256;x-amz-date"),
        "{signature}"
    );
    assert!(!signature.contains("SKTEST"));
}

#[test]
fn a_bucket_may_have_a_folder() {
    for (text, fits) in [
        ("my-bucket", true),
        ("my-bucket/shares/of.mine", true),
        ("ab", false),
        ("My-Bucket", false),
        ("my-bucket/", false),
        ("my-bucket/..", false),
        ("my-bucket/a b", false),
    ] {
        assert_eq!(parse_bucket(text).is_some(), fits, "{text}");
    }
}
