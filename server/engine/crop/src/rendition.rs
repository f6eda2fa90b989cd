//! A part of a picture at any size, turned and toned: what viewers of large pictures ask for, piece by piece.
//!
//! The steps are those of a cut with three more between them, in the order of the IIIF Image API 3.0, section 4.6:
//! region, size, mirror and turn, tone, format. What stands in the way of the format asked for gives way (alpha becomes
//! white in a JPEG, an animation its first frame), since here the format is an order, not a wish.

use cutline_model::{Credit, PixelRegion, Size};
use image::DynamicImage;
use image::metadata::Orientation;
use serde::{Deserialize, Serialize};

use crate::encode::{self, Effort};
use crate::fit::MAX_WEBP_PIXELS;
use crate::part::{Part, to_8_bits};
use crate::tone::{on_white, toned};
use crate::{
    CropError, CropLimits, CropStats, Cut, Format, Source, Tone, colour, decode, header, orient, reading,
};

/// What is made of a picture, in the order in which it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenditionOptions {
    /// The part, in pixels of the whole picture as displayed.
    pub region: PixelRegion,
    /// What the part is scaled to, up or down, before it is turned.
    pub size: Size,
    /// Whether left and right are exchanged, before it is turned.
    pub is_mirrored: bool,
    /// How it is turned.
    pub turn: Turn,
    /// What becomes of its colours.
    pub tone: Tone,
    /// What it is written as.
    pub format: Format,
    /// The quality of a lossy format, 1..=100.
    pub quality: u8,
}

impl RenditionOptions {
    /// The rendition's own size: turned.
    #[must_use]
    pub fn turned_size(&self) -> Size {
        orient::upright_size(self.size, self.turn.orientation())
    }
}

/// A turn by quarters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Turn {
    /// None at all.
    #[default]
    None,
    /// By 90 degrees, clockwise.
    Right,
    /// By 180 degrees.
    Around,
    /// By 270 degrees clockwise.
    Left,
}

impl Turn {
    fn orientation(self) -> Orientation {
        match self {
            Self::None => Orientation::NoTransforms,
            Self::Right => Orientation::Rotate90,
            Self::Around => Orientation::Rotate180,
            Self::Left => Orientation::Rotate270,
        }
    }
}

/// Makes a rendition of the picture in `source`.
///
/// # Errors
/// What is wrong with the picture or the options; nothing is made then.
pub fn rendition<'a>(
    source: impl Into<Source<'a>>,
    options: &RenditionOptions,
    limits: &CropLimits,
) -> Result<Cut, CropError> {
    if !(1..=100).contains(&options.quality) {
        return Err(CropError::BadQuality { quality: options.quality });
    }
    let RenditionOptions { region, size, is_mirrored, turn, tone, .. } = *options;
    reading(source.into(), |source| {
        let mut stats = CropStats::default();
        let mut header = stats.time("header", || header::read(source, limits))?;
        let source_size = header.upright_size();
        if !region.is_inside(source_size) {
            return Err(CropError::RegionOutside { size: source_size });
        }
        let format = encode::choose_format(Some(options.format), &header)?;
        let (orientation, stored_size) = (header.orientation, orient::upright_size(size, header.orientation));
        let stored_region = orient::stored_region(region, header.stored, orientation);

        let decode = || decode::reduced(source, &header, stored_region, stored_size, limits);
        let mut part = stats.time("decode", decode)?;
        stats.rows_decoded = part.rows_decoded;
        // Only PNG holds 16 bits.
        if format != Format::Png {
            part.picture = to_8_bits(part.picture);
        }
        check_size(&part.picture, size, limits)?;
        let mut picture = stats.time("scale", || part.scaled(stored_size, limits))?;
        picture = stats.time("turn", || {
            let mut upright = orient::upright(picture, orientation);
            if is_mirrored {
                upright.apply_orientation(Orientation::FlipHorizontal);
            }
            upright.apply_orientation(turn.orientation());
            upright
        });
        picture = stats.time("tone", || -> Result<_, CropError> {
            let picture = match tone {
                Tone::Full => picture,
                // Grey has no place for a profile of three colours, and luminance is defined for sRGB.
                Tone::Grey | Tone::Bitonal => {
                    toned(colour::in_srgb(Part::Still(picture), &mut header)?.into_first(), tone)
                }
            };
            Ok(if format == Format::Jpeg { on_white(picture) } else { picture })
        })?;
        let size = Size::new(picture.width(), picture.height()).expect("no step makes a picture empty");
        let effort = Effort { quality: options.quality, is_patient: false };
        // Without loss only what libwebp writes while somebody waits; all else has the quality.
        header.is_lossless &= format != Format::WebP || size.area() <= MAX_WEBP_PIXELS;
        let bytes = stats.time("encode", || encode::encode(Part::Still(picture), format, effort, header))?;
        stats.bytes_read = source.reached();
        Ok(Cut {
            bytes,
            format,
            size,
            source_size,
            region,
            changes: Vec::new(),
            credit: Credit::default(),
            stats,
        })
    })
}

/// What is scaled up may take no more memory than a picture that is decoded.
fn check_size(picture: &DynamicImage, size: Size, limits: &CropLimits) -> Result<(), CropError> {
    let needed = size.area().saturating_mul(u64::from(picture.color().bytes_per_pixel()));
    let limit = limits.max_decode_bytes;
    if needed > limit { Err(CropError::ResultTooLarge { size, needed, limit }) } else { Ok(()) }
}
