//! `/pictures/…`: the site's own pictures and their smaller copies.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use cutline_engine::Engine;
use cutline_engine::error::EngineError;
use cutline_engine::galleries::StoredPicture;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use http::{HeaderName, HeaderValue};

use super::named::Named;
use crate::problem::ProblemResponse;

/// A picture as it was put into the gallery.
pub async fn original(
    State(engine): State<Engine>,
    Named((slug, file)): Named<(String, String)>,
) -> Result<Response, ProblemResponse> {
    let found = engine.galleries().original(&slug, &file).await.map_err(EngineError::from)?;
    Ok(picture(found.ok_or(EngineError::NotFound)?, Forever(false)))
}

/// A smaller copy.
pub async fn thumbnail(
    State(engine): State<Engine>,
    Named((slug, width, file)): Named<(String, u32, String)>,
) -> Result<Response, ProblemResponse> {
    let found = engine.galleries().thumbnail(&slug, width, &file).await.map_err(EngineError::from)?;
    Ok(picture(found.ok_or(EngineError::NotFound)?, Forever(false)))
}

/// Whether the bytes at an address never change.
#[derive(Clone, Copy)]
pub(super) struct Forever(pub(super) bool);

/// A picture's bytes; whatever they are, the browser must not run anything in them.
pub(super) fn picture(stored: StoredPicture, forever: Forever) -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(stored.media_type)),
        (CACHE_CONTROL, caching(forever)),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox")),
        (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("cross-origin")),
    ];
    (headers, stored.bytes).into_response()
}

/// `Cache-Control` of a picture.
pub(super) fn caching(forever: Forever) -> HeaderValue {
    let text = if forever.0 { "public, max-age=31536000, immutable" } else { "public, max-age=3600" };
    HeaderValue::from_static(text)
}
