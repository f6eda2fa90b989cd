//! GIF: the logical screen's size, and a walk over the blocks to the end of the first frame.
//!
//! What comes after the first frame is not looked at: only the first frame is shown. Source: GIF89a, sections 18-26.

use image::metadata::Orientation;

use super::{CropError, Format, Header, array, broken, size};

/// Signature and logical screen descriptor.
const SCREEN_BYTES: usize = 13;

pub(super) fn read(source: &[u8]) -> Result<Header, CropError> {
    let [w0, w1, h0, h1] = array(source, 6, Format::Gif)?;
    let (width, height) = (u16::from_le_bytes([w0, w1]), u16::from_le_bytes([h0, h1]));
    let stored = size(Format::Gif, width.into(), height.into())?;
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
        lossless_step: None,
        // RGBA, made from one byte of palette index per pixel.
        decode_bytes: stored.area() * (4 + 1),
    })
}

pub(super) fn check_whole(source: &[u8]) -> Result<(), CropError> {
    let truncated = CropError::Truncated { format: Format::Gif };
    let [flags] = array(source, 10, Format::Gif)?;
    let mut position = SCREEN_BYTES + table_bytes(flags);
    loop {
        match source.get(position) {
            // A frame: its descriptor, its colours, one byte for the code size, its data.
            Some(0x2c) => {
                let [flags] = array(source, position + 9, Format::Gif)?;
                return blocks_end(source, position + 10 + table_bytes(flags) + 1)
                    .map(|_| ())
                    .ok_or(truncated);
            }
            // An extension: its label, then data.
            Some(0x21) => position = blocks_end(source, position + 2).ok_or_else(|| truncated.clone())?,
            Some(0x3b) => return Err(broken(Format::Gif, "it holds no picture")),
            Some(_) => return Err(broken(Format::Gif, "a block is of no known kind")),
            None => return Err(truncated),
        }
    }
}

/// Bytes of the colour table that `flags` announce.
fn table_bytes(flags: u8) -> usize {
    if flags & 0x80 != 0 { 3 << ((flags & 7) + 1) } else { 0 }
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
