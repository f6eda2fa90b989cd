//! Entity tags: whether the copy that a client holds is the one it would get.

use http::header::IF_NONE_MATCH;
use http::{HeaderMap, HeaderValue};

/// Whether the client's copy is this one: weak comparison, RFC 9110 section 13.1.2, since proxies weaken tags. `*` asks whether
/// there is anything at all, which is not known before it is made: who asks that gets it.
pub(crate) fn is_current(headers: &HeaderMap, etag: &HeaderValue) -> bool {
    let Ok(wanted) = etag.to_str() else { return false };
    let wanted = wanted.strip_prefix("W/").unwrap_or(wanted);
    headers
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|tag| tag.strip_prefix("W/").unwrap_or(tag) == wanted)
}
