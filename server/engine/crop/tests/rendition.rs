//! Renditions through the public door: every region, size, mirror and turn against the `image` crate's own operations.

mod samples;

use cutline_crop::{CropError, CropLimits, Cut, Format, RenditionOptions, Tone, Turn, crop, rendition};
use cutline_model::{PixelRegion, Region, Size};
use image::imageops::{self, FilterType};
use image::{ColorType, DynamicImage, ImageFormat, RgbImage};
use samples::*;

const TURNS: [Turn; 4] = [Turn::None, Turn::Right, Turn::Around, Turn::Left];

fn size(width: u32, height: u32) -> Size {
    Size::new(width, height).expect("test sizes are not zero")
}

fn region(left: u32, top: u32, width: u32, height: u32) -> PixelRegion {
    PixelRegion { left, top, width, height }
}

#[test]
fn a_webp_that_takes_too_long_without_loss_has_the_quality_that_was_asked_for() {
    let source = png(&DynamicImage::from(smooth(2200, 2000)));
    for (side, kind) in [(2000, b"VP8L"), (2200, b"VP8 ")] {
        let options =
            RenditionOptions { format: Format::WebP, quality: 60, ..plain(region(0, 0, side, 2000)) };
        let cut = rendition(&source, &options, &CropLimits::default()).expect("a sound picture");
        assert!(cut.bytes.windows(4).any(|chunk| chunk == kind), "{side} wide");
    }
}

/// The region as it is, as PNG.
fn plain(region: PixelRegion) -> RenditionOptions {
    RenditionOptions {
        region,
        size: region.size(),
        is_mirrored: false,
        turn: Turn::None,
        tone: Tone::Full,
        format: Format::Png,
        quality: 90,
    }
}

fn rendered(source: &[u8], options: &RenditionOptions) -> (Cut, DynamicImage) {
    let cut = rendition(source, options, &CropLimits::default()).expect("a sound picture");
    let format = if cut.format == Format::Jpeg { ImageFormat::Jpeg } else { ImageFormat::Png };
    let picture = image::load_from_memory_with_format(&cut.bytes, format).expect("a sound file");
    assert_eq!(size(picture.width(), picture.height()), cut.size, "{options:?}");
    assert_eq!(cut.format, options.format);
    (cut, picture)
}

/// What is asked for, made of the whole upright picture by the `image` crate: cut, scale, mirror, turn.
fn by_hand(whole: &RgbImage, options: &RenditionOptions) -> RgbImage {
    let PixelRegion { left, top, width, height } = options.region;
    let mut picture = imageops::crop_imm(whole, left, top, width, height).to_image();
    if (width, height) != (options.size.width(), options.size.height()) {
        let (width, height) = (options.size.width(), options.size.height());
        picture = imageops::resize(&picture, width, height, FilterType::Lanczos3);
    }
    if options.is_mirrored {
        picture = imageops::flip_horizontal(&picture);
    }
    match options.turn {
        Turn::None => picture,
        Turn::Right => imageops::rotate90(&picture),
        Turn::Around => imageops::rotate180(&picture),
        Turn::Left => imageops::rotate270(&picture),
    }
}

/// The largest difference of any channel of any pixel.
fn difference(a: &RgbImage, b: &RgbImage) -> u8 {
    assert_eq!(a.dimensions(), b.dimensions());
    a.iter().zip(b.iter()).map(|(a, b)| a.abs_diff(*b)).max().expect("a picture has pixels")
}

#[test]
fn every_region_size_mirror_and_turn_is_what_the_image_crate_makes_of_it() {
    let whole = smooth(61, 43);
    let source = png(&whole.clone().into());
    for part in [region(0, 0, 61, 43), region(9, 0, 43, 43), region(7, 5, 30, 20), region(60, 42, 1, 1)] {
        let (width, height) = (part.width, part.height);
        for scaled in [
            (width, height),
            (width.div_ceil(2), height.div_ceil(2)),
            (width.div_ceil(3), height),
            (width * 2, height * 2),
            (5, 50),
        ] {
            for (turn, is_mirrored) in TURNS.into_iter().flat_map(|turn| [(turn, false), (turn, true)]) {
                let options =
                    RenditionOptions { size: size(scaled.0, scaled.1), turn, is_mirrored, ..plain(part) };
                let (cut, picture) = rendered(&source, &options);
                assert_eq!((cut.region, cut.source_size), (part, size(61, 43)));
                let worst = difference(&picture.into_rgb8(), &by_hand(&whole, &options));
                // Scaled by other arithmetic: fixed point there, floating point here.
                let allowed = if options.size == part.size() { 0 } else { 2 };
                assert!(worst <= allowed, "{options:?}: off by {worst}");
            }
        }
    }
}

#[test]
fn a_picture_that_is_stored_turned_is_turned_from_how_it_is_displayed() {
    for exif in 1..=8 {
        let file = with_segments(
            &turbo(&smooth(64, 48).into(), 95, turbojpeg::Subsamp::None),
            &[exif_segment(exif)],
        );
        let (_, whole) =
            rendered(&file, &plain(if exif < 5 { region(0, 0, 64, 48) } else { region(0, 0, 48, 64) }));
        for (turn, is_mirrored) in TURNS.into_iter().flat_map(|turn| [(turn, false), (turn, true)]) {
            let options = RenditionOptions { turn, is_mirrored, ..plain(region(8, 16, 32, 24)) };
            let (_, part) = rendered(&file, &options);
            assert_eq!(part.into_rgb8(), by_hand(&whole.to_rgb8(), &options), "{exif} {options:?}");
            let half = RenditionOptions { size: size(16, 12), ..options };
            let worst = difference(&rendered(&file, &half).1.into_rgb8(), &by_hand(&whole.to_rgb8(), &half));
            assert!(worst <= 2, "{exif} {half:?}: off by {worst}");
        }
    }
}

#[test]
fn an_untouched_rendition_is_the_cut() {
    let file = turbo(&smooth(160, 120).into(), 90, turbojpeg::Subsamp::Sub2x2);
    let options = RenditionOptions { format: Format::Jpeg, ..plain(region(40, 30, 80, 60)) };
    let quarter = Region::new(0.25, 0.25, 0.5, 0.5).expect("inside");
    let cut = crop(&file[..], quarter, &cutline_crop::CropOptions::default(), &CropLimits::default());
    assert_eq!(rendered(&file, &options).0.bytes, cut.expect("a sound picture").bytes);
}

#[test]
fn transparent_pixels_stay_in_png_and_become_white_in_jpeg() {
    let file = png(&with_alpha(30, 20).into());
    let whole = plain(region(0, 0, 30, 20));
    assert_eq!(rendered(&file, &whole).1, with_alpha(30, 20).into());
    let (_, flat) = rendered(&file, &RenditionOptions { format: Format::Jpeg, quality: 100, ..whole });
    assert_eq!(flat.color(), ColorType::Rgb8);
    let flat = flat.into_rgb8();
    for (x, y, pixel) in with_alpha(30, 20).enumerate_pixels() {
        let shown = flat.get_pixel(x, y).0;
        if pixel.0[3] == 0 {
            assert!(shown.iter().all(|&channel| channel > 230), "{x},{y}: {shown:?}");
        } else {
            assert!(shown[0] < 80 && shown[1] < 80, "{x},{y}: {shown:?}");
        }
    }
}

#[test]
fn grey_and_bitonal_have_no_colour_and_say_nothing_of_colours() {
    let picture = DynamicImage::from(smooth(40, 30));
    let plain_file = png(&picture);
    let with_gamma = with_chunks(&plain_file, &[(b"gAMA", 45_455_u32.to_be_bytes().to_vec())]);
    for (file, format, allowed) in [
        (&plain_file, Format::Png, 0),
        (&plain_file, Format::Jpeg, 4),
        // Dark shades of gamma 2.2 are a little lighter in sRGB.
        (&with_gamma, Format::Png, 10),
    ] {
        let grey = RenditionOptions { tone: Tone::Grey, format, ..plain(region(0, 0, 40, 30)) };
        let (cut, shades) = rendered(file, &grey);
        assert_eq!(shades.color(), ColorType::L8);
        let has = |name: &[u8]| cut.bytes.windows(name.len()).any(|part| part == name);
        assert!(!has(b"gAMA") && !has(b"iCCP") && !has(b"ICC_PROFILE"));
        let shades = shades.into_luma8();
        let worst = shades.iter().zip(picture.to_luma8().iter()).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(worst <= Some(allowed), "{format}: off by {worst:?}");
    }
    let bitonal = RenditionOptions { tone: Tone::Bitonal, ..plain(region(0, 0, 40, 30)) };
    let pixels = rendered(&plain_file, &bitonal).1.into_luma8();
    for (pixel, original) in pixels.pixels().zip(picture.to_luma8().pixels()) {
        assert_eq!(pixel.0[0], if original.0[0] < 128 { 0 } else { 255 });
    }
}

#[test]
fn sixteen_bits_stay_in_png_and_become_eight_elsewhere() {
    let deep = DynamicImage::from(DynamicImage::from(smooth(20, 20)).into_rgb16());
    let whole = plain(region(0, 0, 20, 20));
    assert_eq!(rendered(&png(&deep), &whole).1.color(), ColorType::Rgb16);
    let half = RenditionOptions { size: size(10, 10), ..whole };
    assert_eq!(rendered(&png(&deep), &half).1.color(), ColorType::Rgb16);
    let (_, jpeg) = rendered(&png(&deep), &RenditionOptions { format: Format::Jpeg, ..half });
    assert_eq!(jpeg.color(), ColorType::Rgb8);
}

#[test]
fn what_is_not_inside_the_picture_is_refused() {
    let file = png(&coordinates(30, 20).into());
    for part in [
        region(30, 0, 1, 1),
        region(0, 20, 1, 1),
        region(0, 0, 31, 20),
        region(1, 1, 30, 19),
        region(u32::MAX, 0, u32::MAX, 1),
        region(0, 0, 0, 20),
        region(0, 0, 30, 0),
    ] {
        let options = RenditionOptions { size: size(1, 1), region: part, ..plain(region(0, 0, 1, 1)) };
        let refused = rendition(&file, &options, &CropLimits::default()).map(|_| ());
        assert_eq!(refused, Err(CropError::RegionOutside { size: size(30, 20) }), "{part:?}");
    }
}

#[test]
fn what_would_take_too_much_memory_or_has_no_quality_is_refused() {
    let file = png(&coordinates(30, 20).into());
    let limits = CropLimits { max_decode_bytes: 400_000, ..CropLimits::default() };
    let options =
        |width, quality| RenditionOptions { size: size(width, 100), quality, ..plain(region(0, 0, 30, 20)) };
    assert!(rendition(&file, &options(1333, 90), &limits).is_ok());
    let refused =
        rendition(&file, &options(1334, 90), &limits).expect_err("3 bytes for each of 133,400 pixels");
    assert_eq!(refused, CropError::ResultTooLarge { size: size(1334, 100), needed: 400_200, limit: 400_000 });
    for quality in [0, 101] {
        let refused = rendition(&file, &options(30, quality), &limits).expect_err("no such quality");
        assert_eq!(refused, CropError::BadQuality { quality });
    }
}
