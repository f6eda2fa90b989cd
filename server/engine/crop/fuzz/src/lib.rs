//! What must hold for any bytes: the checks that the fuzz targets share.
//!
//! A panic is a finding by itself, wherever it happens: the fuzzer aborts before `crop` contains it.

use std::io::Read;

use cutline_crop::{CropError, CropLimits, CropOptions, Cut, Format, Source, crop, measure, sniff};
use cutline_model::Region;
use image::DynamicImage;
use turbojpeg::{Decompressor, Image, PixelFormat, Transform, Transformer};

/// Small, so that a case takes milliseconds.
pub fn limits() -> CropLimits {
    CropLimits {
        max_pixels: 1 << 22,
        max_whole_pixels: 1 << 20,
        max_decode_bytes: 32 << 20,
        ..CropLimits::default()
    }
}

/// A reader that hands out a few bytes at a time.
struct Trickle<'a>(&'a [u8]);

impl Read for Trickle<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let count = into.len().min(1 + self.0.len() % 7);
        self.0.read(&mut into[..count])
    }
}

/// A header is read alike whether its file is there or arrives, and no beginning of it says something else.
pub fn header(bytes: &[u8], format: Format) {
    if sniff(bytes) != Ok(format) {
        return;
    }
    let whole = measure(bytes, &limits());
    assert_eq!(measure(Source::arriving(Trickle(bytes)), &limits()), whole);
    if let Ok((found, size)) = whole {
        assert_eq!(found, format);
        assert!(size.area() <= limits().max_pixels, "{size}");
    }
    assert_ne!(whole, Err(CropError::DecoderFailed));
    for percent in [5, 30, 60, 90, 99] {
        match measure(&bytes[..bytes.len() * percent / 100], &limits()) {
            Err(CropError::Truncated { .. } | CropError::NotAPicture | CropError::Unsupported { .. }) => {}
            part => assert_eq!(part, whole, "at {percent} %"),
        }
    }
}

/// Cuts the part that the last four bytes name out of the file before them, if that is of this format; whether it is
/// there or arrives makes no difference.
pub fn decode(bytes: &[u8], format: Format) -> Option<(Cut, &[u8])> {
    let (file, place) = bytes.split_last_chunk::<4>()?;
    if sniff(file) != Ok(format) {
        return None;
    }
    let region = region(*place);
    let options = CropOptions { format: Some(Format::Png), ..CropOptions::default() };
    let whole = crop(file, region, &options, &limits());
    let arrived = crop(Source::arriving(Trickle(file)), region, &options, &limits());
    match (&whole, &arrived) {
        (Ok(whole), Ok(arrived)) => {
            assert!(whole.bytes == arrived.bytes, "other pixels when it arrives");
            assert_eq!(whole.region.size(), whole.size);
        }
        (Err(whole), Err(arrived)) => assert_eq!(whole, arrived),
        _ => panic!("{whole:?} when it is there, {arrived:?} when it arrives"),
    }
    assert_ne!(whole.as_ref().err(), Some(&CropError::DecoderFailed));
    whole.ok().map(|cut| (cut, file))
}

/// What the region path gives has the pixels that libjpeg-turbo gives, where that reads the file without a complaint.
pub fn walker(bytes: &[u8]) {
    let Some((cut, file)) = decode(bytes, Format::Jpeg) else { return };
    let Some(whole) = whole(file) else { return };
    let ours = image::load_from_memory(&cut.bytes).expect("a PNG of ours");
    let region = cut.region;
    // Upright, as the cut is.
    let (_, size) = measure(file, &limits()).expect("it was cut");
    if (whole.width(), whole.height()) != (size.width(), size.height()) {
        return;
    }
    let expected = whole.crop_imm(region.left, region.top, region.width, region.height);
    let is_turned = file.windows(6).any(|six| six == b"Exif\0\0");
    assert!(is_turned || ours.to_rgb8() == expected.to_rgb8(), "{region:?}: other pixels");
}

/// The whole picture by libjpeg-turbo. Made baseline first: of a progressive file whose scans leave coefficients open,
/// it would smooth what is missing, which the region path does not.
fn whole(jpeg: &[u8]) -> Option<DynamicImage> {
    let mut transform = Transform::default();
    transform.optimize = true;
    let mut transformer = Transformer::new().ok()?;
    let baseline = transformer.transform_to_vec(&transform, jpeg).ok()?;
    let mut decoder = Decompressor::new().ok()?;
    let header = decoder.read_header(&baseline).ok()?;
    if matches!(header.colorspace, turbojpeg::Colorspace::CMYK | turbojpeg::Colorspace::YCCK) {
        return None;
    }
    let (width, height) = (header.width, header.height);
    let mut pixels = vec![0; width * height * 3];
    let image = Image { pixels: &mut pixels[..], width, pitch: width * 3, height, format: PixelFormat::RGB };
    decoder.decompress(&baseline, image).ok()?;
    image::RgbImage::from_raw(width as u32, height as u32, pixels).map(DynamicImage::from)
}

/// Left, top, width and height in 256ths, brought inside.
fn region([left, top, width, height]: [u8; 4]) -> Region {
    let span = |begin: u8, length: u8| {
        let begin = f64::from(begin) / 256.0;
        (begin, (f64::from(length) + 1.0).min(256.0 - begin * 256.0) / 256.0)
    };
    let ((x, w), (y, h)) = (span(left, width), span(top, height));
    Region::new(x, y, w, h).expect("inside")
}
