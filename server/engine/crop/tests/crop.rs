//! Cutting through the public door: right pixels, right colours, nothing else of the source, every failure named.

mod samples;

use cutline_crop::{CropError, CropLimits, CropOptions, Cut, Format, crop, measure, thumbnail};
use cutline_model::{PixelRegion, Region, Size};
use image::metadata::Orientation;
use image::{ColorType, DynamicImage, ImageFormat};
use proptest::prelude::*;
use samples::*;
use turbojpeg::Subsamp;

fn size(width: u32, height: u32) -> Size {
    Size::new(width, height).expect("test sizes are not zero")
}

/// The region of these pixels.
fn region(left: u32, top: u32, width: u32, height: u32, of: Size) -> Region {
    let (w, h) = (f64::from(of.width()), f64::from(of.height()));
    Region::new(f64::from(left) / w, f64::from(top) / h, f64::from(width) / w, f64::from(height) / h)
        .expect("inside")
}

fn cut_as(source: &[u8], region: Region, format: Option<Format>) -> Result<Cut, CropError> {
    crop(source, region, &CropOptions { format, ..CropOptions::default() }, &CropLimits::default())
}

fn cut(source: &[u8], region: Region) -> Cut {
    cut_as(source, region, None).expect("a sound picture")
}

fn decode(cut: &Cut) -> DynamicImage {
    let format = match cut.format {
        Format::Jpeg => ImageFormat::Jpeg,
        Format::Png => ImageFormat::Png,
        Format::WebP => ImageFormat::WebP,
        other => panic!("{other} is not written"),
    };
    let picture = image::load_from_memory_with_format(&cut.bytes, format).expect("a sound file");
    assert_eq!(size(picture.width(), picture.height()), cut.size);
    assert_eq!(cut.size, cut.region.size());
    picture
}

/// The whole picture as libjpeg-turbo decodes it.
fn turbo_decoded(jpeg: &[u8]) -> DynamicImage {
    let picture = turbojpeg::decompress(jpeg, turbojpeg::PixelFormat::RGB).expect("a JPEG");
    let (width, height) = (picture.width as u32, picture.height as u32);
    image::RgbImage::from_raw(width, height, picture.pixels).expect("all pixels").into()
}

/// Markers of a JPEG up to its scan, and what follows its end.
fn jpeg_segments(bytes: &[u8]) -> (Vec<(u8, &[u8])>, &[u8]) {
    let (mut segments, mut at) = (Vec::new(), 2);
    while bytes[at + 1] != 0xda {
        let length = usize::from(u16::from_be_bytes([bytes[at + 2], bytes[at + 3]]));
        segments.push((bytes[at + 1], &bytes[at + 4..at + 2 + length]));
        at += 2 + length;
    }
    let end = bytes[at..].windows(2).position(|pair| pair == [0xff, 0xd9]).expect("an end") + at + 2;
    (segments, &bytes[end..])
}

fn png_chunks(bytes: &[u8]) -> Vec<(String, &[u8])> {
    let (mut chunks, mut at) = (Vec::new(), 8);
    while at < bytes.len() {
        let length = u32::from_be_bytes(bytes[at..at + 4].try_into().expect("four")) as usize;
        chunks.push((
            String::from_utf8_lossy(&bytes[at + 4..at + 8]).into_owned(),
            &bytes[at + 8..at + 8 + length],
        ));
        at += 12 + length;
    }
    chunks
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_png_part_has_exactly_its_pixels(
        w in 1u32..300, h in 1u32..300, a in 0.0..1.0, b in 0.0..1.0, c in 0.001..1.0, d in 0.001..1.0,
    ) {
        let source = png(&coordinates(w, h).into());
        let region = Region::new(a * (1.0 - c), b * (1.0 - d), c, d).expect("inside");
        let part = cut(&source, region);
        let PixelRegion { left, top, width, height } = region.to_pixels(size(w, h));
        prop_assert_eq!(part.source_size, size(w, h));
        let pixels = decode(&part).into_rgb8();
        prop_assert_eq!(pixels.dimensions(), (width, height));
        for (x, y, pixel) in pixels.enumerate_pixels() {
            let (x, y) = (x + left, y + top);
            prop_assert_eq!(pixel.0, [x as u8, y as u8, (x * 3 + y * 5) as u8]);
        }
    }
}

#[test]
fn a_jpeg_part_is_byte_for_byte_the_whole_decoded_turned_cut_and_encoded() {
    let plain = jpeg(&smooth(157, 93).into(), 95);
    for exif in 1..=8 {
        let source = with_segments(&plain, &[exif_segment(exif)]);
        let mut whole = turbo_decoded(&plain);
        whole.apply_orientation(Orientation::from_exif(exif).expect("1 to 8"));
        let of = size(whole.width(), whole.height());
        assert_eq!(measure(&source, &CropLimits::default()), Ok((Format::Jpeg, of)), "orientation {exif}");
        for (left, top, width, height) in
            [(0, 0, 1, 1), (11, 7, 40, 60), (of.width() - 1, of.height() - 9, 1, 9)]
        {
            for quality in [1, 85, 100] {
                let options = CropOptions { quality: Some(quality), ..CropOptions::default() };
                let part =
                    crop(&source, region(left, top, width, height, of), &options, &CropLimits::default());
                let part = part.expect("a sound picture");
                assert_eq!((part.format, part.source_size), (Format::Jpeg, of));
                assert_eq!(
                    part.bytes,
                    turbo(&whole.crop_imm(left, top, width, height), quality, Subsamp::None),
                    "orientation {exif}"
                );
            }
        }
    }
}

#[test]
fn png_and_webp_are_turned_by_their_orientation_too() {
    let whole = DynamicImage::from(coordinates(40, 30));
    for exif in 1..=8 {
        let orientation = Orientation::from_exif(exif).expect("1 to 8");
        let mut expected = whole.clone();
        expected.apply_orientation(orientation);
        let of = size(expected.width(), expected.height());
        let expected = expected.crop_imm(5, 6, 20, 10);
        for source in [
            with_chunks(&png(&whole), &[(b"eXIf", samples::exif(exif))]),
            webp_file(0x08, 40, 30, &[(b"VP8L", vp8l(&whole)), (b"EXIF", samples::exif(exif))]),
        ] {
            let part = cut(&source, region(5, 6, 20, 10, of));
            assert_eq!(decode(&part).into_rgb8(), expected.to_rgb8(), "orientation {exif}");
            assert!(!has_canary(&part.bytes));
        }
    }
}

#[test]
fn depth_and_kind_of_colour_stay_in_png() {
    let whole = DynamicImage::from(with_alpha(50, 40));
    for (picture, colour) in [
        (DynamicImage::from(whole.to_luma8()), ColorType::L8),
        (DynamicImage::from(whole.to_luma_alpha8()), ColorType::La8),
        (DynamicImage::from(whole.to_rgb8()), ColorType::Rgb8),
        (DynamicImage::from(whole.to_rgba8()), ColorType::Rgba8),
        (DynamicImage::from(whole.to_luma16()), ColorType::L16),
        (DynamicImage::from(whole.to_luma_alpha16()), ColorType::La16),
        (DynamicImage::from(whole.to_rgba16()), ColorType::Rgba16),
        (
            DynamicImage::from(image::ImageBuffer::from_fn(50, 40, |x, y| {
                image::Rgb([x as u16 * 1301, y as u16 * 257 + 1, 40_001])
            })),
            ColorType::Rgb16,
        ),
    ] {
        let part = decode(&cut(&png(&picture), region(3, 4, 30, 20, size(50, 40))));
        assert_eq!(part.color(), colour);
        assert_eq!(part, picture.crop_imm(3, 4, 30, 20), "{colour:?}");
    }
}

#[test]
fn a_palette_becomes_its_colours_and_its_transparency() {
    let colours = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [9, 9, 9]];
    let part = decode(&cut(&palette_png(31, 17, colours), region(2, 3, 20, 10, size(31, 17)))).into_rgba8();
    for (x, y, pixel) in part.enumerate_pixels() {
        let index = ((x + 2 + y + 3) % 4) as usize;
        let [r, g, b] = colours[index];
        assert_eq!(pixel.0, [r, g, b, if index == 3 { 0 } else { 255 }]);
    }
}

#[test]
fn a_gif_gives_its_first_frame_where_it_cannot_move() {
    let opaque = |colour| image::RgbaImage::from_pixel(20, 10, image::Rgba(colour));
    let source = gif(vec![(opaque([10, 20, 30, 255]), 0, 0), (opaque([200, 0, 0, 255]), 0, 0)]);
    let part = cut_as(&source, region(5, 5, 10, 5, size(20, 10)), Some(Format::Png)).expect("sound");
    let picture = decode(&part);
    assert!(picture.into_rgb8().pixels().all(|pixel| pixel.0 == [10, 20, 30]));

    let holes = gif(vec![(with_alpha(20, 10), 0, 0)]);
    assert_eq!(cut(&holes, Region::WHOLE).format, Format::Png, "one frame does not move");
    assert_eq!(decode(&cut(&holes, Region::WHOLE)).color(), ColorType::Rgba8);
    assert!(cut_as(&source, Region::WHOLE, Some(Format::Jpeg)).is_ok());
}

#[test]
fn a_webp_becomes_jpeg_unless_that_would_lose_something() {
    let picture = DynamicImage::from(coordinates(40, 30));
    let lossless = cut(&webp(&picture), region(5, 6, 20, 10, size(40, 30)));
    assert_eq!(lossless.format, Format::Png);
    assert_eq!(decode(&lossless), picture.crop_imm(5, 6, 20, 10));

    let holes = DynamicImage::from(with_alpha(40, 30));
    let part = cut(&webp(&holes), region(5, 6, 20, 10, size(40, 30)));
    assert_eq!((part.format, decode(&part)), (Format::Png, holes.crop_imm(5, 6, 20, 10)));

    let lossy = cut(&riff(&riff_chunk(b"VP8 ", &vp8(40, 30))), region(5, 6, 20, 10, size(40, 30)));
    assert_eq!(lossy.format, Format::Jpeg);
    assert!(
        decode(&lossy).into_rgb8().pixels().all(|pixel| pixel.0.iter().all(|value| value.abs_diff(130) < 5))
    );

    let alpha = [vec![0], (0..40 * 30).map(|index| if index % 40 < 20 { 0 } else { 255 }).collect()].concat();
    let lossy_with_alpha = webp_file(0x10, 40, 30, &[(b"ALPH", alpha), (b"VP8 ", vp8(40, 30))]);
    let part = cut(&lossy_with_alpha, region(10, 0, 20, 30, size(40, 30)));
    assert_eq!(part.format, Format::WebP);
    for (x, _, pixel) in decode(&part).into_rgba8().enumerate_pixels() {
        assert_eq!(pixel.0[3], if x < 10 { 0 } else { 255 });
    }
}

#[test]
fn transparent_pixels_are_never_flattened_silently() {
    let source = png(&with_alpha(20, 20).into());
    assert_eq!(cut_as(&source, Region::WHOLE, Some(Format::Jpeg)), Err(CropError::NoAlphaInJpeg));
    let opaque = png(&DynamicImage::ImageRgba8(DynamicImage::from(coordinates(20, 20)).into_rgba8()));
    let part = cut_as(&opaque, Region::WHOLE, Some(Format::Jpeg)).expect("nothing is lost");
    assert_eq!(part.bytes, turbo(&coordinates(20, 20).into(), 90, Subsamp::None));
    let format = Format::Gif;
    assert_eq!(cut_as(&opaque, Region::WHOLE, Some(format)), Err(CropError::CannotWrite { format }));
    let options = CropOptions { quality: Some(0), ..CropOptions::default() };
    assert_eq!(
        crop(&opaque, Region::WHOLE, &options, &CropLimits::default()),
        Err(CropError::BadQuality { quality: 0 })
    );
}

#[test]
fn a_jpeg_loses_all_metadata_and_keeps_its_profile() {
    let icc = profile(b"RGB ", 70_000);
    let mut segments = vec![exif_segment(6)];
    segments.extend(metadata_segments());
    segments.extend(profile_segments(&icc, 30_000));
    let mut source = with_segments(&jpeg(&smooth(80, 60).into(), 90), &segments);
    source.extend(b"PK\x03\x04 CANARY a second file behind the first");
    assert!(has_canary(&source));
    for format in [Format::Jpeg, Format::Png] {
        let part =
            cut_as(&source, region(10, 10, 30, 20, size(60, 80)), Some(format)).expect("a sound picture");
        assert!(!has_canary(&part.bytes));
        if format == Format::Png {
            assert_eq!(iccp_of(&part.bytes), Some(icc.clone()));
            continue;
        }
        let (segments, rest) = jpeg_segments(&part.bytes);
        assert_eq!(rest, b"");
        let mut kept = Vec::new();
        for (marker, payload) in segments {
            match marker {
                0xe0 => assert!(payload.starts_with(b"JFIF\0")),
                0xe2 => kept.extend_from_slice(
                    payload.strip_prefix(b"ICC_PROFILE\0").and_then(|rest| rest.get(2..)).expect("a piece"),
                ),
                0xdb | 0xc0 | 0xc4 => {}
                other => panic!("marker {other:x} does not belong there"),
            }
        }
        assert_eq!(kept, icc);
    }
}

/// The profile that our own reader, and so nothing of the writer, finds in a PNG.
fn iccp_of(png: &[u8]) -> Option<Vec<u8>> {
    use std::io::Read;
    let chunks = png_chunks(png);
    let payload = chunks.iter().find(|(kind, _)| kind == "iCCP")?.1;
    let stream = payload.iter().position(|&byte| byte == 0)? + 2;
    let mut bytes = Vec::new();
    flate2::read::ZlibDecoder::new(&payload[stream..]).read_to_end(&mut bytes).expect("sound");
    Some(bytes)
}

#[test]
fn a_png_loses_all_metadata_and_keeps_its_colours() {
    let icc = profile(b"RGB ", 3000);
    let texts = || {
        vec![
            (b"tEXt", b"Comment\0CANARY".to_vec()),
            (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0CANARY".to_vec()),
            (b"eXIf", exif(1)),
            (b"prVt", b"CANARY".to_vec()),
        ]
    };
    let kinds = |part: &Cut| png_chunks(&part.bytes).into_iter().map(|(kind, _)| kind).collect::<Vec<_>>();
    let plain = png(&coordinates(30, 30).into());

    let mut chunks = texts();
    chunks.push((b"iCCP", iccp(&icc)));
    let part = cut(&with_chunks(&plain, &chunks), Region::WHOLE);
    assert_eq!(iccp_of(&part.bytes), Some(icc));
    assert_eq!(kinds(&part), ["IHDR", "iCCP", "IDAT", "IEND"]);

    let mut chunks = texts();
    chunks.push((b"gAMA", 100_000u32.to_be_bytes().to_vec()));
    let part = cut(&with_chunks(&plain, &chunks), Region::WHOLE);
    assert_eq!(kinds(&part), ["IHDR", "gAMA", "IDAT", "IEND"]);
    assert!(!has_canary(&part.bytes));
    decode(&part);
}

#[test]
fn a_profile_that_its_file_fills_up_is_kept_as_long_as_it_says() {
    let icc = profile(b"RGB ", 601);
    let padded = [&icc[..], &[0; 3]].concat();
    let picture = DynamicImage::from(coordinates(40, 30));
    for (name, source) in [
        ("JPEG", with_segments(&jpeg(&picture, 90), &profile_segments(&padded, 300))),
        ("PNG", with_chunks(&png(&picture), &[(b"iCCP", iccp(&padded))])),
        ("WebP", webp_file(0x20, 40, 30, &[(b"ICCP", padded), (b"VP8L", vp8l(&picture))])),
    ] {
        let part = cut_as(&source, Region::WHOLE, Some(Format::Png)).expect("a sound picture");
        assert_eq!(iccp_of(&part.bytes), Some(icc.clone()), "{name}");
    }
}

#[test]
fn a_webp_keeps_its_profile() {
    let picture = DynamicImage::from(coordinates(40, 30));
    let icc = profile(b"RGB ", 601);
    let source = webp_file(
        0x20,
        40,
        30,
        &[(b"ICCP", icc.clone()), (b"VP8L", vp8l(&picture)), (b"XMP ", CANARY.to_vec())],
    );
    let part = cut(&source, Region::WHOLE);
    assert_eq!(iccp_of(&part.bytes), Some(icc));
    assert!(!has_canary(&part.bytes));
}

#[test]
fn a_progressive_jpeg_is_cut() {
    let part = cut(&progressive_jpeg(100, 50, 2), region(10, 10, 20, 20, size(100, 50)));
    assert_eq!(part.format, Format::Jpeg);
    assert!(decode(&part).into_luma8().pixels().all(|pixel| pixel.0 == [128]));
}

#[test]
fn a_file_cut_short_is_refused_wherever_it_was_cut() {
    let picture = DynamicImage::from(smooth(64, 48));
    for source in [
        jpeg(&picture, 80),
        progressive_jpeg(200, 200, 3),
        png(&picture),
        palette_png(64, 48, [[1; 3], [2; 3], [3; 3], [4; 3]]),
        webp(&picture),
        riff(&riff_chunk(b"VP8 ", &vp8(64, 48))),
        webp_file(0x08, 64, 48, &[(b"VP8L", vp8l(&picture)), (b"EXIF", exif(6))]),
        gif(vec![(picture.to_rgba8(), 0, 0)]),
    ] {
        let format = measure(&source, &CropLimits::default()).expect("whole").0;
        cut(&source, Region::WHOLE);
        // The last byte of a GIF says that no frame follows, the last two of a JPEG that it ends: without them the picture is
        // still whole.
        let shortest = match format {
            Format::Jpeg => 3,
            Format::Gif => 2,
            _ => 1,
        };
        let step = (source.len() / 200).max(1);
        for length in (12..=source.len() - shortest).step_by(step).chain([source.len() - shortest]) {
            let refused = cut_as(&source[..length], Region::WHOLE, None).expect_err("half a picture");
            assert_eq!(refused, CropError::Truncated { format }, "{length} of {} bytes", source.len());
        }
    }
}

#[test]
fn a_header_that_promises_more_than_its_bytes_hold_is_refused() {
    let honest = jpeg(&smooth(64, 64).into(), 80);
    let lying = with_claimed_size(&honest, 5000, 5000);
    assert_eq!(cut_as(&lying, Region::WHOLE, None), Err(CropError::Truncated { format: Format::Jpeg }));
    let bitstream = vp8l(&coordinates(40, 30).into());
    let lying = webp_file(0, 400, 300, &[(b"VP8L", bitstream)]);
    assert!(matches!(
        cut_as(&lying, Region::WHOLE, None),
        Err(CropError::Broken { format: Format::WebP, .. })
    ));
}

#[test]
fn rare_kinds_of_jpeg_are_named() {
    let source = jpeg(&coordinates(16, 16).into(), 80);
    let frame = source.windows(2).position(|pair| pair == [0xff, 0xc0]).expect("a frame header");
    let message = |at: usize, value: u8| {
        let mut changed = source.clone();
        changed[frame + at] = value;
        cut_as(&changed, Region::WHOLE, None).expect_err("not handled").to_string()
    };
    assert!(message(1, 0xc9).contains("arithmetic coding"));
    assert!(message(1, 0xc3).contains("lossless"));
    assert!(message(4, 12).contains("more than 8 bits"));
}

#[test]
fn a_thumbnail_is_upright_scaled_and_never_enlarged() {
    let limits = CropLimits::default();
    let icc = profile(b"RGB ", 500);
    let mut segments = vec![exif_segment(6)];
    segments.extend(profile_segments(&icc, 60_000));
    let source = with_segments(&jpeg(&smooth(300, 200).into(), 95), &segments);
    let small = thumbnail(&source, 50, &limits).expect("a sound picture");
    assert_eq!((small.format, small.size), (Format::Jpeg, size(50, 75)));
    let picture = image::load_from_memory(&small.bytes).expect("a JPEG");
    assert_eq!((picture.width(), picture.height()), (50, 75));
    // Turned right: the stored left edge (no red) is on top, the stored bottom (all green) on the left.
    let picture = picture.into_rgb8();
    assert!(picture.get_pixel(2, 2).0[0] < 20 && picture.get_pixel(2, 2).0[1] > 235);
    assert!(picture.get_pixel(47, 72).0[0] > 235 && picture.get_pixel(47, 72).0[1] < 20);
    let kept = jpeg_segments(&small.bytes)
        .0
        .into_iter()
        .any(|(marker, payload)| marker == 0xe2 && payload.ends_with(&icc));
    assert!(kept && !has_canary(&small.bytes));
    assert_eq!(thumbnail(&source, 5000, &limits).expect("a sound picture").size, size(200, 300));

    let holes = thumbnail(&png(&with_alpha(90, 60).into()), 30, &limits).expect("a sound picture");
    assert_eq!((holes.format, holes.size), (Format::Png, size(30, 20)));
    let deep =
        thumbnail(&png(&DynamicImage::from(DynamicImage::from(smooth(90, 60)).to_rgb16())), 30, &limits);
    assert_eq!(deep.expect("a sound picture").format, Format::Jpeg);
}

#[test]
fn limits_hold_at_their_edge() {
    let source = png(&coordinates(100, 50).into());
    let limits =
        |max_pixels, max_decode_bytes| CropLimits { max_pixels, max_decode_bytes, ..CropLimits::default() };
    let too_large = CropError::TooLarge { size: size(100, 50), limit: 4999 };
    assert!(measure(&source, &limits(5000, 0)).is_ok());
    assert_eq!(measure(&source, &limits(4999, 0)), Err(too_large.clone()));
    let whole = |limits| crop(&source, Region::WHOLE, &CropOptions::default(), &limits).map(|cut| cut.size);
    assert_eq!(whole(limits(4999, 1 << 20)), Err(too_large.clone()));
    assert_eq!(thumbnail(&source, 10, &limits(4999, 1 << 20)), Err(too_large));
    let Err(CropError::TooMuchMemory { needed, limit: 15_000, .. }) = whole(limits(5000, 15_000)) else {
        panic!("the part alone takes as much");
    };
    assert!(whole(limits(5000, needed)).is_ok());
    assert!(whole(limits(5000, needed - 1)).is_err());
}

#[test]
fn who_made_a_picture_is_told_beside_the_part_and_not_in_its_file() {
    let packet = br#"<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
        <rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" dc:creator="Ada Lovelace"/></rdf:RDF>"#;
    let iptc = b"Photoshop 3.0\08BIM\x04\x04\0\0\0\0\0\x11\x1c\x02\x50\0\x0cAda Lovelace\0";
    let xmp = [b"http://ns.adobe.com/xap/1.0/\0", &packet[..]].concat();
    let itxt = [b"XML:com.adobe.xmp\0\0\0\0\0", &packet[..]].concat();
    let photo = jpeg(&smooth(40, 30).into(), 90);
    let drawing = png(&coordinates(40, 30).into());
    let pixels: (&[u8; 4], _) = (b"VP8L", vp8l(&coordinates(40, 30).into()));
    let ramp: Vec<u8> = std::iter::once(1).chain((0..=255).rev()).chain([0]).collect();
    let mut still = gif(vec![(with_alpha(40, 30), 0, 0)]);
    let colours = if still[10] & 0x80 == 0 { 0 } else { 3 << ((still[10] & 7) + 1) };
    still.splice(13 + colours..13 + colours, [b"\x21\xff\x0bXMP DataXMP", &packet[..], &ramp].concat());
    for (name, source) in [
        ("XMP in a GIF", still),
        ("XMP in a JPEG", with_segments(&photo, &[(0xe1, xmp)])),
        ("IPTC in a JPEG", with_segments(&photo, &[(0xed, iptc.to_vec())])),
        ("XMP in a PNG", with_chunks(&drawing, &[(b"iTXt", itxt)])),
        ("XMP in a WebP", webp_file(0x04, 40, 30, &[pixels.clone(), (b"XMP ", packet.to_vec())])),
        ("Exif in a WebP", webp_file(0x08, 40, 30, &[pixels.clone(), (b"EXIF", exif_by("Ada Lovelace"))])),
        ("a text in a PNG", with_chunks(&drawing, &[(b"tEXt", b"Author\0Ada Lovelace".to_vec())])),
    ] {
        let part = cut(&source, Region::WHOLE);
        assert_eq!(part.credit.author, "Ada Lovelace", "{name}");
        assert!(!part.bytes.windows(8).any(|window| window == b"Lovelace"), "{name}");
    }
    assert_eq!(cut(&photo, Region::WHOLE).credit, cutline_model::Credit::default());
}
