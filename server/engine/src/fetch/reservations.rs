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
    let said = |name| headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    if said("x-robots-tag").any(keeps_from_us) {
        return Some(NO_IMAGE_INDEX);
    }
    said(TDM_RESERVATION).any(|value| value.trim() == "1").then_some(TDM_RESERVATION)
}

/// The reservation in a page's `<meta>`, by its name.
pub(super) fn in_meta(name: &str, content: &str) -> Option<&'static str> {
    let is = |wanted: &str| name.trim().eq_ignore_ascii_case(wanted);
    if is(TDM_RESERVATION) {
        return (content.trim() == "1").then_some(TDM_RESERVATION);
    }
    ((is("robots") || is(OUR_NAME)) && has_word(content)).then_some(NO_IMAGE_INDEX)
}

/// Whether this value of `X-Robots-Tag` has the word, and for us.
fn keeps_from_us(value: &str) -> bool {
    let is = |name: &str, wanted: &str| name.trim().eq_ignore_ascii_case(wanted);
    match value.split_once(':') {
        Some((name, rest)) if !name.contains(',') && !WITH_COLON.iter().any(|with| is(name, with)) => {
            is(name, OUR_NAME) && has_word(rest)
        }
        _ => has_word(value),
    }
}

fn has_word(directives: &str) -> bool {
    directives.split(',').any(|directive| directive.trim().eq_ignore_ascii_case(NO_IMAGE_INDEX))
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
            ("x-robots-tag", "otherbot: noimageindex", None),
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
    fn pages_reserve_by_meta() {
        for (name, content, expected) in [
            ("robots", "noimageindex", Some(NO_IMAGE_INDEX)),
            ("ROBOTS", "nofollow,noimageindex", Some(NO_IMAGE_INDEX)),
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
