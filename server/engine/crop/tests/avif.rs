//! AVIF: each kind as libavif decodes it, every part of it as the whole, turned and cut as the file says.

mod samples;

use cutline_crop::{CropError, CropLimits, CropOptions, Format, crop, measure};
use cutline_model::{PixelRegion, Region};
use image::DynamicImage;
use proptest::prelude::*;
use samples::kept::*;

/// The kinds, by what each file is called.
const KINDS: [&str; 15] = [
    "y400",
    "y420",
    "y422",
    "y444",
    "d10",
    "d12",
    "alpha",
    "alpha10",
    "premultiplied",
    "limited",
    "bt709",
    "bt2020",
    "lossless",
    "pq",
    "grid",
];

fn file(name: &str) -> Vec<u8> {
    kept(name, "avif")
}

#[test]
fn every_kind_has_the_pixels_that_libavif_gives() {
    for name in KINDS {
        let (avif, theirs) = (file(name), by_another(name, "avif"));
        let part = cut_png(&avif, Region::WHOLE).expect(name);
        let off = difference(&decoded(&part), &theirs);
        // Of 8 bits three levels where colours are blended or divided, since libavif rounds on the way; else two.
        let is_blended = ["y420", "y422", "limited", "premultiplied"].contains(&name);
        let is_deep = theirs.color().bytes_per_pixel() / theirs.color().channel_count() == 2;
        let allowed = match (is_deep, is_blended) {
            (true, _) => 1,
            (false, true) => 3 * 257,
            (false, false) => 2 * 257,
        };
        assert!(off <= allowed, "{name} is {off} off");
        assert_eq!(part.source_size, size(theirs.width(), theirs.height()), "{name}");
    }
}

#[test]
fn a_picture_is_turned_and_mirrored_as_its_file_says() {
    use image::imageops::{flip_horizontal, flip_vertical, rotate90, rotate180, rotate270};
    let plain = decoded(&cut_png(&file("y444"), Region::WHOLE).expect("a sound file"));
    for (name, expected) in [
        ("irot1", DynamicImage::from(rotate270(&plain))),
        ("irot2", rotate180(&plain).into()),
        ("irot3", rotate90(&plain).into()),
        ("imir0", flip_vertical(&plain).into()),
        ("imir1", flip_horizontal(&plain).into()),
        ("irot1imir0", flip_vertical(&rotate270(&plain)).into()),
        ("irot1imir1", flip_horizontal(&rotate270(&plain)).into()),
    ] {
        let part = cut_png(&file(name), Region::WHOLE).expect(name);
        assert_eq!(part.source_size, size(expected.width(), expected.height()), "{name}");
        assert_eq!(difference(&decoded(&part), &expected.to_rgba8().into()), 0, "{name}");
    }
}

#[test]
fn an_aperture_is_obeyed_as_in_browsers_where_it_begins_with_the_picture() {
    let plain = decoded(&cut_png(&file("y444"), Region::WHOLE).expect("a sound file"));
    let part = cut_png(&file("clap-origin"), Region::WHOLE).expect("a sound file");
    assert_eq!(part.source_size, size(40, 30));
    assert_eq!(difference(&decoded(&part), &plain.crop_imm(0, 0, 40, 30)), 0);
    // 40 by 30 about a point that is not the middle.
    let whole = cut_png(&file("clap"), Region::WHOLE).expect("a sound file");
    assert_eq!(whole.source_size, size(70, 50));
    assert_eq!(difference(&decoded(&whole), &plain), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_part_has_the_pixels_of_the_whole(
        kind in 0..KINDS.len(), a in 0.0..1.0, b in 0.0..1.0, c in 0.01..1.0, d in 0.01..1.0,
    ) {
        let avif = file(KINDS[kind]);
        let region = Region::new(a * (1.0 - c), b * (1.0 - d), c, d).expect("inside");
        let whole = decoded(&cut_png(&avif, Region::WHOLE).expect("a sound file"));
        let part = cut_png(&avif, region).expect("a sound file");
        let PixelRegion { left, top, width, height } = part.region;
        prop_assert!(decoded(&part) == whole.crop_imm(left, top, width, height), "{}: other pixels", KINDS[kind]);
    }
}

#[test]
fn of_a_grid_only_the_cells_that_the_part_touches_are_decoded() {
    let avif = file("grid");
    let stats = |region| cut_png(&avif, region).expect("a sound file").stats;
    let top = stats(Region::new(0.1, 0.1, 0.2, 0.2).expect("inside"));
    let whole = stats(Region::WHOLE);
    assert_eq!((top.rows_decoded, whole.rows_decoded), (64, 128));
    // The colours beside the seam are blended across it: the cells below are needed too.
    assert_eq!(stats(Region::new(0.1, 0.1, 0.2, 0.4).expect("inside")).rows_decoded, 128);
}

#[test]
fn a_part_is_written_as_what_is_nearest_to_its_source() {
    let written = |name| {
        let options = CropOptions::default();
        crop(&file(name), Region::WHOLE, &options, &CropLimits::default()).expect(name).format
    };
    assert_eq!(["y420", "d10", "grid"].map(written), [Format::Jpeg; 3]);
    assert_eq!(["alpha", "alpha10"].map(written), [Format::WebP; 2]);
    assert_eq!(["lossless", "pq"].map(written), [Format::Png; 2]);
    let deep = cut_png(&file("d10"), Region::WHOLE).expect("a sound file");
    assert_eq!(decoded(&deep).color(), image::ColorType::Rgb16, "a PNG keeps what 8 bits do not hold");
}

#[test]
fn wide_colours_are_declared_or_made_narrow_ones() {
    let avif = file("bt2020");
    let png = cut_png(&avif, Region::WHOLE).expect("a sound file");
    assert!(png.bytes.windows(8).any(|window| window == b"cICP\x09\x0d\0\x01"));
    let options = CropOptions { format: Some(Format::Jpeg), ..CropOptions::default() };
    let jpeg = crop(&avif, Region::WHOLE, &options, &CropLimits::default()).expect("a sound file");
    assert!(jpeg.bytes.windows(11).any(|window| window == b"ICC_PROFILE"));
    let refused = crop(&file("pq"), Region::WHOLE, &options, &CropLimits::default());
    assert_eq!(refused.expect_err("JPEG has no place for HDR"), CropError::HdrNeedsPng);
}

#[test]
fn colours_that_only_the_bitstream_says_are_taken_from_there() {
    for name in ["pq", "bt2020", "bt709", "lossless", "limited", "grid"] {
        let avif = file(name);
        let mut silent = avif.clone();
        let places: Vec<usize> = (0..avif.len() - 4).filter(|&at| &avif[at..at + 4] == b"colr").collect();
        assert!(!places.is_empty(), "{name}");
        places.iter().for_each(|&at| silent[at..at + 4].copy_from_slice(b"skip"));
        let made = |avif: &[u8]| {
            let cut = crop(avif, Region::WHOLE, &CropOptions::default(), &CropLimits::default()).expect(name);
            (cut.format, cut.bytes)
        };
        assert!(made(&silent) == made(&avif), "{name}");
        let options = CropOptions { format: Some(Format::Jpeg), ..CropOptions::default() };
        let jpeg = crop(&silent, Region::WHOLE, &options, &CropLimits::default());
        assert_eq!(jpeg.err(), (name == "pq").then_some(CropError::HdrNeedsPng), "{name}");
    }
}

#[test]
fn who_made_it_goes_into_the_record_and_not_into_the_file() {
    for name in ["xmp", "exif"] {
        let part = cut_png(&file(name), Region::WHOLE).expect("a sound file");
        assert_eq!(part.credit.author, "Ada Lovelace", "{name}");
        assert!(!part.bytes.windows(8).any(|window| window == b"Lovelace"), "{name}");
    }
}

#[test]
fn a_file_cut_short_is_refused_wherever_it_was_cut() {
    for name in ["alpha", "grid"] {
        let avif = file(name);
        // All of what says where the picture lies, and a sample of the picture.
        for length in (12..700).chain((700..avif.len()).step_by(31)).filter(|&length| length < avif.len()) {
            let refused = cut_png(&avif[..length], Region::WHOLE);
            assert!(
                matches!(
                    refused,
                    Err(CropError::Truncated { format: Format::Avif } | CropError::Unsupported { .. })
                ),
                "{name} of {length}: {refused:?}"
            );
        }
    }
}

#[test]
fn a_picture_that_takes_too_much_is_refused_before_it_is_decoded() {
    let avif = file("d12");
    let limits = |max_whole_pixels, max_decode_bytes| CropLimits {
        max_whole_pixels,
        max_decode_bytes,
        ..CropLimits::default()
    };
    let made = |limits| crop(&avif, Region::WHOLE, &CropOptions::default(), &limits).map(|cut| cut.size);
    assert!(matches!(made(limits(70 * 50 - 1, 1 << 20)), Err(CropError::TooLarge { .. })));
    assert_eq!(made(limits(70 * 50, 1 << 20)), Ok(size(70, 50)));
    let Err(CropError::TooMuchMemory { needed, .. }) = made(limits(70 * 50, 30_000)) else {
        panic!("12 bits take more")
    };
    assert_eq!(made(limits(70 * 50, needed)), Ok(size(70, 50)));
    assert!(made(limits(70 * 50, needed - 1)).is_err());
}

#[test]
fn what_describes_the_picture_must_say_where_it_ends() {
    let mut avif = file("y420");
    let meta = avif.windows(4).position(|window| window == b"meta").expect("it is described");
    avif[meta - 4..meta].fill(0);
    let whole = measure(&avif, &CropLimits::default());
    assert!(matches!(whole, Err(CropError::Broken { .. })), "{whole:?}");
    // However much of the file is there: found by fuzzing.
    for length in [meta + 40, avif.len() / 2, avif.len() - 1] {
        assert_eq!(measure(&avif[..length], &CropLimits::default()), whole);
    }
}

#[test]
fn a_size_that_the_bitstream_does_not_have_is_refused() {
    let mut avif = file("y444");
    let ispe = avif.windows(4).position(|window| window == b"ispe").expect("it says its size");
    for (at, byte) in [(11, 71), (10, 1), (15, 49), (8, 0xff)] {
        let kept = std::mem::replace(&mut avif[ispe + at], byte);
        let refused = cut_png(&avif, Region::WHOLE);
        assert!(
            matches!(refused, Err(CropError::Broken { .. } | CropError::TooLarge { .. })),
            "{at}: {refused:?}"
        );
        avif[ispe + at] = kept;
    }
}

#[test]
fn a_property_that_must_be_understood_and_is_not_is_a_reason_to_refuse() {
    let mut avif = file("irot1");
    let irot = avif.windows(4).position(|window| window == b"irot").expect("it is turned");
    avif[irot..irot + 4].copy_from_slice(b"spin");
    assert!(matches!(cut_png(&avif, Region::WHOLE), Err(CropError::Unsupported { .. })));
}
