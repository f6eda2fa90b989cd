//! A picture's bytes on their way in: there already, or arriving from an origin.
//!
//! Whoever decodes takes them piece by piece, and drops the rest when it has enough: that ends the download.

use bytes::{Bytes, BytesMut};
use futures_util::stream::{BoxStream, once};
use futures_util::{Stream, StreamExt};

use crate::fetch::{FetchError, FetchedPicture};

/// A picture's bytes, in order.
pub struct Incoming(Way);

enum Way {
    Stream(BoxStream<'static, Result<Bytes, FetchError>>),
    Fetched(FetchedPicture),
}

impl Incoming {
    /// Bytes that come out of `stream`.
    #[must_use]
    pub fn new(stream: impl Stream<Item = Result<Bytes, FetchError>> + Send + 'static) -> Self {
        Self(Way::Stream(stream.boxed()))
    }

    /// The next piece, or the end. May be given up at any time and called again.
    pub(super) async fn next(&mut self) -> Option<Result<Bytes, FetchError>> {
        match &mut self.0 {
            Way::Stream(stream) => stream.next().await,
            Way::Fetched(picture) => picture.next().await.transpose(),
        }
    }

    /// All bytes in one piece.
    pub(super) async fn whole(mut self) -> Result<Bytes, FetchError> {
        let first = self.next().await.transpose()?.unwrap_or_default();
        let Some(second) = self.next().await.transpose()? else { return Ok(first) };
        let mut all = BytesMut::from(first);
        all.extend_from_slice(&second);
        while let Some(piece) = self.next().await.transpose()? {
            all.extend_from_slice(&piece);
        }
        Ok(all.freeze())
    }
}

impl From<FetchedPicture> for Incoming {
    fn from(picture: FetchedPicture) -> Self {
        Self(Way::Fetched(picture))
    }
}

impl From<Bytes> for Incoming {
    fn from(bytes: Bytes) -> Self {
        Self::new(once(async move { Ok(bytes) }))
    }
}
