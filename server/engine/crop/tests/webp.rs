//! WebP through the public door, held against libwebp's own whole decoding and its compositor, and against another
//! implementation (`image`): the same pixels, whatever the place of the part; and files that every reader understands.

#![expect(unsafe_code, reason = "the reference is libwebp itself")]

mod libwebp_frames;
mod samples;

use std::time::Duration;

use cutline_crop::{CropError, CropLimits, CropOptions, Cut, Format, Source, crop, measure};
use cutline_model::{PixelRegion, Region, Size};
use image::codecs::webp::WebPDecoder;
use image::{AnimationDecoder, DynamicImage, Rgb, RgbImage, Rgba, RgbaImage};
use libwebp_frames::libwebp_frames;
use libwebp_sys as sys;
use proptest::prelude::*;
use samples::*;

fn size(width: u32, height: u32) -> Size {
    Size::new(width, height).expect("test sizes are not zero")
}

fn region(place: PixelRegion, of: Size) -> Region {
    let (w, h) = (f64::from(of.width()), f64::from(of.height()));
    let PixelRegion { left, top, width, height } = place;
    Region::new(f64::from(left) / w, f64::from(top) / h, f64::from(width) / w, f64::from(height) / h)
        .expect("inside")
}

fn cut_as(source: &[u8], region: Region, format: Option<Format>) -> Result<Cut, CropError> {
    crop(source, region, &CropOptions { format, ..CropOptions::default() }, &CropLimits::default())
}

/// What libwebp makes of a whole file at once, as RGBA.
fn libwebp(file: &[u8]) -> RgbaImage {
    let (mut width, mut height) = (0, 0);
    // SAFETY: the file is as long as its slice says; the pixels are copied before they are freed.
    unsafe {
        let pixels = sys::WebPDecodeRGBA(file.as_ptr(), file.len(), &raw mut width, &raw mut height);
        assert!(!pixels.is_null(), "libwebp reads it");
        let length = width as usize * height as usize * 4;
        let copy = std::slice::from_raw_parts(pixels, length).to_vec();
        sys::WebPFree(pixels.cast());
        RgbaImage::from_raw(width as u32, height as u32, copy).expect("all pixels")
    }
}

/// A lossy file by libwebp; `simple` asks for the filter that smooths fewer pixels.
fn lossy(picture: &RgbaImage, quality: f32, simple: bool, partitions: i32) -> Vec<u8> {
    let mut config = sys::WebPConfig::new().expect("a configuration");
    config.quality = quality;
    config.filter_strength = 60;
    config.filter_type = i32::from(!simple);
    config.partitions = partitions;
    config.method = 2;
    let mut target = sys::WebPPicture::new().expect("a picture");
    target.width = picture.width() as i32;
    target.height = picture.height() as i32;
    let mut writer = sys::WebPMemoryWriter { mem: std::ptr::null_mut(), size: 0, max_size: 0, pad: [0] };
    // SAFETY: the pixels are as many as the size says; picture and writer live until they are freed here.
    unsafe {
        sys::WebPMemoryWriterInit(&raw mut writer);
        target.writer = Some(sys::WebPMemoryWrite);
        target.custom_ptr = (&raw mut writer).cast();
        let stride = picture.width() as i32 * 4;
        assert!(sys::WebPPictureImportRGBA(&raw mut target, picture.as_ptr(), stride) != 0);
        assert!(sys::WebPEncode(&raw const config, &raw mut target) != 0);
        let bytes = std::slice::from_raw_parts(writer.mem, writer.size).to_vec();
        sys::WebPMemoryWriterClear(&raw mut writer);
        sys::WebPPictureFree(&raw mut target);
        bytes
    }
}

/// Colours that change from pixel to pixel, so that a smoothing with other neighbours is seen.
fn busy(width: u32, height: u32, has_alpha: bool) -> RgbaImage {
    RgbaImage::from_fn(width, height, |x, y| {
        let hash = x.wrapping_mul(0x9e37_79b1) ^ y.wrapping_mul(0x85eb_ca6b);
        let [r, g, b, a] = (hash ^ hash >> 15).to_le_bytes();
        let soft = |noise: u8, base: u32| ((u32::from(noise) + 3 * (base % 256)) / 4) as u8;
        Rgba([soft(r, x * 3), soft(g, y * 2), soft(b, x + y), if has_alpha { soft(a, x * 2) } else { 255 }])
    })
}

/// The part as PNG, which changes nothing.
fn part(source: &[u8], place: PixelRegion, of: Size) -> DynamicImage {
    let part = cut_as(source, region(place, of), Some(Format::Png)).expect("a sound picture");
    assert_eq!(part.region, place);
    image::load_from_memory(&part.bytes).expect("a PNG")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_part_is_what_the_whole_decoded_and_cut_gives(
        w in 1u32..120, h in 1u32..120, a in 0.0..1.0, b in 0.0..1.0, c in 0.001..1.0, d in 0.001..1.0,
        kind in 0..6, quality in 5.0..95.0_f32,
    ) {
        let source = match kind {
            0 => lossy(&busy(w, h, false), quality, false, 0),
            1 => lossy(&busy(w, h, false), quality, true, 0),
            2 => lossy(&busy(w, h, true), quality, false, 0),
            3 => lossy(&busy(w, h, false), quality, false, 3),
            4 => webp(&busy(w, h, true).into()),
            _ => webp(&DynamicImage::ImageRgba8(busy(w, h, false)).into_rgb8().into()),
        };
        let region = Region::new(a * (1.0 - c), b * (1.0 - d), c, d).expect("inside");
        let PixelRegion { left, top, width, height } = region.to_pixels(size(w, h));
        let expected = DynamicImage::from(libwebp(&source)).crop_imm(left, top, width, height);
        for arriving in [false, true] {
            let options = CropOptions { format: Some(Format::Png), ..CropOptions::default() };
            let given = if arriving { Source::arriving(&source[..]) } else { Source::from(&source) };
            let part = crop(given, region, &options, &CropLimits::default()).expect("a sound picture");
            let part = image::load_from_memory(&part.bytes).expect("a PNG");
            prop_assert_eq!(part.color().has_alpha(), matches!(kind, 2 | 4));
            prop_assert_eq!(part.into_rgba8(), expected.to_rgba8());
        }
    }
}

#[test]
fn no_more_is_read_than_the_last_row_needs() {
    let picture = busy(640, 480, false);
    let top = region(PixelRegion { left: 0, top: 0, width: 640, height: 96 }, size(640, 480));
    for (source, most) in [
        (lossy(&picture, 80.0, false, 0), 0.35),
        (webp(&DynamicImage::from(picture).into_rgb8().into()), 0.65),
    ] {
        let part = crop(Source::arriving(&source[..]), top, &CropOptions::default(), &CropLimits::default())
            .expect("a sound picture");
        let read = part.stats.bytes_read as f64 / source.len() as f64;
        assert!(read < most, "{read} of {} bytes", source.len());
        assert!(part.stats.rows_decoded <= 98);
        // And so what is missing behind it does no harm.
        let cut_short = &source[..part.stats.bytes_read as usize];
        let again = cut_as(cut_short, top, None).expect("all that is needed is there");
        assert_eq!(again.bytes, part.bytes);
    }
}

#[test]
fn a_large_lossy_picture_takes_the_memory_of_its_part() {
    let source = riff(&riff_chunk(b"VP8 ", &vp8(16_383, 240)));
    let place = PixelRegion { left: 8000, top: 100, width: 200, height: 100 };
    let limits = CropLimits { max_decode_bytes: 4 << 20, ..CropLimits::default() };
    let options = CropOptions::default();
    let part = crop(&source, region(place, size(16_383, 240)), &options, &limits).expect("a small part");
    assert_eq!((part.format, part.size), (Format::Jpeg, size(200, 100)));
    let refused = crop(&source, Region::WHOLE, &options, &limits).expect_err("the whole is too much");
    assert!(matches!(refused, CropError::TooMuchMemory { .. }), "{refused:?}");
}

#[test]
fn webp_is_written_from_every_kind_of_picture() {
    let plain = DynamicImage::from(coordinates(50, 40));
    let holes = DynamicImage::from(with_alpha(50, 40));
    // Lossless sources stay as they are: only colours that nobody can see are not kept.
    for picture in [plain.to_luma8().into(), plain.to_rgb16().into(), plain, holes] {
        let part = cut_as(&png(&picture), Region::WHOLE, Some(Format::WebP)).expect("a sound picture");
        assert_eq!(part.format, Format::WebP);
        let seen = |mut picture: RgbaImage| {
            picture.pixels_mut().filter(|pixel| pixel.0[3] == 0).for_each(|pixel| pixel.0 = [0; 4]);
            picture
        };
        let expected = seen(picture.to_rgba8());
        assert_eq!(seen(libwebp(&part.bytes)), expected);
        assert_eq!(seen(image::load_from_memory(&part.bytes).expect("a WebP").into_rgba8()), expected);
    }
    let photo = smooth(64, 48);
    let part = cut_as(&jpeg(&photo.clone().into(), 95), Region::WHOLE, Some(Format::WebP)).expect("sound");
    assert_eq!(&part.bytes[12..16], b"VP8 ");
    let worst = libwebp(&part.bytes).pixels().zip(photo.pixels()).fold(0, |worst, (a, b)| {
        (0..3).fold(worst, |worst, channel| a.0[channel].abs_diff(b.0[channel]).max(worst))
    });
    assert!(worst < 24, "{worst}");
}

#[test]
fn a_lossy_picture_with_alpha_stays_one() {
    let source = lossy(&busy(60, 50, true), 80.0, false, 0);
    let place = PixelRegion { left: 7, top: 9, width: 30, height: 20 };
    let part = cut_as(&source, region(place, size(60, 50)), None).expect("a sound picture");
    assert_eq!(part.format, Format::WebP);
    let expected = DynamicImage::from(libwebp(&source)).crop_imm(7, 9, 30, 20).into_rgba8();
    for (kept, old) in libwebp(&part.bytes).pixels().zip(expected.pixels()) {
        assert_eq!(kept.0[3], old.0[3], "alpha is kept without loss");
    }
}

#[test]
fn the_profile_is_written_into_the_extended_form() {
    for length in [600, 601] {
        let icc = profile(b"RGB ", length);
        let segments = profile_segments(&icc, 60_000);
        let photo = with_segments(&jpeg(&smooth(40, 30).into(), 90), &segments);
        let alpha = with_chunks(&png(&with_alpha(40, 30).into()), &[(b"iCCP", iccp(&icc))]);
        for (source, has_alpha) in [(photo, false), (alpha, true)] {
            let part = cut_as(&source, Region::WHOLE, Some(Format::WebP)).expect("a sound picture");
            let mut decoder = WebPDecoder::new(std::io::Cursor::new(&part.bytes)).expect("a WebP");
            use image::ImageDecoder;
            assert_eq!(decoder.icc_profile().expect("readable"), Some(icc.clone()));
            assert_eq!(decoder.color_type().has_alpha(), has_alpha);
            libwebp(&part.bytes);
        }
    }
}

#[test]
fn a_header_that_promises_a_profile_which_is_not_there_reads_alike_however_much_of_the_file_is() {
    let pixels = vp8l(&smooth(40, 30).into());
    let mut file = webp_file(0x20, 40, 30, &[(b"VP8L", pixels), (b"JUNK", vec![0; 200])]);
    // Not enough for another chunk.
    file.extend([0; 3]);
    let length = u32::try_from(file.len() - 8).expect("short");
    file[4..8].copy_from_slice(&length.to_le_bytes());
    let whole = measure(&file[..], &CropLimits::default());
    assert_eq!(whole, Ok((Format::WebP, size(40, 30))));
    for length in 12..file.len() {
        let part = measure(&file[..length], &CropLimits::default());
        assert!(part == whole || matches!(part, Err(CropError::Truncated { .. })), "{length}: {part:?}");
    }
}

#[test]
fn what_webp_cannot_hold_is_named() {
    let long = png(&RgbImage::from_pixel(16_384, 1, Rgb([1, 2, 3])).into());
    let refused = cut_as(&long, Region::WHOLE, Some(Format::WebP));
    assert_eq!(refused, Err(CropError::TooLongForWebP { size: size(16_384, 1) }));
}

/// An animation of frames at random places, lossy and lossless, of every way to draw and to take away.
fn animation(canvas: (u32, u32), frames: &[(u32, u32, u32, u32, u8, bool)]) -> Vec<u8> {
    let (w, h) = canvas;
    let mut chunks = vec![(b"ANIM", vec![9, 9, 9, 255, 3, 0])];
    for (index, &(a, b, c, d, flags, is_lossy)) in frames.iter().enumerate() {
        let (left, top) = ((a % w) & !1, (b % h) & !1);
        let (width, height) = (1 + c % (w - left), 1 + d % (h - top));
        let mut picture = busy(width, height, index % 3 != 0);
        if index % 2 == 0 {
            // Holes and opaque places, not only glass.
            picture.pixels_mut().for_each(|pixel| pixel.0[3] = if pixel.0[3] < 120 { 0 } else { 255 });
        }
        let file = if is_lossy { lossy(&picture, 70.0, false, 0) } else { webp(&picture.into()) };
        let chunk = anmf(left, top, (width, height), 20 + 10 * index as u32, flags, webp_chunks(&file));
        chunks.push((b"ANMF", chunk));
    }
    webp_file(0x12, w, h, &chunks)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_frame_of_an_animation_is_right(
        canvas in (8u32..70, 8u32..70),
        frames in prop::collection::vec((any::<u32>(), any::<u32>(), any::<u32>(), any::<u32>(), 0u8..4, any::<bool>()), 2..7),
        a in 0.0..1.0, b in 0.0..1.0, c in 0.05..1.0, d in 0.05..1.0,
    ) {
        let source = animation(canvas, &frames);
        let region = Region::new(a * (1.0 - c), b * (1.0 - d), c, d).expect("inside");
        let PixelRegion { left, top, width, height } = region.to_pixels(size(canvas.0, canvas.1));
        let expected = libwebp_frames(&source);
        prop_assert_eq!(expected.len(), frames.len());

        // The first frame is all that a picture that does not move can show.
        let still = cut_as(&source, region, Some(Format::Png)).expect("a sound animation");
        let still = image::load_from_memory(&still.bytes).expect("a PNG").into_rgba8();
        let first = DynamicImage::from(expected[0].0.clone()).crop_imm(left, top, width, height);
        assert_close(&still, &first.to_rgba8(), 1);

        // Written lossless, since the first frame then decides for all.
        if !frames[0].5 {
            let part = cut_as(&source, region, None).expect("a sound animation");
            prop_assert_eq!(part.format, Format::WebP);
            let shown = libwebp_frames(&part.bytes);
            // Frames that look alike are written as one that lasts longer.
            for (old, end_ms) in &expected {
                let old = DynamicImage::from(old.clone()).crop_imm(left, top, width, height).into_rgba8();
                // And when all do, as a picture that does not move.
                let now = shown.iter().find(|(_, end)| shown.len() == 1 || end >= end_ms);
                assert_close(&now.expect("shown until then").0, &old, 2);
            }
            let ends = [&shown, &expected].map(|frames| frames.last().map(|frame| frame.1));
            prop_assert!(shown.len() == 1 || ends[0] == ends[1], "{:?}", ends);
        }
    }
}

/// Colours may differ by a rounding; where nothing is opaque they do not matter.
fn assert_close(one: &RgbaImage, other: &RgbaImage, tolerance: u8) {
    assert_eq!(one.dimensions(), other.dimensions());
    for (a, b) in one.pixels().zip(other.pixels()) {
        assert!(a.0[3].abs_diff(b.0[3]) <= tolerance, "{a:?} {b:?}");
        // The less opaque, the coarser libwebp's own arithmetic.
        let room = u32::from(tolerance) * 255 / u32::from(b.0[3].max(1));
        for channel in 0..3 {
            assert!(u32::from(a.0[channel].abs_diff(b.0[channel])) <= room || b.0[3] < 8, "{a:?} {b:?}");
        }
    }
}

#[test]
fn an_animation_keeps_its_timing_and_how_often_it_plays() {
    let canvas = size(40, 30);
    let colours = [[250, 0, 0, 255], [0, 250, 0, 255], [0, 0, 250, 255]];
    let frames = colours.map(|colour| {
        let picture = RgbaImage::from_pixel(40, 30, Rgba(colour));
        (b"ANMF", anmf(0, 0, (40, 30), 70, 2, &riff_chunk(b"VP8L", &vp8l(&picture.into()))))
    });
    let mut chunks = vec![(b"ANIM", vec![0, 0, 0, 0, 5, 0])];
    chunks.extend(frames);
    let source = webp_file(0x12, 40, 30, &chunks);
    let place = PixelRegion { left: 5, top: 6, width: 20, height: 10 };
    let part = cut_as(&source, region(place, canvas), None).expect("a sound animation");
    let decoder = WebPDecoder::new(std::io::Cursor::new(&part.bytes)).expect("a WebP");
    assert!(matches!(decoder.loop_count(), image::metadata::LoopCount::Finite(times) if times.get() == 5));
    let shown = decoder.into_frames().collect_frames().expect("sound frames");
    assert_eq!(shown.len(), 3);
    for (frame, colour) in shown.iter().zip(colours) {
        assert_eq!(Duration::from(frame.delay()), Duration::from_millis(70));
        assert_eq!(frame.buffer().dimensions(), (20, 10));
        assert_close(frame.buffer(), &RgbaImage::from_pixel(20, 10, Rgba(colour)), 1);
    }
}

#[test]
fn animations_cost_no_more_than_allowed() {
    let frame = |place: (u32, u32)| {
        let picture = RgbaImage::from_pixel(8, 8, Rgba([1, 2, 3, 255]));
        (b"ANMF", anmf(place.0, place.1, (8, 8), 10, 0, &riff_chunk(b"VP8L", &vp8l(&picture.into()))))
    };
    let mut chunks = vec![(b"ANIM", vec![0; 6])];
    chunks.extend((0..50).map(|index| frame((index % 4 * 2, 0))));
    let source = webp_file(0x12, 64, 64, &chunks);
    let cut = |limits: CropLimits| crop(&source, Region::WHOLE, &CropOptions::default(), &limits).map(drop);
    let limits = CropLimits::default();
    assert_eq!(cut(CropLimits { max_frames: 50, ..limits }), Ok(()));
    assert_eq!(cut(CropLimits { max_frames: 49, ..limits }), Err(CropError::TooManyFrames { limit: 49 }));
    // With the canvas, what is drawn on it, and room for what that hides.
    let bytes = 64 * 64 * 4 * (50 + 3);
    assert_eq!(cut(CropLimits { max_decode_bytes: bytes, ..limits }), Ok(()));
    let refused = CropError::AnimationTooBig { frames: 50, limit: bytes - 1 };
    assert_eq!(cut(CropLimits { max_decode_bytes: bytes - 1, ..limits }), Err(refused));

    let outside = webp_file(0x12, 64, 64, &[(b"ANIM", vec![0; 6]), frame((0, 0)), frame((58, 0))]);
    assert!(matches!(cut_as(&outside, Region::WHOLE, None), Err(CropError::Broken { .. })));
}

#[test]
fn a_file_cut_short_is_refused_wherever_it_was_cut() {
    for source in [
        lossy(&busy(90, 70, false), 80.0, false, 0),
        lossy(&busy(90, 70, true), 80.0, true, 3),
        webp(&busy(90, 70, true).into()),
        animation((60, 50), &[(0, 0, 99, 99, 0, true), (4, 8, 30, 30, 1, false), (9, 9, 20, 9, 2, true)]),
    ] {
        cut_as(&source, Region::WHOLE, None).expect("a sound picture");
        for percent in 0..100 {
            let length = source.len() * percent / 100;
            if length < 12 {
                continue;
            }
            let refused = cut_as(&source[..length], Region::WHOLE, None).expect_err("half a picture");
            assert_eq!(refused, CropError::Truncated { format: Format::WebP }, "at {percent} %");
        }
    }
}

#[test]
fn no_mutation_breaks_out() {
    let corpus = [
        lossy(&busy(48, 40, false), 60.0, false, 0),
        lossy(&busy(48, 40, true), 60.0, true, 2),
        webp(&busy(48, 40, true).into()),
        animation((48, 40), &[(0, 0, 99, 99, 0, true), (4, 8, 30, 30, 1, false), (9, 9, 20, 9, 2, true)]),
    ];
    let limits =
        CropLimits { max_whole_pixels: 4_000_000, max_decode_bytes: 32 << 20, ..CropLimits::default() };
    // xorshift64*: the same cases in every run, so that a failure can be looked at.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = move |below: usize| {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % below
    };
    let (mut cut, mut refused) = (0, 0);
    for case in 0..6000 {
        let mut source = corpus[case % corpus.len()].clone();
        for _ in 0..=random(4) {
            let reach = if random(2) == 0 { source.len().min(100) } else { source.len() };
            let at = random(reach);
            match random(4) {
                0 => source[at] ^= 1 << random(8),
                1 => source[at] = [0, 0xff, 0x7f, 0x80][random(4)],
                2 => source.truncate(at.max(1)),
                _ => source[at] = random(256) as u8,
            }
        }
        let region = Region::new(0.3, 0.2, 0.5, 0.6).expect("inside");
        match crop(&source, region, &CropOptions::default(), &limits) {
            Ok(_) => cut += 1,
            Err(CropError::DecoderFailed | CropError::EncoderFailed { .. }) => panic!("case {case}"),
            Err(_) => refused += 1,
        }
    }
    assert!(cut > 300 && refused > 1000, "{cut} cut, {refused} refused: too weak or too strong");
}

#[test]
fn part_of_one_pixel_and_of_a_row_are_cut() {
    let source = lossy(&busy(33, 35, false), 90.0, false, 0);
    let whole = libwebp(&source);
    for place in [
        PixelRegion { left: 32, top: 34, width: 1, height: 1 },
        PixelRegion { left: 0, top: 17, width: 33, height: 1 },
        PixelRegion { left: 31, top: 0, width: 1, height: 35 },
    ] {
        let PixelRegion { left, top, width, height } = place;
        let expected = DynamicImage::from(whole.clone()).crop_imm(left, top, width, height);
        assert_eq!(part(&source, place, size(33, 35)).into_rgba8(), expected.into_rgba8());
    }
}

#[test]
fn a_file_that_states_a_nearer_end_is_judged_alike_whole_and_as_it_arrives() {
    let picture = vp8l(&coordinates(40, 30).into());
    let mut source = webp_file(0, 40, 30, &[(b"JUNK", vec![7; 100]), (b"VP8L", picture)]);
    source[4..8].copy_from_slice(&60_u32.to_le_bytes());
    let whole = measure(&source, &CropLimits::default()).expect_err("the picture stands behind the end");
    for length in 68..source.len() {
        let part = measure(&source[..length], &CropLimits::default());
        assert_eq!(part, Err(whole.clone()), "{length} bytes of it");
    }
}
