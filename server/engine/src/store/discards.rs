//! Pictures that were uploaded for a post and are to be removed from their platform: `discards!` makes the functions as
//! `statements!` does.
//!
//! What a delivery gives up is kept until another picture is uploaded for it, and removed before that: some platforms give an
//! equal picture the same name. When the share is deleted, all of its pictures are queued for the remover, which takes them as it
//! takes posts: also those whose post was never made, and those that a platform keeps when it removes the post.

use cutline_model::RemovalState;

use super::{Removal, RemovalRecord, StoreError, rows};

/// A row of `discard` that is claimed.
#[derive(sqlx::FromRow)]
pub(super) struct DiscardRow {
    pub(super) share_id: String,
    target: String,
    pub(super) number: i64,
    upload: String,
    asked_at: i64,
    attempts: i64,
}

impl DiscardRow {
    pub(super) fn read(self) -> Result<Removal, StoreError> {
        Ok(Removal {
            share_id: rows::share_id(&self.share_id)?,
            target: rows::target(&self.target)?,
            post_id: None,
            upload: Some(self.upload),
            sent_at: rows::time(self.asked_at)?,
            sent_until: None,
            asked_at: rows::time(self.asked_at)?,
            attempt: rows::whole(self.attempts)?,
        })
    }
}

/// Of posts and pictures at one target, in the order of the targets, what is told: what is least far.
pub(super) fn least_far(records: Vec<RemovalRecord>) -> Vec<RemovalRecord> {
    let rank = |record: &RemovalRecord| match record.state {
        RemovalState::Queued => 0,
        RemovalState::Failed => 1,
        RemovalState::Removed => 2,
    };
    let mut told: Vec<RemovalRecord> = Vec::new();
    for record in records {
        match told.last_mut() {
            Some(last) if last.target == record.target => {
                if rank(&record) < rank(last) {
                    *last = record;
                }
            }
            _ => told.push(record),
        }
    }
    told
}

/// The functions, for connections of one kind; they stand beside those of `statements!`.
macro_rules! discards {
    () => {
        use $crate::store::deletion::UNREADABLE_REMOVAL;
        use $crate::store::discards::{DiscardRow, least_far};

        /// Writes down a picture that the delivery of `claim` will not be posted with; in a transaction. Says whether its share was
        /// deleted: then it is queued.
        pub(super) async fn give_up(
            write: &mut Connection,
            claim: &Claim,
            upload: &str,
            now: Timestamp,
        ) -> Result<bool, StoreError> {
            let (id, target) = (claim.share_id.as_str(), claim.target.as_str());
            // Who deletes the share right now is waited for, or waits and finds this one.
            sqlx::query("UPDATE delivery SET due_at = due_at WHERE share_id = $1 AND target = $2")
                .bind(id)
                .bind(target)
                .execute(&mut *write)
                .await?;
            let is_deleted = is_deleted(&mut *write, &claim.share_id).await?;
            // One of the same name was another, which may be removed by now.
            discarded(&mut *write, claim, upload).await?;
            let asked_at = is_deleted.then(|| now.as_millisecond());
            sqlx::query(
                "INSERT INTO discard (share_id, target, number, upload, state, asked_at, due_at)
                 SELECT $1, $2, 1 + coalesce(max(number), 0), $3, $4, $5, $5 FROM discard
                 WHERE share_id = $1 AND target = $2",
            )
            .bind(id)
            .bind(target)
            .bind(keepable(upload))
            .bind(if is_deleted { "queued" } else { "kept" })
            .bind(asked_at)
            .execute(write)
            .await?;
            Ok(is_deleted)
        }

        /// Whether another share is about to be posted to this target with an upload that holds `part`.
        pub(super) async fn is_upload_awaited(
            read: &mut Connection,
            target: &TargetId,
            share: &ShareId,
            part: &str,
        ) -> Result<bool, StoreError> {
            let one: Option<i64> = sqlx::query_scalar(
                "SELECT CAST(1 AS BIGINT) FROM delivery
                 WHERE target = $1 AND state IN ('queued', 'sending') AND share_id <> $2
                     AND upload LIKE '%' || $3 || '%' LIMIT 1",
            )
            .bind(target.as_str())
            .bind(share.as_str())
            .bind(part)
            .fetch_optional(read)
            .await?;
            Ok(one.is_some())
        }

        /// The pictures that the delivery of `claim` has given up.
        pub(super) async fn given_up(
            read: &mut Connection,
            claim: &Claim,
        ) -> Result<Vec<String>, StoreError> {
            let uploads = sqlx::query_scalar(
                "SELECT upload FROM discard WHERE share_id = $1 AND target = $2 AND state = 'kept' ORDER BY number",
            );
            Ok(uploads.bind(claim.share_id.as_str()).bind(claim.target.as_str()).fetch_all(read).await?)
        }

        /// Forgets such a picture.
        pub(super) async fn discarded(
            write: &mut Connection,
            claim: &Claim,
            upload: &str,
        ) -> Result<(), StoreError> {
            sqlx::query("DELETE FROM discard WHERE share_id = $1 AND target = $2 AND upload = $3")
                .bind(claim.share_id.as_str())
                .bind(claim.target.as_str())
                .bind(keepable(upload))
                .execute(write)
                .await?;
            Ok(())
        }

        /// Writes down the pictures of what is queued again: another is uploaded, as a platform may have the old one no more.
        async fn give_up_of_retried(
            write: &mut Connection,
            id: &ShareId,
            also: &str,
            alone: Option<&str>,
        ) -> Result<(), StoreError> {
            // Who deletes the share right now is waited for, and has discarded them then.
            sqlx::query("UPDATE delivery SET due_at = due_at WHERE share_id = $1")
                .bind(id.as_str())
                .execute(&mut *write)
                .await?;
            sqlx::query(
                "INSERT INTO discard (share_id, target, number, upload, state)
                 SELECT share_id, target,
                     1 + (SELECT coalesce(max(number), 0) FROM discard
                          WHERE discard.share_id = delivery.share_id AND discard.target = delivery.target),
                     upload, 'kept'
                 FROM delivery WHERE share_id = $1 AND state IN ('failed', $2) AND upload <> ''
                     AND target = COALESCE($3, target) AND NOT EXISTS (SELECT 1 FROM discard WHERE discard.share_id = delivery.share_id
                                         AND discard.target = delivery.target AND discard.upload = delivery.upload)",
            )
            .bind(id.as_str())
            .bind(also)
            .bind(alone)
            .execute(write)
            .await?;
            Ok(())
        }

        /// Queues all pictures of a share that is being deleted; what may still be posted right now goes after that.
        async fn discard_all(
            write: &mut Connection,
            id: &ShareId,
            now: Timestamp,
        ) -> Result<(), StoreError> {
            sqlx::query("DELETE FROM discard WHERE share_id = $1 AND EXISTS (
                    SELECT 1 FROM delivery WHERE delivery.share_id = discard.share_id
                        AND delivery.target = discard.target AND delivery.upload = discard.upload)")
                .bind(id.as_str())
                .execute(&mut *write)
                .await?;
            sqlx::query(
                "UPDATE discard SET state = 'queued', asked_at = $2, due_at = $2 WHERE share_id = $1 AND state = 'kept'",
            )
            .bind(id.as_str())
            .bind(now.as_millisecond())
            .execute(&mut *write)
            .await?;
            sqlx::query(
                "INSERT INTO discard (share_id, target, number, upload, state, asked_at, due_at)
                 SELECT share_id, target,
                     1 + (SELECT coalesce(max(number), 0) FROM discard
                          WHERE discard.share_id = delivery.share_id AND discard.target = delivery.target),
                     upload, 'queued', $2, CASE WHEN state = 'sending' THEN $3 ELSE $2 END
                 FROM delivery WHERE share_id = $1 AND upload <> ''",
            )
            .bind(id.as_str())
            .bind(now.as_millisecond())
            .bind(after_posting(now))
            .execute(write)
            .await?;
            Ok(())
        }

        /// The picture at a target that is due longest; as `claim_removal`.
        async fn claim_discard(
            write: &mut Connection,
            target: &cutline_model::TargetId,
            now: Timestamp,
        ) -> Result<Option<Removal>, StoreError> {
            loop {
                let claimed: Option<DiscardRow> = sqlx::query_as(
                    "UPDATE discard SET due_at = $1, attempts = attempts + 1
                     WHERE state = 'queued' AND due_at <= $2 AND (share_id, target, number) = (
                         SELECT share_id, target, number FROM discard
                         WHERE state = 'queued' AND target = $3 AND due_at <= $2 ORDER BY due_at, share_id LIMIT 1)
                     RETURNING share_id, target, number, upload, asked_at, attempts",
                )
                .bind(lease(now))
                .bind(now.as_millisecond())
                .bind(target.as_str())
                .fetch_optional(&mut *write)
                .await?;
                let Some(claimed) = claimed else { return Ok(None) };
                let (share, number) = (claimed.share_id.clone(), claimed.number);
                match claimed.read() {
                    Err(error @ StoreError::Damaged { .. }) => {
                        tracing::error!(share, %target, %error, "the removal of a picture is set aside");
                        sqlx::query(
                            "UPDATE discard SET state = 'failed', due_at = NULL, reason = $4
                             WHERE share_id = $1 AND target = $2 AND number = $3",
                        )
                        .bind(share)
                        .bind(target.as_str())
                        .bind(number)
                        .bind(UNREADABLE_REMOVAL)
                        .execute(&mut *write)
                        .await?;
                    }
                    read => return read.map(Some),
                }
            }
        }
    };
}
pub(super) use discards;
