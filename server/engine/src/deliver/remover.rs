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

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use cutline_model::TargetId;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Notify, watch};
use tokio::task::{Id, JoinError, JoinSet};
use url::Url;

use super::pauses::Pauses;
use super::places::{Place, PlaceLimits, Places};
use super::recording::recorded;
use super::rest::{Heard, Rests};
use super::steps::until;
use super::worker::{DRAIN, LEAVING, OTHERS_PACE, unless_stopped};
use super::{
    LOOKING, NOT_FROM_HERE, NotOpened, Platforms, PostError, RestPolicy, RetryPolicy, Sighting, discard,
    may_appear, no_key, no_target, not_loaded, page_of,
};
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
/// How often it is looked, behind servers that rest, for what has waited for too long.
const OLD_PACE: SignedDuration = SignedDuration::from_hours(1);
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
    /// The pauses that accounts have asked for: the worker's too.
    pub pauses: Pauses,
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
    /// When it was last looked for what has waited for too long.
    ended_old: Timestamp,
}

impl Remover {
    /// A remover that looks at the queue whenever `wake` is notified: once for each share deleted.
    #[must_use]
    pub fn new(parts: RemoverParts, wake: Arc<Notify>) -> Self {
        let rests = Rests::new(parts.rest, parts.pauses.clone());
        let (tasks, places, ended_old) = (JoinSet::new(), Places::new(PLACES), Timestamp::MIN);
        Self { parts: Arc::new(parts), wake, tasks, places, rests, ended_old }
    }

    /// Works until `stop` holds true or its sender is gone; what is under way then has 25 s to end, or goes on at the next
    /// start: removing twice is removing once.
    pub async fn run(self, stop: watch::Receiver<bool>) {
        let parts = self.parts.clone();
        tokio::join!(self.remove_posts(stop.clone()), leftovers::remove(parts, stop));
    }

    async fn remove_posts(mut self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow_and_update() {
            let Some(started) = unless_stopped(&stop, self.start_due()).await else {
                return self.drain(DRAIN - LEAVING).await;
            };
            let sleep = started.unwrap_or_else(|error| {
                tracing::error!(error = with_causes(&error), "the queue of removals cannot be read");
                SLEEP_AFTER_ERROR
            });
            tokio::select! {
                () = self.wake.notified() => {}
                () = tokio::time::sleep(sleep) => {}
                Some(ended) = self.tasks.join_next_with_id() => self.ended(ended),
                changed = stop.changed() => if changed.is_err() { break },
            }
            // All of them, before anything else is started: one may have been asked for a pause.
            while let Some(ended) = self.tasks.try_join_next_with_id() {
                self.ended(ended);
            }
        }
        self.drain(DRAIN).await;
    }

    /// Starts what is due, as far as its targets have places free; says how long nothing else will be.
    async fn start_due(&mut self) -> Result<Duration, StoreError> {
        let RemoverParts { store, clock, platforms, .. } = self.parts.as_ref();
        self.rests.agree(store.as_ref(), clock.now()).await?;
        let ends_old = clock.now().duration_since(self.ended_old) >= OLD_PACE;
        if ends_old {
            self.ended_old = clock.now();
        }
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
                    if ends_old && due.at <= now {
                        self.end_old(&due.target, now).await?;
                    }
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

    /// Ends what has waited at a target for longer than it is tried: behind a server that rests, most have no attempt that would.
    async fn end_old(&self, target: &TargetId, now: Timestamp) -> Result<(), StoreError> {
        let asked_by = now.checked_sub(self.parts.policy.max_age).unwrap_or(Timestamp::MIN);
        while self.parts.store.end_old_removals(target, asked_by, now, TOO_OLD).await? > 0 {}
        Ok(())
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

    async fn drain(mut self, time: Duration) {
        let ended = tokio::time::timeout(time, async {
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
    // Before anything else: others at this account are under way.
    let asked = parts.pauses.heard(&removal.target, heard);
    recorded((&removal.share_id, &removal.target), &outcome, async |_| {
        match parts.store.finish_removal_and_rest(&removal, &outcome, asked.as_ref()).await {
            Ok(()) => ControlFlow::Break(()),
            Err(error) => ControlFlow::Continue(error),
        }
    })
    .await;
    heard
}

/// Why something is not removed.
enum NotRemoved {
    /// Its account has asked not to be called before then, of another removal or delivery.
    Paused(Timestamp),
    /// It is not there, and may still appear: it is to be looked for again after this time.
    TooSoon(Duration),
    /// For a reason of our own.
    Here(PostError),
    /// As its server says, or does not say.
    Asked(PostError),
}

impl From<PostError> for NotRemoved {
    fn from(error: PostError) -> Self {
        match error {
            // Of a server that was not asked this says nothing.
            PostError::Final { ref reason, .. } if reason == NOT_FROM_HERE => Self::Here(error),
            error => Self::Asked(error),
        }
    }
}

async fn outcome(parts: &RemoverParts, removal: &Removal) -> (RemovalOutcome, Option<Heard>) {
    let Removal { target, attempt, .. } = removal;
    if *attempt > parts.policy.max_attempts {
        // Attempts that end well are never this many: it is what they do that ends the process.
        let reason = format!("The server stopped at each of {} attempts. {BY_HAND}", attempt - 1);
        return (RemovalOutcome::Failed { reason }, None);
    }
    let removed = tokio::time::timeout(MAX_REMOVING, remove(parts, removal)).await.unwrap_or_else(|_| {
        let reason = format!("{} took too long.", parts.platforms.named(target));
        let detail = format!("broken off after {MAX_REMOVING:?}");
        Err(NotRemoved::Asked(PostError::Passing { reason, detail, retry_after: None }))
    });
    match removed {
        // Of a picture, it may be that nobody was asked.
        Ok(()) => (RemovalOutcome::Removed, removal.upload.is_none().then_some(Heard::Works)),
        Err(NotRemoved::Paused(at)) => {
            let reason = format!("{} asked not to be called for a while.", parts.platforms.named(target));
            (RemovalOutcome::Retry { at, reason, is_asked: true }, None)
        }
        Err(NotRemoved::TooSoon(wait)) => {
            let now = parts.clock.now();
            let at = now.checked_add(wait).unwrap_or(now);
            (RemovalOutcome::Retry { at, reason: LOOKING.to_owned(), is_asked: true }, Some(Heard::Works))
        }
        Err(NotRemoved::Here(error)) => (not_removed(parts, removal, error), None),
        Err(NotRemoved::Asked(error)) => {
            let heard = Heard::of(&error, parts.clock.now(), parts.policy.max_age);
            // Where a picture cannot be removed, nobody was asked.
            let was_asked = removal.upload.is_none() || matches!(heard, Heard::Asks(_) | Heard::Fails);
            (not_removed(parts, removal, error), was_asked.then_some(heard))
        }
    }
}

/// What an error means for a removal; logged here.
fn not_removed(parts: &RemoverParts, removal: &Removal, error: PostError) -> RemovalOutcome {
    let Removal { share_id, target, attempt, .. } = removal;
    let detail = error.detail();
    tracing::warn!(share = %share_id, %target, attempt, detail, "not removed: {error}");
    match error {
        PostError::Final { reason, .. }
        | PostError::Taken { reason, .. }
        | PostError::Unknown { reason, .. } => RemovalOutcome::Failed { reason },
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

async fn remove(parts: &RemoverParts, removal: &Removal) -> Result<(), NotRemoved> {
    let Removal { target, .. } = removal;
    let expect_no_pause = || {
        let until = parts.pauses.until(target, parts.clock.now());
        until.map_or(Ok(()), |until| Err(NotRemoved::Paused(until)))
    };
    expect_no_pause()?;
    let opened = parts.platforms.open(target).await.map_err(|why| match why {
        NotOpened::Here(error) => NotRemoved::Here(error),
        NotOpened::Missing(gone) => {
            let age = until(parts.clock.now(), removal.asked_at);
            NotRemoved::Here(no_key(age, parts.policy.max_age, gone))
        }
        NotOpened::Asked(error) => NotRemoved::Asked(error),
    })?;
    let platform = opened.ok_or_else(|| {
        let reason = format!("This site no longer posts there. {BY_HAND}");
        NotRemoved::Here(no_target(until(parts.clock.now(), removal.asked_at), reason))
    })?;
    expect_no_pause()?;
    if let Some(upload) = &removal.upload {
        let place = (&removal.share_id, target);
        let discarded = discard(parts.store.as_ref(), platform.as_ref(), place, upload).await;
        return Ok(discarded.map_err(|error| NotRemoved::Here(not_loaded(&error)))??);
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
        // What was sent just before its share was deleted may be on its way.
        Sighting::NotThere => {
            let now = parts.clock.now();
            let wait = removal.sent_until.and_then(|at| may_appear(platform.as_ref(), at, now));
            wait.map_or(Ok(()), |wait| Err(NotRemoved::TooSoon(wait)))
        }
        Sighting::There(posted) => {
            let id = posted.id.ok_or_else(|| unfindable("the post has no id".to_owned()))?;
            expect_no_pause()?;
            Ok(platform.remove(&id).await?)
        }
        Sighting::CannotTell { detail } => Err(unfindable(detail).into()),
        Sighting::NoWay => Err(NotRemoved::Here(unfindable("there is no way to look for it".to_owned()))),
    }
}

/// What a visitor can do when it is not removed from here.
const BY_HAND: &str = "Remove the post there.";
/// What they read of what waited for its server, or account, for longer than it is tried.
const TOO_OLD: &str = "Its server did not answer for too long. Remove the post there.";

fn unfindable(detail: String) -> PostError {
    let reason = "It is not known whether there is a post. Look there, and remove it.".to_owned();
    PostError::Final { reason, detail }
}
