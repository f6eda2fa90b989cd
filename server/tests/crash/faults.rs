//! What the program keeps things in is locked or away for a while: no request leaves half of anything, what was posted meanwhile
//! is written down once, and five seconds after the fault all goes on.

use std::time::{Duration, Instant};

use cutline_test_servers::Postgres;
use futures_util::future::join_all;
use rustix::process::Signal;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Executor};
use tokio::process::Command;

use super::network::{Network, Skill};
use super::place::{Kind, Servers};
use super::program::{PROGRAM, Program, receipt};
use super::{MAX_RECOVERY, runs};

/// How long it may take until all goes on. `make crash` holds it to what is promised; `make test` shares its machine with all other
/// tests, and forgives four fifths of the speed: still less than the half minute after which all is looked at anyway.
pub(crate) fn recovery() -> Duration {
    let promised = Duration::from_secs(5);
    if runs().is_some() { promised } else { 5 * promised }
}

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
    assert_eq!(running.ended(&id, recovery()).await.state, "posted");
    let (status, again) = running.post(&request, "a").await.expect("an answer");
    assert_eq!(status, 201, "{again}");
    assert_eq!(running.ended(&receipt(&again).id, recovery()).await.state, "posted");
    assert!(since.elapsed() < recovery(), "{:?}", since.elapsed());
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
    // Between two looks it waits.
    let path = format!("/api/v1/shares/{}", share.id);
    let since = Instant::now();
    while running.get(&path).await["deliveries"][1]["state"] != "queued" {
        assert!(since.elapsed() < MAX_RECOVERY, "it goes on sending");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    servers.s3().refuse(0);
    let since = Instant::now();
    assert_eq!(running.ended(&share.id, 2 * recovery()).await.state, "posted");
    assert!(since.elapsed() < recovery(), "{:?}", since.elapsed());
    assert_eq!(network.posts(), 1);
    assert_eq!(program.place().attempts(&share.id).await, 2, "one that failed, and the last");
    running.stop().await;
    program.expect_sound(&share.id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_s3_did_without_an_answer_is_half_of_nothing_and_found_when_it_is_asked_again() {
    let network = Network::start(Skill::Keys).await;
    let servers = Servers::start();
    let program = Program::new(&network, servers.place(Kind::Servers).await);
    let running = program.start(None).await;
    let request = program.request(&network);
    servers.s3().lose_answers(u32::MAX);
    let (status, problem) = running.post(&request, "first").await.expect("an answer");
    assert_eq!((status, &problem["code"]), (503, &"busy".into()), "{problem}");
    assert_eq!(running.shares().await, 0);
    assert_eq!(program.place().clippings().len(), 1, "it was put, and nobody was told");
    // One answer that is lost is none that a visitor hears of.
    servers.s3().lose_answers(1);
    let since = Instant::now();
    let (status, share) = running.post(&request, "first").await.expect("an answer");
    assert_eq!(status, 201, "{share}");
    let id = receipt(&share).id;
    assert_eq!(running.ended(&id, recovery()).await.state, "posted");
    assert!(since.elapsed() < recovery(), "{:?}", since.elapsed());
    assert_eq!((network.posts(), running.shares().await), (1, 1));
    running.stop().await;
    program.expect_sound(&id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_postgres_is_started_again_what_was_posted_is_not_forgotten_and_not_posted_twice() {
    let network = Network::start(Skill::Neither).await;
    let servers = Servers::start();
    let (mut postgres, database) = tokio::task::spawn_blocking(|| {
        let postgres = Postgres::start();
        let database = postgres.database();
        (postgres, database)
    })
    .await
    .expect("a server");
    let program = Program::new(&network, servers.place_in(database));
    let running = program.start(None).await;
    let request = program.request(&network);
    network.answers(false);
    let (status, first) = running.post(&request, "first").await.expect("an answer");
    assert_eq!(status, 201, "{first}");
    network.has_posted().await;
    postgres.stop();
    // The post is made and answered, and cannot be written down.
    network.answers(true);
    let (status, problem) = running.post(&request, "second").await.expect("an answer");
    assert_eq!((status, &problem["code"]), (503, &"busy".into()), "{problem}");
    postgres.start_again();
    let since = Instant::now();
    let id = receipt(&first).id;
    assert_eq!(running.ended(&id, recovery()).await.state, "posted");
    assert!(since.elapsed() < recovery(), "{:?}", since.elapsed());
    let (status, again) = running.post(&request, "second").await.expect("an answer");
    assert_eq!(status, 201, "{again}");
    assert_eq!(running.ended(&receipt(&again).id, recovery()).await.state, "posted");
    assert_eq!((network.posts(), running.shares().await), (2, 2));
    running.stop().await;
    assert_eq!(program.place().record(&id).await.open_attempts, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_stands_still_for_longer_than_its_lease_and_goes_on_posts_nothing_twice() {
    let network = Network::start(Skill::Keys).await;
    let servers = Servers::start();
    let program = Program::new(&network, servers.place(Kind::Servers).await);
    let first = program.start(None).await;
    network.answers(false);
    let share = first.share(&program.request(&network)).await.expect("an answer");
    network.has_posted().await;
    first.signal(Signal::STOP);
    network.answers(true);
    let mut command = Command::new("env");
    command.args(["CUTLINE_DATA_DIR=./second", PROGRAM, "serve"]);
    let second = program.start_by(command, None).await;
    assert_eq!(second.ended(&share.id, MAX_RECOVERY).await.state, "posted", "the other has taken it over");
    first.signal(Signal::CONT);
    first.stop().await;
    assert_eq!(second.ended(&share.id, recovery()).await.state, "posted");
    assert_eq!(network.posts(), 1);
    second.stop().await;
    program.expect_sound(&share.id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn told_to_stop_under_load_it_ends_in_time_and_what_it_accepted_is_posted_later() {
    let network = Network::start(Skill::Keys).await;
    let servers = Servers::start();
    let program = Program::new(&network, servers.place(Kind::Files).await);
    let running = program.start(None).await;
    let request = program.request(&network);
    let keys: Vec<String> = (0..40).map(|number| format!("key {number}").replace(' ', "-")).collect();
    let visitors = join_all(keys.iter().map(|key| running.post(&request, key)));
    let (answers, told) = tokio::join!(visitors, async {
        network.has_posted().await;
        running.signal(Signal::TERM);
        Instant::now()
    });
    running.ended_well().await;
    assert!(told.elapsed() < Duration::from_secs(30), "{:?}", told.elapsed());
    let mut accepted = Vec::new();
    for (status, share) in answers.into_iter().flatten() {
        assert!(matches!(status, 201 | 503), "{status} {share}");
        accepted.extend((status == 201).then(|| receipt(&share).id));
    }
    assert!(!accepted.is_empty(), "it had begun");
    let second = program.start(None).await;
    for id in &accepted {
        assert_eq!(second.ended(id, MAX_RECOVERY).await.state, "posted");
    }
    // One whose answer got lost with the connection may be there besides.
    assert_eq!(network.posts(), second.shares().await.max(accepted.len()));
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_that_ends_the_process_each_time_is_given_up_and_others_are_posted() {
    let network = Network::start(Skill::Keys).await;
    let servers = Servers::start();
    let program = Program::new(&network, servers.place(Kind::Files).await);
    let request = program.request(&network);
    let poison = Some("uploading");
    let mut running = program.start(poison).await;
    let (status, first) = running.post(&request, "first").await.expect("an answer");
    assert_eq!(status, 201, "{first}");
    for _ in 1..3 {
        running.died_of_a_kill().await;
        running = program.start(poison).await;
    }
    running.died_of_a_kill().await;
    // It would end this one too, if it were tried again.
    let fourth = program.start(poison).await;
    assert_eq!(fourth.ended(&receipt(&first).id, MAX_RECOVERY).await.state, "failed");
    fourth.stop().await;
    let last = program.start(None).await;
    let (status, other) = last.post(&request, "other").await.expect("an answer");
    assert_eq!(status, 201, "{other}");
    assert_eq!(last.ended(&receipt(&other).id, MAX_RECOVERY).await.state, "posted");
    assert_eq!(network.posts(), 1);
    last.stop().await;
}
