//! PNG through its own crate, since only there can the profile and the texts be left unread.

use std::io::Cursor;

use cutline_model::PixelRegion;
use image::{DynamicImage, ImageBuffer};
use png::{BitDepth, ColorType};

use super::{DecodedPart, whole};
use crate::header::{self, Header};
use crate::part::Part;
use crate::{CropError, CropLimits, Format, Source};

/// Decodes `region`, in stored pixels.
pub(super) fn part(
    source: &mut Source<'_>,
    header: &Header,
    region: PixelRegion,
    limits: &CropLimits,
) -> Result<DecodedPart, CropError> {
    header::check_whole_cost(header, limits)?;
    let source = source.rest();
    header::check_whole(source, Format::Png)?;
    let whole = decode(source, header, limits)?;
    Ok(DecodedPart { pixels: Part::Still(whole::cut(whole, region)), rows_decoded: header.stored.height() })
}

fn decode(source: &[u8], header: &Header, limits: &CropLimits) -> Result<DynamicImage, CropError> {
    let bytes = usize::try_from(limits.max_decode_bytes).unwrap_or(usize::MAX);
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(source), png::Limits { bytes });
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    decoder.set_transformations(png::Transformations::EXPAND);
    let broken = |error: png::DecodingError| match error {
        png::DecodingError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            CropError::Truncated { format: Format::Png }
        }
        error => CropError::Broken { format: Format::Png, reason: error.to_string() },
    };
    let mut reader = decoder.read_info().map_err(broken)?;
    let disagree = || CropError::Broken { format: Format::Png, reason: "its header is ambiguous".to_owned() };
    let (width, height) = (header.stored.width(), header.stored.height());
    if reader.info().size() != (width, height) {
        return Err(disagree());
    }
    let length = reader.output_buffer_size().filter(|&length| length as u64 <= limits.max_decode_bytes);
    let length = length.ok_or_else(disagree)?;
    let (colour, depth) = reader.output_color_type();
    let picture = if depth == BitDepth::Sixteen {
        let mut samples = vec![0_u16; length / 2];
        reader.next_frame(bytemuck::cast_slice_mut(&mut samples)).map_err(broken)?;
        // PNG stores the big end first.
        samples.iter_mut().for_each(|sample| *sample = u16::from_be(*sample));
        match colour {
            ColorType::Grayscale => {
                ImageBuffer::from_raw(width, height, samples).map(DynamicImage::ImageLuma16)
            }
            ColorType::GrayscaleAlpha => {
                ImageBuffer::from_raw(width, height, samples).map(DynamicImage::ImageLumaA16)
            }
            ColorType::Rgb => ImageBuffer::from_raw(width, height, samples).map(DynamicImage::ImageRgb16),
            ColorType::Rgba => ImageBuffer::from_raw(width, height, samples).map(DynamicImage::ImageRgba16),
            ColorType::Indexed => None,
        }
    } else {
        let mut samples = vec![0_u8; length];
        reader.next_frame(&mut samples).map_err(broken)?;
        match colour {
            ColorType::Grayscale => {
                ImageBuffer::from_raw(width, height, samples).map(DynamicImage::ImageLuma8)
            }
            ColorType::GrayscaleAlpha => {
                ImageBuffer::from_raw(width, height, samples).map(DynamicImage::ImageLumaA8)
            }
            ColorType::Rgb => ImageBuffer::from_raw(width, height, samples).map(DynamicImage::ImageRgb8),
            ColorType::Rgba => ImageBuffer::from_raw(width, height, samples).map(DynamicImage::ImageRgba8),
            ColorType::Indexed => None,
        }
    };
    picture.ok_or_else(disagree)
}
