//! Both platforms against a server that answers as the documentation says.

use std::sync::Arc;
use std::time::Duration;

use http::Method;

use super::super::{instagram, threads};
use super::Kind;
use crate::deliver::contract::{DOUBT, PAUSE, RECONNECT, check, wait_after};
use crate::deliver::fake_server::{FakeServer, Reply, account, connector, in_short, post};
use crate::deliver::{Platform, Post, Posted, Sighting};

const CONTAINER: &str = "17889455560051444";
const POST: &str = "17920238422030506";

/// One of the two.
struct Place {
    name: &'static str,
    account: &'static str,
    kind: &'static Kind,
}

static PLACES: [Place; 2] = [
    Place { name: "instagram", account: "17841405822304914", kind: &instagram::KIND },
    Place { name: "threads", account: "25949072001396400", kind: &threads::KIND },
];

impl Place {
    async fn start(&self) -> (FakeServer, Arc<dyn Platform>) {
        let fake = FakeServer::answering(well).await;
        let account = account(self.name, fake.url.clone(), self.account, "THAA1");
        (fake, connector(account, Duration::from_secs(30)).expect("an account"))
    }

    fn path(&self, edge: &str) -> String {
        format!("/{}/{}/{edge}", self.kind.version, self.account)
    }

    /// Where containers are made, and posts listed.
    fn list(&self) -> String {
        self.path(self.kind.edge)
    }

    fn publish(&self) -> String {
        self.path(self.kind.publish)
    }

    fn container(&self) -> String {
        format!("/{}/{CONTAINER}", self.kind.version)
    }

    fn state(&self, state: &str) -> Reply {
        ok(&format!(r#"{{"{}":"{state}","{}":"WHY","id":"{CONTAINER}"}}"#, self.kind.state, self.kind.why))
    }

    /// A list on which the post is.
    fn listed(&self) -> Reply {
        let words = self.kind.words;
        ok(&format!(
            r#"{{"data":[{{"id":"{POST}","{words}":"The\n\nhttps://c.example/s/0123456789abcdef","permalink":"https://www.example.com/p/abc/","timestamp":"2026-11-23T12:00:00+0000"}}]}}"#
        ))
    }
}

fn ok(body: &str) -> Reply {
    Reply::With(200, &[], body.to_owned().leak())
}

fn error(status: u16, code: i32, words: &str) -> Reply {
    let body = format!(r#"{{"error":{{"message":"{words}","type":"OAuthException","code":{code}}}}}"#);
    Reply::With(status, &[], body.leak())
}

fn nowhere() -> Reply {
    let body = r#"{"error":{"message":"Object with this id does not exist","type":"GraphMethodException","code":100,"error_subcode":33}}"#;
    Reply::With(400, &[], body)
}

fn well(method: &Method, path: &str) -> Reply {
    match path.rsplit('/').next().unwrap_or_default() {
        CONTAINER => ok(r#"{"status_code":"FINISHED","status":"FINISHED"}"#),
        POST => ok(r#"{"permalink":"https://www.example.com/p/abc/","id":"17920238422030506"}"#),
        "media_publish" | "threads_publish" => ok(r#"{"id":"17920238422030506"}"#),
        "media" | "threads" if *method == Method::POST => ok(r#"{"id":"17889455560051444"}"#),
        _ => ok(r#"{"data":[]}"#),
    }
}

fn posted() -> Posted {
    Posted { url: Some("https://www.example.com/p/abc/".to_owned()), id: Some(POST.to_owned()) }
}

#[tokio::test]
async fn each_documented_answer_means_one_thing() {
    for place in &PLACES {
        let paths = [place.list(), place.container(), place.publish()];
        let [make, container, publish] = paths.each_ref().map(String::as_str);
        let no_state = error(400, 100, "Tried accessing nonexisting field (status)");
        check(
            async || place.start().await,
            &[
                (make, error(400, 190, "Error validating access token"), "final", RECONNECT),
                (make, error(403, 10, "Application does not have permission"), "final", RECONNECT),
                (make, error(400, 9004, "The media could not be fetched"), "final", "could not be fetched"),
                (make, error(400, 36_003, "The aspect ratio is not supported"), "final", "aspect ratio"),
                (make, nowhere(), "final", "does not exist"),
                (make, error(500, 2, "Service temporarily unavailable"), "passing", "has a problem"),
                (make, ok("{}"), "passing", "server does."),
                (container, place.state("IN_PROGRESS"), "passing", "still fetching the picture"),
                (container, place.state("ERROR"), "spent", "could not take the picture: ERROR WHY"),
                (container, place.state("EXPIRED"), "spent", "could not take the picture: EXPIRED"),
                (container, place.state("PUBLISHED"), "unknown", DOUBT),
                (container, nowhere(), "spent", "was not found again"),
                (container, error(400, 24, "It does not exist"), "spent", "was not found again"),
                (container, no_state, "unknown", DOUBT),
                (container, error(400, 190, "Session has expired"), "final", RECONNECT),
                (publish, error(400, 190, "Session has expired"), "final", RECONNECT),
                (publish, error(400, 9007, "The media is not ready for publishing"), "passing", PAUSE),
                (publish, error(403, 9, "The posts of a day are used up"), "passing", PAUSE),
                (publish, error(400, 4, "Application request limit reached"), "passing", PAUSE),
                (publish, error(400, 25, "The account is restricted"), "final", "is restricted"),
                (publish, nowhere(), "final", "does not exist"),
                (publish, error(400, 24, "It does not exist"), "spent", "was not found again"),
                (publish, error(500, 1, "An unknown error occurred"), "unknown", DOUBT),
                (publish, error(400, -1, "Instagram server error. Try again."), "unknown", DOUBT),
                (publish, ok("{}"), "unknown", DOUBT),
                (publish, Reply::Drop, "unknown", DOUBT),
            ],
        )
        .await;
        let of_a_day = error(403, 9, "The posts of a day are used up");
        assert_eq!(wait_after(async || place.start().await, publish, of_a_day).await, Some(3600));
        let fetching = place.state("IN_PROGRESS");
        assert_eq!(wait_after(async || place.start().await, container, fetching).await, Some(60));
    }
}

/// A post that is said not to be made may be: what the container says then, and what becomes of it.
#[tokio::test]
async fn a_refusal_to_publish_is_one_only_where_the_container_agrees() {
    for place in &PLACES {
        let refusals = [
            error(400, 25, "The account is restricted"),
            error(400, 100, "Invalid parameter"),
            error(400, 24, "It does not exist"),
            error(400, 1, "An unknown error occurred"),
            error(500, 2, "Service temporarily unavailable"),
        ];
        for refusal in refusals {
            for (state, list, kind) in [
                (place.state("PUBLISHED"), place.listed(), "done"),
                (place.state("PUBLISHED"), ok(r#"{"data":[]}"#), "unknown"),
                (place.state("PUBLISHED"), error(500, 2, "Not now"), "unknown"),
                (place.state("IN_PROGRESS"), ok("{}"), "unknown"),
                (nowhere(), ok("{}"), "unknown"),
                (Reply::Drop, ok("{}"), "unknown"),
                (place.state("ERROR"), ok("{}"), "spent"),
            ] {
                let (fake, connector) = place.start().await;
                fake.reply(&place.publish(), refusal.clone()).reply(&place.list(), list);
                fake.reply(&place.container(), place.state("FINISHED"))
                    .reply(&place.container(), state.clone());
                let ended = connector.publish(&post(), CONTAINER).await;
                let (found, said, _) = in_short(ended.clone());
                assert_eq!(found, kind, "{} {refusal:?} {state:?}: {said}", place.name);
                assert!(kind != "done" || ended == Ok(posted()), "{said}");
                let sent = fake.calls().iter().filter(|call| call.ends_with(&place.publish())).count();
                assert_eq!(sent, 1, "it is published once");
            }
        }
    }
}

/// What is said of the account, or of time, was said before anything was done: nobody asks the container, which may not tell.
#[tokio::test]
async fn a_refusal_of_the_account_or_of_time_needs_no_container() {
    for place in &PLACES {
        for (refusal, kind, said, wait) in [
            (error(403, 9, "The posts of a day are used up"), "passing", PAUSE, Some(3600)),
            (error(400, 4, "Application request limit reached"), "passing", PAUSE, Some(3600)),
            (error(400, 9007, "The media is not ready for publishing"), "passing", PAUSE, None),
            (error(400, 190, "Session has expired"), "final", RECONNECT, None),
            (error(403, 10, "Application does not have permission"), "final", RECONNECT, None),
        ] {
            for state in [Reply::Drop, nowhere(), error(500, 2, "Not now"), place.state("IN_PROGRESS")] {
                let (fake, connector) = place.start().await;
                fake.reply(&place.publish(), refusal.clone());
                fake.reply(&place.container(), place.state("FINISHED"))
                    .reply(&place.container(), state.clone());
                let (found, words, asked) = in_short(connector.publish(&post(), CONTAINER).await);
                assert_eq!((found, asked), (kind, wait), "{} {refusal:?} {state:?}: {words}", place.name);
                assert!(words.contains(said), "{} {refusal:?} {state:?}: {words}", place.name);
            }
        }
    }
}

#[tokio::test]
async fn another_container_is_made_only_if_this_one_is_in_no_post() {
    for place in &PLACES {
        for (state, list, kind, said) in [
            (place.state("PUBLISHED"), place.listed(), "done", "Some(Posted"),
            (place.state("PUBLISHED"), ok(r#"{"data":[]}"#), "unknown", DOUBT),
            (place.state("FINISHED"), place.listed(), "done", "None"),
            (place.state("EXPIRED"), place.listed(), "done", "None"),
            (place.state("IN_PROGRESS"), place.listed(), "passing", "still fetching"),
            (nowhere(), place.listed(), "done", "Some(Posted"),
            (nowhere(), ok(r#"{"data":[]}"#), "done", "None"),
            (nowhere(), ok("<html>"), "unknown", DOUBT),
            (error(400, 190, "Session has expired"), place.listed(), "final", RECONNECT),
        ] {
            let (fake, connector) = place.start().await;
            fake.reply(&place.container(), state.clone()).reply(&place.list(), list);
            let (found, words, _) = in_short(connector.find_by_upload(&post(), CONTAINER).await);
            assert!(found == kind && words.contains(said), "{} {state:?}: {found} {words}", place.name);
        }
    }
}

#[tokio::test]
async fn a_picture_must_be_where_it_can_be_fetched() {
    for place in &PLACES {
        let (fake, connector) = place.start().await;
        let here = Post { picture_url: "http://127.0.0.1:3000/iiif/3/a.jpg".to_owned(), ..post() };
        let (kind, said, _) = in_short(connector.upload(&here).await);
        assert!(kind == "final" && said.contains("no public https address"), "{said}");
        assert!(fake.seen().is_empty(), "nobody is asked for what cannot be");
    }
}

#[tokio::test]
async fn a_post_is_found_by_its_link_also_when_the_container_says_that_it_is_published() {
    for place in &PLACES {
        let (fake, connector) = place.start().await;
        let since = "2026-11-23T12:00:00Z".parse().expect("a time");
        fake.reply(&place.list(), place.listed());
        assert_eq!(connector.find(&post().link, since).await, Ok(Sighting::There(posted())));
        assert_eq!(connector.find(&post().link, since).await, Ok(Sighting::NotThere));
        fake.reply(&place.container(), place.state("PUBLISHED")).reply(&place.list(), place.listed());
        assert_eq!(connector.publish(&post(), CONTAINER).await, Ok(posted()));
        assert!(!fake.calls().iter().any(|call| call.ends_with("_publish")), "it is not published twice");
    }
}
