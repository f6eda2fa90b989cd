//! ICO (and CUR): which of its pictures is the largest, and what the header of that one says, be it PNG or BMP.
//!
//! Only that picture is looked at. Its directory entry may lie about size and depth: what counts is its own header.
//! Source: Microsoft's "Icons" (1995), and "The evolution of the ICO file format", parts 1-4.

use std::ops::Range;

use image::metadata::Orientation;

use super::bmp::Bitmap;
use super::{CropError, Format, Header, array, broken, png};

const DIRECTORY_BYTES: usize = 6;
const ENTRY_BYTES: usize = 16;
/// Most pictures in a file; real ones have up to a dozen or two.
const MAX_ENTRIES: usize = 1024;
const PNG_SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";

/// The largest picture of an icon file.
pub(crate) struct Icon {
    /// Where its file (PNG) or bitmap (BMP without file header) lies.
    pub(crate) bytes: Range<usize>,
    /// Whether it is a PNG.
    pub(crate) is_png: bool,
}

pub(super) fn read(source: &[u8]) -> Result<Header, CropError> {
    let icon = largest(source)?;
    if icon.is_png {
        let inside = source.get(icon.bytes.start..).unwrap_or_default();
        let header = png::read(&inside[..inside.len().min(icon.bytes.len())]);
        return match header {
            Ok(header) => Ok(Header { format: Format::Ico, is_animated: false, ..header }),
            // The PNG goes on beyond what was read so far, or beyond what its entry says: that is for the file's end.
            Err(CropError::Truncated { .. }) if inside.len() >= icon.bytes.len() => {
                Err(broken(Format::Ico, "its PNG is cut short"))
            }
            Err(error) => Err(in_icon(error)),
        };
    }
    let bitmap = Bitmap::read(source, icon.bytes.start, Format::Ico)?;
    let stored = bitmap.icon_size()?;
    Ok(Header {
        format: Format::Ico,
        stored,
        orientation: Orientation::NoTransforms,
        profile: None,
        colour_chunks: Vec::new(),
        is_animated: false,
        has_alpha: true,
        is_lossless: true,
        is_full_chroma: false,
        blocks: None,
        // RGBA, beside a copy of the picture's bytes.
        decode_bytes: stored.area() * 4 + bitmap.row_bytes() + icon.bytes.len() as u64,
    })
}

pub(super) fn check_whole(source: &[u8]) -> Result<(), CropError> {
    let icon = largest(source)?;
    let inside = source.get(icon.bytes).ok_or(CropError::Truncated { format: Format::Ico })?;
    if icon.is_png { png::check_whole(inside).map_err(in_icon) } else { Ok(()) }
}

/// Finds the picture with the most pixels, and of equal ones that with the most colours.
pub(crate) fn largest(source: &[u8]) -> Result<Icon, CropError> {
    let [kind, _, c0, c1] = array(source, 2, Format::Ico)?;
    let count = usize::from(u16::from_le_bytes([c0, c1])).min(MAX_ENTRIES);
    let mut best: Option<((u32, u16), Range<usize>)> = None;
    for index in 0..count {
        let entry: [u8; ENTRY_BYTES] = array(source, DIRECTORY_BYTES + index * ENTRY_BYTES, Format::Ico)?;
        // 0 stands for 256, and for more.
        let side = |byte: u8| if byte == 0 { 256 } else { u32::from(byte) };
        // A cursor has its hot spot where an icon has its depth.
        let bits = if kind == 1 { u16::from_le_bytes([entry[6], entry[7]]) } else { 0 };
        let number = |at: usize| u32::from_le_bytes([entry[at], entry[at + 1], entry[at + 2], entry[at + 3]]);
        let (length, offset) = (number(8) as usize, number(12) as usize);
        let score = (side(entry[0]) * side(entry[1]), bits);
        if best.as_ref().is_none_or(|(best, _)| score > *best) {
            best = Some((score, offset..offset.saturating_add(length)));
        }
    }
    let (_, bytes) = best.ok_or_else(|| broken(Format::Ico, "it holds no picture"))?;
    let first: [u8; 8] = array(source, bytes.start, Format::Ico)?;
    Ok(Icon { bytes, is_png: first == PNG_SIGNATURE })
}

/// The error of a PNG inside, said of the icon.
fn in_icon(error: CropError) -> CropError {
    match error {
        CropError::Truncated { .. } => CropError::Truncated { format: Format::Ico },
        CropError::Broken { reason, .. } => CropError::Broken { format: Format::Ico, reason },
        error => error,
    }
}
