//! The short name of a licence that is known by its address.

/// `CC BY-SA 4.0` of `https://creativecommons.org/licenses/by-sa/4.0/`; nothing for an address of anything else.
pub(super) fn name(url: &str) -> Option<String> {
    let lower = url.to_ascii_lowercase();
    let (_, rest) = lower.split_once("://")?;
    let rest = rest.strip_prefix("www.").unwrap_or(rest);
    let mut path = rest.strip_prefix("creativecommons.org/")?.split('/');
    let (kind, code, version) = (path.next()?, path.next()?, path.next().unwrap_or_default());
    let version = version.split(['?', '#']).next().unwrap_or_default();
    let is_version = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let version = if is_version { format!(" {version}") } else { String::new() };
    match (kind, code) {
        ("publicdomain", "zero") => Some(format!("CC0{version}")),
        ("publicdomain", "mark") => Some("Public domain".to_owned()),
        ("licenses", "by" | "by-sa" | "by-nd" | "by-nc" | "by-nc-sa" | "by-nc-nd") => {
            Some(format!("CC {}{version}", code.to_ascii_uppercase()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn creative_commons_licences_are_known_by_their_addresses() {
        for (url, expected) in [
            ("https://creativecommons.org/licenses/by-sa/4.0/", Some("CC BY-SA 4.0")),
            ("http://www.creativecommons.org/licenses/by/2.0/deed.de", Some("CC BY 2.0")),
            ("https://creativecommons.org/licenses/by-nc-nd/3.0", Some("CC BY-NC-ND 3.0")),
            ("https://creativecommons.org/publicdomain/zero/1.0/", Some("CC0 1.0")),
            ("https://creativecommons.org/publicdomain/mark/1.0/", Some("Public domain")),
            ("https://creativecommons.org/licenses/by/<b>/", Some("CC BY")),
            ("https://creativecommons.org/licenses/", None),
            ("https://creativecommons.org.example/licenses/by/4.0/", None),
            ("https://a.example/licence", None),
        ] {
            assert_eq!(name(url).as_deref(), expected, "{url}");
        }
    }
}
