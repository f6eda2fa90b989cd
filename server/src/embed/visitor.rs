//! Who asks, as far as limits need to know: a network address, of IPv6 the part that one household has.
//!
//! Behind a proxy every connection is the proxy's. What a proxy says of its client is believed only of those that the
//! configuration names: anybody else could write whatever they like.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Once;

use http::HeaderMap;

/// The other end of a connection; in the extensions of each request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

/// Somebody, by their address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visitor(Option<IpAddr>);

impl fmt::Display for Visitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(address) => write!(f, "visitor {address}"),
            None => f.write_str("visitor"),
        }
    }
}

/// Tells visitors apart.
#[derive(Clone, Debug, Default)]
pub struct Visitors {
    proxies: Vec<IpAddr>,
}

impl Visitors {
    /// Believes these proxies.
    #[must_use]
    pub fn new(proxies: Vec<IpAddr>) -> Self {
        Self { proxies }
    }

    /// Who asks: the last address on the way that is not a proxy of ours.
    #[must_use]
    pub fn of(&self, peer: Option<Peer>, headers: &HeaderMap) -> Visitor {
        let mut address = peer.map(|Peer(address)| address.ip().to_canonical());
        let said = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
        let mut on_the_way: Vec<&str> = said.flat_map(|value| value.split(',')).map(str::trim).collect();
        while address.is_some_and(|address| self.proxies.contains(&address)) {
            let Some(before) = on_the_way.pop().and_then(|text| text.parse::<IpAddr>().ok()) else { break };
            address = Some(before.to_canonical());
        }
        if let Some(proxy) = address.filter(|address| is_near(*address) && !on_the_way.is_empty()) {
            static TOLD: Once = Once::new();
            TOLD.call_once(|| {
                tracing::warn!(
                    "{proxy} says for whom it asks and is not believed, so all visitors count as one: name it in embed.trusted_proxies"
                );
            });
        }
        Visitor(address.map(household))
    }
}

/// Whether it is of this machine or its network, as a proxy is.
fn is_near(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_loopback() || address.is_private(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local(),
    }
}

fn household(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(proxies: &[&str], peer: &str, forwarded: &[&str], expected: &str) {
        let visitors = Visitors::new(proxies.iter().map(|proxy| proxy.parse().unwrap()).collect());
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        let visitor = visitors.of(Some(Peer(peer.parse().unwrap())), &headers);
        assert_eq!(visitor.to_string(), format!("visitor {expected}"), "{peer} {forwarded:?}");
    }

    #[test]
    fn only_proxies_that_are_named_are_believed() {
        check(&[], "198.51.100.7:1", &["203.0.113.9"], "198.51.100.7");
        check(&["127.0.0.1"], "127.0.0.1:1", &["203.0.113.9"], "203.0.113.9");
        check(&["127.0.0.1"], "127.0.0.1:1", &["6.6.6.6, 203.0.113.9"], "203.0.113.9");
        check(
            &["127.0.0.1", "10.0.0.1"],
            "127.0.0.1:1",
            &["6.6.6.6", "203.0.113.9, 10.0.0.1"],
            "203.0.113.9",
        );
        check(&["127.0.0.1"], "127.0.0.1:1", &["nonsense"], "127.0.0.1");
        check(&["127.0.0.1"], "[::ffff:127.0.0.1]:1", &["203.0.113.9"], "203.0.113.9");
    }

    #[test]
    fn of_ipv6_the_household_counts() {
        check(&[], "[2001:db8:1:2:3:4:5:6]:1", &[], "2001:db8:1:2::");
    }
}
