//! What a platform takes: of pictures and of words.
//!
//! Read from the platform's server where that tells it; otherwise what its documentation says, with the day on which that
//! was read (the table of platforms).

use cutline_crop::{AspectRange, Fit, Format};
use cutline_model::TargetLimits;
use cutline_text::{Rule, Unit};

/// One account's limits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// The post's text.
    pub text: Rule,
    /// The alt text; nothing where the platform has no field for it, and it stands in the text.
    pub alt: Option<Rule>,
    /// The picture.
    pub picture: PictureLimits,
}

impl Limits {
    /// What of them is told to visitors before they send.
    #[must_use]
    pub fn told(&self) -> TargetLimits {
        let PictureLimits { max_pixels, max_side, .. } = self.picture;
        TargetLimits { text: self.text, alt: self.alt, max_pixels, max_side }
    }

    /// None at all.
    pub(super) const NONE: Self = Self {
        text: Rule::new(Unit::Characters, usize::MAX),
        alt: Some(Rule::new(Unit::Characters, usize::MAX)),
        picture: PictureLimits {
            formats: &[],
            max_bytes: None,
            max_pixels: None,
            max_side: None,
            aspect: None,
        },
    };
}

/// What a picture must not exceed; by default nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PictureLimits {
    /// The formats that are taken; empty is any.
    pub formats: &'static [Format],
    /// Largest file, in bytes.
    pub max_bytes: Option<u64>,
    /// Most pixels, columns times rows.
    pub max_pixels: Option<u64>,
    /// Longest side, in pixels.
    pub max_side: Option<u32>,
    /// The narrowest and the widest shape, width divided by height.
    pub aspect: Option<(f64, f64)>,
}

impl PictureLimits {
    /// The same, as the crop engine takes it.
    #[must_use]
    pub fn fit(&self) -> Fit {
        Fit {
            formats: self.formats.to_vec(),
            max_bytes: self.max_bytes,
            max_pixels: self.max_pixels,
            max_side: self.max_side,
            // Who shows movement takes GIF.
            is_still: !self.formats.is_empty() && !self.formats.contains(&Format::Gif),
            aspect: self.aspect.and_then(|(narrowest, widest)| AspectRange::new(narrowest, widest).ok()),
        }
    }
}
