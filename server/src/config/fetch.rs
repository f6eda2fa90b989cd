//! What the guarded fetcher may reach although it lies in a private network, what it leaves although it could, and what it
//! keeps.

use std::ops::RangeInclusive;
use std::time::Duration;

use cutline_engine::fetch::HostPort;

use super::section::Section;

const CACHE_BYTES: RangeInclusive<u64> = 0..=1 << 40;
/// A month; a picture's owner must not have to wait longer until it is gone.
const CACHE_AGE: RangeInclusive<Duration> = Duration::from_secs(60)..=Duration::from_secs(30 * 86_400);

/// The fetcher's rules of this site, and its cache.
#[derive(Clone, Debug)]
pub struct FetchConfig {
    /// `fetch.allow`, `CUTLINE_FETCH__ALLOW` (with commas): hosts and ports let through the private-network guard;
    /// none.
    pub allow: Vec<HostPort>,
    /// `fetch.respect_noimageindex`, `CUTLINE_FETCH__RESPECT_NOIMAGEINDEX`: whether pictures that their owners reserve
    /// (`noimageindex`, TDM reservations) are refused; true.
    pub respect_noimageindex: bool,
    /// `fetch.cache_bytes`, `CUTLINE_FETCH__CACHE_BYTES`: how much of fetched pictures is kept; 512 MiB. 0 keeps none.
    pub cache_bytes: u64,
    /// `fetch.cache_age`, `CUTLINE_FETCH__CACHE_AGE`: how long one is kept at the longest, whatever its origin allows;
    /// a day.
    pub cache_age: Duration,
}

impl Default for FetchConfig {
    fn default() -> Self {
        Self {
            allow: Vec::new(),
            respect_noimageindex: true,
            cache_bytes: 512 << 20,
            cache_age: Duration::from_secs(86_400),
        }
    }
}

impl FetchConfig {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let expected = "a host and a port, for example 127.0.0.1:9000 or pictures.internal:80";
        let Self { allow, respect_noimageindex, cache_bytes, cache_age } = Self::default();
        Self {
            allow: section.list("allow", expected, |text| text.parse().ok()).unwrap_or(allow),
            respect_noimageindex: section.flag("respect_noimageindex", respect_noimageindex),
            cache_bytes: section.bytes("cache_bytes", CACHE_BYTES, cache_bytes),
            cache_age: section.time("cache_age", CACHE_AGE, cache_age),
        }
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
                text.parse::<HostPort>().ok().map(|host| host.to_string()).as_deref(),
                spelled,
                "{text}"
            );
        }
    }
}
