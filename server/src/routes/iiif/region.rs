//! The part of the picture that is asked for, section 4.1.

use cutline_model::{PixelRegion, Region, Size};

use super::number::{decimal, pixels};
use super::refusal::Refusal;

const NAME: &str = "region";
const FORMS: &str = "full, square, x,y,w,h in pixels or pct:x,y,w,h in percent";

/// The first parameter of an image request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum RegionParameter {
    /// `full`: all of it.
    Full,
    /// `square`: the largest square, from the middle.
    Square,
    /// `x,y,w,h` in pixels.
    Pixels([u64; 4]),
    /// `pct:x,y,w,h` in percent of the picture's sides.
    Percent([f64; 4]),
}

impl RegionParameter {
    /// Reads one of the four forms.
    pub(super) fn parse(text: &str) -> Result<Self, Refusal> {
        let parsed = match text.strip_prefix("pct:") {
            Some(numbers) => four(numbers, decimal).map(Self::Percent),
            None if text == "full" => Some(Self::Full),
            None if text == "square" => Some(Self::Square),
            None => four(text, pixels).map(Self::Pixels),
        };
        parsed.ok_or_else(|| Refusal::unreadable(NAME, text, FORMS))
    }

    /// The pixels meant of a picture of `size`: what lies beyond its edges is left out.
    pub(super) fn resolve(self, size: Size) -> Result<PixelRegion, Refusal> {
        let (width, height) = (size.width(), size.height());
        match self {
            Self::Full => Ok(Region::WHOLE.to_pixels(size)),
            Self::Square => {
                let side = width.min(height);
                Ok(PixelRegion {
                    left: (width - side) / 2,
                    top: (height - side) / 2,
                    width: side,
                    height: side,
                })
            }
            Self::Pixels([x, y, w, h]) => {
                let (left, width) = span(x, w, width).ok_or_else(|| outside(size))?;
                let (top, height) = span(y, h, height).ok_or_else(|| outside(size))?;
                Ok(PixelRegion { left, top, width, height })
            }
            // The same rounding as everywhere in this program: edges, not sizes.
            Self::Percent([x, y, w, h]) => {
                let inside = |start: f64, extent: f64| (start / 100.0, extent.min(100.0 - start) / 100.0);
                let ((x, w), (y, h)) = (inside(x, w), inside(y, h));
                Ok(Region::new(x, y, w, h).map_err(|_| outside(size))?.to_pixels(size))
            }
        }
    }
}

/// Four numbers between commas.
fn four<T>(text: &str, read: impl Fn(&str) -> Option<T>) -> Option<[T; 4]> {
    let numbers: Vec<T> = text.split(',').map(read).collect::<Option<_>>()?;
    numbers.try_into().ok()
}

/// Start and extent of what lies in `0..length`; nothing when nothing does.
fn span(start: u64, extent: u64, length: u32) -> Option<(u32, u32)> {
    let start = u32::try_from(start).ok().filter(|&start| start < length)?;
    let rest = length - start;
    let extent = u32::try_from(extent).unwrap_or(u32::MAX).min(rest);
    (extent > 0).then_some((start, extent))
}

fn outside(size: Size) -> Refusal {
    Refusal::new(
        NAME,
        format!("This region has no pixels of the picture, which is {size}: choose one that overlaps it."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_means_its_pixels() {
        let size = Size::new(300, 200).expect("not zero");
        for (text, [left, top, width, height]) in [
            ("full", [0, 0, 300, 200]),
            ("square", [50, 0, 200, 200]),
            ("125,15,120,140", [125, 15, 120, 140]),
            // Beyond the edge: both examples of section 4.1.
            ("125,15,200,200", [125, 15, 175, 185]),
            ("pct:41.6,7.5,66.6,100", [125, 15, 175, 185]),
            ("pct:41.6,7.5,40,70", [125, 15, 120, 140]),
            ("0,0,18446744073709551616,1", [0, 0, 300, 1]),
            ("299,199,1,1", [299, 199, 1, 1]),
            ("pct:0,0,100,100", [0, 0, 300, 200]),
            ("pct:99.99,99.99,50,50", [299, 199, 1, 1]),
            ("pct:0,0,0.001,0.001", [0, 0, 1, 1]),
        ] {
            let region = RegionParameter::parse(text).expect(text).resolve(size);
            assert_eq!(region, Ok(PixelRegion { left, top, width, height }), "{text}");
        }
        let upright = Size::new(200, 301).expect("not zero");
        let square = RegionParameter::Square.resolve(upright);
        assert_eq!(square, Ok(PixelRegion { left: 0, top: 50, width: 200, height: 200 }));
    }

    #[test]
    fn a_region_without_pixels_is_refused() {
        let size = Size::new(300, 200).expect("not zero");
        for text in [
            "0,0,0,10",
            "0,0,10,0",
            "300,0,10,10",
            "0,200,10,10",
            "99999999999,0,1,1",
            "pct:0,0,0,50",
            "pct:0,0,50,0",
            "pct:100,0,10,10",
            "pct:0,123.4,10,10",
        ] {
            let refused = RegionParameter::parse(text).expect(text).resolve(size).expect_err(text);
            assert_eq!(refused, outside(size), "{text}");
        }
    }

    #[test]
    fn any_other_text_is_refused() {
        for text in [
            "",
            "max",
            "Full",
            "square ",
            "1,2,3",
            "1,2,3,4,5",
            "1,2,3,",
            "-1,0,5,5",
            "0,0,5.5,5",
            "pct:1,2,3",
            "pct:1,2,3,-4",
            "pct:0,0,1e2,5",
            "pct:",
            "pct:nan,0,1,1",
            "percent:0,0,1,1",
            "0,0,10,10 ",
        ] {
            assert!(RegionParameter::parse(text).is_err(), "{text:?}");
        }
    }
}
