//! The blocks of a GIF as they come: what each frame says of itself, and of its pixels only those in the part.
//!
//! Frames are unpacked down to the part's last row; the rest of their data is passed over, and so is all of a frame that
//! lies elsewhere. A row is held at a time, so a frame may claim any size. Source: GIF89a, sections 15 to 27.

use std::io::BufRead;

use cutline_model::PixelRegion;
use weezl::{BitOrder, LzwStatus, decode::Decoder};

use super::{broken, truncated};
use crate::decode::Overlap;
use crate::{CropError, Source};

/// Signature and logical screen descriptor.
const SCREEN_BYTES: usize = 13;
/// Whole rows are unpacked so many pixels at a time, since each stop costs.
const BAND_PIXELS: usize = 64 << 10;

/// What is done to a frame's place before the next frame is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Disposal {
    /// It stays.
    #[default]
    Keep,
    /// It becomes transparent.
    Background,
    /// It becomes what it was before the frame.
    Previous,
}

/// What a frame says of itself.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) place: PixelRegion,
    /// Its own colours, three bytes each.
    pub(super) palette: Option<Vec<u8>>,
    pub(super) control: Control,
    pub(super) is_interlaced: bool,
    /// The bits of the shortest code, less one.
    code_size: u8,
}

/// What stands before a frame in a graphic control extension.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Control {
    /// How long it is shown, in hundredths of a second.
    pub(super) delay: u16,
    pub(super) disposal: Disposal,
    pub(super) transparent: Option<u8>,
}

/// Reads a GIF.
pub(super) struct Reader<'s, 'a> {
    source: &'s mut Source<'a>,
    /// The colours of frames that have none of their own.
    pub(super) palette: Option<Vec<u8>>,
    /// How often all frames are shown again, as far as it was said; 0 is for ever.
    pub(super) repeats: Option<u16>,
    has_frame: bool,
    band: Vec<u8>,
}

impl<'s, 'a> Reader<'s, 'a> {
    /// Reads what stands before the first frame; `source` stands at its beginning.
    pub(super) fn open(source: &'s mut Source<'a>) -> Result<Self, CropError> {
        let mut reader = Self { source, palette: None, repeats: None, has_frame: false, band: Vec::new() };
        let screen: [u8; SCREEN_BYTES] = reader.take()?;
        reader.palette = reader.palette(screen[10])?;
        Ok(reader)
    }

    /// The next frame, whose pixels are to be read or passed over then; nothing at the end of the file.
    pub(super) fn next_frame(&mut self) -> Result<Option<Frame>, CropError> {
        let mut control = Control::default();
        loop {
            match self.take::<1>()? {
                [0x2c] => break,
                [0x21] => match self.take::<1>()? {
                    [0xf9] => control = self.control()?,
                    [0xff] => self.application()?,
                    _ => self.skip_blocks()?,
                },
                [0x3b] => return Ok(None),
                // Firefox takes what stands there for the end too (`nsGIFDecoder2::ReadBlock`): what is shown is what is cut.
                _ if self.has_frame => return Ok(None),
                _ => return Err(broken("a block is of no known kind")),
            }
        }
        let [x0, x1, y0, y1, w0, w1, h0, h1, flags] = self.take()?;
        let number = |low, high| u32::from(u16::from_le_bytes([low, high]));
        let place = PixelRegion {
            left: number(x0, x1),
            top: number(y0, y1),
            width: number(w0, w1),
            height: number(h0, h1),
        };
        if place.width == 0 || place.height == 0 {
            return Err(broken("a frame is 0 pixels long"));
        }
        let palette = self.palette(flags)?;
        if palette.is_none() && self.palette.is_none() {
            return Err(broken("a frame has no colours"));
        }
        let [code_size] = self.take()?;
        if !(1..=11).contains(&code_size) {
            return Err(broken("a frame's codes are of no possible length"));
        }
        self.has_frame = true;
        Ok(Some(Frame { place, palette, control, is_interlaced: flags & 0x40 != 0, code_size }))
    }

    /// The palette indices of the pixels of `frame` in the part, row by row; the frame's data is behind then.
    pub(super) fn indices(&mut self, frame: &Frame, overlap: Option<Overlap>) -> Result<Vec<u8>, CropError> {
        let mut part = Vec::new();
        if let Some(Overlap { in_frame, .. }) = overlap {
            part = vec![0; in_frame.width as usize * in_frame.height as usize];
            self.unpack(frame, in_frame, &mut part)?;
        }
        self.skip_blocks()?;
        Ok(part)
    }

    /// Unpacks the rows of `frame` until all of `wanted` are in `part`.
    fn unpack(&mut self, frame: &Frame, wanted: PixelRegion, part: &mut [u8]) -> Result<(), CropError> {
        let width = frame.place.width as usize;
        let (left, top) = (wanted.left as usize, wanted.top as usize);
        let rows_at_once = if frame.is_interlaced { 1 } else { (BAND_PIXELS / width).max(1) };
        let mut band = std::mem::take(&mut self.band);
        band.resize(rows_at_once * width, 0);
        let mut unpacker = Unpacker::new(self.source, frame.code_size);
        let mut rows = RowOrder::new(frame.place.height, frame.is_interlaced);
        let mut missing = wanted.height;
        while missing > 0 {
            // In a frame that is not interlaced nothing below the part is unpacked.
            let next = rows.next().ok_or_else(|| broken("a frame's rows are not all there"))?;
            let end = if frame.is_interlaced { next + 1 } else { wanted.top + wanted.height };
            let count = rows_at_once.min((end - next) as usize);
            unpacker.fill(&mut band[..count * width])?;
            for (row, pixels) in (next as usize..).zip(band[..count * width].chunks_exact(width)) {
                let place = row.checked_sub(top).filter(|&row| row < wanted.height as usize);
                let Some(row) = place else { continue };
                let target = &mut part[row * wanted.width as usize..][..wanted.width as usize];
                target.copy_from_slice(&pixels[left..left + wanted.width as usize]);
                missing -= 1;
            }
            rows.skip_rows(count as u32 - 1);
        }
        self.band = band;
        Ok(())
    }

    fn control(&mut self) -> Result<Control, CropError> {
        let [length, flags, d0, d1, transparent] = self.take()?;
        if length != 4 {
            return Err(broken("a frame's timing is of the wrong length"));
        }
        self.skip_blocks()?;
        let disposal = match flags >> 2 & 7 {
            2 => Disposal::Background,
            // Early specifications said 4 (seen to be taken so in Chromium 156).
            3 | 4 => Disposal::Previous,
            _ => Disposal::Keep,
        };
        let transparent = (flags & 1 != 0).then_some(transparent);
        Ok(Control { delay: u16::from_le_bytes([d0, d1]), disposal, transparent })
    }

    /// Looks for how often the animation plays, which Netscape put here and everybody since.
    fn application(&mut self) -> Result<(), CropError> {
        let length = self.source.peek(1).first().copied().ok_or_else(truncated)?;
        let block = self.source.peek(1 + usize::from(length) + 4);
        if let Some([3, 1, low, high]) = block.get(12..16)
            && (block.starts_with(b"\x0bNETSCAPE2.0") || block.starts_with(b"\x0bANIMEXTS1.0"))
        {
            self.repeats = Some(u16::from_le_bytes([*low, *high]));
        }
        self.skip_blocks()
    }

    /// The colours that `flags` announce.
    fn palette(&mut self, flags: u8) -> Result<Option<Vec<u8>>, CropError> {
        if flags & 0x80 == 0 {
            return Ok(None);
        }
        let length = 3 << ((flags & 7) + 1);
        let colours = self.source.peek(length).get(..length).ok_or_else(truncated)?.to_vec();
        self.source.consume(length);
        Ok(Some(colours))
    }

    /// Passes over a chain of blocks and its end.
    fn skip_blocks(&mut self) -> Result<(), CropError> {
        while let length @ 1.. = next_block(self.source)? {
            self.source.consume(length);
        }
        Ok(())
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], CropError> {
        let bytes = self.source.peek(N).get(..N).and_then(|bytes| bytes.try_into().ok());
        let bytes = bytes.ok_or_else(truncated)?;
        self.source.consume(N);
        Ok(bytes)
    }
}

/// Takes the length of the next block of a chain, which is then there as a whole; 0 at the chain's end.
fn next_block(source: &mut Source<'_>) -> Result<usize, CropError> {
    let length = usize::from(*source.peek(1).first().ok_or_else(truncated)?);
    source.consume(1);
    if source.peek(length).len() < length {
        return Err(truncated());
    }
    Ok(length)
}

/// Unpacks the pixels of a frame.
struct Unpacker<'s, 'a> {
    source: &'s mut Source<'a>,
    decoder: Decoder,
    /// What was not taken yet of the block that is next in `source`.
    block: usize,
}

impl<'s, 'a> Unpacker<'s, 'a> {
    fn new(source: &'s mut Source<'a>, code_size: u8) -> Self {
        Self { source, decoder: Decoder::new(BitOrder::Lsb, code_size), block: 0 }
    }

    /// Unpacks as many pixels as `pixels` holds.
    fn fill(&mut self, mut pixels: &mut [u8]) -> Result<(), CropError> {
        let mut was_stuck = false;
        while !pixels.is_empty() {
            // Without a block left, the decoder may still hold what the last one meant; the chain's end is not taken.
            if self.block == 0 && *self.source.peek(1).first().ok_or_else(truncated)? != 0 {
                self.block = next_block(self.source)?;
            }
            let packed = &self.source.peek(self.block)[..self.block];
            let result = self.decoder.decode_bytes(packed, pixels);
            let is_stuck = result.consumed_in == 0 && result.consumed_out == 0;
            self.source.consume(result.consumed_in);
            self.block -= result.consumed_in;
            pixels = &mut pixels[result.consumed_out..];
            match result.status {
                Err(_) => return Err(broken("a frame's data contradicts itself")),
                Ok(LzwStatus::Done) if !pixels.is_empty() => return Err(ends_early()),
                // Once it may say so and go on all the same: when codes have just become longer (weezl 0.1.12).
                Ok(_) if is_stuck && was_stuck => return Err(ends_early()),
                Ok(_) => was_stuck = is_stuck,
            }
        }
        Ok(())
    }
}

impl Drop for Unpacker<'_, '_> {
    /// Leaves the source where a block begins.
    fn drop(&mut self) {
        self.source.consume(self.block);
    }
}

fn ends_early() -> CropError {
    broken("a frame's data ends too early")
}

/// The rows of a frame in the order of its data.
struct RowOrder {
    height: u32,
    next: u32,
    step: u32,
}

impl RowOrder {
    fn new(height: u32, is_interlaced: bool) -> Self {
        Self { height, next: 0, step: if is_interlaced { 8 } else { 1 } }
    }

    /// Leaves out rows that were unpacked together with the last.
    fn skip_rows(&mut self, count: u32) {
        self.next += count * self.step;
    }
}

impl Iterator for RowOrder {
    type Item = u32;

    /// Interlaced: every eighth row from the first, every eighth from the fifth, every fourth from the third, the rest.
    fn next(&mut self) -> Option<u32> {
        while self.next >= self.height {
            // What each pass begins with is half of its step; the first one alone begins at 0.
            let is_second = self.step == 8 && self.next.is_multiple_of(8);
            (self.next, self.step) = match self.step {
                8 if is_second => (4, 8),
                8 => (2, 4),
                4 => (1, 2),
                _ => return None,
            };
        }
        let row = self.next;
        self.next += self.step;
        Some(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_in_the_order_of_the_format() {
        for (height, expected) in
            [(1, &[0][..]), (2, &[0, 1]), (5, &[0, 4, 2, 1, 3]), (10, &[0, 8, 4, 2, 6, 1, 3, 5, 7, 9])]
        {
            assert_eq!(RowOrder::new(height, true).collect::<Vec<_>>(), expected);
            let plain: Vec<_> = (0..height).collect();
            assert_eq!(RowOrder::new(height, false).collect::<Vec<_>>(), plain);
        }
    }
}
