//! Pictures made here from nothing, in which each pixel says where it stands.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

/// Red counts columns, green counts rows, blue mixes both.
pub(crate) fn coordinates(width: u32, height: u32) -> RgbImage {
    let low = |number: u32| u8::try_from(number % 256).expect("a remainder of 256");
    RgbImage::from_fn(width, height, |x, y| Rgb([low(x), low(y), low(x * 3 + y * 5)]))
}

/// A JPEG file whose colours change from pixel to pixel, so that it has some two bytes for each.
pub(crate) fn noise(width: u32, height: u32) -> Vec<u8> {
    let mut state = 1_u32;
    let picture = RgbImage::from_fn(width, height, |_, _| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let [a, b, c, _] = state.rotate_left(7).to_le_bytes();
        Rgb([a, b, c])
    });
    let mut bytes = Vec::new();
    picture.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, 95)).expect("it encodes");
    bytes
}

/// The picture as a PNG file.
pub(crate) fn png(picture: &RgbImage) -> Vec<u8> {
    file(picture, ImageFormat::Png)
}

/// The picture as a JPEG file.
pub(crate) fn jpeg(picture: &RgbImage) -> Vec<u8> {
    file(picture, ImageFormat::Jpeg)
}

/// The pixels of an encoded picture.
pub(crate) fn decode(bytes: &[u8]) -> RgbImage {
    image::load_from_memory(bytes).expect("a picture").to_rgb8()
}

/// The rectangle at (`left`, `top`).
pub(crate) fn part(whole: &RgbImage, left: u32, top: u32, width: u32, height: u32) -> RgbImage {
    image::imageops::crop_imm(whole, left, top, width, height).to_image()
}

fn file(picture: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(picture.clone()).write_to(&mut bytes, format).expect("it encodes");
    bytes.into_inner()
}
