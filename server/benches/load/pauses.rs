//! Platforms ask for a pause before each upload and each post: no account is called before its time, of whatever job, and all
//! are posted once.

use std::time::Instant;

use crate::Run;
use crate::network::{Behaviour, Network};
use crate::place::Kind;
use crate::site::Site;
use crate::tally::quantile;
use crate::visitors;

const ACCOUNTS: usize = 20;

pub(crate) async fn measure(run: &Run, kind: Kind) {
    let jobs = run.shares / 10;
    let place = run.servers.place(kind);
    let network = Network::start(Behaviour::Pausing, ACCOUNTS, ACCOUNTS).await;
    let site = Site::start(&place, "one", &network, "error").await;
    let started = Instant::now();
    visitors::share(std::slice::from_ref(&site.url), &network, 0..jobs, 8).await;
    network.has_posts(jobs).await;
    let took = started.elapsed().as_secs_f64();
    site.stop().await;
    let states = place.states().await;
    let tally = network.tally();
    println!("\n### Pauses asked for: {}\n", kind.name());
    println!(
        "| jobs | pauses | calls | early calls | on their way | latest of these | after the time, p50 | p99 | posted | twice | took |"
    );
    println!("|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    println!(
        "| {jobs} | {} | {} | {} | {} | {:.0} ms | {:.0} ms | {:.0} ms | {} | {} | {took:.0} s |",
        tally.asked,
        tally.calls,
        tally.early,
        tally.on_their_way_ms.len(),
        quantile(&tally.on_their_way_ms, 1.0),
        quantile(&tally.late_ms, 0.5),
        quantile(&tally.late_ms, 0.99),
        tally.posts(),
        tally.doubles()
    );
    tally.expect_all_once(jobs);
    assert_eq!(tally.early, 0, "early calls");
    assert_eq!(states, format!("posted {jobs}"));
}
