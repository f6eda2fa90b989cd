//! A platform that speaks Mastodon's API and takes each step only when the test lets it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// The server; it ends with the test's runtime.
pub(crate) struct Platform {
    /// `http://127.0.0.1:PORT`
    pub(crate) url: String,
    gates: Arc<Gates>,
}

struct Gates {
    uploads: Semaphore,
    posts: Semaphore,
    refuses: AtomicBool,
}

impl Platform {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let gates = Arc::new(Gates {
            uploads: Semaphore::new(0),
            posts: Semaphore::new(0),
            refuses: AtomicBool::new(false),
        });
        let router = Router::new()
            .route("/api/v2/instance", get(|| async { Json(json!({"version": "4.3.1"})) }))
            .route("/api/v2/media", post(upload))
            .route("/api/v1/statuses", post(publish))
            .with_state(gates.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, gates }
    }

    /// One more picture is taken.
    pub(crate) fn let_upload(&self) {
        self.gates.uploads.add_permits(1);
    }

    /// One more post is made.
    pub(crate) fn let_post(&self) {
        self.gates.posts.add_permits(1);
    }

    /// From now on pictures are answered with 503.
    pub(crate) fn refuse_uploads(&self) {
        self.gates.refuses.store(true, Ordering::SeqCst);
    }
}

async fn upload(State(gates): State<Arc<Gates>>, _body: bytes::Bytes) -> Response {
    if gates.refuses.load(Ordering::SeqCst) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    gates.uploads.acquire().await.expect("it is never closed").forget();
    Json(json!({"id": "7", "url": "https://files.example.social/7.png"})).into_response()
}

async fn publish(State(gates): State<Arc<Gates>>, _body: bytes::Bytes) -> Response {
    gates.posts.acquire().await.expect("it is never closed").forget();
    Json(json!({"id": "1", "url": "https://example.social/@alice/1"})).into_response()
}
