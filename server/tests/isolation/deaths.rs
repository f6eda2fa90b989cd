//! Decoders that die, by whatever hand, and servers that do.

use std::cell::Cell;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bytes::Bytes;
use cutline_engine::crop::CropError;
use cutline_engine::cutting::{CuttingError, Incoming};
use futures_util::{StreamExt, stream};
use tokio::sync::oneshot;

use crate::pictures::photo;
use crate::processes::{children, children_of, is_waiting_with, signal, the_child, try_signal, until};
use crate::{alone, cut, cutter, settings, works};

/// A picture whose second half never comes.
fn half() -> Incoming {
    halves().0
}

/// A picture whose second half comes when it is let on.
fn halves() -> (Incoming, oneshot::Sender<()>) {
    let bytes = Bytes::from(photo(600, 400));
    let (first, second) = (bytes.slice(..bytes.len() / 2), bytes.slice(bytes.len() / 2..));
    assert!(first.len() > 256 << 10, "enough to begin with: {}", first.len());
    let (let_on, gate) = oneshot::channel();
    let rest = stream::once(async move {
        if gate.await.is_err() {
            std::future::pending::<()>().await;
        }
        Ok(second)
    });
    (Incoming::new(stream::iter([Ok(first)]).chain(rest)), let_on)
}

/// Does `act` as often as said to a decoder that waits for bytes which have not come, lets the others come then; gives what
/// became of the job, and how long a decoder took to be replaced at most.
async fn in_the_middle(name: &str, times: usize) -> (Result<(), CuttingError>, Duration) {
    let cutter = cutter(1, settings()).await;
    let (picture, let_on) = halves();
    let job = tokio::spawn({
        let cutter = cutter.clone();
        async move { cut(&cutter, picture, "pct:0,0,100,100").await.map(drop) }
    });
    let mut longest = Duration::ZERO;
    let mut last = 0;
    for _ in 0..times {
        let begin = Instant::now();
        let next = Cell::new(0);
        let is_next = || {
            let waits = |&(pid, _): &(u32, char)| pid != last && is_waiting_with_files(pid);
            next.set(children().into_iter().find(waits).map_or(0, |(pid, _)| pid));
            next.get() > 0
        };
        until("the decoder waits for bytes", is_next).await;
        if last > 0 {
            longest = longest.max(begin.elapsed());
        }
        last = next.get();
        signal(name, last);
    }
    // Who is gone already does not mind.
    let _ = let_on.send(());
    let result = job.await.expect("no panic");
    works(&cutter).await;
    assert_ne!(the_child(), last);
    cutter.stop().await;
    assert_eq!(children(), []);
    (result, longest)
}

/// Whether it sleeps and holds the source and the place for what it makes beside stdio and its line.
fn is_waiting_with_files(pid: u32) -> bool {
    is_waiting_with(pid, 6)
}

/// It may have been the system's victim, which is short of memory.
#[test]
fn a_decoder_killed_in_the_middle_costs_nothing_but_time() {
    alone(async {
        for name in ["KILL", "ABRT", "SYS", "XCPU"] {
            let (result, _) = in_the_middle(name, 1).await;
            assert_eq!(result, Ok(()), "{name}");
        }
    });
}

#[test]
fn a_picture_that_costs_two_decoders_is_refused_and_each_is_replaced_at_once() {
    alone(async {
        let (mut fastest, mut slowest) = (Duration::MAX, Duration::ZERO);
        for name in ["KILL", "ABRT", "SYS", "XCPU"] {
            let (result, took) = in_the_middle(name, 2).await;
            assert_eq!(result, Err(CropError::DecoderFailed.into()), "{name}");
            (fastest, slowest) = (fastest.min(took), slowest.max(took));
        }
        // A second where the processor is ours, as it is once in four times; and whatever else runs, none is waited for.
        assert!(fastest < Duration::from_secs(1), "{fastest:?}");
        assert!(slowest < Duration::from_secs(15), "{slowest:?}");
    });
}

#[test]
fn a_decoder_killed_at_rest_costs_nothing() {
    alone(async {
        let cutter = cutter(2, settings()).await;
        for _ in 0..4 {
            for (pid, _) in children() {
                try_signal("KILL", pid);
            }
            works(&cutter).await;
        }
        until("both are there again", || children().iter().filter(|(_, state)| *state != 'Z').count() == 2)
            .await;
        cutter.stop().await;
    });
}

#[test]
fn who_goes_away_takes_the_work_along() {
    alone(async {
        let cutter = cutter(1, settings()).await;
        let pid = the_child();
        let job = tokio::spawn({
            let cutter = cutter.clone();
            async move { cut(&cutter, half(), "pct:0,0,100,100").await.map(drop) }
        });
        until("the decoder waits for bytes", || is_waiting_with_files(pid)).await;
        job.abort();
        assert!(job.await.expect_err("aborted").is_cancelled());
        works(&cutter).await;
        assert_ne!(the_child(), pid);
        cutter.stop().await;
    });
}

#[test]
fn dropping_the_last_cutter_ends_its_decoders() {
    alone(async {
        let cutter = cutter(2, settings()).await;
        let clone = cutter.clone();
        drop(cutter);
        works(&clone).await;
        drop(clone);
        until("no child is left", || children().is_empty()).await;
    });
}

#[test]
fn no_decoder_outlives_the_server_whatever_ends_it() {
    alone(async {
        for name in ["KILL", "TERM"] {
            let folder = tempfile::tempdir().expect("a folder");
            let mut server = Command::new(env!("CARGO_BIN_EXE_cutline"))
                .args(["serve", "--listen", "127.0.0.1:0"])
                .env_clear()
                .current_dir(folder.path())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .expect("it starts");
            let mut line = String::new();
            BufReader::new(server.stdout.take().expect("piped")).read_line(&mut line).expect("it speaks");
            until("both decoders are there", || children_of(server.id()).len() == 2).await;
            let decoders = children_of(server.id());
            signal(name, server.id());
            let status = server.wait().expect("it ends");
            assert_eq!(status.success(), name == "TERM");
            until("its decoders have ended", || {
                decoders.iter().all(|(pid, _)| !std::path::Path::new(&format!("/proc/{pid}")).exists())
            })
            .await;
        }
    });
}
