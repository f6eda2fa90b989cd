//! Who is called right now, and how many more may be.
//!
//! Places are few, since each holds memory and a connection, and servers may answer slowly, many of them one visitor's. So a
//! target has a few of them, a server some, whatever accounts are there, and none more than are left free for others: the more
//! servers are slow, the fewer each has. Visitors' accounts leave some for the site's own targets, since visitors can name as
//! many servers as they like.

use std::collections::HashMap;

use cutline_model::TargetId;
use tokio::task::Id;

/// How many places there are.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlaceLimits {
    /// In all.
    pub(super) all: u32,
    /// Of one server.
    pub(super) server: u32,
    /// Of one target.
    pub(super) target: u32,
    /// Of all accounts of visitors.
    pub(super) visitors: u32,
}

/// The places that tasks hold.
pub(super) struct Places<T> {
    limits: PlaceLimits,
    held: HashMap<Id, Place<T>>,
}

/// A place that is held.
pub(super) struct Place<T> {
    /// Who is called.
    pub(super) target: TargetId,
    /// Its server's name.
    pub(super) server: String,
    /// What for.
    pub(super) what: T,
}

impl<T> Places<T> {
    pub(super) fn new(limits: PlaceLimits) -> Self {
        Self { limits, held: HashMap::new() }
    }

    /// Gives a task its place.
    pub(super) fn hold(&mut self, task: Id, place: Place<T>) {
        self.held.insert(task, place);
    }

    /// Takes the place of a task that has ended.
    pub(super) fn release(&mut self, task: Id) -> Option<Place<T>> {
        self.held.remove(&task)
    }

    /// What the places are held for.
    pub(super) fn all(&self) -> impl Iterator<Item = &T> {
        self.held.values().map(|place| &place.what)
    }

    /// How many are left for nobody in particular.
    pub(super) fn left(&self) -> u32 {
        self.limits.all.saturating_sub(self.count(|_| true))
    }

    /// How many a target of this server may have besides those it has; of a server that is only tried, one in all.
    pub(super) fn free(&self, target: &TargetId, server: &str, is_tried: bool) -> u32 {
        let of_server = self.count(|place| place.server == server);
        let left = self.left_for(target);
        if is_tried {
            return 1_u32.saturating_sub(of_server).min(left);
        }
        let of_target = self.count(|place| place.target == *target);
        // With each one that it gets it has one more, and one is free less.
        let fair = left.saturating_add(1).saturating_sub(of_server) / 2;
        let of_limits = self.limits.target.saturating_sub(of_target);
        of_limits.min(self.limits.server.saturating_sub(of_server)).min(fair)
    }

    /// The same for such targets as this one.
    fn left_for(&self, target: &TargetId) -> u32 {
        if target.visitors_account().is_none() {
            return self.left();
        }
        let of_visitors = self.count(|place| place.target.visitors_account().is_some());
        self.left().min(self.limits.visitors.saturating_sub(of_visitors))
    }

    fn count(&self, is_counted: impl Fn(&Place<T>) -> bool) -> u32 {
        let counted = self.held.values().filter(|place| is_counted(place)).count();
        u32::try_from(counted).unwrap_or(u32::MAX)
    }
}
