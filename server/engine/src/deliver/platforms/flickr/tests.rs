//! The connector against a server that answers as the documentation says.

use std::sync::Arc;
use std::time::Duration;

use http::Method;

use super::parse_account;
use crate::deliver::contract::{DOUBT, RECONNECT, check};
use crate::deliver::fake_server::{FakeServer, Reply, account, connector, in_short, post, send};
use crate::deliver::{Platform, Posted, Sighting};

const UPLOAD: &str = "/services/upload/";
const REST: &str = "/services/rest/";

fn xml(body: &'static str) -> Reply {
    Reply::With(200, &[("content-type", "text/xml; charset=utf-8")], body)
}

fn json(body: &'static str) -> Reply {
    Reply::With(200, &[], body)
}

fn well(method: &Method, path: &str) -> Reply {
    match (method, path) {
        (_, UPLOAD) => xml(
            "<?xml version=\"1.0\" encoding=\"utf-8\" ?>\n<rsp stat=\"ok\">\n<photoid>1234</photoid>\n</rsp>",
        ),
        (&Method::GET, REST) => json(r#"{"photos":{"page":1,"pages":1,"photo":[]},"stat":"ok"}"#),
        _ => json(r#"{"stat":"ok"}"#),
    }
}

async fn start() -> (FakeServer, Arc<dyn Platform>) {
    let fake = FakeServer::answering(well).await;
    let account = account("flickr", fake.url.clone(), "12037949754@N01", "key:secret:token:token-secret");
    (fake, connector(account, Duration::from_secs(30)).expect("an account"))
}

fn posted() -> Posted {
    let url = Some("https://www.flickr.com/photos/12037949754@N01/1234/".to_owned());
    Posted { url, id: Some("1234".to_owned()) }
}

#[tokio::test]
async fn a_photo_is_one_signed_request_of_words_and_picture() {
    let (fake, connector) = start().await;
    assert_eq!(send(connector.as_ref(), &post()).await, Ok(posted()));
    let seen = fake.seen();
    assert_eq!(fake.calls(), [format!("POST {UPLOAD}")]);
    let header = seen[0].headers["authorization"].to_str().expect("a text");
    assert!(header.starts_with("OAuth oauth_consumer_key=\"key\"") && !header.contains("secret"), "{header}");
    let text =
        |name: &str| String::from_utf8(seen[0].part(name).expect("a part").1.to_vec()).expect("a text");
    assert_eq!(text("title"), "The lighthouse");
    insta::assert_snapshot!(text("description"));
    let (head, bytes) = seen[0].part("photo").expect("the picture");
    assert!(head.contains("filename=\"clipping.jpg\"") && bytes == post().bytes, "{head}");
}

#[tokio::test]
async fn each_documented_answer_means_one_thing() {
    let fail = |code: u32, words: &str| {
        let body = format!("<rsp stat=\"fail\">\n<err code=\"{code}\" msg=\"{words}\" />\n</rsp>");
        xml(body.leak())
    };
    check(
        start,
        &[
            (UPLOAD, fail(2, "No photo specified"), "final", "No photo specified"),
            // The file was not correctly uploaded: whether it is there nobody knows.
            (UPLOAD, fail(3, "General upload failure"), "unknown", DOUBT),
            (UPLOAD, fail(4, "Filesize was zero"), "final", "Filesize was zero"),
            (UPLOAD, fail(5, "Filetype was not recognised"), "final", "not recognised"),
            (UPLOAD, fail(6, "User exceeded upload limit"), "final", "exceeded upload limit"),
            (UPLOAD, fail(8, "Filesize was too large"), "final", "too large"),
            (UPLOAD, fail(95, "SSL is required"), "final", "SSL is required"),
            (UPLOAD, fail(96, "Invalid signature"), "final", RECONNECT),
            (UPLOAD, fail(97, "Missing signature"), "final", RECONNECT),
            (UPLOAD, fail(98, "Login failed / Invalid auth token"), "final", RECONNECT),
            (UPLOAD, fail(99, "Insufficient permissions"), "final", RECONNECT),
            (UPLOAD, fail(100, "Invalid API Key"), "final", RECONNECT),
            (UPLOAD, fail(105, "Service currently unavailable"), "unknown", DOUBT),
            (UPLOAD, Reply::With(401, &[], "oauth_problem=token_rejected"), "final", RECONNECT),
            (UPLOAD, Reply::With(502, &[], ""), "unknown", DOUBT),
            (UPLOAD, xml("<rsp stat=\"ok\"></rsp>"), "unknown", DOUBT),
            (UPLOAD, Reply::Drop, "unknown", DOUBT),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_photo_is_found_by_its_link() {
    let (fake, connector) = start().await;
    let since = "2026-11-23T12:00:00Z".parse().expect("a time");
    let newer = r#"{"photos":{"photo":[{"id":"9","dateupload":"1795435209","description":{"_content":"x"}}]},"stat":"ok"}"#;
    let ours = r#"{"photos":{"photo":[{"id":"1234","dateupload":"1795435200","description":{"_content":"The\n\nhttps://c.example/s/0123456789abcdef"}}]},"stat":"ok"}"#;
    fake.reply(REST, json(newer)).reply(REST, json(ours));
    assert_eq!(connector.find(&post().link, since).await, Ok(Sighting::There(posted())));
    assert!(fake.seen()[1].query.ends_with("per_page=100&page=2"), "{}", fake.seen()[1].query);
    assert_eq!(connector.find(&post().link, since).await, Ok(Sighting::NotThere));
    fake.reply(REST, json("<html>"));
    let unreadable = connector.find(&post().link, since).await;
    assert!(matches!(unreadable, Ok(Sighting::CannotTell { .. })), "{unreadable:?}");
}

#[tokio::test]
async fn a_photo_is_removed() {
    let (fake, connector) = start().await;
    assert_eq!(connector.remove("1234").await, Ok(()));
    assert_eq!(fake.seen()[0].field("method").as_deref(), Some("flickr.photos.delete"));
    assert_eq!(fake.seen()[0].field("photo_id").as_deref(), Some("1234"));
    fake.reply(REST, json(r#"{"stat":"fail","code":1,"message":"Photo not found"}"#));
    assert_eq!(connector.remove("1").await, Ok(()), "what is not there is removed");
    fake.reply(REST, json(r#"{"stat":"fail","code":99,"message":"Insufficient permissions"}"#));
    assert_eq!(in_short(connector.remove("2").await).1, RECONNECT);
}

#[test]
fn only_a_token_of_four_parts_will_do() {
    let server: url::Url = "https://up.flickr.com".parse().expect("an address");
    let refused = connector(account("flickr", server, "alice", "a-bearer"), Duration::from_secs(1));
    assert_eq!(refused.err().map(|error| error.key), Some("token"));
    for (text, is_name) in [("alice", true), ("12037949754@N01", true), ("a b", false), ("", false)] {
        assert_eq!(parse_account(text).is_some(), is_name, "{text}");
    }
}

#[tokio::test]
async fn what_others_wrote_is_nothing_but_text() {
    crate::deliver::contract::hostile(
        start,
        &["http://words.example", "&lt;!channel&gt;"],
        &["@everyone", "@bob", "evil.example", "<a href"],
    )
    .await;
}
