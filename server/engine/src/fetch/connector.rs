//! The one way out: every connection of the fetcher, for names, literals, redirects and pages alike, is made here.
//!
//! A host is resolved, every answer is judged, and the connection goes to exactly the addresses that were judged: there is
//! no second look-up in which a name could change its mind (DNS rebinding). It replaces hyper-util's own connector because
//! that never asks its resolver about IP literals, and it knows no proxies, so the environment cannot lead around it.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hickory_resolver::net::NetError;
use http::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tower::{Service, ServiceExt};
use url::Host;

use super::address::{AddressRules, literal};
use super::attempts::{self, in_turn};
use super::error::FetchError;
use super::guard;
use super::head_cap::HeadCapped;
use super::host_port::plain_name;
use super::network::SharedNetwork;
use super::permits::AddressPermits;
use crate::limits::FetchLimits;

/// `ENFILE` and `EMFILE`, the same on every Unix; `std` has no name for them.
const TOO_MANY_OPEN_FILES: [i32; 2] = [23, 24];

/// How many hosts may be busy at one address, behind a network that carries many sites say.
const NAMES_PER_ADDRESS: usize = 8;

/// A connection that was judged.
pub(super) type Stream = HeadCapped<MaybeHttpsStream<TokioIo<TcpStream>>>;

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type Connecting<T> = Pin<Box<dyn Future<Output = Result<T, BoxError>> + Send>>;

/// TLS where asked for, over the guarded [`Dialer`], all within one time limit; answers with long heads end it.
#[derive(Clone, Debug)]
pub(super) struct Connector {
    https: HttpsConnector<Dialer>,
    limit: Duration,
    addresses: AddressPermits,
}

impl Connector {
    /// Trusts what the system trusts (its certificate store).
    pub(super) fn new(
        rules: Arc<AddressRules>,
        network: SharedNetwork,
        limits: &FetchLimits,
    ) -> Result<Self, FetchError> {
        let provider = rustls::crypto::ring::default_provider();
        let https = HttpsConnectorBuilder::new()
            .with_provider_and_platform_verifier(provider)
            .map_err(|error| FetchError::Setup {
                detail: format!("no certificates to check servers with ({error}): install ca-certificates"),
            })?
            .https_or_http()
            .enable_http1()
            .wrap_connector(Dialer::new(rules, network, limits));
        let addresses = AddressPermits::new(limits.max_concurrent_per_host.saturating_mul(NAMES_PER_ADDRESS));
        Ok(Self { https, limit: limits.dns_timeout + limits.connect_timeout, addresses })
    }

    /// A connection to whom `uri` names, made for one exchange.
    pub(super) async fn connect(&self, uri: &Uri) -> Result<Stream, BoxError> {
        let connecting = async {
            let stream = self.https.clone().oneshot(uri.clone()).await?;
            let place = self.addresses.take(peer_of(&stream)?).await.map_err(|_| DialError::Crowded)?;
            Ok(HeadCapped::new(stream, place))
        };
        timeout(self.limit, connecting).await.map_err(|_| DialError::ConnectTimeout)?
    }
}

fn peer_of(stream: &MaybeHttpsStream<TokioIo<TcpStream>>) -> std::io::Result<SocketAddr> {
    match stream {
        MaybeHttpsStream::Http(stream) => stream.inner().peer_addr(),
        MaybeHttpsStream::Https(stream) => stream.inner().get_ref().0.inner().inner().peer_addr(),
    }
}

/// Makes TCP connections to public addresses and to what the operator lets through.
#[derive(Clone, Debug)]
struct Dialer {
    rules: Arc<AddressRules>,
    network: SharedNetwork,
    dns_timeout: Duration,
    connect_timeout: Duration,
}

/// Why there is no connection; for the log only.
#[derive(Debug, thiserror::Error)]
enum DialError {
    #[error("the address has no host")]
    NoHost,
    #[error("refused: {address} is {block}")]
    Refused { address: SocketAddr, block: &'static str },
    #[error("refused: {address} is this machine")]
    OwnMachine { address: SocketAddr },
    #[error("connected to {peer} instead of {address}")]
    OtherPeer { address: SocketAddr, peer: SocketAddr },
    #[error("no such host")]
    NoSuchHost(#[source] std::io::Error),
    #[error("the name has no address")]
    NoAddress,
    #[error("name resolution takes too long")]
    LookupTimeout,
    #[error("no connection to {address}")]
    NoConnection { address: SocketAddr, source: std::io::Error },
    #[error("no connection in time")]
    ConnectTimeout,
    #[error("too many fetches from one address, whatever its names are")]
    Crowded,
    #[error("this machine has no more sockets")]
    NoSockets(#[source] std::io::Error),
}

/// Whether an exchange failed for want of something here: that is not the origin's fault, and passes.
pub(super) fn is_our_shortage(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut causes = std::iter::successors(Some(error), |error| error.source());
    causes.any(|cause| matches!(cause.downcast_ref(), Some(DialError::NoSockets(_) | DialError::Crowded)))
}

impl DialError {
    /// What `error` is when it is this machine that has no more sockets.
    fn shortage(error: std::io::Error) -> Result<Self, std::io::Error> {
        // Of hickory's errors, which have the system's inside.
        let code = error.raw_os_error().or_else(|| match error.get_ref()?.downcast_ref()? {
            NetError::Io(error) => error.raw_os_error(),
            _ => None,
        });
        if code.is_some_and(|code| TOO_MANY_OPEN_FILES.contains(&code)) {
            Ok(Self::NoSockets(error))
        } else {
            Err(error)
        }
    }
}

impl Service<Uri> for Dialer {
    type Response = TokioIo<TcpStream>;
    type Error = BoxError;
    type Future = Connecting<Self::Response>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let dialer = self.clone();
        Box::pin(async move { Ok(dialer.dial(&uri).await.map(TokioIo::new)?) })
    }
}

impl Dialer {
    fn new(rules: Arc<AddressRules>, network: SharedNetwork, limits: &FetchLimits) -> Self {
        let FetchLimits { dns_timeout, connect_timeout, .. } = *limits;
        Self { rules, network, dns_timeout, connect_timeout }
    }

    /// Resolve, judge, connect, look who is there.
    async fn dial(&self, uri: &Uri) -> Result<TcpStream, DialError> {
        let host = uri.host().and_then(plain_name).ok_or(DialError::NoHost)?;
        let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
        let allowed = self.rules.allows(&host, port);
        let answers = match literal(&host) {
            Some(address) => vec![SocketAddr::new(address, port)],
            None => self.resolve(&host, port).await?,
        };
        let addresses = in_turn(if allowed { answers } else { vet(answers)? });
        let (stream, address) = self.connect(&addresses).await?;
        check_peer(&stream, address, allowed)?;
        Ok(stream)
    }

    async fn resolve(&self, host: &Host<String>, port: u16) -> Result<Vec<SocketAddr>, DialError> {
        let lookup = async { self.network.resolve(&host.to_string()).await };
        let answers = timeout(self.dns_timeout, lookup).await.map_err(|_| DialError::LookupTimeout)?;
        let no_such_host = |error| DialError::shortage(error).unwrap_or_else(DialError::NoSuchHost);
        let answers = answers.map_err(no_such_host)?;
        Ok(answers.into_iter().map(|address| SocketAddr::new(address, port)).collect())
    }

    async fn connect(&self, addresses: &[SocketAddr]) -> Result<(TcpStream, SocketAddr), DialError> {
        let deadline = Instant::now() + self.connect_timeout;
        attempts::first(&*self.network, addresses, deadline).await.map_err(|failure| match failure {
            attempts::Failure::None => DialError::NoAddress,
            attempts::Failure::Timeout => DialError::ConnectTimeout,
            attempts::Failure::Of(address, error) => DialError::shortage(error)
                .unwrap_or_else(|source| DialError::NoConnection { address, source }),
        })
    }
}

/// The answers, if every one is public. One bad answer spoils the name: a zone that mixes public and
/// private addresses is wrong or hostile, and which of them is used must not be luck.
fn vet(answers: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, DialError> {
    for &address in &answers {
        guard::judge(address.ip()).map_err(|block| DialError::Refused { address, block })?;
    }
    Ok(answers)
}

/// The second lock: who is at the other end, whatever was said before, and that it is not this machine by its public name.
fn check_peer(stream: &TcpStream, address: SocketAddr, allowed: bool) -> Result<(), DialError> {
    let no_connection = |source| DialError::NoConnection { address, source };
    let (peer, local) = (stream.peer_addr(), stream.local_addr());
    judge_peer(address, peer.map_err(no_connection)?, local.map_err(no_connection)?, allowed)
}

fn judge_peer(
    address: SocketAddr,
    peer: SocketAddr,
    local: SocketAddr,
    allowed: bool,
) -> Result<(), DialError> {
    if (peer.ip(), peer.port()) != (address.ip(), address.port()) {
        return Err(DialError::OtherPeer { address, peer });
    }
    if allowed {
        return Ok(());
    }
    guard::judge(peer.ip()).map_err(|block| DialError::Refused { address, block })?;
    if local.ip() == peer.ip() {
        return Err(DialError::OwnMachine { address });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::super::network::SystemNetwork;
    use super::*;

    fn dialer(allow: &[String]) -> Dialer {
        let allow = allow.iter().map(|pair| pair.parse().expect(pair)).collect();
        let rules = AddressRules::new(allow, &[], vec![80, 443]).expect("rules");
        Dialer::new(Arc::new(rules), Arc::new(SystemNetwork::default()), &FetchLimits::default())
    }

    async fn listener() -> (TcpListener, u16) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        (listener, port)
    }

    async fn dial(dialer: &Dialer, uri: &str) -> Result<TcpStream, DialError> {
        dialer.dial(&uri.parse().expect(uri)).await
    }

    #[tokio::test]
    async fn the_connector_itself_refuses_loopback_by_literal_and_by_name() {
        let (_listener, port) = listener().await;
        for host in [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f.1",
            "0",
            "0.0.0.0",
            "[::1]",
            "[::ffff:7f00:1]",
            "localhost",
        ] {
            let uri = format!("http://{host}:{port}/");
            let error = dial(&dialer(&[]), &uri).await.expect_err(host);
            assert!(matches!(error, DialError::Refused { .. }), "{uri}: {error:?}");
        }
    }

    #[tokio::test]
    async fn what_the_operator_lists_is_let_through_and_nothing_beside_it() {
        let (_listener, port) = listener().await;
        let (_other, other_port) = listener().await;
        let dialer = dialer(&[format!("127.0.0.1:{port}")]);
        dial(&dialer, &format!("http://127.0.0.1:{port}/")).await.expect("listed");
        for pair in
            [format!("127.0.0.1:{other_port}"), format!("127.0.0.2:{port}"), format!("localhost:{port}")]
        {
            let error = dial(&dialer, &format!("http://{pair}/")).await.expect_err(&pair);
            assert!(matches!(error, DialError::Refused { .. }), "{pair}: {error:?}");
        }
    }

    #[tokio::test]
    async fn a_closed_port_is_no_connection() {
        let (listener, port) = listener().await;
        drop(listener);
        let dialer = dialer(&[format!("127.0.0.1:{port}")]);
        let error = dial(&dialer, &format!("http://127.0.0.1:{port}/")).await.expect_err("closed");
        assert!(matches!(error, DialError::NoConnection { .. }), "{error:?}");
    }

    #[tokio::test]
    async fn the_second_lock_refuses_a_private_or_unexpected_peer_however_it_was_reached() {
        let (listener, port) = listener().await;
        let address = listener.local_addr().expect("bound");
        let stream = TcpStream::connect(address).await.expect("connected");
        assert!(matches!(check_peer(&stream, address, false), Err(DialError::Refused { .. })));
        assert!(check_peer(&stream, address, true).is_ok());
        let expected = SocketAddr::from(([8, 8, 8, 8], port));
        assert!(matches!(check_peer(&stream, expected, true), Err(DialError::OtherPeer { .. })));
    }

    #[test]
    fn this_machine_by_its_public_address_is_refused_unless_it_is_listed() {
        let own = |port: u16| SocketAddr::from(([8, 8, 8, 8], port));
        let itself = |allowed| judge_peer(own(443), own(443), own(50_000), allowed);
        assert!(matches!(itself(false), Err(DialError::OwnMachine { .. })));
        assert!(itself(true).is_ok());
        let other = SocketAddr::from(([9, 9, 9, 9], 50_000));
        assert!(judge_peer(own(443), own(443), other, false).is_ok());
    }

    #[test]
    fn one_private_answer_spoils_a_name() {
        let answers =
            |list: &[&str]| list.iter().map(|text| text.parse().expect(text)).collect::<Vec<SocketAddr>>();
        assert!(vet(answers(&["8.8.8.8:80", "[2606:4700::1111]:80"])).is_ok());
        assert!(vet(answers(&["8.8.8.8:80", "10.0.0.1:80"])).is_err());
        let many = [vec!["8.8.8.8:80"; 1_000], vec!["127.0.0.1:80"]].concat();
        assert!(vet(answers(&many)).is_err(), "also when it would never be tried");
    }
}
