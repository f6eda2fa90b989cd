//! The connector against a server that records what it is sent.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Method;

use crate::deliver::fake_server::{FakeServer, Reply, account, connector, in_short, post, send};
use crate::deliver::{Platform, Posted, Sighting};

const TYPES: &str = "/blog/wp-json/wp/v2/types/post";
const MEDIA: &str = "/blog/wp-json/wp/v2/media";
const POSTS: &str = "/blog/wp-json/wp/v2/posts";
const POST: &str = r#"{"id":12,"slug":"share-0123456789abcdef-184116f3","author":3,"link":"https://blog.example.org/share-0123456789abcdef/","content":{"rendered":"<img class=\"wp-image-7\"/>"}}"#;

/// After the share and the target.
const SLUG: &str = "share-0123456789abcdef-184116f3";

/// What WordPress answers when all is well.
fn well(method: &Method, path: &str) -> Reply {
    match (method, path) {
        (&Method::POST, MEDIA) => {
            Reply::With(201, &[], r#"{"id":7,"source_url":"https://blog.example.org/uploads/clipping.jpg"}"#)
        }
        (&Method::POST, POSTS) => Reply::With(201, &[], POST),
        (&Method::GET, POSTS) => Reply::With(200, &[], "[]"),
        // Without pretty addresses every request is for the front page.
        (&Method::POST, "/blog/") => {
            Reply::With(201, &[], r#"{"id":7,"source_url":"https://blog.example.org/a.jpg"}"#)
        }
        _ => Reply::With(200, &[], "{}"),
    }
}

async fn start() -> (FakeServer, Arc<dyn Platform>) {
    let fake = FakeServer::answering(well).await;
    let account = account("wordpress", site(&fake), "alice@blog.example.org", "abcdEFGH1234");
    let connector = connector(account, Duration::from_secs(30)).expect("an account");
    (fake, connector)
}

fn site(fake: &FakeServer) -> url::Url {
    fake.url.join("blog").expect("an address")
}

fn posted() -> Posted {
    let url = Some("https://blog.example.org/share-0123456789abcdef/".to_owned());
    Posted { url, id: Some("12 7".to_owned()) }
}

#[tokio::test]
async fn a_post_is_a_picture_and_an_article_that_shows_it() {
    let (fake, connector) = start().await;
    assert_eq!(send(connector.as_ref(), &post()).await, Ok(posted()));
    let seen = fake.seen();
    assert_eq!(fake.calls(), [format!("GET {TYPES}"), format!("POST {MEDIA}"), format!("POST {POSTS}")]);
    let login = format!("Basic {}", STANDARD.encode("alice:abcdEFGH1234"));
    assert!(seen.iter().all(|seen| seen.headers["authorization"] == login.as_str()));
    let (head, bytes) = seen[1].part("file").expect("the picture");
    assert!(
        head.contains("filename=\"clipping.jpg\"") && head.contains("Content-Type: image/jpeg"),
        "{head}"
    );
    assert_eq!(bytes, post().bytes);
    assert_eq!(seen[1].part("alt_text").expect("the alt text").1, "A white\nlighthouse");
    let article = seen[2].json();
    assert_eq!((&article["slug"], &article["status"]), (&SLUG.into(), &"publish".into()));
    assert_eq!(article["title"], "The lighthouse");
    let content = article["content"].as_str().expect("text");
    for part in [
        "<img src=\"https://blog.example.org/uploads/clipping.jpg\" alt=\"A white\nlighthouse \" class=\"wp-image-7\"/>",
        "<p>The lighthouse</p>",
        "<a href=\"https://c.example/s/0123456789abcdef\">",
    ] {
        assert!(content.contains(part), "{content}");
    }
}

#[tokio::test]
async fn a_site_without_pretty_addresses_is_asked_at_the_plain_one() {
    let (fake, connector) = start().await;
    fake.reply(TYPES, Reply::With(404, &[], "<html>Not found</html>"));
    connector.upload(&post()).await.expect("uploaded");
    let seen = fake.seen();
    assert_eq!((seen[1].path.as_str(), seen[1].query.as_str()), ("/blog/", "rest_route=%2Fwp%2Fv2%2Fmedia"));
}

#[tokio::test]
async fn each_answer_means_one_thing() {
    let reconnect = "The site's account at 127.0.0.1 must be connected again.";
    for (path, reply, kind, reason) in [
        (
            MEDIA,
            Reply::With(
                401,
                &[],
                r#"{"code":"incorrect_password","message":"The provided password is an invalid application password.","data":{"status":401}}"#,
            ),
            "final",
            reconnect,
        ),
        (
            MEDIA,
            Reply::With(
                401,
                &[],
                r#"{"code":"rest_cannot_create","message":"Sorry, you are not allowed.","data":{"status":401}}"#,
            ),
            "final",
            reconnect,
        ),
        (
            MEDIA,
            Reply::With(
                403,
                &[],
                r#"{"code":"rest_cannot_create","message":"Sorry, you are not allowed to upload media.","data":{"status":403}}"#,
            ),
            "final",
            "not allowed to upload",
        ),
        (
            MEDIA,
            Reply::With(
                500,
                &[],
                r#"{"code":"rest_upload_unknown_error","message":"The uploaded file exceeds the upload_max_filesize directive in php.ini.","data":{"status":500}}"#,
            ),
            "final",
            "exceeds the upload_max_filesize",
        ),
        (MEDIA, Reply::With(413, &[], "<html>"), "final", "refused the post (413)"),
        (MEDIA, Reply::With(500, &[], "<html>"), "passing", "problem at the moment (500)"),
        (MEDIA, Reply::With(201, &[], "{}"), "passing", "did not answer as a WordPress server"),
        (
            POSTS,
            Reply::With(
                400,
                &[],
                r#"{"code":"rest_invalid_param","message":"Invalid parameter(s): status"}"#,
            ),
            "final",
            "Invalid parameter",
        ),
        (
            POSTS,
            Reply::With(
                500,
                &[],
                r#"{"code":"internal_server_error","message":"There has been a critical error."}"#,
            ),
            "unknown",
            "Look there first",
        ),
        (POSTS, Reply::With(504, &[], "<html>"), "unknown", "Look there first"),
        (POSTS, Reply::With(201, &[], "<b>Warning</b>: {}"), "unknown", "Look there first"),
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
async fn an_article_is_found_by_the_name_of_its_share() {
    let (fake, connector) = start().await;
    let since = "2026-11-23T12:00:00Z".parse().expect("a time");
    assert_eq!(connector.find(&post().link, since).await, Ok(Sighting::NotThere));
    assert_eq!(fake.seen()[1].query, format!("slug={SLUG}%2Cshare-0123456789abcdef&status=any"));
    fake.reply(POSTS, Reply::With(200, &[], format!("[{POST}]").leak()));
    assert_eq!(connector.find(&post().link, since).await, Ok(Sighting::There(posted())));
}

#[tokio::test]
async fn an_article_that_an_earlier_version_named_is_found_if_this_account_wrote_it() {
    const ME: &str = "/blog/wp-json/wp/v2/users/me";
    let since = "2026-11-23T12:00:00Z".parse().expect("a time");
    let earlier = POST.replace("-184116f3", "");
    let others = earlier.replace("\"id\":12", "\"id\":11");
    for (posts, me, found) in [
        (earlier.clone(), 3, Sighting::There(posted())),
        (earlier, 4, Sighting::NotThere),
        // By its name now it needs nobody's word.
        (format!("{others},{POST}"), 4, Sighting::There(posted())),
    ] {
        let (fake, connector) = start().await;
        fake.reply(POSTS, Reply::With(200, &[], format!("[{posts}]").leak()));
        fake.reply(ME, Reply::With(200, &[], format!(r#"{{"id":{me}}}"#).leak()));
        assert_eq!(connector.find(&post().link, since).await, Ok(found), "{posts}");
    }
}

#[tokio::test]
async fn an_article_of_another_account_on_the_same_site_is_not_taken_for_ones_own() {
    let (fake, alices) = start().await;
    let bobs = account("wordpress", site(&fake), "bob@blog.example.org", "abcdEFGH1234");
    let bobs = connector(bobs, Duration::from_secs(30)).expect("an account");
    let since = "2026-11-23T12:00:00Z".parse().expect("a time");
    for one in [&alices, &bobs] {
        assert_eq!(one.find(&post().link, since).await, Ok(Sighting::NotThere));
    }
    let names: Vec<_> =
        fake.seen().into_iter().map(|seen| seen.query).filter(|query| !query.is_empty()).collect();
    assert!(names.len() == 2 && names[0] != names[1], "{names:?}");
}

#[tokio::test]
async fn an_article_is_removed_with_its_picture() {
    let (fake, connector) = start().await;
    assert_eq!(connector.remove("12 7").await, Ok(()));
    assert_eq!(fake.calls()[1..], [format!("DELETE {POSTS}/12"), format!("DELETE {MEDIA}/7")]);
    assert!(fake.seen()[1..].iter().all(|seen| seen.query == "force=true"));
    fake.reply(&format!("{POSTS}/12"), Reply::With(404, &[], r#"{"code":"rest_post_invalid_id"}"#));
    assert_eq!(connector.remove("12 7").await, Ok(()), "what is not there is removed");
}

#[tokio::test]
async fn a_picture_whose_article_was_never_made_is_removed() {
    let (fake, connector) = start().await;
    let upload = connector.upload(&post()).await.expect("uploaded");
    assert_eq!(connector.discard(&upload).await, Ok(()));
    let seen = fake.seen().pop().expect("a request");
    assert_eq!((seen.method, seen.path, &*seen.query), (Method::DELETE, format!("{MEDIA}/7"), "force=true"));
}

#[tokio::test]
async fn what_others_wrote_is_nothing_but_text() {
    crate::deliver::contract::hostile(
        start,
        &["&lt;a href=", "<a href=\"http://video.example/1\""],
        &["<a href=http", "[x]", "<!channel>", "<p>http"],
    )
    .await;
}
