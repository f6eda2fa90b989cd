//! The search for the file that fits: which quality, then which size, in at most five encodes.
//!
//! What harms least is tried first: the quality asked for, smaller files of the same pixels, a lossy format in place of a
//! lossless one, a lower quality down to a floor, fewer pixels. Sizes are foretold by two rules of thumb that every encode
//! corrects, so that five are enough, for the bytes that fall at all (`steady`). Beside these five are at most two smaller files of the same pixels, which only
//! a PNG or a WebP without loss has and which are tried where they are likely to fit: counted among the five, they would leave
//! a PNG that becomes a JPEG one encode to find its quality. It knows no pixels: the caller encodes, which lets the tests run it against any curve.

use cutline_model::Size;

use super::Misfit;
use super::steady::Weights;
use crate::{CropError, Format};

/// Most encodes of one part, smaller files of the same pixels left aside.
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
/// How much shorter sides are in the next smaller size that is tried.
const STEP: f64 = 0.96;
/// By how much more than the limit has to be expected of the next larger size for it not to be tried.
const SURELY: f64 = 1.04;

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
#[derive(Clone, Copy)]
pub(crate) struct Goal<'a> {
    /// What would be written without a limit on bytes.
    pub(crate) first: Attempt,
    /// Ways to the same pixels in fewer bytes, in their order, each with how much of the first file it takes at best.
    pub(crate) same: &'a [(Attempt, f64)],
    /// A format to go over to with loss, which may be the same, where that is allowed; and in which size.
    pub(crate) lossy: Option<(Format, Size)>,
    /// The size with which it goes on from there: a smaller one where there is no time for more of the first.
    pub(crate) later: Size,
    /// Whether there is time to be patient.
    pub(crate) has_time: bool,
    pub(crate) max_bytes: u64,
    /// What is nearest to a size among those of a shape that is taken.
    pub(crate) shaped: &'a dyn Fn(Size) -> Size,
}

/// The file that fits, and how it was written.
pub(crate) type Found = (Attempt, Vec<u8>);

/// A file that was written.
pub(crate) struct Written {
    pub(crate) bytes: Vec<u8>,
    pub(crate) weights: Weights,
}

/// Encodes by `encode` until a file fits, or says how small the smallest was.
pub(crate) fn search(
    goal: &Goal<'_>,
    encode: impl FnMut(Attempt) -> Result<Written, CropError>,
) -> Result<Found, CropError> {
    let mut search = Search { encode, max_bytes: goal.max_bytes, encodes: 0, smallest: u64::MAX, best: None };
    let mut attempt = goal.first;
    let mut weights = search.attempt(attempt)?;
    attempt.is_patient = goal.has_time;
    for &(same, at_best) in goal.same {
        if search.best.is_none() && weights.total() as f64 * at_best <= goal.max_bytes as f64 {
            let others = search.write(same)?;
            if same.format == attempt.format {
                weights = others;
            }
        }
    }
    if let (None, Some((format, size))) = (&search.best, goal.lossy)
        && !attempt.is_lossy
    {
        (attempt.format, attempt.is_lossy, attempt.size) = (format, true, size);
        weights = search.attempt(attempt)?;
    }
    if search.best.is_none() && attempt.size != goal.later {
        attempt.size = goal.later;
        weights = search.attempt(attempt)?;
    }
    let mut qualities = Qualities { tried: vec![(attempt.quality, weights)] };
    if search.best.is_none() && attempt.is_lossy {
        search.lower_quality(attempt, &mut qualities)?;
    }
    if search.best.is_none() {
        if attempt.is_lossy {
            attempt.quality = attempt.quality.min(SCALED_QUALITY);
        }
        let sizes = Sizes::new(attempt.size, goal.shaped, qualities.weights(attempt.quality));
        search.fewer_pixels(attempt, sizes)?;
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

impl<E: FnMut(Attempt) -> Result<Written, CropError>> Search<E> {
    /// The same, as one of those that are counted.
    fn attempt(&mut self, attempt: Attempt) -> Result<Weights, CropError> {
        self.encodes += 1;
        self.write(attempt)
    }

    /// Encodes, keeps what fits, and says how large it is.
    fn write(&mut self, attempt: Attempt) -> Result<Weights, CropError> {
        let Written { bytes, weights } = (self.encode)(attempt)?;
        let length = bytes.len() as u64;
        self.smallest = self.smallest.min(length);
        if length <= self.max_bytes {
            self.best = Some((attempt, bytes));
        }
        Ok(weights)
    }

    fn left(&self) -> u32 {
        MAX_ENCODES - self.encodes
    }

    fn is_full(&self, bytes: u64) -> bool {
        bytes as f64 >= self.max_bytes as f64 * FULL
    }

    /// Looks for the highest quality that fits, below that of `attempt`, which does not.
    fn lower_quality(&mut self, attempt: Attempt, qualities: &mut Qualities) -> Result<(), CropError> {
        let Some(&(highest, weights)) = qualities.tried.first() else { return Ok(()) };
        // Only colours fall.
        let room = self.max_bytes.saturating_sub(weights.around + weights.alpha) as f64;
        let (mut above, mut below) = ((highest, weights.colours), None);
        while self.left() > if self.best.is_none() { KEPT_FOR_SCALING } else { 0 } {
            let lowest = below.map_or(LOWEST_QUALITY, |(quality, _)| quality + 1);
            if lowest >= above.0 {
                break;
            }
            let is_last = self.best.is_none() && self.left() == KEPT_FOR_SCALING + 1;
            let expected = quality_for(room * 0.97, above, below);
            // Where not even the steepest curve reaches the limit, encodes are better spent on fewer pixels.
            let at_best = quality_at(room, above, STEEPEST_POWER);
            if self.best.is_none() && at_best < i32::from(LOWEST_QUALITY) {
                break;
            }
            let quality = if is_last { lowest } else { clamped(expected, lowest, above.0 - 1) };
            let weights = self.attempt(Attempt { quality, ..attempt })?;
            qualities.tried.push((quality, weights));
            if weights.total() > self.max_bytes {
                above = (quality, weights.colours);
            } else if self.is_full(weights.total()) {
                break;
            } else {
                below = Some((quality, weights.colours));
            }
        }
        Ok(())
    }

    /// Looks for the largest of the sizes that fits, below that of `attempt`, which does not.
    ///
    /// The sizes are the same for every limit, and the search ends where one fits and the next does not: otherwise a
    /// larger limit could give a smaller picture, by a worse guess.
    fn fewer_pixels(&mut self, attempt: Attempt, mut sizes: Sizes<'_>) -> Result<(), CropError> {
        let most = self.max_bytes as f64;
        let (mut above, mut below, mut does_fit) = (0, sizes.count(), false);
        while self.left() > 0 && above + 1 < below {
            // The last must fit.
            let caution = if does_fit || self.left() > 1 { 0.0 } else { 1.0 };
            let is_expected = |step: &u32| {
                let (bytes, doubt) = sizes.expected(*step);
                bytes * (1.0 + doubt * caution) <= most
            };
            let step = (above + 1..below).find(is_expected).unwrap_or(below - 1);
            if does_fit && step == below - 1 && sizes.expected(step).0 > most * SURELY {
                break;
            }
            let size = sizes.size(step);
            let weights = self.attempt(Attempt { size, ..attempt })?;
            sizes.learn(size, weights);
            if weights.total() > self.max_bytes {
                above = step;
            } else {
                (below, does_fit) = (step, true);
            }
        }
        Ok(())
    }
}

/// What was learnt of one size at several qualities.
struct Qualities {
    /// At least one.
    tried: Vec<(u8, Weights)>,
}

impl Qualities {
    /// How large the file is expected to be at this quality.
    fn weights(&self, quality: u8) -> Weights {
        let distance = |other: u8| (coarseness(other).ln() - coarseness(quality).ln()).abs();
        let mut near: Vec<(u8, Weights)> = self.tried.clone();
        near.sort_by(|one, other| distance(one.0).total_cmp(&distance(other.0)));
        let Some(&(known, weights)) = near.first() else { return Weights::default() };
        let power = near.get(1).map_or(COARSENESS_POWER, |&(other, others)| {
            power((known, weights.colours), (other, others.colours))
        });
        let falls = (coarseness(known) / coarseness(quality)).powf(power);
        Weights { colours: (weights.colours as f64 * falls) as u64, ..weights }
    }
}

/// The sizes that are tried, each side [`STEP`] of the one before, and what was learnt of them.
struct Sizes<'a> {
    full: Size,
    shaped: &'a dyn Fn(Size) -> Size,
    /// Pixels and what they took; the first may be a guess, by another quality.
    known: Vec<(f64, Weights)>,
}

impl<'a> Sizes<'a> {
    fn new(full: Size, shaped: &'a dyn Fn(Size) -> Size, weights: Weights) -> Self {
        Self { full, shaped, known: vec![(full.area() as f64, weights)] }
    }

    /// One more than the last, which is a single pixel.
    fn count(&self) -> u32 {
        let longest = f64::from(self.full.width().max(self.full.height()));
        2 + ((2.0 * longest).ln() / -STEP.ln()).ceil() as u32
    }

    fn size(&self, step: u32) -> Size {
        (self.shaped)(scaled(self.full, STEP.powf(f64::from(step))))
    }

    fn learn(&mut self, size: Size, weights: Weights) {
        self.known.push((size.area() as f64, weights));
    }

    /// How many bytes are expected, and of which part of them that is in doubt.
    fn expected(&self, step: u32) -> (f64, f64) {
        let area = self.size(step).area() as f64;
        let distance = |known: &(f64, Weights)| (known.0 / area).ln().abs();
        let falling = |weights: &Weights| (weights.alpha + weights.colours).max(1) as f64;
        let mut near: Vec<&(f64, Weights)> = self.known.iter().collect();
        near.sort_by(|one, other| distance(one).total_cmp(&distance(other)));
        let Some(&nearest) = near.first() else { return (0.0, 1.0) };
        let power = near.get(1).map_or(AREA_POWER, |other| {
            let power = (falling(&nearest.1) / falling(&other.1)).ln() / (nearest.0 / other.0).ln();
            if power.is_finite() { power.clamp(0.4, 1.5) } else { AREA_POWER }
        });
        let falls = falling(&nearest.1) * (area / nearest.0).powf(power);
        let doubt = if self.known.len() == 1 { 0.1 } else { 0.005 } + distance(nearest) / 10.0;
        (nearest.1.around as f64 + falls, doubt)
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
    quality_at(bytes, above, below.map_or(COARSENESS_POWER, |below| power(above, below)))
}

/// As which power of the coarseness the bytes fall between two qualities.
fn power(one: (u8, u64), other: (u8, u64)) -> f64 {
    let bytes = |(_, bytes): (u8, u64)| (bytes as f64).ln();
    let power = (bytes(one) - bytes(other)) / (coarseness(other.0).ln() - coarseness(one.0).ln());
    if power.is_finite() { power.clamp(0.1, 5.0) } else { COARSENESS_POWER }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FULL_SIZE: (u32, u32) = (1200, 800);
    /// What would be written, and what with loss in its place.
    const KINDS: [(Format, Option<Format>); 4] = [
        (Format::Jpeg, None),
        (Format::Png, None),
        (Format::Png, Some(Format::Jpeg)),
        (Format::WebP, Some(Format::WebP)),
    ];

    fn size(width: u32, height: u32) -> Size {
        Size::new(width, height).expect("test sizes are not zero")
    }

    /// A picture as an encoder meets it: bytes for each pixel at quality 90, the two powers, what a file has around, and
    /// bytes for each pixel that no quality makes fewer, in a lossy file.
    #[derive(Clone, Copy, Debug)]
    struct Curve {
        per_pixel: f64,
        coarseness_power: f64,
        area_power: f64,
        around: f64,
        alpha: f64,
    }

    impl Curve {
        fn weights(self, attempt: Attempt) -> Weights {
            let full = f64::from(FULL_SIZE.0) * f64::from(FULL_SIZE.1);
            let area = full * (attempt.size.area() as f64 / full).powf(self.area_power);
            let lossless = if attempt.is_lossy { 1.0 } else { 4.0 };
            let quality = if attempt.is_lossy { attempt.quality } else { 90 };
            let coarse = (coarseness(90) / coarseness(quality)).powf(self.coarseness_power);
            Weights {
                around: self.around as u64,
                alpha: if attempt.is_lossy { (self.alpha * area) as u64 } else { 0 },
                colours: (self.per_pixel * area * coarse * lossless) as u64,
            }
        }

        fn bytes(self, attempt: Attempt) -> u64 {
            self.weights(attempt).total()
        }

        fn find(self, goal: &Goal<'_>) -> (Result<Found, CropError>, u32) {
            let mut encodes = 0;
            let found = search(goal, |attempt| {
                encodes += 1;
                let weights = self.weights(attempt);
                Ok(Written { bytes: vec![0; weights.total() as usize], weights })
            });
            (found, encodes)
        }
    }

    fn goal(format: Format, lossy: Option<Format>, max_bytes: u64) -> Goal<'static> {
        let (width, height) = FULL_SIZE;
        let (size, is_lossy) = (size(width, height), format == Format::Jpeg);
        let first = Attempt { format, is_lossy, quality: 90, size, is_patient: false };
        let lossy = lossy.map(|format| (format, size));
        Goal { first, same: &[], lossy, later: size, has_time: true, max_bytes, shaped: &|size| size }
    }

    proptest! {
        #[test]
        fn what_takes_long_is_written_at_its_size_once_in_each_format_and_smaller_from_there(
            per_pixel in 0.02..0.6, share in 0.02..1.2, kind in 0..4,
        ) {
            let curve = Curve { per_pixel, coarseness_power: 0.7, area_power: 0.85, around: 500.0, alpha: 0.0 };
            let (format, lossy) = KINDS[kind as usize];
            let later = size(600, 400);
            let whole = goal(format, lossy, 0);
            let max_bytes = (curve.bytes(whole.first) as f64 * share) as u64;
            let goal = Goal { max_bytes, later, has_time: false, ..whole };
            let mut sizes = Vec::new();
            let found = search(&goal, |attempt| {
                sizes.push((attempt.size.width(), attempt.is_patient));
                let weights = curve.weights(attempt);
                Ok(Written { bytes: vec![0; weights.total() as usize], weights })
            });
            prop_assert!(sizes.len() <= 5, "{:?}", sizes);
            let at_full_size = if lossy.is_some() { 2 } else { 1 };
            prop_assert!(sizes.iter().skip(at_full_size).all(|(width, _)| *width <= 600), "{:?}", sizes);
            prop_assert!(sizes.iter().all(|(_, is_patient)| !is_patient));
            if let Ok((attempt, bytes)) = found {
                prop_assert!(bytes.len() as u64 <= max_bytes, "{:?}", attempt);
                prop_assert!(share < 1.0 || attempt.size == goal.first.size);
            }
        }

        #[test]
        fn what_is_found_fits_after_five_encodes_at_most(
            per_pixel in 0.02..0.6, coarseness_power in 0.4..1.0, area_power in 0.7..1.05, around in 300.0..3000.0,
            share in 0.02..1.2, kind in 0..4, alpha in proptest::option::of(0.0..0.6),
        ) {
            let curve = Curve { per_pixel, coarseness_power, area_power, around, alpha: alpha.unwrap_or(0.0) };
            let (format, lossy) = KINDS[kind as usize];
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
                prop_assert!(bytes.len() as f64 >= 0.8 * max_bytes as f64, "{} of {max_bytes}", bytes.len());
            }
        }

        #[test]
        fn more_bytes_never_give_a_smaller_picture(
            per_pixel in 0.02..0.6, coarseness_power in 0.4..1.0, area_power in 0.7..1.05, around in 300.0..3000.0,
            share in 0.02..1.2, more in 1.0..2.0, kind in 0..4, alpha in proptest::option::of(0.0..0.6),
        ) {
            let curve = Curve { per_pixel, coarseness_power, area_power, around, alpha: alpha.unwrap_or(0.0) };
            let (format, lossy) = KINDS[kind as usize];
            let full = goal(format, lossy, u64::MAX);
            let few = (curve.bytes(full.first) as f64 * share) as u64 + 2 * around as u64;
            let many = (few as f64 * more) as u64;
            let area = |max_bytes| curve.find(&Goal { max_bytes, ..full }).0.expect("it fits").0.size.area();
            prop_assert!(area(few) <= area(many), "{} pixels in {few} bytes, {} in {many}", area(few), area(many));
        }
    }

    #[test]
    fn what_has_the_same_pixels_in_fewer_bytes_is_taken_before_anything_is_lost() {
        let full = goal(Format::Png, Some(Format::Jpeg), u64::MAX);
        let patient = Attempt { is_patient: true, ..full.first };
        let other = Attempt { format: Format::WebP, ..full.first };
        let bytes = |attempt: Attempt| match (attempt.format, attempt.is_patient) {
            (Format::Png, false) => 1_000,
            (Format::Png, true) => 920,
            (Format::WebP, _) => 600,
            _ => 100,
        };
        for (max_bytes, expected, encodes) in
            [(1_000, full.first, 1), (950, patient, 2), (910, other, 3), (700, other, 2)]
        {
            let goal = Goal { max_bytes, same: &[(patient, 0.9), (other, 0.5)], ..full };
            let mut made = 0;
            let (found, _) = search(&goal, |attempt| {
                made += 1;
                let weights = Weights { colours: bytes(attempt), ..Weights::default() };
                Ok(Written { bytes: vec![0; weights.total() as usize], weights })
            })
            .expect("it fits");
            assert_eq!((found, made), (expected, encodes), "{max_bytes}");
        }
        let goal = Goal { max_bytes: 590, same: &[(patient, 0.9), (other, 0.5)], ..full };
        let weights = |attempt| Weights { colours: bytes(attempt), ..Weights::default() };
        let written = |attempt| {
            let weights = weights(attempt);
            Ok(Written { bytes: vec![0; weights.total() as usize], weights })
        };
        assert!(search(&goal, written).expect("it fits").0.is_lossy, "and else with loss");
    }

    #[test]
    fn the_quality_found_is_near_the_highest_that_fits() {
        let curve =
            Curve { per_pixel: 0.3, coarseness_power: 0.6, area_power: 0.9, around: 700.0, alpha: 0.0 };
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
        let stubborn =
            Curve { per_pixel: 0.1, coarseness_power: 0.7, area_power: 0.9, around: 5000.0, alpha: 0.0 };
        let (found, encodes) = stubborn.find(&goal(Format::Jpeg, None, 4000));
        assert!(encodes <= MAX_ENCODES);
        let Err(CropError::CannotFit(Misfit::Bytes { smallest, limit: 4000 })) = found else {
            panic!("{found:?}")
        };
        assert!(smallest >= 5000, "{smallest}");
    }
}
