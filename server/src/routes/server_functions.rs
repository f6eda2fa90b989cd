//! `/api/{function}`: the overlay's server functions.
//!
//! Leptos answers an unknown function with 400, and arguments that it cannot read with 500, as if they were our fault.

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use cutline::api::ApiError;
use cutline_engine::error::EngineError;
use cutline_model::{Problem, ProblemCode};
use http::StatusCode;
use http::header::{ACCEPT, CONTENT_LENGTH};
use http_body_util::BodyExt;
use leptos::prelude::provide_context;
use leptos::server_fn::axum::server_fn_paths;

use crate::problem::{ProblemResponse, with_body_read};
use crate::state::AppState;

/// Calls the function of that name.
pub async fn call(State(state): State<AppState>, request: Request) -> Result<Response, ProblemResponse> {
    if !server_fn_paths().any(|(path, _)| path == request.uri().path()) {
        return Err(EngineError::NotFound.into());
    }
    let mut request = with_body_read(request).await?;
    // Leptos answers a plain form's post with a redirect to its `Referer`. Ours go to /compose; nobody posts one here.
    request.headers_mut().remove(ACCEPT);
    let session = state.session(request.headers()).await?;
    let context = move || {
        provide_context(state.engine.clone());
        provide_context(session.clone());
    };
    let answer = leptos_axum::handle_server_fns_with_context(context, request).await;
    Ok(with_status_of_problem(answer.into_response()).await)
}

/// The answer, with the status that its problem says.
async fn with_status_of_problem(response: Response) -> Response {
    if !response.status().is_server_error() {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    // What a function answers is in memory already.
    let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let problem = match serde_json::from_slice(&body) {
        Ok(ApiError::Problem(problem)) => problem,
        // The name that Leptos' error for JSON that does not fit gets on either side; on this one it was the arguments.
        Ok(ApiError::Unreachable) => Problem::new(
            ProblemCode::Malformed,
            "This site does not understand the request. Reload the page and try again.",
        ),
        Err(_) => return Response::from_parts(parts, Body::from(body)),
    };
    parts.status = StatusCode::from_u16(problem.status).unwrap_or(parts.status);
    parts.headers.remove(CONTENT_LENGTH);
    (parts, Json(ApiError::Problem(problem))).into_response()
}
