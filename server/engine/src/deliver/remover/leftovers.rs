//! Clippings of deleted shares that could not be removed when their share was: the storage was away, or the process ended.
//!
//! They wait for nothing but the storage. One that it refuses waits behind all others; when it is away altogether, all wait.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::watch;

use super::RemoverParts;
use crate::error::{EngineError, with_causes};
use crate::store::{ClippingError, StoreError, remove_clipping};

/// How often it is looked for some: whoever deletes a share removes its clipping too, so they are few.
const LOOK: Duration = Duration::from_secs(30);
/// How long one that is refused waits.
const REFUSED: SignedDuration = SignedDuration::from_mins(10);
/// How long one waits that another process holds: until its lease has ended.
const HELD: SignedDuration = crate::store::LEASE;

/// Removes what there is, again and again, until `stop` holds true or its sender is gone.
pub(super) async fn remove(parts: Arc<RemoverParts>, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow_and_update() {
        tokio::select! {
            // Broken off, it goes on at the next start.
            removed = remove_due(&parts) => if let Err(error) = removed {
                tracing::error!(error = with_causes(&error), "clippings are not removed yet");
            },
            _ = stop.wait_for(|stop| *stop) => break,
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            changed = stop.changed() => if changed.is_err() { break },
        }
    }
}

/// Removes what is due; an error says that nothing can be at the moment.
pub(super) async fn remove_due(parts: &RemoverParts) -> Result<(), EngineError> {
    let RemoverParts { store, clippings, clock, .. } = parts;
    loop {
        let due = store.clippings_to_remove(clock.now()).await?;
        if due.is_empty() {
            return Ok(());
        }
        for (share, clipping) in due {
            let error = match remove_clipping(store.as_ref(), clippings, clock, &share, &clipping).await {
                Ok(()) => continue,
                Err(error @ EngineError::Clipping(ClippingError::Away(_))) => return Err(error),
                Err(error) => error,
            };
            let is_held = matches!(error, EngineError::Store(StoreError::ClippingHeld));
            tracing::error!(%share, %clipping, error = with_causes(&error), "a clipping is not removed yet");
            let wait = if is_held { HELD } else { REFUSED };
            store.clipping_waits(&share, clock.now() + wait).await?;
        }
    }
}
