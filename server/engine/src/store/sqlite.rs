//! The record in one SQLite file: the default, for one server process.
//!
//! SQLite has one writer at a time, so there is one connection that writes: waiting happens in our pool, in order,
//! rather than in SQLite's busy handler. Writes start with BEGIN IMMEDIATE: a transaction that reads first and then
//! finds the database changed would fail at once, whatever the busy timeout. WAL lets readers go on meanwhile.
//! Long, since it is one implementation of one trait; what is said in words that Postgres knows too stands in `statements.rs`.

use std::{path::Path, time::Duration};

use async_trait::async_trait;
use cutline_model::TargetId;
use jiff::Timestamp;
use sqlx::{
    Sqlite, SqlitePool, Transaction,
    migrate::Migrator,
    pool::PoolConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{
    Abandoned, Again, BoardCursor, Changes, Claim, ClippingName, Deleted, Due, Hold, INTERRUPTED,
    Idempotency, Inserted, MAX_PER_TARGET, NewShare, Outcome, Progress, Removal, RemovalOutcome,
    RemovalRecord, Rest, Rested, ShareId, ShareRecord, Store, StoreError,
    changes::Change,
    migrations::{Migrated, missing},
    rows::ClaimRow,
    statements::{abandoned_by, claimable, lease},
};

use crate::clock::{Clock, SteadyClock, SystemClock};

mod statements {
    crate::store::statements::statements!(sqlx::Sqlite);
    crate::store::deletion::deletions!();
    crate::store::discards::discards!();
    crate::store::clipping_removal::clipping_removals!();
    crate::store::rest::rests!();
    crate::store::forgetting::forgetting!();
    crate::store::claims::claims!();
}
crate::store::accounts::account_store!(crate::store::SqliteStore);
#[cfg(test)]
mod tests;

/// How long SQLite waits for another process's lock (a backup, a shell).
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a request waits for its turn at a connection before it is told that the server is busy.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// Connections that read; they do not wait for the writer.
const READERS: u32 = 4;

/// What of a target's queue is claimed: as many as are wanted, and as there is room for beside those under way.
macro_rules! claim {
    ($which:tt) => {
        concat!(
            "SELECT share_id, attempts, broken_off, upload, published_at, sent_at, taken_at,
                 asked_at AS asked_again_at,
                 coalesce(asked_at, (SELECT created_at FROM share WHERE id = share_id)) AS asked_at
             FROM delivery ",
            claimable!($which),
            " LIMIT max(0, min($3, $4 - (SELECT count(*) FROM delivery
                 WHERE state = 'sending' AND target = $1 AND leased_until > $2)))"
        )
    };
}
const CLAIM: &str = claim!(others);
const CLAIM_SUSPECT: &str = claim!(suspects);
/// Ends the attempts that are abandoned, and queues their deliveries.
const END_ABANDONED: &str = "UPDATE attempt SET ended_at = ?, outcome = 'retry', reason = ?
     WHERE id IN (SELECT attempt_id FROM delivery WHERE state = 'sending' AND coalesce(leased_until, 0) <= ?)";
const RECOVER: &str = "UPDATE delivery
     SET state = 'queued', due_at = ?, reason = ?, leased_until = NULL, broken_off = broken_off + 1
     WHERE state = 'sending' AND coalesce(leased_until, 0) <= ?";
/// What a clock that is no longer ahead, of a minute at least, has put off: the last attempt, what the visitor asked for, or the
/// share itself is of a time that has not come yet. An attempt after which the platform asked for a pause leaves no row, and what
/// it asked for is kept; but nothing waits for longer than a day.
const PUT_OFF: &str = "UPDATE delivery SET due_at = ?1
     WHERE state = 'queued' AND due_at > ?1 + 60000 AND (due_at > ?1 + 86400000 OR coalesce(
         (SELECT started_at FROM attempt WHERE attempt.share_id = delivery.share_id AND attempt.target = delivery.target
          ORDER BY id DESC LIMIT 1), asked_at, (SELECT created_at FROM share WHERE id = share_id)) > ?1)";
const PUT_OFF_RESTS: &str = "DELETE FROM rest
     WHERE until_at > ?1 AND (SELECT started_at FROM attempt ORDER BY id DESC LIMIT 1) > ?1 + 60000";
/// What else such a clock leaves behind. A post that was sent at a time to come was sent nobody knows when: a day ago, for who
/// looks for it, which is longer than any platform knows a repetition. No other process is there to hold a clipping or a turn.
/// Removals wait for an hour at most, unless their account asked for more, which is in the rests.
const HELD_BY_THE_FUTURE: [&str; 10] = [
    // In this order: what the visitor asked for then does not settle what was sent then.
    "UPDATE delivery SET asked_at = CASE WHEN published_at > ?1 + 60000 THEN ?1 - 86400000 ELSE ?1 END
     WHERE asked_at > ?1 + 60000",
    "UPDATE delivery SET sent_at = ?1 WHERE sent_at > ?1",
    "UPDATE delivery SET taken_at = ?1 WHERE taken_at > ?1",
    "UPDATE delivery SET published_at = ?1 - 86400000 WHERE published_at > ?1 + 60000",
    "UPDATE clipping_removal SET held_until = ?1 WHERE held_until > ?1",
    "UPDATE account SET refreshing_until = NULL WHERE refreshing_until IS NOT NULL",
    "UPDATE removal SET due_at = ?1 WHERE state = 'queued' AND due_at > ?1 + 3600000",
    "UPDATE removal SET sent_until = ?1 WHERE sent_until > ?1 + 60000",
    "UPDATE discard SET due_at = ?1 WHERE state = 'queued' AND due_at > ?1 + 3600000",
    "UPDATE deleted_share SET clipping_due_at = ?1 WHERE clipping_due_at > ?1 + 3600000",
];

/// The record in one SQLite file.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    writer: SqlitePool,
    readers: SqlitePool,
    changes: Changes,
    /// There is one process: its own is everybody's.
    clock: SteadyClock,
}

impl SqliteStore {
    /// Opens the file, makes it and its folder if they are missing, and brings its tables up to date.
    pub async fn open(file: &Path) -> Result<Self, StoreError> {
        let (writer, options) = Self::connect(file).await?;
        migrations().run(&writer).await?;
        // Not opened read-only: a reader of a WAL file must be able to write its shared-memory file.
        let readers =
            pool().max_connections(READERS).connect_with(options.pragma("query_only", "ON")).await?;
        let clock = SteadyClock::starting_at(SystemClock.now());
        Ok(Self { writer, readers, changes: Changes::default(), clock })
    }

    /// Brings the file's tables up to date; gives what that took.
    pub async fn migrate(file: &Path) -> Result<Vec<Migrated>, StoreError> {
        let (writer, _) = Self::connect(file).await?;
        let taken = missing(&migrations(), &mut *writer.acquire().await?).await?;
        migrations().run(&writer).await?;
        writer.close().await;
        Ok(taken)
    }

    /// The connection that writes, to a file that is made if it is missing.
    async fn connect(file: &Path) -> Result<(SqlitePool, SqliteConnectOptions), StoreError> {
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
        Ok((pool().max_connections(1).connect_with(options.clone()).await?, options))
    }

    /// A connection that reads.
    async fn connection(&self) -> Result<PoolConnection<Sqlite>, StoreError> {
        Ok(self.readers.acquire().await?)
    }

    /// A transaction that writes. After an error of the disk SQLite ends a transaction by itself, which sqlx does not see: it
    /// takes the connection for still being in it, for ever. Such a connection is closed, and another one made.
    async fn write(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        match self.writer.begin_with("BEGIN IMMEDIATE").await {
            Err(sqlx::Error::InvalidSavePointStatement) => {
                tracing::warn!(
                    "the connection to the database is made anew, after an error that ended a transaction"
                );
                self.writer.acquire().await?.close().await?;
                Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
            }
            began => Ok(began?),
        }
    }

    /// Claims what one of the two statements below finds.
    async fn claim_by(
        &self,
        statement: &'static str,
        target: &TargetId,
        now: Timestamp,
        count: u32,
    ) -> Result<Vec<Claim>, StoreError> {
        let mut write = self.write().await?;
        let due: Vec<ClaimRow> = sqlx::query_as(statement)
            .bind(target.as_str())
            .bind(now.as_millisecond())
            .bind(i64::from(count))
            .bind(i64::from(MAX_PER_TARGET))
            .fetch_all(&mut *write)
            .await?;
        let mut claimed = Vec::with_capacity(due.len());
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
            claimed.push((attempt_id, row));
        }
        let count = claimed.len();
        let claims = statements::claims(&mut write, claimed, target, now).await?;
        write.commit().await?;
        claims.iter().for_each(|claim| self.changes.tell(Change::Moved(&claim.share_id)));
        if claims.len() < count {
            self.changes.tell_all();
        }
        Ok(claims)
    }
}

pub(super) fn migrations() -> Migrator {
    let mut migrations = sqlx::migrate!("migrations/sqlite");
    // A later version may have been here and gone: what it added is for columns to ignore, not a reason to stop.
    migrations.set_ignore_missing(true);
    migrations
}

fn pool() -> SqlitePoolOptions {
    SqlitePoolOptions::new().acquire_timeout(ACQUIRE_TIMEOUT)
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
            let earlier = statements::earlier_request(&mut write, idempotency, share.created_at).await?;
            if let Some(earlier) = earlier {
                return Ok(earlier);
            }
        }
        let now = share.created_at.as_millisecond();
        statements::expect_clipping(&mut write, &share.clipping, now).await?;
        statements::insert_share(&mut write, share).await?;
        if let Some(idempotency) = idempotency {
            statements::keep_key(&mut write, idempotency, share).await?;
        }
        write.commit().await?;
        self.changes.tell(Change::of_new(share));
        Ok(Inserted::Created)
    }

    async fn by_key(
        &self,
        idempotency: &Idempotency,
        now: Timestamp,
    ) -> Result<Option<Inserted>, StoreError> {
        let mut reader = self.readers.acquire().await?;
        statements::earlier_request(&mut reader, idempotency, now).await
    }

    async fn share(&self, id: &ShareId) -> Result<Option<ShareRecord>, StoreError> {
        let mut read = self.readers.begin().await?;
        statements::share(&mut read, id).await
    }

    async fn board(&self, before: Option<&BoardCursor>, count: u32) -> Result<Vec<ShareRecord>, StoreError> {
        let mut read = self.readers.begin().await?;
        statements::board(&mut read, before, count).await
    }

    async fn claim(&self, target: &TargetId, now: Timestamp, count: u32) -> Result<Vec<Claim>, StoreError> {
        self.claim_by(CLAIM, target, now, count).await
    }

    async fn claim_suspect(&self, target: &TargetId, now: Timestamp) -> Result<Option<Claim>, StoreError> {
        Ok(self.claim_by(CLAIM_SUSPECT, target, now, 1).await?.pop())
    }

    async fn note(&self, claim: &Claim, progress: &Progress) -> Result<(), StoreError> {
        let mut write = self.write().await?;
        statements::note(&mut write, claim, progress).await?;
        write.commit().await?;
        self.changes.tell(Change::Moved(&claim.share_id));
        Ok(())
    }

    async fn give_up(&self, claim: &Claim, upload: &str, now: Timestamp) -> Result<(), StoreError> {
        let mut write = self.write().await?;
        let is_deleted = statements::give_up(&mut write, claim, upload, now).await?;
        write.commit().await?;
        if is_deleted {
            self.changes.tell(Change::Deleted(&claim.share_id));
        }
        Ok(())
    }

    async fn given_up(&self, claim: &Claim) -> Result<Vec<String>, StoreError> {
        statements::given_up(&mut *self.readers.acquire().await?, claim).await
    }

    async fn discarded(&self, claim: &Claim, upload: &str) -> Result<(), StoreError> {
        let mut write = self.write().await?;
        statements::discarded(&mut write, claim, upload).await?;
        Ok(write.commit().await?)
    }

    async fn renew(&self, claims: &[Claim], now: Timestamp) -> Result<(), StoreError> {
        if claims.is_empty() {
            return Ok(());
        }
        let mut write = self.write().await?;
        statements::renew(&mut write, claims, now).await?;
        Ok(write.commit().await?)
    }

    async fn finish_and_rest(
        &self,
        claim: &Claim,
        outcome: &Outcome,
        asked: Option<&Rest>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut write = self.write().await?;
        let is_late = statements::finish(&mut write, claim, outcome, asked, now).await?;
        write.commit().await?;
        self.changes.tell(match outcome {
            Outcome::Retry { .. } | Outcome::Taken { .. } => Change::Queued(&claim.share_id),
            _ => Change::Moved(&claim.share_id),
        });
        if is_late {
            self.changes.tell(Change::Deleted(&claim.share_id));
        }
        Ok(())
    }

    async fn next_due(&self) -> Result<Vec<Due>, StoreError> {
        let mut reader = self.readers.acquire().await?;
        statements::next_due(&mut reader).await
    }

    async fn rests(&self) -> Result<Vec<Rest>, StoreError> {
        statements::rests(&mut *self.readers.acquire().await?).await
    }

    async fn rest(&self, rest: &Rest, now: Timestamp) -> Result<(), StoreError> {
        let mut write = self.write().await?;
        statements::rest(&mut write, rest, now).await?;
        Ok(write.commit().await?)
    }

    async fn try_server(&self, name: &str, now: Timestamp) -> Result<bool, StoreError> {
        let mut write = self.write().await?;
        let is_ours = statements::try_server(&mut write, name, now).await?;
        write.commit().await?;
        Ok(is_ours)
    }

    async fn end_rest(&self, of: &Rested) -> Result<(), StoreError> {
        let mut write = self.write().await?;
        statements::end_rest(&mut write, of).await?;
        Ok(write.commit().await?)
    }

    async fn retry(&self, id: &ShareId, what: Again<'_>, now: Timestamp) -> Result<u64, StoreError> {
        let mut write = self.write().await?;
        let again = statements::retry(&mut write, id, what, now).await?;
        write.commit().await?;
        self.changes.tell(Change::Queued(id));
        Ok(again)
    }

    async fn recover(&self, abandoned: Abandoned, now: Timestamp) -> Result<u64, StoreError> {
        let ended_by = abandoned_by(abandoned, now);
        let mut write = self.write().await?;
        if abandoned == Abandoned::All {
            // At the start: while it works, the clock that it goes by is its own.
            for statement in [PUT_OFF, PUT_OFF_RESTS].into_iter().chain(HELD_BY_THE_FUTURE) {
                sqlx::query(statement).bind(now.as_millisecond()).execute(&mut *write).await?;
            }
        }
        sqlx::query(END_ABANDONED)
            .bind(now.as_millisecond())
            .bind(INTERRUPTED)
            .bind(ended_by)
            .execute(&mut *write)
            .await?;
        let left = sqlx::query(RECOVER)
            .bind(now.as_millisecond())
            .bind(INTERRUPTED)
            .bind(ended_by)
            .execute(&mut *write)
            .await?;
        write.commit().await?;
        if left.rows_affected() > 0 {
            self.changes.tell_all();
        }
        Ok(left.rows_affected())
    }

    async fn is_deleted(&self, id: &ShareId) -> Result<bool, StoreError> {
        statements::is_deleted(&mut *self.readers.acquire().await?, id).await
    }

    async fn is_clipping_needed(&self, name: &ClippingName) -> Result<bool, StoreError> {
        statements::is_clipping_needed(&mut *self.readers.acquire().await?, name.hash()).await
    }

    async fn clipping_removals(&self, name: &ClippingName) -> Result<i64, StoreError> {
        statements::clipping_removals(&mut *self.readers.acquire().await?, &name.to_string()).await
    }

    async fn hold_clipping(&self, name: &ClippingName, now: Timestamp) -> Result<Hold, StoreError> {
        let mut write = self.write().await?;
        let hold = statements::hold_clipping(&mut write, name, now).await?;
        write.commit().await?;
        Ok(hold)
    }

    async fn release_clipping(
        &self,
        name: &ClippingName,
        removal: i64,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut write = self.write().await?;
        statements::release_clipping(&mut write, name, removal, now).await?;
        Ok(write.commit().await?)
    }

    async fn clippings_to_remove(&self, now: Timestamp) -> Result<Vec<(ShareId, ClippingName)>, StoreError> {
        statements::clippings_to_remove(&mut *self.readers.acquire().await?, now).await
    }

    async fn clipping_removed(&self, id: &ShareId) -> Result<(), StoreError> {
        let mut write = self.write().await?;
        statements::clipping_removed(&mut write, id).await?;
        Ok(write.commit().await?)
    }

    async fn clipping_waits(&self, id: &ShareId, until: Timestamp) -> Result<(), StoreError> {
        let mut write = self.write().await?;
        statements::clipping_waits(&mut write, id, until).await?;
        Ok(write.commit().await?)
    }

    #[cfg(test)]
    async fn damage(&self, id: &ShareId) -> Result<(), StoreError> {
        for sql in super::DAMAGES {
            sqlx::query(sql).bind(id.as_str()).execute(&self.writer).await?;
        }
        Ok(())
    }

    #[cfg(test)]
    async fn attempts(&self, id: &ShareId) -> Result<i64, StoreError> {
        let counted =
            sqlx::query_scalar("SELECT count(*) FROM attempt WHERE share_id = $1").bind(id.as_str());
        Ok(counted.fetch_one(&self.readers).await?)
    }

    async fn forget(&self, now: Timestamp) -> Result<u64, StoreError> {
        let mut write = self.write().await?;
        let forgotten = statements::forget(&mut write, now).await?;
        write.commit().await?;
        Ok(forgotten)
    }

    async fn removals(&self, id: &ShareId) -> Result<Vec<RemovalRecord>, StoreError> {
        statements::removals(&mut *self.readers.acquire().await?, id).await
    }

    async fn due_removals(&self) -> Result<Vec<Due>, StoreError> {
        statements::due_removals(&mut *self.readers.acquire().await?).await
    }

    async fn end_old(&self, target: &TargetId, moment: Timestamp) -> Result<u64, StoreError> {
        let mut write = self.write().await?;
        let ended = statements::end_old(&mut write, target, moment).await?;
        write.commit().await?;
        ended.iter().for_each(|id| self.changes.tell(Change::Moved(id)));
        Ok(ended.len() as u64)
    }

    async fn delete(&self, id: &ShareId, now: Timestamp) -> Result<Option<Deleted>, StoreError> {
        let mut write = self.write().await?;
        let deleted = statements::delete(&mut write, id, now).await?;
        if deleted.is_some() {
            write.commit().await?;
            self.changes.tell(Change::Deleted(id));
        }
        Ok(deleted)
    }

    async fn remove_again(&self, id: &ShareId, now: Timestamp) -> Result<u64, StoreError> {
        let mut write = self.write().await?;
        let again = statements::remove_again(&mut write, id, now).await?;
        write.commit().await?;
        if again > 0 {
            self.changes.tell(Change::Deleted(id));
        }
        Ok(again)
    }

    async fn is_upload_awaited(
        &self,
        target: &TargetId,
        share: &ShareId,
        part: &str,
    ) -> Result<bool, StoreError> {
        statements::is_upload_awaited(&mut *self.readers.acquire().await?, target, share, part).await
    }

    async fn claim_removal(&self, target: &TargetId, now: Timestamp) -> Result<Option<Removal>, StoreError> {
        let mut write = self.write().await?;
        let claimed = statements::claim_removal(&mut write, target, now).await?;
        write.commit().await?;
        Ok(claimed)
    }

    async fn finish_removal_and_rest(
        &self,
        removal: &Removal,
        outcome: &RemovalOutcome,
        asked: Option<&Rest>,
    ) -> Result<(), StoreError> {
        let mut write = self.write().await?;
        statements::finish_removal(&mut write, removal, outcome, asked).await?;
        Ok(write.commit().await?)
    }

    async fn end_old_removals(
        &self,
        target: &TargetId,
        asked_by: Timestamp,
        now: Timestamp,
        reason: &str,
    ) -> Result<u64, StoreError> {
        let mut write = self.write().await?;
        let ended = statements::end_old_removals(&mut write, target, asked_by, now, reason).await?;
        write.commit().await?;
        Ok(ended)
    }

    async fn secret(&self, name: &str, fresh: &[u8]) -> Result<Vec<u8>, StoreError> {
        let mut write = self.write().await?;
        let secret = statements::secret(&mut write, name, fresh).await?;
        write.commit().await?;
        Ok(secret)
    }

    fn clock(&self) -> SteadyClock {
        self.clock.clone()
    }

    fn changes(&self) -> &Changes {
        &self.changes
    }

    /// The write-ahead log is merged into the file.
    async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}
