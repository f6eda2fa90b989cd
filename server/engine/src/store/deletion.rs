//! Deleting shares, in the words that all databases are told; `deletions!` makes the functions as `statements!` does.
//!
//! A deleted share leaves its name, so that its page can say what became of it, and a removal for each post that is on a
//! platform or may be, and for each picture there (`discards`); and for a day the key of its request, so that sending that again
//! makes no other share. All else goes in the same transaction: words, addresses, deliveries and attempts.

use std::time::Duration;

use cutline_model::{RemovalState, TargetId};
use jiff::Timestamp;

use super::{ClippingName, ShareId, StoreError};

/// How long a worker that had a delivery when its share was deleted may still be posting it.
const MAX_STILL_POSTING_MS: i64 = 60_000;
/// How long a post that was sent may take to appear where it is looked for, on most platforms.
pub(crate) const MAX_APPEARING: Duration = Duration::from_secs(60);

/// What is left to do when a share is deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deleted {
    /// Its clipping, which is to be removed if no other share has it. That is for afterwards to ask: of two that are deleted at
    /// once, each sees the other as long as neither is committed.
    pub clipping: ClippingName,
}

/// A post of a deleted share, or a picture of it, that one process removes now; another may, when its lease has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// Which share it was.
    pub share_id: ShareId,
    /// Where the post is.
    pub target: TargetId,
    /// What the platform calls it; nothing when it is not known whether there is one.
    pub post_id: Option<String>,
    /// What the platform calls the picture, when it is that which is to go; nothing when it is the post.
    pub upload: Option<String>,
    /// The post was sent after this, if it was.
    pub sent_at: Timestamp,
    /// When it may have been sent last, as long as it is not known whether there is one: it may appear for a while after that.
    pub sent_until: Option<Timestamp>,
    /// When the share was deleted, or the removal was last asked for again.
    pub asked_at: Timestamp,
    /// Which attempt this is, counted from 1.
    pub attempt: u32,
}

/// What came of an attempt to remove something; reasons are words for the visitor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RemovalOutcome {
    /// It is not there any more.
    Removed,
    /// A passing failure.
    Retry {
        /// Not before then.
        at: Timestamp,
        /// Why.
        reason: String,
        /// Whether the platform asked for the wait: then the attempt does not count.
        is_asked: bool,
    },
    /// It stays there, unless somebody removes it by hand.
    Failed {
        /// Why.
        reason: String,
    },
}

/// How far the removal of what was posted somewhere is: the post and the pictures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemovalRecord {
    /// Where it is.
    pub target: TargetId,
    /// How far it is.
    pub state: RemovalState,
    /// Why it waits or failed.
    pub reason: Option<String>,
}

/// A row of `removal` that is claimed.
#[derive(sqlx::FromRow)]
pub(super) struct RemovalRow {
    pub(super) share_id: String,
    target: String,
    post_id: Option<String>,
    sent_at: i64,
    sent_until: Option<i64>,
    asked_at: i64,
    attempts: i64,
}

/// What a visitor reads of a removal that cannot be read.
pub(super) const UNREADABLE_REMOVAL: &str = "What this server keeps of it is damaged. Remove the post there.";

impl RemovalRow {
    pub(super) fn read(self) -> Result<Removal, StoreError> {
        use super::rows;
        Ok(Removal {
            share_id: rows::share_id(&self.share_id)?,
            target: rows::target(&self.target)?,
            post_id: self.post_id,
            upload: None,
            sent_at: rows::time(self.sent_at)?,
            sent_until: self.sent_until.map(rows::time).transpose()?,
            asked_at: rows::time(self.asked_at)?,
            attempt: rows::whole(self.attempts)?,
        })
    }
}

/// Until when a post may be sent of which somebody has the delivery in hand.
pub(super) fn after_posting(now: Timestamp) -> i64 {
    now.as_millisecond() + MAX_STILL_POSTING_MS
}

/// How many milliseconds after it was sent a post can be relied upon to be seen.
pub(super) fn appearing() -> i64 {
    i64::try_from(MAX_APPEARING.as_millis()).unwrap_or(i64::MAX)
}

/// The functions, for connections of one kind; they stand beside those of `statements!`.
macro_rules! deletions {
    () => {
        use $crate::store::ClippingName;
        use $crate::store::deletion::{
            Deleted, Removal, RemovalOutcome, RemovalRecord, RemovalRow, after_posting, appearing,
        };

        /// Deletes a share; in a transaction. Nothing when there is no such share.
        pub(super) async fn delete(
            write: &mut Connection,
            id: &ShareId,
            now: Timestamp,
        ) -> Result<Option<Deleted>, StoreError> {
            // The insertion comes first: whoever deletes the same share meanwhile waits here, and finds nothing then.
            sqlx::query(
                "INSERT INTO deleted_share (id, deleted_at, clipping)
                 SELECT id, $2, clipping_hash || '.' || clipping_extension FROM share WHERE id = $1
                 ON CONFLICT (id) DO NOTHING",
            )
            .bind(id.as_str())
            .bind(now.as_millisecond())
            .execute(&mut *write)
            .await?;
            sqlx::query(
                "INSERT INTO deleted_key (key, request_hash, share_id, created_at)
                 SELECT key, request_hash, share_id, created_at FROM idempotency WHERE share_id = $1
                 ON CONFLICT (key) DO UPDATE SET request_hash = excluded.request_hash, share_id = excluded.share_id,
                     created_at = excluded.created_at",
            )
            .bind(id.as_str())
            .execute(&mut *write)
            .await?;
            // Who has a delivery of it in hand is waited for, and nobody takes one from here on: the state that the removals
            // are made from is the last.
            sqlx::query("UPDATE delivery SET due_at = due_at WHERE share_id = $1")
                .bind(id.as_str())
                .execute(&mut *write)
                .await?;
            // What is under way and was not sent never will be: before that, whoever has it finds that it is gone.
            // What was sent, the last time, is not looked for before it can be seen. Of what the visitor asked for again, the first sending may
            // be longer ago than the record says.
            sqlx::query(
                "WITH post AS (
                     SELECT share_id, target, post_id,
                         CASE WHEN asked_at IS NULL THEN coalesce(published_at, share.created_at)
                              ELSE share.created_at END AS first_at,
                         CASE WHEN state = 'sending' THEN $3
                              WHEN post_id IS NOT NULL THEN NULL
                              WHEN sent_at > published_at THEN sent_at
                              ELSE published_at END AS last_at
                     FROM delivery JOIN share ON share.id = delivery.share_id
                     WHERE share_id = $1 AND target <> 'board'
                         AND (state IN ('posted', 'unknown') OR published_at IS NOT NULL))
                 INSERT INTO removal (share_id, target, post_id, sent_at, sent_until, state, due_at)
                 SELECT share_id, target, post_id, first_at, last_at, 'queued',
                     CASE WHEN last_at + $4 > $2 THEN last_at + $4 ELSE $2 END
                 FROM post",
            )
            .bind(id.as_str())
            .bind(now.as_millisecond())
            .bind(after_posting(now))
            .bind(appearing())
            .execute(&mut *write)
            .await?;
            discard_all(&mut *write, id, now).await?;
            let gone: Option<(String, String)> =
                sqlx::query_as("DELETE FROM share WHERE id = $1 RETURNING clipping_hash, clipping_extension")
                    .bind(id.as_str())
                    .fetch_optional(&mut *write)
                    .await?;
            let Some((hash, extension)) = gone else { return Ok(None) };
            Ok(Some(Deleted { clipping: rows::clipping_name(&hash, &extension)? }))
        }

        /// Queues again what could not be removed of a deleted share, with all its attempts; in a transaction. Says how many
        /// that were.
        pub(super) async fn remove_again(
            write: &mut Connection,
            id: &ShareId,
            now: Timestamp,
        ) -> Result<u64, StoreError> {
            let mut again = 0;
            for statement in [
                "UPDATE removal SET state = 'queued', reason = NULL, attempts = 0, asked_at = $2, due_at = $2
                 WHERE share_id = $1 AND state = 'failed'",
                // `kept` is what a process of the version before has left, which deletes shares and not these.
                "UPDATE discard SET state = 'queued', reason = NULL, attempts = 0, asked_at = $2, due_at = $2
                 WHERE share_id = $1 AND state IN ('failed', 'kept')",
            ] {
                let queued = sqlx::query(statement).bind(id.as_str()).bind(now.as_millisecond());
                again += queued.execute(&mut *write).await?.rows_affected();
            }
            Ok(again)
        }

        /// Tells the removal of a post that was made while its share was deleted what the platform calls it; says whether there
        /// is such a removal. It begins anew, whatever looking for the post came to, and who looks right now is not heard.
        pub(super) async fn name_late_post(
            write: &mut Connection,
            claim: &Claim,
            post_id: &str,
            now: Timestamp,
        ) -> Result<bool, StoreError> {
            let named = sqlx::query(
                "UPDATE removal SET post_id = $3, state = 'queued', due_at = $4, reason = NULL, attempts = attempts + 1
                 WHERE share_id = $1 AND target = $2 AND post_id IS NULL",
            )
            .bind(claim.share_id.as_str())
            .bind(claim.target.as_str())
            .bind(keepable(post_id))
            .bind(now.as_millisecond())
            .execute(write)
            .await?;
            Ok(named.rows_affected() > 0)
        }

        /// Some of the clippings that are to be removed, with the shares that had them; not those that wait.
        pub(super) async fn clippings_to_remove(
            read: &mut Connection,
            now: Timestamp,
        ) -> Result<Vec<(ShareId, ClippingName)>, StoreError> {
            let left: Vec<(String, String)> = sqlx::query_as(
                "SELECT id, clipping FROM deleted_share
                 WHERE clipping IS NOT NULL AND coalesce(clipping_due_at, 0) <= $1 ORDER BY id LIMIT 100",
            )
            .bind(now.as_millisecond())
            .fetch_all(read)
            .await?;
            let read = |(id, name): (String, String)| {
                let (hash, extension) = name.split_once('.').unwrap_or((&name, ""));
                Ok((rows::share_id(&id)?, rows::clipping_name(hash, extension)?))
            };
            left.into_iter().map(read).collect()
        }

        /// Says that the clipping of a deleted share is removed.
        pub(super) async fn clipping_removed(write: &mut Connection, id: &ShareId) -> Result<(), StoreError> {
            sqlx::query("UPDATE deleted_share SET clipping = NULL WHERE id = $1")
                .bind(id.as_str())
                .execute(write)
                .await?;
            Ok(())
        }

        /// Lets the clipping of a deleted share wait, behind all others.
        pub(super) async fn clipping_waits(
            write: &mut Connection,
            id: &ShareId,
            until: Timestamp,
        ) -> Result<(), StoreError> {
            sqlx::query("UPDATE deleted_share SET clipping_due_at = $2 WHERE id = $1")
                .bind(id.as_str())
                .bind(not_before(until))
                .execute(write)
                .await?;
            Ok(())
        }

        /// Whether a share has the clipping.
        pub(super) async fn is_clipping_needed(
            read: &mut Connection,
            hash: &str,
        ) -> Result<bool, StoreError> {
            let one: Option<i64> =
                sqlx::query_scalar("SELECT CAST(1 AS BIGINT) FROM share WHERE clipping_hash = $1 LIMIT 1")
                    .bind(hash)
                    .fetch_optional(read)
                    .await?;
            Ok(one.is_some())
        }

        /// Whether a share was deleted.
        pub(super) async fn is_deleted(read: &mut Connection, id: &ShareId) -> Result<bool, StoreError> {
            let at: Option<i64> = sqlx::query_scalar("SELECT deleted_at FROM deleted_share WHERE id = $1")
                .bind(id.as_str())
                .fetch_optional(read)
                .await?;
            Ok(at.is_some())
        }

        /// The removals of a deleted share.
        pub(super) async fn removals(
            read: &mut Connection,
            id: &ShareId,
        ) -> Result<Vec<RemovalRecord>, StoreError> {
            let found: Vec<(String, String, Option<String>)> = sqlx::query_as(
                "SELECT target, state, reason FROM removal WHERE share_id = $1
                 UNION ALL
                 SELECT target, state, reason FROM discard WHERE share_id = $1 AND state <> 'kept'
                 ORDER BY target",
            )
            .bind(id.as_str())
            .fetch_all(read)
            .await?;
            let record = |(target, state, reason): (String, String, Option<String>)| {
                Ok(RemovalRecord {
                    target: rows::target(&target)?,
                    state: rows::removal_state(&state)?,
                    reason,
                })
            };
            found.into_iter().map(record).collect::<Result<_, _>>().map(least_far)
        }

        /// The removal at a target that is due longest; it is due again when its lease has ended. One that cannot be read is set aside
        /// in the same transaction, as a delivery is (`claims!`): it would come again and again.
        pub(super) async fn claim_removal(
            write: &mut Connection,
            target: &cutline_model::TargetId,
            now: Timestamp,
        ) -> Result<Option<Removal>, StoreError> {
            loop {
                // `due_at` is asked twice: a process that waited for another to claim the same row finds it no longer due.
                let claimed: Option<RemovalRow> = sqlx::query_as(
                    "UPDATE removal SET due_at = $1, attempts = attempts + 1
                     WHERE state = 'queued' AND due_at <= $2 AND (share_id, target) = (
                         SELECT share_id, target FROM removal
                         WHERE state = 'queued' AND target = $3 AND due_at <= $2 ORDER BY due_at, share_id LIMIT 1)
                     RETURNING share_id, target, post_id, sent_at, sent_until,
                         coalesce(asked_at, (SELECT deleted_at FROM deleted_share WHERE id = share_id)) AS asked_at,
                         attempts",
                )
                .bind(lease(now))
                .bind(now.as_millisecond())
                .bind(target.as_str())
                .fetch_optional(&mut *write)
                .await?;
                let Some(claimed) = claimed else { return claim_discard(write, target, now).await };
                let share = claimed.share_id.clone();
                match claimed.read() {
                    Err(error @ StoreError::Damaged { .. }) => {
                        tracing::error!(share, %target, %error, "a removal is set aside");
                        sqlx::query(
                            "UPDATE removal SET state = 'failed', due_at = NULL, reason = $3
                             WHERE share_id = $1 AND target = $2",
                        )
                        .bind(share)
                        .bind(target.as_str())
                        .bind(UNREADABLE_REMOVAL)
                        .execute(&mut *write)
                        .await?;
                    }
                    read => return read.map(Some),
                }
            }
        }

        /// What came of a removal, and who is to be left alone after it; in a transaction.
        pub(super) async fn finish_removal(
            write: &mut Connection,
            removal: &Removal,
            outcome: &RemovalOutcome,
            asked: Option<&Rest>,
        ) -> Result<(), StoreError> {
            if let Some(asked) = asked {
                keep_rest(&mut *write, asked).await?;
            }
            let (state, due_at, reason) = match outcome {
                RemovalOutcome::Removed => ("removed", None, None),
                RemovalOutcome::Retry { at, reason, .. } => ("queued", Some(not_before(*at)), Some(reason)),
                RemovalOutcome::Failed { reason } => ("failed", None, Some(reason)),
            };
            let uncounted = i64::from(matches!(outcome, RemovalOutcome::Retry { is_asked: true, .. }));
            let finish = sqlx::query(if removal.upload.is_none() {
                "UPDATE removal SET state = $1, due_at = $2, reason = $3, attempts = attempts - $7
                 WHERE share_id = $4 AND target = $5 AND state = 'queued' AND attempts = $6"
            } else {
                "UPDATE discard SET state = $1, due_at = $2, reason = $3, attempts = attempts - $7
                 WHERE share_id = $4 AND target = $5 AND state = 'queued' AND attempts = $6 AND upload = $8"
            });
            let finish = finish
            .bind(state)
            .bind(due_at)
            .bind(reason.map(|reason| keepable(reason)))
            .bind(removal.share_id.as_str())
            .bind(removal.target.as_str())
            .bind(i64::from(removal.attempt))
            .bind(uncounted);
            let finish = match &removal.upload {
                Some(upload) => finish.bind(keepable(upload)),
                None => finish,
            };
            finish.execute(write).await?;
            Ok(())
        }

        /// Ends what is to be removed at `target`, is due, and was asked for before `asked_by`; says how much that was. In a
        /// transaction. What is not due is held, or has been tried.
        pub(super) async fn end_old_removals(
            write: &mut Connection,
            target: &cutline_model::TargetId,
            asked_by: Timestamp,
            now: Timestamp,
            reason: &str,
        ) -> Result<u64, StoreError> {
            let mut ended = 0;
            for statement in [
                "UPDATE removal SET state = 'failed', reason = $4, due_at = NULL
                 WHERE state = 'queued' AND target = $1 AND due_at <= $2 AND share_id IN (
                     SELECT share_id FROM removal
                     WHERE state = 'queued' AND target = $1 AND due_at <= $2
                         AND coalesce(asked_at, (SELECT deleted_at FROM deleted_share WHERE id = share_id)) <= $3
                     LIMIT 1000)",
                "UPDATE discard SET state = 'failed', reason = $4, due_at = NULL
                 WHERE (share_id, target, number) IN (
                     SELECT share_id, target, number FROM discard
                     WHERE state = 'queued' AND target = $1 AND due_at <= $2 AND asked_at <= $3 LIMIT 1000)",
            ] {
                let old = sqlx::query(statement)
                    .bind(target.as_str())
                    .bind(now.as_millisecond())
                    .bind(asked_by.as_millisecond())
                    .bind(reason);
                ended += old.execute(&mut *write).await?.rows_affected();
            }
            Ok(ended)
        }

        /// When the next removal is due, for each target.
        pub(super) async fn due_removals(read: &mut Connection) -> Result<Vec<Due>, StoreError> {
            let mut due: Vec<(String, i64)> =
                sqlx::query_as(next_of!("removal")).fetch_all(&mut *read).await?;
            due.extend(sqlx::query_as::<_, (String, i64)>(next_of!("discard")).fetch_all(read).await?);
            due.sort_unstable();
            due.dedup_by(|later, first| later.0 == first.0);
            Ok(rows::all_due(due))
        }

        /// The site's secret of this name: `fresh`, unless there is one.
        pub(super) async fn secret(
            write: &mut Connection,
            name: &str,
            fresh: &[u8],
        ) -> Result<Vec<u8>, StoreError> {
            sqlx::query("INSERT INTO secret (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING")
                .bind(name)
                .bind(fresh)
                .execute(&mut *write)
                .await?;
            Ok(sqlx::query_scalar("SELECT value FROM secret WHERE name = $1")
                .bind(name)
                .fetch_one(write)
                .await?)
        }
    };
}
pub(super) use deletions;
