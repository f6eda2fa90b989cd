//! What the part is scaled to, section 4.2: never larger than it is without `^`, never beyond the limits.

use cutline_engine::limits::RenditionLimits;
use cutline_model::Size;

use super::number::{decimal, pixels};
use super::refusal::Refusal;

const NAME: &str = "size";
const FORMS: &str = "max, w, or ,h or w,h or !w,h in pixels, or pct:n, with ^ before it to scale up";

/// The second parameter of an image request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct SizeParameter {
    /// `^`: it may become larger than it is.
    may_grow: bool,
    form: Form,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    /// `max`: as large as allowed.
    Max,
    /// `w,`: the height follows.
    Width(u64),
    /// `,h`: the width follows.
    Height(u64),
    /// `pct:n` of both sides.
    Percent(f64),
    /// `w,h`, whatever becomes of the shape.
    Exact(u64, u64),
    /// `!w,h`: as large as fits, of the same shape.
    Within(u64, u64),
}

impl SizeParameter {
    /// Reads one of the six forms, each with or without `^`.
    pub(super) fn parse(text: &str) -> Result<Self, Refusal> {
        let (may_grow, form) = match text.strip_prefix('^') {
            Some(form) => (true, form),
            None => (false, text),
        };
        let form = Self::form(form).ok_or_else(|| Refusal::unreadable(NAME, text, FORMS))?;
        Ok(Self { may_grow, form })
    }

    fn form(text: &str) -> Option<Form> {
        if text == "max" {
            return Some(Form::Max);
        }
        if let Some(percent) = text.strip_prefix("pct:") {
            return decimal(percent).map(Form::Percent);
        }
        let (is_within, numbers) = match text.strip_prefix('!') {
            Some(numbers) => (true, numbers),
            None => (false, text),
        };
        match (is_within, numbers.split_once(',')?) {
            (false, (width, "")) => pixels(width).map(Form::Width),
            (false, ("", height)) => pixels(height).map(Form::Height),
            (false, (width, height)) => Some(Form::Exact(pixels(width)?, pixels(height)?)),
            (true, (width, height)) => Some(Form::Within(pixels(width)?, pixels(height)?)),
        }
    }

    /// The size meant for a part of `region` pixels.
    pub(super) fn resolve(self, region: Size, limits: &RenditionLimits) -> Result<Size, Refusal> {
        let (width, height) = (u64::from(region.width()), u64::from(region.height()));
        let (width, height) = match self.form {
            Form::Max => return Ok(self.fitted(region, limits, (u64::MAX, u64::MAX))),
            Form::Within(0, _) | Form::Within(_, 0) => return Err(empty()),
            Form::Within(w, h) => return Ok(self.fitted(region, limits, (w, h))),
            Form::Width(w) => (w, following(height, w, width)),
            Form::Height(h) => (following(width, h, height), h),
            Form::Exact(w, h) => (w, h),
            // Refused by the number, section 4.2: a little more may be no pixel more.
            Form::Percent(percent) if percent > 100.0 && !self.may_grow => {
                return Err(Refusal::new(
                    NAME,
                    "More than 100 percent scales up: ask for pct:100 or less, or put ^ before the size.",
                ));
            }
            Form::Percent(percent) => (share(width, percent), share(height, percent)),
        };
        if width == 0 || height == 0 {
            return Err(empty());
        }
        if !self.may_grow && (width > u64::from(region.width()) || height > u64::from(region.height())) {
            let message = format!(
                "{width}x{height} is larger than this part of the picture, which is {region}: ask for max, or put ^ before the size to scale it up."
            );
            return Err(Refusal::new(NAME, message));
        }
        let RenditionLimits { max_side, max_pixels } = *limits;
        let side = |length: u64| u32::try_from(length).ok().filter(|&length| length <= max_side);
        side(width)
            .zip(side(height))
            .and_then(|(width, height)| Size::new(width, height))
            .filter(|size| size.area() <= max_pixels)
            .ok_or_else(|| {
                Refusal::new(
                    NAME,
                    format!(
                        "{width}x{height} is more than this server makes: a side of {max_side} and {max_pixels} pixels at most. Ask for max, or for a smaller size."
                    ),
                )
            })
    }

    fn fitted(self, region: Size, limits: &RenditionLimits, (width, height): (u64, u64)) -> Size {
        let side = |length: u64| u32::try_from(length).unwrap_or(u32::MAX).min(limits.max_side);
        largest(region, (side(width), side(height)), limits.max_pixels, self.may_grow)
    }
}

/// The largest size of the shape of `region` within a box and a number of pixels, none of which is zero.
fn largest(region: Size, (most_width, most_height): (u32, u32), most_pixels: u64, may_grow: bool) -> Size {
    let (width, height) = (f64::from(region.width()), f64::from(region.height()));
    #[expect(clippy::cast_precision_loss, reason = "a limit of whole millions")]
    let by_area = (most_pixels as f64 / (width * height)).sqrt();
    let scale = (f64::from(most_width) / width).min(f64::from(most_height) / height).min(by_area);
    let scale = if may_grow { scale } else { scale.min(1.0) };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the cast keeps within its type"
    )]
    let scaled = |length: f64, most: u32| ((length * scale).round() as u32).clamp(1, most);
    let (width, height) = (scaled(width, most_width), scaled(height, most_height));
    // Rounding both up may be one row too many.
    let rows = u32::try_from(most_pixels / u64::from(width)).unwrap_or(u32::MAX).max(1);
    Size::new(width, height.min(rows)).expect("both are at least 1")
}

/// The side that belongs to `to`, where it was `side` at `from`: rounded, and at least one pixel, which is as near as
/// the shape can be kept.
fn following(side: u64, to: u64, from: u64) -> u64 {
    if to == 0 { 0 } else { (side.saturating_mul(to).saturating_add(from / 2) / from).max(1) }
}

/// `percent` of a side, rounded.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "sides are exact in f64, and the cast keeps within its type"
)]
fn share(side: u64, percent: f64) -> u64 {
    (side as f64 * percent / 100.0).round() as u64
}

/// The canonical form of `size` for a part of `region` pixels, section 4.8.
pub(super) fn canonical(size: Size, region: Size, limits: &RenditionLimits) -> String {
    let max = |may_grow| SizeParameter { may_grow, form: Form::Max }.resolve(region, limits);
    let grows = size.width() > region.width() || size.height() > region.height();
    let caret = if grows { "^" } else { "" };
    if max(grows).is_ok_and(|max| max == size) {
        format!("{caret}max")
    } else {
        format!("{caret}{},{}", size.width(), size.height())
    }
}

fn empty() -> Refusal {
    Refusal::new(NAME, "A side of this size has no pixel: ask for at least 1x1.")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: RenditionLimits = RenditionLimits { max_side: 1_200, max_pixels: 1_000_000 };

    fn size(width: u32, height: u32) -> Size {
        Size::new(width, height).expect("test sizes are not zero")
    }

    fn resolve(text: &str, region: (u32, u32)) -> Result<Size, Refusal> {
        SizeParameter::parse(text).expect(text).resolve(size(region.0, region.1), &LIMITS)
    }

    #[test]
    fn every_form_means_its_size() {
        for (text, region, expected, canonical_form) in [
            ("max", (300, 200), (300, 200), "max"),
            ("^max", (300, 200), (1200, 800), "^max"),
            ("150,", (300, 200), (150, 100), "150,100"),
            ("300,", (300, 200), (300, 200), "max"),
            ("^360,", (300, 200), (360, 240), "^360,240"),
            (",150", (300, 200), (225, 150), "225,150"),
            ("^,240", (300, 200), (360, 240), "^360,240"),
            ("pct:50", (300, 200), (150, 100), "150,100"),
            ("pct:100", (300, 200), (300, 200), "max"),
            ("pct:33.3", (300, 200), (100, 67), "100,67"),
            ("^pct:120", (300, 200), (360, 240), "^360,240"),
            ("225,100", (300, 200), (225, 100), "225,100"),
            ("^360,360", (300, 200), (360, 360), "^360,360"),
            ("^100,360", (300, 200), (100, 360), "^100,360"),
            ("^150,100", (300, 200), (150, 100), "150,100"),
            ("!225,100", (300, 200), (150, 100), "150,100"),
            ("^!360,360", (300, 200), (360, 240), "^360,240"),
            // As large as possible, but not larger than the part.
            ("!2000,3000", (300, 200), (300, 200), "max"),
            ("^!2000,3000", (300, 200), (1200, 800), "^max"),
            // Limits: a side of 1,200, a million pixels.
            ("max", (2400, 600), (1200, 300), "max"),
            ("max", (2000, 2000), (1000, 1000), "max"),
            ("^max", (10, 10), (1000, 1000), "^max"),
            ("!1100,1100", (2000, 2000), (1000, 1000), "max"),
            ("1000,", (2000, 2000), (1000, 1000), "max"),
            ("500,", (2000, 2000), (500, 500), "500,500"),
            // A side that would vanish keeps one pixel.
            ("40,", (900, 3), (40, 1), "40,1"),
            ("!1,1", (900, 3), (1, 1), "1,1"),
        ] {
            let found = resolve(text, region).unwrap_or_else(|error| panic!("{text}: {error:?}"));
            assert_eq!(found, size(expected.0, expected.1), "{text} of {region:?}");
            let form = canonical(found, size(region.0, region.1), &LIMITS);
            assert_eq!(form, canonical_form, "{text} of {region:?}");
            assert_eq!(resolve(&form, region), Ok(found), "{form} means the same as {text}");
        }
    }

    #[test]
    fn too_large_too_small_and_larger_than_the_part_are_refused() {
        for text in [
            "301,",
            ",201",
            "pct:100.5",
            "pct:100.0001",
            "301,10",
            "10,201",
            "0,",
            ",0",
            "0,10",
            "!0,10",
            "!10,0",
            "pct:0",
            "pct:0.01",
            "^pct:0",
            "^1201,",
            "^,1201",
            "^1100,1100",
            "^pct:1000",
            "^99999999999999999999999,",
            "^pct:99999999999999999999",
        ] {
            assert!(resolve(text, (300, 200)).is_err(), "{text}");
        }
        assert!(resolve("1001,1001", (2000, 2000)).is_err(), "within the part, beyond the limits");
    }

    #[test]
    fn any_other_text_is_refused() {
        for text in [
            "", "full", "Max", ",", "!,", "!10,", "!,10", "^", "^^max", "^full", "!max", "!^10,10", "10",
            "10,10,10", "-1,", "1.5,", "pct:", "pct:-5", "pct:1e1", "pct:50,", "!pct:50", "w,h", " max",
        ] {
            assert!(SizeParameter::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_largest_size_is_within_every_limit() {
        let sides = [1, 2, 3, 7, 100, 999, 1000, 1001, 1199, 1200, 1201, 5000, 65_535, 4_000_000];
        for (width, height) in sides.into_iter().flat_map(|width| sides.map(|height| (width, height))) {
            for may_grow in [false, true] {
                let found = largest(size(width, height), (1200, 1200), 1_000_000, may_grow);
                assert!(found.width() <= 1200 && found.height() <= 1200, "{width}x{height}: {found}");
                assert!(found.area() <= 1_000_000, "{width}x{height}: {found}");
                assert!(
                    may_grow || found.width() <= width && found.height() <= height,
                    "{width}x{height}: {found}"
                );
            }
        }
    }
}
