//! Writing bits as a JPEG holds them: the first on top, a zero behind each 0xFF.

use super::entropy::word_at;
use super::tables::Codes;

/// Entropy-coded bytes in the making.
#[derive(Debug, Default)]
pub(super) struct BitWriter {
    bytes: Vec<u8>,
    /// Bits not in `bytes` yet, the last one lowest.
    word: u64,
    count: u32,
}

/// A table to write symbols with: each one's code and length, length 0 where there is none.
#[derive(Debug)]
pub(super) struct CodeOf([(u16, u8); 256]);

impl CodeOf {
    pub(super) fn new(codes: &Codes) -> Self {
        let mut table = [(0, 0); 256];
        for (symbol, code, length) in codes.each() {
            table[usize::from(symbol)] = (code as u16, length as u8);
        }
        Self(table)
    }
}

/// Where a scan's symbols go, each with the place of its table.
pub(super) trait Sink {
    /// A symbol that the table has.
    fn symbol(&mut self, table: usize, symbol: u8);

    /// A symbol of zeros and bits, and so many bits of `value`; `None` where the table has no such symbol.
    fn value(&mut self, table: usize, run: u32, value: i32) -> Option<()>;

    /// How many bytes there are.
    fn len(&self) -> usize;
}

/// Writes symbols by their codes.
#[derive(Debug)]
pub(super) struct Coded {
    pub(super) bits: BitWriter,
    pub(super) tables: Vec<CodeOf>,
}

impl Sink for Coded {
    #[inline(always)]
    fn symbol(&mut self, table: usize, symbol: u8) {
        self.bits.put_symbol(&self.tables[table], symbol);
    }

    #[inline(always)]
    fn value(&mut self, table: usize, run: u32, value: i32) -> Option<()> {
        self.bits.put_value(&self.tables[table], run, value)
    }

    fn len(&self) -> usize {
        self.bits.len()
    }
}

/// Counts how often each symbol is met, for the tables that write them in the fewest bits.
#[derive(Debug)]
pub(super) struct Counted(pub(super) Vec<[u64; 256]>);

impl Sink for Counted {
    fn symbol(&mut self, table: usize, symbol: u8) {
        self.0[table][usize::from(symbol)] += 1;
    }

    fn value(&mut self, table: usize, run: u32, value: i32) -> Option<()> {
        let symbol = u8::try_from(run << 4 | size_of(value)).ok()?;
        self.symbol(table, symbol);
        Some(())
    }

    fn len(&self) -> usize {
        0
    }
}

impl BitWriter {
    /// One that goes on behind `bytes`.
    pub(super) fn behind(bytes: Vec<u8>) -> Self {
        Self { bytes, ..Self::default() }
    }

    /// How many bytes there are.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Writes the lowest `count` bits of `value`, 0 to 32; the others are zero.
    #[inline(always)]
    pub(super) fn put(&mut self, value: u32, count: u32) {
        self.word = self.word << count | u64::from(value);
        self.count += count;
        if self.count >= 32 {
            self.count -= 32;
            self.put_bytes(((self.word >> self.count) as u32).to_be_bytes());
        }
    }

    fn put_bytes(&mut self, bytes: [u8; 4]) {
        if bytes.contains(&0xff) {
            for byte in bytes {
                self.put_byte(byte);
            }
        } else {
            self.bytes.extend_from_slice(&bytes);
        }
    }

    fn put_byte(&mut self, byte: u8) {
        self.bytes.push(byte);
        if byte == 0xff {
            self.bytes.push(0);
        }
    }

    /// Writes the code of a symbol that the table has.
    pub(super) fn put_symbol(&mut self, table: &CodeOf, symbol: u8) {
        let (code, length) = table.0[usize::from(symbol)];
        self.put(u32::from(code), u32::from(length));
    }

    /// Writes a symbol's code, then its `size` bits of `value`; `None` when the table has no such symbol.
    #[inline(always)]
    pub(super) fn put_value(&mut self, table: &CodeOf, run: u32, value: i32) -> Option<()> {
        let size = size_of(value);
        let (code, length) = table.0[usize::from(u8::try_from(run << 4 | size).ok()?)];
        if length == 0 || size > 15 {
            return None;
        }
        self.put(u32::from(code), u32::from(length));
        // Negative numbers are one less (T.81 F.1.2.1.1).
        let bits = if value < 0 { value - 1 } else { value };
        self.put(bits as u32 & ((1 << size) - 1), size);
        Some(())
    }

    /// Writes the bits from `begin` to `end` of `held`.
    #[inline(always)]
    pub(super) fn copy(&mut self, held: &[u8], mut begin: usize, end: usize) {
        while begin < end {
            let count = (end - begin).min(32) as u32;
            let word = word_at(held, begin / 8) << (begin % 8);
            self.put((word >> 32) as u32 >> (32 - count), count);
            begin += count as usize;
        }
    }

    /// Fills the last byte up and writes the restart marker with this number, counted on and on.
    pub(super) fn put_restart(&mut self, number: u32) {
        self.fill_up();
        self.bytes.extend([0xff, 0xd0 | (number & 7) as u8]);
    }

    /// Fills the last byte up and gives the bytes.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.fill_up();
        self.bytes
    }

    /// Fills the last byte up with ones.
    fn fill_up(&mut self) {
        let missing = self.count.wrapping_neg() % 8;
        self.word = self.word << missing | ((1 << missing) - 1);
        self.count += missing;
        while self.count > 0 {
            self.count -= 8;
            self.put_byte((self.word >> self.count) as u8);
        }
    }
}

/// How many bits a difference or coefficient takes.
#[inline(always)]
pub(super) fn size_of(value: i32) -> u32 {
    32 - value.unsigned_abs().leading_zeros()
}
