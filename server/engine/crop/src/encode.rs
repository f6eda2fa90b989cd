//! From the part's pixels to a new file: colour profile in, every other metadata out.
//!
//! The file is written anew from pixels, so nothing that was hidden in the source (place, serial number, thumbnail,
//! comments, a second file behind the first) can be in it.

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{DynamicImage, ImageEncoder};

use crate::decode::is_opaque;
use crate::header::Header;
use crate::part::Part;
use crate::{CropError, Format};

/// PNG's signature and IHDR chunk: where the short colour chunks of the source are put in.
const PNG_HEADER_BYTES: usize = 8 + 25;

/// Which format a part of the picture is written in: as asked, else the source's own kind. GIF and WebP are written as
/// PNG, except a lossy WebP without alpha, which is a photograph in all likelihood: JPEG.
pub(super) fn choose_format(asked: Option<Format>, header: &Header) -> Result<Format, CropError> {
    match asked {
        Some(format @ (Format::Jpeg | Format::Png)) => Ok(format),
        Some(format) => Err(CropError::CannotWrite { format }),
        None => Ok(match header.format {
            Format::Jpeg => Format::Jpeg,
            Format::WebP if !header.has_alpha && !header.is_lossless => Format::Jpeg,
            Format::WebP | Format::Png | Format::Gif => Format::Png,
        }),
    }
}

/// How much is done for a small file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Effort {
    /// JPEG's quality, 1..=100.
    pub(super) quality: u8,
    /// Whether a PNG may take twice as long to be 7 % smaller (measured on a photograph with alpha).
    pub(super) is_patient: bool,
}

/// Writes `part` as `format`, with the colours that `header` declares.
pub(super) fn encode(
    part: Part,
    format: Format,
    effort: Effort,
    header: Header,
) -> Result<Vec<u8>, CropError> {
    let Part::Still(part) = part else { return Err(CropError::CannotWrite { format }) };
    match format {
        Format::Jpeg => jpeg(part, effort.quality, header.profile),
        Format::Png => png(part, effort.is_patient, header),
        Format::WebP | Format::Gif => Err(CropError::CannotWrite { format }),
    }
}

fn jpeg(part: DynamicImage, quality: u8, profile: Option<Vec<u8>>) -> Result<Vec<u8>, CropError> {
    if !is_opaque(&part) {
        return Err(CropError::NoAlphaInJpeg);
    }
    if part.width() > u32::from(u16::MAX) || part.height() > u32::from(u16::MAX) {
        let size = cutline_model::Size::new(part.width(), part.height()).expect("a part is never empty");
        return Err(CropError::TooLongForJpeg { size });
    }
    let is_grey = !part.color().has_color();
    let part = match part {
        part @ (DynamicImage::ImageLuma8(_) | DynamicImage::ImageRgb8(_)) => part,
        part if is_grey => DynamicImage::ImageLuma8(part.into_luma8()),
        part => DynamicImage::ImageRgb8(part.into_rgb8()),
    };
    let mut bytes = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
    let failed = CropError::EncoderFailed { format: Format::Jpeg };
    if let Some(profile) = profile {
        encoder.set_icc_profile(profile).map_err(|_| failed.clone())?;
    }
    part.write_with_encoder(encoder).map_err(|_| failed)?;
    Ok(bytes)
}

fn png(part: DynamicImage, is_patient: bool, header: Header) -> Result<Vec<u8>, CropError> {
    // A GIF frame is decoded with alpha whether it has transparent pixels or not.
    let part = match part {
        part if header.format == Format::Gif && is_opaque(&part) => DynamicImage::ImageRgb8(part.into_rgb8()),
        part => part,
    };
    let mut bytes = Vec::new();
    let compression = if is_patient { CompressionType::Default } else { CompressionType::Fast };
    let mut encoder = PngEncoder::new_with_quality(&mut bytes, compression, FilterType::Adaptive);
    let failed = CropError::EncoderFailed { format: Format::Png };
    let has_profile = header.profile.is_some();
    if let Some(profile) = header.profile {
        encoder.set_icc_profile(profile).map_err(|_| failed.clone())?;
    }
    part.write_with_encoder(encoder).map_err(|_| failed)?;
    // A profile overrules them (PNG, third edition, section 4.3), so they are kept only where there is none.
    if !has_profile {
        bytes.splice(PNG_HEADER_BYTES..PNG_HEADER_BYTES, header.colour_chunks);
    }
    Ok(bytes)
}
