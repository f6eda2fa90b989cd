//! The one HTTP client that talks to platforms, and how their answers are read.
//!
//! It carries accounts' tokens, so it follows no redirect and knows no proxy: a request goes to the account's server or
//! nowhere. It is not the fetcher's client: pictures and pages are never fetched with it. What an answer says is read
//! before its status is judged, and read with a cap.

use std::time::Duration;

use cutline_text::{Rule, Unit};
use http::{HeaderMap, StatusCode, header};
use jiff::{Timestamp, fmt::rfc2822::DateTimeParser};
use reqwest::multipart::Part;
use reqwest::{Body, Client, ClientBuilder, RequestBuilder, Response, Upgraded, redirect};
use serde_json::Value;

use super::{Post, PostError, Token};
use crate::error::with_causes;
use crate::fetch::ServerGuard;

/// How long one request to a platform may take, the picture's way there included.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
/// How long reaching the platform may take. Shorter than any request's time, so that a server which cannot be reached
/// is told apart from one which took the request and went silent.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A number of seconds below this is a time span and no date: it lies in 2001.
const EARLIEST_DATE: i64 = 1_000_000_000;
/// Most of an answer that is read, in bytes.
const MAX_ANSWER_BYTES: usize = 1 << 20;
/// Where platforms say what is wrong, the most readable first: OAuth, Bluesky and WordPress, Misskey, Mastodon and Matrix,
/// Telegram, Ghost, Lemmy's store of pictures, X, Tumblr, VK; and Reddit.
const WORDS: [&str; 14] = [
    "/error_description",
    "/json/errors/0/1",
    "/explanation",
    "/message",
    "/error/message",
    "/error",
    "/description",
    "/errors/0/message",
    "/msg",
    "/detail",
    "/errors/0/detail",
    "/title",
    "/meta/msg",
    "/error/error_msg",
];
/// Most of a platform's own words that a visitor is shown, in characters.
const MAX_WORDS_CHARS: usize = 300;

/// The client for all platforms of this program; `user_agent` says who calls, `timeout` is [`DEFAULT_TIMEOUT`].
pub fn platform_client(user_agent: &str, timeout: Duration) -> Result<Client, reqwest::Error> {
    builder(user_agent, timeout).build()
}

/// The client for servers that visitors name: the same, behind the guard. Whoever calls with it has the address checked first.
pub fn guarded_client(
    guard: ServerGuard,
    user_agent: &str,
    timeout: Duration,
) -> Result<Client, reqwest::Error> {
    builder(user_agent, timeout).dns_resolver(guard).build()
}

fn builder(user_agent: &str, timeout: Duration) -> ClientBuilder {
    // The program may have chosen a provider already; the first one stays.
    let _ = rustls::crypto::ring::default_provider().install_default();
    #[expect(clippy::disallowed_methods, reason = "this is the one home of the platforms' client")]
    Client::builder()
        .user_agent(user_agent)
        .no_proxy()
        .redirect(redirect::Policy::none())
        .referer(false)
        // Every request on a connection of its own: a platform that closes an idle one just as it is used again leaves us
        // not knowing whether it posted. (snac closes each without saying so.)
        .pool_max_idle_per_host(0)
        // So HTTP/2 would gain nothing, and a relay's WebSocket begins as a request of HTTP/1.1.
        .http1_only()
        .connect_timeout(CONNECT_TIMEOUT.min(timeout / 2))
        .timeout(timeout)
}

/// A platform's whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
    /// What the request proved itself with: an account's token, or that of a session which was had for it.
    proof: Option<Token>,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Silence {
    /// The platform was not reached: it has not seen the request.
    NotReached(String),
    /// The request may have reached the platform, which may have acted on it.
    Lost(String),
}

impl Silence {
    /// What happened, for the log.
    pub(crate) fn detail(&self) -> &str {
        let (Self::NotReached(detail) | Self::Lost(detail)) = self;
        detail
    }
}

impl From<reqwest::Error> for Silence {
    fn from(error: reqwest::Error) -> Self {
        let was_not_reached = error.is_connect() || error.is_builder();
        // Without the address: to some platforms it is the secret.
        let detail = with_causes(&error.without_url());
        if was_not_reached { Self::NotReached(detail) } else { Self::Lost(detail) }
    }
}

/// Sends a request and reads the answer, its beginning if it is very long.
pub(crate) async fn send(request: RequestBuilder) -> Result<Answer, Silence> {
    let (client, request) = request.build_split();
    let request = request?;
    let proof = request.headers().get(header::AUTHORIZATION).and_then(|sent| sent.to_str().ok());
    let proof = proof.and_then(|sent| sent.split_once(' ')).map(|(_, proof)| Token::new(proof));
    Ok(Answer { proof, ..read(client.execute(request).await?).await? })
}

/// Asks to speak another protocol from here on; gives the connection and the answer's headers, or what is answered instead.
pub(super) async fn upgrade(
    request: RequestBuilder,
) -> Result<Result<(Upgraded, HeaderMap), Answer>, Silence> {
    let response = request.send().await?;
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        return Ok(Err(read(response).await?));
    }
    let headers = response.headers().clone();
    Ok(Ok((response.upgrade().await?, headers)))
}

async fn read(mut response: Response) -> Result<Answer, Silence> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk[..chunk.len().min(MAX_ANSWER_BYTES - body.len())]);
        if body.len() == MAX_ANSWER_BYTES {
            break;
        }
    }
    Ok(Answer { status: response.status(), headers: response.headers().clone(), body, proof: None })
}

/// The post's picture as a part of a form.
pub(super) fn picture_part(post: &Post) -> Result<Part, PostError> {
    let length = post.bytes.len() as u64;
    Part::stream_with_length(Body::from(post.bytes.clone()), length)
        .file_name(post.file_name.clone())
        .mime_str(&post.media_type)
        .map_err(|error| PostError::Final {
            reason: "The clipping's media type cannot be sent.".to_owned(),
            detail: error.to_string(),
        })
}

impl Answer {
    /// The answer as JSON, if it is.
    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// What the platform says about an error, as one line of plain text for the visitor; nothing when it says nothing
    /// that a person could read (no body, an HTML page).
    pub(crate) fn words(&self) -> Option<String> {
        self.said().as_deref().and_then(in_short)
    }

    /// The same, without the token that it may repeat, nor what the request proved itself with.
    pub(super) fn words_without(&self, token: &Token) -> Option<String> {
        // Before it is shortened: half a token is recognised by nobody here.
        let secrets = [Some(token), self.proof.as_ref()].into_iter().flatten();
        in_short(&secrets.fold(self.said()?, |said, secret| secret.masked(&said)))
    }

    /// The same, however long.
    fn said(&self) -> Option<String> {
        let json = self.json();
        let said = json
            .as_ref()
            .and_then(|json| WORDS.iter().find_map(|place| json.pointer(place).and_then(Value::as_str)));
        let is_plain = self.header(header::CONTENT_TYPE).is_some_and(|kind| kind.starts_with("text/plain"));
        let words = match said {
            Some(said) => said.to_owned(),
            None if self.is_xml() => self.element("Message").or_else(|| self.attribute("err", "msg"))?,
            None if is_plain => String::from_utf8_lossy(&self.body).into_owned(),
            // Of servers of pictures on Nostr (BUD-01).
            None => self.header("x-reason")?.to_owned(),
        };
        Some(one_line(&words))
    }

    /// The text of the first element of this name in an answer that is XML.
    pub(super) fn element(&self, name: &str) -> Option<String> {
        let body = std::str::from_utf8(&self.body).ok().filter(|_| self.is_xml())?;
        let (_, rest) = body.split_once(&format!("<{name}>"))?;
        let (text, _) = rest.split_once(&format!("</{name}>"))?;
        Some(plain(text))
    }

    /// This attribute of the first element of this name in an answer that is XML.
    pub(super) fn attribute(&self, element: &str, name: &str) -> Option<String> {
        let body = std::str::from_utf8(&self.body).ok().filter(|_| self.is_xml())?;
        let (_, rest) = body.split_once(&format!("<{element} "))?;
        let (attributes, _) = rest.split_once('>')?;
        let (_, rest) = attributes.split_once(&format!("{name}=\""))?;
        Some(plain(rest.split_once('"')?.0))
    }

    fn is_xml(&self) -> bool {
        self.header(header::CONTENT_TYPE)
            .is_some_and(|kind| kind.starts_with("application/xml") || kind.starts_with("text/xml"))
    }

    /// How long the platform asks us to wait: `Retry-After` in seconds or as a date (RFC 9110, 10.2.3), else, or where that cannot be
    /// read, when the limit is used up, `X-RateLimit-Reset`, `X-Rate-Limit-Reset` (X) or `RateLimit-Reset` as a date (Mastodon), in seconds since
    /// 1970 (Bluesky) or from now (Discord's, and the IETF's draft).
    /// A date is held against the answer's own, so that a platform whose clock is wrong gets the wait that it means.
    /// No time at all, or a date that is past, asks for nothing: it would be taken at its word, for a day.
    pub(crate) fn retry_after(&self, now: Timestamp) -> Option<Duration> {
        self.said_to_wait(now).filter(|wait| !wait.is_zero())
    }

    fn said_to_wait(&self, now: Timestamp) -> Option<Duration> {
        let parsed = |date| DateTimeParser::new().parse_timestamp(date).ok();
        let now = self.header(header::DATE).and_then(parsed).unwrap_or(now);
        let asked = self.header(header::RETRY_AFTER).and_then(|asked| match whole_seconds(asked) {
            Some(seconds) => u64::try_from(seconds).ok().map(Duration::from_secs),
            None => parsed(asked).map(|date| until(date, now)),
        });
        if asked.is_some() {
            return asked;
        }
        if self.status != StatusCode::TOO_MANY_REQUESTS {
            return None;
        }
        let named = ["x-ratelimit-reset", "x-rate-limit-reset", "ratelimit-reset"];
        let reset = named.into_iter().find_map(|name| self.header(name))?;
        let date = match whole_seconds(reset) {
            Some(seconds @ 0..EARLIEST_DATE) => {
                return Some(Duration::from_secs(u64::try_from(seconds).ok()?));
            }
            Some(seconds) => Timestamp::from_second(seconds).ok()?,
            None => reset.parse().ok()?,
        };
        Some(until(date, now))
    }

    pub(crate) fn header(&self, name: impl header::AsHeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok().map(str::trim)
    }
}

/// What a platform says in a message of its own, as visitors are shown it; nothing when there are no words.
pub(super) fn readable(words: &str) -> Option<String> {
    in_short(&one_line(words))
}

fn one_line(words: &str) -> String {
    let line: String = words.chars().map(|c| if is_invisible(c) { ' ' } else { c }).collect();
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// As much of a platform's words as a visitor is shown; nothing when there are none.
fn in_short(words: &str) -> Option<String> {
    let words = Rule::new(Unit::Characters, MAX_WORDS_CHARS).shorten(words);
    (!words.is_empty()).then_some(words)
}

/// A text of XML, read.
fn plain(text: &str) -> String {
    let signs = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    signs.iter().fold(text.to_owned(), |text, (written, sign)| text.replace(written, sign))
}

/// A number of seconds; a part of one counts as one, since who calls too early is sent away for longer.
fn whole_seconds(text: &str) -> Option<i64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let is_number = [whole, part].iter().all(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()));
    let is_more = part.bytes().any(|digit| digit != b'0');
    whole.parse::<i64>().ok().filter(|_| is_number)?.checked_add(i64::from(is_more))
}

fn until(date: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(date.duration_since(now)).unwrap_or(Duration::ZERO)
}

/// Control characters, and those that change the direction of the text around them.
fn is_invisible(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, headers: &[(&'static str, &str)], body: &str) -> Answer {
        let headers = headers.iter().map(|(name, value)| {
            (http::HeaderName::from_static(name), value.parse().expect("a header's value"))
        });
        Answer {
            status: StatusCode::from_u16(status).expect("a status"),
            headers: headers.collect(),
            body: body.as_bytes().to_vec(),
            proof: None,
        }
    }

    #[test]
    fn a_platform_may_ask_for_time_in_many_ways() {
        let now: Timestamp = "2026-11-23T12:00:00Z".parse().expect("a time");
        for (status, headers, seconds) in [
            (429, &[("retry-after", "30")][..], Some(30)),
            (503, &[("retry-after", " 0 ")], None),
            (503, &[("retry-after", " 1 ")], Some(1)),
            (503, &[("retry-after", "Mon, 23 Nov 2026 12:01:00 GMT")], Some(60)),
            (429, &[("retry-after", "Mon, 23 Nov 2026 11:00:00 GMT")], None),
            (
                503,
                &[
                    ("retry-after", "Mon, 23 Nov 2026 11:31:00 GMT"),
                    ("date", "Mon, 23 Nov 2026 11:30:00 GMT"),
                ],
                Some(60),
            ),
            (429, &[("retry-after", "soon"), ("x-ratelimit-reset", "2026-11-23T12:05:00Z")], Some(300)),
            (429, &[("retry-after", "-5"), ("ratelimit-reset", "7")], Some(7)),
            (429, &[("retry-after", "2"), ("ratelimit-reset", "7")], Some(2)),
            (429, &[("retry-after", "1.001")], Some(2)),
            (429, &[("retry-after", "1.000")], Some(1)),
            (429, &[("retry-after", "99999999999999999999")], None),
            (429, &[("x-ratelimit-reset", "1795435210.25")], Some(11)),
            (429, &[("retry-after", "-5")], None),
            (429, &[("x-ratelimit-reset", "2026-11-23T12:05:00.000000Z")], Some(300)),
            (429, &[("x-ratelimit-reset", "1795435210")], Some(10)),
            (429, &[("x-ratelimit-reset", "99999999999999999")], None),
            (429, &[("x-rate-limit-reset", "1795435210")], Some(10)),
            (429, &[("ratelimit-reset", "1795435210")], Some(10)),
            (429, &[("ratelimit-reset", "12")], Some(12)),
            (429, &[("ratelimit-reset", "-12")], None),
            (500, &[("x-ratelimit-reset", "2026-11-23T12:05:00Z")], None),
            (429, &[], None),
        ] {
            let asked = answer(status, headers, "").retry_after(now);
            assert_eq!(asked, seconds.map(Duration::from_secs), "{status} {headers:?}");
        }
    }

    #[test]
    fn a_platforms_words_become_one_line_of_plain_text() {
        let json = [("content-type", "application/json")];
        for (headers, body, words) in [
            (
                &json[..],
                r#"{"error":"Validation failed:\n Text can't be blank"}"#,
                Some("Validation failed: Text can't be blank"),
            ),
            (
                &json,
                r#"{"error":"invalid_token","error_description":"It was \u202erevoked"}"#,
                Some("It was revoked"),
            ),
            (&json, r#"{"error":{"code":5}}"#, None),
            (&json, r#"{"error":"InvalidRequest","message":"grapheme too big"}"#, Some("grapheme too big")),
            (&json, r#"{"error":{"code":"NO_SUCH_NOTE","message":"No such note."}}"#, Some("No such note.")),
            (
                &json,
                r#"{"ok":false,"description":"Bad Request: chat not found"}"#,
                Some("Bad Request: chat not found"),
            ),
            (&json, r#"{"errors":[{"message":"Invalid token"}]}"#, Some("Invalid token")),
            (&json, r#"{"title":"Forbidden","detail":"Duplicate","type":"about:blank"}"#, Some("Duplicate")),
            (&json, r#"{"meta":{"msg":"Forbidden"},"errors":[{"detail":"Not here"}]}"#, Some("Not here")),
            (&json, "", None),
            (&[("content-type", "text/plain; charset=utf-8")], " too\tlarge\r\n", Some("too large")),
            (&[("content-type", "text/html")], "<h1>Bad gateway</h1>", None),
        ] {
            assert_eq!(answer(422, headers, body).words().as_deref(), words, "{body}");
        }
        let long = format!(r#"{{"error":"{}"}}"#, "no ".repeat(1000));
        assert_eq!(answer(422, &json, &long).words().map(|words| words.chars().count()), Some(300));
    }
}
