//! The compressed pixels of one picture or frame: the payloads of its chunks as one stream, inflated as it is asked for.
//!
//! By `fdeflate`, the fastest that can stop: 53 ms for the 43 MB above and beside a part of a photograph, where zlib-rs
//! takes 80, libdeflate 95 and `miniz_oxide` 115. Nothing is kept longer than the 32 KiB that later bytes may repeat. The stream's own sum at its end (Adler-32) is not looked at: the chunks' sums cover the same bytes, and
//! the stream is seldom read to its end. Source: PNG, third edition, section 10; RFC 1950 and 1951.

use fdeflate::Decompressor;

use super::broken;
use super::chunks::Chunks;
use crate::CropError;

/// How far back a stream may refer (RFC 1951, section 2).
const HISTORY: usize = 32 << 10;
/// How much is inflated at once, at least.
const AHEAD: usize = 64 << 10;

/// What kind of chunks hold the pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carrier {
    /// IDAT, of the picture that every program shows.
    Idat,
    /// fdAT, of a frame; the number that the next one must have.
    Fdat {
        /// Counts fcTL and fdAT chunks alike (section 11.3.5.3).
        next_sequence: u32,
    },
}

/// The inflated bytes of the pixels.
pub(super) struct Data<'c, 's, 'a> {
    chunks: &'c mut Chunks<'s, 'a>,
    carrier: Carrier,
    inflater: Decompressor,
    /// History, then what was inflated and not taken yet, then room.
    window: Vec<u8>,
    taken: usize,
    inflated: usize,
    /// The chunk after the last one of the pixels, when it was met.
    next_kind: Option<[u8; 4]>,
}

impl<'c, 's, 'a> Data<'c, 's, 'a> {
    /// The first chunk of the pixels has begun; of an fdAT its sequence number was taken. At most `longest` bytes are
    /// asked for at once.
    pub(super) fn new(chunks: &'c mut Chunks<'s, 'a>, carrier: Carrier, longest: usize) -> Self {
        let mut inflater = Decompressor::new();
        inflater.ignore_adler32();
        let window = vec![0; Self::memory(longest)];
        Self { chunks, carrier, inflater, window, taken: 0, inflated: 0, next_kind: None }
    }

    /// Bytes of memory it takes to give out `longest` bytes at once.
    pub(super) fn memory(longest: usize) -> usize {
        HISTORY + longest.saturating_add(AHEAD)
    }

    /// The next `count` bytes.
    pub(super) fn next(&mut self, count: usize) -> Result<&[u8], CropError> {
        while self.inflated - self.taken < count {
            self.inflate()?;
        }
        self.taken += count;
        Ok(&self.window[self.taken - count..self.taken])
    }

    /// Passes over the next `count` bytes.
    pub(super) fn skip(&mut self, mut count: u64) -> Result<(), CropError> {
        loop {
            let ready = (self.inflated - self.taken) as u64;
            let passed = ready.min(count);
            self.taken += passed as usize;
            count -= passed;
            if count == 0 {
                return Ok(());
            }
            self.inflate()?;
        }
    }

    /// Ends the pixels without inflating more of them: the chunks go on behind. Gives the type of the chunk that has
    /// begun there, and the carrier.
    pub(super) fn end(mut self) -> Result<([u8; 4], Carrier), CropError> {
        loop {
            if let Some(kind) = self.next_kind {
                return Ok((kind, self.carrier));
            }
            self.next_chunk()?;
        }
    }

    /// Inflates more, at least a byte.
    fn inflate(&mut self) -> Result<(), CropError> {
        self.make_room();
        loop {
            let is_last = self.next_kind.is_some();
            let piece = if is_last { &[] } else { self.chunks.piece()? };
            let (read, written) = self
                .inflater
                .read(piece, &mut self.window, self.inflated, is_last)
                .map_err(|error| broken(reason(&error)))?;
            self.chunks.take(read)?;
            self.inflated += written;
            if written > 0 {
                return Ok(());
            }
            if self.inflater.is_done() || is_last {
                return Err(broken("its compressed data ends too early"));
            }
            if self.chunks.piece()?.is_empty() {
                self.next_chunk()?;
            } else if read == 0 {
                // Neither read nor written with room and bytes at hand: it would go on so for ever.
                return Err(broken("its compressed data cannot be read"));
            }
        }
    }

    /// Moves what is needed to the window's beginning when its end is near.
    fn make_room(&mut self) {
        let kept = self.taken.min(self.inflated.saturating_sub(HISTORY));
        if self.window.len() - self.inflated < AHEAD / 2 && kept > 0 {
            self.window.copy_within(kept..self.inflated, 0);
            self.taken -= kept;
            self.inflated -= kept;
        }
    }

    /// Goes on to the next chunk; whether it belongs to the pixels shows in `next_kind`.
    fn next_chunk(&mut self) -> Result<(), CropError> {
        self.chunks.finish()?;
        let kind = self.chunks.begin()?;
        match (&mut self.carrier, &kind) {
            (Carrier::Idat, b"IDAT") => {}
            (Carrier::Fdat { next_sequence }, b"fdAT") => check_sequence(self.chunks, next_sequence)?,
            _ => self.next_kind = Some(kind),
        }
        Ok(())
    }
}

/// Reads the number with which an fcTL or fdAT begins: they count up, from 0, without a gap.
pub(super) fn check_sequence(chunks: &mut Chunks<'_, '_>, next: &mut u32) -> Result<(), CropError> {
    let number = u32::from_be_bytes(chunks.payload()?);
    if number != *next {
        return Err(broken("its frames are out of order"));
    }
    *next = next.checked_add(1).ok_or_else(|| broken("its frames are out of order"))?;
    Ok(())
}

fn reason(error: &fdeflate::DecompressionError) -> &'static str {
    use fdeflate::DecompressionError as E;
    match error {
        E::BadZlibHeader => "its compressed data has no right beginning",
        E::InsufficientInput => "its compressed data ends too early",
        E::DistanceTooFarBack | E::InputStartsWithRun => "its compressed data refers to what is not there",
        _ => "its compressed data is damaged",
    }
}
