//! What two processes do to one share or one clipping at the same moment, statement by statement.

use super::*;

/// Waits until somebody in this database waits for another's lock.
async fn somebody_waits(store: &PostgresStore) {
    const WAITING: &str = "SELECT EXISTS (SELECT 1 FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock')";
    let waiting = async {
        while !sqlx::query_scalar::<_, bool>(WAITING).fetch_one(&store.pool).await.expect("asked") {
            tokio::task::yield_now().await;
        }
    };
    // Who waits gives up after five seconds, and then the test fails there.
    tokio::time::timeout(Duration::from_secs(30), waiting).await.expect("somebody waits");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_that_is_taken_while_its_share_is_deleted_leaves_a_removal() {
    let (_url, store) = open().await;
    let share = conformance::new_share(conformance::now());
    store.insert(&share, None).await.expect("inserted");
    let mut taking = store.pool.begin().await.expect("a transaction");
    sqlx::query(
        "UPDATE delivery SET state = 'sending', due_at = NULL, attempt_id = 1, published_at = $2
         WHERE share_id = $1 AND target <> 'board'",
    )
    .bind(share.id.as_str())
    .bind(conformance::now().as_millisecond())
    .execute(&mut *taking)
    .await
    .expect("taken");
    let (deleted, ()) = tokio::join!(store.delete(&share.id, conformance::later(1)), async {
        somebody_waits(&store).await;
        taking.commit().await.expect("committed");
    });
    assert!(deleted.expect("deleted").is_some());
    let removals = store.removals(&share.id).await.expect("read");
    assert_eq!(removals.len(), 1, "it is being posted: {removals:?}");
}

#[tokio::test]
async fn of_the_last_two_shares_of_a_clipping_that_are_deleted_at_once_the_clipping_is_removed() {
    let (_url, store) = open().await;
    let shares = [0, 1].map(|seconds| conformance::new_share(conformance::later(seconds)));
    for share in &shares {
        store.insert(share, None).await.expect("inserted");
    }
    let mut both = Vec::new();
    for share in &shares {
        let mut write = store.pool.begin().await.expect("a transaction");
        let deleted = statements::delete(&mut write, &share.id, conformance::later(2)).await;
        both.push((write, deleted.expect("deleted").expect("it was there")));
    }
    for (write, _) in both {
        write.commit().await.expect("committed");
    }
    let left = store.clippings_to_remove(conformance::later(3)).await.expect("read");
    assert_eq!(left.len(), 2);
    let hold = store.hold_clipping(&left[0].1, conformance::later(3)).await.expect("asked");
    assert_eq!(hold, Hold::Held(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_removes_a_clipping_waits_for_the_share_that_is_being_committed_with_it() {
    let (_url, store) = open().await;
    let share = conformance::new_share(conformance::now());
    let name = ClippingName::new(&share.clipping.hash, &share.clipping.extension).expect("a name");
    let mut committing = store.pool.begin().await.expect("a transaction");
    sqlx::query(SHARE_CLIPPING).bind(name.hash()).execute(&mut *committing).await.expect("locked");
    let now = conformance::now().as_millisecond();
    statements::expect_clipping(&mut committing, &share.clipping, now).await.expect("it is there");
    statements::insert_share(&mut committing, &share).await.expect("inserted");
    let (hold, ()) = tokio::join!(store.hold_clipping(&name, conformance::now()), async {
        somebody_waits(&store).await;
        committing.commit().await.expect("committed");
    });
    assert_eq!(hold.expect("asked"), Hold::Needed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_that_has_to_wait_for_a_backup_keeps_nobody_waiting_for_long() {
    let (url, store) = open().await;
    for sql in [
        "DROP TABLE rest, clipping_removal",
        "ALTER TABLE deleted_share DROP COLUMN clipping_due_at",
        "DROP INDEX deleted_share_by_time, removal_by_target, delivery_on_board",
        "DELETE FROM _sqlx_migrations WHERE version IN (5, 6)",
    ] {
        store.pool.execute(sql).await.expect("as the version before left it");
    }
    let mut backup = store.pool.begin().await.expect("a transaction");
    backup.execute("LOCK TABLE deleted_share IN ACCESS SHARE MODE").await.expect("held");
    let url = PostgresUrl::parse(&url).expect("an address");
    let (migrated, ()) = tokio::join!(PostgresStore::migrate(&url), async {
        somebody_waits(&store).await;
        // What visitors do is behind the migration that waits.
        let id = ShareId::generate(&crate::store::SystemRandom);
        assert!(!store.is_deleted(&id).await.expect("answered before it gives up"));
        backup.commit().await.expect("ended");
    });
    assert!(migrated.expect("migrated in the end").iter().any(|taken| taken.version == 5));
}
