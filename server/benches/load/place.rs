//! Where a site keeps what it must not lose: SQLite and files, or Postgres and S3, which write through to the disk as they do
//! in earnest.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use cutline_test_servers::{Postgres, S3};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, SqliteConnection};
use tempfile::TempDir;

/// What of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Files,
    Servers,
}

impl Kind {
    pub(crate) const ALL: [Self; 2] = [Self::Files, Self::Servers];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Files => "SQLite, files",
            Self::Servers => "Postgres, S3",
        }
    }
}

/// The servers that all jobs share, each with a database and a bucket of its own.
pub(crate) struct Servers {
    postgres: Postgres,
    s3: S3,
    buckets: AtomicU32,
}

impl Servers {
    pub(crate) fn start() -> Self {
        Self { postgres: Postgres::start_durable(), s3: S3::start(), buckets: AtomicU32::new(0) }
    }

    /// An empty place.
    pub(crate) fn place(&self, kind: Kind) -> Place {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("record/cutline.db");
        if kind == Kind::Files {
            let blobs = folder.path().join("blobs");
            let config =
                format!("database_url = 'sqlite:{}'\nblobs_url = 'file:{}'", file.display(), blobs.display());
            return Place { folder, config, record: Record::Sqlite(file) };
        }
        let (database, name) =
            (self.postgres.database(), format!("load-{}", self.buckets.fetch_add(1, Ordering::Relaxed)));
        self.s3.bucket(&name);
        let (url, key, secret) = (self.s3.url(), S3::KEY, S3::SECRET);
        let config = format!(
            "database_url = {database:?}\nblobs_url = 's3://{name}'\n[s3]\nendpoint = {url:?}\n\
             access_key_id = {key:?}\nsecret_access_key = {secret:?}"
        );
        Place { folder, config, record: Record::Postgres(database) }
    }
}

/// One site's place.
pub(crate) struct Place {
    folder: TempDir,
    config: String,
    record: Record,
}

#[derive(Clone)]
enum Record {
    Sqlite(PathBuf),
    Postgres(String),
}

impl Place {
    /// A folder for what is not kept here.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What a site's configuration says of it.
    pub(crate) fn config(&self) -> &str {
        &self.config
    }

    /// How many deliveries are in each state, as `posted 9 queued 1`.
    pub(crate) async fn states(&self) -> String {
        const STATES: &str =
            "SELECT state, count(*) FROM delivery WHERE target <> 'board' GROUP BY state ORDER BY state";
        let states: Vec<(String, i64)> = match &self.record {
            Record::Sqlite(file) => {
                let mut connection = sqlite(file).await;
                sqlx::query_as(STATES).fetch_all(&mut connection).await.expect("counted")
            }
            Record::Postgres(url) => {
                let mut connection = PgConnection::connect(url).await.expect("the database");
                sqlx::query_as(STATES).fetch_all(&mut connection).await.expect("counted")
            }
        };
        states.iter().map(|(state, count)| format!("{state} {count}")).collect::<Vec<_>>().join(" ")
    }

    /// Runs statements that are the load's own.
    pub(crate) async fn change(&self, statements: &[String]) {
        match &self.record {
            Record::Sqlite(file) => {
                let mut change = sqlite(file).await;
                for statement in statements {
                    sqlx::query(AssertSqlSafe(statement.clone()))
                        .execute(&mut change)
                        .await
                        .expect("changed");
                }
            }
            Record::Postgres(url) => {
                let mut change = PgConnection::connect(url).await.expect("the database");
                for statement in statements {
                    sqlx::query(AssertSqlSafe(statement.clone()))
                        .execute(&mut change)
                        .await
                        .expect("changed");
                }
            }
        }
    }

    /// The columns of `share` but for those named.
    pub(crate) async fn columns(&self, without: &str) -> String {
        match &self.record {
            Record::Sqlite(file) => {
                let columns = "SELECT group_concat(name, ', ') FROM pragma_table_info('share') WHERE instr($1, name) = 0";
                let mut connection = sqlite(file).await;
                sqlx::query_scalar(columns).bind(without).fetch_one(&mut connection).await.expect("named")
            }
            Record::Postgres(url) => {
                let columns = "SELECT string_agg(column_name, ', ') FROM information_schema.columns
                               WHERE table_name = 'share' AND strpos($1, column_name) = 0";
                let mut connection = PgConnection::connect(url).await.expect("the database");
                sqlx::query_scalar(columns).bind(without).fetch_one(&mut connection).await.expect("named")
            }
        }
    }
}

async fn sqlite(file: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(file).connect().await.expect("the database")
}
