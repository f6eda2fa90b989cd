//! How often something may happen within an hour, for each of many names: a site, a visitor.
//!
//! Kept in memory, in each process for itself: what it costs when a process starts anew is an hour's worth too many. Each
//! name has one number, when it would be "even" (the generic cell rate algorithm, ITU-T I.371), so that an allowance comes
//! back bit by bit and not all at once.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Over how long the allowance is.
const HOUR_MS: i64 = 3_600_000;

/// Most names remembered. Those that are even are forgotten; with as many that are not, new ones wait.
const MAX_NAMES: usize = 100_000;

/// What has happened, by name: when each is even, in milliseconds.
#[derive(Default)]
pub(super) struct Rates(Mutex<HashMap<String, i64>>);

impl Rates {
    /// Counts one for each of `names`, which may each have so many within an hour; or says how long to wait, and counts none.
    pub(super) fn take(&self, now_s: i64, names: &[(String, u32)]) -> Result<(), Duration> {
        let now = now_s.saturating_mul(1_000);
        let mut even = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if even.len().saturating_add(names.len()) > MAX_NAMES {
            even.retain(|_, even| *even > now);
            if even.len().saturating_add(names.len()) > MAX_NAMES {
                return Err(Duration::from_mins(1));
            }
        }
        let after = |even: &HashMap<String, i64>, (name, hourly): &(String, u32)| {
            let step = HOUR_MS / i64::from((*hourly).max(1));
            even.get(name).copied().unwrap_or(now).max(now).saturating_add(step)
        };
        let wait =
            names.iter().map(|one| after(&even, one).saturating_sub(now).saturating_sub(HOUR_MS)).max();
        if let Some(wait) = wait.and_then(|wait| u64::try_from(wait).ok()).filter(|wait| *wait > 0) {
            return Err(Duration::from_millis(wait));
        }
        for one in names {
            let after = after(&even, one);
            even.insert(one.0.clone(), after);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(name: &str, hourly: u32) -> (String, u32) {
        (name.to_owned(), hourly)
    }

    #[test]
    fn what_is_allowed_in_an_hour_comes_back_bit_by_bit() {
        let rates = Rates::default();
        for _ in 0..4 {
            assert_eq!(rates.take(0, &[name("a", 4)]), Ok(()));
        }
        assert_eq!(rates.take(0, &[name("a", 4)]), Err(Duration::from_mins(15)));
        assert_eq!(rates.take(899, &[name("a", 4)]), Err(Duration::from_secs(1)));
        assert_eq!(rates.take(900, &[name("a", 4)]), Ok(()));
        assert_eq!(rates.take(900, &[name("a", 4)]), Err(Duration::from_mins(15)));
    }

    #[test]
    fn who_may_not_is_not_counted_for_anybody() {
        let rates = Rates::default();
        assert_eq!(rates.take(0, &[name("site", 2), name("ann", 1)]), Ok(()));
        assert!(rates.take(0, &[name("site", 2), name("ann", 1)]).is_err());
        assert_eq!(rates.take(0, &[name("site", 2), name("bob", 1)]), Ok(()));
        assert!(rates.take(0, &[name("site", 2), name("cid", 1)]).is_err());
    }

    #[test]
    fn names_are_forgotten_when_they_are_even_and_never_too_many() {
        let rates = Rates::default();
        for number in 0..MAX_NAMES {
            assert_eq!(rates.take(0, &[name(&number.to_string(), 3_600)]), Ok(()));
        }
        assert!(rates.take(0, &[name("one more", 1)]).is_err());
        assert_eq!(rates.take(1, &[name("one more", 1)]), Ok(()));
    }
}
