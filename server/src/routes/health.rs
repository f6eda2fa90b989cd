//! `/healthz` and `/readyz`, for whoever watches the server.

use std::sync::Arc;

use axum::extract::State;
use cutline_engine::Engine;
use cutline_engine::error::EngineError;
use cutline_engine::store::Store;
use http::StatusCode;

use crate::problem::ProblemResponse;

/// The program runs.
pub async fn alive() -> &'static str {
    "ok\n"
}

/// The program can do its work: its record answers.
pub async fn ready(State(engine): State<Engine>) -> Result<(StatusCode, &'static str), ProblemResponse> {
    engine.ready().await?;
    Ok((StatusCode::OK, "ready\n"))
}

/// The same for a process that only delivers.
pub async fn worker_ready(
    State(store): State<Arc<dyn Store>>,
) -> Result<(StatusCode, &'static str), ProblemResponse> {
    store.next_due().await.map_err(EngineError::from)?;
    Ok((StatusCode::OK, "ready\n"))
}
