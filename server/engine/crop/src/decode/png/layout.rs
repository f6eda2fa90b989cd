//! How a picture's samples lie in its rows: what IHDR says, and the passes of an interlaced picture.
//!
//! Sources: PNG, third edition, sections 7.2, 8 and 11.2.1.

use std::ops::Range;

use cutline_model::{PixelRegion, Size};

use super::broken;
use crate::CropError;

/// What a pixel is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Colour {
    Grey,
    Rgb,
    Palette,
    GreyAlpha,
    Rgba,
}

/// What IHDR says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    pub(super) size: Size,
    /// Bits per sample: 1, 2, 4, 8 or 16.
    pub(super) depth: u8,
    pub(super) colour: Colour,
    pub(super) is_interlaced: bool,
}

/// One pass over the picture: the pixels at every `step` from `start`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pass {
    pub(super) columns: Steps,
    pub(super) rows: Steps,
}

/// Every `step`th column or row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Steps {
    start: u32,
    step: u32,
}

/// A picture that is not interlaced.
const WHOLE: [Pass; 1] = [pass(0, 1, 0, 1)];
/// Adam7 (section 8.2).
const ADAM7: [Pass; 7] = [
    pass(0, 8, 0, 8),
    pass(4, 8, 0, 8),
    pass(0, 4, 4, 8),
    pass(2, 4, 0, 4),
    pass(0, 2, 2, 4),
    pass(1, 2, 0, 2),
    pass(0, 1, 1, 2),
];

const fn pass(left: u32, right_step: u32, top: u32, down_step: u32) -> Pass {
    Pass { columns: Steps { start: left, step: right_step }, rows: Steps { start: top, step: down_step } }
}

impl Layout {
    /// Reads an IHDR chunk's payload.
    pub(super) fn read(payload: [u8; 13]) -> Result<Self, CropError> {
        let [w3, w2, w1, w0, h3, h2, h1, h0, depth, colour, compression, filter, interlace] = payload;
        let (width, height) = (u32::from_be_bytes([w3, w2, w1, w0]), u32::from_be_bytes([h3, h2, h1, h0]));
        let colour = match (colour, depth) {
            (0, 1 | 2 | 4 | 8 | 16) => Colour::Grey,
            (2, 8 | 16) => Colour::Rgb,
            (3, 1 | 2 | 4 | 8) => Colour::Palette,
            (4, 8 | 16) => Colour::GreyAlpha,
            (6, 8 | 16) => Colour::Rgba,
            _ => return Err(broken("its kind of colour does not exist")),
        };
        if (compression, filter) != (0, 0) || interlace > 1 {
            return Err(broken("its compression, filter or interlacing is of no known kind"));
        }
        let size = Size::new(width, height).ok_or_else(|| broken("a side is 0 pixels long"))?;
        Ok(Self { size, depth, colour, is_interlaced: interlace == 1 })
    }

    /// The passes in their order in the file.
    pub(super) fn passes(&self) -> &'static [Pass] {
        if self.is_interlaced { &ADAM7 } else { &WHOLE }
    }

    /// Bits of one pixel in the file.
    fn bits_per_pixel(&self) -> u64 {
        let samples = match self.colour {
            Colour::Grey | Colour::Palette => 1,
            Colour::GreyAlpha => 2,
            Colour::Rgb => 3,
            Colour::Rgba => 4,
        };
        samples * u64::from(self.depth)
    }

    /// How far left of a byte the one lies that filters look at (section 9.2).
    pub(super) fn filter_distance(&self) -> usize {
        self.bits_per_pixel().div_ceil(8) as usize
    }

    /// Bytes that hold the first `pixels` of a row, without its filter.
    pub(super) fn row_bytes(&self, pixels: u32) -> u64 {
        (u64::from(pixels) * self.bits_per_pixel()).div_ceil(8)
    }
}

impl Pass {
    /// Which of the pass's columns and rows lie in `region`.
    pub(super) fn inside(&self, region: PixelRegion) -> (Range<u32>, Range<u32>) {
        let PixelRegion { left, top, width, height } = region;
        let columns = self.columns.below(left)..self.columns.below(left + width);
        let rows = self.rows.below(top)..self.rows.below(top + height);
        (columns, rows)
    }
}

impl Steps {
    /// How many of them lie before the `end`th column or row.
    pub(super) fn below(&self, end: u32) -> u32 {
        end.saturating_sub(self.start).div_ceil(self.step)
    }

    /// The column or row of the picture that is the `index`th of the pass.
    pub(super) fn position(&self, index: u32) -> u32 {
        self.start + index * self.step
    }

    /// How many columns or rows of the picture there are to the next one of the pass.
    pub(super) fn step(&self) -> u32 {
        self.step
    }
}
