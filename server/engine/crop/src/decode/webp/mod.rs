//! WebP by libwebp: decoded down to the part's last row, as the bytes arrive, and no further.
//!
//! Every row above is decoded, since each pixel is guessed from its neighbours; of them only the part's columns are
//! turned into colours. The rectangle asked of libwebp has a margin, so that chroma at the part's edge is smoothed with
//! the same neighbours as in the whole picture: the pixels are those of decoding the whole and cutting then.

mod animation;

use cutline_model::{PixelRegion, Size};
use image::{DynamicImage, RgbImage, RgbaImage};

use super::{DecodedPart, Wanted, whole};
use crate::header::Header;
use crate::header::webp::Bitstream;
use crate::libwebp::{Decoder, Progress};
use crate::part::Part;
use crate::{CropError, CropLimits, Format, Source};

/// How many bytes more a lossy decoder gets at a time: about a hundredth of a photograph is read beyond the part.
const LOSSY_STEP_BYTES: usize = 4 << 10;
/// The least that a lossless one gets: it may begin its tables anew each time, so the steps grow with what there is.
const LOSSLESS_STEP_BYTES: usize = 64 << 10;
/// What libwebp 1.x keeps for each macroblock of 16 columns of a lossy picture, added up from its source (`AllocateMemory`
/// in `frame_dec.c`): 4 modes, 32 samples above, 2 and 4 bytes of state, 800 of coefficients and modes, and 36 cached
/// rows of 32 bytes; then two bytes for each column to smooth chroma (`io_dec.c`).
const LOSSY_MACROBLOCK_BYTES: u64 = 4 + 32 + 2 + 4 + 800 + 36 * 32 + 16 * 2;
/// What it keeps for each column of a lossless picture beside its pixels (`AllocateInternalBuffers32b` in `vp8l_dec.c`):
/// 17 rows of ARGB.
const LOSSLESS_COLUMN_BYTES: u64 = 17 * 4;

/// Decodes `region`, in stored pixels; of an animation the wanted frames.
pub(super) fn part(
    source: &mut Source<'_>,
    header: &Header,
    region: PixelRegion,
    wanted: Wanted,
    limits: &CropLimits,
) -> Result<DecodedPart, CropError> {
    if header.is_animated {
        return animation::part(source, header, region, wanted, limits);
    }
    check_cost(header, region, limits)?;
    let file_bytes = skip_to_picture(source)?;
    let picture = picture(source, header.stored, region, header.has_alpha)?;
    let rows_decoded = (region.top + region.height + 2).min(header.stored.height());
    // Nothing is saved by stopping at the last row, so a file that was cut short behind it can be told too.
    if rows_decoded == header.stored.height() && source.peek(file_bytes).len() < file_bytes {
        return Err(truncated());
    }
    Ok(DecodedPart { pixels: Part::Still(picture), rows_decoded })
}

/// Decodes `region` of the picture, `size` large, whose first chunk (`ALPH`, `VP8 ` or `VP8L`) is the next in `source`.
fn picture(
    source: &mut Source<'_>,
    size: Size,
    region: PixelRegion,
    has_alpha: bool,
) -> Result<DynamicImage, CropError> {
    // Alpha comes before the picture that it belongs to.
    let mut begin = 0;
    let (end, is_lossless) = loop {
        let chunk = chunk_at(source, begin)?;
        let end = begin + 8 + chunk.length;
        if matches!(&chunk.kind, b"VP8 " | b"VP8L") {
            let beginning = source.peek(begin + 8 + 10.min(chunk.length));
            let beginning = beginning.get(begin + 8..).unwrap_or_default();
            let bitstream = Bitstream::read(chunk.kind, chunk.length, beginning)?;
            if bitstream.size != size {
                return Err(broken("its header and its picture differ in size"));
            }
            break (end, bitstream.is_lossless);
        }
        begin = end + (chunk.length & 1);
    };

    let outer = with_margin(region, size);
    let mut decoder = Decoder::new(outer, has_alpha)?;
    let mut length = begin + 8;
    loop {
        let step = if is_lossless { LOSSLESS_STEP_BYTES.max(length / 4) } else { LOSSY_STEP_BYTES };
        length = length.saturating_add(step).min(end);
        let bytes = source.peek(length);
        let is_short = bytes.len() < length;
        match decoder.update(&bytes[..length.min(bytes.len())]) {
            Progress::Done => break,
            Progress::Broken => return Err(broken("its data contradicts itself")),
            Progress::Waits if is_short => return Err(truncated()),
            Progress::Waits if length == end => return Err(broken("its data ends too early")),
            Progress::Waits => {}
        }
    }
    let (samples, width, height) = (decoder.into_pixels(), outer.width, outer.height);
    let picture = if has_alpha {
        RgbaImage::from_raw(width, height, samples).map(DynamicImage::ImageRgba8)
    } else {
        RgbImage::from_raw(width, height, samples).map(DynamicImage::ImageRgb8)
    };
    let inside = PixelRegion { left: region.left - outer.left, top: region.top - outer.top, ..region };
    Ok(whole::cut(picture.ok_or(CropError::DecoderFailed)?, inside))
}

/// The region with the pixels that a chroma sample of its own needs beside it: from an even row and column (libwebp
/// begins nowhere else, since a chroma sample covers two) to one sample more on every side, within the picture.
fn with_margin(region: PixelRegion, size: Size) -> PixelRegion {
    let span = |start: u32, extent: u32, limit: u32| {
        let begin = (start & !1).saturating_sub(2);
        (begin, (start + extent + 2).next_multiple_of(2).min(limit) - begin)
    };
    let (left, width) = span(region.left, region.width, size.width());
    let (top, height) = span(region.top, region.height, size.height());
    PixelRegion { left, top, width, height }
}

/// Refuses a part that takes more memory than it may.
fn check_cost(header: &Header, region: PixelRegion, limits: &CropLimits) -> Result<(), CropError> {
    let outer = with_margin(region, header.stored);
    let decoded = u64::from(outer.width) * u64::from(outer.height) + region.size().area();
    let channels = if header.has_alpha { 4 } else { 3 };
    let beside = beside_bytes(header.is_lossless, header.has_alpha, header.stored);
    header.check_memory(decoded * channels, beside, limits)
}

/// What libwebp keeps beside the pixels that it hands out, in bytes. Lossless: all of the picture as ARGB. Alpha beside
/// a lossy picture is lossless by itself, and kept once more as a plane.
fn beside_bytes(is_lossless: bool, has_alpha: bool, size: Size) -> u64 {
    let width = u64::from(size.width());
    let lossless = LOSSLESS_COLUMN_BYTES * width;
    let lossy = LOSSY_MACROBLOCK_BYTES * width.div_ceil(16);
    match (is_lossless, has_alpha) {
        (true, _) => 4 * size.area() + lossless,
        (false, true) => 5 * size.area() + lossless + lossy,
        (false, false) => lossy,
    }
}

/// A chunk's kind and the length of its payload.
struct ChunkHead {
    kind: [u8; 4],
    length: usize,
}

/// The head of the chunk that begins `position` bytes ahead.
fn chunk_at(source: &mut Source<'_>, position: usize) -> Result<ChunkHead, CropError> {
    let end = position.checked_add(8).ok_or_else(truncated)?;
    let head = source.peek(end).get(position..end).ok_or_else(truncated)?;
    let &[a, b, c, d, l0, l1, l2, l3] = head else { return Err(truncated()) };
    Ok(ChunkHead { kind: [a, b, c, d], length: u32::from_le_bytes([l0, l1, l2, l3]) as usize })
}

/// Goes to the chunk with which the picture begins; what is left of the file then, in bytes.
fn skip_to_picture(source: &mut Source<'_>) -> Result<usize, CropError> {
    let riff = chunk_at(source, 0)?;
    let mut left = (8 + riff.length).saturating_sub(12);
    source.skip(12, Format::WebP)?;
    loop {
        let chunk = chunk_at(source, 0)?;
        if matches!(&chunk.kind, b"ALPH" | b"VP8 " | b"VP8L") {
            return Ok(left);
        }
        let length = 8 + chunk.length + (chunk.length & 1);
        source.skip(length, Format::WebP)?;
        left = left.saturating_sub(length);
    }
}

fn truncated() -> CropError {
    CropError::Truncated { format: Format::WebP }
}

fn broken(reason: &str) -> CropError {
    CropError::Broken { format: Format::WebP, reason: reason.to_owned() }
}
