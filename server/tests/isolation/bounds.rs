//! Pictures that cost more than one may, and what they cost the server: a refusal.

use std::time::{Duration, Instant};

use bytes::Bytes;
use cutline_engine::crop::CropError;
use cutline_engine::cutting::{Cutter, CuttingError, ProcessSettings};
use image::ImageFormat;

use crate::pictures::{bomb, encoded, noise, photo};
use crate::processes::{children, is_waiting_with, resident_bytes, the_child, until};
use crate::{TOO_LONG, alone, cut, cutter, settings, works};

#[test]
fn a_picture_that_takes_too_long_is_given_up() {
    alone(async {
        let deadline = Duration::from_millis(100);
        let cutter = cutter(1, ProcessSettings { deadline, ..settings() }).await;
        // Written as a PNG again, it takes ten times as long.
        let slow = Bytes::from(encoded(&noise(3000, 3000), ImageFormat::Png));
        let first = the_child();
        let begin = Instant::now();
        let error = cut(&cutter, slow, "pct:0,0,100,100").await.expect_err("too slow");
        assert_eq!(error, CuttingError::Crop(CropError::TooSlow { limit_ms: 100 }));
        assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
        // What another takes to start, until it sleeps with stdio and its line, would be the next job's time.
        let is_replaced = || children().iter().any(|&(pid, _)| pid != first && is_waiting_with(pid, 4));
        until("another decoder waits for a job", is_replaced).await;
        works(&cutter).await;
        cutter.stop().await;
    });
}

#[test]
fn a_picture_that_takes_too_much_memory_costs_its_decoder_alone() {
    alone(async {
        let cutter = cutter(1, ProcessSettings { memory_bytes: 24 << 20, ..settings() }).await;
        let large = Bytes::from(encoded(&noise(4000, 3000), ImageFormat::Png));
        for _ in 0..3 {
            let error = cut(&cutter, large.clone(), "pct:0,0,100,100").await.expect_err("too large");
            assert_eq!(error, CuttingError::Crop(CropError::DecoderFailed));
            works(&cutter).await;
        }
        cutter.stop().await;
    });
}

#[test]
fn pictures_that_exhaust_their_decoders_side_by_side_spoil_no_other() {
    alone(async {
        let cutter = cutter(2, ProcessSettings { memory_bytes: 24 << 20, ..settings() }).await;
        works(&cutter).await;
        let large = Bytes::from(encoded(&noise(3000, 2000), ImageFormat::Png));
        let sound = Bytes::from(photo(64, 48));
        let begin = |picture: &Bytes| {
            let (cutter, picture) = (cutter.clone(), picture.clone());
            tokio::spawn(async move { cut(&cutter, picture, "pct:0,0,100,100").await })
        };
        let jobs: Vec<_> = (0..10).map(|_| (begin(&large), begin(&sound))).collect();
        for (large, sound) in jobs {
            let error = large.await.expect("no panic").expect_err("too large");
            assert_eq!(error, CuttingError::Crop(CropError::DecoderFailed));
            let cut = sound.await.expect("no panic").expect("a sound picture");
            assert_eq!((cut.size.width(), cut.size.height()), (64, 48));
        }
        at_work_again(&cutter, 2).await;
        cutter.stop().await;
    });
}

#[test]
fn decoders_that_fall_over_pictures_one_after_the_other_are_replaced() {
    alone(async {
        let cutter = cutter(1, ProcessSettings { memory_bytes: 24 << 20, ..settings() }).await;
        let large = Bytes::from(encoded(&noise(3000, 2000), ImageFormat::Png));
        for _ in 0..12 {
            let error = cut(&cutter, large.clone(), "pct:0,0,100,100").await.expect_err("too large");
            assert_eq!(error, CuttingError::Crop(CropError::DecoderFailed));
        }
        at_work_again(&cutter, 1).await;
        cutter.stop().await;
    });
}

#[test]
fn fifty_bombs_at_once_cost_the_server_nothing() {
    alone(async {
        let cutter = cutter(2, settings()).await;
        works(&cutter).await;
        let bomb = Bytes::from(bomb(6000));
        let before = resident_bytes();
        let jobs: Vec<_> = (0..50)
            .map(|_| {
                let (cutter, bomb) = (cutter.clone(), bomb.clone());
                tokio::spawn(async move { cut(&cutter, bomb, "pct:0,0,100,100").await })
            })
            .collect();
        let mut most = 0;
        for job in jobs {
            let cut = job.await.expect("no panic").expect("within the limits");
            assert_eq!(cut.source_size.width(), 6000);
            most = most.max(resident_bytes());
        }
        assert!(most.saturating_sub(before) < 32 << 20, "{before} bytes before, {most} at most");
        at_work_again(&cutter, 2).await;
        cutter.stop().await;
    });
}

/// Waits until all decoders are there, with work for them: one that could not be started is tried again when it is wanted.
async fn at_work_again(cutter: &Cutter, decoders: usize) {
    let working = async {
        while children().len() != decoders {
            works(cutter).await;
        }
    };
    tokio::time::timeout(TOO_LONG, working).await.expect("all decoders are there");
}
