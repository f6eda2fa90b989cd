//! The conformance suite on SQLite, and what is SQLite's own: pragmas, the file, its indexes.

mod plans;

use std::collections::HashMap;

use super::*;
use crate::store::conformance;

/// An empty store in a folder that vanishes with the guard.
async fn open() -> (tempfile::TempDir, SqliteStore) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(&folder.path().join("new/cutline.db")).await.expect("a store");
    (folder, store)
}

conformance::suite!(open);

#[tokio::test]
async fn opening_the_file_again_finds_everything() {
    let (folder, store) = open().await;
    let share = conformance::new_share(conformance::now());
    let key = Idempotency { key: "one".to_owned(), request_hash: "hash".to_owned() };
    store.insert(&share, Some(&key)).await.expect("inserted");
    let before = store.share(&share.id).await.expect("read");
    let due = store.next_due().await.expect("asked");
    store.close().await;
    let again = SqliteStore::open(&folder.path().join("new/cutline.db")).await.expect("the same file");
    assert!(before.is_some() && again.share(&share.id).await.expect("read") == before);
    assert_eq!(again.next_due().await.expect("asked"), due);
    let known = again.by_key(&key, conformance::now()).await.expect("looked up");
    assert_eq!(known, Some(Inserted::Existing(share.id)));
}

#[tokio::test]
async fn a_file_that_a_later_version_has_migrated_still_serves() {
    let (folder, store) = open().await;
    let share = conformance::new_share(conformance::now());
    store.insert(&share, None).await.expect("inserted");
    for sql in [
        "ALTER TABLE share ADD COLUMN of_a_later_version TEXT",
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'later', TRUE, x'00', 1)",
    ] {
        sqlx::query(sql).execute(&store.writer).await.expect("as a later version would");
    }
    store.close().await;
    let again = SqliteStore::open(&folder.path().join("new/cutline.db")).await.expect("the same file");
    assert!(again.share(&share.id).await.expect("read").is_some());
    let another = conformance::new_share(conformance::now());
    again.insert(&another, None).await.expect("inserted");
}

#[tokio::test]
async fn the_connections_are_set_up_as_the_header_says() {
    let (_folder, store) = open().await;
    for (pool, query_only) in [(&store.writer, 0), (&store.readers, 1)] {
        let mut set = HashMap::new();
        for (pragma, sql) in [
            ("foreign_keys", "PRAGMA foreign_keys"),
            ("synchronous", "PRAGMA synchronous"),
            ("busy_timeout", "PRAGMA busy_timeout"),
            ("query_only", "PRAGMA query_only"),
        ] {
            set.insert(pragma, sqlx::query_scalar::<_, i64>(sql).fetch_one(pool).await.expect("a pragma"));
        }
        let expected =
            [("foreign_keys", 1), ("synchronous", 2), ("busy_timeout", 5000), ("query_only", query_only)];
        assert_eq!(set, HashMap::from(expected));
        let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(pool).await.expect("a pragma");
        assert_eq!(mode, "wal");
    }
}

#[tokio::test]
async fn a_delivery_without_its_share_is_refused_by_the_database() {
    let (_folder, store) = open().await;
    let orphan = sqlx::query("INSERT INTO delivery (share_id, target, place, state) VALUES ('0000000000000000', 'board', 0, 'posted')")
        .execute(&store.writer)
        .await;
    let message = orphan.expect_err("refused").to_string();
    assert!(message.contains("FOREIGN KEY"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_is_sound_after_much_at_once() {
    let (_folder, store) = open().await;
    let work = (0..50).map(|_| async {
        let share = conformance::new_share(conformance::now());
        store.insert(&share, None).await.expect("inserted");
        let claims = store.claim(&share.deliveries[1].target, conformance::now(), 2).await.expect("claimed");
        for claim in claims {
            store
                .finish(&claim, &Outcome::Posted { url: None, post_id: None }, conformance::now())
                .await
                .expect("finished");
        }
        store.board(None, 10).await.expect("board");
    });
    futures_util::future::join_all(work).await;
    let sound: String =
        sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&store.writer).await.expect("checked");
    assert_eq!(sound, "ok");
    let broken = sqlx::query("PRAGMA foreign_key_check").fetch_all(&store.writer).await.expect("checked");
    assert!(broken.is_empty());
    let open_attempts: i64 = sqlx::query_scalar("SELECT count(*) FROM attempt WHERE ended_at IS NULL")
        .fetch_one(&store.writer)
        .await
        .expect("counted");
    assert_eq!(open_attempts, 0);
}

#[tokio::test]
async fn an_attempt_is_written_before_the_call_and_closed_after_it() {
    let (_folder, store) = open().await;
    let share = conformance::new_share(conformance::now());
    store.insert(&share, None).await.expect("inserted");
    let claims = store.claim(&share.deliveries[1].target, conformance::now(), 1).await.expect("claimed");
    let attempt = "SELECT outcome, reason FROM attempt WHERE id = ?";
    let read = || sqlx::query_as::<_, (Option<String>, Option<String>)>(attempt).bind(claims[0].attempt_id);
    assert_eq!(read().fetch_one(&store.readers).await.expect("a row"), (None, None));
    let failed = Outcome::Failed { reason: "no".to_owned() };
    store.finish(&claims[0], &failed, conformance::later(1)).await.expect("finished");
    let ended = (Some("failed".to_owned()), Some("no".to_owned()));
    assert_eq!(read().fetch_one(&store.readers).await.expect("a row"), ended);
}

#[tokio::test]
async fn what_a_clock_that_was_ahead_has_left_is_put_right_at_the_next_start() {
    let (_folder, store) = open().await;
    let (now, ahead) = (conformance::now(), conformance::later(86_400));
    let (posting, deleted) = (conformance::new_share(ahead), conformance::new_share(ahead));
    for share in [&posting, &deleted] {
        store.insert(share, None).await.expect("inserted");
    }
    let target = posting.deliveries.iter().find(|delivery| delivery.url.is_none()).expect("one that waits");
    for claim in store.claim(&target.target, ahead, 2).await.expect("claimed") {
        store.note(&claim, &Progress::sent_first(ahead)).await.expect("noted");
    }
    let clipping = store.delete(&deleted.id, ahead).await.expect("deleted").expect("it was there").clipping;
    store.delete(&posting.id, ahead).await.expect("deleted");
    let posting = conformance::new_share(ahead);
    store.insert(&posting, None).await.expect("inserted");
    for claim in store.claim(&target.target, ahead, 1).await.expect("claimed") {
        store.note(&claim, &Progress::sent_first(ahead)).await.expect("noted");
    }
    store.clipping_waits(&deleted.id, ahead).await.expect("put off");
    sqlx::query("INSERT INTO clipping_removal VALUES ('other.png', 1, ?)")
        .bind(ahead.as_millisecond())
        .execute(&store.writer)
        .await
        .expect("held");

    store.recover(Abandoned::All, now).await.expect("recovered");
    let claim = store.claim(&target.target, now, 1).await.expect("claimed").pop().expect("it is due");
    assert_eq!(claim.published_at, Some(now - jiff::SignedDuration::from_hours(24)), "nobody knows when");
    assert_eq!(claim.asked_again_at, None, "and nobody was told to look for it");
    assert!(store.claim_removal(&target.target, now).await.expect("asked").is_some());
    let held: Option<i64> = sqlx::query_scalar("SELECT max(held_until) FROM clipping_removal")
        .fetch_one(&store.writer)
        .await
        .expect("read");
    assert!(held.is_some_and(|held| held <= now.as_millisecond()));
    let due = store.clippings_to_remove(now).await.expect("read");
    assert!(due.iter().any(|(id, name)| *id == deleted.id && *name == clipping));
}

#[tokio::test]
async fn what_a_platform_asked_for_is_waited_for_after_a_start() {
    let (_folder, store) = open().await;
    let share = conformance::new_share(conformance::now());
    store.insert(&share, None).await.expect("inserted");
    let target = &share.deliveries[1].target;
    let claim = store.claim(target, conformance::later(1), 1).await.expect("claimed").remove(0);
    let at = conformance::later(3600);
    let asked = Outcome::Retry { at, reason: "busy".to_owned(), is_asked: true, may_be_posted: false };
    store.finish(&claim, &asked, conformance::later(2)).await.expect("finished");
    store.recover(Abandoned::All, conformance::later(5)).await.expect("recovered");
    assert_eq!(store.next_due().await.expect("asked"), [Due { target: target.clone(), at }]);
}

#[tokio::test]
async fn a_row_that_cannot_be_read_keeps_no_other_waiting() {
    let (_folder, store) = open().await;
    let target = &conformance::mastodon();
    let rest = Rest { of: Rested::Account(target.clone()), until: conformance::later(9), failures: 0 };
    store.rest(&rest, conformance::now()).await.expect("kept");
    let waiting = conformance::new_share(conformance::now());
    store.insert(&waiting, None).await.expect("inserted");
    for sql in [
        "INSERT INTO rest (kind, name, until_at, failures) VALUES ('account', 'no target', 1, 0)",
        "INSERT INTO delivery (share_id, target, place, state, due_at)
         SELECT share_id, 'no target', 9, 'queued', 1 FROM delivery WHERE state = 'queued'",
    ] {
        sqlx::query(sql).execute(&store.writer).await.expect("broken");
    }
    assert_eq!(store.rests().await.expect("read"), [rest]);
    let due = store.next_due().await.expect("asked");
    assert_eq!(due.iter().map(|due| &due.target).collect::<Vec<_>>(), [target]);
}

#[tokio::test]
async fn a_connection_whose_transaction_sqlite_has_ended_by_itself_is_made_anew() {
    let (_folder, store) = open().await;
    let mut broken = store.write().await.expect("a transaction");
    // As after an error of the disk: sqlx takes it for open, for ever.
    sqlx::query("ROLLBACK").execute(&mut *broken).await.expect("ended");
    drop(broken);
    let share = conformance::new_share(conformance::now());
    store.insert(&share, None).await.expect("inserted");
    assert!(store.share(&share.id).await.expect("read").is_some());
}
