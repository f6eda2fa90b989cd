//! One address asked for, redirects followed by hand: each hop is checked like the first, waits for its own permit, and
//! all of them share one deadline.

use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, HeaderValue, LOCATION, USER_AGENT};
use http::{HeaderMap, Request, Uri};
use http_body_util::Empty;
use percent_encoding::{AsciiSet, percent_encode};
use tokio::time::{Instant, sleep_until, timeout_at};
use url::{Position, Url};

use super::address::AddressRules;
use super::body::Body;
use super::cache::{Cache, Found, Keeping, Kept};
use super::charset;
use super::connection;
use super::connector::Connector;
use super::error::{AddressFault, FetchError, Kind, NamedBy, RedirectFault};
use super::held::{Held, Room};
use super::line::Line;
use super::network::SharedNetwork;
use super::page::Syntax;
use super::permits::Permits;
use super::reservations;
use super::retry_after::retry_after;
use crate::error::with_causes;
use crate::limits::FetchLimits;

/// Longest content type shown in an error, in characters.
const MAX_SHOWN_TYPE_CHARS: usize = 60;

/// The type of pages that are written in XML.
const XHTML: &str = "application/xhtml+xml";

/// No ASCII character: those that are not are always encoded.
const NOT_ASCII: AsciiSet = AsciiSet::EMPTY;

/// With the value `none`, keeps a page or a picture out.
const KEPT_OUT_HEADER: &str = "x-cutline";

/// The way out, its rules and its permits.
#[derive(Clone, Debug)]
pub(super) struct Exchange {
    connector: Connector,
    rules: Arc<AddressRules>,
    permits: Permits,
    /// Those for pages: who waits for a picture of a slow host does not keep its owner's wishes from being read.
    page_permits: Permits,
    room: Room,
    cache: Option<Arc<Cache>>,
    user_agent: HeaderValue,
    head_timeout: Duration,
    stall_timeout: Duration,
    max_redirects: usize,
    unreachable_after: Duration,
    /// Whether what the owner reserves is refused.
    respects_reservations: bool,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    /// What it is to be.
    pub(super) what: Kind,
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
    /// The reservation in the headers of a page, whose text is still read: it says whose its pictures are.
    pub(super) reserved: Option<&'static str>,
}

/// A body on its way, or kept from before.
#[derive(Debug)]
pub(super) enum AnswerBody {
    Arriving(Box<Body>),
    /// Nothing once it is taken.
    Kept(Bytes),
}

/// The header `Content-Type`, if there is one.
#[derive(Clone, Debug)]
pub(super) struct ContentType(Option<String>);

/// How one hop ends, if not in an error.
enum Hop {
    There {
        body: AnswerBody,
        content_type: ContentType,
        keeping: Option<Keeping>,
        reserved: Option<&'static str>,
    },
    Elsewhere(Url),
    /// The origin says that something has not changed, but not what we have.
    Mistaken,
}

impl Exchange {
    pub(super) fn new(
        rules: Arc<AddressRules>,
        room: Room,
        cache: Option<Arc<Cache>>,
        network: SharedNetwork,
        user_agent: &str,
        limits: &FetchLimits,
        respects_reservations: bool,
    ) -> Result<Self, FetchError> {
        let user_agent = HeaderValue::from_str(user_agent)
            .map_err(|_| FetchError::Setup { detail: "the user agent is not a header's value".to_owned() })?;
        let connector = Connector::new(rules.clone(), network, limits)?;
        let FetchLimits { head_timeout, stall_timeout, max_redirects, .. } = *limits;
        Ok(Self {
            connector,
            rules,
            permits: Permits::new(limits),
            page_permits: Permits::new(limits),
            room,
            cache,
            user_agent,
            head_timeout,
            stall_timeout,
            max_redirects,
            unreachable_after: Duration::ZERO,
            respects_reservations,
        })
    }

    /// The same; what cannot be reached is told `after` this time at the earliest.
    pub(super) fn telling_unreachable_after(self, after: Duration) -> Self {
        Self { unreachable_after: after, ..self }
    }

    /// Gets `url`, which was named by `named_by`, following redirects, until `deadline`.
    pub(super) async fn get(
        &self,
        mut url: Url,
        mut named_by: NamedBy,
        wanted: Wanted,
        line: &Line,
        deadline: Instant,
    ) -> Result<Answer, FetchError> {
        for _ in 0..=self.max_redirects {
            // Here each hop's host is known, and who asked is not: the log names origins, never visitors.
            let tell = |url: &Url, error: &FetchError| {
                tracing::info!(host = url.host_str(), ?error, "an origin gives nothing");
            };
            let earliest = Instant::now() + self.unreachable_after;
            let hop = match self.vet(&mut url, named_by) {
                Ok(uri) => self.ask(&url, uri, wanted, line, deadline).await,
                Err(error) => Err(error),
            };
            let hop = hop.inspect_err(|error| tell(&url, error));
            if matches!(hop, Err(FetchError::Unreachable { .. })) {
                sleep_until(earliest).await;
            }
            match hop? {
                Hop::There { body, content_type, keeping, reserved } => {
                    return Ok(Answer { url, body, content_type, keeping, reserved });
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
    async fn ask(
        &self,
        url: &Url,
        uri: Uri,
        wanted: Wanted,
        line: &Line,
        deadline: Instant,
    ) -> Result<Hop, FetchError> {
        let request = self.request(uri, wanted);
        if let Some(cache) = self.cache.as_ref().filter(|_| wanted.may_be_kept) {
            match cache.find(url, &request).await {
                Found::NoRoom => return Err(FetchError::Busy),
                Found::Fresh(bytes) if bytes.len() as u64 <= wanted.max_bytes => {
                    return Ok(Hop::kept(bytes, None));
                }
                Found::Stale(kept, headers) if kept.bytes().len() as u64 <= wanted.max_bytes => {
                    let mut conditional = request.clone();
                    *conditional.headers_mut() = headers;
                    match Box::pin(self.hop(url, conditional, Some(kept), wanted, line, deadline)).await? {
                        Hop::Mistaken => cache.forget(url).await,
                        hop => return Ok(hop),
                    }
                }
                _ => {}
            }
        }
        Box::pin(self.hop(url, request, None, wanted, line, deadline)).await
    }

    /// Takes an address as it will be asked for, or says what is wrong with it.
    pub(super) fn vet(&self, url: &mut Url, named_by: NamedBy) -> Result<Uri, FetchError> {
        url.set_fragment(None);
        self.rules.check(url).map_err(|fault| fault.of(named_by))?;
        url[..Position::AfterQuery].parse().map_err(|_| AddressFault::Unreadable.of(named_by))
    }

    /// The same before anything is started, so that what is wrong with an address is told by the name that this asker has for
    /// it. That it leads inside is left to the exchange, which tells it no sooner than that there is nothing.
    pub(super) fn vet_early(&self, url: &mut Url, named_by: NamedBy) -> Result<(), FetchError> {
        match self.vet(url, named_by) {
            Err(FetchError::Unreachable { .. }) | Ok(_) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Whether the owner leaves what is at this address to us. The reservation of a page is left to who reads it.
    fn owners_word(&self, what: Kind, status: u16, headers: &HeaderMap) -> Result<(), FetchError> {
        if says_none(headers) {
            return Err(FetchError::KeptOut { wish: KEPT_OUT_HEADER });
        }
        let is_its_answer = matches!(status, 200 | 203 | 304 | 301 | 302 | 303 | 307 | 308);
        let is_page = what == Kind::Page && matches!(status, 200 | 203);
        let reserved = reservations::in_headers(headers)
            .filter(|_| self.respects_reservations && is_its_answer && !is_page);
        reserved.map_or(Ok(()), |wish| Err(FetchError::reserved(wish)))
    }

    fn request(&self, uri: Uri, wanted: Wanted) -> Request<Empty<Bytes>> {
        let accept = match wanted.what {
            Kind::Picture => "image/*",
            Kind::Page => "text/html",
        };
        let mut request = Request::new(Empty::new());
        *request.uri_mut() = uri;
        request.headers_mut().extend([
            (USER_AGENT, self.user_agent.clone()),
            (ACCEPT, HeaderValue::from_static(accept)),
            (ACCEPT_ENCODING, HeaderValue::from_static("identity")),
        ]);
        request
    }

    /// Asks the origin; whether `kept` has changed, if there is such.
    async fn hop(
        &self,
        url: &Url,
        request: Request<Empty<Bytes>>,
        kept: Option<Kept>,
        wanted: Wanted,
        line: &Line,
        deadline: Instant,
    ) -> Result<Hop, FetchError> {
        let host = url.host_str().unwrap_or_default().trim_end_matches('.');
        // It goes on with the body, until that is read or dropped.
        let permits = if wanted.what == Kind::Page { &self.page_permits } else { &self.permits };
        let permit = permits.take(host, line, deadline).await?;
        let stream = self.connector.connect(request.uri(), permits.addresses(), line, deadline).await;
        let stream = stream.map_err(|error| error.told())?;
        let deadline = line.later(deadline);
        // Who says nothing, or not even a whole head, is told like a closed port and a refused address: were they told
        // apart, a firewall that drops would be.
        let asked = Instant::now();
        let head_deadline = deadline.min(asked + self.head_timeout);
        let answer = timeout_at(head_deadline, connection::send(stream, request.clone())).await;
        let response = answer
            .map_err(|_| FetchError::no_answer())?
            .map_err(|error| FetchError::Broken { detail: with_causes(&error) })?;
        let delay = asked.elapsed();
        let cache = self.cache.as_ref().filter(|_| wanted.may_be_kept);
        let forget = async || {
            if let Some(cache) = cache {
                cache.forget(url).await;
            }
        };
        let (status, headers) = (response.status(), response.headers().clone());
        if let Err(wish) = self.owners_word(wanted.what, status.as_u16(), &headers) {
            forget().await;
            return Err(wish);
        }
        // A site that cuts reserved pictures today may not tomorrow: they are not kept.
        let reserved = reservations::in_headers(&headers);
        let to_keep = cache.filter(|_| reserved.is_none());
        match (status.as_u16(), kept) {
            (200 | 203, kept) => {
                let content_type = ContentType(header_text(&headers, &CONTENT_TYPE));
                let held = self.room.share();
                let body = Body::of(
                    response,
                    (wanted.what, wanted.max_bytes),
                    deadline,
                    self.stall_timeout,
                    held,
                    permit,
                )?;
                // What may be half a picture answers nobody but those who wait for it now.
                let to_keep = to_keep.filter(|_| body.has_known_end());
                let keeping = to_keep.and_then(|cache| cache.keeping(url, &request, status, &headers, delay));
                if kept.is_some() && keeping.is_none() {
                    // Its successor must not be kept, so it must go now.
                    forget().await;
                }
                Ok(Hop::There { body: AnswerBody::Arriving(Box::new(body)), content_type, keeping, reserved })
            }
            (304, Some(kept)) => {
                let refreshed = to_keep.and_then(|cache| cache.refresh(kept, &request, &headers, delay));
                Ok(refreshed.map_or(Hop::Mistaken, |(bytes, keeping)| Hop::kept(bytes, Some(keeping))))
            }
            (301 | 302 | 303 | 307 | 308, _) => Ok(Hop::Elsewhere(next_address(url, &headers)?)),
            (status, kept) => {
                if kept.is_some() && matches!(status, 401 | 403 | 404 | 410 | 451) {
                    // It is not there any more, or not for us.
                    forget().await;
                }
                Err(FetchError::Refused { status, retry_after: retry_after(&headers) })
            }
        }
    }
}

impl Hop {
    fn kept(bytes: Bytes, keeping: Option<Keeping>) -> Self {
        let (content_type, reserved) = (ContentType(None), None);
        Self::There { body: AnswerBody::Kept(bytes), content_type, keeping, reserved }
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

    /// Who says it, if somebody does now.
    pub(super) fn peer(&self) -> Option<IpAddr> {
        match self {
            Self::Arriving(body) => Some(body.peer()),
            Self::Kept(_) => None,
        }
    }

    /// What counts its bytes, unless they carry that themselves.
    pub(super) fn held(&self) -> Option<Held> {
        match self {
            Self::Arriving(body) => Some(body.held()),
            Self::Kept(_) => None,
        }
    }

    /// The next bytes, or the end.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, FetchError> {
        match self {
            Self::Arriving(body) => body.next().await,
            Self::Kept(bytes) => Ok(Some(std::mem::take(bytes)).filter(|bytes| !bytes.is_empty())),
        }
    }

    /// As much of it as is wanted at most, and whether there was more.
    pub(super) async fn beginning(self) -> Result<(Bytes, bool), FetchError> {
        match self {
            Self::Arriving(body) => body.beginning().await,
            Self::Kept(bytes) => Ok((bytes, false)),
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

fn next_address(url: &Url, headers: &HeaderMap) -> Result<Url, FetchError> {
    let bad = |fault| FetchError::BadRedirect { fault };
    let location = headers.get(LOCATION).ok_or_else(|| bad(RedirectFault::NoLocation))?;
    let location = address_text(location.as_bytes());
    let next = url.join(&location).map_err(|_| bad(RedirectFault::Address(AddressFault::Unreadable)))?;
    if url.scheme() == "https" && next.scheme() == "http" {
        return Err(bad(RedirectFault::Downgrade));
    }
    Ok(next)
}

/// Whether the owner keeps what is at this address out, page or picture.
fn says_none(headers: &HeaderMap) -> bool {
    let mut words = headers
        .get_all(KEPT_OUT_HEADER)
        .iter()
        .flat_map(|value| value.as_bytes().split(|&byte| byte == b','));
    let is_none = |word: &[u8]| {
        // A structured field may have parameters (RFC 9651).
        let word = word.split(|&byte| byte == b';').next().unwrap_or(word).trim_ascii();
        let unquoted = word.strip_prefix(b"\"").and_then(|word| word.strip_suffix(b"\""));
        unquoted.unwrap_or(word).trim_ascii().eq_ignore_ascii_case(b"none")
    };
    words.any(is_none)
}

/// An address as it is written in a header. Bytes of another encoding than UTF-8 stay the bytes that they are, as in browsers.
fn address_text(bytes: &[u8]) -> Cow<'_, str> {
    match str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => percent_encode(bytes, &NOT_ASCII).to_string().into(),
    }
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
    fn an_address_of_another_encoding_leads_where_browsers_go() {
        let base = Url::parse("http://a.example/").expect("an address");
        for (bytes, expected) in [
            (&b"/caf\xe9?\xff"[..], "http://a.example/caf%E9?%FF"),
            ("/caf\u{e9}".as_bytes(), "http://a.example/caf%C3%A9"),
            (b"/caf%E9", "http://a.example/caf%E9"),
        ] {
            let location = HeaderValue::from_bytes(bytes).expect("a value");
            let headers = HeaderMap::from_iter([(LOCATION, location)]);
            assert_eq!(next_address(&base, &headers).expect("an address").as_str(), expected);
        }
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
