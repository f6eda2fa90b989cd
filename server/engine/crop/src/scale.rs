//! Pixels made fewer (or more): for thumbnails, for targets with limits, for IIIF; in which order, so that what stands in
//! between stays small, and what that takes.

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
    match between(picture, size) {
        None => resized(picture, width, height),
        Some(between) => resized(&resized(picture, between.width(), between.height())?, width, height),
    }
}

/// Columns are scaled first, a band at a time. Where that would make a large picture out of a small one and a small one
/// again (65,000 pixels in a row that become a column), rows are, and what is made of them is held.
fn between(picture: &DynamicImage, size: Size) -> Option<Size> {
    let largest = size.area().max(area(picture.width(), picture.height()));
    let is_large = area(picture.width(), size.height()) > largest;
    is_large.then(|| Size::new(size.width(), picture.height()).expect("no side of either is 0"))
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
    let (from, to) = ((picture.width(), picture.height()), (size.width(), size.height()));
    let bytes = |pixels: u64| pixels.saturating_mul(pixel_bytes);
    let scaling = if is_of(picture, size) {
        0
    } else {
        let between = between(picture, size).map_or(0, Size::area);
        let in_bands = cutline_scale::bytes_beside(picture.color(), from, to);
        bytes(area(from.0, from.1)).saturating_add(bytes(between)).saturating_add(in_bands)
    };
    // Turning writes a second one, when all but the first is gone.
    let needed = bytes(size.area()).saturating_add(scaling.max(bytes(size.area()))).saturating_add(beside);
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
    use image::{RgbImage, RgbaImage, imageops};

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

    /// The same with alpha, by the image crate and in floating point: colours weighted, scaled, and divided again.
    fn expected(picture: &DynamicImage, to: Size) -> DynamicImage {
        let mut weighted = picture.to_rgba32f();
        weighted.pixels_mut().for_each(|pixel| (0..3).for_each(|channel| pixel.0[channel] *= pixel.0[3]));
        let mut made = imageops::resize(&weighted, to.width(), to.height(), imageops::FilterType::Lanczos3);
        for pixel in made.pixels_mut() {
            let alpha = pixel.0[3].max(f32::EPSILON);
            (0..3).for_each(|channel| pixel.0[channel] = (pixel.0[channel] / alpha).clamp(0.0, 1.0));
        }
        made.into()
    }

    #[test]
    fn a_large_picture_is_scaled_in_bands_as_if_at_once() {
        let rgba = RgbaImage::from_fn(1900, 1300, |x, y| {
            image::Rgba([
                (x / 9) as u8,
                (y / 6) as u8,
                (x / 17 + y / 23) as u8,
                255 - (x / 15 + y / 13) as u8,
            ])
        });
        let rgba = DynamicImage::from(rgba);
        let deep = DynamicImage::from(rgba.to_rgba16());
        let grey = DynamicImage::from(deep.to_luma_alpha16());
        let opaque = DynamicImage::from(deep.to_rgb16());
        for (picture, allowed) in [(rgba, 2.5), (deep, 0.1), (grey, 0.1), (opaque, 0.1)] {
            let (from, color) = ((picture.width(), picture.height()), picture.color());
            assert!(picture.as_bytes().len() > 9 << 20, "more than one band");
            for to in [
                size(1899, 1299),
                size(950, 650),
                size(101, 1300),
                size(1900, 90),
                size(7, 1),
                size(2000, 1400),
            ] {
                let made = scaled(&picture, to).expect("scaled").into_rgba32f();
                let mut worst = 0_f32;
                for (made, expected) in made.pixels().zip(expected(&picture, to).into_rgba32f().pixels()) {
                    for channel in 0..3 {
                        let seen = |pixel: &image::Rgba<f32>| pixel.0[channel] * pixel.0[3] * 255.0;
                        worst = worst.max((seen(made) - seen(expected)).abs());
                    }
                    worst = worst.max((made.0[3] - expected.0[3]).abs() * 255.0);
                }
                assert!(worst <= allowed, "{color:?} of {from:?} to {to}: {worst} off");
            }
        }
    }

    #[test]
    fn little_is_held_beside_a_picture_and_its_scaled_copy() {
        for (from, to) in
            [((8000, 6000), (7999, 5999)), ((8000, 6000), (8, 6)), ((300_000, 160), (299_000, 159))]
        {
            for color in [image::ColorType::L8, image::ColorType::Rgba8, image::ColorType::Rgba16] {
                let bytes = cutline_scale::bytes_beside(color, from, to);
                assert!(bytes <= 16 << 20, "{color:?} of {from:?} to {to:?}: {bytes}");
            }
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
