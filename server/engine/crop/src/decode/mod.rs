//! From the file's bytes to the pixels of the part, as the file holds them: which format goes which way.
//!
//! Grey stays grey, 16 bits stay 16, palettes become RGB, alpha stays. The header was checked before: what is allocated
//! here is known and allowed. JPEG and GIF have their own region paths, in [`crate::jpeg`] and [`crate::gif`].

mod alpha;
mod avif;
mod bmp;
mod canvas;
mod frames;
mod ico;
mod jxl;
mod png;
mod reduced;
mod tiff;
mod webp;
mod whole;

use cutline_model::PixelRegion;
use image::DynamicImage;

pub(crate) use self::canvas::{Canvas, Overlap, overlap};
pub(crate) use self::frames::{Budget, Frames, Wanted};
pub(crate) use self::reduced::{Reduced, reduced};
use crate::header::Header;
use crate::part::Part;
use crate::{CropError, CropLimits, Format, Source, gif, jpeg};

/// The part's pixels as stored, and how many rows of the picture were decoded to get them.
pub(crate) struct DecodedPart {
    pub(crate) pixels: Part,
    pub(crate) rows_decoded: u32,
}

/// Decodes `region`, in stored pixels, of the picture of which `header` was read; `source` stands at its beginning. Of
/// an animation the wanted frames.
pub(crate) fn part(
    source: &mut Source<'_>,
    header: &Header,
    region: PixelRegion,
    wanted: Wanted,
    limits: &CropLimits,
) -> Result<DecodedPart, CropError> {
    match header.format {
        Format::Jpeg => jpeg::part(source, header, region, limits),
        Format::Png => png::part(source, header, region, wanted, limits),
        Format::WebP => webp::part(source, header, region, wanted, limits),
        Format::Gif => gif::part(source, header, region, wanted, limits),
        Format::Bmp => bmp::part(source, header, region, limits),
        Format::Ico => ico::part(source, header, region, limits),
        Format::Avif => avif::part(source, header, region, limits),
        Format::Tiff => tiff::part(source, header, region, limits),
        Format::JpegXl => jxl::part(source, header, region, wanted, limits),
    }
}

/// Whether no pixel lets anything shine through.
pub(crate) fn is_opaque(picture: &DynamicImage) -> bool {
    match picture {
        DynamicImage::ImageLumaA8(picture) => picture.pixels().all(|pixel| pixel.0[1] == u8::MAX),
        DynamicImage::ImageRgba8(picture) => picture.pixels().all(|pixel| pixel.0[3] == u8::MAX),
        DynamicImage::ImageLumaA16(picture) => picture.pixels().all(|pixel| pixel.0[1] == u16::MAX),
        DynamicImage::ImageRgba16(picture) => picture.pixels().all(|pixel| pixel.0[3] == u16::MAX),
        _ => true,
    }
}
