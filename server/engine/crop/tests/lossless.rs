//! Lossless cuts through the public door: the source's own pixels, upright, and not a bit of anything else.

mod samples;

use cutline_crop::{Change, CropError, CropLimits, CropOptions, Cut, Format, crop, measure};
use cutline_model::{PixelRegion, Region, Size};
use image::metadata::Orientation;
use image::{DynamicImage, RgbImage};
use samples::*;

fn cut(source: &[u8], region: Region) -> Cut {
    let options = CropOptions { is_lossless: true, ..CropOptions::default() };
    crop(source, region, &options, &CropLimits::default()).expect("a sound JPEG")
}

/// The pixels as displayed.
fn displayed(jpeg: &[u8]) -> RgbImage {
    let decoded = turbojpeg::decompress(jpeg, turbojpeg::PixelFormat::RGB).expect("a JPEG");
    let pixels = RgbImage::from_raw(decoded.width as u32, decoded.height as u32, decoded.pixels);
    let mut picture = DynamicImage::from(pixels.expect("all pixels"));
    let tag = jpeg.windows(10).find(|bytes| bytes.starts_with(b"\x01\x12\0\x03\0\0\0\x01\0"));
    let orientation = tag.map_or(1, |tag| tag[9]);
    picture.apply_orientation(Orientation::from_exif(orientation).expect("1 to 8"));
    picture.into_rgb8()
}

#[test]
fn a_lossless_part_is_displayed_as_the_whole_was_there_and_says_what_was_cut() {
    let plain = jpeg(&smooth(157, 93).into(), 95);
    for exif in 1..=8 {
        let source = with_segments(&plain, &[exif_segment(exif)]);
        let of = measure(&source, &CropLimits::default()).expect("a JPEG").1;
        let mut whole = DynamicImage::from(displayed(&plain));
        whole.apply_orientation(Orientation::from_exif(exif).expect("1 to 8"));
        for region in [Region::WHOLE, Region::new(0.13, 0.4, 0.5, 0.3).expect("inside")] {
            let part = cut(&source, region);
            let asked = region.to_pixels(of);
            let PixelRegion { left, top, width, height } = part.region;
            let pixels = displayed(&part.bytes);
            assert_eq!(Size::new(pixels.width(), pixels.height()), Some(part.size));
            assert_eq!((part.format, part.size, part.source_size), (Format::Jpeg, part.region.size(), of));
            assert!(whole.crop_imm(left, top, width, height).into_rgb8() == pixels, "orientation {exif}");
            // All that was asked for, and less than a block more on two sides.
            assert!(left <= asked.left && top <= asked.top, "orientation {exif}");
            assert!(left + width >= asked.left + asked.width && top + height >= asked.top + asked.height);
            assert!(width < asked.width + 8 && height < asked.height + 8, "orientation {exif}");
            let is_said = part.changes.contains(&Change::Widened { from: asked, to: part.region });
            assert_eq!(is_said, part.region != asked);
            assert!(!has_canary(&part.bytes));
        }
    }
}

/// The file with another size in its frame header.
fn of_size(mut jpeg: Vec<u8>, width: u16, height: u16) -> Vec<u8> {
    let is_frame = |bytes: &[u8]| matches!(bytes, [0xff, 0xc0 | 0xc2]);
    let frame = jpeg.windows(2).position(is_frame).expect("a frame header");
    jpeg[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    jpeg[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    jpeg
}

#[test]
fn what_was_hidden_in_the_sources_last_blocks_is_not_in_the_part() {
    let picture = DynamicImage::from(coordinates(256, 256));
    let baseline = turbo(&picture, 95, turbojpeg::Subsamp::None);
    let progressive = corpus::jpegtran(&baseline, &["-progressive"]);
    for full in [baseline, progressive] {
        let source = of_size(full.clone(), 242, 242);
        let part =
            crop(&source, Region::WHOLE, &CropOptions::default(), &CropLimits::default()).expect("a JPEG");
        assert_eq!(
            (part.size, part.stats.encodes, &part.changes[..]),
            (Size::new(242, 242).expect("not zero"), 1, &[][..])
        );
        // What is there now is the last column again and again, where the source goes on rising.
        let (was, is) = (displayed(&full), displayed(&of_size(part.bytes, 248, 248)));
        let (was, is) = (was.get_pixel(247, 100).0[0], is.get_pixel(247, 100).0[0]);
        assert!(was >= 246 && is <= 243, "{was}, {is}");
    }
}

#[test]
fn a_lossless_part_says_what_it_hides_right_of_and_below_what_it_shows() {
    let plain = turbo(&DynamicImage::from(smooth(160, 96)), 93, turbojpeg::Subsamp::Sub2x2);
    let region = Region::new(64.0 / 160.0, 32.0 / 96.0, 50.0 / 160.0, 40.0 / 96.0).expect("inside");
    let hidden = Change::HiddenKept { columns: 14, rows: 8 };
    assert_eq!(cut(&plain, region).changes, [hidden]);
    assert!(hidden.to_string().contains("14 columns and 8 rows"), "{hidden}");
    // Turned by a quarter, what lies below is displayed beside.
    let turned = with_segments(&plain, &[exif_segment(6)]);
    let region = Region::new(24.0 / 96.0, 64.0 / 160.0, 40.0 / 96.0, 50.0 / 160.0).expect("inside");
    let part = cut(&turned, region);
    assert!(part.changes.contains(&Change::HiddenKept { columns: 8, rows: 14 }), "{:?}", part.changes);
    let aligned = Region::new(64.0 / 160.0, 32.0 / 96.0, 48.0 / 160.0, 32.0 / 96.0).expect("inside");
    assert_eq!(cut(&plain, aligned).changes, []);
}

#[test]
fn only_a_jpeg_is_cut_without_loss_and_only_to_a_jpeg() {
    let picture = DynamicImage::from(smooth(40, 30));
    for (source, format, from, to) in [
        (png(&picture), None, Format::Png, Format::Png),
        (png(&picture), Some(Format::Jpeg), Format::Png, Format::Jpeg),
        (jpeg(&picture, 90), Some(Format::Png), Format::Jpeg, Format::Png),
    ] {
        let options = CropOptions { is_lossless: true, format, ..CropOptions::default() };
        let refused = crop(&source, Region::WHOLE, &options, &CropLimits::default());
        assert_eq!(refused, Err(CropError::LosslessNeedsJpeg { from, to }));
    }
}

#[test]
fn a_part_that_is_exact_without_being_decoded_is_not_compressed_again_unless_a_quality_is_asked_for() {
    let picture = DynamicImage::from(smooth(160, 96));
    let source = turbo(&picture, 93, turbojpeg::Subsamp::Sub2x2);
    let make = |source: &[u8], (left, top, width, height): (u32, u32, u32, u32), quality| {
        let of = |part: u32, whole: u32| f64::from(part) / f64::from(whole);
        let region = Region::new(of(left, 160), of(top, 96), of(width, 160), of(height, 96)).expect("inside");
        let options = CropOptions { quality, ..CropOptions::default() };
        crop(source, region, &options, &CropLimits::default()).expect("a JPEG")
    };
    let whole = (0, 0, 160, 96);
    let full = turbo(&picture, 93, turbojpeg::Subsamp::None);
    let wide = turbo(&picture, 93, turbojpeg::Subsamp::Sub2x1);
    for (source, part) in [
        (&source, whole),
        (&full, (16, 32, 48, 64)),
        (&full, (8, 0, 24, 8)),
        (&full, (152, 88, 8, 8)),
        // Colour is halved in one direction, and the part goes from edge to edge there.
        (&wide, (0, 8, 160, 40)),
    ] {
        let cut = make(source, part, None);
        let shown = displayed(source);
        let shown = image::imageops::crop_imm(&shown, part.0, part.1, part.2, part.3).to_image();
        assert!(displayed(&cut.bytes) == shown, "{part:?}");
        assert_eq!(
            (cut.stats.encodes, cut.stats.rows_decoded, &cut.changes[..]),
            (0, 0, &[][..]),
            "{part:?}"
        );
        assert_eq!(cut.size, Size::new(part.2, part.3).expect("not zero"));
    }
    // Within a block at any edge, asked for, turned, or of inks: new pixels are made.
    let turned = with_segments(&source, &[exif_segment(3)]);
    let inks = cmyk_jpeg(&[90; 160 * 96 * 4], 160, turbojpeg::Colorspace::CMYK, turbojpeg::Subsamp::None);
    for (source, part, quality) in [
        (&source, (1, 0, 31, 32), None),
        (&source, (0, 8, 32, 40), None),
        (&source, (0, 0, 33, 32), None),
        (&source, (0, 0, 32, 24), None),
        // Along blocks, and colour at the edge smoothed with what lies beyond.
        (&source, (16, 32, 48, 64), None),
        (&source, (0, 0, 16, 16), None),
        (&source, (144, 80, 16, 16), None),
        (&wide, (16, 0, 144, 96), None),
        (&full, (4, 0, 152, 96), None),
        (&source, whole, Some(90)),
        (&turned, whole, None),
        (&inks, whole, None),
    ] {
        let cut = make(source, part, quality);
        assert_eq!((cut.stats.encodes, &cut.changes[..]), (1, &[][..]), "{part:?}");
    }
}
