//! What the beginning of AV1's bytes says of colours, for files that do not say it themselves (ITU-T H.273).
//!
//! The decoder would say it too, but only when all is decoded: that a picture is HDR must be known before. Source: AV1
//! bitstream specification, sections 5.3 and 5.5.

/// How many bytes are looked at: the longest sequence header has fewer.
pub(super) const MAX_BYTES: u64 = 512;

/// A sequence header's number among the kinds of pieces.
const SEQUENCE_HEADER: u32 = 1;

/// How samples mean colours: primaries, transfer and matrix, as numbers of H.273.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cicp {
    pub(super) primaries: u8,
    pub(super) transfer: u8,
    pub(super) matrix: u8,
}

/// The colours that the first sequence header says; nothing where there is none, or it does not say.
pub(super) fn colours(bytes: &[u8]) -> Option<Cicp> {
    let mut bits = Bits { bytes, position: 0 };
    loop {
        bits.skip(1)?;
        let kind = bits.take(4)?;
        let (has_extension, has_length) = (bits.flag()?, bits.flag()?);
        bits.skip(if has_extension { 9 } else { 1 })?;
        if !has_length {
            // It goes on to the end of all.
            return if kind == SEQUENCE_HEADER { sequence_header(&mut bits) } else { None };
        }
        let length = bits.variable_bytes()?;
        if kind == SEQUENCE_HEADER {
            return sequence_header(&mut bits);
        }
        bits.skip(length.checked_mul(8)?)?;
    }
}

/// `sequence_header_obu` down to the colours.
fn sequence_header(bits: &mut Bits<'_>) -> Option<Cicp> {
    let profile = bits.take(3)?;
    bits.skip(1)?;
    let is_reduced = bits.flag()?;
    if is_reduced {
        bits.skip(5)?;
    } else {
        operating_points(bits)?;
    }
    let (width, height) = (bits.take(4)? + 1, bits.take(4)? + 1);
    bits.skip(width + height)?;
    if !is_reduced && bits.flag()? {
        bits.skip(4 + 3)?;
    }
    bits.skip(3)?;
    if !is_reduced {
        tools(bits)?;
    }
    bits.skip(3)?;
    let is_deep = bits.flag()?;
    if profile == 2 && is_deep {
        bits.skip(1)?;
    }
    if profile != 1 {
        bits.skip(1)?;
    }
    if !bits.flag()? {
        return None;
    }
    let mut number = || bits.take(8).map(|number| number as u8);
    Some(Cicp { primaries: number()?, transfer: number()?, matrix: number()? })
}

/// Timing, and the levels that a decoder has to reach.
fn operating_points(bits: &mut Bits<'_>) -> Option<()> {
    let mut delay_bits = None;
    if bits.flag()? {
        bits.skip(64)?;
        if bits.flag()? {
            bits.variable_bits()?;
        }
        if bits.flag()? {
            delay_bits = Some(bits.take(5)? + 1);
            bits.skip(32 + 5 + 5)?;
        }
    }
    let has_display_delay = bits.flag()?;
    for _ in 0..=bits.take(5)? {
        bits.skip(12)?;
        // The tier, where the level is above 7.
        if bits.take(5)? > 7 {
            bits.skip(1)?;
        }
        if let Some(delay_bits) = delay_bits
            && bits.flag()?
        {
            bits.skip(2 * delay_bits + 1)?;
        }
        if has_display_delay && bits.flag()? {
            bits.skip(4)?;
        }
    }
    Some(())
}

/// The tools of pictures that follow on others.
fn tools(bits: &mut Bits<'_>) -> Option<()> {
    bits.skip(4)?;
    let has_order = bits.flag()?;
    if has_order {
        bits.skip(2)?;
    }
    // Screen content: chosen for each picture, or never, or always.
    let is_of_screens = bits.flag()? || bits.flag()?;
    // Whole pixels of movement: the same, where it is of screens.
    if is_of_screens && !bits.flag()? {
        bits.skip(1)?;
    }
    if has_order {
        bits.skip(3)?;
    }
    Some(())
}

/// Bits, the first on top.
struct Bits<'b> {
    bytes: &'b [u8],
    position: u32,
}

impl Bits<'_> {
    fn flag(&mut self) -> Option<bool> {
        let byte = self.bytes.get(self.position as usize / 8)?;
        let bit = byte >> (7 - self.position % 8) & 1;
        self.position += 1;
        Some(bit == 1)
    }

    fn take(&mut self, count: u32) -> Option<u32> {
        (0..count).try_fold(0, |value, _| Some(value << 1 | u32::from(self.flag()?)))
    }

    fn skip(&mut self, count: u32) -> Option<()> {
        self.position = self.position.checked_add(count)?;
        Some(())
    }

    /// `leb128`: seven bits in each byte, the lowest first.
    fn variable_bytes(&mut self) -> Option<u32> {
        let mut value = 0_u32;
        for place in 0..4 {
            let byte = self.take(8)?;
            value |= (byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    /// `uvlc`: as many bits as zeros stand before its first one.
    fn variable_bits(&mut self) -> Option<()> {
        let mut zeros = 0;
        while !self.flag()? {
            zeros += 1;
        }
        if zeros < 32 { self.skip(zeros) } else { Some(()) }
    }
}
