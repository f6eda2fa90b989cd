//! Requests signed as OAuth 1.0a has it (RFC 5849, HMAC-SHA1), for platforms whose tokens of that kind do not end.
//!
//! Written here in one page: the only library of the kind, `oauth1-request`, brings the generation before of hmac, digest and
//! rand, and a form of requests of its own. Whoever gives a token of OAuth 2 is served too.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::HeaderValue;
use http::header::AUTHORIZATION;
use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Method, RequestBuilder};
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use url::Url;

use super::line::Line;
use super::{Account, AccountError};

/// What is written as it is (RFC 5849, 3.6).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// How a token is presented.
pub(super) enum Access {
    /// As it is (RFC 6750).
    Bearer,
    /// By signing.
    Signed(Keys),
}

/// The four parts of a token of OAuth 1.0a.
pub(super) struct Keys {
    consumer: String,
    consumer_secret: String,
    token: String,
    token_secret: String,
}

/// What a token with four parts looks like.
const KEYS: &str =
    "the key and the secret of the app, the token and its secret, with colons between the four";

impl Keys {
    /// Reads `key:secret:token:secret`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let parts: Vec<_> = text.split(':').collect();
        let [consumer, consumer_secret, token, token_secret] = parts.as_slice() else { return None };
        let own = |part: &&str| (*part).to_owned();
        parts.iter().all(|part| !part.is_empty()).then(|| Self {
            consumer: own(consumer),
            consumer_secret: own(consumer_secret),
            token: own(token),
            token_secret: own(token_secret),
        })
    }

    /// The header of a request with these fields of its form; those of its query are in the address.
    fn header(
        &self,
        method: &Method,
        url: &Url,
        fields: &[(&str, &str)],
        nonce: &str,
        at: Timestamp,
    ) -> String {
        let at = at.as_second().to_string();
        let own = [
            ("oauth_consumer_key", self.consumer.as_str()),
            ("oauth_nonce", nonce),
            ("oauth_signature_method", "HMAC-SHA1"),
            ("oauth_timestamp", &at),
            ("oauth_token", &self.token),
        ];
        let signature = self.signature(&base(method, url, &[fields, &own].concat()));
        let written = own.into_iter().chain([("oauth_signature", signature.as_str())]);
        let written: Vec<_> = written.map(|(name, value)| format!("{name}=\"{}\"", encoded(value))).collect();
        format!("OAuth {}", written.join(", "))
    }

    fn signature(&self, base: &str) -> String {
        let key = format!("{}&{}", encoded(&self.consumer_secret), encoded(&self.token_secret));
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes());
        STANDARD.encode(hmac::sign(&key, base.as_bytes()))
    }
}

impl Access {
    /// How `account`'s token is presented: four parts are signed with, another is sent.
    pub(super) fn of(account: &Account) -> Self {
        Keys::parse(account.token.reveal()).map_or(Self::Bearer, Self::Signed)
    }

    /// The same, where only four parts will do.
    pub(super) fn check(account: &Account) -> Result<(), AccountError> {
        let keys = Keys::parse(account.token.reveal());
        keys.map(drop).ok_or(AccountError { key: "token", expected: KEYS })
    }

    /// A request to `url` that is allowed; `fields` are those of its form, if that is one of names and values that is signed.
    pub(super) fn request(
        &self,
        line: &Line,
        method: &Method,
        url: Url,
        fields: &[(&str, &str)],
    ) -> RequestBuilder {
        let keys = match self {
            Self::Bearer => return line.tools.client.request(method.clone(), url).bearer_auth(line.token()),
            Self::Signed(keys) => keys,
        };
        let mut nonce = [0; 16];
        SystemRandom::new().fill(&mut nonce).expect("the system is random");
        let nonce = URL_SAFE_NO_PAD.encode(nonce);
        let header = keys.header(method, &url, fields, &nonce, line.tools.clock.now());
        let mut header = HeaderValue::try_from(header).expect("it is percent-encoded");
        // No log of requests shows it.
        header.set_sensitive(true);
        line.tools.client.request(method.clone(), url).header(AUTHORIZATION, header)
    }
}

/// What is signed (RFC 5849, 3.4.1).
fn base(method: &Method, url: &Url, fields: &[(&str, &str)]) -> String {
    let in_query = url.query_pairs().collect::<Vec<_>>();
    let given = fields.iter().map(|(name, value)| (Cow::from(*name), Cow::from(*value)));
    let mut all: Vec<_> =
        in_query.into_iter().chain(given).map(|(name, value)| (encoded(&name), encoded(&value))).collect();
    all.sort();
    let all: Vec<_> = all.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut address = url.clone();
    address.set_query(None);
    address.set_fragment(None);
    format!("{method}&{}&{}", encoded(address.as_str()), encoded(&all.join("&")))
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::deliver::fake_server::{account, tools};

    #[test]
    fn what_a_request_is_allowed_by_is_never_printed() {
        let url = Url::parse("https://api.example.org/").expect("an address");
        for token in ["key:secret:token:token-secret", "a-bearer"] {
            let account = account("x", url.clone(), "alice", token);
            let access = Access::of(&account);
            let line = Line::new(account, tools(Duration::from_secs(1)), |_| None).expect("a line");
            let request = access.request(&line, &Method::GET, url.clone(), &[]).build().expect("a request");
            assert!(request.headers()[AUTHORIZATION].is_sensitive(), "{token}");
            let printed = format!("{request:?}");
            assert!(!printed.contains("token") && !printed.contains("bearer"), "{printed}");
        }
    }

    fn keys() -> Keys {
        Keys::parse("9djdj82h48djs9d2:j49sk3j29djd:kkk9d7dh3k39sjv7:dh893hdasih9").expect("four parts")
    }

    #[test]
    fn the_example_of_the_specification_is_signed_as_there() {
        let url =
            Url::parse("http://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b").expect("an address");
        let at = Timestamp::from_second(137_131_201).expect("a time");
        let fields = [("c2", ""), ("a3", "2 q")];
        let header = keys().header(&Method::POST, &url, &fields, "7d8f3e4a", at);
        assert_eq!(
            header,
            "OAuth oauth_consumer_key=\"9djdj82h48djs9d2\", oauth_nonce=\"7d8f3e4a\", \
             oauth_signature_method=\"HMAC-SHA1\", oauth_timestamp=\"137131201\", \
             oauth_token=\"kkk9d7dh3k39sjv7\", oauth_signature=\"r6%2FTJjbCOr97%2F%2BUU0NsvSne7s5g%3D\""
        );
    }

    #[test]
    fn a_token_of_four_parts_is_signed_with() {
        for (text, is_keys) in
            [("a:b:c:d", true), ("a:b:c", false), ("a:b:c:d:e", false), ("a::c:d", false), ("token", false)]
        {
            assert_eq!(Keys::parse(text).is_some(), is_keys, "{text}");
        }
    }
}
