//! Caps on what one picture may cost, unit in the name.

use serde::{Deserialize, Serialize};

/// For what stands between a picture and its scaled copy (`cutline_scale`), so that whatever can be cut can be scaled.
const SCALING_BYTES: u64 = 24 << 20;

/// What cutting one picture may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CropLimits {
    /// Largest picture of which only a part is decoded, in pixels; 300 million. Of a progressive JPEG in 12 scans, 200 million lie
    /// above the part's lower edge at most (`header/jpeg.rs`).
    pub max_pixels: u64,
    /// Largest picture that must be decoded whole, in pixels; 50 million.
    pub max_whole_pixels: u64,
    /// Most memory that decoding one picture may take, in bytes; 256 MiB. Once it is decoded, it and what is made of it on
    /// the way (scaled, turned) may together take twice as much, and 24 MiB.
    pub max_decode_bytes: u64,
    /// Most frames of an animation; 10,000. Together they may have four times as many pixels as the largest picture.
    pub max_frames: u32,
}

impl CropLimits {
    /// Most memory that a picture's pixels and what is made of them may take together, in bytes.
    pub(crate) fn max_work_bytes(&self) -> u64 {
        self.max_decode_bytes.saturating_mul(2).saturating_add(SCALING_BYTES)
    }
}

impl Default for CropLimits {
    fn default() -> Self {
        Self {
            max_pixels: 300_000_000,
            max_whole_pixels: 50_000_000,
            max_decode_bytes: 256 << 20,
            max_frames: 10_000,
        }
    }
}
