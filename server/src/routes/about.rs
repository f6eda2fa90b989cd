//! `/about/fetcher`.

use axum::extract::State;
use axum::response::Response;
use cutline::server::Page;
use http::StatusCode;

use crate::state::{AppState, PageRequest};

/// What the fetcher is, for those whose servers it calls.
pub async fn fetcher(State(state): State<AppState>, request: PageRequest) -> Response {
    let view = state.fetcher.clone();
    state.page(request, StatusCode::OK, Page::Fetcher(view)).await
}
