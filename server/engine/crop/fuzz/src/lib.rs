//! What must hold for any bytes: the checks that the fuzz targets share.
//!
//! A panic is a finding by itself, wherever it happens: the fuzzer aborts before `crop` contains it.

use std::io::Read;

use cutline_crop::{
    AspectRange, CropError, CropLimits, CropOptions, Cut, Fit, Format, RenditionOptions, Source, Tone, Turn, crop, fuzzing::at_once_and_in_strips, measure,
    rendition, sniff, thumbnail,
};
use cutline_model::{PixelRegion, Region, Size};
use image::DynamicImage;
use turbojpeg::{Decompressor, Image, PixelFormat, Transform, TransformCrop, Transformer};

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

/// A part made in strips is the one made at once, bit for bit, or is refused alike.
pub fn strips(bytes: &[u8]) {
    let Some((file, place)) = bytes.split_last_chunk::<4>() else { return };
    if sniff(file) != Ok(Format::Jpeg) {
        return;
    }
    // As few as there can be, and as many as there are.
    let rows = 16 * (1 + u32::from(place[0] % 6));
    let Some([at_once, in_strips]) = at_once_and_in_strips(file, region(*place), rows, &limits()) else { return };
    match (at_once, in_strips) {
        (Ok(at_once), Ok(in_strips)) => assert!(at_once == in_strips, "another file in strips"),
        // A high part takes less in strips, a flat one that is very wide more.
        (Err(CropError::TooMuchMemory { .. }), _) => {}
        (_, Err(CropError::TooMuchMemory { size, .. })) if size.width() > 8192 => {}
        (Err(at_once), Err(in_strips)) => assert_eq!(at_once, in_strips),
        (at_once, in_strips) => panic!("{:?} at once, {:?} in strips", at_once.err(), in_strips.err()),
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
    let Some(whole) = pixels(file) else { return };
    let ours = image::load_from_memory(&cut.bytes).expect("a PNG of ours");
    let region = cut.region;
    // Upright, as the cut is.
    let (_, size) = measure(file, &limits()).expect("it was cut");
    if (whole.width(), whole.height()) != (size.width(), size.height()) {
        return;
    }
    let expected = whole.crop_imm(region.left, region.top, region.width, region.height);
    assert!(is_turned(file) || ours.to_rgb8() == expected.to_rgb8(), "{region:?}: other pixels");
}

/// What is cut without loss has the pixels of what libjpeg-turbo cuts without loss, where that reads the file without a
/// complaint.
pub fn lossless(bytes: &[u8]) {
    let Some((file, place)) = bytes.split_last_chunk::<4>() else { return };
    if sniff(file) != Ok(Format::Jpeg) {
        return;
    }
    let (region, options) = (region(*place), CropOptions { is_lossless: true, ..CropOptions::default() });
    let cut = crop(file, region, &options, &limits());
    assert_ne!(cut.as_ref().err(), Some(&CropError::DecoderFailed));
    let arrived = crop(Source::arriving(Trickle(file)), region, &options, &limits());
    assert!(
        cut.as_ref().map(|cut| &cut.bytes) == arrived.as_ref().map(|cut| &cut.bytes),
        "other when it arrives"
    );
    let Ok(Cut { bytes: ours, region: PixelRegion { left, top, width, height }, .. }) = cut else { return };
    if is_turned(file) {
        return;
    }
    let [x, y, width, height] = [left, top, width, height].map(|pixels| pixels as usize);
    let theirs = baseline(file, Some(TransformCrop { x, y, width: Some(width), height: Some(height) }));
    let Some(expected) = theirs.as_deref().and_then(pixels) else { return };
    let ours = baseline(&ours, None).expect("libjpeg-turbo reads what was cut");
    let ours = pixels(&ours).expect("and what it made of it");
    assert!(ours == expected, "{region:?}: other coefficients");
}

/// Cuts a part out of a picture of any format and writes it as any other, within limits on bytes and sides; the last nine
/// bytes name the part and all that. What is given out keeps the limits and is what it is said to be.
pub fn fit(bytes: &[u8]) {
    let Some((file, &[a, b, c, d, kind, quality, most_bytes, side, pixels])) = bytes.split_last_chunk() else {
        return;
    };
    if !is_quick(file) {
        return;
    }
    let format = [None, Some(Format::Jpeg), Some(Format::WebP), Some(Format::Png)][usize::from(kind & 3)];
    let fit = Fit {
        formats: if kind & 4 == 0 { Vec::new() } else { vec![Format::WebP, Format::Jpeg] },
        max_bytes: (most_bytes > 0).then(|| u64::from(most_bytes) * 64),
        max_pixels: (pixels > 0).then(|| u64::from(pixels) * 16),
        max_side: (side > 0).then(|| u32::from(side)),
        aspect: if kind & 8 == 0 { None } else { AspectRange::new(0.8, 1.91).ok() },
        is_still: kind & 16 != 0,
    };
    let options = CropOptions {
        format,
        quality: (1..=100).contains(&quality).then_some(quality),
        is_lossless: false,
        fit: Some(fit.clone()),
    };
    let made = crop(file, region([a, b, c, d]), &options, &limits());
    is_no_fault_of_ours(made.as_ref().err());
    let Ok(cut) = made else { return };
    is_what_it_says(&cut.bytes, cut.format, cut.size);
    assert!(fit.holds(&cut), "{fit:?}");
    assert!(fit.formats.is_empty() || fit.formats.contains(&cut.format), "{}", cut.format);
    assert!(fit.max_bytes.is_none_or(|most| cut.bytes.len() as u64 <= most));
    assert!(fit.max_pixels.is_none_or(|most| cut.size.area() <= most), "{}", cut.size);
    assert!(fit.max_side.is_none_or(|most| cut.size.width().max(cut.size.height()) <= most), "{}", cut.size);
}

/// Makes a smaller copy of a picture of any format and a rendition of a part of it, both decoded for a smaller size where
/// that can be; the last eight bytes name the part and the size.
pub fn small(bytes: &[u8]) {
    let Some((file, &[a, b, c, d, width, height, kind, quality])) = bytes.split_last_chunk() else { return };
    if !is_quick(file) {
        return;
    }
    let small = thumbnail(file, u32::from(width) + 1, &limits());
    is_no_fault_of_ours(small.as_ref().err());
    if let Ok(small) = &small {
        assert!(small.size.width() <= u32::from(width) + 1, "{}", small.size);
        is_what_it_says(&small.bytes, small.format, small.size);
    }
    let Ok((_, whole)) = measure(file, &limits()) else { return };
    let size = Size::new(u32::from(width) + 1, u32::from(height) + 1).expect("not zero");
    let options = RenditionOptions {
        region: region([a, b, c, d]).to_pixels(whole),
        size,
        is_mirrored: kind & 1 != 0,
        turn: [Turn::None, Turn::Right, Turn::Around, Turn::Left][usize::from(kind >> 1 & 3)],
        tone: [Tone::Full, Tone::Grey, Tone::Bitonal, Tone::Full][usize::from(kind >> 3 & 3)],
        format: [Format::Jpeg, Format::WebP, Format::Png, Format::Jpeg][usize::from(kind >> 5 & 3)],
        quality: quality % 100 + 1,
    };
    let made = rendition(file, &options, &limits());
    is_no_fault_of_ours(made.as_ref().err());
    let Ok(made) = made else { return };
    let turned = Size::new(size.height(), size.width()).expect("not zero");
    let is_laid = matches!(options.turn, Turn::Right | Turn::Left);
    assert_eq!(made.size, if is_laid { turned } else { size });
    is_what_it_says(&made.bytes, options.format, made.size);
}

/// Whether its decoder takes milliseconds: those of AVIF and JPEG XL have targets of their own.
fn is_quick(file: &[u8]) -> bool {
    !matches!(sniff(file), Err(_) | Ok(Format::Avif | Format::JpegXl))
}

fn is_no_fault_of_ours(error: Option<&CropError>) {
    assert!(
        !matches!(error, Some(CropError::DecoderFailed | CropError::EncoderFailed { .. })),
        "{error:?}"
    );
}

fn is_what_it_says(bytes: &[u8], format: Format, size: Size) {
    assert_eq!(measure(bytes, &CropLimits::default()), Ok((format, size)));
}

/// Whether there may be a tag that turns the picture.
fn is_turned(jpeg: &[u8]) -> bool {
    jpeg.windows(6).any(|six| six == b"Exif\0\0")
}

/// The picture, or a part whose edges are those of blocks, as a baseline file by libjpeg-turbo: the coefficients alone, without
/// what its decoder guesses of those that a progressive file leaves open.
fn baseline(jpeg: &[u8], crop: Option<TransformCrop>) -> Option<Vec<u8>> {
    let mut transform = Transform::default();
    transform.optimize = true;
    transform.crop = crop;
    Transformer::new().ok()?.transform_to_vec(&transform, jpeg).ok()
}

/// What libjpeg-turbo makes of a file; nothing of CMYK, which it leaves as it is.
fn pixels(jpeg: &[u8]) -> Option<DynamicImage> {
    let mut decoder = Decompressor::new().ok()?;
    let header = decoder.read_header(jpeg).ok()?;
    if matches!(header.colorspace, turbojpeg::Colorspace::CMYK | turbojpeg::Colorspace::YCCK) {
        return None;
    }
    let (width, height) = (header.width, header.height);
    let mut pixels = vec![0; width * height * 3];
    let image = Image { pixels: &mut pixels[..], width, pitch: width * 3, height, format: PixelFormat::RGB };
    decoder.decompress(jpeg, image).ok()?;
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
