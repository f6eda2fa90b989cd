//! Decoding for a smaller size: of a JPEG only as many frequencies as will be seen, of all else every pixel.
//!
//! A thumbnail of a photograph of 100 megapixels takes the memory of one of 2, and pictures that are too large to be
//! decoded as a whole can still be shown whole: of several scans too at an eighth, of which little is kept
//! (`jpeg::frame::Frame::whole_at`), and else as far as all coefficients have room.

use cutline_model::{PixelRegion, Size};
use image::DynamicImage;

use super::{Wanted, part};
use crate::header::Header;
use crate::scale::{check_cost, scale, scale_inside};
use crate::{CropError, CropLimits, Format, Source, jpeg};

/// A picture decoded for being scaled.
pub(crate) struct Reduced {
    pub(crate) picture: DynamicImage,
    /// Left, top, width and height of the part in the pixels of `picture`; none where it is all of them.
    pub(crate) inside: Option<[f64; 4]>,
    pub(crate) rows_decoded: u32,
}

impl Reduced {
    /// The part at exactly `size`, unless that takes too much memory.
    pub(crate) fn scaled(self, size: Size, limits: &CropLimits) -> Result<DynamicImage, CropError> {
        check_cost(&self.picture, size, 0, limits)?;
        match self.inside {
            None => scale(self.picture, size),
            Some(inside) => scale_inside(&self.picture, inside, size),
        }
    }
}

/// Decodes `region` as [`part`] does, the first frame only, to be scaled to `size`; both are as stored.
pub(crate) fn reduced(
    source: &mut Source<'_>,
    header: &Header,
    region: PixelRegion,
    size: Size,
    limits: &CropLimits,
) -> Result<Reduced, CropError> {
    if header.format == Format::Jpeg {
        return jpeg::reduced(source, header, region, one_in(region.size(), size), limits);
    }
    let decoded = part(source, header, region, Wanted::First, limits)?;
    let (picture, rows_decoded) = (decoded.pixels.into_first(), decoded.rows_decoded);
    Ok(Reduced { picture, inside: None, rows_decoded })
}

/// Of how many pixels along each side one is enough: twice as many as wanted are left for the filter that scales, so that
/// the result is its work and not that of the transform.
fn one_in(region: Size, size: Size) -> u32 {
    let is_enough = |one_in: &u32| {
        region.width() / (2 * one_in) >= size.width() && region.height() / (2 * one_in) >= size.height()
    };
    [8, 4, 2].into_iter().find(is_enough).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twice_the_pixels_wanted_are_left_along_both_sides() {
        let size = |width, height| Size::new(width, height).expect("test sizes are not zero");
        for (region, wanted, expected) in [
            ((1600, 1600), (100, 100), 8),
            ((1600, 1599), (100, 100), 4),
            ((800, 1600), (100, 100), 4),
            ((400, 9000), (100, 100), 2),
            ((399, 9000), (100, 100), 1),
            ((100, 100), (100, 100), 1),
            ((100, 100), (300, 300), 1),
            ((65_535, 65_535), (1, 1), 8),
        ] {
            let given = one_in(size(region.0, region.1), size(wanted.0, wanted.1));
            assert_eq!(given, expected, "{region:?} to {wanted:?}");
        }
    }
}
