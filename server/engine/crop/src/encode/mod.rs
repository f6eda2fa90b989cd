//! From the part's pixels to a new file: colour profile in, every other metadata out.
//!
//! The file is written anew from pixels, so nothing that was hidden in the source (place, serial number, thumbnail,
//! comments, a second file behind the first) can be in it.

mod jpeg;
mod png;

use crate::header::Header;
use crate::part::Part;
use crate::{CropError, Format, colour};

/// Which format a part of the picture is written in: as asked, else the source's own kind. What is only read is written as
/// PNG, except a lossy WebP without alpha, which is a photograph in all likelihood: JPEG.
pub(super) fn choose_format(asked: Option<Format>, header: &Header) -> Result<Format, CropError> {
    match asked {
        Some(format @ (Format::Jpeg | Format::Png)) => Ok(format),
        Some(format) => Err(CropError::CannotWrite { format }),
        None => Ok(match header.format {
            Format::Jpeg => Format::Jpeg,
            Format::WebP if !header.has_alpha && !header.is_lossless => Format::Jpeg,
            _ => Format::Png,
        }),
    }
}

/// How much is done for a small file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Effort {
    /// JPEG's quality, 1..=100.
    pub(super) quality: u8,
    /// Whether a PNG may take twice as long to be 7 % smaller (measured on a photograph with alpha); a JPEG gets its own
    /// Huffman tables.
    pub(super) is_patient: bool,
}

/// Writes `part` as `format`, with the colours that `header` declares.
pub(super) fn encode(
    part: Part,
    format: Format,
    effort: Effort,
    mut header: Header,
) -> Result<Vec<u8>, CropError> {
    let part = colour::for_format(part, &mut header, format)?;
    let Part::Still(part) = part else { return Err(CropError::CannotWrite { format }) };
    match format {
        Format::Jpeg => jpeg::encode(part, effort, header.profile.as_deref(), &header),
        Format::Png => png::encode(part, effort.is_patient, header),
        format => Err(CropError::CannotWrite { format }),
    }
}
