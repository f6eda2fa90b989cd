//! Room for those who follow shares: so many connections may stand open at once, and all end when the server does.
//!
//! A stream costs next to nothing while nothing happens, but it is a socket that its client can keep for as long as it likes:
//! without a cap, whoever opens enough of them takes all that the process may have.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// The places; clones share them.
#[derive(Clone, Debug)]
pub struct Streams {
    places: Arc<Semaphore>,
    stop: watch::Receiver<bool>,
}

/// A place of one stream; free again when this is dropped.
#[derive(Debug)]
pub struct Place {
    _permit: OwnedSemaphorePermit,
    stop: watch::Receiver<bool>,
}

impl Streams {
    /// Room for `most`, until `stop` holds true.
    #[must_use]
    pub fn new(most: usize, stop: watch::Receiver<bool>) -> Self {
        Self { places: Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS))), stop }
    }

    /// A place, if one is free.
    #[must_use]
    pub fn enter(&self) -> Option<Place> {
        let permit = Arc::clone(&self.places).try_acquire_owned().ok()?;
        Some(Place { _permit: permit, stop: self.stop.clone() })
    }
}

impl Place {
    /// Waits until the server is to end.
    pub async fn ended(&mut self) {
        // Without its sender there is no server any more.
        let _ = self.stop.wait_for(|stop| *stop).await;
    }
}
