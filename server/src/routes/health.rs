//! `/healthz` and `/readyz`, for whoever watches the server.

use axum::extract::State;
use cutline_engine::Engine;
use http::StatusCode;

use crate::problem::ProblemResponse;

/// The program runs.
pub async fn alive() -> &'static str {
    "ok\n"
}

/// The program can do its work: its record answers.
pub async fn ready(State(engine): State<Engine>) -> Result<(StatusCode, &'static str), ProblemResponse> {
    engine.board(None, 1).await?;
    Ok((StatusCode::OK, "ready\n"))
}
