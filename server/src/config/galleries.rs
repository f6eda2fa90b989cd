//! The galleries that this site shows; with none of them it shows the demo gallery.

use std::path::PathBuf;

use cutline_model::Source;
use url::Url;

use super::section::Section;

/// Longest name of a gallery in an address, in bytes.
const MAX_SLUG_BYTES: usize = 64;

/// One `[[galleries]]`, `CUTLINE_GALLERIES__0__…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GalleryConfig {
    /// `slug`: its name in the address `/g/{slug}`; a-z, 0-9 and `-`.
    pub slug: String,
    /// `title`: its heading; that of the folder's gallery.toml if none is given, else the slug.
    pub title: Option<String>,
    /// `folder` or `pictures`: where its pictures are.
    pub pictures: GalleryPictures,
}

/// Where a gallery's pictures are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GalleryPictures {
    /// In a folder of this machine, which existed when the configuration was read.
    Folder(PathBuf),
    /// At these http or https addresses, in this order; at least one.
    Addresses(Vec<Url>),
}

/// Reads all galleries; slugs are unique.
pub(super) fn read_all(section: &mut Section<'_>) -> Vec<GalleryConfig> {
    let mut slugs = Vec::new();
    section.sections("galleries", |gallery| read_one(gallery, &mut slugs))
}

fn read_one(section: &mut Section<'_>, slugs: &mut Vec<String>) -> Option<GalleryConfig> {
    if !section.has("slug") {
        section.mistake("a gallery needs its name in the address, for example slug = \"harbour\"");
    }
    let slug = section.scalar("slug", "1 to 64 of a-z, 0-9 and -, for example harbour-2026", parse_slug);
    let title = section.scalar("title", "a text, for example \"The harbour\"", |text| Some(text.to_owned()));
    let pictures = match (section.has("folder"), section.has("pictures")) {
        (true, true) => {
            section.mistake("give folder or pictures, not both");
            None
        }
        (false, false) => {
            section.mistake(
                "a gallery needs folder = \"./pictures\", or pictures = [\"https://example.org/harbour.jpg\"]",
            );
            None
        }
        _ => Some(()),
    };
    let folder = section.scalar("folder", "a folder that exists", |text| {
        let folder = PathBuf::from(text);
        folder.is_dir().then_some(folder)
    });
    let addresses = section.list("pictures", "an http or https address", parse_address);
    if addresses.as_ref().is_some_and(Vec::is_empty) && folder.is_none() {
        section.mistake("pictures is an empty list: name at least one address");
    }
    if let Some(slug) = &slug {
        if slugs.contains(slug) {
            section.mistake(format!("there is a gallery {slug} already: each slug is used once"));
        }
        slugs.push(slug.clone());
    }
    pictures?;
    let pictures = folder.map(GalleryPictures::Folder).or(addresses.map(GalleryPictures::Addresses))?;
    let slug = slug?;
    Some(GalleryConfig { title, slug, pictures })
}

fn parse_slug(text: &str) -> Option<String> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    ((1..=MAX_SLUG_BYTES).contains(&text.len()) && text.bytes().all(is_plain)).then(|| text.to_owned())
}

/// An address that a share can be made from.
fn parse_address(text: &str) -> Option<Url> {
    Source::of_image(text).ok()?;
    Url::parse(text).ok()
}
