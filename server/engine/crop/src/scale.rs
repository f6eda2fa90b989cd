//! Pixels made fewer (or more): for thumbnails, for targets with limits, for IIIF; in which order, so that what stands in
//! between stays small.

use cutline_model::Size;
use image::DynamicImage;

use crate::{CropError, CropLimits};

/// The picture at exactly `size`, by Lanczos of three lobes. Depth and kind of colour stay; colours are weighted by
/// their opacity, so that what is hidden does not bleed into edges.
pub(crate) fn scale(picture: DynamicImage, size: Size) -> Result<DynamicImage, CropError> {
    if is_of(&picture, size) { Ok(picture) } else { scaled(&picture, size) }
}

/// As [`scale`], of a picture that is needed again.
pub(crate) fn scaled(picture: &DynamicImage, size: Size) -> Result<DynamicImage, CropError> {
    let (width, height) = (size.width(), size.height());
    if is_of(picture, size) {
        return Ok(picture.clone());
    }
    // One axis is scaled, then the other. Where the picture in between could be larger than both ends, the order that
    // keeps it small is taken: otherwise 1 x 16,000 pixels made 16,000 x 1 would pass through 256 million.
    let largest = size.area().max(area(picture.width(), picture.height()));
    let (rows_first, columns_first) = (area(width, picture.height()), area(picture.width(), height));
    if rows_first.max(columns_first) <= largest {
        return resized(picture, width, height);
    }
    let between = if rows_first < columns_first {
        resized(picture, width, picture.height())?
    } else {
        resized(picture, picture.width(), height)?
    };
    resized(&between, width, height)
}

/// Refuses a scaling that would take more memory than there may be, with the picture itself and the `beside` bytes that are
/// held meanwhile.
pub(crate) fn check_cost(
    picture: &DynamicImage,
    size: Size,
    beside: u64,
    limits: &CropLimits,
) -> Result<(), CropError> {
    let pixel_bytes = u64::from(picture.color().bytes_per_pixel());
    let pixels = area(picture.width(), picture.height());
    let more = if is_of(picture, size) {
        // Turning writes a second one.
        pixels
    } else {
        let (rows_first, columns_first) =
            (area(size.width(), picture.height()), area(picture.width(), size.height()));
        // As `scaled` chooses.
        let is_plain = rows_first.max(columns_first) <= size.area().max(pixels);
        let between = if is_plain { rows_first } else { rows_first.min(columns_first) };
        // Colours are weighted by their opacity in a copy.
        let weighted = if picture.color().has_alpha() { pixels.max(between) } else { 0 };
        // Turning writes a second result, when all but the first is gone.
        size.area().saturating_add(between.saturating_add(weighted).max(size.area().saturating_sub(pixels)))
    };
    let needed = pixels.saturating_add(more).saturating_mul(pixel_bytes).saturating_add(beside);
    let limit = limits.max_work_bytes();
    if needed > limit { Err(CropError::ResultTooLarge { size, needed, limit }) } else { Ok(()) }
}

fn is_of(picture: &DynamicImage, size: Size) -> bool {
    (picture.width(), picture.height()) == (size.width(), size.height())
}

fn area(width: u32, height: u32) -> u64 {
    u64::from(width) * u64::from(height)
}

/// What lies `inside` a larger picture (left, top, width and height in its pixels) at exactly `size`, which is smaller.
pub(crate) fn scale_inside(
    picture: &DynamicImage,
    inside: [f64; 4],
    size: Size,
) -> Result<DynamicImage, CropError> {
    cutline_scale::scale(picture, Some(inside), size.width(), size.height())
        .map_err(|_| CropError::DecoderFailed)
}

fn resized(picture: &DynamicImage, width: u32, height: u32) -> Result<DynamicImage, CropError> {
    cutline_scale::scale(picture, None, width, height).map_err(|_| CropError::DecoderFailed)
}

#[cfg(test)]
mod tests {
    use image::{RgbImage, imageops};

    use super::*;

    fn size(width: u32, height: u32) -> Size {
        Size::new(width, height).expect("test sizes are not zero")
    }

    fn waves(width: u32, height: u32) -> DynamicImage {
        RgbImage::from_fn(width, height, |x, y| image::Rgb([(x * 5) as u8 / 2, (y * 3) as u8 / 2, 90])).into()
    }

    #[test]
    fn every_order_of_the_axes_gives_what_the_image_crate_does() {
        for (from, to) in [
            ((90, 60), (30, 20)),
            ((90, 60), (45, 60)),
            ((30, 20), (77, 50)),
            ((2, 90), (90, 2)),
            ((90, 2), (2, 90)),
            ((3, 80), (80, 1)),
        ] {
            let picture = waves(from.0, from.1);
            let scaled = scale(picture.clone(), size(to.0, to.1)).expect("scaled").into_rgb8();
            let expected = imageops::resize(&picture.into_rgb8(), to.0, to.1, imageops::FilterType::Lanczos3);
            let worst = scaled.iter().zip(expected.iter()).map(|(a, b)| a.abs_diff(*b)).max();
            assert!(worst <= Some(2), "{from:?} to {to:?}: off by {worst:?}");
        }
    }

    #[test]
    fn a_long_picture_laid_across_never_becomes_a_large_one() {
        // 65,000 x 65,000 grey pixels in between would be 4 GB.
        for picture in [DynamicImage::new_luma8(1, 65_000), DynamicImage::new_luma16(1, 65_000)] {
            let laid = scale(picture, size(65_000, 1)).expect("scaled");
            assert_eq!((laid.width(), laid.height()), (65_000, 1));
        }
        let stood = scale(DynamicImage::new_luma8(65_000, 1), size(1, 65_000)).expect("scaled");
        assert_eq!((stood.width(), stood.height()), (1, 65_000));
    }
}
