//! One exchange with an origin for all who ask for the same address at the same time.
//!
//! Who asks first starts it, in a task of its own that no asker owns: it ends when it has brought everything, when its
//! time is over, or when the last asker has gone, and then hangs up. Who comes while it is under way joins it; all
//! requests made here are alike, whoever they are made for, so one answer answers them all. How it failed is remembered.

mod failures;
mod flight;
mod pieces;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;
use url::Url;

use self::failures::Failures;
pub(super) use self::flight::{Courier, Reader};
use self::flight::{Flight, cut_short};
use super::error::FetchError;

/// The exchanges that are under way, by their addresses; each brings an `H` before its first byte.
#[derive(Debug)]
pub(super) struct Flights<H>(Arc<Inner<H>>);

#[derive(Debug)]
struct Inner<H> {
    under_way: Mutex<HashMap<Url, Arc<Flight<H>>>>,
    /// Told when one is off the list.
    landed: Notify,
    failures: Failures,
    /// How long one has.
    time: Duration,
}

impl<H> Clone for Flights<H> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<H: Clone + Send + Sync + 'static> Flights<H> {
    /// None yet. Each may take `time`; failures are remembered for `failures_kept`.
    pub(super) fn new(time: Duration, failures_kept: Duration) -> Self {
        let failures = Failures::new(failures_kept);
        Self(Arc::new(Inner { under_way: Mutex::default(), landed: Notify::new(), failures, time }))
    }

    /// Joins the exchange for `url`, or starts one with `fly`, which has to keep the deadline that it is given. It is the
    /// exchange's own: that of its first asker may be near, and must not end it for the others.
    pub(super) fn join<F>(
        &self,
        url: &Url,
        deadline: Instant,
        fly: impl FnOnce(Courier<H>, Instant) -> F,
    ) -> Result<Reader<H>, FetchError>
    where
        F: Future<Output = Result<(), FetchError>> + Send + 'static,
    {
        let mut under_way = self.0.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = under_way.get(url) {
            return Ok(flight.reader(deadline));
        }
        if let Some(error) = self.0.failures.recall(url) {
            return Err(error);
        }
        let flight = Flight::new(Instant::now() + self.0.time);
        let reader = flight.reader(deadline);
        under_way.insert(url.clone(), Arc::clone(&flight));
        drop(under_way);
        let flown = Box::pin(fly(flight.courier(), flight.deadline()));
        let landing = Landing { of: Arc::clone(&self.0), url: url.clone(), flight };
        tokio::spawn(async move {
            tokio::select! {
                biased;
                outcome = flown => landing.land(outcome),
                () = landing.abandoned() => {}
            }
        });
        Ok(reader)
    }

    /// Waits until none is under way.
    pub(super) async fn settled(&self) {
        let mut landed = std::pin::pin!(self.0.landed.notified());
        loop {
            // From here on no landing is missed, so that looking and then waiting leaves no gap.
            landed.as_mut().enable();
            if self.0.under_way.lock().unwrap_or_else(PoisonError::into_inner).is_empty() {
                return;
            }
            landed.as_mut().await;
            landed.set(self.0.landed.notified());
        }
    }
}

/// Takes an exchange off the list, whatever ended it.
struct Landing<H> {
    of: Arc<Inner<H>>,
    url: Url,
    flight: Arc<Flight<H>>,
}

impl<H> Landing<H> {
    fn land(&self, outcome: Result<(), FetchError>) {
        if let Err(error) = &outcome {
            // Before it is off the list: who comes next finds one or the other.
            self.of.failures.remember(&self.url, error);
        }
        // Before anybody is told: who asks again then asks the origin, or the cache.
        self.take_off_the_list();
        self.flight.end(outcome);
    }

    fn take_off_the_list(&self) {
        let mut under_way = self.of.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        // After it was abandoned, another may be under way.
        if under_way.get(&self.url).is_some_and(|flight| Arc::ptr_eq(flight, &self.flight)) {
            under_way.remove(&self.url);
        }
    }

    /// Ready when nobody waits for what has not ended; then nobody can join any more.
    async fn abandoned(&self) {
        loop {
            self.flight.empty().await;
            let mut under_way = self.of.under_way.lock().unwrap_or_else(PoisonError::into_inner);
            if self.flight.is_abandoned() {
                under_way.remove(&self.url);
                return;
            }
            drop(under_way);
            if self.flight.has_ended() {
                return std::future::pending().await;
            }
        }
    }
}

impl<H> Drop for Landing<H> {
    fn drop(&mut self) {
        self.take_off_the_list();
        self.of.landed.notify_waiters();
        self.flight.end(Err(cut_short()));
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use tokio::time::{sleep, timeout_at};

    use super::*;

    const TIME: Duration = Duration::from_secs(15);

    fn flights() -> Flights<u8> {
        Flights::new(TIME, Duration::from_secs(5))
    }

    fn url() -> Url {
        Url::parse("http://a.example/").expect("an address")
    }

    fn later(seconds: u64) -> Instant {
        Instant::now() + Duration::from_secs(seconds)
    }

    /// Brings a head after so many seconds.
    async fn bring(courier: Courier<u8>, seconds: u64) -> Result<(), FetchError> {
        sleep(Duration::from_secs(seconds)).await;
        courier.head(1);
        Ok(())
    }

    /// Joins an exchange that must be under way.
    fn join(flights: &Flights<u8>, deadline: Instant) -> Reader<u8> {
        let fly = |_, _| async { unreachable!("one is under way") };
        flights.join(&url(), deadline, fly).expect("no failure before")
    }

    #[tokio::test(start_paused = true)]
    async fn each_asker_has_its_own_time_and_the_first_ones_is_not_the_others() {
        let flights = flights();
        let mut hasty = flights.join(&url(), later(1), |courier, _| bring(courier, 5)).expect("a start");
        let mut patient = join(&flights, later(15));
        assert_eq!(hasty.head().await, Err(FetchError::no_answer()));
        drop(hasty);
        assert_eq!(patient.head().await, Ok(1));
    }

    #[tokio::test(start_paused = true)]
    async fn an_exchange_that_takes_too_long_ends_for_all_and_is_remembered() {
        let flights = flights();
        let start = Instant::now();
        let fly = |courier, deadline| async move {
            timeout_at(deadline, bring(courier, 60)).await.unwrap_or(Err(FetchError::Timeout))
        };
        let mut first = flights.join(&url(), later(15), fly).expect("a start");
        sleep(Duration::from_secs(10)).await;
        let mut late = join(&flights, later(15));
        assert_eq!(first.head().await, Err(FetchError::Timeout));
        assert_eq!(late.head().await, Err(FetchError::Timeout));
        assert_eq!(start.elapsed().as_secs(), 15);
        let fly = |courier, _| bring(courier, 1);
        assert_eq!(flights.join(&url(), later(15), fly).err(), Some(FetchError::Timeout));
        sleep(Duration::from_secs(5)).await;
        assert_eq!(flights.join(&url(), later(15), fly).expect("forgotten").head().await, Ok(1));
    }

    #[tokio::test(start_paused = true)]
    async fn an_origin_has_the_same_time_however_long_was_waited_here() {
        let flights = flights();
        let fly = |wait: u64, takes: u64| {
            move |courier: Courier<u8>, deadline| async move {
                let line = courier.line();
                line.stand(deadline, sleep(Duration::from_secs(wait))).await?;
                let answer = timeout_at(line.later(deadline), bring(courier, takes));
                answer.await.unwrap_or(Err(FetchError::Timeout))
            }
        };
        for (wait, takes, outcome) in [
            (0, 14, Ok(1)),
            (10, 14, Ok(1)),
            (20, 1, Err(FetchError::Busy)),
            (0, 1, Ok(1)),
            (10, 16, Err(FetchError::Timeout)),
            // It was the origin, so that is remembered.
            (0, 1, Err(FetchError::Timeout)),
        ] {
            let told = match flights.join(&url(), later(15), fly(wait, takes)) {
                Ok(mut reader) => reader.head().await,
                Err(error) => Err(error),
            };
            assert_eq!(told, outcome, "{wait} s here, {takes} s there");
            flights.settled().await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_everybody_left_is_begun_anew() {
        let flights = flights();
        drop(flights.join(&url(), later(15), |courier, _| bring(courier, 5)).expect("a start"));
        flights.settled().await;
        let mut next = flights.join(&url(), later(15), |courier, _| bring(courier, 1)).expect("a start");
        assert_eq!(next.head().await, Ok(1));
    }

    #[tokio::test]
    async fn an_exchange_that_breaks_is_off_the_list_and_its_readers_are_told() {
        let flights = flights();
        let fly = |courier: Courier<u8>, _| async move {
            courier.head(1);
            courier.push(Bytes::from_static(b"some"));
            panic!("deliberate")
        };
        let mut reader = flights.join(&url(), later(15), fly).expect("a start");
        assert_eq!(reader.head().await, Ok(1));
        assert_eq!(reader.next().await, Ok(Some(Bytes::from_static(b"some"))));
        assert_eq!(reader.next().await, Err(cut_short()));
        let mut next = flights.join(&url(), later(15), |courier, _| bring(courier, 0)).expect("a start");
        assert_eq!(next.head().await, Ok(1));
    }
}
