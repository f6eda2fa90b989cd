//! The coefficients of a part, gathered from several scans, and which coefficients of the other blocks are not zero.
//!
//! A refining scan holds a bit for each coefficient that is not zero yet, so these have to be known in every block that
//! is walked past: eight bytes each, where a decoder of the whole keeps 128. Rows are added as the scans reach them.

use std::ops::Range;

use super::frame::{Component, Frame, Mcus};

/// 64 coefficients in zigzag order.
pub(super) type Block = [i16; 64];

/// One component's part.
#[derive(Debug)]
pub(super) struct Plane {
    part: PartBlocks,
    /// Blocks in a row of the picture.
    wide: usize,
    /// For each block from the top a bit for each coefficient that is not zero.
    masks: Vec<u64>,
}

/// The blocks of the part, and where they lie among the component's own.
#[derive(Debug)]
struct PartBlocks {
    columns: Range<u32>,
    rows: Range<u32>,
    blocks: Vec<Block>,
}

impl PartBlocks {
    #[inline(always)]
    fn wide(&self) -> usize {
        (self.columns.end - self.columns.start) as usize
    }

    /// The block at this place of the picture, if it is of the part.
    #[inline(always)]
    fn at(&mut self, column: u32, row: u32) -> Option<&mut Block> {
        if !self.columns.contains(&column) || !self.rows.contains(&row) {
            return None;
        }
        let wide = self.wide();
        let begin = (row - self.rows.start) as usize * wide;
        if self.blocks.len() < begin + wide {
            self.blocks.resize(begin + wide, [0; 64]);
        }
        self.blocks.get_mut(begin + (column - self.columns.start) as usize)
    }
}

impl Plane {
    pub(super) fn new(frame: &Frame, component: &Component, wanted: &Mcus) -> Self {
        Self {
            part: PartBlocks {
                columns: wanted.columns.start * component.across..wanted.columns.end * component.across,
                rows: wanted.rows.start * component.down..wanted.rows.end * component.down,
                blocks: Vec::new(),
            },
            wide: (frame.mcus_wide() * component.across) as usize,
            masks: Vec::new(),
        }
    }

    /// The first row of blocks below the part.
    pub(super) fn bottom(&self) -> u32 {
        self.part.rows.end
    }

    /// The block of the part at this place of the picture.
    #[inline(always)]
    pub(super) fn block(&mut self, column: u32, row: u32) -> Option<&mut Block> {
        self.part.at(column, row)
    }

    /// The mask of the block at this place of the picture, and the block if it is of the part.
    #[inline(always)]
    pub(super) fn masked(&mut self, column: u32, row: u32) -> (&mut u64, Option<&mut Block>) {
        let begin = row as usize * self.wide;
        if self.masks.len() < begin + self.wide {
            self.masks.resize(begin + self.wide, 0);
        }
        (&mut self.masks[begin + column as usize], self.part.at(column, row))
    }

    /// The block at this place of the part; zero where no scan reached it.
    pub(super) fn of_part(&self, column: u32, row: u32) -> &Block {
        const ZERO: &Block = &[0; 64];
        let index = row as usize * self.part.wide() + column as usize;
        self.part.blocks.get(index).unwrap_or(ZERO)
    }

    /// Gives the masks back to the machine.
    pub(super) fn forget_masks(&mut self) {
        self.masks = Vec::new();
    }
}
