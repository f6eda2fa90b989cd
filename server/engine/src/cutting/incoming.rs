//! A picture's bytes on their way in: there already, or arriving from an origin.
//!
//! Whoever decodes takes them piece by piece, and drops the rest when it has enough: that ends the download. Whoever waits
//! for a decoder lets them arrive without taking them: those of one picture are then held once, however many wait.

use std::collections::VecDeque;

use bytes::Bytes;
use futures_util::stream::{BoxStream, once};
use futures_util::{Stream, StreamExt};

use crate::fetch::{FetchError, FetchedPicture};

/// A picture's bytes, in order.
pub struct Incoming(Way);

enum Way {
    Stream(Buffered),
    Fetched(FetchedPicture),
}

/// A stream, and what came out of it before it was taken.
struct Buffered {
    stream: BoxStream<'static, Result<Bytes, FetchError>>,
    ahead: VecDeque<Result<Bytes, FetchError>>,
    arrived: u64,
    is_over: bool,
}

impl Incoming {
    /// Bytes that come out of `stream`.
    #[must_use]
    pub fn new(stream: impl Stream<Item = Result<Bytes, FetchError>> + Send + 'static) -> Self {
        let stream = stream.boxed();
        Self(Way::Stream(Buffered { stream, ahead: VecDeque::new(), arrived: 0, is_over: false }))
    }

    /// The next piece, or the end. May be given up at any time and called again; an error is the last.
    pub(super) async fn next(&mut self) -> Option<Result<Bytes, FetchError>> {
        match &mut self.0 {
            Way::Stream(buffered) => {
                if buffered.ahead.is_empty() {
                    buffered.arrive(buffered.arrived + 1).await;
                }
                buffered.ahead.pop_front()
            }
            Way::Fetched(picture) => picture.next().await.transpose(),
        }
    }

    /// Lets bytes arrive without taking them, until there are `bytes` in all, or as many as there will be. May be given up
    /// at any time and called again.
    pub(super) async fn arrive(&mut self, bytes: u64) {
        match &mut self.0 {
            Way::Stream(buffered) => buffered.arrive(bytes).await,
            Way::Fetched(picture) => picture.arrive(bytes).await,
        }
    }

    /// Gives all bytes once more from the start, if they are still held; tells whether they are.
    pub(super) fn rewind(&mut self) -> bool {
        match &mut self.0 {
            Way::Stream(_) => false,
            Way::Fetched(picture) => {
                picture.rewind();
                true
            }
        }
    }

    /// All bytes, in the pieces they came in.
    pub(super) async fn pieces(mut self) -> Result<Vec<Bytes>, FetchError> {
        let mut pieces = Vec::new();
        while let Some(piece) = self.next().await.transpose()? {
            pieces.push(piece);
        }
        Ok(pieces)
    }
}

impl Buffered {
    async fn arrive(&mut self, bytes: u64) {
        while self.arrived < bytes && !self.is_over {
            let next = self.stream.next().await;
            self.is_over = !matches!(next, Some(Ok(_)));
            if let Some(Ok(piece)) = &next {
                self.arrived += piece.len() as u64;
            }
            self.ahead.extend(next);
        }
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
