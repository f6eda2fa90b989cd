//! Where a program keeps what it must not lose: SQLite and files, or Postgres and S3; and what is found there afterwards.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use cutline_test_servers::{Postgres, S3};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection, PgConnection};
use tempfile::TempDir;

const OPEN: &str = "SELECT count(*) FROM attempt WHERE ended_at IS NULL";
const CLIPPING: &str = "SELECT clipping_hash || '.' || clipping_extension FROM share WHERE id = $1";
/// Put in a bucket at the start, to see whether that can be done.
const MARK: &str = "of-cutline";

/// What of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Servers,
    Files,
}

impl Kind {
    /// Those first that take longest.
    pub(crate) const ALL: [Self; 2] = [Self::Servers, Self::Files];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Servers => "Postgres, S3",
            Self::Files => "SQLite, files",
        }
    }
}

/// The servers that all runs share, each with a database and a bucket of its own.
pub(crate) struct Servers {
    s3: S3,
    buckets: AtomicU32,
}

/// One program's place.
pub(crate) struct Place {
    folder: TempDir,
    on_servers: Option<OnServers>,
}

struct OnServers {
    database: String,
    /// The bucket's address and keys, as configured.
    config: String,
    /// Where its objects are files.
    bucket: PathBuf,
}

/// What the record says when all has ended.
pub(crate) struct Record {
    pub(crate) open_attempts: i64,
    /// The share's clipping.
    pub(crate) clipping: String,
}

impl Servers {
    pub(crate) fn start() -> Self {
        Self { s3: S3::start(), buckets: AtomicU32::new(0) }
    }

    /// S3, to be told to fail.
    pub(crate) fn s3(&self) -> &S3 {
        &self.s3
    }

    pub(crate) async fn place(&self, kind: Kind) -> Place {
        let folder = tempfile::tempdir().expect("a folder");
        let on_servers = match kind {
            Kind::Files => None,
            Kind::Servers => {
                let made = tokio::task::spawn_blocking(|| Postgres::shared().database());
                Some(self.with_bucket(made.await.expect("a database")))
            }
        };
        Place { folder, on_servers }
    }

    /// A place in this database, which is not of the server that all share.
    pub(crate) fn place_in(&self, database: String) -> Place {
        let folder = tempfile::tempdir().expect("a folder");
        Place { folder, on_servers: Some(self.with_bucket(database)) }
    }

    fn with_bucket(&self, database: String) -> OnServers {
        let name = format!("run-{}", self.buckets.fetch_add(1, Ordering::Relaxed));
        let bucket = self.s3.bucket(&name);
        let (url, key, secret) = (self.s3.url(), S3::KEY, S3::SECRET);
        let config = format!(
            "database_url = {database:?}\nblobs_url = 's3://{name}'\n[s3]\nendpoint = {url:?}\n\
             access_key_id = {key:?}\nsecret_access_key = {secret:?}"
        );
        OnServers { database, config, bucket }
    }
}

impl Place {
    /// Where the program runs.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What its configuration says of this place; nothing where that is the default.
    pub(crate) fn config(&self) -> &str {
        self.on_servers.as_ref().map_or("", |place| &place.config)
    }

    /// What the record says; it must be whole.
    pub(crate) async fn record(&self, share: &str) -> Record {
        if let Some(OnServers { database, .. }) = &self.on_servers {
            let mut connection = PgConnection::connect(database).await.expect("the database");
            let open = sqlx::query_scalar(OPEN).fetch_one(&mut connection).await.expect("counted");
            let clipping = sqlx::query_scalar(CLIPPING).bind(share).fetch_one(&mut connection).await;
            return Record { open_attempts: open, clipping: clipping.expect("the share") };
        }
        Self::record_in(&self.folder().join("data/cutline.db"), share).await
    }

    /// What the record in this file says; it must be whole.
    pub(crate) async fn record_in(file: &Path, share: &str) -> Record {
        let options = SqliteConnectOptions::new().filename(file);
        let mut connection: SqliteConnection = options.connect().await.expect("the database");
        let check: String =
            sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut connection).await.expect("checked");
        assert_eq!(check, "ok");
        let open = sqlx::query_scalar(OPEN).fetch_one(&mut connection).await.expect("counted");
        let clipping = sqlx::query_scalar(CLIPPING).bind(share).fetch_one(&mut connection).await;
        Record { open_attempts: open, clipping: clipping.expect("the share") }
    }

    /// How many attempts at a delivery of the share there were.
    pub(crate) async fn attempts(&self, share: &str) -> i64 {
        const COUNTED: &str = "SELECT attempts FROM delivery WHERE share_id = $1 AND target <> 'board'";
        if let Some(OnServers { database, .. }) = &self.on_servers {
            let mut connection = PgConnection::connect(database).await.expect("the database");
            return sqlx::query_scalar(COUNTED)
                .bind(share)
                .fetch_one(&mut connection)
                .await
                .expect("counted");
        }
        let options = SqliteConnectOptions::new().filename(self.folder().join("data/cutline.db"));
        let mut connection: SqliteConnection = options.connect().await.expect("the database");
        sqlx::query_scalar(COUNTED).bind(share).fetch_one(&mut connection).await.expect("counted")
    }

    /// The Postgres database; none where SQLite has the record.
    pub(crate) fn postgres(&self) -> Option<&str> {
        self.on_servers.as_ref().map(|place| place.database.as_str())
    }

    /// The names of all clippings, and of whatever else lies among them.
    pub(crate) fn clippings(&self) -> Vec<String> {
        let bucket = self.on_servers.as_ref().map(|place| place.bucket.join("clippings"));
        let mut folders = vec![bucket.unwrap_or_else(|| self.folder().join("data/blobs/clippings"))];
        let mut files = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder") {
                let entry = entry.expect("an entry");
                if entry.file_type().expect("a kind").is_dir() {
                    folders.push(entry.path());
                } else {
                    files.push(entry.file_name().into_string().expect("text"));
                }
            }
        }
        files.retain(|file| file != MARK);
        files
    }

    /// Removes the database; the rest goes by itself.
    pub(crate) async fn remove(self) {
        if let Some(OnServers { database, bucket, .. }) = self.on_servers {
            std::fs::remove_dir_all(bucket).expect("the bucket");
            let removed = tokio::task::spawn_blocking(move || Postgres::shared().remove(&database));
            removed.await.expect("the database");
        }
    }
}
