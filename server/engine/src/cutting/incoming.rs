//! A picture's bytes on their way in: there already, or arriving from an origin.
//!
//! Whoever decodes takes them piece by piece, and drops the rest when it has enough: that ends the download.

use bytes::{Bytes, BytesMut};
use futures_util::stream::{BoxStream, once};
use futures_util::{Stream, StreamExt};

use crate::fetch::{FetchError, FetchedPicture};

/// A picture's bytes, in order.
pub struct Incoming(BoxStream<'static, Result<Bytes, FetchError>>);

impl Incoming {
    /// Bytes that come out of `stream`.
    #[must_use]
    pub fn new(stream: impl Stream<Item = Result<Bytes, FetchError>> + Send + 'static) -> Self {
        Self(stream.boxed())
    }

    /// The next piece, or the end.
    pub(super) async fn next(&mut self) -> Option<Result<Bytes, FetchError>> {
        self.0.next().await
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
        Self::new(picture.into_stream())
    }
}

impl From<Bytes> for Incoming {
    fn from(bytes: Bytes) -> Self {
        Self::new(once(async move { Ok(bytes) }))
    }
}
