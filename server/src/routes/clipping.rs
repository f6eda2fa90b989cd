//! `/clippings/{hash}.{ext}`: a clipping's bytes, which never change.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use cutline_engine::Engine;
use cutline_engine::error::EngineError;
use cutline_engine::store::ClippingName;

use super::named::Named;
use super::pictures::{Forever, picture};
use crate::problem::ProblemResponse;

/// The bytes.
pub async fn clipping(
    State(engine): State<Engine>,
    Named(name): Named<String>,
) -> Result<Response, ProblemResponse> {
    let name = ClippingName::parse(&name).map_err(|_| EngineError::NotFound)?;
    Ok(picture(engine.clipping(&name).await?, Forever(true)).into_response())
}
