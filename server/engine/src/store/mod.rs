//! The record: shares, their deliveries and the attempts made, and the clippings' bytes.
//!
//! Accepted means kept: a share, its deliveries and its idempotency key are written in one transaction, after its
//! clipping is durable. The same table is the queue that `deliver` works off, so that nothing can be accepted and not
//! queued. Invariants: whatever is `sending` has an open attempt row and a lease, and the moment from which on the post may
//! exist is written before the platform is called. Long, since one trait is all that the rest of the program knows of it.

mod accounts;
mod changes;
mod claims;
mod clipping_removal;
mod clippings;
#[cfg(test)]
pub(crate) mod conformance;
mod cursor;
mod database;
mod deletion;
mod discards;
mod failures;
mod forgetting;
mod id;
mod migrations;
mod patience;
mod postgres;
mod random;
mod rest;
mod rows;
mod scripts;
mod sqlite;
mod statements;
pub mod transfer;

use async_trait::async_trait;
use cutline_model::{Credit, DeliveryState, DeliveryStep, Region, Size, TargetId};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use crate::clock::SteadyClock;

pub use accounts::{
    AccountRecord, AccountState, AccountStore, RegistrationRecord, Sealed, SealedPlace, SharedWith,
    SignInRecord, VisitorRecord,
};
pub use changes::{Changes, Follower};
pub use clipping_removal::Hold;
pub(crate) use clipping_removal::{remove_clipping, remove_unneeded};
pub use clippings::{ClippingError, ClippingName, Clippings, S3Keys, S3Settings};
pub use cursor::{BoardCursor, BoardCursorError};
pub use database::{DatabaseUrl, DatabaseUrlError};
pub(crate) use deletion::MAX_APPEARING;
pub use deletion::{Deleted, Removal, RemovalOutcome, RemovalRecord};
pub use failures::StoreError;
pub use id::{ShareId, ShareIdError};
pub use migrations::Migrated;
pub use postgres::{PostgresStore, PostgresUrl, PostgresUrlError};
pub use random::{Counting, RandomSource, SharedRandom, SystemRandom};
pub use rest::{Rest, Rested};
pub use scripts::Scripts;
pub use sqlite::SqliteStore;

/// How long a repeated request is recognised by its idempotency key.
pub const IDEMPOTENCY_HOURS: i64 = 24;

/// How long a claim holds, unless it is renewed: then whoever looks next may take over.
pub const LEASE: SignedDuration = SignedDuration::from_secs(60);

/// Most deliveries to one target that are under way at once, in all processes.
pub const MAX_PER_TARGET: u32 = 4;

/// What a visitor reads about a delivery that a crash interrupted, until it goes on.
pub const INTERRUPTED: &str = "The server stopped while it was posting; it will go on where it was.";

/// The reason of deliveries that waited for longer than they are tried.
pub const TOO_OLD: &str = "It would take longer than a day.";

/// The same of those that may be posted.
pub const TOO_OLD_AND_UNKNOWN: &str = "It did not become known within a day whether the post was made. Look there first; if it is not there, try again.";

/// A share and its deliveries, which are told differently before and after it is in the record; times are kept to the
/// millisecond.
#[derive(Clone, Debug, PartialEq)]
pub struct ShareWith<Delivery> {
    /// Names it.
    pub id: ShareId,
    /// When it is accepted: its deliveries are due from then on.
    pub created_at: Timestamp,
    /// Address of the whole picture.
    pub image_url: String,
    /// Address of the page that showed it.
    pub page_url: Option<String>,
    /// That page's title.
    pub page_title: Option<String>,
    /// What that page's site calls itself.
    pub site_name: Option<String>,
    /// Size of the whole picture, upright.
    pub source_size: Size,
    /// The part of it.
    pub region: Region,
    /// The visitor's words; may be empty.
    pub description: String,
    /// What the part shows; may be empty.
    pub alt: String,
    /// Who made the picture.
    pub credit: Credit,
    /// The part that was cut out, stored already.
    pub clipping: StoredClipping,
    /// One for each target, in the order asked for.
    pub deliveries: Vec<Delivery>,
}

/// A share that is accepted now.
pub type NewShare = ShareWith<NewDelivery>;

/// A share as the record has it.
pub type ShareRecord = ShareWith<DeliveryRecord>;

impl NewShare {
    /// What the record has of it once it is in there.
    #[must_use]
    pub fn into_record(self) -> ShareRecord {
        let created_at = self.created_at;
        let delivery = |NewDelivery { target, state, url }| DeliveryRecord {
            target,
            state,
            url,
            reason: None,
            attempts: 0,
            due_at: (state == DeliveryState::Queued).then_some(created_at),
            step: None,
        };
        ShareRecord {
            deliveries: self.deliveries.into_iter().map(delivery).collect(),
            id: self.id,
            created_at,
            image_url: self.image_url,
            page_url: self.page_url,
            page_title: self.page_title,
            site_name: self.site_name,
            source_size: self.source_size,
            region: self.region,
            description: self.description,
            alt: self.alt,
            credit: self.credit,
            clipping: StoredClipping { removals: 0, ..self.clipping },
        }
    }
}

/// A clipping whose bytes are durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredClipping {
    /// SHA-256 of its bytes, 64 hexadecimal digits in lower case.
    pub hash: String,
    /// The file name's ending, for example `jpg`.
    pub extension: String,
    /// Media type, for example `image/jpeg`.
    pub media_type: String,
    /// Its size in pixels.
    pub size: Size,
    /// Its length in bytes.
    pub bytes: u64,
    /// How often one of that name had been removed when these bytes were stored: whoever commits a share with it learns whether
    /// it was since. Of no meaning once it is in the record.
    pub removals: i64,
}

/// A delivery of a share that is accepted now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDelivery {
    /// Where to.
    pub target: TargetId,
    /// `Posted` for the board, which is the record itself; `Queued` for all others.
    pub state: DeliveryState,
    /// The post, where it is made already.
    pub url: Option<String>,
}

/// How far one delivery is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryRecord {
    /// Where to.
    pub target: TargetId,
    /// How far it is.
    pub state: DeliveryState,
    /// The post on the platform, once posted and where the platform tells.
    pub url: Option<String>,
    /// Why it failed or waits, in words for the visitor.
    pub reason: Option<String>,
    /// Attempts since it was accepted, or since the visitor last asked for another try, but for those after which the
    /// platform asked for a pause.
    pub attempts: u32,
    /// When its turn comes, while it is queued.
    pub due_at: Option<Timestamp>,
    /// What is done of it already, while it is under way.
    pub step: Option<DeliveryStep>,
}

/// What a client names a request by, so that sending it twice makes one share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idempotency {
    /// The client's key.
    pub key: String,
    /// A hash of the request, to tell a repetition from a reused key.
    pub request_hash: String,
}

/// What became of a share that was to be inserted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inserted {
    /// It is in the record.
    Created,
    /// The same request was accepted before, as this share.
    Existing(ShareId),
    /// The same request was accepted before, as a share that was deleted since.
    Deleted,
    /// The key was used for another request.
    Conflict,
}

/// A delivery that one worker holds; it is `sending` until [`Store::finish`], or until its lease ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The attempt row, written already.
    pub attempt_id: i64,
    /// Which share.
    pub share_id: ShareId,
    /// Where to.
    pub target: TargetId,
    /// Which attempt this is since the last request of the visitor, counted from 1; those after which the platform asked for a
    /// pause are not counted.
    pub attempt: u32,
    /// How many attempts in a row before this one were broken off because their process ended.
    pub broken_off: u32,
    /// When it was accepted, or the visitor last asked for it again.
    pub asked_at: Timestamp,
    /// When the visitor last asked for it again, who was told to look for the post first.
    pub asked_again_at: Option<Timestamp>,
    /// What the platform calls the picture, if an earlier attempt brought it there.
    pub upload: Option<String>,
    /// Since when the post may be there: an earlier attempt sent it, and what became of that is not known.
    pub published_at: Option<Timestamp>,
    /// When it was last sent then.
    pub sent_at: Option<Timestamp>,
    /// When the platform said that it took it, without saying as which post.
    pub taken_at: Option<Timestamp>,
}

/// How tests damage what is kept of a share.
#[cfg(test)]
const DAMAGES: [&str; 3] = [
    "UPDATE delivery SET asked_at = -9223372036854775807 WHERE share_id = $1",
    "UPDATE removal SET sent_at = -9223372036854775807 WHERE share_id = $1",
    "UPDATE discard SET asked_at = -9223372036854775807 WHERE share_id = $1",
];

/// How far an attempt has come: written while it is made, for the one after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// What the platform calls the picture that it has; nothing when it has it no more.
    Upload(Option<String>),
    /// From now on the post may be there.
    Publishing {
        /// When it was first sent.
        since: Timestamp,
        /// When it is sent this time.
        at: Timestamp,
        /// When the platform said that it took what was sent, if it did: nothing of what is sent only now.
        taken_at: Option<Timestamp>,
    },
}

impl Progress {
    /// The post is sent now, of which one may be there since then.
    pub(crate) fn sent_again(since: Timestamp, at: Timestamp) -> Self {
        Self::Publishing { since, at, taken_at: None }
    }

    /// The post is sent for the first time.
    #[cfg(test)]
    pub(crate) fn sent_first(at: Timestamp) -> Self {
        Self::sent_again(at, at)
    }
}

/// Whose claims are taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Abandoned {
    /// All: nobody else works on this record.
    All,
    /// Those whose lease has ended.
    Expired,
}

impl Claim {
    /// What a platform can recognise this delivery by: the same for every attempt, different for every other delivery.
    #[must_use]
    pub fn idempotency_key(&self) -> String {
        idempotency_key(&self.share_id, &self.target)
    }
}

impl Removal {
    /// What the platform could recognise the post by when it was sent: [`Claim::idempotency_key`] of its delivery.
    #[must_use]
    pub fn idempotency_key(&self) -> String {
        idempotency_key(&self.share_id, &self.target)
    }
}

fn idempotency_key(share: &ShareId, target: &TargetId) -> String {
    let digest = Sha256::digest(format!("{share} {target}"));
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// What of a share is to be sent once more: by default what failed, to all targets.
#[derive(Clone, Copy, Debug, Default)]
pub struct Again<'a> {
    /// Not only what failed, but also what may have been posted.
    pub unknown_too: bool,
    /// To this target alone; to all without.
    pub target: Option<&'a TargetId>,
}

impl Again<'_> {
    /// Whatever can be.
    pub const EVERYTHING: Self = Self { unknown_too: true, target: None };
}

/// What came of one attempt; reasons are words for the visitor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The platform has it.
    Posted {
        /// The post, where the platform tells.
        url: Option<String>,
        /// What the platform calls it.
        post_id: Option<String>,
    },
    /// A passing failure: its turn comes again.
    Retry {
        /// Not before then.
        at: Timestamp,
        /// Why.
        reason: String,
        /// Whether the platform asked for the wait: then the attempt does not count.
        is_asked: bool,
        /// Whether what this or an earlier attempt sent may have been posted, so that the next has to look first.
        may_be_posted: bool,
    },
    /// The platform has taken what was sent, and did not say as which post: it is looked for. That costs no attempt.
    Taken {
        /// Not before then.
        look_at: Timestamp,
        /// What a visitor reads meanwhile.
        reason: String,
    },
    /// It ended without a post.
    Failed {
        /// Why.
        reason: String,
    },
    /// The platform was called and nobody knows what it did.
    Unknown {
        /// Why.
        reason: String,
    },
}

/// The earliest delivery that waits for one target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Where to.
    pub target: TargetId,
    /// When its turn comes, or came.
    pub at: Timestamp,
}

/// The record. One implementation per database; all pass the same conformance suite.
#[async_trait]
pub trait Store: AccountStore {
    /// Writes `share`, its deliveries and its key in one transaction, unless the key is known; or its clipping is being removed,
    /// or was since it was stored ([`StoreError::ClippingHeld`], [`StoreError::ClippingRemoved`]).
    async fn insert(
        &self,
        share: &NewShare,
        idempotency: Option<&Idempotency>,
    ) -> Result<Inserted, StoreError>;

    /// What an earlier request with this key became; nothing when there was none in the last 24 hours. Asked before
    /// the work is done; [`Store::insert`] decides.
    async fn by_key(&self, idempotency: &Idempotency, now: Timestamp)
    -> Result<Option<Inserted>, StoreError>;

    /// One share.
    async fn share(&self, id: &ShareId) -> Result<Option<ShareRecord>, StoreError>;

    /// At most `count` shares that are posted to the board, newest first, starting after `before`.
    async fn board(&self, before: Option<&BoardCursor>, count: u32) -> Result<Vec<ShareRecord>, StoreError>;

    /// At most `count` deliveries to `target` that are due, longest waiting first, as long as no more than
    /// [`MAX_PER_TARGET`] are under way to it, in all processes. They are `sending` from now on, each with its attempt row; no
    /// delivery is handed out twice. By target, so that a slow platform starves no other. Not among them are suspects.
    async fn claim(&self, target: &TargetId, now: Timestamp, count: u32) -> Result<Vec<Claim>, StoreError>;

    /// The same for one suspect: a delivery of which two attempts in a row were broken off because their process ended, so that
    /// it may be what ends them. Whoever makes its attempt makes that of no other suspect meanwhile.
    async fn claim_suspect(&self, target: &TargetId, now: Timestamp) -> Result<Option<Claim>, StoreError>;

    /// Writes how far a claimed delivery is; refused when the claim is lost, so that nothing is sent for it any more.
    async fn note(&self, claim: &Claim, progress: &Progress) -> Result<(), StoreError>;

    /// Writes down a picture that the delivery of this claim, lost or not, will not be posted with. It is to be removed before
    /// another is uploaded for it, or with its share.
    async fn give_up(&self, claim: &Claim, upload: &str, now: Timestamp) -> Result<(), StoreError>;

    /// The pictures that the delivery of this claim has given up and that are not removed yet.
    async fn given_up(&self, claim: &Claim) -> Result<Vec<String>, StoreError>;

    /// Says that such a picture is removed.
    async fn discarded(&self, claim: &Claim, upload: &str) -> Result<(), StoreError>;

    /// Holds these claims for another [`LEASE`]; those that are lost stay lost.
    async fn renew(&self, claims: &[Claim], now: Timestamp) -> Result<(), StoreError>;

    /// Writes what came of a claimed delivery. If it was posted and the claim is lost, that is still written: over what only waits or
    /// is not known or had failed, and if its share was deleted meanwhile the removal learns what the platform calls the post.
    async fn finish(&self, claim: &Claim, outcome: &Outcome, now: Timestamp) -> Result<(), StoreError> {
        self.finish_and_rest(claim, outcome, None, now).await
    }

    /// The same, and leaves alone who asked for it, all at once: what is written of a wait must not outlive the reason for it.
    async fn finish_and_rest(
        &self,
        claim: &Claim,
        outcome: &Outcome,
        asked: Option<&Rest>,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// For each target that something waits for: when the first is due. Includes targets that the site no longer has.
    async fn next_due(&self) -> Result<Vec<Due>, StoreError>;

    /// Everybody who is left alone, or was: read with [`Store::next_due`].
    async fn rests(&self) -> Result<Vec<Rest>, StoreError>;

    /// Leaves somebody alone, for all processes; never for less long than was said before.
    async fn rest(&self, rest: &Rest, now: Timestamp) -> Result<(), StoreError>;

    /// Takes the turn to try a server whose rest is over, for one [`LEASE`]; says whether it was to be had: of several processes
    /// one tries.
    async fn try_server(&self, name: &str, now: Timestamp) -> Result<bool, StoreError>;

    /// Ends somebody's rest.
    async fn end_rest(&self, of: &Rested) -> Result<(), StoreError>;

    /// Queues `what` of a share again, due now, with all its attempts; says how many that were.
    async fn retry(&self, id: &ShareId, what: Again<'_>, now: Timestamp) -> Result<u64, StoreError>;

    /// Queues what a crash left `sending`, due now, with [`INTERRUPTED`] as the reason; says how many that were. How far it
    /// was stays written, and the attempt counts.
    async fn recover(&self, abandoned: Abandoned, now: Timestamp) -> Result<u64, StoreError>;

    /// Ends what waits for `target` and was due before `moment`, as [`TOO_OLD`] or, where a post may be there, as
    /// [`TOO_OLD_AND_UNKNOWN`]. Some of it, if it is much; says how many deliveries that were.
    async fn end_old(&self, target: &TargetId, moment: Timestamp) -> Result<u64, StoreError>;

    /// Deletes a share; nothing when there is none. What is queued is cancelled, and a removal is queued for each post that
    /// is on a platform or may be, and for each picture there. Its key and everything else about it goes, but for the fact that it was.
    async fn delete(&self, id: &ShareId, now: Timestamp) -> Result<Option<Deleted>, StoreError>;

    /// Queues again what could not be removed of a deleted share, due now, with all its attempts; says how many that were.
    async fn remove_again(&self, id: &ShareId, now: Timestamp) -> Result<u64, StoreError>;

    /// Whether a share was deleted.
    async fn is_deleted(&self, id: &ShareId) -> Result<bool, StoreError>;

    /// Whether any share has this clipping.
    async fn is_clipping_needed(&self, name: &ClippingName) -> Result<bool, StoreError>;

    /// How often this clipping was removed: asked before it is stored, for [`StoredClipping::removals`].
    async fn clipping_removals(&self, name: &ClippingName) -> Result<i64, StoreError>;

    /// Holds a clipping for one [`LEASE`] to remove it, unless a share has it: none will be committed with it meanwhile.
    async fn hold_clipping(&self, name: &ClippingName, now: Timestamp) -> Result<Hold, StoreError>;

    /// Ends the hold that was the removal of this number.
    async fn release_clipping(
        &self,
        name: &ClippingName,
        removal: i64,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Clippings of deleted shares that are to be removed now, if no other share has them, with those shares; some of them, if
    /// they are many.
    async fn clippings_to_remove(&self, now: Timestamp) -> Result<Vec<(ShareId, ClippingName)>, StoreError>;

    /// Says that the clipping of this deleted share is removed.
    async fn clipping_removed(&self, id: &ShareId) -> Result<(), StoreError>;

    /// Lets the clipping of this deleted share wait, so that it does not hide those after it.
    async fn clipping_waits(&self, id: &ShareId, until: Timestamp) -> Result<(), StoreError>;

    /// How far the removals of a deleted share are.
    async fn removals(&self, id: &ShareId) -> Result<Vec<RemovalRecord>, StoreError>;

    /// Whether another share waits to be posted to this target, or is being posted, with an upload that holds `part`.
    async fn is_upload_awaited(
        &self,
        target: &TargetId,
        share: &ShareId,
        part: &str,
    ) -> Result<bool, StoreError>;

    /// A removal at `target` that is due, held for one [`LEASE`].
    async fn claim_removal(&self, target: &TargetId, now: Timestamp) -> Result<Option<Removal>, StoreError>;

    /// Writes what came of a removal.
    async fn finish_removal(&self, removal: &Removal, outcome: &RemovalOutcome) -> Result<(), StoreError> {
        self.finish_removal_and_rest(removal, outcome, None).await
    }

    /// The same, and leaves alone who asked for it, all at once.
    async fn finish_removal_and_rest(
        &self,
        removal: &Removal,
        outcome: &RemovalOutcome,
        asked: Option<&Rest>,
    ) -> Result<(), StoreError>;

    /// Ends the removals at `target` that are due and were asked for before `asked_by`, for this reason. Some of them, if they are
    /// many; says how many that were.
    async fn end_old_removals(
        &self,
        target: &TargetId,
        asked_by: Timestamp,
        now: Timestamp,
        reason: &str,
    ) -> Result<u64, StoreError>;

    /// For each target that a removal waits for: when the first is due.
    async fn due_removals(&self) -> Result<Vec<Due>, StoreError>;

    /// The secret of this name that all processes of the site share: `fresh`, unless there is one.
    async fn secret(&self, name: &str, fresh: &[u8]) -> Result<Vec<u8>, StoreError>;

    /// The time that this record goes by, whatever is done to the machine's clock: of the database's server, where several
    /// processes must agree; else the machine's when the record was opened, counted on. What waits, is held or has an age is
    /// judged by it.
    fn clock(&self) -> SteadyClock;

    /// Writes into a share's deliveries, or into what is to be removed of it, what no version does.
    #[cfg(test)]
    async fn damage(&self, id: &ShareId) -> Result<(), StoreError>;

    /// How many attempts at a share's deliveries are written down.
    #[cfg(test)]
    async fn attempts(&self, id: &ShareId) -> Result<i64, StoreError>;

    /// Forgets what was kept for a while: keys of requests, removals that were done, the names of shares that were deleted long ago.
    /// Some of it, if it is much; says how many rows that were.
    async fn forget(&self, now: Timestamp) -> Result<u64, StoreError>;

    /// Where changes of the record are heard: those that this process makes and, where several work on one record, those of
    /// the others.
    fn changes(&self) -> &Changes;

    /// Waits for what runs, then lets go of the database.
    async fn close(&self);
}
