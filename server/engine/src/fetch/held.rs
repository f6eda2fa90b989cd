//! How many fetched bytes are in memory: counted when they come, given back when the last who holds them lets go.
//!
//! A download ends long before its bytes are needed no more: they wait for a decoder, and those of the cache come without
//! any download. So the count belongs to the bytes and not to the fetch, and travels with them.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::error::FetchError;

/// How many there may be.
#[derive(Clone, Debug)]
pub(super) struct Room(Arc<Semaphore>);

/// A share of the room: that of one answer or file, as far as it has come. Clones stand for the same share; the last one's
/// end gives it back.
#[derive(Clone, Debug)]
pub(super) struct Held(Arc<Share>);

#[derive(Debug)]
struct Share {
    room: Arc<Semaphore>,
    taken: Mutex<Option<OwnedSemaphorePermit>>,
}

/// Bytes with the share that they are counted in.
struct Counted {
    bytes: Bytes,
    _held: Held,
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Room {
    /// Room for as many `bytes`.
    pub(super) fn new(bytes: u64) -> Self {
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        Self(Arc::new(Semaphore::new(bytes)))
    }

    /// A share without bytes yet.
    pub(super) fn share(&self) -> Held {
        Held(Arc::new(Share { room: self.0.clone(), taken: Mutex::default() }))
    }

    #[cfg(test)]
    pub(super) fn left(&self) -> usize {
        self.0.available_permits()
    }
}

impl Held {
    /// Counts more bytes in. When all together hold too many, there is an error at once: who waited with what it has would
    /// keep it from the others.
    pub(super) fn add(&self, bytes: u64) -> Result<(), FetchError> {
        let bytes = u32::try_from(bytes).map_err(|_| FetchError::Busy)?;
        let more = self.0.room.clone().try_acquire_many_owned(bytes).map_err(|_| FetchError::Busy)?;
        let mut taken = self.0.taken.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *taken {
            Some(taken) => taken.merge(more),
            None => *taken = Some(more),
        }
        Ok(())
    }

    /// The bytes, which keep the share for as long as anybody has some of them.
    pub(super) fn with(&self, bytes: Bytes) -> Bytes {
        Bytes::from_owner(Counted { bytes, _held: self.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_given_back_with_its_last_bytes_and_not_before() {
        let room = Room::new(100);
        let held = room.share();
        assert_eq!((held.add(30), held.add(30)), (Ok(()), Ok(())));
        let bytes = held.with(Bytes::from_static(b"some"));
        let part = bytes.slice(1..2);
        drop((held, bytes));
        assert_eq!((room.left(), &part[..]), (40, &b"o"[..]));
        drop(part);
        assert_eq!(room.left(), 100);
    }

    #[test]
    fn what_finds_no_room_is_refused_and_takes_none() {
        let room = Room::new(100);
        let (first, second) = (room.share(), room.share());
        assert_eq!((first.add(60), second.add(40), second.add(1)), (Ok(()), Ok(()), Err(FetchError::Busy)));
        drop(second);
        assert_eq!((first.add(40), room.left()), (Ok(()), 0));
        assert_eq!(first.add(u64::MAX), Err(FetchError::Busy));
    }
}
