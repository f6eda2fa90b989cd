//! Pictures for the tests, made here from nothing: no binary files, and every pixel is known.
//!
//! The coordinate picture says in each pixel where it stands, so that a cut shows where it was made.

#![expect(clippy::unwrap_used, reason = "a sample that cannot be made is a failed test")]
#![allow(dead_code, reason = "each test program uses some of the samples")]

pub(crate) mod corpus;
pub(crate) mod kept;
pub(crate) mod pngs;

use std::io::{Cursor, Write};

use flate2::{Compress, Compression, Crc, FlushCompress, write::ZlibEncoder};
use image::codecs::gif::GifEncoder;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, Frame, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use turbojpeg::{Colorspace, Compressor, PixelFormat, Subsamp};

/// What must never come out again.
pub(crate) const CANARY: &[u8] = b"CANARY";

/// Red counts columns, green counts rows, blue mixes both.
pub(crate) fn coordinates(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| Rgb([x as u8, y as u8, (x * 3 + y * 5) as u8]))
}

/// A smooth picture, as photographs are, so that JPEG keeps it closely.
pub(crate) fn smooth(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        Rgb([(x * 255 / width) as u8, (y * 255 / height) as u8, ((x + y) * 255 / (width + height)) as u8])
    })
}

/// Coordinates with holes.
pub(crate) fn with_alpha(width: u32, height: u32) -> RgbaImage {
    RgbaImage::from_fn(width, height, |x, y| {
        Rgba([x as u8, y as u8, 99, if (x + y) % 3 == 0 { 0 } else { 255 }])
    })
}

pub(crate) fn jpeg(picture: &DynamicImage, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    picture.write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, quality)).unwrap();
    bytes
}

/// What libjpeg-turbo makes of these pixels, with chroma as given (grey has none).
pub(crate) fn turbo(picture: &DynamicImage, quality: u8, chroma: Subsamp) -> Vec<u8> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let (pixels, format) = match picture {
        DynamicImage::ImageLuma8(picture) => (picture.as_raw().clone(), PixelFormat::GRAY),
        picture => (picture.to_rgb8().into_raw(), PixelFormat::RGB),
    };
    let mut compressor = Compressor::new().unwrap();
    compressor.set_quality(i32::from(quality)).unwrap();
    compressor.set_subsamp(if format == PixelFormat::GRAY { Subsamp::Gray } else { chroma }).unwrap();
    let pitch = width * format.size();
    compressor.compress_to_vec(turbojpeg::Image { pixels: &pixels, width, pitch, height, format }).unwrap()
}

/// A CMYK (or YCCK) JPEG of these inks, 255 is full, as Adobe stores them: inverted.
pub(crate) fn cmyk_jpeg(inks: &[u8], width: usize, colorspace: Colorspace, chroma: Subsamp) -> Vec<u8> {
    let pixels: Vec<u8> = inks.iter().map(|ink| 255 - ink).collect();
    let mut compressor = Compressor::new().unwrap();
    compressor.set_quality(98).unwrap();
    compressor.set_subsamp(chroma).unwrap();
    compressor.set_colorspace(colorspace).unwrap();
    let (pitch, height, format) = (width * 4, inks.len() / 4 / width, PixelFormat::CMYK);
    compressor.compress_to_vec(turbojpeg::Image { pixels: &pixels, width, pitch, height, format }).unwrap()
}

pub(crate) fn png(picture: &DynamicImage) -> Vec<u8> {
    file(picture, ImageFormat::Png)
}

/// Lossless.
pub(crate) fn webp(picture: &DynamicImage) -> Vec<u8> {
    file(picture, ImageFormat::WebP)
}

pub(crate) fn file(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// Frames at their places; the first says how large the canvas is.
pub(crate) fn gif(frames: Vec<(RgbaImage, u32, u32)>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    for (frame, left, top) in frames {
        encoder
            .encode_frame(Frame::from_parts(frame, left, top, image::Delay::from_numer_denom_ms(100, 1)))
            .unwrap();
    }
    drop(encoder);
    bytes
}

/// A PNG of two bits per pixel whose four colours are given; the fourth is transparent.
pub(crate) fn palette_png(width: u32, height: u32, colours: [[u8; 3]; 4]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Two);
    encoder.set_palette(colours.concat());
    encoder.set_trns(vec![255, 255, 255, 0]);
    let rows: Vec<Vec<u8>> = (0..height)
        .map(|y| {
            let row: Vec<u8> = (0..width).map(|x| ((x + y) % 4) as u8).collect();
            row.chunks(4)
                .map(|four| four.iter().enumerate().map(|(i, index)| index << (6 - 2 * i)).sum())
                .collect()
        })
        .collect();
    encoder.write_header().unwrap().write_image_data(&rows.concat()).unwrap();
    bytes
}

/// A JPEG with `segments` (marker, payload) put in behind its first marker.
pub(crate) fn with_segments(jpeg: &[u8], segments: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = jpeg[..2].to_vec();
    for (marker, payload) in segments {
        bytes.extend([0xff, *marker]);
        bytes.extend(u16::try_from(payload.len() + 2).unwrap().to_be_bytes());
        bytes.extend(payload);
    }
    bytes.extend(&jpeg[2..]);
    bytes
}

/// An EXIF payload for JPEG's APP1.
pub(crate) fn exif_segment(orientation: u8) -> (u8, Vec<u8>) {
    (0xe1, [b"Exif\0\0", exif(orientation).as_slice()].concat())
}

/// An Exif block whose artist is this name, of more than four bytes.
pub(crate) fn exif_by(artist: &str) -> Vec<u8> {
    let length = u8::try_from(artist.len() + 1).unwrap();
    // Big-endian; one entry at 8: tag 0x013b (Artist), ASCII, its length, and that it lies behind the entries, at 26.
    let mut block = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x3b\0\x02\0\0\0".to_vec();
    block.extend([length, 0, 0, 0, 26, 0, 0, 0, 0]);
    block.extend(artist.as_bytes());
    block.push(0);
    block
}

/// TIFF, little end first: the orientation, a camera name and a place, the last two with the canary.
pub(crate) fn exif(orientation: u8) -> Vec<u8> {
    let entry = |tag: u16, kind: u16, count: u32, value: u32| {
        [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value.to_le_bytes()].concat()
    };
    let names = 8 + 2 + 3 * 12 + 4;
    let place = names + 8;
    let mut tiff = b"II*\0\x08\0\0\0\x03\0".to_vec();
    tiff.extend(entry(0x0110, 2, 7, names)); // Model
    tiff.extend(entry(0x0112, 3, 1, u32::from(orientation))); // Orientation
    tiff.extend(entry(0x8825, 4, 1, place)); // GPS
    tiff.extend([0; 4]);
    tiff.extend(b"CANARY\0\0");
    tiff.extend([1, 0]);
    tiff.extend(entry(0x001d, 2, 11, place + 2 + 12 + 4)); // GPSDateStamp
    tiff.extend([0; 4]);
    tiff.extend(b"CANARY-GPS\0");
    tiff
}

/// XMP, IPTC and a comment, each with the canary.
pub(crate) fn metadata_segments() -> Vec<(u8, Vec<u8>)> {
    vec![
        (0xe1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>CANARY</x:xmpmeta>".to_vec()),
        (0xed, b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x06CANARY".to_vec()),
        (0xfe, b"CANARY comment".to_vec()),
    ]
}

/// An ICC profile as far as its header goes, of `length` bytes.
pub(crate) fn profile(kind: &[u8; 4], length: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..length).map(|index| (index % 251) as u8).collect();
    bytes[..4].copy_from_slice(&u32::try_from(length).unwrap().to_be_bytes());
    bytes[16..20].copy_from_slice(kind);
    bytes[36..40].copy_from_slice(b"acsp");
    bytes
}

/// A profile in pieces of `piece` bytes for JPEG's APP2.
pub(crate) fn profile_segments(profile: &[u8], piece: usize) -> Vec<(u8, Vec<u8>)> {
    let count = profile.len().div_ceil(piece) as u8;
    let pieces = profile.chunks(piece).enumerate();
    pieces.map(|(i, bytes)| (0xe2, [b"ICC_PROFILE\0", &[i as u8 + 1, count][..], bytes].concat())).collect()
}

/// A PNG with `chunks` (type, payload) put in behind its header.
pub(crate) fn with_chunks(png: &[u8], chunks: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let mut bytes = png[..33].to_vec();
    for (kind, payload) in chunks {
        bytes.extend(chunk(kind, payload));
    }
    bytes.extend(&png[33..]);
    bytes
}

pub(crate) fn chunk(kind: &[u8; 4], payload: &[u8]) -> Vec<u8> {
    let mut sum = Crc::new();
    sum.update(kind);
    sum.update(payload);
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[..], kind, payload, &sum.sum().to_be_bytes()].concat()
}

/// An iCCP payload that holds `profile`.
pub(crate) fn iccp(profile: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(b"icc\0\0".to_vec(), Compression::fast());
    encoder.write_all(profile).unwrap();
    encoder.finish().unwrap()
}

/// A zlib stream that inflates to `mebibytes` of zeros: one mebibyte deflated, as often as needed.
pub(crate) fn zeros(mebibytes: usize) -> Vec<u8> {
    let mut deflate = Compress::new(Compression::fast(), false);
    let mut mebibyte = Vec::with_capacity(1 << 16);
    // After a full flush what follows refers to nothing before it, so the piece can be repeated.
    deflate.compress_vec(&vec![0; 1 << 20], &mut mebibyte, FlushCompress::Full).unwrap();
    assert_eq!(deflate.total_in(), 1 << 20);
    // Adler-32 of n zeros: the sum is 1, the sum of sums n.
    let sum = ((mebibytes << 20) % 65_521) as u32;
    [&[0x78, 0x01][..], &mebibyte.repeat(mebibytes), &[0x03, 0x00], &(sum << 16 | 1).to_be_bytes()].concat()
}

/// A PNG of `width` by `height` black pixels, deflated row by row without holding them.
pub(crate) fn black_png(width: u32, height: u32, depth: u8, colour: u8) -> Vec<u8> {
    let channels = match colour {
        2 => 3,
        4 => 2,
        6 => 4,
        _ => 1,
    };
    let row = vec![0; 1 + (width as usize * channels * usize::from(depth)).div_ceil(8)];
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    for _ in 0..height {
        encoder.write_all(&row).unwrap();
    }
    png_file(width, height, depth, colour, &encoder.finish().unwrap())
}

/// A PNG of the given header and compressed data, true or not.
pub(crate) fn png_file(width: u32, height: u32, depth: u8, colour: u8, data: &[u8]) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[depth, colour, 0, 0, 0]].concat();
    [b"\x89PNG\r\n\x1a\n", &chunk(b"IHDR", &header)[..], &chunk(b"IDAT", data), &chunk(b"IEND", &[])].concat()
}

/// A WebP of the extended kind with its flags, canvas size and chunks (type, payload).
pub(crate) fn webp_file(flags: u8, width: u32, height: u32, chunks: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let (w, h) = ((width - 1).to_le_bytes(), (height - 1).to_le_bytes());
    let mut body = riff_chunk(b"VP8X", &[flags, 0, 0, 0, w[0], w[1], w[2], h[0], h[1], h[2]]);
    for (kind, payload) in chunks {
        body.extend(riff_chunk(kind, payload));
    }
    riff(&body)
}

pub(crate) fn riff(body: &[u8]) -> Vec<u8> {
    riff_of(u32::try_from(body.len() + 4).unwrap(), body)
}

/// A WebP that states a length of its own choice.
pub(crate) fn riff_of(length: u32, body: &[u8]) -> Vec<u8> {
    [b"RIFF", &length.to_le_bytes()[..], b"WEBP", body].concat()
}

pub(crate) fn riff_chunk(kind: &[u8; 4], payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_le_bytes();
    let padding = &[0][..payload.len() & 1];
    [&kind[..], &length, payload, padding].concat()
}

/// The chunk of a lossless WebP without its file: what stands in a `VP8L` chunk.
pub(crate) fn vp8l(picture: &DynamicImage) -> Vec<u8> {
    let file = webp(picture);
    assert_eq!(&file[12..16], b"VP8L");
    let length = u32::from_le_bytes(file[16..20].try_into().unwrap()) as usize;
    file[20..20 + length].to_vec()
}

/// What stands in a `VP8 ` chunk: a lossy key frame of flat grey. A stream of zero bytes reads as zero for every
/// decision of the format (RFC 6386, section 7.3), which means: default tables, DC prediction, no coefficients.
pub(crate) fn vp8(width: u16, height: u16) -> Vec<u8> {
    let macroblocks = usize::from(width.div_ceil(16)) * usize::from(height.div_ceil(16));
    let first_partition = 256 + 32 * macroblocks;
    let tag = u32::try_from(first_partition).unwrap() << 5 | 1 << 4;
    let mut bytes = tag.to_le_bytes()[..3].to_vec();
    bytes.extend([0x9d, 0x01, 0x2a]);
    bytes.extend(width.to_le_bytes());
    bytes.extend(height.to_le_bytes());
    bytes.resize(bytes.len() + 2 * first_partition, 0);
    bytes
}

/// A progressive JPEG of flat grey in `scans` scans: one bit for every block in the first, then runs of nothing. The
/// lowest bits never come, so that no reader may think it has all.
pub(crate) fn progressive_jpeg(width: u16, height: u16, scans: usize) -> Vec<u8> {
    let mut bytes = vec![0xff, 0xd8];
    let mut segment = |marker: u8, payload: &[u8]| {
        bytes.extend([0xff, marker]);
        bytes.extend(u16::try_from(payload.len() + 2).unwrap().to_be_bytes());
        bytes.extend(payload);
    };
    segment(0xdb, &[&[0][..], &[1; 64]].concat());
    let (h, w) = (height.to_be_bytes(), width.to_be_bytes());
    segment(0xc2, &[8, h[0], h[1], w[0], w[1], 1, 1, 0x11, 0]);
    // One code of one bit each: for DC "no difference", for AC "the next 16,384 blocks are done" and 14 bits more.
    for (class, symbol) in [(0x00, 0), (0x10, 0xe0)] {
        segment(0xc4, &[&[class, 1][..], &[0; 15], &[symbol]].concat());
    }
    let blocks = usize::from(width).div_ceil(8) * usize::from(height).div_ceil(8);
    segment(0xda, &[1, 1, 0x00, 0, 0, 0x00]);
    bytes.resize(bytes.len() + blocks.div_ceil(8), 0);
    for _ in 1..scans {
        bytes.extend([0xff, 0xda, 0, 8, 1, 1, 0x00, 1, 63, 0x01]);
        bytes.resize(bytes.len() + (blocks.div_ceil(16_384) * 15).div_ceil(8), 0);
    }
    bytes.extend([0xff, 0xd9]);
    bytes
}

/// A JPEG whose frame header is changed to claim another size.
pub(crate) fn with_claimed_size(jpeg: &[u8], width: u16, height: u16) -> Vec<u8> {
    let mut bytes = jpeg.to_vec();
    let frame = bytes.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    bytes[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    bytes[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    bytes
}

/// Whether the canary is in there.
pub(crate) fn has_canary(bytes: &[u8]) -> bool {
    bytes.windows(CANARY.len()).any(|window| window == CANARY)
}

/// A frame of an animated WebP: its chunk. Left and top are even; flags are 1 to take it away after it was shown, 2 to
/// put it in place of what is there.
pub(crate) fn anmf(left: u32, top: u32, size: (u32, u32), ms: u32, flags: u8, chunks: &[u8]) -> Vec<u8> {
    let number = |value: u32| value.to_le_bytes()[..3].to_vec();
    let head = [left / 2, top / 2, size.0 - 1, size.1 - 1, ms].map(number).concat();
    [&head[..], &[flags], chunks].concat()
}

/// What stands in a WebP file behind its first 12 bytes (30 when it is of the extended kind).
pub(crate) fn webp_chunks(file: &[u8]) -> &[u8] {
    if &file[12..16] == b"VP8X" { &file[30..] } else { &file[12..] }
}

/// A TIFF of 8-bit samples, `channels` of them for a pixel, in strips of `rows` rows that lie one behind the other, their
/// directory before them.
pub(crate) fn tiff(
    size: (u32, u32),
    channels: u32,
    compression: u32,
    rows: u32,
    strips: &[Vec<u8>],
) -> Vec<u8> {
    let count = strips.len() as u32;
    let entries = 9;
    // Of one strip, its place stands where else the place of the list of places stands.
    let arrays_at = 8 + 2 + entries * 12 + 4;
    let pixels_at = arrays_at + if count == 1 { 0 } else { 8 * count };
    let lengths: Vec<u32> = strips.iter().map(|strip| strip.len() as u32).collect();
    let places: Vec<u32> =
        (0..strips.len()).map(|index| pixels_at + lengths[..index].iter().sum::<u32>()).collect();
    let (place, length) =
        if count == 1 { (places[0], lengths[0]) } else { (arrays_at, arrays_at + 4 * count) };
    let mut tiff = [&b"II\x2a\0\x08\0\0\0"[..], &(entries as u16).to_le_bytes()].concat();
    for (tag, length, value) in [
        (256_u16, 1_u32, size.0),
        (257, 1, size.1),
        (258, 1, 8),
        (259, 1, compression),
        (262, 1, if channels == 1 { 1 } else { 2 }),
        (273, count, place),
        (277, 1, channels),
        (278, 1, rows),
        (279, count, length),
    ] {
        // All are numbers of 32 bits.
        tiff.extend(
            [&tag.to_le_bytes()[..], &4_u16.to_le_bytes(), &length.to_le_bytes(), &value.to_le_bytes()]
                .concat(),
        );
    }
    tiff.extend([0; 4]);
    if count > 1 {
        tiff.extend(places.into_iter().chain(lengths).flat_map(u32::to_le_bytes));
    }
    tiff.extend(strips.concat());
    tiff
}
