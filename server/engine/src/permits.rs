//! How much picture work runs at once, and where it leaves the async threads when it is done in this process.
//!
//! A decode takes up to seconds and hundreds of megabytes: a few run at a time, with a bounded line in front. On tokio's
//! blocking threads it goes on when its caller has gone (closed tab), so there the permit belongs to the work and is
//! given back only when the work is done.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use crate::limits::PermitLimits;

/// Permission to work on pictures, shared by all who do; clones share the same places.
#[derive(Clone, Debug)]
pub struct Permits {
    /// Places to run, `max_concurrent` of them.
    running: Arc<Semaphore>,
    /// Places to run or to wait, `max_concurrent + max_waiting` of them.
    admitted: Arc<Semaphore>,
    /// How many may run at once.
    max_concurrent: usize,
    /// How many wait for a place.
    waiting: Arc<AtomicUsize>,
    /// Told when somebody has to wait.
    crowding: Arc<Notify>,
}

/// A place to run. It is free for others when this is dropped.
#[derive(Debug)]
pub struct Permit {
    _running: OwnedSemaphorePermit,
    _admission: Admission,
}

/// A right to run once a place is free: whoever has it is turned away no more.
#[derive(Debug)]
pub struct Admission {
    /// The place in line; none for whoever had one and has stepped aside.
    _admitted: Option<OwnedSemaphorePermit>,
}

impl Permit {
    /// Gives the place up for as long as it is of no use, and keeps the right to another. It is not counted in the line
    /// meanwhile, or those who stepped aside for slow origins could fill it.
    #[must_use]
    pub fn step_aside(self) -> Admission {
        Admission { _admitted: None }
    }
}

/// Counts somebody who waits, until it is dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(waiting: &'a AtomicUsize) -> Self {
        waiting.fetch_add(1, Ordering::SeqCst);
        Self(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The line is full: try again in a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many pictures are being worked on: try again in a moment")]
pub struct Busy;

impl Permits {
    /// Room for `max_concurrent` at once (at least one) and `max_waiting` in line.
    #[must_use]
    pub fn new(limits: &PermitLimits) -> Self {
        let max_concurrent = limits.max_concurrent.clamp(1, Semaphore::MAX_PERMITS);
        let max_admitted = max_concurrent.saturating_add(limits.max_waiting).min(Semaphore::MAX_PERMITS);
        Self {
            running: Arc::new(Semaphore::new(max_concurrent)),
            admitted: Arc::new(Semaphore::new(max_admitted)),
            max_concurrent,
            waiting: Arc::default(),
            crowding: Arc::default(),
        }
    }

    /// How many may run at once.
    #[must_use]
    pub fn max_concurrent(&self) -> usize {
        self.max_concurrent
    }

    /// Lets in whoever will need a place; refuses at once when the line is full.
    pub fn admit(&self) -> Result<Admission, Busy> {
        let admitted = Arc::clone(&self.admitted).try_acquire_owned().map_err(|_| Busy)?;
        Ok(Admission { _admitted: Some(admitted) })
    }

    /// Waits for a place to run.
    pub async fn turn(&self, admission: Admission) -> Permit {
        // Handed on in the order of waiting: where some wait, none is free to be taken so.
        let free = Arc::clone(&self.running).try_acquire_owned();
        let running = match free {
            Ok(running) => running,
            Err(_) => {
                let _waiting = Waiting::new(&self.waiting);
                self.crowding.notify_waiters();
                Arc::clone(&self.running).acquire_owned().await.expect("this semaphore is never closed")
            }
        };
        Permit { _running: running, _admission: admission }
    }

    /// Waits for a place to run; refuses at once when the line is full.
    pub async fn take(&self) -> Result<Permit, Busy> {
        Ok(self.turn(self.admit()?).await)
    }

    /// Ready when somebody waits for a place while all are taken.
    pub async fn crowded(&self) {
        let mut told = std::pin::pin!(self.crowding.notified());
        // From here on no call is missed, so that looking and then waiting leaves no gap.
        told.as_mut().enable();
        if !self.is_crowded() {
            told.await;
        }
    }

    fn is_crowded(&self) -> bool {
        self.waiting.load(Ordering::SeqCst) > 0
    }

    /// Runs `work` off the async threads when its turn comes; refuses at once when the line is full.
    ///
    /// # Panics
    /// When `work` panics, with its panic.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Busy> {
        let permit = self.take().await?;
        let task = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(permit);
            result
        });
        match task.await {
            Ok(result) => Ok(result),
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            // Not begun because the runtime is shutting down: as good as a full line to whoever still waits.
            Err(_) => Err(Busy),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn permits(max_concurrent: usize, max_waiting: usize) -> Permits {
        Permits::new(&PermitLimits { max_concurrent, max_waiting })
    }

    /// Work that reports when it begins and ends when told to.
    fn gated() -> (impl FnOnce() -> u8 + Send, tokio::sync::oneshot::Receiver<()>, mpsc::Sender<()>) {
        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let (end, may_end) = mpsc::channel();
        let work = move || {
            let _ = begun.send(());
            let _ = may_end.recv();
            7
        };
        (work, has_begun, end)
    }

    #[tokio::test]
    async fn a_full_line_turns_away_at_once_and_the_waiting_get_their_turn() {
        let permits = permits(1, 1);
        let (work, begun, end) = gated();
        let first = tokio::spawn({
            let permits = permits.clone();
            async move { permits.run(work).await }
        });
        begun.await.expect("the first one runs");
        let mut second = Box::pin(permits.run(|| 8));
        assert!(futures_util::poll!(&mut second).is_pending(), "the second waits");
        assert_eq!(permits.run(|| 9).await, Err(Busy), "the third finds the line full");
        end.send(()).expect("the first still waits");
        assert_eq!(first.await.expect("no panic"), Ok(7));
        assert_eq!(second.await, Ok(8));
        assert_eq!(permits.run(|| 9).await, Ok(9));
    }

    #[tokio::test]
    async fn who_leaves_the_line_frees_the_place_and_who_leaves_the_work_does_not() {
        let permits = permits(1, 1);
        let (work, begun, end) = gated();
        let mut first = Box::pin(permits.run(work));
        assert!(futures_util::poll!(&mut first).is_pending());
        begun.await.expect("it runs");
        drop(first);
        assert_eq!(permits.running.available_permits(), 0, "the work goes on and keeps its permit");

        let mut waiting = Box::pin(permits.run(|| 8));
        assert!(futures_util::poll!(&mut waiting).is_pending());
        assert_eq!(permits.admitted.available_permits(), 0);
        drop(waiting);
        assert_eq!(permits.admitted.available_permits(), 1, "the place in line is free again");

        let next = permits.run(|| 9);
        end.send(()).expect("the work still waits");
        assert_eq!(next.await, Ok(9), "its turn comes when the work is done");
    }

    #[tokio::test]
    async fn who_holds_a_place_learns_that_others_wait_for_one() {
        let permits = permits(1, 2);
        let held = permits.take().await.expect("room");
        let mut crowded = Box::pin(permits.crowded());
        assert!(futures_util::poll!(&mut crowded).is_pending(), "nobody waits");
        let mut waiting = Box::pin(permits.take());
        assert!(futures_util::poll!(&mut waiting).is_pending());
        crowded.await;
        permits.crowded().await;
        drop(held);
        let _held = waiting.await.expect("its turn");
        assert!(futures_util::poll!(Box::pin(permits.crowded())).is_pending(), "nobody waits any more");
    }

    #[tokio::test]
    async fn who_steps_aside_for_others_is_not_turned_away_after_them() {
        let permits = permits(1, 0);
        let late = permits.take().await.expect("room").step_aside();
        assert!(
            futures_util::poll!(Box::pin(permits.crowded())).is_pending(),
            "it does not wait for a place"
        );
        let other = permits.take().await.expect("room");
        assert_eq!(permits.admit().err(), Some(Busy), "the line is full");
        let mut late = Box::pin(permits.turn(late));
        assert!(futures_util::poll!(&mut late).is_pending());
        assert!(futures_util::poll!(Box::pin(permits.crowded())).is_ready(), "now it does");
        drop(other);
        drop(late.await);
        let _room = permits.admit().expect("room");
    }

    #[tokio::test]
    async fn a_panic_reaches_the_caller_and_frees_the_place() {
        let permits = permits(1, 0);
        let other = permits.clone();
        let panicked = tokio::spawn(async move { other.run::<()>(|| panic!("deliberate")).await }).await;
        assert!(panicked.expect_err("it panicked").is_panic());
        assert_eq!(permits.run(|| 1).await, Ok(1));
    }
}
