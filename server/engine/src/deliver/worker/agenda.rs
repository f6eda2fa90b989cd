//! What waits, as the queue was read last. With very many targets reading it takes a while, so it is read again only as often
//! as that takes a small part of the time; in between, what was read is worked off.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use cutline_model::TargetId;

use super::MAX_SLEEP;
use crate::store::{Due, Store, StoreError};

/// How many times as long as reading the queue took it is not read again: a tenth of the time goes into it at most.
const READING: u32 = 9;
/// And no longer than this, however long it took: a database may have been slow for once.
pub(super) const MAX_WAIT: Duration = Duration::from_secs(2);

/// Of how many targets the last turn is known at most.
const MAX_TURNS: usize = 10_000;

/// What waits for each target: at the front those that had no turn for longest, and of them what is due first. By time alone,
/// whoever queues much would always have what is due longest, and every place that gets free.
pub(super) struct Agenda {
    due: VecDeque<Due>,
    /// When each target had its last turn: before which others.
    turns: HashMap<TargetId, u64>,
    /// How many turns there were.
    count: u64,
    /// Whether something has happened since it was read.
    is_stale: bool,
    read_again: Instant,
    /// How long nothing that was passed over is due.
    sleep: Duration,
    /// Whether something was passed over that is due.
    has_passed_over: bool,
}

impl Agenda {
    pub(super) fn new() -> Self {
        Self {
            due: VecDeque::new(),
            turns: HashMap::new(),
            count: 0,
            is_stale: true,
            read_again: Instant::now(),
            sleep: MAX_SLEEP,
            has_passed_over: false,
        }
    }

    /// Something has happened: there may be more to do than was read.
    pub(super) fn changed(&mut self) {
        self.is_stale = true;
    }

    /// A target had a turn, and may have more to do.
    pub(super) fn started(&mut self, target: &TargetId) {
        self.count += 1;
        self.turns.insert(target.clone(), self.count);
        if self.turns.len() > MAX_TURNS {
            let long_ago = self.count - MAX_TURNS as u64 / 2;
            self.turns.retain(|_, turn| *turn > long_ago);
        }
        self.changed();
    }

    /// Whether it is to be read again, and may be.
    pub(super) fn is_to_be_read(&self) -> bool {
        self.is_stale && Instant::now() >= self.read_again
    }

    /// Reads the queue.
    pub(super) async fn read(&mut self, store: &dyn Store) -> Result<(), StoreError> {
        let begun = Instant::now();
        let mut due = store.next_due().await?;
        due.sort_by_cached_key(|due| (self.turns.get(&due.target).copied(), due.at));
        self.due = due.into();
        self.is_stale = false;
        self.read_again = Instant::now() + (begun.elapsed() * READING).min(MAX_WAIT);
        self.sleep = MAX_SLEEP;
        self.has_passed_over = false;
        Ok(())
    }

    /// The next target to look at.
    pub(super) fn next(&mut self) -> Option<Due> {
        self.due.pop_front()
    }

    /// Something that was passed over is to be looked at again after this time.
    pub(super) fn again_after(&mut self, time: Duration) {
        self.sleep = self.sleep.min(time);
    }

    /// Something that is due was passed over: its server rests, or has no place free.
    pub(super) fn passed_over(&mut self) {
        self.has_passed_over = true;
    }

    /// Whether all that has happened is known, and looked at.
    pub(super) fn is_worked_off(&self) -> bool {
        !self.is_stale && self.due.is_empty()
    }

    /// Whether there is nothing due but what is under way.
    pub(super) fn is_all_started(&self) -> bool {
        self.is_worked_off() && !self.has_passed_over
    }

    /// How long there is nothing to look at.
    pub(super) fn sleep(&self) -> Duration {
        let reading = self.read_again.saturating_duration_since(Instant::now());
        if self.is_stale { self.sleep.min(reading) } else { self.sleep }
    }
}
