//! PNG and its animations, held against whole decoding by the `png` and `image` crates.

mod samples;

use std::io::Read;

use cutline_crop::{CropError, CropLimits, CropOptions, Cut, Format, Source, crop};
use cutline_model::{PixelRegion, Region, Size};
use image::{DynamicImage, ImageFormat};
use proptest::prelude::*;
use samples::pngs::{Chunk, KINDS, Kind, Random, chunks_of, file_of, still};
use samples::*;

/// A reader that hands out a few bytes at a time.
struct Trickle<'a>(&'a [u8], usize);

impl Read for Trickle<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let count = into.len().min(self.1);
        self.0.read(&mut into[..count])
    }
}

fn size(width: u32, height: u32) -> Size {
    Size::new(width, height).expect("test sizes are not zero")
}

fn cut<'a>(source: impl Into<Source<'a>>, region: Region) -> Result<Cut, CropError> {
    crop(source, region, &CropOptions::default(), &CropLimits::default())
}

fn decode(bytes: &[u8]) -> DynamicImage {
    image::load_from_memory_with_format(bytes, ImageFormat::Png).expect("a sound PNG")
}

fn broken(source: &[u8], region: Region) -> String {
    match cut(source, region) {
        Err(CropError::Broken { format: Format::Png, reason }) => reason,
        other => panic!("not broken: {:?}", other.map(|cut| cut.stats)),
    }
}

fn is_palette(png: &[u8]) -> bool {
    png[25] == 3
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn any_part_of_any_kind_of_png_has_exactly_its_pixels(
        kind in 0..KINDS.len(), is_interlaced: bool, is_transparent: bool, w in 1u32..90, h in 1u32..60, seed: u64,
        a in 0.0..1.0, b in 0.0..1.0, c in 0.001..1.0, d in 0.001..1.0, trickle in 1usize..5000,
    ) {
        let (colour, depth) = KINDS[kind];
        let source = still(Kind { colour, depth, is_interlaced }, w, h, is_transparent, seed);
        let region = Region::new(a * (1.0 - c), b * (1.0 - d), c, d).expect("inside");
        let PixelRegion { left, top, width, height } = region.to_pixels(size(w, h));
        let expected = decode(&source).crop_imm(left, top, width, height);
        let part = cut(&source, region).expect("a sound picture");
        let found = decode(&part.bytes);
        // Few colours become a palette, which holds alpha only if some are not opaque.
        let as_much = |picture: DynamicImage| if is_palette(&part.bytes) { picture.into_rgba8().into() } else { picture };
        let (found, expected) = (as_much(found), as_much(expected));
        prop_assert_eq!(found.color(), expected.color());
        prop_assert!(found == expected, "the pixels differ");
        let arriving = cut(Source::arriving(Trickle(&source, trickle)), region).expect("a sound picture");
        prop_assert_eq!(arriving.bytes, part.bytes);
        prop_assert_eq!(part.stats.rows_decoded, top + height);
    }
}

#[test]
fn nothing_is_read_below_the_part() {
    let mut random = Random::new(7);
    let noise = image::RgbImage::from_fn(400, 300, |_, _| {
        image::Rgb([random.below(256) as u8, random.below(256) as u8, random.below(256) as u8])
    });
    let source = png(&noise.clone().into());
    let region = Region::new(0.4, 0.4, 0.2, 0.2).expect("inside");
    let part = cut(&source, region).expect("a sound picture");
    let read = part.stats.bytes_read as usize;
    // 60 % of the rows, and what was inflated ahead of them.
    assert!(read < source.len() * 60 / 100 + 100_000, "{read} of {} bytes", source.len());
    assert_eq!(cut(&source[..read], region).expect("all that is needed").bytes, part.bytes);
    assert_eq!(decode(&part.bytes), DynamicImage::from(noise).crop_imm(160, 120, 80, 60));
}

#[test]
fn a_picture_of_300_million_pixels_is_cut() {
    let source = black_png(20_000, 15_000, 1, 0);
    let part = cut(&source, Region::new(0.4, 0.4, 0.01, 0.01).expect("inside")).expect("a sound picture");
    assert_eq!(part.size, size(200, 150));
    assert!(decode(&part.bytes).into_luma8().pixels().all(|pixel| pixel.0 == [0]));
    let source = black_png(20_000, 15_001, 1, 0);
    assert!(matches!(cut(&source, Region::WHOLE), Err(CropError::TooLarge { .. })));
}

#[test]
fn what_is_wrong_with_a_png_is_said() {
    let sound = still(Kind { colour: 3, depth: 4, is_interlaced: false }, 40, 30, true, 3);
    let chunks = chunks_of(&sound);
    let position = |kind: &[u8; 4]| chunks.iter().position(|(found, _)| found == kind).expect("it is there");
    let changed = |change: &dyn Fn(&mut Vec<Chunk>)| {
        let mut chunks = chunks.clone();
        change(&mut chunks);
        broken(&file_of(&chunks), Region::WHOLE)
    };
    let (palette, data) = (position(b"PLTE"), position(b"IDAT"));
    assert!(changed(&|chunks| drop(chunks.remove(palette))).contains("palette is missing"));
    assert!(changed(&|chunks| chunks.insert(palette, chunks[palette].clone())).contains("two palettes"));
    assert!(changed(&|chunks| chunks[palette].1.truncate(2)).contains("palette is damaged"));
    assert!(changed(&|chunks| chunks[palette].1.extend([0; 3 * 256])).contains("too long"));
    assert!(changed(&|chunks| chunks.insert(data, (*b"NEEd", vec![]))).contains("another kind"));
    assert!(changed(&|chunks| chunks.insert(data, chunks[0].clone())).contains("two headers"));
    assert!(changed(&|chunks| chunks.retain(|(kind, _)| kind != b"IDAT")).contains("no picture"));
    assert!(changed(&|chunks| chunks.insert(data + 1, (*b"tEXt", vec![]))).contains("ends too early"));
    let pixels: Vec<u8> =
        chunks.iter().filter(|(kind, _)| kind == b"IDAT").flat_map(|(_, payload)| payload.clone()).collect();
    let with_data = |data: Vec<u8>| {
        let mut chunks = chunks.clone();
        chunks.retain(|(kind, _)| kind != b"IDAT");
        chunks.insert(chunks.len() - 1, (*b"IDAT", data));
        broken(&file_of(&chunks), Region::WHOLE)
    };
    assert!(with_data(pixels[..pixels.len() / 2].to_vec()).contains("ends too early"));
    assert!(with_data(vec![]).contains("ends too early"));
    assert!(with_data([&[0x42], &pixels[1..]].concat()).contains("no right beginning"));
    assert!(with_data([&pixels[..2], &[0xff; 40]].concat()).contains("damaged"));
    assert!(with_data(zeros(0)).contains("ends too early"));
    for (at, value, reason) in [
        (8, 3, "kind of colour"),
        (9, 5, "kind of colour"),
        (10, 1, "no known kind"),
        (12, 2, "no known kind"),
    ] {
        assert!(changed(&|chunks| chunks[0].1[at] = value).contains(reason));
    }
}

#[test]
fn a_line_with_an_unknown_filter_is_refused() {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, &[0, 1, 2, 5, 3, 4]).expect("in memory");
    let source = png_file(2, 2, 8, 0, &encoder.finish().expect("in memory"));
    assert!(broken(&source, Region::WHOLE).contains("no known way"));
    // The part above it is sound.
    assert!(cut(&source, Region::new(0.0, 0.0, 1.0, 0.5).expect("inside")).is_ok());
}

#[test]
fn a_wrong_check_sum_is_noticed_in_every_chunk_that_is_used() {
    let sound = still(Kind { colour: 3, depth: 8, is_interlaced: true }, 60, 50, true, 11);
    let mut at = 8;
    while at < sound.len() {
        let length = u32::from_be_bytes(sound[at..at + 4].try_into().expect("four")) as usize;
        let mut damaged = sound.clone();
        damaged[at + 8 + length] ^= 1;
        assert_eq!(broken(&damaged, Region::WHOLE), "a check sum is wrong");
        at += 12 + length;
    }
}

#[test]
fn a_png_cut_short_anywhere_is_refused() {
    for (index, (colour, depth)) in KINDS.into_iter().enumerate() {
        let kind = Kind { colour, depth, is_interlaced: index % 2 == 0 };
        let source = still(kind, 64, 48, true, index as u64);
        for percent in 2..100 {
            let length = (source.len() * percent / 100).max(12);
            for region in [Region::WHOLE, Region::new(0.5, 0.9, 0.1, 0.1).expect("inside")] {
                let refused = cut(&source[..length], region).expect_err("half a picture");
                assert_eq!(refused, CropError::Truncated { format: Format::Png }, "{kind:?}, {percent} %");
            }
        }
    }
}
