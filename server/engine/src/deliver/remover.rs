//! Removes what is left of deleted shares: their posts from the platforms, and clippings that could not be removed at once.
//!
//! The record is its queue too: a removal is held for a minute, and whoever looks after that goes on. Removing is the same
//! however often it is done, so nothing is written before a call. A post whose name is not known (its answer was lost) is
//! looked for first.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use url::Url;

use super::steps::until;
use super::worker::DRAIN;
use super::{Platforms, PostError, RetryPolicy, Sighting, page_of};
use crate::clock::SharedClock;
use crate::crash::{self, Step};
use crate::error::with_causes;
use crate::store::{Clippings, Removal, RemovalOutcome, SharedRandom, Store, StoreError, remove_clipping};

#[cfg(test)]
mod tests;

/// Longest sleep: after it the clock is read again.
const MAX_SLEEP: Duration = Duration::from_secs(30);
/// Sleep after the record could not be read.
const SLEEP_AFTER_ERROR: Duration = Duration::from_secs(2);
/// Shorter than a lease.
const MAX_REMOVING: Duration = Duration::from_secs(45);

/// What a remover works with.
pub struct RemoverParts {
    /// The record and queue.
    pub store: Arc<dyn Store>,
    /// The clippings' bytes.
    pub clippings: Clippings,
    /// The site's targets.
    pub platforms: Platforms,
    /// Tells when removals are due.
    pub clock: SharedClock,
    /// Gives the jitter.
    pub random: SharedRandom,
    /// When failed removals are tried again.
    pub policy: RetryPolicy,
    /// Where this site is: posts are found by their link to it.
    pub public_url: Url,
}

/// Removes one post after the other.
pub struct Remover {
    parts: RemoverParts,
    wake: Arc<Notify>,
}

impl Remover {
    /// A remover that looks at the queue whenever `wake` is notified: once for each share deleted.
    #[must_use]
    pub fn new(parts: RemoverParts, wake: Arc<Notify>) -> Self {
        Self { parts, wake }
    }

    /// Works until `stop` holds true or its sender is gone; what is under way then has 25 s to end, or goes on at the next
    /// start: removing twice is removing once.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow_and_update() {
            let worked_off = tokio::select! {
                worked_off = self.work_off(&stop) => worked_off,
                () = too_late(stop.clone()) => break,
            };
            let sleep = worked_off.unwrap_or_else(|error| {
                tracing::error!(error = with_causes(&error), "the queue of removals cannot be read");
                SLEEP_AFTER_ERROR
            });
            tokio::select! {
                () = self.wake.notified() => {}
                () = tokio::time::sleep(sleep) => {}
                changed = stop.changed() => if changed.is_err() { break },
            }
        }
    }

    /// Removes what is due; says how long nothing else will be.
    async fn work_off(&self, stop: &watch::Receiver<bool>) -> Result<Duration, StoreError> {
        let RemoverParts { store, clippings, clock, .. } = &self.parts;
        for (share, clipping) in store.clippings_to_remove().await? {
            let removed = remove_clipping(store.as_ref(), clippings, clock, &share, &clipping).await;
            if let Err(error) = removed {
                tracing::error!(%share, %clipping, error = with_causes(&error), "a clipping is not removed yet");
            }
        }
        while !*stop.borrow() {
            let Some(removal) = store.claim_removal(clock.now()).await? else { break };
            let outcome = self.outcome(&removal).await;
            store.finish_removal(&removal, &outcome).await?;
        }
        let next = store.next_removal().await?;
        Ok(next.map_or(MAX_SLEEP, |at| until(at, clock.now()).min(MAX_SLEEP)))
    }

    async fn outcome(&self, removal: &Removal) -> RemovalOutcome {
        let removing = tokio::time::timeout(MAX_REMOVING, self.remove(removal)).await;
        let error = match removing {
            Ok(Ok(())) => return RemovalOutcome::Removed,
            Ok(Err(error)) => error,
            Err(_) => PostError::Passing {
                reason: format!("{} took too long.", removal.target),
                detail: format!("broken off after {MAX_REMOVING:?}"),
                retry_after: None,
            },
        };
        let Removal { share_id, target, attempt, .. } = removal;
        let (PostError::Passing { detail, .. }
        | PostError::Final { detail, .. }
        | PostError::Unknown { detail, .. }) = &error;
        tracing::warn!(share = %share_id, %target, attempt, detail, "not removed: {error}");
        match error {
            PostError::Final { reason, .. } | PostError::Unknown { reason, .. } => {
                RemovalOutcome::Failed { reason }
            }
            PostError::Passing { reason, retry_after, .. } => self.again(*attempt, reason, retry_after),
        }
    }

    fn again(&self, attempt: u32, reason: String, asked: Option<Duration>) -> RemovalOutcome {
        let RemoverParts { policy, clock, random, .. } = &self.parts;
        let wait = policy.wait(attempt, asked, Duration::ZERO, random.next_u64());
        match wait
            .filter(|_| attempt < policy.max_attempts)
            .and_then(|wait| clock.now().checked_add(wait).ok())
        {
            Some(at) => RemovalOutcome::Retry { at, reason },
            None => RemovalOutcome::Failed { reason: format!("{reason} Remove the post there.") },
        }
    }

    async fn remove(&self, removal: &Removal) -> Result<(), PostError> {
        crash::at(Step::Erasing);
        self.erase(removal).await?;
        crash::at(Step::Erased);
        Ok(())
    }

    async fn erase(&self, removal: &Removal) -> Result<(), PostError> {
        let Some(platform) = self.parts.platforms.get(&removal.target) else {
            let reason = "This site no longer posts there. Remove the post there.".to_owned();
            return Err(PostError::Final { reason, detail: "the target is not configured".to_owned() });
        };
        let named = removal.post_id.clone().or_else(|| platform.post_of(&removal.idempotency_key()));
        if let Some(id) = named {
            return platform.remove(&id).await;
        }
        let link = page_of(&self.parts.public_url, &removal.share_id);
        match platform.find(&link, removal.sent_at).await? {
            Sighting::NotThere => Ok(()),
            Sighting::There(posted) => match posted.id {
                Some(id) => platform.remove(&id).await,
                None => Err(unfindable("the post has no id".to_owned())),
            },
            Sighting::CannotTell { detail } => Err(unfindable(detail)),
        }
    }
}

/// Waits until what is under way has had its time, once the end has begun.
async fn too_late(mut stop: watch::Receiver<bool>) {
    // Without its sender nobody waits for the end.
    let _ = stop.wait_for(|stop| *stop).await;
    tokio::time::sleep(DRAIN).await;
}

fn unfindable(detail: String) -> PostError {
    let reason = "It is not known whether there is a post. Look there, and remove it.".to_owned();
    PostError::Final { reason, detail }
}
