//! A small server for tests: records every request and answers well, or as a test has told it to.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    convert::Infallible,
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};

use bytes::Bytes;
use cutline_model::{Size, TargetId};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::{
    net::TcpListener,
    sync::{Semaphore, mpsc},
};
use url::Url;

use super::platforms::platform;
use super::{
    Account, AccountError, Owner, Platform, Post, PostError, Posted, Token, Tools, Visibility,
    platform_client,
};
use crate::clock::SystemClock;

/// One request as the server saw it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// What its own address is called in answers and in what is told of requests.
pub(super) const ITSELF: &str = "http://fake/";

/// What it answers.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// An answer; [`ITSELF`] in it becomes the server's address.
    With(u16, &'static [(&'static str, &'static str)], &'static str),
    /// It takes the request and drops the connection.
    Drop,
    /// It takes the request and stays silent.
    Hang,
    /// It succeeds with this when it is let on.
    Gate(Arc<Semaphore>, &'static str),
}

/// The server; it ends with the test's runtime.
pub(crate) struct FakeServer {
    pub(crate) url: Url,
    state: Arc<State>,
    /// The path of each request, as it arrives.
    pub(crate) arrivals: mpsc::UnboundedReceiver<String>,
}

/// What it answers when all is well.
type Well = Box<dyn Fn(&Seen) -> Reply + Send + Sync>;

/// What it answers whatever else a test has told it, if anything.
type First = Box<dyn Fn(&Seen) -> Option<Reply> + Send + Sync>;

struct State {
    url: Url,
    well: Well,
    /// What goes before all that a test has told it.
    first: OnceLock<First>,
    seen: Mutex<Vec<Seen>>,
    replies: Mutex<HashMap<String, VecDeque<Reply>>>,
    arrivals: mpsc::UnboundedSender<String>,
}

impl FakeServer {
    /// A server that answers as Mastodon does.
    pub(crate) async fn start() -> Self {
        Self::answering(as_mastodon).await
    }

    /// A server that answers so to method and path when all is well.
    pub(crate) async fn answering(well: fn(&Method, &str) -> Reply) -> Self {
        Self::acting(move |seen| well(&seen.method, &seen.path)).await
    }

    /// A server that does what requests ask for, and remembers it.
    pub(crate) async fn acting(well: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url =
            Url::parse(&format!("http://{}/", listener.local_addr().expect("its address"))).expect("a URL");
        let (sender, arrivals) = mpsc::unbounded_channel();
        let state = Arc::new(State {
            url: url.clone(),
            well: Box::new(well),
            first: OnceLock::new(),
            seen: Mutex::default(),
            replies: Mutex::default(),
            arrivals: sender,
        });
        tokio::spawn(serve(listener, state.clone()));
        Self { url, state, arrivals }
    }

    /// The next request to `path` is answered with `reply`; later ones in the order of the calls, then well.
    pub(crate) fn reply(&self, path: &str, reply: Reply) -> &Self {
        self.state.replies.lock().expect("no panic").entry(path.to_owned()).or_default().push_back(reply);
        self
    }

    /// Requests for which `rule` has an answer are answered so, whatever else they would be; told once.
    pub(crate) fn first(&self, rule: impl Fn(&Seen) -> Option<Reply> + Send + Sync + 'static) {
        assert!(self.state.first.set(Box::new(rule)).is_ok(), "it has a rule");
    }

    /// All requests so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.state.seen.lock().expect("no panic").clone()
    }

    /// Method and path of all requests so far.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.seen().iter().map(|seen| format!("{} {}", seen.method, seen.path)).collect()
    }

    /// Waits for the next request to `path`.
    pub(crate) async fn arrival(&mut self, path: &str) {
        while self.arrivals.recv().await.expect("the server runs") != path {}
    }
}

impl Seen {
    /// The named part of a multipart body: its headers and its bytes.
    pub(crate) fn part(&self, name: &str) -> Option<(String, Bytes)> {
        let kind = self.headers.get("content-type")?.to_str().ok()?;
        let boundary = format!("--{}", kind.split_once("boundary=")?.1);
        let mut start = find(&self.body, boundary.as_bytes(), 0)? + boundary.len();
        while let Some(end) = find(&self.body, boundary.as_bytes(), start) {
            let part = self.body.slice(start + 2..end - 2);
            let gap = find(&part, b"\r\n\r\n", 0)?;
            let head = String::from_utf8_lossy(&part[..gap]).into_owned();
            if head.contains(&format!("name=\"{name}\"")) {
                return Some((head, part.slice(gap + 4..)));
            }
            start = end + boundary.len();
        }
        None
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    /// The named field of a form body.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        url::form_urlencoded::parse(&self.body)
            .find(|(field, _)| field == name)
            .map(|(_, value)| value.into_owned())
    }
}

fn find(bytes: &[u8], what: &[u8], from: usize) -> Option<usize> {
    bytes.get(from..)?.windows(what.len()).position(|window| window == what).map(|place| place + from)
}

async fn serve(listener: TcpListener, state: Arc<State>) {
    while let Ok((stream, _)) = listener.accept().await {
        let state = state.clone();
        tokio::spawn(async move {
            let service = service_fn(|request| answer(request, state.clone()));
            // An error is what `Reply::Drop` asks for: the connection ends.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

#[derive(Debug, thiserror::Error)]
#[error("dropped")]
struct Dropped;

async fn answer(request: Request<Incoming>, state: Arc<State>) -> Result<Response<Full<Bytes>>, Dropped> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Dropped)?.to_bytes();
    let path = head.uri.path().to_owned();
    let query = head.uri.query().unwrap_or_default().to_owned();
    let seen = Seen { method: head.method, path: path.clone(), query, headers: head.headers, body };
    state.seen.lock().expect("no panic").push(seen.clone());
    let told = || state.replies.lock().expect("no panic").get_mut(&path).and_then(VecDeque::pop_front);
    let reply = state.first.get().and_then(|rule| rule(&seen)).or_else(told);
    // A test that no longer listens has seen enough.
    let _ = state.arrivals.send(path);
    let reply = match reply.unwrap_or_else(|| (state.well)(&seen)) {
        Reply::Gate(gate, body) => {
            gate.acquire().await.expect("never closed").forget();
            Reply::With(200, &[], body)
        }
        reply => reply,
    };
    match reply {
        Reply::With(status, headers, body) => {
            let body = body.replace(ITSELF, state.url.as_str());
            let mut response = Response::new(Full::new(Bytes::from(body)));
            *response.status_mut() = StatusCode::from_u16(status).expect("a status");
            response.headers_mut().insert("content-type", "application/json".parse().expect("a value"));
            for (name, value) in headers {
                response.headers_mut().insert(*name, value.parse().expect("a value"));
            }
            Ok(response)
        }
        Reply::Drop => Err(Dropped),
        Reply::Gate(..) => unreachable!("it is another by now"),
        Reply::Hang => match std::future::pending::<Infallible>().await {},
    }
}

/// What Mastodon 4 answers when all is well.
fn as_mastodon(_: &Method, path: &str) -> Reply {
    match path {
        "/api/v2/instance" => Reply::With(
            200,
            &[],
            r#"{"configuration":{"statuses":{"max_characters":500,"characters_reserved_per_url":23}}}"#,
        ),
        "/api/v1/media" | "/api/v2/media" => Reply::With(
            200,
            &[],
            r#"{"id":"22348641","type":"image","url":"https://files.example.social/22348641.jpg"}"#,
        ),
        "/api/v1/media/22348641" => Reply::With(200, &[], r#"{"id":"22348641"}"#),
        "/api/v1/statuses" => Reply::With(
            200,
            &[],
            r#"{"id":"103254962155278888","url":"https://example.social/@alice/103254962155278888"}"#,
        ),
        _ => Reply::With(404, &[], r#"{"error":"The page you are looking for isn't here."}"#),
    }
}

/// A post as tests send it.
pub(crate) fn post() -> Post {
    Post {
        description: "The lighthouse".to_owned(),
        alt: "A white\nlighthouse ".to_owned(),
        credit: String::new(),
        link: "https://c.example/s/0123456789abcdef".to_owned(),
        bytes: Bytes::from_static(b"\xff\xd8\xff picture \r\n--bytes"),
        media_type: "image/jpeg".to_owned(),
        file_name: "clipping.jpg".to_owned(),
        picture_url: "https://c.example/iiif/3/0f0f.jpg/full/!1440,1440/0/default.jpg".to_owned(),
        size: Size::new(640, 480).expect("not empty"),
        shared_at: "2026-11-23T12:00:00Z".parse().expect("a time"),
        idempotency_key: "one-delivery".to_owned(),
    }
}

/// What connectors work with; a request may take this long.
pub(crate) fn tools(timeout: Duration) -> Tools {
    let client = platform_client("Cutline/test", timeout).expect("a client");
    Tools { client, clock: Arc::new(SystemClock) }
}

/// An account on a server at this address.
pub(crate) fn account(name: &str, server: Url, account: &str, token: &str) -> Account {
    Account {
        target: TargetId::parse(&format!("{name}:{account}")).expect("a target"),
        platform: platform(name).expect("a platform"),
        server,
        name: account.to_owned(),
        token: Token::new(token),
        servers: BTreeMap::new(),
        proof_key: None,
        visibility: Visibility::Public,
        owner: Owner::Site,
    }
}

/// The connector for an account.
pub(crate) fn connector(account: Account, timeout: Duration) -> Result<Arc<dyn Platform>, AccountError> {
    (account.platform.make)(account, tools(timeout))
}

/// All steps.
pub(crate) async fn send(platform: &dyn Platform, post: &Post) -> Result<Posted, PostError> {
    platform.prepare().await?;
    let upload = platform.upload(post).await?;
    assert_eq!(platform.ready(&upload).await?, None, "no test has a server work for that long");
    platform.publish(post, &upload).await
}

/// What came of a step, in short: its kind and what the visitor reads, and for how long it is to be waited.
pub(crate) fn in_short<T: std::fmt::Debug>(
    result: Result<T, PostError>,
) -> (&'static str, String, Option<u64>) {
    match result {
        Ok(done) => ("done", format!("{done:?}"), None),
        Err(PostError::Passing { reason, retry_after, .. }) => {
            ("passing", reason, retry_after.map(|wait| wait.as_secs()))
        }
        Err(PostError::Final { reason, .. }) => ("final", reason, None),
        Err(PostError::Spent { reason, .. }) => ("spent", reason, None),
        Err(PostError::Taken { reason, .. }) => ("taken", reason, None),
        Err(PostError::Unknown { reason, .. }) => ("unknown", reason, None),
    }
}
