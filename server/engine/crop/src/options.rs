//! What is asked of a cut, apart from which part: the format, the quality, without loss, within which limits.
//!
//! Plain data that can travel to another process.

use serde::{Deserialize, Serialize};

use crate::{CropError, Fit, Format};

/// How the part is written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CropOptions {
    /// JPEG, PNG or WebP, and GIF from a GIF; by default what is nearest to the source: JPEG stays JPEG; WebP, AVIF and
    /// JPEG XL become JPEG, or PNG when they are lossless or HDR, and WebP when they move or are lossy with alpha; a GIF that
    /// moves stays GIF while it fits; all others become PNG.
    pub format: Option<Format>,
    /// The quality of a lossy format, 1..=100; [`CropOptions::QUALITY`] by default. A WebP for which none is
    /// asked is lossless when the source is, unless so much moves in it that nobody waits for that: [`crate::Change`] says it.
    pub quality: Option<u8>,
    /// Whether a JPEG's part keeps the source's own coefficients, at the price of a few pixels more to the left and
    /// above, and hidden in its file to the right and below; no by default. Then all but a JPEG made of a JPEG, and a GIF that stays as it is, is refused.
    pub is_lossless: bool,
    /// The limits of whoever takes the part; none by default.
    pub fit: Option<Fit>,
}

impl CropOptions {
    /// The quality where none is asked for.
    pub const QUALITY: u8 = 90;

    /// The quality to begin with.
    #[must_use]
    pub fn quality(&self) -> u8 {
        self.quality.unwrap_or(Self::QUALITY)
    }

    /// Refuses a quality that does not exist.
    pub(crate) fn check(&self) -> Result<(), CropError> {
        match self.quality {
            Some(quality) if !(1..=100).contains(&quality) => Err(CropError::BadQuality { quality }),
            _ => Ok(()),
        }
    }
}
