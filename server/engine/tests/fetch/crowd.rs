//! Five hundred slow origins at once: they hold their own places and nobody else's, and give them all back.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use cutline_engine::fetch::{FetchError, FetchSettings, Fetcher, Network};
use futures_util::StreamExt;
use futures_util::stream::iter;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::{JoinSet, yield_now};

use crate::origin::{Act, Origin, picture as say_picture};
use crate::{fetcher, picture, settings};

const SLOW: usize = 500;
/// Machines that the slow names lead to: one has so many places, whatever its names are.
const SLOW_MACHINES: usize = 20;
const HONEST_HOSTS: usize = 50;
const HONEST_FETCHES: usize = 500;

/// How many honest fetches run at once.
const HONEST_AT_ONCE: usize = 8;

/// Every name is this machine.
#[derive(Debug)]
struct Wildcard;

#[async_trait]
impl Network for Wildcard {
    async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        Ok(vec![Ipv4Addr::LOCALHOST.into()])
    }

    async fn connect(&self, address: SocketAddr) -> io::Result<TcpStream> {
        TcpStream::connect(address).await
    }
}

/// Both ends of every connection are in this process.
#[cfg(unix)]
fn allow_open_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).expect("as many as allowed");
}

/// A third says nothing, a third drips a head, a third drips a body.
async fn slow_and_honest_origin() -> Origin {
    Origin::new(|path| match path.strip_prefix("/slow").map(|number| number.len() % 3) {
        Some(0) => Act::Stall(Vec::new()),
        Some(1) => Act::Drip(Vec::new(), b"HTTP/1.1 200 OK\r\nA: ".to_vec()),
        Some(_) => Act::Drip(b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), b"a".to_vec()),
        None => say_picture(),
    })
    .await
}

fn url(kind: &str, number: usize, port: u16) -> String {
    format!("http://{kind}{number}.example:{port}/{kind}{}", "x".repeat(number % 3))
}

/// The port of the machine that a slow name leads to.
fn port_of(slow: &[Origin], number: usize) -> u16 {
    slow[number % slow.len()].port()
}

async fn start_slow(fetcher: &Fetcher, origins: &[Origin]) -> JoinSet<FetchError> {
    let requests = || origins.iter().map(Origin::request_count).sum::<usize>();
    let before = requests();
    let mut slow = JoinSet::new();
    for number in 0..SLOW {
        let (fetcher, url) = (fetcher.clone(), url("slow", number, port_of(origins, number)));
        slow.spawn(async move { picture(&fetcher, &url).await.expect_err("slow") });
    }
    while requests() < before + SLOW {
        assert!(slow.try_join_next().is_none(), "all of them find a place");
        yield_now().await;
    }
    slow
}

/// The slowest of the quickest 99 in 100.
async fn honest_p99(fetcher: &Fetcher, port: u16) -> Duration {
    let fetches = (0..HONEST_FETCHES).map(|number| async move {
        let start = Instant::now();
        picture(fetcher, &url("honest", number % HONEST_HOSTS, port)).await.expect("honest");
        start.elapsed()
    });
    let mut times: Vec<_> = iter(fetches).buffer_unordered(HONEST_AT_ONCE).collect().await;
    times.sort_unstable();
    times[times.len() * 99 / 100]
}

#[tokio::test]
async fn five_hundred_slow_origins_hold_nobody_up_and_give_every_place_back() {
    #[cfg(unix)]
    allow_open_files();
    let honest = slow_and_honest_origin().await;
    let mut origins = Vec::new();
    for _ in 0..SLOW_MACHINES {
        origins.push(slow_and_honest_origin().await);
    }
    let mut settings = FetchSettings { network: Arc::new(Wildcard), ..settings(&[]) };
    let slow_names = (0..SLOW).map(|number| format!("slow{number}.example:{}", port_of(&origins, number)));
    let honest_names = (0..HONEST_HOSTS).map(|number| format!("honest{number}.example:{}", honest.port()));
    settings.allow =
        slow_names.chain(honest_names).map(|pair| pair.parse().expect("host and port")).collect();
    // As long as all of them may take to be under way.
    settings.limits.head_timeout = Duration::from_secs(12);
    settings.limits.stall_timeout = Duration::from_secs(12);
    // Nobody may wait, so that a place that did not come back shows.
    settings.limits.max_concurrent = SLOW + HONEST_AT_ONCE;
    settings.limits.max_waiting = 0;
    let fetcher = fetcher(settings);

    let mut slow = start_slow(&fetcher, &origins).await;
    let p99 = honest_p99(&fetcher, honest.port()).await;
    println!("p99 of {HONEST_FETCHES} honest fetches beside {SLOW} slow ones: {p99:?}");
    assert!(p99 < Duration::from_secs(3), "{p99:?}");
    slow.abort_all();
    while slow.join_next().await.is_some() {}

    // All places were given back, or these would not find any; now they end by themselves.
    let mut slow = start_slow(&fetcher, &origins).await;
    let (mut silent, mut stalled) = (0, 0);
    while let Some(error) = slow.join_next().await {
        match error.expect("no panic") {
            FetchError::Unreachable { .. } => silent += 1,
            FetchError::Timeout => stalled += 1,
            error => panic!("{error:?}"),
        }
    }
    assert_eq!((silent, stalled), (SLOW - SLOW / 3, SLOW / 3));
    let slow = start_slow(&fetcher, &origins).await;
    assert_eq!(slow.len(), SLOW);
}

/// A zone with a name for every fetch calls one machine no more often than a host with a few names could.
#[tokio::test]
async fn a_thousand_names_of_one_machine_do_not_make_a_thousand_connections() {
    let origin = Origin::always(Act::Stall(Vec::new())).await;
    let mut settings = FetchSettings { network: Arc::new(Wildcard), ..settings(&[]) };
    let name = |number: usize| format!("n{number}.example:{}", origin.port());
    settings.allow = (0..60).map(|number| name(number).parse().expect("host and port")).collect();
    settings.limits.max_concurrent_per_host = 1;
    settings.limits.total_timeout = Duration::from_secs(6);
    let fetcher = fetcher(settings);
    let mut fetches = JoinSet::new();
    for number in 0..60 {
        let (fetcher, url) = (fetcher.clone(), format!("http://{}/", name(number)));
        fetches.spawn(async move { picture(&fetcher, &url).await.expect_err("silent") });
    }
    while origin.requests().len() < 8 {
        yield_now().await;
    }
    // All others have begun, too, and wait.
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(origin.connections(), 8);
    // Who waits for a place has no connection, and hears that it is busy here: the origin is not to blame.
    let mut outcomes = Vec::new();
    while let Some(outcome) = fetches.join_next().await {
        outcomes.push(outcome.expect("no panic"));
    }
    let busy = outcomes.iter().filter(|&outcome| *outcome == FetchError::Busy).count();
    // On a busy machine who begins late may have the place of one that was given up.
    assert_eq!(60 - busy, origin.connections(), "{outcomes:?}");
    assert!(busy > 60 / 2, "{outcomes:?}");
    // Nor is that remembered of it.
    let error = picture(&fetcher, &format!("http://{}/", name(0))).await.expect_err("silent");
    assert!(matches!(error, FetchError::Unreachable { .. }), "{error:?}");
}

/// Every name is this machine, by an address that answers and another that refuses.
#[derive(Debug)]
struct TwoAddresses;

#[async_trait]
impl Network for TwoAddresses {
    async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()])
    }

    async fn connect(&self, address: SocketAddr) -> io::Result<TcpStream> {
        match address {
            SocketAddr::V4(_) => TcpStream::connect(address).await,
            SocketAddr::V6(_) => Err(io::ErrorKind::NetworkUnreachable.into()),
        }
    }
}

#[tokio::test]
async fn a_place_at_the_address_that_answers_is_waited_for_though_the_other_has_one() {
    let gate = Arc::new(Semaphore::new(0));
    let (head, rest) = (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n".to_vec(), b"abc".to_vec());
    let origin = Origin::always(Act::Gate(head, gate.clone(), rest)).await;
    let mut settings = FetchSettings { network: Arc::new(TwoAddresses), ..settings(&[]) };
    let name = |number: usize| format!("n{number}.example:{}", origin.port());
    settings.allow = (0..10).map(|number| name(number).parse().expect("host and port")).collect();
    settings.limits.max_concurrent_per_host = 1;
    let fetcher = fetcher(settings);
    let mut fetches = JoinSet::new();
    for number in 0..9 {
        let (fetcher, url) = (fetcher.clone(), format!("http://{}/", name(number)));
        fetches.spawn(async move { picture(&fetcher, &url).await.map(|picture| picture.bytes.len()) });
    }
    while origin.requests().len() < 8 {
        yield_now().await;
    }
    gate.add_permits(9);
    while let Some(outcome) = fetches.join_next().await {
        assert_eq!(outcome.expect("no panic"), Ok(3));
    }
}

#[tokio::test]
async fn a_body_of_a_byte_now_and_then_ends_long_before_the_whole_time_is_over() {
    let head = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    let origin = Origin::always(Act::Drip(head, b"a".to_vec())).await;
    let mut settings = settings(&[&origin]);
    settings.limits.stall_timeout = Duration::from_millis(200);
    settings.limits.total_timeout = Duration::from_secs(600);
    let (fetcher, url) = (fetcher(settings), origin.url("/"));
    let outcome = tokio::time::timeout(Duration::from_secs(20), picture(&fetcher, &url)).await;
    assert_eq!(outcome.expect("given up by then"), Err(FetchError::Timeout));
    origin.hung_up().await;
}

#[tokio::test]
async fn what_all_fetches_hold_together_is_bounded() {
    let origin =
        Origin::always(Act::Stall([b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), vec![7; 40_000]].concat())).await;
    let mut settings = settings(&[&origin]);
    settings.limits.max_concurrent_bytes = 100_000;
    let fetcher = fetcher(settings);
    let urls: Vec<_> = (0..4).map(|number| origin.url(&format!("/{number}"))).collect();
    let all = futures_util::future::join_all(urls.iter().map(|url| picture(&fetcher, url))).await;
    let count =
        |wanted: FetchError| all.iter().filter(|outcome| outcome.as_ref().err() == Some(&wanted)).count();
    assert!(count(FetchError::Busy) >= 2 && count(FetchError::Timeout) >= 1, "{all:?}");
}
