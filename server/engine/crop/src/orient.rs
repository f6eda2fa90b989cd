//! From the picture as displayed to the picture as stored, and back (EXIF orientation 1-8).
//!
//! A region is drawn on the upright picture, the file holds it turned or mirrored. The rectangle is mapped to where it
//! lies in the file, so that only the small part has to be turned, never the whole picture.

use cutline_model::{PixelRegion, Size};
use image::DynamicImage;
use image::metadata::Orientation;

/// The size as displayed of a picture stored at `stored`.
pub(super) fn upright_size(stored: Size, orientation: Orientation) -> Size {
    if swaps_axes(orientation) {
        Size::new(stored.height(), stored.width()).expect("a size has no zero side")
    } else {
        stored
    }
}

/// Where the `upright` region lies in the file of a picture stored at `stored`.
pub(super) fn stored_region(upright: PixelRegion, stored: Size, orientation: Orientation) -> PixelRegion {
    let PixelRegion { left, top, width, height } = upright;
    // Counted from the opposite edge, along the axis of the file that the span comes to lie on.
    let from_right = |start: u32, extent: u32| stored.width() - start - extent;
    let from_bottom = |start: u32, extent: u32| stored.height() - start - extent;
    let (left, top) = match orientation {
        Orientation::NoTransforms => (left, top),
        Orientation::FlipHorizontal => (from_right(left, width), top),
        Orientation::Rotate180 => (from_right(left, width), from_bottom(top, height)),
        Orientation::FlipVertical => (left, from_bottom(top, height)),
        Orientation::Rotate90FlipH => (top, left),
        Orientation::Rotate90 => (top, from_bottom(left, width)),
        Orientation::Rotate270FlipH => (from_right(top, height), from_bottom(left, width)),
        Orientation::Rotate270 => (from_right(top, height), left),
    };
    let (width, height) = if swaps_axes(orientation) { (height, width) } else { (width, height) };
    PixelRegion { left, top, width, height }
}

/// Where the `stored` region of a picture is displayed, whose size as displayed is `size`.
pub(super) fn upright_region(stored: PixelRegion, size: Size, orientation: Orientation) -> PixelRegion {
    let back = match orientation {
        Orientation::Rotate90 => Orientation::Rotate270,
        Orientation::Rotate270 => Orientation::Rotate90,
        // The others undo themselves.
        orientation => orientation,
    };
    stored_region(stored, size, back)
}

/// Turns a part as stored into a part as displayed.
pub(super) fn upright(mut part: DynamicImage, orientation: Orientation) -> DynamicImage {
    part.apply_orientation(orientation);
    part
}

/// Whether the stored width is displayed as height.
pub(super) fn swaps_axes(orientation: Orientation) -> bool {
    matches!(
        orientation,
        Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH
    )
}

#[cfg(test)]
mod tests {
    use image::{GrayImage, Luma};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn cutting_then_turning_equals_turning_then_cutting(
            exif in 1u8..=8, w in 1u32..40, h in 1u32..40, a in 0.0..1.0, b in 0.0..1.0, c in 0.01..1.0, d in 0.01..1.0,
        ) {
            let orientation = Orientation::from_exif(exif).expect("1 to 8");
            let stored = Size::new(w, h).expect("not zero");
            let whole = DynamicImage::from(GrayImage::from_fn(w, h, |x, y| Luma([(x * 7 + y * 41) as u8])));
            let size = upright_size(stored, orientation);
            let region = cutline_model::Region::new(a * (1.0 - c), b * (1.0 - d), c, d).expect("inside").to_pixels(size);

            let turned = upright(whole.clone(), orientation);
            prop_assert_eq!((turned.width(), turned.height()), (size.width(), size.height()));
            let expected = turned.crop_imm(region.left, region.top, region.width, region.height);
            let place = stored_region(region, stored, orientation);
            prop_assert_eq!(upright_region(place, size, orientation), region);
            let part = upright(whole.crop_imm(place.left, place.top, place.width, place.height), orientation);
            prop_assert_eq!(part, expected);
        }
    }
}
