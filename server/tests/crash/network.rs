//! A platform on a free port that speaks Mastodon's API, and makes posts as one of three kinds would.
//!
//! It is an origin too: the picture lies at `/picture.png`.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Json;
use axum::Router;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use cutline_engine::clock::{Clock, SystemClock};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};

const PICTURE: &[u8] = include_bytes!("../pictures/quarters.png");

/// How long after a post is made its key is written down.
const KEY_WRITTEN: Duration = Duration::from_secs(10);

/// What it can do about a post of which the sender does not know what became.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Skill {
    /// It knows an `Idempotency-Key` again, once it has written it down, as Mastodon does last of all ([`KEY_WRITTEN`]).
    Keys,
    /// It ignores keys, and shows the account's latest statuses, as snac does.
    Looks,
    /// It ignores keys and shows nothing.
    Neither,
}

impl Skill {
    pub(crate) const ALL: [Self; 3] = [Self::Keys, Self::Looks, Self::Neither];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Keys => "knows keys",
            Self::Looks => "can be looked at",
            Self::Neither => "neither",
        }
    }
}

/// The server; it ends with the test's runtime.
pub(crate) struct Network {
    /// `127.0.0.1:PORT`
    pub(crate) host: String,
    shared: Arc<Shared>,
}

struct Shared {
    skill: Skill,
    uploads: AtomicUsize,
    published: AtomicUsize,
    statuses: Mutex<Vec<Value>>,
    by_key: Mutex<HashMap<String, (Instant, Value)>>,
    is_silent: AtomicBool,
    /// Whether the next question for a picture is answered with that it is worked on.
    is_processing: AtomicBool,
    asked: Notify,
    /// Uploads that are still to be answered with an error.
    failing: AtomicUsize,
    /// Whether answers to posts may go out.
    gate: watch::Sender<bool>,
    posted: Notify,
}

impl Network {
    pub(crate) async fn start(skill: Skill) -> Self {
        Self::start_with(skill, |router| router).await
    }

    /// With what a test makes of its answers.
    pub(crate) async fn start_with(skill: Skill, change: impl FnOnce(Router) -> Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let host = listener.local_addr().expect("it is bound").to_string();
        let shared = Arc::new(Shared {
            skill,
            uploads: AtomicUsize::new(0),
            published: AtomicUsize::new(0),
            statuses: Mutex::default(),
            by_key: Mutex::default(),
            is_silent: AtomicBool::new(false),
            is_processing: AtomicBool::new(false),
            asked: Notify::new(),
            failing: AtomicUsize::new(0),
            gate: watch::Sender::new(true),
            posted: Notify::new(),
        });
        let router = Router::new()
            .route("/picture.png", get(|| async { ([(CONTENT_TYPE, "image/png")], PICTURE) }))
            .route("/api/v2/instance", get(instance))
            .route("/api/v2/media", post(upload))
            .route("/api/v1/media/{id}", get(media))
            .route("/api/v1/statuses", post(publish))
            .route("/api/v1/statuses/{id}", get(status).delete(remove))
            .route("/api/v1/accounts/verify_credentials", get(account))
            .route("/api/v1/accounts/{id}/statuses", get(latest))
            .with_state(shared.clone());
        let router = change(router);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { host, shared }
    }

    /// The next post is made, and not answered.
    pub(crate) fn answers_nothing_once(&self) {
        self.shared.is_silent.store(true, Ordering::SeqCst);
    }

    /// Whoever asks for a picture the next time is told that it is worked on.
    pub(crate) fn processes_once(&self) {
        self.shared.is_processing.store(true, Ordering::SeqCst);
    }

    /// Waits until that was told.
    pub(crate) async fn has_been_asked(&self) {
        self.shared.asked.notified().await;
    }

    /// The next so many uploads are answered with an error.
    pub(crate) fn fails_uploads(&self, count: usize) {
        self.shared.failing.store(count, Ordering::SeqCst);
    }

    /// Posts that are made are not answered until `is_open` is given as true.
    pub(crate) fn answers(&self, is_open: bool) {
        self.shared.gate.send_replace(is_open);
    }

    /// Waits until a post is made.
    pub(crate) async fn has_posted(&self) {
        self.shared.posted.notified().await;
    }

    /// How many posts there are.
    pub(crate) fn posts(&self) -> usize {
        self.shared.statuses.lock().expect("no panic").len()
    }

    /// How many pictures were uploaded.
    pub(crate) fn uploads(&self) -> usize {
        self.shared.uploads.load(Ordering::SeqCst)
    }
}

async fn instance(State(shared): State<Arc<Shared>>) -> Json<Value> {
    let version = if shared.skill == Skill::Keys { "4.3.1" } else { "4.0.0 (not true; it's another)" };
    Json(json!({ "version": version }))
}

async fn upload(State(shared): State<Arc<Shared>>, _body: bytes::Bytes) -> Response {
    let id = shared.uploads.fetch_add(1, Ordering::SeqCst) + 1;
    let takes_one = |left: usize| left.checked_sub(1);
    if shared.failing.fetch_update(Ordering::SeqCst, Ordering::SeqCst, takes_one).is_ok() {
        return (StatusCode::INTERNAL_SERVER_ERROR, "broken").into_response();
    }
    // To be processed yet: the picture can be asked for, and is ready then.
    (StatusCode::ACCEPTED, Json(json!({ "id": id.to_string() }))).into_response()
}

async fn media(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    let body = Json(json!({ "id": id }));
    if shared.is_processing.swap(false, Ordering::SeqCst) {
        shared.asked.notify_one();
        return (StatusCode::PARTIAL_CONTENT, body).into_response();
    }
    body.into_response()
}

async fn publish(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Json<Value> {
    let status = shared.publish(&headers, &form);
    shared.posted.notify_one();
    if shared.is_silent.swap(false, Ordering::SeqCst) {
        std::future::pending::<()>().await;
    }
    // The sender lives as long as this does.
    let _ = shared.gate.subscribe().wait_for(|is_open| *is_open).await;
    Json(status)
}

async fn status(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    let statuses = shared.statuses.lock().expect("no panic");
    match statuses.iter().find(|status| status["id"] == id.as_str()) {
        Some(status) => Json(status.clone()).into_response(),
        None => (StatusCode::NOT_FOUND, Json(json!({"error": "Record not found"}))).into_response(),
    }
}

async fn remove(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    let mut statuses = shared.statuses.lock().expect("no panic");
    let before = statuses.len();
    statuses.retain(|status| status["id"] != id.as_str());
    if statuses.len() < before {
        Json(json!({})).into_response()
    } else {
        StatusCode::NOT_FOUND.into_response()
    }
}

impl Shared {
    fn publish(&self, headers: &HeaderMap, form: &HashMap<String, String>) -> Value {
        assert!(form["media_ids[]"].parse::<usize>().is_ok(), "the name of a picture: {form:?}");
        let key = headers["idempotency-key"].to_str().expect("text").to_owned();
        let mut by_key = self.by_key.lock().expect("no panic");
        let is_known = |made: &Instant| self.skill == Skill::Keys && made.elapsed() >= KEY_WRITTEN;
        if let Some((_, known)) = by_key.get(&key).filter(|(made, _)| is_known(made)) {
            return known.clone();
        }
        let mut statuses = self.statuses.lock().expect("no panic");
        let id = (self.published.fetch_add(1, Ordering::SeqCst) + 1).to_string();
        let content = format!("<p>{}</p>", form["status"].replace('\n', "<br>"));
        let created_at = SystemClock.now().to_string();
        let url = format!("https://network.example/@alice/{id}");
        let pictures = json!([{"id": form["media_ids[]"], "type": "image"}]);
        let status = json!({"id": id, "url": url, "content": content, "created_at": created_at, "media_attachments": pictures});
        statuses.push(status.clone());
        by_key.insert(key, (Instant::now(), status.clone()));
        status
    }
}

async fn account(State(shared): State<Arc<Shared>>) -> Response {
    match shared.skill {
        Skill::Looks => Json(json!({"id": "1", "acct": "alice"})).into_response(),
        Skill::Keys | Skill::Neither => {
            (StatusCode::FORBIDDEN, Json(json!({"error": "outside the authorized scopes"}))).into_response()
        }
    }
}

async fn latest(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Json<Value> {
    assert_eq!(id, "1");
    let statuses = shared.statuses.lock().expect("no panic");
    Json(statuses.iter().rev().cloned().collect())
}
