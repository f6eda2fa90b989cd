//! `/s/{id}`, `/s/{id}.json` and the retry button of the page.

use axum::extract::rejection::{FormRejection, PathRejection};
use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Form, Json};
use cutline::server::{Page, ShareView, annotation, mastodon_form};
use cutline_engine::Engine;
use cutline_engine::error::EngineError;
use cutline_engine::store::ShareRecord;
use cutline_model::{Problem, ProblemCode};
use http::StatusCode;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CONTENT_TYPE};
use serde::Deserialize;
use url::Url;

use super::api::shares::{key_in, target_in, value_in};
use crate::problem::ProblemResponse;
use crate::state::{AppState, PageRequest};

/// The media type of an annotation, Web Annotation Data Model section 3.
const ANNOTATION: &str = "application/ld+json; profile=\"http://www.w3.org/ns/anno.jsonld\"";

/// Pictures on the page are shown this wide at least, when there are smaller copies.
const WHOLE_PICTURE_WIDTH: u32 = 800;

/// What follows the address of a share that was made just now.
pub(super) const JUST_SHARED: &str = "shared";
/// And the site of others from which that was begun.
pub(super) const OPENER: &str = "opener";

/// The share page, or with `.json` the share as an annotation.
pub async fn share_page(
    State(state): State<AppState>,
    id: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
    request: PageRequest,
) -> Response {
    let Ok(Path(id)) = id else { return state.refusal(request, EngineError::NotFound).await };
    if let Some(id) = id.strip_suffix(".json") {
        return json(&state.engine, id).await.into_response();
    }
    let just_shared = query.as_deref().is_some_and(|query| query.split('&').any(|pair| pair == JUST_SHARED));
    let opener =
        value_in(query.as_deref(), OPENER).filter(|origin| just_shared && state.sites.may_read(origin));
    match view_of(&state.engine, &id, just_shared).await.map(|view| ShareView { opener, ..view }) {
        Ok(view) => state.page(request, StatusCode::OK, Page::Share(Box::new(view))).await,
        Err(error) => state.refusal(request, error).await,
    }
}

/// The share in a frame of another site's page.
pub async fn frame(
    State(state): State<AppState>,
    id: Result<Path<String>, PathRejection>,
    request: PageRequest,
) -> Response {
    let Ok(Path(id)) = id else { return state.refusal(request, EngineError::NotFound).await };
    match view_of(&state.engine, &id, false).await {
        Ok(view) => state.page(request, StatusCode::OK, Page::Frame(Box::new(view))).await,
        Err(error) => state.refusal(request, error).await,
    }
}

async fn view_of(engine: &Engine, id: &str, just_shared: bool) -> Result<ShareView, EngineError> {
    let share = engine.record_of(id).await?;
    Ok(ShareView {
        receipt: engine.receipt_of(&share),
        whole_picture: whole_picture(engine, &share),
        just_shared,
        opener: None,
        share,
    })
}

async fn json(engine: &Engine, id: &str) -> Result<Response, ProblemResponse> {
    let share = engine.record_of(id).await?;
    let annotation = annotation(&share, &engine.receipt_of(&share));
    // Whatever page shows where a part was taken from may read it.
    Ok(([(CONTENT_TYPE, ANNOTATION), (ACCESS_CONTROL_ALLOW_ORIGIN, "*")], Json(annotation)).into_response())
}

/// Sends what failed once more, to all or to one target, and back to the page.
pub async fn retry(
    State(state): State<AppState>,
    id: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
    request: PageRequest,
) -> Response {
    let Ok(Path(id)) = id else { return state.refusal(request, EngineError::NotFound).await };
    let query = query.as_deref();
    let retried =
        async { state.engine.retry(&id, key_in(query).as_deref(), target_in(query)?.as_ref()).await };
    match retried.await {
        Ok(receipt) => Redirect::to(&format!("/s/{}?{JUST_SHARED}", receipt.id)).into_response(),
        Err(error) => state.refusal(request, error).await,
    }
}

/// The one field of the form for a server of the visitor's own.
#[derive(Default, Deserialize)]
pub struct OwnServer {
    #[serde(default)]
    server: String,
}

/// Sends the visitor to the form for a post on a server of their own, filled in with the link. Not a link itself: that would send
/// anybody anywhere in this site's name.
pub async fn to_mastodon(
    State(state): State<AppState>,
    id: Result<Path<String>, PathRejection>,
    request: PageRequest,
    form: Result<Form<OwnServer>, FormRejection>,
) -> Response {
    let Ok(Path(id)) = id else { return state.refusal(request, EngineError::NotFound).await };
    let share = match state.engine.record_of(&id).await {
        Ok(share) => share,
        Err(error) => return state.refusal(request, error).await,
    };
    let Some(server) = host_of(&form.map(|Form(form)| form.server).unwrap_or_default()) else {
        let detail = "The server must be the name of one, for example example.social.";
        let problem = Problem::new(ProblemCode::InvalidField, detail).in_field("server");
        return state.problem(request, problem).await;
    };
    let receipt = state.engine.receipt_of(&share);
    Redirect::to(&mastodon_form(&server, &receipt.url, &share.description)).into_response()
}

/// The host, and port if any, of a server as visitors write it: `example.social`, its address, or an account there.
fn host_of(text: &str) -> Option<String> {
    let text = text.trim().trim_start_matches("https://");
    // What stands behind is the account's page there, what stands in front of an `@` its name.
    let server = text.split(['/', '?', '#']).next()?.rsplit('@').next()?;
    let url = Url::parse(&format!("https://{server}")).ok()?;
    let host = url.host_str().filter(|host| host.contains('.'))?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

/// Where the whole picture is shown from: the original where it lies, or our own smaller copy of our own picture.
fn whole_picture(engine: &Engine, share: &ShareRecord) -> String {
    smaller_copy(engine, &share.image_url).unwrap_or_else(|| share.image_url.clone())
}

/// The address of a smaller copy of one of this site's own pictures.
pub(super) fn smaller_copy(engine: &Engine, image_url: &str) -> Option<String> {
    let galleries = engine.galleries();
    let (slug, file) = galleries.find(&Url::parse(image_url).ok()?)?;
    let picture = galleries.picture(&slug, &file)?;
    picture.thumbnails.into_iter().find(|(width, _)| *width >= WHOLE_PICTURE_WIDTH).map(|(_, url)| url)
}

impl From<EngineError> for ProblemResponse {
    fn from(error: EngineError) -> Self {
        error.into_problem().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_a_host_however_it_is_written() {
        for (text, host) in [
            ("example.social", Some("example.social")),
            (" https://Example.social/@alice ", Some("example.social")),
            ("@alice@example.social", Some("example.social")),
            ("example.social:8443", Some("example.social:8443")),
            ("example.social/../../x?y#z", Some("example.social")),
            ("localhost", None),
            ("", None),
            ("two words", None),
            ("javascript:alert(1)", None),
        ] {
            assert_eq!(host_of(text).as_deref(), host, "{text}");
        }
    }
}
