//! How long each step of a share takes: told to the log, so that whoever finds sharing slow sees which step it is.

use std::time::Instant;

/// Runs from step to step.
pub(super) struct Stopwatch(Instant);

impl Stopwatch {
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }

    /// Milliseconds since the start or the last lap, to the hundredth.
    pub(super) fn lap(&mut self) -> f64 {
        let before = std::mem::replace(&mut self.0, Instant::now());
        (self.0.duration_since(before).as_secs_f64() * 100_000.0).round() / 100.0
    }
}
