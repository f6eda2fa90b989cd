//! How long an exchange has stood in line for something of ours: a place at its host, a turn of the parser.
//!
//! Who runs out of time there must not hear that the origin is slow, nor take its page for silent: it was we who kept it.
//! And who has waited here has as much more time for the origin: so whoever runs out of that ran out of the origin's.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::error::FetchError;

/// The waits of one exchange; clones stand for the same exchange.
#[derive(Clone, Debug, Default)]
pub(super) struct Line(Arc<Mutex<Waits>>);

#[derive(Debug, Default)]
struct Waits {
    /// How many there are now: it may wait for several addresses at once.
    standing: usize,
    since: Option<Instant>,
    before: Duration,
}

/// One wait, until it is dropped.
struct Standing<'a>(&'a Line);

impl Line {
    /// Waits until `deadline` for what is not there at once; [`FetchError::Busy`] where it does not come.
    pub(super) async fn stand<T>(
        &self,
        deadline: Instant,
        turn: impl Future<Output = T>,
    ) -> Result<T, FetchError> {
        let _standing = Standing::new(self);
        let turn = timeout_at(deadline, turn).await;
        // One that comes with the end of the time is given back: whoever had it ran out of the same time.
        turn.ok().filter(|_| Instant::now() < deadline).ok_or(FetchError::Busy)
    }

    /// `deadline`, as much later as was waited.
    pub(super) fn later(&self, deadline: Instant) -> Instant {
        deadline + self.waited()
    }

    /// Whether it waits now.
    pub(super) fn is_standing(&self) -> bool {
        self.waits().standing > 0
    }

    /// How long it has waited so far.
    pub(super) fn waited(&self) -> Duration {
        let waits = self.waits();
        waits.before + waits.since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    fn waits(&self) -> MutexGuard<'_, Waits> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'a> Standing<'a> {
    fn new(line: &'a Line) -> Self {
        let mut waits = line.waits();
        waits.standing += 1;
        waits.since.get_or_insert_with(Instant::now);
        drop(waits);
        Self(line)
    }
}

impl Drop for Standing<'_> {
    fn drop(&mut self) {
        let mut waits = self.0.waits();
        waits.standing -= 1;
        if waits.standing == 0 {
            let waited = waits.since.take().map_or(Duration::ZERO, |since| since.elapsed());
            waits.before += waited;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::sleep;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn waits_are_counted_once_however_many_there_are_at_a_time() {
        let (line, later) = (Line::default(), Instant::now() + Duration::from_secs(60));
        let wait = |seconds| line.stand(later, sleep(Duration::from_secs(seconds)));
        let (first, second) = tokio::join!(wait(2), wait(3));
        assert_eq!((first, second, line.is_standing()), (Ok(()), Ok(()), false));
        assert_eq!(line.waited(), Duration::from_secs(3));
        sleep(Duration::from_secs(5)).await;
        assert_eq!(wait(90).await, Err(FetchError::Busy));
        assert_eq!(line.waited(), Duration::from_secs(3 + 60 - 8));
    }
}
