//! The one way out: every connection of the fetcher, for names, literals, redirects and pages alike, is made here.
//!
//! A host is resolved, every answer is judged, and the connection goes to exactly the addresses that were judged: there is
//! no second look-up in which a name could change its mind (DNS rebinding). It knows no proxies, so the environment cannot
//! lead around it. A place at the address is taken before anybody is called there: names cost nothing, so that a zone may
//! have thousands for one machine, its own or a victim's.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hickory_resolver::net::NetError;
use http::Uri;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::either::Either;
use url::Host;

use super::address::{AddressRules, literal};
use super::attempts::{self, in_turn};
use super::error::FetchError;
use super::guard;
use super::head_cap::HeadCapped;
use super::host_port::plain_name;
use super::line::Line;
use super::network::SharedNetwork;
use super::permits::{AddressPermits, HostPermit};
use crate::error::with_causes;
use crate::limits::FetchLimits;

/// `ENFILE` and `EMFILE`, the same on every Unix; `std` has no name for them.
const TOO_MANY_OPEN_FILES: [i32; 2] = [23, 24];

/// A connection that was judged, plain or with TLS; an answer with a long head ends it.
pub(super) type Stream = HeadCapped<Either<TcpStream, TlsStream<TcpStream>>>;

/// Makes connections to public addresses and to what the operator lets through.
#[derive(Clone)]
pub(super) struct Connector {
    rules: Arc<AddressRules>,
    network: SharedNetwork,
    tls: TlsConnector,
    dns_timeout: Duration,
    connect_timeout: Duration,
}

/// Why there is no connection; for the log only.
#[derive(Debug, thiserror::Error)]
pub(super) enum DialError {
    #[error("the address has no host")]
    NoHost,
    #[error("refused: {address} is {block}")]
    Refused { address: SocketAddr, block: &'static str },
    #[error("refused: {address} is this machine")]
    OwnMachine { address: SocketAddr },
    #[error("connected to {peer} instead of {address}")]
    OtherPeer { address: SocketAddr, peer: SocketAddr },
    #[error("no such host")]
    NoSuchHost(#[source] io::Error),
    #[error("the name has no address")]
    NoAddress,
    #[error("name resolution takes too long")]
    LookupTimeout,
    #[error("no connection to {address}")]
    NoConnection { address: SocketAddr, source: io::Error },
    #[error("no connection in time")]
    ConnectTimeout,
    #[error("no TLS with {address}")]
    NoTls { address: SocketAddr, source: io::Error },
    #[error("too many fetches from one address, whatever its names are")]
    Crowded,
    #[error("this machine has no more sockets")]
    NoSockets(#[source] io::Error),
}

impl DialError {
    /// What `error` is when it is this machine that has no more sockets.
    fn shortage(error: io::Error) -> Result<Self, io::Error> {
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

    /// As it is told. What fails for want of something here is not the origin's fault, and passes.
    pub(super) fn told(&self) -> FetchError {
        let detail = with_causes(self);
        if matches!(self, Self::NoSockets(_) | Self::Crowded) {
            tracing::warn!(detail, "a fetch finds no socket or no place");
            return FetchError::Busy;
        }
        FetchError::Unreachable { detail }
    }
}

impl Connector {
    /// Trusts what the system trusts (its certificate store).
    pub(super) fn new(
        rules: Arc<AddressRules>,
        network: SharedNetwork,
        limits: &FetchLimits,
    ) -> Result<Self, FetchError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(BuilderVerifierExt::with_platform_verifier)
            .map_err(|error| FetchError::Setup {
                detail: format!("no certificates to check servers with ({error}): install ca-certificates"),
            })?
            .with_no_client_auth();
        let FetchLimits { dns_timeout, connect_timeout, .. } = *limits;
        Ok(Self { rules, network, tls: Arc::new(tls).into(), dns_timeout, connect_timeout })
    }

    /// A connection to whom `uri` names, made for one exchange: resolve, judge, take a place, connect, look who is there.
    /// For the place it waits until `deadline`.
    pub(super) async fn connect(
        &self,
        uri: &Uri,
        places: &AddressPermits,
        line: &Line,
        deadline: Instant,
    ) -> Result<Stream, DialError> {
        let host = uri.host().and_then(plain_name).ok_or(DialError::NoHost)?;
        let is_secret = uri.scheme_str() == Some("https");
        let port = uri.port_u16().unwrap_or(if is_secret { 443 } else { 80 });
        let allowed = self.rules.allows(&host, port);
        let answers = match literal(&host) {
            Some(address) => vec![SocketAddr::new(address, port)],
            None => self.resolve(&host, port).await?,
        };
        let addresses = in_turn(if allowed { answers } else { vet(answers)? });
        let (stream, place, address) = self.call(&addresses, places, line, deadline).await?;
        check_peer(&stream, address, allowed)?;
        if !is_secret {
            return Ok(HeadCapped::new(Either::Left(stream), Some(place), address.ip()));
        }
        let limit = line.later(deadline).min(Instant::now() + self.connect_timeout);
        let tls = timeout_at(limit, self.tls.connect(name(&host)?, stream)).await;
        let tls = tls.map_err(|_| DialError::ConnectTimeout)?;
        let stream = tls.map_err(|source| DialError::NoTls { address, source })?;
        Ok(HeadCapped::new(Either::Right(stream), Some(place), address.ip()))
    }

    async fn resolve(&self, host: &Host<String>, port: u16) -> Result<Vec<SocketAddr>, DialError> {
        let lookup = async { self.network.resolve(&host.to_string()).await };
        let answers = timeout(self.dns_timeout, lookup).await.map_err(|_| DialError::LookupTimeout)?;
        let no_such_host = |error| DialError::shortage(error).unwrap_or_else(DialError::NoSuchHost);
        let answers = answers.map_err(no_such_host)?;
        Ok(answers.into_iter().map(|address| SocketAddr::new(address, port)).collect())
    }

    /// A connection to one of these addresses, with a place there. A place is taken before its address is called and given
    /// back with the call; where one is waited for, the next address is tried meanwhile.
    async fn call(
        &self,
        addresses: &[SocketAddr],
        places: &AddressPermits,
        line: &Line,
        deadline: Instant,
    ) -> Result<(TcpStream, HostPermit, SocketAddr), DialError> {
        let crowded = AtomicUsize::new(0);
        let call = async |address| {
            crowded.fetch_add(1, Ordering::Relaxed);
            let place = places.take(address, line, deadline).await.map_err(io::Error::other)?;
            crowded.fetch_sub(1, Ordering::Relaxed);
            let stream = timeout(self.connect_timeout, self.network.connect(address)).await;
            Ok((stream.map_err(|_| io::ErrorKind::TimedOut)??, place))
        };
        // Who had to wait for the place until then is called all the same, as long as anybody is.
        match attempts::first(addresses, line.later(deadline) + self.connect_timeout, call).await {
            Ok(((stream, place), address)) => Ok((stream, place, address)),
            // The one that was never called may have been the one that answers.
            Err(_) if crowded.load(Ordering::Relaxed) > 0 => Err(DialError::Crowded),
            Err(attempts::Failure::None) => Err(DialError::NoAddress),
            Err(attempts::Failure::Timeout) => Err(DialError::ConnectTimeout),
            Err(attempts::Failure::Of(address, error)) => Err(DialError::shortage(error)
                .unwrap_or_else(|source| DialError::NoConnection { address, source })),
        }
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Connector").field("rules", &self.rules).finish_non_exhaustive()
    }
}

/// What the certificate has to be for.
fn name(host: &Host<String>) -> Result<ServerName<'static>, DialError> {
    match host {
        Host::Domain(name) => ServerName::try_from(name.clone()).map_err(|_| DialError::NoHost),
        Host::Ipv4(address) => Ok(ServerName::IpAddress((*address).into())),
        Host::Ipv6(address) => Ok(ServerName::IpAddress((*address).into())),
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

    fn connector(allow: &[String]) -> Connector {
        let allow = allow.iter().map(|pair| pair.parse().expect(pair)).collect();
        let rules = AddressRules::new(allow, &[], vec![80, 443]).expect("rules");
        Connector::new(Arc::new(rules), Arc::new(SystemNetwork::default()), &FetchLimits::default())
            .expect("a connector")
    }

    async fn listener() -> (TcpListener, u16) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        (listener, port)
    }

    async fn connect(connector: &Connector, uri: &str) -> Result<Stream, DialError> {
        let deadline = Instant::now() + Duration::from_secs(9);
        let uri = uri.parse().expect(uri);
        connector.connect(&uri, &AddressPermits::new(9), &Line::default(), deadline).await
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
            let error = connect(&connector(&[]), &uri).await.expect_err(host);
            assert!(matches!(error, DialError::Refused { .. }), "{uri}: {error:?}");
        }
    }

    #[tokio::test]
    async fn what_the_operator_lists_is_let_through_and_nothing_beside_it() {
        let (_listener, port) = listener().await;
        let (_other, other_port) = listener().await;
        let connector = connector(&[format!("127.0.0.1:{port}")]);
        connect(&connector, &format!("http://127.0.0.1:{port}/")).await.expect("listed");
        for pair in
            [format!("127.0.0.1:{other_port}"), format!("127.0.0.2:{port}"), format!("localhost:{port}")]
        {
            let error = connect(&connector, &format!("http://{pair}/")).await.expect_err(&pair);
            assert!(matches!(error, DialError::Refused { .. }), "{pair}: {error:?}");
        }
    }

    #[tokio::test]
    async fn a_closed_port_is_no_connection() {
        let (listener, port) = listener().await;
        drop(listener);
        let connector = connector(&[format!("127.0.0.1:{port}")]);
        let error = connect(&connector, &format!("http://127.0.0.1:{port}/")).await.expect_err("closed");
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
