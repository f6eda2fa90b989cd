//! The pauses that accounts have asked for, as this process knows them.
//!
//! Each delivery and each removal tells here what it was asked for as soon as it hears it, and looks here before each call: others
//! to the same account are under way, between one call and the next, and theirs must wait too.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cutline_model::TargetId;
use jiff::Timestamp;

use super::rest::Heard;
use crate::store::{Rest, Rested};

/// The pauses; clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Pauses(Arc<Mutex<HashMap<TargetId, Timestamp>>>);

impl Pauses {
    /// `target` asks not to be called before then; of two pauses the longer one counts. Gives that.
    pub(super) fn asks(&self, target: &TargetId, until: Timestamp) -> Timestamp {
        let mut pauses = self.lock();
        let pause = pauses.entry(target.clone()).or_insert(until);
        *pause = until.max(*pause);
        *pause
    }

    /// Takes what was heard of `target`; gives what the record is to be told together with what came of the call.
    pub(super) fn heard(&self, target: &TargetId, heard: Option<Heard>) -> Option<Rest> {
        let Some(Heard::Asks(until)) = heard else { return None };
        Some(Rest { of: Rested::Account(target.clone()), until: self.asks(target, until), failures: 0 })
    }

    /// Until when `target` is not to be called; nothing when it may be.
    pub(super) fn until(&self, target: &TargetId, now: Timestamp) -> Option<Timestamp> {
        self.lock().get(target).copied().filter(|until| *until > now)
    }

    /// Forgets what is over.
    pub(super) fn forget(&self, now: Timestamp) {
        self.lock().retain(|_, until| *until > now);
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TargetId, Timestamp>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
