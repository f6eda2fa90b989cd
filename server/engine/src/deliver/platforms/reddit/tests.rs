//! The connector against a server that answers as Reddit was recorded to (PRAW's tests), and as its errors are noted.

use std::sync::Arc;
use std::time::Duration;

use http::Method;

use super::parse_community;
use crate::deliver::contract::{DOUBT, PAUSE, RECONNECT, check, told, wait_after};
use crate::deliver::fake_server::{FakeServer, Reply, account, connector, in_short, post, send};
use crate::deliver::{Account, Identity, Platform, Post, PostError, Posted, Sighting};

const TOKEN: &str = "/api/v1/access_token";
const ME: &str = "/api/v1/me";
const ABOUT: &str = "/r/pics/about";
const WANTED: &str = "/api/v1/pics/post_requirements";
const LEASE: &str = "/api/media/asset.json";
const BYTES: &str = "/";
const SUBMIT: &str = "/api/submit";
const LATEST: &str = "/user/alice/submitted";
const DELETE: &str = "/api/del";

const OURS: &str = r#"{"kind":"Listing","data":{"after":null,"children":[{"kind":"t3","data":{"name":"t3_nxaraz","subreddit":"Pics","permalink":"/r/pics/comments/nxaraz/the_lighthouse/","url":"https://i.redd.it/8wtw68xb3x261.jpg","selftext":"The lighthouse\n\nhttps://c.example/s/0123456789abcdef","created_utc":1795435201.0}}]}}"#;

fn ok(body: &'static str) -> Reply {
    Reply::With(200, &[], body)
}

fn well(_: &Method, path: &str) -> Reply {
    match path {
        TOKEN => {
            ok(r#"{"access_token":"an-access-token","token_type":"bearer","expires_in":3600,"scope":"*"}"#)
        }
        ME => ok(r#"{"name":"alice","id":"4ld9"}"#),
        ABOUT => {
            ok(r#"{"kind":"t5","data":{"display_name":"pics","submission_type":"any","allow_images":true}}"#)
        }
        WANTED => {
            ok(r#"{"title_text_max_length":null,"body_restriction_policy":"none","is_flair_required":false}"#)
        }
        LEASE => ok(
            r#"{"args":{"action":"http://fake/","fields":[{"name":"acl","value":"public-read"},{"name":"key","value":"rte_images/8wtw68xb3x261"},{"name":"content-type","value":"image/jpeg"},{"name":"policy","value":"eyJjb25kaXRpb25zIjpbXX0="}]},"asset":{"asset_id":"8wtw68xb3x261","processing_state":"incomplete","payload":{"filepath":"clipping.jpg"},"websocket_url":"wss://ws.redditmedia.com/rte_images/8wtw68xb3x261"}}"#,
        ),
        BYTES => Reply::With(201, &[], "<PostResponse><Key>rte_images/8wtw68xb3x261</Key></PostResponse>"),
        SUBMIT => ok(
            r#"{"json":{"errors":[],"data":{"user_submitted_page":"https://www.reddit.com/user/alice/submitted/","websocket_url":"wss://ws.redditmedia.com/rte_images/8wtw68xb3x261"}}}"#,
        ),
        LATEST => ok(OURS),
        _ => ok("{}"),
    }
}

const REFRESH: &str = "app-id:app-secret:a-refresh-token";

async fn start() -> (FakeServer, Arc<dyn Platform>) {
    start_with("", REFRESH).await
}

async fn start_with(query: &str, token: &str) -> (FakeServer, Arc<dyn Platform>) {
    let fake = FakeServer::answering(well).await;
    let server = format!("{}{query}", fake.url).parse().expect("an address");
    let account = account("reddit", server, "pics", token);
    (fake, connector(account, Duration::from_secs(30)).expect("an account"))
}

fn posted() -> Posted {
    let url = Some("https://www.reddit.com/r/pics/comments/nxaraz/the_lighthouse/".to_owned());
    Posted { url, id: Some("t3_nxaraz".to_owned()) }
}

fn error(code: &str, words: &str) -> Reply {
    let body = format!(r#"{{"json":{{"errors":[["{code}","{words}","field"]]}}}}"#);
    Reply::With(200, &[], body.leak())
}

/// Sends a post, which Reddit takes and does not name: what it is called is for whoever looks for it.
async fn taken(connector: &dyn Platform) {
    let answer = send(connector, &post()).await;
    assert!(matches!(answer, Err(PostError::Taken { .. })), "{answer:?}");
}

const NONE: &str = r#"{"kind":"Listing","data":{"after":null,"children":[]}}"#;

#[tokio::test]
async fn a_post_is_a_lease_the_bytes_and_a_picture_that_is_looked_for() {
    let (fake, connector) = start().await;
    taken(connector.as_ref()).await;
    let found = connector.find(&post().link, post().shared_at).await;
    assert_eq!(found, Ok(Sighting::There(posted())));
    // The picture's address stands in a form.
    let itself: String = url::form_urlencoded::byte_serialize(fake.url.as_str().as_bytes()).collect();
    insta::assert_snapshot!(told(&fake).replace(&itself, "http%3A%2F%2Ffake%2F"));
    let agents: Vec<_> = fake.seen().iter().map(|seen| seen.headers["user-agent"].clone()).collect();
    let version = env!("CARGO_PKG_VERSION");
    // The bytes go to another's server.
    let named = format!("web:app-id:v{version} (by /u/alice)");
    assert_eq!(agents.iter().filter(|agent| **agent == *named).count(), agents.len() - 3, "{agents:?}");
    assert!(agents[..2].iter().all(|agent| *agent == format!("web:app-id:v{version}").as_str()));
}

#[tokio::test]
async fn where_no_pictures_are_taken_the_post_is_a_link_to_the_share_page() {
    let no_words =
        r#"{"title_text_max_length":50,"body_restriction_policy":"notAllowed","is_flair_required":false}"#;
    let no_pictures = r#"{"kind":"t5","data":{"submission_type":"link","allow_images":false}}"#;
    let made = r#"{"json":{"errors":[],"data":{"url":"https://www.reddit.com/r/pics/comments/om0nwf/a/","drafts_count":0,"id":"om0nwf","name":"t3_om0nwf"}}}"#;
    for (path, reply, takes_words) in [(WANTED, no_words, false), (ABOUT, no_pictures, true)] {
        let (fake, connector) = start().await;
        fake.reply(path, ok(reply)).reply(SUBMIT, ok(made));
        let long = Post { description: "word ".repeat(90), ..post() };
        let url = Some("https://www.reddit.com/r/pics/comments/om0nwf/a/".to_owned());
        let expected = Posted { url, id: Some("t3_om0nwf".to_owned()) };
        assert_eq!(send(connector.as_ref(), &long).await, Ok(expected));
        let calls = fake.calls();
        assert!(!calls.iter().any(|call| call.ends_with(LEASE) || call.ends_with(LATEST)), "{calls:?}");
        let form = fake.seen().last().expect("the post").clone();
        assert_eq!(form.field("kind").as_deref(), Some("link"));
        assert_eq!(form.field("url"), Some(post().link));
        assert_eq!(form.field("text").is_some(), takes_words);
        let title = form.field("title").expect("a title");
        assert!(title.chars().count() <= if takes_words { 300 } else { 50 }, "{title}");
    }
}

#[tokio::test]
async fn each_noted_answer_means_one_thing() {
    let scope = Reply::With(
        403,
        &[("www-authenticate", "Bearer realm=\"reddit\", error=\"insufficient_scope\"")],
        "{}",
    );
    let private = Reply::With(403, &[], r#"{"reason":"private","message":"Forbidden","error":403}"#);
    let told_apart = Reply::With(
        400,
        &[],
        r#"{"fields":["sr"],"explanation":"you aren't allowed to post there.","message":"Bad Request","reason":"SUBREDDIT_NOTALLOWED"}"#,
    );
    let texts = ok(r#"{"kind":"t5","data":{"submission_type":"self","allow_images":true}}"#);
    let flair = ok(r#"{"body_restriction_policy":"none","is_flair_required":true}"#);
    let elsewhere =
        ok(r#"{"args":{"action":"//uploads.example/","fields":[{"name":"key","value":"a"}]},"asset":{}}"#);
    let xml = &[("content-type", "application/xml")];
    let late =
        Reply::With(403, xml, "<Error><Code>AccessDenied</Code><Message>Policy expired.</Message></Error>");
    let large = Reply::With(
        400,
        xml,
        "<Error><Code>EntityTooLarge</Code><Message>Your proposed upload exceeds the maximum allowed size</Message></Error>",
    );
    check(
        start,
        &[
            (TOKEN, Reply::With(401, &[], r#"{"message":"Unauthorized","error":401}"#), "final", RECONNECT),
            (TOKEN, Reply::With(400, &[], r#"{"error":"invalid_grant"}"#), "final", RECONNECT),
            (TOKEN, ok(r#"{"error":"invalid_grant"}"#), "final", RECONNECT),
            (TOKEN, ok("{}"), "passing", "did not answer as a Reddit server"),
            (TOKEN, Reply::Drop, "passing", "cannot be reached"),
            (ME, Reply::With(401, &[], r#"{"message":"Unauthorized","error":401}"#), "final", RECONNECT),
            (ME, scope, "final", RECONNECT),
            (ABOUT, private, "final", "refused the post: Forbidden"),
            (ABOUT, Reply::With(302, &[("location", "/subreddits/search?q=pics")], ""), "final", "no r/pics"),
            (ABOUT, Reply::With(404, &[], r#"{"message":"Not Found","error":404}"#), "final", "no r/pics"),
            (ABOUT, texts, "final", "r/pics takes neither pictures nor links"),
            (WANTED, flair, "final", "wants a flair"),
            (LEASE, Reply::With(500, &[], ""), "passing", "has a problem"),
            (LEASE, elsewhere, "passing", "did not answer as a Reddit server"),
            (LEASE, error("USER_REQUIRED", "Please log in to do that."), "final", RECONNECT),
            (BYTES, late, "passing", "did not take the picture in time"),
            (BYTES, large, "final", "exceeds the maximum allowed size"),
            (BYTES, Reply::Drop, "passing", "cannot be reached"),
            (SUBMIT, error("USER_REQUIRED", "Please log in to do that."), "final", RECONNECT),
            (SUBMIT, error("SUBREDDIT_NOEXIST", "that community doesn't exist"), "final", "doesn't exist"),
            (
                SUBMIT,
                error("SUBREDDIT_NOTALLOWED", "you aren't allowed to post there."),
                "final",
                "allowed to post",
            ),
            (SUBMIT, told_apart, "final", "refused the post: you aren't allowed to post there."),
            (
                SUBMIT,
                error("SUBMIT_VALIDATION_FLAIR_REQUIRED", "Post must contain post flair."),
                "final",
                "post flair",
            ),
            (SUBMIT, error("TOO_LONG", "this is too long (max: 300)"), "final", "too long"),
            (SUBMIT, error("RATELIMIT", "Take a break for 8 minutes before trying again."), "passing", PAUSE),
            (
                SUBMIT,
                Reply::With(429, &[], r#"{"message":"Too Many Requests","error":429}"#),
                "passing",
                PAUSE,
            ),
            (
                SUBMIT,
                Reply::With(500, &[], r#"{"message":"Internal Server Error","error":500}"#),
                "unknown",
                DOUBT,
            ),
            (SUBMIT, Reply::With(504, &[], "<html>"), "unknown", DOUBT),
            (SUBMIT, Reply::Drop, "unknown", DOUBT),
            // Taken only where it says that nothing is wrong.
            (SUBMIT, ok(r#"{"json":{"errors":[],"data":{}}}"#), "taken", DOUBT),
            (SUBMIT, ok("{}"), "unknown", DOUBT),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_pause_is_as_long_as_reddit_says_in_headers_numbers_or_words() {
    let numbered = r#"{"json":{"ratelimit":513.04,"errors":[["RATELIMIT","you are doing that too much. try again in 8 minutes.","ratelimit"]]}}"#;
    let headers =
        &[("x-ratelimit-remaining", "0.0"), ("x-ratelimit-reset", "205"), ("x-ratelimit-used", "600")];
    for (reply, seconds) in [
        (ok(numbered), 514),
        (error("RATELIMIT", "Take a break for 8 minutes before trying again."), 540),
        (error("RATELIMIT", "Take a break for 59 seconds before trying again."), 60),
        (error("RATELIMIT", "You are doing that too much."), 600),
        (Reply::With(429, headers, "{}"), 205),
    ] {
        assert_eq!(wait_after(start, SUBMIT, reply.clone()).await, Some(seconds), "{reply:?}");
    }
}

#[tokio::test]
async fn a_token_is_had_once_and_again_when_it_ends_soon() {
    let (fake, connector) = start().await;
    let tokens = || fake.calls().iter().filter(|call| call.ends_with(TOKEN)).count();
    taken(connector.as_ref()).await;
    taken(connector.as_ref()).await;
    assert_eq!(tokens(), 1);
    let asked = fake.seen()[0].clone();
    assert_eq!(asked.headers["authorization"], "Basic YXBwLWlkOmFwcC1zZWNyZXQ=");
    assert_eq!(asked.field("grant_type").as_deref(), Some("refresh_token"));
    assert_eq!(asked.field("refresh_token").as_deref(), Some("a-refresh-token"));

    let (fake, connector) = start_with("", "app-id:app-secret:alice:pass:word").await;
    let short = r#"{"access_token":"short","token_type":"bearer","expires_in":119}"#;
    fake.reply(TOKEN, ok(short)).reply(TOKEN, ok(short));
    taken(connector.as_ref()).await;
    let asked = fake.seen()[0].clone();
    assert_eq!(asked.field("grant_type").as_deref(), Some("password"));
    let names = ["username", "password"].map(|name| asked.field(name).expect("a field"));
    assert_eq!(names, ["alice", "pass:word"]);
    let calls = fake.calls();
    assert_eq!(calls.iter().filter(|call| call.ends_with(TOKEN)).count(), 3, "{calls:?}");
}

#[tokio::test]
async fn a_visitors_token_is_taken_as_it_is_and_posts_to_their_own_page() {
    let (fake, connector) = start_with("", "an-access-token-of-theirs").await;
    let identity = Identity { id: "alice".to_owned(), name: "u_alice".to_owned() };
    assert_eq!(connector.identify().await, Ok(Some(identity)));
    assert_eq!(fake.calls(), [format!("GET {ME}")]);
    assert_eq!(fake.seen()[0].headers["authorization"], "Bearer an-access-token-of-theirs");
}

#[tokio::test]
async fn a_flair_stands_behind_the_address() {
    let (fake, connector) = start_with("?flair_id=0f2a-4b", REFRESH).await;
    fake.reply(WANTED, ok(r#"{"is_flair_required":true}"#));
    taken(connector.as_ref()).await;
    let form = fake.seen().into_iter().find(|seen| seen.path == SUBMIT).expect("the post");
    assert_eq!(form.field("flair_id").as_deref(), Some("0f2a-4b"));
    assert!(fake.seen().iter().all(|seen| !seen.query.contains("flair")), "it is no part of addresses");
    for query in
        ["?flair=1", "?flair_id=", "?flair_id=1&flair_id=2", &format!("?flair_id={}", "a".repeat(37))]
    {
        let server = format!("https://oauth.reddit.com{query}").parse().expect("an address");
        let refused = connector_of(account("reddit", server, "pics", REFRESH));
        assert_eq!(refused.err(), Some("server"), "{query}");
    }
}

fn connector_of(account: Account) -> Result<Arc<dyn Platform>, &'static str> {
    connector(account, Duration::from_secs(1)).map_err(|error| error.key)
}

#[test]
fn a_token_has_one_three_or_four_parts() {
    for (token, works) in [
        ("token", true),
        ("id:secret:refresh", true),
        ("id:secret:name:pass:word", true),
        ("id:secret", false),
        ("id::refresh", false),
        (":secret:refresh", false),
    ] {
        let account =
            account("reddit", "https://oauth.reddit.com".parse().expect("an address"), "pics", token);
        assert_eq!(connector_of(account).err(), (!works).then_some("token"), "{token}");
    }
}

#[tokio::test]
async fn a_post_is_found_by_its_link_as_words_or_as_where_it_leads() {
    let (fake, connector) = start().await;
    let since = "2026-11-23T12:00:00Z".parse().expect("a time");
    assert_eq!(connector.find(&post().link, since).await, Ok(Sighting::There(posted())));
    let link = r#"{"kind":"Listing","data":{"after":null,"children":[{"kind":"t3","data":{"name":"t3_nxaraz","subreddit":"pics","permalink":"/r/pics/comments/nxaraz/the_lighthouse/","url":"https://c.example/s/0123456789abcdef","selftext":"","created_utc":1795435201.0}}]}}"#;
    let newer = r#"{"kind":"Listing","data":{"after":"t3_a","children":[{"kind":"t3","data":{"name":"t3_a","subreddit":"pics","url":"https://c.example/s/0123456789abcdefg","selftext":"","created_utc":1795435209.0}}]}}"#;
    fake.reply(LATEST, ok(newer)).reply(LATEST, ok(link));
    assert_eq!(connector.find(&post().link, since).await, Ok(Sighting::There(posted())));
    assert!(fake.seen().last().expect("a call").query.ends_with("after=t3_a"));
    // In another community it is another's delivery; an older one ends the look.
    let elsewhere = link.replace("\"pics\"", "\"gifs\"").leak();
    let older = newer.replace("1795435209.0", "1795430000.0").leak();
    for (reply, found) in
        [(&*elsewhere, Sighting::NotThere), (older, Sighting::NotThere), (NONE, Sighting::NotThere)]
    {
        fake.reply(LATEST, ok(reply));
        assert_eq!(connector.find(&post().link, since).await, Ok(found), "{reply}");
    }
    fake.reply(LATEST, ok("<html>"));
    let unreadable = connector.find(&post().link, since).await;
    assert!(matches!(unreadable, Ok(Sighting::CannotTell { .. })), "{unreadable:?}");
}

#[tokio::test]
async fn a_repetition_is_the_post_of_which_the_answer_was_lost() {
    for (listed, kind) in [(OURS, "done"), (NONE, "unknown")] {
        let (fake, connector) = start().await;
        fake.reply(SUBMIT, error("ALREADY_SUB", "that link has already been submitted"));
        fake.reply(LATEST, ok(listed));
        let ended = connector.publish(&post(), "").await;
        assert_eq!(in_short(ended.clone()).0, kind);
        assert!(kind != "done" || ended == Ok(posted()));
    }
}

#[tokio::test]
async fn a_post_is_removed_and_one_that_is_not_there_is_too() {
    let (fake, connector) = start().await;
    assert_eq!(connector.remove("t3_nxaraz").await, Ok(()));
    let asked = fake.seen().last().expect("a call").clone();
    assert_eq!((asked.path.as_str(), asked.field("id").as_deref()), (DELETE, Some("t3_nxaraz")));
    fake.reply(DELETE, error("USER_REQUIRED", "Please log in to do that."));
    let refused = connector.remove("t3_nxaraz").await;
    assert!(matches!(&refused, Err(PostError::Final { reason, .. }) if reason == RECONNECT), "{refused:?}");
}

#[test]
fn communities_are_read_in_every_form() {
    for (text, name) in [
        ("pics", Some("pics")),
        ("r/pics", Some("pics")),
        ("/r/Pics_2", Some("Pics_2")),
        ("u_alice-b", Some("u_alice-b")),
        ("p", None),
        ("pics/new", None),
        ("_pics", None),
        ("", None),
    ] {
        assert_eq!(parse_community(text).as_deref(), name, "{text}");
    }
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
