//! The picture formats that are read: their names, media types and file extensions.

use serde::{Deserialize, Serialize};

/// A picture format that is read; JPEG and PNG are written too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Format {
    /// JPEG, baseline or progressive.
    Jpeg,
    /// PNG; of an animated one, the picture shown where animation is not known.
    Png,
    /// WebP, lossy or lossless; of an animated one, the first frame.
    WebP,
    /// GIF, its first frame.
    Gif,
}

/// A text that names no format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a picture format: choose jpeg, png, webp or gif")]
pub struct UnknownFormat(String);

impl Format {
    /// Reads a format's name or file extension, in any case.
    pub fn parse(text: &str) -> Result<Self, UnknownFormat> {
        match text.trim().to_ascii_lowercase().as_str() {
            "jpeg" | "jpg" => Ok(Self::Jpeg),
            "png" => Ok(Self::Png),
            "webp" => Ok(Self::WebP),
            "gif" => Ok(Self::Gif),
            _ => Err(UnknownFormat(text.to_owned())),
        }
    }

    /// The media type, for example `image/jpeg`.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
            Self::Gif => "image/gif",
        }
    }

    /// The file extension without a dot, for example `jpg`.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::WebP => "webp",
            Self::Gif => "gif",
        }
    }
}

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::WebP => "WebP",
            Self::Gif => "GIF",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_extensions_are_read() {
        for (text, format) in [
            ("jpeg", Format::Jpeg),
            ("JPG", Format::Jpeg),
            ("png", Format::Png),
            ("webp", Format::WebP),
            ("gif", Format::Gif),
        ] {
            assert_eq!(Format::parse(text), Ok(format), "{text}");
            assert_eq!(Format::parse(format.extension()), Ok(format));
            assert_eq!(Format::parse(&format.to_string()), Ok(format));
        }
        assert_eq!(
            Format::parse("bmp").expect_err("not read").to_string(),
            r#""bmp" is not a picture format: choose jpeg, png, webp or gif"#
        );
    }
}
