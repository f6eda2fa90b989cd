//! `GET /api/v1/targets`: where this site can post.

use axum::Json;
use axum::extract::State;
use cutline_engine::Engine;
use cutline_model::Target;
use serde::Serialize;

/// The answer: an object, so that it can grow.
#[derive(Serialize)]
pub struct Targets {
    targets: Vec<Target>,
}

/// All targets, in the order in which visitors see them.
pub async fn list(State(engine): State<Engine>) -> Json<Targets> {
    Json(Targets { targets: engine.targets() })
}
