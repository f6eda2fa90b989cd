//! Removes what is left of deleted shares: their posts and pictures from the platforms, and beside that the clippings that could not be
//! removed at once (`leftovers`).
//!
//! The record is its queue too: a removal is held for a minute, and whoever looks after that goes on. Removing is the same
//! however often it is done, so nothing is written before a call. A post whose name is not known (its answer was lost) is
//! looked for first. Removals go side by side, a few at each server, and platforms are left alone as by the worker: those that are
//! slow or away hold up their own.

mod leftovers;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::{Id, JoinError, JoinSet};
use url::Url;

use super::places::{Place, PlaceLimits, Places};
use super::rest::{Heard, Rests};
use super::steps::until;
use super::worker::{DRAIN, OTHERS_PACE};
use super::{NotOpened, Platform, Platforms, PostError, RestPolicy, RetryPolicy, Sighting, page_of};
use crate::clock::SharedClock;
use crate::crash::{self, Step};
use crate::error::with_causes;
use crate::store::{Clippings, Removal, RemovalOutcome, SharedRandom, Store, StoreError};

/// Most removals that are under way here at once.
const PLACES: PlaceLimits = PlaceLimits { all: 16, server: 4, target: 2, visitors: 12 };
/// Longest sleep: after it the record is read again, which other processes may have changed.
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
    /// When failing platforms are left alone.
    pub rest: RestPolicy,
    /// Where this site is: posts are found by their link to it.
    pub public_url: Url,
}

/// The one remover of a server process.
pub struct Remover {
    parts: Arc<RemoverParts>,
    wake: Arc<Notify>,
    tasks: JoinSet<Option<Heard>>,
    places: Places<()>,
    rests: Rests,
}

impl Remover {
    /// A remover that looks at the queue whenever `wake` is notified: once for each share deleted.
    #[must_use]
    pub fn new(parts: RemoverParts, wake: Arc<Notify>) -> Self {
        let rests = Rests::new(parts.rest);
        Self { parts: Arc::new(parts), wake, tasks: JoinSet::new(), places: Places::new(PLACES), rests }
    }

    /// Works until `stop` holds true or its sender is gone; what is under way then has 25 s to end, or goes on at the next
    /// start: removing twice is removing once.
    pub async fn run(self, stop: watch::Receiver<bool>) {
        let parts = self.parts.clone();
        tokio::join!(self.remove_posts(stop.clone()), leftovers::remove(parts, stop));
    }

    async fn remove_posts(mut self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow_and_update() {
            let sleep = self.start_due().await.unwrap_or_else(|error| {
                tracing::error!(error = with_causes(&error), "the queue of removals cannot be read");
                SLEEP_AFTER_ERROR
            });
            tokio::select! {
                () = self.wake.notified() => {}
                () = tokio::time::sleep(sleep) => {}
                Some(ended) = self.tasks.join_next_with_id() => self.ended(ended),
                changed = stop.changed() => if changed.is_err() { break },
            }
        }
        self.drain().await;
    }

    /// Starts what is due, as far as its targets have places free; says how long nothing else will be.
    async fn start_due(&mut self) -> Result<Duration, StoreError> {
        let RemoverParts { store, clock, platforms, .. } = self.parts.as_ref();
        self.rests.agree(store.as_ref(), clock.now()).await?;
        let mut sleep = MAX_SLEEP;
        let mut all_due = store.due_removals().await?;
        all_due.sort_by_key(|due| due.at);
        for due in all_due {
            let server = platforms.server(&due.target).await;
            loop {
                let now = clock.now();
                let at = self.rests.until(&due.target, &server, now).map_or(due.at, |rest| rest.max(due.at));
                if at > now {
                    sleep = sleep.min(until(at, now));
                    break;
                }
                // Without a free place there is nothing to sleep for: a removal that ends wakes the remover.
                if self.places.left() == 0 {
                    return Ok(sleep);
                }
                let is_doubtful = self.rests.is_doubtful(&server);
                if self.places.free(&due.target, &server, is_doubtful) == 0 {
                    break;
                }
                // After a rest one process tries it, and the others see then whether it works.
                if is_doubtful && !store.try_server(&server, now).await? {
                    sleep = sleep.min(OTHERS_PACE);
                    break;
                }
                let removal = match store.claim_removal(&due.target, now).await {
                    Ok(Some(removal)) => removal,
                    Ok(None) => break,
                    Err(error) if error.passes() => return Err(error),
                    // What is wrong with one target's removals must not keep others waiting.
                    Err(error) => {
                        let target = &due.target;
                        tracing::error!(%target, error = with_causes(&error), "a removal cannot be read");
                        sleep = sleep.min(SLEEP_AFTER_ERROR);
                        break;
                    }
                };
                let task = self.tasks.spawn(remove_one(self.parts.clone(), removal));
                let (target, server) = (due.target.clone(), server.clone());
                self.places.hold(task.id(), Place { target, server, what: () });
            }
        }
        Ok(sleep)
    }

    fn ended(&mut self, ended: Result<(Id, Option<Heard>), JoinError>) {
        let (id, heard) = match ended {
            Ok(ended) => ended,
            Err(error) => {
                tracing::error!(%error, "removing a post broke off; it is tried again");
                (error.id(), None)
            }
        };
        let Some(Place { target, server, .. }) = self.places.release(id) else { return };
        if let Some(heard) = heard {
            self.rests.heard(&target, &server, heard, self.parts.clock.now());
        }
    }

    async fn drain(mut self) {
        let ended = tokio::time::timeout(DRAIN, async {
            while let Some(ended) = self.tasks.join_next_with_id().await {
                self.ended(ended);
            }
        });
        if ended.await.is_err() {
            self.tasks.shutdown().await;
        }
        let RemoverParts { store, clock, .. } = self.parts.as_ref();
        self.rests.leave(store.as_ref(), clock.now()).await;
    }
}

/// One attempt, from claim to record; tells what was heard of the platform, if it was called.
async fn remove_one(parts: Arc<RemoverParts>, removal: Removal) -> Option<Heard> {
    let (outcome, heard) = outcome(&parts, &removal).await;
    if let Err(error) = parts.store.finish_removal(&removal, &outcome).await {
        // It is due again when its lease has ended.
        let Removal { share_id, target, .. } = &removal;
        tracing::error!(share = %share_id, %target, error = with_causes(&error), "a removal is not recorded");
    }
    heard
}

async fn outcome(parts: &RemoverParts, removal: &Removal) -> (RemovalOutcome, Option<Heard>) {
    let Removal { target, attempt, .. } = removal;
    if *attempt > parts.policy.max_attempts {
        // Attempts that end well are never this many: it is what they do that ends the process.
        let reason = format!("The server stopped at each of {} attempts. {BY_HAND}", attempt - 1);
        return (RemovalOutcome::Failed { reason }, None);
    }
    let platform = match parts.platforms.open(target).await {
        Ok(Some(platform)) => platform,
        Ok(None) => {
            let reason = format!("This site no longer posts there. {BY_HAND}");
            return (RemovalOutcome::Failed { reason }, None);
        }
        Err(why) => {
            let heard = match &why {
                NotOpened::Asked(error) => Some(Heard::of(error, parts.clock.now(), parts.policy.max_age)),
                NotOpened::Here(_) => None,
            };
            return (not_removed(parts, removal, why.into_inner()), heard);
        }
    };
    let removing = tokio::time::timeout(MAX_REMOVING, remove(parts, platform.as_ref(), removal)).await;
    let error = match removing {
        // Of a picture, it may be that nobody was asked.
        Ok(Ok(())) => {
            return (RemovalOutcome::Removed, removal.upload.is_none().then_some(Heard::Works));
        }
        Ok(Err(error)) => error,
        Err(_) => PostError::Passing {
            reason: format!("{target} took too long."),
            detail: format!("broken off after {MAX_REMOVING:?}"),
            retry_after: None,
        },
    };
    let heard = Heard::of(&error, parts.clock.now(), parts.policy.max_age);
    let outcome = not_removed(parts, removal, error);
    if removal.upload.is_some() && !matches!(heard, Heard::Asks(_) | Heard::Fails) {
        // Where a picture cannot be removed, nobody was asked.
        return (outcome, None);
    }
    (outcome, Some(heard))
}

/// What an error means for a removal; logged here.
fn not_removed(parts: &RemoverParts, removal: &Removal, error: PostError) -> RemovalOutcome {
    let Removal { share_id, target, attempt, .. } = removal;
    let (PostError::Passing { detail, .. }
    | PostError::Final { detail, .. }
    | PostError::Spent { detail, .. }
    | PostError::Unknown { detail, .. }) = &error;
    tracing::warn!(share = %share_id, %target, attempt, detail, "not removed: {error}");
    match error {
        PostError::Final { reason, .. } | PostError::Unknown { reason, .. } => {
            RemovalOutcome::Failed { reason }
        }
        PostError::Spent { reason, .. } => again(parts, removal, reason, None),
        PostError::Passing { reason, retry_after, .. } => again(parts, removal, reason, retry_after),
    }
}

/// When a removal that failed for now is tried again, if it is: a pause that the platform asks for costs no attempt.
fn again(parts: &RemoverParts, removal: &Removal, reason: String, asked: Option<Duration>) -> RemovalOutcome {
    let now = parts.clock.now();
    let age = until(now, removal.asked_at);
    let wait = parts.policy.wait(removal.attempt, asked, age, parts.random.next_u64());
    match wait.and_then(|wait| now.checked_add(wait).ok()) {
        Some(at) => RemovalOutcome::Retry { at, reason, is_asked: asked.is_some() },
        None => RemovalOutcome::Failed { reason: format!("{reason} {BY_HAND}") },
    }
}

async fn remove(parts: &RemoverParts, platform: &dyn Platform, removal: &Removal) -> Result<(), PostError> {
    if let Some(upload) = &removal.upload {
        return platform.discard(upload).await;
    }
    crash::at(Step::Erasing);
    let named = removal.post_id.clone().or_else(|| platform.post_of(&removal.idempotency_key()));
    if let Some(id) = named {
        platform.remove(&id).await?;
        crash::at(Step::Erased);
        return Ok(());
    }
    let link = page_of(&parts.public_url, &removal.share_id);
    match platform.find(&link, removal.sent_at).await? {
        Sighting::NotThere => Ok(()),
        Sighting::There(posted) => match posted.id {
            Some(id) => platform.remove(&id).await,
            None => Err(unfindable("the post has no id".to_owned())),
        },
        Sighting::CannotTell { detail } => Err(unfindable(detail)),
    }
}

/// What a visitor can do when it is not removed from here.
const BY_HAND: &str = "Remove the post there.";

fn unfindable(detail: String) -> PostError {
    let reason = "It is not known whether there is a post. Look there, and remove it.".to_owned();
    PostError::Final { reason, detail }
}
