//! Reads an answer's body: counted as it arrives, stopped at the cap, never unpacked.
//!
//! An origin may say any length and send another, or never stop. Compressed bytes are refused although a cap on the
//! unpacked ones would do too: plain ones were asked for, and who sends others is broken or makes a bomb.

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_ENCODING, HeaderName, TRANSFER_ENCODING};
use http::{HeaderMap, Response};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};

use super::error::{FetchError, chain};

/// Room made before the first byte arrives, at most: a claimed length costs the claimer nothing.
const MAX_RESERVED_BYTES: u64 = 1 << 20;

/// Reads the body of `response`, at most `limit` bytes.
pub(super) async fn read(response: Response<Incoming>, limit: u64) -> Result<Bytes, FetchError> {
    refuse_encodings(response.headers())?;
    let mut body = response.into_body();
    let claimed = body.size_hint().lower();
    if claimed > limit {
        return Err(FetchError::TooLarge { limit });
    }
    let mut bytes = BytesMut::with_capacity(usize::try_from(claimed.min(MAX_RESERVED_BYTES)).unwrap_or(0));
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| FetchError::Broken { detail: chain(&error) })?;
        let Ok(part) = frame.into_data() else { continue };
        if (bytes.len() + part.len()) as u64 > limit {
            return Err(FetchError::TooLarge { limit });
        }
        bytes.extend_from_slice(&part);
    }
    Ok(bytes.freeze())
}

fn refuse_encodings(headers: &HeaderMap) -> Result<(), FetchError> {
    let foreign = encoding_beside(headers, &CONTENT_ENCODING, "identity")
        .or_else(|| encoding_beside(headers, &TRANSFER_ENCODING, "chunked"));
    foreign.map_or(Ok(()), |detail| Err(FetchError::Encoded { detail }))
}

/// The first encoding named in the header other than the `plain` one.
fn encoding_beside(headers: &HeaderMap, header: &HeaderName, plain: &str) -> Option<String> {
    headers.get_all(header).iter().find_map(|value| {
        let value = String::from_utf8_lossy(value.as_bytes());
        let mut names = value.split(',').map(str::trim).filter(|name| !name.is_empty());
        names.find(|name| !name.eq_ignore_ascii_case(plain)).map(str::to_owned)
    })
}
