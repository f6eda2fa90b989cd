//! Accepted means kept, under load: ten thousand shares to platforms that fail, pauses that are asked for, queues of a hundred
//! thousand, several processes of which one is killed; and how long an accepted share takes.
//!
//! `make load` runs it optimised and prints tables for BENCHMARKS.md; `ONLY=faults,waiting` runs some of it, `LOAD=1000` makes
//! it smaller. What must hold is asserted: a run that ends has lost nothing and posted nothing twice. It is no test, since it
//! takes a quarter of an hour and its figures are the machine's.

mod faults;
mod latency;
mod network;
mod pauses;
mod place;
mod processes;
mod queue;
mod site;
mod tally;
mod throughput;
mod visitors;
mod waiting;

use place::Kind;

/// What a run is given.
struct Run {
    servers: place::Servers,
    /// How many shares stand for ten thousand.
    shares: usize,
}

fn main() {
    #[expect(clippy::disallowed_methods, reason = "`make load` says what to run, and how much of it")]
    let said = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let only = said("ONLY");
    let wanted = |job: &str| only.as_ref().is_none_or(|only| only.split(',').any(|name| name == job));
    let shares = said("LOAD").map_or(10_000, |shares| shares.parse().expect("LOAD is a number of shares"));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let run = Run { servers: place::Servers::start(), shares };
        for kind in Kind::ALL.into_iter().filter(|_| wanted("latency")) {
            latency::measure(&run, kind).await;
        }
        for kind in Kind::ALL.into_iter().filter(|_| wanted("waiting")) {
            waiting::measure(&run, kind).await;
        }
        if wanted("throughput") {
            throughput::measure(&run).await;
        }
        for kind in Kind::ALL.into_iter().filter(|_| wanted("pauses")) {
            pauses::measure(&run, kind).await;
        }
        if wanted("processes") {
            processes::measure(&run).await;
        }
        for kind in Kind::ALL.into_iter().filter(|_| wanted("faults")) {
            faults::measure(&run, kind).await;
        }
    });
}
