//! When a delivery that failed for now is tried again: a pure function of what happened and one random number.
//!
//! Full jitter (a random time up to a doubling bound), so that deliveries which failed together do not come back
//! together. A time that the platform asks for wins: calling earlier only prolongs its ban.

use std::time::Duration;

/// How often and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Bound of the first wait, doubled for each later one; 2 s.
    pub base: Duration,
    /// No bound is longer; 1 hour.
    pub cap: Duration,
    /// Attempts in all, but for those after which the platform asked for a pause; 12.
    pub max_attempts: u32,
    /// How long it is tried, from when it was asked for; 24 hours, within which every share is to reach its end.
    pub max_age: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            base: Duration::from_secs(2),
            cap: Duration::from_secs(3600),
            max_attempts: 12,
            max_age: Duration::from_secs(24 * 3600),
        }
    }
}

impl RetryPolicy {
    /// How long to wait after attempt number `attempt` (from 1) of a delivery that was asked for `age` ago; nothing when it
    /// is given up. `random` is any number, every one as likely as another. What a platform asks for is lengthened by up to
    /// a tenth, never shortened, and however often it asks, only the delivery's age ends it.
    #[must_use]
    pub fn wait(
        &self,
        attempt: u32,
        asked: Option<Duration>,
        age: Duration,
        random: u64,
    ) -> Option<Duration> {
        let wait = match asked {
            Some(asked) if asked > self.max_age => return None,
            Some(asked) => asked + part(asked / 10, random),
            None if attempt >= self.max_attempts => return None,
            None => {
                let doublings = 2_u32.saturating_pow(attempt.saturating_sub(1));
                part(self.base.saturating_mul(doublings).min(self.cap), random)
            }
        };
        (age.saturating_add(wait) <= self.max_age).then_some(wait)
    }
}

/// A random part of `whole`, to the millisecond.
fn part(whole: Duration, random: u64) -> Duration {
    let milliseconds = (whole.as_millis() * u128::from(random)) >> 64;
    Duration::from_millis(u64::try_from(milliseconds).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Duration = Duration::ZERO;

    #[test]
    fn bounds_double_up_to_the_cap() {
        let policy = RetryPolicy { max_attempts: 99, ..RetryPolicy::default() };
        for (attempt, seconds) in
            [(1, 2), (2, 4), (3, 8), (5, 32), (11, 2048), (12, 3600), (40, 3600), (98, 3600)]
        {
            let longest = policy.wait(attempt, None, NOW, u64::MAX).expect("another try");
            assert_eq!(longest, Duration::from_millis(seconds * 1000 - 1), "attempt {attempt}");
            assert_eq!(policy.wait(attempt, None, NOW, 0), Some(Duration::ZERO));
        }
    }

    #[test]
    fn twelve_attempts_are_made_and_those_that_end_in_a_pause_cost_none() {
        let policy = RetryPolicy::default();
        assert!((1..12).all(|attempt| policy.wait(attempt, None, NOW, 7).is_some()));
        assert_eq!(policy.wait(12, None, NOW, 7), None);
        assert!(policy.wait(12, Some(Duration::from_secs(1)), NOW, 7).is_some());
    }

    #[test]
    fn nothing_is_tried_for_longer_than_a_day() {
        let policy = RetryPolicy::default();
        let day = policy.max_age;
        assert!(policy.wait(1, Some(day), NOW, 0).is_some());
        assert_eq!(policy.wait(1, Some(day + Duration::from_secs(1)), NOW, 0), None);
        assert_eq!(policy.wait(1, Some(Duration::from_secs(61)), day - Duration::from_secs(60), 0), None);
        assert!(policy.wait(1, None, day, 0).is_some());
        assert_eq!(policy.wait(1, None, day, u64::MAX), None);
        assert_eq!(policy.wait(1, Some(Duration::MAX), Duration::MAX, u64::MAX), None);
    }

    proptest! {
        #[test]
        fn what_the_platform_asks_for_wins(attempt: u32, asked in 0_u64..78_000_000, random: u64) {
            let asked = Duration::from_millis(asked);
            let wait = RetryPolicy::default().wait(attempt, Some(asked), NOW, random).expect("another try");
            prop_assert!(wait >= asked && wait <= asked + asked / 10);
        }

        #[test]
        fn waits_stay_within_their_bound(attempt: u32, random: u64, base in 1_u64..10_000) {
            let policy = RetryPolicy { base: Duration::from_millis(base), max_attempts: u32::MAX, ..RetryPolicy::default() };
            if let Some(wait) = policy.wait(attempt, None, NOW, random) {
                let bound = policy.base.as_millis() << attempt.saturating_sub(1).min(64);
                prop_assert!(wait.as_millis() <= bound && wait <= policy.cap);
            } else {
                prop_assert_eq!(attempt, u32::MAX);
            }
        }

        #[test]
        fn the_whole_bound_is_used(attempt in 1_u32..12, random: u64) {
            let policy = RetryPolicy::default();
            let wait = |random| policy.wait(attempt, None, NOW, random);
            let (early, late) = (wait(random / 2), wait(u64::MAX - random / 2));
            prop_assert!(early < late || random > u64::MAX - (1 << 54), "{early:?} {late:?}");
        }
    }
}
