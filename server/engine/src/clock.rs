//! The one clock, given by parameter, so that tests decide what time it is.
//!
//! Two kinds: the machine's, for what others compare with theirs (signatures, ages of files); and a steady one, by which the
//! queue goes (`Store::clock`): when somebody sets the machine's clock, nothing is due early, late, or taken for abandoned.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

/// When the clock of a server that is there to be tested against begins: 2026-01-01T12:00:00Z.
pub const TEST_START: Timestamp = Timestamp::constant(1_767_268_800, 0);

/// Tells the time.
pub trait Clock: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// A clock that several parts share.
pub type SharedClock = Arc<dyn Clock>;

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "this is the one home of the machine's clock")]
        Timestamp::now()
    }
}

/// A clock that was right once and has counted since then, whatever is done to the machine's. Clones are the same.
#[derive(Clone, Debug)]
pub struct SteadyClock(Arc<Mutex<Anchor>>);

/// What time it was at which moment since the machine was started.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    time: Timestamp,
    uptime: Duration,
}

impl SteadyClock {
    /// A clock that says `time` now.
    #[must_use]
    pub fn starting_at(time: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(Anchor { time, uptime: uptime() })))
    }

    /// Sets it: somebody who knows says that it is `time`.
    pub fn set(&self, time: Timestamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Anchor { time, uptime: uptime() };
    }
}

impl Clock for SteadyClock {
    fn now(&self) -> Timestamp {
        let Anchor { time, uptime: then } = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        time.checked_add(uptime().saturating_sub(then)).unwrap_or(Timestamp::MAX)
    }
}

/// How long the machine has been running, with the time that it slept.
#[cfg(target_os = "linux")]
fn uptime() -> Duration {
    Duration::try_from(rustix::time::clock_gettime(rustix::time::ClockId::Boottime)).unwrap_or_default()
}

/// How long this process has been asking.
#[cfg(not(target_os = "linux"))]
fn uptime() -> Duration {
    static FIRST: std::sync::LazyLock<std::time::Instant> = std::sync::LazyLock::new(std::time::Instant::now);
    FIRST.elapsed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_clock_goes_on_from_what_it_was_set_to() {
        let start: Timestamp = "2026-11-23T12:00:00Z".parse().expect("a time");
        let clock = SteadyClock::starting_at(start);
        let first = clock.now();
        let second = clock.now();
        assert!(start <= first && first <= second);
        assert!(second.duration_since(start).as_secs() < 60, "it counts by itself, whatever day it is");
        clock.set(Timestamp::UNIX_EPOCH);
        assert!(clock.now().as_second() < 60);
    }
}
