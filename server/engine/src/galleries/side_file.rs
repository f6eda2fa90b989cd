//! `gallery.toml`, the file beside the pictures that says their order, titles, descriptions and credits.
//!
//! Every mistake in it stops the start with the file, the line and the key: a silently ignored credit is worse.

use cutline_model::Credit;
use serde::Deserialize;

use super::GalleryError;
use super::name;

/// The side file's name.
pub(super) const SIDE_FILE: &str = "gallery.toml";

/// What a side file says.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SideFile {
    /// The gallery's heading.
    pub(super) title: Option<String>,
    /// Pictures in the order shown.
    #[serde(default)]
    pub(super) pictures: Vec<Listed>,
}

/// One `[[pictures]]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Listed {
    /// Its file name.
    pub(super) file: String,
    /// Its caption.
    #[serde(default)]
    pub(super) title: String,
    /// What it shows.
    #[serde(default)]
    pub(super) alt: String,
    #[serde(default)]
    author: String,
    #[serde(default)]
    licence: String,
    #[serde(default)]
    link: String,
}

impl Listed {
    /// Who made it and what one may do with it.
    pub(super) fn credit(&self) -> Credit {
        Credit { author: self.author.clone(), licence: self.licence.clone(), link: self.link.clone() }
    }
}

impl SideFile {
    /// Reads the text of the side file at `path`, whose folder holds `files`.
    pub(super) fn parse(text: &[u8], path: &str, files: &[String]) -> Result<Self, GalleryError> {
        let wrong = |reason: String| GalleryError::SideFile { file: path.to_owned(), reason };
        let text = std::str::from_utf8(text)
            .map_err(|_| wrong("it is not UTF-8 text: save it as such".to_owned()))?;
        let side_file: Self =
            toml::from_str(text).map_err(|error| wrong(error.to_string().trim_end().to_owned()))?;
        let mut seen = std::collections::HashSet::new();
        for Listed { file, .. } in &side_file.pictures {
            if !name::is_plain(file) {
                return Err(wrong(format!("{file:?} is not the name of a file in this folder")));
            }
            if !seen.insert(file) {
                return Err(wrong(format!("{file} is listed twice: remove one entry")));
            }
            if !files.contains(file) {
                return Err(wrong(format!(
                    "{file} is listed but is not in the folder: add it or remove its entry"
                )));
            }
        }
        Ok(side_file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<SideFile, String> {
        let files = ["a.jpg".to_owned(), "b.png".to_owned()];
        SideFile::parse(text.as_bytes(), "walk/gallery.toml", &files).map_err(|error| error.to_string())
    }

    #[test]
    fn everything_in_it_is_read() {
        let text = "title = 'A walk'\n[[pictures]]\nfile = 'b.png'\ntitle = 'Bee'\nalt = 'A bee.'\nauthor = 'Ann'\n\
                    licence = 'CC0 1.0'\nlink = 'https://example.org/'\n[[pictures]]\nfile = 'a.jpg'";
        let side_file = parse(text).expect("right");
        assert_eq!(side_file.title.as_deref(), Some("A walk"));
        assert_eq!(
            side_file.pictures.iter().map(|listed| listed.file.as_str()).collect::<Vec<_>>(),
            ["b.png", "a.jpg"]
        );
        let listed = &side_file.pictures[0];
        assert_eq!((listed.title.as_str(), listed.alt.as_str()), ("Bee", "A bee."));
        assert_eq!(listed.credit().author, "Ann");
        assert_eq!(
            (listed.credit().licence.as_str(), listed.credit().link.as_str()),
            ("CC0 1.0", "https://example.org/")
        );
        assert!(parse("").expect("nothing need be said").pictures.is_empty());
    }

    #[test]
    fn a_mistake_is_told_with_its_file_and_key() {
        for (text, words) in [
            ("titel = 'A walk'", &["titel", "line 1"][..]),
            ("[[pictures]]\nfile = 'a.jpg'\nlicense = 'CC0'", &["license", "line 3", "licence"]),
            ("[[pictures]]\ntitle = 'A'", &["file"]),
            ("[[pictures]]\nfile = 'c.jpg'", &["c.jpg is listed but is not in the folder"]),
            ("[[pictures]]\nfile = 'a.jpg'\n[[pictures]]\nfile = 'a.jpg'", &["a.jpg is listed twice"]),
            ("[[pictures]]\nfile = '../a.jpg'", &["../a.jpg"]),
            ("title = ", &["line 1"]),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.starts_with("walk/gallery.toml: "), "{error}");
            assert!(words.iter().all(|word| error.contains(word)), "{error}");
        }
        let error = SideFile::parse(b"\xff\xfe", "walk/gallery.toml", &[]).expect_err("not text");
        assert!(error.to_string().contains("UTF-8"));
    }
}
