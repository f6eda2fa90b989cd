//! A wait that can be stopped or started anew.
//!
//! Counts its starts instead of clearing the browser's timers: whatever a stopped timer's fate is, its call comes to
//! nothing. (Whoever sets a page's clock, as Playwright does, gives timers other numbers than the browser's.)

use std::cell::Cell;
use std::rc::Rc;

use super::view::set_timeout;

/// A wait; clones are the same wait. Dropping the last one stops it.
#[derive(Clone, Default)]
pub(super) struct Countdown {
    starts: Rc<Cell<u64>>,
    waiting: Rc<Cell<bool>>,
}

impl Countdown {
    /// Calls `done` in so many milliseconds, unless this is stopped or started again before.
    pub(super) fn start(&self, milliseconds: u32, done: impl FnOnce() + 'static) {
        self.stop();
        self.waiting.set(true);
        let (mine, starts, waiting) =
            (self.starts.get(), Rc::downgrade(&self.starts), Rc::downgrade(&self.waiting));
        let ring = move || {
            if let (Some(starts), Some(waiting)) = (starts.upgrade(), waiting.upgrade())
                && starts.get() == mine
            {
                waiting.set(false);
                done();
            }
        };
        set_timeout(ring, milliseconds);
    }

    /// Stops the wait.
    pub(super) fn stop(&self) {
        self.starts.set(self.starts.get() + 1);
        self.waiting.set(false);
    }

    /// Whether it runs.
    pub(super) fn is_waiting(&self) -> bool {
        self.waiting.get()
    }
}
