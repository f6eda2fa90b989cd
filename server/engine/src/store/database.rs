//! Where the record is: which database, as the configuration names it.

use std::{fmt, path::PathBuf, sync::Arc};

use super::patience::Patient;
use super::{Migrated, PostgresStore, PostgresUrl, PostgresUrlError, SqliteStore, Store, StoreError};

/// A database that can hold the record; shown without its password.
#[derive(Clone, Debug)]
pub enum DatabaseUrl {
    /// A SQLite file.
    Sqlite(PathBuf),
    /// A database of a Postgres server.
    Postgres(Box<PostgresUrl>),
}

/// Why a text names no database; never holds the text, in which a password may stand.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DatabaseUrlError {
    /// It is neither.
    #[error(
        "must be sqlite: and a file, for example sqlite:./data/cutline.db, or postgres://user:password@host/database"
    )]
    Neither,
    /// It is a Postgres address with a mistake.
    #[error(transparent)]
    Postgres(#[from] PostgresUrlError),
}

impl DatabaseUrl {
    /// Reads `sqlite:FILE` or `postgres://…`.
    pub fn parse(text: &str) -> Result<Self, DatabaseUrlError> {
        match text.split_once(':') {
            Some(("sqlite", file)) if !file.is_empty() => Ok(Self::Sqlite(file.into())),
            Some(("postgres" | "postgresql", _)) => Ok(Self::Postgres(Box::new(PostgresUrl::parse(text)?))),
            _ => Err(DatabaseUrlError::Neither),
        }
    }

    /// Brings the tables of the record up to date, and does nothing else; gives what that took.
    pub async fn migrate(&self) -> Result<Vec<Migrated>, StoreError> {
        match self {
            Self::Sqlite(file) => SqliteStore::migrate(file).await,
            Self::Postgres(url) => PostgresStore::migrate(url).await,
        }
    }

    /// Opens the record and brings its tables up to date.
    pub async fn open(&self) -> Result<Arc<dyn Store>, StoreError> {
        Ok(match self {
            Self::Sqlite(file) => Arc::new(SqliteStore::open(file).await?),
            Self::Postgres(url) => Arc::new(Patient(PostgresStore::open(url).await?)),
        })
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(file) => write!(f, "sqlite:{}", file.display()),
            Self::Postgres(url) => url.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_named_by_its_kind() {
        for (text, shown) in [
            ("sqlite:./data/cutline.db", "sqlite:./data/cutline.db"),
            ("postgres://alice:s3cret@host/db", "postgres://alice@host:5432/db"),
        ] {
            assert_eq!(DatabaseUrl::parse(text).map(|url| url.to_string()).as_deref(), Ok(shown));
        }
        for text in ["", "sqlite:", "./data/cutline.db", "mysql://host/db"] {
            assert_eq!(DatabaseUrl::parse(text).err(), Some(DatabaseUrlError::Neither), "{text}");
        }
    }
}
