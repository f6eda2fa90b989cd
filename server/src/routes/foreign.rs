//! What is asked for by pages of other sites: let through where a route's policy lets them, with what they must bring.
//!
//! A page of another site is told from our own by what browsers say of each request (`Sec-Fetch-Site`, `Origin`). It must be
//! of a site that may share (`Origin`), speak JSON, which no form can, and bring the token that it was given for this very
//! share. The layer before all routes refuses everybody else, and such pages everywhere else.

use axum::extract::{FromRequestParts, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use cutline_model::{Problem, ProblemCode};
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, LOCATION, ORIGIN, RETRY_AFTER};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use tower_http::cors::{AllowOrigin, CorsLayer};
use url::Url;

use crate::embed::{Allowed, LIFETIME, Sites};
use crate::map::Proof;
use crate::problem::ProblemResponse;
use crate::state::AppState;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The site of others that a request came from, if it came from one: then it may do what that site may.
#[derive(Clone, Debug)]
pub struct Foreign(pub Option<Allowed>);

impl<S: Sync> FromRequestParts<S> for Foreign {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(parts.extensions.get::<Allowed>().cloned()))
    }
}

/// Lets requests through to a route that sites of others may use, with what it wants of them.
pub async fn admit(
    State((state, proof)): State<(AppState, Proof)>,
    mut request: Request,
    next: Next,
) -> Response {
    if is_foreign(request.uri(), request.headers()) {
        match allowed(&state.sites, proof, request.headers()) {
            Some(site) => {
                request.extensions_mut().insert(site);
            }
            None => return cross_site().into_response(),
        }
    }
    next.run(request).await
}

fn allowed(sites: &Sites, proof: Proof, headers: &HeaderMap) -> Option<Allowed> {
    let site = sites.of(headers)?;
    let is_json = headers.get(CONTENT_TYPE).is_some_and(|value| value == "application/json");
    let has_proof = match proof {
        Proof::Token => {
            let key =
                headers.get("idempotency-key").and_then(|value| value.to_str().ok()).unwrap_or_default();
            !key.is_empty() && sites.has_token(headers, &site, key)
        }
        // The route looks at what only it knows.
        Proof::SiteKey | Proof::MakersKey => true,
    };
    (is_json && has_proof).then_some(site)
}

/// Whether a browser made the request for a page of another site: what tower-http's CSRF layer refuses.
pub fn is_foreign(uri: &Uri, headers: &HeaderMap) -> bool {
    let text = |name: &HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    match (text(&SEC_FETCH_SITE), text(&ORIGIN)) {
        (Some("same-origin" | "none"), _) | (None, None) => false,
        (Some(_), _) => true,
        (None, Some(origin)) => {
            let host = uri.authority().map(http::uri::Authority::as_str).or_else(|| text(&HOST));
            let authority = origin.split_once("://").map(|(_, authority)| authority);
            authority.is_none() || authority != host || Url::parse(origin).is_err()
        }
    }
}

/// Only this site's own pages, sites that it knows, and programs that are no browsers, may change anything here.
pub fn cross_site() -> ProblemResponse {
    let detail = "Another site tried to do this in your name, so it was not done. Open this site itself and try there.";
    Problem::new(ProblemCode::CrossSite, detail).into()
}

/// Scripts of sites that may share may read the answers, errors too.
pub fn open_to_sites(sites: Sites) -> CorsLayer {
    let may_read =
        move |origin: &HeaderValue, _: &Parts| origin.to_str().is_ok_and(|origin| sites.may_read(origin));
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(may_read))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([AUTHORIZATION, CONTENT_TYPE, HeaderName::from_static("idempotency-key")])
        .expose_headers([LOCATION, RETRY_AFTER])
        .max_age(LIFETIME)
}
