//! A part of a picture: as fractions of the whole (what travels and is stored), in pixels, and as text.
//!
//! Fractions refer to the picture's natural size as displayed, after EXIF orientation, as browsers do. One rounding
//! rule serves the read-out in the browser and the cut on the server: edges are rounded, not sizes, so that two
//! regions that share an edge share it in pixels too.

use serde::{Deserialize, Serialize};

use crate::{Size, Written, decimal, within};

/// How far an edge may stand outside the picture before it is an error rather than floating-point dust.
const DUST: f64 = 1e-6;

/// Smallest width and height: what the text form rounds to its last decimal, a millionth of a percent. A thousandth of a
/// pixel in the widest JPEG; anything smaller would be nothing when it is read again.
const SMALLEST: f64 = 6e-9;

/// A rectangle on a picture, in fractions 0..=1 of its natural, upright width and height; never empty, never outside.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Region {
    x: f64,
    y: f64,
    w: f64,
    h: f64,
}

/// Why a rectangle or a text is not a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegionError {
    /// A value is NaN or infinite.
    #[error("x, y, w and h must be finite numbers")]
    NotFinite,
    /// Width or height is zero, negative, or smaller than any picture's pixel.
    #[error("w and h must be greater than 0")]
    Empty,
    /// A part of the rectangle lies outside the picture.
    #[error(
        "the region must lie inside the picture: x, y >= 0, x + w <= 1 and y + h <= 1, as fractions of it"
    )]
    Outside,
    /// The text is neither `xywh=percent:x,y,w,h` nor `pct:x,y,w,h`.
    #[error(
        "a region is written xywh=percent:x,y,w,h or pct:x,y,w,h, with four numbers in percent of the picture"
    )]
    NotAFragment,
}

#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "a region is {\"x\", \"y\", \"w\", \"h\"} in fractions, or xywh=percent:x,y,w,h"
)]
enum Unchecked {
    Fractions(Fractions),
    Text(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fractions {
    x: f64,
    y: f64,
    w: f64,
    h: f64,
}

impl TryFrom<Unchecked> for Region {
    type Error = RegionError;

    fn try_from(region: Unchecked) -> Result<Self, RegionError> {
        match region {
            Unchecked::Fractions(Fractions { x, y, w, h }) => Self::new(x, y, w, h),
            Unchecked::Text(text) => Self::parse(&text),
        }
    }
}

impl Region {
    /// The whole picture.
    pub const WHOLE: Self = Self { x: 0.0, y: 0.0, w: 1.0, h: 1.0 };

    /// The region at (`x`, `y`), `w` wide and `h` high, all in fractions of the picture.
    pub fn new(x: f64, y: f64, w: f64, h: f64) -> Result<Self, RegionError> {
        if ![x, y, w, h].iter().all(|value| value.is_finite()) {
            return Err(RegionError::NotFinite);
        }
        if w <= 0.0 || h <= 0.0 {
            return Err(RegionError::Empty);
        }
        if x < -DUST || y < -DUST || x + w > 1.0 + DUST || y + h > 1.0 + DUST {
            return Err(RegionError::Outside);
        }
        // What is left outside is dust: bring the edges in, keeping the opposite ones where they are.
        let (left, top) = (within(x, 0.0, 1.0), within(y, 0.0, 1.0));
        let (right, bottom) = ((x + w).min(1.0), (y + h).min(1.0));
        if right - left < SMALLEST || bottom - top < SMALLEST {
            return Err(RegionError::Empty);
        }
        Ok(Self { x: left, y: top, w: right - left, h: bottom - top })
    }

    /// Reads either text form: `xywh=percent:x,y,w,h` (W3C Media Fragments 1.0, section 4.2.2) or `pct:x,y,w,h`
    /// (IIIF Image API 3.0, section 4.1); the four numbers are percent of the picture.
    pub fn parse(text: &str) -> Result<Self, RegionError> {
        let text = text.trim();
        let text = text.strip_prefix('#').unwrap_or(text);
        let numbers = text
            .strip_prefix("xywh=percent:")
            .or_else(|| text.strip_prefix("pct:"))
            .ok_or(RegionError::NotAFragment)?;
        let mut values = [0.0; 4];
        let mut parts = numbers.split(',');
        for value in &mut values {
            let part = parts.next().ok_or(RegionError::NotAFragment)?;
            *value = decimal(part.trim()).ok_or(RegionError::NotAFragment)? / 100.0;
        }
        if parts.next().is_some() {
            return Err(RegionError::NotAFragment);
        }
        Self::new(values[0], values[1], values[2], values[3])
    }

    /// Left edge, as a fraction of the picture's width.
    #[must_use]
    pub fn x(self) -> f64 {
        self.x
    }

    /// Top edge, as a fraction of the picture's height.
    #[must_use]
    pub fn y(self) -> f64 {
        self.y
    }

    /// Width, as a fraction of the picture's width.
    #[must_use]
    pub fn w(self) -> f64 {
        self.w
    }

    /// Height, as a fraction of the picture's height.
    #[must_use]
    pub fn h(self) -> f64 {
        self.h
    }

    /// The region in pixels of a picture of `size`: each edge rounded to the nearest pixel, at least one pixel left.
    #[must_use]
    pub fn to_pixels(self, size: Size) -> PixelRegion {
        let (left, right) = edges(self.x, self.w, size.width());
        let (top, bottom) = edges(self.y, self.h, size.height());
        PixelRegion { left, top, width: right - left, height: bottom - top }
    }

    /// The region as text, in the W3C form; `{:#}` gives the IIIF form.
    #[must_use]
    pub fn fragment(self) -> Fragment {
        Fragment(self)
    }
}

/// Both edges of a span in pixels of `0..length`, at least one apart.
fn edges(start: f64, extent: f64, length: u32) -> (u32, u32) {
    let pixels = f64::from(length);
    // In range by construction: fractions are 0..=1, so the rounded products are 0..=length.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "rounded and within 0..=length"
    )]
    let round = |fraction: f64| within((fraction * pixels).round(), 0.0, pixels) as u32;
    let first = round(start).min(length - 1);
    (first, round(start + extent).max(first + 1))
}

/// A [`Region`] in whole pixels of one picture: what the crop cuts out and the read-out shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PixelRegion {
    /// First column, counted from 0.
    pub left: u32,
    /// First row, counted from 0.
    pub top: u32,
    /// Columns, at least 1.
    pub width: u32,
    /// Rows, at least 1.
    pub height: u32,
}

impl PixelRegion {
    /// Whether it lies in a picture of `size` and holds a pixel.
    #[must_use]
    pub fn is_inside(self, size: Size) -> bool {
        let fits = |start: u32, extent: u32, whole: u32| {
            extent > 0 && start.checked_add(extent).is_some_and(|end| end <= whole)
        };
        fits(self.left, self.width, size.width()) && fits(self.top, self.height, size.height())
    }

    /// The size of the part that is cut out.
    #[must_use]
    pub fn size(self) -> Size {
        Size::new(self.width, self.height).expect("a pixel region is never empty")
    }
}

/// The text form of a [`Region`]: `xywh=percent:10,20,30,40`, or with `{:#}` the IIIF form `pct:10,20,30,40`.
///
/// Six decimals of a percent: on the largest JPEG (65,535 pixels) that is less than a thousandth of a pixel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fragment(Region);

impl std::fmt::Display for Fragment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Region { x, y, w, h } = self.0;
        f.write_str(if f.alternate() { "pct:" } else { "xywh=percent:" })?;
        for (index, fraction) in [x, y, w, h].into_iter().enumerate() {
            let number = Written((fraction * 1e8).round() / 1e6);
            write!(f, "{}{number}", if index == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {

    use super::*;

    fn size(width: u32, height: u32) -> Size {
        Size::new(width, height).expect("test sizes are not zero")
    }

    #[test]
    fn pixels_are_inside_a_picture_when_all_of_them_are_and_there_is_one() {
        for (left, width, is_inside) in
            [(0, 10, true), (9, 1, true), (9, 2, false), (10, 0, false), (3, 0, false), (u32::MAX, 2, false)]
        {
            let across = PixelRegion { left, top: 0, width, height: 5 };
            assert_eq!(across.is_inside(size(10, 5)), is_inside, "{across:?}");
            let down = PixelRegion { left: 0, top: left, width: 5, height: width };
            assert_eq!(down.is_inside(size(5, 10)), is_inside, "{down:?}");
        }
    }

    #[test]
    fn a_region_outside_the_picture_is_refused() {
        for (x, y, w, h) in
            [(0.5, 0.0, 0.6, 1.0), (-0.1, 0.0, 0.5, 0.5), (0.0, 0.9, 0.1, 0.2), (1.0, 0.0, 0.1, 0.1)]
        {
            assert_eq!(Region::new(x, y, w, h), Err(RegionError::Outside), "{x} {y} {w} {h}");
        }
    }

    #[test]
    fn a_region_without_area_or_sense_is_refused() {
        assert_eq!(Region::new(0.1, 0.1, 0.0, 0.5), Err(RegionError::Empty));
        assert_eq!(Region::new(0.1, 0.1, 0.5, -0.5), Err(RegionError::Empty));
        assert_eq!(Region::new(f64::NAN, 0.1, 0.5, 0.5), Err(RegionError::NotFinite));
        assert_eq!(Region::new(0.0, 0.1, f64::INFINITY, 0.5), Err(RegionError::NotFinite));
    }

    #[test]
    fn both_text_forms_are_read_and_written() {
        let region = Region::new(0.1, 0.2, 0.3, 0.4).expect("inside");
        for text in ["xywh=percent:10,20,30,40", "pct:10,20,30,40", "#xywh=percent:10,20,30,40.0"] {
            assert_eq!(
                Region::parse(text).map(|region| region.to_pixels(size(1000, 1000))),
                Ok(region.to_pixels(size(1000, 1000))),
                "{text}"
            );
        }
        assert_eq!(region.fragment().to_string(), "xywh=percent:10,20,30,40");
        assert_eq!(format!("{:#}", region.fragment()), "pct:10,20,30,40");
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "10,20,30,40",
            "xywh=10,20,30,40",
            "xywh=pixel:1,2,3,4",
            "pct:1,2,3",
            "pct:1,2,3,4,5",
            "pct:a,2,3,4",
        ] {
            assert_eq!(Region::parse(text), Err(RegionError::NotAFragment), "{text}");
        }
    }

    #[test]
    fn edges_are_rounded_and_one_pixel_remains() {
        let region = Region::new(0.25, 0.1, 0.3, 0.4).expect("inside");
        assert_eq!(
            region.to_pixels(size(6000, 4000)),
            PixelRegion { left: 1500, top: 400, width: 1800, height: 1600 }
        );
        let sliver = Region::new(0.999_999, 0.0, 0.000_001, 1e-5).expect("inside");
        assert_eq!(sliver.to_pixels(size(10, 10)), PixelRegion { left: 9, top: 0, width: 1, height: 1 });
    }

    #[test]
    fn json_takes_fractions_or_text_and_gives_fractions() {
        let region: Region = serde_json::from_str(r#"{"x":0.5,"y":0,"w":0.5,"h":1}"#).expect("a region");
        assert_eq!(serde_json::from_str::<Region>(r#""xywh=percent:50,0,50,100""#).ok(), Some(region));
        assert_eq!(
            serde_json::to_string(&region).ok().as_deref(),
            Some(r#"{"x":0.5,"y":0.0,"w":0.5,"h":1.0}"#)
        );
        assert!(serde_json::from_str::<Region>(r#"{"x":0.5,"y":0,"w":0.6,"h":1}"#).is_err());
    }

    /// A million cases take a second; the same ones in every run, so that a failure can be looked at.
    const CASES: u32 = 1_000_000;

    /// xorshift64*.
    struct Random(u64);

    impl Random {
        fn next(&mut self) -> u64 {
            self.0 ^= self.0 >> 12;
            self.0 ^= self.0 << 25;
            self.0 ^= self.0 >> 27;
            self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
        }

        fn below(&mut self, limit: u32) -> u32 {
            ((self.next() >> 32) % u64::from(limit)) as u32
        }

        /// 0 to 1.
        fn fraction(&mut self) -> f64 {
            (self.next() >> 11) as f64 / (1_u64 << 53) as f64
        }

        /// Any number there is, and often one at which something begins or ends.
        fn number(&mut self) -> f64 {
            const EDGES: [f64; 14] = [
                0.0,
                -0.0,
                1.0,
                -1.0,
                f64::NAN,
                f64::INFINITY,
                f64::NEG_INFINITY,
                f64::EPSILON,
                -f64::EPSILON,
                f64::MIN_POSITIVE,
                f64::MAX,
                1.0 - f64::EPSILON,
                1.0 + f64::EPSILON,
                0.5,
            ];
            match self.below(4) {
                0 => f64::from_bits(self.next()),
                1 => self.fraction(),
                2 => 4.0 * self.fraction() - 2.0,
                _ => EDGES[self.below(14) as usize],
            }
        }

        /// 1 pixel, as many as a format has room for, or something in between.
        fn side(&mut self) -> u32 {
            match self.below(8) {
                0 => 1,
                1 => 65_535,
                2 => u32::MAX,
                _ => 1 + self.below(70_000),
            }
        }
    }

    #[test]
    fn any_numbers_are_refused_or_inside() {
        let mut random = Random(1);
        let mut taken = 0;
        for _ in 0..CASES {
            let [x, y, w, h] = [(); 4].map(|()| random.number());
            let Ok(region) = Region::new(x, y, w, h) else { continue };
            taken += 1;
            assert!(region.x() >= 0.0 && region.y() >= 0.0 && region.w() > 0.0 && region.h() > 0.0);
            let (right, bottom) = (region.x() + region.w(), region.y() + region.h());
            assert!(right <= 1.0 + f64::EPSILON && bottom <= 1.0 + f64::EPSILON, "{x}, {y}, {w}, {h}");
            let (width, height) = (random.side(), random.side());
            let pixels = region.to_pixels(size(width, height));
            let is_inside = |begin: u32, length: u32, whole: u32| {
                length >= 1 && begin.checked_add(length).is_some_and(|end| end <= whole)
            };
            assert!(is_inside(pixels.left, pixels.width, width), "{x}, {w} of {width}: {pixels:?}");
            assert!(is_inside(pixels.top, pixels.height, height), "{y}, {h} of {height}: {pixels:?}");
        }
        assert!(taken > CASES / 500, "{taken} were no errors");
    }

    #[test]
    fn pixels_are_those_between_the_rounded_edges() {
        let mut random = Random(2);
        for _ in 0..CASES {
            let (begin, length) = (random.fraction(), random.fraction());
            let (x, w) = (begin * (1.0 - length), length.max(1e-9));
            let Ok(region) = Region::new(x, 0.0, w, 1.0) else { continue };
            let (width, height) = (random.side(), random.side());
            let pixels = region.to_pixels(size(width, height));
            assert_eq!((pixels.top, pixels.height), (0, height), "all of the rows");
            let edge = |fraction: f64| (fraction * f64::from(width)).round();
            let (left, right) = (edge(region.x()), edge(region.x() + region.w()));
            if right > left {
                let found = (f64::from(pixels.left), f64::from(pixels.left) + f64::from(pixels.width));
                assert_eq!(found, (left, right.min(f64::from(width))), "{x}, {w} of {width}");
            } else {
                assert_eq!(pixels.width, 1, "{x}, {w} of {width}");
            }
        }
    }

    #[test]
    fn text_keeps_every_pixel() {
        let mut random = Random(3);
        let (whole, scale) = (size(65_535, 65_535), 65_535.0);
        for _ in 0..CASES {
            let [left, top] = [(); 2].map(|()| random.below(65_000));
            let [width, height] = [(); 2].map(|()| 1 + random.below(500));
            let [x, y, w, h] = [left, top, width, height].map(|pixels| f64::from(pixels) / scale);
            let text = Region::new(x, y, w, h).expect("inside").fragment().to_string();
            let again = Region::parse(&text).expect("its own text").to_pixels(whole);
            assert_eq!(again, PixelRegion { left, top, width, height }, "{text}");
        }
    }
}
