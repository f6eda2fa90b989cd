//! `/clippings/{hash}.{ext}`: a clipping's bytes, which never change; with `?download` a file to be saved.

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use cutline_engine::Engine;
use cutline_engine::error::EngineError;
use cutline_engine::store::ClippingName;
use http::HeaderValue;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CONTENT_DISPOSITION};

use super::named::Named;
use super::pictures::{Forever, picture};
use crate::problem::ProblemResponse;

/// The bytes.
pub async fn clipping(
    State(engine): State<Engine>,
    Named(name): Named<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, ProblemResponse> {
    let name = ClippingName::parse(&name).map_err(|_| EngineError::NotFound)?;
    let mut response = picture(engine.clipping(&name).await?, Forever(true)).into_response();
    // On pages of other sites too, the overlay copies it and hands it to other apps.
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    // Browsers pay no heed to the `download` of a link to another site, and would leave the page for the picture.
    if query.as_deref() == Some("download") {
        let attached = format!("attachment; filename=\"{}\"", file_name(&name));
        // Letters, digits, dots and quotes.
        response
            .headers_mut()
            .extend(HeaderValue::try_from(attached).map(|value| (CONTENT_DISPOSITION, value)));
    }
    Ok(response)
}

/// What a saved clipping is called: enough of its hash to tell it from others.
fn file_name(name: &ClippingName) -> String {
    let hash = name.hash();
    format!("cutline-{}{}", &hash[..12], &name.to_string()[hash.len()..])
}
