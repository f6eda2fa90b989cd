//! How many fetches run at once: in all, and from one host, so that one slow origin cannot take every place.
//!
//! A permit covers one exchange with one host. The host's is taken before the common one and whoever has both waits for
//! nothing more, so waiting cannot go in a circle. Dropping a permit gives both back, whatever ended the exchange.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use super::error::FetchError;
use crate::limits::FetchLimits;

/// The places there are.
#[derive(Clone, Debug)]
pub(super) struct Permits {
    all: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    hosts: Arc<Hosts>,
}

/// One place, given back when dropped.
#[derive(Debug)]
pub(super) struct Permit {
    _all: OwnedSemaphorePermit,
    _host: HostPermit,
}

/// Hosts that have a fetch running or waiting, and no others: names cost an attacker nothing.
#[derive(Debug)]
struct Hosts {
    each: usize,
    places: Mutex<HashMap<String, Arc<Semaphore>>>,
}

/// A claim on a host's entry, with a place there once it has one.
#[derive(Debug)]
struct HostPermit {
    hosts: Arc<Hosts>,
    host: String,
    places: Option<Arc<Semaphore>>,
    place: Option<OwnedSemaphorePermit>,
}

impl Permits {
    pub(super) fn new(limits: &FetchLimits) -> Self {
        let hosts = Hosts { each: limits.max_concurrent_per_host.max(1), places: Mutex::default() };
        Self {
            all: Arc::new(Semaphore::new(limits.max_concurrent.max(1))),
            waiting: Arc::new(Semaphore::new(limits.max_waiting)),
            hosts: Arc::new(hosts),
        }
    }

    /// Takes a place for one exchange with `host`; waits for it until `deadline` if the waiting room has space.
    pub(super) async fn take(&self, host: &str, deadline: Instant) -> Result<Permit, FetchError> {
        let mut host = HostPermit::claim(&self.hosts, host);
        if host.try_take()
            && let Ok(all) = self.all.clone().try_acquire_owned()
        {
            return Ok(Permit { _all: all, _host: host });
        }
        let _seat = self.waiting.try_acquire().map_err(|_| FetchError::Busy)?;
        let both = async {
            host.take().await?;
            self.all.clone().acquire_owned().await.map_err(|_| FetchError::Busy)
        };
        let all = timeout_at(deadline, both).await.map_err(|_| FetchError::Busy)??;
        Ok(Permit { _all: all, _host: host })
    }
}

impl HostPermit {
    fn claim(hosts: &Arc<Hosts>, host: &str) -> Self {
        let mut places = hosts.places.lock().unwrap_or_else(PoisonError::into_inner);
        let of_host =
            places.entry(host.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(hosts.each))).clone();
        Self { hosts: hosts.clone(), host: host.to_owned(), places: Some(of_host), place: None }
    }

    fn try_take(&mut self) -> bool {
        self.place = self.places.clone().and_then(|places| places.try_acquire_owned().ok());
        self.place.is_some()
    }

    async fn take(&mut self) -> Result<(), FetchError> {
        if let (None, Some(places)) = (&self.place, self.places.clone()) {
            self.place = Some(places.acquire_owned().await.map_err(|_| FetchError::Busy)?);
        }
        Ok(())
    }
}

impl Drop for HostPermit {
    fn drop(&mut self) {
        self.place = None;
        let mut places = self.hosts.places.lock().unwrap_or_else(PoisonError::into_inner);
        // Under the lock nobody can make a new claim, so a count of one means that only the map still holds it.
        self.places = None;
        if places.get(&self.host).is_some_and(|of_host| Arc::strong_count(of_host) == 1) {
            places.remove(&self.host);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn permits(all: usize, each: usize, waiting: usize) -> Permits {
        Permits::new(&FetchLimits {
            max_concurrent: all,
            max_concurrent_per_host: each,
            max_waiting: waiting,
            ..FetchLimits::default()
        })
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_millis(50)
    }

    fn hosts_known(permits: &Permits) -> usize {
        permits.hosts.places.lock().expect("no test panics with the lock").len()
    }

    #[tokio::test]
    async fn one_host_cannot_take_every_place() {
        let permits = permits(3, 2, 10);
        let first = permits.take("a.example", soon()).await.expect("a place");
        let _second = permits.take("a.example", soon()).await.expect("a place");
        assert_eq!(permits.take("a.example", soon()).await.expect_err("the host is full"), FetchError::Busy);
        let _other = permits.take("b.example", soon()).await.expect("another host has its own places");
        assert_eq!(permits.take("c.example", soon()).await.expect_err("all is full"), FetchError::Busy);
        drop(first);
        permits.take("a.example", soon()).await.expect("the place came back");
    }

    #[tokio::test]
    async fn who_waits_is_served_when_a_place_comes_back() {
        let permits = permits(1, 1, 1);
        let held = permits.take("a.example", soon()).await.expect("a place");
        let waiter = tokio::spawn({
            let permits = permits.clone();
            async move { permits.take("a.example", Instant::now() + Duration::from_secs(30)).await.map(drop) }
        });
        while permits.waiting.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(permits.take("b.example", soon()).await.expect_err("no seat left"), FetchError::Busy);
        drop(held);
        waiter.await.expect("no panic").expect("served");
        assert_eq!(permits.waiting.available_permits(), 1);
    }

    #[tokio::test]
    async fn hosts_are_forgotten_when_nothing_runs_or_waits_there() {
        let permits = permits(2, 1, 10);
        for number in 0..1_000 {
            drop(permits.take(&format!("{number}.example"), soon()).await.expect("a place"));
        }
        assert_eq!(hosts_known(&permits), 0);
        let held = permits.take("a.example", soon()).await.expect("a place");
        assert_eq!(permits.take("a.example", soon()).await.expect_err("full"), FetchError::Busy);
        assert_eq!(hosts_known(&permits), 1, "who gave up waiting leaves no trace, who runs still counts");
        drop(held);
        assert_eq!(hosts_known(&permits), 0);
        assert_eq!((permits.all.available_permits(), permits.waiting.available_permits()), (2, 10));
    }
}
