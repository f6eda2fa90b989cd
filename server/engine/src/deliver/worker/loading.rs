//! What a delivery takes along, out of the record and the clippings; or why that is not there.

use std::time::Duration;

use cutline_model::Credit;

use super::WorkerParts;
use crate::deliver::steps::until;
use crate::deliver::{Post, PostError, not_loaded, page_of, picture_of};
use crate::store::{Claim, ClippingName, ShareRecord};

/// How long after it was asked for a delivery waits for a clipping that is missing, and how often it looks.
const MAX_MISSING: Duration = Duration::from_secs(600);
const MISSING_PACE: Duration = Duration::from_secs(20);

/// What a platform is given: share and clipping.
pub(super) async fn load(parts: &WorkerParts, share: &ShareRecord, claim: &Claim) -> Result<Post, PostError> {
    let name = ClippingName::new(&share.clipping.hash, &share.clipping.extension)
        .map_err(|_| gone("the record names no clipping"))?;
    let bytes = parts.clippings.get(&name).await.map_err(|error| not_loaded(&error))?;
    Ok(Post {
        description: share.description.clone(),
        alt: share.alt.clone(),
        credit: credit_line(&share.credit),
        link: page_of(&parts.public_url, &share.id),
        bytes: bytes.ok_or_else(|| missing(until(parts.clock.now(), claim.asked_at)))?,
        media_type: share.clipping.media_type.clone(),
        file_name: format!("clipping.{}", share.clipping.extension),
        picture_url: picture_of(&parts.public_url, &name),
        size: share.clipping.size,
        shared_at: share.created_at,
        idempotency_key: claim.idempotency_key(),
    })
}

/// Who made the picture and under which terms, as posts say it.
fn credit_line(credit: &Credit) -> String {
    [&credit.author, &credit.licence]
        .into_iter()
        .filter(|part| !part.is_empty())
        .cloned()
        .collect::<Vec<_>>()
        .join(" · ")
}

/// A clipping whose file is not there. It may be on its way back: a folder that is being mounted or restored, another process
/// that stores it again.
fn missing(age: Duration) -> PostError {
    if age >= MAX_MISSING {
        return gone("the clipping's file is missing");
    }
    PostError::Passing {
        reason: "The clipping cannot be read on this server at the moment.".to_owned(),
        detail: "the clipping's file is missing".to_owned(),
        retry_after: Some(MISSING_PACE),
    }
}

/// A share or clipping that is not there and does not come back.
pub(super) fn gone(detail: &str) -> PostError {
    PostError::Final {
        reason: "The clipping is no longer on this server.".to_owned(),
        detail: detail.to_owned(),
    }
}
