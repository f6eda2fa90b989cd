//! The part that was cut out, as pixels: one picture, or the frames of an animation.

use std::time::Duration;

use cutline_model::Size;
use image::DynamicImage;

use crate::CropError;

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

    /// How many pictures it is.
    pub(crate) fn frames(&self) -> usize {
        match self {
            Self::Still(_) => 1,
            Self::Moving(animation) => animation.frames.len(),
        }
    }

    /// The memory that all its pictures take.
    pub(crate) fn bytes(&self) -> u64 {
        match self {
            Self::Still(picture) => picture.as_bytes().len() as u64,
            Self::Moving(Animation { frames, .. }) => {
                frames.iter().map(|frame| frame.picture.as_bytes().len() as u64).sum()
            }
        }
    }

    /// A part of which every picture is made from one of these.
    pub(crate) fn try_made(
        &self,
        make: impl Fn(&DynamicImage) -> Result<DynamicImage, CropError>,
    ) -> Result<Self, CropError> {
        let made = |frame: &Frame| Ok(Frame { picture: make(&frame.picture)?, duration: frame.duration });
        Ok(match self {
            Self::Still(picture) => Self::Still(make(picture)?),
            Self::Moving(Animation { frames, plays }) => Self::Moving(Animation {
                frames: frames.iter().map(made).collect::<Result<_, CropError>>()?,
                plays: *plays,
            }),
        })
    }

    /// The size of each picture.
    pub(crate) fn size(&self) -> Size {
        let picture = match self {
            Self::Still(picture) => picture,
            Self::Moving(animation) => &animation.frames.first().expect("an animation has a frame").picture,
        };
        Size::new(picture.width(), picture.height()).expect("a part is never empty")
    }

    /// Changes every picture alike, as long as each change succeeds.
    pub(crate) fn try_map(
        self,
        mut change: impl FnMut(DynamicImage) -> Result<DynamicImage, CropError>,
    ) -> Result<Self, CropError> {
        Ok(match self {
            Self::Still(picture) => Self::Still(change(picture)?),
            Self::Moving(Animation { mut frames, plays }) => {
                for frame in &mut frames {
                    frame.picture = change(std::mem::take(&mut frame.picture))?;
                }
                Self::Moving(Animation { frames, plays })
            }
        })
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

/// The picture with 8 bits per channel.
pub(crate) fn to_8_bits(picture: DynamicImage) -> DynamicImage {
    match picture {
        DynamicImage::ImageLuma16(_) => DynamicImage::ImageLuma8(picture.into_luma8()),
        DynamicImage::ImageLumaA16(_) => DynamicImage::ImageLumaA8(picture.into_luma_alpha8()),
        DynamicImage::ImageRgb16(_) => DynamicImage::ImageRgb8(picture.into_rgb8()),
        DynamicImage::ImageRgba16(_) => DynamicImage::ImageRgba8(picture.into_rgba8()),
        picture => picture,
    }
}
