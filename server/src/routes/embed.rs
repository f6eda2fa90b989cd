//! `/embed/…`: what pages of other sites load. Readable by scripts of every site, and checked by them against its `integrity`;
//! what is named by its content is kept for ever, `v1.js` is asked about again.
//!
//! Pages may ask for files of another version than this one: those lie beside the clippings (`Scripts`).

use std::borrow::Cow;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use cutline_engine::clock::SharedClock;
use cutline_engine::error::{EngineError, with_causes};
use cutline_engine::store::{ClippingError, Scripts};
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};

use crate::assets;
use crate::problem::ProblemResponse;
use crate::state::AppState;

/// Where they are asked for.
const ADDRESS: &str = "/embed/";
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// A file of the script.
pub async fn file(State(state): State<AppState>, method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let mut response = assets::asset(method, uri.clone(), headers.clone()).await;
    if response.status() == StatusCode::NOT_FOUND
        && let Some(name) = uri.path().strip_prefix(ADDRESS).filter(|name| is_named_by_content(name))
    {
        match of_another_version(&state.scripts, &headers, name).await {
            Ok(Some(found)) => response = found,
            Ok(None) => {}
            Err(error) => response = ProblemResponse(EngineError::from(error).into_problem()).into_response(),
        }
    }
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
    if response.status().is_success() && is_named_by_content(uri.path()) {
        let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
        response.headers_mut().insert(CACHE_CONTROL, forever);
    }
    response
}

/// A file that this program does not have, compressed if it was kept so and who asks takes it.
async fn of_another_version(
    scripts: &Scripts,
    headers: &HeaderMap,
    name: &str,
) -> Result<Option<Response>, ClippingError> {
    for packing in assets::packings_for(headers) {
        if let Some(bytes) = scripts.get(&format!("{name}{}", packing.ending)).await? {
            return Ok(Some(assets::script(headers, name, bytes, Some(packing))));
        }
    }
    Ok(scripts.get(name).await?.map(|bytes| assets::script(headers, name, bytes, None)))
}

/// Keeps this version's files for pages that ask for them when another is here. What cannot be kept now is kept at the next start.
pub(crate) async fn keep_script(scripts: Scripts, clock: SharedClock) {
    let files = assets::scripts().into_iter().filter(|(name, _)| is_named_by_content(name));
    let files = files.map(|(name, bytes)| (name, Bytes::from(Cow::into_owned(bytes))));
    if let Err(error) = scripts.keep(files, clock.now()).await {
        tracing::warn!(
            error = with_causes(&error),
            "the script of this version is not kept: pages that have it stop working when another version is started"
        );
    }
}

/// Whether a name has the sixteen digits of a hash before its ending.
fn is_named_by_content(path: &str) -> bool {
    let path = assets::unpacked(path);
    let stem = path.rsplit_once('.').map_or(path, |(stem, _)| stem);
    stem.rsplit_once('-').is_some_and(|(_, hash)| {
        hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    })
}

#[cfg(test)]
mod tests {
    use super::is_named_by_content;

    #[test]
    fn only_what_never_changes_is_kept_for_ever() {
        for (path, expected) in [
            ("/embed/v1.js", false),
            ("/embed/v1.json", false),
            ("/embed/v1-34793e11ea61c2b5.js", true),
            ("/embed/overlay-4086583eb6a27331.wasm", true),
            ("/embed/overlay-4086583eb6a27331.wasm.br", true),
            ("/embed/v1.js.br", false),
            ("/embed/overlay-40865.wasm", false),
        ] {
            assert_eq!(is_named_by_content(path), expected, "{path}");
        }
    }
}
