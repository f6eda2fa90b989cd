//! Which of a database's errors pass by themselves, or when somebody makes room: those are worth another try, and told as such.

use sqlx::{postgres::PgDatabaseError, sqlite::SqliteError};

use super::StoreError;

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
