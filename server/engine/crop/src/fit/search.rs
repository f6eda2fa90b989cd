//! The search for the file that fits: which quality, then which size, in at most five encodes.
//!
//! What harms least is tried first: the quality asked for, a lossy format in place of a lossless one, a lower quality
//! down to a floor, fewer pixels. Sizes are foretold by two rules of thumb that every encode corrects, so that five
//! are enough. It knows no pixels: the caller encodes, which lets the tests run it against any curve.

use cutline_model::Size;

use super::Misfit;
use crate::{CropError, Format};

/// Most encodes of one part.
pub(crate) const MAX_ENCODES: u32 = 5;
/// Below this quality blocks show; fewer pixels harm less.
pub(crate) const LOWEST_QUALITY: u8 = 50;
/// The quality of what has to be scaled: more pixels at this one look better than fewer at a higher one.
const SCALED_QUALITY: u8 = 75;
/// Encodes kept back for scaling, while no quality is known to fit.
const KEPT_FOR_SCALING: u32 = 2;
/// A JPEG's bytes fall as this power of how coarsely it is quantised; a start, corrected by what is measured.
const COARSENESS_POWER: f64 = 0.7;
/// As steeply as a picture's bytes are expected to fall at most.
const STEEPEST_POWER: f64 = 1.0;
/// Bytes fall a little slower than pixels, since what is left has more detail.
const AREA_POWER: f64 = 0.85;
/// How full a file may be to be called good: one more encode would gain little.
const FULL: f64 = 0.9;

/// One way to write the part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Attempt {
    pub(crate) format: Format,
    /// Whether it is written with loss, so that the quality counts.
    pub(crate) is_lossy: bool,
    pub(crate) quality: u8,
    pub(crate) size: Size,
    /// Whether time may be spent on a smaller file of the same pixels.
    pub(crate) is_patient: bool,
}

/// What is searched for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Goal {
    /// What would be written without a limit on bytes.
    pub(crate) first: Attempt,
    /// A format to go over to with loss, which may be the same, where that is allowed.
    pub(crate) lossy: Option<Format>,
    pub(crate) max_bytes: u64,
}

/// The file that fits, and how it was written.
pub(crate) type Found = (Attempt, Vec<u8>);

/// Encodes by `encode` until a file fits, or says how small the smallest was.
pub(crate) fn search(
    goal: &Goal,
    encode: impl FnMut(Attempt) -> Result<Vec<u8>, CropError>,
) -> Result<Found, CropError> {
    let mut search = Search { encode, max_bytes: goal.max_bytes, encodes: 0, smallest: u64::MAX, best: None };
    let mut attempt = goal.first;
    let mut bytes = search.attempt(attempt)?;
    attempt.is_patient = true;
    if search.best.is_none()
        && !attempt.is_lossy
        && goal.lossy.is_none()
        && bytes as f64 * FULL <= goal.max_bytes as f64
    {
        bytes = search.attempt(attempt)?;
    }
    if let (None, Some(format)) = (&search.best, goal.lossy) {
        (attempt.format, attempt.is_lossy) = (format, true);
        bytes = search.attempt(attempt)?;
    }
    if search.best.is_none() && attempt.is_lossy {
        (attempt, bytes) = search.lower_quality(attempt, bytes)?;
    }
    if search.best.is_none() {
        search.fewer_pixels(attempt, bytes, goal.first.quality)?;
    }
    let misfit = Misfit::Bytes { smallest: search.smallest, limit: goal.max_bytes };
    search.best.ok_or(CropError::CannotFit(misfit))
}

struct Search<E> {
    encode: E,
    max_bytes: u64,
    encodes: u32,
    smallest: u64,
    /// The least harmful file that fits.
    best: Option<Found>,
}

impl<E: FnMut(Attempt) -> Result<Vec<u8>, CropError>> Search<E> {
    /// Encodes, keeps what fits, and gives the number of bytes.
    fn attempt(&mut self, attempt: Attempt) -> Result<u64, CropError> {
        self.encodes += 1;
        let bytes = (self.encode)(attempt)?;
        let length = bytes.len() as u64;
        self.smallest = self.smallest.min(length);
        if length <= self.max_bytes {
            self.best = Some((attempt, bytes));
        }
        Ok(length)
    }

    fn left(&self) -> u32 {
        MAX_ENCODES - self.encodes
    }

    fn is_full(&self, bytes: u64) -> bool {
        bytes as f64 >= self.max_bytes as f64 * FULL
    }

    /// Looks for the highest quality that fits, below that of `attempt`, which does not. Gives the last attempt that did
    /// not fit, where none did.
    fn lower_quality(&mut self, attempt: Attempt, bytes: u64) -> Result<(Attempt, u64), CropError> {
        let (mut above, mut below) = ((attempt.quality, bytes), None);
        while self.left() > if self.best.is_none() { KEPT_FOR_SCALING } else { 0 } {
            let lowest = below.map_or(LOWEST_QUALITY, |(quality, _)| quality + 1);
            if lowest >= above.0 {
                break;
            }
            let is_last = self.best.is_none() && self.left() == KEPT_FOR_SCALING + 1;
            let expected = quality_for(self.max_bytes as f64 * 0.97, above, below);
            // Where not even the steepest curve reaches the limit, encodes are better spent on fewer pixels.
            let at_best = quality_at(self.max_bytes as f64, above, STEEPEST_POWER);
            if self.best.is_none() && at_best < i32::from(LOWEST_QUALITY) {
                break;
            }
            let quality = if is_last { lowest } else { clamped(expected, lowest, above.0 - 1) };
            let bytes = self.attempt(Attempt { quality, ..attempt })?;
            if bytes > self.max_bytes {
                above = (quality, bytes);
            } else if self.is_full(bytes) {
                break;
            } else {
                below = Some((quality, bytes));
            }
        }
        Ok((Attempt { quality: above.0, ..attempt }, above.1))
    }

    /// Looks for the largest size that fits, below that of `attempt`, which does not; at a quality up to `highest`.
    fn fewer_pixels(&mut self, attempt: Attempt, bytes: u64, highest: u8) -> Result<(), CropError> {
        let quality = if attempt.is_lossy { highest.min(SCALED_QUALITY) } else { attempt.quality };
        let coarser = (coarseness(attempt.quality) / coarseness(quality)).powf(COARSENESS_POWER);
        let mut bytes = bytes as f64 * if attempt.is_lossy { coarser } else { 1.0 };
        let (mut too_large, mut fits) = (attempt.size, None::<Size>);
        let mut size = attempt.size;
        while self.left() > 0 {
            let caution = if self.left() == 1 && fits.is_none() { 0.7 } else { 0.9 };
            let factor = (self.max_bytes as f64 * caution / bytes).powf(1.0 / AREA_POWER).sqrt();
            let next = scaled(size, factor);
            let next = if is_below(next, too_large) { next } else { scaled(too_large, 0.9) };
            if fits.is_some_and(|fits| !is_below(fits, next)) || next == too_large {
                break;
            }
            size = next;
            let length = self.attempt(Attempt { quality, size, ..attempt })?;
            bytes = length as f64;
            if length > self.max_bytes {
                too_large = size;
            } else if self.is_full(length) || bytes >= 0.75 * self.max_bytes as f64 {
                break;
            } else {
                fits = Some(size);
            }
        }
        Ok(())
    }
}

/// How coarsely libjpeg quantises at a quality, in percent of its tables (jcparam.c, `jpeg_quality_scaling`).
fn coarseness(quality: u8) -> f64 {
    match quality {
        0..50 => 5000.0 / f64::from(quality.max(1)),
        quality => (200.0 - 2.0 * f64::from(quality)).max(1.0),
    }
}

/// The quality that is expected to give `bytes`, from one that gives more and perhaps one that gives less.
fn quality_for(bytes: f64, above: (u8, u64), below: Option<(u8, u64)>) -> i32 {
    let (coarse, many) = (coarseness(above.0).ln(), (above.1 as f64).ln());
    let power = below.map_or(COARSENESS_POWER, |(quality, few)| {
        let power = (many - (few as f64).ln()) / (coarseness(quality).ln() - coarse);
        if power.is_finite() { power.clamp(0.1, 5.0) } else { COARSENESS_POWER }
    });
    quality_at(bytes, above, power)
}

/// The quality that gives `bytes` where they fall as this power from what is known to give more.
fn quality_at(bytes: f64, above: (u8, u64), power: f64) -> i32 {
    let (coarse, many) = (coarseness(above.0).ln(), (above.1 as f64).ln());
    let coarseness = (coarse + (many - bytes.max(1.0).ln()) / power).exp();
    let quality = if coarseness > 100.0 { 5000.0 / coarseness } else { 100.0 - coarseness / 2.0 };
    quality.floor() as i32
}

fn clamped(quality: i32, lowest: u8, highest: u8) -> u8 {
    u8::try_from(quality.max(0)).unwrap_or(u8::MAX).clamp(lowest, highest)
}

/// The size with both sides `factor` as long, at least a pixel each.
fn scaled(size: Size, factor: f64) -> Size {
    let side = |side: u32| ((f64::from(side) * factor).round() as u32).max(1);
    Size::new(side(size.width()), side(size.height())).expect("both are at least 1")
}

fn is_below(size: Size, other: Size) -> bool {
    size.width() <= other.width() && size.height() <= other.height() && size != other
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FULL_SIZE: (u32, u32) = (1200, 800);

    fn size(width: u32, height: u32) -> Size {
        Size::new(width, height).expect("test sizes are not zero")
    }

    /// A picture as an encoder meets it: bytes for each pixel at quality 90, the two powers, and what a file has around.
    #[derive(Clone, Copy, Debug)]
    struct Curve {
        per_pixel: f64,
        coarseness_power: f64,
        area_power: f64,
        around: f64,
    }

    impl Curve {
        fn bytes(self, attempt: Attempt) -> u64 {
            let full = f64::from(FULL_SIZE.0) * f64::from(FULL_SIZE.1);
            let area = attempt.size.area() as f64 / full;
            let lossless = if attempt.is_lossy { 1.0 } else { 4.0 };
            let quality = if attempt.is_lossy { attempt.quality } else { 90 };
            let coarse = (coarseness(90) / coarseness(quality)).powf(self.coarseness_power);
            (self.around + self.per_pixel * full * area.powf(self.area_power) * coarse * lossless) as u64
        }

        fn find(self, goal: &Goal) -> (Result<Found, CropError>, u32) {
            let mut encodes = 0;
            let found = search(goal, |attempt| {
                encodes += 1;
                Ok(vec![0; self.bytes(attempt) as usize])
            });
            (found, encodes)
        }
    }

    fn goal(format: Format, lossy: Option<Format>, max_bytes: u64) -> Goal {
        let (width, height) = FULL_SIZE;
        let (size, is_lossy) = (size(width, height), format == Format::Jpeg);
        let first = Attempt { format, is_lossy, quality: 90, size, is_patient: false };
        Goal { first, lossy, max_bytes }
    }

    proptest! {
        #[test]
        fn what_is_found_fits_after_five_encodes_at_most(
            per_pixel in 0.02..0.6, coarseness_power in 0.4..1.0, area_power in 0.7..1.05, around in 300.0..3000.0,
            share in 0.02..1.2, kind in 0..4,
        ) {
            let curve = Curve { per_pixel, coarseness_power, area_power, around };
            let (format, lossy) = [
                (Format::Jpeg, None),
                (Format::Png, None),
                (Format::Png, Some(Format::Jpeg)),
                (Format::WebP, Some(Format::WebP)),
            ][kind as usize];
            let full = goal(format, lossy, u64::MAX);
            let max_bytes = (curve.bytes(full.first) as f64 * share) as u64 + 2 * around as u64;
            let goal = Goal { max_bytes, ..full };
            let (found, encodes) = curve.find(&goal);
            prop_assert!(encodes <= MAX_ENCODES);
            let (attempt, bytes) = found.expect("a fiftieth of the bytes is reached");
            prop_assert!(bytes.len() as u64 <= max_bytes);
            // The order of harm: nothing, another format, a lower quality, fewer pixels.
            if curve.bytes(goal.first) <= max_bytes {
                prop_assert_eq!((attempt, encodes), (goal.first, 1));
            }
            let with =
                |format, quality| curve.bytes(Attempt { format, is_lossy: true, quality, ..goal.first });
            if let Some(lossy) = lossy && with(lossy, 90) <= max_bytes {
                prop_assert_eq!((attempt.quality, attempt.size), (90, goal.first.size));
            }
            if (format == Format::Jpeg) && with(format, LOWEST_QUALITY) as f64 <= max_bytes as f64 * 0.9 {
                prop_assert_eq!(attempt.size, goal.first.size, "a lower quality would have done");
            }
            if attempt.size != goal.first.size {
                prop_assert!(attempt.quality >= SCALED_QUALITY);
                prop_assert!(bytes.len() as f64 >= 0.3 * max_bytes as f64, "{} of {max_bytes}", bytes.len());
            }
        }
    }

    #[test]
    fn the_quality_found_is_near_the_highest_that_fits() {
        let curve = Curve { per_pixel: 0.3, coarseness_power: 0.6, area_power: 0.9, around: 700.0 };
        for share in [0.9, 0.7, 0.5, 0.4] {
            let full = goal(Format::Jpeg, None, u64::MAX);
            let goal = Goal { max_bytes: (curve.bytes(full.first) as f64 * share) as u64, ..full };
            let (attempt, _) = curve.find(&goal).0.expect("it fits");
            let best = (1..=90)
                .rev()
                .find(|&quality| curve.bytes(Attempt { quality, ..goal.first }) <= goal.max_bytes);
            assert!(best.is_some_and(|best| best - attempt.quality <= 4), "{} of {best:?}", attempt.quality);
        }
    }

    #[test]
    fn what_nothing_fits_is_said_with_the_smallest_that_was_made() {
        let stubborn = Curve { per_pixel: 0.1, coarseness_power: 0.7, area_power: 0.9, around: 5000.0 };
        let (found, encodes) = stubborn.find(&goal(Format::Jpeg, None, 4000));
        assert!(encodes <= MAX_ENCODES);
        let Err(CropError::CannotFit(Misfit::Bytes { smallest, limit: 4000 })) = found else {
            panic!("{found:?}")
        };
        assert!(smallest > 5000);
    }
}
