//! A small Mastodon server for tests: records every request and answers well, or as a test has told it to.

use std::{
    collections::{HashMap, VecDeque},
    convert::Infallible,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpListener, sync::mpsc};
use url::Url;

/// One request as the server saw it.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// What it answers.
#[derive(Clone, Debug)]
pub(super) enum Reply {
    /// An answer.
    With(u16, &'static [(&'static str, &'static str)], &'static str),
    /// It takes the request and drops the connection.
    Drop,
    /// It takes the request and stays silent.
    Hang,
}

/// The server; it ends with the test's runtime.
pub(super) struct FakeMastodon {
    pub(super) url: Url,
    state: Arc<State>,
    /// The path of each request, as it arrives.
    pub(super) arrivals: mpsc::UnboundedReceiver<String>,
}

struct State {
    seen: Mutex<Vec<Seen>>,
    replies: Mutex<HashMap<String, VecDeque<Reply>>>,
    arrivals: mpsc::UnboundedSender<String>,
}

impl FakeMastodon {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url =
            Url::parse(&format!("http://{}/", listener.local_addr().expect("its address"))).expect("a URL");
        let (sender, arrivals) = mpsc::unbounded_channel();
        let state = Arc::new(State { seen: Mutex::default(), replies: Mutex::default(), arrivals: sender });
        tokio::spawn(serve(listener, state.clone()));
        Self { url, state, arrivals }
    }

    /// The next request to `path` is answered with `reply`; later ones in the order of the calls, then well.
    pub(super) fn reply(&self, path: &str, reply: Reply) -> &Self {
        self.state.replies.lock().expect("no panic").entry(path.to_owned()).or_default().push_back(reply);
        self
    }

    /// All requests so far.
    pub(super) fn seen(&self) -> Vec<Seen> {
        self.state.seen.lock().expect("no panic").clone()
    }

    /// Method and path of all requests so far.
    pub(super) fn calls(&self) -> Vec<String> {
        self.seen().iter().map(|seen| format!("{} {}", seen.method, seen.path)).collect()
    }

    /// Waits for the next request to `path`.
    pub(super) async fn arrival(&mut self, path: &str) {
        while self.arrivals.recv().await.expect("the server runs") != path {}
    }
}

impl Seen {
    /// The named part of a multipart body: its headers and its bytes.
    pub(super) fn part(&self, name: &str) -> Option<(String, Bytes)> {
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

    /// The named field of a form body.
    pub(super) fn field(&self, name: &str) -> Option<String> {
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
    let seen = Seen { method: head.method, path: path.clone(), headers: head.headers, body };
    state.seen.lock().expect("no panic").push(seen);
    let reply = state.replies.lock().expect("no panic").get_mut(&path).and_then(VecDeque::pop_front);
    // A test that no longer listens has seen enough.
    let _ = state.arrivals.send(path.clone());
    match reply.unwrap_or_else(|| well(&path)) {
        Reply::With(status, headers, body) => {
            let mut response = Response::new(Full::new(Bytes::from_static(body.as_bytes())));
            *response.status_mut() = StatusCode::from_u16(status).expect("a status");
            response.headers_mut().insert("content-type", "application/json".parse().expect("a value"));
            for (name, value) in headers {
                response.headers_mut().insert(*name, value.parse().expect("a value"));
            }
            Ok(response)
        }
        Reply::Drop => Err(Dropped),
        Reply::Hang => match std::future::pending::<Infallible>().await {},
    }
}

/// What Mastodon 4 answers when all is well.
fn well(path: &str) -> Reply {
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
