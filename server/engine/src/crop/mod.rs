//! Cutting a part out of a picture: bytes in, bytes out; no network, no files, no waiting.
//!
//! The pipeline is [`crop`], one file per step: sniff -> header -> decode -> cut -> orient -> encode. The region is on
//! the picture as displayed; it is mapped into the file, so that only the part is turned. What comes out holds pixels
//! and a colour profile and nothing else of the source. `permits` keeps this work off the async threads.

mod contain;
mod decode;
mod encode;
mod error;
mod format;
mod header;
mod orient;
mod permits;
mod sniff;
mod thumbnail;

use cutline_model::{PixelRegion, Region, Size};
use image::DynamicImage;

pub use error::CropError;
pub use format::{Format, UnknownFormat};
pub use permits::{Busy, Permits};
pub use sniff::sniff;
pub use thumbnail::{Thumbnail, thumbnail};

use self::encode::Effort;
use crate::limits::CropLimits;

/// How the part is written.
#[derive(Clone, Copy, Debug)]
pub struct CropOptions {
    /// JPEG or PNG; by default what is nearest to the source: JPEG stays JPEG, PNG stays PNG, GIF becomes PNG, WebP
    /// becomes JPEG, or PNG when it is lossless or has alpha.
    pub format: Option<Format>,
    /// JPEG's quality, 1..=100; 90. PNG has none.
    pub quality: u8,
}

impl Default for CropOptions {
    fn default() -> Self {
        Self { format: None, quality: 90 }
    }
}

/// A part cut out of a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The file.
    pub bytes: Vec<u8>,
    /// What it is.
    pub format: Format,
    /// Its size, which is the region's.
    pub size: Size,
    /// The whole picture's size as displayed.
    pub source_size: Size,
    /// What was cut, in pixels of the whole picture as displayed.
    pub region: PixelRegion,
}

/// Cuts `region` out of the picture in `source`: exactly those pixels, upright, colours as they were.
pub fn crop(
    source: &[u8],
    region: Region,
    options: &CropOptions,
    limits: &CropLimits,
) -> Result<Cut, CropError> {
    if !(1..=100).contains(&options.quality) {
        return Err(CropError::BadQuality { quality: options.quality });
    }
    contain::contain(|| {
        let format = sniff::sniff(source)?;
        let header = header::read(source, format, limits)?;
        let format = encode::choose_format(options.format, &header)?;
        header::check_whole(source, header.format)?;

        let source_size = header.upright_size();
        let region = region.to_pixels(source_size);
        let stored_region = orient::stored_region(region, header.stored, header.orientation);
        let picture = decode::decode(source, &header, limits)?;
        let part = orient::upright(cut(picture, stored_region), header.orientation);
        let effort = Effort { quality: options.quality, is_patient: false };
        let bytes = encode::encode(part, format, effort, header)?;
        Ok(Cut { bytes, format, size: region.size(), source_size, region })
    })
}

/// Reads the format and the size as displayed from the header alone, and refuses what [`crop`] would refuse for its
/// cost. `source` may be only the beginning of the file: [`CropError::Truncated`] then says that more is needed.
pub fn measure(source: &[u8], limits: &CropLimits) -> Result<(Format, Size), CropError> {
    contain::contain(|| {
        let format = sniff::sniff(source)?;
        Ok((format, header::read(source, format, limits)?.upright_size()))
    })
}

/// The part alone; the whole is given back to the machine before the part is turned and encoded.
fn cut(picture: DynamicImage, region: PixelRegion) -> DynamicImage {
    let PixelRegion { left, top, width, height } = region;
    if (picture.width(), picture.height()) == (width, height) {
        return picture;
    }
    picture.crop_imm(left, top, width, height)
}
