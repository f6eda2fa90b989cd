//! `/api/{function}`: the overlay's server functions.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use cutline_engine::Engine;
use http::Request;
use http::header::ACCEPT;
use leptos::prelude::provide_context;

/// Calls the function of that name.
pub async fn call(State(engine): State<Engine>, mut request: Request<axum::body::Body>) -> Response {
    // Leptos answers a plain form's post with a redirect to its `Referer`. Ours go to /compose; nobody posts one here.
    request.headers_mut().remove(ACCEPT);
    leptos_axum::handle_server_fns_with_context(move || provide_context(engine.clone()), request)
        .await
        .into_response()
}
