//! Pixels made fewer (or more), by vector instructions: for thumbnails, for targets with limits, for IIIF.

use cutline_model::Size;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::DynamicImage;

use crate::CropError;

/// The picture at exactly `size`, by Lanczos of three lobes. Depth and kind of colour stay; colours are weighted by
/// their opacity, so that what is hidden does not bleed into edges.
pub(crate) fn scale(picture: DynamicImage, size: Size) -> Result<DynamicImage, CropError> {
    let (width, height) = (size.width(), size.height());
    if (picture.width(), picture.height()) == (width, height) {
        return Ok(picture);
    }
    let mut scaled = DynamicImage::new(width, height, picture.color());
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
    Resizer::new().resize(&picture, &mut scaled, &options).map_err(|_| CropError::DecoderFailed)?;
    Ok(scaled)
}
