//! What `--stats` says: how far the file was read, what was decoded, memory, times, and what was changed.

use std::fs;

use cutline_engine::crop::{Change, Cut, Format, StepTime};
use cutline_model::{Credit, PixelRegion, Size};
use serde::Serialize;

/// The most memory this process has held, where the system tells.
pub(super) struct Peak(Option<u64>);

impl Peak {
    /// Before the work.
    pub(super) fn begin() -> Self {
        Self(high_water_bytes())
    }

    /// How much more it was since, in bytes.
    pub(super) fn end(self) -> Option<u64> {
        Some(high_water_bytes()?.saturating_sub(self.0?))
    }
}

/// `VmHWM` of Linux, in bytes (proc_pid_status(5)).
fn high_water_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[derive(Serialize)]
struct Stats<'c> {
    /// How far into the file the cut looked, and how long the file is where that is known.
    bytes_read: u64,
    bytes_total: Option<u64>,
    rows_decoded: u32,
    encodes: u32,
    /// Above what the process held when it began; nothing where the system does not tell.
    peak_memory_bytes: Option<u64>,
    steps: &'c [StepTime],
    source_size: Size,
    /// What was cut, in pixels of the picture as displayed.
    region: PixelRegion,
    format: &'static str,
    size: Size,
    bytes: usize,
    changes: &'c [Change],
    /// Who made the picture, as its file says.
    credit: &'c Credit,
}

/// One line of JSON.
pub(super) fn json(cut: &Cut, bytes_total: Option<u64>, peak_memory_bytes: Option<u64>) -> String {
    let Cut { bytes, format, size, source_size, region, changes, credit, stats } = cut;
    let stats = Stats {
        bytes_read: stats.bytes_read,
        bytes_total,
        rows_decoded: stats.rows_decoded,
        encodes: stats.encodes,
        peak_memory_bytes,
        steps: &stats.steps,
        source_size: *source_size,
        region: *region,
        format: Format::media_type(*format),
        size: *size,
        bytes: bytes.len(),
        changes,
        credit,
    };
    serde_json::to_string(&stats).expect("numbers and plain words")
}
