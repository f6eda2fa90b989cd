//! What is kept for a while only, and forgotten then: `forgetting!` makes the function as `statements!` does.
//!
//! Not with each request: it would wait for it. Once an hour, a thousand rows of each kind in a transaction, so that whoever
//! writes meanwhile waits for a moment at most.

use jiff::Timestamp;

const DAY_MS: i64 = 24 * 3_600_000;

/// How long it is told of a post that it was removed.
pub(crate) const REMOVALS_KEPT_DAYS: i64 = 30;
/// How long the page of a deleted share says so; after that there never was such a share.
pub(crate) const DELETIONS_KEPT_DAYS: i64 = 365;

/// The millisecond that many days before `now`.
pub(super) fn days_before(now: Timestamp, days: i64) -> i64 {
    now.as_millisecond().saturating_sub(days * DAY_MS)
}

/// The function, for connections of one kind; it stands beside those of `statements!`.
macro_rules! forgetting {
    () => {
        use $crate::store::forgetting::{DELETIONS_KEPT_DAYS, REMOVALS_KEPT_DAYS, days_before};

        /// Forgets some of what is no longer kept; in a transaction.
        pub(super) async fn forget(write: &mut Connection, now: Timestamp) -> Result<u64, StoreError> {
            let mut forgotten = 0;
            for (statement, until) in [
                (
                    "DELETE FROM idempotency WHERE key IN (
                         SELECT key FROM idempotency WHERE created_at <= $1 ORDER BY created_at LIMIT 1000)",
                    oldest_kept(now),
                ),
                (
                    "DELETE FROM deleted_key WHERE key IN (
                         SELECT key FROM deleted_key WHERE created_at <= $1 ORDER BY created_at LIMIT 1000)",
                    oldest_kept(now),
                ),
                // Longer than any request can take that may have stored it again.
                (
                    "DELETE FROM clipping_removal WHERE clipping IN (
                         SELECT clipping FROM clipping_removal WHERE held_until <= $1 ORDER BY held_until LIMIT 1000)",
                    days_before(now, 1),
                ),
                (
                    "DELETE FROM removal WHERE state = 'removed' AND share_id IN (
                         SELECT id FROM deleted_share WHERE deleted_at <= $1 AND EXISTS (
                             SELECT 1 FROM removal WHERE removal.share_id = deleted_share.id AND state = 'removed')
                         ORDER BY deleted_at LIMIT 1000)",
                    days_before(now, REMOVALS_KEPT_DAYS),
                ),
                (
                    "DELETE FROM discard WHERE (share_id, target, number) IN (
                         SELECT share_id, target, number FROM discard
                         WHERE state = 'removed' AND asked_at <= $1 LIMIT 1000)",
                    days_before(now, REMOVALS_KEPT_DAYS),
                ),
                (
                    "DELETE FROM discard WHERE (share_id, target, number) IN (
                         SELECT share_id, target, number FROM discard
                         WHERE state = 'failed' AND asked_at <= $1 LIMIT 1000)",
                    days_before(now, DELETIONS_KEPT_DAYS),
                ),
                // With the removals that failed; not while something is left to do.
                (
                    "DELETE FROM deleted_share WHERE id IN (
                         SELECT id FROM deleted_share WHERE deleted_at <= $1 AND clipping IS NULL AND NOT EXISTS (
                             SELECT 1 FROM removal WHERE removal.share_id = deleted_share.id AND state = 'queued') AND NOT EXISTS (
                             SELECT 1 FROM discard WHERE discard.share_id = deleted_share.id AND state = 'queued')
                         ORDER BY deleted_at LIMIT 1000)",
                    days_before(now, DELETIONS_KEPT_DAYS),
                ),
            ] {
                let rows = sqlx::query(statement).bind(until).execute(&mut *write).await?;
                forgotten += rows.rows_affected();
            }
            Ok(forgotten)
        }
    };
}
pub(super) use forgetting;
