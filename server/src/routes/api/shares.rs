//! `POST /api/v1/shares`, `GET` and `DELETE /api/v1/shares/{id}`, `POST /api/v1/shares/{id}/retry`.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use cutline_engine::Engine;
use cutline_engine::error::EngineError;
use cutline_model::{Deletion, Problem, ProblemCode, ShareReceipt, ShareRequest, TargetId};
use http::header::LOCATION;
use http::{HeaderMap, StatusCode};
use url::form_urlencoded;

use crate::embed::{Allowed, bearer};
use crate::problem::{Checked, ProblemResponse};
use crate::routes::foreign::Foreign;
use crate::routes::named::Named;

/// Takes a share: 201 with its receipt and address, once it is accepted.
pub async fn create(
    State(engine): State<Engine>,
    Foreign(site): Foreign,
    headers: HeaderMap,
    Checked(request): Checked<ShareRequest>,
) -> Result<Response, ProblemResponse> {
    if let Some(site) = site {
        may_use(&site, &request)?;
    }
    let receipt = engine.share(request, idempotency_key(&headers)?).await?;
    let location = format!("/api/v1/shares/{}", receipt.id);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(receipt)).into_response())
}

/// Whether a site of others may share to where it wants to; what it may not use, it has not.
fn may_use(site: &Allowed, request: &ShareRequest) -> Result<(), Problem> {
    let Some(place) = request.targets.iter().position(|target| !site.allows(target)) else { return Ok(()) };
    let detail = format!("This site may not share to {}. Choose another target.", request.targets[place]);
    Err(Problem::new(ProblemCode::UnknownTarget, detail).in_field(format!("targets[{place}]")))
}

/// How a share stands now.
pub async fn show(
    State(engine): State<Engine>,
    Named(id): Named<String>,
) -> Result<Json<ShareReceipt>, ProblemResponse> {
    Ok(Json(engine.receipt(&id).await?))
}

/// Sends what failed once more, and for whoever has the maker's key what may have been posted already; with a `target` that alone.
pub async fn retry(
    State(engine): State<Engine>,
    Foreign(site): Foreign,
    Named(id): Named<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Json<ShareReceipt>, ProblemResponse> {
    // From sites of others it takes the key always: who has the one by which a share is deleted is its maker.
    let key = match &site {
        Some(_) => Some(makers_key(&headers, query.as_deref()).unwrap_or_default()),
        // Whoever stands before this server may use the header for its own.
        None => key_in(query.as_deref()),
    };
    let target = target_in(query.as_deref())?;
    Ok(Json(engine.retry(&id, key.as_deref(), target.as_ref()).await?))
}

/// Deletes a share; again, it tries what could not be removed of its posts once more, and tells how far that is: for whoever has the key of its delete link.
pub async fn delete(
    State(engine): State<Engine>,
    Named(id): Named<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Json<Deletion>, ProblemResponse> {
    Ok(Json(engine.delete(&id, &makers_key(&headers, query.as_deref()).unwrap_or_default()).await?))
}

/// The maker's key, in the query or as a bearer token. Addresses are kept by programs that watch a page's calls, and by servers in front of
/// this one: the overlay on other sites sends it as a token.
fn makers_key(headers: &HeaderMap, query: Option<&str>) -> Option<String> {
    key_in(query).or_else(|| bearer(headers).map(str::to_owned))
}

/// The `key` in a query; nothing fits an empty one.
pub fn key_in(query: Option<&str>) -> Option<String> {
    value_in(query, "key")
}

/// The `target` in a query, of a share's deliveries the one that is meant.
pub fn target_in(query: Option<&str>) -> Result<Option<TargetId>, EngineError> {
    let wrong = |error| EngineError::Field { field: "target".to_owned(), message: format!("{error}.") };
    value_in(query, "target").map(|name| TargetId::parse(&name).map_err(wrong)).transpose()
}

pub(crate) fn value_in(query: Option<&str>, name: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    pairs.find(|(one, _)| one == name).map(|(_, value)| value.into_owned())
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, ProblemResponse> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    match value.to_str() {
        Ok(key) => Ok(Some(key.to_owned())),
        Err(_) => {
            let detail = "A key is 1 to 255 visible ASCII characters.";
            Err(Problem::new(ProblemCode::InvalidField, detail).in_field("Idempotency-Key").into())
        }
    }
}
