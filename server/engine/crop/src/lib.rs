//! Cutting a part out of a picture: bytes in, bytes out; no network, no files, no waiting.
//!
//! The pipeline is [`crop`], one file per step: sniff -> header -> decode -> orient -> encode. The region is on the
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
mod header;
mod jpeg;
mod libwebp;
mod limits;
mod options;
mod orient;
mod part;
mod scale;
mod sniff;
mod source;
mod stats;
mod thumbnail;

use cutline_model::{PixelRegion, Region, Size};
use image::metadata::Orientation;
use serde::{Deserialize, Serialize};

pub use error::CropError;
pub use fit::{AspectRange, BadAspect, Change, Fit};
pub use format::{Format, UnknownFormat};
pub use limits::CropLimits;
pub use options::CropOptions;
pub use sniff::sniff;
pub use source::Source;
pub use stats::{CropStats, StepTime};
pub use thumbnail::{Thumbnail, thumbnail};

use self::decode::Wanted;
use self::encode::Effort;
use self::header::Header;

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
    /// What it cost.
    pub stats: CropStats,
}

/// Cuts `region` out of the picture in `source`: exactly those pixels, upright, colours as they were.
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
    reading(source.into(), |source| {
        let mut stats = CropStats::default();
        let header = stats.time("header", || header::read(source, limits))?;
        let format = encode::choose_format(options.format, &header)?;
        if options.is_lossless {
            return lossless(source, &header, region, format, limits, stats);
        }
        let source_size = header.upright_size();
        let region = region.to_pixels(source_size);
        let stored_region = orient::stored_region(region, header.stored, header.orientation);

        let wanted = if encode::keeps_frames(format) { Wanted::All } else { Wanted::First };
        let part = stats.time("decode", || decode::part(source, &header, stored_region, wanted, limits))?;
        stats.rows_decoded = part.rows_decoded;
        let part =
            stats.time("turn", || part.pixels.map(|picture| orient::upright(picture, header.orientation)));
        let effort = Effort { quality: options.quality(), is_patient: false };
        let bytes = stats.time("encode", || encode::encode(part, format, effort, header))?;
        stats.bytes_read = source.reached();
        Ok(Cut { bytes, format, size: region.size(), source_size, region, changes: Vec::new(), stats })
    })
}

/// Cuts `region` out of a JPEG without decoding it.
fn lossless(
    source: &mut Source<'_>,
    header: &Header,
    region: Region,
    format: Format,
    limits: &CropLimits,
    mut stats: CropStats,
) -> Result<Cut, CropError> {
    if (header.format, format) != (Format::Jpeg, Format::Jpeg) {
        return Err(CropError::LosslessNeedsJpeg { from: header.format, to: format });
    }
    let source_size = header.upright_size();
    let asked = region.to_pixels(source_size);
    let stored_region = orient::stored_region(asked, header.stored, header.orientation);
    let (bytes, stored_region) =
        stats.time("cut", || jpeg::lossless(source, header, stored_region, limits))?;
    let region = orient::upright_region(stored_region, source_size, header.orientation);
    let mut changes = Vec::new();
    if region != asked {
        changes.push(Change::Widened { from: asked, to: region });
    }
    if header.orientation != Orientation::NoTransforms {
        changes.push(Change::TurnedByTag);
    }
    stats.bytes_read = source.reached();
    Ok(Cut { bytes, format, size: region.size(), source_size, region, changes, stats })
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
