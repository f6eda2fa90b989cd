//! TIFF: every layout of samples gives the picture that was written, every part of it as the whole; what is not read is named.

mod samples;

use cutline_crop::{CropError, CropLimits, CropOptions, Format, Source, crop, measure};
use cutline_model::{PixelRegion, Region};
use proptest::prelude::*;
use samples::kept::*;
use samples::tiff;

/// The kinds, by what each file is called.
const KINDS: [&str; 35] = [
    "palette-8",
    "grey",
    "white-is-zero",
    "bits",
    "fax",
    "grey2",
    "grey4",
    "grey16",
    "grey-alpha",
    "rgb",
    "rgb16",
    "rgba",
    "premultiplied",
    "palette",
    "palette-big-endian",
    "palette1",
    "palette4",
    "tiles",
    "tiles-bits",
    "planes",
    "planes-tiles",
    "bigtiff",
    "unknown-samples",
    "inks",
    "turned2",
    "turned5",
    "turned6",
    "lsb-none",
    "lsb-lzw",
    "lsb-zip",
    "lsb-packbits",
    "lsb-g4",
    "lzw-planes",
    "lzw-one-strip",
    "credited",
];

fn file(name: &str) -> Vec<u8> {
    kept(name, "tif")
}

#[test]
fn every_kind_has_the_pixels_that_were_written() {
    for name in KINDS.into_iter().filter(|&name| name != "credited") {
        let (tiff, written) = (file(name), by_another(name, "tif"));
        let part = cut_png(&tiff, Region::WHOLE).expect(name);
        assert_eq!(part.source_size, size(written.width(), written.height()), "{name}");
        let off = difference(&decoded(&part), &written);
        // Colours that were multiplied by little are known no better than to one of 255 levels as they are seen.
        let allowed = if name == "premultiplied" { 257 } else { 0 };
        assert!(off <= allowed, "{name} is {off} off");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn a_part_has_the_pixels_of_the_whole(
        kind in 0..KINDS.len(), a in 0.0..1.0, b in 0.0..1.0, c in 0.01..1.0, d in 0.01..1.0,
    ) {
        let tiff = file(KINDS[kind]);
        let region = Region::new(a * (1.0 - c), b * (1.0 - d), c, d).expect("inside");
        let whole = decoded(&cut_png(&tiff, Region::WHOLE).expect("a sound file"));
        let part = cut_png(&tiff, region).expect("a sound file");
        let PixelRegion { left, top, width, height } = part.region;
        prop_assert!(decoded(&part) == whole.crop_imm(left, top, width, height), "{}: other pixels", KINDS[kind]);
    }
}

#[test]
fn of_the_strips_or_tiles_that_the_part_touches_the_rows_are_decoded_down_to_its_last() {
    let rows = |name, top, height| {
        let region = Region::new(0.1, top, 0.2, height).expect("inside");
        cut_png(&file(name), region).expect("a sound file").stats.rows_decoded
    };
    assert_eq!(rows("rgb", 0.5, 0.1), 4 + 2, "strips of 4 rows, down to row 26");
    assert_eq!(rows("tiles", 0.5, 0.1), 10, "tiles of 16 rows, down to row 26");
    assert_eq!(rows("tiles", 0.8, 0.2), 11, "the last ones reach beyond the picture");
}

#[test]
fn what_lies_below_the_part_is_not_waited_for() {
    let strips: Vec<Vec<u8>> = (0..500_u32).step_by(10).map(|row| vec![row as u8; 10_000]).collect();
    let tiff = tiff((1000, 500), 1, 1, 10, &strips);
    let region = Region::new(0.0, 0.2, 1.0, 0.1).expect("inside");
    let part = crop(Source::arriving(&tiff[..]), region, &CropOptions::default(), &CropLimits::default());
    let part = part.expect("a sound file");
    assert_eq!(part.stats.bytes_read, (tiff.len() - 350 * 1000) as u64);
    assert_eq!((part.stats.rows_decoded, decoded(&part).as_bytes()[1000 * 17]), (50, 110));
}

#[test]
fn depth_and_alpha_are_kept_and_the_part_is_a_png_by_default() {
    use image::ColorType;
    for (name, colour) in [
        ("bits", ColorType::L8),
        ("grey16", ColorType::L16),
        ("grey-alpha", ColorType::La8),
        ("rgb16", ColorType::Rgb16),
        ("planes-tiles", ColorType::Rgba8),
        ("palette", ColorType::Rgb8),
        ("inks", ColorType::Rgb8),
    ] {
        let part =
            crop(&file(name), Region::WHOLE, &CropOptions::default(), &CropLimits::default()).expect(name);
        assert_eq!(part.format, Format::Png, "{name}");
        assert_eq!(decoded(&part).color(), colour, "{name}");
    }
}

#[test]
fn who_made_it_goes_into_the_record_and_not_into_the_file() {
    let part = cut_png(&file("credited"), Region::WHOLE).expect("a sound file");
    assert_eq!((part.credit.author.as_str(), part.credit.licence.as_str()), ("Ada Lovelace", "CC BY 4.0"));
    assert!(!part.bytes.windows(8).any(|window| window == b"Lovelace"));
}

#[test]
fn what_is_not_read_is_named() {
    for (name, expected) in [
        ("fractions", "a TIFF whose samples are signed or have fractions"),
        ("jpeg", "a TIFF that holds JPEGs"),
        ("lab", "a TIFF in Lab colours"),
        ("raw", "a camera's raw picture"),
    ] {
        let refused = cut_png(&file(name), Region::WHOLE).expect_err(name);
        assert!(
            matches!(&refused, CropError::Unsupported { what, .. } if what == expected),
            "{name}: {refused:?}"
        );
    }
}

#[test]
fn a_picture_that_takes_too_much_is_refused_before_it_is_decoded() {
    let tiff = file("rgb16");
    let limits =
        |max_pixels, max_decode_bytes| CropLimits { max_pixels, max_decode_bytes, ..CropLimits::default() };
    let made = |limits| crop(&tiff, Region::WHOLE, &CropOptions::default(), &limits).map(|cut| cut.size);
    assert_eq!(measure(&tiff, &limits(61 * 43, 0)), Ok((Format::Tiff, size(61, 43))));
    assert!(matches!(made(limits(61 * 43 - 1, 1 << 20)), Err(CropError::TooLarge { .. })));
    let Err(CropError::TooMuchMemory { needed, .. }) = made(limits(61 * 43, 10_000)) else {
        panic!("16 bits take more")
    };
    assert_eq!(made(limits(61 * 43, needed)), Ok(size(61, 43)));
    assert!(made(limits(61 * 43, needed - 1)).is_err());
}
