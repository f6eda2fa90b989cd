//! What the guarded fetcher may reach although it lies in a private network.

use std::fmt;

use super::section::Section;

/// The fetcher's exceptions.
#[derive(Clone, Debug, Default)]
pub struct FetchConfig {
    /// `fetch.allow`, `CUTLINE_FETCH__ALLOW` (with commas): hosts and ports let through the private-network guard;
    /// none.
    pub allow: Vec<AllowedHost>,
}

impl FetchConfig {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let expected = "a host and a port, for example 127.0.0.1:9000 or pictures.internal:80";
        Self {
            allow: section
                .list("allow", expected, AllowedHost::parse)
                .unwrap_or_default(),
        }
    }
}

/// One host and port that the guard lets through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllowedHost {
    /// The host as a parsed URL has it: lower case, an IPv6 address in brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl AllowedHost {
    /// Reads `host:port`; the host as URLs have it, so that it compares equal to a request's.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        let port = port.parse().ok().filter(|port| *port != 0)?;
        let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
        if !host.chars().all(is_plain) {
            return None;
        }
        // The same parser as for http addresses: `127.1` and `LOCALHOST` come out as requests will spell them.
        let url = url::Url::parse(&format!("http://{host}/")).ok()?;
        let host = url.host_str().filter(|_| url.port().is_none())?;
        Some(Self {
            host: host.to_owned(),
            port,
        })
    }
}

impl fmt::Display for AllowedHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_spelled_as_requests_spell_it() {
        for (text, spelled) in [
            ("127.0.0.1:9000", Some("127.0.0.1:9000")),
            ("LOCALHOST:80", Some("localhost:80")),
            ("[::1]:9000", Some("[::1]:9000")),
            ("127.1:9000", Some("127.0.0.1:9000")),
            ("127.0.0.1", None),
            ("127.0.0.1:0", None),
            ("127.0.0.1:70000", None),
            ("::1:9000", None),
            ("http://127.0.0.1:9000", None),
            ("user@127.0.0.1:9000", None),
            ("127.0.0.1/24:80", None),
            (":9000", None),
            ("*:80", None),
        ] {
            assert_eq!(
                AllowedHost::parse(text).map(|host| host.to_string()).as_deref(),
                spelled,
                "{text}"
            );
        }
    }
}
