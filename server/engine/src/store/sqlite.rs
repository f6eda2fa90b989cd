//! The record in one SQLite file: the default, for one server process.
//!
//! SQLite has one writer at a time, so there is one connection that writes: waiting happens in our pool, in order,
//! rather than in SQLite's busy handler. Writes start with BEGIN IMMEDIATE: a transaction that reads first and then
//! finds the database changed would fail at once, whatever the busy timeout. WAL lets readers go on meanwhile.

use std::{path::Path, time::Duration};

use async_trait::async_trait;
use cutline_model::{DeliveryState, TargetId};
use jiff::Timestamp;
use sqlx::{
    Sqlite, SqliteConnection, SqlitePool, Transaction,
    query::Query,
    sqlite::{
        SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
    },
};

use super::{
    Abandoned, BoardCursor, Claim, Due, IDEMPOTENCY_HOURS, INTERRUPTED, Idempotency, Inserted, LEASE,
    NewShare, Outcome, Progress, ShareId, ShareRecord, Store, StoreError,
};

mod rows;
#[cfg(test)]
mod tests;

use rows::{ClaimRow, DeliveryRow, ShareRow};

/// How long SQLite waits for another process's lock (a backup, a shell).
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a request waits for its turn at a connection before it is told that the server is busy.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// Connections that read; they do not wait for the writer.
const READERS: u32 = 4;

/// The record in one SQLite file.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    writer: SqlitePool,
    readers: SqlitePool,
}

impl SqliteStore {
    /// Opens the file, makes it and its folder if they are missing, and brings its tables up to date.
    pub async fn open(file: &Path) -> Result<Self, StoreError> {
        if let Some(folder) = file.parent() {
            tokio::fs::create_dir_all(folder)
                .await
                .map_err(|source| StoreError::Folder { folder: folder.to_owned(), source })?;
        }
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // Not NORMAL: an accepted share and the attempt before a call must outlive a power cut too.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT);
        let pool = SqlitePoolOptions::new().acquire_timeout(ACQUIRE_TIMEOUT);
        let writer = pool.clone().max_connections(1).connect_with(options.clone()).await?;
        // A later version may have been here and gone: what it added is for columns to ignore, not a reason to stop.
        sqlx::migrate!("migrations/sqlite").set_ignore_missing(true).run(&writer).await?;
        // Not opened read-only: a reader of a WAL file must be able to write its shared-memory file.
        let readers = pool.max_connections(READERS).connect_with(options.pragma("query_only", "ON")).await?;
        Ok(Self { writer, readers })
    }

    /// Waits for what runs, then closes the file; the write-ahead log is merged into it.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    async fn write(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }
}

/// The condition that a claim still holds its delivery; see [`update_held`].
macro_rules! held {
    () => {
        "WHERE share_id = ? AND target = ? AND state = 'sending' AND attempt_id = ?"
    };
}

#[async_trait]
impl Store for SqliteStore {
    async fn insert(
        &self,
        share: &NewShare,
        idempotency: Option<&Idempotency>,
    ) -> Result<Inserted, StoreError> {
        let mut write = self.write().await?;
        if let Some(idempotency) = idempotency {
            sqlx::query("DELETE FROM idempotency WHERE created_at <= ?")
                .bind(oldest_kept(share.created_at))
                .execute(&mut *write)
                .await?;
            if let Some(earlier) = earlier_request(&mut write, idempotency, share.created_at).await? {
                return Ok(earlier);
            }
        }
        insert_share(&mut write, share).await?;
        insert_deliveries(&mut write, share).await?;
        if let Some(Idempotency { key, request_hash }) = idempotency {
            sqlx::query(
                "INSERT INTO idempotency (key, request_hash, share_id, created_at) VALUES (?, ?, ?, ?)",
            )
            .bind(key)
            .bind(request_hash)
            .bind(share.id.as_str())
            .bind(share.created_at.as_millisecond())
            .execute(&mut *write)
            .await?;
        }
        write.commit().await?;
        Ok(Inserted::Created)
    }

    async fn by_key(
        &self,
        idempotency: &Idempotency,
        now: Timestamp,
    ) -> Result<Option<Inserted>, StoreError> {
        let mut reader = self.readers.acquire().await?;
        earlier_request(&mut reader, idempotency, now).await
    }

    async fn share(&self, id: &ShareId) -> Result<Option<ShareRecord>, StoreError> {
        // One transaction for both reads: the share and its deliveries as they were at one moment.
        let mut read = self.readers.begin().await?;
        let share: Option<ShareRow> = sqlx::query_as("SELECT * FROM share WHERE id = ?")
            .bind(id.as_str())
            .fetch_optional(&mut *read)
            .await?;
        let Some(share) = share else { return Ok(None) };
        let deliveries: Vec<DeliveryRow> =
            sqlx::query_as("SELECT * FROM delivery WHERE share_id = ? ORDER BY place")
                .bind(id.as_str())
                .fetch_all(&mut *read)
                .await?;
        rows::share_record(share, deliveries).map(Some)
    }

    async fn board(&self, before: Option<&BoardCursor>, count: u32) -> Result<Vec<ShareRecord>, StoreError> {
        let mut read = self.readers.begin().await?;
        let (time, id) =
            before.map_or((i64::MAX, ""), |cursor| (cursor.created_at.as_millisecond(), cursor.id.as_str()));
        let shares: Vec<ShareRow> = sqlx::query_as(
            "SELECT share.* FROM share JOIN delivery ON delivery.share_id = share.id
             WHERE delivery.target = 'board' AND delivery.state = 'posted' AND (share.created_at, share.id) < (?, ?)
             ORDER BY share.created_at DESC, share.id DESC LIMIT ?",
        )
        .bind(time)
        .bind(id)
        .bind(count)
        .fetch_all(&mut *read)
        .await?;
        // `shares` names them again instead of a list of ids as parameters: the statement's text stays the same.
        let mut deliveries: Vec<DeliveryRow> = sqlx::query_as(
            "WITH shares AS (
                 SELECT share.id FROM share JOIN delivery ON delivery.share_id = share.id
                 WHERE delivery.target = 'board' AND delivery.state = 'posted' AND (share.created_at, share.id) < (?, ?)
                 ORDER BY share.created_at DESC, share.id DESC LIMIT ?)
             SELECT delivery.* FROM delivery WHERE share_id IN (SELECT id FROM shares) ORDER BY place",
        )
        .bind(time)
        .bind(id)
        .bind(count)
        .fetch_all(&mut *read)
        .await?;
        let mut records = Vec::with_capacity(shares.len());
        for share in shares {
            let own = deliveries.extract_if(.., |delivery| delivery.share_id == share.id).collect();
            records.push(rows::share_record(share, own)?);
        }
        Ok(records)
    }

    async fn claim(&self, target: &TargetId, now: Timestamp, count: u32) -> Result<Vec<Claim>, StoreError> {
        let mut write = self.write().await?;
        let due: Vec<ClaimRow> = sqlx::query_as(
            "SELECT share_id, attempts, coalesce(asked_at, share.created_at) AS asked_at, upload, published_at
             FROM delivery JOIN share ON share.id = delivery.share_id
             WHERE state = 'queued' AND target = ? AND due_at <= ? ORDER BY due_at, share_id LIMIT ?",
        )
        .bind(target.as_str())
        .bind(now.as_millisecond())
        .bind(count)
        .fetch_all(&mut *write)
        .await?;
        let mut claims = Vec::with_capacity(due.len());
        for row in due {
            let attempt_id: i64 = sqlx::query_scalar(
                "INSERT INTO attempt (share_id, target, started_at) VALUES (?, ?, ?) RETURNING id",
            )
            .bind(&row.share_id)
            .bind(target.as_str())
            .bind(now.as_millisecond())
            .fetch_one(&mut *write)
            .await?;
            sqlx::query(
                "UPDATE delivery
                 SET state = 'sending', due_at = NULL, attempts = attempts + 1, attempt_id = ?, leased_until = ?
                 WHERE share_id = ? AND target = ?",
            )
            .bind(attempt_id)
            .bind(lease(now))
            .bind(&row.share_id)
            .bind(target.as_str())
            .execute(&mut *write)
            .await?;
            claims.push(rows::claim(row, attempt_id, target)?);
        }
        write.commit().await?;
        Ok(claims)
    }

    async fn note(&self, claim: &Claim, progress: &Progress) -> Result<(), StoreError> {
        let update = match progress {
            Progress::Upload(upload) => {
                sqlx::query(concat!("UPDATE delivery SET upload = ? ", held!())).bind(upload)
            }
            Progress::Publishing { since } => {
                sqlx::query(concat!("UPDATE delivery SET published_at = ? ", held!()))
                    .bind(since.as_millisecond())
            }
        };
        let mut write = self.write().await?;
        update_held(update, claim, &mut write).await?;
        Ok(write.commit().await?)
    }

    async fn renew(&self, claims: &[Claim], now: Timestamp) -> Result<(), StoreError> {
        if claims.is_empty() {
            return Ok(());
        }
        let mut write = self.write().await?;
        for claim in claims {
            let renewal =
                sqlx::query(concat!("UPDATE delivery SET leased_until = ? ", held!())).bind(lease(now));
            match update_held(renewal, claim, &mut write).await {
                Ok(()) | Err(StoreError::ClaimLost { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(write.commit().await?)
    }

    async fn finish(&self, claim: &Claim, outcome: &Outcome, now: Timestamp) -> Result<(), StoreError> {
        let (state, name, url, due_at, reason) = match outcome {
            Outcome::Posted { url } => (DeliveryState::Posted, "posted", url.as_deref(), None, None),
            Outcome::Retry { at, reason, .. } => {
                (DeliveryState::Queued, "retry", None, Some(not_before(*at)), Some(reason))
            }
            Outcome::Failed { reason } => (DeliveryState::Failed, "failed", None, None, Some(reason)),
            Outcome::Unknown { reason } => (DeliveryState::Unknown, "unknown", None, None, Some(reason)),
        };
        let uncounted = i64::from(matches!(outcome, Outcome::Retry { is_asked: true, .. }));
        let mut write = self.write().await?;
        let end = sqlx::query(concat!(
            "UPDATE delivery SET state = ?, url = ?, due_at = ?, reason = ?, attempts = attempts - ?, leased_until = NULL,
                 published_at = CASE WHEN ? THEN published_at END ",
            held!()
        ))
        .bind(state.as_str())
        .bind(url)
        .bind(due_at)
        .bind(reason)
        .bind(uncounted)
        .bind(matches!(outcome, Outcome::Retry { may_be_posted: true, .. }));
        update_held(end, claim, &mut write).await?;
        sqlx::query("UPDATE attempt SET ended_at = ?, outcome = ?, reason = ? WHERE id = ?")
            .bind(now.as_millisecond())
            .bind(name)
            .bind(reason)
            .bind(claim.attempt_id)
            .execute(&mut *write)
            .await?;
        Ok(write.commit().await?)
    }

    async fn next_due(&self) -> Result<Vec<Due>, StoreError> {
        // Steps from target to target along the queue's index: as many look-ups as targets, however long the queue.
        let due: Vec<(String, i64)> = sqlx::query_as(
            "WITH RECURSIVE waiting (target) AS (
                 SELECT min(target) FROM delivery WHERE state = 'queued'
                 UNION ALL
                 SELECT (SELECT min(target) FROM delivery WHERE state = 'queued' AND target > waiting.target)
                 FROM waiting WHERE waiting.target IS NOT NULL)
             SELECT target, (SELECT min(due_at) FROM delivery WHERE state = 'queued' AND delivery.target = waiting.target)
             FROM waiting WHERE target IS NOT NULL",
        )
        .fetch_all(&self.readers)
        .await?;
        due.into_iter()
            .map(|(target, at)| Ok(Due { target: rows::target(&target)?, at: rows::time(at)? }))
            .collect()
    }

    async fn retry(&self, id: &ShareId, now: Timestamp) -> Result<u64, StoreError> {
        let mut write = self.write().await?;
        let again = sqlx::query(
            "UPDATE delivery
             SET state = 'queued', due_at = ?1, asked_at = ?1, attempts = 0, reason = NULL, url = NULL, upload = NULL
             WHERE share_id = ?2 AND state IN ('failed', 'unknown')",
        )
        .bind(now.as_millisecond())
        .bind(id.as_str())
        .execute(&mut *write)
        .await?;
        write.commit().await?;
        Ok(again.rows_affected())
    }

    async fn recover(&self, abandoned: Abandoned, now: Timestamp) -> Result<u64, StoreError> {
        // What an earlier version claimed has no lease.
        let ended_by = match abandoned {
            Abandoned::All => i64::MAX,
            Abandoned::Expired => now.as_millisecond(),
        };
        let mut write = self.write().await?;
        sqlx::query(
            "UPDATE attempt SET ended_at = ?, outcome = 'retry', reason = ?
             WHERE id IN (SELECT attempt_id FROM delivery WHERE state = 'sending' AND coalesce(leased_until, 0) <= ?)",
        )
        .bind(now.as_millisecond())
        .bind(INTERRUPTED)
        .bind(ended_by)
        .execute(&mut *write)
        .await?;
        let left = sqlx::query(
            "UPDATE delivery SET state = 'queued', due_at = ?, reason = ?, leased_until = NULL
             WHERE state = 'sending' AND coalesce(leased_until, 0) <= ?",
        )
        .bind(now.as_millisecond())
        .bind(INTERRUPTED)
        .bind(ended_by)
        .execute(&mut *write)
        .await?;
        write.commit().await?;
        Ok(left.rows_affected())
    }
}

/// Makes a change to the delivery that `claim` holds, whose condition `held!` is the end of `change`.
async fn update_held(
    change: Query<'_, Sqlite, SqliteArguments>,
    claim: &Claim,
    write: &mut SqliteConnection,
) -> Result<(), StoreError> {
    let Claim { share_id, target, attempt_id, .. } = claim;
    let changed =
        change.bind(share_id.as_str()).bind(target.as_str()).bind(attempt_id).execute(write).await?;
    if changed.rows_affected() == 1 { Ok(()) } else { Err(StoreError::ClaimLost { attempt_id: *attempt_id }) }
}

/// When a claim that is made or renewed now ends.
fn lease(now: Timestamp) -> i64 {
    (now + LEASE).as_millisecond()
}

async fn insert_share(write: &mut SqliteConnection, share: &NewShare) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO share (id, created_at, image_url, page_url, page_title, site_name, source_width, source_height,
             region_x, region_y, region_w, region_h, description, alt, credit_author, credit_licence, credit_link,
             clipping_hash, clipping_extension, clipping_media_type, clipping_width, clipping_height, clipping_bytes)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(share.id.as_str())
    .bind(share.created_at.as_millisecond())
    .bind(&share.image_url)
    .bind(&share.page_url)
    .bind(&share.page_title)
    .bind(&share.site_name)
    .bind(share.source_size.width())
    .bind(share.source_size.height())
    .bind(share.region.x())
    .bind(share.region.y())
    .bind(share.region.w())
    .bind(share.region.h())
    .bind(&share.description)
    .bind(&share.alt)
    .bind(&share.credit.author)
    .bind(&share.credit.licence)
    .bind(&share.credit.link)
    .bind(&share.clipping.hash)
    .bind(&share.clipping.extension)
    .bind(&share.clipping.media_type)
    .bind(share.clipping.size.width())
    .bind(share.clipping.size.height())
    .bind(i64::try_from(share.clipping.bytes).unwrap_or(i64::MAX))
    .execute(write)
    .await?;
    Ok(())
}

async fn insert_deliveries(write: &mut SqliteConnection, share: &NewShare) -> Result<(), StoreError> {
    for (place, delivery) in (0_i64..).zip(&share.deliveries) {
        let due_at = match delivery.state {
            DeliveryState::Posted => None,
            DeliveryState::Queued => Some(share.created_at.as_millisecond()),
            state => {
                return Err(StoreError::NotNew { target: delivery.target.clone(), state });
            }
        };
        sqlx::query(
            "INSERT INTO delivery (share_id, target, place, state, url, due_at) VALUES (?, ?, ?, ?, ?, ?)",
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
async fn earlier_request(
    connection: &mut SqliteConnection,
    Idempotency { key, request_hash }: &Idempotency,
    now: Timestamp,
) -> Result<Option<Inserted>, StoreError> {
    let earlier: Option<(String, String)> =
        sqlx::query_as("SELECT request_hash, share_id FROM idempotency WHERE key = ? AND created_at > ?")
            .bind(key)
            .bind(oldest_kept(now))
            .fetch_optional(connection)
            .await?;
    match earlier {
        None => Ok(None),
        Some((hash, share_id)) if hash == *request_hash => {
            Ok(Some(Inserted::Existing(rows::share_id(&share_id)?)))
        }
        Some(_) => Ok(Some(Inserted::Conflict)),
    }
}

/// The millisecond up to which keys are forgotten.
fn oldest_kept(now: Timestamp) -> i64 {
    now.as_millisecond() - IDEMPOTENCY_HOURS * 3_600_000
}

/// The first whole millisecond that is not before `at`: rounding down would call a platform earlier than it asked.
fn not_before(at: Timestamp) -> i64 {
    let whole = at.as_millisecond();
    if Timestamp::from_millisecond(whole).is_ok_and(|rounded| rounded < at) { whole + 1 } else { whole }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        // Extended result codes keep the primary one in the low byte: 5 is SQLITE_BUSY, 6 is SQLITE_LOCKED.
        let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
        let is_locked =
            code.and_then(|code| code.parse::<u32>().ok()).is_some_and(|code| matches!(code & 0xff, 5 | 6));
        if is_locked || matches!(error, sqlx::Error::PoolTimedOut) {
            Self::Busy(error)
        } else {
            Self::Database(error)
        }
    }
}
