//! A server as visitors type it: `example.social`, its whole address, or the account's full name.

use url::Url;

use super::error::ConnectError;
use crate::fetch::ServerGuard;

/// Reads it as an origin that may be called.
pub(super) fn parse(text: &str, guard: &ServerGuard) -> Result<Url, ConnectError> {
    let bad = |detail: &str| ConnectError::BadServer { detail: detail.to_owned() };
    let text = text.trim();
    if text.len() > 300 {
        return Err(bad("it is too long"));
    }
    let text = if text.contains("://") {
        text.to_owned()
    } else {
        // Of `@alice@example.social` the server.
        format!("https://{}", text.rsplit('@').next().unwrap_or_default())
    };
    let mut url = Url::parse(&text).map_err(|_| bad("it is no address"))?;
    url.set_fragment(None);
    url.set_query(None);
    url.set_path("/");
    guard.check(&url).map_err(|refused| ConnectError::BadServer { detail: refused.to_string() })?;
    Ok(url)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::fetch::SystemNetwork;

    #[test]
    fn a_server_is_read_as_visitors_write_it() {
        let allow = vec!["127.0.0.1:8130".parse().expect("host and port")];
        let guard = ServerGuard::new(allow, &[], Arc::new(SystemNetwork::default()), Duration::from_secs(1));
        let guard = guard.expect("a guard");
        for (text, origin) in [
            ("example.social", Some("https://example.social/")),
            (" Example.Social ", Some("https://example.social/")),
            ("@alice@example.social", Some("https://example.social/")),
            ("https://example.social/@alice?a#b", Some("https://example.social/")),
            ("http://127.0.0.1:8130", Some("http://127.0.0.1:8130/")),
            ("http://example.social", None),
            ("127.0.0.1:8130", Some("https://127.0.0.1:8130/")),
            ("127.0.0.1", None),
            ("localhost.", Some("https://localhost./")),
            ("", None),
            ("two words", None),
            ("javascript:alert(1)", None),
            (&"a".repeat(301), None),
        ] {
            assert_eq!(parse(text, &guard).ok().as_ref().map(Url::as_str), origin, "{text}");
        }
    }
}
