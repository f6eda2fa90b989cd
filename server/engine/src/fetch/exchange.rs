//! One address asked for, redirects followed by hand: each hop is checked like the first, waits for its own permit, and
//! all of them share one deadline.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, HeaderValue, LOCATION, USER_AGENT};
use http::{HeaderMap, Request, Response, Uri};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tokio::time::{Instant, timeout_at};
use url::{Position, Url};

use super::address::AddressRules;
use super::body::Body;
use super::charset;
use super::connector::Connector;
use super::error::{AddressFault, FetchError, NamedBy, RedirectFault, chain};
use super::network::SharedNetwork;
use super::permits::{Permit, Permits};
use super::reservations;
use super::retry_after::retry_after;
use crate::limits::FetchLimits;

/// Longest content type shown in an error, in characters.
const MAX_SHOWN_TYPE_CHARS: usize = 60;

/// With the value `none`, keeps a page or a picture out.
const KEPT_OUT_HEADER: &str = "x-cutline";

/// The HTTP client, its rules and its permits.
#[derive(Clone, Debug)]
pub(super) struct Exchange {
    client: Client<Connector, Empty<Bytes>>,
    rules: Arc<AddressRules>,
    permits: Permits,
    user_agent: HeaderValue,
    head_timeout: Duration,
    stall_timeout: Duration,
    max_redirects: usize,
    /// Whether what the owner reserves is refused.
    respects_reservations: bool,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    /// The `Accept` header.
    pub(super) accept: &'static str,
    /// Where reading stops.
    pub(super) max_bytes: u64,
}

/// What came.
#[derive(Debug)]
pub(super) struct Answer {
    /// The last address, after redirects.
    pub(super) url: Url,
    /// The body, of which nothing was taken yet.
    pub(super) body: Body,
    /// What the origin says it is.
    pub(super) content_type: ContentType,
}

/// The header `Content-Type`, if there is one.
#[derive(Debug)]
pub(super) struct ContentType(Option<String>);

/// How one hop ends, if not in an error.
enum Hop {
    There { body: Body, content_type: ContentType },
    Elsewhere(Url),
}

impl Exchange {
    pub(super) fn new(
        rules: Arc<AddressRules>,
        permits: Permits,
        network: SharedNetwork,
        user_agent: &str,
        limits: &FetchLimits,
        respects_reservations: bool,
    ) -> Result<Self, FetchError> {
        let user_agent = HeaderValue::from_str(user_agent)
            .map_err(|_| FetchError::Setup { detail: "the user agent is not a header's value".to_owned() })?;
        // No connection is kept: each one is made, and judged, for one exchange.
        let client = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(0)
            .retry_canceled_requests(false)
            .build(Connector::new(rules.clone(), network, limits)?);
        let FetchLimits { head_timeout, stall_timeout, max_redirects, .. } = *limits;
        Ok(Self {
            client,
            rules,
            permits,
            user_agent,
            head_timeout,
            stall_timeout,
            max_redirects,
            respects_reservations,
        })
    }

    /// Gets `url`, which was named by `named_by`, following redirects, until `deadline`.
    pub(super) async fn get(
        &self,
        mut url: Url,
        mut named_by: NamedBy,
        wanted: Wanted,
        deadline: Instant,
    ) -> Result<Answer, FetchError> {
        for _ in 0..=self.max_redirects {
            let uri = self.vet(&mut url, named_by)?;
            let host = url.host_str().unwrap_or_default().trim_end_matches('.');
            let permit = self.permits.take(host, deadline).await?;
            match Box::pin(self.hop(&url, uri, wanted, deadline, permit)).await? {
                Hop::There { body, content_type } => return Ok(Answer { url, body, content_type }),
                Hop::Elsewhere(next) => url = next,
            }
            named_by = NamedBy::Redirect;
        }
        Err(FetchError::TooManyRedirects { limit: self.max_redirects })
    }

    /// Takes an address as it will be asked for, or says what is wrong with it.
    pub(super) fn vet(&self, url: &mut Url, named_by: NamedBy) -> Result<Uri, FetchError> {
        url.set_fragment(None);
        self.rules.check(url).map_err(|fault| fault.of(named_by))?;
        url[..Position::AfterQuery].parse().map_err(|_| AddressFault::Unreadable.of(named_by))
    }

    /// `permit` goes on with the body, until that is read or dropped.
    async fn hop(
        &self,
        url: &Url,
        uri: Uri,
        wanted: Wanted,
        deadline: Instant,
        permit: Permit,
    ) -> Result<Hop, FetchError> {
        let mut request = Request::new(Empty::new());
        *request.uri_mut() = uri;
        request.headers_mut().extend([
            (USER_AGENT, self.user_agent.clone()),
            (ACCEPT, HeaderValue::from_static(wanted.accept)),
            (ACCEPT_ENCODING, HeaderValue::from_static("identity")),
        ]);
        // Who says nothing, or not even a whole head, is told like a closed port and a refused address: were they told
        // apart, a firewall that drops would be.
        let head_deadline = deadline.min(Instant::now() + self.head_timeout);
        let answer = timeout_at(head_deadline, self.client.request(request)).await;
        let response = answer.map_err(|_| FetchError::no_answer())?.map_err(|error| {
            let detail = chain(&error);
            if error.is_connect() {
                FetchError::Unreachable { detail }
            } else {
                FetchError::Broken { detail }
            }
        })?;
        match response.status().as_u16() {
            200 | 203 => {
                if says_none(response.headers()) {
                    return Err(FetchError::KeptOut { wish: KEPT_OUT_HEADER });
                }
                if self.respects_reservations
                    && let Some(wish) = reservations::in_headers(response.headers())
                {
                    return Err(FetchError::Reserved { wish });
                }
                let content_type = ContentType(header_text(response.headers(), &CONTENT_TYPE));
                let body = Body::of(response, wanted.max_bytes, deadline, self.stall_timeout, permit)?;
                Ok(Hop::There { body, content_type })
            }
            301 | 302 | 303 | 307 | 308 => Ok(Hop::Elsewhere(next_address(url, &response)?)),
            status => Err(FetchError::Refused { status, retry_after: retry_after(response.headers()) }),
        }
    }
}

impl ContentType {
    /// Refuses what says that it is no web page. Who says nothing is believed to be one, as browsers do.
    pub(super) fn expect_html(&self) -> Result<(), FetchError> {
        let Some(content_type) = &self.0 else {
            return Ok(());
        };
        let kind = content_type.split(';').next().unwrap_or_default().trim();
        if ["text/html", "application/xhtml+xml"].iter().any(|html| kind.eq_ignore_ascii_case(html)) {
            return Ok(());
        }
        Err(FetchError::NotAPage { content_type: kind.chars().take(MAX_SHOWN_TYPE_CHARS).collect() })
    }

    /// The charset that the header names.
    pub(super) fn charset(&self) -> Option<&str> {
        self.0.as_deref().and_then(charset::of_content_type)
    }
}

fn next_address(url: &Url, response: &Response<Incoming>) -> Result<Url, FetchError> {
    let bad = |fault| FetchError::BadRedirect { fault };
    let location =
        header_text(response.headers(), &LOCATION).ok_or_else(|| bad(RedirectFault::NoLocation))?;
    let next = url.join(&location).map_err(|_| bad(RedirectFault::Address(AddressFault::Unreadable)))?;
    if url.scheme() == "https" && next.scheme() == "http" {
        return Err(bad(RedirectFault::Downgrade));
    }
    Ok(next)
}

/// Whether the owner keeps what is at this address out, page or picture.
fn says_none(headers: &HeaderMap) -> bool {
    headers
        .get_all(KEPT_OUT_HEADER)
        .iter()
        .any(|value| value.as_bytes().trim_ascii().eq_ignore_ascii_case(b"none"))
}

fn header_text(headers: &HeaderMap, name: &http::HeaderName) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content_type(text: Option<&str>) -> ContentType {
        ContentType(text.map(str::to_owned))
    }

    #[test]
    fn a_page_is_what_calls_itself_html_or_nothing() {
        for text in [None, Some("text/html"), Some("Text/HTML ; charset=gbk"), Some("application/xhtml+xml")]
        {
            assert_eq!(content_type(text).expect_html(), Ok(()), "{text:?}");
        }
        for text in ["image/jpeg", "text/plain", "", "text/html2"] {
            assert!(content_type(Some(text)).expect_html().is_err(), "{text:?}");
        }
    }
}
