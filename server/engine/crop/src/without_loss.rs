//! The ways of parts that keep what the source has: a JPEG's coefficients, a GIF's frames and palettes.
//!
//! A GIF is always cut this way, and made another format only where it does not fit. For a JPEG the way is taken when
//! asked for, and by default where it gives exactly the pixels asked for and no others, not even hidden in blocks that
//! reach beyond: then compressing again would only do harm. That is the whole picture, and a part along blocks where
//! colour is kept for each pixel. A part that begins or ends within a block is cut this way only when asked, since up to 15
//! pixels (in rare samplings 31) beyond its edges come along, seen or hidden: it is said. Where colour is kept for fewer pixels,
//! decoders smooth it with what lies beside, which a part's own file has not: the pixels at its edge may differ a little.

use cutline_model::{PixelRegion, Region};
use image::metadata::Orientation;

use crate::header::{Blocks, Header};
use crate::jpeg::Lossless;
use crate::{
    Change, CropError, CropLimits, CropOptions, Cut, Fit, Format, Source, crop, gif, jpeg, orient, widening,
};

/// The side of a JPEG's block, in samples: a step of one is where all components have the same number of them.
const BLOCK: u32 = 8;

/// Whether the part, of which `stored` are the stored pixels, is cut without loss; an error when it should and cannot be.
pub(crate) fn is_way(
    options: &CropOptions,
    fit: &Fit,
    format: Format,
    header: &Header,
    stored: PixelRegion,
) -> Result<bool, CropError> {
    if format == Format::Gif {
        return Ok(true);
    }
    let is_jpeg = (header.format, format) == (Format::Jpeg, Format::Jpeg);
    if options.is_lossless && !is_jpeg {
        return Err(CropError::LosslessNeedsJpeg { from: header.format, to: format });
    }
    let is_default = is_jpeg && options.quality.is_none() && is_exact(header, stored);
    Ok(options.is_lossless || is_default && fit.bounded(stored.size())? == stored.size())
}

/// Whether the part's own file shows exactly its pixels: nothing has to be turned, all edges lie on those of blocks, and no
/// colour at them is smoothed with what lies beyond, as decoders do where there is less colour than light. The picture's own
/// edge is no exception from the second: the last blocks of one that was cropped without loss before hold what was cropped away.
/// Scans of a progressive picture may leave bits open, which decoders guess from the blocks beside: that is exact for the whole only.
fn is_exact(header: &Header, part: PixelRegion) -> bool {
    let Some(Blocks { mcu, is_progressive, .. }) = header.blocks else { return false };
    let is_exact = |begin: u32, length: u32, whole: u32, step: u32| {
        [begin, begin + length].into_iter().all(|place| {
            let is_own_edge = place == 0 || place == whole;
            place.is_multiple_of(step) && (is_own_edge || step == BLOCK && !is_progressive)
        })
    };
    header.orientation == Orientation::NoTransforms
        && is_exact(part.left, part.width, header.stored.width(), mcu.width())
        && is_exact(part.top, part.height, header.stored.height(), mcu.height())
}

/// Makes `cut`, of which all but the file is known, where [`is_way`] said so.
pub(crate) fn make(
    source: &mut Source<'_>,
    header: &Header,
    options: &CropOptions,
    fit: &Fit,
    limits: &CropLimits,
    mut cut: Cut,
) -> Result<Cut, CropError> {
    let stored = orient::stored_region(cut.region, header.stored, header.orientation);
    if cut.format == Format::Gif {
        cut.bytes = cut.stats.time("cut", || gif::cut(source, header, stored, limits))?;
        cut.stats.rows_decoded = stored.top + stored.height;
        cut.stats.bytes_read = source.reached();
        let is_free = options.format.is_none() && !options.is_lossless;
        let others = fit.without(Format::Gif).filter(|others| is_free && others.instead(header).is_some());
        return match (fit.look_at(&cut), others) {
            (Err(CropError::CannotFit(_)), Some(others)) => {
                made_again(&CropOptions { fit: Some(others), ..options.clone() }, limits, cut)
            }
            (kept, _) => kept.map(|()| cut),
        };
    }
    let Lossless { bytes, pixels: stored, beyond } =
        cut.stats.time("cut", || jpeg::lossless(source, header, stored, limits))?;
    cut.stats.bytes_read = source.reached();
    cut.bytes = bytes;
    let region = orient::upright_region(stored, cut.source_size, header.orientation);
    if let Some(Change::Widened { to, .. }) = cut.changes.first_mut() {
        *to = region;
    } else {
        cut.changes = widening(cut.region, region);
    }
    (cut.region, cut.size) = (region, region.size());
    if header.orientation != Orientation::NoTransforms {
        cut.changes.push(Change::TurnedByTag);
    }
    if beyond != (0, 0) {
        let (columns, rows) =
            if orient::swaps_axes(header.orientation) { (beyond.1, beyond.0) } else { beyond };
        cut.changes.push(Change::HiddenKept { columns, rows });
    }
    let is_small = fit.max_bytes.is_none_or(|limit| cut.bytes.len() as u64 <= limit);
    if options.is_lossless || is_small {
        fit.check(cut)
    } else {
        made_again(&CropOptions { quality: Some(options.quality()), ..options.clone() }, limits, cut)
    }
}

/// Makes a part that was cut without loss once more, as these options say, because it does not fit.
fn made_again(options: &CropOptions, limits: &CropLimits, mut cut: Cut) -> Result<Cut, CropError> {
    let made = crop(&cut.bytes, Region::WHOLE, options, limits)?;
    cut.changes.extend(made.changes);
    cut.stats.steps.extend(made.stats.steps);
    cut.stats.encodes = made.stats.encodes;
    cut.stats.rows_decoded = made.stats.rows_decoded;
    Ok(Cut { bytes: made.bytes, format: made.format, size: made.size, ..cut })
}
