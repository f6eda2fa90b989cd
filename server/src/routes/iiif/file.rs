//! Quality and format, the last part of an address: `{quality}.{format}`, sections 4.4 and 4.5.

use cutline_engine::crop::{Format, Tone};

use super::refusal::Refusal;

/// What may stand before the point, and what it makes of the colours. `default` is `color` here.
const QUALITIES: [(&str, Tone); 4] =
    [("default", Tone::Full), ("color", Tone::Full), ("gray", Tone::Grey), ("bitonal", Tone::Bitonal)];

/// What may stand behind it; `webp` is beyond level 2.
const FORMATS: [(&str, Format); 3] = [("jpg", Format::Jpeg), ("png", Format::Png), ("webp", Format::WebP)];

/// The last parameter of an image request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileParameter {
    /// What becomes of the colours.
    pub(super) tone: Tone,
    /// What is written.
    pub(super) format: Format,
}

impl FileParameter {
    /// Reads `{quality}.{format}`.
    pub(super) fn parse(text: &str) -> Result<Self, Refusal> {
        let (quality, format) = text.rsplit_once('.').ok_or_else(|| {
            Refusal::unreadable("format", text, "a quality, a point and a format, for example default.jpg")
        })?;
        let known = QUALITIES.iter().find(|(name, _)| *name == quality);
        let &(_, tone) = known
            .ok_or_else(|| Refusal::unreadable("quality", quality, "default, color, gray or bitonal"))?;
        let known = FORMATS.iter().find(|(name, _)| *name == format);
        let &(_, format) = known.ok_or_else(|| Refusal::unreadable("format", format, "jpg, png or webp"))?;
        Ok(Self { tone, format })
    }
}

impl std::fmt::Display for FileParameter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The first of each kind is the canonical one.
        let quality =
            QUALITIES.iter().find(|(_, tone)| *tone == self.tone).map_or("default", |(name, _)| name);
        write!(f, "{quality}.{}", self.format.extension())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn qualities_and_formats_are_read_and_written_canonically() {
        for (text, canonical) in [
            ("default.jpg", "default.jpg"),
            ("color.jpg", "default.jpg"),
            ("gray.png", "gray.png"),
            ("bitonal.webp", "bitonal.webp"),
        ] {
            assert_eq!(FileParameter::parse(text).expect(text).to_string(), canonical, "{text}");
        }
    }

    #[test]
    fn any_other_text_is_refused() {
        for text in [
            "default",
            "default.",
            ".jpg",
            "default.jpeg",
            "default.JPG",
            "Default.jpg",
            "grey.jpg",
            "native.jpg",
            "default.tif",
            "default.gif",
            "default.jp2",
            "default.pdf",
            "default.jpg.png",
            "default.jpg ",
            "",
        ] {
            assert!(FileParameter::parse(text).is_err(), "{text:?}");
        }
    }
}
