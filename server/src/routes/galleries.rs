//! `/` and `/g/{slug}`.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use cutline::server::{GalleryView, HomeView, Page};
use cutline_engine::error::EngineError;
use http::StatusCode;

use crate::state::{AppState, PageRequest};

/// The galleries.
pub async fn home(State(state): State<AppState>, request: PageRequest) -> Response {
    let galleries = state.engine.galleries().all();
    state.page(request, StatusCode::OK, Page::Home(HomeView { galleries })).await
}

/// One gallery.
pub async fn gallery(
    State(state): State<AppState>,
    slug: Result<Path<String>, PathRejection>,
    request: PageRequest,
) -> Response {
    // An address that cannot be read names no gallery.
    match slug.ok().and_then(|Path(slug)| state.engine.galleries().get(&slug)) {
        Some(gallery) => state.page(request, StatusCode::OK, Page::Gallery(GalleryView { gallery })).await,
        None => state.refusal(request, EngineError::NotFound).await,
    }
}
