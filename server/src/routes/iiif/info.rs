//! `info.json`: what can be asked of a picture, section 5.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use cutline_engine::engine::HostedPicture;
use cutline_engine::limits::RenditionLimits;
use cutline_model::Size;
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, ETAG, LINK, VARY};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::accept::Name;
use super::identifier::Identifier;
use super::links;
use crate::etag::is_current;
use crate::problem::ProblemResponse;
use crate::routes::named::Named;
use crate::state::AppState;

/// Side of a tile: what viewers ask for at once, few enough pixels to be quick, enough that few requests fill a screen.
const TILE_SIDE: u32 = 512;

/// Where licences are whose addresses may stand in `rights`, section 5.6.
const LICENCES: [&str; 3] =
    ["creativecommons.org/licenses/", "creativecommons.org/publicdomain/", "rightsstatements.org/vocab/"];

/// The document.
pub async fn info(
    State(state): State<AppState>,
    Named(id): Named<String>,
    headers: HeaderMap,
) -> Result<Response, ProblemResponse> {
    let id = Identifier::parse(&id)?;
    let picture = state.engine.hosted(id.picture()).await?;
    let document = Info::new(id.address(&state.site.public_url), &picture, &state.engine.rendition_limits());
    let body = serde_json::to_vec_pretty(&document).expect("plain data");
    let name = Name::preferred(&headers);
    let tag = tag(&body, name);
    let mut response = if is_current(&headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(CONTENT_TYPE, name.content_type())], body).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(ETAG, tag);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    headers.insert(VARY, ACCEPT.into());
    headers.insert(LINK, links(None));
    Ok(response)
}

/// Weak, since the answer may be compressed on its way.
fn tag(body: &[u8], name: Name) -> HeaderValue {
    let digest = Sha256::new().chain_update(name.content_type()).chain_update(body).finalize();
    let digits: String = digest[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    HeaderValue::from_str(&format!("W/\"{digits}\""))
        .expect("hexadecimal digits and quotes are fit for a header")
}

/// The fields in the order of the specification, `@context` first.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Info {
    #[serde(rename = "@context")]
    context: &'static str,
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    protocol: &'static str,
    profile: &'static str,
    width: u32,
    height: u32,
    max_width: u32,
    max_height: u32,
    max_area: u64,
    sizes: Vec<Size>,
    tiles: [Tiles; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    rights: Option<String>,
    extra_qualities: [&'static str; 3],
    extra_formats: [&'static str; 1],
    extra_features: [&'static str; 4],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Tiles {
    width: u32,
    height: u32,
    scale_factors: Vec<u32>,
}

impl Info {
    fn new(id: String, picture: &HostedPicture, limits: &RenditionLimits) -> Self {
        let size = picture.size;
        let scale_factors = scale_factors(size);
        Self {
            context: "http://iiif.io/api/image/3/context.json",
            id,
            kind: "ImageService3",
            protocol: "http://iiif.io/api/image",
            profile: "level2",
            width: size.width(),
            height: size.height(),
            max_width: limits.max_side,
            max_height: limits.max_side,
            max_area: limits.max_pixels,
            sizes: sizes(size, &scale_factors, limits),
            tiles: [Tiles { width: TILE_SIDE, height: TILE_SIDE, scale_factors }],
            rights: rights(&picture.credit.link),
            extra_qualities: ["color", "gray", "bitonal"],
            extra_formats: ["webp"],
            extra_features: ["canonicalLinkHeader", "mirroring", "profileLinkHeader", "sizeUpscaling"],
        }
    }
}

/// 1, 2, 4 and on, until one tile shows the whole picture.
fn scale_factors(size: Size) -> Vec<u32> {
    let longest = size.width().max(size.height());
    let needed = longest.div_ceil(TILE_SIDE).next_power_of_two();
    (0..=needed.trailing_zeros()).map(|power| 1 << power).collect()
}

/// The whole picture at each scale factor, smallest first: sizes at which a viewer has use for it as one piece.
fn sizes(size: Size, scale_factors: &[u32], limits: &RenditionLimits) -> Vec<Size> {
    let scaled = |factor: &u32| Size::new(size.width().div_ceil(*factor), size.height().div_ceil(*factor));
    let is_allowed =
        |size: &Size| size.width().max(size.height()) <= limits.max_side && size.area() <= limits.max_pixels;
    scale_factors.iter().rev().filter_map(scaled).filter(is_allowed).collect()
}

/// The licence's own address, which begins with `http:` whatever leads there.
fn rights(link: &str) -> Option<String> {
    let address = link.strip_prefix("https://").or_else(|| link.strip_prefix("http://"))?;
    LICENCES.iter().any(|licence| address.starts_with(licence)).then(|| format!("http://{address}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(width: u32, height: u32) -> Size {
        Size::new(width, height).expect("test sizes are not zero")
    }

    #[test]
    fn scale_factors_go_on_until_one_tile_shows_all() {
        for (picture, factors) in [
            (size(1, 1), &[1][..]),
            (size(512, 300), &[1]),
            (size(513, 300), &[1, 2]),
            (size(300, 1025), &[1, 2, 4]),
            (size(6000, 4000), &[1, 2, 4, 8, 16]),
        ] {
            assert_eq!(scale_factors(picture), factors, "{picture}");
        }
        assert_eq!(scale_factors(size(u32::MAX, 1)).len(), 24);
    }

    #[test]
    fn sizes_are_within_the_limits_and_none_is_without_pixels() {
        let picture = size(6000, 3);
        let limits = RenditionLimits { max_side: 4_000, max_pixels: 25_000_000 };
        let expected = [size(375, 1), size(750, 1), size(1500, 1), size(3000, 2)];
        assert_eq!(sizes(picture, &scale_factors(picture), &limits), expected);
        let limits = RenditionLimits { max_side: 16_383, max_pixels: 1_000_000 };
        let picture = size(2000, 1000);
        assert_eq!(sizes(picture, &scale_factors(picture), &limits), [size(500, 250), size(1000, 500)]);
    }

    #[test]
    fn only_known_licences_are_rights() {
        for (link, expected) in [
            (
                "https://creativecommons.org/licenses/by/4.0/",
                Some("http://creativecommons.org/licenses/by/4.0/"),
            ),
            (
                "http://rightsstatements.org/vocab/InC/1.0/",
                Some("http://rightsstatements.org/vocab/InC/1.0/"),
            ),
            ("https://example.org/creativecommons.org/licenses/by/4.0/", None),
            ("javascript:alert(1)", None),
            ("", None),
        ] {
            assert_eq!(rights(link).as_deref(), expected, "{link}");
        }
    }
}
