//! The nearest known key to one that does not exist.

use std::collections::BTreeSet;

use super::mistake::Place;
use super::report::without_numbers;

/// What the names of our environment variables begin with.
pub(super) const PREFIX: &str = "CUTLINE_";

/// Says that the key at `path` does not exist, and which of `known` was probably meant, in the spelling of the
/// place where it was typed.
pub(super) fn message(path: &str, place: &Place, known: &BTreeSet<String>) -> String {
    let spell = |path: &str| match place {
        Place::Variable(_) => variable_of(path),
        _ => path.to_owned(),
    };
    let plain = without_numbers(path);
    match nearest(&plain, known) {
        Some(meant) => format!("unknown key {}: did you mean {}?", spell(path), spell(meant)),
        None => {
            let section = plain.rsplit_once('.').map_or("", |(section, _)| section);
            let siblings: Vec<String> =
                known.iter().filter(|key| section_of(key) == section).map(|key| spell(key)).collect();
            format!("unknown key {}: the keys here are {}", spell(path), siblings.join(", "))
        }
    }
}

/// `limits.max_targets` is `CUTLINE_LIMITS__MAX_TARGETS`.
fn variable_of(path: &str) -> String {
    let path = path.replace('[', ".").replace(']', "");
    format!("{PREFIX}{}", path.replace('.', "__").to_uppercase())
}

fn section_of(key: &str) -> &str {
    key.rsplit_once('.').map_or("", |(section, _)| section)
}

fn last_of(key: &str) -> &str {
    key.rsplit_once('.').map_or(key, |(_, last)| last)
}

/// The known key with the fewest slips to `path`: in the whole path, or in its last word when only the section is
/// wrong or missing, which counts as one slip.
fn nearest<'k>(path: &str, known: &'k BTreeSet<String>) -> Option<&'k str> {
    let allowed = 2.max(last_of(path).len() / 4);
    known
        .iter()
        .map(|key| {
            let whole = strsim::damerau_levenshtein(path, key);
            let last = strsim::damerau_levenshtein(last_of(path), last_of(key)) + 1;
            (whole.min(last), key.as_str())
        })
        .filter(|(slips, _)| *slips <= allowed)
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, key)| key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> BTreeSet<String> {
        [
            "listen",
            "limits",
            "limits.max_source_bytes",
            "fetch",
            "fetch.allow",
            "overlay.dwell_ms",
            "targets.token",
        ]
        .map(str::to_owned)
        .into()
    }

    #[test]
    fn the_nearest_key_is_suggested() {
        for (typed, meant) in [
            ("listne", Some("listen")),
            ("limit", Some("limits")),
            ("limits.max_sorce_byte", Some("limits.max_source_bytes")),
            ("limit.max_source_bytes", Some("limits.max_source_bytes")),
            ("dwell_ms", Some("overlay.dwell_ms")),
            ("allow", Some("fetch.allow")),
            ("fetch.permit", None),
            ("colour", None),
        ] {
            assert_eq!(nearest(typed, &known()), meant, "{typed}");
        }
    }

    #[test]
    fn a_variable_is_answered_with_a_variable() {
        let place = Place::Variable("CUTLINE_LISTNE".to_owned());
        assert_eq!(
            message("listne", &place, &known()),
            "unknown key CUTLINE_LISTNE: did you mean CUTLINE_LISTEN?"
        );
        assert_eq!(variable_of("targets[0].token"), "CUTLINE_TARGETS__0__TOKEN");
    }

    #[test]
    fn without_a_near_key_its_neighbours_are_listed() {
        let place = Place::Line { file: "cutline.toml".to_owned(), line: 3 };
        assert_eq!(
            message("fetch.permit", &place, &known()),
            "unknown key fetch.permit: the keys here are fetch.allow"
        );
    }
}
