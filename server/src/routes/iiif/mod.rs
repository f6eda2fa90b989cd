//! `/iiif/3/…`: the site's own pictures by the IIIF Image API 3.0, level 2, so that any viewer can look into them.
//!
//! `request` reads an address and makes of it what the engine understands; `image` and `info` answer. The section
//! numbers in these files are those of <https://iiif.io/api/image/3.0/>.

mod accept;
mod file;
mod identifier;
mod image;
mod info;
mod number;
mod refusal;
mod region;
mod request;
mod rotation;
mod size;

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use cutline_engine::error::EngineError;
use http::Method;
use http::header::{ETAG, HeaderValue, LINK};
use tower_http::cors::{AllowHeaders, CorsLayer};

pub use self::image::image;
pub use self::info::info;

use self::identifier::Identifier;
use super::named::Named;
use crate::problem::ProblemResponse;
use crate::state::AppState;

/// Where all of it lies.
pub const PREFIX: &str = "/iiif/3";

/// The profile that every answer follows, section 6.
const PROFILE: &str = "<http://iiif.io/api/image/3/level2.json>;rel=\"profile\"";

/// The base address of a picture leads to what is known of it, section 2.
pub async fn base(
    State(state): State<AppState>,
    Named(id): Named<String>,
) -> Result<Response, ProblemResponse> {
    let id = Identifier::parse(&id)?;
    // It leads nowhere when there is no such picture.
    state.engine.hosted(id.picture()).await?;
    Ok(Redirect::to(&format!("{}/info.json", id.address(&state.site.public_url))).into_response())
}

/// Any other address below the prefix.
pub async fn nothing() -> ProblemResponse {
    EngineError::NotFound.into()
}

/// Scripts of every site may read every answer, errors too, section 7.1: nothing here depends on who asks.
pub fn open_to_all_sites() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(tower_http::cors::Any)
        .allow_methods([Method::GET, Method::HEAD])
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([LINK, ETAG])
        .vary([])
}

/// `Link`: the profile, and the canonical address where there is one.
fn links(canonical: Option<&str>) -> HeaderValue {
    let text = match canonical {
        Some(address) => format!("<{address}>;rel=\"canonical\", {PROFILE}"),
        None => PROFILE.to_owned(),
    };
    HeaderValue::from_str(&text).expect("addresses are percent-encoded")
}
