//! BMP and ICO: every kind that is read gives the pixels it was made of, and what is not read says so.

mod samples;

use cutline_crop::{CropError, CropLimits, CropOptions, Cut, Format, crop, measure};
use cutline_model::{Region, Size};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use samples::*;

fn cut(source: &[u8], region: Region) -> Result<Cut, CropError> {
    crop(source, region, &CropOptions::default(), &CropLimits::default())
}

/// Whether an error is the one that a lie must meet.
type IsExpected<'a> = &'a dyn Fn(&CropError) -> bool;

/// The pixels of a part, after it was held to be a PNG.
fn pixels(source: &[u8], region: Region) -> DynamicImage {
    let part = cut(source, region).expect("a sound picture");
    assert_eq!(part.format, Format::Png);
    image::load_from_memory_with_format(&part.bytes, ImageFormat::Png).expect("a sound PNG")
}

/// A quarter of the picture, and the same quarter of what it was made of.
fn check(name: &str, source: &[u8], made_of: &DynamicImage) {
    let (width, height) = (made_of.width(), made_of.height());
    assert!(pixels(source, Region::WHOLE) == *made_of, "{name}");
    let quarter = Region::new(0.25, 0.5, 0.5, 0.25).expect("inside");
    let part = made_of.crop_imm(width / 4, height / 2, width / 2, height / 4);
    assert!(pixels(source, quarter) == part, "{name}, a quarter");
    let size = Size::new(width, height).expect("not empty");
    assert_eq!(measure(source, &CropLimits::default()).expect("sound").1, size, "{name}");
}

/// A BMP of a header of 40 bytes with its colour table or masks, and rows as they are stored.
fn bmp(width: i32, height: i32, bits: u16, compression: u32, table: &[u8], rows: &[u8]) -> Vec<u8> {
    let pixels_at = 14 + 40 + table.len() as u32;
    let mut file = b"BM".to_vec();
    file.extend((pixels_at + rows.len() as u32).to_le_bytes());
    file.extend([0; 4]);
    file.extend(pixels_at.to_le_bytes());
    file.extend(bitmap(width, height, bits, compression));
    file.extend(table);
    file.extend(rows);
    file
}

fn bitmap(width: i32, height: i32, bits: u16, compression: u32) -> Vec<u8> {
    let mut header = 40_u32.to_le_bytes().to_vec();
    header.extend(width.to_le_bytes());
    header.extend(height.to_le_bytes());
    header.extend(1_u16.to_le_bytes());
    header.extend(bits.to_le_bytes());
    header.extend(compression.to_le_bytes());
    header.extend([0; 20]);
    header
}

/// Rows of `bits` per index, the bottom one first and each padded to four bytes.
fn packed(width: u32, height: u32, bits: u32, index: impl Fn(u32, u32) -> u8) -> Vec<u8> {
    let row_bytes = (width * bits).div_ceil(32) * 4;
    let mut rows = Vec::new();
    for y in (0..height).rev() {
        let mut row = vec![0; row_bytes as usize];
        for x in 0..width {
            row[(x * bits / 8) as usize] |= index(x, y) << (8 - bits - x * bits % 8);
        }
        rows.extend(row);
    }
    rows
}

const TABLE: [u8; 16] = [0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0, 0, 10, 20, 30, 0];
const COLOURS: [[u8; 3]; 4] = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [30, 20, 10]];

/// An icon file of these pictures: width and height as the directory says them, depth, bytes.
fn ico(pictures: &[(u8, u8, u16, Vec<u8>)]) -> Vec<u8> {
    let mut file = vec![0, 0, 1, 0, pictures.len() as u8, 0];
    let mut offset = 6 + 16 * pictures.len();
    for (width, height, bits, bytes) in pictures {
        file.extend([*width, *height, 0, 0, 1, 0]);
        file.extend(bits.to_le_bytes());
        file.extend((bytes.len() as u32).to_le_bytes());
        file.extend((offset as u32).to_le_bytes());
        offset += bytes.len();
    }
    for (_, _, _, bytes) in pictures {
        file.extend(bytes);
    }
    file
}

#[test]
fn bitmaps_of_every_depth_give_their_pixels() {
    let rgb = coordinates(40, 32);
    check("24 bits", &file(&rgb.clone().into(), ImageFormat::Bmp), &rgb.into());
    let holes = DynamicImage::from(with_alpha(40, 32));
    check("32 bits with alpha", &file(&holes, ImageFormat::Bmp), &holes);

    let index = |x: u32, y: u32| ((x + y) % 4) as u8;
    let striped =
        DynamicImage::from(RgbImage::from_fn(36, 32, |x, y| Rgb(COLOURS[usize::from(index(x, y))])));
    for bits in [4, 8] {
        let table = [&TABLE[..], &vec![0; (4 << bits) - TABLE.len()]].concat();
        let source = bmp(36, 32, bits as u16, 0, &table, &packed(36, 32, bits, index));
        check(&format!("{bits} bits"), &source, &striped);
    }
    let two = DynamicImage::from(RgbImage::from_fn(36, 32, |x, y| Rgb(COLOURS[((x + y) % 2) as usize])));
    let source = bmp(36, 32, 1, 0, &TABLE[..8], &packed(36, 32, 1, |x, y| ((x + y) % 2) as u8));
    check("1 bit", &source, &two);

    // Five bits a channel, stretched to eight.
    let deep = DynamicImage::from(RgbImage::from_fn(36, 32, |x, y| {
        Rgb([x as u8 % 32, y as u8 % 32, 31].map(|value| ((u16::from(value) * 255 + 15) / 31) as u8))
    }));
    let rows: Vec<u8> = (0..32_u16)
        .rev()
        .flat_map(|y| (0..36_u16).flat_map(move |x| ((x % 32) << 10 | (y % 32) << 5 | 31).to_le_bytes()))
        .collect();
    check("16 bits", &bmp(36, 32, 16, 0, &[], &rows), &deep);
}

#[test]
fn bitmaps_from_the_top_down_and_run_length_coded_are_read() {
    let index = |x: u32, y: u32| ((x / 9 + y) % 4) as u8;
    let striped =
        DynamicImage::from(RgbImage::from_fn(36, 32, |x, y| Rgb(COLOURS[usize::from(index(x, y))])));
    let mut rows: Vec<Vec<u8>> = packed(36, 32, 8, index).chunks(36).map(<[u8]>::to_vec).collect();
    let table = [&TABLE[..], &[0; 1024 - 16]].concat();
    let runs: Vec<u8> =
        rows.iter().flat_map(|row| row.chunks(9).flat_map(|run| [9, run[0]]).chain([0, 0])).collect();
    check("run lengths", &bmp(36, 32, 8, 1, &table, &[runs, vec![0, 1]].concat()), &striped);
    rows.reverse();
    check("top down", &bmp(36, -32, 8, 0, &table, &rows.concat()), &striped);
}

#[test]
fn a_bitmap_keeps_the_profile_embedded_in_it() {
    let icc = profile(b"RGB ", 500);
    let plain = bmp(2, 1, 24, 0, &[], &[1, 2, 3, 4, 5, 6, 0, 0]);
    let mut header = plain[14..54].to_vec();
    header[0] = 124;
    header.resize(124, 0);
    header[56..60].copy_from_slice(b"DEBM");
    header[112..116].copy_from_slice(&(124_u32 + 8).to_le_bytes());
    header[116..120].copy_from_slice(&500_u32.to_le_bytes());
    let mut source = plain[..14].to_vec();
    source[10] = 14 + 124;
    source.extend([&header[..], &plain[54..], &icc].concat());
    let part = cut(&source, Region::WHOLE).expect("sound");
    assert!(part.bytes.windows(4).any(|window| window == b"iCCP"));
    let mut huge = source.clone();
    huge[14 + 116..14 + 120].copy_from_slice(&(1_u32 << 30).to_le_bytes());
    assert!(matches!(cut(&huge, Region::WHOLE), Err(CropError::ProfileTooLarge { .. })));
}

#[test]
fn bitmaps_that_are_not_handled_are_named() {
    for (compression, name) in [(4, "a bitmap with a JPEG inside"), (5, "PNG inside"), (11, "a CMYK bitmap")]
    {
        let error = cut(&bmp(8, 8, 24, compression, &[], &[0; 400]), Region::WHOLE).expect_err("not handled");
        assert!(error.to_string().contains(name), "{error}");
    }
    let mut old = bmp(8, 8, 24, 0, &[], &[0; 400]);
    old[14] = 64;
    assert!(cut(&old, Region::WHOLE).expect_err("not handled").to_string().contains("OS/2"));
}

#[test]
fn the_largest_picture_of_an_icon_is_cut_whatever_it_is_stored_as() {
    let small = png(&with_alpha(16, 16).into());
    let large = DynamicImage::from(with_alpha(48, 48));
    let opaque = DynamicImage::from(coordinates(48, 48));
    for (name, picture) in
        [("with holes", &large), ("without alpha", &opaque), ("grey", &opaque.to_luma8().into())]
    {
        let source = ico(&[(16, 16, 32, small.clone()), (48, 48, 8, png(picture))]);
        check(name, &source, picture);
    }
    // More than 256 pixels: the directory can only say 0.
    let huge = DynamicImage::from(with_alpha(300, 280));
    check("large", &ico(&[(0, 0, 32, png(&huge)), (16, 16, 32, small.clone())]), &huge);

    // A bitmap: the height counts the mask, whose bits make holes.
    let index = |x: u32, y: u32| ((x + y) % 4) as u8;
    let is_hole = |x: u32, y: u32| (x + 2 * y).is_multiple_of(5);
    let masked = DynamicImage::from(RgbaImage::from_fn(48, 40, |x, y| {
        let [red, green, blue] = COLOURS[usize::from(index(x, y))];
        Rgba([red, green, blue, if is_hole(x, y) { 0 } else { 255 }])
    }));
    let bytes = [
        bitmap(48, 80, 8, 0),
        TABLE.to_vec(),
        vec![0; 1024 - 16],
        packed(48, 40, 8, index),
        packed(48, 40, 1, |x, y| u8::from(is_hole(x, y))),
    ];
    check("bitmap", &ico(&[(16, 16, 32, small), (48, 40, 8, bytes.concat())]), &masked);
}

#[test]
fn a_bitmap_or_icon_cut_short_is_refused_wherever_it_was_cut() {
    let holes = DynamicImage::from(with_alpha(48, 40));
    let table = [&TABLE[..], &[0; 1024 - 16]].concat();
    let runs = [[48, 1, 0, 0].repeat(40), vec![0, 1]].concat();
    let inside = [bitmap(8, 16, 32, 0), vec![7; 8 * 8 * 4], vec![0; 8 * 4]].concat();
    for source in [
        file(&holes, ImageFormat::Bmp),
        file(&DynamicImage::from(coordinates(41, 30)), ImageFormat::Bmp),
        bmp(48, 40, 8, 1, &table, &runs),
        ico(&[(48, 40, 32, png(&holes))]),
        ico(&[(8, 8, 32, inside)]),
    ] {
        let format = measure(&source, &CropLimits::default()).expect("whole").0;
        cut(&source, Region::WHOLE).expect("whole");
        // Without its end mark a run-length coded picture is still whole.
        let shortest = if source.ends_with(&[0, 0, 0, 1]) { 3 } else { 1 };
        for length in 12..=source.len() - shortest {
            let refused = cut(&source[..length], Region::WHOLE).err();
            assert_eq!(refused, Some(CropError::Truncated { format }), "{length} of {} bytes", source.len());
        }
    }
}

#[test]
fn bitmaps_and_icons_that_lie_about_their_size_are_refused() {
    let rows = [0; 400];
    let too_large = |error: &CropError| matches!(error, CropError::TooLarge { .. });
    let broken = |error: &CropError| matches!(error, CropError::Broken { .. });
    let truncated = |error: &CropError| matches!(error, CropError::Truncated { .. });
    let sources: [(&str, Vec<u8>, IsExpected<'_>); 8] = [
        ("no width", bmp(0, 8, 24, 0, &[], &rows), &broken),
        ("no height", bmp(8, 0, 24, 0, &[], &rows), &broken),
        ("negative width", bmp(-8, 8, 24, 0, &[], &rows), &broken),
        ("least height", bmp(8, i32::MIN, 24, 0, &[], &rows), &too_large),
        ("2^31-1 pixels a side", bmp(i32::MAX, i32::MAX, 32, 0, &[], &rows), &too_large),
        ("7000 pixels a side", bmp(7000, 7000, 24, 0, &[], &rows), &truncated),
        (
            "icon of 4 GiB",
            {
                let mut source = ico(&[(8, 8, 32, bitmap(8, 16, 32, 0))]);
                source[14..18].copy_from_slice(&[0xff; 4]);
                source
            },
            &|error| matches!(error, CropError::TooMuchMemory { .. }),
        ),
        ("icon without pictures", vec![0, 0, 1, 0, 1, 0], &truncated),
    ];
    for (name, source, is_expected) in sources {
        let error = cut(&source, Region::WHOLE).expect_err(name);
        assert!(is_expected(&error), "{name}: {error:?}");
    }
}
