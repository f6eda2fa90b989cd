//! Pixels made fewer (or more): for thumbnails, for targets with limits, for IIIF; in which order, so that what stands in
//! between stays small.

use cutline_model::Size;
use image::DynamicImage;

use crate::CropError;

/// The picture at exactly `size`, by Lanczos of three lobes. Depth and kind of colour stay; colours are weighted by
/// their opacity, so that what is hidden does not bleed into edges.
pub(crate) fn scale(picture: DynamicImage, size: Size) -> Result<DynamicImage, CropError> {
    let (width, height) = (size.width(), size.height());
    if (picture.width(), picture.height()) == (width, height) {
        return Ok(picture);
    }
    // One axis is scaled, then the other. Where the picture in between could be larger than both ends, the order that
    // keeps it small is taken: otherwise 1 x 16,000 pixels made 16,000 x 1 would pass through 256 million.
    let area = |width: u32, height: u32| u64::from(width) * u64::from(height);
    let largest = size.area().max(area(picture.width(), picture.height()));
    let (rows_first, columns_first) = (area(width, picture.height()), area(picture.width(), height));
    if rows_first.max(columns_first) <= largest {
        return resized(&picture, width, height);
    }
    let between = if rows_first < columns_first {
        resized(&picture, width, picture.height())?
    } else {
        resized(&picture, picture.width(), height)?
    };
    resized(&between, width, height)
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
