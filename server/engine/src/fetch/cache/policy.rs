//! What HTTP says of keeping an answer (RFC 9111), for a cache that all visitors share.
//!
//! The rules are the crate's, `http_cache_semantics`; here is what it must be spared. Directives are lower-cased, since it
//! compares them as they are; numbers are held to what adds up; what cannot be read is taken for the strictest. And it
//! believes in `Age` alone, which not every cache on the way writes: here an answer is as old as its `Date` says too.

use std::time::{Duration, SystemTime};

use http::header::{
    AGE, CACHE_CONTROL, DATE, ETAG, EXPIRES, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH,
    LAST_MODIFIED, PRAGMA, SET_COOKIE, VARY,
};
use http::{HeaderMap, Request, Response, StatusCode};
use http_cache_semantics::{AfterResponse, BeforeRequest, CacheOptions, CachePolicy};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use serde::{Deserialize, Serialize};

/// What is kept of an answer's header: all that the rules look at.
const LOOKED_AT: [HeaderName; 8] = [CACHE_CONTROL, PRAGMA, EXPIRES, DATE, AGE, ETAG, LAST_MODIFIED, VARY];

/// Most of it that is kept, in bytes.
const MAX_HEADER_BYTES: usize = 8 << 10;

/// The largest age there is (RFC 9111, section 1.2.2).
const MAX_AGE_SECONDS: u64 = 1 << 31;

/// When an answer came.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival {
    pub(super) at: SystemTime,
    /// How long after it was asked for.
    pub(super) delay: Duration,
}

/// When a kept answer may be used.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Policy(Box<CachePolicy>);

/// What may be done with a kept answer for a new request.
pub(super) enum Use {
    /// Use it.
    Fresh,
    /// Ask with these headers whether it is still the same.
    Ask(HeaderMap),
    /// Nothing: it answers another request, or there is nothing to ask by.
    Nothing,
}

impl Policy {
    /// The policy of an answer that may be kept and will be of use.
    pub(super) fn of<B>(
        request: &Request<B>,
        status: StatusCode,
        headers: &HeaderMap,
        arrival: Arrival,
    ) -> Option<Self> {
        let now = arrival.at;
        let answer = answer(status, headers, arrival)?;
        let policy = CachePolicy::new_options(request, &answer, now, CacheOptions::default());
        let is_of_use =
            !policy.is_stale(now) || headers.contains_key(ETAG) || headers.contains_key(LAST_MODIFIED);
        (policy.is_storable() && is_of_use).then(|| Self(policy.into()))
    }

    /// Whether the answer may be used for `request`.
    pub(super) fn judge<B>(&self, request: &Request<B>, now: SystemTime) -> Use {
        match self.0.before_request(request, now) {
            BeforeRequest::Fresh(_) => Use::Fresh,
            BeforeRequest::Stale { request, matches } => {
                let asks = [IF_NONE_MATCH, IF_MODIFIED_SINCE];
                let can_ask = matches && asks.iter().any(|name| request.headers.contains_key(name));
                if can_ask { Use::Ask(request.headers) } else { Use::Nothing }
            }
        }
    }

    /// The policy from now on, when the origin said with these headers that nothing has changed; nothing when it means
    /// another answer than the one that is kept, or when that must not be kept any more.
    pub(super) fn refreshed<B>(
        &self,
        request: &Request<B>,
        headers: &HeaderMap,
        arrival: Arrival,
    ) -> Option<Self> {
        let answer = answer(StatusCode::NOT_MODIFIED, headers, arrival)?;
        match self.0.after_response(request, &answer, arrival.at) {
            AfterResponse::NotModified(policy, _) => policy.is_storable().then(|| Self(policy.into())),
            AfterResponse::Modified(..) => None,
        }
    }
}

/// The answer as the rules are to see it; nothing when it cannot be told what they would say.
fn answer(status: StatusCode, headers: &HeaderMap, arrival: Arrival) -> Option<Response<()>> {
    let mut kept = HeaderMap::new();
    let mut bytes = 0;
    for name in LOOKED_AT {
        for value in headers.get_all(&name) {
            bytes += value.len();
            if let Some(value) = plain(&name, value)? {
                kept.append(name.clone(), value);
            }
        }
    }
    // That there is one matters to the rules; what it is matters to nobody.
    if headers.contains_key(SET_COOKIE) {
        kept.insert(SET_COOKIE, HeaderValue::from_static("unread"));
    }
    // Always there: of an answer that was refreshed, the old age must not stay.
    kept.insert(AGE, age(&kept, arrival).into());
    let mut answer = Response::new(());
    *answer.status_mut() = status;
    *answer.headers_mut() = kept;
    (bytes <= MAX_HEADER_BYTES).then_some(answer)
}

/// How old the answer was when it came, in seconds (RFC 9111, section 4.2.3).
fn age(headers: &HeaderMap, arrival: Arrival) -> u64 {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let said: u64 = text(AGE).and_then(|age| age.parse().ok()).unwrap_or(0);
    let date = text(DATE).and_then(|date| DateTimeParser::new().parse_timestamp(date.trim()).ok());
    let arrived = Timestamp::try_from(arrival.at).ok();
    let apparent =
        date.zip(arrived).map_or(0, |(date, arrived)| (arrived.as_second() - date.as_second()).max(0));
    said.saturating_add(arrival.delay.as_secs()).max(apparent.unsigned_abs()).min(MAX_AGE_SECONDS)
}

/// The value in the form that the rules expect: `Some(None)` leaves it out, `None` gives the answer up.
fn plain(name: &HeaderName, value: &HeaderValue) -> Option<Option<HeaderValue>> {
    let text = value.to_str().ok();
    Some(match *name {
        CACHE_CONTROL | PRAGMA => HeaderValue::from_str(&text?.to_ascii_lowercase()).ok(),
        VARY => Some(HeaderValue::from_str(text?).ok()?),
        AGE => {
            text.and_then(|text| text.trim().parse::<u64>().ok()).map(|age| age.min(MAX_AGE_SECONDS).into())
        }
        _ => text.is_some().then(|| value.clone()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: SystemTime = SystemTime::UNIX_EPOCH;

    const AT_ONCE: Arrival = Arrival { at: NOW, delay: Duration::ZERO };

    fn request(agent: &'static str) -> Request<()> {
        let request = Request::get("http://a.example/a.jpg").header("user-agent", agent);
        request.header("accept", "image/*").body(()).expect("a request")
    }

    fn headers(lines: &str) -> HeaderMap {
        let pair = |line: &str| {
            let (name, value) = line.split_once(": ").expect("a header");
            (name.parse::<HeaderName>().expect("a name"), value.parse::<HeaderValue>().expect("a value"))
        };
        let mut all = HeaderMap::new();
        for (name, value) in lines.split('|').filter(|line| !line.is_empty()).map(pair) {
            all.append(name, value);
        }
        all
    }

    fn policy(lines: &str) -> Option<Policy> {
        Policy::of(&request("a"), StatusCode::OK, &headers(lines), AT_ONCE)
    }

    fn use_after(policy: &Policy, seconds: u64) -> &'static str {
        match policy.judge(&request("a"), NOW + Duration::from_secs(seconds)) {
            Use::Fresh => "fresh",
            Use::Ask(_) => "ask",
            Use::Nothing => "nothing",
        }
    }

    #[test]
    fn what_an_origin_forbids_is_not_kept_however_it_writes_it() {
        for lines in [
            "Cache-Control: no-store",
            "Cache-Control: No-Store, max-age=600",
            "Cache-Control: max-age=600|Cache-Control: NO-STORE",
            "Cache-Control: private, max-age=600",
            "Cache-Control: Private=\"set-cookie\", max-age=600",
            "Cache-Control: max-age=600, no-st\u{f6}re",
            "Cache-Control: max-age=600|Vary: \u{f6}",
        ] {
            assert!(policy(lines).is_none(), "{lines}");
        }
        let long = format!("Cache-Control: max-age=600|ETag: \"{}\"", "a".repeat(MAX_HEADER_BYTES));
        assert!(policy(&long).is_none());
    }

    #[test]
    fn what_would_be_of_no_use_is_not_kept() {
        for lines in ["", "Cache-Control: no-cache", "Cache-Control: max-age=0", "Expires: 0", "Vary: *"] {
            assert!(policy(lines).is_none(), "{lines}");
        }
    }

    #[test]
    fn it_is_fresh_as_long_as_the_origin_says_and_then_the_origin_is_asked() {
        for (lines, seconds, expected) in [
            ("Cache-Control: max-age=600", 599, "fresh"),
            ("Cache-Control: Max-Age=600", 599, "fresh"),
            ("Cache-Control: max-age=600", 600, "nothing"),
            ("Cache-Control: max-age=600|ETag: \"a\"", 600, "ask"),
            ("Cache-Control: max-age=600|Age: 500|ETag: \"a\"", 100, "ask"),
            ("Cache-Control: s-maxage=60, max-age=600|ETag: \"a\"", 60, "ask"),
            ("Cache-Control: no-cache|ETag: \"a\"", 0, "ask"),
            ("ETag: \"a\"", 0, "ask"),
            ("Set-Cookie: a=b|Cache-Control: max-age=600|ETag: \"a\"", 0, "ask"),
            ("Vary: *|Cache-Control: max-age=600|ETag: \"a\"", 0, "nothing"),
            (
                "Last-Modified: Thu, 01 Jan 1970 00:00:00 GMT|Date: Thu, 01 Jan 1970 01:00:00 GMT",
                359,
                "fresh",
            ),
            ("Last-Modified: Thu, 01 Jan 1970 00:00:00 GMT|Date: Thu, 01 Jan 1970 01:00:00 GMT", 360, "ask"),
        ] {
            assert_eq!(use_after(&policy(lines).expect(lines), seconds), expected, "{lines}, {seconds} s");
        }
    }

    #[test]
    fn an_answer_is_as_old_as_its_date_says_and_as_the_way_took() {
        let arrival =
            |at: u64, delay| Arrival { at: NOW + Duration::from_secs(at), delay: Duration::from_secs(delay) };
        let hour = "|Date: Thu, 01 Jan 1970 00:00:00 GMT|ETag: \"a\"";
        for (lines, at, delay, then, expected) in [
            ("Cache-Control: max-age=600", 3_600, 0, 3_600, "ask"),
            ("Cache-Control: max-age=600", 500, 0, 599, "fresh"),
            ("Cache-Control: max-age=600", 500, 0, 600, "ask"),
            ("Expires: Thu, 01 Jan 1970 01:00:00 GMT", 3_600, 0, 3_600, "ask"),
            ("Expires: Thu, 01 Jan 1970 01:00:00 GMT", 1_000, 0, 3_599, "fresh"),
            ("Cache-Control: max-age=600|Age: 700", 3, 0, 3, "ask"),
            ("Cache-Control: max-age=600|Age: 590", 9, 9, 9, "fresh"),
            ("Cache-Control: max-age=600|Age: 590", 10, 10, 10, "ask"),
        ] {
            let headers = headers(&[lines, hour].concat());
            let policy = Policy::of(&request("a"), StatusCode::OK, &headers, arrival(at, delay));
            assert_eq!(use_after(&policy.expect(lines), then), expected, "{lines}, {at} s, {then} s");
        }
        let old = "Cache-Control: max-age=600|Age: 599|ETag: \"a\"";
        let old = Policy::of(&request("a"), StatusCode::OK, &headers(old), AT_ONCE).expect("kept");
        let anew = old.refreshed(&request("a"), &headers("ETag: \"a\""), arrival(10, 0)).expect("the same");
        assert_eq!((use_after(&anew, 609), use_after(&anew, 610)), ("fresh", "ask"));
    }

    #[test]
    fn pragma_and_expires_count_where_there_is_no_cache_control() {
        for (lines, expected) in [
            ("Expires: Thu, 01 Jan 1970 01:00:00 GMT|Date: Thu, 01 Jan 1970 00:00:00 GMT", "fresh"),
            ("Expires: Thu, 01 Jan 1970 00:00:00 GMT|Date: Thu, 01 Jan 1970 00:00:00 GMT", "ask"),
            (
                "Pragma: No-Cache|Expires: Thu, 01 Jan 1970 01:00:00 GMT|Date: Thu, 01 Jan 1970 00:00:00 GMT",
                "ask",
            ),
        ] {
            let lines = format!("{lines}|ETag: \"a\"");
            assert_eq!(use_after(&policy(&lines).expect(&lines), 60), expected, "{lines}");
        }
    }

    #[test]
    fn no_number_or_date_of_an_origin_breaks_the_sums() {
        let huge = u64::MAX;
        for lines in [
            format!("Cache-Control: max-age={huge}|Age: {huge}|ETag: \"a\""),
            format!("Cache-Control: s-maxage={huge}|Age: -1"),
            "Cache-Control: max-age=1.5|ETag: \"a\"|Age: old".to_owned(),
            "Expires: Fri, 31 Dec 9999 23:59:59 GMT|Date: Mon, 01 Jan 0001 00:00:00 GMT|ETag: \"a\""
                .to_owned(),
            "Last-Modified: Mon, 01 Jan 0001 00:00:00 GMT|Date: Fri, 31 Dec 9999 23:59:59 GMT".to_owned(),
            "Cache-Control: ,=,==,\"|ETag: \"a\", \"b\"|Vary: ,,a b,".to_owned(),
        ] {
            if let Some(policy) = policy(&lines) {
                use_after(&policy, 0);
                use_after(&policy, u64::from(u32::MAX));
                let _ = policy.refreshed(&request("a"), &headers(&lines), AT_ONCE);
            }
        }
    }

    #[test]
    fn an_answer_that_varies_answers_only_the_request_it_was_given_to() {
        let varies = policy("Vary: Accept, User-Agent|Cache-Control: max-age=600|ETag: \"a\"").expect("kept");
        assert!(matches!(varies.judge(&request("a"), NOW), Use::Fresh));
        assert!(matches!(varies.judge(&request("b"), NOW), Use::Nothing));
    }

    #[test]
    fn only_the_answer_that_the_origin_means_is_refreshed() {
        let kept = policy("Cache-Control: max-age=600|ETag: \"a\"").expect("kept");
        let at = NOW + Duration::from_secs(700);
        let refreshed = |lines| kept.refreshed(&request("a"), &headers(lines), Arrival { at, ..AT_ONCE });
        let policy = refreshed("ETag: \"a\"").expect("the same");
        assert_eq!((use_after(&policy, 1_299), use_after(&policy, 1_300)), ("fresh", "ask"));
        assert!(refreshed("ETag: \"b\"").is_none());
        assert!(refreshed("ETag: \"a\"|Cache-Control: no-store").is_none());
    }
}
