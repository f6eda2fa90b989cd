//! Where `object-fit` and `object-position` put a picture in its box, in layout pixels.
//!
//! CSS Images Level 3, section 5: the picture stands in the content box, perhaps smaller (letterbox), perhaps larger
//! (then only a part is visible).

use super::Rect;

/// CSS `object-fit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectFit {
    /// Stretched to the content box; the default.
    Fill,
    /// As large as fits, shape kept.
    Contain,
    /// As small as covers, shape kept.
    Cover,
    /// Natural size.
    None,
    /// The smaller of `none` and `contain`.
    ScaleDown,
}

impl ObjectFit {
    /// Where a picture of `natural` size is painted in `content`; what of it lies outside is not seen.
    #[must_use]
    pub fn place(self, natural: (f64, f64), position: (Offset, Offset), content: Rect) -> Rect {
        let natural = (natural.0.max(f64::MIN_POSITIVE), natural.1.max(f64::MIN_POSITIVE));
        let (across, down) = (content.width / natural.0, content.height / natural.1);
        let (x, y) = match self {
            Self::Fill => (across, down),
            Self::Contain => (across.min(down), across.min(down)),
            Self::Cover => (across.max(down), across.max(down)),
            Self::None => (1.0, 1.0),
            Self::ScaleDown => (across.min(down).min(1.0), across.min(down).min(1.0)),
        };
        let (width, height) = (natural.0 * x, natural.1 * y);
        // Also where it fills the box: a position in pixels then moves it out.
        Rect {
            left: content.left + position.0.within(content.width - width),
            top: content.top + position.1.within(content.height - height),
            width,
            height,
        }
    }

    /// Reads the computed value; what is unknown is the default.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text.trim() {
            "contain" => Self::Contain,
            "cover" => Self::Cover,
            "none" => Self::None,
            "scale-down" => Self::ScaleDown,
            _ => Self::Fill,
        }
    }
}

/// One axis of a computed `object-position`: a fraction of the free space plus a length.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Offset {
    fraction: f64,
    pixels: f64,
}

impl Offset {
    /// The middle, the default of both axes.
    pub const MIDDLE: Self = Self { fraction: 0.5, pixels: 0.0 };

    /// Reads `50%`, `12px` or `calc(100% - 12px)`, the forms that a computed value has.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let inner = text.trim().strip_prefix("calc(").and_then(|rest| rest.strip_suffix(')')).unwrap_or(text);
        if inner.trim().is_empty() {
            return None;
        }
        let mut offset = Self { fraction: 0.0, pixels: 0.0 };
        let mut sign = 1.0;
        for term in inner.split_whitespace() {
            if let Some(percent) = term.strip_suffix('%') {
                offset.fraction += sign * percent.parse::<f64>().ok()? / 100.0;
            } else if let Some(pixels) = term.strip_suffix("px") {
                offset.pixels += sign * pixels.parse::<f64>().ok()?;
            } else {
                sign = match term {
                    "+" => 1.0,
                    "-" => -1.0,
                    _ => return None,
                };
            }
        }
        Some(offset)
    }

    /// Both axes of a computed `object-position`, the middle where it cannot be read.
    #[must_use]
    pub fn parse_pair(text: &str) -> (Self, Self) {
        // A space inside calc() does not part the axes.
        let mut depth = 0;
        let split = text.trim().char_indices().find(|&(_, c)| {
            depth += i32::from(c == '(') - i32::from(c == ')');
            c == ' ' && depth == 0
        });
        let (x, y) = split.map_or((text.trim(), "50%"), |(at, _)| text.trim().split_at(at));
        (Self::parse(x).unwrap_or(Self::MIDDLE), Self::parse(y).unwrap_or(Self::MIDDLE))
    }

    fn within(self, free: f64) -> f64 {
        self.fraction * free + self.pixels
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CONTENT: Rect = Rect { left: 100.0, top: 50.0, width: 300.0, height: 200.0 };
    const MIDDLE: (Offset, Offset) = (Offset::MIDDLE, Offset::MIDDLE);

    #[test]
    fn object_fit_places_the_picture_as_browsers_do() {
        for (fit, natural, painted) in [
            (ObjectFit::Fill, (600.0, 100.0), (100.0, 50.0, 300.0, 200.0)),
            (ObjectFit::Contain, (600.0, 200.0), (100.0, 100.0, 300.0, 100.0)),
            (ObjectFit::Cover, (600.0, 200.0), (-50.0, 50.0, 600.0, 200.0)),
            (ObjectFit::None, (100.0, 100.0), (200.0, 100.0, 100.0, 100.0)),
            (ObjectFit::ScaleDown, (600.0, 400.0), (100.0, 50.0, 300.0, 200.0)),
            (ObjectFit::ScaleDown, (30.0, 20.0), (235.0, 140.0, 30.0, 20.0)),
        ] {
            let (left, top, width, height) = painted;
            let painted = Rect { left, top, width, height };
            assert_eq!(fit.place(natural, MIDDLE, CONTENT), painted, "{fit:?} {natural:?}");
        }
    }

    #[test]
    fn a_position_in_pixels_moves_also_what_fills_the_box() {
        let position = (Offset { fraction: 1.0, pixels: -12.0 }, Offset { fraction: 0.0, pixels: 7.0 });
        let painted = Rect { left: 88.0, top: 57.0, ..CONTENT };
        assert_eq!(ObjectFit::Fill.place((30.0, 30.0), position, CONTENT), painted);
    }

    #[test]
    fn every_value_of_object_fit_is_read_and_others_are_the_default() {
        for (text, expected) in [
            ("fill", ObjectFit::Fill),
            ("contain", ObjectFit::Contain),
            (" cover ", ObjectFit::Cover),
            ("none", ObjectFit::None),
            ("scale-down", ObjectFit::ScaleDown),
            ("", ObjectFit::Fill),
            ("stretch", ObjectFit::Fill),
        ] {
            assert_eq!(ObjectFit::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn object_position_is_read_in_each_computed_form() {
        for (text, expected) in [
            ("0% 100%", ((0.0, 0.0), (1.0, 0.0))),
            ("12px 50%", ((0.0, 12.0), (0.5, 0.0))),
            ("calc(100% - 12px) calc(0% + 3px)", ((1.0, -12.0), (0.0, 3.0))),
            ("nonsense 25%", ((0.5, 0.0), (0.25, 0.0))),
            ("", ((0.5, 0.0), (0.5, 0.0))),
        ] {
            let (x, y) = Offset::parse_pair(text);
            assert_eq!(((x.fraction, x.pixels), (y.fraction, y.pixels)), expected, "{text}");
        }
    }

    fn fits() -> impl Strategy<Value = ObjectFit> {
        prop::sample::select(vec![
            ObjectFit::Fill,
            ObjectFit::Contain,
            ObjectFit::Cover,
            ObjectFit::None,
            ObjectFit::ScaleDown,
        ])
    }

    proptest! {
        #[test]
        fn every_fit_but_fill_keeps_the_shape(fit in fits().prop_filter("it stretches", |fit| *fit != ObjectFit::Fill), w in 1.0..5000.0, h in 1.0..5000.0) {
            let painted = fit.place((w, h), MIDDLE, CONTENT);
            prop_assert!((painted.width / painted.height - w / h).abs() < 1e-6 * (w / h));
        }

        #[test]
        fn contain_lies_inside_and_cover_leaves_nothing_bare(w in 1.0..5000.0, h in 1.0..5000.0, px in 0.0..1.0, py in 0.0..1.0) {
            let position = (Offset { fraction: px, pixels: 0.0 }, Offset { fraction: py, pixels: 0.0 });
            let dust = 1e-6;
            let inside = |inner: Rect, outer: Rect| inner.left >= outer.left - dust && inner.right() <= outer.right() + dust
                && inner.top >= outer.top - dust && inner.bottom() <= outer.bottom() + dust;
            prop_assert!(inside(ObjectFit::Contain.place((w, h), position, CONTENT), CONTENT));
            prop_assert!(inside(CONTENT, ObjectFit::Cover.place((w, h), position, CONTENT)));
        }
    }
}
