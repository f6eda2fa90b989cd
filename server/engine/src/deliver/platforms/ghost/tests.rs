//! The connector against a server that answers as the documentation says.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use http::Method;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::deliver::contract::told;
use crate::deliver::fake_server::{FakeServer, Reply, account, connector, in_short, post, send};
use crate::deliver::{Platform, Posted, Sighting};

const KEY: &str = "64f1a2b3c4d5e6f708192a3b:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const UPLOAD: &str = "/ghost/api/admin/images/upload/";
const POSTS: &str = "/ghost/api/admin/posts/";
const SLUG: &str = "/ghost/api/admin/posts/slug/share-0123456789abcdef-4c1557a6/";
const POST: &str = r#"{"posts":[{"id":"65a","url":"https://blog.example.org/share-0123456789abcdef/"}]}"#;

fn well(method: &Method, path: &str) -> Reply {
    match (method, path) {
        (_, UPLOAD) => Reply::With(
            201,
            &[],
            r#"{"images":[{"url":"https://blog.example.org/a.jpg","ref":"clipping.jpg"}]}"#,
        ),
        (_, POSTS) => Reply::With(201, &[], POST),
        (&Method::GET, _) => Reply::With(
            404,
            &[],
            r#"{"errors":[{"message":"Resource not found error, cannot read post.","type":"NotFoundError"}]}"#,
        ),
        _ => Reply::With(204, &[], ""),
    }
}

async fn start() -> (FakeServer, Arc<dyn Platform>) {
    let fake = FakeServer::answering(well).await;
    let account = account("ghost", fake.url.clone(), "blog.example.org", KEY);
    (fake, connector(account, Duration::from_secs(30)).expect("an account"))
}

fn posted() -> Posted {
    Posted {
        url: Some("https://blog.example.org/share-0123456789abcdef/".to_owned()),
        id: Some("65a".to_owned()),
    }
}

#[tokio::test]
async fn a_post_is_an_image_and_a_post_that_shows_it() {
    let (fake, connector) = start().await;
    assert_eq!(send(connector.as_ref(), &post()).await, Ok(posted()));
    insta::assert_snapshot!(told(&fake));
}

#[tokio::test]
async fn each_request_has_a_token_of_its_own_that_the_key_has_signed() {
    let (fake, connector) = start().await;
    connector.upload(&post()).await.expect("uploaded");
    let header = fake.seen()[0].headers["authorization"].to_str().expect("text").to_owned();
    let token = header.strip_prefix("Ghost ").expect("Ghost's own scheme");
    let (signed, signature) = token.rsplit_once('.').expect("three parts");
    let mut mac = Hmac::<Sha256>::new_from_slice(&(0..32).collect::<Vec<u8>>()).expect("a key");
    mac.update(signed.as_bytes());
    mac.verify_slice(&URL_SAFE_NO_PAD.decode(signature).expect("base64")).expect("signed by the key");
    let parts: Vec<Value> = signed
        .split('.')
        .map(|part| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64")).expect("JSON"))
        .collect();
    assert_eq!(parts[0], json!({"alg": "HS256", "typ": "JWT", "kid": "64f1a2b3c4d5e6f708192a3b"}));
    assert_eq!(parts[1]["aud"], "/admin/");
    assert_eq!(
        parts[1]["exp"].as_i64().zip(parts[1]["iat"].as_i64()).map(|(end, start)| end - start),
        Some(300)
    );
}

#[tokio::test]
async fn each_documented_answer_means_one_thing() {
    let reconnect = "The site's account at 127.0.0.1 must be connected again.";
    for (path, reply, kind, reason) in [
        (
            UPLOAD,
            Reply::With(
                400,
                &[],
                r#"{"errors":[{"message":"Invalid token: jwt malformed","type":"BadRequestError","code":"INVALID_JWT"}]}"#,
            ),
            "final",
            reconnect,
        ),
        (
            UPLOAD,
            Reply::With(
                401,
                &[],
                r#"{"errors":[{"message":"Unknown Admin API Key","type":"UnauthorizedError","code":"UNKNOWN_ADMIN_API_KEY"}]}"#,
            ),
            "final",
            reconnect,
        ),
        (
            UPLOAD,
            Reply::With(
                415,
                &[],
                r#"{"errors":[{"message":"Please select a valid image.","type":"UnsupportedMediaTypeError"}]}"#,
            ),
            "final",
            "Please select a valid image.",
        ),
        (
            UPLOAD,
            Reply::With(201, &[], r#"{"images":[{"url":"javascript:alert(1)"}]}"#),
            "passing",
            "did not answer as a Ghost server",
        ),
        (
            POSTS,
            Reply::With(
                422,
                &[],
                r#"{"errors":[{"message":"Validation error, cannot save post.","type":"ValidationError"}]}"#,
            ),
            "final",
            "Validation error",
        ),
        (
            POSTS,
            Reply::With(
                429,
                &[],
                r#"{"errors":[{"message":"Too many requests.","type":"TooManyRequestsError"}]}"#,
            ),
            "passing",
            "asks for a pause",
        ),
        (
            POSTS,
            Reply::With(
                500,
                &[],
                r#"{"errors":[{"message":"An error occurred.","type":"InternalServerError"}]}"#,
            ),
            "unknown",
            "Look there first",
        ),
        (POSTS, Reply::Drop, "unknown", "Look there first"),
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
async fn a_post_is_found_by_the_name_of_its_share_and_removed_by_its_id() {
    let (fake, connector) = start().await;
    let since = "2026-11-23T12:00:00Z".parse().expect("a time");
    assert_eq!(connector.find(&post().link, since).await, Ok(Sighting::NotThere));
    // As it is named now, and as versions of before named it.
    for path in [SLUG, "/ghost/api/admin/posts/slug/share-0123456789abcdef/"] {
        fake.reply(path, Reply::With(200, &[], POST));
        assert_eq!(connector.find(&post().link, since).await, Ok(Sighting::There(posted())), "{path}");
    }
    assert_eq!(connector.remove("65a").await, Ok(()));
    assert_eq!(fake.calls().last().map(String::as_str), Some("DELETE /ghost/api/admin/posts/65a/"));
}

#[test]
fn a_key_that_is_none_is_refused() {
    for key in ["secret", ":0011", "id:xyz", "id:00112233", "id:0011223344556677889900aabbccddeef"] {
        let server = "https://blog.example.org".parse().expect("an address");
        let refused = connector(account("ghost", server, "blog", key), Duration::from_secs(1));
        assert_eq!(refused.err().map(|error| error.key), Some("token"), "{key}");
    }
}

#[tokio::test]
async fn a_picture_that_no_program_may_remove_is_named() {
    let (fake, connector) = start().await;
    let (kind, said, _) = in_short(connector.discard("https://blog.example.org/a.jpg").await);
    assert_eq!((kind, said.contains("stays at https://blog.example.org/a.jpg")), ("final", true), "{said}");
    assert_eq!(fake.calls(), [""; 0]);
}

#[tokio::test]
async fn what_others_wrote_is_nothing_but_text() {
    crate::deliver::contract::hostile(
        start,
        &["&lt;a href=", "&lt;!channel&gt;", "<a href=\"http://video.example/1\""],
        &["<a href=http", "[x]", "](http", "<p>http"],
    )
    .await;
}
