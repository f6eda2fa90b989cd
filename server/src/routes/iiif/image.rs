//! `{region}/{size}/{rotation}/{quality}.{format}`: a rendition, section 4.
//!
//! Nothing is kept here. The same address gives the same bytes as long as the picture stays, which the entity tag says
//! before any pixel is touched.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use cutline_engine::engine::HostedPicture;
use cutline_engine::galleries::StoredPicture;
use http::header::{CACHE_CONTROL, ETAG, LINK};
use http::{HeaderMap, HeaderValue, StatusCode};
use sha2::{Digest, Sha256};

use super::identifier::Identifier;
use super::links;
use super::refusal::not_made;
use super::request::{ImageRequest, Resolved};
use crate::etag::is_current;
use crate::problem::ProblemResponse;
use crate::routes::named::Named;
use crate::routes::pictures::{self, Forever};
use crate::state::AppState;

/// The rendition.
pub async fn image(
    State(state): State<AppState>,
    Named((id, region, size, rotation, file)): Named<(String, String, String, String, String)>,
    headers: HeaderMap,
) -> Result<Response, ProblemResponse> {
    let request = ImageRequest::parse(&region, &size, &rotation, &file)?;
    let id = Identifier::parse(&id)?;
    let picture = state.engine.hosted(id.picture()).await?;
    let resolved = request.resolve(picture.size, &state.engine.rendition_limits())?;
    let tag = tag(&picture, &resolved);
    // Limits and encoders change what is made of a picture that never does (`max` is as large as the limits let it be): the tag
    // knows, a year's promise would not.
    let forever = Forever(false);
    let mut response = if is_current(&headers, &tag) {
        (StatusCode::NOT_MODIFIED, [(CACHE_CONTROL, pictures::caching(forever))]).into_response()
    } else {
        let cut = state.engine.rendition(&picture, resolved.options).await;
        let cut = cut.map_err(|error| not_made(error.into()))?;
        pictures::picture(
            StoredPicture { bytes: cut.bytes.into(), media_type: cut.format.media_type() },
            forever,
        )
    };
    let headers = response.headers_mut();
    headers.insert(ETAG, tag);
    let canonical = format!("{}/{}", id.address(&state.site.public_url), resolved.canonical);
    headers.insert(LINK, links(Some(&canonical)));
    Ok(response)
}

/// Of the content, of what is made of it, and of the version that makes it.
fn tag(picture: &HostedPicture, resolved: &Resolved) -> HeaderValue {
    let Resolved { canonical, options } = resolved;
    let made = format!("{}@{}", options.size, options.quality);
    let parts = [env!("CARGO_PKG_VERSION"), &picture.hash, canonical, &made].join("/");
    let digits: String = Sha256::digest(parts)[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    HeaderValue::from_str(&format!("\"{digits}\""))
        .expect("hexadecimal digits and quotes are fit for a header")
}
