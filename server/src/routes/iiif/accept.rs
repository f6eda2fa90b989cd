//! Which of two media types a client would rather have, section 5.1: content negotiation as in RFC 9110, section 12.5.1.

use http::HeaderMap;
use http::header::ACCEPT;

/// How a document of information is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    /// JSON-LD with its context as the profile: what is sent unless something else is asked for.
    Linked,
    /// Plain JSON.
    Plain,
}

impl Name {
    /// What this client would rather have. One that accepts neither gets the usual, as the RFC allows: a document that
    /// is called otherwise is of more use than an error.
    pub(super) fn preferred(headers: &HeaderMap) -> Self {
        let ranges: Vec<Range> = headers
            .get_all(ACCEPT)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| split(value, ','))
            .map(Range::parse)
            .collect();
        let weight = |subtype: &str| {
            let fitting = ranges.iter().filter_map(|range| Some((range.specificity(subtype)?, range.weight)));
            // The most specific range counts; of two alike, the one that likes it better.
            fitting.max_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))).map_or(0.0, |(_, weight)| weight)
        };
        if weight("json") > weight("ld+json") { Self::Plain } else { Self::Linked }
    }

    /// The header `Content-Type`.
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Linked => "application/ld+json;profile=\"http://iiif.io/api/image/3/context.json\"",
            Self::Plain => "application/json",
        }
    }
}

/// One entry of `Accept`.
struct Range {
    kind: String,
    subtype: String,
    weight: f32,
}

impl Range {
    /// Reads an entry. Parameters beside the weight are not looked at: neither of our documents has a variant.
    fn parse(text: &str) -> Self {
        let mut parts = split(text, ';');
        let name = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
        let (kind, subtype) = name.split_once('/').unwrap_or((&name, ""));
        let weight = parts
            .filter_map(|parameter| parameter.split_once('='))
            .find(|(name, _)| name.trim().eq_ignore_ascii_case("q"))
            .map_or(1.0, |(_, value)| value.trim().parse().unwrap_or(0.0));
        Self { kind: kind.to_owned(), subtype: subtype.to_owned(), weight }
    }

    /// How closely it names `application/{subtype}`; nothing when it does not.
    fn specificity(&self, subtype: &str) -> Option<u8> {
        match (self.kind.as_str(), self.subtype.as_str()) {
            ("application", own) if own == subtype => Some(2),
            ("application", "*") => Some(1),
            ("*", "*") => Some(0),
            _ => None,
        }
    }
}

/// The pieces between separators that stand outside quotes.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    text.split(move |character| {
        let was_escaped = std::mem::take(&mut is_escaped);
        match character {
            '\\' => is_escaped = is_quoted && !was_escaped,
            '"' if !was_escaped => is_quoted = !is_quoted,
            _ => {}
        }
        character == separator && !is_quoted
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_json_is_sent_to_those_who_would_rather_have_it() {
        for (accept, expected) in [
            (None, Name::Linked),
            (Some("*/*"), Name::Linked),
            (Some("application/*"), Name::Linked),
            (Some("application/ld+json"), Name::Linked),
            (Some("application/json"), Name::Plain),
            (Some("Application/JSON; charset=utf-8"), Name::Plain),
            (Some("application/json, application/ld+json"), Name::Linked),
            (Some("application/ld+json;q=0.5, application/json"), Name::Plain),
            (Some("application/json;q=0.9, */*;q=0.1"), Name::Plain),
            (Some("application/json;q=0.1, */*"), Name::Linked),
            (Some("application/ld+json;q=0, */*"), Name::Plain),
            (Some("application/ld+json;profile=\"http://iiif.io/api/image/3/context.json\""), Name::Linked),
            (
                Some(
                    "application/ld+json;profile=\"a, application/json;q=1\\\", b\";q=0.2, application/json;q=0.1",
                ),
                Name::Linked,
            ),
            (
                Some("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"),
                Name::Linked,
            ),
            (Some("text/html"), Name::Linked),
            (Some("application/json;q=nonsense"), Name::Linked),
            (Some(""), Name::Linked),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(accept) = accept {
                headers.insert(ACCEPT, accept.parse().expect("a header"));
            }
            assert_eq!(Name::preferred(&headers), expected, "{accept:?}");
        }
    }
}
