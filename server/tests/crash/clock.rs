//! Somebody sets the machine's clock while the program works on SQLite: nothing is due early or late, nothing that is under way is
//! taken for left behind, and no delivery is tried more often.
//!
//! The program sees the other time by a small library that is put before the system's (`clock.c`): all else is as always.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cutline_test_servers::preload;
use futures_util::future::join_all;
use tokio::process::Command;

use super::faults::recovery;
use super::network::{Network, Skill};
use super::place::{Kind, Servers};
use super::program::{PROGRAM, Program, receipt};

const HOUR: i64 = 3600;
/// Longer than it takes the worker to look at leases and to renew its own.
const LEASES_LOOKED_AT: Duration = Duration::from_secs(22);

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_machines_clock_is_set_to_deliveries_go_on_as_before() {
    let servers = Servers::start();
    let folder = tempfile::tempdir().expect("a folder");
    let library = build(folder.path());
    // Two at a time: what is under way must stay unanswered for less than the 30 s after which it is given up.
    for pair in [[-24, -1], [1, 24]] {
        join_all(pair.map(|hours| jumped(hours * HOUR, &library, &servers))).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_clock_that_was_ahead_put_off_goes_on_when_it_is_right_again() {
    let (network, servers) = (Network::start(Skill::Keys).await, Servers::start());
    let program = Program::new(&network, servers.place(Kind::Files).await);
    let library = build(program.place().folder());
    let file = program.place().folder().join("offset");
    std::fs::write(&file, (24 * HOUR).to_ne_bytes()).expect("a file");
    let mut running = program.start_by(under(&library, &file), None).await;
    let request = program.request(&network);
    network.fails_uploads(1);
    let (status, share) = running.post(&request, "first").await.expect("an answer");
    assert_eq!(status, 201, "{share}");
    let id = receipt(&share).id;
    while program.place().attempts(&id).await == 0 || network.uploads() == 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    running.kill();
    running.died_of_a_kill().await;
    let second = program.start(None).await;
    assert_eq!(second.ended(&id, 3 * recovery()).await.state, "posted");
    assert_eq!(network.posts(), 1);
    second.stop().await;
}

/// The program, which sees the time that `file` says.
fn under(library: &Path, file: &Path) -> Command {
    let mut command = Command::new("env");
    command.arg(format!("LD_PRELOAD={}", library.display())).arg(format!("CLOCK_OFFSET={}", file.display()));
    command.args([PROGRAM, "serve"]);
    command
}

/// The library, compiled.
fn build(folder: &Path) -> PathBuf {
    preload::compile(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/crash/clock.c")), folder)
}

async fn jumped(seconds: i64, library: &Path, servers: &Servers) {
    let network = Network::start(Skill::Keys).await;
    let program = Program::new(&network, servers.place(Kind::Files).await);
    let file = program.place().folder().join("offset");
    std::fs::write(&file, 0_i64.to_ne_bytes()).expect("a file");
    let running = program.start_by(under(library, &file), None).await;
    let request = program.request(&network);

    // One is under way, and one waits for its next attempt, when the clock is set.
    network.answers(false);
    let (status, sent) = running.post(&request, "sent").await.expect("an answer");
    assert_eq!(status, 201, "{sent}");
    network.has_posted().await;
    network.fails_uploads(1);
    let (status, waiting) = running.post(&request, "waiting").await.expect("an answer");
    assert_eq!(status, 201, "{waiting}");
    File::options()
        .write(true)
        .open(&file)
        .expect("the file")
        .write_all_at(&seconds.to_ne_bytes(), 0)
        .expect("set");
    // The date in a head never goes back: hyper keeps the one that it has made until that is over.
    if seconds > 0 {
        let now = cutline_engine::clock::Clock::now(&cutline_engine::clock::SystemClock);
        let off = running.date().await.duration_since(now).as_secs();
        assert!((off - seconds).abs() < 60, "the program sees the other time: {off} for {seconds}");
    }

    let since = Instant::now();
    tokio::time::sleep(LEASES_LOOKED_AT).await;
    let [sent, waiting] = [&sent, &waiting].map(|share| receipt(share).id);
    assert_eq!(running.ended(&sent, Duration::ZERO).await.state, "sending", "{seconds}: it is under way");
    network.answers(true);
    for (id, attempts) in [(&sent, 1), (&waiting, 2)] {
        assert_eq!(running.ended(id, recovery()).await.state, "posted", "{seconds}");
        assert_eq!(program.place().attempts(id).await, attempts, "{seconds}: no attempt more");
    }
    let (status, after) = running.post(&request, "after").await.expect("an answer");
    assert_eq!(status, 201, "{after}");
    assert_eq!(running.ended(&receipt(&after).id, recovery()).await.state, "posted", "{seconds}");
    assert!(since.elapsed() < LEASES_LOOKED_AT + 3 * recovery(), "{:?}", since.elapsed());
    assert_eq!(network.posts(), 3, "{seconds}");
    running.stop().await;
}
