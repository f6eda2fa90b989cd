//! A picture's width and height in whole pixels.

use serde::{Deserialize, Serialize};

/// Width and height in pixels of a picture as displayed (after EXIF orientation); neither is zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Size {
    width: u32,
    height: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    width: u32,
    height: u32,
}

impl TryFrom<Unchecked> for Size {
    type Error = &'static str;

    fn try_from(size: Unchecked) -> Result<Self, Self::Error> {
        Self::new(size.width, size.height).ok_or("width and height must be at least 1 pixel")
    }
}

impl Size {
    /// A size of `width` by `height` pixels, or nothing when one of them is zero.
    #[must_use]
    pub fn new(width: u32, height: u32) -> Option<Self> {
        (width > 0 && height > 0).then_some(Self { width, height })
    }

    /// Width in pixels.
    #[must_use]
    pub fn width(self) -> u32 {
        self.width
    }

    /// Height in pixels.
    #[must_use]
    pub fn height(self) -> u32 {
        self.height
    }

    /// Number of pixels.
    #[must_use]
    pub fn area(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }

    /// Whether `other` is the same picture at another scale: its height is what this shape gives at its width,
    /// to within the one pixel that scaling may round away on either side.
    #[must_use]
    pub fn same_shape(self, other: Self) -> bool {
        let (small, large) = if self.area() <= other.area() { (self, other) } else { (other, self) };
        let scale = f64::from(large.width) / f64::from(small.width);
        let height_scale = f64::from(large.height) / f64::from(small.height);
        let tolerance = (scale / f64::from(small.width)).max(height_scale / f64::from(small.height));
        (scale - height_scale).abs() <= tolerance.max(1e-9)
    }
}

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(width: u32, height: u32) -> Size {
        Size::new(width, height).expect("test sizes are not zero")
    }

    #[test]
    fn a_scaled_copy_has_the_same_shape() {
        for (a, b) in [
            ((6000, 4000), (600, 400)),
            ((6000, 4000), (801, 534)),
            ((4032, 3024), (320, 240)),
            ((1, 1), (9, 9)),
        ] {
            assert!(size(a.0, a.1).same_shape(size(b.0, b.1)), "{a:?} {b:?}");
            assert!(size(b.0, b.1).same_shape(size(a.0, a.1)), "{b:?} {a:?}");
        }
    }

    #[test]
    fn a_turned_or_trimmed_copy_has_another_shape() {
        for (a, b) in [((6000, 4000), (4000, 6000)), ((6000, 4000), (600, 380)), ((1000, 1000), (1000, 990))]
        {
            assert!(!size(a.0, a.1).same_shape(size(b.0, b.1)), "{a:?} {b:?}");
        }
    }

    #[test]
    fn a_size_without_pixels_is_refused() {
        assert!(Size::new(0, 4).is_none());
        assert!(serde_json::from_str::<Size>(r#"{"width":3,"height":0}"#).is_err());
    }
}
