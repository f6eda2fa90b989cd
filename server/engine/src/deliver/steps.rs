//! One attempt, step by step: the picture is uploaded, then the post is published.
//!
//! Each step is written in the record before what it leads to is called, so that an attempt after a crash goes on where this
//! one was: a picture that is there is not uploaded again, and what may be posted is not sent again before that is settled.
//! It is settled by a platform that knows a repetition when it sees one, or by looking for the post; if neither can be
//! had, nobody knows, and nothing is sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;

use super::pauses::Pauses;
use super::{Platform, Post, PostError, Posted, Sighting, not_loaded};
use crate::clock::SharedClock;
use crate::crash::{self, Step};
use crate::store::{Claim, MAX_APPEARING, Progress, Store, StoreError};

/// Longest time from writing down that a post is sent to sending it: well below a lease, after which others look for it.
const MAX_STANDSTILL: Duration = Duration::from_secs(20);

/// Why an attempt ended without a post that we know of.
#[derive(Debug)]
pub(super) enum Halt {
    /// Nothing is posted.
    NotPosted(PostError),
    /// What was sent, now or earlier, may be posted.
    Doubt(PostError),
    /// What was sent earlier may still appear: it is to be looked for again after this time.
    TooSoon(Duration),
    /// Nobody can know whether what was sent is posted.
    Unknowable {
        /// Why, for the log.
        detail: String,
    },
    /// What was sent earlier may still be worked on, and sending it again is seen as that after this time only.
    TooSoonAgain(Duration),
    /// The account has asked for a pause meanwhile, of another delivery.
    Paused {
        /// It is not to be called before then.
        until: Timestamp,
        /// Whether what was sent earlier may be posted.
        may_be_posted: bool,
    },
    /// This process stood still before it sent the post.
    StoodStill {
        /// Whether what was sent earlier may be posted.
        may_be_posted: bool,
    },
    /// Another holds the delivery now, or its share was deleted.
    ClaimLost,
    /// The platform was not called: what the next step needs could not be read or written here.
    NotCalled(PostError),
}

/// One attempt at one delivery.
pub(super) struct Attempt<'a> {
    pub(super) store: &'a Arc<dyn Store>,
    pub(super) clock: &'a SharedClock,
    pub(super) pauses: &'a Pauses,
    pub(super) platform: &'a dyn Platform,
    pub(super) claim: &'a Claim,
    pub(super) post: &'a Post,
    /// Becomes true before the post is sent, for whoever breaks the attempt off.
    pub(super) may_be_posted: &'a AtomicBool,
}

impl Attempt<'_> {
    /// Posts, unless it is there already.
    pub(super) async fn make(&self) -> Result<Posted, Halt> {
        let mut first_sent = self.claim.published_at;
        let mut is_in_doubt = false;
        if let Some(since) = first_sent {
            let now = self.clock.now();
            let age = until(now, since);
            // By a version that writes it down; where others sent it since, they wrote down the first sending only.
            let last_age = until(now, self.claim.sent_at.map_or(since, |at| at.max(since)));
            if age >= self.platform.knows_repetitions_for().await {
                self.expect_no_pause(true)?;
                match self.platform.find(&self.post.link, since).await.map_err(Halt::Doubt)? {
                    Sighting::There(posted) => return Ok(posted),
                    // Whoever asked for it again was told to look there first: nobody else can.
                    Sighting::CannotTell { .. }
                        if self.claim.asked_again_at.is_some_and(|asked| asked > since) =>
                    {
                        first_sent = None;
                        is_in_doubt = true;
                    }
                    Sighting::CannotTell { detail } => return Err(Halt::Unknowable { detail }),
                    Sighting::NotThere if last_age < MAX_APPEARING => {
                        return Err(Halt::TooSoon(MAX_APPEARING - last_age));
                    }
                    Sighting::NotThere => first_sent = None,
                }
            } else {
                let wait = self.platform.notices_repetitions_after().await.saturating_sub(last_age);
                if !wait.is_zero() {
                    return Err(Halt::TooSoonAgain(wait));
                }
            }
        }
        // A post that may be there keeps its picture.
        let discards = first_sent.is_none() && !is_in_doubt;
        let upload = self.claim.upload.as_deref();
        if upload.is_none()
            && let Some(posted) = self.settle_given_up(discards).await?
        {
            return Ok(posted);
        }
        match (self.publish(upload, first_sent).await, upload) {
            // A platform keeps a picture that no post has for a while only.
            (Err(Halt::NotPosted(PostError::Final { .. })), Some(upload)) => {
                self.give_up(upload).await?;
                self.note(Progress::Upload(None)).await?;
                match self.settle_given_up(discards).await? {
                    Some(posted) => Ok(posted),
                    None => self.publish(None, None).await,
                }
            }
            (result, _) => result,
        }
    }

    async fn give_up(&self, upload: &str) -> Result<(), Halt> {
        if upload.is_empty() {
            return Ok(());
        }
        let given_up = self.store.give_up(self.claim, upload, self.clock.now()).await;
        given_up.map_err(|error| Halt::NotCalled(not_loaded(&error)))
    }

    /// Sees to the pictures that earlier attempts have left there: one may be in a post after all, which is then this one; the
    /// others are removed if they may be, so that no more than one is there.
    async fn settle_given_up(&self, discards: bool) -> Result<Option<Posted>, Halt> {
        let not_kept = |error: StoreError| Halt::NotCalled(not_loaded(&error));
        let given_up = self.store.given_up(self.claim).await.map_err(not_kept)?;
        for upload in &given_up {
            self.expect_no_pause(self.claim.published_at.is_some())?;
            let found = self.platform.find_by_upload(self.post, upload).await;
            let found = found.map_err(|error| if discards { halt(error) } else { Halt::Doubt(error) });
            if let Some(posted) = found? {
                return Ok(Some(posted));
            }
        }
        if !discards {
            return Ok(None);
        }
        if !given_up.is_empty() {
            // Who holds the delivery now may have uploaded one of the same name.
            self.note(Progress::Upload(None)).await?;
        }
        for upload in given_up {
            self.expect_no_pause(self.claim.published_at.is_some())?;
            match self.platform.discard(&upload).await {
                Ok(()) => self.store.discarded(self.claim, &upload).await.map_err(not_kept)?,
                Err(error @ PostError::Passing { .. }) => return Err(Halt::NotPosted(error)),
                // It is tried again when the share is deleted.
                Err(
                    PostError::Final { detail, .. }
                    | PostError::Spent { detail, .. }
                    | PostError::Unknown { detail, .. },
                ) => {
                    let Claim { share_id, target, .. } = self.claim;
                    tracing::warn!(share = %share_id, %target, detail, "a picture is left at the platform");
                }
            }
        }
        Ok(None)
    }

    async fn publish(&self, upload: Option<&str>, first_sent: Option<Timestamp>) -> Result<Posted, Halt> {
        let upload = match upload {
            Some(upload) => upload.to_owned(),
            None => self.upload(first_sent).await?,
        };
        let now = self.clock.now();
        let since = first_sent.unwrap_or(now);
        // Also while it is being written: nobody knows then whether it was.
        self.may_be_posted.store(true, Ordering::Relaxed);
        self.note(Progress::Publishing { since, at: now }).await?;
        self.expect_no_pause(first_sent.is_some())?;
        crash::at(Step::Publishing);
        if until(self.clock.now(), now) > MAX_STANDSTILL {
            // This process stood still: another may have taken the delivery over, looked for the post, and sent it.
            return Err(Halt::StoodStill { may_be_posted: first_sent.is_some() });
        }
        let posted = self.platform.publish(self.post, &upload).await;
        crash::at(Step::Published);
        if let Err(PostError::Spent { .. }) = posted {
            self.give_up(&upload).await?;
            self.note(Progress::Upload(None)).await?;
        }
        // Of the first sending this says nothing.
        posted.map_err(|error| if first_sent.is_some() { Halt::Doubt(error) } else { halt(error) })
    }

    async fn upload(&self, first_sent: Option<Timestamp>) -> Result<String, Halt> {
        self.expect_no_pause(self.claim.published_at.is_some())?;
        crash::at(Step::Uploading);
        // Of what was sent before this says nothing.
        let failed = if first_sent.is_some() { Halt::Doubt } else { Halt::NotPosted };
        let upload = self.platform.upload(self.post).await.map_err(failed)?;
        crash::at(Step::Uploaded);
        match self.note(Progress::Upload(Some(upload.clone()))).await {
            Err(Halt::ClaimLost) => {
                // Nobody else knows of it.
                self.give_up(&upload).await?;
                Err(Halt::ClaimLost)
            }
            noted => noted.map(|()| {
                crash::at(Step::Kept);
                upload
            }),
        }
    }

    /// Calls nobody who has asked for a pause since this attempt began.
    fn expect_no_pause(&self, may_be_posted: bool) -> Result<(), Halt> {
        let until = self.pauses.until(&self.claim.target, self.clock.now());
        until.map_or(Ok(()), |until| Err(Halt::Paused { until, may_be_posted }))
    }

    async fn note(&self, progress: Progress) -> Result<(), Halt> {
        self.store.note(self.claim, &progress).await.map_err(|error| match error {
            StoreError::ClaimLost { .. } => Halt::ClaimLost,
            error => Halt::NotCalled(not_loaded(&error)),
        })
    }
}

/// What an error means of what was not sent before.
fn halt(error: PostError) -> Halt {
    match error {
        PostError::Unknown { .. } => Halt::Doubt(error),
        PostError::Passing { .. } | PostError::Spent { .. } | PostError::Final { .. } => {
            Halt::NotPosted(error)
        }
    }
}

/// How long it is from `now` to `at`; nothing when that was before.
pub(super) fn until(at: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO)
}
