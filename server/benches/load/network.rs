//! Platforms that speak Mastodon's API and misbehave as they are told; an origin too: the picture lies at `/picture.jpg`.
//!
//! They know an `Idempotency-Key` again, as Mastodon does. Whose call it is they read off the alt text and the status, which
//! hold `job-NNNNNN`; to which account it is, off the token.

use std::convert::Infallible;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::tally::Tally;

const PICTURE: &[u8] = include_bytes!("../../../public/demo/bridge-cables.jpg");

/// How they behave.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Behaviour {
    /// Answering after this time.
    Well(Duration),
    /// Three calls in ten: a pause asked for, an error, an answer that is lost after the work was done, or a late one.
    Faulty,
    /// The first upload and the first status of each job are answered with a pause, said in each way there is.
    Pausing,
    /// No upload is ever answered.
    Silent,
}

/// All platforms of one run.
pub(crate) struct Network {
    /// `127.0.0.1:PORT`, one for each platform.
    pub(crate) hosts: Vec<String>,
    accounts: usize,
    shared: Arc<Shared>,
}

struct Shared {
    behaviour: Behaviour,
    random: AtomicU64,
    turns: AtomicU32,
    tally: Mutex<Tally>,
    posts: watch::Sender<usize>,
    first_call: watch::Sender<Option<Instant>>,
}

/// A connection that ends without an answer.
#[derive(Debug, thiserror::Error)]
#[error("dropped")]
struct Dropped;

impl Network {
    /// `accounts` on as many platforms as `hosts`.
    pub(crate) async fn start(behaviour: Behaviour, hosts: usize, accounts: usize) -> Self {
        let shared = Arc::new(Shared {
            behaviour,
            random: AtomicU64::new(0x9e37_79b9_7f4a_7c15),
            turns: AtomicU32::new(0),
            tally: Mutex::default(),
            posts: watch::Sender::new(0),
            first_call: watch::Sender::new(None),
        });
        let mut names = Vec::new();
        for _ in 0..hosts {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
            names.push(listener.local_addr().expect("it is bound").to_string());
            tokio::spawn(serve(listener, shared.clone()));
        }
        Self { hosts: names, accounts, shared }
    }

    /// The account of a job.
    pub(crate) fn target(&self, job: usize) -> String {
        format!("mastodon:a{}@network.example", job % self.accounts)
    }

    /// A site's accounts, as configured.
    pub(crate) fn targets(&self) -> String {
        let target = |account: usize| {
            let host = &self.hosts[account % self.hosts.len()];
            format!(
                "[[targets]]\nplatform = 'mastodon'\nserver = 'http://{host}'\naccount = 'a{account}@network.example'\n\
                 token = 'secret-{account}'\n"
            )
        };
        (0..self.accounts).map(target).collect()
    }

    pub(crate) fn picture(&self) -> String {
        format!("http://{}/picture.jpg", self.hosts[0])
    }

    pub(crate) fn tally(&self) -> MutexGuard<'_, Tally> {
        self.shared.tally()
    }

    /// Waits until there are so many posts; a quarter of an hour at most.
    pub(crate) async fn has_posts(&self, count: usize) {
        let mut posts = self.shared.posts.subscribe();
        let all = posts.wait_for(|posts| *posts >= count);
        let all = tokio::time::timeout(Duration::from_secs(900), all).await.map(drop);
        assert!(all.is_ok(), "{} of {count} posts in a quarter of an hour", self.tally().posts());
    }

    /// Waits for the first upload, and says when it came.
    pub(crate) async fn first_call(&self) -> Instant {
        let mut first = self.shared.first_call.subscribe();
        let first = first.wait_for(Option::is_some).await.expect("it is there");
        first.expect("a time")
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        let shared = shared.clone();
        tokio::spawn(async move {
            let service = service_fn(|request| answer(request, shared.clone()));
            // An error is what `Dropped` asks for.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(request: Request<Incoming>, shared: Arc<Shared>) -> Result<Response<Full<Bytes>>, Dropped> {
    let came = Instant::now();
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Dropped)?.to_bytes();
    let account = head.headers.get("authorization").and_then(|token| token.to_str().ok()).unwrap_or_default();
    // Whatever it asks, and of no job: a call is a call.
    let other = |answer| {
        shared.tally().called(account, "", came);
        Ok(answer)
    };
    let is_status = match head.uri.path() {
        "/picture.jpg" => {
            let picture =
                reply(200, &[("content-type", "image/jpeg"), ("cache-control", "max-age=3600")], PICTURE);
            return Ok(picture);
        }
        "/api/v2/instance" => return other(json(r#"{"version":"4.3.1"}"#.to_owned())),
        "/api/v2/media" => false,
        "/api/v1/statuses" => true,
        _ => return other(reply(404, &[], b"{}")),
    };
    let job = job(&body);
    let key = head.headers.get("idempotency-key").and_then(|key| key.to_str().ok()).unwrap_or_default();
    shared.tally().called(account, &job, came);
    shared
        .first_call
        .send_if_modified(|first| first.is_none().then(|| *first = Some(Instant::now())).is_some());
    match shared.behaviour {
        Behaviour::Well(wait) => tokio::time::sleep(wait).await,
        Behaviour::Silent => match std::future::pending::<Infallible>().await {},
        Behaviour::Pausing if shared.is_first(&job, is_status) => return Ok(shared.pause(account, &job)),
        Behaviour::Pausing => {}
        Behaviour::Faulty => match shared.next_random() % 100 {
            0..8 => return Ok(shared.pause(account, &job)),
            percent @ 8..16 => {
                shared.tally().failed += 1;
                return Ok(reply([500, 502, 503, 504][percent as usize % 4], &[], b"{}"));
            }
            16..23 => {
                shared.act(&job, key, is_status);
                shared.tally().dropped += 1;
                return Err(Dropped);
            }
            23..30 => {
                shared.tally().slow += 1;
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            _ => {}
        },
    }
    Ok(json(shared.act(&job, key, is_status)))
}

impl Shared {
    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().expect("no panic")
    }

    /// Does what the call asks for, and says so.
    fn act(&self, job: &str, key: &str, is_status: bool) -> String {
        if !is_status {
            return r#"{"id":"1"}"#.to_owned();
        }
        let mut tally = self.tally();
        let number = tally.post(job, key);
        self.posts.send_replace(tally.posts());
        format!(r#"{{"id":"{number}","url":"https://network.example/@a/{number}"}}"#)
    }

    /// An answer that asks for one to two seconds: in seconds, as a date, or as Mastodon says when its limit begins anew.
    fn pause(&self, account: &str, job: &str) -> Response<Full<Bytes>> {
        let at = jiff_later(2);
        let (header, value, wait) = match self.turns.fetch_add(1, Ordering::Relaxed) % 3 {
            0 => ("retry-after", "1".to_owned(), Duration::from_secs(1)),
            1 => ("retry-after", at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string(), from_now(at)),
            _ => ("x-ratelimit-reset", at.to_string(), from_now(at)),
        };
        self.tally().pause(account, job, wait);
        reply(429, &[(header, &value)], b"{}")
    }

    fn is_first(&self, job: &str, is_status: bool) -> bool {
        self.tally().is_first(job, is_status)
    }

    /// Marsaglia's xorshift: the same faults in each run, in the order in which calls come.
    fn next_random(&self) -> u64 {
        let next = |x: u64| {
            let x = x ^ (x << 13);
            let x = x ^ (x >> 7);
            x ^ (x << 17)
        };
        next(
            self.random
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |x| Some(next(x)))
                .expect("always some"),
        )
    }
}

/// A whole second, at least so many minus one from now.
fn jiff_later(seconds: i64) -> jiff::Timestamp {
    let now = cutline_engine::clock::Clock::now(&cutline_engine::clock::SystemClock);
    jiff::Timestamp::from_second(now.as_second() + seconds).expect("a time of this century")
}

fn from_now(at: jiff::Timestamp) -> Duration {
    let now = cutline_engine::clock::Clock::now(&cutline_engine::clock::SystemClock);
    Duration::try_from(at.duration_since(now)).expect("it is later")
}

/// The `job-NNNNNN` in a request.
fn job(body: &[u8]) -> String {
    let found = body.windows(10).find(|window| window.starts_with(b"job-"));
    found.map_or_else(String::new, |job| String::from_utf8_lossy(job).into_owned())
}

fn json(text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(text));
    response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/json"));
    response
}

fn reply(status: u16, headers: &[(&'static str, &str)], body: &'static [u8]) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = http::StatusCode::from_u16(status).expect("a status");
    for (name, value) in headers {
        response.headers_mut().insert(*name, value.parse().expect("a header's value"));
    }
    response
}
