//! Formats that are decoded whole, by the `image` crate, and cut then.

use image::{DynamicImage, ImageDecoder, ImageError, ImageResult, Limits};

use super::DecodedPart;
use crate::header::{self, Header};
use crate::part::Part;
use crate::{CropError, CropLimits, Source};
use cutline_model::PixelRegion;

/// Decodes the picture by what `open` makes of its bytes, and cuts `region` out.
pub(super) fn part<'s, D: ImageDecoder + 's>(
    source: &'s mut Source<'_>,
    header: &Header,
    region: PixelRegion,
    limits: &CropLimits,
    open: impl FnOnce(&'s [u8]) -> ImageResult<D>,
) -> Result<DecodedPart, CropError> {
    header::check_whole_cost(header, limits)?;
    let source = source.rest();
    header::check_whole(source, header.format)?;
    let whole = open(source)
        .and_then(|decoder| pixels(decoder, header, limits))
        .map_err(|error| refuse(&error, header, limits))?;
    Ok(DecodedPart { pixels: Part::Still(cut(whole, region)), rows_decoded: header.stored.height() })
}

/// The part alone; the whole is given back to the machine before the part is turned and encoded.
pub(super) fn cut(picture: DynamicImage, region: PixelRegion) -> DynamicImage {
    let PixelRegion { left, top, width, height } = region;
    if (picture.width(), picture.height()) == (width, height) {
        return picture;
    }
    picture.crop_imm(left, top, width, height)
}

fn pixels(
    mut decoder: impl ImageDecoder,
    header: &Header,
    limits: &CropLimits,
) -> Result<DynamicImage, ImageError> {
    // The decoder reads the header its own way; should it disagree, nothing that was checked holds.
    let (width, height) = decoder.dimensions();
    let mut allowed = Limits::default();
    allowed.max_image_width = Some(header.stored.width());
    allowed.max_image_height = Some(header.stored.height());
    allowed.max_alloc = Some(limits.max_decode_bytes);
    allowed.reserve_buffer(width, height, decoder.color_type())?;
    decoder.set_limits(allowed)?;
    let picture = DynamicImage::from_decoder(decoder)?;
    if (width, height) == (header.stored.width(), header.stored.height()) {
        Ok(picture)
    } else {
        Err(ImageError::Limits(image::error::LimitError::from_kind(
            image::error::LimitErrorKind::DimensionError,
        )))
    }
}

fn refuse(error: &ImageError, header: &Header, limits: &CropLimits) -> CropError {
    let format = header.format;
    match error {
        ImageError::Limits(_) => CropError::TooMuchMemory {
            size: header.upright_size(),
            needed: header.decode_bytes,
            limit: limits.max_decode_bytes,
            is_of_part: false,
        },
        ImageError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            CropError::Truncated { format }
        }
        error => CropError::Broken { format, reason: error.to_string() },
    }
}
