//! Whether an exchange has stood in line for something of ours: a place at its host, a turn of the parser.
//!
//! Who runs out of time then must not hear that the origin is slow, nor take its page for silent: it was we who kept it.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::time::{Instant, timeout_at};

use super::error::FetchError;

/// Remembers whether one exchange had to wait here; clones stand for the same exchange.
#[derive(Clone, Debug, Default)]
pub(super) struct Line(Arc<AtomicBool>);

impl Line {
    /// Waits until `deadline` for what is not there at once; [`FetchError::Busy`] where it does not come.
    pub(super) async fn stand<T>(
        &self,
        deadline: Instant,
        turn: impl Future<Output = T>,
    ) -> Result<T, FetchError> {
        self.0.store(true, Ordering::Relaxed);
        timeout_at(deadline, turn).await.map_err(|_| FetchError::Busy)
    }

    /// What it is when its time is over.
    pub(super) fn out_of_time(&self) -> FetchError {
        if self.0.load(Ordering::Relaxed) { FetchError::Busy } else { FetchError::no_answer() }
    }
}
