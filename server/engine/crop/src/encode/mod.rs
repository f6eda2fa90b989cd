//! From the part's pixels to a new file: colour profile in, every other metadata out.
//!
//! The file is written anew from pixels, so nothing that was hidden in the source (place, serial number, thumbnail,
//! comments, a second file behind the first) can be in it.

mod jpeg;
mod png;
mod webp;

pub(crate) use self::jpeg::{MAX_SIDE as JPEG_MAX_SIDE, profile_segments};
pub(crate) use self::webp::MAX_SIDE as WEBP_MAX_SIDE;
use crate::header::Header;
use crate::part::Part;
use crate::{CropError, Format, colour};

/// Which format a part of the picture is written in: as asked, else the source's own kind. Stills of GIF and lossless
/// WebP, and what is only read, are written as PNG, which every program reads; a lossy WebP without alpha is a photograph
/// in all likelihood: JPEG. With alpha it stays WebP, an eighth of the size of a PNG (a photograph of 1600 by 1065 in a
/// soft oval: 412 kB, not 3,368). What moves stays what it is; a moving JPEG XL becomes a WebP.
pub(super) fn choose_format(asked: Option<Format>, header: &Header) -> Result<Format, CropError> {
    match asked {
        Some(format @ (Format::Jpeg | Format::Png | Format::WebP)) => Ok(format),
        // From other pictures it would be written with fewer colours than they have.
        Some(Format::Gif) if header.format == Format::Gif => Ok(Format::Gif),
        Some(format) => Err(CropError::CannotWrite { format }),
        None => Ok(match header.format {
            Format::Jpeg => Format::Jpeg,
            format @ (Format::WebP | Format::Gif) if header.is_animated => format,
            Format::JpegXl if header.is_animated => Format::WebP,
            // Only PNG keeps what is brighter than white.
            Format::WebP | Format::Avif | Format::JpegXl if header.is_lossless || colour::is_hdr(header) => {
                Format::Png
            }
            Format::WebP | Format::Avif | Format::JpegXl if header.has_alpha => Format::WebP,
            Format::WebP | Format::Avif | Format::JpegXl => Format::Jpeg,
            _ => Format::Png,
        }),
    }
}

/// Whether all frames of an animation are written in this format, and not the first alone.
pub(super) fn keeps_frames(format: Format) -> bool {
    matches!(format, Format::Png | Format::WebP)
}

/// The longest side that a file of this format has, if there is a limit within reach.
pub(super) fn max_side(format: Format) -> Option<u32> {
    match format {
        Format::Jpeg => Some(JPEG_MAX_SIDE),
        Format::WebP => Some(WEBP_MAX_SIDE),
        _ => None,
    }
}

/// How much is done for a small file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Effort {
    /// JPEG's quality, 1..=100.
    pub(super) quality: u8,
    /// Whether a PNG may take twice as long to be 7 % smaller (measured on a photograph with alpha); a JPEG gets its own
    /// Huffman tables, a WebP without alpha libwebp's slowest method.
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
    if format == Format::WebP {
        return webp::encode(part, effort, &header);
    }
    match format {
        Format::Jpeg => jpeg::encode(part.into_first(), effort, header.profile.as_deref(), &header),
        Format::Png => png::encode(part, effort.is_patient, header),
        format => Err(CropError::CannotWrite { format }),
    }
}
