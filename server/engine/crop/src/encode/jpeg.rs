//! Writing a JPEG through libjpeg-turbo: opaque pixels, 8 bits, JFIF, the colour profile and nothing else.
//!
//! Colour resolution follows the source. Where its chroma is halved already (most JPEGs, every lossy WebP), full
//! chroma would cost bytes and bring nothing back: 4:2:0. A 4:4:4 source keeps it. Pixels that were never lossy have
//! colour edges to lose (text, drawings): full chroma from quality 90 on, where libvips, `ImageMagick` and GIMP switch
//! too; below that the quantisation blurs them anyway.

use image::DynamicImage;
use turbojpeg::{Compressor, Image, PixelFormat, Subsamp};

use super::Effort;
use crate::decode::is_opaque;
use crate::header::Header;
use crate::{CropError, Format};

/// The longest side that libjpeg reads or writes (`JPEG_MAX_DIMENSION`); the format itself has room for 35 pixels more.
pub(crate) const MAX_SIDE: u32 = 65_500;
/// From this quality on, pixels of a lossless source keep their full chroma.
const FULL_CHROMA_QUALITY: u8 = 90;
/// What libjpeg writes first: SOI and its JFIF segment, behind which the profile belongs (ICC.1:2022, annex B.4).
const JFIF_END: usize = 2 + 18;
/// Most bytes of a profile in one segment: the longest payload without `ICC_PROFILE`, a zero, place and count.
const PROFILE_PIECE_BYTES: usize = 0xffff - 2 - 14;

/// Writes `part`, with `profile` beside it.
pub(super) fn encode(
    part: DynamicImage,
    effort: Effort,
    profile: Option<&[u8]>,
    header: &Header,
) -> Result<Vec<u8>, CropError> {
    if !is_opaque(&part) {
        return Err(CropError::NoAlphaInJpeg);
    }
    let (width, height) = (part.width(), part.height());
    if width > MAX_SIDE || height > MAX_SIDE {
        let size = cutline_model::Size::new(width, height).expect("a part is never empty");
        return Err(CropError::TooLongForJpeg { size });
    }
    let has_full_chroma =
        header.is_full_chroma || header.is_lossless && effort.quality >= FULL_CHROMA_QUALITY;
    let bytes = if part.color().has_color() {
        let chroma = if has_full_chroma { Subsamp::None } else { Subsamp::Sub2x2 };
        compress(&part.into_rgb8(), (width, height), PixelFormat::RGB, chroma, effort)
    } else {
        compress(&part.into_luma8(), (width, height), PixelFormat::GRAY, Subsamp::Gray, effort)
    };
    let mut bytes = bytes.map_err(|_| CropError::EncoderFailed { format: Format::Jpeg })?;
    if let Some(profile) = profile {
        bytes.splice(JFIF_END..JFIF_END, profile_segments(profile));
    }
    Ok(bytes)
}

/// Optimised Huffman tables only for what is made once and sent often, or would not fit: four parts of a photograph, a
/// megapixel each, were 5 % smaller with them at quality 82 and 4 % at 90, for about half as much time again.
fn compress(
    pixels: &[u8],
    (width, height): (u32, u32),
    format: PixelFormat,
    chroma: Subsamp,
    effort: Effort,
) -> turbojpeg::Result<Vec<u8>> {
    let (width, height) = (width as usize, height as usize);
    let mut compressor = Compressor::new()?;
    compressor.set_quality(i32::from(effort.quality))?;
    compressor.set_subsamp(chroma)?;
    compressor.set_optimize(effort.is_patient)?;
    compressor.compress_to_vec(Image { pixels, width, pitch: width * format.size(), height, format })
}

/// The profile as APP2 segments, each with its place and their count: of the largest that is kept there are 65.
pub(crate) fn profile_segments(profile: &[u8]) -> Vec<u8> {
    let count = profile.len().div_ceil(PROFILE_PIECE_BYTES) as u8;
    let mut segments = Vec::with_capacity(profile.len() + 18 * usize::from(count));
    for (place, piece) in (1..=count).zip(profile.chunks(PROFILE_PIECE_BYTES)) {
        segments.extend([0xff, 0xe2]);
        segments.extend((piece.len() as u16 + 16).to_be_bytes());
        segments.extend(b"ICC_PROFILE\0");
        segments.extend([place, count]);
        segments.extend(piece);
    }
    segments
}
