//! What platforms saw: calls, posts, and what must not be.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

/// Everything that all platforms of one run count.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) calls: u32,
    pub(crate) asked: u32,
    pub(crate) failed: u32,
    pub(crate) dropped: u32,
    pub(crate) slow: u32,
    /// Statuses that were recognised by their key.
    pub(crate) repeated: u32,
    /// Calls for a job before the time that was asked for.
    pub(crate) early: u32,
    /// How long after that time the job's next call came, in milliseconds.
    pub(crate) late_ms: Vec<f64>,
    not_before: HashMap<String, Instant>,
    seen: HashSet<(String, bool)>,
    /// Posts by the key of their request.
    by_key: HashMap<String, usize>,
    /// Posts of each job.
    by_job: HashMap<String, u32>,
}

impl Tally {
    /// A call of a job comes in.
    pub(crate) fn called(&mut self, job: &str) {
        self.calls += 1;
        if let Some(time) = self.not_before.remove(job) {
            let late = Instant::now().checked_duration_since(time);
            self.early += u32::from(late.is_none());
            self.late_ms.extend(late.map(|late| late.as_secs_f64() * 1_000.0));
        }
    }

    /// The job is not to call before this time has passed.
    pub(crate) fn pause(&mut self, job: &str, wait: Duration) {
        self.asked += 1;
        self.not_before.insert(job.to_owned(), Instant::now() + wait);
    }

    /// Whether this is the job's first upload, or its first status.
    pub(crate) fn is_first(&mut self, job: &str, is_status: bool) -> bool {
        self.seen.insert((job.to_owned(), is_status))
    }

    /// A post, unless there is one of that key; gives its number.
    pub(crate) fn post(&mut self, job: &str, key: &str) -> usize {
        let number = self.by_key.len() + 1;
        if let Some(known) = self.by_key.get(key) {
            self.repeated += 1;
            return *known;
        }
        self.by_key.insert(key.to_owned(), number);
        *self.by_job.entry(job.to_owned()).or_default() += 1;
        number
    }

    pub(crate) fn posts(&self) -> usize {
        self.by_key.len()
    }

    /// Jobs that were posted more than once.
    pub(crate) fn doubles(&self) -> usize {
        self.by_job.values().filter(|posts| **posts > 1).count()
    }

    /// Nothing is lost and nothing posted twice.
    pub(crate) fn expect_all_once(&self, jobs: usize) {
        assert_eq!((self.by_job.len(), self.doubles()), (jobs, 0), "jobs posted, jobs posted twice");
    }
}

/// The value below which this part of all lies.
pub(crate) fn quantile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index below the number of values"
    )]
    let index = (sorted.len().saturating_sub(1) as f64 * part).round() as usize;
    sorted.get(index).copied().unwrap_or(f64::NAN)
}
