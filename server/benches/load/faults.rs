//! Ten thousand shares to platforms of which three calls in ten go wrong: all are posted, each once.

use std::time::Instant;

use crate::Run;
use crate::network::{Behaviour, Network};
use crate::place::Kind;
use crate::site::Site;
use crate::visitors;

/// More than one platform has at once: what one asks for or fails at holds up its own alone.
const HOSTS: usize = 10;
const ACCOUNTS: usize = 40;

pub(crate) async fn measure(run: &Run, kind: Kind) {
    let jobs = run.shares;
    let place = run.servers.place(kind);
    let network = Network::start(Behaviour::Faulty, HOSTS, ACCOUNTS).await;
    let site = Site::start(&place, "one", &network, "error").await;
    let started = Instant::now();
    visitors::share(std::slice::from_ref(&site.url), &network, 0..jobs, 8).await;
    let accepted = started.elapsed().as_secs_f64();
    network.has_posts(jobs).await;
    let took = started.elapsed().as_secs_f64();
    let (_, peak) = site.memory_mb();
    let cpu = site.cpu();
    // What was posted and not answered is still to be looked at again.
    let states = settled(&place, jobs).await;
    site.stop().await;
    let tally = network.tally();
    println!("\n### Three calls in ten go wrong: {}\n", kind.name());
    println!(
        "| jobs | calls | pauses | errors | lost answers | late answers | sent again by key | posted | twice | early calls |"
    );
    println!("|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    println!(
        "| {jobs} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
        tally.calls,
        tally.asked,
        tally.failed,
        tally.dropped,
        tally.slow,
        tally.repeated,
        tally.posts(),
        tally.doubles(),
        tally.early
    );
    println!(
        "\nAll accepted after {accepted:.0} s, all posted after {took:.0} s; {cpu:.0} s of CPU, {peak:.0} MB at most."
    );
    tally.expect_all_once(jobs);
    assert_eq!(tally.early, 0, "early calls");
    assert_eq!(states, format!("posted {jobs}"));
}

/// The states once none waits any more; five minutes at most.
async fn settled(place: &crate::place::Place, jobs: usize) -> String {
    let until = Instant::now() + std::time::Duration::from_secs(300);
    loop {
        let states = place.states().await;
        if states == format!("posted {jobs}") || Instant::now() > until {
            return states;
        }
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
}
