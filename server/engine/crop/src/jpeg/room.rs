//! How much room a part's compressed bytes have, beside what decoding it takes.
//!
//! How many bytes they are is known only when they are there: up to as many as the part has samples, and as a rule a tenth of
//! that. They are counted as they come, so that a photograph is not refused for what it could have been.

use super::Purpose;
use super::frame::{Frame, Mcus};
use crate::header::Header;
use crate::{CropError, CropLimits};

/// Most compressed bytes, and what is said of more.
pub(super) struct Room {
    most: u64,
    /// What the pixels leave of the memory that decoding may take.
    beside_pixels: u64,
    refusal: CropError,
}

impl Room {
    /// What is left beside the pixels of `wanted`, as far as they are decoded at once for this purpose; and beside its
    /// coefficients, where they are gathered: so many bytes. Refuses a part for which that alone is too much.
    pub(super) fn beside(
        frame: &Frame,
        wanted: &Mcus,
        purpose: Purpose,
        gathered: u64,
        header: &Header,
        limits: &CropLimits,
    ) -> Result<Self, CropError> {
        let samples = 64 * frame.blocks(wanted);
        let pixels = frame.pixels(wanted);
        // CMYK is decoded as it is and made RGB beside that.
        let channels = if frame.components.len() == 4 { 4 + 3 } else { frame.components.len() as u64 };
        let (columns, rows) = match purpose {
            Purpose::Decode { one_in, .. } => (pixels.width.div_ceil(one_in), pixels.height.div_ceil(one_in)),
            // With their margins: as they come, as they are cut, and the JPEG that they are decoded from.
            Purpose::DecodeRows(rows) => (pixels.width, 3 * (rows + 4 * frame.mcu_height)),
            Purpose::GiveOut => (0, 0),
        };
        let decoded = u64::from(columns) * u64::from(rows) * channels;
        // At the highest quality they take as much as the samples do.
        let refusal = header.too_much_memory(decoded.max(gathered).saturating_add(samples), 0, limits);
        let beside = |taken: u64| limits.max_decode_bytes.checked_sub(taken);
        match (beside(decoded), beside(gathered)) {
            // While a file is made of them they are there twice, with the coefficients and before the pixels.
            (Some(decoding), Some(making)) => {
                Ok(Self { most: decoding.min(making / 2), beside_pixels: decoding, refusal })
            }
            _ => Err(refusal),
        }
    }

    /// So many bytes, or this refusal.
    pub(super) fn of(most: u64, refusal: CropError) -> Self {
        Self { most, beside_pixels: most, refusal }
    }

    /// The same, where libjpeg-turbo keeps so many blocks beside the pixels: it does of a file in several scans.
    pub(super) fn beside_blocks(self, blocks: u64) -> Result<Self, CropError> {
        let bytes = blocks * 2 * 64;
        let refusal = match self.refusal {
            CropError::TooMuchMemory { size, needed, limit, is_of_part } => {
                CropError::TooMuchMemory { size, needed: needed.saturating_add(bytes), limit, is_of_part }
            }
            refusal => refusal,
        };
        match self.beside_pixels.checked_sub(bytes) {
            Some(left) => Ok(Self { most: self.most.min(left), beside_pixels: left, refusal }),
            None => Err(refusal),
        }
    }

    /// The same, where so many are there already.
    pub(super) fn beside_bytes(&self, bytes: usize) -> Self {
        Self { most: self.most.saturating_sub(bytes as u64), refusal: self.refusal.clone(), ..*self }
    }

    /// Refuses so many bytes, if they are too many.
    pub(super) fn check(&self, bytes: usize) -> Result<(), CropError> {
        if bytes as u64 > self.most { Err(self.refusal.clone()) } else { Ok(()) }
    }
}
