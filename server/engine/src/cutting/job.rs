//! What can be asked of a decoder, and its answers: plain data, since they cross to another process and back.

use cutline_crop::{
    self as crop, CropError, CropLimits, CropOptions, Cut, Format, RenditionOptions, Source, Thumbnail,
};
use cutline_model::{Region, Size};
use serde::{Deserialize, Serialize};

/// One piece of work on one picture.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Job {
    /// Cut a region out.
    Crop { region: Region, options: CropOptions },
    /// Make a part of any size, turned and toned.
    Rendition { options: RenditionOptions },
    /// Say what it is and how large.
    Measure,
    /// Make a smaller copy.
    Thumbnail { width: u32 },
}

/// What a job gives.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Answer {
    Cut(Cut),
    Measured(Format, Size),
    Thumbnail(Thumbnail),
}

impl Job {
    /// Does the work, here and now.
    pub(super) fn perform(&self, source: Source<'_>, limits: &CropLimits) -> Result<Answer, CropError> {
        match self {
            Self::Crop { region, options } => crop::crop(source, *region, options, limits).map(Answer::Cut),
            Self::Rendition { options } => crop::rendition(source, options, limits).map(Answer::Cut),
            Self::Measure => {
                crop::measure(source, limits).map(|(format, size)| Answer::Measured(format, size))
            }
            Self::Thumbnail { width } => crop::thumbnail(source, *width, limits).map(Answer::Thumbnail),
        }
    }
}

#[cfg(target_os = "linux")]
impl Answer {
    /// Where the file lies that was made; it travels beside the answer.
    pub(super) fn file(&mut self) -> Option<&mut Vec<u8>> {
        match self {
            Self::Cut(cut) => Some(&mut cut.bytes),
            Self::Measured(..) => None,
            Self::Thumbnail(thumbnail) => Some(&mut thumbnail.bytes),
        }
    }
}
