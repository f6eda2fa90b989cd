//! Micro-benchmarks of the JPEG region path: `cargo bench -p cutline-crop`, in bytes of the file per second.
//!
//! A cut of one pixel in the last corner is the walk over everything before it and hardly anything else; one in the middle
//! of the first rows is what a cut costs that finds its part at once. The pictures are noise on slopes, at quality 96: as
//! many bits to each block as a detailed photograph has.

use cutline_crop::{CropLimits, CropOptions, crop};
use cutline_model::Region;
use divan::Bencher;
use divan::counter::BytesCount;
use turbojpeg::{Compressor, Image, PixelFormat, Subsamp};

const WIDTH: usize = 3000;
const HEIGHT: usize = 2000;

/// The last pixel of the picture, and one at its top.
const LAST: &str = "xywh=percent:99.97,99.96,0.03,0.04";
const FIRST: &str = "xywh=percent:50,0,0.03,0.04";

fn main() {
    divan::main();
}

#[divan::bench(args = [LAST, FIRST])]
fn baseline(bencher: Bencher<'_, '_>, region: &str) {
    cut(bencher, &picture(Subsamp::Sub2x2, false), region);
}

#[divan::bench(args = [LAST, FIRST])]
fn baseline_of_full_chroma(bencher: Bencher<'_, '_>, region: &str) {
    cut(bencher, &picture(Subsamp::None, false), region);
}

#[divan::bench(args = [LAST, FIRST])]
fn grey(bencher: Bencher<'_, '_>, region: &str) {
    cut(bencher, &picture(Subsamp::Gray, false), region);
}

#[divan::bench(args = [LAST, FIRST])]
fn progressive(bencher: Bencher<'_, '_>, region: &str) {
    cut(bencher, &picture(Subsamp::Sub2x2, true), region);
}

fn cut(bencher: Bencher<'_, '_>, jpeg: &[u8], region: &str) {
    let region = Region::parse(region).expect("a region");
    let options = CropOptions::default();
    bencher.counter(BytesCount::of_slice(jpeg)).bench(|| {
        crop(divan::black_box(jpeg), region, &options, &CropLimits::default()).expect("a sound picture")
    });
}

fn picture(chroma: Subsamp, is_progressive: bool) -> Vec<u8> {
    let mut state = 1_u32;
    let mut pixels = Vec::with_capacity(WIDTH * HEIGHT * 3);
    for place in 0..WIDTH * HEIGHT {
        for band in 0..3 {
            // A linear congruential generator; its upper bits serve as noise.
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            pixels
                .push((60 + place % WIDTH / 40 + place / WIDTH / (20 + band) + (state >> 28) as usize) as u8);
        }
    }
    let mut compressor = Compressor::new().expect("a compressor");
    compressor.set_quality(96).expect("a quality");
    compressor.set_subsamp(chroma).expect("a sampling");
    compressor.set_progressive(is_progressive).expect("a kind");
    let image = Image {
        pixels: &pixels[..],
        width: WIDTH,
        pitch: WIDTH * 3,
        height: HEIGHT,
        format: PixelFormat::RGB,
    };
    compressor.compress_to_vec(image).expect("a JPEG")
}
