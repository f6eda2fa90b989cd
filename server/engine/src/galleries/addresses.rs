//! The addresses of the site's own pictures and pages, made and read back.
//!
//! Original `{site}/pictures/{slug}/{file}`, thumbnail `{site}/pictures/{slug}/{width}/{file}`, page `{site}/g/{slug}`.
//! Reading takes any spelling of the same address: `%41` is `A`; query and fragment say nothing here.

use percent_encoding::percent_decode_str;
use url::Url;

/// The site's address, under which all others lie.
#[derive(Clone, Debug)]
pub(super) struct Addresses {
    site: Url,
}

/// What an address of this site means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A picture of a gallery, whatever its width.
    Picture {
        /// The gallery.
        slug: String,
        /// The picture's file name.
        file: String,
    },
    /// A gallery's page.
    Page {
        /// The gallery.
        slug: String,
    },
    /// The site's first page.
    Home,
}

impl Addresses {
    /// Addresses under `site`, which may have a path of its own.
    pub(super) fn new(site: &Url) -> Self {
        Self { site: site.clone() }
    }

    /// The address of a picture in its original size.
    pub(super) fn original(&self, slug: &str, file: &str) -> String {
        self.under(&["pictures", slug, file])
    }

    /// The address of a picture's thumbnail.
    pub(super) fn thumbnail(&self, slug: &str, width: u32, file: &str) -> String {
        self.under(&["pictures", slug, &width.to_string(), file])
    }

    fn under(&self, parts: &[&str]) -> String {
        let mut url = self.site.clone();
        url.set_query(None);
        url.set_fragment(None);
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(parts);
        }
        url.into()
    }

    /// What `url` means, if it lies under this site.
    pub(super) fn read(&self, url: &Url) -> Option<Meaning> {
        if url.origin() != self.site.origin() {
            return None;
        }
        let base = self.site.path().trim_end_matches('/');
        let rest = url.path().strip_prefix(base)?;
        if !rest.is_empty() && !rest.starts_with('/') {
            return None;
        }
        let decode =
            |part: &str| percent_decode_str(part).decode_utf8().ok().map(std::borrow::Cow::into_owned);
        let parts: Vec<String> = rest.trim_matches('/').split('/').map(decode).collect::<Option<_>>()?;
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        match parts[..] {
            [""] => Some(Meaning::Home),
            ["g", slug] => Some(Meaning::Page { slug: slug.to_owned() }),
            ["pictures", slug, file] => {
                Some(Meaning::Picture { slug: slug.to_owned(), file: file.to_owned() })
            }
            ["pictures", slug, width, file] if width.parse::<u32>().is_ok() => {
                Some(Meaning::Picture { slug: slug.to_owned(), file: file.to_owned() })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).expect("an address")
    }

    #[test]
    fn what_is_made_is_read_back() {
        for site in [
            "http://127.0.0.1:3000",
            "https://example.org/",
            "https://example.org/cut/line",
            "https://example.org/x/",
        ] {
            let addresses = Addresses::new(&url(site));
            for file in
                ["a.jpg", "a b.jpg", "100%.png", "50%25.png", "日本.webp", "a?b#c.jpg", "a+b;c.gif", "400"]
            {
                let meaning = Some(Meaning::Picture { slug: "walk".to_owned(), file: file.to_owned() });
                assert_eq!(addresses.read(&url(&addresses.original("walk", file))), meaning, "{site} {file}");
                assert_eq!(
                    addresses.read(&url(&addresses.thumbnail("walk", 800, file))),
                    meaning,
                    "{site} {file}"
                );
            }
        }
        let addresses = Addresses::new(&url("https://example.org/cut/"));
        assert_eq!(addresses.original("walk", "a b.jpg"), "https://example.org/cut/pictures/walk/a%20b.jpg");
        assert_eq!(
            addresses.thumbnail("walk", 400, "a.jpg"),
            "https://example.org/cut/pictures/walk/400/a.jpg"
        );
        assert_eq!(
            addresses.read(&url("https://example.org/cut/g/walk/?x#y")),
            Some(Meaning::Page { slug: "walk".to_owned() })
        );
        assert_eq!(addresses.read(&url("https://example.org/cut")), Some(Meaning::Home));
    }

    #[test]
    fn other_addresses_mean_nothing() {
        let addresses = Addresses::new(&url("https://example.org/cut"));
        for other in [
            "http://example.org/cut/pictures/walk/a.jpg",
            "https://example.org:444/cut/pictures/walk/a.jpg",
            "https://example.org/pictures/walk/a.jpg",
            "https://example.org/cutter/pictures/walk/a.jpg",
            "https://example.org/cut/pictures/walk",
            "https://example.org/cut/pictures/walk/wide/a.jpg",
            "https://example.org/cut/pictures/walk/%ff",
            "https://example.com/cut/g/walk",
        ] {
            assert_eq!(addresses.read(&url(other)), None, "{other}");
        }
    }
}
