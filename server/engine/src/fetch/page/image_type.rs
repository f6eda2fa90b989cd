//! Which kinds of picture a `<source type>` may promise: browsers pass over the others.

/// Types that browsers show and `crate::crop` reads, by all the names that browsers know them by.
const READ: [&str; 14] = [
    "image/jpeg",
    "image/jpg",
    "image/pjpeg",
    "image/png",
    "image/x-png",
    "image/apng",
    "image/gif",
    "image/webp",
    "image/avif",
    "image/jxl",
    "image/bmp",
    "image/tiff",
    "image/x-icon",
    "image/vnd.microsoft.icon",
];

/// Types that some browser shows, but that are not cut here.
const ONLY_SHOWN: [&str; 8] = [
    "image/svg+xml",
    "image/heic",
    "image/heif",
    "image/heic-sequence",
    "image/heif-sequence",
    "image/avif-sequence",
    "image/jp2",
    "image/x-xbitmap",
];

/// A type that some browser shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageType {
    /// Its name, as in `Content-Type`.
    pub name: &'static str,
    /// Whether such pictures are cut here.
    pub is_read: bool,
}

impl ImageType {
    /// The type that `text` names; nothing if no browser shows it. What follows a semicolon does not count.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.split(';').next().unwrap_or_default().trim();
        let among =
            |names: &[&'static str]| names.iter().find(|name| text.eq_ignore_ascii_case(name)).copied();
        let read = among(&READ).map(|name| Self { name, is_read: true });
        read.or_else(|| among(&ONLY_SHOWN).map(|name| Self { name, is_read: false }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_read_shown_or_unknown() {
        for (text, expected) in [
            ("image/webp", Some(true)),
            (" Image/PNG ; charset=x", Some(true)),
            ("image/svg+xml", Some(false)),
            ("image/HEIC", Some(false)),
            ("image/nonsense", None),
            ("image", None),
            ("", None),
            ("text/html", None),
        ] {
            assert_eq!(ImageType::parse(text).map(|kind| kind.is_read), expected, "{text}");
        }
    }
}
