//! Takes clippings to their targets: one connector per platform, one worker that works off the record's queue.
//!
//! To add a platform, write one file with a [`Platform`] in `platforms/` and list it in the table there. A connector
//! answers with what is known: posted, failed for now, failed for good, or unknown; it never guesses, and it never
//! calls any host but its account's server and those of its platform that it is sent to. When and whether to try again
//! is the worker's business, and what an attempt after a crash begins with is that of `steps`. Long, since all connectors and the worker
//! meet in what stands here.

mod account;
mod board;
mod client;
mod codes;
#[cfg(test)]
mod contract;
mod dpop;
mod fake;
#[cfg(test)]
pub(crate) mod fake_nostr;
#[cfg(test)]
pub(crate) mod fake_server;
mod fitting;
mod limits;
mod line;
mod look;
mod oauth1;
mod pauses;
mod places;
pub mod platforms;
mod recording;
mod remover;
mod rest;
mod retry;
mod steps;
mod translation;
mod worker;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use cutline_model::{DeliveryState, Size, Target, TargetId};
use cutline_text::Parts;
use jiff::Timestamp;
use url::Url;

use crate::accounts::Accounts;
use crate::error::with_causes;
use crate::store::{ClippingName, MAX_APPEARING, ShareId, Store, StoreError};

pub use account::{Account, AccountError, Owner, Token, Visibility};
pub use board::Board;
pub(crate) use client::{Answer, Silence, send};
pub use client::{DEFAULT_TIMEOUT, guarded_client, platform_client};
pub(crate) use dpop::ProofKey;
pub use fake::fakes;
pub use limits::{Limits, PictureLimits};
pub use line::Tools;
pub use pauses::Pauses;
pub use remover::{Remover, RemoverParts};
pub use rest::RestPolicy;
pub use retry::RetryPolicy;
pub use translation::translated;
pub(crate) use worker::DRAIN;
pub use worker::{Worker, WorkerParts};

/// What a platform is given.
#[derive(Clone)]
pub struct Post {
    /// The visitor's words; may be empty.
    pub description: String,
    /// What the part shows, for people who cannot see it; may be empty.
    pub alt: String,
    /// Who made the picture and under which terms, in a line; may be empty.
    pub credit: String,
    /// The share page. It stays in the post however short the platform's text must be.
    pub link: String,
    /// The clipping, encoded.
    pub bytes: Bytes,
    /// Its media type, for example `image/jpeg`.
    pub media_type: String,
    /// A plain file name for it.
    pub file_name: String,
    /// Where the clipping can be had as a JPEG of at most 1440 pixels a side, for platforms that fetch pictures themselves.
    pub picture_url: String,
    /// Its size, as displayed.
    pub size: Size,
    /// When the share was accepted: the same for every attempt.
    pub shared_at: Timestamp,
    /// The same for every attempt of one delivery, for platforms that recognise a repetition by it.
    pub idempotency_key: String,
}

impl Post {
    /// Its text for a platform of these limits, as much as fits and nothing but text: the words, the alt text where there is no field
    /// for it, who made the picture, and the link.
    pub(crate) fn text(&self, limits: &Limits) -> String {
        let alt = if limits.alt.is_some() { "" } else { &self.alt };
        let parts = Parts { words: &self.description, alt, credit: &self.credit, link: &self.link };
        parts.fitted(&limits.text)
    }
}

/// What a platform did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Posted {
    /// The post, where the platform tells: an http or https address.
    pub url: Option<String>,
    /// What the platform calls it, to remove it by.
    pub id: Option<String>,
}

/// Whose account it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// What the platform calls it, which stays when it is renamed.
    pub id: String,
    /// What people call it.
    pub name: String,
}

/// What looking for a post that may have been made has shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sighting {
    /// It is there.
    There(Posted),
    /// It is not.
    NotThere,
    /// The platform does not show enough to know, now or later.
    CannotTell {
        /// Why, for the log.
        detail: String,
    },
    /// There is no way to look there: nobody was asked.
    NoWay,
}

/// Why there is no post, or none that we know of. `reason` is for the visitor, `detail` for the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PostError {
    /// Nothing was posted, and another try may succeed.
    #[error("{reason}")]
    Passing {
        /// For the visitor.
        reason: String,
        /// For the log.
        detail: String,
        /// How long the platform asks us to wait.
        retry_after: Option<Duration>,
    },
    /// Nothing was posted, and another try would end the same way unless somebody changes something.
    #[error("{reason}")]
    Final {
        /// For the visitor.
        reason: String,
        /// For the log.
        detail: String,
    },
    /// Nothing was posted, nor will be with the picture that was uploaded: another try must upload it again.
    #[error("{reason}")]
    Spent {
        /// For the visitor.
        reason: String,
        /// For the log.
        detail: String,
    },
    /// The platform has taken the post, and did not say as which: it is looked for from then on, and never sent again by itself.
    #[error("{reason}")]
    Taken {
        /// For the visitor.
        reason: String,
        /// For the log.
        detail: String,
    },
    /// The platform may have posted: trying again blindly could post twice.
    #[error("{reason}")]
    Unknown {
        /// For the visitor.
        reason: String,
        /// For the log.
        detail: String,
    },
}

impl PostError {
    /// What is for the log.
    fn detail(&self) -> &str {
        let (Self::Passing { detail, .. }
        | Self::Final { detail, .. }
        | Self::Spent { detail, .. }
        | Self::Taken { detail, .. }
        | Self::Unknown { detail, .. }) = self;
        detail
    }
}

/// One target and how to post to it.
#[async_trait]
pub trait Platform: Send + Sync {
    /// The target, as visitors see it.
    fn target(&self) -> Target;

    /// Whose account it is, and that it may be used: asked of the server, posting nothing. Nothing where there is no way to ask.
    async fn identify(&self) -> Result<Option<Identity>, PostError> {
        Ok(None)
    }

    /// Asks its server what it takes and what a post must name, before anything is brought there: once it is written down that a post
    /// is sent nothing else is asked. What it does not tell now is an error only where no post can be made without, or where it
    /// asks not to be called.
    async fn prepare(&self) -> Result<(), PostError> {
        Ok(())
    }

    /// What it takes: as its server has told, else as its documentation says.
    async fn limits(&self) -> Limits;

    /// Brings the picture there, where nobody sees it yet; gives what the platform calls it. Never [`PostError::Unknown`].
    async fn upload(&self, post: &Post) -> Result<String, PostError>;

    /// Waits for a moment until the platform can post the picture that it calls `upload`, which is written down by now: nobody
    /// uploads it again because that takes long. Where it takes longer, gives how long it is to be before it is asked again, by
    /// another attempt. Asked by each attempt before it sends. Never [`PostError::Unknown`].
    async fn ready(&self, upload: &str) -> Result<Option<Duration>, PostError> {
        let _ = upload;
        Ok(None)
    }

    /// Posts, with the picture that the platform calls `upload`: the step that cannot be taken back.
    async fn publish(&self, post: &Post, upload: &str) -> Result<Posted, PostError>;

    /// Looks for the post that holds `link`, was sent after `since`, and of which it is not known what became. An error says
    /// that the question can be asked again.
    async fn find(&self, link: &str, since: Timestamp) -> Result<Sighting, PostError> {
        let _ = (link, since);
        Ok(Sighting::NoWay)
    }

    /// How long a post that was sent may take to be seen by [`Platform::find`]: what is not there before that may come.
    fn appears_within(&self) -> Duration {
        MAX_APPEARING
    }

    /// The post in which a picture of an earlier attempt is after all, where the picture itself tells; asked before another is
    /// uploaded for the same delivery. [`PostError::Unknown`] says that it is in one that cannot be found.
    async fn find_by_upload(&self, post: &Post, upload: &str) -> Result<Option<Posted>, PostError> {
        let _ = (post, upload);
        Ok(None)
    }

    /// What it calls a post that was sent under this key, where it takes our name for it: then a post whose answer was lost can
    /// be removed too.
    fn post_of(&self, idempotency_key: &str) -> Option<String> {
        let _ = idempotency_key;
        None
    }

    /// Removes a post; one that is not there any more is removed.
    async fn remove(&self, post_id: &str) -> Result<(), PostError> {
        Err(not_removed_from_here(post_id))
    }

    /// Removes a picture that was uploaded, whether there is a post of it or not; one that is not there any more is removed.
    /// Nothing to do where there is none without its post, and where it goes by itself or can be had by nobody.
    async fn discard(&self, upload: &str) -> Result<(), PostError> {
        let _ = upload;
        Ok(())
    }

    /// What all uploads of an equal picture hold, where the platform keeps equal pictures once: none is discarded that another share
    /// is about to be posted with.
    fn kept_once(&self, upload: &str) -> Option<String> {
        let _ = upload;
        None
    }

    /// For how long after a post was first sent sending it again makes no second one. Its picture is what the platform calls `upload`,
    /// which may tell as whom it was sent, where another would make a second one.
    async fn knows_repetitions_for(&self, upload: Option<&str>) -> Duration {
        let _ = upload;
        Duration::ZERO
    }

    /// How long after a post was sent the platform is certain to see that it is sent again, where it writes that down last of all: a
    /// repetition while the first is being worked on would be a second post.
    async fn notices_repetitions_after(&self) -> Duration {
        Duration::ZERO
    }

    /// Its server's name, where an outage of the server is one for its other accounts too; the target's own otherwise.
    fn server(&self) -> String {
        self.target().id.to_string()
    }

    /// What a new delivery begins as: queued, unless being in the record is the post itself.
    fn first_state(&self) -> DeliveryState {
        DeliveryState::Queued
    }
}

/// What a visitor can do when nobody knows whether a post was made.
const LOOK_FIRST: &str = "Look there first; if it is not there, try again.";

/// What a visitor reads of a platform whose answer was lost.
fn did_not_say(name: &str) -> String {
    format!("{name} did not say whether it took the post. {LOOK_FIRST}")
}

/// What a visitor reads of a post where no program may remove any.
const NOT_FROM_HERE: &str = "Posts there cannot be removed from here. Remove it there.";

/// Why a post is not removed where no program may do that: nobody was asked.
fn not_removed_from_here(post_id: &str) -> PostError {
    let detail = format!("there is no way to remove {post_id}");
    PostError::Final { reason: NOT_FROM_HERE.to_owned(), detail }
}

/// What a visitor reads of an account of theirs that its server refuses.
pub const CONNECT_AGAIN: &str = "This account must be connected again, under “My accounts”; then try again.";

/// Whether this is what a visitor reads of such an account; the server's own words may stand behind.
pub(crate) fn is_to_connect_again(reason: &str) -> bool {
    reason.starts_with(CONNECT_AGAIN)
}

/// What a visitor reads of an account of theirs that this site has no more.
pub(crate) const NOT_CONNECTED: &str = "This account is no longer connected to this site.";

/// After how long what could not be done here is tried again.
pub(crate) const OWN_PAUSE: Duration = Duration::from_secs(2);

/// What could not be read or written here at the moment. It is not the platform's fault nor the delivery's, so it costs no
/// attempt, and it goes on as soon as that is over. What does not pass by itself costs one, so that it comes to an end.
pub(crate) fn not_loaded(error: &StoreError) -> PostError {
    not_read(error, error.passes())
}

fn not_read(error: &dyn std::error::Error, passes: bool) -> PostError {
    let reason = "This server could not read or write what it keeps at the moment.".to_owned();
    PostError::Passing { reason, detail: with_causes(error), retry_after: passes.then_some(OWN_PAUSE) }
}

/// How long what is missing here is waited for, from when it was asked for, and how often it is looked for.
const MAX_MISSING: Duration = Duration::from_secs(600);
const MISSING_PACE: Duration = Duration::from_secs(20);

/// What is missing here may come, or be there for another process: a folder that is being mounted or restored, a target that is new
/// in the configuration while processes are started again one by one. It costs no attempt; after a while it is `gone`.
fn missing(age: Duration, meanwhile: &str, gone: PostError) -> PostError {
    awaited(age < MAX_MISSING, MISSING_PACE, meanwhile, gone)
}

fn awaited(may_come: bool, pace: Duration, meanwhile: &str, gone: PostError) -> PostError {
    match gone {
        PostError::Final { detail, .. } if may_come => {
            PostError::Passing { reason: meanwhile.to_owned(), detail, retry_after: Some(pace) }
        }
        gone => gone,
    }
}

/// A target that this process does not know; `reason` is what a visitor reads in the end.
fn no_target(age: Duration, reason: String) -> PostError {
    let detail = "the target is not configured".to_owned();
    missing(age, "This server does not know the target at the moment.", PostError::Final { reason, detail })
}

/// Removes a picture that was uploaded for `share`, unless another waits for it.
async fn discard(
    store: &dyn Store,
    platform: &dyn Platform,
    (share, target): (&ShareId, &TargetId),
    upload: &str,
) -> Result<Result<(), PostError>, StoreError> {
    if let Some(part) = platform.kept_once(upload)
        && store.is_upload_awaited(target, share, &part).await?
    {
        // It goes with that one.
        return Ok(Ok(()));
    }
    Ok(platform.discard(upload).await)
}

/// An account that is sealed under a key which this process does not have: another has it already while the key is changed. What was
/// asked for long before that, and waits for another reason, is not gone at the first look, so it is tried for nearly as long as anything;
/// the longer it takes, the more seldom, since all accounts of the site may wait like that.
fn no_key(age: Duration, max_age: Duration, gone: PostError) -> PostError {
    let (longest, pace) = (max_age / 10 * 9, MISSING_PACE.max(age / 20));
    awaited(age < longest, pace, "This server cannot open the account at the moment.", gone)
}

/// The address of a share's page, which every post of it holds.
fn page_of(public_url: &Url, share: &ShareId) -> String {
    format!("{}/s/{share}", public_url.as_str().trim_end_matches('/'))
}

/// The address of a clipping as a JPEG that is not too large for anybody (`/iiif/3`).
fn picture_of(public_url: &Url, clipping: &ClippingName) -> String {
    format!("{}/iiif/3/{clipping}/full/!1440,1440/0/default.jpg", public_url.as_str().trim_end_matches('/'))
}

/// Why a target cannot be had, now or ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NotOpened {
    /// For a reason of our own.
    Here(PostError),
    /// What opens it is not here, but may be where another process was started again before this one; with what it is when that does
    /// not come here for too long.
    Missing(PostError),
    /// Its account's server was asked for new access to it, and gave none.
    Asked(PostError),
}

impl NotOpened {
    /// The reason alone.
    pub(crate) fn into_inner(self) -> PostError {
        match self {
            Self::Here(error) | Self::Asked(error) => error,
            // Whoever opens it the next time knows for how long.
            Self::Missing(gone) => no_key(Duration::ZERO, Duration::MAX, gone),
        }
    }
}

impl From<PostError> for NotOpened {
    fn from(error: PostError) -> Self {
        Self::Here(error)
    }
}

/// Longest time between two looks for a post that may still appear.
const LOOKING_PACE: Duration = Duration::from_secs(60);

/// After how long a post that was sent last `at`, and is not there, is to be looked for again; nothing when it would be there by now.
fn may_appear(platform: &dyn Platform, at: Timestamp, now: Timestamp) -> Option<Duration> {
    let left = platform.appears_within().saturating_sub(steps::until(now, at));
    (!left.is_zero()).then(|| left.min(LOOKING_PACE))
}

/// What a visitor reads while a post that may be there is looked for.
const LOOKING: &str = "It is not known whether the post was made; it is looked for again in a minute.";

/// What an error that only says whether a server may be called now means where all that it could tell is known otherwise.
fn unless_asked_to_wait(error: PostError) -> Result<(), PostError> {
    match error {
        PostError::Passing { retry_after: Some(_), .. } => Err(error),
        _ => Ok(()),
    }
}

/// The site's targets, in the order shown, and those of visitors.
#[derive(Clone, Default)]
pub struct Platforms {
    own: Arc<[Arc<dyn Platform>]>,
    visitors: Option<Accounts>,
}

/// Two accounts have the same target id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the target {0} is configured twice")]
pub struct DuplicateTarget(pub TargetId);

impl Platforms {
    /// The targets of a site; each id once.
    pub fn new(platforms: Vec<Arc<dyn Platform>>) -> Result<Self, DuplicateTarget> {
        let mut ids = std::collections::HashSet::new();
        for platform in &platforms {
            let id = platform.target().id;
            if !ids.insert(id.clone()) {
                return Err(DuplicateTarget(id));
            }
        }
        Ok(Self { own: platforms.into(), visitors: None })
    }

    /// With the accounts of visitors.
    #[must_use]
    pub fn with_visitors(self, visitors: Option<Accounts>) -> Self {
        Self { visitors, ..self }
    }

    /// What the visitor may choose from.
    #[must_use]
    pub fn targets(&self) -> Vec<Target> {
        self.own.iter().map(|platform| platform.target()).collect()
    }

    /// What visitors know a target by: the id of an account of theirs would tell nobody anything.
    fn named(&self, target: &TargetId) -> String {
        let own = self.get(target).map(|platform| platform.target().name);
        let visitors = || {
            target
                .visitors_account()
                .and_then(|_| platforms::platform(target.platform()))
                .map(|entry| entry.title.to_owned())
        };
        own.or_else(visitors).unwrap_or_else(|| target.to_string())
    }

    /// The server's name of a target; of one that the site no longer has, the target's own.
    async fn server(&self, target: &TargetId) -> String {
        let found = match (target.visitors_account(), &self.visitors) {
            (Some(account), Some(visitors)) => visitors.server(account).await,
            _ => self.get(target).map(|platform| platform.server()),
        };
        found.unwrap_or_else(|| target.to_string())
    }

    /// The platform of a target; nothing when the site has no such target.
    #[must_use]
    pub fn get(&self, target: &TargetId) -> Option<&Arc<dyn Platform>> {
        self.own.iter().find(|platform| platform.target().id == *target)
    }

    /// The same, for whoever posts: of visitors' targets too, and nothing where this program knows none of their kind. An error
    /// says why that cannot be had, now or ever.
    async fn open(&self, target: &TargetId) -> Result<Option<Arc<dyn Platform>>, NotOpened> {
        match (target.visitors_account(), &self.visitors) {
            (Some(account), Some(visitors)) => visitors.platform(target, account).await,
            (Some(_), None) => Ok(None),
            (None, _) => Ok(self.get(target).cloned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_configured_twice_is_refused() {
        let twice = Platforms::new(vec![Arc::new(Board), Arc::new(Board)]);
        assert_eq!(twice.err(), Some(DuplicateTarget(Board.target().id)));
    }

    #[test]
    fn a_clippings_picture_has_an_address_of_its_own() {
        let name = ClippingName::new(&"0f".repeat(32), "png").expect("a name");
        let site = "https://share.example/".parse().expect("an address");
        let expected =
            format!("https://share.example/iiif/3/{}.png/full/!1440,1440/0/default.jpg", "0f".repeat(32));
        assert_eq!(picture_of(&site, &name), expected);
    }

    #[test]
    fn visitors_know_a_target_by_its_name() {
        let platforms = Platforms::new(vec![Arc::new(Board)]).expect("one target");
        let of_visitor = TargetId::of_visitors_account("discord", "0000000000000000").expect("a target");
        for (target, name) in [
            (Board.target().id, Board.target().name),
            (of_visitor, "Discord".to_owned()),
            (TargetId::parse("gone:x").expect("a target"), "gone:x".to_owned()),
        ] {
            assert_eq!(platforms.named(&target), name);
        }
    }

    #[test]
    fn only_the_board_begins_as_posted() {
        let platforms = Platforms::new(vec![Arc::new(Board)]).expect("one target");
        let board = platforms.get(&Board.target().id).expect("the board");
        assert_eq!(board.first_state(), DeliveryState::Posted);
        assert!(platforms.get(&TargetId::parse("mastodon:a@b").expect("a target")).is_none());
    }
}
