//! How long one job may take a decoder: by the time that it computes, since on a busy machine that is a part of what passes.

use std::time::Duration;

use tokio::time::Instant;

/// How many times the deadline may pass before a job ends, however little of it the decoder got: its place is wanted.
const MAX_STRETCH: u32 = 3;

/// What a job has left.
pub(super) struct Budget {
    pid: u32,
    deadline: Duration,
    /// What the decoder had computed when the job began.
    before: Duration,
    /// What has passed while it was not waiting for bytes.
    passed: Duration,
}

impl Budget {
    /// For a job that the decoder with this number begins now.
    pub(super) fn of(pid: u32, deadline: Duration) -> Self {
        Self { pid, deadline, before: computed(pid).unwrap_or_default(), passed: Duration::ZERO }
    }

    /// What `work` gives, unless it takes longer than the job may.
    pub(super) async fn within<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = std::pin::pin!(work);
        loop {
            let begin = Instant::now();
            let result = tokio::time::timeout(self.left()?, &mut work).await;
            self.passed += begin.elapsed();
            if let Ok(result) = result {
                return Some(result);
            }
        }
    }

    /// When to look again; nothing when all is used up.
    fn left(&self) -> Option<Duration> {
        let most = (self.deadline * MAX_STRETCH).checked_sub(self.passed).filter(|left| !left.is_zero())?;
        let has_computed = computed(self.pid).map_or(self.passed, |now| now.saturating_sub(self.before));
        let left = self.deadline.checked_sub(has_computed).filter(|left| !left.is_zero())?;
        Some(left.min(most))
    }
}

/// The processor time of a process, in its program and in the system for it.
fn computed(pid: u32) -> Option<Duration> {
    // proc_pid_stat(5): the name, in parentheses, may hold anything; utime and stime are the 12th and 13th behind it.
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11).map(str::parse::<u64>);
    let ticks = times.next()?.ok()?.checked_add(times.next()?.ok()?)?;
    Some(Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_process_computes_is_counted_and_what_it_sleeps_is_not() {
        let pid = std::process::id();
        let begin = computed(pid).expect("this process");
        let since = std::time::Instant::now();
        while computed(pid).expect("this process").saturating_sub(begin) < Duration::from_millis(50) {
            assert!(since.elapsed() < Duration::from_secs(30), "it computes all the time");
        }
        assert_eq!(computed(u32::MAX), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_job_whose_decoder_is_given_no_time_ends_after_three_deadlines() {
        // The first process of the system computes next to nothing.
        let mut budget = Budget::of(1, Duration::from_secs(5));
        let begin = Instant::now();
        assert_eq!(budget.within(tokio::time::sleep(Duration::from_secs(14))).await, Some(()));
        assert_eq!(budget.within(std::future::pending::<()>()).await, None);
        let passed = begin.elapsed();
        assert!((14_900..15_100).contains(&passed.as_millis()), "{passed:?}");
    }
}
