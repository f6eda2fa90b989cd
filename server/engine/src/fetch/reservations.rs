//! Reservations: `noimageindex`, and rights reserved for mining (TDMRep, W3C Community Group report of 2024-05-10).
//!
//! Neither speaks of a visitor who shares one picture, but both say that its owner does not want it copied by programs.
//! So they are kept (link and credit, no picture) unless the operator decides otherwise; the hard stops are in `wishes`
//! and in `exchange`. What is said to another robot by its name (`otherbot: noimageindex`) is not said to us.

use http::HeaderMap;

/// Keeps a page's pictures, or a picture, out of the indexes of pictures.
const NO_IMAGE_INDEX: &str = "noimageindex";

/// With the value 1, rights are reserved: a header and a `<meta>`.
const TDM_RESERVATION: &str = "tdm-reservation";

/// Our name in `X-Robots-Tag` and in `<meta name>`.
const OUR_NAME: &str = "cutline";

/// Directives of `X-Robots-Tag` that have a colon themselves; any other word before one is a robot's name.
const WITH_COLON: [&str; 4] = ["unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"];

/// The reservation in an answer's headers, by its name.
pub(super) fn in_headers(headers: &HeaderMap) -> Option<&'static str> {
    // A byte that is no ASCII spoils its own word and not its neighbours.
    let said = |name| headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
    if said("x-robots-tag").any(|value| keeps_from_us(&value)) {
        return Some(NO_IMAGE_INDEX);
    }
    // A structured field may have parameters (RFC 9651).
    let is_reserved = |value: &str| value.split([';', ',']).next().is_some_and(|item| item.trim() == "1");
    said(TDM_RESERVATION).any(|value| is_reserved(&value)).then_some(TDM_RESERVATION)
}

/// The reservation in a page's `<meta>`, by its name.
pub(super) fn in_meta(name: &str, content: &str) -> Option<&'static str> {
    let is = |wanted: &str| name.trim().eq_ignore_ascii_case(wanted);
    if is(TDM_RESERVATION) {
        return (content.trim() == "1").then_some(TDM_RESERVATION);
    }
    ((is("robots") || is(OUR_NAME)) && has_word(content)).then_some(NO_IMAGE_INDEX)
}

/// Whether this value of `X-Robots-Tag` has the word, and for us: a robot's name counts from where it stands, for it and
/// for no other, to the next one.
fn keeps_from_us(value: &str) -> bool {
    let is = |name: &str, wanted: &str| name.trim().eq_ignore_ascii_case(wanted);
    let mut is_for_us = true;
    value.split(',').any(|directive| {
        let directive = match directive.split_once(':') {
            Some((name, _)) if WITH_COLON.iter().any(|with| is(name, with)) => return false,
            // The hour of a date has colons, too.
            Some((name, rest)) if !name.trim().contains(' ') => {
                is_for_us = is(name, OUR_NAME);
                rest
            }
            _ => directive,
        };
        is_for_us && has_word(directive)
    })
}

fn has_word(directives: &str) -> bool {
    directives
        .split(|c: char| c == ',' || c.is_ascii_whitespace())
        .any(|directive| directive.eq_ignore_ascii_case(NO_IMAGE_INDEX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_reserve_when_they_speak_to_us() {
        for (name, value, expected) in [
            ("x-robots-tag", "noimageindex", Some(NO_IMAGE_INDEX)),
            ("x-robots-tag", "noarchive, NoImageIndex", Some(NO_IMAGE_INDEX)),
            ("x-robots-tag", "Cutline: nofollow, noimageindex", Some(NO_IMAGE_INDEX)),
            (
                "x-robots-tag",
                "unavailable_after: 25 Jun 2030 15:00:00 PST, noimageindex",
                Some(NO_IMAGE_INDEX),
            ),
            ("x-robots-tag", "noarchive, cutline: noimageindex", Some(NO_IMAGE_INDEX)),
            ("x-robots-tag", "noarchive noimageindex", Some(NO_IMAGE_INDEX)),
            ("x-robots-tag", "otherbot: noarchive, cutline: noimageindex", Some(NO_IMAGE_INDEX)),
            (
                "x-robots-tag",
                "unavailable_after: Tuesday, 25-Jun-30 15:00:00 PST, noimageindex",
                Some(NO_IMAGE_INDEX),
            ),
            ("x-robots-tag", "otherbot: noimageindex", None),
            ("x-robots-tag", "otherbot: noarchive, noimageindex", None),
            ("x-robots-tag", "noindex, nofollow", None),
            ("x-robots-tag", "", None),
            ("tdm-reservation", " 1 ", Some(TDM_RESERVATION)),
            ("tdm-reservation", "0", None),
            ("tdm-reservation", "yes", None),
            ("tdm-policy", "1", None),
        ] {
            let headers = HeaderMap::from_iter([(name.parse().expect(name), value.parse().expect(value))]);
            assert_eq!(in_headers(&headers), expected, "{name}: {value}");
        }
    }

    #[test]
    fn a_byte_of_another_encoding_beside_it_does_not_hide_a_reservation() {
        for bytes in [&b"noimageindex, caf\xe9"[..], "café, noimageindex".as_bytes()] {
            let value = http::HeaderValue::from_bytes(bytes).expect("a value");
            let headers = HeaderMap::from_iter([(http::HeaderName::from_static("x-robots-tag"), value)]);
            assert_eq!(in_headers(&headers), Some(NO_IMAGE_INDEX), "{headers:?}");
        }
    }

    #[test]
    fn pages_reserve_by_meta() {
        for (name, content, expected) in [
            ("robots", "noimageindex", Some(NO_IMAGE_INDEX)),
            ("ROBOTS", "nofollow,noimageindex", Some(NO_IMAGE_INDEX)),
            ("robots", "noindex noimageindex", Some(NO_IMAGE_INDEX)),
            ("cutline", "noimageindex", Some(NO_IMAGE_INDEX)),
            ("googlebot", "noimageindex", None),
            ("robots", "noindex", None),
            ("description", "noimageindex", None),
            ("tdm-reservation", "1", Some(TDM_RESERVATION)),
            ("tdm-reservation", "0", None),
        ] {
            assert_eq!(in_meta(name, content), expected, "{name}: {content}");
        }
    }
}
