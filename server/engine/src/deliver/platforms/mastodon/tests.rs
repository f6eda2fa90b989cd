//! The connector against a server that records what it is sent.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::{Mastodon, Patience};
use crate::clock::Clock;
use crate::deliver::fake_server::{FakeServer, Reply, account, in_short, post, send, tools};
use crate::deliver::{Account, Platform, Post, PostError, Posted, Sighting, Token, Visibility};

const INSTANCE: &str = "/api/v2/instance";
const MEDIA: &str = "/api/v2/media";
const READY: &str = "/api/v1/media/22348641";
const STATUSES: &str = "/api/v1/statuses";
/// For tests in which the picture is not ready in time: nothing else has to be done within it.
const SHORT: Duration = Duration::from_millis(100);
const URL: &str = "https://example.social/@alice/103254962155278888";

fn connector(fake: &FakeServer) -> Mastodon {
    connector_to(fake, Duration::from_secs(30))
}

fn connector_to(fake: &FakeServer, timeout: Duration) -> Mastodon {
    let account = account("mastodon", fake.url.clone(), "alice@example.social", "secret-token");
    let account = Account { visibility: Visibility::Unlisted, ..account };
    let (pace, bound) = (Duration::from_millis(1), Duration::from_secs(10));
    let patience = Patience { pace, bound, pause: Duration::from_secs(30) };
    let connector = Mastodon::new(account, tools(timeout)).expect("an account");
    Mastodon { patience, ..connector }
}

/// A clock that stands, between two seconds.
struct Standing;

impl Clock for Standing {
    fn now(&self) -> Timestamp {
        Timestamp::constant(1_764_000_000, 500_000_000)
    }
}

impl Mastodon {
    /// All steps.
    async fn post(&self, post: &Post) -> Result<Posted, PostError> {
        send(self, post).await
    }
}

fn posted() -> Result<Posted, PostError> {
    Ok(Posted { url: Some(URL.to_owned()), id: Some("103254962155278888".to_owned()) })
}

#[tokio::test]
async fn a_post_is_two_requests_that_carry_everything() {
    let fake = FakeServer::start().await;
    assert_eq!(connector(&fake).post(&post()).await, posted());
    assert_eq!(fake.calls(), ["GET /api/v2/instance", "POST /api/v2/media", "POST /api/v1/statuses"]);
    let seen = fake.seen();
    for request in &seen {
        assert_eq!(request.headers["authorization"], "Bearer secret-token");
        assert_eq!(request.headers["user-agent"], "Cutline/test");
        assert!(!request.headers.contains_key("referer") && !request.headers.contains_key("cookie"));
    }
    let (head, bytes) = seen[1].part("file").expect("the picture");
    assert_eq!(bytes, post().bytes);
    assert!(
        head.contains("filename=\"clipping.jpg\"") && head.contains("Content-Type: image/jpeg"),
        "{head}"
    );
    assert_eq!(seen[1].part("description").expect("the alt text").1, "A white lighthouse");
    let length: usize = seen[1].headers["content-length"].to_str().expect("text").parse().expect("a number");
    assert_eq!(length, seen[1].body.len());
    let fields = ["status", "media_ids[]", "visibility"].map(|name| seen[2].field(name).expect("a field"));
    assert_eq!(fields, ["The lighthouse\n\nhttps://c.example/s/0123456789abcdef", "22348641", "unlisted"]);
    assert_eq!(seen[2].headers["idempotency-key"], "one-delivery");
}

#[tokio::test]
async fn the_target_is_named_after_the_account() {
    let target = connector(&FakeServer::start().await).target();
    assert_eq!(target.id.as_str(), "mastodon:alice@example.social");
    assert_eq!(
        (target.name.as_str(), target.account.as_deref()),
        ("Mastodon", Some("@alice@example.social"))
    );
}

#[tokio::test]
async fn the_limits_are_read_once_and_kept_to() {
    let fake = FakeServer::start().await;
    let limits = r#"{"configuration":{"statuses":{"max_characters":60},"media_attachments":{"description_limit":10}}}"#;
    fake.reply(INSTANCE, Reply::With(200, &[], limits));
    let connector = connector(&fake);
    let long = Post { description: "word ".repeat(100), ..post() };
    assert_eq!(connector.post(&long).await, posted());
    assert_eq!(connector.post(&long).await, posted());
    let seen = fake.seen();
    assert_eq!(seen.iter().filter(|request| request.path == INSTANCE).count(), 1);
    assert_eq!(seen[1].part("description").expect("the alt text").1, "A white l…");
    let status = seen[2].field("status").expect("a status");
    assert_eq!(status, "word word word word w…\n\nhttps://c.example/s/0123456789abcdef");
}

#[tokio::test]
async fn an_old_servers_limits_are_read_from_the_first_version() {
    let fake = FakeServer::start().await;
    fake.reply(INSTANCE, Reply::With(404, &[], ""));
    fake.reply("/api/v1/instance", Reply::With(200, &[], r#"{"max_toot_chars":40}"#));
    assert_eq!(connector(&fake).post(&post()).await, posted());
    assert_eq!(fake.calls()[..2], ["GET /api/v2/instance", "GET /api/v1/instance"]);
    assert_eq!(fake.seen()[3].field("status").as_deref(), Some("T…\n\nhttps://c.example/s/0123456789abcdef"));
}

#[tokio::test]
async fn limits_that_are_not_told_now_are_asked_for_again() {
    let fake = FakeServer::start().await;
    fake.reply(INSTANCE, Reply::With(500, &[], "")).reply(INSTANCE, Reply::Drop);
    let connector = connector(&fake);
    for _ in 0..4 {
        assert_eq!(connector.post(&post()).await, posted());
    }
    // A dropped connection is tried again by nobody: three questions for three posts, none for the fourth.
    assert_eq!(fake.calls().iter().filter(|call| call.ends_with("instance")).count(), 3);
}

#[tokio::test]
async fn the_limits_on_pictures_are_those_that_the_server_tells() {
    let fake = FakeServer::start().await;
    let limits = r#"{"configuration":{"media_attachments":{"image_size_limit":10,"image_matrix_limit":99}}}"#;
    fake.reply(INSTANCE, Reply::With(200, &[], limits));
    let connector = connector(&fake);
    connector.prepare().await.expect("told");
    let picture = connector.limits().await.picture;
    assert_eq!((picture.max_bytes, picture.max_pixels), (Some(10), Some(99)));
}

#[tokio::test]
async fn a_server_that_asks_not_to_be_called_is_not_and_one_that_does_not_tell_is() {
    let fake = FakeServer::start().await;
    let connector = connector(&fake);
    fake.reply(INSTANCE, Reply::With(429, &[("retry-after", "30")], ""));
    assert_eq!(in_short(connector.prepare().await).2, Some(30));
    fake.reply(INSTANCE, Reply::With(503, &[], ""));
    connector.prepare().await.expect("its usual limits do");
    assert_eq!(fake.calls().len(), 2);
    let upload = connector.upload(&post()).await.expect("uploaded");
    connector.publish(&post(), &upload).await.expect("posted");
    assert_eq!(fake.calls()[2..], ["POST /api/v2/media", "POST /api/v1/statuses"], "nothing else is asked");
}

#[tokio::test]
async fn a_picture_that_is_processed_later_is_waited_for() {
    let fake = FakeServer::start().await;
    fake.reply(MEDIA, Reply::With(202, &[], r#"{"id":"22348641","url":null}"#))
        .reply(READY, Reply::With(206, &[], r#"{"id":"22348641","url":null}"#))
        .reply(READY, Reply::With(206, &[("retry-after", "0")], r#"{"id":"22348641","url":null}"#));
    assert_eq!(connector(&fake).post(&post()).await, posted());
    let ready = "GET /api/v1/media/22348641";
    assert_eq!(fake.calls()[1..], ["POST /api/v2/media", ready, ready, ready, "POST /api/v1/statuses"]);
}

#[tokio::test]
async fn what_is_processed_for_long_is_asked_for_by_another_attempt_when_the_server_says() {
    // What it says to the upload, and then to each question; how often it is asked, and after how long that may be again.
    for (to_upload, to_questions, calls, seconds) in [
        (None, None, 1..=100, 30),
        (None, Some("120"), 1..=1, 120),
        // Written down with the picture, in whole seconds.
        (Some("120"), None, 0..=0, 120),
    ] {
        let header = |wait: Option<&'static str>| -> &'static [(&'static str, &'static str)] {
            wait.map_or(&[], |wait| Vec::leak(vec![("retry-after", wait)]))
        };
        let fake = FakeServer::start().await;
        fake.reply(MEDIA, Reply::With(202, header(to_upload), r#"{"id":"22348641"}"#));
        for _ in 0..*calls.end() {
            fake.reply(READY, Reply::With(206, header(to_questions), "{}"));
        }
        let mut connector = connector(&fake);
        connector.line.tools.clock = Arc::new(Standing);
        connector.patience.bound = SHORT;
        let upload = connector.upload(&post()).await.expect("taken");
        let wait = connector.ready(&upload).await.expect("asked").expect("it is not ready").as_secs();
        assert_eq!(wait, seconds, "{to_upload:?} {to_questions:?}");
        let asked = fake.calls().iter().filter(|call| call.ends_with(READY)).count();
        assert!(calls.contains(&asked), "{to_upload:?} {to_questions:?}: {asked}");
        connector.publish(&post(), &upload).await.expect("posted");
        assert_eq!(fake.seen().last().expect("a call").field("media_ids[]").as_deref(), Some("22348641"));
    }
}

#[tokio::test]
async fn the_time_that_its_answers_take_is_waited_too() {
    let fake = FakeServer::start().await;
    for _ in 0..10_000 {
        fake.reply(READY, Reply::With(206, &[], "{}"));
    }
    let connector = connector(&fake);
    let patience = Patience { pace: Duration::ZERO, bound: SHORT, ..connector.patience };
    let ready = Mastodon { patience, ..connector }.ready("22348641 processing").await;
    assert_eq!(ready, Ok(Some(Duration::from_secs(30))));
}

#[tokio::test]
async fn what_may_be_asked_for_is_asked_for_at_once() {
    let fake = FakeServer::start().await;
    let ready = connector(&fake).ready("22348641 processing 1764000000").await;
    assert_eq!((ready, fake.calls().len()), (Ok(None), 1));
}

#[tokio::test]
async fn a_picture_that_cannot_be_processed_is_refused() {
    let fake = FakeServer::start().await;
    fake.reply(MEDIA, Reply::With(202, &[], r#"{"id":"22348641"}"#))
        .reply(READY, Reply::With(422, &[], r#"{"error":"Error processing thumbnail"}"#));
    let failed = connector(&fake).post(&post()).await;
    assert!(
        matches!(&failed, Err(PostError::Final { reason, .. }) if reason.contains("thumbnail")),
        "{failed:?}"
    );
}

#[tokio::test]
async fn a_server_without_the_new_upload_gets_the_old_one_from_then_on() {
    let fake = FakeServer::start().await;
    fake.reply(MEDIA, Reply::With(404, &[], ""));
    let connector = connector(&fake);
    assert_eq!(connector.post(&post()).await, posted());
    assert_eq!(connector.post(&post()).await, posted());
    let old = ["POST /api/v1/media", "POST /api/v1/statuses"];
    assert_eq!(fake.calls(), [&["GET /api/v2/instance", "POST /api/v2/media"][..], &old, &old].concat());
    assert_eq!(fake.seen()[2].part("file").expect("the picture").1, post().bytes);
}

/// What comes of one answer to the upload, or to the status.
async fn outcome(path: &str, reply: Reply) -> (&'static str, String, Option<Duration>) {
    let fake = FakeServer::start().await;
    // Short only where the server stays silent: a busy machine may take its time over the others.
    let timeout = Duration::from_secs(if matches!(reply, Reply::Hang) { 2 } else { 30 });
    fake.reply(path, reply);
    match connector_to(&fake, timeout).post(&post()).await {
        Ok(Posted { url, .. }) => ("posted", url.unwrap_or_default(), None),
        Err(PostError::Passing { reason, retry_after, .. }) => ("passing", reason, retry_after),
        Err(PostError::Final { reason, .. }) => ("final", reason, None),
        Err(PostError::Spent { reason, .. }) => ("spent", reason, None),
        Err(PostError::Taken { reason, .. }) => ("taken", reason, None),
        Err(PostError::Unknown { reason, .. }) => ("unknown", reason, None),
    }
}

#[tokio::test]
async fn each_answer_to_the_upload_means_one_thing() {
    let reconnect = "The site's account at 127.0.0.1 must be connected again.";
    for (reply, kind, reason, seconds) in [
        (
            Reply::With(429, &[("retry-after", "30")], r#"{"error":"Too many requests"}"#),
            "passing",
            "asks for a pause",
            Some(30),
        ),
        (Reply::With(429, &[], ""), "passing", "asks for a pause", None),
        (Reply::With(408, &[], ""), "passing", "problem at the moment (408)", None),
        (Reply::With(425, &[], ""), "passing", "problem at the moment (425)", None),
        (Reply::With(500, &[], "<html>"), "passing", "problem at the moment (500)", None),
        (Reply::With(503, &[("retry-after", "5")], ""), "passing", "problem at the moment (503)", Some(5)),
        (Reply::With(200, &[], "<html>"), "passing", "did not answer as a Mastodon server", None),
        (Reply::With(200, &[], r#"{"id":".."}"#), "passing", "did not answer as a Mastodon server", None),
        (Reply::With(401, &[], ""), "final", reconnect, None),
        (Reply::With(401, &[], r#"{"error":"The access token is invalid"}"#), "final", reconnect, None),
        (
            Reply::With(403, &[], r#"{"error":"This action is not allowed"}"#),
            "final",
            "refused the post: This action is not allowed",
            None,
        ),
        (
            Reply::With(422, &[], r#"{"error":"No secret-token here"}"#),
            "final",
            "refused the post: No *** here",
            None,
        ),
        (Reply::With(413, &[], "<html>"), "final", "refused the post (413).", None),
        (Reply::With(302, &[("location", "http://127.0.0.1:1/")], ""), "final", "has moved", None),
        (Reply::Drop, "passing", "cannot be reached", None),
        (Reply::Hang, "passing", "cannot be reached", None),
    ] {
        let label = format!("{reply:?}");
        let (found, found_reason, retry_after) = outcome(MEDIA, reply).await;
        assert_eq!((found, retry_after), (kind, seconds.map(Duration::from_secs)), "{label}");
        assert!(found_reason.contains(reason), "{label}: {found_reason}");
    }
}

#[tokio::test]
async fn a_token_or_account_that_may_not_post_is_to_be_connected_again_and_the_server_says_why() {
    for (status, headers, body, says) in [
        (
            403,
            &[][..],
            r#"{"error":"This action is outside the authorized scopes"}"#,
            Some("authorized scopes"),
        ),
        (403, &[], r#"{"error":"Your login is currently disabled"}"#, Some("currently disabled")),
        (403, &[], r#"{"error":"Your login is missing a confirmed e-mail address"}"#, Some("e-mail address")),
        (403, &[], r#"{"error":"Your login is currently pending approval"}"#, Some("pending approval")),
        (403, &[], r#"{"error":"Your account requires two-factor authentication"}"#, Some("two-factor")),
        // GoToSocial, Pleroma and Akkoma (twice), Pixelfed.
        (
            403,
            &[],
            r#"{"error":"Forbidden: token has insufficient scope permission"}"#,
            Some("scope permission"),
        ),
        (403, &[], r#"{"error":"Insufficient permissions: write:statuses."}"#, Some("write:statuses")),
        (403, &[], r#"{"error":"Invalid credentials."}"#, Some("Invalid credentials")),
        (403, &[], r#"{"message":"Invalid scope(s) provided."}"#, Some("Invalid scope(s)")),
        (403, &[("www-authenticate", "Bearer error=\"insufficient_scope\"")], "", Some("")),
        (422, &[], r#"{"error":"This method requires an authenticated user"}"#, Some("")),
        (403, &[], r#"{"error":"This action is not allowed"}"#, None),
        (403, &[], "<html>", None),
        (422, &[], r#"{"error":"Validation failed: Text too long"}"#, None),
    ] {
        for path in [MEDIA, STATUSES] {
            let (found, said, _) = outcome(path, Reply::With(status, headers, body)).await;
            assert_eq!(found, "final", "{path} {body}");
            let is_asked = said.contains("must be connected again");
            assert_eq!(is_asked, says.is_some(), "{path} {body}: {said}");
            assert!(said.contains(says.unwrap_or("refused the post")), "{path} {body}: {said}");
        }
    }
}

#[tokio::test]
async fn once_the_status_is_sent_only_a_clear_answer_counts() {
    for (reply, kind, reason, seconds) in [
        (Reply::With(429, &[("retry-after", "30")], ""), "passing", "asks for a pause", Some(30)),
        (Reply::With(503, &[("retry-after", "5")], ""), "passing", "problem at the moment", Some(5)),
        (Reply::With(500, &[], ""), "unknown", "Look there first", None),
        (Reply::With(503, &[], ""), "unknown", "Look there first", None),
        (Reply::With(504, &[], "<html>"), "unknown", "Look there first", None),
        (Reply::With(200, &[], "<html>"), "unknown", "Look there first", None),
        (Reply::Drop, "unknown", "Look there first", None),
        (Reply::Hang, "unknown", "Look there first", None),
        (Reply::With(401, &[], ""), "final", "must be connected again", None),
        (Reply::With(404, &[], ""), "final", "refused the post (404)", None),
        (
            Reply::With(422, &[], r#"{"error":"Validation failed: Text too long"}"#),
            "final",
            "Text too long",
            None,
        ),
        (Reply::With(200, &[], r#"{"id":"1","url":"javascript:alert(1)"}"#), "posted", "", None),
        (
            Reply::With(200, &[], r#"{"id":"1","url":null,"uri":"https://example.social/1"}"#),
            "posted",
            "https://example.social/1",
            None,
        ),
    ] {
        let label = format!("{reply:?}");
        let (found, said, retry_after) = outcome(STATUSES, reply).await;
        assert_eq!((found, retry_after), (kind, seconds.map(Duration::from_secs)), "{label}");
        let is_as_expected = if kind == "posted" { said == reason } else { said.contains(reason) };
        assert!(is_as_expected, "{label}: {said}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_a_passing_failure() {
    let fake = FakeServer::start().await;
    let mut connector = connector(&fake);
    let free = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port")
        .local_addr()
        .expect("its address");
    connector.line.account.server.set_port(Some(free.port())).expect("a port");
    let failed = connector.post(&post()).await;
    assert!(
        matches!(&failed, Err(PostError::Passing { reason, .. }) if reason.contains("cannot be reached")),
        "{failed:?}"
    );
    assert!(fake.calls().is_empty());
}

#[tokio::test]
async fn the_status_is_not_sent_twice_when_the_server_is_gone_by_then() {
    let fake = FakeServer::start().await;
    fake.reply(STATUSES, Reply::Drop);
    let unknown = connector(&fake).post(&post()).await;
    assert!(matches!(unknown, Err(PostError::Unknown { .. })));
    assert_eq!(fake.calls().iter().filter(|call| call.ends_with(STATUSES)).count(), 1);
}

#[test]
fn an_account_that_cannot_work_is_refused_at_once() {
    for (server, token, wrong) in [
        ("https://example.social", "secret", None),
        ("ftp://example.social", "secret", Some("server")),
        ("https://alice:pw@example.social", "secret", Some("server")),
        ("https://example.social", "", Some("token")),
        ("https://example.social", "a\nb", Some("token")),
    ] {
        let settings = account("mastodon", server.parse().expect("a URL"), "alice@example.social", "t");
        let settings = Account { token: Token::new(token), ..settings };
        let made = Mastodon::new(settings, tools(Duration::from_secs(1)));
        assert_eq!(made.err().map(|error| error.key), wrong, "{server} {token}");
    }
}

const ACCOUNT: &str = "/api/v1/accounts/verify_credentials";
const LATEST: &str = "/api/v1/accounts/7/statuses";

/// What looking for the post brings when the account's latest statuses are these.
async fn look(fake: &FakeServer, pages: &[&'static str]) -> Result<Sighting, PostError> {
    fake.reply(ACCOUNT, Reply::With(200, &[], r#"{"id":"7"}"#));
    for page in pages {
        fake.reply(LATEST, Reply::With(200, &[], page));
    }
    connector(fake).find(&post().link, "2026-11-23T12:00:00Z".parse().expect("a time")).await
}

#[tokio::test]
async fn a_status_is_found_by_the_link_that_it_carries() {
    let fake = FakeServer::start().await;
    // Another share's, and what the account has written about this one by hand.
    let ours = r#"[{"id":"9","content":"<p>Another: https://c.example/s/0123456789abcdefg</p>","created_at":"2026-11-23T12:00:04Z",
         "media_attachments":[{"id":"2"}]},
        {"id":"10","content":"<p>See https://c.example/s/0123456789abcdef</p>","created_at":"2026-11-23T12:00:04Z","media_attachments":[]},
        {"id":"8","url":"https://example.social/@alice/8","created_at":"2026-11-23T12:00:03Z","media_attachments":[{"id":"1"}],
         "content":"<p>The lighthouse</p><p><a href=\"https://c.example/s/0123456789abcdef\">c.example</a></p>"}]"#;
    let there = Sighting::There(Posted {
        url: Some("https://example.social/@alice/8".to_owned()),
        id: Some("8".to_owned()),
    });
    assert_eq!(look(&fake, &[ours]).await, Ok(there));
    assert_eq!(fake.calls(), ["GET /api/v1/accounts/verify_credentials", "GET /api/v1/accounts/7/statuses"]);
}

#[tokio::test]
async fn a_status_is_not_there_when_older_ones_come_up_without_it() {
    let newer = r#"[{"id":"5","content":"","created_at":"2026-11-23T12:01:00Z"}]"#;
    let older = r#"[{"id":"4","content":"","created_at":"2026-11-23T11:00:00Z"}]"#;
    let fake = FakeServer::start().await;
    assert_eq!(look(&fake, &[newer, older]).await, Ok(Sighting::NotThere));
    let fake = FakeServer::start().await;
    assert_eq!(look(&fake, &[newer, "[]"]).await, Ok(Sighting::NotThere));
    let fake = FakeServer::start().await;
    let sighting = look(&fake, &[newer; 5]).await.expect("answers");
    assert!(matches!(sighting, Sighting::CannotTell { .. }), "{sighting:?}");
}

#[tokio::test]
async fn a_server_that_shows_nothing_to_this_token_cannot_tell_and_one_in_trouble_is_asked_again() {
    for status in [401, 403, 404] {
        let fake = FakeServer::start().await;
        fake.reply(ACCOUNT, Reply::With(status, &[], r#"{"error":"outside the authorized scopes"}"#));
        let sighting = look(&fake, &[]).await.expect("an answer");
        assert!(matches!(sighting, Sighting::CannotTell { .. }), "{status} {sighting:?}");
    }
    for reply in [Reply::With(503, &[], ""), Reply::With(429, &[], ""), Reply::Drop] {
        let fake = FakeServer::start().await;
        fake.reply(ACCOUNT, reply);
        let failed = look(&fake, &[]).await;
        assert!(matches!(failed, Err(PostError::Passing { .. })), "{failed:?}");
    }
}

#[tokio::test]
async fn a_status_is_removed_and_one_that_is_gone_is_removed_too() {
    const STATUS: &str = "/api/v1/statuses/8";
    let (there, none) =
        (Reply::With(200, &[], r#"{"id":"8"}"#), Reply::With(404, &[], r#"{"error":"Record not found"}"#));
    for (replies, expected) in [
        (vec![there.clone()], Ok(())),
        (vec![none.clone(), none.clone()], Ok(())),
        (vec![none, there], Err("127.0.0.1 lets no program remove posts. Remove it there.")),
        (
            vec![Reply::With(403, &[], r#"{"error":"This action is not allowed"}"#)],
            Err("127.0.0.1 refused the post: This action is not allowed"),
        ),
        (vec![Reply::With(503, &[], "")], Err("127.0.0.1 has a problem at the moment (503).")),
    ] {
        let fake = FakeServer::start().await;
        for reply in &replies {
            fake.reply(STATUS, reply.clone());
        }
        let removed = connector(&fake).remove("8").await.map_err(|error| error.to_string());
        assert_eq!(removed, expected.map_err(str::to_owned));
        let calls = ["DELETE /api/v1/statuses/8", "GET /api/v1/statuses/8"];
        assert_eq!(fake.calls(), calls[..replies.len()]);
    }
}

#[tokio::test]
async fn what_others_wrote_is_nothing_but_text() {
    crate::deliver::contract::hostile(
        async || {
            let fake = FakeServer::start().await;
            let connector: std::sync::Arc<dyn Platform> = std::sync::Arc::new(connector(&fake));
            (fake, connector)
        },
        &["http://words.example"],
        &["@everyone", "@bob", "evil.example"],
    )
    .await;
}
