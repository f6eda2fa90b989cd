//! Huffman tables: as they stand in the file, and unfolded so that one look gives one symbol, or several.
//!
//! Walking past a block needs no coefficient, only where the block ends. A table for that, indexed by the next 13 bits,
//! holds how many bits all the symbols take that begin in them and how far they lead in the block. Sources: T.81 annex C,
//! F.2.2 and K.3.

use super::broken;
use super::entropy::Bits;
use crate::CropError;

/// Bits that index a table of symbols.
const SYMBOL_BITS: u32 = 10;
/// Bits that index a table of steps.
const STEP_BITS: u32 = 13;
/// A step's advance: behind the block's last coefficient by its end-of-block code.
const END_OF_BLOCK: u32 = 128;
/// A step that is none: a code longer than the index, or of no symbol.
const NO_STEP: u16 = 0xff00;

/// A table as a file defines it: how many codes there are of each length, and their symbols.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Codes {
    pub(super) counts: [u8; 16],
    pub(super) symbols: Vec<u8>,
}

/// A table to read symbols with.
#[derive(Clone, Debug)]
pub(super) struct Symbols {
    /// By the next bits: bits of code and value in the third byte, bits of the code in the second, the symbol in the
    /// first; 0 when the code is longer.
    short: Box<[u32; 1 << SYMBOL_BITS]>,
    /// By length less one: the first 16-bit word above the codes of that length, and what makes an index of a code.
    long: [(u32, i32); 16],
    symbols: Vec<u8>,
}

/// A table to walk past a block's AC coefficients with.
#[derive(Clone, Debug)]
pub(super) struct Steps {
    /// By the next bits: how far it leads in the second byte, how many bits it takes in the first.
    steps: Box<[u16; 1 << STEP_BITS]>,
    pub(super) symbols: Symbols,
}

impl Codes {
    /// The table, if its codes fit their lengths and none is all ones.
    pub(super) fn new(counts: [u8; 16], symbols: Vec<u8>) -> Result<Self, CropError> {
        let mut code = 0_u32;
        for (index, &count) in counts.iter().enumerate() {
            code += u32::from(count);
            if count > 0 && code >= 1 << (index + 1) {
                return Err(broken("a Huffman table has too many codes"));
            }
            code <<= 1;
        }
        Ok(Self { counts, symbols })
    }

    /// The table that takes the fewest bits for symbols met so often, by their number (T.81 K.2): two of the rarest share a
    /// branch, until one branch holds all.
    pub(super) fn fewest_bits(met: &[u64; 256]) -> Self {
        // One symbol more, the rarest, takes the code of all ones.
        let mut branches: Vec<(u64, Vec<usize>)> = vec![(1, vec![256])];
        let is_met = |&(_, count): &(usize, u64)| count > 0;
        branches.extend(
            met.iter().copied().enumerate().filter(is_met).map(|(symbol, count)| (count, vec![symbol])),
        );
        let mut lengths = [0_usize; 257];
        while branches.len() > 1 {
            branches.sort_by(|(a, _), (b, _)| b.cmp(a));
            let ((a, first), (b, second)) = branches.pop().zip(branches.pop()).expect("there are two");
            let both = [first, second].concat();
            both.iter().for_each(|&symbol| lengths[symbol] += 1);
            branches.push((a + b, both));
        }
        let mut counts = [0_usize; 258];
        lengths.iter().filter(|&&length| length > 0).for_each(|&length| counts[length] += 1);
        // A code may have 16 bits: pairs that are longer move to the place of a shorter code, which gets a bit more (figure K.3).
        for length in (17..counts.len()).rev() {
            while counts[length] > 0 {
                let shorter =
                    (1..length - 1).rev().find(|&shorter| counts[shorter] > 0).expect("there is room");
                counts[length] -= 2;
                counts[length - 1] += 1;
                counts[shorter + 1] += 2;
                counts[shorter] -= 1;
            }
        }
        if let Some(longest) = (1..=16).rev().find(|&length| counts[length] > 0) {
            counts[longest] -= 1;
        }
        let mut symbols: Vec<usize> = (0..256).filter(|&symbol| met[symbol] > 0).collect();
        symbols.sort_by_key(|&symbol| lengths[symbol]);
        let counts = std::array::from_fn(|index| counts[index + 1] as u8);
        Self { counts, symbols: symbols.into_iter().map(|symbol| symbol as u8).collect() }
    }

    /// Whether the table can be one for DC differences.
    pub(super) fn check_dc(&self) -> Result<(), CropError> {
        if self.symbols.iter().all(|&symbol| symbol < 16) {
            Ok(())
        } else {
            Err(broken("a Huffman table for DC has a symbol above 15"))
        }
    }

    /// Each symbol with its code and the code's length.
    pub(super) fn each(&self) -> impl Iterator<Item = (u8, u32, u32)> {
        let mut code = 0_u32;
        let mut last_length = 0;
        let lengths =
            self.counts.iter().zip(1_u32..).flat_map(|(&count, length)| (0..count).map(move |_| length));
        lengths.zip(&self.symbols).map(move |(length, &symbol)| {
            code <<= length - last_length;
            last_length = length;
            code += 1;
            (symbol, code - 1, length)
        })
    }
}

impl Symbols {
    pub(super) fn new(codes: &Codes) -> Self {
        let mut short = Box::new([0; 1 << SYMBOL_BITS]);
        for (symbol, code, length) in codes.each().filter(|&(_, _, length)| length <= SYMBOL_BITS) {
            let first = (code << (SYMBOL_BITS - length)) as usize;
            let entry = (length + u32::from(symbol & 15)) << 16 | length << 8 | u32::from(symbol);
            short[first..first + (1 << (SYMBOL_BITS - length))].fill(entry);
        }
        let (mut code, mut index) = (0_u32, 0_i32);
        let mut long = [(0, 0); 16];
        for ((entry, &count), length) in long.iter_mut().zip(&codes.counts).zip(1..) {
            let offset = index - code as i32;
            code += u32::from(count);
            index += i32::from(count);
            *entry = (code << (16 - length), offset);
            code <<= 1;
        }
        Self { short, long, symbols: codes.symbols.clone() }
    }

    /// The next symbol, the bits of its code, and these with the bits of its value; 16 bits must be there.
    #[inline(always)]
    pub(super) fn next(&self, bits: &Bits) -> Result<(u8, u32, u32), CropError> {
        let entry = self.short[(bits.word >> (64 - SYMBOL_BITS)) as usize];
        if entry == 0 {
            return self.next_long(bits);
        }
        Ok((entry as u8, entry >> 8 & 0xff, entry >> 16))
    }

    #[cold]
    fn next_long(&self, bits: &Bits) -> Result<(u8, u32, u32), CropError> {
        let word = (bits.word >> 48) as u32;
        for (&(above, offset), length) in self.long.iter().zip(1_u32..).skip(SYMBOL_BITS as usize) {
            if word < above {
                let index = (word >> (16 - length)) as i32 + offset;
                let symbol = usize::try_from(index).ok().and_then(|index| self.symbols.get(index));
                let symbol = *symbol.ok_or_else(no_code)?;
                return Ok((symbol, length, length + u32::from(symbol & 15)));
            }
        }
        Err(no_code())
    }

    /// A DC difference.
    #[inline(always)]
    pub(super) fn difference(&self, bits: &mut Bits, held: &[u8]) -> Result<i32, CropError> {
        bits.refill(held);
        let (size, length, both) = self.next(bits)?;
        let value = bits.signed_behind(length, u32::from(size));
        bits.consume(both);
        Ok(value)
    }
}

impl Steps {
    pub(super) fn new(codes: &Codes) -> Self {
        // The symbol that the bits of an index begin with, and its code's length; length 0 where the code is longer.
        let mut first = vec![(0_u8, 0_u32); 1 << STEP_BITS];
        for (symbol, code, length) in codes.each().filter(|&(_, _, length)| length <= STEP_BITS) {
            let begin = (code << (STEP_BITS - length)) as usize;
            first[begin..begin + (1 << (STEP_BITS - length))].fill((symbol, length));
        }
        let mut steps = Box::new([NO_STEP; 1 << STEP_BITS]);
        for (index, step) in steps.iter_mut().enumerate() {
            let (mut used, mut advance) = (0, 0);
            while used < STEP_BITS {
                let (symbol, length) = first[index << used & ((1 << STEP_BITS) - 1)];
                if length == 0 || used + length > STEP_BITS {
                    break;
                }
                let further = match (symbol >> 4, symbol & 15) {
                    (run, 0) if run < 15 => END_OF_BLOCK,
                    (run, _) => u32::from(run) + 1,
                };
                if further != END_OF_BLOCK && advance + further > 63 {
                    break;
                }
                used += length + u32::from(symbol & 15);
                advance += further;
                *step = (advance << 8 | used) as u16;
                if further == END_OF_BLOCK {
                    break;
                }
            }
        }
        Self { steps, symbols: Symbols::new(codes) }
    }

    /// Walks past a block's AC coefficients.
    #[inline(always)]
    pub(super) fn skip(&self, bits: &mut Bits, held: &[u8]) -> Result<(), CropError> {
        let mut index = 1;
        loop {
            bits.refill(held);
            // Two steps of 28 bits at most.
            for _ in 0..2 {
                let step = u32::from(self.steps[(bits.word >> (64 - STEP_BITS)) as usize]);
                let next = index + (step >> 8);
                if next > 63 {
                    // The block is full, or its end came before it was; the steps behind a full block are not its own.
                    if next == 64 || (END_OF_BLOCK..END_OF_BLOCK + 64).contains(&next) {
                        bits.consume(step & 0xff);
                        return Ok(());
                    }
                    index = self.skip_one(bits, held, index)?;
                    if index > 63 {
                        return Ok(());
                    }
                    break;
                }
                bits.consume(step & 0xff);
                index = next;
            }
        }
    }

    /// One symbol, for a code that is longer than the index of a step, and at the end of a full block; where it leads.
    #[cold]
    fn skip_one(&self, bits: &mut Bits, held: &[u8], index: u32) -> Result<u32, CropError> {
        bits.refill(held);
        let (symbol, _, length) = self.symbols.next(bits)?;
        bits.consume(length);
        let next = match (symbol >> 4, symbol & 15) {
            (run, 0) if run < 15 => 64,
            (run, _) => index + u32::from(run) + 1,
        };
        // A run of 16 zeros may be said to reach the end, nothing may be said to lie behind it.
        if next <= 64 { Ok(next) } else { Err(beyond()) }
    }
}

fn no_code() -> CropError {
    broken("a Huffman code is of no symbol")
}

/// The error for a coefficient beyond a block's last.
pub(super) fn beyond() -> CropError {
    broken("a block has more than 64 coefficients")
}

/// The tables that a file without any means (T.81 K.3), for DC and for AC: first luminance, then chrominance. DC's
/// have all 16 sizes, since a difference in the part can be larger than any in the whole.
pub(super) fn standard(is_dc: bool, index: usize) -> Codes {
    let (counts, symbols) = match (is_dc, index) {
        (true, 0) => ([0, 1, 5, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0], (0..16).collect()),
        (true, _) => ([0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0], (0..16).collect()),
        (false, 0) => ([0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125], STANDARD_AC[0].to_vec()),
        (false, _) => ([0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 119], STANDARD_AC[1].to_vec()),
    };
    Codes { counts, symbols }
}

const STANDARD_AC: [[u8; 162]; 2] = [
    [
        0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61, 0x07, 0x22,
        0x71, 0x14, 0x32, 0x81, 0x91, 0xa1, 0x08, 0x23, 0x42, 0xb1, 0xc1, 0x15, 0x52, 0xd1, 0xf0, 0x24, 0x33,
        0x62, 0x72, 0x82, 0x09, 0x0a, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x34,
        0x35, 0x36, 0x37, 0x38, 0x39, 0x3a, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x53, 0x54, 0x55,
        0x56, 0x57, 0x58, 0x59, 0x5a, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x73, 0x74, 0x75, 0x76,
        0x77, 0x78, 0x79, 0x7a, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x92, 0x93, 0x94, 0x95, 0x96,
        0x97, 0x98, 0x99, 0x9a, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xb2, 0xb3, 0xb4, 0xb5,
        0xb6, 0xb7, 0xb8, 0xb9, 0xba, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xd2, 0xd3, 0xd4,
        0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda, 0xe1, 0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9, 0xea, 0xf1,
        0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa,
    ],
    [
        0x00, 0x01, 0x02, 0x03, 0x11, 0x04, 0x05, 0x21, 0x31, 0x06, 0x12, 0x41, 0x51, 0x07, 0x61, 0x71, 0x13,
        0x22, 0x32, 0x81, 0x08, 0x14, 0x42, 0x91, 0xa1, 0xb1, 0xc1, 0x09, 0x23, 0x33, 0x52, 0xf0, 0x15, 0x62,
        0x72, 0xd1, 0x0a, 0x16, 0x24, 0x34, 0xe1, 0x25, 0xf1, 0x17, 0x18, 0x19, 0x1a, 0x26, 0x27, 0x28, 0x29,
        0x2a, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3a, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x53, 0x54,
        0x55, 0x56, 0x57, 0x58, 0x59, 0x5a, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x73, 0x74, 0x75,
        0x76, 0x77, 0x78, 0x79, 0x7a, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x92, 0x93, 0x94,
        0x95, 0x96, 0x97, 0x98, 0x99, 0x9a, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xb2, 0xb3,
        0xb4, 0xb5, 0xb6, 0xb7, 0xb8, 0xb9, 0xba, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xd2,
        0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda, 0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9, 0xea,
        0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa,
    ],
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Bits that the codes take for what was met.
    fn bits(codes: &Codes, met: &[u64; 256]) -> u64 {
        codes.each().map(|(symbol, _, length)| met[usize::from(symbol)] * u64::from(length)).sum()
    }

    proptest! {
        #[test]
        fn a_table_for_what_was_met_has_its_symbols_and_takes_no_more_bits_than_the_standards(
            powers in proptest::collection::vec(0_u32..40, 162),
        ) {
            let standard = standard(false, 0);
            let mut met = [0; 256];
            for (&symbol, &power) in standard.symbols.iter().zip(&powers) {
                met[usize::from(symbol)] = (1 << power) >> 1;
            }
            let codes = Codes::fewest_bits(&met);
            let checked = Codes::new(codes.counts, codes.symbols.clone()).ok();
            prop_assert_eq!(checked.as_ref(), Some(&codes));
            let mut symbols = codes.symbols.clone();
            symbols.sort_unstable();
            let expected: Vec<u8> = (0..=255).filter(|&symbol| met[usize::from(symbol)] > 0).collect();
            prop_assert_eq!(symbols, expected);
            prop_assert_eq!(codes.counts.iter().map(|&count| usize::from(count)).sum::<usize>(), codes.symbols.len());
            prop_assert!(bits(&codes, &met) <= bits(&standard, &met));
        }
    }

    #[test]
    fn what_is_met_most_often_has_the_shortest_code_and_none_is_all_ones() {
        let mut met = [0; 256];
        (met[7], met[9], met[200]) = (10, 3, 2);
        let codes = Codes::fewest_bits(&met);
        let each: Vec<_> = codes.each().collect();
        assert_eq!(each, [(7, 0b0, 1), (9, 0b10, 2), (200, 0b110, 3)]);
    }
}
