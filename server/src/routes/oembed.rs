//! `/oembed`: what a site shows in place of a pasted link to a share (oEmbed 1.0, <https://oembed.com>).

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use cutline::server::Locale;
use cutline_engine::error::EngineError;
use cutline_engine::store::ShareRecord;
use cutline_model::{Problem, ProblemCode, ShareReceipt};
use http::StatusCode;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue};
use serde::Serialize;
use url::{Url, form_urlencoded};

use crate::problem::ProblemResponse;
use crate::state::AppState;

/// Widest and highest frame that is asked for where nobody says how much room there is, in CSS pixels.
const ROOM: (u32, u32) = (640, 720);

/// The least that the words under the part need.
const WORDS_HEIGHT: u32 = 88;

/// For how long an answer may be kept, in seconds.
const CACHE_AGE: u32 = 3_600;

/// The answer; `rich`, section 2.3.4.4.
#[derive(Serialize)]
struct Rich {
    version: &'static str,
    r#type: &'static str,
    title: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    author_name: String,
    provider_name: String,
    provider_url: String,
    cache_age: u32,
    thumbnail_url: String,
    thumbnail_width: u32,
    thumbnail_height: u32,
    html: String,
    width: u32,
    height: u32,
}

/// What the query asks for.
#[derive(Default)]
struct Asked {
    url: Option<String>,
    max: (Option<u32>, Option<u32>),
    format: Option<String>,
}

/// Tells of the share whose page is asked about.
pub async fn oembed(
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
) -> Result<Response, ProblemResponse> {
    let asked = Asked::read(&query.unwrap_or_default())?;
    if asked.format.is_some_and(|format| format != "json") {
        return Ok((
            StatusCode::NOT_IMPLEMENTED,
            "this server speaks oEmbed in JSON alone: ask with format=json",
        )
            .into_response());
    }
    let url = asked.url.ok_or_else(|| wrong("url", "say which share: url= and the address of its page"))?;
    let id = share_in(&url, &state.site.public_url).ok_or(EngineError::NotFound)?;
    let share = state.engine.record_of(&id).await?;
    let receipt = state.engine.receipt_of(&share);
    let answer = rich(&state, &share, receipt, asked.max);
    Ok(([(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"))], Json(answer)).into_response())
}

impl Asked {
    fn read(query: &str) -> Result<Self, ProblemResponse> {
        let mut asked = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let length = || {
                value
                    .parse()
                    .ok()
                    .filter(|length| *length > 0)
                    .ok_or_else(|| wrong(&name, "must be a number of pixels"))
            };
            match &*name {
                "url" => asked.url = Some(value.into_owned()),
                "format" => asked.format = Some(value.into_owned()),
                "maxwidth" => asked.max.0 = Some(length()?),
                "maxheight" => asked.max.1 = Some(length()?),
                _ => {}
            }
        }
        Ok(asked)
    }
}

fn wrong(field: &str, detail: &str) -> ProblemResponse {
    Problem::new(ProblemCode::InvalidParameter, detail).in_field(field).into()
}

/// The name of the share whose page is at this address of ours.
fn share_in(url: &str, public_url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let ours = url.origin().ascii_serialization() == public_url;
    url.path().strip_prefix("/s/").filter(|id| ours && !id.contains('/')).map(str::to_owned)
}

fn rich(
    state: &AppState,
    share: &ShareRecord,
    receipt: ShareReceipt,
    (max_width, max_height): (Option<u32>, Option<u32>),
) -> Rich {
    let locale = Locale::new("", state.default_language);
    let room = (max_width.unwrap_or(ROOM.0).min(ROOM.0), max_height.unwrap_or(ROOM.1).min(ROOM.1));
    let size = share.clipping.size;
    let width = size.width().max(320).min(room.0);
    let picture = u64::from(width) * u64::from(size.height()) / u64::from(size.width());
    let height = u32::try_from(picture).unwrap_or(u32::MAX).saturating_add(WORDS_HEIGHT).min(room.1);
    // Who does not see the frame goes by its name.
    let names = [share.description.lines().next().unwrap_or_default(), &share.alt, locale.a_part()];
    let title = names.into_iter().find(|name| !name.is_empty()).unwrap_or_default().to_owned();
    let html = format!(
        "<iframe src=\"{}/embed/s/{}\" width=\"{width}\" height=\"{height}\" title=\"{}\" loading=\"lazy\" style=\"border:0\"></iframe>",
        state.site.public_url,
        receipt.id,
        escaped(&title),
    );
    Rich {
        version: "1.0",
        r#type: "rich",
        title,
        author_name: share.credit.author.clone(),
        provider_name: state.site.name.clone(),
        provider_url: state.site.public_url.clone(),
        cache_age: CACHE_AGE,
        thumbnail_url: receipt.clipping.url,
        thumbnail_width: receipt.clipping.width,
        thumbnail_height: receipt.clipping.height,
        html,
        width,
        height,
    }
}

/// A visitor's words inside an attribute.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}
