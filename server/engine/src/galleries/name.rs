//! Names of picture files: which are taken, and the caption made of one.

/// Whether this is a plain name: a file right in the folder, not hidden, that can stand in an address.
pub(super) fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('.')
        && !name.contains(['/', '\\', '\0'])
        && !name.chars().any(char::is_control)
}

/// A caption for a picture without one: its name in words, `mountain-trail_2.jpg` -> `Mountain trail 2`.
pub(super) fn title_of(name: &str) -> String {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let words: Vec<&str> = stem.split(['-', '_', ' ']).filter(|word| !word.is_empty()).collect();
    let words = words.join(" ");
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caption_is_made_of_the_name() {
        for (name, title) in [
            ("mountain-trail_2.jpg", "Mountain trail 2"),
            ("älpler.jpeg", "Älpler"),
            ("IMG_0042.JPG", "IMG 0042"),
            ("v1.2.png", "V1.2"),
            ("noending", "Noending"),
            ("--.png", "--.png"),
        ] {
            assert_eq!(title_of(name), title);
        }
    }

    #[test]
    fn names_that_lead_elsewhere_are_not_plain() {
        for name in ["", ".hidden.jpg", "..", "a/b.jpg", "..\\b.jpg", "a\0.jpg", "a\n.jpg"] {
            assert!(!is_plain(name), "{name:?}");
        }
        for name in ["a.jpg", "a b.jpg", "100%.png", "日本.webp", "a..jpg"] {
            assert!(is_plain(name), "{name:?}");
        }
    }
}
