//! Says again and again that what is under way here is not left, and queues what others have left.
//!
//! A task of its own: the worker may be busy with ten thousand targets or a slow record for longer than a lease, and who takes over
//! what is being sent would upload it again, and could not know whether it is posted.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::{Id, JoinSet};

use super::{RENEWAL, WorkerParts};
use crate::error::with_causes;
use crate::store::{Abandoned, Claim, StoreError};

/// What the tasks of a worker hold; clones are the same.
#[derive(Clone, Default)]
pub(super) struct Leases(Arc<Mutex<HashMap<Id, Claim>>>);

impl Leases {
    /// A task works on this.
    pub(super) fn hold(&self, task: Id, claim: Claim) {
        self.lock().insert(task, claim);
    }

    /// A task has ended.
    pub(super) fn release(&self, task: Id) {
        self.lock().remove(&task);
    }

    /// Renews them until what this gives is dropped.
    pub(super) fn kept(&self, parts: Arc<WorkerParts>) -> JoinSet<()> {
        let (leases, mut keeping) = (self.clone(), JoinSet::new());
        keeping.spawn(async move {
            let mut turns = tokio::time::interval(RENEWAL);
            turns.reset();
            loop {
                turns.tick().await;
                leases.renew(&parts).await;
            }
        });
        keeping
    }

    /// Renews them once.
    pub(super) async fn renew(&self, parts: &WorkerParts) {
        let mut claims: Vec<Claim> = self.lock().values().cloned().collect();
        // In an order that others keep too, so that no two wait for each other.
        claims.sort_by(|one, other| (&one.share_id, &one.target).cmp(&(&other.share_id, &other.target)));
        let renewed = async {
            parts.store.renew(&claims, parts.clock.now()).await?;
            recover(parts, Abandoned::Expired).await
        };
        if let Err(error) = renewed.await {
            tracing::error!(error = with_causes(&error), "leases cannot be renewed");
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Id, Claim>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Queues what others, or this program before it crashed, have left.
pub(super) async fn recover(parts: &WorkerParts, abandoned: Abandoned) -> Result<(), StoreError> {
    let left = parts.store.recover(abandoned, parts.clock.now()).await?;
    if left > 0 {
        tracing::warn!(left, "deliveries were under way when a server stopped; they go on");
    }
    Ok(())
}
