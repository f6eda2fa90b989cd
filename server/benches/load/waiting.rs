//! A hundred thousand deliveries wait: how soon the server is there, how soon it posts, and what memory they take.

use std::time::{Duration, Instant};

use crate::Run;
use crate::network::{Behaviour, Network};
use crate::place::Kind;
use crate::queue;
use crate::site::Site;

const ACCOUNTS: usize = 4;

pub(crate) async fn measure(run: &Run, kind: Kind) {
    println!("\n### Deliveries that wait: {}\n", kind.name());
    println!("| waiting | listens after | first call to a platform | memory after 10 s | at most |");
    println!("|---:|---:|---:|---:|---:|");
    for count in [0, 10 * run.shares] {
        let place = run.servers.place(kind);
        let network = Network::start(Behaviour::Silent, ACCOUNTS, ACCOUNTS).await;
        queue::fill(&place, kind, count, ACCOUNTS).await;
        let started = Instant::now();
        let site = Site::start(&place, "one", &network, "warn").await;
        let first = if count > 0 {
            let first = network.first_call().await.duration_since(started);
            assert!(first < Duration::from_secs(3), "{first:?}");
            format!("{:.2} s", first.as_secs_f64())
        } else {
            "-".to_owned()
        };
        tokio::time::sleep(Duration::from_secs(10)).await;
        let (memory, peak) = site.memory_mb();
        println!("| {count} | {:.2} s | {first} | {memory:.1} MB | {peak:.1} MB |", site.start.as_secs_f64());
    }
}
