//! The oracle: libjpeg-turbo decodes the whole, and the part cut out of that has the pixels that the region path gives.

mod large;
mod lossless;
mod reduced;
mod refused;
mod room;
mod scripts;
mod strips;
mod unusual;

use std::io::{Read, Write};
use std::process::{Command, Stdio};

use cutline_model::{PixelRegion, Region};
use image::DynamicImage;
use turbojpeg::{Compressor, Image, PixelFormat, Subsamp};

use super::*;
use crate::CropOptions;
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
    /// As a photograph is: smooth, with a camera's noise, and edges.
    Photograph,
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
                    Content::Photograph => {
                        let edge = if (x / 90 + y / 70) % 2 == 0 { 40 } else { 0 };
                        (smooth * 4 / 5 + edge + random.below(17)).min(255) as u8
                    }
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
    check_kept(jpeg, &whole, name, count / 4, random);
}

/// Compares `count` random parts along blocks, and the whole, where they are not compressed again.
fn check_kept(jpeg: &[u8], whole: &DynamicImage, name: &str, count: u32, random: &mut Random) {
    let size = (whole.width(), whole.height());
    let whole_region = PixelRegion { left: 0, top: 0, width: size.0, height: size.1 };
    let along = |begin: u32, length: u32, whole: u32| {
        let first = begin / 8 * 8;
        (first, (begin + length).next_multiple_of(8).min(whole) - first)
    };
    for case in 0..count {
        let region = if case == 0 { whole_region } else { random.region(size.0, size.1) };
        let (left, width) = along(region.left, region.width, size.0);
        let (top, height) = along(region.top, region.height, size.1);
        let of = |part: u32, whole: u32| f64::from(part) / f64::from(whole);
        let place = [of(left, size.0), of(top, size.1), of(width, size.0), of(height, size.1)];
        let region = Region::new(place[0], place[1], place[2], place[3]).expect("inside");
        let cut = crate::crop(jpeg, region, &CropOptions::default(), &CropLimits::default());
        let cut = cut.unwrap_or_else(|error| panic!("{name}, {region:?}: {error}"));
        if cut.stats.encodes == 0 {
            let expected = whole.crop_imm(left, top, width, height);
            assert!(self::whole(&cut.bytes) == expected, "{name}, {region:?}: kept with other pixels");
        }
    }
}

/// Another form of the same picture, by the tool of libjpeg-turbo.
fn jpegtran(jpeg: &[u8], arguments: &[&str]) -> Vec<u8> {
    tool("jpegtran", jpeg, arguments)
}

fn tool(name: &str, input: &[u8], arguments: &[&str]) -> Vec<u8> {
    let mut child = Command::new(name)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{name} of libjpeg-turbo-progs: {error}"));
    let mut stdin = child.stdin.take().expect("a pipe");
    let output = std::thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(input).expect("it reads to the end"));
        child.wait_with_output().expect("it ends")
    });
    assert!(output.status.success(), "{name} {arguments:?}");
    output.stdout
}

/// A file for a tool that takes its scans from one.
fn scan_script(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(text.as_bytes()).expect("room");
    file
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

/// Some of the kinds, for tests that cost more for each.
fn some_kinds(is_progressive: bool) -> impl Iterator<Item = Kind> {
    kinds(is_progressive).into_iter().enumerate().filter(|(index, _)| index % 3 == 1).map(|(_, kind)| kind)
}

#[test]
fn restart_markers_are_jumped_over_and_change_nothing() {
    let mut random = Random::new(3);
    for (index, kind) in some_kinds(false).enumerate() {
        // Counted in MCUs with a B, else in rows of MCUs.
        let interval = ["1B", "2B", "3B", "7B", "1", "2", "100B"][index % 7];
        let plain = make(kind, &mut random);
        check(&jpegtran(&plain, &["-restart", interval]), &format!("{kind:?} {interval}"), 20, &mut random);
        if index % 4 == 0 {
            let progressive = jpegtran(&plain, &["-progressive", "-restart", interval]);
            check(&progressive, &format!("progressive {kind:?} {interval}"), 20, &mut random);
        }
    }
}

#[test]
fn scans_of_single_components_are_put_together() {
    let mut random = Random::new(4);
    let scripts = ["0;1;2;", "0;1 2;", "2;0 1;", "1;0;2;"].map(scan_script);
    for (index, kind) in some_kinds(false).filter(|kind| kind.sampling != Subsamp::Gray).enumerate() {
        let script = scripts[index % 4].path().to_str().expect("a name");
        let mut arguments = vec!["-scans", script];
        if index % 3 == 0 {
            arguments.extend(["-restart", "5B"]);
        }
        let source = jpegtran(&make(kind, &mut random), &arguments);
        check(&source, &format!("{kind:?} {index}"), 20, &mut random);
    }
}

#[test]
fn any_order_of_progressive_scans_is_followed() {
    let mut random = Random::new(5);
    let scripts = [
        // Each component alone, one band after the other, down from the third bit.
        "0: 0-0, 0, 3; 1: 0-0, 0, 0; 2: 0-0, 0, 1; 0: 1-5, 0, 3; 0: 6-63, 0, 2; 1: 1-63, 0, 1; 2: 1-63, 0, 0; \
         0: 1-5, 3, 2; 0: 1-20, 2, 1; 0: 21-63, 2, 1; 0: 0-0, 3, 2; 1: 1-63, 1, 0; 0: 0-0, 2, 1; 2: 0-0, 1, 0; \
         0: 1-63, 1, 0; 0: 0-0, 1, 0;",
        // Without any refinement.
        "0 1 2: 0-0, 0, 0; 2: 1-63, 0, 0; 1: 1-63, 0, 0; 0: 1-1, 0, 0; 0: 2-63, 0, 0;",
    ]
    .map(scan_script);
    for (index, kind) in some_kinds(false).filter(|kind| kind.sampling != Subsamp::Gray).enumerate() {
        let script = scripts[index % 2].path().to_str().expect("a name");
        let source = jpegtran(&make(kind, &mut random), &["-scans", script]);
        check(&source, &format!("{kind:?} {index}"), 20, &mut random);
    }
}

#[test]
fn rare_samplings_and_colours_are_followed() {
    let mut random = Random::new(6);
    for (width, height) in [(5, 3), (33, 70), (97, 65)] {
        let pixels = samples(width, height, 3, Content::Smooth, &mut random);
        let ppm = [format!("P6 {width} {height} 255\n").as_bytes(), &pixels].concat();
        for sampling in [
            "2x2,1x2,2x1",
            "4x1,2x1,1x1",
            "1x4,1x1,1x2",
            "1x1,2x2,1x1",
            "3x1,1x1,1x1",
            "2x2,2x2,1x1",
            "4x2,1x1,1x1",
        ] {
            let source = tool("cjpeg", &ppm, &["-quality", "90", "-sample", sampling]);
            check(&source, sampling, 40, &mut random);
            check(&jpegtran(&source, &["-progressive"]), sampling, 20, &mut random);
        }
        for arguments in [
            &["-rgb"][..],
            &["-rgb", "-progressive"],
            &["-grayscale", "-sample", "2x2"],
            &["-quality", "30", "-baseline"],
        ] {
            let source = tool("cjpeg", &ppm, arguments);
            check(&source, &format!("{arguments:?}"), 40, &mut random);
        }
    }
}

#[test]
fn a_lossless_part_has_the_pixels_of_jpegtran() {
    let mut random = Random::new(7);
    for (index, kind) in some_kinds(false).chain(some_kinds(true)).enumerate() {
        let plain = make(kind, &mut random);
        let source = if index % 3 == 0 { jpegtran(&plain, &["-restart", "3B"]) } else { plain };
        for _ in 0..2 {
            let region = random.region(kind.width, kind.height);
            let PixelRegion { left, top, width, height } = region;
            let expected =
                jpegtran(&source, &["-copy", "none", "-crop", &format!("{width}x{height}+{left}+{top}")]);
            let limits = CropLimits::default();
            let mut bytes = Source::from(&source);
            let header = header::read(&mut bytes, &limits).expect("a JPEG");
            let Lossless { bytes: part, pixels: taken, .. } =
                lossless(&mut bytes, &header, region, &limits).expect("a part");
            assert_eq!((taken.left + taken.width, taken.top + taken.height), (left + width, top + height));
            assert!(whole(&part) == whole(&expected), "{kind:?}, {region:?}");
        }
    }
}

#[test]
fn bytes_that_trickle_in_make_no_difference() {
    struct Trickle<'a>(&'a [u8], Random);
    impl Read for Trickle<'_> {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            let count = into.len().min(1 + self.1.below(5) as usize);
            self.0.read(&mut into[..count])
        }
    }
    let mut random = Random::new(8);
    let limits = CropLimits::default();
    for kind in some_kinds(false).chain(some_kinds(true)) {
        let jpeg =
            jpegtran(&make(kind, &mut random), if kind.is_optimised { &["-restart", "2B"] } else { &[] });
        let region = random.region(kind.width, kind.height);
        let mut source = Source::arriving(Trickle(&jpeg, Random::new(9)));
        let header = header::read(&mut source, &limits).expect("a JPEG");
        let arrived = part(&mut source, &header, region, &limits).expect("a part").pixels;
        let Part::Still(arrived) = arrived else { panic!("a JPEG does not move") };
        assert!(arrived == cut_part(&jpeg, region).expect("a part"), "{kind:?}, {region:?}");
    }
}

#[test]
fn a_file_cut_short_gives_the_part_or_says_so() {
    let mut random = Random::new(10);
    for kind in some_kinds(false).chain(some_kinds(true)).filter(|kind| kind.width == 65) {
        let plain = make(kind, &mut random);
        for jpeg in [jpegtran(&plain, &["-restart", "2B"]), plain] {
            let region = random.region(kind.width, kind.height);
            let expected = cut_part(&jpeg, region).expect("a part");
            for _ in 0..40 {
                let length = random.below(jpeg.len() as u32) as usize;
                match cut_part(&jpeg[..length], region) {
                    Ok(part) => assert!(part == expected, "{kind:?}, {region:?}, {length}: half a picture"),
                    Err(error) => {
                        let is_truncated = error == truncated() || length < 3;
                        assert!(is_truncated, "{kind:?}, {region:?}, {length}: {error:?}");
                    }
                }
            }
        }
    }
}
