//! A record's database on its way: rows are read or written in one transaction, of one moment.
//!
//! `transferred!` makes both kinds, as `statements!` does: what differs is how the transaction begins and ends, and who else
//! may be at work.

use std::time::Duration;

use async_trait::async_trait;
use sqlx::migrate::Migrator;
use sqlx::postgres::PgConnection;
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, QueryBuilder, Row as _};

use super::TransferError;
use super::row::Value;
use super::tables::{Kind, TABLES, Table};
use crate::store::sqlite::BUSY_TIMEOUT;
use crate::store::{self, DatabaseUrl, PostgresUrl, StoreError};

/// Most values in one statement: SQLite takes 32,766, Postgres 65,535.
const MAX_VALUES: usize = 16_000;

/// How often, and after what rest, it is asked whether others work there: a connection that was closed just now is listed for
/// a moment still.
const TRIES: u32 = 15;
const BETWEEN_TRIES: Duration = Duration::from_millis(200);

/// What rows are given to.
pub(super) type Sink<'a> = &'a mut (dyn FnMut(&[Value]) -> Result<(), TransferError> + Send);

/// A database in a transaction.
#[async_trait]
pub(super) trait Transferred: Send {
    /// Gives these columns of all rows of a table to `sink`, ordered by key.
    async fn rows(&mut self, table: &Table, columns: &[usize], sink: Sink<'_>) -> Result<(), TransferError>;

    /// Writes rows of these columns.
    async fn insert(
        &mut self,
        table: &Table,
        columns: &[usize],
        rows: &[Vec<Value>],
    ) -> Result<(), TransferError>;

    /// Removes all rows of a table.
    async fn clear(&mut self, table: &Table) -> Result<(), TransferError>;

    /// Ends the transaction; nothing of it stays without this.
    async fn commit(self: Box<Self>) -> Result<(), TransferError>;
}

/// Begins to read: all that follows is of this moment, and nobody writes until the end. A server that is started meanwhile tells its
/// visitors to come back.
pub(super) async fn read(url: &DatabaseUrl) -> Result<Box<dyn Transferred>, TransferError> {
    url.migrate().await?;
    Ok(match url {
        DatabaseUrl::Sqlite(file) => {
            let mut connection = sqlite(file).await?;
            expect_known(
                &sqlx::query_scalar(TAKEN).fetch_all(&mut connection).await?,
                &store::sqlite::migrations(),
            )?;
            Box::new(InSqlite(connection))
        }
        DatabaseUrl::Postgres(url) => {
            let mut connection = postgres(url).await?;
            // The lock comes before the moment that is read.
            execute(&mut connection, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
            lock(&mut connection).await?;
            expect_known(
                &sqlx::query_scalar(TAKEN).fetch_all(&mut connection).await?,
                &store::postgres::migrations(),
            )?;
            Box::new(InPostgres(connection))
        }
    })
}

/// The steps by which the tables have become what they are.
const TAKEN: &str = "SELECT version FROM _sqlx_migrations";

/// Refuses a database that a later version has changed: what that has added would be left behind without a word.
fn expect_known(taken: &[i64], known: &Migrator) -> Result<(), TransferError> {
    let unknown = taken.iter().find(|version| !known.version_exists(**version));
    unknown.map_or(Ok(()), |version| {
        Err(TransferError::LaterVersion { what: format!("the database has taken its step {version}") })
    })
}

/// Begins to write: nobody else can until the end.
pub(super) async fn write(url: &DatabaseUrl) -> Result<Box<dyn Transferred>, TransferError> {
    url.migrate().await?;
    Ok(match url {
        DatabaseUrl::Sqlite(file) => Box::new(InSqlite(sqlite(file).await?)),
        DatabaseUrl::Postgres(url) => {
            let mut connection = postgres(url).await?;
            execute(&mut connection, "BEGIN").await?;
            lock(&mut connection).await?;
            Box::new(InPostgres(connection))
        }
    })
}

async fn sqlite(file: &std::path::Path) -> Result<SqliteConnection, TransferError> {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file).foreign_keys(true);
    let mut connection = options
        .synchronous(sqlx::sqlite::SqliteSynchronous::Full)
        .busy_timeout(BUSY_TIMEOUT)
        .connect()
        .await?;
    sqlx::query("BEGIN IMMEDIATE").execute(&mut connection).await?;
    Ok(connection)
}

/// A connection to a database at which no server works: what one accepted now would be lost, or lose what is brought.
async fn postgres(url: &PostgresUrl) -> Result<PgConnection, TransferError> {
    let mut connection = url.options().connect().await?;
    for setting in [
        "SET lock_timeout = '5s'",
        // Clippings may be copied for hours in between.
        "SET idle_in_transaction_session_timeout = 0",
        "SET statement_timeout = 0",
    ] {
        execute(&mut connection, setting).await?;
    }
    for tried in 0..TRIES {
        let others: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_stat_activity
             WHERE datname = current_database() AND application_name = current_setting('application_name')
                 AND pid <> pg_backend_pid()",
        )
        .fetch_one(&mut connection)
        .await?;
        if others == 0 {
            return Ok(connection);
        }
        if tried + 1 < TRIES {
            tokio::time::sleep(BETWEEN_TRIES).await;
        }
    }
    Err(TransferError::InUse { database: url.to_string() })
}

/// Lets nobody else write.
async fn lock(connection: &mut PgConnection) -> Result<(), TransferError> {
    let tables = TABLES.iter().map(|table| table.name).collect::<Vec<_>>().join(", ");
    let lock = format!("LOCK TABLE {tables} IN SHARE ROW EXCLUSIVE MODE");
    sqlx::query(AssertSqlSafe(lock)).execute(connection).await?;
    Ok(())
}

async fn execute(connection: &mut PgConnection, sql: &'static str) -> Result<(), TransferError> {
    sqlx::query(sql).execute(connection).await?;
    Ok(())
}

/// The names of these columns, for a statement.
fn names(table: &Table, columns: &[usize]) -> String {
    columns.iter().map(|column| table.columns[*column].0).collect::<Vec<_>>().join(", ")
}

macro_rules! transferred {
    ($name:ident, $connection:ty, $database:ty, $collation:literal, $overriding:literal, $before_commit:expr) => {
        struct $name($connection);

        #[async_trait]
        impl Transferred for $name {
            async fn rows(
                &mut self,
                table: &Table,
                columns: &[usize],
                sink: Sink<'_>,
            ) -> Result<(), TransferError> {
                use futures_util::TryStreamExt;
                let key = table.columns.iter().take(table.key).map(|(name, kind)| {
                    let collation = if *kind == Kind::Text { $collation } else { "" };
                    format!("{name}{collation}")
                });
                let (names, key) = (names(table, columns), key.collect::<Vec<_>>().join(", "));
                let sql = format!("SELECT {names} FROM {} ORDER BY {key}", table.source);
                let mut rows = sqlx::query(AssertSqlSafe(sql)).fetch(&mut self.0);
                while let Some(row) = rows.try_next().await? {
                    let values = columns.iter().enumerate().map(|(place, column)| {
                        Ok(match table.columns[*column].1 {
                            Kind::Text => Value::Text(row.try_get(place)?),
                            Kind::Whole => Value::Whole(row.try_get(place)?),
                            Kind::Real => Value::Real(row.try_get(place)?),
                            Kind::Bytes => Value::Bytes(row.try_get(place)?),
                        })
                    });
                    sink(&values.collect::<Result<Vec<_>, sqlx::Error>>()?)?;
                }
                Ok(())
            }

            async fn insert(
                &mut self,
                table: &Table,
                columns: &[usize],
                rows: &[Vec<Value>],
            ) -> Result<(), TransferError> {
                for some in rows.chunks(rows_at_once(columns.len())) {
                    let begin =
                        format!("INSERT INTO {} ({}) {}", table.name, names(table, columns), $overriding);
                    let mut insert = QueryBuilder::<$database>::new(begin);
                    insert.push_values(some, |mut row, values| {
                        for value in values {
                            match value {
                                Value::Text(text) => row.push_bind(text.as_deref()),
                                Value::Whole(number) => row.push_bind(*number),
                                Value::Real(number) => row.push_bind(*number),
                                Value::Bytes(bytes) => row.push_bind(bytes.as_deref()),
                            };
                        }
                    });
                    insert.build().persistent(false).execute(&mut self.0).await?;
                }
                Ok(())
            }

            async fn clear(&mut self, table: &Table) -> Result<(), TransferError> {
                let sql = format!("DELETE FROM {}", table.name);
                sqlx::query(AssertSqlSafe(sql)).execute(&mut self.0).await?;
                Ok(())
            }

            async fn commit(mut self: Box<Self>) -> Result<(), TransferError> {
                for sql in $before_commit {
                    sqlx::query(sql).execute(&mut self.0).await?;
                }
                sqlx::query("COMMIT").execute(&mut self.0).await?;
                Ok(self.0.close().await?)
            }
        }
    };
}

transferred!(InSqlite, SqliteConnection, sqlx::Sqlite, "", "", [] as [&str; 0]);
transferred!(
    InPostgres,
    PgConnection,
    sqlx::Postgres,
    " COLLATE \"C\"",
    // The numbers of attempts are kept.
    "OVERRIDING SYSTEM VALUE ",
    // The next attempt's number is a new one.
    ["SELECT setval(pg_get_serial_sequence('attempt', 'id'), greatest(max(id), 1)) FROM attempt"]
);

/// How many rows of so many columns one statement takes.
pub(super) fn rows_at_once(columns: usize) -> usize {
    (MAX_VALUES / columns.max(1)).max(1)
}

impl From<sqlx::Error> for TransferError {
    fn from(error: sqlx::Error) -> Self {
        StoreError::from(error).into()
    }
}
