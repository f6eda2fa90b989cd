//! From the file's bytes to the pixels of the part, as the file holds them: which format goes which way.
//!
//! Grey stays grey, 16 bits stay 16, palettes become RGB, alpha stays. The header was checked before: what is allocated
//! here is known and allowed.

use std::io::Cursor;

use image::codecs::gif::GifDecoder;
use image::codecs::jpeg::JpegDecoder;
use image::codecs::webp::WebPDecoder;
use image::{DynamicImage, ImageBuffer, ImageDecoder, ImageError, Limits};
use png::{BitDepth, ColorType};

use crate::header::Header;
use crate::part::Part;
use crate::{CropError, CropLimits, Format, Source, header, jpeg};
use cutline_model::PixelRegion;

/// The part's pixels as stored, and how many rows of the picture were decoded to get them.
pub(crate) struct DecodedPart {
    pub(crate) pixels: Part,
    pub(crate) rows_decoded: u32,
}

/// Decodes `region`, in stored pixels, of the picture of which `header` was read; `source` stands at its beginning.
pub(crate) fn part(
    source: &mut Source<'_>,
    header: &Header,
    region: PixelRegion,
    limits: &CropLimits,
) -> Result<DecodedPart, CropError> {
    if header.format == Format::Jpeg {
        return jpeg::part(source, header, region, limits);
    }
    header::check_whole_cost(header, limits)?;
    let whole = decode(source.rest(), header, limits)?;
    Ok(DecodedPart { pixels: Part::Still(cut(whole, region)), rows_decoded: header.stored.height() })
}

/// The part alone; the whole is given back to the machine before the part is turned and encoded.
fn cut(picture: DynamicImage, region: PixelRegion) -> DynamicImage {
    let PixelRegion { left, top, width, height } = region;
    if (picture.width(), picture.height()) == (width, height) {
        return picture;
    }
    picture.crop_imm(left, top, width, height)
}

/// Decodes the whole picture of which `header` was read.
pub(super) fn decode(source: &[u8], header: &Header, limits: &CropLimits) -> Result<DynamicImage, CropError> {
    header::check_whole(source, header.format)?;
    let cursor = Cursor::new(source);
    let result = match header.format {
        Format::Jpeg => JpegDecoder::new(cursor).and_then(|decoder| pixels(decoder, header, limits)),
        Format::WebP => WebPDecoder::new(cursor).and_then(|decoder| pixels(decoder, header, limits)),
        Format::Gif => GifDecoder::new(cursor).and_then(|decoder| pixels(decoder, header, limits)),
        Format::Png => return png(source, header, limits),
    };
    result.map_err(|error| refuse(&error, header, limits))
}

/// Whether no pixel lets anything shine through.
pub(super) fn is_opaque(picture: &DynamicImage) -> bool {
    match picture {
        DynamicImage::ImageLumaA8(picture) => picture.pixels().all(|pixel| pixel.0[1] == u8::MAX),
        DynamicImage::ImageRgba8(picture) => picture.pixels().all(|pixel| pixel.0[3] == u8::MAX),
        DynamicImage::ImageLumaA16(picture) => picture.pixels().all(|pixel| pixel.0[1] == u16::MAX),
        DynamicImage::ImageRgba16(picture) => picture.pixels().all(|pixel| pixel.0[3] == u16::MAX),
        _ => true,
    }
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

/// PNG through its own crate, since only there can the profile and the texts be left unread.
fn png(source: &[u8], header: &Header, limits: &CropLimits) -> Result<DynamicImage, CropError> {
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

fn refuse(error: &ImageError, header: &Header, limits: &CropLimits) -> CropError {
    let format = header.format;
    match error {
        ImageError::Limits(_) => CropError::TooMuchMemory {
            size: header.upright_size(),
            needed: header.decode_bytes,
            limit: limits.max_decode_bytes,
        },
        ImageError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            CropError::Truncated { format }
        }
        error => CropError::Broken { format, reason: error.to_string() },
    }
}
