//! How the rows of a strip or tile are packed, and how they are unpacked: as a reader of the bytes that were packed.
//!
//! LZW, zlib and the codes of fax are unpacked by libraries; the `tiff` crate's own way is not taken, since it reads no bits in
//! the other order, no rows before a strip is whole, and calls sound LZW incomplete (weezl 0.1.12 says once that nothing more
//! comes, and goes on all the same). Sources: TIFF 6.0, sections 9 to 13; ITU-T T.6.

use std::io::{self, BufReader, ErrorKind, Read};

use fax::Color;
use fax::decoder::{DecodeStatus, Group4Decoder, pels};
use flate2::read::ZlibDecoder;
use weezl::{BitOrder, LzwStatus, decode::Decoder};

use crate::header::TiffPacking;

/// How many packed bytes are looked at together.
const CHUNK_BYTES: usize = 4096;

/// The unpacked bytes of `packed`, whose rows are `width` pixels of one bit if they are a fax.
pub(super) fn unpacked<'r>(
    packed: impl Read + 'r,
    packing: TiffPacking,
    is_lowest_bit_first: bool,
    width: u32,
) -> Box<dyn Read + 'r> {
    if is_lowest_bit_first { of(Reversed(packed), packing, width) } else { of(packed, packing, width) }
}

fn of<'r>(packed: impl Read + 'r, packing: TiffPacking, width: u32) -> Box<dyn Read + 'r> {
    match packing {
        TiffPacking::None => Box::new(packed),
        TiffPacking::Zlib => Box::new(ZlibDecoder::new(packed)),
        TiffPacking::Lzw => Box::new(Lzw::new(packed)),
        TiffPacking::PackBits => Box::new(PackBits { packed, run: Run::None }),
        TiffPacking::Fax => Box::new(Fax::new(packed, width)),
    }
}

/// Bytes whose bits come from the lowest to the highest.
struct Reversed<R>(R);

impl<R: Read> Read for Reversed<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.0.read(into)?;
        into[..count].iter_mut().for_each(|byte| *byte = byte.reverse_bits());
        Ok(count)
    }
}

struct Lzw<R> {
    packed: R,
    decoder: Decoder,
    buffer: Vec<u8>,
    /// Where in the buffer what was not taken begins.
    begin: usize,
}

impl<R: Read> Lzw<R> {
    fn new(packed: R) -> Self {
        let decoder = Decoder::with_tiff_size_switch(BitOrder::Msb, 8);
        Self { packed, decoder, buffer: Vec::new(), begin: 0 }
    }
}

impl<R: Read> Read for Lzw<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut was_stuck = false;
        while !into.is_empty() {
            if self.begin == self.buffer.len() {
                self.buffer.resize(CHUNK_BYTES, 0);
                let count = self.packed.read(&mut self.buffer)?;
                self.buffer.truncate(count);
                self.begin = 0;
            }
            let result = self.decoder.decode_bytes(&self.buffer[self.begin..], into);
            self.begin += result.consumed_in;
            if result.consumed_out > 0 {
                return Ok(result.consumed_out);
            }
            match result.status {
                Err(_) => return Err(ErrorKind::InvalidData.into()),
                Ok(LzwStatus::Done) => return Ok(0),
                Ok(_) if result.consumed_in == 0 && was_stuck => return Ok(0),
                Ok(_) => was_stuck = result.consumed_in == 0,
            }
        }
        Ok(0)
    }
}

struct PackBits<R> {
    packed: R,
    run: Run,
}

/// What comes next, and how much of it.
enum Run {
    None,
    Bytes(usize),
    Same(u8, usize),
}

impl<R: Read> Read for PackBits<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let (count, left) = match self.run {
                Run::Bytes(left) => {
                    let count = left.min(into.len());
                    (self.packed.read(&mut into[..count]), left)
                }
                Run::Same(byte, left) => {
                    let count = left.min(into.len());
                    into[..count].fill(byte);
                    (Ok(count), left)
                }
                Run::None => {
                    let mut head = [0];
                    if self.packed.read(&mut head)? == 0 {
                        return Ok(0);
                    }
                    self.run = match head[0].cast_signed() {
                        length @ 0.. => Run::Bytes(usize::from(length.unsigned_abs()) + 1),
                        -128 => Run::None,
                        length => {
                            let mut byte = [0];
                            self.packed.read_exact(&mut byte)?;
                            Run::Same(byte[0], usize::from(length.unsigned_abs()) + 1)
                        }
                    };
                    continue;
                }
            };
            let count = count?;
            self.run = match (&self.run, left - count) {
                (_, 0) => Run::None,
                (Run::Same(byte, _), left) => Run::Same(*byte, left),
                (_, left) => Run::Bytes(left),
            };
            return Ok(count);
        }
    }
}

/// Rows of a fax (ITU-T T.6), each bit 1 where it is black.
struct Fax<R: Read> {
    decoder: Option<Group4Decoder<io::Bytes<BufReader<R>>>>,
    width: u16,
    row: Vec<u8>,
    begin: usize,
}

impl<R: Read> Fax<R> {
    fn new(packed: R, width: u32) -> Self {
        let width = u16::try_from(width).unwrap_or(0);
        let decoder = Group4Decoder::new(BufReader::with_capacity(CHUNK_BYTES, packed).bytes(), width)
            .ok()
            .filter(|_| width > 0);
        Self { decoder, width, row: Vec::new(), begin: 0 }
    }
}

impl<R: Read> Read for Fax<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.begin == self.row.len() {
            let Some(decoder) = &mut self.decoder else { return Ok(0) };
            // A row of which nothing is said is white: some end before the last ones.
            let changes = match decoder.advance() {
                Ok(DecodeStatus::Incomplete) => decoder.transition(),
                Ok(DecodeStatus::End) => &[],
                Err(fax::decoder::DecodeError::Reader(error)) => return Err(error),
                Err(_) => return Err(ErrorKind::InvalidData.into()),
            };
            self.row.clear();
            self.row.resize(usize::from(self.width).div_ceil(8), 0);
            for (place, colour) in pels(changes, self.width).enumerate() {
                self.row[place / 8] |= u8::from(colour == Color::Black) << (7 - place % 8);
            }
            self.begin = 0;
        }
        let count = into.len().min(self.row.len() - self.begin);
        into[..count].copy_from_slice(&self.row[self.begin..self.begin + count]);
        self.begin += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unpack(packed: &[u8], packing: TiffPacking) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        unpacked(packed, packing, false, 8).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    #[test]
    fn packed_bits_are_copied_or_repeated() {
        // The example of TIFF 6.0, section 9.
        let packed = b"\xfe\xaa\x02\x80\x00\x2a\xfd\xaa\x03\x80\x00\x2a\x22\xf7\xaa";
        let bytes = b"\xaa\xaa\xaa\x80\x00\x2a\xaa\xaa\xaa\xaa\x80\x00\x2a\x22\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa";
        assert_eq!(unpack(packed, TiffPacking::PackBits).expect("sound"), bytes);
        assert_eq!(unpack(b"\x80\x80\x00x", TiffPacking::PackBits).expect("sound"), b"x");
        assert!(unpack(b"\xfe", TiffPacking::PackBits).is_err());
    }

    #[test]
    fn bits_may_come_from_the_lowest_on() {
        let mut bytes = Vec::new();
        unpacked(&b"\x01\x80\x0f"[..], TiffPacking::None, true, 8).read_to_end(&mut bytes).expect("read");
        assert_eq!(bytes, b"\x80\x01\xf0");
    }
}
