//! The oracle: libjpeg-turbo decodes the whole, and the part cut out of that has the pixels that the region path gives.

use cutline_model::PixelRegion;
use image::DynamicImage;
use turbojpeg::{Compressor, Image, PixelFormat, Subsamp};

use super::*;
use crate::header;

/// xorshift64*: the same cases in every run, so that a failure can be looked at.
pub(super) struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, limit: u32) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % u64::from(limit)) as u32
    }

    fn region(&mut self, width: u32, height: u32) -> PixelRegion {
        let (left, top) = (self.below(width), self.below(height));
        let (most_wide, most_high) = (width - left, height - top);
        // Small parts, where margins matter, as often as large ones.
        let (most_wide, most_high) =
            if self.below(2) == 0 { (most_wide.min(9), most_high.min(9)) } else { (most_wide, most_high) };
        PixelRegion { left, top, width: 1 + self.below(most_wide), height: 1 + self.below(most_high) }
    }
}

/// What is in a picture: from nothing at all to what no compression helps.
#[derive(Clone, Copy, Debug)]
pub(super) enum Content {
    Flat,
    Smooth,
    Noise,
}

/// The samples of a picture.
fn samples(width: u32, height: u32, channels: u32, content: Content, random: &mut Random) -> Vec<u8> {
    let mut samples = Vec::new();
    for y in 0..height {
        for x in 0..width {
            for channel in 0..channels {
                let smooth = (x * (3 + channel) + y * (7 - channel)) / 2 % 400;
                let smooth = if smooth > 255 { 400 - smooth } else { smooth };
                samples.push(match content {
                    Content::Flat => 40 + channel as u8 * 60,
                    Content::Smooth => (smooth + random.below(4)).min(255) as u8,
                    Content::Noise => random.below(256) as u8,
                });
            }
        }
    }
    samples
}

#[derive(Clone, Copy, Debug)]
struct Kind {
    width: u32,
    height: u32,
    sampling: Subsamp,
    content: Content,
    quality: i32,
    is_optimised: bool,
    is_progressive: bool,
}

fn make(kind: Kind, random: &mut Random) -> Vec<u8> {
    let Kind { width, height, sampling, content, quality, is_optimised, is_progressive } = kind;
    let samples = samples(width, height, 3, content, random);
    let image = Image {
        pixels: &samples[..],
        width: width as usize,
        pitch: width as usize * 3,
        height: height as usize,
        format: PixelFormat::RGB,
    };
    let mut compressor = Compressor::new().expect("a compressor");
    compressor.set_quality(quality).expect("a quality");
    compressor.set_subsamp(sampling).expect("a sampling");
    compressor.set_optimize(is_optimised).expect("a choice");
    compressor.set_progressive(is_progressive).expect("a choice");
    compressor.compress_to_vec(image).expect("a JPEG")
}

fn kinds(is_progressive: bool) -> Vec<Kind> {
    let mut kinds = Vec::new();
    let samplings = [
        Subsamp::None,
        Subsamp::Sub2x1,
        Subsamp::Sub2x2,
        Subsamp::Gray,
        Subsamp::Sub1x2,
        Subsamp::Sub4x1,
        Subsamp::Sub1x4,
    ];
    for sampling in samplings {
        for (width, height) in [(1, 1), (7, 9), (8, 8), (17, 33), (64, 48), (65, 47), (131, 97)] {
            for (content, quality) in
                [(Content::Flat, 75), (Content::Smooth, 92), (Content::Noise, 60), (Content::Noise, 100)]
            {
                let is_optimised = (width + height) % 3 == 0;
                kinds.push(Kind { width, height, sampling, content, quality, is_optimised, is_progressive });
            }
        }
    }
    kinds
}

fn whole(jpeg: &[u8]) -> DynamicImage {
    let is_grey = turbojpeg::read_header(jpeg).expect("a JPEG").colorspace == turbojpeg::Colorspace::Gray;
    let format = if is_grey { PixelFormat::GRAY } else { PixelFormat::RGB };
    let Image { pixels, width, height, .. } = turbojpeg::decompress(jpeg, format).expect("a JPEG");
    let (width, height) = (width as u32, height as u32);
    if is_grey {
        image::GrayImage::from_raw(width, height, pixels).expect("all pixels").into()
    } else {
        image::RgbImage::from_raw(width, height, pixels).expect("all pixels").into()
    }
}

fn cut_part(jpeg: &[u8], region: PixelRegion) -> Result<DynamicImage, CropError> {
    let limits = CropLimits::default();
    let mut source = Source::from(jpeg);
    let header = header::read(&mut source, &limits)?;
    match part(&mut source, &header, region, &limits)?.pixels {
        Part::Still(picture) => Ok(picture),
        Part::Moving(_) => panic!("a JPEG does not move"),
    }
}

/// Compares `count` random parts of `jpeg` with what libjpeg-turbo gives.
fn check(jpeg: &[u8], name: &str, count: u32, random: &mut Random) {
    let whole = whole(jpeg);
    let all = PixelRegion { left: 0, top: 0, width: whole.width(), height: whole.height() };
    for case in 0..count {
        let region = if case == 0 { all } else { random.region(whole.width(), whole.height()) };
        let part = cut_part(jpeg, region).unwrap_or_else(|error| panic!("{name}, {region:?}: {error}"));
        let PixelRegion { left, top, width, height } = region;
        let expected = whole.crop_imm(left, top, width, height);
        assert!(part == expected, "{name}, {region:?}: other pixels");
    }
}

#[test]
fn a_part_of_a_baseline_jpeg_has_the_pixels_of_the_whole() {
    let mut random = Random::new(1);
    for kind in kinds(false) {
        check(&make(kind, &mut random), &format!("{kind:?}"), 20, &mut random);
    }
}

#[test]
fn a_part_of_a_progressive_jpeg_has_the_pixels_of_the_whole() {
    let mut random = Random::new(2);
    for kind in kinds(true) {
        check(&make(kind, &mut random), &format!("{kind:?}"), 20, &mut random);
    }
}
