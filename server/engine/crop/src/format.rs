//! The picture formats that are read: their names, media types and file extensions.

use serde::{Deserialize, Serialize};

/// A picture format that is read; JPEG, PNG and WebP are written too, and the GIF of a part of a GIF.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Format {
    /// JPEG, baseline or progressive.
    Jpeg,
    /// PNG, still or animated.
    Png,
    /// WebP, lossy or lossless, still or animated.
    WebP,
    /// GIF, still or animated.
    Gif,
    /// AVIF, its primary picture.
    Avif,
    /// JPEG XL, lossy or lossless.
    JpegXl,
    /// BMP, as Windows and OS/2 save it.
    Bmp,
    /// TIFF, its first page.
    Tiff,
    /// ICO, its largest picture.
    Ico,
}

/// A text that names no format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a picture format: choose jpeg, png, webp, gif, avif, jxl, bmp, tiff or ico")]
pub struct UnknownFormat(String);

impl Format {
    /// Reads a format's name or file extension, in any case.
    pub fn parse(text: &str) -> Result<Self, UnknownFormat> {
        match text.trim().to_ascii_lowercase().as_str() {
            "jpeg" | "jpg" => Ok(Self::Jpeg),
            "png" => Ok(Self::Png),
            "webp" => Ok(Self::WebP),
            "gif" => Ok(Self::Gif),
            "avif" => Ok(Self::Avif),
            "jpeg xl" | "jxl" => Ok(Self::JpegXl),
            "bmp" => Ok(Self::Bmp),
            "tiff" | "tif" => Ok(Self::Tiff),
            "ico" => Ok(Self::Ico),
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
            Self::Avif => "image/avif",
            Self::JpegXl => "image/jxl",
            Self::Bmp => "image/bmp",
            Self::Tiff => "image/tiff",
            Self::Ico => "image/vnd.microsoft.icon",
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
            Self::Avif => "avif",
            Self::JpegXl => "jxl",
            Self::Bmp => "bmp",
            Self::Tiff => "tiff",
            Self::Ico => "ico",
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
            Self::Avif => "AVIF",
            Self::JpegXl => "JPEG XL",
            Self::Bmp => "BMP",
            Self::Tiff => "TIFF",
            Self::Ico => "ICO",
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
            ("avif", Format::Avif),
            ("jxl", Format::JpegXl),
            ("bmp", Format::Bmp),
            ("TIF", Format::Tiff),
            ("ico", Format::Ico),
        ] {
            assert_eq!(Format::parse(text), Ok(format), "{text}");
            assert_eq!(Format::parse(format.extension()), Ok(format));
            assert_eq!(Format::parse(&format.to_string()), Ok(format));
        }
        assert_eq!(
            Format::parse("tga").expect_err("not read").to_string(),
            r#""tga" is not a picture format: choose jpeg, png, webp, gif, avif, jxl, bmp, tiff or ico"#
        );
    }
}
