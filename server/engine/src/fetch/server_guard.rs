//! The guard for servers that visitors name: the platforms' client may be sent there with their tokens, and nowhere inside.
//!
//! The address is judged as the fetcher judges it, and must be https. Names are resolved here, each time that a connection is
//! made, and one refused answer spoils the name, so that a name cannot change its mind. reqwest never asks a resolver about
//! addresses that are written as numbers: those are judged by [`ServerGuard::check`], before every use of an account.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::time::timeout;
use url::{Host, Url};

use super::address::AddressRules;
use super::error::{AddressFault, FetchError};
use super::guard;
use super::host_port::{HostPort, plain, plain_name};
use super::network::SharedNetwork;

/// The one port of servers that are not listed.
const HTTPS: u16 = 443;

/// Judges servers, and resolves their names.
#[derive(Clone, Debug)]
pub struct ServerGuard {
    rules: Arc<AddressRules>,
    /// Names that the operator lets through, with the ports that they are let through at.
    allow: Arc<[HostPort]>,
    network: SharedNetwork,
    dns_timeout: Duration,
}

/// A server is not called; for the log only.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct ServerRefused {
    why: String,
}

impl ServerGuard {
    /// A guard that lets `allow` through, whatever they lead to and with or without TLS, but never `own_hosts`.
    pub fn new(
        allow: Vec<HostPort>,
        own_hosts: &[String],
        network: SharedNetwork,
        dns_timeout: Duration,
    ) -> Result<Self, FetchError> {
        let rules = Arc::new(AddressRules::new(allow.clone(), own_hosts, vec![HTTPS])?);
        Ok(Self { rules, allow: allow.into(), network, dns_timeout })
    }

    /// Whether `url` may be called with a visitor's token.
    pub fn check(&self, url: &Url) -> Result<(), ServerRefused> {
        let refuse = |why: &str| Err(ServerRefused { why: why.to_owned() });
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            return refuse("it has no host");
        };
        let host = plain(host.to_owned());
        if self.rules.allows(&host, port) {
            return Ok(());
        }
        // Its name is resolved without looking at the port.
        if self.is_listed(&host) {
            return refuse("it is listed with another port");
        }
        if url.scheme() != "https" {
            return refuse("it is not https");
        }
        self.rules.check(url).map_err(|fault| ServerRefused {
            why: match fault {
                AddressFault::Refused { why } => format!("it is {why}"),
                other => format!("{other:?}"),
            },
        })
    }

    fn is_listed(&self, host: &Host<String>) -> bool {
        self.allow.iter().any(|pair| pair.has_host(host))
    }

    async fn vetted(&self, name: &str) -> Result<Vec<SocketAddr>, ServerRefused> {
        let refuse = |why: String| ServerRefused { why };
        let host = plain_name(name).ok_or_else(|| refuse(format!("{name} is no name")))?;
        let answers = timeout(self.dns_timeout, self.network.resolve(&host.to_string())).await;
        let answers = answers
            .map_err(|_| refuse("name resolution takes too long".to_owned()))?
            .map_err(|error| refuse(format!("no such host: {error}")))?;
        if !self.is_listed(&host) {
            for address in &answers {
                guard::judge(*address).map_err(|block| refuse(format!("{address} is {block}")))?;
            }
        }
        // The port is the request's.
        Ok(answers.into_iter().map(|address| SocketAddr::new(address, 0)).collect())
    }
}

impl Resolve for ServerGuard {
    fn resolve(&self, name: Name) -> Resolving {
        let this = self.clone();
        Box::pin(async move {
            let addresses: Addrs = Box::new(this.vetted(name.as_str()).await?.into_iter());
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::net::IpAddr;

    use async_trait::async_trait;
    use tokio::net::TcpStream;

    use super::*;

    /// Names and what they lead to.
    #[derive(Debug)]
    struct Zone;

    #[async_trait]
    impl super::super::Network for Zone {
        async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
            let addresses: &[&str] = match name {
                "good.example" => &["8.8.8.8", "2606:4700::1111"],
                "mixed.example" => &["8.8.8.8", "10.0.0.1"],
                "files.internal" | "inside.example" => &["127.0.0.1"],
                _ => return Err(io::ErrorKind::NotFound.into()),
            };
            Ok(addresses.iter().map(|address| address.parse().expect(address)).collect())
        }

        async fn connect(&self, _: SocketAddr) -> io::Result<TcpStream> {
            Err(io::ErrorKind::Unsupported.into())
        }
    }

    fn guard() -> ServerGuard {
        let allow = ["127.0.0.1:9000", "files.internal:8080"].map(|pair| pair.parse().expect(pair)).to_vec();
        let own = ["share.example.org".to_owned()];
        ServerGuard::new(allow, &own, Arc::new(Zone), Duration::from_secs(1)).expect("a guard")
    }

    #[test]
    fn a_server_is_public_and_safe_or_listed() {
        for (url, is_taken) in [
            ("https://example.social/", true),
            ("https://8.8.8.8/", true),
            ("http://127.0.0.1:9000/", true),
            ("http://files.internal:8080/", true),
            ("http://example.social/", false),
            ("https://example.social:8443/", false),
            ("https://127.0.0.1/", false),
            ("https://2130706433/", false),
            ("http://127.0.0.1:9001/", false),
            ("https://[::1]/", false),
            ("https://169.254.169.254/", false),
            ("https://files.internal/", false),
            ("https://share.example.org/", false),
            ("https://user@example.social/", false),
            ("ftp://example.social/", false),
        ] {
            assert_eq!(guard().check(&Url::parse(url).expect(url)).is_ok(), is_taken, "{url}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_not_resolved() {
        for (name, is_taken) in [
            ("good.example", true),
            ("files.internal", true),
            ("inside.example", false),
            ("mixed.example", false),
            ("unknown.example", false),
        ] {
            assert_eq!(guard().vetted(name).await.is_ok(), is_taken, "{name}");
        }
    }
}
