//! `/clippings/{hash}.{ext}`: a clipping's bytes, which never change.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use cutline_engine::Engine;
use cutline_engine::error::EngineError;
use cutline_engine::store::ClippingName;
use http::HeaderValue;
use http::header::ACCESS_CONTROL_ALLOW_ORIGIN;

use super::named::Named;
use super::pictures::{Forever, picture};
use crate::problem::ProblemResponse;

/// The bytes.
pub async fn clipping(
    State(engine): State<Engine>,
    Named(name): Named<String>,
) -> Result<Response, ProblemResponse> {
    let name = ClippingName::parse(&name).map_err(|_| EngineError::NotFound)?;
    let mut response = picture(engine.clipping(&name).await?, Forever(true)).into_response();
    // On pages of other sites too, the overlay copies it and hands it to other apps.
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    Ok(response)
}
