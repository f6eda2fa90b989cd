//! BMP, by the `image` crate.

use std::io::Cursor;

use cutline_model::PixelRegion;
use image::codecs::bmp::BmpDecoder;

use super::{DecodedPart, whole};
use crate::header::Header;
use crate::{CropError, CropLimits, Source};

/// Decodes `region`, in stored pixels.
pub(super) fn part(
    source: &mut Source<'_>,
    header: &Header,
    region: PixelRegion,
    limits: &CropLimits,
) -> Result<DecodedPart, CropError> {
    whole::part(source, header, region, limits, |bytes| BmpDecoder::new(Cursor::new(bytes)))
}
