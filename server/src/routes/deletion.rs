//! `/s/{id}/delete`: asks whoever has the link, deletes, and tells how far the removal of the posts is; tries that again where
//! it failed. Works without script.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use cutline::server::{DeletionView, Page};
use cutline_engine::error::EngineError;
use http::StatusCode;

use super::api::shares::key_in;
use crate::state::{AppState, PageRequest};

/// Shows what will be deleted, or what became of it.
pub async fn ask(
    State(state): State<AppState>,
    id: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
    request: PageRequest,
) -> Response {
    let Ok(Path(id)) = id else { return state.refusal(request, EngineError::NotFound).await };
    let key = key_in(query.as_deref()).unwrap_or_default();
    let found = async {
        Ok(match state.engine.deletion(&id, &key).await? {
            Some(deletion) => DeletionView::Deleted { deletion, key: key.clone() },
            None => DeletionView::Asked { receipt: state.engine.receipt(&id).await?, key: key.clone() },
        })
    };
    match found.await {
        Ok(view) => state.page(request, StatusCode::OK, Page::Deletion(Box::new(view))).await,
        Err(error) => state.refusal(request, error).await,
    }
}

/// Deletes, or tries again what could not be removed, and goes to the page that tells of it.
pub async fn delete(
    State(state): State<AppState>,
    id: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
    request: PageRequest,
) -> Response {
    let Ok(Path(id)) = id else { return state.refusal(request, EngineError::NotFound).await };
    let key = key_in(query.as_deref()).unwrap_or_default();
    match state.engine.delete(&id, &key).await {
        Ok(deletion) => Redirect::to(&format!("/s/{}/delete?key={key}", deletion.id)).into_response(),
        Err(error) => state.refusal(request, error).await,
    }
}
