//! `GET /api/v1/shares/{id}/events`: how a share stands, and again whenever that changes, as server-sent events.
//!
//! Each event is a whole receipt (`event: share`), or says that the share was deleted (`event: deleted`); the stream ends
//! after the last one. Browsers connect anew by themselves and say what they saw last: when that was the end they get 204,
//! at which they stop (<https://html.spec.whatwg.org/multipage/server-sent-events.html#processing-model>).

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use cutline_engine::engine::{Following, Told};
use cutline_model::ProblemCode;
use futures_util::stream;
use http::{HeaderMap, HeaderName, StatusCode};

use crate::problem::ProblemResponse;
use crate::routes::named::Named;
use crate::state::AppState;
use crate::streams::Place;

/// How often something is sent, so that nobody on the way takes the connection for dead.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long browsers wait before they connect anew.
const RECONNECT: Duration = Duration::from_secs(2);
/// A proxy that collects an answer before it passes it on would make the stream useless; nginx is told by this.
const UNBUFFERED: (HeaderName, &str) = (HeaderName::from_static("x-accel-buffering"), "no");

/// Follows a share until all its deliveries have ended.
pub async fn follow(
    State(state): State<AppState>,
    Named(id): Named<String>,
    headers: HeaderMap,
) -> Result<Response, ProblemResponse> {
    let place = state.streams.enter().ok_or_else(|| {
        let detail = format!(
            "Too many shares are followed here just now. Ask GET /api/v1/shares/{id} every few seconds instead, or come back later."
        );
        ProblemResponse::new(ProblemCode::Busy, detail)
    })?;
    let seen = headers.get("last-event-id").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let following = state.engine.follow(&id, seen).await?;
    if following.is_over() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let events = stream::unfold((following, place), next);
    let events = Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT));
    Ok(([UNBUFFERED], events).into_response())
}

async fn next(
    (mut following, mut place): (Following, Place),
) -> Option<(Result<Event, Infallible>, (Following, Place))> {
    let told = tokio::select! {
        told = following.next() => told?,
        () = place.ended() => return None,
    };
    let event = match told {
        Told::Receipt { receipt, mark } => {
            let receipt = serde_json::to_string(&receipt).expect("a receipt is plain data");
            Event::default().event("share").id(mark).retry(RECONNECT).data(receipt)
        }
        // Without data, browsers would pass over it.
        Told::Deleted => Event::default().event("deleted").data("{}"),
    };
    Some((Ok(event), (following, place)))
}
