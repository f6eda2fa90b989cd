//! Writing a JPEG: opaque pixels, 8 bits, the colour profile beside them.

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageEncoder};

use crate::decode::is_opaque;
use crate::{CropError, Format};

/// Writes `part` at `quality`, 1..=100.
pub(super) fn encode(
    part: DynamicImage,
    quality: u8,
    profile: Option<Vec<u8>>,
) -> Result<Vec<u8>, CropError> {
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
