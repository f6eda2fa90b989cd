//! What platforms saw: calls, posts, and what must not be.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

/// A call whose head comes this soon after its account asked for a pause was on its way when that was said: the answer has
/// to be read, and a call that was decided before that has to connect. The report says how late the latest of them was.
const ON_ITS_WAY: Duration = Duration::from_millis(100);

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
    /// Calls to an account, of whatever job, before the time that it asked for; but for those that were on their way.
    pub(crate) early: u32,
    /// How long after the pause was asked for those came, in milliseconds.
    pub(crate) on_their_way_ms: Vec<f64>,
    /// How long after that time the job's next call came, in milliseconds.
    pub(crate) late_ms: Vec<f64>,
    /// When each account last asked for a pause, and until when.
    pauses: HashMap<String, (Instant, Instant)>,
    /// Jobs whose call was answered with a pause, and when that is over.
    sent_away: HashMap<String, Instant>,
    seen: HashSet<(String, bool)>,
    /// Posts by the key of their request.
    by_key: HashMap<String, usize>,
    /// Posts of each job.
    by_job: HashMap<String, u32>,
}

impl Tally {
    /// A call of a job to an account, whose head came in `now`, before its body was read.
    pub(crate) fn called(&mut self, account: &str, job: &str, now: Instant) {
        self.calls += 1;
        if let Some((asked, until)) = self.pauses.get(account).filter(|(_, until)| now < *until) {
            // What the account said to this job, it has heard.
            let is_told = self.sent_away.get(job).is_some_and(|until| now < *until);
            let after = now.saturating_duration_since(*asked);
            if is_told || after > ON_ITS_WAY {
                let before = *until - now;
                self.early += 1;
                eprintln!(
                    "early: {job} to {account}, {before:?} before its time and {after:?} after it was asked; told: {is_told}"
                );
            } else {
                self.on_their_way_ms.push(after.as_secs_f64() * 1_000.0);
            }
        }
        let late = self.sent_away.remove(job).and_then(|until| now.checked_duration_since(until));
        self.late_ms.extend(late.map(|late| late.as_secs_f64() * 1_000.0));
    }

    /// The account is not to be called before this time has passed, and this job was told so.
    pub(crate) fn pause(&mut self, account: &str, job: &str, wait: Duration) {
        self.asked += 1;
        let now = Instant::now();
        let (_, until) = self.pauses.entry(account.to_owned()).or_insert((now, now));
        let until = (*until).max(now + wait);
        self.pauses.insert(account.to_owned(), (now, until));
        self.sent_away.insert(job.to_owned(), now + wait);
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
