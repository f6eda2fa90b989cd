//! The entropy-coded bytes of one scan, un-stuffed, some 64 KiB of them at a time, and the bits in them.
//!
//! T.81 F.1.2.3: a zero follows each 0xFF that is data. `memchr` finds them, so that the bit reader looks at plain bytes
//! and asks once for a whole MCU whether enough of them are there. Behind the last byte lie zeros: an MCU that reads on
//! into them stays inside the buffer and is refused when it is done.

use std::io::BufRead;

use super::{broken, truncated};
use crate::{CropError, Source};

/// Un-stuffed bytes held at once.
const HELD_BYTES: usize = 64 << 10;
/// Most bytes of an MCU: 10 blocks of 64 symbols, each a code of 16 bits and 15 more; corrections take less than that.
const MCU_BYTES: usize = 10 * 64 * 4;
/// Zeros behind the last byte: an MCU of them, and a word that is looked at beyond it.
const PADDING_BYTES: usize = MCU_BYTES + 16;

/// Where the next bit stands. The bits in `word` are used from its top.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bits {
    pub(super) word: u64,
    /// How many bits of `word` were loaded and not used; more than these may be there, and are loaded again.
    left: u32,
    /// The next byte to load.
    next: usize,
}

/// The un-stuffed bytes.
pub(super) struct Entropy<'s, 'a> {
    source: &'s mut Source<'a>,
    held: Vec<u8>,
    filled: usize,
    /// A 0xFF was taken, what follows it was not.
    is_escaped: bool,
    end: Option<End>,
}

/// What follows the entropy-coded bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// This marker, which was taken.
    Marker(u8),
    File,
}

impl Bits {
    /// How many bits lie before the next, in what is held.
    #[inline(always)]
    pub(super) fn position(self) -> usize {
        self.next * 8 - self.left as usize
    }

    /// Makes sure of 56 bits.
    #[inline(always)]
    pub(super) fn refill(&mut self, held: &[u8]) {
        self.word |= word_at(held, self.next) >> self.left;
        self.next += ((63 - self.left) >> 3) as usize;
        self.left |= 56;
    }

    /// Uses `count` bits that are there.
    #[inline(always)]
    pub(super) fn consume(&mut self, count: u32) {
        self.word <<= count;
        self.left -= count;
    }

    /// The next `count` bits, 0 to 16, which must be there.
    #[inline(always)]
    pub(super) fn take(&mut self, count: u32) -> u32 {
        let value = (self.word >> 1 >> (63 - count)) as u32;
        self.consume(count);
        value
    }

    /// The next `count` bits as the difference or coefficient they stand for (T.81 F.2.2.1, EXTEND).
    #[inline(always)]
    pub(super) fn take_signed(&mut self, count: u32) -> i32 {
        let value = self.signed_behind(0, count);
        self.consume(count);
        value
    }

    /// The same of the `count` bits behind `skipped` others, without using any: so that both can be used at once.
    #[inline(always)]
    pub(super) fn signed_behind(self, skipped: u32, count: u32) -> i32 {
        let word = self.word << skipped;
        let is_negative = (word >> 63 == 0) as i32;
        (word >> 1 >> (63 - count)) as i32 - is_negative * ((1 << count) - 1)
    }
}

/// The eight bytes at `index`, the first one on top.
#[inline(always)]
pub(super) fn word_at(held: &[u8], index: usize) -> u64 {
    let bytes: [u8; 8] = held[index..index + 8].try_into().expect("eight");
    u64::from_be_bytes(bytes)
}

impl<'s, 'a> Entropy<'s, 'a> {
    /// The entropy-coded bytes at which `source` stands.
    pub(super) fn new(source: &'s mut Source<'a>) -> Self {
        let held = vec![0; HELD_BYTES + PADDING_BYTES];
        Self { source, held, filled: 0, is_escaped: false, end: None }
    }

    /// What is held: for [`Bits`] to read from.
    #[inline(always)]
    pub(super) fn held(&self) -> &[u8] {
        &self.held
    }

    /// Makes sure that a whole MCU is held, or else all there is.
    #[inline(always)]
    pub(super) fn hold_mcu(&mut self, bits: &mut Bits) -> Result<(), CropError> {
        if bits.next + MCU_BYTES <= self.filled { Ok(()) } else { self.hold_more(bits) }
    }

    #[cold]
    fn hold_more(&mut self, bits: &mut Bits) -> Result<(), CropError> {
        self.check(*bits)?;
        if self.end.is_some() {
            return Ok(());
        }
        let position = bits.position();
        self.held.copy_within(position / 8..self.filled, 0);
        self.filled -= position / 8;
        *bits = Bits::default();
        self.fill();
        bits.refill(&self.held);
        bits.consume((position % 8) as u32);
        Ok(())
    }

    /// Refuses bits that were read beyond the last.
    #[inline(always)]
    pub(super) fn check(&self, bits: Bits) -> Result<(), CropError> {
        if bits.position() <= self.filled * 8 { Ok(()) } else { Err(truncated()) }
    }

    /// The error met while reading at `bits`: close to the end it is that the bytes end, not what was read behind it.
    #[cold]
    pub(super) fn blame(&self, bits: Bits, error: CropError) -> CropError {
        if self.end.is_some() && bits.position() + 64 > self.filled * 8 { truncated() } else { error }
    }

    /// Fills up what is held, as far as the entropy-coded bytes go, and puts zeros behind it.
    fn fill(&mut self) {
        while self.filled < HELD_BYTES && self.end.is_none() {
            let Ok(bytes @ [first, ..]) = self.source.fill_buf() else {
                self.end = Some(End::File);
                break;
            };
            if self.is_escaped {
                match *first {
                    0 => {
                        self.held[self.filled] = 0xff;
                        self.filled += 1;
                        self.is_escaped = false;
                    }
                    // Any number of them may stand before a marker.
                    0xff => {}
                    marker => (self.end, self.is_escaped) = (Some(End::Marker(marker)), false),
                }
                self.source.consume(1);
                continue;
            }
            let room = &mut self.held[self.filled..HELD_BYTES];
            let bytes = &bytes[..bytes.len().min(room.len())];
            let plain = memchr::memchr(0xff, bytes).unwrap_or(bytes.len());
            room[..plain].copy_from_slice(&bytes[..plain]);
            self.is_escaped = plain < bytes.len();
            self.source.consume(plain + usize::from(self.is_escaped));
            self.filled += plain;
        }
        self.held[self.filled..self.filled + PADDING_BYTES].fill(0);
    }

    /// Goes on behind the restart marker of `number`. What lies before it is skipped unread, unless `bits` are given:
    /// then they must have been read to their end.
    pub(super) fn restart(&mut self, bits: Option<Bits>, number: u8) -> Result<Bits, CropError> {
        let mut is_done = true;
        if let Some(bits) = bits {
            self.check(bits)?;
            is_done = bits.position().div_ceil(8) == self.filled;
        }
        let (marker, has_skipped) = self.skip()?;
        if !matches!(marker, 0xd0..=0xd7) {
            return Err(truncated());
        }
        if marker & 7 != number {
            return Err(broken("its restart markers are out of order"));
        }
        if bits.is_some() && (has_skipped || !is_done) {
            return Err(broken("a restart interval is longer than its blocks"));
        }
        (self.filled, self.end) = (0, None);
        Ok(Bits::default())
    }

    /// Skips to the next marker of any kind; gives it, and whether there was anything to skip.
    fn skip(&mut self) -> Result<(u8, bool), CropError> {
        let mut has_skipped = false;
        loop {
            match self.end {
                Some(End::Marker(marker)) => return Ok((marker, has_skipped)),
                Some(End::File) => return Err(truncated()),
                None => {}
            }
            let bytes = self.source.fill_buf().unwrap_or_default();
            let Some(first) = bytes.first().copied() else {
                self.end = Some(End::File);
                continue;
            };
            let mut count = 1;
            match (self.is_escaped, first) {
                (true, 0) => (self.is_escaped, has_skipped) = (false, true),
                (true, 0xff) => {}
                (true, marker) => (self.end, self.is_escaped) = (Some(End::Marker(marker)), false),
                (false, _) => {
                    let plain = memchr::memchr(0xff, bytes);
                    self.is_escaped = plain.is_some();
                    has_skipped |= plain != Some(0);
                    count = plain.map_or(bytes.len(), |at| at + 1);
                }
            }
            self.source.consume(count);
        }
    }

    /// Skips to the marker behind the scan, restart markers left aside, and gives it.
    pub(super) fn finish(mut self) -> Result<u8, CropError> {
        loop {
            match self.skip()?.0 {
                0xd0..=0xd7 => self.end = None,
                marker => return Ok(marker),
            }
        }
    }
}
