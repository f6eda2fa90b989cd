//! Animated PNG: every frame of the part, held against the compositor of the `image` crate, and against one of our own
//! that works on the whole canvas in floating point.

mod samples;

use std::io::Cursor;

use cutline_crop::{CropError, CropLimits, CropOptions, Format, crop};
use cutline_model::{PixelRegion, Region, Size};
use image::codecs::png::PngDecoder;
use image::{AnimationDecoder, DynamicImage, Frame, RgbaImage};
use proptest::prelude::*;
use samples::pngs::{Chunk, KINDS, Kind, Placed, Random, chunks_of, file_of, moving, still};

fn cut(source: &[u8], region: Region) -> Result<Vec<u8>, CropError> {
    crop(source, region, &CropOptions::default(), &CropLimits::default()).map(|cut| cut.bytes)
}

/// All frames by the `image` crate.
fn frames_of(apng: &[u8]) -> Vec<Frame> {
    let decoder = PngDecoder::new(Cursor::new(apng)).expect("a PNG");
    decoder.apng().expect("a PNG").into_frames().collect_frames().expect("sound frames")
}

/// How many frames a file says it has, and how often they are played.
fn control_of(apng: &[u8]) -> Option<(u32, u32)> {
    let reader = png::Decoder::new(Cursor::new(apng)).read_info().expect("a PNG");
    reader.info().animation_control.map(|control| (control.num_frames, control.num_plays))
}

/// Delays as the file states them, in seconds.
fn delays_of(apng: &[u8]) -> Vec<f64> {
    let (mut delays, mut at) = (Vec::new(), 8);
    while at < apng.len() {
        let length = u32::from_be_bytes(apng[at..at + 4].try_into().expect("four")) as usize;
        if &apng[at + 4..at + 8] == b"fcTL" {
            let number = |at: usize| f64::from(u16::from_be_bytes([apng[at], apng[at + 1]]));
            let denominator = number(at + 8 + 22);
            delays.push(number(at + 8 + 20) / if denominator == 0.0 { 100.0 } else { denominator });
        }
        at += 12 + length;
    }
    delays
}

/// Frames at random places, the first one as large as the canvas unless there is a cover.
fn frames((width, height): (u32, u32), count: u32, has_cover: bool, random: &mut Random) -> Vec<Placed> {
    (0..count)
        .map(|index| {
            let is_all = index == 0 && !has_cover;
            let (w, h) =
                if is_all { (width, height) } else { (1 + random.below(width), 1 + random.below(height)) };
            let (left, top) = (random.below(width - w + 1), random.below(height - h + 1));
            let delay = (random.below(300) as u16, [0, 1, 10, 30, 100, 1000][random.below(6) as usize]);
            // The `image` crate cannot restore what was before the first frame.
            let dispose = random.below(if index == 0 { 2 } else { 3 }) as u8;
            Placed { left, top, width: w, height: h, delay, dispose, blend: random.below(2) as u8 }
        })
        .collect()
}

/// How far apart two colours look on any ground.
fn difference(a: &RgbaImage, b: &RgbaImage) -> u32 {
    assert_eq!(a.dimensions(), b.dimensions());
    let pixels = a.pixels().zip(b.pixels());
    let seen = |pixel: &image::Rgba<u8>, i: usize| u32::from(pixel.0[i]) * u32::from(pixel.0[3]) / 255;
    let colours = |(a, b): (&image::Rgba<u8>, &image::Rgba<u8>)| {
        (0..3)
            .map(|i| seen(a, i).abs_diff(seen(b, i)))
            .max()
            .unwrap_or(0)
            .max(u32::from(a.0[3].abs_diff(b.0[3])))
    };
    pixels.map(colours).max().unwrap_or(0)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn every_frame_of_any_part_is_that_of_the_whole_animation(
        kind in 0..KINDS.len(), w in 1u32..40, h in 1u32..30, count in 2u32..7, plays in 0u32..4,
        has_cover: bool, seed: u64, a in 0.0..1.0, b in 0.0..1.0, c in 0.01..1.0, d in 0.01..1.0,
    ) {
        let (colour, depth) = KINDS[kind];
        // The `image` crate has no deep animations, and interlaced frames it muddles; the test below has both.
        prop_assume!(depth < 16);
        let kind = Kind { colour, depth, is_interlaced: false };
        let mut placed = frames((w, h), count, has_cover, &mut Random::new(seed));
        // It restores what a frame before was cleared of.
        for index in 1..placed.len() {
            if placed[index - 1].dispose == 1 && placed[index].dispose == 2 {
                placed[index].dispose = 0;
            }
        }
        let source = moving(kind, (w, h), &placed, plays, has_cover, seed);
        let region = Region::new(a * (1.0 - c), b * (1.0 - d), c, d).expect("inside");
        let PixelRegion { left, top, width, height } = region.to_pixels(Size::new(w, h).expect("not zero"));
        let part = cut(&source, region).expect("a sound animation");

        prop_assert_eq!(control_of(&part), Some((count, plays)));
        for (found, placed) in delays_of(&part).iter().zip(delays_of(&source)) {
            prop_assert!((found - placed).abs() < 2e-9, "{} s is not {} s", found, placed);
        }
        let (expected, found) = (frames_of(&source), frames_of(&part));
        prop_assert_eq!(found.len(), expected.len());
        for (index, (found, expected)) in found.iter().zip(&expected).enumerate() {
            let expected = image::imageops::crop_imm(expected.buffer(), left, top, width, height).to_image();
            // The crate rounds down where it blends, and again with each frame; what the specification says to a level
            // is the test below.
            let off = difference(found.buffer(), &expected);
            prop_assert!(off <= 2 + 2 * index as u32, "frame {} is {} off", index, off);
        }
    }

    #[test]
    fn every_frame_of_every_kind_is_that_of_the_specification(
        kind in 0..KINDS.len(), is_interlaced: bool, w in 1u32..24, h in 1u32..20, count in 2u32..6, has_cover: bool,
        seed: u64, a in 0.0..1.0, b in 0.0..1.0, c in 0.01..1.0, d in 0.01..1.0,
    ) {
        let (colour, depth) = KINDS[kind];
        let kind = Kind { colour, depth, is_interlaced };
        let mut placed = frames((w, h), count, has_cover, &mut Random::new(seed));
        placed[0].dispose = (seed % 3) as u8;
        let source = moving(kind, (w, h), &placed, 0, has_cover, seed);
        let region = Region::new(a * (1.0 - c), b * (1.0 - d), c, d).expect("inside");
        let PixelRegion { left, top, width, height } = region.to_pixels(Size::new(w, h).expect("not zero"));
        let part = cut(&source, region).expect("a sound animation");
        let (expected, found) = (shown(&source), shown(&part));
        prop_assert_eq!(found.len(), expected.len());
        let step = if depth == 16 { 1.0 / 65_535.0 } else { 1.0 / 255.0 };
        for (index, (found, expected)) in found.iter().zip(&expected).enumerate() {
            for y in 0..height {
                for x in 0..width {
                    let (f, e) = (found[(y * width + x) as usize], expected[((y + top) * w + x + left) as usize]);
                    for i in 0..4 {
                        let (f, e) = if i == 3 { (f[3], e[3]) } else { (f[i] * f[3], e[i] * e[3]) };
                        // Half a step of colour and half a step of alpha for each time it was blended.
                        let allowed = step * (1.01 * index as f64 + 1e-6);
                        prop_assert!((f - e).abs() <= allowed, "frame {index} at {x},{y}: {f} is not {e}");
                    }
                }
            }
        }
    }
}

/// What is seen of each frame, red, green, blue and alpha from 0 to 1: each decoded as a picture of its own by the `image`
/// crate, and laid over those before as the specification says, without rounding.
fn shown(apng: &[u8]) -> Vec<Vec<[f64; 4]>> {
    let chunks = chunks_of(apng);
    let number = |bytes: &[u8]| u32::from_be_bytes(bytes.try_into().expect("four")) as usize;
    let width = number(&chunks[0].1[..4]);
    let mut canvas = vec![[0.0; 4]; width * number(&chunks[0].1[4..8])];
    let mut shown: Vec<Vec<[f64; 4]>> = Vec::new();
    for (index, (_, control)) in chunks.iter().enumerate().filter(|(_, (kind, _))| kind == b"fcTL") {
        let picture = alone(&chunks, index);
        let (left, top) = (number(&control[12..16]), number(&control[16..20]));
        let places: Vec<usize> = (0..picture.height() as usize * picture.width() as usize)
            .map(|at| (top + at / picture.width() as usize) * width + left + at % picture.width() as usize)
            .collect();
        let before = canvas.clone();
        for (&place, pixel) in places.iter().zip(picture.pixels()) {
            let over = pixel.0.map(|sample| f64::from(sample) / 65_535.0);
            canvas[place] = if control[25] == 1 { laid_over(over, canvas[place]) } else { over };
        }
        let is_first = shown.is_empty();
        shown.push(canvas.clone());
        for &place in &places {
            match control[24] {
                0 => {}
                2 if !is_first => canvas[place] = before[place],
                _ => canvas[place] = [0.0; 4],
            }
        }
    }
    shown
}

/// The frame whose fcTL stands at `index`, as a picture of its own.
fn alone(chunks: &[Chunk], index: usize) -> image::ImageBuffer<image::Rgba<u16>, Vec<u16>> {
    let size = chunks[index].1[4..12].to_vec();
    let mut file = vec![(*b"IHDR", [size, chunks[0].1[8..].to_vec()].concat())];
    file.extend(chunks.iter().filter(|(kind, _)| matches!(kind, b"PLTE" | b"tRNS")).cloned());
    for (kind, payload) in chunks[index + 1..].iter().take_while(|(kind, _)| kind != b"fcTL") {
        match kind {
            b"IDAT" => file.push((*kind, payload.clone())),
            b"fdAT" => file.push((*b"IDAT", payload[4..].to_vec())),
            _ => {}
        }
    }
    file.push((*b"IEND", vec![]));
    image::load_from_memory(&file_of(&file)).expect("a sound frame").into_rgba16()
}

fn laid_over(over: [f64; 4], under: [f64; 4]) -> [f64; 4] {
    let alpha = over[3] + under[3] * (1.0 - over[3]);
    let mixed = |i: usize| match i {
        3 => alpha,
        _ if alpha == 0.0 => 0.0,
        _ => (over[i] * over[3] + under[i] * under[3] * (1.0 - over[3])) / alpha,
    };
    [mixed(0), mixed(1), mixed(2), mixed(3)]
}

const RGBA: Kind = Kind { colour: 6, depth: 8, is_interlaced: false };

fn whole_frames(width: u32, height: u32, count: usize) -> Vec<Placed> {
    vec![Placed { left: 0, top: 0, width, height, delay: (1, 10), dispose: 0, blend: 0 }; count]
}

#[test]
fn what_cannot_move_gets_the_first_frame_and_reads_no_further() {
    let source = moving(RGBA, (30, 20), &whole_frames(30, 20, 9), 0, true, 5);
    let first = DynamicImage::from(frames_of(&source)[0].buffer().clone());
    let small = cutline_crop::thumbnail(&source, 100, &CropLimits::default()).expect("a sound animation");
    assert_eq!(small.format, Format::Png);
    let small = image::load_from_memory(&small.bytes).expect("a PNG").into_rgba8();
    assert!(difference(&small, &first.to_rgba8()) <= 1);
    let opaque = Kind { colour: 2, ..RGBA };
    let source = moving(opaque, (30, 20), &whole_frames(30, 20, 9), 0, false, 1);
    let options = CropOptions { format: Some(Format::Jpeg), ..CropOptions::default() };
    let half = &source[..source.len() / 2];
    let part = crop(half, Region::WHOLE, &options, &CropLimits::default());
    assert!(part.is_ok(), "{part:?}");
}

#[test]
fn a_picture_that_only_says_that_it_moves_stands_still() {
    let one = moving(RGBA, (30, 20), &whole_frames(30, 20, 1), 0, false, 5);
    let part = cut(&one, Region::WHOLE).expect("a sound picture");
    assert_eq!(control_of(&part), None);
    for (frames, plays) in [(0, 1), (0x8000_0000, 0), (1, 0xffff_ffff)] {
        let mut chunks = chunks_of(&still(RGBA, 30, 20, false, 3));
        chunks.insert(1, (*b"acTL", [u32::to_be_bytes(frames), u32::to_be_bytes(plays)].concat()));
        let part = cut(&file_of(&chunks), Region::WHOLE).expect("a sound picture");
        assert_eq!(control_of(&part), None, "{frames} frames");
    }
}

#[test]
fn what_is_wrong_with_an_animation_is_said() {
    let chunks = chunks_of(&moving(RGBA, (30, 20), &whole_frames(30, 20, 3), 0, false, 4));
    let controls: Vec<usize> = (0..chunks.len()).filter(|&index| &chunks[index].0 == b"fcTL").collect();
    let data = (0..chunks.len()).find(|&index| &chunks[index].0 == b"fdAT").expect("frames");
    let after = |change: &dyn Fn(&mut Vec<Chunk>)| {
        let mut chunks = chunks.clone();
        change(&mut chunks);
        match cut(&file_of(&chunks), Region::WHOLE) {
            Err(CropError::Broken { format: Format::Png, reason }) => reason,
            other => panic!("{other:?}"),
        }
    };
    let (first, second) = (controls[0], controls[1]);
    assert!(after(&|chunks| chunks[second].1[3] ^= 1).contains("out of order"));
    assert!(after(&|chunks| chunks[data].1[3] ^= 4).contains("out of order"));
    assert!(after(&|chunks| chunks[first].1[3] = 9).contains("out of order"));
    assert!(after(&|chunks| chunks[second].1[7] = 31).contains("outside the picture"));
    assert!(after(&|chunks| chunks[second].1[12] = 0xff).contains("outside the picture"));
    assert!(after(&|chunks| chunks[second].1[11] = 0).contains("outside the picture"));
    assert!(after(&|chunks| chunks[first].1[7] = 29).contains("not as large"));
    assert!(after(&|chunks| chunks[second].1[24] = 3).contains("disposed"));
    assert!(after(&|chunks| chunks[second].1[25] = 2).contains("blended"));
    assert!(after(&|chunks| chunks[second].1.truncate(20)).contains("too short"));
    assert!(after(&|chunks| chunks[data].1.truncate(3)).contains("too short"));
    assert!(after(&|chunks| drop(chunks.remove(second))).contains("out of order"));
    assert!(after(&|chunks| chunks.insert(1, chunks[1].clone())).contains("two animations"));
    assert!(after(&|chunks| chunks[1].1[3] = 4).contains("before its last frame"));
    let mut fewer = chunks.clone();
    fewer[1].1[3] = 2;
    assert_eq!(control_of(&cut(&file_of(&fewer), Region::WHOLE).expect("two of three")), Some((2, 0)));
}

#[test]
fn animations_are_bounded_before_they_are_decoded() {
    let source = moving(RGBA, (30, 20), &whole_frames(30, 20, 9), 0, false, 5);
    let with = |limits: CropLimits| {
        crop(&source, Region::WHOLE, &CropOptions::default(), &limits).map(|cut| cut.size)
    };
    let limits = CropLimits::default();
    assert!(with(CropLimits { max_frames: 9, ..limits }).is_ok());
    assert_eq!(with(CropLimits { max_frames: 8, ..limits }), Err(CropError::TooManyFrames { limit: 8 }));
    // Together they may have four times as many pixels as the largest picture: a frame more is too much.
    assert!(with(CropLimits { max_pixels: 9 * 600 / 4, ..limits }).is_ok());
    let refused = with(CropLimits { max_pixels: 9 * 600 / 4 - 1, ..limits });
    assert_eq!(refused, Err(CropError::AnimationTooLong { limit: 9 * 600 - 4 }));
    let small = CropLimits { max_decode_bytes: 110_000, ..limits };
    assert_eq!(with(small), Err(CropError::AnimationTooBig { frames: 9, limit: 110_000 }));
    // A promise is refused as it is made.
    let mut chunks = chunks_of(&source);
    chunks[1].1[..4].copy_from_slice(&1_000_000_u32.to_be_bytes());
    assert_eq!(cut(&file_of(&chunks), Region::WHOLE), Err(CropError::TooManyFrames { limit: 10_000 }));
}

#[test]
fn an_animation_cut_short_anywhere_is_refused() {
    let source = moving(RGBA, (30, 20), &whole_frames(30, 20, 5), 0, true, 6);
    for percent in 1..100 {
        let length = (source.len() * percent / 100).max(12);
        let refused = cut(&source[..length], Region::WHOLE).expect_err("half an animation");
        assert_eq!(refused, CropError::Truncated { format: Format::Png }, "{percent} %");
    }
}
