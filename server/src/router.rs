//! The whole URL map on one screen, and the layers that every request passes.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use cutline_engine::store::Store;
use cutline_model::ProblemCode;
use http::header::{REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, StatusCode, Version};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate};
use tower_http::csrf::CsrfLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::trace::TraceLayer;

use crate::assets;
use crate::map::{Change, Map, Policy, Proof};
use crate::problem::{MAX_BODY_BYTES, ProblemResponse};
use crate::routes::{
    about, accounts, api, board, clipping, compose, deletion, embed, foreign, galleries, health, iiif,
    oembed, pictures, server_functions, share_page,
};
use crate::state::AppState;

/// Every address of the site, and those under which something is changed.
pub fn router(state: AppState) -> (Router, Vec<Change>) {
    let own = Policy::OwnPages;
    let others = |proof| Policy::SitesOfOthers { proof };
    let pages = Map::new(&state)
        .get("/", galleries::home)
        .get("/g/{slug}", galleries::gallery)
        .get("/board", board::board)
        .get("/s/{id}", share_page::share_page)
        .post("/s/{id}/retry", own, share_page::retry)
        .post("/s/{id}/mastodon", own, share_page::to_mastodon)
        .get("/s/{id}/delete", deletion::ask)
        .post("/s/{id}/delete", own, deletion::delete)
        .get("/about/fetcher", about::fetcher)
        .get("/accounts", accounts::page)
        .post("/accounts/connect", own, accounts::connect)
        .post("/accounts/bluesky", own, accounts::bluesky)
        .post("/accounts/token", own, accounts::token)
        .post("/accounts/defaults", own, accounts::choose)
        .get("/accounts/client-metadata.json", accounts::client_metadata)
        .get("/accounts/callback/{connection}", accounts::callback)
        .post("/accounts/disconnect", own, accounts::disconnect)
        .post("/accounts/forget", own, accounts::forget)
        .get("/accounts/export", accounts::export)
        .get("/compose", compose::form)
        .get("/oembed", oembed::oembed)
        .get("/embed/s/{id}", share_page::frame)
        .post("/compose", own, compose::share);
    let files = Map::new(&state)
        .get("/pictures/{slug}/{file}", pictures::original)
        .get("/pictures/{slug}/{width}/{file}", pictures::thumbnail)
        .get("/clippings/{name}", clipping::clipping)
        .get("/embed/{file}", embed::file);
    let iiif = Map::new(&state)
        .get("/{id}", iiif::base)
        .get("/{id}/info.json", iiif::info)
        .get("/{id}/{region}/{size}/{rotation}/{file}", iiif::image);
    let api = Map::new(&state)
        .delete("/api/v1/shares/{id}", own, api::shares::delete)
        .get("/api/v1/targets", api::targets::list)
        // The overlay's server functions; their addresses are in app/src/api.rs.
        .post("/api/{function}", own, server_functions::call);
    // What pages of other sites may use, as `[[sites]]` says.
    let foreign = Map::new(&state)
        .get("/api/v1/embed", api::embed::show)
        .post(api::embed::TOKENS, others(Proof::SiteKey), api::embed::token)
        .post("/api/v1/shares", others(Proof::Token), api::shares::create)
        .get("/api/v1/shares/{id}", api::shares::show)
        .get("/api/v1/shares/{id}/events", api::events::follow)
        .get("/api/v1/requests/{key}/events", api::events::wait)
        .post("/api/v1/shares/{id}/retry", others(Proof::MakersKey), api::shares::retry);
    let health = Map::new(&state).get("/healthz", health::alive).get("/readyz", health::ready);

    let (foreign, changes_of_others) = foreign.into_parts();
    let foreign = foreign.layer(foreign::open_to_sites(state.sites.clone()));
    let (iiif, _) = iiif.into_parts();
    let iiif = iiif.fallback(iiif::nothing).layer(iiif::open_to_all_sites());
    let ((pages, of_pages), (files, of_files), (api, of_api), (health, _)) =
        (pages.into_parts(), files.into_parts(), api.into_parts(), health.into_parts());
    // Whatever is not on the list of what others may ask for is refused to them before any route is looked for.
    let guarded = {
        let open = changes_of_others.clone();
        CsrfLayer::new()
            .with_insecure_bypass(move |method, uri| open.iter().any(|change| change.is(method, uri.path())))
            .with_rejection_response(|_| foreign::cross_site().into_response())
    };
    let changes = [of_pages, of_files, of_api, changes_of_others].concat();
    let router = Router::new()
        .merge(pages)
        .merge(files)
        .merge(api)
        .merge(foreign)
        .merge(health)
        .nest(iiif::PREFIX, iiif)
        .fallback(assets::asset)
        .with_state(state)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(from_fn(in_time))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(guarded)
        .layer(SetResponseHeaderLayer::if_not_present(
            X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ))
        .layer(SetResponseHeaderLayer::if_not_present(
            REFERRER_POLICY,
            HeaderValue::from_static("strict-origin-when-cross-origin"),
        ))
        .layer(SetResponseHeaderLayer::if_not_present(
            PERMISSIONS_POLICY,
            HeaderValue::from_static(NO_PERMISSIONS),
        ))
        .layer(CompressionLayer::new().compress_when(DefaultPredicate::new().and(is_made_now)))
        .layer(traced!());
    (router, changes)
}

/// What is made for the request is compressed on its way; a file was compressed before, or is taken as it is.
fn is_made_now(_: StatusCode, _: Version, _: &HeaderMap, extensions: &Extensions) -> bool {
    extensions.get::<assets::Finished>().is_none()
}

/// How long a request may take until its answer begins. What it waits for has limits of its own, but for the line at the decoders
/// and a database that falls silent. One that is cut off may have been accepted: sent again with its key it gets that answer.
const MAX_ANSWERING: Duration = Duration::from_secs(60);

async fn in_time(request: Request, next: Next) -> Response {
    tokio::time::timeout(MAX_ANSWERING, next.run(request)).await.unwrap_or_else(|_| {
        let detail = "This takes too long here at the moment. Try again in a minute.";
        ProblemResponse::new(ProblemCode::Busy, detail).into_response()
    })
}

/// What the log says of a request: never its query, in which codes of platforms and keys of delete links are. What failed was logged where it was
/// handled. A macro, because the layer's type has the closure's.
macro_rules! traced {
    () => {
        TraceLayer::new_for_http()
            .make_span_with(|request: &http::Request<axum::body::Body>| {
                tracing::debug_span!("request", method = %request.method(), path = request.uri().path())
            })
            .on_failure(())
    };
}
use traced;

/// The addresses of a process that only delivers: whether it lives, and whether it can work.
pub fn workers_router(store: Arc<dyn Store>) -> Router {
    Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::worker_ready))
        .fallback(|| async {
            let detail = "This process delivers; pages and API are at the site's own address.";
            ProblemResponse::new(ProblemCode::NotFound, detail)
        })
        .with_state(store)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(traced!())
}

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// Pages need none of the browser's devices.
const NO_PERMISSIONS: &str = "camera=(), geolocation=(), microphone=(), payment=(), usb=()";

/// A mistake of ours: whoever asked gets an answer, and the log has the panic's own message.
fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    let detail = "Something went wrong here, and nothing was shared. Try again later.";
    ProblemResponse::new(ProblemCode::Internal, detail).into_response()
}
