//! What can be said of the limits before a pixel is decoded: the region's shape, and its size.

use cutline_model::{PixelRegion, Size};

use super::{AspectRange, Fit, Misfit};
use crate::CropError;

impl Fit {
    /// The region, widened about its middle to a shape that is taken; the visitor's choice is all in it.
    pub(crate) fn widened(&self, region: PixelRegion, picture: Size) -> Result<PixelRegion, CropError> {
        let Some(range) = self.aspect else { return Ok(region) };
        let (width, height) = (f64::from(region.width), f64::from(region.height));
        let mut widened = region;
        if width / height < range.narrowest() {
            let length = (height * range.narrowest()).ceil() as u32;
            (widened.left, widened.width) = longer(region.left, region.width, length, picture.width());
        } else if width / height > range.widest() {
            let length = (width / range.widest()).ceil() as u32;
            (widened.top, widened.height) = longer(region.top, region.height, length, picture.height());
        }
        if range.holds(widened.size()) {
            Ok(widened)
        } else {
            Err(CropError::CannotFit(Misfit::Aspect { size: region.size(), range }))
        }
    }

    /// The largest size of this shape that keeps the limits on pixels and sides.
    pub(crate) fn bounded(&self, size: Size) -> Result<Size, CropError> {
        if self.max_bytes == Some(0) || self.max_pixels == Some(0) || self.max_side == Some(0) {
            return Err(CropError::CannotFit(Misfit::Nothing));
        }
        let longest = f64::from(size.width().max(size.height()));
        let by_side = self.max_side.map_or(1.0, |side| f64::from(side) / longest);
        let by_pixels = self.max_pixels.map_or(1.0, |pixels| (pixels as f64 / size.area() as f64).sqrt());
        let factor = by_side.min(by_pixels);
        if factor >= 1.0 {
            return Ok(size);
        }
        // Rounded down, so that no limit is passed; a picture of one row stays one.
        let side = |side: u32| ((f64::from(side) * factor + 1e-9).floor() as u32).max(1);
        let (mut width, mut height) = (side(size.width()), side(size.height()));
        if let Some(pixels) = self.max_pixels {
            width = width.min(u32::try_from(pixels / u64::from(height)).unwrap_or(u32::MAX).max(1));
            height = height.min(u32::try_from(pixels / u64::from(width)).unwrap_or(u32::MAX).max(1));
        }
        Ok(Size::new(width, height).expect("both are at least 1"))
    }
}

impl AspectRange {
    /// Whether `size` is of a shape in the range, give or take the pixel that rounding moves on each side.
    #[must_use]
    pub fn holds(self, size: Size) -> bool {
        let (width, height) = (f64::from(size.width()), f64::from(size.height()));
        width + 1.0 >= self.narrowest() * (height - 1.0) && width - 1.0 <= self.widest() * (height + 1.0)
    }
}

/// A span made `length` long about its middle, inside `0..whole`.
fn longer(begin: u32, extent: u32, length: u32, whole: u32) -> (u32, u32) {
    let length = length.clamp(extent, whole);
    let begin = begin.saturating_sub((length - extent) / 2).min(whole - length);
    (begin, length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_widened_region_holds_the_one_asked_for_and_has_a_shape_that_is_taken(
            w in 1u32..2000, h in 1u32..2000, a in 0.0..1.0, b in 0.0..1.0, c in 0.001..1.0, d in 0.001..1.0,
            narrowest in 0.2..2.0, more in 0.0..2.0,
        ) {
            let picture = Size::new(w, h).expect("not zero");
            let region = cutline_model::Region::new(a * (1.0 - c), b * (1.0 - d), c, d).expect("inside").to_pixels(picture);
            let range = AspectRange::new(narrowest, narrowest + more).expect("a range");
            let fit = Fit { aspect: Some(range), ..Fit::default() };
            match fit.widened(region, picture) {
                Ok(wide) => {
                    prop_assert!(range.holds(wide.size()));
                    prop_assert!(wide.left <= region.left && wide.top <= region.top);
                    prop_assert!(wide.left + wide.width >= region.left + region.width && wide.left + wide.width <= w);
                    prop_assert!(wide.top + wide.height >= region.top + region.height && wide.top + wide.height <= h);
                    prop_assert!(wide.width == region.width || wide.height == region.height);
                }
                Err(error) => {
                    prop_assert_eq!(error, CropError::CannotFit(Misfit::Aspect { size: region.size(), range }));
                    let (width, height) = (f64::from(region.width), f64::from(region.height));
                    let is_too_small = f64::from(w) < height * range.narrowest() || f64::from(h) < width / range.widest();
                    prop_assert!(is_too_small, "there was room");
                }
            }
        }

        #[test]
        fn a_bounded_size_keeps_its_limits_and_nearly_its_shape(
            w in 1u32..70_000, h in 1u32..70_000, pixels in 1u64..10_000_000, side in 1u32..10_000,
        ) {
            let size = Size::new(w, h).expect("not zero");
            let fit = Fit { max_pixels: Some(pixels), max_side: Some(side), ..Fit::default() };
            let small = fit.bounded(size).expect("no limit is zero");
            prop_assert!(small.area() <= pixels && small.width().max(small.height()) <= side);
            prop_assert!(small.width() <= w && small.height() <= h);
            if small.width().min(small.height()) > 1 {
                prop_assert!(small.same_shape(size), "{small} of {size}");
            }
        }
    }
}
