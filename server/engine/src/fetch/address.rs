//! Which addresses are taken at all, judged by their text before anything is resolved or connected to.
//!
//! The same rules hold for the first address, for every redirect and for what a page names. Hosts are judged as
//! `url::Host`, never as text: `0x7f.1`, `2130706433` and `①②⑦.⓪.⓪.①` are all 127.0.0.1 there. The connector judges once
//! more what the name leads to; these rules only refuse early what needs no network to be refused.

use std::net::IpAddr;

use url::{Host, Url};

use super::error::{AddressFault, FetchError};
use super::guard;
use super::host_port::{HostPort, plain, plain_name};

/// Longest address fetched, in bytes: what browsers and servers agree to carry.
pub(super) const MAX_URL_BYTES: usize = 8192;

/// What the operator lets through, and the names that lead back to this site.
#[derive(Debug)]
pub(super) struct AddressRules {
    allow: Vec<HostPort>,
    own_hosts: Vec<Host<String>>,
    ports: Vec<u16>,
}

impl AddressRules {
    pub(super) fn new(
        allow: Vec<HostPort>,
        own_hosts: &[String],
        ports: Vec<u16>,
    ) -> Result<Self, FetchError> {
        let own_hosts = own_hosts
            .iter()
            .map(|host| {
                plain_name(host).ok_or_else(|| FetchError::Setup {
                    detail: format!("`{host}` is not a host name of this site"),
                })
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { allow, own_hosts, ports })
    }

    /// Whether the operator lets exactly this pair through.
    pub(super) fn allows(&self, host: &Host<String>, port: u16) -> bool {
        self.allow.iter().any(|pair| pair.is(host, port))
    }

    /// Takes an address, or says what is wrong with it.
    pub(super) fn check(&self, url: &Url) -> Result<(), AddressFault> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(AddressFault::Scheme);
        }
        if url.as_str().len() > MAX_URL_BYTES {
            return Err(AddressFault::TooLong);
        }
        // It would become an `Authorization` header, and `https://known.example@evil.example/` misleads readers.
        if !url.username().is_empty() || url.password().is_some() {
            return Err(AddressFault::UserInfo);
        }
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            return Err(AddressFault::Unreadable);
        };
        let host = plain(host.to_owned());
        if self.allows(&host, port) {
            return Ok(());
        }
        if !self.ports.contains(&port) {
            return Err(AddressFault::Port);
        }
        if self.own_hosts.contains(&host) {
            return Err(AddressFault::Refused { why: "a name of this site" });
        }
        literal(&host).map_or(Ok(()), guard::judge).map_err(|why| AddressFault::Refused { why })
    }
}

/// The address that a host is by itself, if it is not a name.
pub(super) fn literal(host: &Host<String>) -> Option<IpAddr> {
    match host {
        Host::Domain(_) => None,
        Host::Ipv4(address) => Some(IpAddr::V4(*address)),
        Host::Ipv6(address) => Some(IpAddr::V6(*address)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str) -> Result<(), AddressFault> {
        let allow = ["127.0.0.1:9000", "files.internal:8080"].map(|pair| pair.parse().expect(pair)).to_vec();
        let rules =
            AddressRules::new(allow, &["Pictures.Example.org".to_owned()], vec![80, 443]).expect("rules");
        rules.check(&Url::parse(url).expect(url))
    }

    #[test]
    fn public_web_addresses_are_taken() {
        for url in [
            "http://a.example/",
            "https://a.example:443/a.jpg?b#c",
            "http://a.example:443/",
            "https://8.8.8.8/",
            "http://127.0.0.1:9000/a.jpg",
            "http://2130706433:9000/a.jpg",
            "http://FILES.internal.:8080/",
        ] {
            assert_eq!(check(url), Ok(()), "{url}");
        }
    }

    #[test]
    fn addresses_that_are_wrong_by_their_form_say_how() {
        for (url, fault) in [
            ("ftp://a.example/", AddressFault::Scheme),
            ("file:///etc/passwd", AddressFault::Scheme),
            ("gopher://127.0.0.1/", AddressFault::Scheme),
            ("http://user@a.example/", AddressFault::UserInfo),
            ("http://:pw@a.example/", AddressFault::UserInfo),
            ("http://user:pw@127.0.0.1:9000/", AddressFault::UserInfo),
            ("http://a.example:22/", AddressFault::Port),
            ("http://a.example:6379/", AddressFault::Port),
            ("http://127.0.0.1:9001/", AddressFault::Port),
            ("http://files.internal:8081/", AddressFault::Port),
        ] {
            assert_eq!(check(url), Err(fault), "{url}");
        }
        let long = format!("http://a.example/{}", "a".repeat(MAX_URL_BYTES));
        assert_eq!(check(&long), Err(AddressFault::TooLong));
    }

    #[test]
    fn names_of_this_site_and_addresses_inside_are_refused() {
        for url in [
            "https://pictures.example.org/a.jpg",
            "https://PICTURES.example.org./a.jpg",
            "http://127.0.0.1/",
            "http://0x7f.1/",
            "http://[::1]/",
            "http://[::ffff:a00:1]/",
            "http://169.254.169.254/latest/meta-data/",
            "http://0/",
        ] {
            assert!(matches!(check(url), Err(AddressFault::Refused { .. })), "{url}");
        }
    }
}
