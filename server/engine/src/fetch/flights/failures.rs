//! Failures of origins, remembered for a moment: whoever asks again at once is answered without asking the origin again.
//!
//! Only what the origin or the way to it did is remembered. A full line here passes, and what is wrong with a request is
//! wrong with that request alone. An origin that says when to come again is not asked before.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use url::Url;

use super::super::error::{FetchError, NotFound};

/// Most failures remembered; the oldest is forgotten first.
const MAX_REMEMBERED: usize = 256;

/// What went wrong lately.
#[derive(Debug)]
pub(super) struct Failures {
    kept: Duration,
    /// Oldest first.
    latest: Mutex<VecDeque<Failure>>,
}

#[derive(Debug)]
struct Failure {
    url: Url,
    error: FetchError,
    until: Instant,
}

impl Failures {
    /// Remembers each failure for as long as `kept`.
    pub(super) fn new(kept: Duration) -> Self {
        Self { kept, latest: Mutex::default() }
    }

    /// How fetching `url` failed a moment ago, if it did.
    pub(super) fn recall(&self, url: &Url) -> Option<FetchError> {
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        latest.retain(|failure| failure.until > now);
        latest.iter().rev().find(|failure| failure.url == *url).map(|failure| failure.told_at(now))
    }

    /// Remembers how fetching `url` failed.
    pub(super) fn remember(&self, url: &Url, error: &FetchError) {
        if self.kept.is_zero() || !is_the_origins(error) {
            return;
        }
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        if latest.len() >= MAX_REMEMBERED {
            latest.pop_front();
        }
        let until = Instant::now() + wait(error).map_or(self.kept, |wait| wait.max(self.kept));
        latest.push_back(Failure { url: url.clone(), error: error.clone(), until });
    }
}

impl Failure {
    /// The failure as it is told later: the rest of a wait is shorter then.
    fn told_at(&self, now: Instant) -> FetchError {
        match &self.error {
            &FetchError::Refused { status, retry_after: Some(_) } if wait(&self.error).is_some() => {
                FetchError::Refused { status, retry_after: Some(self.until - now) }
            }
            error => error.clone(),
        }
    }
}

/// How long an origin that is busy does not want to be asked.
fn wait(error: &FetchError) -> Option<Duration> {
    match error {
        FetchError::Refused { status: 429 | 503, retry_after } => *retry_after,
        _ => None,
    }
}

/// Whether the origin, its network or its answer is at fault.
fn is_the_origins(error: &FetchError) -> bool {
    match error {
        FetchError::Unreachable { .. }
        | FetchError::Refused { .. }
        | FetchError::Timeout
        | FetchError::TooLarge { .. }
        | FetchError::Encoded { .. }
        | FetchError::TooManyRedirects { .. }
        | FetchError::BadRedirect { .. }
        | FetchError::Broken { .. }
        | FetchError::NotAPage { .. }
        | FetchError::KeptOut { .. }
        | FetchError::Reserved { .. }
        | FetchError::PictureNotFound { which: NotFound::TooComplicated } => true,
        FetchError::NotAnAddress { .. }
        | FetchError::PictureNotFound { .. }
        | FetchError::Busy
        | FetchError::Setup { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEPT: Duration = Duration::from_secs(5);

    const REFUSED: FetchError = FetchError::Refused { status: 404, retry_after: None };

    fn url(number: usize) -> Url {
        Url::parse(&format!("http://a.example/{number}")).expect("an address")
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_is_remembered_for_its_time_and_then_forgotten() {
        let failures = Failures::new(KEPT);
        failures.remember(&url(1), &FetchError::Timeout);
        tokio::time::advance(KEPT / 2).await;
        failures.remember(&url(2), &REFUSED);
        assert_eq!(failures.recall(&url(1)), Some(FetchError::Timeout));
        assert_eq!(failures.recall(&url(3)), None);
        tokio::time::advance(KEPT / 2).await;
        assert_eq!(failures.recall(&url(1)), None);
        assert_eq!(failures.recall(&url(2)), Some(REFUSED));
    }

    #[tokio::test(start_paused = true)]
    async fn an_origin_that_says_when_to_come_again_is_not_asked_before() {
        let busy = |wait| FetchError::Refused { status: 429, retry_after: Some(Duration::from_secs(wait)) };
        let failures = Failures::new(KEPT);
        failures.remember(&url(1), &busy(600));
        failures.remember(&url(2), &REFUSED);
        tokio::time::advance(Duration::from_secs(590)).await;
        assert_eq!((failures.recall(&url(1)), failures.recall(&url(2))), (Some(busy(10)), None));
        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!(failures.recall(&url(1)), None);
    }

    #[tokio::test(start_paused = true)]
    async fn an_owners_no_is_remembered_too() {
        let failures = Failures::new(KEPT);
        for (number, error) in
            [FetchError::KeptOut { wish: "nopin" }, FetchError::reserved("noimageindex")].iter().enumerate()
        {
            failures.remember(&url(number), error);
            assert_eq!(failures.recall(&url(number)).as_ref(), Some(error));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_not_the_origins_fault_is_not_remembered() {
        let failures = Failures::new(KEPT);
        for error in [FetchError::Busy, NotFound::Blob.into(), FetchError::Setup { detail: String::new() }] {
            failures.remember(&url(1), &error);
        }
        assert_eq!(failures.recall(&url(1)), None);
        let forgetful = Failures::new(Duration::ZERO);
        forgetful.remember(&url(1), &FetchError::Timeout);
        assert_eq!(forgetful.recall(&url(1)), None);
    }

    #[tokio::test(start_paused = true)]
    async fn only_so_many_are_remembered() {
        let failures = Failures::new(KEPT);
        for number in 0..=MAX_REMEMBERED {
            failures.remember(&url(number), &FetchError::Timeout);
        }
        assert_eq!(failures.recall(&url(0)), None);
        assert_eq!(failures.recall(&url(1)), Some(FetchError::Timeout));
        assert_eq!(failures.latest.lock().expect("no panic with the lock").len(), MAX_REMEMBERED);
    }
}
