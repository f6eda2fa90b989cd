//! Pictures made to hurt: each is refused with a reason, and neither they nor honest ones take more memory than allowed.
//!
//! Memory is measured, not believed: this program counts every allocation. It is a program of its own, and its tests
//! take turns, so that nothing else is counted. Long, since a program of its own is what all of that needs.

#![expect(unsafe_code, reason = "a counting allocator can only be written with unsafe code")]

mod samples;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use cutline_crop::{
    Change, CropError, CropLimits, CropOptions, Cut, Fit, Format, RenditionOptions, Tone, Turn, crop,
    measure, rendition, thumbnail,
};
use cutline_model::{Region, Size};
use image::DynamicImage;
use samples::*;

const MIB: usize = 1 << 20;

/// The system's allocator, counted.
struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);
static TURN: Mutex<()> = Mutex::new(());

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: every call goes to the system's allocator unchanged; only numbers are kept beside it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Relaxed) + layout.size();
        PEAK.fetch_max(now, Relaxed);
        // SAFETY: the caller keeps the promises of `GlobalAlloc::alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller keeps the promises of `GlobalAlloc::dealloc`, and `alloc` got it from the system.
        unsafe { System.dealloc(pointer, layout) }
    }
}

fn take_turn() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether an error is the one that a bomb must meet.
type IsExpected<'a> = &'a dyn Fn(&CropError) -> bool;

/// What `work` gives and how many bytes more than before it held at its peak.
fn counted<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = NOW.load(Relaxed);
    PEAK.store(before, Relaxed);
    let result = work();
    (result, PEAK.load(Relaxed).saturating_sub(before))
}

/// What `work` gives and how many bytes it made resident beyond those before, at its peak: with what libraries in C take,
/// which the counting allocator does not see. Nothing where the system does not tell.
fn resident<T>(work: impl FnOnce() -> T) -> (T, Option<usize>) {
    let read = |key: &str| {
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix(key))?;
        line.trim().strip_suffix(" kB")?.parse::<usize>().ok().map(|kib| kib << 10)
    };
    // Linux: the peak begins anew.
    let is_reset = std::fs::write("/proc/self/clear_refs", "5").is_ok();
    let before = read("VmRSS:").filter(|_| is_reset);
    let result = work();
    let peak = read("VmHWM:");
    (result, before.zip(peak).map(|(before, peak)| peak.saturating_sub(before)))
}

fn small_part(source: &[u8], limits: &CropLimits) -> Result<Cut, CropError> {
    let region = Region::new(0.5, 0.5, 0.01, 0.01).expect("inside");
    crop(source, region, &CropOptions::default(), limits)
}

/// An icon file that holds this PNG.
fn icon_of(png: &[u8]) -> Vec<u8> {
    let length = (png.len() as u32).to_le_bytes();
    [&[0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 32, 0][..], &length, &[22, 0, 0, 0], png].concat()
}

/// An AVIF whose container says that its picture is this large, in its property of the kind `ispe` (ISO/IEC 23008-12, 6.5.3).
fn avif_claiming(width: u32, height: u32) -> Vec<u8> {
    let mut file = include_bytes!("samples/avif/y420.avif").to_vec();
    let at = file.windows(4).position(|bytes| bytes == b"ispe").expect("a size") + 8;
    file[at..at + 4].copy_from_slice(&width.to_be_bytes());
    file[at + 4..at + 8].copy_from_slice(&height.to_be_bytes());
    file
}

/// The beginning of a JPEG XL of this size, with all else as it is by default (ISO/IEC 18181-1, D.2 and D.3).
fn jxl_claiming(width: u32, height: u32) -> Vec<u8> {
    let side = |side: u32| [(3, 2), (side - 1, 30)];
    let fields = [&[(0, 1)][..], &side(height), &[(0, 3)], &side(width), &[(1, 1)]].concat();
    let bits: Vec<u8> =
        fields.iter().flat_map(|(value, count)| (0..*count).map(move |at| (value >> at & 1) as u8)).collect();
    let bytes = bits.chunks(8).map(|bits| bits.iter().rev().fold(0, |byte, bit| byte << 1 | bit));
    // Fewer than eight bits at the end stand lowest.
    b"\xff\x0a".iter().copied().chain(bytes).chain([0; 64]).collect()
}

#[test]
fn bombs_are_refused_with_little_memory() {
    let _turn = take_turn();
    let limits = CropLimits::default();
    let tiny_png = png(&coordinates(8, 8).into());
    let too_large = |error: &CropError| matches!(error, CropError::TooLarge { .. });
    let too_costly_or_truncated = |error: &CropError| {
        matches!(error, CropError::TooMuchMemory { .. } | CropError::Truncated { format: Format::Jpeg })
    };
    let bombs: Vec<(&str, Vec<u8>, IsExpected<'_>)> = vec![
        (
            "8x8 PNG, profile of 1 GiB",
            with_chunks(&tiny_png, &[(b"iCCP", [&b"icc\0\0"[..], &zeros(1024)].concat())]),
            &|error| matches!(error, CropError::ProfileTooLarge { .. }),
        ),
        (
            "64x64 JPEG claiming 16000x8000",
            with_claimed_size(&jpeg(&smooth(64, 64).into(), 50), 16_000, 8000),
            // A part of so many pixels may be cut, the whole may not be decoded.
            &too_costly_or_truncated,
        ),
        (
            "64x64 JPEG claiming 7000x7000",
            with_claimed_size(&jpeg(&smooth(64, 64).into(), 50), 7000, 7000),
            &too_costly_or_truncated,
        ),
        (
            "65500x65500 JPEG",
            with_claimed_size(&jpeg(&smooth(64, 64).into(), 50), 65_500, 65_500),
            &too_large,
        ),
        ("4000x4000 JPEG of 2,000 scans", progressive_jpeg(4000, 4000, 2000), &|error| {
            matches!(error, CropError::TooManyScans { .. })
        }),
        ("9000x9000 JPEG of 99 scans", progressive_jpeg(9000, 9000, 99), &|error| {
            matches!(error, CropError::TooManyScans { .. })
        }),
        // A part of it may be cut.
        ("11000x11000 RGBA PNG without pixels", png_file(11_000, 11_000, 8, 6, b""), &|error| {
            matches!(error, CropError::TooMuchMemory { .. } | CropError::Broken { .. })
        }),
        ("20000x20000 RGBA PNG", png_file(20_000, 20_000, 8, 6, b""), &too_large),
        ("30000x30000 1-bit PNG", png_file(30_000, 30_000, 1, 0, b""), &too_large),
        ("2^31-1 PNG", png_file(0x7fff_ffff, 0x7fff_ffff, 16, 6, b""), &too_large),
        ("7000x7000 16-bit RGBA PNG", png_file(7000, 7000, 16, 6, b""), &|error| {
            matches!(error, CropError::TooMuchMemory { .. } | CropError::Broken { .. })
        }),
        ("PNG of no size", png_file(0, 5, 8, 2, b""), &|error| matches!(error, CropError::Broken { .. })),
        (
            "65535x65535 GIF",
            b"GIF89a\xff\xff\xff\xff\0\0\0,\0\0\0\0\xff\xff\xff\xff\0\x02\x01\x44\0;".to_vec(),
            &too_large,
        ),
        (
            "10x10 GIF with a 65535x65535 frame",
            b"GIF89a\x0a\0\x0a\0\0\0\0,\0\0\0\0\xff\xff\xff\xff\0\x02\x01\x44\0;".to_vec(),
            &too_large,
        ),
        (
            "16383x16383 WebP",
            riff(&riff_chunk(b"VP8L", &[0x2f, 0xff, 0xff, 0xff, 0x0f, 0, 0, 0])),
            &too_large,
        ),
        (
            "8x8 WebP with a 16383x16383 picture",
            webp_file(0, 8, 8, &[(b"VP8 ", b"\x10\0\0\x9d\x01\x2a\xff\x3f\xff\x3f\0\0".to_vec())]),
            &|error| matches!(error, CropError::Broken { .. }),
        ),
        (
            "2^31-1 BMP",
            [
                &b"BM"[..],
                &[0; 8],
                &[54, 0, 0, 0, 40, 0, 0, 0],
                &[0xff, 0xff, 0xff, 0x7f].repeat(2),
                &[1, 0, 32, 0],
                &[0; 24],
            ]
            .concat(),
            &too_large,
        ),
        ("icon with a PNG of 30000x30000", icon_of(&png_file(30_000, 30_000, 1, 0, b"")), &|error| {
            !matches!(error, CropError::DecoderFailed)
        }),
        (
            "icon whose PNG has a profile of 1 GiB",
            icon_of(&with_chunks(&tiny_png, &[(b"iCCP", [&b"icc\0\0"[..], &zeros(1024)].concat())])),
            &|error| matches!(error, CropError::ProfileTooLarge { .. }),
        ),
        ("65535x65535 AVIF", avif_claiming(65_535, 65_535), &too_large),
        ("small AVIF claiming 7000x7000", avif_claiming(7000, 7000), &|error| {
            matches!(error, CropError::Broken { .. } | CropError::TooMuchMemory { .. })
        }),
        ("AVIF of no size", avif_claiming(0, 0), &|error| matches!(error, CropError::Broken { .. })),
        ("2^30 JPEG XL", jxl_claiming(1 << 30, 1 << 30), &too_large),
        ("7000x7000 JPEG XL without pixels", jxl_claiming(7000, 7000), &|error| {
            matches!(
                error,
                CropError::Broken { .. } | CropError::TooMuchMemory { .. } | CropError::Truncated { .. }
            )
        }),
        ("TIFF of 65535x65535", tiff((65_535, 65_535), 1, 8, 65_535, &[zeros(1)]), &too_large),
        (
            "WebP with a chunk of 4 GiB",
            riff_of(
                u32::MAX - 16,
                &[
                    &webp_file(0x08, 8, 8, &[(b"VP8L", vp8l(&smooth(8, 8).into()))])[12..],
                    b"EXIF\xf0\xff\xff\xff",
                ]
                .concat(),
            ),
            &|error| matches!(error, CropError::Truncated { .. } | CropError::Broken { .. }),
        ),
    ];
    for (name, source, is_expected) in bombs {
        // The scans of a progressive JPEG are counted as they come: until then eight bytes for each block passed, and for
        // the whole picture two for each coefficient, within the limit.
        let least = source.len() + 12 * MIB;
        for (job, allowed, (result, peak)) in [
            ("crop", least, counted(|| small_part(&source, &limits).map(drop))),
            (
                "thumbnail",
                source.len() + limits.max_decode_bytes as usize,
                counted(|| thumbnail(&source, 400, &limits).map(drop)),
            ),
        ] {
            let error = result.expect_err(name);
            assert!(is_expected(&error), "{name}, {job}: {error:?}");
            assert!(peak < allowed, "{name}, {job}: {peak} bytes at the peak");
        }
        let (_, peak) = counted(|| measure(&source, &limits));
        assert!(peak < 4 * MIB, "{name}: {peak} bytes for the header");
        // Beside the counted bytes: the stack, the code that is touched first, what the system rounds up.
        if let (_, Some(peak)) = resident(|| small_part(&source, &limits).map(drop)) {
            assert!(peak < least + 16 * MIB, "{name}: {peak} bytes resident");
        }
    }
}

/// An animated WebP of small frames on a large canvas.
fn frames_on(canvas: (u32, u32), count: usize) -> Vec<u8> {
    let frame = anmf(0, 0, (8, 8), 10, 0, &riff_chunk(b"VP8 ", &vp8(8, 8)));
    let chunks = [&[(b"ANIM", vec![0; 6])][..], &vec![(b"ANMF", frame); count]].concat();
    webp_file(0x02, canvas.0, canvas.1, &chunks)
}

#[test]
fn a_canvas_is_refused_before_it_is_drawn_on_where_it_or_its_frames_take_too_much() {
    let _turn = take_turn();
    let limits = CropLimits::default();
    let limit = limits.max_decode_bytes as usize;
    let whole = |source: &[u8], format| {
        let options = CropOptions { format, ..CropOptions::default() };
        counted(|| crop(source, Region::WHOLE, &options, &limits).map(drop))
    };
    // One frame of it, and all.
    for format in [Some(Format::Jpeg), None] {
        let (refused, peak) = whole(&frames_on((16_383, 16_383), 3), format);
        assert!(matches!(refused, Err(CropError::TooMuchMemory { .. })), "{refused:?}");
        assert!(peak < MIB, "{peak} bytes at the peak");
    }
    // A canvas of 64 MB: there is room for one copy of it, and not for a second.
    let source = frames_on((4000, 4000), 3);
    let (refused, peak) = whole(&source, None);
    assert_eq!(refused, Err(CropError::AnimationTooBig { frames: 2, limit: limits.max_decode_bytes }));
    assert!(peak < limit, "{peak} bytes at the peak");
    // Of its first frame a PNG, though it takes a while and is transparent but for a corner.
    let (first, peak) = whole(&frames_on((4000, 4000), 1), Some(Format::Png));
    assert_eq!(first, Ok(()));
    assert!(peak < limit, "{peak} bytes at the peak");
}

#[test]
fn an_ordinary_progressive_picture_of_many_pixels_is_cut() {
    let _turn = take_turn();
    let source = progressive_jpeg(12_000, 8500, 12);
    let cut = small_part(&source, &CropLimits::default()).expect("102 megapixels in 12 scans");
    assert_eq!(cut.source_size.area(), 102_000_000);
    let pixels = image::load_from_memory(&cut.bytes).expect("a picture").into_rgb8();
    assert_eq!((pixels.width(), pixels.height()), (cut.size.width(), cut.size.height()));
    assert!(pixels.pixels().all(|pixel| pixel.0 == [128; 3]), "it is grey");
}

#[test]
fn the_first_frame_of_an_animation_that_it_does_not_cover_is_given_out() {
    let source = frames_on((16, 16), 3);
    // Nothing says that it has holes: a JPEG, as a photograph becomes, in which they are white.
    let on_white = vec![Change::FirstFrameOnly, Change::OnWhite];
    let changed = Change::FormatChanged { from: Format::Jpeg, to: Format::Png };
    for (formats, format, changes) in [
        (vec![], Format::Jpeg, on_white.clone()),
        (vec![Format::Jpeg, Format::Png], Format::Jpeg, on_white),
        (vec![Format::Png], Format::Png, vec![changed, Change::FirstFrameOnly]),
    ] {
        let fit = cutline_crop::Fit { is_still: true, formats, ..cutline_crop::Fit::default() };
        let options = CropOptions { fit: Some(fit), ..CropOptions::default() };
        let cut = crop(&source, Region::WHOLE, &options, &CropLimits::default()).expect("its first frame");
        assert_eq!((cut.size.width(), cut.size.height(), cut.format), (16, 16, format));
        assert_eq!(cut.changes, changes, "{format}");
        let beside = image::load_from_memory(&cut.bytes).expect("a picture").into_rgba8().get_pixel(12, 12).0;
        let is_empty = if format == Format::Jpeg { beside == [255; 4] } else { beside[3] == 0 };
        assert!(is_empty, "{beside:?} beside the frame in a {format}");
    }
}

#[test]
fn texts_are_never_inflated() {
    let _turn = take_turn();
    let text = [&b"Comment\0\0"[..], &zeros(256)].concat();
    let source = with_chunks(&png(&coordinates(8, 8).into()), &vec![(b"zTXt", text); 4]);
    let (part, peak) = counted(|| small_part(&source, &CropLimits::default()));
    assert!(part.is_ok());
    assert!(peak < source.len() + MIB, "{peak} bytes");
}

#[test]
fn decoding_takes_the_memory_that_was_announced() {
    let _turn = take_turn();
    let picture = DynamicImage::from(smooth(1600, 1200));
    let holes = DynamicImage::from(with_alpha(1600, 1200));
    // Few colours, so that writing the GIF is quick.
    let flat = image::RgbaImage::from_fn(1600, 1200, |x, _| image::Rgba([x as u8 & 0xc0, 0, 0, 255]));
    let alpha = vec![0; 1 + 1600 * 1200];
    let sources = [
        ("baseline JPEG", jpeg(&picture, 90)),
        ("grey JPEG", jpeg(&picture.to_luma8().into(), 90)),
        ("progressive JPEG", progressive_jpeg(1600, 1200, 10)),
        ("RGB PNG", png(&picture)),
        ("16-bit RGBA PNG", black_png(1600, 1200, 16, 6)),
        ("1-bit PNG", black_png(1600, 1200, 1, 0)),
        ("GIF", gif(vec![(flat, 0, 0)])),
        ("lossless WebP", webp(&picture)),
        ("lossless WebP with alpha", webp(&holes)),
        ("lossy WebP", riff(&riff_chunk(b"VP8 ", &vp8(1600, 1200)))),
        ("TIFF in one strip", tiff((1600, 1200), 3, 8, 1200, &[zeros(6)])),
        ("TIFF in strips", tiff((1600, 1200), 4, 1, 100, &vec![vec![99; 1600 * 100 * 4]; 12])),
        (
            "lossy WebP with alpha",
            webp_file(0x10, 1600, 1200, &[(b"ALPH", alpha), (b"VP8 ", vp8(1600, 1200))]),
        ),
    ];
    for (name, source) in sources {
        let none = CropLimits { max_decode_bytes: 0, ..CropLimits::default() };
        // What a part takes may depend on the part: the cut says it, not the header.
        let Err(CropError::TooMuchMemory { needed, .. }) = small_part(&source, &none) else {
            panic!("{name}: no memory announced");
        };
        let exact = CropLimits { max_decode_bytes: needed, ..CropLimits::default() };
        let (part, peak) = counted(|| small_part(&source, &exact));
        part.expect(name);
        let needed = needed as usize;
        assert!(peak < needed + needed / 10 + MIB, "{name}: {peak} bytes at the peak, {needed} announced");
    }
}

#[test]
fn scaling_and_turning_take_the_picture_and_the_result_and_little_beside() {
    let _turn = take_turn();
    let whole = Size::new(2400, 1800).expect("not zero");
    let source = black_png(whole.width(), whole.height(), 16, 6);
    let bytes = |size: Size| size.area() as usize * 8;
    for (width, height, turn) in
        [(2399, 1799, Turn::Right), (2600, 1600, Turn::None), (900, 1750, Turn::Left)]
    {
        let size = Size::new(width, height).expect("not zero");
        let options = RenditionOptions {
            region: Region::WHOLE.to_pixels(whole),
            size,
            is_mirrored: false,
            turn,
            tone: Tone::Full,
            format: Format::Png,
            quality: 90,
        };
        let limits = CropLimits { max_decode_bytes: 34 * MIB as u64, ..CropLimits::default() };
        let (made, peak) = counted(|| rendition(&source, &options, &limits));
        made.expect("no more than may be");
        let needed = bytes(whole) + bytes(size) + 17 * MIB;
        assert!(peak < needed, "{size}: {peak} bytes at the peak");
        assert!(needed <= 2 * limits.max_decode_bytes as usize + 24 * MIB);
    }
}

/// As large as pictures may be: 49 megapixels with alpha, 44 of 16 bits, 33 of 16 bits with alpha.
#[test]
fn whatever_can_be_cut_can_be_scaled() {
    let _turn = take_turn();
    let limits = CropLimits::default();
    for (width, height, depth, colour) in [(7000, 7000, 8, 6), (6000, 7300, 16, 2), (5700, 5800, 16, 6)] {
        let source = black_png(width, height, depth, colour);
        let whole = Size::new(width, height).expect("not zero");
        let allowed = (2 * limits.max_decode_bytes) as usize + 24 * MIB;
        let fitted = |fit| {
            let options = CropOptions { fit: Some(fit), ..CropOptions::default() };
            let (part, peak) = counted(|| crop(&source, Region::WHOLE, &options, &limits));
            let part = part.expect("it fits");
            assert!(peak < allowed, "{whole} of {depth} bits to {}: {peak} bytes at the peak", part.size);
            part.size
        };
        // What Mastodon takes, and Telegram.
        let size = fitted(Fit { max_pixels: Some(33_177_600), ..Fit::default() });
        assert!(size.area() > 33_000_000, "{size}");
        let size = fitted(Fit { max_side: Some(5000), ..Fit::default() });
        assert_eq!(size.width().max(size.height()), 5000);
        // What IIIF promises: the largest of the area that is offered, and halves.
        for one_in in [1, 2, 4] {
            let options = RenditionOptions {
                region: Region::WHOLE.to_pixels(whole),
                size: Size::new(4900 / one_in, 4900 / one_in).expect("not zero"),
                is_mirrored: false,
                turn: Turn::None,
                tone: Tone::Full,
                format: if one_in == 1 { Format::Png } else { Format::Jpeg },
                quality: 90,
            };
            let (made, peak) = counted(|| rendition(&source, &options, &limits));
            assert_eq!(made.expect("it is offered").size, options.size);
            assert!(peak < allowed, "{whole} of {depth} bits to {}: {peak} bytes at the peak", options.size);
        }
    }
}

#[test]
fn a_deep_png_is_written_without_a_copy_of_its_pixels() {
    let _turn = take_turn();
    let source = black_png(1600, 1200, 16, 6);
    let pixels = 1600 * 1200 * 8;
    let (cut, peak) =
        counted(|| crop(&source, Region::WHOLE, &CropOptions::default(), &CropLimits::default()));
    cut.expect("a PNG");
    assert!(peak < pixels + pixels / 2, "{peak} bytes for {pixels}");
}

#[test]
fn a_tiff_in_one_strip_takes_a_row_and_the_part() {
    let _turn = take_turn();
    let packed = tiff((17_000, 16_000), 3, 8, 16_000, &[zeros(780)]);
    let plain = tiff((6_000, 2_000), 3, 1, 2_000, &[vec![7; 6_000 * 2_000 * 3]]);
    for (name, source) in [("packed", packed), ("not packed", plain)] {
        let (part, peak) = counted(|| small_part(&source, &CropLimits::default()));
        part.expect(name);
        assert!(peak < 4 * MIB, "{name}: {peak} bytes at the peak");
        // As it arrives, what is behind is let go.
        let arriving = cutline_crop::Source::arriving(&source[..]);
        let region = Region::new(0.4, 0.4, 0.01, 0.01).expect("inside");
        let (part, peak) =
            counted(|| crop(arriving, region, &CropOptions::default(), &CropLimits::default()));
        part.expect(name);
        assert!(peak < 4 * MIB, "{name}: {peak} bytes at the peak while it arrives");
        let error = thumbnail(&source, 400, &CropLimits::default());
        assert!(name == "not packed" || matches!(error, Err(CropError::TooMuchMemory { .. })), "{name}");
    }
}

#[test]
fn a_jpeg_xl_takes_little_more_than_its_decoder_counts() {
    let _turn = take_turn();
    for name in ["groups", "groups-lossless"] {
        let source = samples::kept::kept(name, "jxl");
        let limits =
            |mebibytes: u64| CropLimits { max_decode_bytes: mebibytes << 20, ..CropLimits::default() };
        let least = (1..64).find(|&mebibytes| small_part(&source, &limits(mebibytes)).is_ok());
        let least = least.expect("it is cut with 64 MiB");
        let (part, peak) = counted(|| small_part(&source, &limits(least)));
        part.expect("a sound file");
        assert!(
            peak < (least as usize + 1) * 2 * MIB,
            "{name}: {peak} bytes at the peak, {least} MiB allowed"
        );
        let (refused, peak) = counted(|| small_part(&source, &limits(least - 1)));
        assert!(matches!(refused, Err(CropError::TooMuchMemory { .. })), "{name}");
        assert!(peak < (least as usize + 1) * 2 * MIB, "{name}: {peak} bytes before it was refused");
    }
}

#[test]
fn no_mutation_of_a_picture_breaks_out() {
    const CASES: usize = 2_750;
    let _turn = take_turn();
    let picture = DynamicImage::from(smooth(48, 40));
    let holes = DynamicImage::from(with_alpha(48, 40));
    let mut segments = vec![exif_segment(6)];
    segments.extend(metadata_segments());
    segments.extend(profile_segments(&profile(b"RGB ", 400), 150));
    let alpha = vec![0; 1 + 48 * 40];
    let corpus = [
        with_segments(&jpeg(&picture, 80), &segments),
        progressive_jpeg(48, 40, 4),
        with_chunks(&png(&holes), &[(b"iCCP", iccp(&profile(b"RGB ", 400))), (b"eXIf", exif(5))]),
        palette_png(48, 40, [[1; 3], [2; 3], [3; 3], [4; 3]]),
        gif(vec![(holes.to_rgba8(), 0, 0), (picture.to_rgba8(), 0, 0)]),
        webp(&holes),
        riff(&riff_chunk(b"VP8 ", &vp8(48, 40))),
        webp_file(0x18, 48, 40, &[(b"ALPH", alpha), (b"VP8 ", vp8(48, 40)), (b"EXIF", exif(8))]),
        kept::kept("alpha", "avif"),
        kept::kept("lossy", "jxl"),
        kept::kept("alpha", "jxl"),
    ];
    let limits =
        CropLimits { max_whole_pixels: 4_000_000, max_decode_bytes: 32 << 20, ..CropLimits::default() };
    // xorshift64*: the same cases in every run, so that a failure can be looked at.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move |below: usize| {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % below
    };
    let (mut cut, mut refused) = (0, 0);
    for case in 0..CASES {
        let mut source = corpus[case % corpus.len()].clone();
        for _ in 0..=random(6) {
            // Half of the changes hit the header, where the decisions are.
            let reach = if random(2) == 0 { source.len().min(120) } else { source.len() };
            let at = random(reach);
            match random(5) {
                0 => source[at] ^= 1 << random(8),
                1 => source[at] = [0, 0xff, 0x7f, 0x80][random(4)],
                2 => drop(source.drain(at..(at + 1 + random(9)).min(source.len()))),
                3 => source.insert(at, random(256) as u8),
                _ => source[at] = random(256) as u8,
            }
            if source.is_empty() {
                break;
            }
        }
        let (result, peak) = counted(|| small_part(&source, &limits));
        assert!(peak < 48 * MIB, "case {case}: {peak} bytes, {result:?}");
        let (_, peak) = counted(|| thumbnail(&source, 20, &limits));
        assert!(peak < 64 * MIB, "case {case}: {peak} bytes for the thumbnail");
        if result.is_ok() { cut += 1 } else { refused += 1 }
    }
    assert!(
        cut > CASES / 20 && refused > CASES / 4,
        "{cut} cut, {refused} refused: the mutations are too weak or too strong"
    );
}
