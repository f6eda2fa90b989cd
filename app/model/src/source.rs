//! The picture that a share is made from: where it is, or which picture of which page.

use serde::{Deserialize, Serialize};

use crate::Size;

/// Longest address taken, in bytes: what browsers and servers agree to carry.
const MAX_URL_BYTES: usize = 8192;

/// The picture asked for: its own address, or a page's address and which picture of that page it is, or both
/// (then the picture is fetched by its address and the page is where the share links back to).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Source {
    #[serde(skip_serializing_if = "Option::is_none")]
    image_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    page_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    src: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alt: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    natural: Option<Size>,
}

/// Why something is not a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// Neither address is given.
    #[error("give image_url, or page_url with the picture's index or src")]
    NoAddress,
    /// Only the page is given, not which of its pictures.
    #[error("with page_url alone, say which picture: its index among the page's pictures, or its src")]
    WhichPicture,
    /// An address is not an absolute http or https one.
    #[error("image_url and page_url must be absolute http or https addresses of at most 8,192 bytes")]
    NotAnAddress,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    image_url: Option<String>,
    page_url: Option<String>,
    index: Option<u32>,
    src: Option<String>,
    alt: Option<String>,
    natural: Option<Size>,
}

impl TryFrom<Unchecked> for Source {
    type Error = SourceError;

    fn try_from(
        Unchecked { image_url, page_url, index, src, alt, natural }: Unchecked,
    ) -> Result<Self, SourceError> {
        for url in image_url.iter().chain(&page_url) {
            if !is_web_address(url) {
                return Err(SourceError::NotAnAddress);
            }
        }
        match (&image_url, &page_url) {
            (None, None) => Err(SourceError::NoAddress),
            (None, Some(_)) if index.is_none() && src.is_none() => Err(SourceError::WhichPicture),
            _ => Ok(Self { image_url, page_url, index, src, alt, natural }),
        }
    }
}

impl Source {
    /// The picture at `url`, an absolute http or https address.
    pub fn of_image(url: impl Into<String>) -> Result<Self, SourceError> {
        Unchecked {
            image_url: Some(url.into()),
            page_url: None,
            index: None,
            src: None,
            alt: None,
            natural: None,
        }
        .try_into()
    }

    /// The picture at place `index` of the page at `url`, counted from 0 in the order of `document.images`.
    pub fn of_page(url: impl Into<String>, index: u32) -> Result<Self, SourceError> {
        Unchecked {
            image_url: None,
            page_url: Some(url.into()),
            index: Some(index),
            src: None,
            alt: None,
            natural: None,
        }
        .try_into()
    }

    /// The same picture, seen on the page at `url` at place `index` of `document.images`.
    pub fn seen_on(self, url: impl Into<String>, index: Option<u32>) -> Result<Self, SourceError> {
        let Self { image_url, src, alt, natural, .. } = self;
        Unchecked { image_url, page_url: Some(url.into()), index, src, alt, natural }.try_into()
    }

    /// The same picture, with the natural size that the browser saw.
    #[must_use]
    pub fn with_natural(self, natural: Option<Size>) -> Self {
        Self { natural, ..self }
    }

    /// The same picture, with its alt text on the page; an empty one says nothing.
    #[must_use]
    pub fn with_alt(self, alt: Option<String>) -> Self {
        Self { alt: alt.filter(|alt| !alt.trim().is_empty()), ..self }
    }

    /// The picture's own address.
    #[must_use]
    pub fn image_url(&self) -> Option<&str> {
        self.image_url.as_deref()
    }

    /// The address of the page that shows the picture.
    #[must_use]
    pub fn page_url(&self) -> Option<&str> {
        self.page_url.as_deref()
    }

    /// The picture's place in `document.images` of the page, counted from 0.
    #[must_use]
    pub fn index(&self) -> Option<u32> {
        self.index
    }

    /// The picture's address on the page, absolute or not: any that the page gives for it, as in `src` or `srcset`.
    #[must_use]
    pub fn src(&self) -> Option<&str> {
        self.src.as_deref()
    }

    /// The picture's alt text on the page; helps to tell pictures apart.
    #[must_use]
    pub fn alt(&self) -> Option<&str> {
        self.alt.as_deref()
    }

    /// The natural size that the browser saw, as displayed; a different shape at the server is an error.
    #[must_use]
    pub fn natural(&self) -> Option<Size> {
        self.natural
    }
}

/// A first look only: the fetcher parses the address in full before it uses it.
fn is_web_address(url: &str) -> bool {
    let scheme_end = ["http://", "https://"].iter().find_map(|scheme| {
        url.get(..scheme.len()).filter(|start| start.eq_ignore_ascii_case(scheme)).map(str::len)
    });
    url.len() <= MAX_URL_BYTES
        && scheme_end.is_some_and(|end| url.len() > end)
        && !url.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_without_an_address_is_refused() {
        for (json, message) in [
            (r#"{}"#, "give image_url"),
            (r#"{"index":3}"#, "give image_url"),
            (r#"{"page_url":"https://a.example/"}"#, "say which picture"),
            (r#"{"image_url":"/harbour.jpg"}"#, "absolute http"),
            (r#"{"image_url":"file:///etc/passwd"}"#, "absolute http"),
            (r#"{"image_url":"https://"}"#, "absolute http"),
            (r#"{"image_url":"https://a.example/\u0000"}"#, "absolute http"),
            (r#"{"image_url":"https://a.example/","colour":"red"}"#, "unknown field `colour`"),
        ] {
            let error = serde_json::from_str::<Source>(json).expect_err(json).to_string();
            assert!(error.contains(message), "{json}: {error}");
        }
    }

    #[test]
    fn either_address_is_enough() {
        for json in [
            r#"{"image_url":"https://a.example/harbour.jpg"}"#,
            r#"{"page_url":"HTTP://a.example/gallery","index":3}"#,
            r#"{"page_url":"https://a.example/gallery","src":"harbour.jpg","natural":{"width":6000,"height":4000}}"#,
        ] {
            assert!(serde_json::from_str::<Source>(json).is_ok(), "{json}");
        }
    }
}
