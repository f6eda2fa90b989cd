//! One attempt, step by step: the picture is uploaded, then the post is published.
//!
//! Each step is written in the record before what it leads to is called, so that an attempt after a crash goes on where this
//! one was: a picture that is there is not uploaded again, and what may be posted is not sent again before that is settled.
//! It is settled by looking for the post, or by a platform that knows a repetition when it sees one; if neither can be
//! had, nobody knows, and nothing is sent.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;

use super::pauses::Pauses;
use super::{
    Platform, Post, PostError, Posted, Sighting, discard, may_appear, not_loaded, unless_asked_to_wait,
};
use crate::clock::SharedClock;
use crate::crash::{self, Step};
use crate::store::{Claim, Progress, Store, StoreError};

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
    /// What was sent now was taken, and the platform did not say as which post.
    Taken(PostError),
    /// Nobody can know whether what was sent is posted.
    Unknowable {
        /// Why, for the log.
        detail: String,
        /// Whether the platform was asked: without a way to look, nobody is.
        was_asked: bool,
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
    /// The platform works on the picture, and is to be asked again after this time.
    NotReady {
        /// As it asks, or as we do where it does not.
        wait: Duration,
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

/// What an attempt knows of earlier ones when it sends.
#[derive(Clone, Copy)]
enum Earlier {
    /// They have made no post.
    NoPost,
    /// They may have: sent since then, and sending it again is the same post.
    Same(Timestamp),
    /// They may have, and nobody can tell; whoever asked for it again was told to look there. Until it is sent anew nothing settles
    /// that doubt, and what is refused then does not either.
    Untold {
        /// When it was first sent.
        since: Timestamp,
        /// When it was last.
        at: Timestamp,
        /// When it was taken, if that was said of it.
        taken_at: Option<Timestamp>,
    },
}

impl Earlier {
    fn may_be_posted(self) -> bool {
        !matches!(self, Self::NoPost)
    }

    /// What an error means of which this is certain: what is being sent now is not posted.
    fn not_posted(self, error: PostError) -> Halt {
        if self.may_be_posted() { Halt::Doubt(error) } else { Halt::NotPosted(error) }
    }
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
        let earlier = match self.claim.published_at {
            Some(since) => match self.settled(since).await? {
                Settled::Posted(posted) => return Ok(posted),
                Settled::Not(earlier) => earlier,
            },
            None => Earlier::NoPost,
        };
        // A post that may be there keeps its picture.
        let discards = !earlier.may_be_posted();
        let upload = self.claim.upload.as_deref();
        if upload.is_none()
            && let Some(posted) = self.settle_given_up(discards).await?
        {
            return Ok(posted);
        }
        match (self.publish(upload, earlier).await, upload) {
            // A platform keeps a picture that no post has for a while only.
            (Err(Halt::NotPosted(PostError::Final { .. })), Some(upload)) => {
                self.give_up(upload).await?;
                self.note(Progress::Upload(None)).await?;
                match self.settle_given_up(discards).await? {
                    Some(posted) => Ok(posted),
                    None => self.publish(None, earlier).await,
                }
            }
            (result, _) => result,
        }
    }

    /// What became of a post that was first sent then, as far as it can be had.
    async fn settled(&self, since: Timestamp) -> Result<Settled, Halt> {
        let now = self.clock.now();
        // By a version that writes it down; where others sent it since, they wrote down the first sending only.
        let at = self.claim.sent_at.map_or(since, |at| at.max(since));
        let last_age = until(now, at);
        let upload = self.claim.upload.as_deref();
        let taken_at = self.claim.taken_at;
        let known_for = self.platform.knows_repetitions_for(upload).await;
        let knows_repetitions = taken_at.is_none() && until(now, since) < known_for;
        if knows_repetitions {
            let wait = self.platform.notices_repetitions_after().await.saturating_sub(last_age);
            if !wait.is_zero() {
                return Err(Halt::TooSoonAgain(wait));
            }
            // What it is called by makes it the same, and nobody has to remember anything.
            if known_for == Duration::MAX {
                return Ok(Settled::Not(Earlier::Same(since)));
            }
        }
        // Also where a repetition is known: a server may have trouble with just that (Mastodon answered each with a 500 for a while),
        // so that no number of them would tell.
        self.expect_no_pause(true)?;
        let sighting = match self.platform.find(&self.post.link, since).await {
            Ok(sighting) => sighting,
            // Who may not look may send it again all the same.
            Err(error) if knows_repetitions => {
                unless_asked_to_wait(error).map_err(Halt::Doubt)?;
                return Ok(Settled::Not(Earlier::Same(since)));
            }
            Err(error) => return Err(Halt::Doubt(error)),
        };
        let (detail, was_asked) = match sighting {
            Sighting::There(posted) => return Ok(Settled::Posted(posted)),
            _ if knows_repetitions => return Ok(Settled::Not(Earlier::Same(since))),
            Sighting::NotThere => match (may_appear(self.platform, taken_at.unwrap_or(at), now), taken_at) {
                (Some(wait), _) => return Err(Halt::TooSoon(wait)),
                // Sent again it would be a second one.
                (None, Some(_)) => ("it was taken, and is not shown".to_owned(), true),
                (None, None) => return Ok(Settled::Not(Earlier::NoPost)),
            },
            Sighting::CannotTell { detail } => (detail, true),
            Sighting::NoWay => (NO_WAY_TO_LOOK.to_owned(), false),
        };
        // Whoever asked for it again was told to look there first: nobody else can.
        if self.claim.asked_again_at.is_some_and(|asked| asked > taken_at.unwrap_or(since)) {
            return Ok(Settled::Not(Earlier::Untold { since, at, taken_at }));
        }
        Err(Halt::Unknowable { detail, was_asked })
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
            let place = (&self.claim.share_id, &self.claim.target);
            match discard(self.store.as_ref(), self.platform, place, &upload).await.map_err(not_kept)? {
                Ok(()) => self.store.discarded(self.claim, &upload).await.map_err(not_kept)?,
                Err(error @ PostError::Passing { .. }) => return Err(Halt::NotPosted(error)),
                // It is tried again when the share is deleted.
                Err(error) => {
                    let (Claim { share_id, target, .. }, detail) = (self.claim, error.detail());
                    tracing::warn!(share = %share_id, %target, detail, "a picture is left at the platform");
                }
            }
        }
        Ok(None)
    }

    async fn publish(&self, upload: Option<&str>, earlier: Earlier) -> Result<Posted, Halt> {
        let upload = match upload {
            Some(upload) => upload.to_owned(),
            None => self.upload(earlier).await?,
        };
        self.expect_no_pause(self.claim.published_at.is_some())?;
        match self.platform.ready(&upload).await {
            Ok(None) => {}
            Ok(Some(wait)) => return Err(Halt::NotReady { wait, may_be_posted: earlier.may_be_posted() }),
            // It is in the post that was sent before, and that is found when it is sent again.
            Err(PostError::Final { .. }) if matches!(earlier, Earlier::Same(_)) => {}
            Err(error) => return Err(earlier.not_posted(error)),
        }
        let now = self.clock.now();
        let since = if let Earlier::Same(since) = earlier { since } else { now };
        // Also while it is being written: nobody knows then whether it was.
        self.may_be_posted.store(true, Ordering::Relaxed);
        self.note(Progress::sent_again(since, now)).await?;
        if let Err(paused) = self.expect_no_pause(earlier.may_be_posted()) {
            self.note_untold(earlier).await?;
            return Err(paused);
        }
        crash::at(Step::Publishing);
        if until(self.clock.now(), now) > MAX_STANDSTILL {
            // This process stood still: another may have taken the delivery over, looked for the post, and sent it.
            self.note_untold(earlier).await?;
            return Err(Halt::StoodStill { may_be_posted: earlier.may_be_posted() });
        }
        let posted = self.platform.publish(self.post, &upload).await;
        crash::at(Step::Published);
        if let Err(PostError::Spent { .. }) = posted {
            self.give_up(&upload).await?;
            self.note(Progress::Upload(None)).await?;
        }
        match posted {
            Ok(posted) => Ok(posted),
            Err(error @ PostError::Unknown { .. }) => Err(Halt::Doubt(error)),
            // Before it is looked for: whatever becomes of that, this is written down.
            Err(error @ PostError::Taken { .. }) => Err(Halt::Taken(error)),
            Err(error) => {
                // Of earlier sendings this says nothing.
                self.note_untold(earlier).await?;
                Err(earlier.not_posted(error))
            }
        }
    }

    /// Writes down again that what was sent before may be posted, after what was sent now is not.
    async fn note_untold(&self, earlier: Earlier) -> Result<(), Halt> {
        match earlier {
            Earlier::Untold { since, at, taken_at } => {
                self.note(Progress::Publishing { since, at, taken_at }).await
            }
            Earlier::NoPost | Earlier::Same(_) => Ok(()),
        }
    }

    async fn upload(&self, earlier: Earlier) -> Result<String, Halt> {
        self.expect_no_pause(self.claim.published_at.is_some())?;
        crash::at(Step::Uploading);
        // Of what was sent before this says nothing.
        let upload = self.platform.upload(self.post).await.map_err(|error| earlier.not_posted(error))?;
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

/// What is known of a post that may have been made.
enum Settled {
    /// It was.
    Posted(Posted),
    /// It was not, or is not known to be.
    Not(Earlier),
}

/// Why nobody knows where no platform can be asked.
const NO_WAY_TO_LOOK: &str = "there is no way to look for a post";

/// What an error means of what was not sent before.
fn halt(error: PostError) -> Halt {
    match error {
        PostError::Unknown { .. } | PostError::Taken { .. } => Halt::Doubt(error),
        PostError::Passing { .. } | PostError::Spent { .. } | PostError::Final { .. } => {
            Halt::NotPosted(error)
        }
    }
}

/// How long it is from `now` to `at`; nothing when that was before.
pub(super) fn until(at: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO)
}
