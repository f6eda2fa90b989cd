//! Reads an answer's body: counted as it arrives, stopped at the cap, never unpacked.
//!
//! An origin may say any length and send another, never stop, or send a byte now and then. Compressed bytes are refused
//! although a cap on the unpacked ones would do too: plain ones were asked for, and who sends others is broken or makes a
//! bomb. Words that name no compression are passed over, as browsers do: stores are full of `aws-chunked` and `none`.

use std::net::IpAddr;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_ENCODING, HeaderName, TRANSFER_ENCODING};
use http::{HeaderMap, Response};
use tokio::time::{Instant, timeout};

use super::connection::ArrivingBody;
use super::error::{FetchError, Kind};
use super::held::Held;
use super::permits::Permit;
use crate::error::with_causes;

/// An origin that sends less than this for long is given up: its place is somebody else's.
const MIN_BYTES_PER_SECOND: u32 = 1024;

/// The content encodings that browsers unpack, and their older names (IANA's HTTP Content Coding Registry).
const COMPRESSIONS: [&str; 9] =
    ["br", "compress", "dcb", "dcz", "deflate", "gzip", "x-compress", "x-gzip", "zstd"];

/// Room made before the first byte arrives, at most: a claimed length costs the claimer nothing.
const MAX_RESERVED_BYTES: u64 = 1 << 20;

/// A body that can be taken piece by piece. Dropping it hangs up, and gives the permit back.
#[derive(Debug)]
pub(super) struct Body {
    incoming: ArrivingBody,
    what: Kind,
    read: u64,
    limit: u64,
    /// How much longer the origin may be waited for. It does not run while nobody asks for more: a decoder that computes
    /// holds the origin back, and that is not the origin's fault.
    left: Duration,
    /// How much longer it may send nothing: every byte wins back the time that it takes at the least speed, up to
    /// `stall_timeout`.
    patience: Duration,
    stall_timeout: Duration,
    /// Whether the end of it will be told from a lost connection.
    has_known_end: bool,
    held: Held,
    _permit: Permit,
}

impl Body {
    /// The body of `response`, which is to be a `what` of at most `limit` bytes, until `deadline`, without a halt of
    /// `stall_timeout`; what the header gives away is judged here.
    pub(super) fn of(
        response: Response<ArrivingBody>,
        (what, limit): (Kind, u64),
        deadline: Instant,
        stall_timeout: Duration,
        held: Held,
        permit: Permit,
    ) -> Result<Self, FetchError> {
        refuse_encodings(response.headers())?;
        let is_chunked = response.headers().contains_key(TRANSFER_ENCODING);
        let incoming = response.into_body();
        // Of a page, the beginning is worth reading.
        if what == Kind::Picture && incoming.size_hint().lower() > limit {
            return Err(FetchError::TooLarge { what, limit });
        }
        let has_known_end = is_chunked || incoming.size_hint().exact().is_some();
        let left = deadline.saturating_duration_since(Instant::now());
        Ok(Self {
            incoming,
            what,
            read: 0,
            limit,
            left,
            patience: stall_timeout,
            stall_timeout,
            has_known_end,
            held,
            _permit: permit,
        })
    }

    /// The next bytes, or the end.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, FetchError> {
        let Some(part) = self.wait().await? else { return Ok(None) };
        self.read += part.len() as u64;
        if self.read > self.limit {
            return Err(FetchError::TooLarge { what: self.what, limit: self.limit });
        }
        self.held.add(part.len() as u64)?;
        let worth = Duration::from_secs(part.len() as u64) / MIN_BYTES_PER_SECOND;
        self.patience = self.stall_timeout.min(self.patience + worth);
        Ok(Some(part))
    }

    /// Whether the end of it is told from a lost connection: by a length, or by chunks. What ends only when the connection
    /// does may be half of it.
    pub(super) fn has_known_end(&self) -> bool {
        self.has_known_end
    }

    /// The share of the room in which its bytes are counted; whoever keeps them keeps this.
    pub(super) fn held(&self) -> Held {
        self.held.clone()
    }

    /// Who says it.
    pub(super) fn peer(&self) -> IpAddr {
        self.incoming.peer()
    }

    /// Whether its end is known to have come, without waiting for it.
    pub(super) fn is_over(&self) -> bool {
        self.incoming.is_over()
    }

    /// The next bytes, if they come while there is time left.
    async fn wait(&mut self) -> Result<Option<Bytes>, FetchError> {
        let since = Instant::now();
        let time = self.left.min(self.patience);
        let part = timeout(time, self.incoming.next()).await.map_err(|_| FetchError::Timeout)?;
        let waited = since.elapsed();
        self.left = self.left.saturating_sub(waited);
        self.patience = self.patience.saturating_sub(waited);
        part.map_err(|error| FetchError::Broken { detail: with_causes(&error) })
    }

    /// As much of it as is taken, and whether there was more; counted for as long as it is there.
    pub(super) async fn beginning(mut self) -> Result<(Bytes, bool), FetchError> {
        let claimed = self.incoming.size_hint().lower().min(MAX_RESERVED_BYTES);
        let mut bytes = BytesMut::with_capacity(usize::try_from(claimed).unwrap_or(0));
        let is_cut_off = loop {
            match self.next().await {
                Ok(Some(part)) => bytes.extend_from_slice(&part),
                Ok(None) => break false,
                Err(FetchError::TooLarge { .. }) => break true,
                Err(error) => return Err(error),
            }
        };
        Ok((self.held.with(bytes.freeze()), is_cut_off))
    }
}

fn refuse_encodings(headers: &HeaderMap) -> Result<(), FetchError> {
    let is_packed = |name: &str| COMPRESSIONS.iter().any(|packed| name.eq_ignore_ascii_case(packed));
    let foreign = encoding(headers, &CONTENT_ENCODING, is_packed)
        .or_else(|| encoding(headers, &TRANSFER_ENCODING, |name| !name.eq_ignore_ascii_case("chunked")));
    foreign.map_or(Ok(()), |detail| Err(FetchError::Encoded { detail }))
}

/// The first encoding named in the header of which this is true.
fn encoding(headers: &HeaderMap, header: &HeaderName, is_foreign: impl Fn(&str) -> bool) -> Option<String> {
    headers.get_all(header).iter().find_map(|value| {
        let value = String::from_utf8_lossy(value.as_bytes());
        let mut names = value.split(',').map(str::trim).filter(|name| !name.is_empty());
        names.find(|name| is_foreign(name)).map(str::to_owned)
    })
}
