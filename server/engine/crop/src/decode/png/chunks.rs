//! A PNG's chunks, one after the other, out of bytes as they arrive.
//!
//! A chunk is never held whole unless it is short by its nature; of what is passed over, nothing is kept. What is used
//! must have the right check sum at its end, what is passed over need not. Source: PNG, third edition, section 5.3.

use std::io::BufRead;

use super::{broken, truncated};
use crate::{CropError, Source};

/// Longest payload that is read whole: a palette of 256 colours.
const MAX_WHOLE: usize = 3 * 256;
/// Longest chunk (section 7.1).
const MAX_LENGTH: u32 = 0x7fff_ffff;
/// Most bytes of a payload looked at in one piece, so that hardly more is read of the file than is needed.
const PIECE_BYTES: usize = 8 << 10;

/// The chunks that follow the signature.
pub(super) struct Chunks<'s, 'a> {
    source: &'s mut Source<'a>,
    /// Bytes of the current chunk's payload that were not taken yet.
    left: usize,
    /// Over the current chunk's type and what was taken of its payload.
    sum: crc32fast::Hasher,
}

impl<'s, 'a> Chunks<'s, 'a> {
    /// `source` stands at the file's beginning, whose signature was seen.
    pub(super) fn new(source: &'s mut Source<'a>) -> Self {
        source.consume(8);
        Self { source, left: 0, sum: crc32fast::Hasher::new() }
    }

    /// Begins the next chunk, of which nothing is left of the one before. Gives its type.
    pub(super) fn begin(&mut self) -> Result<[u8; 4], CropError> {
        let [l0, l1, l2, l3, kind @ ..] = self.array::<8>()?;
        let length = u32::from_be_bytes([l0, l1, l2, l3]);
        if length > MAX_LENGTH || !kind.iter().all(u8::is_ascii_alphabetic) {
            return Err(broken("a chunk has an impossible length or name"));
        }
        self.left = length as usize;
        self.sum = crc32fast::Hasher::new();
        self.sum.update(&kind);
        Ok(kind)
    }

    /// The next piece of the current chunk's payload, of at least one byte unless nothing is left.
    pub(super) fn piece(&mut self) -> Result<&[u8], CropError> {
        if self.left == 0 {
            return Ok(&[]);
        }
        let held = self.source.fill_buf().map_err(|_| truncated())?;
        if held.is_empty() {
            return Err(truncated());
        }
        Ok(&held[..held.len().min(self.left).min(PIECE_BYTES)])
    }

    /// Takes bytes of the piece.
    pub(super) fn take(&mut self, count: usize) -> Result<(), CropError> {
        let held = self.source.fill_buf().map_err(|_| truncated())?;
        self.sum.update(&held[..count]);
        self.source.consume(count);
        self.left -= count;
        Ok(())
    }

    /// The next `N` bytes of the payload.
    pub(super) fn payload<const N: usize>(&mut self) -> Result<[u8; N], CropError> {
        self.left = self.left.checked_sub(N).ok_or_else(|| broken("a chunk is too short"))?;
        let bytes = self.array()?;
        self.sum.update(&bytes);
        Ok(bytes)
    }

    /// The whole payload of a chunk that is short by its nature, whose check sum is right.
    pub(super) fn whole(&mut self) -> Result<Vec<u8>, CropError> {
        if self.left > MAX_WHOLE {
            return Err(broken("a chunk is too long"));
        }
        let mut payload = Vec::with_capacity(self.left);
        while self.left > 0 {
            let piece = self.piece()?;
            payload.extend_from_slice(piece);
            let count = piece.len();
            self.take(count)?;
        }
        self.end()?;
        Ok(payload)
    }

    /// Ends the current chunk, of which every byte was taken, and looks at its check sum.
    pub(super) fn end(&mut self) -> Result<(), CropError> {
        let stated = u32::from_be_bytes(self.array()?);
        let sum = std::mem::take(&mut self.sum).finalize();
        if stated == sum { Ok(()) } else { Err(broken("a check sum is wrong")) }
    }

    /// Takes what is left of the current chunk and looks at its check sum.
    pub(super) fn finish(&mut self) -> Result<(), CropError> {
        while self.left > 0 {
            let count = self.piece()?.len();
            self.take(count)?;
        }
        self.end()
    }

    /// Passes over what is left of the current chunk and its check sum.
    pub(super) fn skip(&mut self) -> Result<(), CropError> {
        while self.left > 0 {
            let count = self.piece()?.len();
            self.source.consume(count);
            self.left -= count;
        }
        self.array::<4>().map(drop)
    }

    /// The next bytes of the file, wherever they belong.
    fn array<const N: usize>(&mut self) -> Result<[u8; N], CropError> {
        let bytes = self.source.peek(N).first_chunk().copied().ok_or_else(truncated)?;
        self.source.consume(N);
        Ok(bytes)
    }
}
