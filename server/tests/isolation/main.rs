//! Decoders as processes: the program's own, against pictures that are sound, that cost too much, and against killing.
#![cfg(target_os = "linux")]

mod arriving;
mod bounds;
mod deaths;
mod life;
mod pictures;
mod processes;

use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use cutline_engine::crop::{CropOptions, Cut};
use cutline_engine::cutting::{Cutter, CuttingError, Incoming, ProcessSettings};
use cutline_engine::limits::{CropLimits, PermitLimits};
use cutline_engine::permits::Permits;
use cutline_model::Region;

/// Longer than anything here may take; a test that meets it has failed.
const TOO_LONG: Duration = Duration::from_secs(300);

/// Runs `test` with no other beside it, its runtime made and gone within: processes and open files are counted here,
/// and a runtime holds some too.
fn alone(test: impl Future<Output = ()>) {
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(test);
}

fn settings() -> ProcessSettings {
    ProcessSettings {
        program: Path::new(env!("CARGO_BIN_EXE_cutline")).to_owned(),
        arguments: vec!["decoder".to_owned()],
        memory_bytes: 512 << 20,
        deadline: TOO_LONG,
    }
}

fn permits(max_concurrent: usize) -> Permits {
    Permits::new(&PermitLimits { max_concurrent, max_waiting: 256 })
}

async fn cutter(max_concurrent: usize, settings: ProcessSettings) -> Cutter {
    Cutter::in_processes(permits(max_concurrent), CropLimits::default(), settings).await.expect("decoders")
}

fn region(text: &str) -> Region {
    Region::parse(text).expect("a region")
}

async fn cut(cutter: &Cutter, picture: impl Into<Incoming>, part: &str) -> Result<Cut, CuttingError> {
    let crop = cutter.crop(picture, region(part), CropOptions::default());
    tokio::time::timeout(TOO_LONG, crop).await.expect("it ends in time")
}

/// A job that must work: the decoders are as they should be.
async fn works(cutter: &Cutter) {
    let picture = Bytes::from(pictures::photo(64, 48));
    let cut = cut(cutter, picture, "pct:0,0,50,50").await.expect("a sound picture");
    assert_eq!((cut.size.width(), cut.size.height()), (32, 24));
}
