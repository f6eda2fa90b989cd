//! Who is left alone for a while, in the words that all databases are told; `rests!` makes the functions as `statements!` does.
//!
//! In the record, so that a pause that an account asked for, and the rest of a server that fails, hold for all processes and
//! after each start. A row is a promise not to call; what is over is forgotten.

use cutline_model::TargetId;
use jiff::Timestamp;

/// For how long it is kept how often a server failed in a row, after its rest: then it begins anew.
const KEPT_MS: i64 = 24 * 3_600_000;

/// Somebody who is left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rest {
    /// Who.
    pub of: Rested,
    /// Until when.
    pub until: Timestamp,
    /// How often in a row a server failed.
    pub failures: u32,
}

/// Who can be left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rested {
    /// An account that asked for a pause.
    Account(TargetId),
    /// A server that fails, by its name, with all its accounts.
    Server(String),
}

impl Rested {
    /// The two columns of its key.
    pub(super) fn columns(&self) -> (&'static str, &str) {
        match self {
            Self::Account(target) => ("account", target.as_str()),
            Self::Server(name) => ("server", name),
        }
    }
}

/// The millisecond up to which a server must have been at rest to be forgotten.
pub(super) fn forgotten_by(now: Timestamp) -> i64 {
    now.as_millisecond().saturating_sub(KEPT_MS)
}

/// The functions, for connections of one kind; they stand beside those of `statements!`.
macro_rules! rests {
    () => {
        use $crate::store::rest::{Rest, Rested, forgotten_by};

        /// Everybody who is left alone, or was.
        pub(super) async fn rests(read: &mut Connection) -> Result<Vec<Rest>, StoreError> {
            let found: Vec<(String, String, i64, i64)> =
                sqlx::query_as("SELECT kind, name, until_at, failures FROM rest ORDER BY kind, name")
                    .fetch_all(read)
                    .await?;
            let rests = found.into_iter().map(|(kind, name, until, failures)| rows::rest(&kind, name, until, failures));
            Ok(rests.filter_map(rows::readable).collect())
        }

        /// Leaves somebody alone: never for less long than was said before, unless a further failure tells better. What is over is
        /// forgotten; in a transaction.
        pub(super) async fn rest(
            write: &mut Connection,
            rest: &Rest,
            now: Timestamp,
        ) -> Result<(), StoreError> {
            sqlx::query(
                "DELETE FROM rest WHERE (kind = 'account' AND until_at <= $1) OR (kind = 'server' AND until_at <= $2)",
            )
            .bind(now.as_millisecond())
            .bind(forgotten_by(now))
            .execute(&mut *write)
            .await?;
            keep_rest(write, rest).await
        }

        /// The same, and nothing is forgotten.
        async fn keep_rest(write: &mut Connection, rest: &Rest) -> Result<(), StoreError> {
            let (kind, name) = rest.of.columns();
            sqlx::query(
                "INSERT INTO rest (kind, name, until_at, failures) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (kind, name) DO UPDATE SET failures = excluded.failures,
                     until_at = CASE WHEN excluded.until_at > rest.until_at OR excluded.failures > rest.failures
                         THEN excluded.until_at ELSE rest.until_at END",
            )
            .bind(kind)
            .bind(name)
            .bind(not_before(rest.until))
            .bind(i64::from(rest.failures))
            .execute(write)
            .await?;
            Ok(())
        }

        /// Lets a server whose rest is over rest for everybody else while one process tries it; says whether that is this one.
        pub(super) async fn try_server(
            write: &mut Connection,
            name: &str,
            now: Timestamp,
        ) -> Result<bool, StoreError> {
            let taken =
                sqlx::query("UPDATE rest SET until_at = $3 WHERE kind = 'server' AND name = $1 AND until_at <= $2")
                    .bind(name)
                    .bind(now.as_millisecond())
                    .bind(lease(now))
                    .execute(write)
                    .await?;
            Ok(taken.rows_affected() == 1)
        }

        /// Ends somebody's rest.
        pub(super) async fn end_rest(write: &mut Connection, of: &Rested) -> Result<(), StoreError> {
            let (kind, name) = of.columns();
            sqlx::query("DELETE FROM rest WHERE kind = $1 AND name = $2")
                .bind(kind)
                .bind(name)
                .execute(write)
                .await?;
            Ok(())
        }
    };
}
pub(super) use rests;
