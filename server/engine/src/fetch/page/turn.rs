//! How long a page may be parsed: time of the processor, not of the clock on the wall, or an ordinary page would run out of
//! it whenever the machine is busy with others.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// A turn that has begun, on this thread.
#[derive(Debug)]
pub(in super::super) struct Turn {
    length: Duration,
    began: Duration,
    /// Before that it cannot be over; asking the clock on the wall is ten times cheaper than asking for this thread's.
    look_again: Cell<Instant>,
}

impl Turn {
    /// One that begins now.
    pub(in super::super) fn begin(length: Duration) -> Self {
        Self { length, began: of_this_thread(), look_again: Cell::new(Instant::now() + length) }
    }

    /// Whether this thread has had its time.
    pub(in super::super) fn is_over(&self) -> bool {
        let now = Instant::now();
        if now < self.look_again.get() {
            return false;
        }
        let left = self.length.saturating_sub(of_this_thread().saturating_sub(self.began));
        self.look_again.set(now + left);
        left.is_zero()
    }
}

#[cfg(target_os = "linux")]
fn of_this_thread() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

/// Elsewhere it is the clock on the wall.
#[cfg(not(target_os = "linux"))]
fn of_this_thread() -> Duration {
    static START: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
    START.elapsed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn who_does_not_compute_uses_no_turn_up() {
        let turn = Turn::begin(Duration::from_millis(20));
        std::thread::park_timeout(Duration::from_millis(60));
        assert!(!turn.is_over());
        while !turn.is_over() {}
        assert!(of_this_thread() - turn.began >= turn.length);
    }
}
