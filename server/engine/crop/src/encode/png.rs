//! Writing a PNG: every kind of pixel, with the colour chunks of the source where it has no profile.

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{DynamicImage, ImageEncoder};

use crate::decode::is_opaque;
use crate::header::Header;
use crate::{CropError, Format};

/// PNG's signature and IHDR chunk: where the short colour chunks of the source are put in.
const PNG_HEADER_BYTES: usize = 8 + 25;

/// Writes `part`; a patient one is smaller.
pub(super) fn encode(part: DynamicImage, is_patient: bool, header: Header) -> Result<Vec<u8>, CropError> {
    // A GIF's frame and an icon are decoded with alpha whether they have transparent pixels or not.
    let may_be_opaque = matches!(header.format, Format::Gif | Format::Ico);
    let part = match part {
        DynamicImage::ImageRgba8(_) if may_be_opaque && is_opaque(&part) => {
            DynamicImage::ImageRgb8(part.into_rgb8())
        }
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
