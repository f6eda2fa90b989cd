//! How Postgres reads a record of many shares: the program's own statements, planned with what the server knows of such a one.

use sqlx::AssertSqlSafe;

use super::*;
use crate::store::postgres::claiming::UNDER_WAY;
use crate::store::statements::{board_page, next_of, share_columns};

/// Twenty thousand shares that were tried and wait, of which a hundred are on the board, and a thousand deleted ones whose posts wait.
const MANY: [&str; 7] = [
    "INSERT INTO share SELECT lpad(to_hex(number), 16, '0'), 1790000000000 + number, 'https://a.example/1.jpg', NULL, NULL,
         NULL, 3, 2, 0, 0, 1, 1, '', '', '', '', '', md5(number::TEXT) || md5(number::TEXT), 'png', 'image/png', 3, 2, 9
     FROM generate_series(1, 20000) AS number",
    "INSERT INTO delivery (share_id, target, place, state, due_at)
     SELECT id, 'mastodon:a@b', 1, 'queued', created_at FROM share",
    "INSERT INTO attempt (share_id, target, started_at, ended_at, outcome)
     SELECT share_id, target, due_at, due_at, 'retry' FROM delivery",
    "INSERT INTO delivery (share_id, target, place, state)
     SELECT id, 'board', 0, 'posted' FROM share ORDER BY id LIMIT 100",
    "INSERT INTO deleted_share (id, deleted_at, clipping)
     SELECT lpad(to_hex(number), 16, '0'), 1790000000000, 'a.png' FROM generate_series(100001, 101000) AS number",
    "INSERT INTO removal (share_id, target, sent_at, state, due_at)
     SELECT id, 'mastodon:a@b', deleted_at, 'queued', deleted_at FROM deleted_share",
    "INSERT INTO discard (share_id, target, number, upload, state, asked_at, due_at)
     SELECT id, 'mastodon:a@b', 1, 'picture', 'queued', deleted_at, deleted_at FROM deleted_share",
];

async fn plan(store: &PostgresStore, statement: &str, bound: &[Bound]) -> String {
    let explained = format!("EXPLAIN {statement}");
    let mut query = sqlx::query_scalar::<_, String>(AssertSqlSafe(explained));
    for value in bound {
        query = match value {
            Bound::Text(text) => query.bind(*text),
            Bound::Whole(number) => query.bind(*number),
        };
    }
    query.fetch_all(&store.pool).await.expect("a plan").join("\n")
}

/// What is bound to a statement.
enum Bound {
    Text(&'static str),
    Whole(i64),
}

#[tokio::test]
async fn a_record_of_many_shares_is_read_by_its_indexes() {
    use Bound::{Text, Whole};
    let (_url, store) = open().await;
    for statement in MANY.into_iter().chain(["ANALYZE"]) {
        store.pool.execute(statement).await.expect("made");
    }
    let mut wrong = Vec::new();
    let later = 1_800_000_000_000;
    let board = concat!("SELECT ", share_columns!(), " ", board_page!());
    for (name, statement, bound, indexes) in [
        (
            "claim",
            CLAIM,
            &[Text("mastodon:a@b"), Whole(later), Whole(4), Whole(later)][..],
            &["delivery_queue"][..],
        ),
        (
            "claim a suspect",
            CLAIM_SUSPECT,
            &[Text("mastodon:a@b"), Whole(later), Whole(1), Whole(later)],
            &["delivery_suspect"],
        ),
        (
            "recover",
            RECOVER,
            &[Whole(later), Text(INTERRUPTED), Whole(later)],
            &["delivery_lease", "delivery_under_way"],
        ),
        ("under way", UNDER_WAY, &[Text("mastodon:a@b"), Whole(later)], &["delivery_under_way"]),
        ("next delivery", next_of!("delivery"), &[], &["delivery_queue"]),
        ("next removal", next_of!("removal"), &[], &["removal_by_target"]),
        ("next discard", next_of!("discard"), &[], &["discard_by_target"]),
        ("board", board, &[Whole(i64::MAX), Text(""), Whole(25)], &["delivery_on_board"]),
    ] {
        let plan = plan(&store, statement, bound).await;
        if !indexes.iter().any(|index| plan.contains(index)) || plan.contains("Seq Scan on") {
            wrong.push(format!("{name}:\n{plan}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
