//! Who hears that a share has changed: those who follow it, and the workers of this process.
//!
//! It says that something changed, never what: whoever hears it reads the record. So nothing can be told in the wrong order,
//! several changes at once are one, and telling too often harms nobody. A record in Postgres tells the changes of all
//! processes (`postgres/listening.rs`), one in SQLite those of its only one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cutline_model::DeliveryState;
use tokio::sync::{Notify, watch};

use super::{NewShare, ShareId};

/// The changes of one record; clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Changes(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    followed: Mutex<HashMap<ShareId, Followed>>,
    deliveries: Arc<Notify>,
    removals: Arc<Notify>,
}

/// A share that somebody follows.
#[derive(Debug)]
struct Followed {
    told: watch::Sender<()>,
    /// How many follow it; nobody is kept in memory for the others.
    followers: usize,
}

/// What has happened to a share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change<'a> {
    /// A delivery of it waits for its turn.
    Queued(&'a ShareId),
    /// A delivery of it has come further.
    Moved(&'a ShareId),
    /// It was deleted.
    Deleted(&'a ShareId),
}

impl<'a> Change<'a> {
    /// That a share was accepted; one for the board alone leaves nothing to do.
    pub(super) fn of_new(share: &'a NewShare) -> Self {
        let waits = share.deliveries.iter().any(|delivery| delivery.state == DeliveryState::Queued);
        if waits { Self::Queued(&share.id) } else { Self::Moved(&share.id) }
    }
}

impl Changes {
    /// Notified when deliveries may be due; for the worker.
    #[must_use]
    pub fn deliveries(&self) -> Arc<Notify> {
        Arc::clone(&self.0.deliveries)
    }

    /// Notified when something of deleted shares is to be removed; for the remover.
    #[must_use]
    pub fn removals(&self) -> Arc<Notify> {
        Arc::clone(&self.0.removals)
    }

    /// Hears all changes of `share` from now on: read it after this, and nothing is missed.
    #[must_use]
    pub fn follow(&self, share: &ShareId) -> Follower {
        let mut shares = self.followed();
        let followed = shares
            .entry(share.clone())
            .or_insert_with(|| Followed { told: watch::Sender::new(()), followers: 0 });
        followed.followers += 1;
        Follower { changes: self.clone(), share: share.clone(), told: followed.told.subscribe() }
    }

    pub(super) fn tell(&self, change: Change<'_>) {
        let share = match change {
            Change::Queued(share) => {
                self.0.deliveries.notify_one();
                share
            }
            Change::Deleted(share) => {
                self.0.removals.notify_one();
                share
            }
            Change::Moved(share) => share,
        };
        if let Some(followed) = self.followed().get(share) {
            followed.told.send_replace(());
        }
    }

    /// Says that anything may have changed: all look.
    pub(super) fn tell_all(&self) {
        self.0.deliveries.notify_one();
        self.0.removals.notify_one();
        for followed in self.followed().values() {
            followed.told.send_replace(());
        }
    }

    fn followed(&self) -> MutexGuard<'_, HashMap<ShareId, Followed>> {
        self.0.followed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody who follows a share.
#[derive(Debug)]
pub struct Follower {
    changes: Changes,
    share: ShareId,
    told: watch::Receiver<()>,
}

impl Follower {
    /// Waits until something has changed since the last call, or since following began.
    pub async fn changed(&mut self) {
        // The sender is kept as long as anybody follows.
        if self.told.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        let mut shares = self.changes.followed();
        if let Some(followed) = shares.get_mut(&self.share) {
            followed.followers = followed.followers.saturating_sub(1);
            if followed.followers == 0 {
                shares.remove(&self.share);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;
    use crate::store::SystemRandom;

    fn hears(follower: &mut Follower) -> bool {
        follower.changed().now_or_never().is_some()
    }

    #[test]
    fn followers_hear_of_their_share_and_of_no_other_and_several_changes_once() {
        let changes = Changes::default();
        let [share, other] = [(); 2].map(|()| ShareId::generate(&SystemRandom));
        changes.tell(Change::Moved(&share));
        let [mut first, mut second, mut elsewhere] = [&share, &share, &other].map(|id| changes.follow(id));
        assert!(!hears(&mut first), "what was before is not told");
        changes.tell(Change::Queued(&share));
        changes.tell(Change::Moved(&share));
        assert!(hears(&mut first) && hears(&mut second) && !hears(&mut elsewhere));
        assert!(!hears(&mut first));
        changes.tell_all();
        assert!(hears(&mut first) && hears(&mut elsewhere));
    }

    #[test]
    fn nothing_is_kept_for_shares_that_nobody_follows_any_more() {
        let changes = Changes::default();
        let share = ShareId::generate(&SystemRandom);
        let (first, mut second) = (changes.follow(&share), changes.follow(&share));
        drop(first);
        changes.tell(Change::Deleted(&share));
        assert!(hears(&mut second));
        drop(second);
        assert!(changes.followed().is_empty());
    }

    #[test]
    fn workers_are_woken_by_what_is_theirs() {
        let changes = Changes::default();
        let share = ShareId::generate(&SystemRandom);
        let (deliveries, removals) = (changes.deliveries(), changes.removals());
        let woken =
            || (deliveries.notified().now_or_never().is_some(), removals.notified().now_or_never().is_some());
        for (change, expected) in [
            (Change::Moved(&share), (false, false)),
            (Change::Queued(&share), (true, false)),
            (Change::Deleted(&share), (false, true)),
        ] {
            changes.tell(change);
            assert_eq!(woken(), expected, "{change:?}");
        }
        changes.tell_all();
        assert_eq!(woken(), (true, true));
    }
}
