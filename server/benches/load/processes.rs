//! Three processes on one Postgres and one S3; one is killed while they work. Nothing is lost and nothing posted twice.

use std::time::{Duration, Instant};

use crate::Run;
use crate::network::{Behaviour, Network};
use crate::place::Kind;
use crate::site::Site;
use crate::visitors;

const ACCOUNTS: usize = 10;

pub(crate) async fn measure(run: &Run) {
    let jobs = run.shares / 3;
    let place = run.servers.place(Kind::Servers);
    let network = Network::start(Behaviour::Well(Duration::from_millis(50)), 5, ACCOUNTS).await;
    let mut sites = Vec::new();
    for process in 0..3 {
        sites.push(Site::start(&place, &format!("process-{process}"), &network, "error").await);
    }
    let urls: Vec<String> = sites.iter().map(|site| site.url.clone()).collect();
    let mut victim = sites.pop().expect("three");
    let started = Instant::now();
    let killing = async {
        network.has_posts(jobs / 3).await;
        victim.kill().await;
        network.tally().posts()
    };
    let (_, at) = tokio::join!(visitors::share(&urls, &network, 0..jobs, 12), killing);
    network.has_posts(jobs).await;
    let took = started.elapsed().as_secs_f64();
    for site in sites {
        site.stop().await;
    }
    let states = place.states().await;
    let tally = network.tally();
    println!("\n### Three processes, one killed\n");
    println!("| jobs | posted when it was killed | posted in the end | twice | sent again by key | took |");
    println!("|---:|---:|---:|---:|---:|---:|");
    println!(
        "| {jobs} | {at} | {} | {} | {} | {took:.0} s |",
        tally.posts(),
        tally.doubles(),
        tally.repeated
    );
    tally.expect_all_once(jobs);
    assert_eq!(states, format!("posted {jobs}"));
}
