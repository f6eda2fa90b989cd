//! The part that was cut out, as pixels: one picture, or the frames of an animation.

use std::time::Duration;

use image::DynamicImage;

/// The part's pixels.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    /// One picture.
    Still(DynamicImage),
    /// Several, one after the other.
    Moving(Animation),
}

/// Pictures of one size, shown one after the other; each is complete, nothing of the one before shines through.
#[derive(Clone, Debug)]
pub(crate) struct Animation {
    /// At least one.
    pub(crate) frames: Vec<Frame>,
    /// How often all of them are shown; 0 is for ever.
    pub(crate) plays: u32,
}

/// One picture of an animation.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    /// What is seen.
    pub(crate) picture: DynamicImage,
    /// For how long.
    pub(crate) duration: Duration,
}

impl Part {
    /// The one picture, or the first of several.
    pub(crate) fn into_first(self) -> DynamicImage {
        match self {
            Self::Still(picture) => picture,
            Self::Moving(animation) => {
                animation.frames.into_iter().next().expect("an animation has a frame").picture
            }
        }
    }

    /// Changes every picture alike.
    pub(crate) fn map(self, mut change: impl FnMut(DynamicImage) -> DynamicImage) -> Self {
        match self {
            Self::Still(picture) => Self::Still(change(picture)),
            Self::Moving(Animation { frames, plays }) => {
                let frames = frames
                    .into_iter()
                    .map(|Frame { picture, duration }| Frame { picture: change(picture), duration })
                    .collect();
                Self::Moving(Animation { frames, plays })
            }
        }
    }
}
