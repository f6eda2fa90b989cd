//! Why nothing fits.

use cutline_model::Size;
use serde::{Deserialize, Serialize};

use super::AspectRange;
use crate::Format;

/// The limit that no part of this region keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Misfit {
    /// The smallest file that was made is still too large.
    #[error(
        "its smallest file that was made has {smallest} bytes, at most {limit} are taken: choose a smaller part"
    )]
    Bytes {
        /// How large that was.
        smallest: u64,
        /// Most bytes taken.
        limit: u64,
    },
    /// The part has a shape that is not taken, and the picture ends before it can be widened to one that is.
    #[error(
        "its {size} pixels are of no shape that is taken, which is {range}: choose a part of such a shape"
    )]
    Aspect {
        /// What was asked for.
        size: Size,
        /// The shapes that are taken.
        range: AspectRange,
    },
    /// No format that is taken can hold the part.
    #[error("none of the formats that are taken can hold it{}: choose another target", taken(.formats))]
    Formats {
        /// Those that are taken.
        formats: Vec<Format>,
    },
    /// The format that was asked for is none of those that are taken.
    #[error("{asked} was asked for, and is not taken{}: ask for a format that is", taken(.formats))]
    Asked {
        /// What was asked for.
        asked: Format,
        /// Those that are taken.
        formats: Vec<Format>,
    },
    /// A lossless part is as large as it is.
    #[error(
        "its {size} pixels cannot be made fewer without loss: choose a smaller part, or ask neither for lossless nor for GIF"
    )]
    Lossless {
        /// Its size.
        size: Size,
    },
    /// A limit of no bytes or no pixels.
    #[error("nothing fits limits of zero: give limits above it")]
    Nothing,
}

fn taken(formats: &[Format]) -> String {
    let names: Vec<String> = formats.iter().map(Format::to_string).collect();
    format!(" ({})", names.join(", "))
}
