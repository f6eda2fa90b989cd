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
/// Larger ones take libwebp longer than a visitor waits, without loss.
pub(crate) const MAX_WEBP_PIXELS: u64 = 4 << 20;

/// Pixels of all frames that are written, with loss, as often as a search does within the time that a visitor waits: a moving WebP
/// takes 60 ms for a million; and once without loss, which takes 280.
const MAX_MOVING_PIXELS: u64 = 12 << 20;
/// Those that are written once with loss before that.
const MAX_TRIED_PIXELS: u64 = 2 * MAX_MOVING_PIXELS;

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
    /// Whether only what stands still is taken: of an animation its first frame.
    pub is_still: bool,
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
        let formats = || self.formats.clone();
        if let Some(asked) = asked {
            return Err(CropError::CannotFit(Misfit::Asked { asked, formats: formats() }));
        }
        // A GIF of one frame would become a PNG, and can stay what it is.
        let gif = [Format::Gif].into_iter().find(|gif| *gif == header.format && self.takes(*gif));
        let other = self.instead(header).or(gif);
        let other = other.ok_or_else(|| CropError::CannotFit(Misfit::Formats { formats: formats() }))?;
        Ok((other, Some(Change::FormatChanged { from: own, to: other })))
    }

    /// The same, with this format taken no more; nothing where it was the only one.
    pub(crate) fn without(&self, format: Format) -> Option<Self> {
        let any = [Format::Jpeg, Format::Png, Format::WebP];
        let formats = if self.formats.is_empty() { &any[..] } else { &self.formats };
        let formats: Vec<Format> = formats.iter().copied().filter(|taken| *taken != format).collect();
        (!formats.is_empty()).then(|| Self { formats, ..self.clone() })
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
            // Around a first frame that is smaller than its animation a JPEG that nobody asked for is white, too.
            Part::Still(picture)
                if format == Format::Jpeg
                    && (self.takes_no_alpha() || options.format.is_none())
                    && !decode::is_opaque(&picture) =>
            {
                changes.push(Change::OnWhite);
                Part::Still(on_white(picture))
            }
            part => part,
        };
        let quality = options.quality();
        let begins_lossy = is_lossy(wish) || is_too_long_for_lossless(&part, wish, self.max_bytes);
        let first = Attempt { format, is_lossy: begins_lossy, quality, size: part.size(), is_patient: false };
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
                let encodes = Cell::new(0);
                let write = |attempt: Attempt| {
                    encodes.set(encodes.get() + 1);
                    let bytes = encode(scaled(&part, attempt.size, limits)?, attempt)?;
                    Ok(Written { weights: Weights::of(&bytes, attempt.format), bytes })
                };
                let later = self.searched(&part)?;
                let with_loss = if all_pixels(&part) <= MAX_TRIED_PIXELS { part.size() } else { later };
                // A PNG is written quickly, whatever its size.
                let size = if format == Format::Png { part.size() } else { with_loss };
                let first = Attempt { size, ..first };
                let goal = Goal {
                    first,
                    same: &self.same(&part, wish, first),
                    lossy: self.lossy(&part, wish).map(|format| (format, with_loss)),
                    later,
                    has_time: part.frames() == 1 && has_room_for_patience(&part, limits),
                    max_bytes,
                    shaped: &|size| self.shaped(size),
                };
                let found = stats.time("encode", || search::search(&goal, write))?;
                stats.encodes = encodes.get();
                found
            }
        };
        if attempt.format != format {
            changes.push(Change::FormatChanged { from: format, to: attempt.format });
        }
        if attempt.is_lossy && (attempt.quality < quality || !is_lossy(wish)) {
            changes.push(Change::Recompressed { quality: attempt.quality });
        }
        if attempt.size != own {
            changes.push(Change::Scaled { from: own, to: attempt.size });
        }
        Ok(Fitted { bytes, format: attempt.format, size: attempt.size, changes })
    }

    /// The size with which a search goes on: of what moves for long a smaller one, so that it ends while a visitor waits.
    fn searched(&self, part: &Part) -> Result<Size, CropError> {
        if part.frames() == 1 {
            return Ok(part.size());
        }
        let max_pixels = MAX_MOVING_PIXELS / part.frames() as u64;
        let max_pixels = Some(self.max_pixels.map_or(max_pixels, |most| most.min(max_pixels)));
        Self { max_pixels, ..self.clone() }.bounded(part.size())
    }

    /// Ways to write the same pixels in fewer bytes than `first`, and how much of those they take at best: with patience; as a
    /// WebP in place of a PNG that nobody asked for.
    fn same(&self, part: &Part, wish: &Wish<'_>, first: Attempt) -> Vec<(Attempt, f64)> {
        let &Wish { header, options, .. } = wish;
        if first.is_lossy {
            return Vec::new();
        }
        // For a WebP that moves patience changes nothing (`encode/webp.rs`), and a PNG of many frames takes too long with it.
        let mut ways = Vec::new();
        if part.frames() == 1 {
            ways.push((Attempt { is_patient: true, ..first }, PATIENT_AT_BEST));
        }
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

    /// Whether a part, as it says of itself, keeps every limit.
    #[must_use]
    pub fn holds(&self, cut: &Cut) -> bool {
        self.look_at(cut).is_ok()
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

/// Whether writing it all as a WebP without loss takes longer than a visitor waits: more than once where it must fit into so many
/// bytes. What becomes a WebP only because its own format is not taken is written with loss as soon.
fn is_too_long_for_lossless(part: &Part, wish: &Wish<'_>, max_bytes: Option<u64>) -> bool {
    let &Wish { header, format, options, .. } = wish;
    let is_made_one = options.format.is_none() && encode::choose_format(None, header) != Ok(format);
    let most = match part.frames() {
        _ if is_made_one || max_bytes.is_some() => MAX_WEBP_PIXELS,
        // Who names the format of what stands still has it without loss, however long that takes.
        1 => u64::MAX,
        _ => MAX_MOVING_PIXELS,
    };
    format == Format::WebP && all_pixels(part) > most
}

/// Whether a JPEG can be written with tables of its own: libjpeg-turbo keeps all coefficients for that, two bytes for each sample
/// (`jcinit.c`), beside the part and what is written of it.
fn has_room_for_patience(part: &Part, limits: &CropLimits) -> bool {
    let samples = part.size().area().saturating_mul(3);
    part.bytes().saturating_mul(2).saturating_add(samples.saturating_mul(2)) <= limits.max_work_bytes()
}

/// Pixels of all frames.
fn all_pixels(part: &Part) -> u64 {
    part.size().area().saturating_mul(part.frames() as u64)
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
