//! What can be said of the limits before a pixel is decoded: the region's shape, and its size.

use cutline_model::{PixelRegion, Size};

use super::{AspectRange, Fit, Misfit};
use crate::{CropError, Format, encode};

/// What computing with fractions may add to a side, or to a shape.
const ROUNDING: f64 = 1e-9;
/// How many rows or columns more are tried for a shape of whole pixels.
const MOST_BESIDE: u32 = 100;

impl Fit {
    /// The region, widened about its middle to a shape that is taken; the visitor's choice is all in it.
    pub(crate) fn widened(&self, region: PixelRegion, picture: Size) -> Result<PixelRegion, CropError> {
        let Some(range) = self.aspect else { return Ok(region) };
        if range.holds(region.size()) {
            return Ok(region);
        }
        let is_narrow = f64::from(region.width) / f64::from(region.height) < range.narrowest();
        // A shape of whole pixels may lie a few rows or columns off: 4:5 alone has none of 7 rows.
        for more in 0..=MOST_BESIDE {
            let (mut width, mut height) = (region.width, region.height);
            if is_narrow {
                height = height.saturating_add(more);
                width = width.max((f64::from(height) * range.narrowest() - ROUNDING).ceil() as u32);
            } else {
                width = width.saturating_add(more);
                height = height.max((f64::from(width) / range.widest() - ROUNDING).ceil() as u32);
            }
            if width > picture.width() || height > picture.height() {
                break;
            }
            let (left, width) = longer(region.left, region.width, width, picture.width());
            let (top, height) = longer(region.top, region.height, height, picture.height());
            let widened = PixelRegion { left, top, width, height };
            if range.holds(widened.size()) {
                return Ok(widened);
            }
        }
        Err(CropError::CannotFit(Misfit::Aspect { size: region.size(), range }))
    }

    /// The largest size of this shape that keeps the limits on pixels and sides, and the shapes that are taken.
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
        Ok(self.shaped(Size::new(width, height).expect("both are at least 1")))
    }

    /// As [`Fit::bounded`], with no side longer than `format` has room for.
    pub(crate) fn bounded_for(&self, size: Size, format: Format) -> Result<Size, CropError> {
        let max_side = self.max_side.into_iter().chain(encode::max_side(format)).min();
        Self { max_side, ..self.clone() }.bounded(size)
    }

    /// A size to which a part of a shape that is taken is scaled: rounding may have left the shape, then one side is made
    /// shorter.
    pub(super) fn shaped(&self, size: Size) -> Size {
        let Some(range) = self.aspect.filter(|range| !range.holds(size)) else { return size };
        let (width, height) = (f64::from(size.width()), f64::from(size.height()));
        let (width, height) = if width / height < range.narrowest() {
            (width, width / range.narrowest())
        } else {
            (height * range.widest(), height)
        };
        let side = |side: f64| ((side + ROUNDING).floor() as u32).max(1);
        Size::new(side(width), side(height)).expect("both are at least 1")
    }
}

impl AspectRange {
    /// Whether `size` is of a shape in the range. Where only one shape is taken, a side may be rounded to it: few sizes are
    /// exactly 1.91:1.
    #[must_use]
    pub fn holds(self, size: Size) -> bool {
        let (width, height) = (f64::from(size.width()), f64::from(size.height()));
        let (narrowest, widest) = (self.narrowest(), self.widest());
        if widest - narrowest <= f64::EPSILON * widest {
            return (width - height * widest).abs() <= 0.5 || (height - width / widest).abs() <= 0.5;
        }
        width / height >= narrowest - ROUNDING && width / height <= widest + ROUNDING
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

    #[test]
    fn limits_on_shapes_are_limits() {
        let range = |text| AspectRange::parse(text).expect("a range");
        let size = |width, height| Size::new(width, height).expect("not zero");
        for (text, (width, height), expected) in [
            ("1:20..20:1", (2, 60), false),
            ("1:20..20:1", (100, 2019), false),
            ("1:20..20:1", (100, 2000), true),
            ("1:1", (4, 6), false),
            ("1:1", (6, 6), true),
            ("1:2..2:1", (3, 8), false),
            ("1:2..2:1", (4, 8), true),
            ("1.91:1", (1200, 628), true),
            ("1.91:1", (1200, 630), false),
        ] {
            assert_eq!(range(text).holds(size(width, height)), expected, "{text}: {width}x{height}");
        }
        let fit = Fit { max_side: Some(33), aspect: Some(range("1:2..2:1")), ..Fit::default() };
        assert_eq!(fit.bounded(size(50, 100)).expect("no limit is zero"), size(16, 32));
    }

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
                    let beside = (wide.width - region.width).min(wide.height - region.height);
                    prop_assert!(beside <= MOST_BESIDE);
                    prop_assert!(!range.holds(region.size()) || wide == region);
                }
                Err(error) => {
                    prop_assert_eq!(error, CropError::CannotFit(Misfit::Aspect { size: region.size(), range }));
                    let (width, height) = (f64::from(region.width), f64::from(region.height));
                    // Up to a hundred rows or columns more than it takes, and the pixel that rounding adds.
                    let is_too_small = f64::from(w) < (height + 101.0) * range.narrowest() + 1.0
                        || f64::from(h) < (width + 101.0) / range.widest() + 1.0
                        || f64::from(w) < width + 101.0 || f64::from(h) < height + 101.0;
                    prop_assert!(is_too_small, "there was room");
                }
            }
        }

        #[test]
        fn what_is_scaled_is_still_of_a_shape_that_is_taken(
            w in 1u32..4000, h in 1u32..4000, side in 1u32..2000, narrowest in 0.2..2.0, more in 0.2..2.0,
        ) {
            let size = Size::new(w, h).expect("not zero");
            let range = AspectRange::new(narrowest, narrowest + more).expect("a range");
            let fit = Fit { max_side: Some(side), aspect: Some(range), ..Fit::default() };
            let small = fit.bounded(size).expect("no limit is zero");
            prop_assert!(small.width() <= w && small.height() <= h);
            // Of so few pixels there may be no such shape.
            if range.holds(size) && small.width().min(small.height()) > 5 {
                prop_assert!(range.holds(small), "{small} of {size}");
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
