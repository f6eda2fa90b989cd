//! From the small JPEG of a part to its pixels, by libjpeg-turbo; CMYK and YCCK are made sRGB on the way.

use image::{DynamicImage, GrayImage, RgbImage};
use turbojpeg::{Decompressor, Image, PixelFormat, ScalingFactor};

use super::broken;
use crate::{CropError, colour};

/// Decodes a JPEG of ours, of `size` with `components`, to grey or RGB pixels; `profile` says what CMYK means. Of `one_in`
/// pixels along each side (1, 2, 4 or 8) it makes one, by transforming only the low frequencies of its blocks; the last
/// may stand for fewer.
pub(super) fn decode(
    jpeg: &[u8],
    size: (u32, u32),
    one_in: u32,
    components: usize,
    profile: Option<&[u8]>,
) -> Result<DynamicImage, CropError> {
    let format = match components {
        1 => PixelFormat::GRAY,
        3 => PixelFormat::RGB,
        _ => PixelFormat::CMYK,
    };
    let (width, height) = (size.0.div_ceil(one_in), size.1.div_ceil(one_in));
    let pitch = width as usize * format.size();
    let mut pixels = vec![0; pitch * height as usize];
    let image =
        Image { pixels: &mut pixels[..], width: width as usize, pitch, height: height as usize, format };
    let mut decoder = Decompressor::new().map_err(|_| CropError::DecoderFailed)?;
    let scaling = ScalingFactor::new(1, one_in as usize);
    decoder.set_scaling_factor(scaling).map_err(|_| CropError::DecoderFailed)?;
    decoder.decompress(jpeg, image).map_err(|error| broken(&reason(&error)))?;
    let picture = match components {
        1 => GrayImage::from_raw(width, height, pixels).map(DynamicImage::ImageLuma8),
        4 => Some(colour::cmyk_to_rgb(&pixels, width, height, profile)?.into()),
        _ => RgbImage::from_raw(width, height, pixels).map(DynamicImage::ImageRgb8),
    };
    picture.ok_or(CropError::DecoderFailed)
}

/// What libjpeg-turbo says, in its own words.
fn reason(error: &turbojpeg::Error) -> String {
    match error {
        turbojpeg::Error::TurboJpegError(reason) => reason.clone(),
        error => error.to_string(),
    }
}
