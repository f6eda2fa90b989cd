//! `GET /api/v1/embed` and `POST /api/v1/embed/tokens`: what a page of another site needs to let its visitors share.

use axum::Extension;
use axum::Json;
use axum::extract::{RawQuery, State};
use cutline_model::{OverlaySettings, Target};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use url::form_urlencoded;

use crate::embed::{LIFETIME, Peer};
use crate::problem::{Checked, ProblemResponse};
use crate::routes::foreign::Foreign;
use crate::state::AppState;

/// Where tokens are given out: the one change that a page of another site may ask for without one.
pub const TOKENS: &str = "/api/v1/embed/tokens";

/// What a site of others may do here.
#[derive(Serialize)]
pub struct ForSite {
    targets: Vec<Target>,
    settings: OverlaySettings,
}

/// Tells a page what its visitors may do; for pages of sites that may share.
pub async fn show(
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Json<ForSite>, ProblemResponse> {
    let query = query.unwrap_or_default();
    let key = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "key");
    let site = state.sites.of_page(&headers, key.as_ref().map_or("", |(_, key)| key))?;
    Ok(Json(ForSite {
        targets: site.targets(state.engine.targets()),
        // Accounts are this site's own visitors': no cookie goes to a page of another site.
        settings: OverlaySettings { has_accounts: false, ..site.settings(&state.site.overlay) },
    }))
}

/// Who wants to share.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wish {
    key: String,
    idempotency_key: String,
}

/// A token and how long it lasts, in seconds.
#[derive(Serialize)]
pub struct Token {
    token: String,
    expires_in: u64,
}

/// Gives a token for one share.
pub async fn token(
    State(state): State<AppState>,
    Foreign(_): Foreign,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    Checked(wish): Checked<Wish>,
) -> Result<Json<Token>, ProblemResponse> {
    let site = state.sites.of_page(&headers, &wish.key)?;
    let visitor = state.sites.visitor(peer.map(|Extension(peer)| peer), &headers);
    let token = state.sites.token(&site, visitor, &wish.idempotency_key)?;
    Ok(Json(Token { token, expires_in: LIFETIME.as_secs() }))
}
