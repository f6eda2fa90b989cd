//! Names that change their mind: public while they are judged, loopback when they are connected to (DNS rebinding).
//!
//! The zone is a real name server (`dns`), asked as the program asks one. Only the calls are the tests' own: a call of a
//! public address would go outside, so it is noted and refused.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use cutline_engine::fetch::{FetchError, FetchSettings, Fetcher, Network, SystemNetwork};
use cutline_model::Source;
use futures_util::future::join_all;
use tokio::net::TcpStream;

use crate::dns::NameServer;
use crate::origin::{Origin, html, redirect};
use crate::{fetcher, picture, settings};

const PUBLIC: IpAddr = IpAddr::V4(Ipv4Addr::new(8, 8, 8, 8));
const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const PRIVATE: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));

/// A zone that gives the answers in turn, whatever the name, and a network in which only the loopback exists.
struct Zone {
    server: NameServer,
    network: Arc<Calls>,
}

/// The system's network, asking a name server of the tests, without a way outside.
#[derive(Debug)]
struct Calls {
    system: SystemNetwork,
    called: Mutex<Vec<IpAddr>>,
}

impl Zone {
    async fn of(answers: impl IntoIterator<Item = Vec<IpAddr>>) -> Self {
        let answers: Vec<_> = answers.into_iter().collect();
        Self::saying(move |_, turn| Some(answers[turn % answers.len()].clone())).await
    }

    async fn saying(answer: impl Fn(&str, usize) -> Option<Vec<IpAddr>> + Send + Sync + 'static) -> Self {
        let server = NameServer::new(answer).await;
        let system = SystemNetwork::asking(server.address);
        Self { server, network: Arc::new(Calls { system, called: Mutex::default() }) }
    }

    fn lookups(&self) -> usize {
        self.server.lookups()
    }

    /// How often a connection to a public address was asked for, and to any other.
    fn called(&self) -> (usize, usize) {
        let called = self.network.called.lock().expect("no panic with the lock");
        let public = called.iter().filter(|&&address| is_public(address)).count();
        (public, called.len() - public)
    }
}

fn is_public(address: IpAddr) -> bool {
    matches!(address, IpAddr::V4(address) if address.octets()[..2] == [8, 8])
}

/// So many public addresses.
fn public(count: u16) -> Vec<IpAddr> {
    let address = |number: u16| {
        let [high, low] = number.to_be_bytes();
        Ipv4Addr::new(8, 8, high, low).into()
    };
    (0..count).map(address).collect()
}

#[async_trait]
impl Network for Calls {
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        self.system.resolve(name).await
    }

    async fn connect(&self, address: SocketAddr) -> io::Result<TcpStream> {
        self.called.lock().expect("no panic with the lock").push(address.ip());
        if address.ip().is_loopback() {
            return self.system.connect(address).await;
        }
        Err(io::ErrorKind::ConnectionRefused.into())
    }
}

/// A fetcher in this zone that may go to the trap's port on every host, and to these origins.
fn fetcher_in(zone: &Zone, trap: &Origin, origins: &[&Origin]) -> Fetcher {
    fetcher(FetchSettings { ports: vec![trap.port()], network: zone.network.clone(), ..settings(origins) })
}

async fn check_unreachable(fetcher: &Fetcher, url: &str) {
    let error = picture(fetcher, url).await.expect_err(url);
    assert!(matches!(error, FetchError::Unreachable { .. }), "{error:?}");
}

#[tokio::test]
async fn of_a_thousand_fetches_of_a_name_that_changes_its_mind_none_reaches_loopback() {
    let trap = Origin::trap().await;
    let zone = Zone::of([vec![PUBLIC], vec![LOOPBACK]]).await;
    let fetcher = fetcher_in(&zone, &trap, &[]);
    let url = format!("http://rebind.example:{}/a.jpg", trap.port());
    for _ in 0..1_000 {
        check_unreachable(&fetcher, &url).await;
    }
    assert_eq!(zone.lookups(), 1_000, "one look-up for a fetch: what was judged is what is called");
    assert_eq!((zone.called(), trap.connections()), ((500, 0), 0));
}

#[tokio::test]
async fn a_name_with_public_and_private_answers_at_once_is_not_called_at_all() {
    let trap = Origin::trap().await;
    let zone = Zone::of([
        vec![PUBLIC, LOOPBACK],
        vec![LOOPBACK, PUBLIC],
        vec![PUBLIC, PUBLIC, PRIVATE],
        [public(1_000), vec![LOOPBACK]].concat(),
        vec![PUBLIC, IpAddr::V6("::1".parse().expect("an address"))],
        vec![PUBLIC, IpAddr::V6("::ffff:127.0.0.1".parse().expect("an address"))],
    ])
    .await;
    let fetcher = fetcher_in(&zone, &trap, &[]);
    for turn in 0..1_000 {
        check_unreachable(&fetcher, &format!("http://mixed{turn}.example:{}/a.jpg", trap.port())).await;
    }
    assert_eq!((zone.lookups(), zone.called(), trap.connections()), (1_000, (0, 0), 0));
}

#[tokio::test]
async fn a_name_that_turns_private_on_the_way_through_redirects_is_not_reached() {
    let trap = Origin::trap().await;
    let to_name = format!("http://rebind.example:{}/a.jpg", trap.port());
    let origin = Origin::always(redirect(&to_name)).await;
    let zone = Zone::of([vec![PUBLIC], vec![LOOPBACK], vec![PRIVATE]]).await;
    let fetcher = fetcher_in(&zone, &trap, &[&origin]);
    for _ in 0..300 {
        check_unreachable(&fetcher, &origin.url("/")).await;
    }
    assert_eq!((zone.lookups(), zone.called(), trap.connections()), (300, (100, 300), 0));
}

#[tokio::test]
async fn a_name_that_turns_private_between_a_pages_addresses_of_one_picture_is_not_reached() {
    let trap = Origin::trap().await;
    let host = format!("http://rebind.example:{}", trap.port());
    let source = |number| format!("<source media='(width: {number}px)' srcset='{host}/{number}'>");
    let sources: String = (2..=4).map(source).collect();
    let origin = Origin::always(html(format!("<picture>{sources}<img src='{host}/1'></picture>"))).await;
    let zone = Zone::of([vec![PUBLIC], vec![LOOPBACK]]).await;
    let fetcher = fetcher_in(&zone, &trap, &[&origin]);
    // With the size that the visitor saw, all addresses are tried.
    let page = origin.url("/");
    let json = format!(r#"{{"page_url":"{page}","index":0,"natural":{{"width":4,"height":3}}}}"#);
    let source: Source = serde_json::from_str(&json).expect("a source");
    for _ in 0..50 {
        let error = fetcher.source(&source).await.expect_err("refused");
        assert!(matches!(error, FetchError::Unreachable { .. }), "{error:?}");
    }
    assert_eq!((zone.lookups(), trap.connections()), (200, 0));
    assert_eq!(zone.called(), (100, 50), "the calls of the loopback are those of the page's own origin");
}

#[tokio::test]
async fn the_zone_leads_to_the_trap_when_the_name_is_listed() {
    let trap = Origin::trap().await;
    let zone = Zone::of([vec![LOOPBACK]]).await;
    let mut settings = settings(&[]);
    settings.allow = vec![format!("rebind.example:{}", trap.port()).parse().expect("host and port")];
    let fetcher = fetcher(FetchSettings { network: zone.network, ..settings });
    picture(&fetcher, &format!("http://rebind.example:{}/", trap.port())).await.expect("reached");
    assert_eq!(trap.connections(), 1);
}

#[tokio::test]
async fn of_a_thousand_addresses_of_a_name_a_few_are_tried() {
    let trap = Origin::trap().await;
    let zone = Zone::of([public(1_000)]).await;
    check_unreachable(&fetcher_in(&zone, &trap, &[]), &format!("http://many.example:{}/", trap.port())).await;
    assert_eq!(zone.called(), (8, 0));
    let nothing = Zone::of([Vec::new()]).await;
    check_unreachable(&fetcher_in(&nothing, &trap, &[]), &format!("http://none.example:{}/", trap.port()))
        .await;
    assert_eq!(nothing.called(), (0, 0));
}

#[tokio::test]
async fn a_resolver_that_says_nothing_is_waited_for_as_long_as_the_limit_says() {
    let zone = Zone::saying(|_, _| None).await;
    let mut settings = FetchSettings { network: zone.network.clone(), ..settings(&[]) };
    settings.limits.dns_timeout = Duration::from_millis(300);
    let error = picture(&fetcher(settings), "http://silent.example/").await.expect_err("no address");
    // It is our limit that has passed, and not one of the resolver's own.
    assert!(
        matches!(&error, FetchError::Unreachable { detail } if detail.contains("name resolution takes too long")),
        "{error:?}"
    );
    assert_eq!(zone.lookups(), 1);
}

#[tokio::test]
async fn five_hundred_names_of_a_silent_zone_hold_up_no_other_name() {
    const SILENT: usize = 500;
    let origin = Origin::trap().await;
    let zone = Zone::saying(|name, _| (!name.ends_with(".silent.example")).then(|| vec![LOOPBACK])).await;
    let honest = |number: usize| format!("honest{number}.example:{}", origin.port());
    let mut settings = FetchSettings { network: zone.network.clone(), ..settings(&[]) };
    settings.allow = (0..20).map(|number| honest(number).parse().expect("host and port")).collect();
    let fetcher = fetcher(settings);
    let start = Instant::now();
    let silent = join_all((0..SILENT).map(|number| {
        let fetcher = fetcher.clone();
        tokio::spawn(async move {
            check_unreachable(&fetcher, &format!("http://n{number}.silent.example/")).await;
        })
    }));
    while zone.lookups() < SILENT {
        tokio::task::yield_now().await;
    }
    for number in 0..20 {
        let start = Instant::now();
        picture(&fetcher, &format!("http://{}/", honest(number))).await.expect("honest");
        assert!(start.elapsed() < Duration::from_millis(2800), "{number}: {:?}", start.elapsed());
    }
    silent.await.into_iter().for_each(|fetch| fetch.expect("unreachable"));
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
}
