//! What was done to a part beyond cutting it, for those who look after it and for the visitor.

use cutline_model::{PixelRegion, Size};
use serde::{Deserialize, Serialize};

use crate::Format;

/// Something about the part that is not as it was asked for, or not as it was in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// More was cut than was asked for: a lossless cut begins where a JPEG's blocks do, and a target takes certain
    /// shapes only.
    Widened {
        /// What was asked for, in pixels of the whole picture as displayed.
        from: PixelRegion,
        /// What was cut.
        to: PixelRegion,
    },
    /// The target does not take the format that would have been written.
    FormatChanged {
        /// What would have been written.
        from: Format,
        /// What was.
        to: Format,
    },
    /// Only the first picture of an animation is there.
    FirstFrameOnly,
    /// White was put behind transparent pixels, since no format that is taken holds them.
    OnWhite,
    /// A quality below the one asked for.
    Recompressed {
        /// The quality, 1..=100.
        quality: u8,
    },
    /// Fewer pixels than the region has.
    Scaled {
        /// The region's size.
        from: Size,
        /// The part's size.
        to: Size,
    },
    /// A lossless cut keeps whole blocks: the file holds more of the source than it shows, beyond two edges, and programs
    /// can bring it to light.
    HiddenKept {
        /// Columns of pixels at most, as displayed.
        columns: u32,
        /// Rows at most.
        rows: u32,
    },
    /// The part is stored turned, with a tag that says how to display it: it could not be turned without loss.
    TurnedByTag,
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Widened { from, to } => write!(f, "widened from {} to {} pixels", from.size(), to.size()),
            Self::FormatChanged { from, to } => write!(f, "written as {to} instead of {from}"),
            Self::OnWhite => f.write_str("put on white, as it has transparent pixels"),
            Self::FirstFrameOnly => f.write_str("the first frame only, not moving"),
            Self::Recompressed { quality } => write!(f, "compressed at quality {quality}"),
            Self::Scaled { from, to } => write!(f, "scaled from {from} to {to} pixels"),
            Self::HiddenKept { columns, rows } => write!(
                f,
                "the file also holds, hidden, {columns} columns and {rows} rows of pixels beyond what it shows: leave \
                 lossless away to be rid of them"
            ),
            Self::TurnedByTag => f.write_str("stored turned, to be displayed upright by its orientation tag"),
        }
    }
}
