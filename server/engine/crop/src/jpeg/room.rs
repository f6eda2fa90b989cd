//! How much room a part's compressed bytes have, beside what decoding it takes.
//!
//! How many bytes they are is known only when they are there: up to as many as the part has samples, and as a rule a tenth of
//! that. They are counted as they come, so that a photograph is not refused for what it could have been.

use super::frame::{Frame, Mcus};
use crate::header::Header;
use crate::{CropError, CropLimits};

/// Most compressed bytes, and what is said of more.
pub(super) struct Room {
    most: u64,
    refusal: CropError,
}

impl Room {
    /// What is left beside the pixels of `wanted`, of which one in `one_in` along each side will be decoded, or none; and
    /// beside its coefficients, where they are gathered. Refuses a part for which that alone is too much.
    pub(super) fn beside(
        frame: &Frame,
        wanted: &Mcus,
        one_in: Option<u32>,
        is_gathered: bool,
        header: &Header,
        limits: &CropLimits,
    ) -> Result<Self, CropError> {
        let samples = 64 * frame.blocks(wanted);
        let pixels = frame.pixels(wanted);
        // CMYK is decoded as it is and made RGB beside that.
        let channels = if frame.components.len() == 4 { 4 + 3 } else { frame.components.len() as u64 };
        let decoded = one_in.map_or(0, |one_in| {
            let side = |side: u32| u64::from(side.div_ceil(one_in));
            side(pixels.width) * side(pixels.height) * channels
        });
        // Coefficients take two bytes, and in a progressive file those of the blocks above and beside a bit each.
        let walked = Mcus { columns: 0..frame.mcus_wide(), rows: 0..wanted.rows.end };
        let masks = if frame.is_progressive() { 8 * frame.blocks(&walked) } else { 0 };
        let gathered = if is_gathered { 2 * samples + masks } else { 0 };
        // At the highest quality they take as much as the samples do.
        let refusal = header.too_much_memory(decoded.max(gathered).saturating_add(samples), 0, limits);
        let beside = |taken: u64| limits.max_decode_bytes.checked_sub(taken);
        match (beside(decoded), beside(gathered)) {
            // While a file is made of them they are there twice, with the coefficients and before the pixels.
            (Some(decoding), Some(making)) => Ok(Self { most: decoding.min(making / 2), refusal }),
            _ => Err(refusal),
        }
    }

    /// Refuses so many bytes, if they are too many.
    pub(super) fn check(&self, bytes: usize) -> Result<(), CropError> {
        if bytes as u64 > self.most { Err(self.refusal.clone()) } else { Ok(()) }
    }
}
