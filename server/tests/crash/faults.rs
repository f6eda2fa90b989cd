//! What the program keeps things in is locked or away for a while: no request leaves half of anything, what was posted meanwhile
//! is written down once, and five seconds after the fault all goes on.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Executor};

use super::network::{Network, Skill};
use super::place::{Kind, Servers};
use super::program::{Program, receipt};

/// How long it may take until all goes on.
pub(crate) const RECOVERY: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn while_sqlite_is_locked_for_ten_seconds_requests_come_back_later_and_no_outcome_is_lost() {
    let network = Network::start(Skill::Keys).await;
    let servers = Servers::start();
    let program = Program::new(&network, servers.place(Kind::Files).await);
    let running = program.start(None).await;
    let request = program.request(&network);
    network.answers(false);
    let (status, first) = running.post(&request, "first").await.expect("an answer");
    assert_eq!(status, 201, "{first}");
    network.has_posted().await;

    let file = program.place().folder().join("data/cutline.db");
    let options = SqliteConnectOptions::new().filename(file);
    let mut other: SqliteConnection = options.connect().await.expect("the database");
    other.execute("BEGIN IMMEDIATE").await.expect("locked");
    let locked = Instant::now();
    // The post is made and answered, and cannot be written down.
    network.answers(true);
    let keys = ["a", "b", "c", "d"];
    let refused = join_all(keys.map(|key| running.post(&request, key))).await;
    for answer in refused {
        let (status, problem) = answer.expect("an answer");
        assert_eq!((status, &problem["code"]), (503, &"busy".into()), "{problem}");
    }
    let id = receipt(&first).id;
    assert_eq!(running.get(&format!("/api/v1/shares/{id}")).await["id"], id.as_str(), "it can be read");
    assert!(locked.elapsed() > Duration::from_secs(9), "they waited for {:?}", locked.elapsed());
    other.execute("ROLLBACK").await.expect("unlocked");

    let since = Instant::now();
    assert_eq!(running.ended(&id, RECOVERY).await.state, "posted");
    let (status, again) = running.post(&request, "a").await.expect("an answer");
    assert_eq!(status, 201, "{again}");
    assert_eq!(running.ended(&receipt(&again).id, RECOVERY).await.state, "posted");
    assert!(since.elapsed() < RECOVERY, "{:?}", since.elapsed());
    assert_eq!((network.posts(), running.shares().await), (2, 2), "what was refused is not there");
    running.stop().await;
    program.expect_sound(&id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_s3_is_away_a_delivery_waits_and_loses_no_attempt() {
    let network = Network::start(Skill::Keys).await;
    let servers = Servers::start();
    let program = Program::new(&network, servers.place(Kind::Servers).await);
    let running = program.start(None).await;
    // It is accepted, fails once, and finds its clipping out of reach when it is tried again.
    network.fails_uploads(1);
    let share = running.share(&program.request(&network)).await.expect("an answer");
    let before = servers.s3().requests();
    servers.s3().refuse(u32::MAX);
    while servers.s3().requests() < before + 10 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(
        running.get(&format!("/api/v1/shares/{}", share.id)).await["deliveries"][1]["state"],
        "queued"
    );
    servers.s3().refuse(0);
    let since = Instant::now();
    assert_eq!(running.ended(&share.id, 2 * RECOVERY).await.state, "posted");
    assert!(since.elapsed() < RECOVERY, "{:?}", since.elapsed());
    assert_eq!(network.posts(), 1);
    assert_eq!(program.place().attempts(&share.id).await, 2, "one that failed, and the last");
    running.stop().await;
    program.expect_sound(&share.id).await;
}
