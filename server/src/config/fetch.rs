//! What the guarded fetcher may reach although it lies in a private network, and what it leaves although it could.

use cutline_engine::fetch::HostPort;

use super::section::Section;

/// The fetcher's rules of this site.
#[derive(Clone, Debug)]
pub struct FetchConfig {
    /// `fetch.allow`, `CUTLINE_FETCH__ALLOW` (with commas): hosts and ports let through the private-network guard;
    /// none.
    pub allow: Vec<HostPort>,
    /// `fetch.respect_noimageindex`, `CUTLINE_FETCH__RESPECT_NOIMAGEINDEX`: whether pictures that their owners reserve
    /// (`noimageindex`, TDM reservations) are refused; true.
    pub respect_noimageindex: bool,
}

impl Default for FetchConfig {
    fn default() -> Self {
        Self { allow: Vec::new(), respect_noimageindex: true }
    }
}

impl FetchConfig {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let expected = "a host and a port, for example 127.0.0.1:9000 or pictures.internal:80";
        let Self { allow, respect_noimageindex } = Self::default();
        Self {
            allow: section.list("allow", expected, |text| text.parse().ok()).unwrap_or(allow),
            respect_noimageindex: section.flag("respect_noimageindex", respect_noimageindex),
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
