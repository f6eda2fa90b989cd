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
use super::cache::{Cache, Found, Keeping, Kept};
use super::charset;
use super::connector::Connector;
use super::error::{AddressFault, FetchError, NamedBy, RedirectFault, chain};
use super::network::SharedNetwork;
use super::page::Syntax;
use super::permits::Permits;
use super::reservations;
use super::retry_after::retry_after;
use crate::limits::FetchLimits;

/// Longest content type shown in an error, in characters.
const MAX_SHOWN_TYPE_CHARS: usize = 60;

/// The type of pages that are written in XML.
const XHTML: &str = "application/xhtml+xml";

/// With the value `none`, keeps a page or a picture out.
const KEPT_OUT_HEADER: &str = "x-cutline";

/// The HTTP client, its rules and its permits.
#[derive(Clone, Debug)]
pub(super) struct Exchange {
    client: Client<Connector, Empty<Bytes>>,
    rules: Arc<AddressRules>,
    permits: Permits,
    cache: Option<Arc<Cache>>,
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
    /// Whether the answer may come from the cache, and be kept there.
    pub(super) may_be_kept: bool,
}

/// What came.
#[derive(Debug)]
pub(super) struct Answer {
    /// The last address, after redirects.
    pub(super) url: Url,
    /// The body, of which nothing was taken yet.
    pub(super) body: AnswerBody,
    /// What the origin says it is.
    pub(super) content_type: ContentType,
    /// Leave to keep the body once it is whole.
    pub(super) keeping: Option<Keeping>,
}

/// A body on its way, or kept from before.
#[derive(Debug)]
pub(super) enum AnswerBody {
    Arriving(Body),
    /// Nothing once it is taken.
    Kept(Bytes),
}

/// The header `Content-Type`, if there is one.
#[derive(Debug)]
pub(super) struct ContentType(Option<String>);

/// How one hop ends, if not in an error.
enum Hop {
    There {
        body: AnswerBody,
        content_type: ContentType,
        keeping: Option<Keeping>,
    },
    Elsewhere(Url),
    /// The origin says that something has not changed, but not what we have.
    Mistaken,
}

impl Exchange {
    pub(super) fn new(
        rules: Arc<AddressRules>,
        permits: Permits,
        cache: Option<Arc<Cache>>,
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
            cache,
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
            match self.ask(&url, uri, wanted, deadline).await? {
                Hop::There { body, content_type, keeping } => {
                    return Ok(Answer { url, body, content_type, keeping });
                }
                Hop::Elsewhere(next) => url = next,
                Hop::Mistaken => return Err(FetchError::Refused { status: 304, retry_after: None }),
            }
            named_by = NamedBy::Redirect;
        }
        Err(FetchError::TooManyRedirects { limit: self.max_redirects })
    }

    /// One hop: from the cache, or from the origin. What is kept is asked for after the address was judged, and is only
    /// used for that address; its name is not resolved again for it, since nothing is connected to.
    async fn ask(&self, url: &Url, uri: Uri, wanted: Wanted, deadline: Instant) -> Result<Hop, FetchError> {
        let request = self.request(uri, wanted);
        if let Some(cache) = self.cache.as_ref().filter(|_| wanted.may_be_kept) {
            match cache.find(url, &request).await {
                Found::Fresh(bytes) if bytes.len() as u64 <= wanted.max_bytes => {
                    return Ok(Hop::kept(bytes, None));
                }
                Found::Stale(kept, headers) if kept.bytes().len() as u64 <= wanted.max_bytes => {
                    let mut conditional = request.clone();
                    *conditional.headers_mut() = headers;
                    match Box::pin(self.hop(url, conditional, wanted, deadline, Some(kept))).await? {
                        Hop::Mistaken => cache.forget(url).await,
                        hop => return Ok(hop),
                    }
                }
                _ => {}
            }
        }
        Box::pin(self.hop(url, request, wanted, deadline, None)).await
    }

    /// Takes an address as it will be asked for, or says what is wrong with it.
    pub(super) fn vet(&self, url: &mut Url, named_by: NamedBy) -> Result<Uri, FetchError> {
        url.set_fragment(None);
        self.rules.check(url).map_err(|fault| fault.of(named_by))?;
        url[..Position::AfterQuery].parse().map_err(|_| AddressFault::Unreadable.of(named_by))
    }

    /// Whether the owner leaves what is at this address to us, page or picture.
    fn owners_word(&self, headers: &HeaderMap) -> Result<(), FetchError> {
        if says_none(headers) {
            return Err(FetchError::KeptOut { wish: KEPT_OUT_HEADER });
        }
        let reserved = reservations::in_headers(headers).filter(|_| self.respects_reservations);
        reserved.map_or(Ok(()), |wish| Err(FetchError::Reserved { wish }))
    }

    fn request(&self, uri: Uri, wanted: Wanted) -> Request<Empty<Bytes>> {
        let mut request = Request::new(Empty::new());
        *request.uri_mut() = uri;
        request.headers_mut().extend([
            (USER_AGENT, self.user_agent.clone()),
            (ACCEPT, HeaderValue::from_static(wanted.accept)),
            (ACCEPT_ENCODING, HeaderValue::from_static("identity")),
        ]);
        request
    }

    /// Asks the origin; whether `kept` has changed, if there is such.
    async fn hop(
        &self,
        url: &Url,
        request: Request<Empty<Bytes>>,
        wanted: Wanted,
        deadline: Instant,
        kept: Option<Kept>,
    ) -> Result<Hop, FetchError> {
        let host = url.host_str().unwrap_or_default().trim_end_matches('.');
        // It goes on with the body, until that is read or dropped.
        let permit = self.permits.take(host, deadline).await?;
        // Who says nothing, or not even a whole head, is told like a closed port and a refused address: were they told
        // apart, a firewall that drops would be.
        let head_deadline = deadline.min(Instant::now() + self.head_timeout);
        let answer = timeout_at(head_deadline, self.client.request(request.clone())).await;
        let response = answer.map_err(|_| FetchError::no_answer())?.map_err(|error| {
            let detail = chain(&error);
            if error.is_connect() {
                FetchError::Unreachable { detail }
            } else {
                FetchError::Broken { detail }
            }
        })?;
        let cache = self.cache.as_ref().filter(|_| wanted.may_be_kept);
        let (status, headers) = (response.status(), response.headers());
        if let (200 | 203 | 304, Err(wish)) = (status.as_u16(), self.owners_word(headers)) {
            if let Some(cache) = cache {
                cache.forget(url).await;
            }
            return Err(wish);
        }
        // A site that cuts reserved pictures today may not tomorrow: they are not kept.
        let to_keep = cache.filter(|_| reservations::in_headers(headers).is_none());
        match (status.as_u16(), kept) {
            (200 | 203, kept) => {
                let keeping = to_keep.and_then(|cache| cache.keeping(url, &request, status, headers));
                if let (Some(cache), Some(_), None) = (cache, kept, &keeping) {
                    // Its successor must not be kept, so it must go now.
                    cache.forget(url).await;
                }
                let content_type = ContentType(header_text(headers, &CONTENT_TYPE));
                let body = Body::of(response, wanted.max_bytes, deadline, self.stall_timeout, permit)?;
                Ok(Hop::There { body: AnswerBody::Arriving(body), content_type, keeping })
            }
            (304, Some(kept)) => {
                let refreshed = to_keep.and_then(|cache| cache.refresh(kept, &request, headers));
                Ok(refreshed.map_or(Hop::Mistaken, |(bytes, keeping)| Hop::kept(bytes, Some(keeping))))
            }
            (301 | 302 | 303 | 307 | 308, _) => Ok(Hop::Elsewhere(next_address(url, &response)?)),
            (status, _) => Err(FetchError::Refused { status, retry_after: retry_after(headers) }),
        }
    }
}

impl Hop {
    fn kept(bytes: Bytes, keeping: Option<Keeping>) -> Self {
        Self::There { body: AnswerBody::Kept(bytes), content_type: ContentType(None), keeping }
    }
}

impl AnswerBody {
    /// Whether all of it was taken.
    pub(super) fn is_over(&self) -> bool {
        match self {
            Self::Arriving(body) => body.is_over(),
            Self::Kept(bytes) => bytes.is_empty(),
        }
    }

    /// The next bytes, or the end.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, FetchError> {
        match self {
            Self::Arriving(body) => body.next().await,
            Self::Kept(bytes) => Ok(Some(std::mem::take(bytes)).filter(|bytes| !bytes.is_empty())),
        }
    }

    /// All of it.
    pub(super) async fn whole(self) -> Result<Bytes, FetchError> {
        match self {
            Self::Arriving(body) => body.whole().await,
            Self::Kept(bytes) => Ok(bytes),
        }
    }
}

impl ContentType {
    /// Refuses what says that it is no web page. Who says nothing is believed to be one, as browsers do.
    pub(super) fn expect_html(&self) -> Result<(), FetchError> {
        let Some(content_type) = &self.0 else {
            return Ok(());
        };
        let kind = essence(content_type);
        if ["text/html", XHTML].iter().any(|html| kind.eq_ignore_ascii_case(html)) {
            return Ok(());
        }
        Err(FetchError::NotAPage { content_type: kind.chars().take(MAX_SHOWN_TYPE_CHARS).collect() })
    }

    /// In which language a page of this type is written.
    pub(super) fn syntax(&self) -> Syntax {
        let is_xml = self.0.as_deref().is_some_and(|kind| essence(kind).eq_ignore_ascii_case(XHTML));
        if is_xml { Syntax::Xml } else { Syntax::Html }
    }

    /// The charset that the header names.
    pub(super) fn charset(&self) -> Option<&str> {
        self.0.as_deref().and_then(charset::of_content_type)
    }
}

fn essence(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or_default().trim()
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
