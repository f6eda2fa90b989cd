//! How often anybody may be wrong about one account: servers count wrong passwords by the account, and shut its owner out, and the
//! site's own account too, for what strangers have typed here.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// How many wrong tries an account has within [`WITHIN`]: bsky.social takes 30 in five minutes, 300 a day.
const MAX_WRONG: usize = 5;
const WITHIN: SignedDuration = SignedDuration::from_hours(1);
/// Accounts that are remembered; beyond them all are forgotten, and each has its tries again.
const MAX_ACCOUNTS: usize = 10_000;

/// The wrong tries of the last hour, by server and account.
#[derive(Debug, Default)]
pub(super) struct Tries(Mutex<HashMap<(String, String), Vec<Timestamp>>>);

impl Tries {
    /// Counts a try as wrong until [`Tries::was_right`] says otherwise, so that many at once are many; whether it may be made.
    pub(super) fn begin(&self, server: &str, account: &str, now: Timestamp) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MAX_ACCOUNTS {
            all.retain(|_, tries| tries.iter().any(|at| is_recent(*at, now)));
        }
        if all.len() >= MAX_ACCOUNTS {
            all.clear();
        }
        let tries = all.entry((server.to_owned(), account.to_owned())).or_default();
        tries.retain(|at| is_recent(*at, now));
        let is_allowed = tries.len() < MAX_WRONG;
        if is_allowed {
            tries.push(now);
        }
        is_allowed
    }

    /// Forgets the wrong tries of an account whose owner has found the right one.
    pub(super) fn was_right(&self, server: &str, account: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(&(server.to_owned(), account.to_owned()));
    }
}

fn is_recent(at: Timestamp, now: Timestamp) -> bool {
    now.duration_since(at) < WITHIN
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + seconds).expect("a time")
    }

    #[test]
    fn an_account_has_five_wrong_tries_an_hour_and_others_are_not_its_matter() {
        let tries = Tries::default();
        for number in 0..5 {
            assert!(tries.begin("https://a.example", "alice", at(number)), "{number}");
        }
        assert!(!tries.begin("https://a.example", "alice", at(3599)));
        assert!(
            tries.begin("https://a.example", "bob", at(5))
                && tries.begin("https://b.example", "alice", at(5))
        );
        assert!(tries.begin("https://a.example", "alice", at(3600)), "the first is an hour ago");
        assert!(!tries.begin("https://a.example", "alice", at(3600)));
    }

    #[test]
    fn whoever_was_right_begins_anew() {
        let tries = Tries::default();
        for number in 0..20 {
            assert!(tries.begin("https://a.example", "alice", at(number)));
            tries.was_right("https://a.example", "alice");
        }
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let tries = Tries::default();
        for number in 0..25_000 {
            tries.begin("https://a.example", &number.to_string(), at(0));
        }
        assert!(tries.0.lock().expect("nobody panicked").len() <= MAX_ACCOUNTS);
    }
}
