//! `/board`: what was shared to this site itself.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use cutline::server::{BoardView, Page};
use cutline_engine::error::EngineError;
use cutline_engine::store::BoardCursor;
use http::StatusCode;
use url::form_urlencoded;

use crate::state::{AppState, PageRequest};

/// Shares on one page.
const PAGE: u32 = 24;

/// One page of the board; `before` in the query says which, the newest without.
pub async fn board(
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
    request: PageRequest,
) -> Response {
    let query = query.unwrap_or_default();
    let place = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "before");
    let before =
        match place.as_ref().map(|(_, place)| place).map(|place| BoardCursor::parse(place)).transpose() {
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
