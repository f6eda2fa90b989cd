//! For the fuzz targets: two ways to the same file, for them to compare.

use cutline_model::Region;

use crate::encode::{Effort, JPEG_MAX_SIDE, encode};
use crate::{CropError, CropLimits, Format, header, jpeg};

/// The part of a JPEG made a JPEG at once, and the same in strips of so many `rows`; nothing of what is never cut in strips.
pub fn at_once_and_in_strips(
    source: &[u8],
    region: Region,
    rows: u32,
    limits: &CropLimits,
) -> Option<[Result<Vec<u8>, CropError>; 2]> {
    let header = header::read(&mut source.into(), limits).ok()?;
    let region = region.to_pixels(header.stored);
    let effort = Effort { quality: 85, is_patient: false };
    header.blocks.filter(|blocks| blocks.is_in_one_scan)?;
    // At once it is decoded with the blocks around it.
    let is_short = region.height < JPEG_MAX_SIDE - 4 * 32;
    is_short.then_some(())?;
    let at_once = jpeg::part(&mut source.into(), &header, region, limits)
        .and_then(|part| encode(part.pixels, Format::Jpeg, effort, header.clone()));
    let in_strips = jpeg::recut(&mut source.into(), &header, region, effort, limits, rows);
    Some([at_once, in_strips.map(|recut| recut.bytes)])
}
