//! Why the record could not be read or written, and which of a database's errors pass by themselves, or when somebody makes room:
//! those are worth another try, and told as such.

use cutline_model::{DeliveryState, TargetId};
use sqlx::{postgres::PgDatabaseError, sqlite::SqliteError};

/// Why the record could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else holds the database for longer than we wait, or its server is away for the moment; worth another try.
    #[error("the database is busy or away")]
    Busy(#[source] sqlx::Error),
    /// There is no room left where the database is; what it has can be read.
    #[error("the database has no room left")]
    Full(#[source] sqlx::Error),
    /// The database's server cannot be reached at the start, or does not let us in.
    #[error("{database}: {cause}")]
    Unreachable {
        /// Which database, without its password.
        database: String,
        /// What is wrong and what to do.
        cause: String,
    },
    /// The database is there, but the record cannot be kept in it.
    #[error("{database} cannot hold the record: {cause}")]
    Unfit {
        /// Which database, without its password.
        database: String,
        /// What it lacks and what to do.
        cause: String,
    },
    /// The database failed.
    #[error("the database failed")]
    Database(#[source] sqlx::Error),
    /// The database's tables could not be brought up to date.
    #[error("the database could not be migrated")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// The database's folder could not be made.
    #[error("the folder {folder} could not be made")]
    Folder {
        /// Which folder.
        folder: std::path::PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// A row holds what this program never writes.
    #[error("the record is damaged: {what}")]
    Damaged {
        /// Where, and what stands there.
        what: String,
    },
    /// A new delivery was neither posted nor queued.
    #[error("a new delivery to {target} is posted or queued, not {}", state.as_str())]
    NotNew {
        /// Where to.
        target: TargetId,
        /// What was given.
        state: DeliveryState,
    },
    /// The share's clipping is being removed, because no other share had it; worth another try.
    #[error("the clipping is being removed")]
    ClippingHeld,
    /// The share's clipping was removed since it was stored: it is to be stored again.
    #[error("the clipping was removed since it was stored")]
    ClippingRemoved,
    /// The attempt is no longer the delivery's current one: its outcome must not be written over what came later.
    #[error("attempt {attempt_id} no longer holds its delivery")]
    ClaimLost {
        /// Which attempt.
        attempt_id: i64,
    },
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        if is_full(&error) {
            Self::Full(error)
        } else if passes(&error) {
            Self::Busy(error)
        } else {
            Self::Database(error)
        }
    }
}

impl StoreError {
    /// Whether the same may succeed later, without anything being changed in what is asked.
    #[must_use]
    pub fn passes(&self) -> bool {
        matches!(self, Self::Busy(_) | Self::Full(_) | Self::ClippingHeld)
    }
}

fn is_full(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(error) = error else { return false };
    match error.code().as_deref() {
        // SQLITE_FULL; and disk_full.
        Some("13") => error.try_downcast_ref::<SqliteError>().is_some(),
        Some("53100") => error.try_downcast_ref::<PgDatabaseError>().is_some(),
        _ => false,
    }
}

fn passes(error: &sqlx::Error) -> bool {
    match error {
        // No connection in time; or the connection broke, as it does when the server is started again.
        sqlx::Error::PoolTimedOut | sqlx::Error::Io(_) => true,
        sqlx::Error::Database(error) => {
            if let Some(error) = error.try_downcast_ref::<PgDatabaseError>() {
                passes_in_postgres(error.code())
            } else if error.try_downcast_ref::<SqliteError>().is_some() {
                error.code().is_some_and(|code| passes_in_sqlite(&code))
            } else {
                false
            }
        }
        _ => false,
    }
}

/// By result code, <https://www.sqlite.org/rescode.html>: extended codes keep the primary one in the low byte.
fn passes_in_sqlite(code: &str) -> bool {
    // SQLITE_BUSY, SQLITE_LOCKED, and SQLITE_IOERR: of a full disk some calls tell that they failed, and not why.
    code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6 | 10))
}

/// By SQLSTATE, <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
fn passes_in_postgres(code: &str) -> bool {
    match code {
        // A lock was not to be had in time; a statement or a transaction took too long.
        "55P03" | "57014" | "25P03" => true,
        // The server is ended, has crashed, starts up, or has no connection or no memory left.
        "57P01" | "57P02" | "57P03" | "53200" | "53300" => true,
        // The connection broke; or others were in the way (a deadlock, a serialization failure).
        _ => code.starts_with("08") || code.starts_with("40"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_by_itself_is_told_from_what_does_not() {
        for code in ["40001", "40P01", "55P03", "57014", "57P01", "57P02", "57P03", "53300", "08006"] {
            assert!(passes_in_postgres(code), "{code}");
        }
        for code in ["23505", "42P01", "53100", "28P01", "XX001", ""] {
            assert!(!passes_in_postgres(code), "{code}");
        }
        for (code, passes) in [
            ("5", true),
            ("6", true),
            ("261", true),
            ("517", true),
            ("778", true),
            ("11", false),
            ("787", false),
        ] {
            assert_eq!(passes_in_sqlite(code), passes, "{code}");
        }
        assert!(passes(&sqlx::Error::PoolTimedOut));
        assert!(passes(&sqlx::Error::Io(std::io::ErrorKind::ConnectionReset.into())));
        assert!(!passes(&sqlx::Error::RowNotFound));
    }
}
