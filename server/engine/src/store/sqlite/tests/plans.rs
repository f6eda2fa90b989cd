//! How SQLite reads a record of many shares: the program's own statements, each explained with a hundred thousand waiting.
//!
//! Nothing is read from end to end, and nothing is sorted: each plan is a search by an index in the order that is wanted. SQLite
//! plans without statistics, so the plans are those of any record, and the times show that they are good for a large one.

use sqlx::AssertSqlSafe;

use super::*;
use crate::store::statements::{board_page, next_of, share_columns};

/// A hundred thousand shares that wait at four targets, each tried once; every thousandth is on the board too.
const MANY: [&str; 4] = [
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
     INSERT INTO share (id, created_at, image_url, source_width, source_height, region_x, region_y, region_w, region_h,
         description, alt, credit_author, credit_licence, credit_link, clipping_hash, clipping_extension,
         clipping_media_type, clipping_width, clipping_height, clipping_bytes)
     SELECT printf('%016d', i), 1790000000000 + i, 'https://a.example/1.jpg', 3, 2, 0, 0, 1, 1, '', '', '', '', '',
         printf('%064d', i), 'png', 'image/png', 3, 2, 9 FROM n",
    "INSERT INTO delivery (share_id, target, place, state, due_at)
     SELECT id, 'mastodon:a@' || (created_at % 4), 1, 'queued', created_at FROM share",
    "INSERT INTO attempt (share_id, target, started_at, ended_at, outcome)
     SELECT share_id, target, due_at, due_at, 'retry' FROM delivery",
    "INSERT INTO delivery (share_id, target, place, state)
     SELECT id, 'board', 0, 'posted' FROM share WHERE created_at % 1000 = 0",
];
/// The longest that one of them may take, in a debug build beside other tests.
const LONGEST: Duration = Duration::from_millis(250);

/// When everything is due.
fn far() -> Timestamp {
    conformance::later(1_000_000_000)
}

#[tokio::test]
async fn a_record_of_many_shares_is_read_by_its_indexes() {
    let (_folder, store) = open().await;
    // The disk is not what is measured.
    sqlx::query("PRAGMA synchronous = OFF").execute(&store.writer).await.expect("set");
    for statement in MANY {
        sqlx::query(statement).execute(&store.writer).await.expect("made");
    }
    let board = concat!("SELECT ", share_columns!(), " ", board_page!());
    let mut wrong = Vec::new();
    for (name, statement, indexes) in [
        ("claim", CLAIM, &["delivery_queue", "delivery_under_way"][..]),
        ("claim a suspect", CLAIM_SUSPECT, &["delivery_suspect", "delivery_under_way"]),
        ("end abandoned attempts", END_ABANDONED, &["delivery_under_way"]),
        ("recover", RECOVER, &["delivery_under_way"]),
        ("next delivery", next_of!("delivery"), &["delivery_queue"]),
        ("next removal", next_of!("removal"), &["removal_by_target"]),
        ("next discard", next_of!("discard"), &["discard_by_target"]),
        ("board", board, &["share_by_time"]),
    ] {
        let explained = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
        let plan: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(explained).fetch_all(&store.readers).await.expect("a plan");
        let steps: Vec<&str> = plan.iter().map(|(.., step)| step.as_str()).collect();
        // `waiting` is the list of targets that the statement itself makes; what is under way are a few for each target.
        let is_short = |step: &str| step == "SCAN waiting" || step.ends_with("INDEX delivery_under_way");
        let is_bad =
            |step: &str| (step.starts_with("SCAN") && !is_short(step)) || step.contains("TEMP B-TREE");
        let is_missed = |index: &str| !steps.iter().any(|step| step.contains(index));
        if steps.iter().any(|step| is_bad(step)) || indexes.iter().any(|index| is_missed(index)) {
            wrong.push(format!("{name}:\n  {}", steps.join("\n  ")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let target = TargetId::parse("mastodon:a@1").expect("a target");
    let mut longest = Vec::new();
    for _ in 0..5 {
        let mut times = Vec::new();
        let mut lap = std::time::Instant::now();
        let mut took = |name| {
            times.push((lap.elapsed(), name));
            lap = std::time::Instant::now();
        };
        store.next_due().await.expect("asked");
        took("next delivery");
        let claims = store.claim(&target, far(), 4).await.expect("claimed");
        took("claim");
        assert_eq!(claims.len(), 4);
        store.claim_suspect(&target, far()).await.expect("asked");
        took("claim a suspect");
        assert_eq!(store.board(None, 25).await.expect("read").len(), 25);
        took("board");
        assert_eq!(store.recover(Abandoned::All, conformance::now()).await.expect("asked"), 4);
        took("recover");
        longest.extend(times.into_iter().max());
    }
    let quickest = longest.into_iter().min().expect("five rounds");
    assert!(quickest.0 < LONGEST, "{quickest:?}");
}
