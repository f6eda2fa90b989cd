//! What an address names, for files and the API: an address that cannot be read names nothing.
//!
//! axum's own `Path` answers `400` in plain text then (`%ff`, letters where a number stands), which is neither our
//! status nor our form of errors.

use axum::extract::{FromRequestParts, Path};
use cutline_engine::error::EngineError;
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::problem::ProblemResponse;

/// The variable parts of the address.
pub struct Named<T>(pub T);

impl<S, T> FromRequestParts<S> for Named<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Send,
{
    type Rejection = ProblemResponse;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ProblemResponse> {
        let path = Path::from_request_parts(parts, state).await;
        path.map(|Path(named)| Self(named)).map_err(|_| EngineError::NotFound.into())
    }
}
