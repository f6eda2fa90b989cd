//! The first connection to a Postgres server: whether it is there, lets us in and can hold the record.
//!
//! What is wrong at the start is wrong for a person to mend: each answer says what to do, none holds the password.

use std::{io::ErrorKind, time::Duration};

use sqlx::{
    ConnectOptions, PgConnection,
    postgres::{PgConnectOptions, PgDatabaseError},
};

use super::PostgresUrl;
use crate::store::StoreError;

/// How long the server may take to answer at the start.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The oldest version that the record is kept in: those before get no more corrections.
const OLDEST: i64 = 13;

/// What the database says of itself.
#[derive(sqlx::FromRow)]
struct Server {
    version: String,
    version_number: i64,
    encoding: String,
    is_standby: bool,
    may_create: bool,
    has_tables: bool,
    schema: Option<String>,
}

/// A connection to a database that can hold the record, and its server's version.
pub(super) async fn connect(url: &PostgresUrl) -> Result<(PgConnection, String), StoreError> {
    let unreachable = |cause| StoreError::Unreachable { database: url.to_string(), cause };
    let connecting = tokio::time::timeout(CONNECT_TIMEOUT, url.options().connect());
    let mut connection = connecting
        .await
        .map_err(|_| {
            unreachable(format!("no answer within {CONNECT_TIMEOUT:?}; is this its host and port?"))
        })?
        .map_err(|error| unreachable(cause(&error, url.options())))?;
    let server: Server = sqlx::query_as(
        "SELECT current_setting('server_version') AS version,
             current_setting('server_version_num')::BIGINT AS version_number,
             pg_encoding_to_char(encoding)::TEXT AS encoding, pg_is_in_recovery() AS is_standby,
             coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) AS may_create,
             to_regclass('_sqlx_migrations') IS NOT NULL AS has_tables, current_schema()::TEXT AS schema
         FROM pg_database WHERE datname = current_database()",
    )
    .fetch_one(&mut connection)
    .await
    .map_err(|error| unreachable(cause(&error, url.options())))?;
    match lacks(&server, url.options().get_username()) {
        Some(cause) => Err(StoreError::Unfit { database: url.to_string(), cause }),
        None => Ok((connection, server.version)),
    }
}

/// Why the record cannot be kept there, if so.
fn lacks(server: &Server, user: &str) -> Option<String> {
    if server.version_number < OLDEST * 10_000 {
        return Some(format!("it is Postgres {}, and {OLDEST} is the oldest that will do", server.version));
    }
    if server.encoding != "UTF8" {
        return Some(format!(
            "its encoding is {}, which has not all characters; make it with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0",
            server.encoding
        ));
    }
    if server.is_standby {
        return Some("it is a standby, which can only be read; name the primary server".to_owned());
    }
    if !server.may_create && !server.has_tables {
        let schema = server.schema.as_deref().unwrap_or("public");
        return Some(format!(
            "{user} may not make tables in it; as its owner, run: GRANT USAGE, CREATE ON SCHEMA {schema} TO {user}"
        ));
    }
    None
}

/// What went wrong, and what to do about it.
fn cause(error: &sqlx::Error, options: &PgConnectOptions) -> String {
    match error {
        sqlx::Error::Io(error) if error.kind() == ErrorKind::ConnectionRefused => {
            "nobody listens there; is Postgres running, and are these its host and port?".to_owned()
        }
        sqlx::Error::Io(error) if error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) => {
            format!("no TLS: {error}; see sslmode and sslrootcert")
        }
        sqlx::Error::Io(error) => format!("no connection: {error}"),
        sqlx::Error::Tls(error) => format!("no TLS: {error}; see sslmode and sslrootcert"),
        sqlx::Error::Database(error) => {
            let message = error.message();
            // https://www.postgresql.org/docs/current/errcodes-appendix.html
            match error.try_downcast_ref::<PgDatabaseError>().map(PgDatabaseError::code) {
                Some("28P01" | "28000") => format!("{message}; are the user and the password right?"),
                Some("3D000") => format!(
                    "{message}; make it with: CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0",
                    options.get_database().unwrap_or("…")
                ),
                _ => message.to_owned(),
            }
        }
        error => error.to_string(),
    }
}
