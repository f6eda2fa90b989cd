//! What a cut cost: for those who tune, and for the promise that no more is read than needed.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// What a cut cost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CropStats {
    /// How far into the file it read, in bytes.
    pub bytes_read: u64,
    /// Rows that were decoded to pixels at least in part; 0 when none were. Of a JPEG those of the part and its margin, of
    /// others mostly all from the picture's top.
    pub rows_decoded: u32,
    /// How often the part was encoded to find what fits; 0 when it was cut without that. At most 5 times as it is asked for,
    /// in another quality or size, and before that at most twice in fewer bytes of the same pixels (a PNG with patience, a
    /// WebP without loss).
    pub encodes: u32,
    /// Time of each step, in the order they ran.
    pub steps: Vec<StepTime>,
}

/// How long one step took.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepTime {
    /// The step: header, then decode, scale, turn, encode; or recut, where a large part is decoded and encoded some rows at a
    /// time; or cut alone, where nothing is decoded.
    pub step: Cow<'static, str>,
    /// Wall time, in microseconds.
    pub micros: u64,
}

impl CropStats {
    /// Runs one step and keeps its time.
    pub(crate) fn time<T>(&mut self, step: &'static str, work: impl FnOnce() -> T) -> T {
        let begin = Instant::now();
        let result = work();
        self.steps.push(StepTime { step: step.into(), micros: micros(begin.elapsed()) });
        result
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
