//! Making a part fit the limits of whoever takes it, with the least harm.
//!
//! In this order, as far as needed: widen the region to a shape that is taken; choose a format that is taken; keep a
//! JPEG's own coefficients; scale down to the limits on pixels; write the same pixels in fewer bytes; search for the quality,
//! then the size, of a file that is small enough. What was done is reported, and a part that keeps not every limit is never given out.

mod aspect;
mod change;
mod misfit;
mod search;
mod shape;
mod steady;

use std::cell::Cell;

use cutline_model::Size;
use image::DynamicImage;
use serde::{Deserialize, Serialize};

pub use self::aspect::{AspectRange, BadAspect};
pub use self::change::Change;
pub use self::misfit::Misfit;
use self::search::{Attempt, Goal, Written};
use self::steady::Weights;
use crate::encode::{self, Effort};
use crate::header::Header;
use crate::part::Part;
use crate::scale::{self, check_cost};
use crate::tone::on_white;
use crate::{CropError, CropLimits, CropOptions, CropStats, Cut, Format, colour, decode};

/// A patient PNG or WebP is 7 % smaller than a quick one (`Effort`), and rarely more than this.
const PATIENT_AT_BEST: f64 = 0.8;
/// A WebP without loss takes two thirds of a quick PNG, and rarely less than this.
const WEBP_AT_BEST: f64 = 0.4;
/// Larger ones take libwebp longer than a visitor waits.
const MAX_WEBP_PIXELS: u64 = 4 << 20;

/// What a part must not exceed; by default nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fit {
    /// The formats that are taken, in any order; empty is any.
    pub formats: Vec<Format>,
    /// Largest file, in bytes.
    pub max_bytes: Option<u64>,
    /// Most pixels, columns times rows.
    pub max_pixels: Option<u64>,
    /// Longest side, in pixels.
    pub max_side: Option<u32>,
    /// The shapes that are taken.
    pub aspect: Option<AspectRange>,
}

/// A part that fits, and how.
pub(crate) struct Fitted {
    pub(crate) bytes: Vec<u8>,
    pub(crate) format: Format,
    pub(crate) size: Size,
    pub(crate) changes: Vec<Change>,
}

/// What is to be written, of what, and at which cost.
pub(crate) struct Wish<'a> {
    pub(crate) header: &'a Header,
    pub(crate) format: Format,
    pub(crate) options: &'a CropOptions,
    pub(crate) limits: &'a CropLimits,
}

impl Fit {
    fn takes(&self, format: Format) -> bool {
        self.formats.is_empty() || self.formats.contains(&format)
    }

    /// The format to write: as asked, else what is nearest to the source of those that are taken; and what is to be said
    /// of that.
    pub(crate) fn format(
        &self,
        asked: Option<Format>,
        header: &Header,
    ) -> Result<(Format, Option<Change>), CropError> {
        let own = encode::choose_format(asked, header)?;
        if self.takes(own) {
            return Ok((own, None));
        }
        match self.instead(header) {
            Some(other) if asked.is_none() => {
                Ok((other, Some(Change::FormatChanged { from: own, to: other })))
            }
            _ => Err(CropError::CannotFit(Misfit::Formats { formats: self.formats.clone() })),
        }
    }

    /// Of the formats that are taken and written at any size and quality, the one nearest to the source.
    pub(crate) fn instead(&self, header: &Header) -> Option<Format> {
        let nearest = if header.is_animated {
            [Format::WebP, Format::Png, Format::Jpeg]
        } else if header.has_alpha || header.is_lossless {
            [Format::Png, Format::WebP, Format::Jpeg]
        } else {
            [Format::Jpeg, Format::WebP, Format::Png]
        };
        let is_written = |format: &Format| encode::choose_format(Some(*format), header).is_ok();
        nearest.into_iter().find(|format| self.takes(*format) && is_written(format))
    }

    /// Whether formats are named, and none of them holds transparent pixels.
    fn takes_no_alpha(&self) -> bool {
        !self.formats.is_empty() && !self.takes(Format::Png) && !self.takes(Format::WebP)
    }

    /// Writes `part`, which is upright and has been scaled from `own` to what [`Fit::bounded`] says, so that it fits.
    pub(crate) fn write(
        &self,
        part: Part,
        own: Size,
        wish: &Wish<'_>,
        stats: &mut CropStats,
    ) -> Result<Fitted, CropError> {
        let &Wish { header, format, options, limits } = wish;
        let mut changes = Vec::new();
        let part = match part {
            Part::Still(picture)
                if format == Format::Jpeg && self.takes_no_alpha() && !decode::is_opaque(&picture) =>
            {
                changes.push(Change::OnWhite);
                Part::Still(on_white(picture))
            }
            part => part,
        };
        let size = part.size();
        let quality = options.quality();
        let first = Attempt { format, is_lossy: is_lossy(wish), quality, size, is_patient: false };
        let encode = |part, attempt: Attempt| {
            let effort = Effort { quality: attempt.quality, is_patient: attempt.is_patient };
            let mut header = header.clone();
            // A JPEG of a picture without loss has its colours at full size; for a WebP it says which kind to write.
            header.is_lossless &= !(attempt.format == Format::WebP && attempt.is_lossy);
            encode::encode(part, attempt.format, effort, header)
        };
        let (attempt, bytes) = match self.max_bytes {
            // Nothing to search for: the pixels are not needed twice, and a second copy of them is what costs memory.
            None => {
                stats.encodes = 1;
                (first, stats.time("encode", || encode(part, first))?)
            }
            Some(max_bytes) => {
                let (same, lossy) = (self.same(&part, wish, first), self.lossy(&part, wish));
                let goal = Goal { first, same: &same, lossy, max_bytes, shaped: &|size| self.shaped(size) };
                let encodes = Cell::new(0);
                let found = stats.time("encode", || {
                    search::search(&goal, |attempt: Attempt| {
                        encodes.set(encodes.get() + 1);
                        let bytes = encode(scaled(&part, attempt.size, limits)?, attempt)?;
                        Ok(Written { weights: Weights::of(&bytes, attempt.format), bytes })
                    })
                })?;
                stats.encodes = encodes.get();
                found
            }
        };
        if attempt.format != format {
            changes.push(Change::FormatChanged { from: format, to: attempt.format });
        }
        if attempt.is_lossy && (attempt.quality < quality || !first.is_lossy) {
            changes.push(Change::Recompressed { quality: attempt.quality });
        }
        if attempt.size != own {
            changes.push(Change::Scaled { from: own, to: attempt.size });
        }
        Ok(Fitted { bytes, format: attempt.format, size: attempt.size, changes })
    }

    /// Ways to write the same pixels in fewer bytes than `first`, and how much of those they take at best: with patience; as a
    /// WebP in place of a PNG that nobody asked for.
    fn same(&self, part: &Part, wish: &Wish<'_>, first: Attempt) -> Vec<(Attempt, f64)> {
        let &Wish { header, options, .. } = wish;
        if first.is_lossy {
            return Vec::new();
        }
        let mut ways = vec![(Attempt { is_patient: true, ..first }, PATIENT_AT_BEST)];
        let is_of_bytes =
            |picture: &DynamicImage| picture.color().bytes_per_pixel() <= picture.color().channel_count();
        let is_held = matches!(part, Part::Still(picture) if is_of_bytes(picture))
            && header.is_lossless
            && first.size.width().max(first.size.height()) <= encode::WEBP_MAX_SIDE
            && first.size.area() <= MAX_WEBP_PIXELS;
        let is_free = first.format == Format::Png && options.format.is_none() && self.takes(Format::WebP);
        if is_free && is_held && !colour::is_hdr(header) {
            ways.push((Attempt { format: Format::WebP, ..first }, WEBP_AT_BEST));
        }
        ways
    }

    /// What shows less than fewer pixels would, where a file is too large: a WebP with loss for one without; for a PNG that
    /// nobody asked for a JPEG, or a WebP where that is not taken or cannot show transparent pixels or movement.
    fn lossy(&self, part: &Part, wish: &Wish<'_>) -> Option<Format> {
        let &Wish { header, format, options, .. } = wish;
        if format == Format::WebP {
            return (!is_lossy(wish)).then_some(Format::WebP);
        }
        if format != Format::Png || options.format.is_some() || colour::is_hdr(header) {
            return None;
        }
        let longest = part.size().width().max(part.size().height());
        let holds = |format: &Format| match (format, part) {
            (Format::Jpeg, Part::Still(picture)) => {
                longest <= encode::JPEG_MAX_SIDE && decode::is_opaque(picture)
            }
            (Format::WebP, _) => longest <= encode::WEBP_MAX_SIDE,
            _ => false,
        };
        [Format::Jpeg, Format::WebP].into_iter().find(|format| self.takes(*format) && holds(format))
    }

    /// Refuses to give out what does not keep every limit.
    pub(crate) fn check(&self, cut: Cut) -> Result<Cut, CropError> {
        self.look_at(&cut).map(|()| cut)
    }

    /// Whether every limit is kept.
    pub(crate) fn look_at(&self, cut: &Cut) -> Result<(), CropError> {
        let (size, length) = (cut.size, cut.bytes.len() as u64);
        let misfit = if let Some(limit) = self.max_bytes
            && length > limit
        {
            Misfit::Bytes { smallest: length, limit }
        } else if let Some(range) = self.aspect
            && !range.holds(size)
        {
            Misfit::Aspect { size, range }
        } else if !self.takes(cut.format) {
            Misfit::Formats { formats: self.formats.clone() }
        } else if self.bounded(size)? != size {
            Misfit::Lossless { size }
        } else {
            return Ok(());
        };
        Err(CropError::CannotFit(misfit))
    }
}

/// Whether it is written with loss from the first: whoever names a quality wants that of a WebP too.
fn is_lossy(wish: &Wish<'_>) -> bool {
    let is_asked = wish.options.quality.is_some();
    wish.format == Format::Jpeg || wish.format == Format::WebP && (is_asked || !wish.header.is_lossless)
}

/// The part at `size`, beside the part itself.
fn scaled(part: &Part, size: Size, limits: &CropLimits) -> Result<Part, CropError> {
    let (one, frames) = (part.size().area().max(1), part.bytes());
    // All are of one size and kind: those made before are held beside those that they are made of.
    let made = (frames as f64 * (size.area() as f64 / one as f64)) as u64;
    part.try_made(|picture: &DynamicImage| {
        let others = frames.saturating_sub(picture.as_bytes().len() as u64);
        let is_moving = others > 0;
        check_cost(picture, size, if is_moving { others.saturating_add(made) } else { 0 }, limits)?;
        scale::scaled(picture, size)
    })
}
