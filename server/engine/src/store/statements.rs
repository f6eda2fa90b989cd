//! What every database is told in the same words.
//!
//! `statements!` makes these functions for one kind of connection: the text of each statement and what is bound to it
//! stand here once, and each database's file keeps what is its own (connections, transactions, locks). A macro, because
//! the bounds of a function that is generic over sqlx's databases would be longer than its body. Parameters are written
//! `$1`, which sqlx reads on SQLite too. Columns are named: with `*`, a column added by a later version would break the
//! statements that Postgres has prepared already. Long, since one macro makes them all; what is of deletions, pictures, rests and
//! forgetting stands in files of its own.

use std::borrow::Cow;

use jiff::Timestamp;

use super::{Abandoned, IDEMPOTENCY_HOURS, LEASE};

/// The columns of `share` that a `ShareRow` is made of.
macro_rules! share_columns {
    () => {
        "share.id, share.created_at, image_url, page_url, page_title, site_name, source_width, source_height,
         region_x, region_y, region_w, region_h, description, alt, credit_author, credit_licence, credit_link,
         clipping_hash, clipping_extension, clipping_media_type, clipping_width, clipping_height, clipping_bytes"
    };
}
pub(super) use share_columns;

/// One page of the board, as `$1` (time), `$2` (id) and `$3` (how many) say.
macro_rules! board_page {
    () => {
        "FROM share JOIN delivery ON delivery.share_id = share.id
         WHERE delivery.target = 'board' AND delivery.state = 'posted' AND (share.created_at, share.id) < ($1, $2)
         ORDER BY share.created_at DESC, share.id DESC LIMIT $3"
    };
}
pub(super) use board_page;

/// Which deliveries may be claimed of those to `$1` that are due at `$2`: those that are no suspects, or those that are.
macro_rules! claimable {
    (suspects) => {
        "WHERE state = 'queued' AND target = $1 AND due_at <= $2 AND broken_off >= 2 ORDER BY due_at, share_id"
    };
    (others) => {
        "WHERE state = 'queued' AND target = $1 AND due_at <= $2 AND broken_off < 2 ORDER BY due_at, share_id"
    };
}
pub(super) use claimable;

/// The condition that a claim still holds its delivery, whose three values are bound first; see `change_held`.
macro_rules! held {
    () => {
        "WHERE share_id = $1 AND target = $2 AND state = 'sending' AND attempt_id = $3"
    };
}
pub(super) use held;

/// For each target that something in the queue `$table` waits for: when the first is due. It steps from target to target along
/// the queue's index: as many look-ups as targets, however long the queue.
macro_rules! next_of {
    ($table:literal) => {
        concat!(
            "WITH RECURSIVE waiting (target) AS (
                 SELECT min(target) FROM ",
            $table,
            " WHERE state = 'queued'
                 UNION ALL
                 SELECT (SELECT min(target) FROM ",
            $table,
            " WHERE state = 'queued' AND target > waiting.target)
                 FROM waiting WHERE waiting.target IS NOT NULL)
             SELECT target, (SELECT min(due_at) FROM ",
            $table,
            " AS queue
                             WHERE state = 'queued' AND queue.target = waiting.target)
             FROM waiting WHERE target IS NOT NULL"
        )
    };
}
pub(super) use next_of;

/// The functions, for connections to `$database`, one of sqlx's.
macro_rules! statements {
    ($database:ty) => {
        use cutline_model::{DeliveryState, TargetId};
        use jiff::Timestamp;

        use $crate::store::rows::{self, DeliveryRow, ShareRow};
        use $crate::store::statements::{
            board_page, held, keepable, lease, next_of, not_before, oldest_kept, share_columns,
        };
        use $crate::store::{
            Again, BoardCursor, Claim, Due, Idempotency, Inserted, NewShare, Outcome, Progress, ShareId, ShareRecord,
            StoreError, TOO_OLD, TOO_OLD_AND_UNKNOWN,
        };

        type Connection = <$database as sqlx::Database>::Connection;
        type Arguments = <$database as sqlx::Database>::Arguments;

        /// A share and its deliveries.
        pub(super) async fn insert_share(write: &mut Connection, share: &NewShare) -> Result<(), StoreError> {
            sqlx::query(
                "INSERT INTO share (id, created_at, image_url, page_url, page_title, site_name, source_width,
                     source_height, region_x, region_y, region_w, region_h, description, alt, credit_author,
                     credit_licence, credit_link, clipping_hash, clipping_extension, clipping_media_type,
                     clipping_width, clipping_height, clipping_bytes)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
                     $22, $23)",
            )
            .bind(share.id.as_str())
            .bind(share.created_at.as_millisecond())
            .bind(keepable(&share.image_url))
            .bind(share.page_url.as_deref().map(keepable))
            .bind(share.page_title.as_deref().map(keepable))
            .bind(share.site_name.as_deref().map(keepable))
            .bind(i64::from(share.source_size.width()))
            .bind(i64::from(share.source_size.height()))
            .bind(share.region.x())
            .bind(share.region.y())
            .bind(share.region.w())
            .bind(share.region.h())
            .bind(keepable(&share.description))
            .bind(keepable(&share.alt))
            .bind(keepable(&share.credit.author))
            .bind(keepable(&share.credit.licence))
            .bind(keepable(&share.credit.link))
            .bind(&share.clipping.hash)
            .bind(&share.clipping.extension)
            .bind(&share.clipping.media_type)
            .bind(i64::from(share.clipping.size.width()))
            .bind(i64::from(share.clipping.size.height()))
            .bind(i64::try_from(share.clipping.bytes).unwrap_or(i64::MAX))
            .execute(&mut *write)
            .await?;
            for (place, delivery) in (0_i64..).zip(&share.deliveries) {
                let due_at = match delivery.state {
                    DeliveryState::Posted => None,
                    DeliveryState::Queued => Some(share.created_at.as_millisecond()),
                    state => return Err(StoreError::NotNew { target: delivery.target.clone(), state }),
                };
                sqlx::query(
                    "INSERT INTO delivery (share_id, target, place, state, url, due_at)
                     VALUES ($1, $2, $3, $4, $5, $6)",
                )
                .bind(share.id.as_str())
                .bind(delivery.target.as_str())
                .bind(place)
                .bind(delivery.state.as_str())
                .bind(&delivery.url)
                .bind(due_at)
                .execute(&mut *write)
                .await?;
            }
            Ok(())
        }

        /// What an earlier request with this key became, as long as the key is kept.
        pub(super) async fn earlier_request(
            connection: &mut Connection,
            Idempotency { key, request_hash }: &Idempotency,
            now: Timestamp,
        ) -> Result<Option<Inserted>, StoreError> {
            // In one statement, so that a deletion meanwhile hides it from neither half.
            let earlier: Option<(String, String, bool)> = sqlx::query_as(
                "SELECT request_hash, share_id, FALSE FROM idempotency WHERE key = $1 AND created_at > $2
                 UNION ALL
                 SELECT request_hash, share_id, TRUE FROM deleted_key WHERE key = $1 AND created_at > $2",
            )
            .bind(key)
            .bind(oldest_kept(now))
            .fetch_optional(connection)
            .await?;
            match earlier {
                None => Ok(None),
                Some((hash, ..)) if hash != *request_hash => Ok(Some(Inserted::Conflict)),
                Some((.., true)) => Ok(Some(Inserted::Deleted)),
                Some((_, share_id, false)) => Ok(Some(Inserted::Existing(rows::share_id(&share_id)?))),
            }
        }

        /// Keeps the key of a share that is inserted; one of that name is there only if it is to be forgotten.
        pub(super) async fn keep_key(
            write: &mut Connection,
            Idempotency { key, request_hash }: &Idempotency,
            share: &NewShare,
        ) -> Result<(), StoreError> {
            sqlx::query(
                "INSERT INTO idempotency (key, request_hash, share_id, created_at) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (key) DO UPDATE SET request_hash = excluded.request_hash, share_id = excluded.share_id,
                     created_at = excluded.created_at",
            )
            .bind(key)
            .bind(request_hash)
            .bind(share.id.as_str())
            .bind(share.created_at.as_millisecond())
            .execute(write)
            .await?;
            Ok(())
        }

        /// One share; in a transaction, so that it and its deliveries are those of one moment.
        pub(super) async fn share(
            read: &mut Connection,
            id: &ShareId,
        ) -> Result<Option<ShareRecord>, StoreError> {
            let share: Option<ShareRow> =
                sqlx::query_as(concat!("SELECT ", share_columns!(), " FROM share WHERE id = $1"))
                    .bind(id.as_str())
                    .fetch_optional(&mut *read)
                    .await?;
            let Some(share) = share else { return Ok(None) };
            let deliveries: Vec<DeliveryRow> = sqlx::query_as(
                "SELECT share_id, target, state, url, reason, attempts, due_at, upload, published_at FROM delivery
                 WHERE share_id = $1 ORDER BY place",
            )
            .bind(id.as_str())
            .fetch_all(read)
            .await?;
            rows::share_record(share, deliveries).map(Some)
        }

        /// A page of the board; in a transaction, as above.
        pub(super) async fn board(
            read: &mut Connection,
            before: Option<&BoardCursor>,
            count: u32,
        ) -> Result<Vec<ShareRecord>, StoreError> {
            let (time, id) = before
                .map_or((i64::MAX, ""), |cursor| (cursor.created_at.as_millisecond(), cursor.id.as_str()));
            let shares: Vec<ShareRow> =
                sqlx::query_as(concat!("SELECT ", share_columns!(), " ", board_page!()))
                    .bind(time)
                    .bind(id)
                    .bind(i64::from(count))
                    .fetch_all(&mut *read)
                    .await?;
            // The page is named again instead of a list of ids as parameters: the statement's text stays the same.
            let mut deliveries: Vec<DeliveryRow> = sqlx::query_as(concat!(
                "WITH shares AS (SELECT share.id ",
                board_page!(),
                ") SELECT share_id, target, state, url, reason, attempts, due_at, upload, published_at FROM delivery
                 WHERE share_id IN (SELECT id FROM shares) ORDER BY place"
            ))
            .bind(time)
            .bind(id)
            .bind(i64::from(count))
            .fetch_all(read)
            .await?;
            let mut records = Vec::with_capacity(shares.len());
            for share in shares {
                let own = deliveries.extract_if(.., |delivery| delivery.share_id == share.id).collect();
                records.push(rows::share_record(share, own)?);
            }
            Ok(records)
        }

        /// How far a claimed delivery is.
        pub(super) async fn note(
            write: &mut Connection,
            claim: &Claim,
            progress: &Progress,
        ) -> Result<(), StoreError> {
            let change = match progress {
                Progress::Upload(upload) => {
                    of_claim(claim, concat!("UPDATE delivery SET upload = $4 ", held!()))
                        .bind(upload.as_deref().map(keepable))
                }
                Progress::Publishing { since, at, taken_at } => {
                    let sent =
                        concat!("UPDATE delivery SET published_at = $4, sent_at = $5, taken_at = $6 ", held!());
                    of_claim(claim, sent)
                        .bind(since.as_millisecond())
                        .bind(at.as_millisecond())
                        .bind(taken_at.map(Timestamp::as_millisecond))
                }
            };
            change_held(change, claim, write).await
        }

        /// Holds these claims for longer; in a transaction.
        pub(super) async fn renew(
            write: &mut Connection,
            claims: &[Claim],
            now: Timestamp,
        ) -> Result<(), StoreError> {
            for claim in claims {
                let renewal =
                    of_claim(claim, concat!("UPDATE delivery SET leased_until = $4 ", held!())).bind(lease(now));
                match change_held(renewal, claim, write).await {
                    Ok(()) | Err(StoreError::ClaimLost { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(())
        }

        /// What came of a claimed delivery, and who is to be left alone after it; in a transaction, of which nothing is kept if the
        /// claim is lost. What was posted of a share that was deleted meanwhile is told to its removal; says whether that was so.
        pub(super) async fn finish(
            write: &mut Connection,
            claim: &Claim,
            outcome: &Outcome,
            asked: Option<&Rest>,
            now: Timestamp,
        ) -> Result<bool, StoreError> {
            if let Some(asked) = asked {
                keep_rest(&mut *write, asked).await?;
            }
            match (end(write, claim, outcome, now).await, outcome) {
                (Err(StoreError::ClaimLost { .. }), Outcome::Posted { post_id: Some(post_id), .. })
                    if name_late_post(write, claim, post_id, now).await? =>
                {
                    Ok(true)
                }
                (Err(StoreError::ClaimLost { .. }), Outcome::Posted { url, post_id })
                    if keep_late_post(write, claim, url.as_deref(), post_id.as_deref()).await? =>
                {
                    Ok(false)
                }
                (ended, _) => ended.map(|()| false),
            }
        }

        /// Writes down a post that was made by who does not hold the delivery any more, unless somebody else does: it is what
        /// those who come after would look for, or did not find. Says whether that was so.
        async fn keep_late_post(
            write: &mut Connection,
            claim: &Claim,
            url: Option<&str>,
            post_id: Option<&str>,
        ) -> Result<bool, StoreError> {
            let kept = sqlx::query(
                "UPDATE delivery SET state = 'posted', url = $3, post_id = $4, due_at = NULL, reason = NULL,
                     broken_off = 0, published_at = NULL
                 WHERE share_id = $1 AND target = $2
                     AND (state = 'failed' OR (state IN ('queued', 'unknown') AND published_at IS NOT NULL))",
            )
            .bind(claim.share_id.as_str())
            .bind(claim.target.as_str())
            .bind(url.map(keepable))
            .bind(post_id.map(keepable))
            .execute(write)
            .await?;
            Ok(kept.rows_affected() > 0)
        }

        /// Ends some of what waits for `target` and was due before `moment`; gives the shares. In a transaction.
        pub(super) async fn end_old(
            write: &mut Connection,
            target: &TargetId,
            moment: Timestamp,
        ) -> Result<Vec<ShareId>, StoreError> {
            // Asked twice: what somebody takes meanwhile is no longer queued.
            let ended: Vec<String> = sqlx::query_scalar(
                "UPDATE delivery SET state = CASE WHEN published_at IS NULL THEN 'failed' ELSE 'unknown' END,
                     reason = CASE WHEN published_at IS NULL THEN $3 ELSE $4 END, due_at = NULL
                 WHERE state = 'queued' AND target = $1 AND share_id IN (
                     SELECT share_id FROM delivery WHERE state = 'queued' AND target = $1 AND due_at <= $2
                     ORDER BY due_at LIMIT 1000)
                 RETURNING share_id",
            )
            .bind(target.as_str())
            .bind(moment.as_millisecond())
            .bind(TOO_OLD)
            .bind(TOO_OLD_AND_UNKNOWN)
            .fetch_all(write)
            .await?;
            ended.iter().map(|id| rows::share_id(id)).collect()
        }

        /// Ends the attempt and what it was made of, if the claim still holds.
        async fn end(
            write: &mut Connection,
            claim: &Claim,
            outcome: &Outcome,
            now: Timestamp,
        ) -> Result<(), StoreError> {
            let (state, name, url, due_at, reason) = match outcome {
                Outcome::Posted { url, .. } => (DeliveryState::Posted, "posted", url.as_deref(), None, None),
                Outcome::Retry { at, reason, .. } => {
                    (DeliveryState::Queued, "retry", None, Some(not_before(*at)), Some(reason))
                }
                Outcome::Taken { look_at, reason } => {
                    (DeliveryState::Queued, "retry", None, Some(not_before(*look_at)), Some(reason))
                }
                Outcome::Failed { reason } => (DeliveryState::Failed, "failed", None, None, Some(reason)),
                Outcome::Unknown { reason } => (DeliveryState::Unknown, "unknown", None, None, Some(reason)),
            };
            let reason = reason.map(|reason| keepable(reason));
            let is_taken = matches!(outcome, Outcome::Taken { .. });
            let uncounted = i64::from(is_taken || matches!(outcome, Outcome::Retry { is_asked: true, .. }));
            let end = of_claim(
                claim,
                concat!(
                    "UPDATE delivery SET state = $4, url = $5, due_at = $6, reason = $7, attempts = attempts - $8,
                         leased_until = NULL, broken_off = 0, published_at = CASE WHEN $9 THEN published_at END, post_id = $10,
                         sent_at = CASE WHEN $9 AND coalesce(sent_at, 0) <> $11 THEN $12 ELSE sent_at END,
                         taken_at = CASE WHEN $13 THEN $12 ELSE taken_at END ",
                    held!()
                ),
            )
            .bind(state.as_str())
            .bind(url.map(keepable))
            .bind(due_at)
            .bind(reason.clone())
            .bind(uncounted)
            .bind(matches!(
                outcome,
                Outcome::Retry { may_be_posted: true, .. } | Outcome::Taken { .. } | Outcome::Unknown { .. }
            ))
            .bind(match outcome {
                Outcome::Posted { post_id, .. } => post_id.as_deref().map(keepable),
                _ => None,
            })
            // What this attempt has sent was sent by now: when it was written down is the time before that.
            .bind(claim.sent_at.map_or(0, Timestamp::as_millisecond))
            .bind(now.as_millisecond())
            .bind(is_taken);
            change_held(end, claim, write).await?;
            if uncounted > 0 {
                // It leaves no row either: there is no limit to how often somebody asks for a pause.
                sqlx::query("DELETE FROM attempt WHERE id = $1").bind(claim.attempt_id).execute(write).await?;
                return Ok(());
            }
            sqlx::query("UPDATE attempt SET ended_at = $1, outcome = $2, reason = $3 WHERE id = $4")
                .bind(now.as_millisecond())
                .bind(name)
                .bind(reason)
                .bind(claim.attempt_id)
                .execute(write)
                .await?;
            Ok(())
        }

        /// When the next delivery is due, for each target.
        pub(super) async fn next_due(read: &mut Connection) -> Result<Vec<Due>, StoreError> {
            let due: Vec<(String, i64)> = sqlx::query_as(next_of!("delivery")).fetch_all(read).await?;
            Ok(rows::all_due(due))
        }

        /// Queues what is wanted of a share again. Since when a post may be there stays written. In a transaction.
        pub(super) async fn retry(
            write: &mut Connection,
            id: &ShareId,
            Again { unknown_too, target }: Again<'_>,
            now: Timestamp,
        ) -> Result<u64, StoreError> {
            let also = if unknown_too { "unknown" } else { "failed" };
            let alone = target.map(TargetId::as_str);
            // First of all: it waits for whoever deletes the share right now.
            give_up_of_retried(&mut *write, id, also, alone).await?;
            // They begin anew, and so does what is written of them: nobody reads more of it than fits on a page.
            sqlx::query(
                "DELETE FROM attempt WHERE share_id = $1 AND target IN (
                     SELECT target FROM delivery
                     WHERE share_id = $1 AND state IN ('failed', $2) AND target = COALESCE($3, target))",
            )
            .bind(id.as_str())
            .bind(also)
            .bind(alone)
            .execute(&mut *write)
            .await?;
            let again = sqlx::query(
                "UPDATE delivery SET state = 'queued', due_at = $1, asked_at = $1, attempts = 0, broken_off = 0,
                     reason = NULL, url = NULL, upload = NULL
                 WHERE share_id = $2 AND state IN ('failed', $3) AND target = COALESCE($4, target)",
            )
            .bind(now.as_millisecond())
            .bind(id.as_str())
            .bind(also)
            .bind(alone)
            .execute(write)
            .await?;
            Ok(again.rows_affected())
        }

        /// A change to the delivery that `claim` holds, which ends with the condition `held!`.
        fn of_claim<'a>(
            claim: &'a Claim,
            change: &'static str,
        ) -> sqlx::query::Query<'a, $database, Arguments> {
            sqlx::query(change)
                .bind(claim.share_id.as_str())
                .bind(claim.target.as_str())
                .bind(claim.attempt_id)
        }

        /// Makes such a change, unless the claim is lost.
        async fn change_held(
            change: sqlx::query::Query<'_, $database, Arguments>,
            claim: &Claim,
            write: &mut Connection,
        ) -> Result<(), StoreError> {
            let changed = change.execute(write).await?;
            if changed.rows_affected() == 1 {
                Ok(())
            } else {
                Err(StoreError::ClaimLost { attempt_id: claim.attempt_id })
            }
        }
    };
}
pub(super) use statements;

/// The millisecond up to which keys are forgotten.
pub(super) fn oldest_kept(now: Timestamp) -> i64 {
    now.as_millisecond() - IDEMPOTENCY_HOURS * 3_600_000
}

/// When a claim that is made or renewed now ends.
pub(super) fn lease(now: Timestamp) -> i64 {
    (now + LEASE).as_millisecond()
}

/// The millisecond up to which a lease must have ended to be abandoned; what an earlier version claimed has none.
pub(super) fn abandoned_by(abandoned: Abandoned, now: Timestamp) -> i64 {
    match abandoned {
        Abandoned::All => i64::MAX,
        Abandoned::Expired => now.as_millisecond(),
    }
}

/// The first whole millisecond that is not before `at`: rounding down would call a platform earlier than it asked.
pub(super) fn not_before(at: Timestamp) -> i64 {
    let whole = at.as_millisecond();
    if Timestamp::from_millisecond(whole).is_ok_and(|rounded| rounded < at) { whole + 1 } else { whole }
}

/// A text that every database can keep: Postgres has no U+0000 in its texts, so U+FFFD stands for it, as where HTML is
/// read (<https://html.spec.whatwg.org/#parse-error-unexpected-null-character>).
pub(super) fn keepable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{fffd}")) } else { Cow::Borrowed(text) }
}
