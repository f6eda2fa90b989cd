//! How much a part may take, and how long it may be.

use cutline_model::{Region, Size};

use super::writer::BitWriter;
use super::*;
use crate::{Change, CropOptions, Fit, crop};

/// A baseline JPEG of one colour.
fn flat(width: u32, height: u32, sampling: Subsamp) -> Vec<u8> {
    let pixels = vec![90; (width * height * 3) as usize];
    let (width, height) = (width as usize, height as usize);
    let image = Image { pixels: &pixels[..], width, pitch: width * 3, height, format: PixelFormat::RGB };
    let mut compressor = Compressor::new().expect("a compressor");
    compressor.set_quality(92).expect("a quality");
    compressor.set_subsamp(sampling).expect("a sampling");
    compressor.compress_to_vec(image).expect("a JPEG")
}

/// A grey JPEG of any size that its header can say, longer than libjpeg writes one: the blocks' codes are those of no
/// difference and of the end.
fn flat_grey(width: u16, height: u16) -> Vec<u8> {
    let kind = Kind { width: 8, height: 8, sampling: Subsamp::Gray, ..small(Content::Flat) };
    let mut jpeg = make(kind, &mut Random::new(40));
    let frame = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).expect("a frame header");
    jpeg[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    jpeg[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    let scan = jpeg.windows(2).position(|pair| pair == [0xff, 0xda]).expect("a scan");
    jpeg.truncate(scan + 2 + usize::from(jpeg[scan + 3]));
    let mut writer = BitWriter::default();
    for _ in 0..u32::from(width).div_ceil(8) * u32::from(height).div_ceil(8) {
        writer.put(0b00_1010, 6);
    }
    [&jpeg[..], &writer.finish(), &[0xff, 0xd9]].concat()
}

fn small(content: Content) -> Kind {
    Kind {
        width: 800,
        height: 600,
        sampling: Subsamp::Sub2x2,
        content,
        quality: 100,
        is_optimised: false,
        is_progressive: false,
    }
}

fn size(width: u32, height: u32) -> Size {
    Size::new(width, height).expect("not empty")
}

#[test]
fn a_lossless_cut_needs_no_memory_for_pixels() {
    let jpeg = flat(1600, 1200, Subsamp::Sub2x2);
    let limits = CropLimits { max_decode_bytes: 200_000, ..CropLimits::default() };
    let lossless = CropOptions { is_lossless: true, ..CropOptions::default() };
    assert_eq!(crop(&jpeg, Region::WHOLE, &lossless, &limits).expect("a cut").size, size(1600, 1200));
    let decoded = CropOptions { quality: Some(90), ..CropOptions::default() };
    assert!(matches!(crop(&jpeg, Region::WHOLE, &decoded, &limits), Err(CropError::TooMuchMemory { .. })));
}

#[test]
fn the_whole_of_a_common_cameras_picture_is_cut_whichever_way_it_is_turned() {
    let part = Region::new(0.0, 0.0, 0.9999, 0.9999).expect("inside");
    for (width, height, sampling) in [(9504, 6336, Subsamp::Sub2x2), (8256, 5504, Subsamp::None)] {
        let jpeg = flat(width, height, sampling);
        let exif =
            b"\xff\xe1\0\x22Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
        let turned = [&jpeg[..2], exif, &jpeg[2..]].concat();
        let made = |jpeg| crop(jpeg, part, &CropOptions::default(), &CropLimits::default()).expect("a cut");
        assert_eq!(made(&jpeg).size, size(width - 1, height - 1));
        assert_eq!(made(&turned).size, size(height - 1, width - 1));
    }
}

#[test]
fn compressed_bytes_count_as_many_as_they_are() {
    for is_progressive in [false, true] {
        let kind = Kind { is_progressive, ..small(Content::Noise) };
        let jpeg = make(kind, &mut Random::new(41));
        let part = Region::new(0.0, 0.0, 0.999, 0.999).expect("inside");
        let options = CropOptions { format: Some(Format::Png), ..CropOptions::default() };
        let made = |max_decode_bytes| {
            crop(&jpeg, part, &options, &CropLimits { max_decode_bytes, ..CropLimits::default() }).map(|_| ())
        };
        let pixels = 800 * 600 * 3;
        let coefficients = if is_progressive { 800 * 608 * 3 / 2 * (2 + 8 / 8) } else { 0 };
        let bytes = jpeg.len() as u64;
        // As many as it has, and the tables' difference.
        assert_eq!(made(pixels.max(coefficients) + 3 * bytes), Ok(()), "progressive: {is_progressive}");
        let refused = made(pixels + bytes / 2).expect_err("they have no room");
        assert!(
            matches!(refused, CropError::TooMuchMemory { needed, is_of_part: true, .. } if needed > pixels + bytes / 2),
            "{refused:?}"
        );
        let said = refused.to_string();
        assert!(said.ends_with("choose a smaller region") && !said.contains("16 bit"), "{said}");
    }
}

#[test]
fn a_jpeg_longer_than_libjpeg_reads_is_cut_in_parts_and_as_it_is_and_else_refused_as_such() {
    let jpeg = flat_grey(65_520, 16);
    let limits = CropLimits::default();
    let made = |region, options: CropOptions| crop(&jpeg, region, &options, &limits).map(|cut| cut.size);
    let half = Region::new(0.25, 0.0, 0.5, 0.9).expect("inside");
    assert_eq!(made(half, CropOptions::default()), Ok(size(32_760, 14)));
    assert_eq!(made(Region::WHOLE, CropOptions::default()), Ok(size(65_520, 16)), "its own blocks");
    for options in [
        CropOptions { quality: Some(80), ..CropOptions::default() },
        CropOptions { fit: Some(Fit { max_side: Some(300), ..Fit::default() }), ..CropOptions::default() },
    ] {
        let refused = made(Region::WHOLE, options).expect_err("libjpeg does not read it");
        assert!(refused.to_string().contains("more than 65,500 pixels a side"), "{refused}");
        assert!(refused.to_string().ends_with("use a smaller region"), "{refused}");
    }
}

#[test]
fn a_part_longer_than_its_format_has_room_for_is_scaled_where_it_is_to_fit() {
    let limits = CropLimits::default();
    for (width, format, most) in
        [(65_520, Format::Jpeg, 65_500), (17_000, Format::WebP, 16_383), (17_000, Format::Jpeg, 17_000)]
    {
        let mut png = Vec::new();
        let picture = DynamicImage::from(image::RgbImage::from_pixel(width, 40, image::Rgb([9, 80, 200])));
        picture.write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png).expect("a PNG");
        let fit = Fit { formats: vec![format], ..Fit::default() };
        let options = CropOptions { fit: Some(fit), ..CropOptions::default() };
        let cut = crop(&png, Region::WHOLE, &options, &limits).expect("it fits");
        assert_eq!((cut.format, cut.size.width()), (format, most));
        let is_scaled = cut.changes.iter().any(|change| matches!(change, Change::Scaled { .. }));
        assert_eq!(is_scaled, most < width);
        // Nobody asked for another size.
        let plain = CropOptions { format: Some(format), ..CropOptions::default() };
        assert_eq!(crop(&png, Region::WHOLE, &plain, &limits).is_err(), most < width);
    }
}
