//! Deliveries that were just claimed, read one by one: `claims!` makes the function as `statements!` does.
//!
//! A row that holds what no version writes must neither hide the others of its target, which are claimed with it, nor be claimed
//! again and again: it is set aside in the same transaction, for the visitor to ask for again.

/// What a visitor reads of a delivery that cannot be read.
pub(super) const UNREADABLE: &str = "What this server keeps of it is damaged.";

/// The functions, for connections of one kind; they stand beside those of `statements!`.
macro_rules! claims {
    () => {
        use $crate::store::claims::UNREADABLE;
        use $crate::store::rows::ClaimRow;

        /// The claims of these rows, each with its attempt; what cannot be read is set aside. In the transaction that claims them.
        pub(super) async fn claims(
            write: &mut Connection,
            claimed: Vec<(i64, ClaimRow)>,
            target: &TargetId,
            now: Timestamp,
        ) -> Result<Vec<Claim>, StoreError> {
            let mut claims = Vec::with_capacity(claimed.len());
            for (attempt_id, row) in claimed {
                let share = row.share_id.clone();
                match rows::claim(row, attempt_id, target) {
                    Ok(claim) => claims.push(claim),
                    Err(error @ StoreError::Damaged { .. }) => {
                        tracing::error!(%share, %target, %error, "a delivery is set aside");
                        set_aside(&mut *write, (&share, target), attempt_id, now).await?;
                    }
                    Err(error) => return Err(error),
                }
            }
            Ok(claims)
        }

        /// Ends a delivery that cannot be read, and its attempt.
        async fn set_aside(
            write: &mut Connection,
            (share, target): (&str, &TargetId),
            attempt_id: i64,
            now: Timestamp,
        ) -> Result<(), StoreError> {
            sqlx::query(
                "UPDATE delivery SET state = CASE WHEN published_at IS NULL THEN 'failed' ELSE 'unknown' END,
                     due_at = NULL, leased_until = NULL, reason = $3
                 WHERE share_id = $1 AND target = $2",
            )
            .bind(share)
            .bind(target.as_str())
            .bind(UNREADABLE)
            .execute(&mut *write)
            .await?;
            sqlx::query("UPDATE attempt SET ended_at = $2, outcome = 'failed', reason = $3 WHERE id = $1")
                .bind(attempt_id)
                .bind(now.as_millisecond())
                .bind(UNREADABLE)
                .execute(write)
                .await?;
            Ok(())
        }
    };
}
pub(super) use claims;
