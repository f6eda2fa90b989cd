//! What came of an attempt: what it says of the platform, what it means for the delivery, and how that is written down.

use std::ops::ControlFlow;
use std::time::Duration;

use cutline_model::DeliveryState;
use jiff::Timestamp;

use super::WorkerParts;
use crate::deliver::recording::recorded;
use crate::deliver::rest::Heard;
use crate::deliver::steps::{Halt, until};
use crate::deliver::{LOOKING, PostError, Posted, did_not_say};
use crate::store::{Claim, INTERRUPTED, Outcome, Rest, StoreError, TOO_OLD};

/// For how long, once a second, it is tried to write down a post of which somebody else holds the delivery: until whoever that is has
/// made its attempt, which finds the post, or not.
const LATE_TRIES: u32 = 70;

/// How long after a platform took a post without a name it is looked for first: most are there within seconds.
const FIRST_LOOK: Duration = Duration::from_secs(5);

/// What a visitor reads where it is sent again, as the same one.
const REPEATING: &str =
    "It is not known whether the post was made; it is sent again in a minute, as the same post.";

/// What an answer says of the platform itself, if it answered.
pub(super) fn heard(posted: &Result<Posted, Halt>, now: Timestamp, longest: Duration) -> Option<Heard> {
    match posted {
        // Who works on a picture works.
        Ok(_)
        | Err(
            Halt::TooSoon(_)
            | Halt::Taken(_)
            | Halt::Unknowable { was_asked: true, .. }
            | Halt::NotReady { .. },
        ) => Some(Heard::Works),
        Err(
            Halt::ClaimLost
            | Halt::NotCalled(_)
            | Halt::Unknowable { was_asked: false, .. }
            | Halt::Paused { .. }
            | Halt::StoodStill { .. }
            | Halt::TooSoonAgain(_),
        ) => None,
        Err(Halt::NotPosted(error) | Halt::Doubt(error)) => Some(Heard::of(error, now, longest)),
    }
}

/// What a failure means for the delivery, if that is still ours to say; logged here, the one place where it is handled.
pub(super) fn outcome(parts: &WorkerParts, claim: &Claim, halt: Halt) -> Option<Outcome> {
    let Claim { share_id, target, attempt, .. } = claim;
    let now = parts.clock.now();
    let named = || parts.platforms.named(target);
    let (error, may_be_posted) = match halt {
        Halt::NotPosted(error) => (error, false),
        Halt::Doubt(error) => (error, true),
        Halt::NotCalled(error) => (error, claim.published_at.is_some()),
        Halt::NotReady { wait, may_be_posted } => {
            let reason = format!("{} still works on the picture.", named());
            let detail = format!("it is not to be asked before {wait:?}");
            (PostError::Passing { reason, detail, retry_after: Some(wait) }, may_be_posted)
        }
        Halt::TooSoon(wait) => return Some(waits_in_doubt(now, wait, LOOKING)),
        Halt::Taken(error) => {
            let detail = error.detail();
            tracing::info!(share = %share_id, %target, attempt, detail, "taken, and not told as which post: {error}");
            let look_at = now.checked_add(FIRST_LOOK).unwrap_or(now);
            return Some(Outcome::Taken { look_at, reason: LOOKING.to_owned() });
        }
        Halt::TooSoonAgain(wait) => return Some(waits_in_doubt(now, wait, REPEATING)),
        Halt::Paused { until, may_be_posted } => {
            let reason = format!("{} asked not to be called for a while.", named());
            return Some(Outcome::Retry { at: until, reason, is_asked: true, may_be_posted });
        }
        Halt::StoodStill { may_be_posted } => {
            let reason = INTERRUPTED.to_owned();
            return Some(Outcome::Retry { at: now, reason, is_asked: true, may_be_posted });
        }
        Halt::Unknowable { detail, .. } => {
            tracing::warn!(share = %share_id, %target, attempt, detail, "nobody knows whether it is posted");
            return Some(Outcome::Unknown { reason: did_not_say(&named()) });
        }
        Halt::ClaimLost => {
            tracing::warn!(share = %share_id, %target, attempt, "another has it now, or the share was deleted");
            return None;
        }
    };
    let detail = error.detail();
    tracing::warn!(share = %share_id, %target, attempt, detail, may_be_posted, "not posted: {error}");
    let (reason, retry_after) = match error {
        PostError::Final { reason, .. } if !may_be_posted => return Some(Outcome::Failed { reason }),
        PostError::Final { reason, .. } => return Some(Outcome::Unknown { reason }),
        PostError::Spent { reason, .. }
        | PostError::Taken { reason, .. }
        | PostError::Unknown { reason, .. } => (reason, None),
        PostError::Passing { reason, retry_after, .. } => (reason, retry_after),
    };
    let wait =
        parts.policy.wait(claim.attempt, retry_after, until(now, claim.asked_at), parts.random.next_u64());
    Some(match wait.and_then(|wait| now.checked_add(wait).ok()) {
        Some(at) => Outcome::Retry { at, reason, is_asked: retry_after.is_some(), may_be_posted },
        None if may_be_posted => Outcome::Unknown { reason },
        None if retry_after.is_none() && claim.attempt >= parts.policy.max_attempts => {
            Outcome::Failed { reason: format!("{reason} Given up after attempt {attempt}.") }
        }
        None => Outcome::Failed { reason: format!("{reason} {TOO_OLD}") },
    })
}

/// Whether somebody is at work on the delivery of this claim; if that cannot be read, it may be.
async fn is_held(parts: &WorkerParts, claim: &Claim) -> bool {
    let Ok(share) = parts.store.share(&claim.share_id).await else { return true };
    let mut deliveries = share.into_iter().flat_map(|share| share.deliveries);
    deliveries.any(|delivery| delivery.target == claim.target && delivery.state == DeliveryState::Sending)
}

/// It waits, and may be posted; that costs no attempt.
fn waits_in_doubt(now: Timestamp, wait: Duration, reason: &str) -> Outcome {
    let at = now.checked_add(wait).unwrap_or(now);
    Outcome::Retry { at, reason: reason.to_owned(), is_asked: true, may_be_posted: true }
}

/// Writes the outcome until the record takes it: what was posted must not be forgotten. With it goes who asked to be left alone
/// after it.
pub(super) async fn record(parts: &WorkerParts, claim: &Claim, outcome: &Outcome, asked: Option<&Rest>) {
    let (share, target) = (&claim.share_id, &claim.target);
    let written = async |tries| match parts
        .store
        .finish_and_rest(claim, outcome, asked, parts.clock.now())
        .await
    {
        Ok(()) => ControlFlow::Break(()),
        // Who holds it may be looking for this post.
        Err(error @ StoreError::ClaimLost { .. })
            if matches!(outcome, Outcome::Posted { .. })
                && tries < LATE_TRIES
                && is_held(parts, claim).await =>
        {
            ControlFlow::Continue(error)
        }
        Err(StoreError::ClaimLost { .. }) if tries > 1 => {
            // The try before may have been written, and its answer lost with the connection.
            tracing::warn!(%share, %target, ?outcome, "recorded by the try before, or another has it now");
            ControlFlow::Break(())
        }
        Err(error @ StoreError::ClaimLost { .. }) => {
            tracing::error!(%share, %target, ?outcome, "not recorded: {error}");
            ControlFlow::Break(())
        }
        Err(error) => ControlFlow::Continue(error),
    };
    recorded((share, target), outcome, written).await;
}
