//! The whole URL map on one screen, and the layers that every request passes.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use cutline_engine::store::Store;
use cutline_model::ProblemCode;
use http::header::{REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderName, HeaderValue};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::csrf::CsrfLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::trace::TraceLayer;

use crate::assets;
use crate::problem::{MAX_BODY_BYTES, ProblemResponse};
use crate::routes::{
    about, api, board, clipping, compose, deletion, galleries, health, iiif, pictures, server_functions,
    share_page,
};
use crate::state::AppState;

/// Every address of the site.
pub fn router(state: AppState) -> Router {
    let pages = Router::new()
        .route("/", get(galleries::home))
        .route("/g/{slug}", get(galleries::gallery))
        .route("/board", get(board::board))
        .route("/s/{id}", get(share_page::share_page))
        .route("/s/{id}/retry", post(share_page::retry))
        .route("/s/{id}/delete", get(deletion::ask).post(deletion::delete))
        .route("/about/fetcher", get(about::fetcher))
        .route("/compose", get(compose::form).post(compose::share));
    let files = Router::new()
        .route("/pictures/{slug}/{file}", get(pictures::original))
        .route("/pictures/{slug}/{width}/{file}", get(pictures::thumbnail))
        .route("/clippings/{name}", get(clipping::clipping));
    let iiif = Router::new()
        .route("/{id}", get(iiif::base))
        .route("/{id}/info.json", get(iiif::info))
        .route("/{id}/{region}/{size}/{rotation}/{file}", get(iiif::image))
        .fallback(iiif::nothing)
        .layer(iiif::open_to_all_sites());
    let api = Router::new()
        .route("/api/v1/shares", post(api::shares::create))
        .route("/api/v1/shares/{id}", get(api::shares::show).delete(api::shares::delete))
        .route("/api/v1/shares/{id}/events", get(api::events::follow))
        .route("/api/v1/shares/{id}/retry", post(api::shares::retry))
        .route("/api/v1/targets", get(api::targets::list))
        // The overlay's server functions; their addresses are in app/src/api.rs.
        .route("/api/{function}", post(server_functions::call));
    Router::new()
        .merge(pages)
        .merge(files)
        .merge(api)
        .nest(iiif::PREFIX, iiif)
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .fallback(assets::asset)
        .with_state(state)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(CsrfLayer::new().with_rejection_response(|_| cross_site()))
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
        .layer(CompressionLayer::new())
        // What failed was logged where it was handled.
        .layer(TraceLayer::new_for_http().on_failure(()))
}

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
        .layer(TraceLayer::new_for_http().on_failure(()))
}

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");

/// Pages need none of the browser's devices.
const NO_PERMISSIONS: &str = "camera=(), geolocation=(), microphone=(), payment=(), usb=()";

/// Only this site's own pages, and programs that are no browsers, may change anything here.
fn cross_site() -> Response {
    let detail = "Another site tried to do this in your name, so it was not done. Open this site itself and try there.";
    ProblemResponse::new(ProblemCode::CrossSite, detail).into_response()
}

/// A mistake of ours: whoever asked gets an answer, and the log has the panic's own message.
fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    let detail = "Something went wrong here, and nothing was shared. Try again later.";
    ProblemResponse::new(ProblemCode::Internal, detail).into_response()
}
