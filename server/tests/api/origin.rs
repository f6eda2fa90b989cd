//! Somebody else's server on a free port: answers at a path what a test put there, and remembers what it was asked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method, StatusCode};
use tokio::net::TcpListener;

/// The server; it ends with the test's runtime.
pub(crate) struct Origin {
    /// `http://127.0.0.1:PORT`
    pub(crate) url: String,
    /// `127.0.0.1:PORT`, as `fetch.allow` wants it.
    pub(crate) host: String,
    shared: Arc<Shared>,
}

/// Status, media type and body.
type Answer = (StatusCode, &'static str, Vec<u8>);

#[derive(Default)]
struct Shared {
    answers: Mutex<HashMap<String, Answer>>,
    seen: Mutex<Vec<(Method, String, HeaderMap)>>,
}

impl Origin {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let host = listener.local_addr().expect("it is bound").to_string();
        let shared = Arc::new(Shared::default());
        let router = Router::new().fallback(answer).with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url: format!("http://{host}"), host, shared }
    }

    /// The address of a path here.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// From now on `path` answers 200 with this body.
    pub(crate) fn put(&self, path: &str, content_type: &'static str, body: impl Into<Vec<u8>>) {
        self.put_status(path, 200, content_type, body);
    }

    /// From now on `path` answers with this status and body.
    pub(crate) fn put_status(
        &self,
        path: &str,
        status: u16,
        content_type: &'static str,
        body: impl Into<Vec<u8>>,
    ) {
        let status = StatusCode::from_u16(status).expect("a status");
        let mut answers = self.shared.answers.lock().expect("no panic with the lock");
        answers.insert(path.to_owned(), (status, content_type, body.into()));
    }

    /// Every request so far.
    pub(crate) fn seen(&self) -> Vec<(Method, String, HeaderMap)> {
        self.shared.seen.lock().expect("no panic with the lock").clone()
    }

    /// Method and path of every request so far.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.seen().into_iter().map(|(method, path, _)| format!("{method} {path}")).collect()
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let seen = (request.method().clone(), path.clone(), request.headers().clone());
    shared.seen.lock().expect("no panic with the lock").push(seen);
    // Reads the body, so that whoever sends one gets its answer and no reset.
    let _ = axum::body::to_bytes(request.into_body(), usize::MAX).await;
    let answer = shared.answers.lock().expect("no panic with the lock").get(&path).cloned();
    match answer {
        Some((status, content_type, body)) => (status, [(CONTENT_TYPE, content_type)], body).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
