//! Removing clippings that no share has, while shares that have the same may be accepted at any moment.
//!
//! Bytes and record cannot be changed in one step, so the record says who is removing a clipping, and counts: who commits a
//! share learns that its clipping is being removed, or was since it was stored, and stores it again first. So whoever is
//! killed in between, no share is ever committed without its clipping, and nothing has to be put back. A hold ends by
//! itself, later than any call to the storage can take. `clipping_removals!` makes the functions as `statements!` does.

use std::time::Duration;

use super::{ClippingName, Clippings, ShareId, Store, StoreError};
use crate::clock::SharedClock;
use crate::crash::{self, Step};
use crate::error::EngineError;

/// Shorter than a hold, which is a lease.
const MAX_REMOVING: Duration = Duration::from_secs(30);

/// Whether a clipping may be removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// By whoever asked, until a lease has ended: it is the removal of this number.
    Held(i64),
    /// A share has it.
    Needed,
    /// Another process removes it right now.
    Elsewhere,
}

/// Removes the clipping of the deleted `share`, unless another has it.
pub(crate) async fn remove_clipping(
    store: &dyn Store,
    clippings: &Clippings,
    clock: &SharedClock,
    share: &ShareId,
    name: &ClippingName,
) -> Result<(), EngineError> {
    match store.hold_clipping(name, clock.now()).await? {
        Hold::Held(removal) => remove_held(store, clippings, clock, name, removal).await?,
        Hold::Needed => {}
        // Who says that may be dead: it stays written down.
        Hold::Elsewhere => return Err(StoreError::ClippingHeld.into()),
    }
    Ok(store.clipping_removed(share).await?)
}

/// Removes a clipping that no share has; says whether it did.
pub(crate) async fn remove_unneeded(
    store: &dyn Store,
    clippings: &Clippings,
    clock: &SharedClock,
    name: &ClippingName,
) -> Result<bool, EngineError> {
    let Hold::Held(removal) = store.hold_clipping(name, clock.now()).await? else { return Ok(false) };
    remove_held(store, clippings, clock, name, removal).await?;
    Ok(true)
}

async fn remove_held(
    store: &dyn Store,
    clippings: &Clippings,
    clock: &SharedClock,
    name: &ClippingName,
    removal: i64,
) -> Result<(), EngineError> {
    crash::at(Step::Held);
    // After an error it may still be removed a moment later: the hold ends by itself then.
    let removed = tokio::time::timeout(MAX_REMOVING, clippings.remove(name)).await;
    removed.map_err(|_| StoreError::ClippingHeld)??;
    crash::at(Step::Removed);
    Ok(store.release_clipping(name, removal, clock.now()).await?)
}

/// The functions, for connections of one kind; they stand beside those of `statements!`.
macro_rules! clipping_removals {
    () => {
        use $crate::store::StoredClipping;
        use $crate::store::clipping_removal::Hold;

        /// How often a clipping was removed.
        pub(super) async fn clipping_removals(read: &mut Connection, name: &str) -> Result<i64, StoreError> {
            let removals: Option<i64> =
                sqlx::query_scalar("SELECT removals FROM clipping_removal WHERE clipping = $1")
                    .bind(name)
                    .fetch_optional(read)
                    .await?;
            Ok(removals.unwrap_or(0))
        }

        /// Refuses a share whose clipping is being removed, or was since it was stored; in the transaction that inserts the
        /// share, and before anything else there.
        pub(super) async fn expect_clipping(
            write: &mut Connection,
            clipping: &StoredClipping,
            now: i64,
        ) -> Result<(), StoreError> {
            let removal: Option<(i64, i64)> =
                sqlx::query_as("SELECT removals, held_until FROM clipping_removal WHERE clipping = $1")
                    .bind(format!("{}.{}", clipping.hash, clipping.extension))
                    .fetch_optional(write)
                    .await?;
            match removal {
                Some((_, held_until)) if held_until > now => Err(StoreError::ClippingHeld),
                Some((removals, _)) if removals != clipping.removals => Err(StoreError::ClippingRemoved),
                _ => Ok(()),
            }
        }

        /// Holds a clipping to remove it; in a transaction that keeps those out who would commit a share with it.
        pub(super) async fn hold_clipping(
            write: &mut Connection,
            name: &ClippingName,
            now: Timestamp,
        ) -> Result<Hold, StoreError> {
            if is_clipping_needed(write, name.hash()).await? {
                return Ok(Hold::Needed);
            }
            let held: Option<i64> = sqlx::query_scalar(
                "INSERT INTO clipping_removal (clipping, removals, held_until) VALUES ($1, 1, $2)
                 ON CONFLICT (clipping) DO UPDATE SET removals = clipping_removal.removals + 1,
                     held_until = excluded.held_until WHERE clipping_removal.held_until <= $3
                 RETURNING removals",
            )
            .bind(name.to_string())
            .bind(lease(now))
            .bind(now.as_millisecond())
            .fetch_optional(write)
            .await?;
            Ok(held.map_or(Hold::Elsewhere, Hold::Held))
        }

        /// Ends a hold.
        pub(super) async fn release_clipping(
            write: &mut Connection,
            name: &ClippingName,
            removal: i64,
            now: Timestamp,
        ) -> Result<(), StoreError> {
            sqlx::query("UPDATE clipping_removal SET held_until = $3 WHERE clipping = $1 AND removals = $2")
                .bind(name.to_string())
                .bind(removal)
                .bind(now.as_millisecond())
                .execute(write)
                .await?;
            Ok(())
        }
    };
}
pub(super) use clipping_removals;
