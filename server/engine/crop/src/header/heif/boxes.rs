//! The boxes of an ISO media file, one after the other, and the numbers in them (ISO/IEC 14496-12, section 4.2).

use crate::{CropError, Format};

/// A box: what it is and what it holds.
pub(super) struct Box<'a> {
    pub(super) kind: [u8; 4],
    pub(super) payload: &'a [u8],
}

/// What is left of a box, or of a list in it, read from its beginning.
#[derive(Clone, Copy)]
pub(super) struct Bytes<'a>(pub(super) &'a [u8]);

impl<'a> Bytes<'a> {
    pub(super) fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], CropError> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or_else(cut_short)?;
        self.0 = rest;
        Ok(taken)
    }

    /// The next `bytes` bytes, at most eight, as a number; none is 0.
    pub(super) fn number(&mut self, bytes: usize) -> Result<u64, CropError> {
        Ok(self.take(bytes)?.iter().fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }

    pub(super) fn byte(&mut self) -> Result<u8, CropError> {
        Ok(self.take(1)?[0])
    }

    pub(super) fn short(&mut self) -> Result<u16, CropError> {
        Ok(self.number(2)? as u16)
    }

    pub(super) fn long(&mut self) -> Result<u32, CropError> {
        Ok(self.number(4)? as u32)
    }

    /// Version and flags, with which a full box begins.
    pub(super) fn version(&mut self) -> Result<(u8, u32), CropError> {
        Ok((self.byte()?, self.number(3)? as u32))
    }

    /// The text up to the next zero.
    pub(super) fn text(&mut self) -> &'a [u8] {
        let end = self.0.iter().position(|&byte| byte == 0);
        let text = &self.0[..end.unwrap_or(self.0.len())];
        self.0 = end.map_or(&[], |end| &self.0[end + 1..]);
        text
    }

    /// The next box, which must lie inside.
    pub(super) fn next_box(&mut self) -> Result<Box<'a>, CropError> {
        let (kind, header, length) = head(self.0, Format::Avif)?.ok_or_else(cut_short)?;
        let length = match length {
            None => self.0.len(),
            Some(length) => usize::try_from(length).map_err(|_| cut_short())?,
        };
        Ok(Box { kind, payload: &self.take(length)?[header..] })
    }
}

/// The longest head of a box: its length, its kind, and its length again with more digits.
pub(in crate::header) const MAX_HEAD_BYTES: usize = 16;

/// What a box is, how long its head is, and how long it is with that; none where it reaches to the end.
pub(in crate::header) type Head = ([u8; 4], usize, Option<u64>);

/// The kind of the box at the beginning of `bytes`, how long its head is, and how long it is with that; none where it
/// reaches to the end. None of all when `bytes` ends within the head.
pub(in crate::header) fn head(bytes: &[u8], format: Format) -> Result<Option<Head>, CropError> {
    let Some(&[l0, l1, l2, l3, k0, k1, k2, k3]) = bytes.first_chunk() else { return Ok(None) };
    let kind = [k0, k1, k2, k3];
    let (header, length) = match u32::from_be_bytes([l0, l1, l2, l3]) {
        0 => return Ok(Some((kind, 8, None))),
        1 => match bytes.get(8..16).and_then(<[u8]>::first_chunk) {
            Some(long) => (16, u64::from_be_bytes(*long)),
            None => return Ok(None),
        },
        short => (8, u64::from(short)),
    };
    if length < header as u64 {
        return Err(crate::header::broken(format, "a box is shorter than its head"));
    }
    Ok(Some((kind, header, Some(length))))
}

pub(super) fn broken(reason: &str) -> CropError {
    CropError::Broken { format: Format::Avif, reason: reason.to_owned() }
}

fn cut_short() -> CropError {
    broken("a box ends before what it should hold")
}
