//! Where `object-fit` and `object-position` put a picture in its box, in layout pixels.
//!
//! CSS Images Level 3, section 5: the picture stands in the content box, perhaps smaller (letterbox), perhaps larger
//! (then only a part is visible).

use cutline_model::decimal;

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
                offset.fraction += sign * decimal(percent)? / 100.0;
            } else if let Some(pixels) = term.strip_suffix("px") {
                offset.pixels += sign * decimal(pixels)?;
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
mod tests;
