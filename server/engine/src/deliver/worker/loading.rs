//! What a delivery takes along, out of the record and the clippings; or why that is not there.

use std::time::Duration;

use cutline_model::Credit;

use super::WorkerParts;
use crate::deliver::{Post, PostError, missing, not_read, page_of, picture_of};
use crate::store::{Claim, ClippingName, ShareRecord};

/// What a platform is given: share and clipping, which may be missed for a while.
pub(super) async fn load(
    parts: &WorkerParts,
    share: &ShareRecord,
    claim: &Claim,
    missed_for: Duration,
) -> Result<Post, PostError> {
    let name = ClippingName::new(&share.clipping.hash, &share.clipping.extension)
        .map_err(|_| gone("the record names no clipping"))?;
    let bytes = parts.clippings.get(&name).await.map_err(|error| not_read(&error, true))?;
    let bytes = bytes.ok_or_else(|| {
        let meanwhile = "The clipping cannot be read on this server at the moment.";
        missing(missed_for, meanwhile, gone("the clipping's file is missing"))
    })?;
    Ok(Post {
        description: share.description.clone(),
        alt: share.alt.clone(),
        credit: credit_line(&share.credit),
        link: page_of(&parts.public_url, &share.id),
        bytes,
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

/// A share or clipping that is not there and does not come back.
pub(super) fn gone(detail: &str) -> PostError {
    PostError::Final {
        reason: "The clipping is no longer on this server.".to_owned(),
        detail: detail.to_owned(),
    }
}
