//! What isolation costs: the same small cuts in a warm child process and in this one, in turns.
//!
//! `cargo run --release -p cutline-engine --example isolation` prints the median and the 90th percentile of each. The
//! example is its own decoder: it starts itself.

use std::error::Error;
use std::io::Cursor;
use std::path::Path;
use std::time::{Duration, Instant};

use bytes::Bytes;
use cutline_engine::crop::CropOptions;
use cutline_engine::cutting::decoder::{self, Allowance};
use cutline_engine::cutting::{Cutter, ProcessSettings};
use cutline_engine::limits::{CropLimits, PermitLimits};
use cutline_engine::permits::Permits;
use cutline_model::Region;
use image::{ImageFormat, RgbImage};

const ROUNDS: usize = 500;

const MEMORY_BYTES: u64 = 640 << 20;

fn main() -> Result<(), Box<dyn Error>> {
    if std::env::args().nth(1).as_deref() == Some("decoder") {
        return Ok(decoder::run(Allowance { memory_bytes: MEMORY_BYTES, cpu_seconds: 5_000 })?);
    }
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(measure())
}

async fn measure() -> Result<(), Box<dyn Error>> {
    let permits = || Permits::new(&PermitLimits::default());
    let limits = CropLimits::default();
    let settings = ProcessSettings {
        program: Path::new("/proc/self/exe").to_owned(),
        arguments: vec!["decoder".to_owned()],
        memory_bytes: MEMORY_BYTES,
        deadline: Duration::from_secs(5),
    };
    let ways = [
        ("in this process", Cutter::in_process(permits(), limits)),
        ("in a process of its own", Cutter::in_processes(permits(), limits, settings).await?),
    ];
    for (width, height) in [(640, 480), (4000, 3000)] {
        let picture = photo(width, height)?;
        let mut times = [Vec::new(), Vec::new()];
        for _ in 0..ROUNDS {
            for ((_, cutter), times) in ways.iter().zip(&mut times) {
                let region = Region::parse("pct:40,40,20,20")?;
                let begin = Instant::now();
                cutter.crop(picture.clone(), region, CropOptions::default()).await?;
                times.push(begin.elapsed());
            }
        }
        println!("JPEG of {width} x {height} pixels, {} bytes, {ROUNDS} cuts each:", picture.len());
        for ((name, _), times) in ways.iter().zip(&mut times) {
            times.sort_unstable();
            println!("  {name:24} p50 {:?}, p90 {:?}", times[ROUNDS / 2], times[ROUNDS / 10 * 9]);
        }
    }
    ways[1].1.stop().await;
    Ok(())
}

/// Shapes as a photograph has them: some detail everywhere.
fn photo(width: u32, height: u32) -> Result<Bytes, Box<dyn Error>> {
    let wave = |value: f32| (value.sin().mul_add(90.0, 128.0)) as u8;
    let picture = RgbImage::from_fn(width, height, |x, y| {
        let (x, y) = (x as f32, y as f32);
        image::Rgb([wave(x / 9.0 + y / 31.0), wave(x * y / 5_000.0), wave(y / 7.0)])
    });
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Jpeg)?;
    Ok(bytes.into_inner().into())
}
