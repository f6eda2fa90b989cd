//! How long it takes from a request to its 201, and which step takes it.

use std::time::Duration;

use crate::Run;
use crate::network::{Behaviour, Network};
use crate::place::Kind;
use crate::site::Site;
use crate::tally::quantile;
use crate::visitors;

/// What the engine's log line is made of, in order.
const STEPS: [&str; 5] = ["known_ms", "fetch_ms", "cut_ms", "store_ms", "commit_ms"];
const SHARES: usize = 400;

pub(crate) async fn measure(run: &Run, kind: Kind) {
    let place = run.servers.place(kind);
    let network = Network::start(Behaviour::Well(Duration::ZERO), 1, 1).await;
    let site = Site::start(&place, "one", &network, "warn,cutline_engine::engine=debug").await;
    println!("\n### Accept to 201: {}\n", kind.name());
    println!(
        "| at once | | {} | all, as the visitor sees it |",
        STEPS.map(|step| step.trim_end_matches("_ms")).join(" | ")
    );
    println!("|---:|---|{}", "---:|".repeat(STEPS.len() + 1));
    let mut seen = 0;
    for at_once in [1, 8] {
        let jobs = seen..seen + SHARES;
        let whole = visitors::share(std::slice::from_ref(&site.url), &network, jobs, at_once).await;
        let log = std::fs::read_to_string(&site.log).expect("a log");
        let lines: Vec<&str> = log.lines().filter(|line| line.contains(" accepted ")).skip(seen).collect();
        seen += SHARES;
        for (name, part) in [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)] {
            let step = |step: &&str| format!("{:.1}", quantile(&of_step(&lines, step), part));
            let steps: Vec<String> = STEPS.iter().map(step).collect();
            println!("| {at_once} | {name} | {} | {:.1} |", steps.join(" | "), quantile(&whole, part));
        }
    }
    site.stop().await;
}

fn of_step(lines: &[&str], step: &str) -> Vec<f64> {
    let value = |line: &&str| {
        let (_, rest) = line.split_once(&format!("{step}=")).expect("the step's time");
        rest.split_whitespace().next().and_then(|number| number.parse().ok()).expect("a number")
    };
    lines.iter().map(value).collect()
}
