//! From the small JPEG of a part to its pixels, by libjpeg-turbo.

use image::{DynamicImage, GrayImage, RgbImage};
use turbojpeg::{Decompressor, Image, PixelFormat};

use super::broken;
use crate::CropError;

/// Decodes a JPEG of ours, `width` by `height` with `components`, to grey or RGB pixels.
pub(super) fn decode(
    jpeg: &[u8],
    width: u32,
    height: u32,
    components: usize,
) -> Result<DynamicImage, CropError> {
    let (format, channels) = match components {
        1 => (PixelFormat::GRAY, 1),
        3 => (PixelFormat::RGB, 3),
        _ => {
            return Err(CropError::Unsupported {
                what: "a CMYK JPEG, made for print",
                instead: "an RGB JPEG",
            });
        }
    };
    let pitch = width as usize * channels;
    let mut pixels = vec![0; pitch * height as usize];
    let image =
        Image { pixels: &mut pixels[..], width: width as usize, pitch, height: height as usize, format };
    let mut decoder = Decompressor::new().map_err(|_| CropError::DecoderFailed)?;
    decoder.decompress(jpeg, image).map_err(|error| broken(&reason(&error)))?;
    let picture = match components {
        1 => GrayImage::from_raw(width, height, pixels).map(DynamicImage::ImageLuma8),
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
