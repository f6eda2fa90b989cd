//! The record in Postgres: for several server processes, or where a database server is kept anyway.
//!
//! What one process claims, another passes over (`FOR UPDATE SKIP LOCKED`); requests with one key wait for each other
//! on a lock of the key's own. A server that goes away costs the requests that need it then: the pool connects anew by
//! itself, and what it could not do is worth another try (`failures.rs`).
//! Long, since it is one implementation of one trait; what is said in words that SQLite knows too stands in `statements.rs`.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use cutline_model::TargetId;
use jiff::Timestamp;
use sqlx::{
    Connection, PgConnection, PgPool, Postgres, Transaction, migrate::Migrator, pool::PoolConnection,
    postgres::PgPoolOptions,
};

use super::{
    Abandoned, Again, BoardCursor, Changes, Claim, ClippingName, Deleted, Due, Hold, INTERRUPTED,
    Idempotency, Inserted, NewShare, Outcome, Progress, Removal, RemovalOutcome, RemovalRecord, Rest, Rested,
    ShareId, ShareRecord, Store, StoreError,
    changes::Change,
    migrations::{Migrated, missing},
    rows,
    statements::abandoned_by,
};

use crate::clock::{Clock, SteadyClock, SystemClock};

mod claiming;
mod listening;
mod server;
mod statements {
    crate::store::statements::statements!(sqlx::Postgres);
    crate::store::deletion::deletions!();
    crate::store::discards::discards!();
    crate::store::clipping_removal::clipping_removals!();
    crate::store::rest::rests!();
    crate::store::forgetting::forgetting!();
    crate::store::claims::claims!();
}
crate::store::accounts::account_store!(crate::store::PostgresStore);
#[cfg(test)]
mod tests;
mod url;

use claiming::{CLAIM, CLAIM_SUSPECT};
use listening::Listening;
pub use url::{PostgresUrl, PostgresUrlError};

/// How long a request waits for a connection, its turn or the server's start, before it is told to try again.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// Most connections of one process; Postgres' own default is 100 for all.
const CONNECTIONS: u32 = 10;
/// What every connection is set to, whatever the server's defaults are: locks are waited for no longer than in SQLite; a
/// process that hangs or vanishes frees what it has locked; what is accepted is on disk.
const SETTINGS: &str = "SELECT set_config('lock_timeout', '5s', false),
    set_config('statement_timeout', '30s', false),
    set_config('idle_in_transaction_session_timeout', '60s', false),
    set_config('default_transaction_isolation', 'read committed', false),
    set_config('synchronous_commit', CASE current_setting('synchronous_commit')
        WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, false)";

/// How long a migration waits for a lock at once, well below what requests wait for theirs; how often, and with which pauses.
const MIGRATION_LOCKS: &str = "SET lock_timeout = '2s'";
const MIGRATION_TRIES: u32 = 20;
const MIGRATION_PACE: Duration = Duration::from_secs(1);
/// Queues what is abandoned. What somebody else changes right now is passed over: it is renewed, ended or taken by that.
const RECOVER: &str = "WITH abandoned AS (
         SELECT share_id, target, attempt_id FROM delivery
         WHERE state = 'sending' AND coalesce(leased_until, 0) <= $3 FOR UPDATE SKIP LOCKED),
     ended AS (
         UPDATE attempt SET ended_at = $1, outcome = 'retry', reason = $2
         FROM abandoned WHERE attempt.id = abandoned.attempt_id)
     UPDATE delivery SET state = 'queued', due_at = $1, reason = $2, leased_until = NULL, broken_off = broken_off + 1
     FROM abandoned WHERE delivery.share_id = abandoned.share_id AND delivery.target = abandoned.target";
/// What time it is, not when the transaction began.
const TIME: &str = "SELECT CAST(floor(extract(epoch FROM clock_timestamp()) * 1000) AS BIGINT)";
/// Locks on a clipping's hash, in another space than those on keys: of one who removes it, and of many who commit shares with it.
const LOCK_CLIPPING: &str = "SELECT pg_advisory_xact_lock(hashtextextended($1, 1))";
const SHARE_CLIPPING: &str = "SELECT pg_advisory_xact_lock_shared(hashtextextended($1, 1))";

/// The record in a Postgres database.
#[derive(Clone, Debug)]
pub struct PostgresStore {
    pool: PgPool,
    changes: Changes,
    /// The server's time, as of when it was last asked.
    clock: SteadyClock,
    /// Times are the server's, whatever is given; tests give them.
    goes_by_server: bool,
    /// From the first time that somebody wants to hear of changes.
    listening: Arc<OnceLock<Listening>>,
}

impl PostgresStore {
    /// Connects, and brings the tables up to date; processes that start at once wait for each other. A server that is
    /// not there, or cannot hold the record, is an error that says so: at the start nothing is waited for.
    pub async fn open(url: &PostgresUrl) -> Result<Self, StoreError> {
        Self::migrate(url).await?;
        let pool = PgPoolOptions::new()
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .max_connections(CONNECTIONS)
            .after_connect(|connection, _| {
                Box::pin(async move {
                    sqlx::query(SETTINGS).execute(connection).await?;
                    Ok(())
                })
            })
            .after_release(|connection, _| Box::pin(still_answers(connection)))
            .connect_lazy_with(url.options().clone());
        let clock = SteadyClock::starting_at(SystemClock.now());
        let (changes, listening) = (Changes::default(), Arc::default());
        let store = Self { pool, changes, clock, goes_by_server: true, listening };
        store.ask_the_time(&mut *store.pool.acquire().await?).await?;
        Ok(store)
    }

    /// Times are those given from now on, as the conformance suite has them.
    #[cfg(test)]
    fn with_given_times(self) -> Self {
        Self { goes_by_server: false, ..self }
    }

    /// What time it is for what is held, due or of an age: the server's, the same for all processes; `given` in tests.
    async fn time(&self, connection: &mut PgConnection, given: Timestamp) -> Result<Timestamp, StoreError> {
        if self.goes_by_server { self.ask_the_time(connection).await } else { Ok(given) }
    }

    async fn ask_the_time(&self, connection: &mut PgConnection) -> Result<Timestamp, StoreError> {
        let milliseconds: i64 = sqlx::query_scalar(TIME).fetch_one(connection).await?;
        let time = rows::time(milliseconds)?;
        self.clock.set(time);
        Ok(time)
    }

    /// Brings the tables up to date; gives what that took.
    pub async fn migrate(url: &PostgresUrl) -> Result<Vec<Migrated>, StoreError> {
        for _ in 1..MIGRATION_TRIES {
            match Self::try_to_migrate(url).await {
                Err(StoreError::Migration(error)) if is_held(&error) => {
                    tracing::warn!(
                        "the tables are in use for long, by a backup perhaps; waiting to change them"
                    );
                    tokio::time::sleep(MIGRATION_PACE).await;
                }
                ended => return ended,
            }
        }
        Self::try_to_migrate(url).await
    }

    /// One try, which waits for nobody's lock for long: whoever comes after it waits behind it, and serves visitors.
    async fn try_to_migrate(url: &PostgresUrl) -> Result<Vec<Migrated>, StoreError> {
        let (mut connection, _) = server::connect(url).await?;
        sqlx::query(MIGRATION_LOCKS).execute(&mut connection).await?;
        let taken = missing(&migrations(), &mut connection).await?;
        migrations().run(&mut connection).await?;
        connection.close().await?;
        Ok(taken)
    }

    /// Looks at the server and the database without changing anything: gives the server's version.
    pub async fn examine(url: &PostgresUrl) -> Result<String, StoreError> {
        let (connection, version) = server::connect(url).await?;
        connection.close().await?;
        Ok(version)
    }

    /// A connection for one statement.
    async fn connection(&self) -> Result<PoolConnection<Postgres>, StoreError> {
        Ok(self.pool.acquire().await?)
    }

    /// A transaction that writes.
    async fn write(&self) -> Result<Transaction<'static, Postgres>, StoreError> {
        Ok(self.pool.begin().await?)
    }

    /// All that is read is of one moment.
    async fn read(&self) -> Result<Transaction<'static, Postgres>, StoreError> {
        Ok(self.pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
    }
}

/// A connection that fell silent is closed, so that another takes its place: the pool itself would wait for it without end.
async fn still_answers(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    let answered = tokio::time::timeout(ACQUIRE_TIMEOUT, connection.ping()).await;
    answered.map_err(|_| sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()))?.map(|()| true)
}

/// Whether a migration did not get its lock in time.
fn is_held(error: &sqlx::migrate::MigrateError) -> bool {
    use sqlx::migrate::MigrateError::{Execute, ExecuteMigration};
    match error {
        Execute(error) | ExecuteMigration(error, _) => {
            error.as_database_error().is_some_and(|error| error.code().as_deref() == Some("55P03"))
        }
        _ => false,
    }
}

pub(super) fn migrations() -> Migrator {
    let mut migrations = sqlx::migrate!("migrations/postgres");
    // A later version may have been here and gone, as with SQLite.
    migrations.set_ignore_missing(true);
    migrations
}

#[async_trait]
impl Store for PostgresStore {
    async fn insert(
        &self,
        share: &NewShare,
        idempotency: Option<&Idempotency>,
    ) -> Result<Inserted, StoreError> {
        let mut write = self.pool.begin().await?;
        if let Some(idempotency) = idempotency {
            // Requests with this key go one after the other from here on. Keys whose hashes are equal wait for nothing,
            // which costs a moment.
            sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
                .bind(&idempotency.key)
                .execute(&mut *write)
                .await?;
            let earlier = statements::earlier_request(&mut write, idempotency, share.created_at).await?;
            if let Some(earlier) = earlier {
                return Ok(earlier);
            }
        }
        sqlx::query(SHARE_CLIPPING).bind(&share.clipping.hash).execute(&mut *write).await?;
        let now = self.time(&mut write, share.created_at).await?.as_millisecond();
        statements::expect_clipping(&mut write, &share.clipping, now).await?;
        statements::insert_share(&mut write, share).await?;
        if let Some(idempotency) = idempotency {
            statements::keep_key(&mut write, idempotency, share).await?;
        }
        write.commit().await?;
        // Told by the server too; but not while the connection that listens is lost.
        self.changes.tell(Change::of_new(share));
        Ok(Inserted::Created)
    }

    async fn by_key(
        &self,
        idempotency: &Idempotency,
        now: Timestamp,
    ) -> Result<Option<Inserted>, StoreError> {
        let mut connection = self.pool.acquire().await?;
        statements::earlier_request(&mut connection, idempotency, now).await
    }

    async fn share(&self, id: &ShareId) -> Result<Option<ShareRecord>, StoreError> {
        let mut read = self.read().await?;
        let share = statements::share(&mut read, id).await?;
        read.commit().await?;
        Ok(share)
    }

    async fn board(&self, before: Option<&BoardCursor>, count: u32) -> Result<Vec<ShareRecord>, StoreError> {
        let mut read = self.read().await?;
        let page = statements::board(&mut read, before, count).await?;
        read.commit().await?;
        Ok(page)
    }

    async fn claim(&self, target: &TargetId, now: Timestamp, count: u32) -> Result<Vec<Claim>, StoreError> {
        self.claim_by(CLAIM, target, now, count).await
    }

    async fn claim_suspect(&self, target: &TargetId, now: Timestamp) -> Result<Option<Claim>, StoreError> {
        Ok(self.claim_by(CLAIM_SUSPECT, target, now, 1).await?.pop())
    }

    async fn note(&self, claim: &Claim, progress: &Progress) -> Result<(), StoreError> {
        let mut connection = self.pool.acquire().await?;
        statements::note(&mut connection, claim, progress).await
    }

    async fn give_up(&self, claim: &Claim, upload: &str, now: Timestamp) -> Result<(), StoreError> {
        let mut write = self.pool.begin().await?;
        let now = self.time(&mut write, now).await?;
        let is_deleted = statements::give_up(&mut write, claim, upload, now).await?;
        write.commit().await?;
        if is_deleted {
            self.changes.tell(Change::Deleted(&claim.share_id));
        }
        Ok(())
    }

    async fn given_up(&self, claim: &Claim) -> Result<Vec<String>, StoreError> {
        statements::given_up(&mut *self.pool.acquire().await?, claim).await
    }

    async fn discarded(&self, claim: &Claim, upload: &str) -> Result<(), StoreError> {
        let mut write = self.pool.begin().await?;
        statements::discarded(&mut write, claim, upload).await?;
        Ok(write.commit().await?)
    }

    async fn renew(&self, claims: &[Claim], now: Timestamp) -> Result<(), StoreError> {
        if claims.is_empty() {
            return Ok(());
        }
        let mut write = self.pool.begin().await?;
        let now = self.time(&mut write, now).await?;
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
        let mut write = self.pool.begin().await?;
        let is_late = statements::finish(&mut write, claim, outcome, asked, now).await?;
        write.commit().await?;
        if is_late {
            self.changes.tell(Change::Deleted(&claim.share_id));
        }
        Ok(())
    }

    async fn next_due(&self) -> Result<Vec<Due>, StoreError> {
        let mut connection = self.pool.acquire().await?;
        statements::next_due(&mut connection).await
    }

    async fn rests(&self) -> Result<Vec<Rest>, StoreError> {
        statements::rests(&mut *self.pool.acquire().await?).await
    }

    async fn rest(&self, rest: &Rest, now: Timestamp) -> Result<(), StoreError> {
        let mut write = self.pool.begin().await?;
        let now = self.time(&mut write, now).await?;
        statements::rest(&mut write, rest, now).await?;
        Ok(write.commit().await?)
    }

    async fn try_server(&self, name: &str, now: Timestamp) -> Result<bool, StoreError> {
        let mut connection = self.pool.acquire().await?;
        let now = self.time(&mut connection, now).await?;
        statements::try_server(&mut connection, name, now).await
    }

    async fn end_rest(&self, of: &Rested) -> Result<(), StoreError> {
        statements::end_rest(&mut *self.pool.acquire().await?, of).await
    }

    async fn retry(&self, id: &ShareId, what: Again<'_>, now: Timestamp) -> Result<u64, StoreError> {
        let mut write = self.pool.begin().await?;
        let now = self.time(&mut write, now).await?;
        let again = statements::retry(&mut write, id, what, now).await?;
        write.commit().await?;
        self.changes.tell(Change::Queued(id));
        Ok(again)
    }

    async fn recover(&self, abandoned: Abandoned, now: Timestamp) -> Result<u64, StoreError> {
        let mut connection = self.pool.acquire().await?;
        let now = self.time(&mut connection, now).await?;
        let left = sqlx::query(RECOVER)
            .bind(now.as_millisecond())
            .bind(INTERRUPTED)
            .bind(abandoned_by(abandoned, now))
            .execute(&mut *connection)
            .await?;
        Ok(left.rows_affected())
    }

    async fn is_deleted(&self, id: &ShareId) -> Result<bool, StoreError> {
        statements::is_deleted(&mut *self.pool.acquire().await?, id).await
    }

    async fn is_clipping_needed(&self, name: &ClippingName) -> Result<bool, StoreError> {
        statements::is_clipping_needed(&mut *self.pool.acquire().await?, name.hash()).await
    }

    async fn clipping_removals(&self, name: &ClippingName) -> Result<i64, StoreError> {
        statements::clipping_removals(&mut *self.pool.acquire().await?, &name.to_string()).await
    }

    async fn hold_clipping(&self, name: &ClippingName, now: Timestamp) -> Result<Hold, StoreError> {
        let mut write = self.pool.begin().await?;
        // Who is committing a share with it is waited for, and its share is seen then.
        sqlx::query(LOCK_CLIPPING).bind(name.hash()).execute(&mut *write).await?;
        let now = self.time(&mut write, now).await?;
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
        let mut connection = self.pool.acquire().await?;
        let now = self.time(&mut connection, now).await?;
        statements::release_clipping(&mut connection, name, removal, now).await
    }

    async fn clippings_to_remove(&self, now: Timestamp) -> Result<Vec<(ShareId, ClippingName)>, StoreError> {
        statements::clippings_to_remove(&mut *self.pool.acquire().await?, now).await
    }

    async fn clipping_removed(&self, id: &ShareId) -> Result<(), StoreError> {
        let mut write = self.pool.begin().await?;
        statements::clipping_removed(&mut write, id).await?;
        Ok(write.commit().await?)
    }

    async fn clipping_waits(&self, id: &ShareId, until: Timestamp) -> Result<(), StoreError> {
        let mut write = self.pool.begin().await?;
        statements::clipping_waits(&mut write, id, until).await?;
        Ok(write.commit().await?)
    }

    #[cfg(test)]
    async fn damage(&self, id: &ShareId) -> Result<(), StoreError> {
        for sql in super::DAMAGES {
            sqlx::query(sql).bind(id.as_str()).execute(&self.pool).await?;
        }
        Ok(())
    }

    #[cfg(test)]
    async fn attempts(&self, id: &ShareId) -> Result<i64, StoreError> {
        let counted =
            sqlx::query_scalar("SELECT count(*) FROM attempt WHERE share_id = $1").bind(id.as_str());
        Ok(counted.fetch_one(&self.pool).await?)
    }

    async fn forget(&self, now: Timestamp) -> Result<u64, StoreError> {
        let mut write = self.pool.begin().await?;
        let now = self.time(&mut write, now).await?;
        let forgotten = statements::forget(&mut write, now).await?;
        write.commit().await?;
        Ok(forgotten)
    }

    async fn removals(&self, id: &ShareId) -> Result<Vec<RemovalRecord>, StoreError> {
        statements::removals(&mut *self.pool.acquire().await?, id).await
    }

    async fn due_removals(&self) -> Result<Vec<Due>, StoreError> {
        statements::due_removals(&mut *self.pool.acquire().await?).await
    }

    async fn end_old(&self, target: &TargetId, moment: Timestamp) -> Result<u64, StoreError> {
        let mut write = self.pool.begin().await?;
        let ended = statements::end_old(&mut write, target, moment).await?;
        write.commit().await?;
        Ok(ended.len() as u64)
    }

    async fn delete(&self, id: &ShareId, now: Timestamp) -> Result<Option<Deleted>, StoreError> {
        let mut write = self.pool.begin().await?;
        let now = self.time(&mut write, now).await?;
        let deleted = statements::delete(&mut write, id, now).await?;
        if deleted.is_some() {
            write.commit().await?;
            self.changes.tell(Change::Deleted(id));
        }
        Ok(deleted)
    }

    async fn remove_again(&self, id: &ShareId, now: Timestamp) -> Result<u64, StoreError> {
        let mut write = self.pool.begin().await?;
        let now = self.time(&mut write, now).await?;
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
        statements::is_upload_awaited(&mut *self.pool.acquire().await?, target, share, part).await
    }

    async fn claim_removal(&self, target: &TargetId, now: Timestamp) -> Result<Option<Removal>, StoreError> {
        let mut write = self.pool.begin().await?;
        let now = self.time(&mut write, now).await?;
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
        let mut write = self.pool.begin().await?;
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
        let mut write = self.pool.begin().await?;
        let ended = statements::end_old_removals(&mut write, target, asked_by, now, reason).await?;
        write.commit().await?;
        Ok(ended)
    }

    async fn secret(&self, name: &str, fresh: &[u8]) -> Result<Vec<u8>, StoreError> {
        let mut write = self.pool.begin().await?;
        let secret = statements::secret(&mut write, name, fresh).await?;
        write.commit().await?;
        Ok(secret)
    }

    fn clock(&self) -> SteadyClock {
        self.clock.clone()
    }

    fn changes(&self) -> &Changes {
        self.listening.get_or_init(|| {
            Listening::start(self.pool.connect_options().as_ref().clone(), self.changes.clone())
        });
        &self.changes
    }

    async fn close(&self) {
        if let Some(listening) = self.listening.get() {
            listening.stop();
        }
        self.pool.close().await;
    }
}
