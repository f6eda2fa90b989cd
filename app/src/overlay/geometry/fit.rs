//! Where `object-fit`, `object-position` and `object-view-box` put a picture in its box, in layout pixels.
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

    /// The first edge.
    const ZERO: Self = Self { fraction: 0.0, pixels: 0.0 };

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
        let mut axes = terms(text);
        let mut axis = || axes.next().and_then(Self::parse).unwrap_or(Self::MIDDLE);
        (axis(), axis())
    }

    fn within(self, free: f64) -> f64 {
        self.fraction * free + self.pixels
    }
}

/// What of `text` stands between spaces, but for those inside calc().
fn terms(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0;
    let parts = text.split(move |c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        c == ' ' && depth == 0
    });
    parts.filter(|part| !part.is_empty())
}

/// CSS `object-view-box` (CSS Images Level 5): which part of the picture is fitted in place of the whole, by how far it is in from
/// each side. What of the rest the box has room for is seen beside it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ViewBox {
    top: Offset,
    right: Offset,
    bottom: Offset,
    left: Offset,
}

impl ViewBox {
    /// All of the picture, the default.
    pub const WHOLE: Self =
        Self { top: Offset::ZERO, right: Offset::ZERO, bottom: Offset::ZERO, left: Offset::ZERO };

    /// Reads the computed value, which is `none` or `inset()` with one to four sides; none for what cannot be read. Browsers
    /// that do not know it have no value.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if matches!(text, "" | "none") {
            return Some(Self::WHOLE);
        }
        let inner = text.strip_prefix("inset(")?.strip_suffix(')')?;
        // Rounded corners do not count here.
        let sides = terms(inner).take_while(|term| *term != "round").map(Offset::parse);
        let sides = sides.collect::<Option<Vec<_>>>()?;
        let top = *sides.first()?;
        let right = sides.get(1).copied().unwrap_or(top);
        let bottom = sides.get(2).copied().unwrap_or(top);
        let left = sides.get(3).copied().unwrap_or(right);
        Some(Self { top, right, bottom, left })
    }

    /// The part of a picture of `natural` size, in its pixels; none where it is empty.
    #[must_use]
    pub fn on(self, (width, height): (f64, f64)) -> Option<Rect> {
        let (left, top) = (self.left.within(width), self.top.within(height));
        let part = Rect {
            left,
            top,
            width: width - left - self.right.within(width),
            height: height - top - self.bottom.within(height),
        };
        (part.width > 0.0 && part.height > 0.0).then_some(part)
    }

    /// Where the whole picture of `natural` size is painted, when `part` of it is at `placed`.
    #[must_use]
    pub fn whole(natural: (f64, f64), part: Rect, placed: Rect) -> Rect {
        let (x, y) = (placed.width / part.width, placed.height / part.height);
        let whole = Rect { left: -part.left, top: -part.top, width: natural.0, height: natural.1 };
        whole.scaled_by(x, y).moved_by(placed.left, placed.top)
    }
}

#[cfg(test)]
mod tests;
