//! The shapes that a target takes: width to height, from the narrowest to the widest.

use serde::{Deserialize, Serialize};

/// Width divided by height, from the narrowest to the widest shape taken; both are above zero.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "(f64, f64)", into = "(f64, f64)")]
pub struct AspectRange {
    narrowest: f64,
    widest: f64,
}

// Neither is NaN.
impl Eq for AspectRange {}

/// Two numbers, or a text, that are no range of shapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a range of shapes is written width:height..width:height, the narrower first, for example 4:5..1.91:1"
)]
pub struct BadAspect;

impl AspectRange {
    /// The range from `narrowest` to `widest`, each a width divided by a height, 0.001 to 1000.
    pub fn new(narrowest: f64, widest: f64) -> Result<Self, BadAspect> {
        let is_shape = |aspect: f64| (0.001..=1000.0).contains(&aspect);
        let is_range = is_shape(narrowest) && is_shape(widest) && narrowest <= widest;
        if is_range { Ok(Self { narrowest, widest }) } else { Err(BadAspect) }
    }

    /// Reads `4:5..1.91:1`, or `1:1` for one shape only.
    pub fn parse(text: &str) -> Result<Self, BadAspect> {
        let (narrowest, widest) = text.split_once("..").unwrap_or((text, text));
        Self::new(shape(narrowest)?, shape(widest)?)
    }

    /// The narrowest shape taken, width divided by height.
    #[must_use]
    pub fn narrowest(self) -> f64 {
        self.narrowest
    }

    /// The widest shape taken, width divided by height.
    #[must_use]
    pub fn widest(self) -> f64 {
        self.widest
    }
}

fn shape(text: &str) -> Result<f64, BadAspect> {
    let (width, height) = text.trim().split_once(':').ok_or(BadAspect)?;
    let number = |text: &str| text.trim().parse::<f64>().map_err(|_| BadAspect);
    Ok(number(width)? / number(height)?)
}

impl TryFrom<(f64, f64)> for AspectRange {
    type Error = BadAspect;

    fn try_from((narrowest, widest): (f64, f64)) -> Result<Self, BadAspect> {
        Self::new(narrowest, widest)
    }
}

impl From<AspectRange> for (f64, f64) {
    fn from(range: AspectRange) -> Self {
        (range.narrowest, range.widest)
    }
}

impl std::fmt::Display for AspectRange {
    /// Width for a height of one, to two places: `0.8:1 to 1.91:1`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = |aspect: f64| {
            let text = format!("{aspect:.2}");
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        };
        write!(f, "{}:1", text(self.narrowest))?;
        if self.narrowest < self.widest { write!(f, " to {}:1", text(self.widest)) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_single_shapes_are_read_and_said() {
        for (text, said) in [
            ("4:5..1.91:1", "0.8:1 to 1.91:1"),
            (" 1:1 .. 16:9 ", "1:1 to 1.78:1"),
            ("1:1", "1:1"),
            ("2:3", "0.67:1"),
        ] {
            assert_eq!(AspectRange::parse(text).expect(text).to_string(), said, "{text}");
        }
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for text in
            ["", "1", "16:9..4:5", "0:1", "1:0", "-1:1", "a:b", "NaN:1", "inf:1", "1:1..", "1:1..2:1..3:1"]
        {
            assert_eq!(AspectRange::parse(text), Err(BadAspect), "{text}");
        }
        assert!(serde_json::from_str::<AspectRange>("[2.0,1.0]").is_err());
        let range = AspectRange::parse("4:5..2:1").expect("a range");
        let text = serde_json::to_string(&range).expect("plain data");
        assert_eq!(serde_json::from_str(&text).ok(), Some(range));
    }
}
