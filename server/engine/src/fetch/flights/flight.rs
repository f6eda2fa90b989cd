//! One exchange with an origin and those who wait for what it brings.
//!
//! The courier is the task that talks to the origin; it brings a head (what is known before the first byte) and then
//! bytes. Readers take them from the start, each at its own pace. The courier asks the origin for more only while some
//! reader waits for more, so the fastest one sets the pace; and nobody's clock runs while nobody waits. Nor is anybody woken
//! for less than it waits for: waking costs more than the bytes of a small piece.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, timeout, timeout_at};

use super::super::error::FetchError;
use super::super::held::Held;
use super::super::line::Line;
use super::pieces::Pieces;

/// A reader whose time ends this shortly before the exchange's hears the end of the exchange: then both have the same
/// reason, and it is remembered.
const SAME_MOMENT: Duration = Duration::from_millis(50);

/// What courier and readers share.
#[derive(Debug)]
pub(super) struct Flight<H> {
    progress: watch::Sender<Progress<H>>,
    /// How many bytes some reader has waited for.
    wanted: AtomicU64,
    /// Told when one waits for more.
    pull: Notify,
    /// The least number of bytes that wakes a reader.
    nearest: AtomicU64,
    deadline: Instant,
    line: Line,
}

#[derive(Debug)]
struct Progress<H> {
    head: Option<H>,
    pieces: Pieces,
    /// What counts them.
    held: Option<Held>,
    end: Option<Result<(), FetchError>>,
}

/// The one who brings.
#[derive(Debug)]
pub(in super::super) struct Courier<H>(Arc<Flight<H>>);

/// One of those who wait. The last one's leaving ends the exchange.
#[derive(Debug)]
pub(in super::super) struct Reader<H> {
    flight: Arc<Flight<H>>,
    progress: watch::Receiver<Progress<H>>,
    taken: u64,
    /// When there must be a head, but for what the exchange has waited here since it came.
    deadline: Instant,
    waited_before: Duration,
    /// From then on: how much longer it will wait. It stands still while it does not.
    left: Duration,
}

impl<H> Flight<H> {
    /// An exchange that has to end at `deadline`.
    pub(super) fn new(deadline: Instant) -> Arc<Self> {
        let progress = Progress { head: None, pieces: Pieces::default(), held: None, end: None };
        let (progress, _) = watch::channel(progress);
        let (wanted, nearest) = (AtomicU64::new(0), AtomicU64::new(u64::MAX));
        Arc::new(Self { progress, wanted, pull: Notify::new(), nearest, deadline, line: Line::default() })
    }

    pub(super) fn courier(self: &Arc<Self>) -> Courier<H> {
        Courier(Arc::clone(self))
    }

    /// One more reader, which has until `deadline`.
    pub(super) fn reader(self: &Arc<Self>, deadline: Instant) -> Reader<H> {
        let is_same = deadline <= self.deadline && self.deadline < deadline + SAME_MOMENT;
        let deadline = if is_same { self.deadline + SAME_MOMENT } else { deadline };
        let progress = self.progress.subscribe();
        let waited_before = self.line.waited();
        Reader { flight: Arc::clone(self), progress, taken: 0, deadline, waited_before, left: Duration::ZERO }
    }

    /// When it has to end, as far as it is not held back by those it brings to.
    pub(super) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Whether its end was told.
    pub(super) fn has_ended(&self) -> bool {
        self.progress.borrow().end.is_some()
    }

    /// Whether nobody waits for something that has not ended.
    pub(super) fn is_abandoned(&self) -> bool {
        self.progress.receiver_count() == 0 && !self.has_ended()
    }

    /// Ready when there is no reader, for a moment at least.
    pub(super) async fn empty(&self) {
        self.progress.closed().await;
    }

    /// Says how it ended, unless that was said before.
    pub(super) fn end(&self, outcome: Result<(), FetchError>) {
        self.progress.send_if_modified(|progress| {
            let is_first = progress.end.is_none();
            if outcome == Err(FetchError::Busy) {
                // It found no more room, so others need what it has: at once, not when its readers have heard of it.
                (progress.pieces, progress.held) = (Pieces::default(), None);
            }
            progress.end.get_or_insert(outcome);
            is_first
        });
    }

    /// Notes that some reader waits until `bytes` have been brought, or until the next reader is woken.
    fn want(&self, bytes: u64) {
        self.nearest.fetch_min(bytes, Ordering::SeqCst);
        if self.wanted.fetch_max(bytes, Ordering::SeqCst) < bytes {
            self.pull.notify_one();
        }
    }
}

impl<H> Progress<H> {
    /// The bytes as they are given away.
    fn counted(&self, bytes: Bytes) -> Bytes {
        match &self.held {
            Some(held) => held.with(bytes),
            // Those of the cache carry their own.
            None => bytes,
        }
    }
}

impl<H> Courier<H> {
    /// Where it stands in line for what the exchange needs here.
    pub(in super::super) fn line(&self) -> Line {
        self.0.line.clone()
    }

    /// Brings what is known before the first byte.
    pub(in super::super) fn head(&self, head: H) {
        self.0.progress.send_modify(|progress| progress.head = Some(head));
    }

    /// Waits until somebody waits for more than was brought.
    pub(in super::super) async fn wanted(&self) {
        let total = self.0.progress.borrow().pieces.total();
        while self.0.wanted.load(Ordering::SeqCst) <= total {
            self.0.pull.notified().await;
        }
    }

    /// Keeps what counts the bytes for as long as anybody has some of them.
    pub(in super::super) fn hold(&self, held: Held) {
        self.0.progress.send_if_modified(|progress| {
            progress.held = Some(held);
            false
        });
    }

    /// Says that everything was brought, and gives all of it.
    pub(in super::super) fn finish(&self) -> Vec<Bytes> {
        self.0.end(Ok(()));
        let progress = self.0.progress.borrow();
        progress.pieces.all().into_iter().map(|piece| progress.counted(piece)).collect()
    }

    /// Brings the next bytes.
    pub(in super::super) fn push(&self, bytes: Bytes) {
        self.0.progress.send_if_modified(|progress| {
            progress.pieces.push(bytes);
            let is_enough = progress.pieces.total() >= self.0.nearest.load(Ordering::SeqCst);
            if is_enough {
                // Whom it is not enough for wants it again.
                self.0.nearest.store(u64::MAX, Ordering::SeqCst);
            }
            is_enough
        });
    }
}

impl<H: Clone> Reader<H> {
    /// What is known before the first byte.
    pub(in super::super) async fn head(&mut self) -> Result<H, FetchError> {
        let there = |progress: &Progress<H>| progress.head.is_some() || progress.end.is_some();
        let line = &self.flight.line;
        // What it has waited for us is not the origin's time.
        let deadline = || self.deadline + line.waited().saturating_sub(self.waited_before);
        let progress = loop {
            let until = deadline();
            match timeout_at(until, self.progress.wait_for(there)).await {
                Ok(progress) => break progress.map_err(|_| cut_short())?,
                Err(_) if line.is_standing() => return Err(FetchError::Busy),
                Err(_) if deadline() > until => {}
                Err(_) => return Err(FetchError::no_answer()),
            }
        };
        self.left = deadline().saturating_duration_since(Instant::now());
        match (&progress.head, &progress.end) {
            (Some(head), _) => Ok(head.clone()),
            (None, Some(Err(error))) => Err(error.clone()),
            (None, _) => Err(cut_short()),
        }
    }

    /// How long it has waited here, and not for the origin.
    pub(in super::super) fn waited(&self) -> Duration {
        self.flight.line.waited().saturating_sub(self.waited_before)
    }

    /// The next bytes, or the end. May be given up at any time and called again; an error is the last.
    pub(in super::super) async fn next(&mut self) -> Result<Option<Bytes>, FetchError> {
        self.wait(self.taken + 1).await?;
        let progress = self.progress.borrow();
        let Some(bytes) = progress.pieces.from(self.taken) else {
            return progress.end.clone().unwrap_or_else(|| Err(cut_short())).map(|()| None);
        };
        self.taken += bytes.len() as u64;
        Ok(Some(progress.counted(bytes)))
    }

    /// Goes back to the start: all that has arrived is still there.
    pub(in super::super) fn rewind(&mut self) {
        self.taken = 0;
    }

    /// Lets bytes arrive without taking them, until there are `bytes` in all, or as many as there will be. May be given up
    /// at any time and called again.
    pub(in super::super) async fn arrive(&mut self, bytes: u64) {
        // Why it was in vain is told once all that did arrive is taken.
        let _ = self.wait(bytes).await;
    }

    /// Waits until `bytes` have been brought in all, or there is an end.
    async fn wait(&mut self, bytes: u64) -> Result<(), FetchError> {
        let there = |progress: &Progress<H>| progress.pieces.total() >= bytes || progress.end.is_some();
        if there(&self.progress.borrow()) {
            return Ok(());
        }
        let since = Instant::now();
        let (flight, progress) = (&self.flight, &mut self.progress);
        let arrival = async {
            loop {
                // Its mark is left after this version was seen, and looked past once more: one that is taken away by a push
                // for another's smaller mark comes with a newer version, and one that came too late is found here.
                progress.mark_unchanged();
                flight.want(bytes);
                if there(&progress.borrow()) {
                    return Ok(());
                }
                progress.changed().await.map_err(|_| cut_short())?;
            }
        };
        let waited = timeout(self.left, arrival).await;
        self.left = self.left.saturating_sub(since.elapsed());
        waited.unwrap_or(Err(FetchError::Timeout))
    }
}

/// Only when the program stops, or breaks.
pub(super) fn cut_short() -> FetchError {
    FetchError::Broken { detail: "the exchange was cut short here".to_owned() }
}

#[cfg(test)]
mod tests {
    use futures_util::poll;

    use super::*;

    const PIECE: Bytes = Bytes::from_static(&[7; 64 << 10]);

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(15)
    }

    #[tokio::test]
    async fn nothing_is_asked_of_the_origin_that_nobody_waits_for() {
        let flight = Flight::new(soon());
        let (courier, mut slow, mut fast) = (flight.courier(), flight.reader(soon()), flight.reader(soon()));
        courier.head(());
        assert_eq!((slow.head().await, fast.head().await), (Ok(()), Ok(())));
        assert!(poll!(Box::pin(courier.wanted())).is_pending(), "the head is enough for now");
        assert!(poll!(Box::pin(fast.next())).is_pending());
        courier.wanted().await;
        courier.push(PIECE);
        assert!(poll!(Box::pin(courier.wanted())).is_pending());
        assert_eq!(slow.next().await, Ok(Some(PIECE)));
        assert_eq!(fast.next().await, Ok(Some(PIECE)));
        assert!(
            poll!(Box::pin(courier.wanted())).is_pending(),
            "who took a piece does not yet wait for another"
        );
        assert!(poll!(Box::pin(slow.next())).is_pending());
        courier.wanted().await;
    }

    #[tokio::test]
    async fn bytes_arrive_without_being_taken() {
        let flight = Flight::new(soon());
        let (courier, mut reader) = (flight.courier(), flight.reader(soon()));
        courier.head(());
        reader.head().await.expect("it is there");
        let bring = async {
            for _ in 0..100 {
                courier.wanted().await;
                courier.push(PIECE);
            }
            flight.end(Ok(()));
        };
        tokio::join!(bring, reader.arrive(u64::MAX));
        let mut taken = 0;
        while let Some(bytes) = reader.next().await.expect("all has arrived") {
            taken += bytes.len();
        }
        assert_eq!(taken, 100 * PIECE.len());
        reader.rewind();
        assert_eq!(reader.next().await, Ok(Some(PIECE)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_readers_clock_runs_while_it_waits_and_stands_still_while_it_does_not() {
        let flight = Flight::new(soon());
        let (courier, mut reader) = (flight.courier(), flight.reader(soon()));
        courier.head(());
        reader.head().await.expect("it is there");
        tokio::time::advance(Duration::from_secs(60)).await;
        courier.push(PIECE);
        assert_eq!(reader.next().await, Ok(Some(PIECE)));
        let since = Instant::now();
        assert_eq!(reader.next().await, Err(FetchError::Timeout));
        assert_eq!(since.elapsed().as_secs(), 15);
    }
}
