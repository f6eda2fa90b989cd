//! Where a Postgres database is: an address with a password in it, which nothing here ever shows.

use std::fmt;

use sqlx::postgres::PgConnectOptions;
use url::Url;

/// What may stand behind the question mark: what sqlx reads; it would log all others with their values.
const PARAMETERS: [&str; 13] = [
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "statement-cache-capacity",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
];

/// What the server shows for our connections, unless the address says otherwise.
const APPLICATION: &str = "cutline";

/// A Postgres database's address; `Display` and `Debug` leave the password out.
#[derive(Clone)]
pub struct PostgresUrl {
    options: PgConnectOptions,
}

/// Why a text is not the address of a Postgres database; never holds any of it but a parameter's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PostgresUrlError {
    /// It is no such address.
    #[error(
        "must be postgres://user:password@host/database; in a user or password, write : / @ # ? % as %3A %2F %40 %23 %3F %25"
    )]
    NotAnAddress,
    /// Nothing is known by that name.
    #[error("has the parameter {0}, which is none of {known}", known = PARAMETERS.join(", "))]
    UnknownParameter(String),
    /// A parameter's value makes no sense.
    #[error(
        "has a parameter whose value makes no sense; sslmode is disable, prefer, require, verify-ca or verify-full"
    )]
    BadParameter,
}

impl PostgresUrl {
    /// Reads `postgres://user:password@host:port/database?sslmode=…`. What is left out comes from the variables and
    /// the password file of Postgres' own programs (`PGHOST`, `PGPASSWORD`, `~/.pgpass`).
    pub fn parse(text: &str) -> Result<Self, PostgresUrlError> {
        let url = Url::parse(text).map_err(|_| PostgresUrlError::NotAnAddress)?;
        // A slash or # in the password that is not encoded puts the rest of it where the database's name would be.
        let is_split = url.path().contains('@') || url.fragment().is_some();
        if !matches!(url.scheme(), "postgres" | "postgresql") || url.cannot_be_a_base() || is_split {
            return Err(PostgresUrlError::NotAnAddress);
        }
        for (name, _) in url.query_pairs() {
            if !PARAMETERS.contains(&name.as_ref()) {
                return Err(PostgresUrlError::UnknownParameter(name.into_owned()));
            }
        }
        let mut options = text.parse::<PgConnectOptions>().map_err(|_| PostgresUrlError::BadParameter)?;
        if options.get_application_name().is_none() {
            options = options.application_name(APPLICATION);
        }
        Ok(Self { options })
    }

    /// The host that it is at; a path when it is a socket of this machine.
    #[must_use]
    pub fn host(&self) -> &str {
        self.options.get_host()
    }

    /// What sqlx connects with.
    pub(in crate::store) fn options(&self) -> &PgConnectOptions {
        &self.options
    }
}

impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let options = &self.options;
        write!(f, "postgres://{}@", options.get_username())?;
        match options.get_socket() {
            Some(folder) => write!(f, "{}", folder.display())?,
            None => write!(f, "{}:{}", options.get_host(), options.get_port())?,
        }
        // Postgres itself takes the user's name for a database that is not named.
        write!(f, "/{}", options.get_database().unwrap_or_else(|| options.get_username()))
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_never_shown() {
        for (text, shown) in [
            ("postgres://alice:s3cret@db.example/cutline", "postgres://alice@db.example:5432/cutline"),
            ("postgresql://alice:s3cret@db.example:6543/cutline", "postgres://alice@db.example:6543/cutline"),
            ("postgres://alice:s3cret%2F@[::1]/c?sslmode=require", "postgres://alice@[::1]:5432/c"),
            ("postgres://db.example/c?user=alice&password=s3cret", "postgres://alice@db.example:5432/c"),
            (
                "postgres:///c?host=/run/postgresql&user=alice&password=s3cret",
                "postgres://alice@/run/postgresql/c",
            ),
        ] {
            let url = PostgresUrl::parse(text).unwrap_or_else(|error| panic!("{text} {error}"));
            assert_eq!(url.to_string(), shown);
            assert_eq!(format!("{url:?}"), format!("PostgresUrl({shown})"));
        }
    }

    #[test]
    fn other_texts_are_refused_without_repeating_them() {
        use PostgresUrlError as Wrong;
        for (text, wrong) in [
            ("", Wrong::NotAnAddress),
            ("s3cret", Wrong::NotAnAddress),
            ("mysql://alice:s3cret@host/db", Wrong::NotAnAddress),
            ("postgres:s3cret", Wrong::NotAnAddress),
            ("postgres://alice:s3/cret@host/db", Wrong::NotAnAddress),
            ("postgres://alice:5/s3cret@host/db", Wrong::NotAnAddress),
            ("postgres://alice:s#3cret@host/db", Wrong::NotAnAddress),
            ("postgres://alice@host/db?passwort=s3cret", Wrong::UnknownParameter("passwort".to_owned())),
            ("postgres://alice@host/db?sslmode=s3cret", Wrong::BadParameter),
        ] {
            let error = PostgresUrl::parse(text).expect_err(text);
            assert_eq!(error, wrong, "{text}");
            assert!(!error.to_string().contains("3cret"), "{error}");
        }
    }
}
