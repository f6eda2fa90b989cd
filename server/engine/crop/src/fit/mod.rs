//! Making a part fit the limits of whoever takes it, with the least harm.

mod aspect;
mod change;

use serde::{Deserialize, Serialize};

pub use self::aspect::{AspectRange, BadAspect};
pub use self::change::Change;
use crate::Format;

/// What a part must not exceed; by default nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    /// The formats that are taken, in any order; empty is any.
    pub formats: Vec<Format>,
    /// Largest file, in bytes.
    pub max_bytes: Option<u64>,
    /// Most pixels, columns times rows.
    pub max_pixels: Option<u64>,
    /// Longest side, in pixels.
    pub max_side: Option<u32>,
    /// The shapes that are taken.
    pub aspect: Option<AspectRange>,
}
