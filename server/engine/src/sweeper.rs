//! Removes clippings that no share has: those of requests that broke off between storing the clipping and committing the
//! share, and what was half written when a process died. Once an hour it lets the record forget what that keeps for a while.
//!
//! A share under way has its clipping and is not in the record yet, so nothing is removed that was stored within a day:
//! whoever stores a clipping that is there already makes it new (`Clippings::write`). Each site is swept once a day, by
//! whichever of its processes looks first.

use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt;
use jiff::SignedDuration;
use tokio::sync::watch;

use crate::clock::SharedClock;
use crate::error::{EngineError, with_causes};
use crate::store::{ClippingName, Clippings, Store, remove_unneeded};

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
/// Most that one sweep removes: the names are held in memory.
const MOST: usize = 100_000;

/// Sweeps the clippings of a site.
pub struct Sweeper {
    store: Arc<dyn Store>,
    clippings: Clippings,
    clock: SharedClock,
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
        Self { store, clippings, clock }
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
        if self.clippings.were_swept_since(self.clock.now() - EVERY).await? {
            return Ok(None);
        }
        // At the beginning, so that the other processes leave it to this one.
        self.clippings.mark_as_swept().await?;
        self.sweep(stop).await.map(Some)
    }

    /// Removes what no share has and was stored more than a day ago.
    async fn sweep(&self, stop: &watch::Receiver<bool>) -> Result<Swept, EngineError> {
        let before = self.clock.now() - GRACE;
        let mut unneeded: Vec<ClippingName> = Vec::new();
        let mut old = self.clippings.stored_before(before);
        while let Some(name) = old.try_next().await? {
            if !self.store.is_clipping_needed(&name).await? {
                unneeded.push(name);
            }
            if unneeded.len() == MOST || *stop.borrow() {
                break;
            }
        }
        let mut orphans = 0;
        for name in unneeded {
            if *stop.borrow() {
                break;
            }
            // A share may have begun to use it since it was listed.
            if self.clippings.was_stored_before(&name, before).await? {
                let (store, clippings) = (self.store.as_ref(), &self.clippings);
                orphans += u64::from(remove_unneeded(store, clippings, &self.clock, &name).await?);
            }
        }
        Ok(Swept { orphans, unfinished: self.clippings.remove_unfinished(before).await? })
    }
}
