//! A host and a port, as the operator writes them in the allow list (`CUTLINE_FETCH__ALLOW`).
//!
//! Exactly this pair is let through the guard: another port of the host, or another name of the same machine, is not.

use std::fmt;
use std::str::FromStr;

use url::Host;

/// A host (name or address) and a port: `127.0.0.1:9000`, `[::1]:9000`, `files.internal:8080`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HostPort {
    host: Host<String>,
    port: u16,
}

/// Why something is not a host and a port.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a host and a port: write 127.0.0.1:9000, [::1]:9000 or files.internal:8080")]
pub struct HostPortError(String);

impl HostPort {
    /// Whether it is `host` (as [`plain`] gives it) at `port`.
    pub(super) fn is(&self, host: &Host<String>, port: u16) -> bool {
        self.host == *host && self.port == port
    }

    /// Whether it is `host`, at whatever port.
    pub(super) fn has_host(&self, host: &Host<String>) -> bool {
        self.host == *host
    }
}

impl FromStr for HostPort {
    type Err = HostPortError;

    fn from_str(text: &str) -> Result<Self, HostPortError> {
        let refuse = || HostPortError(text.to_owned());
        let (host, port) = text.trim().rsplit_once(':').ok_or_else(refuse)?;
        let host = plain_name(host).ok_or_else(refuse)?;
        match port.parse() {
            Ok(port) if port != 0 => Ok(Self { host, port }),
            _ => Err(refuse()),
        }
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// Reads a host as browsers do: every spelling of an address becomes that address, names become lower case. Browsers take
/// `*` for a name; nobody who writes it means one.
pub(super) fn plain_name(host: &str) -> Option<Host<String>> {
    let parsed = Host::parse(host).ok().map(plain)?;
    let named = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    (!matches!(&parsed, Host::Domain(name) if name.is_empty() || !named(name))).then_some(parsed)
}

/// The same host without the dot that may end a full name: `example.org.` is `example.org`.
pub(super) fn plain(host: Host<String>) -> Host<String> {
    match host {
        Host::Domain(name) => Host::Domain(name.strip_suffix('.').map(str::to_owned).unwrap_or(name)),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_and_a_port_reads_back_as_written() {
        for (text, written) in [
            ("127.0.0.1:9000", "127.0.0.1:9000"),
            ("[::1]:9000", "[::1]:9000"),
            ("files.internal:8080", "files.internal:8080"),
            (" Files.Internal.:8080 ", "files.internal:8080"),
            ("127.1:80", "127.0.0.1:80"),
        ] {
            let parsed: HostPort = text.parse().expect(text);
            assert_eq!(parsed.to_string(), written);
            assert_eq!(written.parse(), Ok(parsed));
        }
    }

    #[test]
    fn anything_else_is_refused_with_an_example() {
        for text in
            ["", "127.0.0.1", ":80", "a:0", "a:65536", "a:b", "::1:80", "http://a:80", "a b:80", "*:80"]
        {
            let error = text.parse::<HostPort>().expect_err(text).to_string();
            assert!(error.contains("[::1]:9000"), "{error}");
        }
    }
}
