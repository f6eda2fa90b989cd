//! What the frames of an animation may cost together.
//!
//! A file of a few megabytes can hold a hundred thousand frames, each of millions of pixels in a few bytes: the cost is
//! counted as they come, and the animation refused when it is too much.

use std::time::Duration;

use image::{DynamicImage, RgbaImage};

use crate::part::{Animation, Frame, Part};
use crate::{CropError, CropLimits};

/// How many times the largest picture all frames together may have, in pixels that are decoded: 1,200 million by
/// default, or 580 full HD frames.
const PICTURES: u64 = 4;

/// What is held beside the frames, as large as one of them each: the canvas, what is drawn on it, what that hides for a while.
pub(crate) const BESIDE: u64 = 3;

/// Which frames of an animation are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Only the first, for what does not move.
    First,
    /// All of them.
    All,
}

/// Counts what frames cost.
pub(crate) struct Budget<'l> {
    limits: &'l CropLimits,
    frames: u32,
    pixels: u64,
}

impl<'l> Budget<'l> {
    pub(crate) fn new(limits: &'l CropLimits) -> Self {
        Self { limits, frames: 0, pixels: 0 }
    }

    /// Counts a frame of which `pixels` are decoded, whether they are kept or not.
    pub(crate) fn take(&mut self, pixels: u64) -> Result<(), CropError> {
        self.frames += 1;
        if self.frames > self.limits.max_frames {
            return Err(CropError::TooManyFrames { limit: self.limits.max_frames });
        }
        self.pixels = self.pixels.saturating_add(pixels);
        let limit = self.limits.max_pixels.saturating_mul(PICTURES);
        if self.pixels > limit {
            return Err(CropError::AnimationTooLong { limit });
        }
        Ok(())
    }
}

/// The frames of an animation, as far as they came.
pub(crate) struct Frames {
    frames: Vec<Frame>,
    bytes: u64,
    max_bytes: u64,
}

impl Frames {
    /// No frames so far; all together may take `max_bytes`.
    pub(crate) fn new(max_bytes: u64) -> Self {
        Self { frames: Vec::new(), bytes: 0, max_bytes }
    }

    /// Keeps what is seen as the next frame, if there is room for a copy of it.
    pub(crate) fn push(&mut self, seen: &RgbaImage, duration: Duration) -> Result<(), CropError> {
        let frames = self.frames.len() + 1;
        let needed = (seen.len() as u64).saturating_mul(frames as u64 + BESIDE);
        if needed > self.max_bytes {
            return Err(CropError::AnimationTooBig { frames, limit: self.max_bytes });
        }
        self.bytes += seen.len() as u64;
        self.frames.push(Frame { picture: DynamicImage::ImageRgba8(seen.clone()), duration });
        Ok(())
    }

    /// What they take, in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The part that they make: one frame alone does not move.
    pub(crate) fn into_part(mut self, plays: u32) -> Option<Part> {
        match self.frames.len() {
            0 => None,
            1 => self.frames.pop().map(|frame| Part::Still(frame.picture)),
            _ => Some(Part::Moving(Animation { frames: self.frames, plays })),
        }
    }
}
