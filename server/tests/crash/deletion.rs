//! Deleted means gone: the program is killed at each step of a deletion, started again, and must end without the post; and a
//! share with an equal clipping, which somebody makes right then, must keep its own.

use std::sync::Arc;
use std::time::Instant;

use futures_util::future::join_all;
use serde_json::Value;

use super::network::{Network, Skill};
use super::place::Kind;
use super::program::{Program, Running, receipt};
use super::{Bench, MAX_RECOVERY};

/// Where the program is killed (`engine::crash`).
const STEPS: [&str; 5] = ["deleted", "held", "removed", "erasing", "erased"];

#[tokio::test(flavor = "multi_thread")]
async fn whatever_step_of_a_deletion_the_program_is_killed_at_the_post_goes_and_equal_clippings_stay() {
    let bench = Arc::new(Bench::new());
    let runs = Kind::ALL.into_iter().flat_map(|kind| STEPS.map(|step| (kind, step)));
    join_all(runs.map(|(kind, step)| {
        let bench = bench.clone();
        async move {
            let run = tokio::spawn(killed_while_deleting(kind, step, bench));
            run.await.unwrap_or_else(|error| panic!("{kind:?} {step}: {error}"));
        }
    }))
    .await;
}

async fn killed_while_deleting(kind: Kind, step: &'static str, bench: Arc<Bench>) {
    let busy = bench.busy().await;
    let network = Arc::new(Network::start(Skill::Keys).await);
    let program = Program::new(&network, bench.place(kind).await);
    let request = program.request(&network);
    let mut first = program.start(Some(step)).await;
    let (status, share) = first.post(&request, "first").await.expect("an answer");
    assert_eq!(status, 201, "{share}");
    assert_eq!(first.ended(&receipt(&share).id, MAX_RECOVERY).await.state, "posted");
    let _ = first.delete(&share).await;
    first.died_of_a_kill().await;

    let since = Instant::now();
    let second = program.start(None).await;
    drop(busy);
    let again = accepted_in_the_end(&second, &request, since).await;
    loop {
        let deletion = second.delete(&share).await.expect("an answer");
        if deletion["removals"][0]["state"] == "removed" {
            break;
        }
        assert_eq!(deletion["removals"][0]["state"], "queued", "{step}: {deletion}");
        assert!(since.elapsed() < MAX_RECOVERY, "{step}: {deletion}");
        tokio::time::sleep(super::PACE).await;
    }
    let id = receipt(&again).id;
    assert_eq!(second.ended(&id, MAX_RECOVERY).await.state, "posted");
    assert_eq!(network.posts(), 1, "{step}: the first post is gone, the second there");
    second.stop().await;
    program.expect_sound(&id).await;
}

/// The same part again, as another share: while its clipping is being removed, those who ask are told to come back.
async fn accepted_in_the_end(running: &Running, request: &Value, since: Instant) -> Value {
    loop {
        let (status, share) = running.post(request, "second").await.expect("an answer");
        if status == 201 {
            return share;
        }
        assert_eq!((status, &share["code"]), (503, &"busy".into()), "{share}");
        assert!(since.elapsed() < MAX_RECOVERY, "{share}");
        tokio::time::sleep(super::PACE).await;
    }
}
