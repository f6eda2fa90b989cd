//! ICO: its largest picture, by the way of the PNG that it is or, as a bitmap with a mask, by the `image` crate.
//!
//! The `image` crate would choose another picture (the deepest) and refuse PNGs that are not RGBA, so it is given an
//! icon file that holds only the bitmap chosen.

use std::io::Cursor;

use cutline_model::PixelRegion;
use image::codecs::ico::IcoDecoder;

use super::{DecodedPart, Wanted, png, whole};
use crate::header::{self, Header};
use crate::{CropError, CropLimits, Format, Source};

/// A directory of one entry.
const DIRECTORY_BYTES: u32 = 22;

/// Decodes `region`, in stored pixels.
pub(super) fn part(
    source: &mut Source<'_>,
    header: &Header,
    region: PixelRegion,
    limits: &CropLimits,
) -> Result<DecodedPart, CropError> {
    header::check_whole_cost(header, limits)?;
    let file = source.rest();
    header::check_whole(file, Format::Ico)?;
    let icon = header::largest_icon(file)?;
    let inside = file.get(icon.bytes).ok_or(CropError::Truncated { format: Format::Ico })?;
    if icon.is_png {
        return png::part(&mut Source::from(inside), header, region, Wanted::First, limits);
    }
    let alone = alone(inside, header)?;
    whole::part(&mut Source::from(&alone), header, region, limits, |bytes| {
        IcoDecoder::new(Cursor::new(bytes))
    })
}

/// An icon file with `bitmap` as its only picture.
fn alone(bitmap: &[u8], header: &Header) -> Result<Vec<u8>, CropError> {
    let length = u32::try_from(bitmap.len()).map_err(|_| CropError::Truncated { format: Format::Ico })?;
    // 0 stands for 256 and more.
    let side = |pixels: u32| u8::try_from(pixels).unwrap_or(0);
    let mut file = Vec::with_capacity(DIRECTORY_BYTES as usize + bitmap.len());
    file.extend([0, 0, 1, 0, 1, 0]);
    file.extend([side(header.stored.width()), side(header.stored.height()), 0, 0, 1, 0, 32, 0]);
    file.extend(length.to_le_bytes());
    file.extend(DIRECTORY_BYTES.to_le_bytes());
    file.extend(bitmap);
    Ok(file)
}
