//! Removes clippings that no share has: those of requests that broke off between storing the clipping and committing the
//! share, and what was half written when a process died. Once an hour it lets the record forget what that keeps for a while.
//!
//! A share under way has its clipping and is not in the record yet, so nothing is removed that was stored within a day:
//! whoever stores a clipping that is there already makes it new (`Clippings::write`). Each site is swept once a day, by
//! whichever of its processes looks first.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::TryStreamExt;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use crate::clock::SharedClock;
use crate::error::{EngineError, with_causes};
use crate::store::{ClippingError, ClippingName, Clippings, Store, StoreError, remove_unneeded};

#[cfg(test)]
mod tests;

/// How long a clipping may be without a share.
const GRACE: SignedDuration = SignedDuration::from_hours(24);
/// How often a site is swept.
const EVERY: SignedDuration = SignedDuration::from_hours(24);
/// When a process first looks whether its site is to be swept, and how often afterwards: a server that is started again and
/// again gets to it, and one that has just been started has other things to do.
const FIRST_LOOK: Duration = Duration::from_secs(5 * 60);
const LOOK: Duration = Duration::from_secs(3600);

/// Sweeps the clippings of a site.
pub struct Sweeper {
    store: Arc<dyn Store>,
    clippings: Clippings,
    clock: SharedClock,
    /// Whether the mark of a sweep that broke off may be there still: the storage was away.
    leaves_mark: AtomicBool,
}

/// What a sweep has removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Swept {
    /// Clippings that no share had.
    pub orphans: u64,
    /// Files that were never finished.
    pub unfinished: u64,
}

impl Sweeper {
    /// A sweeper of these clippings, which `store` tells the need of.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clippings: Clippings, clock: SharedClock) -> Self {
        Self { store, clippings, clock, leaves_mark: AtomicBool::new(false) }
    }

    /// Sweeps every day until `stop` holds true or its sender is gone.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut wait = FIRST_LOOK;
        while !*stop.borrow_and_update() {
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                changed = stop.changed() => if changed.is_err() { break } else { continue },
            }
            wait = LOOK;
            if let Err(error) = self.forget(&stop).await {
                tracing::error!(error = with_causes(&error), "what is no longer kept cannot be forgotten");
            }
            match self.sweep_if_due(&stop).await {
                Ok(Some(Swept { orphans: 0, unfinished: 0 }) | None) => {}
                Ok(Some(Swept { orphans, unfinished })) => {
                    tracing::info!(orphans, unfinished, "clippings without a share are removed");
                }
                Err(error) => tracing::error!(error = with_causes(&error), "the clippings cannot be swept"),
            }
        }
    }

    /// Forgets what the record keeps for a while only.
    async fn forget(&self, stop: &watch::Receiver<bool>) -> Result<(), EngineError> {
        while !*stop.borrow() && self.store.forget(self.clock.now()).await? > 0 {}
        Ok(())
    }

    /// Sweeps, unless that was done less than a day ago.
    async fn sweep_if_due(&self, stop: &watch::Receiver<bool>) -> Result<Option<Swept>, EngineError> {
        if self.leaves_mark.load(Ordering::Relaxed) {
            self.unmark().await?;
        }
        if self.clippings.were_swept_since(self.clock.now() - EVERY).await? {
            return Ok(None);
        }
        // At the beginning, so that the other processes leave it to this one.
        self.leaves_mark.store(true, Ordering::Relaxed);
        self.clippings.mark_as_swept().await?;
        let swept = self.sweep(stop).await;
        if swept.is_ok() && !*stop.borrow() {
            self.leaves_mark.store(false, Ordering::Relaxed);
        } else if let Err(error) = self.unmark().await {
            tracing::error!(
                error = with_causes(&error),
                "that the clippings are not swept is said at the next look"
            );
        }
        swept.map(Some)
    }

    /// Says that they are not swept: whoever looks next goes on.
    async fn unmark(&self) -> Result<(), ClippingError> {
        self.clippings.mark_as_unswept().await?;
        self.leaves_mark.store(false, Ordering::Relaxed);
        Ok(())
    }

    /// Removes what no share has and was stored more than a day ago.
    async fn sweep(&self, stop: &watch::Receiver<bool>) -> Result<Swept, EngineError> {
        let before = self.clock.now() - GRACE;
        let mut orphans = 0;
        let mut old = self.clippings.stored_before(before);
        while let Some(name) = old.try_next().await? {
            if *stop.borrow() {
                break;
            }
            match self.sweep_one(&name, before).await {
                Ok(is_removed) => orphans += u64::from(is_removed),
                Err(EngineError::Clipping(error @ ClippingError::Away(_))) => return Err(error.into()),
                // What the storage refuses must not end each sweep at the same place.
                Err(error @ (EngineError::Clipping(_) | EngineError::Store(StoreError::ClippingHeld))) => {
                    tracing::error!(clipping = %name, error = with_causes(&error), "a clipping is left for the next sweep");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Swept { orphans, unfinished: self.clippings.remove_unfinished(before).await? })
    }

    /// Removes one if no share has it; says whether it did.
    async fn sweep_one(&self, name: &ClippingName, before: Timestamp) -> Result<bool, EngineError> {
        let Self { store, clippings, clock, .. } = self;
        // It was listed with many others: a share may have begun to use it since.
        if store.is_clipping_needed(name).await? || !clippings.was_stored_before(name, before).await? {
            return Ok(false);
        }
        remove_unneeded(store.as_ref(), clippings, clock, name).await
    }
}
