//! Cutting a part out of a picture: bytes in, bytes out; no network, no files, no waiting.
//!
//! The pipeline is [`crop`], one file per step: sniff -> header -> decode -> orient -> encode, with limits to fit on the
//! way and a shorter one for JPEGs that need no decoding. The region is on the
//! picture as displayed; it is mapped into the file, so that only the part is decoded and turned. What comes out holds
//! pixels and a colour profile and nothing else of the source.
//!
//! A crate of its own, so that what it must not know (HTTP, async, files) cannot be imported.

mod colour;
mod contain;
mod decode;
mod encode;
mod error;
mod fit;
mod format;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod gif;
mod header;
mod jpeg;
mod libwebp;
mod limits;
mod options;
mod orient;
mod part;
mod rendition;
mod rights;
mod scale;
mod sniff;
mod source;
mod stats;
mod thumbnail;
mod tone;
mod without_loss;

use cutline_model::{Credit, PixelRegion, Region, Size};
use serde::{Deserialize, Serialize};

pub use error::CropError;
pub use fit::{AspectRange, BadAspect, Change, Fit, Misfit};
pub use format::{Format, UnknownFormat};
pub use limits::CropLimits;
pub use options::CropOptions;
pub use rendition::{RenditionOptions, Turn, rendition};
pub use rights::{clean_credit, licence_name};
pub use sniff::sniff;
pub use source::Source;
pub use stats::{CropStats, StepTime};
pub use thumbnail::{Thumbnail, thumbnail};
pub use tone::Tone;

use self::decode::Wanted;
use self::encode::Effort;
use self::fit::{Fitted, Wish};
use self::header::Header;
use self::part::Part;
use self::scale::{check_cost, scale};

/// A part cut out of a picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cut {
    /// The file.
    pub bytes: Vec<u8>,
    /// What it is.
    pub format: Format,
    /// Its size in pixels, as displayed.
    pub size: Size,
    /// The whole picture's size as displayed.
    pub source_size: Size,
    /// What was cut, in pixels of the whole picture as displayed.
    pub region: PixelRegion,
    /// What was done beyond cutting, in the order it was done.
    pub changes: Vec<Change>,
    /// Who made the picture and under which terms, as its file says; the part's own file does not.
    pub credit: Credit,
    /// What it cost.
    pub stats: CropStats,
}

/// Cuts `region` out of the picture in `source`: exactly those pixels, upright, colours as they were. Where options or
/// limits want it otherwise, [`Cut::changes`] says what was done.
///
/// A JPEG's part that is exact without being decoded, the whole for example, is not compressed again when nobody asked for a
/// quality: its coefficients are the source's.
///
/// # Errors
/// What is wrong with the picture or the options; nothing is made then.
pub fn crop<'a>(
    source: impl Into<Source<'a>>,
    region: Region,
    options: &CropOptions,
    limits: &CropLimits,
) -> Result<Cut, CropError> {
    options.check()?;
    let fit = options.fit.clone().unwrap_or_default();
    reading(source.into(), |source| {
        let mut stats = CropStats::default();
        let header = stats.time("header", || {
            let mut header = header::read(source, limits)?;
            header::look_for_frames(source, &mut header);
            Ok(header)
        })?;
        let is_stopped = fit.is_still && header.is_animated;
        // As what it is written: what must not move is its first frame.
        let written = Header { is_animated: header.is_animated && !is_stopped, ..header.clone() };
        let credit = header::credit(source, &header);
        let source_size = header.upright_size();
        let asked = region.to_pixels(source_size);
        let region = fit.widened(asked, source_size)?;
        let (format, format_change) = fit.format(options.format, &written)?;
        let mut changes = widening(asked, region);
        changes.extend(format_change);
        changes.extend(is_stopped.then_some(Change::FirstFrameOnly));
        let stored_region = orient::stored_region(region, header.stored, header.orientation);
        if without_loss::is_way(options, &fit, format, &header, stored_region)? {
            let size = region.size();
            let cut = Cut { bytes: Vec::new(), format, size, source_size, region, changes, credit, stats };
            return without_loss::make(source, &written, options, &fit, limits, cut);
        }

        let is_moving = written.is_animated && encode::keeps_frames(format);
        let wanted = if is_moving { Wanted::All } else { Wanted::First };
        if written.is_animated && wanted == Wanted::First {
            changes.push(Change::FirstFrameOnly);
        }
        // Scaled only for those who asked for what fits.
        let size = match &options.fit {
            Some(fit) => fit.bounded_for(region.size(), format)?,
            None => region.size(),
        };
        let is_as_it_is = size == region.size() && fit.max_bytes.is_none() && format == Format::Jpeg;
        if is_as_it_is && jpeg::strips_are_worth_it(&header, stored_region) {
            let effort = Effort { quality: options.quality(), is_patient: false };
            let recut = || {
                jpeg::recut(
                    source,
                    &header,
                    stored_region,
                    effort,
                    limits,
                    jpeg::rows_of_strip(stored_region),
                )
            };
            let jpeg::Recut { bytes, rows_decoded } = stats.time("recut", recut)?;
            (stats.encodes, stats.rows_decoded, stats.bytes_read) = (1, rows_decoded, source.reached());
            return fit.check(Cut { bytes, format, size, source_size, region, changes, credit, stats });
        }
        let part = decoded(source, &header, stored_region, wanted, size, limits, &mut stats)?;
        let Fitted { bytes, format, size, changes: more } =
            fit.write(part, region.size(), &Wish { header: &written, format, options, limits }, &mut stats)?;
        changes.extend(more);
        stats.bytes_read = source.reached();
        fit.check(Cut { bytes, format, size, source_size, region, changes, credit, stats })
    })
}

/// Decodes the part, scaled to `size` and upright.
fn decoded(
    source: &mut Source<'_>,
    header: &Header,
    region: PixelRegion,
    wanted: Wanted,
    size: Size,
    limits: &CropLimits,
    stats: &mut CropStats,
) -> Result<Part, CropError> {
    let stored_size = orient::upright_size(size, header.orientation);
    let part = match wanted {
        Wanted::First => {
            let part =
                stats.time("decode", || decode::reduced(source, header, region, stored_size, limits))?;
            stats.rows_decoded = part.rows_decoded;
            Part::Still(stats.time("scale", || part.scaled(stored_size, limits))?)
        }
        Wanted::All => {
            let part = stats.time("decode", || decode::part(source, header, region, wanted, limits))?;
            stats.rows_decoded = part.rows_decoded;
            let held = part.pixels.bytes();
            stats.time("scale", || {
                part.pixels.try_map(|picture| {
                    let beside = held.saturating_sub(picture.as_bytes().len() as u64);
                    check_cost(&picture, stored_size, beside, limits)?;
                    scale(picture, stored_size)
                })
            })?
        }
    };
    Ok(stats.time("turn", || part.map(|picture| orient::upright(picture, header.orientation))))
}

/// What is to be said of more being cut than asked for.
fn widening(from: PixelRegion, to: PixelRegion) -> Vec<Change> {
    if from == to { Vec::new() } else { vec![Change::Widened { from, to }] }
}

/// Reads the format and the size as displayed from the header alone, and refuses what [`crop`] would refuse for its
/// cost. `source` may be only the beginning of the file: [`CropError::Truncated`] then says that more is needed.
pub fn measure<'a>(source: impl Into<Source<'a>>, limits: &CropLimits) -> Result<(Format, Size), CropError> {
    reading(source.into(), |source| {
        let header = header::read(source, limits)?;
        Ok((header.format, header.upright_size()))
    })
}

/// Runs `work` on a source; a panic of a decoder and a reader that gave up become errors here.
fn reading<T>(
    mut source: Source<'_>,
    work: impl FnOnce(&mut Source<'_>) -> Result<T, CropError>,
) -> Result<T, CropError> {
    let result = contain::contain(|| work(&mut source));
    source.failure().map_or(result, Err)
}
