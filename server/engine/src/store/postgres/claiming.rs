//! Claiming deliveries: a few for each target, whoever the processes are that ask.

use cutline_model::TargetId;
use jiff::Timestamp;

use super::{PostgresStore, statements};
use crate::store::rows::ClaimRow;
use crate::store::statements::{claimable, lease};
use crate::store::{Claim, MAX_PER_TARGET, StoreError};

/// One statement: what is due and nobody else holds, an attempt for each, the deliveries that hold them.
macro_rules! claim {
    ($which:tt) => {
        concat!(
            "WITH due AS (
         SELECT share_id, due_at, attempts, broken_off FROM delivery ",
            claimable!($which),
            " LIMIT $3 FOR UPDATE SKIP LOCKED),
     begun AS (
         INSERT INTO attempt (share_id, target, started_at) SELECT share_id, $1, $2 FROM due
         RETURNING id, share_id),
     claimed AS (
         UPDATE delivery SET state = 'sending', due_at = NULL, attempts = attempts + 1, attempt_id = begun.id,
             leased_until = $4
         FROM begun WHERE delivery.share_id = begun.share_id AND delivery.target = $1
         RETURNING delivery.share_id, attempt_id, asked_at, upload, published_at, sent_at, taken_at)
     SELECT claimed.attempt_id, share_id, due.attempts, due.broken_off, upload, published_at, sent_at,
         taken_at, asked_at AS asked_again_at,
         coalesce(asked_at, (SELECT created_at FROM share WHERE id = share_id)) AS asked_at
     FROM claimed JOIN due USING (share_id)
     ORDER BY due.due_at, share_id"
        )
    };
}
pub(super) const CLAIM: &str = claim!(others);
pub(super) const CLAIM_SUSPECT: &str = claim!(suspects);
/// What is under way to a target. Counted under the target's lock, it is true until the claim is committed.
pub(super) const UNDER_WAY: &str =
    "SELECT count(*) FROM delivery WHERE state = 'sending' AND target = $1 AND leased_until > $2";
/// A lock on a target's name, of whoever claims deliveries to it.
const LOCK_TARGET: &str = "SELECT pg_advisory_xact_lock(hashtextextended($1, 2))";

/// A delivery that is claimed.
#[derive(sqlx::FromRow)]
struct Claimed {
    attempt_id: i64,
    #[sqlx(flatten)]
    row: ClaimRow,
}

impl PostgresStore {
    /// Claims what one of the two statements finds.
    pub(super) async fn claim_by(
        &self,
        statement: &'static str,
        target: &TargetId,
        now: Timestamp,
        count: u32,
    ) -> Result<Vec<Claim>, StoreError> {
        let mut write = self.pool.begin().await?;
        sqlx::query(LOCK_TARGET).bind(target.as_str()).execute(&mut *write).await?;
        let now = self.time(&mut write, now).await?;
        let under_way: i64 = sqlx::query_scalar(UNDER_WAY)
            .bind(target.as_str())
            .bind(now.as_millisecond())
            .fetch_one(&mut *write)
            .await?;
        let room = i64::from(MAX_PER_TARGET) - under_way;
        if room <= 0 {
            return Ok(Vec::new());
        }
        let claimed: Vec<Claimed> = sqlx::query_as(statement)
            .bind(target.as_str())
            .bind(now.as_millisecond())
            .bind(room.min(i64::from(count)))
            .bind(lease(now))
            .fetch_all(&mut *write)
            .await?;
        let claimed = claimed.into_iter().map(|Claimed { attempt_id, row }| (attempt_id, row)).collect();
        let claims = statements::claims(&mut write, claimed, target, now).await?;
        write.commit().await?;
        Ok(claims)
    }
}
