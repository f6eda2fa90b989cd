//! GIF through the public door, held frame by frame against another compositor (`image`): every disposal, transparency,
//! palettes of a frame's own, interlacing, frames beside the part; and what is broken is refused by name.

mod libwebp_frames;
mod samples;

use std::borrow::Cow;
use std::io::Cursor;
use std::time::Duration;

use cutline_crop::{CropError, CropLimits, CropOptions, Cut, Format, Source, crop, measure, thumbnail};
use cutline_model::{PixelRegion, Region, Size};
use gif::{DisposalMethod, Encoder, Frame, Repeat};
use image::codecs::gif::GifDecoder;
use image::{AnimationDecoder, DynamicImage, RgbaImage};
use libwebp_frames::libwebp_frames;
use proptest::prelude::*;
use samples::*;

fn size(width: u32, height: u32) -> Size {
    Size::new(width, height).expect("test sizes are not zero")
}

fn cut_as(source: &[u8], region: Region, format: Option<Format>) -> Result<Cut, CropError> {
    crop(source, region, &CropOptions { format, ..CropOptions::default() }, &CropLimits::default())
}

/// What is seen and for how long, as `image` composes it; colours that nobody sees are black.
fn shown(file: &[u8]) -> Vec<(RgbaImage, Duration)> {
    try_shown(file).expect("sound frames")
}

/// The same; nothing where its unpacker gives up too soon (see `a_frame_whose_codes_become_longer_at_its_end_is_read`).
fn try_shown(file: &[u8]) -> Option<Vec<(RgbaImage, Duration)>> {
    let frames = GifDecoder::new(Cursor::new(file)).expect("a GIF").into_frames();
    let frames = frames.collect_frames().ok()?;
    Some(frames.into_iter().map(|frame| (seen(frame.buffer()), Duration::from(frame.delay()))).collect())
}

fn seen(picture: &RgbaImage) -> RgbaImage {
    let mut picture = picture.clone();
    picture.pixels_mut().filter(|pixel| pixel.0[3] == 0).for_each(|pixel| pixel.0 = [0; 4]);
    picture
}

/// One frame of a random animation.
#[derive(Clone, Debug)]
struct Plan {
    place: (u16, u16, u16, u16),
    disposal: u8,
    has_palette: bool,
    transparent: Option<u8>,
    is_interlaced: bool,
    delay: u16,
    seed: u32,
}

fn plan() -> impl Strategy<Value = Plan> {
    let place = (any::<u16>(), any::<u16>(), any::<u16>(), any::<u16>());
    let transparent = prop::option::of(0u8..8);
    (place, 0u8..4, any::<bool>(), transparent, any::<bool>(), 2u16..90, any::<u32>()).prop_map(
        |(place, disposal, has_palette, transparent, is_interlaced, delay, seed)| Plan {
            place,
            disposal,
            has_palette,
            transparent,
            is_interlaced,
            delay,
            seed,
        },
    )
}

fn animation(canvas: (u16, u16), repeat: Repeat, plans: &[Plan]) -> Vec<u8> {
    let palette = |seed: u32| -> Vec<u8> {
        (0..24_u32).map(|index| (seed.wrapping_add(index).wrapping_mul(0x9e37_79b1) >> 24) as u8).collect()
    };
    let mut encoder = Encoder::new(Vec::new(), canvas.0, canvas.1, &palette(7)).expect("written");
    encoder.set_repeat(repeat).expect("written");
    for plan in plans {
        let (left, top) = (plan.place.0 % canvas.0, plan.place.1 % canvas.1);
        let (width, height) = (1 + plan.place.2 % (canvas.0 - left), 1 + plan.place.3 % (canvas.1 - top));
        let pixel = |x: u16, y: u16| {
            let hash =
                (u32::from(x) * 31 + u32::from(y) * 57).wrapping_add(plan.seed).wrapping_mul(0x85eb_ca6b);
            (hash >> 29) as u8
        };
        let rows: Vec<u16> = if plan.is_interlaced {
            [(0, 8), (4, 8), (2, 4), (1, 2)]
                .into_iter()
                .flat_map(|(first, step)| (first..height).step_by(step))
                .collect()
        } else {
            (0..height).collect()
        };
        let buffer: Vec<u8> = rows.iter().flat_map(|&y| (0..width).map(move |x| pixel(x, y))).collect();
        let frame = Frame {
            left,
            top,
            width,
            height,
            delay: plan.delay,
            dispose: DisposalMethod::from_u8(plan.disposal).expect("0 to 3"),
            transparent: plan.transparent,
            interlaced: plan.is_interlaced,
            palette: plan.has_palette.then(|| palette(plan.seed)),
            buffer: Cow::Owned(buffer),
            ..Frame::default()
        };
        encoder.write_frame(&frame).expect("written");
    }
    encoder.into_inner().expect("written")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn every_frame_shows_the_part_of_what_the_whole_showed(
        canvas in (1u16..60, 1u16..60), plans in prop::collection::vec(plan(), 2..9), repeats in prop::option::of(0u16..9),
        a in 0.0..1.0, b in 0.0..1.0, c in 0.02..1.0, d in 0.02..1.0,
    ) {
        let repeat = match repeats {
            Some(0) => Repeat::Infinite,
            Some(times) => Repeat::Finite(times),
            None => Repeat::Finite(0),
        };
        let source = animation(canvas, repeat, &plans);
        let region = Region::new(a * (1.0 - c), b * (1.0 - d), c, d).expect("inside");
        let PixelRegion { left, top, width, height } = region.to_pixels(size(canvas.0.into(), canvas.1.into()));
        let shown_whole = try_shown(&source);
        prop_assume!(shown_whole.is_some());
        let expected: Vec<_> = shown_whole
            .unwrap_or_default()
            .into_iter()
            .map(|(picture, duration)| {
                (DynamicImage::from(picture).crop_imm(left, top, width, height).into_rgba8(), duration)
            })
            .collect();

        for given in [Source::from(&source), Source::arriving(&source[..])] {
            let part = crop(given, region, &CropOptions::default(), &CropLimits::default()).expect("sound");
            prop_assert_eq!(part.format, Format::Gif);
            prop_assert_eq!(&shown(&part.bytes), &expected);
            prop_assert_eq!(gif::Decoder::new(&part.bytes[..]).expect("a GIF").repeat(), repeat);
        }

        let still = cut_as(&source, region, Some(Format::Png)).expect("a sound animation");
        let still = image::load_from_memory(&still.bytes).expect("a PNG").into_rgba8();
        prop_assert_eq!(&still, &expected[0].0);
    }

    #[test]
    fn an_animation_becomes_webp_frame_by_frame(
        canvas in (4u16..40, 4u16..40), plans in prop::collection::vec(plan(), 2..6),
    ) {
        let source = animation(canvas, Repeat::Infinite, &plans);
        let part = cut_as(&source, Region::WHOLE, Some(Format::WebP)).expect("a sound animation");
        let expected = shown(&source);
        let frames = libwebp_frames(&part.bytes);
        let mut end_ms = 0;
        for (picture, duration) in &expected {
            end_ms += duration.as_millis();
            // Frames that look alike are written as one that lasts longer, and when all do, as one that does not move.
            let now = frames.iter().find(|(_, end)| frames.len() == 1 || *end as u128 >= end_ms);
            prop_assert_eq!(&seen(&now.expect("something is shown").0), picture);
        }
        let last = frames.last().map(|frame| frame.1 as u128);
        prop_assert!(frames.len() == 1 || last == Some(end_ms), "{:?} of {}", last, end_ms);
    }
}

/// A frame of one colour out of the global palette of eight.
fn flat(left: u16, top: u16, width: u16, height: u16) -> Frame<'static> {
    let buffer = vec![1; usize::from(width) * usize::from(height)];
    Frame { left, top, width, height, delay: 10, buffer: Cow::Owned(buffer), ..Frame::default() }
}

fn file(canvas: (u16, u16), frames: &[Frame<'static>]) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::new(), canvas.0, canvas.1, &[9; 24]).expect("written");
    frames.iter().for_each(|frame| encoder.write_frame(frame).expect("written"));
    encoder.into_inner().expect("written")
}

#[test]
fn frames_beside_the_part_take_their_time_and_little_else() {
    let frames = vec![flat(0, 0, 90, 90), flat(60, 60, 30, 30), flat(0, 0, 10, 10)];
    let source = file((90, 90), &frames);
    let part = cut_as(&source, Region::new(0.0, 0.0, 0.2, 0.2).expect("inside"), None).expect("sound");
    let frames = shown(&part.bytes);
    assert_eq!(frames.len(), 3);
    assert!(frames.iter().all(|frame| frame.1 == Duration::from_millis(100)));
    let mut decoder = gif::Decoder::new(&part.bytes[..]).expect("a GIF");
    decoder.next_frame_info().expect("sound");
    let second = decoder.next_frame_info().expect("sound").expect("a second");
    assert_eq!((second.width, second.height), (1, 1));
}

#[test]
fn a_frame_that_overhangs_its_canvas_is_cut_at_its_edge() {
    let source = file((20, 20), &[flat(0, 0, 20, 20), flat(15, 15, 60_000, 20), flat(40, 40, 5, 5)]);
    let part = cut_as(&source, Region::WHOLE, None).expect("sound");
    let mut decoder = gif::Decoder::new(&part.bytes[..]).expect("a GIF");
    let places: Vec<_> = std::iter::from_fn(|| {
        let frame = decoder.next_frame_info().expect("sound")?;
        Some((frame.left, frame.top, frame.width, frame.height))
    })
    .collect();
    assert_eq!(places, [(0, 0, 20, 20), (15, 15, 5, 5), (0, 0, 1, 1)]);
}

#[test]
fn the_screen_is_as_large_as_the_first_frame_needs() {
    for (canvas, first, expected) in [
        ((4, 4), (0, 0, 8, 8), (8, 8)),
        ((4, 4), (2, 3, 8, 8), (10, 11)),
        ((20, 4), (0, 0, 8, 8), (20, 8)),
        ((0, 0), (2, 2, 8, 8), (10, 10)),
        ((0, 5), (0, 0, 8, 3), (8, 5)),
    ] {
        let frames = [flat(first.0, first.1, first.2, first.3), flat(0, 0, 30, 30)];
        let source = file(canvas, &frames);
        let shown = measure(&source, &CropLimits::default());
        assert_eq!(shown, Ok((Format::Gif, size(expected.0, expected.1))), "{canvas:?}, {first:?}");
        let part = cut_as(&source, Region::WHOLE, None).expect("sound");
        assert_eq!(part.size, size(expected.0, expected.1));
        let mut decoder = gif::Decoder::new(&part.bytes[..]).expect("a GIF");
        assert_eq!((u32::from(decoder.width()), u32::from(decoder.height())), expected);
        let frame = decoder.next_frame_info().expect("sound").expect("a frame");
        assert_eq!((frame.left, frame.top, frame.width, frame.height), first);
    }
}

/// The file with another disposal of its second frame.
fn with_disposal(mut file: Vec<u8>, disposal: u8) -> Vec<u8> {
    let controls: Vec<usize> =
        file.windows(3).enumerate().filter(|(_, three)| three == b"\x21\xf9\x04").map(|(at, _)| at).collect();
    file[controls[1] + 3] = disposal << 2;
    file
}

#[test]
fn disposal_4_means_what_3_does_and_what_is_not_defined_means_nothing() {
    let mut inner = flat(0, 0, 4, 4);
    inner.palette = Some(vec![200, 0, 0, 0, 200, 0]);
    let source = file((8, 8), &[flat(0, 0, 8, 8), inner, flat(7, 7, 1, 1)]);
    let last = |disposal| {
        let source = with_disposal(source.clone(), disposal);
        let part = cut_as(&source, Region::WHOLE, None).expect("sound");
        *shown(&part.bytes)[2].0.get_pixel(0, 0)
    };
    assert_ne!(last(3), last(1));
    assert_eq!(last(4), last(3));
    assert_eq!(last(7), last(1));
}

#[test]
fn comments_and_what_programs_wrote_are_left_out() {
    let mut encoder = Encoder::new(Vec::new(), 8, 8, &[9; 24]).expect("written");
    let extension = |label: gif::Extension| gif::AnyExtension::from(label);
    encoder.write_raw_extension(extension(gif::Extension::Comment), &[CANARY]).expect("written");
    let xmp = [&b"XMP DataXMP"[..], CANARY];
    encoder.write_raw_extension(extension(gif::Extension::Application), &xmp).expect("written");
    encoder.write_frame(&flat(0, 0, 8, 8)).expect("written");
    encoder.write_raw_extension(extension(gif::Extension::Comment), &[CANARY]).expect("written");
    encoder.write_frame(&flat(0, 0, 4, 4)).expect("written");
    let source = encoder.into_inner().expect("written");
    assert!(has_canary(&source));
    let part = cut_as(&source, Region::WHOLE, None).expect("sound");
    assert_eq!(part.format, Format::Gif);
    assert!(!has_canary(&part.bytes));
    assert_eq!(shown(&part.bytes).len(), 2);
}

#[test]
fn animations_cost_no_more_than_allowed() {
    let source = file((64, 64), &(0..50).map(|index| flat(index, 0, 8, 8)).collect::<Vec<_>>());
    let cut = |format, limits: CropLimits| {
        let options = CropOptions { format, ..CropOptions::default() };
        crop(&source, Region::WHOLE, &options, &limits).map(drop)
    };
    let limits = CropLimits::default();
    for format in [None, Some(Format::WebP)] {
        assert_eq!(cut(format, CropLimits { max_frames: 50, ..limits }), Ok(()));
        let refused = Err(CropError::TooManyFrames { limit: 49 });
        assert_eq!(cut(format, CropLimits { max_frames: 49, ..limits }), refused);
        // The canvas has 4,096 pixels, all frames together 3,200.
        let long = file((64, 64), &[(); 5].map(|()| flat(0, 0, 64, 64)));
        let options = CropOptions { format, ..CropOptions::default() };
        let limits = CropLimits { max_pixels: 4096, ..limits };
        let refused = crop(&long, Region::WHOLE, &options, &limits).map(drop);
        assert_eq!(refused, Err(CropError::AnimationTooLong { limit: 4 * 4096 }));
    }
    // With the canvas, what is drawn on it, and what that hides.
    let bytes = 64 * 64 * 4 * (50 + 3);
    let refused = Err(CropError::AnimationTooBig { frames: 50, limit: bytes - 1 });
    assert_eq!(cut(Some(Format::WebP), CropLimits { max_decode_bytes: bytes - 1, ..limits }), refused);
    // Written as it was, only the file grows.
    assert_eq!(cut(None, CropLimits { max_decode_bytes: 64 * 64 * 9, ..limits }), Ok(()));
    assert!(matches!(
        cut(None, CropLimits { max_decode_bytes: 64 * 64 * 9 - 1, ..limits }),
        Err(CropError::TooMuchMemory { .. })
    ));
    // Its first frame alone is a thumbnail, whatever comes behind.
    assert!(thumbnail(&source, 20, &CropLimits { max_frames: 1, ..limits }).is_ok());
}

#[test]
fn broken_files_are_refused_by_name() {
    let sound = file((10, 10), &[flat(0, 0, 10, 10), flat(2, 2, 4, 4)]);
    cut_as(&sound, Region::WHOLE, None).expect("sound");
    let frame = sound.iter().position(|&byte| byte == 0x2c).expect("a frame");
    let changed = |at: usize, value: u8| {
        let mut bytes = sound.clone();
        bytes[at] = value;
        cut_as(&bytes, Region::WHOLE, None).expect_err("broken").to_string()
    };
    assert!(changed(frame + 5, 0).contains("0 pixels long"));
    assert!(changed(frame + 5, 200).contains("ends too early"));
    assert!(changed(frame + 10, 12).contains("codes are of no possible length"));
    assert!(changed(frame, 0x77).contains("no known kind"));
    let without_frames = file((10, 10), &[]);
    assert!(
        cut_as(&without_frames, Region::WHOLE, None)
            .expect_err("no picture")
            .to_string()
            .contains("no picture")
    );
    let mut without_colours =
        Encoder::new(Vec::new(), 4, 4, &[]).expect("written").into_inner().expect("written");
    without_colours[10] = 0;
    without_colours.truncate(13);
    without_colours.extend(b"\x2c\0\0\0\0\x04\0\x04\0\0\x02\x02\x44\x01\0;");
    assert!(
        cut_as(&without_colours, Region::WHOLE, None)
            .expect_err("no colours")
            .to_string()
            .contains("no colours")
    );
}

#[test]
fn a_file_cut_short_is_refused_wherever_it_was_cut() {
    let plans = |interlaced| {
        (0..6).map(move |index: u16| Plan {
            place: (index, index, 50, 50),
            disposal: (index % 4) as u8,
            has_palette: index.is_multiple_of(2),
            transparent: Some(3),
            is_interlaced: interlaced,
            delay: 5,
            seed: index.into(),
        })
    };
    let plans: Vec<_> = plans(false).chain(plans(true)).collect();
    let source = animation((50, 40), Repeat::Infinite, &plans);
    let first_frame_ends = animation((50, 40), Repeat::Infinite, &plans[..1]).len();
    for length in 13..source.len() {
        // Behind the first frame a file without its last byte is a picture that does not move.
        if length + 1 >= first_frame_ends && length < first_frame_ends + 30 {
            continue;
        }
        let refused = cut_as(&source[..length], Region::WHOLE, None).expect_err("half an animation");
        assert_eq!(refused, CropError::Truncated { format: Format::Gif }, "{length} of {}", source.len());
    }
}

#[test]
fn frames_whose_rows_come_in_passes_count_whole() {
    let plan = |is_interlaced| Plan {
        place: (0, 0, 299, 299),
        disposal: 1,
        has_palette: false,
        transparent: None,
        is_interlaced,
        delay: 5,
        seed: 1,
    };
    let limits = CropLimits { max_pixels: 300 * 300, ..CropLimits::default() };
    let upper = Region::new(0.0, 0.0, 1.0, 0.2).expect("inside");
    for (is_interlaced, is_refused) in [(false, false), (true, true)] {
        let source = animation((300, 300), Repeat::Infinite, &[false; 5].map(|_| plan(is_interlaced)));
        let result = crop(&source, upper, &CropOptions::default(), &limits);
        let refused = result.err();
        assert_eq!(matches!(refused, Some(CropError::AnimationTooLong { .. })), is_refused, "{refused:?}");
        assert_eq!(refused.is_some(), is_refused);
    }
}

#[test]
fn no_mutation_breaks_out() {
    let plan = |index: u16| Plan {
        place: (index * 3, index * 2, 40, 40),
        disposal: (index % 4) as u8,
        has_palette: index % 2 == 1,
        transparent: (!index.is_multiple_of(3)).then_some(1),
        is_interlaced: index.is_multiple_of(2),
        delay: 5,
        seed: index.into(),
    };
    let sound = animation((48, 40), Repeat::Finite(3), &(0..5).map(plan).collect::<Vec<_>>());
    let limits = CropLimits { max_pixels: 4_000_000, max_decode_bytes: 32 << 20, ..CropLimits::default() };
    // xorshift64*: the same cases in every run, so that a failure can be looked at.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = move |below: usize| {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % below
    };
    let (mut cut, mut refused) = (0, 0);
    for case in 0..10_000 {
        let mut source = sound.clone();
        for _ in 0..=random(3) {
            let at = random(source.len());
            match random(5) {
                0 => source[at] ^= 1 << random(8),
                1 => source[at] = [0, 0xff, 0x7f, 0x2c][random(4)],
                2 => drop(source.drain(at..(at + 1 + random(9)).min(source.len()))),
                3 => source.insert(at, random(256) as u8),
                _ => source[at] = random(256) as u8,
            }
        }
        let format = [None, Some(Format::WebP), Some(Format::Png)][case % 3];
        let region = Region::new(0.3, 0.2, 0.5, 0.6).expect("inside");
        let options = CropOptions { format, ..CropOptions::default() };
        match crop(&source, region, &options, &limits) {
            Ok(_) => cut += 1,
            Err(CropError::DecoderFailed | CropError::EncoderFailed { .. }) => panic!("case {case}"),
            Err(_) => refused += 1,
        }
    }
    assert!(cut > 500 && refused > 1000, "{cut} cut, {refused} refused: too weak or too strong");
}

/// A sound GIF of 3 by 35 pixels on a canvas of 19 by 55, whose last codes are one bit longer than those before.
#[rustfmt::skip]
const LONGER_CODES: [u8; 100] = [
    0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 0x13, 0x00, 0x37, 0x00, 0xa2, 0x00, 0x00, 0x53, 0xf1, 0x8f, 0x2e, 0xcc, 0x6a, 0x08,
    0xa7, 0x45, 0xe3, 0x81, 0x1f, 0xbe, 0x5c, 0xfa, 0x98, 0x36, 0xd5, 0x73, 0x11, 0xaf, 0x4e, 0xec, 0x8a, 0x21, 0xf9, 0x04,
    0x00, 0x02, 0x00, 0x00, 0x00, 0x2c, 0x0a, 0x00, 0x04, 0x00, 0x03, 0x00, 0x23, 0x00, 0x40, 0x03, 0x29, 0x78, 0x31, 0x64,
    0x07, 0x82, 0x14, 0x03, 0x16, 0x11, 0x63, 0xd6, 0xe8, 0xa0, 0x7e, 0x82, 0x95, 0x1d, 0x85, 0xa2, 0x0c, 0x58, 0xd1, 0x1c,
    0x94, 0x40, 0x2d, 0x25, 0x24, 0x29, 0xdc, 0xa9, 0xa5, 0xe0, 0x6a, 0xbd, 0xa3, 0x5c, 0x06, 0xb5, 0x45, 0x02, 0x00, 0x3b,
];

#[test]
fn a_frame_whose_codes_become_longer_at_its_end_is_read() {
    let whole = cut_as(&LONGER_CODES, Region::WHOLE, Some(Format::Png)).expect("a sound file");
    let picture = image::load_from_memory(&whole.bytes).expect("a PNG").into_rgba8();
    assert_eq!(picture.dimensions(), (19, 55));
    // The frame covers its place, and nothing beside it.
    for (x, y, pixel) in picture.enumerate_pixels() {
        let is_inside = (10..13).contains(&x) && (4..39).contains(&y);
        assert_eq!(pixel.0[3] == 255, is_inside, "{x}, {y}");
    }
}
