//! What is seen of an animation at a moment: pixels with alpha, on which frames are drawn.
//!
//! Grey stays grey and 16 bits stay 16. Blending is that of the specification, rounded to the nearest. Source: PNG, third
//! edition, section 13.16, and 11.3.5.2 for what a frame does.

use cutline_model::{PixelRegion, Size};
use image::{DynamicImage, ImageBuffer, Pixel, Primitive};

use super::animation::Blend;
use crate::decode::canvas::lay_over;

/// Pixels with alpha; empty ones at first.
pub(super) struct Canvas {
    pixels: DynamicImage,
}

impl Canvas {
    pub(super) fn new(size: Size, is_grey: bool, is_deep: bool) -> Self {
        let (width, height) = (size.width(), size.height());
        let pixels = match (is_grey, is_deep) {
            (true, false) => DynamicImage::new_luma_a8(width, height),
            (true, true) => DynamicImage::new_luma_a16(width, height),
            (false, false) => DynamicImage::new_rgba8(width, height),
            (false, true) => DynamicImage::new_rgba16(width, height),
        };
        Self { pixels }
    }

    /// Bytes of memory that a canvas of this kind takes.
    pub(super) fn bytes(size: Size, is_grey: bool, is_deep: bool) -> u64 {
        size.area() * if is_grey { 2 } else { 4 } * if is_deep { 2 } else { 1 }
    }

    /// A copy of what is seen.
    pub(super) fn seen(&self) -> DynamicImage {
        self.pixels.clone()
    }

    /// A copy of a part of what is seen.
    pub(super) fn part(&self, place: PixelRegion) -> DynamicImage {
        let PixelRegion { left, top, width, height } = place;
        self.pixels.crop_imm(left, top, width, height)
    }

    /// Makes a part empty.
    pub(super) fn clear(&mut self, place: PixelRegion) {
        let empty = Self::new(place.size(), !self.pixels.color().has_color(), self.is_deep());
        self.draw(empty.pixels, place.left, place.top, Blend::Replace);
    }

    /// Draws a picture, which must lie inside; what has no alpha is opaque.
    pub(super) fn draw(&mut self, picture: DynamicImage, left: u32, top: u32, blend: Blend) {
        match &mut self.pixels {
            DynamicImage::ImageLumaA8(pixels) => draw(pixels, &picture.into_luma_alpha8(), left, top, blend),
            DynamicImage::ImageLumaA16(pixels) => {
                draw(pixels, &picture.into_luma_alpha16(), left, top, blend);
            }
            DynamicImage::ImageRgba16(pixels) => draw(pixels, &picture.into_rgba16(), left, top, blend),
            DynamicImage::ImageRgba8(pixels) => draw(pixels, &picture.into_rgba8(), left, top, blend),
            _ => unreachable!("a canvas has alpha"),
        }
    }

    fn is_deep(&self) -> bool {
        self.pixels.color().bytes_per_pixel() / self.pixels.color().channel_count() == 2
    }
}

/// The same picture without its alpha channel, whose every pixel is opaque.
pub(super) fn without_alpha(picture: DynamicImage) -> DynamicImage {
    match picture {
        DynamicImage::ImageLumaA8(_) => picture.into_luma8().into(),
        DynamicImage::ImageLumaA16(_) => picture.into_luma16().into(),
        DynamicImage::ImageRgba8(_) => picture.into_rgb8().into(),
        DynamicImage::ImageRgba16(_) => picture.into_rgb16().into(),
        picture => picture,
    }
}

fn draw<P, T>(
    canvas: &mut ImageBuffer<P, Vec<T>>,
    picture: &ImageBuffer<P, Vec<T>>,
    left: u32,
    top: u32,
    blend: Blend,
) where
    P: Pixel<Subpixel = T>,
    T: Primitive + Into<u64>,
{
    let channels = usize::from(P::CHANNEL_COUNT);
    let row_samples = picture.width() as usize * channels;
    let canvas_samples = canvas.width() as usize * channels;
    let begin = top as usize * canvas_samples + left as usize * channels;
    let samples: &mut [T] = canvas;
    let rows = samples[begin..].chunks_mut(canvas_samples);
    for (row, drawn) in rows.zip(picture.chunks_exact(row_samples)) {
        let row = &mut row[..row_samples];
        match blend {
            Blend::Replace => row.copy_from_slice(drawn),
            Blend::Over => {
                for (under, over) in row.chunks_exact_mut(channels).zip(drawn.chunks_exact(channels)) {
                    lay_over(under, over);
                }
            }
        }
    }
}
