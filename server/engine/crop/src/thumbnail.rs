//! A smaller copy of a whole picture: upright, colours and transparency kept, other metadata gone.
//!
//! It is for pages, where bytes count: 8 bits per channel, JPEG unless pixels are transparent.

use cutline_model::{Region, Size};
use serde::{Deserialize, Serialize};

use crate::decode::{self, is_opaque};
use crate::encode::{Effort, encode};
use crate::part::{Part, to_8_bits};
use crate::{CropError, CropLimits, Format, Source, colour, header, orient, reading};

/// Below the 90 of a cut, since a thumbnail is looked at and not kept; made once and sent often, so it may take long.
const EFFORT: Effort = Effort { quality: 82, is_patient: true };

/// A smaller copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thumbnail {
    /// The file.
    pub bytes: Vec<u8>,
    /// JPEG, or PNG when it has transparent pixels.
    pub format: Format,
    /// Its size as displayed.
    pub size: Size,
}

/// Scales the picture in `source` to `width` pixels as displayed; a picture that is narrower keeps its size.
pub fn thumbnail<'a>(
    source: impl Into<Source<'a>>,
    width: u32,
    limits: &CropLimits,
) -> Result<Thumbnail, CropError> {
    reading(source.into(), |source| {
        let header = header::read(source, limits)?;
        let size = scaled(header.upright_size(), width);
        let stored_size = orient::upright_size(size, header.orientation);
        let whole = Region::WHOLE.to_pixels(header.stored);
        let mut reduced = decode::reduced(source, &header, whole, stored_size, limits)?;
        reduced.picture = to_8_bits(reduced.picture);
        let small = orient::upright(reduced.scaled(stored_size, limits)?, header.orientation);
        let format = if is_opaque(&small) && !colour::is_hdr(&header) { Format::Jpeg } else { Format::Png };
        let bytes = encode(Part::Still(small), format, EFFORT, header)?;
        Ok(Thumbnail { bytes, format, size })
    })
}

/// The size at `width`, of the same shape, not larger than `size` and at least one pixel high.
fn scaled(size: Size, width: u32) -> Size {
    let width = width.clamp(1, size.width());
    let exact =
        (u64::from(size.height()) * u64::from(width) + u64::from(size.width()) / 2) / u64::from(size.width());
    let height = u32::try_from(exact.max(1)).expect("not higher than the picture");
    Size::new(width, height).expect("both are at least 1")
}

#[cfg(test)]
mod tests {
    use image::DynamicImage;

    use super::*;
    use crate::scale::scale;

    fn size(width: u32, height: u32) -> Size {
        Size::new(width, height).expect("test sizes are not zero")
    }

    #[test]
    fn the_shape_is_kept_and_nothing_is_enlarged() {
        for (from, width, to) in [
            (size(6000, 4000), 400, size(400, 267)),
            (size(4000, 6000), 400, size(400, 600)),
            (size(300, 200), 400, size(300, 200)),
            (size(9000, 3), 400, size(400, 1)),
            (size(5, 5), 0, size(1, 1)),
        ] {
            assert_eq!(scaled(from, width), to, "{from} at {width}");
        }
    }

    #[test]
    fn hidden_colours_do_not_bleed_into_edges() {
        let picture = DynamicImage::from(image::RgbaImage::from_fn(64, 64, |x, _| {
            image::Rgba(if x < 30 { [255, 0, 0, 255] } else { [0, 255, 0, 0] })
        }));
        let small = scale(picture, size(8, 8)).expect("scaled").into_rgba8();
        for pixel in small.pixels().filter(|pixel| pixel.0[3] > 0) {
            assert!(pixel.0[0] >= 250 && pixel.0[1] == 0, "{pixel:?}");
        }
        assert!(small.pixels().any(|pixel| pixel.0[3] == 255) && small.pixels().any(|pixel| pixel.0[3] == 0));
    }
}
