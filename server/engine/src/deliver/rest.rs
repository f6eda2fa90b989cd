//! When a platform is left alone: because it asked for a pause, or because it failed several times in a row.
//!
//! A pause is the account's, so it holds for its target; an outage is the server's, so it holds for every account there.
//! What is queued meanwhile waits and loses no attempt. After an outage's rest one delivery is tried, and the others only when
//! that one got through. Both are in the record, so they hold for all processes and after each start; failures that are too
//! few for a rest are counted by each process for itself.

use std::collections::HashMap;
use std::time::Duration;

use cutline_model::TargetId;
use jiff::{SignedDuration, Timestamp};

use super::PostError;
use super::pauses::Pauses;
use super::worker::LEAVING;
use crate::error::with_causes;
use crate::store::{Rest, Rested, Store, StoreError};

/// When a failing server is left alone, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestPolicy {
    /// Failures in a row after which it is; 5.
    pub failures: u32,
    /// The first rest, doubled for each failure after it; 30 s.
    pub first: Duration,
    /// No rest is longer; 10 minutes.
    pub longest: Duration,
}

impl Default for RestPolicy {
    fn default() -> Self {
        Self { failures: 5, first: Duration::from_secs(30), longest: Duration::from_secs(600) }
    }
}

/// What was heard of a platform that was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// It works: it posted, or said why not.
    Works,
    /// It asks not to be called before then.
    Asks(Timestamp),
    /// It could not be reached, broke off, or said that it has a problem.
    Fails,
}

impl Heard {
    /// What this error says of the platform that gave it. Whatever it asks for, it is called again after `longest`: what waits
    /// for it must reach its end.
    pub(super) fn of(error: &PostError, now: Timestamp, longest: Duration) -> Self {
        match error {
            PostError::Final { .. } | PostError::Spent { .. } | PostError::Taken { .. } => Self::Works,
            PostError::Passing { retry_after: Some(asked), .. } => {
                Self::Asks(now.checked_add((*asked).min(longest)).unwrap_or(now))
            }
            PostError::Passing { .. } | PostError::Unknown { .. } => Self::Fails,
        }
    }
}

/// Who is left alone until when.
#[derive(Debug, Default)]
pub(super) struct Rests {
    policy: RestPolicy,
    asked: Pauses,
    failing: HashMap<String, Outage>,
    /// What the record is to be told.
    unsaved: Vec<Saying>,
}

/// What the record is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Saying {
    /// Somebody is to be left alone.
    Rests(Rest),
    /// A server works again.
    Works(Rested),
}

/// A server that failed and did not work since.
#[derive(Debug)]
struct Outage {
    failures: u32,
    /// When it failed last, and after enough failures until when it is left alone.
    until: Timestamp,
}

/// Failures too few for a rest are forgotten so long after the last: visitors name servers that nobody calls again.
const FORGOTTEN_AFTER: SignedDuration = SignedDuration::from_hours(1);

impl Rests {
    /// With the pauses that this process knows of, for those who call.
    pub(super) fn new(policy: RestPolicy, asked: Pauses) -> Self {
        Self { policy, asked, ..Self::default() }
    }

    /// Takes what was heard of `target`, whose server is called `server`.
    pub(super) fn heard(&mut self, target: &TargetId, server: &str, heard: Heard, now: Timestamp) {
        match heard {
            Heard::Works => self.works(server),
            Heard::Asks(until) => {
                let until = self.asked.asks(target, until);
                let rest = Rest { of: Rested::Account(target.clone()), until, failures: 0 };
                self.unsaved.push(Saying::Rests(rest));
                // Who can ask works.
                self.works(server);
            }
            Heard::Fails => {
                let RestPolicy { failures, first, longest } = self.policy;
                let outage =
                    self.failing.entry(server.to_owned()).or_insert(Outage { failures: 0, until: now });
                outage.failures += 1;
                outage.until = now;
                if let Some(more) = outage.failures.checked_sub(failures) {
                    let rest = first.saturating_mul(2_u32.saturating_pow(more)).min(longest);
                    // Longer than the one before, whose count was lower; the turn to try it, which the record shows as a rest,
                    // is over.
                    outage.until = now.checked_add(rest).unwrap_or(now);
                    let Outage { failures, until } = *outage;
                    let of = Rested::Server(server.to_owned());
                    self.unsaved.push(Saying::Rests(Rest { of, until, failures }));
                }
            }
        }
        self.asked.forget(now);
    }

    fn works(&mut self, server: &str) {
        let outage = self.failing.remove(server);
        if outage.is_some_and(|outage| outage.failures >= self.policy.failures) {
            self.unsaved.push(Saying::Works(Rested::Server(server.to_owned())));
        }
    }

    /// Tells the record what was heard, and takes what other processes have told it.
    pub(super) async fn agree(&mut self, store: &dyn Store, now: Timestamp) -> Result<(), StoreError> {
        self.save(store, now).await?;
        let rests = store.rests().await?;
        let too_few = self.policy.failures;
        let forgotten = now - FORGOTTEN_AFTER;
        self.failing.retain(|_, outage| outage.failures < too_few && outage.until > forgotten);
        for Rest { of, until, failures } in rests {
            match of {
                Rested::Account(target) => {
                    self.asked.asks(&target, until);
                }
                Rested::Server(name) => drop(self.failing.insert(name, Outage { failures, until })),
            }
        }
        Ok(())
    }

    /// Tells the record what was heard; what it did not take is told the next time.
    pub(super) async fn save(&mut self, store: &dyn Store, now: Timestamp) -> Result<(), StoreError> {
        while let Some(saying) = self.unsaved.first() {
            match saying {
                Saying::Rests(rest) => store.rest(rest, now).await?,
                Saying::Works(of) => store.end_rest(of).await?,
            }
            self.unsaved.remove(0);
        }
        Ok(())
    }

    /// Tells the record what was heard, at the end of the program: it has a moment for that.
    pub(super) async fn leave(&mut self, store: &dyn Store, now: Timestamp) {
        match tokio::time::timeout(LEAVING, self.save(store, now)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::error!(error = with_causes(&error), "who is to be left alone is not recorded");
            }
            Err(_) => tracing::error!("the record does not take who is to be left alone"),
        }
    }

    /// Until when `target` is left alone; nothing when it is not.
    pub(super) fn until(&self, target: &TargetId, server: &str, now: Timestamp) -> Option<Timestamp> {
        let asked = self.asked.until(target, now);
        let failing = self.failing.get(server).map(|outage| outage.until);
        asked.max(failing).filter(|until| *until > now)
    }

    /// Whether its server has not worked since it was left alone, so that one delivery is enough to see whether it does.
    pub(super) fn is_doubtful(&self, server: &str) -> bool {
        self.failing.get(server).is_some_and(|outage| outage.failures >= self.policy.failures)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::conformance::{now, target};

    fn later(seconds: i64) -> Timestamp {
        now() + SignedDuration::from_secs(seconds)
    }

    fn failed(times: u32) -> Rests {
        let mut rests = Rests::default();
        for _ in 0..times {
            rests.heard(&target("m:a"), "example.social", Heard::Fails, now());
        }
        rests
    }

    #[test]
    fn a_server_that_failed_five_times_in_a_row_rests_for_longer_and_longer() {
        for (failures, seconds) in [
            (4, None),
            (5, Some(30)),
            (6, Some(60)),
            (7, Some(120)),
            (9, Some(480)),
            (10, Some(600)),
            (99, Some(600)),
        ] {
            let rests = failed(failures);
            let until = rests.until(&target("m:a"), "example.social", now());
            assert_eq!(until, seconds.map(later), "{failures}");
            assert_eq!(rests.is_doubtful("example.social"), seconds.is_some());
        }
    }

    #[test]
    fn an_outage_is_its_servers_and_a_pause_its_accounts() {
        let mut rests = failed(5);
        assert_eq!(rests.until(&target("m:b"), "example.social", now()), Some(later(30)));
        assert_eq!(rests.until(&target("m:a"), "other.social", now()), None);
        rests.heard(&target("m:c"), "other.social", Heard::Asks(later(9)), now());
        assert_eq!(rests.until(&target("m:c"), "other.social", now()), Some(later(9)));
        assert_eq!(rests.until(&target("m:d"), "other.social", now()), None);
    }

    #[test]
    fn the_first_that_gets_through_ends_it() {
        for heard in [Heard::Works, Heard::Asks(later(-1))] {
            let mut rests = failed(7);
            rests.heard(&target("m:b"), "example.social", heard, later(120));
            assert_eq!(rests.until(&target("m:a"), "example.social", now()), None);
            assert!(!rests.is_doubtful("example.social"));
        }
    }

    #[test]
    fn of_two_pauses_the_longer_one_counts_and_no_success_shortens_it() {
        let mut rests = Rests::default();
        for seconds in [30, 60, 10] {
            rests.heard(&target("m:a"), "example.social", Heard::Asks(later(seconds)), now());
        }
        rests.heard(&target("m:a"), "example.social", Heard::Works, now());
        assert_eq!(rests.until(&target("m:a"), "example.social", later(59)), Some(later(60)));
        assert_eq!(rests.until(&target("m:a"), "example.social", later(60)), None);
        rests.heard(&target("m:b"), "example.social", Heard::Works, later(61));
        assert!(rests.asked.is_empty() && rests.failing.is_empty(), "what is over is forgotten");
    }
}
