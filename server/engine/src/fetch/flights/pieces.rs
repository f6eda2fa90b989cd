//! Bytes as they arrived, in order, each held once however many read them.
//!
//! An origin decides how its bytes are cut; pieces of one byte would cost forty times their weight in bookkeeping. Small
//! neighbours are therefore merged as a binary counter carries: sizes at least halve from one small piece to the next, so
//! there are few of them, and a byte is copied a dozen times at the very most.

use bytes::{Bytes, BytesMut};

/// What is this long is left as it came.
const LARGE_BYTES: usize = 16 << 10;

/// What has arrived so far.
#[derive(Debug, Default)]
pub(super) struct Pieces(Vec<Piece>);

#[derive(Debug)]
struct Piece {
    start: u64,
    bytes: Bytes,
}

impl Pieces {
    /// How many bytes have arrived.
    pub(super) fn total(&self) -> u64 {
        self.0.last().map_or(0, |last| last.start + last.bytes.len() as u64)
    }

    /// Puts `bytes` behind the others.
    pub(super) fn push(&mut self, mut bytes: Bytes) {
        if bytes.is_empty() {
            return;
        }
        let mut start = self.total();
        let is_due = |last: &mut Piece, next: &Bytes| {
            next.len() < LARGE_BYTES && last.bytes.len() < LARGE_BYTES.min(2 * next.len())
        };
        while let Some(last) = self.0.pop_if(|last| is_due(last, &bytes)) {
            let mut both = BytesMut::with_capacity(last.bytes.len() + bytes.len());
            both.extend_from_slice(&last.bytes);
            both.extend_from_slice(&bytes);
            (start, bytes) = (last.start, both.freeze());
        }
        self.0.push(Piece { start, bytes });
    }

    /// All of them.
    pub(super) fn all(&self) -> Vec<Bytes> {
        self.0.iter().map(|piece| piece.bytes.clone()).collect()
    }

    /// Some of the bytes from `offset` on; nothing when none have arrived.
    pub(super) fn from(&self, offset: u64) -> Option<Bytes> {
        let index = self.0.partition_point(|piece| piece.start <= offset).checked_sub(1)?;
        let Piece { start, bytes } = &self.0[index];
        let skipped = usize::try_from(offset - start).ok().filter(|&skipped| skipped < bytes.len())?;
        Some(bytes.slice(skipped..))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(pieces: &Pieces, mut offset: u64) -> Vec<u8> {
        let mut all = Vec::new();
        while let Some(bytes) = pieces.from(offset) {
            offset += bytes.len() as u64;
            all.extend_from_slice(&bytes);
        }
        all
    }

    #[test]
    fn a_picture_in_pieces_of_one_byte_is_held_in_few() {
        let mut pieces = Pieces::default();
        let bytes: Vec<u8> = (0..1_000_000_u32).map(|place| place as u8).collect();
        for &byte in &bytes {
            pieces.push(Bytes::copy_from_slice(&[byte]));
        }
        assert!(pieces.0.len() < 1_000_000 / (LARGE_BYTES / 2) + 15, "{} pieces", pieces.0.len());
        assert_eq!(read(&pieces, 0), bytes);
    }

    #[test]
    fn large_pieces_are_not_copied() {
        let mut pieces = Pieces::default();
        let large = Bytes::from(vec![7; LARGE_BYTES]);
        for bytes in [&b"small"[..], &large, b"small"] {
            pieces.push(if bytes == large { large.clone() } else { Bytes::copy_from_slice(bytes) });
        }
        assert_eq!(pieces.from(5).expect("there").as_ptr(), large.as_ptr());
        assert_eq!(pieces.total(), 10 + LARGE_BYTES as u64);
    }

    proptest! {
        #[test]
        fn whoever_reads_from_anywhere_reads_what_arrived(
            sizes in prop::collection::vec(0..40_000_usize, 0..30), offset: prop::sample::Index,
        ) {
            let all: Vec<u8> = (0..sizes.iter().sum::<usize>()).map(|place| (place % 251) as u8).collect();
            let (mut pieces, mut rest) = (Pieces::default(), Bytes::from(all.clone()));
            for size in sizes {
                pieces.push(rest.split_to(size));
            }
            let offset = offset.index(all.len() + 1);
            prop_assert_eq!(pieces.total(), all.len() as u64);
            prop_assert!(read(&pieces, offset as u64) == all[offset..]);
        }
    }
}
