//! Reads an answer's body: counted as it arrives, stopped at the cap, never unpacked.
//!
//! An origin may say any length and send another, never stop, or send a byte now and then. Compressed bytes are refused
//! although a cap on the unpacked ones would do too: plain ones were asked for, and who sends others is broken or makes a
//! bomb.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_ENCODING, HeaderName, TRANSFER_ENCODING};
use http::{HeaderMap, Response};
use http_body_util::BodyExt;
use hyper::body::{Body as _, Frame, Incoming};
use tokio::time::{Instant, timeout};

use super::error::{FetchError, chain};
use super::permits::Permit;

/// An origin that sends less than this for long is given up: its place is somebody else's.
const MIN_BYTES_PER_SECOND: u32 = 1024;

/// Room made before the first byte arrives, at most: a claimed length costs the claimer nothing.
const MAX_RESERVED_BYTES: u64 = 1 << 20;

/// A body that can be taken piece by piece. Dropping it hangs up, and gives the permit back.
#[derive(Debug)]
pub(super) struct Body {
    incoming: Incoming,
    read: u64,
    limit: u64,
    /// How much longer the origin may be waited for. It does not run while nobody asks for more: a decoder that computes
    /// holds the origin back, and that is not the origin's fault.
    left: Duration,
    /// How much longer it may send nothing: every byte wins back the time that it takes at the least speed, up to
    /// `stall_timeout`.
    patience: Duration,
    stall_timeout: Duration,
    permit: Permit,
}

impl Body {
    /// The body of `response`, at most `limit` bytes of it until `deadline`, without a halt of `stall_timeout`; what the
    /// header gives away is judged here.
    pub(super) fn of(
        response: Response<Incoming>,
        limit: u64,
        deadline: Instant,
        stall_timeout: Duration,
        permit: Permit,
    ) -> Result<Self, FetchError> {
        refuse_encodings(response.headers())?;
        let incoming = response.into_body();
        if incoming.size_hint().lower() > limit {
            return Err(FetchError::TooLarge { limit });
        }
        let left = deadline.saturating_duration_since(Instant::now());
        Ok(Self { incoming, read: 0, limit, left, patience: stall_timeout, stall_timeout, permit })
    }

    /// The next bytes, or the end.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, FetchError> {
        loop {
            let Some(frame) = self.wait().await? else { return Ok(None) };
            let frame = frame.map_err(|error| FetchError::Broken { detail: chain(&error) })?;
            let Ok(part) = frame.into_data() else { continue };
            self.read += part.len() as u64;
            if self.read > self.limit {
                return Err(FetchError::TooLarge { limit: self.limit });
            }
            self.permit.hold(part.len())?;
            let worth = Duration::from_secs(part.len() as u64) / MIN_BYTES_PER_SECOND;
            self.patience = self.stall_timeout.min(self.patience + worth);
            return Ok(Some(part));
        }
    }

    /// Whether its end is known to have come, without waiting for it.
    pub(super) fn is_over(&self) -> bool {
        self.incoming.is_end_stream()
    }

    /// The next frame, if it comes while there is time left.
    async fn wait(&mut self) -> Result<Option<Result<Frame<Bytes>, hyper::Error>>, FetchError> {
        let since = Instant::now();
        let time = self.left.min(self.patience);
        let frame = timeout(time, self.incoming.frame()).await.map_err(|_| FetchError::Timeout)?;
        let waited = since.elapsed();
        self.left = self.left.saturating_sub(waited);
        self.patience = self.patience.saturating_sub(waited);
        Ok(frame)
    }

    /// All of it.
    pub(super) async fn whole(mut self) -> Result<Bytes, FetchError> {
        let claimed = self.incoming.size_hint().lower().min(MAX_RESERVED_BYTES);
        let mut bytes = BytesMut::with_capacity(usize::try_from(claimed).unwrap_or(0));
        while let Some(part) = self.next().await? {
            bytes.extend_from_slice(&part);
        }
        Ok(bytes.freeze())
    }
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
