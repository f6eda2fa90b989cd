//! `GET /api/v1/shares/{id}/events`: how a share stands, and again whenever that changes, as server-sent events; and
//! `GET /api/v1/requests/{key}/events`: how far a request is that is not answered yet, by its idempotency key (`event: step`).
//!
//! Of a share each event is a whole receipt (`event: share`), or says that the share was deleted (`event: deleted`); the stream ends
//! after the last one. Browsers connect anew by themselves and say what they saw last: when that was the end they get 204,
//! at which they stop (<https://html.spec.whatwg.org/multipage/server-sent-events.html#processing-model>).

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use cutline_engine::engine::{Following, Told};
use cutline_model::ProblemCode;
use futures_util::stream::{self, Stream, StreamExt};
use http::{HeaderMap, HeaderName, StatusCode};

use crate::problem::ProblemResponse;
use crate::routes::named::Named;
use crate::state::AppState;
use crate::streams::Place;

/// How often something is sent, so that nobody on the way takes the connection for dead.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How long a request that is asked about may still be on its way: browsers ask first whether another site's page may send it.
const ON_ITS_WAY: Duration = Duration::from_secs(5);
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
    let instead = format!("Ask GET /api/v1/shares/{id} every few seconds instead");
    let place = enter(&state, &instead)?;
    let seen = headers.get("last-event-id").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let following = state.engine.follow(&id, seen).await?;
    if following.is_over() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Ok(answer(stream::unfold((following, place), next)))
}

/// Tells how far a request is, until it is answered. One that does not come to this process is not told of: 204.
pub async fn wait(
    State(state): State<AppState>,
    Named(key): Named<String>,
) -> Result<Response, ProblemResponse> {
    let mut place = enter(&state, "The request itself will be answered")?;
    let awaiting = tokio::select! {
        awaiting = state.engine.awaiting(&key) => awaiting,
        () = tokio::time::sleep(ON_ITS_WAY) => return Ok(StatusCode::NO_CONTENT.into_response()),
        () = place.ended() => return Ok(StatusCode::NO_CONTENT.into_response()),
    };
    let events = stream::unfold((awaiting, place), async |(mut awaiting, mut place)| {
        let step = tokio::select! {
            step = awaiting.next() => step?,
            () = place.ended() => return None,
        };
        Some((Event::default().event("step").data(step.as_str()), (awaiting, place)))
    });
    Ok(answer(events))
}

fn enter(state: &AppState, instead: &str) -> Result<Place, ProblemResponse> {
    state.streams.enter().ok_or_else(|| {
        let detail = format!("Too many shares are followed here just now. {instead}, or come back later.");
        ProblemResponse::new(ProblemCode::Busy, detail)
    })
}

fn answer(events: impl Stream<Item = Event> + Send + 'static) -> Response {
    let events = Sse::new(events.map(Ok::<_, Infallible>));
    ([UNBUFFERED], events.keep_alive(KeepAlive::new().interval(HEARTBEAT))).into_response()
}

async fn next((mut following, mut place): (Following, Place)) -> Option<(Event, (Following, Place))> {
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
    Some((event, (following, place)))
}
