//! A migration that is killed half-way is gone on with by the next start, and loses nothing.

use std::process::Stdio;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection, PgConnection};
use tokio::process::{Child, Command};

use super::MAX_RECOVERY;
use super::network::{Network, Skill};
use super::place::{Kind, Servers};
use super::program::{PROGRAM, Program, receipt};

/// What an early version has kept: enough that each step takes a while.
const SHARES: u32 = 20_000;
const COLUMNS: &str = "(id, created_at, image_url, source_width, source_height, region_x, region_y, region_w, region_h,
     description, alt, credit_author, credit_licence, credit_link, clipping_hash, clipping_extension, clipping_media_type,
     clipping_width, clipping_height, clipping_bytes)";
const VALUES: &str = "1790000000000 + i, 'https://a.example/1.jpg', 3, 2, 0, 0, 1, 1, '', '', '', '', ''";
const COUNT: &str =
    "SELECT (SELECT count(*) FROM share) + (SELECT count(*) FROM delivery WHERE state = 'posted')";
const TAKEN: &str = "SELECT count(*) FROM _sqlx_migrations";

/// The database, of either kind.
enum Database {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Database {
    /// One as the first version left it, with a record in it.
    async fn of_the_first_version(program: &Program) -> Self {
        let (i, mut database, migrations) = if let Some(url) = program.place().postgres() {
            let connection = PgConnection::connect(url).await.expect("the database");
            (
                "lpad(i::TEXT, 16, '0')",
                Self::Postgres(connection),
                sqlx::migrate!("engine/migrations/postgres"),
            )
        } else {
            let file = program.place().folder().join("data/cutline.db");
            std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
            let options = SqliteConnectOptions::new().filename(file).create_if_missing(true);
            let connection = options.journal_mode(sqlx::sqlite::SqliteJournalMode::Wal).connect().await;
            let database = Self::Sqlite(connection.expect("the database"));
            ("printf('%016d', i)", database, sqlx::migrate!("engine/migrations/sqlite"))
        };
        match &mut database {
            Self::Sqlite(connection) => migrations.run_to(1, connection).await,
            Self::Postgres(connection) => migrations.run_to(1, connection).await,
        }
        .expect("migrated");
        let numbers =
            format!("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {SHARES})");
        let hash = "'0000000000000000000000000000000000000000000000000000000000000000'";
        for sql in [
            format!(
                "INSERT INTO share {COLUMNS} {numbers} SELECT {i}, {VALUES}, {hash}, 'png', 'image/png', 3, 2, 9 FROM n"
            ),
            "INSERT INTO delivery (share_id, target, place, state) SELECT id, 'board', 0, 'posted' FROM share".to_owned(),
        ] {
            match &mut database {
                Self::Sqlite(connection) => drop(sqlx::query(sqlx::AssertSqlSafe(sql)).execute(connection).await.expect("filled")),
                Self::Postgres(connection) => drop(sqlx::query(sqlx::AssertSqlSafe(sql)).execute(connection).await.expect("filled")),
            }
        }
        database
    }

    async fn count(&mut self, sql: &'static str) -> i64 {
        match self {
            Self::Sqlite(connection) => sqlx::query_scalar(sql).fetch_one(connection).await,
            Self::Postgres(connection) => sqlx::query_scalar(sql).fetch_one(connection).await,
        }
        .expect("counted")
    }

    async fn expect_sound(&mut self) {
        if let Self::Sqlite(connection) = self {
            let check: String =
                sqlx::query_scalar("PRAGMA integrity_check").fetch_one(connection).await.expect("checked");
            assert_eq!(check, "ok");
        }
        assert_eq!(self.count(COUNT).await, 2 * i64::from(SHARES), "nothing is lost");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_that_is_killed_half_way_is_gone_on_with_and_loses_nothing() {
    let servers = Servers::start();
    for kind in Kind::ALL {
        let network = Network::start(Skill::Keys).await;
        let program = Program::new(&network, servers.place(kind).await);
        let mut database = Database::of_the_first_version(&program).await;
        let mut kills = 0;
        loop {
            let before = database.count(TAKEN).await;
            let mut migrating = start(&program);
            // Killed as soon as a step is done: the next one has begun.
            let ended = loop {
                if let Some(status) = migrating.try_wait().expect("asked") {
                    break Some(status);
                }
                if database.count(TAKEN).await > before {
                    break None;
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
            };
            if let Some(status) = ended {
                assert!(status.success(), "{status}");
                break;
            }
            migrating.kill().await.expect("killed");
            kills += 1;
            database.expect_sound().await;
        }
        assert!(kills >= 3, "{kills} kills half-way");
        let running = program.start(None).await;
        let (status, share) = running.post(&program.request(&network), "after").await.expect("an answer");
        assert_eq!(status, 201, "{share}");
        assert_eq!(running.ended(&receipt(&share).id, MAX_RECOVERY).await.state, "posted");
        running.stop().await;
    }
}

fn start(program: &Program) -> Child {
    let mut command = Command::new(PROGRAM);
    command.arg("migrate").current_dir(program.place().folder()).env_clear().kill_on_drop(true);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts")
}
