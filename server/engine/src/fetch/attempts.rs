//! Which of a name's addresses answers first: they are tried in turn, a quarter of a second apart, and side by side.
//!
//! One after the other, a dead first address would cost its whole time limit at every fetch; all at once, every name with
//! eight addresses would be called eight times. This is RFC 8305 ("happy eyeballs"), for addresses that were judged before.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::time::{Instant, timeout_at};

/// Addresses of one name that are tried; a hostile zone may answer with thousands.
pub(super) const MAX_ADDRESSES: usize = 8;

/// How long an address is tried before the next one is too (RFC 8305, section 5).
const HEAD_START: Duration = Duration::from_millis(250);

/// How all of them failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// There was none.
    None,
    /// One of them did, the last.
    Of(SocketAddr, io::Error),
    /// None answered in time.
    Timeout,
}

/// The addresses to try, in this order: kinds in turn, IPv6 first (RFC 8305, section 4).
pub(super) fn in_turn(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let (mut now, mut next): (VecDeque<_>, VecDeque<_>) =
        addresses.into_iter().partition(SocketAddr::is_ipv6);
    let mut order = Vec::new();
    while order.len() < MAX_ADDRESSES {
        std::mem::swap(&mut now, &mut next);
        let Some(address) = next.pop_front().or_else(|| now.pop_front()) else { break };
        order.push(address);
    }
    order
}

/// The connection that `call` gets from the first of these addresses that gives one until `deadline`. Who fails makes room for
/// the next at once.
pub(super) async fn first<C, F>(
    addresses: &[SocketAddr],
    deadline: Instant,
    call: impl Fn(SocketAddr) -> F,
) -> Result<(C, SocketAddr), Failure>
where
    F: Future<Output = io::Result<C>>,
{
    let mut waiting = addresses.iter();
    let mut running = FuturesUnordered::new();
    let mut failure = Failure::None;
    loop {
        running.extend(waiting.next().map(|&address| {
            let called = call(address);
            async move { (address, called.await) }
        }));
        let until = if waiting.len() > 0 { deadline.min(Instant::now() + HEAD_START) } else { deadline };
        match timeout_at(until, running.next()).await {
            Ok(Some((address, Ok(stream)))) => return Ok((stream, address)),
            Ok(Some((address, Err(error)))) => failure = Failure::Of(address, error),
            Ok(None) => return Err(failure),
            Err(_) if until == deadline => return Err(Failure::Timeout),
            Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;
    use tokio::net::{TcpListener, TcpStream};
    use tokio::time::sleep;

    use super::super::network::Network;
    use super::*;

    /// What the addresses of a name do when they are called: by the last number.
    #[derive(Debug)]
    struct Street {
        there: TcpListener,
        since: Instant,
        calls: Mutex<Vec<(u8, u128)>>,
    }

    const SILENT: u8 = 1;
    const CLOSED: u8 = 2;
    const THERE: u8 = 3;
    const SLOW: u8 = 4;

    impl Street {
        async fn new() -> Self {
            let there = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            Self { there, since: Instant::now(), calls: Mutex::default() }
        }

        /// How the first connection comes about: to whom, and who was called after how many milliseconds.
        async fn first(&self, of: &[u8]) -> (Result<u8, Failure>, Vec<(u8, u128)>) {
            let addresses: Vec<_> = of.iter().map(|&number| ([192, 0, 2, number], 80).into()).collect();
            let deadline = Instant::now() + Duration::from_secs(5);
            let first = first(&addresses, deadline, |address| self.connect(address)).await;
            let to = first.map(|(_, address)| number(address));
            (to, std::mem::take(&mut self.calls.lock().expect("no panic with the lock")))
        }
    }

    fn number(address: SocketAddr) -> u8 {
        match address.ip() {
            std::net::IpAddr::V4(ip) => ip.octets()[3],
            std::net::IpAddr::V6(ip) => ip.octets()[15],
        }
    }

    #[async_trait]
    impl Network for Street {
        async fn resolve(&self, _: &str) -> io::Result<Vec<std::net::IpAddr>> {
            unreachable!("addresses are called")
        }

        async fn connect(&self, address: SocketAddr) -> io::Result<TcpStream> {
            let call = (number(address), self.since.elapsed().as_millis());
            self.calls.lock().expect("no panic with the lock").push(call);
            match number(address) {
                SILENT => std::future::pending().await,
                CLOSED => return Err(io::ErrorKind::ConnectionRefused.into()),
                SLOW => sleep(Duration::from_millis(300)).await,
                _ => {}
            }
            let stream = std::net::TcpStream::connect(self.there.local_addr()?)?;
            stream.set_nonblocking(true)?;
            TcpStream::from_std(stream)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_address_costs_a_quarter_of_a_second_and_a_closed_one_nothing() {
        for (of, to, calls) in [
            (&[THERE, SILENT][..], THERE, vec![(THERE, 0)]),
            (&[SILENT, THERE], THERE, vec![(SILENT, 0), (THERE, 250)]),
            (&[CLOSED, THERE], THERE, vec![(CLOSED, 0), (THERE, 0)]),
            (&[SILENT, CLOSED, THERE], THERE, vec![(SILENT, 0), (CLOSED, 250), (THERE, 250)]),
            // Who was called before goes on, and may still be the first.
            (&[SLOW, SILENT, THERE], SLOW, vec![(SLOW, 0), (SILENT, 250)]),
        ] {
            let (first, called) = Street::new().await.first(of).await;
            assert_eq!((first.ok(), called), (Some(to), calls), "{of:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn where_nobody_answers_the_last_failure_or_the_time_that_is_over_is_told() {
        let street = Street::new().await;
        assert!(matches!(street.first(&[]).await.0, Err(Failure::None)));
        assert!(matches!(street.first(&[CLOSED, CLOSED]).await.0, Err(Failure::Of(..))));
        assert_eq!(street.since.elapsed(), Duration::ZERO);
        assert!(matches!(street.first(&[CLOSED, SILENT, CLOSED]).await.0, Err(Failure::Timeout)));
        assert_eq!(street.since.elapsed(), Duration::from_secs(5));
    }

    #[test]
    fn kinds_take_turns_and_only_a_few_of_many_are_tried() {
        let addresses = |list: &[&str]| -> Vec<SocketAddr> {
            list.iter().map(|text| text.parse().expect(text)).collect()
        };
        assert_eq!(
            in_turn(addresses(&["8.8.8.8:80", "8.8.4.4:80", "1.1.1.1:80", "[2606::1]:80", "[2606::2]:80"])),
            addresses(&["[2606::1]:80", "8.8.8.8:80", "[2606::2]:80", "8.8.4.4:80", "1.1.1.1:80"])
        );
        assert_eq!(in_turn(addresses(&["[2606::1]:80"; 1_000])).len(), MAX_ADDRESSES);
        assert_eq!(in_turn(Vec::new()), []);
    }
}
