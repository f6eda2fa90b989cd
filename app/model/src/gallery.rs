//! Pictures that a site shows on one page.

use serde::{Deserialize, Serialize};

use crate::Size;

/// A list of pictures on one page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gallery {
    /// Its name in the page's address, `/g/{slug}`.
    pub slug: String,
    /// Its heading.
    pub title: String,
    /// In the order shown, which is the order of `document.images` on its page.
    pub pictures: Vec<Picture>,
}

/// One picture of a gallery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// The address of the original: absolute, and what a share of it names as `image_url`.
    pub url: String,
    /// Smaller copies, narrowest first: width in pixels and address.
    pub thumbnails: Vec<(u32, String)>,
    /// The original's size as displayed; unknown for a picture elsewhere that was not reached yet.
    pub size: Option<Size>,
    /// Its caption.
    pub title: String,
    /// What it shows, for people who cannot see it.
    pub alt: String,
    /// Who made it and what one may do with it.
    pub credit: Credit,
}

impl Picture {
    /// The picture at an address, of which nothing else is known yet.
    pub fn at(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            thumbnails: Vec::new(),
            size: None,
            title: String::new(),
            alt: String::new(),
            credit: Credit::default(),
        }
    }
}

/// Who made a picture and what one may do with it; travels with each share of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credit {
    /// The author's name; empty when unknown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub author: String,
    /// The licence's short name, for example `CC BY-SA 4.0`; empty when unknown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub licence: String,
    /// Where the licence or the picture's own page can be read; empty when unknown.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub link: String,
}
