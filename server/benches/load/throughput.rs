//! How many deliveries a second: one process and two, to platforms that take their time and to such that take none.

use std::time::{Duration, Instant};

use crate::Run;
use crate::network::{Behaviour, Network};
use crate::place::Kind;
use crate::queue;
use crate::site::Site;

pub(crate) async fn measure(run: &Run) {
    println!("\n### Deliveries per second\n");
    println!(
        "| kept in | processes | platforms | deliveries | per second | times one | CPU of the servers, ms each |"
    );
    println!("|---|---:|---|---:|---:|---:|---:|");
    for (kind, most) in [(Kind::Files, 1), (Kind::Servers, 2)] {
        for (name, wait, accounts) in [
            // All processes together have four places at each account: with few accounts those are the bound, with many the
            // processes are.
            ("4, answering after 100 ms", Duration::from_millis(100), 4),
            ("100, answering after 100 ms", Duration::from_millis(100), 100),
            ("100, answering at once", Duration::ZERO, 100),
        ] {
            let mut of_one = None;
            for processes in 1..=most {
                let place = run.servers.place(kind);
                let network = Network::start(Behaviour::Well(wait), accounts, accounts).await;
                let jobs = run.shares / 2;
                queue::fill(&place, kind, jobs, accounts).await;
                let mut sites = Vec::new();
                let started = Instant::now();
                for process in 0..processes {
                    sites.push(Site::start(&place, &format!("process-{process}"), &network, "warn").await);
                }
                network.has_posts(jobs).await;
                #[expect(clippy::cast_precision_loss, reason = "thousands")]
                let (rate, cpu) = {
                    let cpu: f64 = sites.iter().map(Site::cpu).sum();
                    (jobs as f64 / started.elapsed().as_secs_f64(), cpu * 1_000.0 / jobs as f64)
                };
                let times = rate / *of_one.get_or_insert(rate);
                println!(
                    "| {} | {processes} | {name} | {jobs} | {rate:.0} | {times:.2} | {cpu:.2} |",
                    kind.name()
                );
                network.tally().expect_all_once(jobs);
                for site in sites {
                    site.stop().await;
                }
                assert_eq!(place.states().await, format!("posted {}", jobs + 1));
            }
        }
    }
}
