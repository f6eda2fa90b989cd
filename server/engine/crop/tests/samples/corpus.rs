//! One small picture of every format and of every kind that is read in a way of its own: what is cut short, changed and
//! confused to see what happens, and what the fuzzer begins with.

use std::io::Write;
use std::process::{Command, Stdio};

use cutline_crop::Format;
use flate2::Crc;
use image::{DynamicImage, ImageFormat};
use turbojpeg::{Colorspace, Subsamp};

use super::{
    black_png, cmyk_jpeg, exif, exif_segment, file, gif, iccp, metadata_segments, palette_png, png, profile,
    profile_segments, riff, riff_chunk, smooth, turbo, vp8, webp, webp_file, with_alpha, with_chunks,
    with_segments,
};

const WIDTH: u32 = 48;
const HEIGHT: u32 = 40;

/// A sound picture.
pub(crate) struct Sample {
    pub(crate) name: &'static str,
    pub(crate) format: Format,
    pub(crate) bytes: Vec<u8>,
}

/// All of them.
pub(crate) fn corpus() -> Vec<Sample> {
    let samples = [
        (Format::Jpeg, jpegs()),
        (Format::Png, pngs()),
        (Format::Gif, gifs()),
        (Format::WebP, webps()),
        (Format::Bmp, bmps()),
        (Format::Ico, icons()),
        (Format::Avif, avifs()),
        (Format::Tiff, tiffs()),
        (Format::JpegXl, jxls()),
    ];
    samples
        .into_iter()
        .flat_map(|(format, kinds)| {
            kinds.into_iter().map(move |(name, bytes)| Sample { name, format, bytes })
        })
        .collect()
}

/// Those of one format.
pub(crate) fn corpus_of(format: Format) -> Vec<Sample> {
    corpus().into_iter().filter(|sample| sample.format == format).collect()
}

/// A PNG, or an icon with one, whose chunks get the check sums that belong to them, as far as they can be followed.
pub(crate) fn mend_check_sums(bytes: &mut [u8]) {
    let Some(signature) = bytes.windows(8).position(|window| window == b"\x89PNG\r\n\x1a\n") else { return };
    let mut position = signature + 8;
    while let Some(length) = bytes.get(position..position + 4) {
        let length = u32::from_be_bytes(length.try_into().unwrap()) as usize;
        let end = position.saturating_add(8).saturating_add(length);
        let Some(summed) = bytes.get(position + 4..end) else { return };
        let mut sum = Crc::new();
        sum.update(summed);
        let Some(place) = bytes.get_mut(end..end.saturating_add(4)) else { return };
        place.copy_from_slice(&sum.sum().to_be_bytes());
        position = end + 4;
    }
}

/// Noise in the lowest bits of a smooth picture, so that its blocks differ.
pub(crate) fn grainy(width: u32, height: u32) -> DynamicImage {
    let mut picture = smooth(width, height);
    for (index, sample) in picture.iter_mut().enumerate() {
        *sample ^= ((index as u32).wrapping_mul(0x9e37_79b1) >> 29) as u8;
    }
    picture.into()
}

/// What libjpeg-turbo's own tool makes of a JPEG.
pub(crate) fn jpegtran(jpeg: &[u8], arguments: &[&str]) -> Vec<u8> {
    let mut child = Command::new("jpegtran")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("jpegtran of libjpeg-turbo-progs");
    // Shorter than a pipe holds: nothing waits for anything.
    child.stdin.take().unwrap().write_all(jpeg).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{arguments:?}");
    output.stdout
}

fn jpegs() -> Vec<(&'static str, Vec<u8>)> {
    let picture = grainy(WIDTH, HEIGHT);
    let mut segments = vec![exif_segment(6)];
    segments.extend(metadata_segments());
    segments.extend(profile_segments(&profile(b"RGB ", 400), 150));
    let halved = turbo(&picture, 85, Subsamp::Sub2x2);
    let full = turbo(&picture, 85, Subsamp::None);
    let inks: Vec<u8> = (0..WIDTH * HEIGHT * 4).map(|index| (index / 7) as u8).collect();
    let wide = WIDTH as usize;
    vec![
        ("jpeg-420", with_segments(&halved, &segments)),
        ("jpeg-444", full.clone()),
        ("jpeg-grey", turbo(&picture.to_luma8().into(), 85, Subsamp::Gray)),
        ("jpeg-411-restarts", jpegtran(&turbo(&picture, 85, Subsamp::Sub4x1), &["-restart", "1B"])),
        ("jpeg-440-optimised", jpegtran(&turbo(&picture, 85, Subsamp::Sub1x2), &["-optimize"])),
        ("jpeg-progressive", jpegtran(&halved, &["-progressive"])),
        ("jpeg-progressive-restarts", jpegtran(&full, &["-progressive", "-restart", "2B"])),
        ("jpeg-cmyk", cmyk_jpeg(&inks, wide, Colorspace::CMYK, Subsamp::None)),
        ("jpeg-ycck", cmyk_jpeg(&inks, wide, Colorspace::YCCK, Subsamp::Sub2x2)),
    ]
}

fn pngs() -> Vec<(&'static str, Vec<u8>)> {
    let picture = grainy(WIDTH, HEIGHT);
    let holes = DynamicImage::from(with_alpha(WIDTH, HEIGHT));
    let chunks: Vec<(&[u8; 4], Vec<u8>)> = vec![
        (b"iCCP", iccp(&profile(b"RGB ", 400))),
        (b"eXIf", exif(5)),
        (b"tEXt", b"Comment\0CANARY".to_vec()),
    ];
    vec![
        ("png-rgb", png(&picture)),
        ("png-rgba-chunks", with_chunks(&png(&holes), &chunks)),
        ("png-palette", palette_png(WIDTH, HEIGHT, [[1; 3], [2; 3], [3; 3], [4; 3]])),
        ("png-grey", png(&picture.to_luma8().into())),
        ("png-16", png(&picture.to_rgba16().into())),
        ("png-1-bit", black_png(WIDTH, HEIGHT, 1, 0)),
    ]
}

fn gifs() -> Vec<(&'static str, Vec<u8>)> {
    let (picture, holes) = (grainy(WIDTH, HEIGHT).to_rgba8(), with_alpha(WIDTH / 2, HEIGHT / 2));
    vec![
        ("gif-still", gif(vec![(picture.clone(), 0, 0)])),
        ("gif-moving", gif(vec![(picture, 0, 0), (holes.clone(), 3, 5), (holes, 20, 17)])),
    ]
}

fn avifs() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("avif", include_bytes!("avif/y420.avif").to_vec()),
        ("avif-alpha", include_bytes!("avif/alpha10.avif").to_vec()),
        ("avif-grid", include_bytes!("avif/grid.avif").to_vec()),
        ("avif-exif", include_bytes!("avif/exif.avif").to_vec()),
    ]
}

fn tiffs() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("tiff-lzw", include_bytes!("tif/rgb.tif").to_vec()),
        ("tiff-tiles", include_bytes!("tif/tiles.tif").to_vec()),
        ("tiff-fax", include_bytes!("tif/fax.tif").to_vec()),
        ("tiff-palette", include_bytes!("tif/palette-big-endian.tif").to_vec()),
        ("tiff-planes", include_bytes!("tif/planes-tiles.tif").to_vec()),
        ("tiff-inks", include_bytes!("tif/inks.tif").to_vec()),
        ("tiff-credit", include_bytes!("tif/credited.tif").to_vec()),
    ]
}

fn jxls() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("jxl-lossy", include_bytes!("jxl/lossy.jxl").to_vec()),
        ("jxl-lossless-alpha", include_bytes!("jxl/alpha.jxl").to_vec()),
        ("jxl-squeezed", include_bytes!("jxl/squeezed.jxl").to_vec()),
        ("jxl-profile", include_bytes!("jxl/icc.jxl").to_vec()),
        ("jxl-boxes", include_bytes!("jxl/turned.jxl").to_vec()),
        ("jxl-moving", include_bytes!("jxl/moving.jxl").to_vec()),
    ]
}

fn webps() -> Vec<(&'static str, Vec<u8>)> {
    let (width, height) = (WIDTH as u16, HEIGHT as u16);
    let alpha = vec![0; 1 + (WIDTH * HEIGHT) as usize];
    vec![
        ("webp-lossless", webp(&grainy(WIDTH, HEIGHT))),
        ("webp-lossless-alpha", webp(&with_alpha(WIDTH, HEIGHT).into())),
        ("webp-lossy", riff(&riff_chunk(b"VP8 ", &vp8(width, height)))),
        (
            "webp-lossy-alpha-exif",
            webp_file(
                0x18,
                WIDTH,
                HEIGHT,
                &[(b"ALPH", alpha), (b"VP8 ", vp8(width, height)), (b"EXIF", exif(8))],
            ),
        ),
    ]
}

fn bmps() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("bmp-24", file(&grainy(WIDTH, HEIGHT), ImageFormat::Bmp)),
        ("bmp-alpha", file(&with_alpha(WIDTH, HEIGHT).into(), ImageFormat::Bmp)),
        ("bmp-grey", file(&grainy(WIDTH, HEIGHT).to_luma8().into(), ImageFormat::Bmp)),
    ]
}

fn icons() -> Vec<(&'static str, Vec<u8>)> {
    // A bitmap of 32 bits without its file header, twice as high for its mask.
    let (wide, high) = (16_u32, 16_u32);
    let mut bitmap = [40, wide, 2 * high, 32 << 16 | 1].map(u32::to_le_bytes).concat();
    bitmap.extend([0; 24]);
    bitmap.extend((0..wide * high).flat_map(|index| [index as u8, 7, 99, 255]));
    bitmap.resize(bitmap.len() + high as usize * 4, 0);
    let length = (bitmap.len() as u32).to_le_bytes();
    let icon =
        [&[0, 0, 1, 0, 1, 0, 16, 16, 0, 0, 1, 0, 32, 0][..], &length, &[22, 0, 0, 0], &bitmap].concat();
    vec![("ico-png", file(&with_alpha(WIDTH, HEIGHT).into(), ImageFormat::Ico)), ("ico-bitmap", icon)]
}
