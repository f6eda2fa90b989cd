//! The conformance suite on a real Postgres, and what is Postgres' own: several processes, restarts, rights, prepared
//! statements.

use std::time::Duration;

use cutline_test_servers::Postgres;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use sqlx::Executor;

use super::*;
use crate::store::{MAX_PER_TARGET, conformance};

mod plans;
mod races;
mod time;

async fn open_at(url: &str) -> PostgresStore {
    open_by_its_time(url).await.with_given_times()
}

/// As the program opens it.
async fn open_by_its_time(url: &str) -> PostgresStore {
    PostgresStore::open(&PostgresUrl::parse(url).expect("an address")).await.expect("a store")
}

/// An empty store in a database of its own, and that one's address.
async fn open() -> (String, PostgresStore) {
    let url = Postgres::shared().database();
    let store = open_at(&url).await;
    (url, store)
}

conformance::suite!(open);

#[tokio::test]
async fn opening_the_database_again_finds_everything() {
    let (url, store) = open().await;
    let share = conformance::new_share(conformance::now());
    let key = Idempotency { key: "one".to_owned(), request_hash: "hash".to_owned() };
    store.insert(&share, Some(&key)).await.expect("inserted");
    let before = store.share(&share.id).await.expect("read");
    store.close().await;
    let again = open_at(&url).await;
    assert!(before.is_some() && again.share(&share.id).await.expect("read") == before);
    let known = again.by_key(&key, conformance::now()).await.expect("looked up");
    assert_eq!(known, Some(Inserted::Existing(share.id)));
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_start_at_once_make_the_tables_once() {
    let url = Postgres::shared().database();
    let stores = futures_util::future::join_all((0..4).map(|_| open_at(&url))).await;
    let share = conformance::new_share(conformance::now());
    stores[0].insert(&share, None).await.expect("inserted");
    assert!(stores[3].share(&share.id).await.expect("read").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_never_claim_the_same_delivery() {
    let (url, one) = open().await;
    let other = open_at(&url).await;
    let shares: Vec<_> = (0..60).map(|_| conformance::new_share(conformance::now())).collect();
    for share in &shares {
        one.insert(share, None).await.expect("inserted");
    }
    let target = &shares[0].deliveries[1].target;
    let mut claimed: Vec<String> = Vec::new();
    while claimed.len() < shares.len() {
        let claims = (0..20).map(|turn| {
            let store = if turn % 2 == 0 { &one } else { &other };
            store.claim(target, conformance::now(), 3)
        });
        let claims = futures_util::future::join_all(claims).await;
        let claims: Vec<Claim> = claims.into_iter().flat_map(|claims| claims.expect("claimed")).collect();
        assert_eq!(claims.len(), MAX_PER_TARGET as usize, "both together take the places there are");
        for claim in claims {
            let posted = Outcome::Posted { url: None, post_id: None };
            one.finish(&claim, &posted, conformance::now()).await.expect("finished");
            claimed.push(claim.share_id.to_string());
        }
    }
    claimed.sort();
    let mut expected: Vec<String> = shares.iter().map(|share| share.id.to_string()).collect();
    expected.sort();
    assert_eq!(claimed, expected);
}

#[tokio::test]
async fn a_claim_passes_over_what_another_process_holds_and_waits_for_nothing() {
    let (_url, store) = open().await;
    let [held, free] = [0, 1].map(|seconds| conformance::new_share(conformance::later(seconds)));
    for share in [&held, &free] {
        store.insert(share, None).await.expect("inserted");
    }
    let mut other = store.pool.begin().await.expect("a transaction");
    sqlx::query("SELECT 1 FROM delivery WHERE share_id = $1 FOR UPDATE")
        .bind(held.id.as_str())
        .execute(&mut *other)
        .await
        .expect("held");
    let target = &held.deliveries[1].target;
    let claims = store.claim(target, conformance::later(1), 10).await.expect("claimed");
    assert_eq!(claims.iter().map(|claim| &claim.share_id).collect::<Vec<_>>(), [&free.id]);
    other.rollback().await.expect("let go");
    let claims = store.claim(target, conformance::later(1), 10).await.expect("claimed");
    assert_eq!(claims.iter().map(|claim| &claim.share_id).collect::<Vec<_>>(), [&held.id]);
}

#[tokio::test]
async fn a_table_that_is_held_for_long_is_told_as_busy() {
    let (_url, store) = open().await;
    let mut other = store.pool.begin().await.expect("a transaction");
    other.execute("LOCK TABLE share IN ACCESS EXCLUSIVE MODE").await.expect("held");
    let share = conformance::new_share(conformance::now());
    let refused = store.insert(&share, None).await;
    assert!(matches!(refused, Err(StoreError::Busy(_))), "{refused:?}");
    other.rollback().await.expect("let go");
    store.insert(&share, None).await.expect("inserted");
}

#[tokio::test]
async fn a_later_version_may_migrate_the_database_meanwhile() {
    let (url, store) = open().await;
    let share = conformance::new_share(conformance::now());
    store.insert(&share, None).await.expect("inserted");
    store.board(None, 10).await.expect("every statement is prepared");
    for sql in [
        "ALTER TABLE share ADD COLUMN of_a_later_version TEXT",
        "ALTER TABLE delivery ADD COLUMN of_a_later_version TEXT",
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'later', TRUE, '\\x00', 1)",
    ] {
        store.pool.execute(sql).await.expect("as a later version would");
    }
    let before = store.share(&share.id).await.expect("read");
    assert_eq!(before.into_iter().collect::<Vec<_>>(), store.board(None, 10).await.expect("board"));
    store.insert(&conformance::new_share(conformance::now()), None).await.expect("inserted");
    open_at(&url).await.insert(&conformance::new_share(conformance::now()), None).await.expect("inserted");
}

#[tokio::test]
async fn the_connections_are_set_up_as_the_comments_say() {
    let (url, store) = open().await;
    let name = url.rsplit('/').next().expect("a name");
    store
        .pool
        .execute(sqlx::AssertSqlSafe(format!(
            "ALTER DATABASE {name} SET synchronous_commit = off;
             ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'"
        )))
        .await
        .expect("set");
    let again = open_at(&url).await;
    for (setting, expected) in [
        ("lock_timeout", "5s"),
        ("statement_timeout", "30s"),
        ("idle_in_transaction_session_timeout", "1min"),
        ("default_transaction_isolation", "read committed"),
        ("synchronous_commit", "on"),
        ("application_name", "cutline"),
    ] {
        let set: String = sqlx::query_scalar("SELECT current_setting($1)")
            .bind(setting)
            .fetch_one(&again.pool)
            .await
            .expect("a setting");
        assert_eq!(set, expected, "{setting}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_started_again_is_found_within_five_seconds() {
    let mut server = Postgres::start();
    let url = server.database();
    let store = open_at(&url).await;
    let share = conformance::new_share(conformance::now());
    store.insert(&share, None).await.expect("inserted");
    // Several connections, all of which will be broken.
    let held = futures_util::future::join_all((0..4).map(|_| store.pool.acquire())).await;
    drop(held);
    let mut during = store.pool.begin().await.expect("a transaction");
    statements::insert_share(&mut during, &conformance::new_share(conformance::now()))
        .await
        .expect("written");
    server.stop();
    let broken = StoreError::from(during.commit().await.expect_err("the server is gone"));
    assert!(matches!(broken, StoreError::Busy(_)), "{broken:?}");
    let away = store.share(&share.id).await;
    assert!(matches!(away, Err(StoreError::Busy(_))), "{away:?}");
    let error =
        PostgresStore::open(&PostgresUrl::parse(&url).expect("an address")).await.expect_err("it is away");
    assert!(error.to_string().contains("is Postgres running"), "{error}");
    server.start_again();
    // More than there were connections. Who waits for a new one for five seconds is told that the record is busy.
    let answers = futures_util::future::join_all((0..6).map(|_| store.share(&share.id))).await;
    for answer in answers {
        assert!(answer.expect("answered").is_some());
    }
    assert_eq!(store.board(None, 10).await.expect("board").len(), 1, "nothing half written is kept");
}

#[tokio::test]
async fn what_keeps_us_out_is_said_without_the_password() {
    let server = Postgres::shared();
    let url = server.database();
    let owner = open_at(&url).await;
    for sql in [
        "CREATE ROLE visitor LOGIN PASSWORD 's3cret'",
        "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0",
        "CREATE DATABASE barred TEMPLATE template0",
    ] {
        owner.pool.execute(sql).await.expect("made");
    }
    let barred = server.url("barred");
    let revoke = PostgresUrl::parse(&barred).expect("an address");
    let (mut connection, _) = server::connect(&revoke).await.expect("connected");
    connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC").await.expect("revoked");
    let port = url.split(':').nth(3).and_then(|rest| rest.split('/').next()).expect("a port");
    for (url, expected) in [
        (url.replace("s3cret", "wr0ng"), "are the user and the password right?"),
        (server.url("nowhere"), "make it with: CREATE DATABASE nowhere"),
        (server.url("latin"), "its encoding is LATIN1"),
        (
            format!("postgres://visitor:s3cret@127.0.0.1:{port}/barred"),
            "GRANT USAGE, CREATE ON SCHEMA public TO visitor",
        ),
        (format!("{url}?sslmode=require"), "no TLS"),
        ("postgres://alice:s3cret@127.0.0.1:1/c".to_owned(), "nobody listens there"),
        ("postgres:///c?host=/nowhere&user=alice&password=s3cret".to_owned(), "no connection"),
    ] {
        let error =
            PostgresStore::open(&PostgresUrl::parse(&url).expect("an address")).await.expect_err(&url);
        let told = format!("{error} {error:?}");
        assert!(told.contains(expected), "{url}: {told}");
        assert!(!told.contains("s3cret") && !told.contains("wr0ng"), "{told}");
    }
}

#[tokio::test]
async fn tls_is_spoken_and_the_servers_certificate_is_looked_at() {
    let authority = || {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("an authority")
    };
    let (ours, another) = (authority(), authority());
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("a name");
    let certificate = params.signed_by(&key, &ours).expect("signed");
    let server = Postgres::start_with_tls(&certificate.pem(), &key.serialize_pem());
    let url = server.database();
    let folder = tempfile::tempdir().expect("a folder");
    let root = |name: &str, authority: &CertifiedIssuer<'static, KeyPair>| {
        let file = folder.path().join(name);
        std::fs::write(&file, authority.pem()).expect("a file");
        format!("sslrootcert={}", file.display())
    };
    let (ours, another) = (root("ours", &ours), root("another", &another));
    let encrypted = |store: PostgresStore| async move {
        sqlx::query_scalar::<_, bool>("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
            .fetch_one(&store.pool)
            .await
            .expect("told")
    };
    assert!(encrypted(open_at(&format!("{url}?sslmode=verify-full&{ours}")).await).await);
    assert!(encrypted(open_at(&url).await).await, "where the server can, also without asking for it");
    assert!(!encrypted(open_at(&format!("{url}?sslmode=disable")).await).await);
    let elsewhere = url.replace("127.0.0.1", "localhost");
    for refused in [
        format!("{url}?sslmode=verify-full&{another}"),
        format!("{url}?sslmode=verify-full"),
        format!("{elsewhere}?sslmode=verify-full&{ours}"),
    ] {
        let error = PostgresStore::open(&PostgresUrl::parse(&refused).expect("an address")).await;
        let error = error.expect_err(&refused).to_string();
        assert!(error.contains("no TLS"), "{refused}: {error}");
    }
    open_at(&format!("{elsewhere}?sslmode=verify-ca&{ours}")).await;
}

/// Waits until the follower hears something, for at most ten seconds.
async fn heard(follower: &mut crate::store::Follower) {
    tokio::time::timeout(Duration::from_secs(10), follower.changed()).await.expect("it is told");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_process_changes_another_hears_and_its_worker_is_woken() {
    let (url, one) = open().await;
    let other = open_at(&url).await;
    let share = conformance::new_share(conformance::now());
    let (deliveries, removals) = (other.changes().deliveries(), other.changes().removals());
    let mut follower = other.changes().follow(&share.id);
    // It listens, and looks at everything once.
    heard(&mut follower).await;
    deliveries.notified().await;
    removals.notified().await;
    one.insert(&share, None).await.expect("inserted");
    tokio::time::timeout(Duration::from_secs(10), deliveries.notified()).await.expect("woken");
    heard(&mut follower).await;
    let claims = one.claim(&share.deliveries[1].target, conformance::now(), 1).await.expect("claimed");
    heard(&mut follower).await;
    one.note(&claims[0], &Progress::Upload(Some("7".to_owned()))).await.expect("noted");
    heard(&mut follower).await;
    one.renew(&claims, conformance::later(1)).await.expect("renewed");
    one.finish(&claims[0], &Outcome::Posted { url: None, post_id: None }, conformance::now())
        .await
        .expect("finished");
    heard(&mut follower).await;
    one.delete(&share.id, conformance::now()).await.expect("deleted");
    tokio::time::timeout(Duration::from_secs(10), removals.notified()).await.expect("woken");
    heard(&mut follower).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_connection_that_listens_was_lost_everything_is_looked_at_once() {
    let (url, store) = open().await;
    let share = conformance::new_share(conformance::now());
    store.insert(&share, None).await.expect("inserted");
    let mut follower = store.changes().follow(&share.id);
    heard(&mut follower).await;
    let other = open_at(&url).await;
    let ended: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM (SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND query LIKE 'LISTEN%') AS ended",
    )
    .fetch_one(&other.pool)
    .await
    .expect("ended");
    assert_eq!(ended, 1, "one connection listens");
    heard(&mut follower).await;
    // And it hears again.
    other.retry(&share.id, Again::EVERYTHING, conformance::now()).await.expect("nothing to do");
    other.claim(&share.deliveries[1].target, conformance::now(), 1).await.expect("claimed");
    heard(&mut follower).await;
}

#[tokio::test]
async fn a_share_and_its_deliveries_are_read_as_of_one_moment() {
    let (_url, store) = open().await;
    let share = conformance::new_share(conformance::now());
    let mut read = store.read().await.expect("a transaction");
    assert_eq!(statements::board(&mut read, None, 10).await.expect("read"), []);
    store.insert(&share, None).await.expect("inserted");
    assert_eq!(
        statements::board(&mut read, None, 10).await.expect("read"),
        [],
        "what came since is not seen"
    );
    assert_eq!(statements::share(&mut read, &share.id).await.expect("read"), None);
    drop(read);
    assert_eq!(store.board(None, 10).await.expect("read").len(), 1);
}
