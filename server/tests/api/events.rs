//! Following a share: `GET /api/v1/shares/{id}/events`, on SQLite and across two servers on one Postgres; and before it is accepted
//! the request for it: `GET /api/v1/requests/{key}/events`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cutline_test_servers::Postgres;
use http::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::app::{TOO_LONG, TestApp, quarter_of};
use crate::origin::Origin;
use crate::pictures::{coordinates, png};
use crate::platform::Platform;

const TARGET: &str = "mastodon:alice@example.social";

/// An open stream of events.
struct Events {
    answer: reqwest::Response,
    rest: String,
}

/// One event: its kind, its id, its data.
#[derive(Debug)]
struct Event {
    kind: String,
    id: String,
    data: Value,
}

impl Events {
    async fn open(app: &TestApp, id: &str, seen: Option<&str>) -> Self {
        Self::of(app.open(&format!("/api/v1/shares/{id}/events"), seen).await)
    }

    fn of(answer: reqwest::Response) -> Self {
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        assert!(!answer.headers().contains_key("content-encoding"), "packed, it would be held back");
        Self { answer, rest: String::new() }
    }

    /// The next event; nothing at the end of the stream.
    async fn next(&mut self) -> Option<Event> {
        let reading = async {
            loop {
                if let Some((event, rest)) = self.rest.split_once("\n\n") {
                    let lines: Vec<_> = event.lines().filter_map(|line| line.split_once(": ")).collect();
                    let field = |name| {
                        let found = lines.iter().find(|(field, _)| *field == name);
                        found.map_or_else(String::new, |(_, value)| (*value).to_owned())
                    };
                    let event = Event {
                        kind: field("event"),
                        id: field("id"),
                        // A receipt, or a word.
                        data: serde_json::from_str(&field("data"))
                            .unwrap_or_else(|_| Value::String(field("data"))),
                    };
                    self.rest = rest.to_owned();
                    return Some(event);
                }
                let more = self.answer.chunk().await.expect("it goes on")?;
                self.rest.push_str(std::str::from_utf8(&more).expect("text"));
            }
        };
        tokio::time::timeout(TOO_LONG, reading).await.expect("an event, or the end")
    }

    /// Reads on until the delivery to the platform is as `expected`, state and step; gives that event.
    async fn until(&mut self, state: &str, step: Option<&str>) -> Event {
        loop {
            let event = self.next().await.unwrap_or_else(|| panic!("it ended before {state}"));
            let delivery = &event.data["deliveries"][1];
            if delivery["state"] == state && delivery["step"].as_str() == step {
                return event;
            }
        }
    }
}

struct Site {
    origin: Origin,
    platform: Platform,
}

impl Site {
    async fn new() -> Self {
        let origin = Origin::start().await;
        origin.put("/harbour.png", "image/png", png(&coordinates(60, 40)));
        Self { origin, platform: Platform::start().await }
    }

    /// A server that posts to the platform.
    async fn serve(&self, more: &str) -> TestApp {
        TestApp::with_config(&format!(
            "{more}\n[fetch]\nallow = [{:?}]\n[[targets]]\nplatform = \"mastodon\"\nserver = {:?}\n\
             account = \"alice@example.social\"\ntoken = \"secret\"",
            self.origin.host, self.platform.url
        ))
        .await
    }

    /// Accepts a share to the board and the platform; gives its id.
    async fn share(&self, app: &TestApp) -> String {
        app.accepted(&self.request()).await["id"].as_str().expect("an id").to_owned()
    }

    fn request(&self) -> Value {
        let mut request = quarter_of(&self.origin.at("/harbour.png"));
        request["targets"] = json!(["board", TARGET]);
        request
    }
}

#[tokio::test]
async fn a_follower_is_told_each_step_and_the_stream_ends_with_the_last() {
    let site = Site::new().await;
    let app = site.serve("").await;
    let id = site.share(&app).await;
    let mut events = Events::open(&app, &id, None).await;
    let first = events.until("sending", None).await;
    assert_eq!(first.kind, "share");
    let mut receipt = app.receipt(&id).await.json();
    assert_eq!(first.data, receipt, "an event is what GET answers");
    assert!(first.data.get("delete_url").is_none(), "that is its maker's");
    site.platform.let_upload();
    let sent = events.until("sending", Some("published")).await;
    assert_ne!(sent.id, first.id);
    site.platform.let_post();
    let last = events.until("posted", None).await;
    assert!(events.next().await.is_none(), "nothing more can happen by itself");
    receipt = app.receipt(&id).await.json();
    assert_eq!(last.data, receipt);
    app.stop().await;
}

#[tokio::test]
async fn a_delivery_that_waits_says_until_when_and_why() {
    let site = Site::new().await;
    site.platform.refuse_uploads();
    let app = site.serve("").await;
    let id = site.share(&app).await;
    let waiting = Events::open(&app, &id, None).await.until_waiting().await;
    let delivery = &waiting.data["deliveries"][1];
    let due_at = delivery["due_at"].as_str().expect("an hour");
    assert!(due_at.contains('T') && due_at.ends_with('Z'), "RFC 3339, in UTC: {due_at}");
    assert!(delivery["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{delivery}");
    app.stop().await;
}

impl Events {
    /// Reads on until the delivery waits for another attempt.
    async fn until_waiting(mut self) -> Event {
        loop {
            let event = self.next().await.expect("an event");
            if event.data["deliveries"][1].get("due_at").is_some() {
                return event;
            }
        }
    }
}

#[tokio::test]
async fn who_comes_back_is_told_what_it_missed_and_nothing_twice() {
    let site = Site::new().await;
    let app = site.serve("").await;
    let id = site.share(&app).await;
    let seen = Events::open(&app, &id, None).await.until("sending", None).await;
    let mut again = Events::open(&app, &id, Some(&seen.id)).await;
    site.platform.let_upload();
    let next = again.next().await.expect("an event");
    assert_ne!(next.id, seen.id, "what was seen is not told again");
    drop(again);
    site.platform.let_post();
    app.settled(&id).await;
    let mut late = Events::open(&app, &id, Some(&next.id)).await;
    let last = late.next().await.expect("what was missed");
    assert_eq!(last.data["deliveries"][1]["state"], "posted");
    assert!(late.next().await.is_none());
    let over = app.open(&format!("/api/v1/shares/{id}/events"), Some(&last.id)).await;
    assert_eq!(over.status(), 204, "browsers connect no more then");
    assert_eq!(
        Events::open(&app, &id, Some("of another share")).await.next().await.expect("all").id,
        last.id
    );
    app.stop().await;
}

#[tokio::test]
async fn a_share_that_is_deleted_ends_its_stream_and_has_none_any_more() {
    let site = Site::new().await;
    let app = site.serve("").await;
    let accepted = app.accepted(&site.request()).await;
    let id = accepted["id"].as_str().expect("an id");
    let mut events = Events::open(&app, id, None).await;
    events.until("sending", None).await;
    let key = accepted["delete_url"].as_str().and_then(|url| url.split_once("?key=")).expect("a link").1;
    let deleted = app.send(Method::DELETE, &format!("/api/v1/shares/{id}?key={key}"), &[], "").await;
    assert_eq!(deleted.status, 200);
    assert_eq!(events.next().await.expect("told").kind, "deleted");
    assert!(events.next().await.is_none());
    let path = format!("/api/v1/shares/{id}/events");
    assert_eq!(app.get(&path).await.problem().0, 410);
    for unknown in ["0123456789abcdef", "x"] {
        assert_eq!(app.get(&format!("/api/v1/shares/{unknown}/events")).await.problem().0, 404);
    }
    site.platform.let_upload();
    site.platform.let_post();
    app.stop().await;
}

#[tokio::test]
async fn more_streams_than_there_is_room_for_are_told_to_ask_instead() {
    let site = Site::new().await;
    let app = site.serve("limits.max_event_streams = 1").await;
    let id = site.share(&app).await;
    let path = format!("/api/v1/shares/{id}/events");
    let mut first = Events::open(&app, &id, None).await;
    first.next().await.expect("an event");
    let refused = app.get(&path).await;
    assert_eq!(refused.problem().1, "busy");
    assert!(!refused.header("retry-after").is_empty(), "{refused:?}");
    drop(first);
    // The server hears of the closed connection in its own time.
    let free = async { while app.open(&path, None).await.status() == 503 {} };
    tokio::time::timeout(TOO_LONG, free).await.expect("a place becomes free when its client goes");
    site.platform.let_upload();
    site.platform.let_post();
    app.stop().await;
}

#[tokio::test]
async fn open_streams_do_not_hold_up_the_end_of_the_server() {
    let site = Site::new().await;
    site.platform.refuse_uploads();
    let app = site.serve("").await;
    let id = site.share(&app).await;
    let mut events = Events::open(&app, &id, None).await;
    events.next().await.expect("an event");
    let begun = Instant::now();
    app.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    while events.next().await.is_some() {}
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_server_does_is_told_by_another_on_the_same_postgres() {
    let site = Site::new().await;
    let blobs = tempfile::tempdir().expect("a folder");
    let config = format!(
        "public_url = 'https://share.example.org'\nblobs_url = \"file:{}\"\ndatabase_url = {:?}",
        blobs.path().display(),
        Postgres::shared().database()
    );
    let (one, other) = (site.serve(&config).await, site.serve(&config).await);
    let id = site.share(&one).await;
    let (mut here, mut there) = (Events::open(&one, &id, None).await, Events::open(&other, &id, None).await);
    let begun = Instant::now();
    for events in [&mut here, &mut there] {
        events.until("sending", None).await;
    }
    site.platform.let_upload();
    let mut marks = Vec::new();
    for events in [&mut here, &mut there] {
        marks.push(events.until("sending", Some("published")).await.id);
    }
    assert_eq!(marks[0], marks[1], "a stream that breaks off goes on at the other server");
    site.platform.let_post();
    for events in [&mut here, &mut there] {
        events.until("posted", None).await;
        assert!(events.next().await.is_none());
    }
    assert!(begun.elapsed() < Duration::from_secs(25), "heard, and not looked for every 30 s");
    one.stop().await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_delivers_at_once_what_another_process_accepts_and_ends_what_it_has_begun() {
    let site = Site::new().await;
    let blobs = tempfile::tempdir().expect("a folder");
    let database = Postgres::shared().database();
    let config = |role: &str| {
        format!(
            "role = {role:?}\npublic_url = 'https://share.example.org'\nblobs_url = \"file:{}\"\ndatabase_url = {database:?}",
            blobs.path().display(),
        )
    };
    let (web, worker) = (site.serve(&config("web")).await, site.serve(&config("worker")).await);
    assert_eq!(worker.get("/board").await.problem().0, 404);
    let accepted = Instant::now();
    let id = site.share(&web).await;
    let mut events = Events::open(&web, &id, None).await;
    events.until("sending", None).await;
    assert!(accepted.elapsed() < Duration::from_secs(25), "woken, and not after 30 s");
    site.platform.let_upload();
    events.until("sending", Some("published")).await;
    // The worker is told to stop while the platform has not answered.
    let released = async { site.platform.let_post() };
    futures_util::join!(worker.stop(), released);
    let posted = events.until("posted", None).await;
    assert_eq!(posted.data["deliveries"][1]["url"], "https://example.social/@alice/1");
    // Without a worker, what is accepted waits.
    let waiting = site.share(&web).await;
    assert_eq!(web.receipt(&waiting).await.json()["deliveries"][1]["state"], "queued");
    web.stop().await;
}

/// An origin of one picture: sends the head of its answer when it is let, and the bytes when it is let again.
async fn slow_origin(picture: Vec<u8>) -> (String, Arc<Semaphore>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let host = listener.local_addr().expect("it is bound").to_string();
    let go = Arc::new(Semaphore::new(0));
    let let_go = Arc::clone(&go);
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a client");
        let mut request = [0; 4096];
        assert!(stream.read(&mut request).await.expect("a request") > 0);
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", picture.len());
        for bytes in [head.as_bytes(), &picture] {
            go.acquire().await.expect("it is open").forget();
            stream.write_all(bytes).await.expect("it listens");
        }
    });
    (host, let_go)
}

#[tokio::test]
async fn who_awaits_an_answer_is_told_what_it_waits_for() {
    let (host, let_go) = slow_origin(png(&coordinates(60, 40))).await;
    let app = TestApp::start(&[&host]).await;
    let path = "/api/v1/requests/key-of-the-visitor/events";
    let request = quarter_of(&format!("http://{host}/slow.png"));
    let (asks, is_asked) = tokio::sync::oneshot::channel();
    let answered = async {
        is_asked.await.expect("it is asked first");
        let answer = app.share_with(&request, &[("idempotency-key", "key-of-the-visitor")]).await;
        assert_eq!(answer.status, 201);
    };
    let heard = async {
        let mut opening = std::pin::pin!(app.open(path, None));
        let early = tokio::time::timeout(Duration::from_millis(100), &mut opening).await;
        assert!(early.is_err(), "the request may be on its way");
        asks.send(()).expect("it is waited for");
        let mut events = Events::of(opening.await);
        let mut told = Vec::new();
        while let Some(event) = events.next().await {
            assert_eq!(event.kind, "step");
            told.push(event.data);
            let_go.add_permits(1);
        }
        assert_eq!(told, ["fetching", "cutting"], "and then the stream ends");
    };
    tokio::join!(answered, heard);
    assert_eq!(app.open(path, None).await.status(), 204, "it is answered");
    app.stop().await;
}
