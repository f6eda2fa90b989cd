//! How many fetches run at once: in all, and from one host, so that one slow origin cannot take every place.
//!
//! A permit covers one exchange with one host. The host's is taken before the common one, and the address's, once it is
//! known, after both: always in this order, so waiting cannot go in a circle. Dropping a permit gives both back, whatever ended the exchange.
//! Who waits for a busy host sits in another room than who waits for a common place, and the crowd at one host leaves as many
//! seats as it takes: crowds at a few slow hosts turn nobody else away. Places are many, for an open socket costs little; what costs is what arrives, counted by `held`.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::error::FetchError;
use super::line::Line;
use crate::limits::FetchLimits;

/// Fetches that may wait for each place of one host: enough for a gallery's thumbnails at once, too few to fill the room.
const SEATS_PER_PLACE: usize = 16;

/// How many hosts may be busy at one address, behind a network that carries many sites say.
const NAMES_PER_ADDRESS: usize = 8;

/// The places there are.
#[derive(Clone, Debug)]
pub(super) struct Permits {
    all: Arc<Semaphore>,
    /// The room of those who wait for a common place.
    waiting: Arc<Semaphore>,
    /// The room of those who wait for their host.
    waiting_for_hosts: Arc<Semaphore>,
    hosts: Arc<Hosts>,
    addresses: AddressPermits,
}

/// The places at each address and port.
#[derive(Clone, Debug)]
pub(super) struct AddressPermits(Arc<Hosts>);

/// One place for each network that pages come from.
#[derive(Clone, Debug)]
pub(super) struct NetworkPermits(Arc<Hosts>);

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
    places: Mutex<HashMap<String, Arc<Places>>>,
}

/// One host's.
#[derive(Debug)]
struct Places {
    running: Arc<Semaphore>,
    seats: Semaphore,
}

/// A claim on a host's entry, with a place there once it has one.
#[derive(Debug)]
pub(super) struct HostPermit {
    hosts: Arc<Hosts>,
    host: String,
    places: Option<Arc<Places>>,
    place: Option<OwnedSemaphorePermit>,
}

impl Permits {
    pub(super) fn new(limits: &FetchLimits) -> Self {
        let hosts = Hosts::new(limits.max_concurrent_per_host.max(1));
        let room = |seats: usize| Arc::new(Semaphore::new(seats.min(Semaphore::MAX_PERMITS)));
        Self {
            all: room(limits.max_concurrent.max(1)),
            waiting: room(limits.max_waiting),
            waiting_for_hosts: room(limits.max_waiting),
            addresses: AddressPermits::new(hosts.each.saturating_mul(NAMES_PER_ADDRESS)),
            hosts,
        }
    }

    /// Takes a place for one exchange with `host`; waits for it until `deadline` if the waiting rooms have space.
    pub(super) async fn take(
        &self,
        host: &str,
        line: &Line,
        deadline: Instant,
    ) -> Result<Permit, FetchError> {
        let mut host = HostPermit::claim(&self.hosts, host);
        if !host.try_take() {
            // As much of the room as the host leaves free, and no more: however many hosts are busy, the next finds seats.
            if host.waiting() >= self.waiting_for_hosts.available_permits() {
                return Err(FetchError::Busy);
            }
            let _seat = self.waiting_for_hosts.try_acquire().map_err(|_| FetchError::Busy)?;
            line.stand(deadline, host.take()).await??;
        }
        let all = match self.all.clone().try_acquire_owned() {
            Ok(all) => all,
            Err(_) => {
                let _seat = self.waiting.try_acquire().map_err(|_| FetchError::Busy)?;
                let all = line.stand(deadline, self.all.clone().acquire_owned()).await?;
                all.map_err(|_| FetchError::Busy)?
            }
        };
        Ok(Permit { _all: all, _host: host })
    }

    /// The places at the addresses that hosts turn out to have.
    pub(super) fn addresses(&self) -> &AddressPermits {
        &self.addresses
    }
}

impl AddressPermits {
    /// As many places for `each` address and port.
    pub(super) fn new(each: usize) -> Self {
        Self(Hosts::new(each))
    }

    /// Takes a place at this address; waits for it until `deadline` if a seat is free.
    pub(super) async fn take(
        &self,
        address: SocketAddr,
        line: &Line,
        deadline: Instant,
    ) -> Result<HostPermit, FetchError> {
        // Whoever has one address of IPv6 has 64 bits of them.
        let place = match address.ip() {
            IpAddr::V4(_) => address.to_string(),
            IpAddr::V6(ip) => format!("{:x} {}", ip.to_bits() >> 64, address.port()),
        };
        self.0.place(&place, line, deadline).await
    }
}

impl NetworkPermits {
    /// One for each network of those who say what they like: an address, or all of IPv6 that have
    /// their first 48 bits in common: one customer's, as a rule.
    pub(super) fn new() -> Self {
        Self(Hosts::new(1))
    }

    /// Takes the place of this address's network; waits for it until `deadline` if a seat is free.
    pub(super) async fn take(
        &self,
        address: IpAddr,
        line: &Line,
        deadline: Instant,
    ) -> Result<HostPermit, FetchError> {
        let network = match address {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => (address.to_bits() >> 80).to_string(),
        };
        self.0.place(&network, line, deadline).await
    }
}

impl Hosts {
    fn new(each: usize) -> Arc<Self> {
        Arc::new(Self { each, places: Mutex::default() })
    }

    async fn place(
        self: &Arc<Self>,
        name: &str,
        line: &Line,
        deadline: Instant,
    ) -> Result<HostPermit, FetchError> {
        let mut permit = HostPermit::claim(self, name);
        if !permit.try_take() {
            line.stand(deadline, permit.take()).await??;
        }
        Ok(permit)
    }
}

impl HostPermit {
    fn claim(hosts: &Arc<Hosts>, host: &str) -> Self {
        let mut places = hosts.places.lock().unwrap_or_else(PoisonError::into_inner);
        let of_host = places.entry(host.to_owned()).or_insert_with(|| Arc::new(Places::new(hosts.each)));
        Self { hosts: hosts.clone(), host: host.to_owned(), places: Some(of_host.clone()), place: None }
    }

    fn try_take(&mut self) -> bool {
        let running = self.places.as_ref().map(|places| places.running.clone());
        self.place = running.and_then(|running| running.try_acquire_owned().ok());
        self.place.is_some()
    }

    /// How many wait for a place here.
    fn waiting(&self) -> usize {
        let free = self.places.as_ref().map_or(0, |places| places.seats.available_permits());
        seats(self.hosts.each).saturating_sub(free)
    }

    /// Waits for a place, if a seat is free; those who wait are served in their order.
    async fn take(&mut self) -> Result<(), FetchError> {
        let places = self.places.as_ref().ok_or(FetchError::Busy)?;
        let _seat = places.seats.try_acquire().map_err(|_| FetchError::Busy)?;
        let place = places.running.clone().acquire_owned().await.map_err(|_| FetchError::Busy)?;
        self.place = Some(place);
        Ok(())
    }
}

impl Places {
    fn new(each: usize) -> Self {
        Self { running: Arc::new(Semaphore::new(each)), seats: Semaphore::new(seats(each)) }
    }
}

/// How many may wait for one host, which has so many places.
fn seats(each: usize) -> usize {
    each.saturating_mul(SEATS_PER_PLACE).min(Semaphore::MAX_PERMITS)
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

    async fn take(permits: &Permits, host: &str, deadline: Instant) -> Result<Permit, FetchError> {
        permits.take(host, &Line::default(), deadline).await
    }

    fn hosts_known(permits: &Permits) -> usize {
        permits.hosts.places.lock().expect("no test panics with the lock").len()
    }

    #[tokio::test]
    async fn one_host_cannot_take_every_place() {
        let permits = permits(3, 2, 10);
        let first = take(&permits, "a.example", soon()).await.expect("a place");
        let _second = take(&permits, "a.example", soon()).await.expect("a place");
        assert_eq!(
            take(&permits, "a.example", soon()).await.expect_err("the host is full"),
            FetchError::Busy
        );
        let _other = take(&permits, "b.example", soon()).await.expect("another host has its own places");
        assert_eq!(take(&permits, "c.example", soon()).await.expect_err("all is full"), FetchError::Busy);
        drop(first);
        take(&permits, "a.example", soon()).await.expect("the place came back");
    }

    #[tokio::test]
    async fn who_waits_is_served_when_a_place_comes_back() {
        let permits = permits(1, 1, 1);
        let held = take(&permits, "a.example", soon()).await.expect("a place");
        let waiter = tokio::spawn({
            let permits = permits.clone();
            async move { take(&permits, "b.example", Instant::now() + Duration::from_secs(30)).await.map(drop) }
        });
        while permits.waiting.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(take(&permits, "c.example", soon()).await.expect_err("no seat left"), FetchError::Busy);
        drop(held);
        waiter.await.expect("no panic").expect("served");
        assert_eq!(permits.waiting.available_permits(), 1);
    }

    #[tokio::test]
    async fn an_address_has_its_places_whatever_its_names() {
        let (addresses, line) = (AddressPermits::new(1), Line::default());
        let address = |port| SocketAddr::from(([192, 0, 2, 1], port));
        let held = addresses.take(address(80), &line, soon()).await.expect("a place");
        addresses.take(address(443), &line, soon()).await.expect("another port is another server");
        assert_eq!(addresses.take(address(80), &line, soon()).await.expect_err("full"), FetchError::Busy);
        let mut waiting = Box::pin(addresses.take(address(80), &line, soon()));
        assert!(futures_util::poll!(&mut waiting).is_pending());
        assert!(line.is_standing());
        drop(held);
        waiting.await.expect("the place came back");
        assert!(addresses.0.places.lock().expect("no panic with the lock").is_empty());
    }

    #[tokio::test]
    async fn all_addresses_of_an_ipv6_subnet_share_their_places() {
        let (addresses, line) = (AddressPermits::new(1), Line::default());
        let take = |address: &str| addresses.take(address.parse().expect("an address"), &line, soon());
        let _held = take("[2001:db8::1]:443").await.expect("a place");
        assert_eq!(take("[2001:db8::ffff:1]:443").await.expect_err("the same subnet"), FetchError::Busy);
        take("[2001:db8::1]:80").await.expect("another port");
        take("[2001:db8:0:1::1]:443").await.expect("another subnet");
    }

    #[tokio::test]
    async fn all_addresses_of_an_ipv6_network_are_one() {
        let (networks, line) = (NetworkPermits::new(), Line::default());
        let take = |address: &str| networks.take(address.parse().expect("an address"), &line, soon());
        let _held = [take("192.0.2.1").await.expect("a place"), take("2001:db8::1").await.expect("a place")];
        take("192.0.2.2").await.expect("another network");
        take("2001:db8:1::1").await.expect("another network");
        for same in ["192.0.2.1", "2001:db8:0:ffff::1"] {
            assert_eq!(take(same).await.expect_err(same), FetchError::Busy);
        }
    }

    #[tokio::test]
    async fn hosts_are_forgotten_when_nothing_runs_or_waits_there() {
        let permits = permits(2, 1, 10);
        for number in 0..1_000 {
            drop(take(&permits, &format!("{number}.example"), soon()).await.expect("a place"));
        }
        assert_eq!(hosts_known(&permits), 0);
        let held = take(&permits, "a.example", soon()).await.expect("a place");
        assert_eq!(take(&permits, "a.example", soon()).await.expect_err("full"), FetchError::Busy);
        assert_eq!(hosts_known(&permits), 1, "who gave up waiting leaves no trace, who runs still counts");
        drop(held);
        assert_eq!(hosts_known(&permits), 0);
        assert_eq!((permits.all.available_permits(), permits.waiting.available_permits()), (2, 10));
    }

    #[tokio::test]
    async fn crowds_at_busy_hosts_turn_nobody_else_away() {
        let permits = permits(10, 1, 40);
        let busy = ["a.example", "b.example", "c.example"];
        let mut held = Vec::new();
        for host in busy {
            held.push(take(&permits, host, soon()).await.expect("a place"));
        }
        let later = Instant::now() + Duration::from_secs(30);
        let mut crowd = Vec::new();
        for host in busy {
            for _ in 0..40 {
                let mut taking = Box::pin(take(&permits, host, later));
                if futures_util::poll!(&mut taking).is_pending() {
                    crowd.push(taking);
                }
            }
        }
        assert_eq!(crowd.len(), 16 + 12 + 6, "16 at the first, then at each half of what is left");
        let other = take(&permits, "d.example", soon()).await.expect("who is not busy is served at once");
        let mut second = Box::pin(take(&permits, "d.example", later));
        assert!(futures_util::poll!(&mut second).is_pending(), "and who waits there has a seat");
        drop(second);
        drop(crowd);
        drop(held);
        drop(other);
        assert_eq!(
            (permits.all.available_permits(), permits.waiting_for_hosts.available_permits()),
            (10, 40)
        );
        assert_eq!(hosts_known(&permits), 0);
    }
}
