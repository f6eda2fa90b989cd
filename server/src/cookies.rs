//! The one cookie of the site: the session of a visitor who connects an account.
//!
//! `__Host-`, so that no other name and no page without TLS can set it; not for scripts; `Lax`, since a visitor comes back from
//! another site's page with it (RFC 6265bis). On plain http, which is for trying out, browsers take no such name.

use cutline_engine::accounts::SecretText;
use http::{HeaderMap, HeaderValue, header};

/// How long browsers keep it, in seconds: as long as visitors are known.
const MAX_AGE: u32 = 30 * 24 * 3600;

/// How this site's cookie is called.
#[derive(Clone, Copy, Debug)]
pub struct SessionCookie {
    is_secure: bool,
}

impl SessionCookie {
    /// The cookie of a site at this address.
    #[must_use]
    pub fn of(public_url: &str) -> Self {
        Self { is_secure: public_url.starts_with("https://") }
    }

    fn name(self) -> &'static str {
        if self.is_secure { "__Host-cutline" } else { "cutline" }
    }

    /// What a browser sends of it. Sent twice it is none: somebody else has set one of the two.
    #[must_use]
    pub fn read(self, headers: &HeaderMap) -> Option<&str> {
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut found = cookies
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(name, _)| *name == self.name())
            .map(|(_, value)| value);
        let first = found.next();
        first.filter(|_| found.next().is_none())
    }

    /// What makes a browser keep it.
    #[must_use]
    pub fn set(self, token: &SecretText) -> HeaderValue {
        self.header(token.reveal(), MAX_AGE)
    }

    /// What makes a browser forget it.
    #[must_use]
    pub fn forget(self) -> HeaderValue {
        self.header("", 0)
    }

    fn header(self, value: &str, max_age: u32) -> HeaderValue {
        let secure = if self.is_secure { "; Secure" } else { "" };
        let text =
            format!("{}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age}{secure}", self.name());
        let mut header = HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""));
        header.set_sensitive(true);
        header
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(cookie: SessionCookie, values: &[&'static str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::COOKIE, HeaderValue::from_static(value));
        }
        cookie.read(&headers).map(str::to_owned)
    }

    #[test]
    fn the_cookie_is_found_among_others_and_once() {
        let cookie = SessionCookie::of("https://share.example.org");
        for (values, found) in [
            (&[][..], None),
            (&["__Host-cutline=abc"], Some("abc")),
            (&["a=b; __Host-cutline=abc;c=d"], Some("abc")),
            (&["a=b", "__Host-cutline=abc"], Some("abc")),
            (&["cutline=abc"], None),
            (&["__host-cutline=abc"], None),
            (&["__Host-cutline=abc; __Host-cutline=def"], None),
        ] {
            assert_eq!(read(cookie, values).as_deref(), found, "{values:?}");
        }
        assert_eq!(
            read(SessionCookie::of("http://127.0.0.1:3000"), &["cutline=abc"]).as_deref(),
            Some("abc")
        );
    }

    #[test]
    fn the_cookie_is_the_sites_own_and_not_for_scripts() {
        let token = SecretText::parse(&"a".repeat(43)).expect("a text");
        let set = SessionCookie::of("https://share.example.org").set(&token);
        let expected = format!(
            "__Host-cutline={}; Path=/; HttpOnly; SameSite=Lax; Max-Age=2592000; Secure",
            "a".repeat(43)
        );
        assert_eq!(set.to_str().ok(), Some(expected.as_str()));
        assert_eq!(format!("{set:?}"), "Sensitive");
        let forgotten = SessionCookie::of("http://127.0.0.1:3000").forget();
        assert_eq!(forgotten.to_str().ok(), Some("cutline=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"));
    }
}
