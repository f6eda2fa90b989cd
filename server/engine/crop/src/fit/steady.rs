//! What of a file stays as large as it is when its pixels are written with less quality, or are fewer.
//!
//! A profile stays in any case, and the alpha of a lossy WebP is written without loss. Guesses of how large another file
//! would be go wrong where these are taken for the rest: half of a WebP may be its alpha.

use crate::Format;

/// The bytes of a file, by what they depend on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Weights {
    /// On nothing: headers, tables, the profile.
    pub(crate) around: u64,
    /// On the number of pixels: alpha.
    pub(crate) alpha: u64,
    /// On that and on the quality, if there is one.
    pub(crate) colours: u64,
}

impl Weights {
    /// Those of a file that was written here.
    pub(crate) fn of(file: &[u8], format: Format) -> Self {
        let (alpha, colours) = match format {
            Format::Jpeg => (0, file.len().saturating_sub(jpeg_scan(file))),
            Format::Png => (0, png_data(file)),
            Format::WebP => webp_data(file.get(12..).unwrap_or_default()),
            _ => (0, file.len()),
        };
        let around = file.len().saturating_sub(alpha).saturating_sub(colours);
        Self { around: around as u64, alpha: alpha as u64, colours: colours as u64 }
    }

    pub(crate) fn total(self) -> u64 {
        self.around + self.alpha + self.colours
    }
}

/// Where a JPEG's first scan begins.
fn jpeg_scan(file: &[u8]) -> usize {
    let mut at = 2;
    while let Some(&[0xff, marker, high, low]) = file.get(at..at + 4) {
        if marker == 0xda {
            return at;
        }
        at += 2 + usize::from(u16::from_be_bytes([high, low]));
    }
    0
}

/// How long a PNG's data are, of all frames.
fn png_data(file: &[u8]) -> usize {
    let (mut at, mut sum) = (8, 0);
    while let Some(&[a, b, c, d, ref kind @ ..]) = file.get(at..at + 8) {
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        if matches!(kind, b"IDAT" | b"fdAT") {
            sum += length;
        }
        at = at.saturating_add(length).saturating_add(12);
    }
    sum
}

/// How long a WebP's alpha and colours are, of all frames.
fn webp_data(chunks: &[u8]) -> (usize, usize) {
    /// A frame's place, size, duration and flags.
    const FRAME_HEADER_BYTES: usize = 16;
    let (mut at, mut alpha, mut colours) = (0_usize, 0, 0);
    while let Some(&[ref kind @ .., a, b, c, d]) = chunks.get(at..at + 8) {
        let length = u32::from_le_bytes([a, b, c, d]) as usize;
        match kind {
            b"ALPH" => alpha += length,
            b"VP8 " | b"VP8L" => colours += length,
            b"ANMF" => {
                let frame = chunks.get(at + 8..).unwrap_or_default();
                let frame = frame.get(FRAME_HEADER_BYTES..length.min(frame.len())).unwrap_or_default();
                let (more_alpha, more_colours) = webp_data(frame);
                alpha += more_alpha;
                colours += more_colours;
            }
            _ => {}
        }
        at = at.saturating_add(length.next_multiple_of(2)).saturating_add(8);
    }
    (alpha, colours)
}

#[cfg(test)]
mod tests {
    use image::{DynamicImage, RgbaImage};

    use super::*;
    use crate::encode::{Effort, encode};
    use crate::header::{self, Header};
    use crate::part::Part;
    use crate::{CropLimits, Source};

    fn noise(x: u32, y: u32) -> u8 {
        ((x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503).wrapping_mul(x + 7)) >> 9) as u8
    }

    fn png_header() -> Header {
        let mut png = std::io::Cursor::new(Vec::new());
        DynamicImage::new_rgb8(1, 1).write_to(&mut png, image::ImageFormat::Png).expect("written");
        header::read(&mut Source::from(&png.into_inner()[..]), &CropLimits::default()).expect("a PNG")
    }

    #[test]
    fn only_colours_fall_with_the_quality_and_a_profile_never() {
        let picture = RgbaImage::from_fn(120, 90, |x, y| {
            image::Rgba([noise(x, y) / 4 + x as u8, y as u8, noise(y, x) / 2, noise(x + 9, y)])
        });
        for format in [Format::WebP, Format::Jpeg, Format::Png] {
            let picture = match format {
                Format::WebP => DynamicImage::from(picture.clone()),
                _ => DynamicImage::from(picture.clone()).into_rgb8().into(),
            };
            let written = |quality, profile: usize| {
                let mut header = png_header();
                header.is_lossless = false;
                header.profile = (profile > 0).then(|| vec![7; profile]);
                let effort = Effort { quality, is_patient: false };
                let file = encode(Part::Still(picture.clone()), format, effort, header).expect("written");
                let weights = Weights::of(&file, format);
                assert_eq!(weights.total(), file.len() as u64, "{format}");
                weights
            };
            let (good, poor) = (written(90, 0), written(50, 0));
            assert_eq!((good.around, good.alpha), (poor.around, poor.alpha), "{format}");
            assert_eq!(good.alpha > 5000, format == Format::WebP, "{good:?}");
            assert_eq!(
                poor.colours * 2 < good.colours,
                format != Format::Png,
                "{format}: {good:?}, {poor:?}"
            );
            assert!(good.around < 1000, "{format}: {good:?}");
            let with_profile = written(90, 3000);
            assert_eq!((with_profile.alpha, with_profile.colours), (good.alpha, good.colours), "{format}");
        }
    }
}
