//! When an origin that is busy says to come again: `Retry-After`, in seconds or as a date (RFC 9110, 10.2.3).
//!
//! A date is held against the answer's own `Date`, so that an origin whose clock is wrong still says the wait it means;
//! without one it says nothing. Whatever is said, nobody is told to wait longer than an hour.

use std::time::Duration;

use http::HeaderMap;
use http::header::{AsHeaderName, DATE, RETRY_AFTER};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

/// Longest wait that is passed on.
const MAX_WAIT: Duration = Duration::from_secs(3600);

/// The wait that the answer with these headers asks for.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let asked = text(headers, RETRY_AFTER)?;
    let wait = if !asked.is_empty() && asked.bytes().all(|byte| byte.is_ascii_digit()) {
        asked.parse().map_or(MAX_WAIT, Duration::from_secs)
    } else {
        let (said, until) = (date(text(headers, DATE)?)?, date(asked)?);
        Duration::try_from(until.duration_since(said)).unwrap_or(Duration::ZERO)
    };
    Some(wait.min(MAX_WAIT))
}

fn text(headers: &HeaderMap, name: impl AsHeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

fn date(text: &str) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_read_from_seconds_and_dates_and_is_an_hour_at_most() {
        let noon = Some("Wed, 25 Nov 2026 12:00:00 GMT");
        for (asked, said, expected) in [
            ("30", None, Some(30)),
            (" 0 ", noon, Some(0)),
            ("3600", None, Some(3600)),
            ("3601", None, Some(3600)),
            ("99999999999999999999999999", None, Some(3600)),
            ("Wed, 25 Nov 2026 12:01:40 GMT", noon, Some(100)),
            ("Wed, 25 Nov 2026 11:00:00 GMT", noon, Some(0)),
            ("Fri, 25 Dec 2026 12:00:00 GMT", noon, Some(3600)),
            ("Wed, 25 Nov 2026 12:01:40 GMT", None, None),
            ("Wed, 25 Nov 2026 12:01:40 GMT", Some("noon"), None),
            ("soon", noon, None),
            ("-1", noon, None),
            ("1.5", noon, None),
            ("", noon, None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, asked.parse().expect(asked));
            if let Some(said) = said {
                headers.insert(DATE, said.parse().expect(said));
            }
            let expected = expected.map(Duration::from_secs);
            assert_eq!(retry_after(&headers), expected, "{asked:?} said at {said:?}");
        }
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }
}
