//! Accepted means kept: the program is killed at each step of a share, started again, and must end with one post; and what it
//! keeps things in fails under it (`faults.rs`, `silence.rs`, `full_disk.rs`, `clock.rs`, `migrations.rs`). Deletions and the renewal of a
//! visitor's tokens have matrices of their own (`deletion.rs`, `refresh.rs`).
//!
//! `make crash` runs every step 20 times (`CRASH_RUNS`) on SQLite with files and on Postgres with S3, and prints a table;
//! `make test` runs each once. The visitor does what a browser does: when no answer comes, the same request is sent again
//! with the same key. On Postgres, where other processes may be at work, most of a run is waiting for the dead one's lease
//! to end: many wait at once, and few work.

mod clock;
mod deletion;
mod faults;
mod full_disk;
mod migrations;
mod network;
mod place;
mod program;
mod refresh;
mod silence;

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::stream;
use tokio::sync::{Semaphore, SemaphorePermit};

use self::network::{Network, Skill};
use self::place::{Kind, Place, Servers};
use self::program::{Program, Receipt};

/// The longest that a share may take to its end after the crash.
const MAX_RECOVERY: Duration = Duration::from_secs(180);
/// How often it is asked how far a thing is.
const PACE: Duration = Duration::from_millis(500);
/// Programs that run at once, most of them waiting.
const AT_ONCE: usize = 32;
/// Programs that are started and work at once.
const BUSY_AT_ONCE: usize = 6;

/// Where the program is killed: by itself at these marked steps (`engine::crash`), except for two.
const STEPS: [&str; 13] = [
    "fetched",
    "cut",
    "stored",
    "accepted",
    "claimed",
    "uploading",
    "uploaded",
    "kept",
    PROCESSING,
    "publishing",
    SENT,
    "published",
    "recorded",
];
/// The platform has made the post and says nothing: the program is killed while it waits for the answer.
const SENT: &str = "sent";

/// The platform has said that it still works on the picture: the program is killed while it waits for that.
const PROCESSING: &str = "processing";

/// One run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    kind: Kind,
    step: &'static str,
    skill: Skill,
}

/// What a run came to.
#[derive(Debug)]
struct End {
    run: Run,
    state: String,
    posts: usize,
    uploads: usize,
    took: Duration,
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_step_the_program_is_killed_at_a_share_is_posted_once() {
    let runs = runs().unwrap_or(1);
    // What the platform can do makes a difference once the post may be there.
    let matters = |step| matches!(step, "publishing" | SENT | "published" | "recorded");
    let of_kind =
        |kind| Skill::ALL.into_iter().flat_map(move |skill| STEPS.map(|step| Run { kind, step, skill }));
    let all = Kind::ALL.into_iter().flat_map(of_kind);
    let wanted: Vec<Run> = all.filter(|run| run.skill == Skill::Keys || matters(run.step)).collect();
    let bench = Arc::new(Bench::new());
    let ends: Vec<End> =
        stream::iter(std::iter::repeat_n(wanted.clone(), runs).flatten())
            .map(|run| {
                let bench = bench.clone();
                async move {
                    tokio::spawn(killed_and_started_again(run, bench)).await.expect("a run without a panic")
                }
            })
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
    assert_eq!(ends.len(), wanted.len() * runs);
    report(&wanted, &ends);
    for End { run, state, posts, uploads, took } in &ends {
        let is_sent = matches!(run.step, SENT | "published" | "recorded");
        // Where nobody can tell, the visitor is asked; what was never sent is then not sent by itself either.
        let is_asked = run.skill == Skill::Neither && run.step != "recorded";
        let expected = if is_asked { ("unknown", usize::from(is_sent)) } else { ("posted", 1) };
        assert_eq!((state.as_str(), *posts), expected, "{run:?}");
        // Only a picture whose arrival could not be written is uploaded again.
        assert_eq!(*uploads, if run.step == "uploaded" { 2 } else { 1 }, "{run:?}");
        assert!(*took < MAX_RECOVERY, "{run:?} took {took:?}");
    }
}

/// How often everything is done, if `make crash` says so.
#[expect(clippy::disallowed_methods, reason = "no setting of the program")]
fn runs() -> Option<usize> {
    std::env::var("CRASH_RUNS").ok().map(|runs| runs.parse().expect("a number"))
}

/// What all runs share.
struct Bench {
    servers: Servers,
    busy: Semaphore,
}

impl Bench {
    fn new() -> Self {
        Self { servers: Servers::start(), busy: Semaphore::new(BUSY_AT_ONCE) }
    }

    /// Waits until there is room for another program that works.
    async fn busy(&self) -> SemaphorePermit<'_> {
        self.busy.acquire().await.expect("never closed")
    }

    async fn place(&self, kind: Kind) -> Place {
        self.servers.place(kind).await
    }
}

/// Shares, is killed at the step, is started again, and comes to an end.
async fn killed_and_started_again(run: Run, bench: Arc<Bench>) -> End {
    let busy = bench.busy().await;
    let network = Arc::new(Network::start(run.skill).await);
    let program = Program::new(&network, bench.place(run.kind).await);
    let request = program.request(&network);
    let mut first = program.start((!matches!(run.step, SENT | PROCESSING)).then_some(run.step)).await;
    match run.step {
        SENT => network.answers_nothing_once(),
        PROCESSING => network.processes_once(),
        _ => {}
    }
    // The answer may or may not come; it changes nothing.
    let _ = first.share(&request).await;
    match run.step {
        SENT => network.has_posted().await,
        PROCESSING => network.has_been_asked().await,
        _ => {}
    }
    if matches!(run.step, SENT | PROCESSING) {
        first.kill();
    }
    first.died_of_a_kill().await;

    let since = Instant::now();
    let second = program.start(None).await;
    let receipt = second.share(&request).await.expect("an answer");
    drop(busy);
    let Receipt { state, .. } = second.ended(&receipt.id, MAX_RECOVERY).await;
    let took = since.elapsed();
    assert_eq!(second.shares().await, 1, "{run:?}: the same request twice is one share");
    second.stop().await;
    program.expect_sound(&receipt.id).await;
    End { run, state, posts: network.posts(), uploads: network.uploads(), took }
}

/// One line for each place, step and platform, for `make crash`.
fn report(wanted: &[Run], ends: &[End]) {
    println!("\n| kept in | killed at | platform | runs | posted | unknown | posts | longest |");
    println!("|---|---|---|---:|---:|---:|---:|---:|");
    for run in wanted {
        let these: Vec<&End> = ends.iter().filter(|end| end.run == *run).collect();
        let count = |state: &str| these.iter().filter(|end| end.state == state).count();
        let posts: usize = these.iter().map(|end| end.posts).sum();
        let longest = these.iter().map(|end| end.took).max().unwrap_or_default();
        println!(
            "| {} | {} | {} | {} | {} | {} | {posts} | {:.1} s |",
            run.kind.name(),
            run.step,
            run.skill.name(),
            these.len(),
            count("posted"),
            count("unknown"),
            longest.as_secs_f32()
        );
    }
}
