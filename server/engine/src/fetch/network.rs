//! Names and sockets, behind a trait: the connector decides, this does.
//!
//! It knows no rules. Names are resolved here and not by the system's own resolver: that blocks a thread for up to half a
//! minute whatever limit we set, so that one zone that never answers would stop all look-ups. The system's settings count
//! all the same (`/etc/resolv.conf`, `/etc/hosts`). It is a trait so that a test can see which addresses are called,
//! without calling anybody outside.

use std::fmt;
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{
    ConnectionConfig, LookupIpStrategy, NameServerConfig, ResolverConfig, ResolverOpts,
};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use tokio::net::TcpStream;

/// The files that say how names are resolved; read again when they change, as the system's own resolver does.
const SETTINGS: [&str; 2] = ["/etc/resolv.conf", "/etc/hosts"];

/// How long a name server may take for one answer, at most: asked twice, it leaves time within the limit of a look-up for
/// the addresses of the other kind when it answers for one only.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(1);

/// How often it is asked again.
const REPEATS: usize = 1;

/// A network shared by whoever connects.
pub type SharedNetwork = Arc<dyn Network>;

/// Finds the addresses of names, and connects to addresses. The caller judges them and sets the time limits: a call may
/// be given up at any time.
#[async_trait]
pub trait Network: fmt::Debug + Send + Sync {
    /// All addresses of `name`, of both kinds.
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>>;

    /// Opens a connection to exactly this address.
    async fn connect(&self, address: SocketAddr) -> io::Result<TcpStream>;
}

/// The name servers and the hosts that the system is set to, and its sockets.
#[derive(Debug, Default)]
pub struct SystemNetwork {
    /// A name server to ask instead of the system's.
    server: Option<SocketAddr>,
    resolver: Mutex<Option<Current>>,
}

/// A resolver, and the settings that it was made of.
#[derive(Debug)]
struct Current {
    resolver: Arc<TokioResolver>,
    written: [Option<SystemTime>; SETTINGS.len()],
}

impl SystemNetwork {
    /// Asks the name server at this address instead of those that the system is set to.
    #[must_use]
    pub fn asking(server: SocketAddr) -> Self {
        Self { server: Some(server), resolver: Mutex::default() }
    }

    fn resolver(&self) -> io::Result<Arc<TokioResolver>> {
        let written = SETTINGS.map(|file| fs::metadata(file).and_then(|about| about.modified()).ok());
        let mut current = self.resolver.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Current { resolver, .. }) = current.as_ref().filter(|current| current.written == written)
        {
            return Ok(Arc::clone(resolver));
        }
        let resolver = Arc::new(resolver_of(self.server).map_err(io::Error::other)?);
        *current = Some(Current { resolver: Arc::clone(&resolver), written });
        Ok(resolver)
    }
}

fn resolver_of(server: Option<SocketAddr>) -> Result<TokioResolver, NetError> {
    let (config, mut options) = match server {
        Some(server) => (only(server), ResolverOpts::default()),
        None => hickory_resolver::system_conf::read_system_conf().unwrap_or_else(|error| {
            // What the system's own resolver does without settings (resolv.conf(5)).
            tracing::warn!(%error, "no name server is set in {}: the one on this machine is asked", SETTINGS[0]);
            (only((Ipv4Addr::LOCALHOST, 53).into()), ResolverOpts::default())
        }),
    };
    // The guard has to see all addresses of a name.
    options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
    options.timeout = options.timeout.min(ANSWER_TIMEOUT);
    options.attempts = options.attempts.min(REPEATS);
    let provider = TokioRuntimeProvider::default();
    TokioResolver::builder_with_config(config, provider).with_options(options).build()
}

/// Settings that name this server and nothing else.
fn only(server: SocketAddr) -> ResolverConfig {
    let with_port = |mut connection: ConnectionConfig| {
        connection.port = server.port();
        connection
    };
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(with_port).into();
    let server = NameServerConfig::new(server.ip(), true, connections);
    ResolverConfig::from_parts(None, Vec::new(), vec![server])
}

#[async_trait]
impl Network for SystemNetwork {
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let resolver = self.resolver()?;
        Ok(resolver.lookup_ip(name).await.map_err(io::Error::other)?.iter().collect())
    }

    async fn connect(&self, address: SocketAddr) -> io::Result<TcpStream> {
        TcpStream::connect(address).await
    }
}
