//! Works off the queue: claims what is due, posts it, records what came of it.
//!
//! The record is the queue, so a worker holds nothing that a crash could lose: what it was sending then is queued again when
//! its lease has ended, and goes on where it was (`steps`). It sleeps until the next delivery is due or until it is woken
//! because a share was accepted; and no target can take more than its few places, which all processes share, so that a
//! platform sees no more of us because we are many. Those of a process are shared out among servers (`places`), and whoever had a
//! turn waits for those who had none (`agenda`), so that slow platforms delay their own deliveries. A platform that
//! asks for a pause or fails again and again is left alone for a while (`rest`).
//!
//! Long, since it is one story, from what is due to what is written down of it; its steps stand beside it.

mod agenda;
mod leases;
mod loading;
mod outcome;
#[cfg(test)]
mod tests;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use cutline_model::TargetId;
use jiff::Timestamp;
use tokio::{
    sync::{Notify, watch},
    task::{Id, JoinError, JoinSet},
};
use url::Url;

use self::agenda::Agenda;
use self::leases::{Leases, recover};
use self::loading::{gone, load};
use self::outcome::{heard, outcome, record};
use super::fitting::fitted;
use super::pauses::Pauses;
use super::places::{Place, PlaceLimits, Places};
use super::rest::{Heard, Rests};
use super::steps::{Attempt, Halt, until};
use super::{
    LOOK_FIRST, NotOpened, OWN_PAUSE, Platform, Platforms, Post, PostError, Posted, RestPolicy, RetryPolicy,
    no_key, no_target, not_loaded,
};
use crate::{
    clock::SharedClock,
    crash::{self, Step},
    cutting::Cutter,
    error::with_causes,
    store::{
        Abandoned, Claim, Clippings, INTERRUPTED, MAX_PER_TARGET, Outcome, SharedRandom, Store, StoreError,
    },
};

/// Most deliveries that are under way here at once, each with a clipping and a connection.
const PLACES: PlaceLimits = PlaceLimits { all: 64, server: 16, target: MAX_PER_TARGET, visitors: 48 };
/// How many targets get something to do before it is looked whether to stop and what has ended.
const TARGETS_AT_A_TIME: u32 = 32;
/// After so many attempts in a row that were broken off because their process ended, a delivery is what ends it.
const MAX_BROKEN_OFF: u32 = 3;
/// Longest sleep: after it the clock is read again, so that a clock that was set does not delay the queue for long.
const MAX_SLEEP: Duration = Duration::from_secs(30);
/// Sleep after the record could not be read.
const SLEEP_AFTER_ERROR: Duration = Duration::from_secs(2);
/// How often it is looked, where several processes deliver, whether another has freed a place or found a server working.
pub(super) const OTHERS_PACE: Duration = Duration::from_secs(2);
/// How long deliveries under way may take to end when the program stops.
pub(crate) const DRAIN: Duration = Duration::from_secs(25);
/// How long the record may take to learn of what was broken off, and then of who rests.
pub(super) const LEAVING: Duration = Duration::from_secs(3);
/// No platform may hold a delivery longer, whatever its connector waits for.
const MAX_POSTING: Duration = Duration::from_secs(60);
/// Longer than whoever renews an account's tokens tries to write them down.
const MAX_OPENING: Duration = Duration::from_secs(120);
/// How long a delivery waits at most, however often its program is started again.
const MAX_WAITING: Duration = Duration::from_secs(7 * 24 * 3600);
/// What a worker works with.
pub struct WorkerParts {
    /// The record and queue.
    pub store: Arc<dyn Store>,
    /// The clippings' bytes.
    pub clippings: Clippings,
    /// Makes pictures fit.
    pub cutter: Cutter,
    /// The site's targets.
    pub platforms: Platforms,
    /// Tells when deliveries are due.
    pub clock: SharedClock,
    /// Gives the jitter.
    pub random: SharedRandom,
    /// When failed deliveries are tried again.
    pub policy: RetryPolicy,
    /// When failing platforms are left alone.
    pub rest: RestPolicy,
    /// The pauses that accounts have asked for: the same for all who call them from this process.
    pub pauses: Pauses,
    /// Whether no other process delivers from this record: then what is under way at the start was left there by a crash.
    pub is_alone: bool,
    /// Where this site is: posts link to `{public_url}/s/{id}`.
    pub public_url: Url,
}

/// How often leases are renewed, and those of others looked at.
const RENEWAL: Duration = Duration::from_secs(20);
/// The one worker of a server process.
pub struct Worker {
    parts: Arc<WorkerParts>,
    wake: Arc<Notify>,
    tasks: JoinSet<Option<Heard>>,
    /// What each task holds, to record what a task that panicked did not.
    places: Places<Claim>,
    agenda: Agenda,
    rests: Rests,
    /// What is to be taken over before anything is started.
    left_behind: Option<Abandoned>,
    /// When this worker began: what was due before that waited for it, and for no platform.
    began: Timestamp,
    /// Those of what is under way.
    leases: Leases,
    /// Whether there may be suspects: at the start, and now and then, since any process may have left one.
    looks_for_suspects: bool,
}

/// What is to be done for a target.
enum Turn {
    /// So many of what is due to it can be started.
    Free { target: TargetId, server: String, places: u32 },
    /// It rests, and something has waited for it for longer than it is tried.
    Old(TargetId),
}

impl Turn {
    fn target(&self) -> &TargetId {
        let (Self::Free { target, .. } | Self::Old(target)) = self;
        target
    }
}

impl Worker {
    /// A worker that looks at the queue whenever `wake` is notified: once for each share accepted or queued again.
    #[must_use]
    pub fn new(parts: WorkerParts, wake: Arc<Notify>) -> Self {
        let rests = Rests::new(parts.rest, parts.pauses.clone());
        let left_behind = Some(if parts.is_alone { Abandoned::All } else { Abandoned::Expired });
        let (tasks, places, agenda) = (JoinSet::new(), Places::new(PLACES), Agenda::new());
        let (began, parts) = (parts.clock.now(), Arc::new(parts));
        let (leases, looks_for_suspects) = (Leases::default(), true);
        Self { parts, wake, tasks, places, agenda, rests, left_behind, began, leases, looks_for_suspects }
    }

    /// Works until `stop` holds true or its sender is gone, then lets what is under way end, for at most 25 s.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let _kept = self.leases.kept(self.parts.clone());
        let mut looking = tokio::time::interval(RENEWAL);
        looking.reset();
        while !*stop.borrow_and_update() {
            let Some(worked_off) = unless_stopped(&stop, self.work_off()).await else {
                return self.drain_within(DRAIN - LEAVING).await;
            };
            let sleep = worked_off.unwrap_or_else(|error| {
                tracing::error!(error = with_causes(&error), "the queue cannot be read");
                SLEEP_AFTER_ERROR
            });
            tokio::select! {
                () = self.wake.notified() => self.agenda.changed(),
                () = tokio::time::sleep(sleep) => if !sleep.is_zero() { self.agenda.changed() },
                Some(ended) = self.tasks.join_next_with_id() => self.ended(ended),
                _ = looking.tick() => {
                    self.looks_for_suspects = true;
                    self.agenda.changed();
                }
                changed = stop.changed() => if changed.is_err() { break },
            }
            while let Some(ended) = self.tasks.try_join_next_with_id() {
                self.ended(ended);
            }
        }
        self.drain().await;
    }

    /// Starts what is due, at first after what a crash left; says how long nothing else will be due.
    async fn work_off(&mut self) -> Result<Duration, StoreError> {
        if let Some(abandoned) = self.left_behind {
            recover(&self.parts, abandoned).await?;
            self.left_behind = None;
        }
        self.start_due().await
    }

    /// Ends what has waited for a target for longer than it is tried: of a long queue behind a server that rests, most have no
    /// attempt that would end them.
    async fn end_old(&mut self, target: &TargetId, now: Timestamp) -> Result<(), StoreError> {
        let max_age = self.parts.policy.max_age;
        // What only waited for this program is as young as it, until it is too old for that.
        let age = if until(now, self.began) < max_age { MAX_WAITING } else { max_age };
        let moment = now.checked_sub(age).unwrap_or(Timestamp::MIN);
        let ended = self.parts.store.end_old(target, moment).await?;
        if ended > 0 {
            tracing::warn!(%target, ended, "deliveries waited for too long");
            self.agenda.changed();
        }
        Ok(())
    }

    /// Starts some of what is due, as far as there are places free; says how long there is nothing else to start.
    async fn start_due(&mut self) -> Result<Duration, StoreError> {
        let others = if self.parts.is_alone { MAX_SLEEP } else { OTHERS_PACE };
        let now = self.parts.clock.now();
        if self.agenda.is_to_be_read() {
            self.rests.agree(self.parts.store.as_ref(), now).await?;
            self.agenda.read(self.parts.store.as_ref()).await?;
        }
        for _ in 0..TARGETS_AT_A_TIME {
            if self.places.left() == 0 {
                // What ends wakes the worker.
                return Ok(MAX_SLEEP);
            }
            let Some(turn) = self.next_turn(now, others).await else {
                if self.agenda.is_all_started() {
                    self.looks_for_suspects = self.places.all().any(is_suspect);
                }
                return Ok(self.agenda.sleep());
            };
            let target = turn.target().clone();
            match self.take(turn, now).await {
                Ok(()) => {}
                Err(error) if error.passes() => return Err(error),
                // What is wrong with one target's deliveries must not keep others waiting.
                Err(error) => {
                    tracing::error!(%target, error = with_causes(&error), "its deliveries cannot be read");
                    self.agenda.again_after(SLEEP_AFTER_ERROR);
                }
            }
        }
        Ok(Duration::ZERO)
    }

    async fn take(&mut self, turn: Turn, now: Timestamp) -> Result<(), StoreError> {
        match turn {
            Turn::Old(target) => self.end_old(&target, now).await,
            Turn::Free { target, server, places } => {
                let is_ours =
                    !self.rests.is_doubtful(&server) || self.parts.store.try_server(&server, now).await?;
                if !is_ours {
                    self.agenda.passed_over();
                    return Ok(());
                }
                self.claim(&target, &server, now, places).await
            }
        }
    }

    /// The next target that something is to be done for.
    async fn next_turn(&mut self, now: Timestamp, others: Duration) -> Option<Turn> {
        while let Some(due) = self.agenda.next() {
            let server = self.parts.platforms.server(&due.target).await;
            let rests_until = self.rests.until(&due.target, &server, now);
            let at = rests_until.map_or(due.at, |until| until.max(due.at));
            let is_doubtful = self.rests.is_doubtful(&server);
            if at > now {
                self.agenda.again_after(until(at, now).min(if is_doubtful { others } else { MAX_SLEEP }));
                if due.at <= now {
                    self.agenda.passed_over();
                }
                if until(now, self.waits_since(due.at, now)) >= self.parts.policy.max_age {
                    return Some(Turn::Old(due.target));
                }
                continue;
            }
            // Without a free place there is nothing to sleep for: a delivery that ends here wakes the worker.
            let places = self.places.free(&due.target, &server, is_doubtful);
            if places > 0 {
                // One that ends elsewhere does not.
                self.agenda.again_after(others);
                return Some(Turn::Free { target: due.target, server, places });
            }
            self.agenda.passed_over();
        }
        None
    }

    /// Starts so many of what is due to a target. Of suspects one is under way here at most, so that those which only happened to
    /// be under way when the process ended are told from the one that ends it.
    async fn claim(
        &mut self,
        target: &TargetId,
        server: &str,
        now: Timestamp,
        count: u32,
    ) -> Result<(), StoreError> {
        let mut left = count;
        // One that a resting server is tried with may be all that there is for it.
        let looks = self.looks_for_suspects || self.rests.is_doubtful(server);
        if looks
            && !self.places.all().any(is_suspect)
            && let Some(claim) = self.parts.store.claim_suspect(target, now).await?
        {
            // At once: what is claimed and not started counts as broken off, and this has been often enough.
            self.start(claim, server);
            left -= 1;
        }
        if left > 0 {
            for claim in self.parts.store.claim(target, now, left).await? {
                self.start(claim, server);
            }
        }
        Ok(())
    }

    fn start(&mut self, claim: Claim, server: &str) {
        let asked_at = self.waits_since(claim.asked_at, self.parts.clock.now());
        let claim = Claim { asked_at, ..claim };
        // What was claimed hid the next one of its target.
        self.agenda.started(&claim.target);
        let task = self.tasks.spawn(deliver(self.parts.clone(), claim.clone(), self.began));
        self.hold(task.id(), server.to_owned(), claim);
    }

    /// Since when a delivery counts as waiting: what only waited for this program is as young as it. However often that is started
    /// again, nothing waits for ever: what is too old has a fifth of the time after each start.
    fn waits_since(&self, at: Timestamp, now: Timestamp) -> Timestamp {
        let spent =
            if until(now, at) < MAX_WAITING { Duration::ZERO } else { self.parts.policy.max_age / 5 * 4 };
        at.max(self.began.checked_sub(spent).unwrap_or(Timestamp::MIN))
    }

    /// Gives a task that works on a claim its place.
    fn hold(&mut self, task: Id, server: String, claim: Claim) {
        self.leases.hold(task, claim.clone());
        self.places.hold(task, Place { target: claim.target.clone(), server, what: claim });
    }

    fn ended(&mut self, ended: Result<(Id, Option<Heard>), JoinError>) {
        let (id, heard, panic) = match ended {
            Ok((id, heard)) => (id, heard, None),
            Err(error) => (error.id(), None, Some(error)),
        };
        self.agenda.changed();
        self.leases.release(id);
        let Some(Place { server, what: claim, .. }) = self.places.release(id) else { return };
        if let Some(heard) = heard {
            self.rests.heard(&claim.target, &server, heard, self.parts.clock.now());
        }
        if let Some(error) = panic {
            let reason =
                format!("Posting broke off here, so nobody knows whether the post was made. {LOOK_FIRST}");
            let error = PostError::Unknown { reason, detail: error.to_string() };
            if let Some(outcome) = outcome(&self.parts, &claim, Halt::Doubt(error)) {
                // Beside all else: a record that is away takes it only when it is back.
                let (parts, held) = (Arc::clone(&self.parts), claim.clone());
                let task = self.tasks.spawn(async move {
                    record(&parts, &held, &outcome, None).await;
                    None
                });
                let task = task.id();
                self.hold(task, server, claim);
            }
        }
    }

    async fn drain(self) {
        self.drain_within(DRAIN).await;
    }

    async fn drain_within(mut self, time: Duration) {
        let ended = tokio::time::timeout(time, async {
            while let Some(ended) = self.tasks.join_next_with_id().await {
                self.ended(ended);
            }
        });
        if ended.await.is_err() {
            self.tasks.shutdown().await;
            let left: Vec<Claim> = self.places.all().cloned().collect();
            tracing::warn!(left = left.len(), "deliveries are broken off; they go on after the next start");
            // Not as after a crash: it is not they that end the process.
            self.leave(&left).await;
        }
        self.rests.leave(self.parts.store.as_ref(), self.parts.clock.now()).await;
    }

    /// Queues what is broken off here, as far as the record takes that soon; the rest goes on when its lease has ended.
    async fn leave(&self, claims: &[Claim]) {
        let now = self.parts.clock.now();
        let broken_off =
            &Outcome::Retry { at: now, reason: INTERRUPTED.to_owned(), is_asked: true, may_be_posted: true };
        let left = claims.iter().map(async |claim| {
            if let Err(error) = self.parts.store.finish(claim, broken_off, now).await {
                let share = &claim.share_id;
                tracing::warn!(%share, error = with_causes(&error), "it goes on when its lease has ended");
            }
        });
        if tokio::time::timeout(LEAVING, futures_util::future::join_all(left)).await.is_err() {
            tracing::warn!(
                "the record does not take what is broken off; it goes on when its lease has ended"
            );
        }
    }
}

/// What comes of `work`; nothing when the program is to stop and the record does not answer within a moment. What was being claimed
/// then goes on when its lease has ended.
pub(super) async fn unless_stopped<T>(
    stop: &watch::Receiver<bool>,
    work: impl Future<Output = T>,
) -> Option<T> {
    let mut stop = stop.clone();
    let stopped = async {
        // Without a sender it is to stop too.
        let _ = stop.wait_for(|stop| *stop).await;
        tokio::time::sleep(LEAVING).await;
    };
    tokio::select! {
        done = work => Some(done),
        () = stopped => None,
    }
}

/// One attempt, from claim to record; tells what was heard of the platform, if it was called.
async fn deliver(parts: Arc<WorkerParts>, claim: Claim, began: Timestamp) -> Option<Heard> {
    crash::at(Step::Claimed);
    if claim.broken_off >= MAX_BROKEN_OFF {
        // It was alone among suspects the last time: it is what it does that ends the process.
        record(&parts, &claim, &given_up(&claim), None).await;
        return None;
    }
    let posted = match prepared(&parts, &claim, began).await {
        Ok((platform, post)) => posted(&parts, platform.as_ref(), &post, &claim).await,
        Err(halt) => Err(halt),
    };
    let now = parts.clock.now();
    let heard = heard(&posted, now, parts.policy.max_age);
    // Before anything else: others to this account are under way.
    let asked = parts.pauses.heard(&claim.target, heard);
    let outcome = match posted {
        Ok(Posted { url, id }) => Some(Outcome::Posted { url, post_id: id }),
        Err(halt) => outcome(&parts, &claim, halt),
    };
    if let Some(outcome) = outcome {
        record(&parts, &claim, &outcome, asked.as_ref()).await;
    }
    crash::at(Step::Recorded);
    heard
}

/// Whether a delivery may be what ended its process.
fn is_suspect(claim: &Claim) -> bool {
    claim.broken_off + 1 >= MAX_BROKEN_OFF
}

/// The end of a delivery whose last attempts were all broken off by the end of the server.
fn given_up(claim: &Claim) -> Outcome {
    let reason = format!("The server stopped at each of {} attempts in a row.", claim.broken_off);
    if claim.published_at.is_some() {
        Outcome::Unknown { reason: format!("{reason} {LOOK_FIRST}") }
    } else {
        Outcome::Failed { reason }
    }
}

/// The platform, and what it is to be given: share and clipping out of the record, the picture as it takes it. Each in time.
async fn prepared(
    parts: &WorkerParts,
    claim: &Claim,
    began: Timestamp,
) -> Result<(Arc<dyn Platform>, Post), Halt> {
    // How long what is missing here has been missed.
    let missed_for = || until(parts.clock.now(), claim.asked_at.max(began));
    let may_be_posted = claim.published_at.is_some();
    // Of what was sent before it says nothing.
    let asked = |error| if may_be_posted { Halt::Doubt(error) } else { Halt::NotPosted(error) };
    let expect_no_pause = || {
        let until = parts.pauses.until(&claim.target, parts.clock.now());
        until.map_or(Ok(()), |until| Err(Halt::Paused { until, may_be_posted }))
    };
    // Of its server this says what whoever asks that for new tokens says; what is longer is our own record's time.
    let opening = async {
        expect_no_pause()?;
        let opened = parts.platforms.open(&claim.target).await.map_err(|why| match why {
            NotOpened::Here(error) => Halt::NotCalled(error),
            NotOpened::Missing(gone) => {
                let age = until(parts.clock.now(), claim.asked_at);
                Halt::NotCalled(no_key(age, parts.policy.max_age, gone))
            }
            NotOpened::Asked(error) => asked(error),
        })?;
        opened.ok_or_else(|| {
            let reason = format!("This site no longer posts to {}.", parts.platforms.named(&claim.target));
            Halt::NotCalled(no_target(missed_for(), reason))
        })
    };
    let platform = tokio::time::timeout(MAX_OPENING, opening).await.unwrap_or_else(|_| {
        let reason = "This server could not open the account in time.".to_owned();
        let detail = format!("not opened after {MAX_OPENING:?}");
        Err(Halt::NotCalled(PostError::Passing { reason, detail, retry_after: Some(OWN_PAUSE) }))
    })?;
    expect_no_pause()?;
    // A server that is silent now fails as one that is silent later does.
    tokio::time::timeout(MAX_POSTING, platform.prepare()).await.map_or_else(
        |_| {
            let reason = format!("{} took too long.", parts.platforms.named(&claim.target));
            Err(asked(PostError::Passing { reason, detail: not_ready(), retry_after: None }))
        },
        |prepared| prepared.map_err(asked),
    )?;
    let (limits, name) = (platform.limits().await.picture, platform.target().name);
    let fitting =
        async { fitted(loaded(parts, claim, missed_for()).await?, &limits, &parts.cutter, &name).await };
    let post = tokio::time::timeout(MAX_POSTING, fitting).await.unwrap_or_else(|_| {
        let reason = "This server had no time for it.".to_owned();
        // That was nobody's attempt.
        Err(PostError::Passing { reason, detail: not_ready(), retry_after: Some(OWN_PAUSE) })
    });
    Ok((platform, post.map_err(Halt::NotCalled)?))
}

fn not_ready() -> String {
    format!("not ready after {MAX_POSTING:?}")
}

/// Share and clipping, out of the record.
async fn loaded(parts: &WorkerParts, claim: &Claim, missed_for: Duration) -> Result<Post, PostError> {
    let share = parts.store.share(&claim.share_id).await.map_err(|error| not_loaded(&error))?;
    let share = share.ok_or_else(|| gone("the share is not in the record"))?;
    load(parts, &share, claim, missed_for).await
}

/// Posts, within the time that a platform may take.
async fn posted(
    parts: &WorkerParts,
    platform: &dyn Platform,
    post: &Post,
    claim: &Claim,
) -> Result<Posted, Halt> {
    let may_be_posted = &AtomicBool::new(claim.published_at.is_some());
    let WorkerParts { store, clock, pauses, .. } = parts;
    let attempt = Attempt { store, clock, pauses, platform, claim, post, may_be_posted };
    tokio::time::timeout(MAX_POSTING, attempt.make()).await.unwrap_or_else(|_| {
        let detail = format!("broken off after {MAX_POSTING:?}");
        let reason = format!("{} took too long.", parts.platforms.named(&claim.target));
        Err(if may_be_posted.load(Ordering::Relaxed) {
            Halt::Doubt(PostError::Unknown { reason: format!("{reason} {LOOK_FIRST}"), detail })
        } else {
            Halt::NotPosted(PostError::Passing { reason, detail, retry_after: None })
        })
    })
}
