//! GIF: the logical screen's size, as browsers see it, and whether there is more than one frame.
//!
//! The file does not say how many frames it has: blocks are walked until the second frame begins. Source: GIF89a,
//! sections 18 to 26.

use image::metadata::Orientation;

use super::{CropError, Format, Header, Rights, array, size};

/// Signature and logical screen descriptor.
const SCREEN_BYTES: usize = 13;
/// Label, length and name of the application extension that holds XMP.
const XMP_EXTENSION: &[u8] = b"\xff\x0bXMP DataXMP";
/// What stands behind its packet.
const XMP_TRAILER_BYTES: usize = 258;

pub(super) fn read(source: &[u8]) -> Result<Header, CropError> {
    let [width, height] = numbers(array(source, 6, Format::Gif)?);
    // Browsers make the screen as large as the first frame needs (seen in Chromium 156); later ones are cut off at its edge.
    let [right, bottom] = first_frame_end(source)?;
    let stored = size(Format::Gif, width.max(right), height.max(bottom))?;
    Ok(Header {
        format: Format::Gif,
        stored,
        orientation: Orientation::NoTransforms,
        profile: None,
        colour_chunks: Vec::new(),
        has_alpha: true,
        is_lossless: true,
        is_full_chroma: false,
        is_animated: false,
        blocks: None,
        // What it takes depends on the part.
        decode_bytes: 0,
    })
}

/// Where the first frame ends, in pixels from the screen's left and top edge; there may be none.
fn first_frame_end(source: &[u8]) -> Result<[u32; 2], CropError> {
    let truncated = CropError::Truncated { format: Format::Gif };
    let position = frame_position(source).ok_or(truncated)?;
    if source[position] != 0x2c {
        return Ok([0, 0]);
    }
    let [left, top] = numbers(array(source, position + 1, Format::Gif)?);
    let [width, height] = numbers(array(source, position + 5, Format::Gif)?);
    Ok([left + width, top + height])
}

/// Two numbers of 16 bits, the low byte first.
fn numbers([a0, a1, b0, b1]: [u8; 4]) -> [u32; 2] {
    [u16::from_le_bytes([a0, a1]).into(), u16::from_le_bytes([b0, b1]).into()]
}

/// Where the first block stands that is no extension: a frame, or the end of the file's blocks.
fn frame_position(source: &[u8]) -> Option<usize> {
    let mut position = SCREEN_BYTES + table_bytes(*source.get(10)?);
    while *source.get(position)? == 0x21 {
        position = blocks_end(source, position + 2)?;
    }
    Some(position)
}

/// Whether a second frame begins in `source`, the file's beginning; nothing when that can only be said with more of it.
pub(super) fn has_second_frame(source: &[u8]) -> Option<bool> {
    let mut position = SCREEN_BYTES + table_bytes(*source.get(10)?);
    let mut frames = 0;
    loop {
        position = match source.get(position)? {
            0x2c if frames == 1 => return Some(true),
            // A frame: its descriptor, its colours, one byte for the code size, its data.
            0x2c => {
                frames = 1;
                let flags = *source.get(position + 9)?;
                blocks_end(source, position + 10 + table_bytes(flags) + 1)?
            }
            // An extension: its label, then data.
            0x21 => blocks_end(source, position + 2)?,
            _ => return Some(false),
        }
    }
}

/// Bytes of the colour table that `flags` announce.
fn table_bytes(flags: u8) -> usize {
    if flags & 0x80 != 0 { 3 << ((flags & 7) + 1) } else { 0 }
}

/// What an XMP packet before the first frame says of the picture's maker (XMP, part 3, section 1.1.2): it stands where
/// sub-blocks would, and the 258 bytes behind it lead every reader of sub-blocks to their end.
pub(super) fn rights(source: &[u8]) -> Result<Rights, CropError> {
    let truncated = CropError::Truncated { format: Format::Gif };
    let mut rights = Rights::default();
    let mut position = SCREEN_BYTES + table_bytes(*source.get(10).ok_or(truncated.clone())?);
    while *source.get(position).ok_or(truncated.clone())? == 0x21 {
        let end = blocks_end(source, position + 2).ok_or(truncated.clone())?;
        let packet = source.get(position + 1..end).and_then(|block| block.strip_prefix(XMP_EXTENSION));
        if let Some(packet) = packet
            && let Some(length) = packet.len().checked_sub(XMP_TRAILER_BYTES)
        {
            rights.read_xmp(&packet[..length]);
        }
        position = end;
    }
    Ok(rights)
}

/// Where the chain of sub-blocks at `position` ends, its ending zero included.
fn blocks_end(source: &[u8], mut position: usize) -> Option<usize> {
    loop {
        let length = usize::from(*source.get(position)?);
        position += 1 + length;
        if length == 0 {
            return Some(position);
        }
    }
}
