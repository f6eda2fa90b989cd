//! A server as visitors type it: `example.social`, its whole address, or the account's full name.

use url::Url;

use super::error::ConnectError;
use crate::fetch::ServerGuard;

/// Longest address that is taken, in bytes.
const MAX_BYTES: usize = 300;

/// What is no part of a WordPress site's own path, wherever the visitor copied the address.
const INSIDE_WORDPRESS: [&str; 3] = ["wp-admin", "wp-login.php", "wp-json"];

/// A server as it is written down: without a slash at the end.
pub(super) fn name(server: &Url) -> String {
    server.as_str().trim_end_matches('/').to_owned()
}

/// Reads it as an origin that may be called.
pub(super) fn parse(text: &str, guard: &ServerGuard) -> Result<Url, ConnectError> {
    let mut url = parse_typed(text, guard)?;
    url.set_path("/");
    Ok(url)
}

/// Reads it with its path, for sites that lie in a folder.
pub(super) fn parse_with_path(text: &str, guard: &ServerGuard) -> Result<Url, ConnectError> {
    let mut url = parse_typed(text, guard)?;
    let segments = url.path_segments().into_iter().flatten().filter(|segment| !segment.is_empty());
    let own: Vec<String> =
        segments.take_while(|segment| !INSIDE_WORDPRESS.contains(segment)).map(str::to_owned).collect();
    url.set_path(&own.join("/"));
    Ok(url)
}

/// Reads an address that is itself the secret: as it is, path and query too.
pub(super) fn parse_whole(text: &str, guard: &ServerGuard) -> Result<Url, ConnectError> {
    let bad = |detail: &str| ConnectError::BadServer { detail: detail.to_owned() };
    let url = Url::parse(text).ok().filter(|_| text.len() <= MAX_BYTES);
    let url = url.ok_or_else(|| bad("it is no address"))?;
    // Without the address: it is the secret.
    guard.check(&url).map_err(|_| bad("its host may not be called"))?;
    Ok(url)
}

fn parse_typed(text: &str, guard: &ServerGuard) -> Result<Url, ConnectError> {
    let bad = |detail: &str| ConnectError::BadServer { detail: detail.to_owned() };
    let text = text.trim();
    if text.len() > MAX_BYTES {
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
        for (text, address) in [
            ("blog.example.org", "https://blog.example.org/"),
            ("blog.example.org/news/", "https://blog.example.org/news"),
            ("https://blog.example.org/news/wp-admin/profile.php?a#b", "https://blog.example.org/news"),
            ("http://127.0.0.1:8130/wp-login.php", "http://127.0.0.1:8130/"),
        ] {
            assert_eq!(parse_with_path(text, &guard).ok().as_ref().map(Url::as_str), Some(address), "{text}");
        }
        for (text, is_one) in [
            ("https://discord.com/api/webhooks/1/a", true),
            ("http://127.0.0.1:8130/api/webhooks/1/a", true),
            ("http://127.0.0.1:8131/api/webhooks/1/a", false),
            ("discord.com/api/webhooks/1/a", false),
            ("javascript:alert(1)", false),
        ] {
            assert_eq!(parse_whole(text, &guard).is_ok(), is_one, "{text}");
        }
    }
}
