//! Parts that fit: every limit kept or a reason given, after few encodes, with the least harm.

mod samples;

use cutline_crop::{AspectRange, Change, CropError, CropLimits, CropOptions, Cut, Fit, Format, Misfit, crop};
use cutline_model::{PixelRegion, Region, Size};
use image::{DynamicImage, RgbImage};
use proptest::prelude::*;
use samples::*;

const SIDE: u32 = 240;
/// Five, and two of the same pixels in fewer bytes.
const MOST_ENCODES: u32 = 7;

fn size(width: u32, height: u32) -> Size {
    Size::new(width, height).expect("test sizes are not zero")
}

fn fitted(source: &[u8], region: Region, fit: Fit) -> Result<Cut, CropError> {
    let options = CropOptions { fit: Some(fit), ..CropOptions::default() };
    crop(source, region, &options, &CropLimits::default())
}

/// Neither flat nor noise: what a photograph is to an encoder.
fn photograph() -> DynamicImage {
    RgbImage::from_fn(SIDE, SIDE, |x, y| {
        let grain = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503).wrapping_mul(x + 7)) >> 7 & 31;
        let wave = |period: u32| ((x * x / period + y * 3) % 400).min(220);
        image::Rgb([wave(40) + grain, wave(90) + grain, wave(150) + grain].map(|value| value.min(255) as u8))
    })
    .into()
}

fn decoded(cut: &Cut) -> DynamicImage {
    image::load_from_memory(&cut.bytes).expect("a sound file")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_part_keeps_every_limit_or_is_not_made(
        kind in 0..4, a in 0.0..1.0, b in 0.0..1.0, c in 0.05..1.0, d in 0.05..1.0, is_whole: bool,
        max_bytes in proptest::option::of(500_u64..60_000), max_pixels in proptest::option::of(1_u64..40_000),
        max_side in proptest::option::of(1_u32..200), aspect in proptest::option::of((0.3..1.5, 0.0..1.0)),
        formats in 0..4,
    ) {
        let source = match kind {
            0 => jpeg(&photograph(), 95),
            1 => png(&photograph()),
            2 => png(&with_alpha(SIDE, SIDE).into()),
            _ => jpeg(&smooth(SIDE, SIDE).into(), 90),
        };
        let formats = match formats {
            0 => vec![],
            1 => vec![Format::Jpeg],
            2 => vec![Format::Png],
            _ => vec![Format::Png, Format::Jpeg],
        };
        let aspect = aspect.map(|(low, more)| AspectRange::new(low, low + more).expect("a range"));
        let fit = Fit { formats, max_bytes, max_pixels, max_side, aspect, is_still: false };
        let region =
            if is_whole { Region::WHOLE } else { Region::new(a * (1.0 - c), b * (1.0 - d), c, d).expect("inside") };
        match fitted(&source, region, fit.clone()) {
            Ok(cut) => {
                prop_assert!(cut.stats.encodes <= MOST_ENCODES);
                prop_assert!(fit.max_bytes.is_none_or(|most| cut.bytes.len() as u64 <= most));
                prop_assert!(fit.max_pixels.is_none_or(|most| cut.size.area() <= most));
                prop_assert!(fit.max_side.is_none_or(|most| cut.size.width().max(cut.size.height()) <= most));
                prop_assert!(fit.formats.is_empty() || fit.formats.contains(&cut.format));
                if let Some(range) = fit.aspect {
                    prop_assert!(range.holds(cut.size), "{} in {range}", cut.size);
                }
                let picture = decoded(&cut);
                prop_assert_eq!(size(picture.width(), picture.height()), cut.size);
                // What is not as it was asked for is said.
                let said = |is: fn(&Change) -> bool| cut.changes.iter().any(is);
                prop_assert!(kind == 2 || !said(|change| *change == Change::OnWhite));
                let asked = region.to_pixels(size(SIDE, SIDE));
                prop_assert_eq!(said(|change| matches!(change, Change::Widened { .. })), cut.region != asked);
                prop_assert_eq!(said(|change| matches!(change, Change::Scaled { .. })), cut.region.size() != cut.size);
            }
            Err(CropError::CannotFit(Misfit::Bytes { smallest, limit })) => {
                prop_assert!(Some(limit) == max_bytes && smallest > limit);
                prop_assert!(limit < 2000, "{limit} bytes hold a picture");
            }
            Err(CropError::CannotFit(Misfit::Aspect { range, .. })) => prop_assert_eq!(Some(range), fit.aspect),
            Err(other) => prop_assert!(false, "{other}"),
        }
    }
}

#[test]
fn the_least_harmful_way_is_taken_first() {
    let source = jpeg(&photograph(), 97);
    let within = |max_bytes: usize| {
        let fit = Fit { max_bytes: Some(max_bytes as u64), ..Fit::default() };
        fitted(&source, Region::WHOLE, fit).expect("it fits")
    };
    let lossless = within(source.len() * 2);
    assert_eq!((lossless.stats.encodes, &lossless.changes[..]), (0, &[][..]));
    assert!(decoded(&lossless) == image::load_from_memory(&source).expect("a JPEG"));

    let at_90 = crop(
        &source,
        Region::WHOLE,
        &CropOptions { quality: Some(90), ..CropOptions::default() },
        &CropLimits::default(),
    )
    .expect("a JPEG");
    assert!(at_90.bytes.len() < lossless.bytes.len());
    let same = within(at_90.bytes.len());
    assert_eq!((&same.bytes, same.stats.encodes, &same.changes[..]), (&at_90.bytes, 1, &[][..]));

    let lower = within(at_90.bytes.len() * 7 / 10);
    let [Change::Recompressed { quality: 50..90 }] = lower.changes[..] else { panic!("{:?}", lower.changes) };
    assert_eq!(lower.size, size(SIDE, SIDE));

    let smaller = within(at_90.bytes.len() / 10);
    assert!(
        smaller.changes.iter().any(|change| matches!(change, Change::Scaled { .. })),
        "{:?}",
        smaller.changes
    );
    assert!(smaller.bytes.len() * 4 > at_90.bytes.len() / 10, "no smaller than it has to be");
}

#[test]
fn who_takes_jpeg_alone_gets_transparent_pixels_on_white_and_is_told() {
    let holes =
        image::RgbaImage::from_fn(40, 30, |x, _| image::Rgba([200, 30, 30, if x < 20 { 255 } else { 0 }]));
    let fit = Fit { formats: vec![Format::Jpeg], ..Fit::default() };
    let cut = fitted(&png(&holes.into()), Region::WHOLE, fit.clone()).expect("it fits");
    let changed = Change::FormatChanged { from: Format::Png, to: Format::Jpeg };
    assert_eq!(cut.changes, [changed, Change::OnWhite]);
    let picture = decoded(&cut).into_rgb8();
    assert!(picture.get_pixel(35, 15).0.iter().all(|&sample| sample > 250));
    let opaque = fitted(&png(&photograph()), Region::WHOLE, fit).expect("it fits");
    assert_eq!(opaque.changes, [changed]);
}

/// A photograph behind a soft oval, a slope and noise: alpha that takes a third of the bytes, or most.
#[test]
fn more_bytes_never_give_a_smaller_picture_of_what_has_alpha() {
    let photograph = photograph().into_rgb8();
    for kind in 0..3 {
        let picture = image::RgbaImage::from_fn(SIDE, SIDE, |x, y| {
            let image::Rgb([r, g, b]) = *photograph.get_pixel(x, y);
            let (dx, dy) = (x.abs_diff(SIDE / 2), y.abs_diff(SIDE / 2));
            let alpha = match kind {
                0 => 255_u32.saturating_sub((dx * dx + dy * dy) / 60),
                1 => x * 255 / SIDE,
                _ => (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503 * (x + 7))) >> 9 & 255,
            };
            image::Rgba([r, g, b, alpha as u8])
        });
        let source = png(&picture.into());
        let (mut before, mut fullness) = (0, Vec::new());
        for limit in (1..=24).map(|step| step * step * 120 + 1500) {
            let fit = Fit { max_bytes: Some(limit), ..Fit::default() };
            let cut = fitted(&source, Region::WHOLE, fit).expect("it fits");
            let area = cut.size.area();
            assert!(area >= before, "kind {kind}, {limit} bytes: {area} pixels after {before}");
            if area < u64::from(SIDE * SIDE) {
                fullness.push(cut.bytes.len() as f64 / limit as f64);
            }
            assert!(cut.stats.encodes <= MOST_ENCODES);
            before = area;
        }
        // Alpha may be twice as large a few pixels further, and a step further again not.
        let mean = fullness.iter().sum::<f64>() / fullness.len() as f64;
        assert!(mean > 0.85, "kind {kind}: {mean:.2} of what is taken, {fullness:.2?}");
    }
}

#[test]
fn a_png_that_is_too_large_becomes_a_jpeg_before_it_loses_pixels() {
    let source = png(&photograph());
    let max_bytes = Some(source.len() as u64 * 6 / 10);
    let fit = Fit { max_bytes, formats: vec![Format::Png, Format::Jpeg], ..Fit::default() };
    let cut = fitted(&source, Region::WHOLE, fit.clone()).expect("it fits");
    let to_jpeg = Change::FormatChanged { from: Format::Png, to: Format::Jpeg };
    assert_eq!(cut.changes, [to_jpeg, Change::Recompressed { quality: 90 }], "and what was lost is said");
    let only_png = Fit { formats: vec![Format::Png], ..fit };
    let cut = fitted(&source, Region::WHOLE, only_png).expect("it fits");
    assert_eq!(cut.format, Format::Png);
    assert!(matches!(cut.changes[..], [Change::Scaled { .. }]));
}

#[test]
fn the_same_pixels_in_fewer_bytes_come_before_any_loss() {
    let source = png(&photograph());
    let max_bytes = Some(source.len() as u64 * 8 / 10);
    let cut = fitted(&source, Region::WHOLE, Fit { max_bytes, ..Fit::default() }).expect("it fits");
    assert_eq!(cut.changes, [Change::FormatChanged { from: Format::Png, to: Format::WebP }]);
    assert!(decoded(&cut) == photograph(), "nothing is lost");
}

#[test]
fn few_colours_stay_few_and_need_no_other_format() {
    // A drawing: 16 colours, noise in rows.
    let colour =
        |number: u32| image::Rgb([(number * 16) as u8, (number * 7) as u8, (255 - number * 11) as u8]);
    let drawing = image::RgbImage::from_fn(SIDE, SIDE, |x, y| colour((x * 7 + y * y * 3) / 9 % 16));
    let palette = fitted(&png(&drawing.clone().into()), Region::WHOLE, Fit::default()).expect("cut");
    assert!(palette.bytes.len() < png(&drawing.clone().into()).len(), "not larger than with all colours");
    let max_bytes = Some(palette.bytes.len() as u64 * 11 / 10);
    let cut = fitted(&palette.bytes, Region::WHOLE, Fit { max_bytes, ..Fit::default() }).expect("it fits");
    assert_eq!((cut.format, &cut.changes[..]), (Format::Png, &[][..]));
    assert!(decoded(&cut).into_rgb8() == drawing);
}

#[test]
fn a_png_that_cannot_be_a_jpeg_becomes_a_webp_before_it_loses_pixels() {
    let no_jpeg = vec![Format::Png, Format::WebP];
    let mut holes = photograph().into_rgba8();
    for (x, y, pixel) in holes.enumerate_pixels_mut() {
        pixel.0[3] = if (x / 40 + y / 40) % 2 == 0 { 255 } else { 90 };
    }
    for (name, source, formats) in [
        ("opaque", png(&photograph()), no_jpeg.clone()),
        ("with alpha", png(&holes.into()), vec![]),
        ("moving", apng_of(&moving_photograph()), vec![]),
    ] {
        let max_bytes = Some(source.len() as u64 / 2);
        let cut = fitted(&source, Region::WHOLE, Fit { max_bytes, formats, ..Fit::default() }).expect(name);
        assert_eq!((cut.format, cut.size), (Format::WebP, size(SIDE, SIDE)), "{name}");
        assert_eq!(cut.changes[0], Change::FormatChanged { from: Format::Png, to: Format::WebP }, "{name}");
        if name == "moving" {
            assert_eq!(frames(&cut).len(), 6);
        }
    }
    // Longer than a WebP can be: then pixels go.
    let strip =
        |x: u32, y: u32| image::Rgb([x, y, x / 7].map(|seed| (seed.wrapping_mul(2_654_435_761) >> 11) as u8));
    let long = png(&RgbImage::from_fn(16_500, 8, strip).into());
    let max_bytes = Some(long.len() as u64 / 2);
    let cut =
        fitted(&long, Region::WHOLE, Fit { max_bytes, formats: no_jpeg, ..Fit::default() }).expect("it fits");
    assert_eq!(cut.format, Format::Png);
}

/// The frames of a GIF as an APNG.
fn apng_of(gif: &[u8]) -> Vec<u8> {
    let options = CropOptions { format: Some(Format::Png), ..CropOptions::default() };
    crop(gif, Region::WHOLE, &options, &CropLimits::default()).expect("an APNG").bytes
}

#[test]
fn whoever_names_a_quality_gets_it_of_a_webp_too() {
    let source = png(&photograph());
    let bytes = |quality| {
        let options = CropOptions { format: Some(Format::WebP), quality, ..CropOptions::default() };
        crop(&source, Region::WHOLE, &options, &CropLimits::default()).expect("a WebP").bytes.len()
    };
    assert!(bytes(Some(30)) < bytes(Some(90)) && bytes(Some(90)) < bytes(None));
}

#[test]
fn a_format_that_is_not_taken_gives_way_unless_it_was_asked_for() {
    let source = png(&photograph());
    let fit = Fit { formats: vec![Format::Jpeg], ..Fit::default() };
    let cut = fitted(&source, Region::WHOLE, fit.clone()).expect("it fits");
    assert_eq!(cut.changes, [Change::FormatChanged { from: Format::Png, to: Format::Jpeg }]);
    let options = CropOptions { format: Some(Format::Png), fit: Some(fit), ..CropOptions::default() };
    let formats = vec![Format::Jpeg];
    let refused = crop(&source, Region::WHOLE, &options, &CropLimits::default());
    assert_eq!(refused, Err(CropError::CannotFit(Misfit::Asked { asked: Format::Png, formats })));
    // Who asks for a JPEG of it can ask for something else.
    let holes = png(&with_alpha(40, 30).into());
    let options = CropOptions { format: Some(Format::Jpeg), ..CropOptions::default() };
    assert_eq!(crop(&holes, Region::WHOLE, &options, &CropLimits::default()), Err(CropError::NoAlphaInJpeg));
}

#[test]
fn a_region_is_widened_about_its_middle_to_a_shape_that_is_taken() {
    let source = png(&coordinates(200, 100).into());
    let aspect = AspectRange::parse("1:1..2:1").ok();
    let fit = |aspect| Fit { aspect, ..Fit::default() };
    let region = Region::new(0.45, 0.2, 0.1, 0.6).expect("inside");
    let cut = fitted(&source, region, fit(aspect)).expect("there is room");
    let (from, to) =
        (region.to_pixels(size(200, 100)), PixelRegion { left: 70, top: 20, width: 60, height: 60 });
    assert_eq!((cut.region, cut.changes.as_slice()), (to, &[Change::Widened { from, to }][..]));
    assert_eq!(decoded(&cut).into_rgb8().get_pixel(0, 0).0[..2], [70, 20]);

    let range = AspectRange::parse("3:1..4:1").expect("a range");
    let refused = fitted(&source, Region::WHOLE, fit(Some(range))).expect_err("the picture is 2:1");
    assert_eq!(refused, CropError::CannotFit(Misfit::Aspect { size: size(200, 100), range }));
    assert!(refused.to_string().contains("3:1 to 4:1"), "{refused}");
}

#[test]
fn a_lossless_part_fits_as_it_is_or_not_at_all() {
    let source = jpeg(&photograph(), 90);
    let lossless = |fit| {
        let options = CropOptions { is_lossless: true, fit: Some(fit), ..CropOptions::default() };
        crop(&source, Region::WHOLE, &options, &CropLimits::default())
    };
    assert!(lossless(Fit { max_side: Some(SIDE), ..Fit::default() }).is_ok());
    let refused = lossless(Fit { max_side: Some(SIDE - 1), ..Fit::default() });
    assert_eq!(refused, Err(CropError::CannotFit(Misfit::Lossless { size: size(SIDE, SIDE) })));
    let refused = lossless(Fit { max_bytes: Some(100), ..Fit::default() });
    assert!(matches!(refused, Err(CropError::CannotFit(Misfit::Bytes { limit: 100, .. }))));
}

#[test]
fn limits_of_nothing_are_refused() {
    let source = png(&photograph());
    for fit in [
        Fit { max_bytes: Some(0), ..Fit::default() },
        Fit { max_pixels: Some(0), ..Fit::default() },
        Fit { max_side: Some(0), ..Fit::default() },
    ] {
        assert_eq!(fitted(&source, Region::WHOLE, fit), Err(CropError::CannotFit(Misfit::Nothing)));
    }
}

/// Six frames of the photograph, a tenth of a second each, in which a stripe walks.
fn moving_photograph() -> Vec<u8> {
    let frame = |index: u32| {
        let mut frame = photograph().to_rgba8();
        for (x, _, pixel) in frame.enumerate_pixels_mut() {
            if x / 40 == index {
                *pixel = image::Rgba([250, 20, 20, 255]);
            }
        }
        (frame, 0, 0)
    };
    gif((0..6).map(frame).collect())
}

/// The frames of an animated WebP or PNG, with their times in milliseconds.
fn frames(cut: &Cut) -> Vec<(image::RgbaImage, u32)> {
    use image::AnimationDecoder;
    let bytes = std::io::Cursor::new(&cut.bytes[..]);
    let frames = match cut.format {
        Format::WebP => image::codecs::webp::WebPDecoder::new(bytes).expect("a WebP").into_frames(),
        _ => image::codecs::png::PngDecoder::new(bytes).expect("a PNG").apng().expect("moving").into_frames(),
    };
    let frames = frames.collect_frames().expect("sound frames");
    let time = |frame: &image::Frame| frame.delay().numer_denom_ms().0 / frame.delay().numer_denom_ms().1;
    frames.into_iter().map(|frame| (frame.buffer().clone(), time(&frame))).collect()
}

#[test]
fn a_moving_gif_that_fits_stays_as_it_is() {
    let cut = fitted(&moving_photograph(), Region::WHOLE, Fit { max_side: Some(SIDE), ..Fit::default() });
    let cut = cut.expect("it fits");
    assert_eq!((cut.format, cut.size, &cut.changes[..]), (Format::Gif, size(SIDE, SIDE), &[][..]));
}

#[test]
fn a_moving_gif_that_does_not_fit_goes_on_moving_as_another_format() {
    let source = moving_photograph();
    let few = fitted(&source, Region::WHOLE, Fit::default()).expect("cut").bytes.len() as u64 / 4;
    let scaled = Change::Scaled { from: size(SIDE, SIDE), to: size(60, 60) };
    for (fit, format) in [
        (Fit { max_side: Some(60), ..Fit::default() }, Format::WebP),
        (Fit { max_side: Some(60), formats: vec![Format::Gif, Format::Png], ..Fit::default() }, Format::Png),
        (Fit { max_bytes: Some(few), ..Fit::default() }, Format::WebP),
    ] {
        let cut = fitted(&source, Region::WHOLE, fit.clone()).expect("it can be made to fit");
        assert_eq!(cut.format, format, "{fit:?}");
        assert_eq!(cut.changes.first(), Some(&Change::FormatChanged { from: Format::Gif, to: format }));
        assert_eq!(cut.changes.contains(&scaled), fit.max_side.is_some(), "{:?}", cut.changes);
        assert!(fit.max_bytes.is_none_or(|most| cut.bytes.len() as u64 <= most));
        let frames = frames(&cut);
        assert_eq!(frames.len(), 6);
        for (index, (frame, time)) in frames.iter().enumerate() {
            assert_eq!(*time, 100);
            assert_eq!(size(frame.width(), frame.height()), cut.size);
            let stripe = frame.get_pixel((index as u32 * 40 + 20) * cut.size.width() / SIDE, 30);
            assert!(stripe.0[0] > 200 && stripe.0[1] < 90, "{stripe:?} in frame {index}, {fit:?}");
        }
    }
}

/// So many frames of so many pixels a side, each of one colour.
fn moving(frames: u32, side: u32) -> Vec<u8> {
    let frame =
        |index: u32| (image::RgbaImage::from_pixel(side, side, image::Rgba([index as u8, 9, 9, 255])), 0, 0);
    gif((0..frames).map(frame).collect())
}

#[test]
fn what_moves_for_long_is_made_smaller_before_it_takes_longer_than_anybody_waits() {
    let source = moving(400, 220);
    // Whether nothing else is taken, or its own format too, in which it does not fit.
    for formats in [vec![Format::WebP], vec![Format::Jpeg, Format::Png, Format::WebP, Format::Gif]] {
        let tried = fitted(
            &source,
            Region::WHOLE,
            Fit { formats: formats.clone(), max_bytes: Some(60_000), ..Fit::default() },
        );
        let tried = tried.expect("it can be made to fit");
        assert_eq!((tried.format, tried.size), (Format::WebP, size(220, 220)), "it is short enough as it is");
        assert_eq!(tried.stats.encodes, 1);
        let least = tried.bytes.len() as u64;
        let cut =
            fitted(&source, Region::WHOLE, Fit { formats, max_bytes: Some(least - 1), ..Fit::default() });
        let cut = cut.expect("it can be made to fit");
        assert!(400 * cut.size.area() <= 12 << 20, "{}", cut.size);
    }
}

#[test]
fn a_moving_gif_that_does_not_fit_is_written_with_loss_where_that_without_takes_longer_than_anybody_waits() {
    let fit = Fit { max_bytes: Some(20_000), formats: vec![Format::Gif, Format::WebP], ..Fit::default() };
    let few = fitted(&moving(20, 220), Region::WHOLE, fit.clone()).expect("it fits");
    let many = fitted(&moving(100, 220), Region::WHOLE, fit).expect("it can be made to fit");
    let is_lossy = |cut: &Cut| cut.bytes.windows(4).any(|chunk| chunk == b"VP8 ");
    assert!(!is_lossy(&few) && is_lossy(&many), "{:?}, {:?}", few.changes, many.changes);
    // And a still of as many pixels.
    let still = png(&photograph().resize_exact(2400, 1800, image::imageops::FilterType::Nearest));
    let fit = Fit { max_bytes: None, formats: vec![Format::WebP], ..Fit::default() };
    assert!(is_lossy(&fitted(&still, Region::WHOLE, fit).expect("it fits")));
}

#[test]
fn what_moves_in_a_png_for_long_is_made_smaller_only_where_it_is_too_large_as_it_is() {
    let source = moving(400, 220);
    let as_png = |max_bytes| {
        let fit = Fit { max_bytes, formats: vec![Format::Png], ..Fit::default() };
        fitted(&source, Region::WHOLE, fit).expect("it can be made to fit")
    };
    let whole = as_png(None).bytes.len() as u64;
    let (fits, shrunk) = (as_png(Some(whole)), as_png(Some(whole - 1)));
    assert_eq!((fits.format, fits.size, fits.stats.encodes), (Format::Png, size(220, 220), 1));
    assert!(400 * shrunk.size.area() <= 12 << 20, "{}", shrunk.size);
    // With loss it is short enough as it is.
    let fit = Fit { max_bytes: Some(200_000), formats: vec![Format::Png, Format::WebP], ..Fit::default() };
    assert!(fits.bytes.len() > 200_000, "{}", fits.bytes.len());
    let lossy = fitted(&fits.bytes, Region::WHOLE, fit).expect("it can be made to fit");
    assert_eq!((lossy.format, lossy.size), (Format::WebP, size(220, 220)));
}

#[test]
fn what_moves_without_loss_keeps_its_pixels_where_nobody_limits_its_bytes() {
    // More pixels than are written without loss where a file must be small.
    let as_webp = CropOptions { format: Some(Format::WebP), ..CropOptions::default() };
    let cut = |source: &[u8], options: &CropOptions| {
        crop(source, Region::WHOLE, options, &CropLimits::default()).expect("cut")
    };
    let source = cut(&moving(25, 420), &as_webp);
    let again = cut(&source.bytes, &CropOptions::default());
    assert_eq!((again.format, &again.changes[..]), (Format::WebP, &[][..]));
    assert!(frames(&again) == frames(&source), "other pixels");
    // For more than this nobody waits, and it is said.
    let cut_lossy = cut(&moving(72, 420), &as_webp);
    assert!(matches!(cut_lossy.changes[..], [Change::Recompressed { .. }]), "{:?}", cut_lossy.changes);
    let limited = CropOptions { fit: Some(Fit { max_bytes: Some(1 << 20), ..Fit::default() }), ..as_webp };
    let limited = cut(&moving(25, 420), &limited);
    assert!(
        matches!(
            limited.changes[..],
            [Change::FormatChanged { .. }, Change::Recompressed { .. }] | [Change::Recompressed { .. }]
        ),
        "{:?}",
        limited.changes
    );
}

#[test]
fn a_gif_that_was_asked_for_fits_as_it_is_or_not_at_all() {
    let fit = Some(Fit { max_side: Some(60), ..Fit::default() });
    for options in [
        CropOptions { format: Some(Format::Gif), fit: fit.clone(), ..CropOptions::default() },
        CropOptions { is_lossless: true, fit, ..CropOptions::default() },
    ] {
        let refused = crop(&moving_photograph(), Region::WHOLE, &options, &CropLimits::default());
        assert!(matches!(refused, Err(CropError::CannotFit(Misfit::Lossless { .. }))), "{refused:?}");
    }
}

#[test]
fn where_only_stills_are_taken_the_first_frame_is_and_it_is_said() {
    let still = Fit { is_still: true, ..Fit::default() };
    let formats = vec![Format::Jpeg, Format::Png, Format::WebP];
    for (fit, format) in [
        (Fit { formats: vec![Format::Jpeg], ..Fit::default() }, Format::Jpeg),
        (Fit { formats: formats.clone(), ..still.clone() }, Format::Png),
        (Fit { formats, max_bytes: Some(30_000), ..still.clone() }, Format::WebP),
        (Fit { formats: vec![Format::Gif], ..still.clone() }, Format::Gif),
        (still, Format::Png),
    ] {
        let cut = fitted(&moving_photograph(), Region::WHOLE, fit.clone()).expect("a still");
        assert_eq!(cut.format, format, "{fit:?}");
        assert!(cut.changes.contains(&Change::FirstFrameOnly), "{:?}", cut.changes);
    }
}

#[test]
fn the_first_frame_of_what_moves_is_the_one_that_is_shown_first() {
    let moving = moving_photograph();
    let made = |formats: Vec<Format>| {
        let fit = Fit { max_side: Some(120), formats, ..Fit::default() };
        fitted(&moving, Region::WHOLE, fit).expect("it moves").bytes
    };
    let still = |formats| Fit { is_still: true, formats, ..Fit::default() };
    for source in [made(vec![Format::WebP]), made(vec![Format::Gif, Format::Png]), moving.clone()] {
        for formats in [vec![Format::Jpeg], vec![Format::Jpeg, Format::Png, Format::WebP]] {
            let cut = fitted(&source, Region::WHOLE, still(formats)).expect("a still");
            assert!(cut.changes.contains(&Change::FirstFrameOnly), "{:?}", cut.changes);
            let shown = image::load_from_memory(&cut.bytes).expect("a picture").into_rgb8();
            // In the second frame the stripe is beside this.
            let [red, green, _] = shown.get_pixel(shown.width() / 12, 30).0;
            assert!(red > 200 && green < 90, "{red}, {green} of {}", cut.format);
        }
    }
}

#[test]
fn a_webp_without_loss_loses_detail_before_pixels() {
    let options = |max_bytes| CropOptions {
        format: Some(Format::WebP),
        fit: Some(Fit { max_bytes, ..Fit::default() }),
        ..CropOptions::default()
    };
    let source = png(&photograph());
    let made = |max_bytes| {
        crop(&source, Region::WHOLE, &options(max_bytes), &CropLimits::default()).expect("it fits")
    };
    let whole = made(None);
    let half = made(Some(whole.bytes.len() as u64 / 2));
    assert_eq!(half.size, whole.size);
    assert!(matches!(half.changes[..], [Change::Recompressed { quality: 50..=90 }]), "{:?}", half.changes);
}
