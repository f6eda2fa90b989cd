//! `/board`: what was shared to this site itself.

use axum::extract::{Query, State};
use axum::response::Response;
use cutline::server::{BoardView, Page};
use cutline_engine::error::EngineError;
use cutline_engine::store::BoardCursor;
use http::StatusCode;
use serde::Deserialize;

use crate::state::{AppState, PageRequest};

/// Shares on one page.
const PAGE: u32 = 24;

/// Which page.
#[derive(Deserialize)]
pub struct Place {
    before: Option<String>,
}

/// One page of the board.
pub async fn board(
    State(state): State<AppState>,
    Query(place): Query<Place>,
    request: PageRequest,
) -> Response {
    let before = match place.before.as_deref().map(BoardCursor::parse).transpose() {
        Ok(before) => before,
        Err(_) => return state.refusal(request, EngineError::NotFound).await,
    };
    match state.engine.board(before.as_ref(), PAGE).await {
        Ok(page) => {
            state
                .page(request, StatusCode::OK, Page::Board(BoardView { page, newest: before.is_none() }))
                .await
        }
        Err(error) => state.refusal(request, error).await,
    }
}
