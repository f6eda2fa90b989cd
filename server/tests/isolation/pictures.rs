//! The pictures that decoders are given.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, GrayImage, ImageFormat, RgbImage};

/// Colours that change from pixel to pixel and compress little, so that a picture has many bytes.
pub(crate) fn noise(width: u32, height: u32) -> DynamicImage {
    let mut state = 1_u32;
    RgbImage::from_fn(width, height, |_, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let [a, b, c, _] = state.rotate_left(7).to_le_bytes();
        image::Rgb([a, b, c])
    })
    .into()
}

pub(crate) fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).expect("it can be written");
    bytes.into_inner()
}

/// A baseline JPEG.
pub(crate) fn photo(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    noise(width, height)
        .write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, 95))
        .expect("it can be written");
    bytes
}

/// A PNG of few bytes and very many pixels.
pub(crate) fn bomb(side: u32) -> Vec<u8> {
    encoded(&GrayImage::new(side, side).into(), ImageFormat::Png)
}
