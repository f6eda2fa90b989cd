//! The coefficients of a part, gathered from several scans, and which coefficients of the other blocks are not zero.
//!
//! A refining scan holds a bit for each coefficient that is not zero yet, so these have to be known in every block that
//! is walked past: eight bytes each, where a decoder of the whole keeps 128. Rows are added as the scans reach them.

use super::frame::{Component, Frame, Mcus};

/// 64 coefficients in zigzag order.
pub(super) type Block = [i16; 64];

/// One component's part.
#[derive(Debug)]
pub(super) struct Plane {
    /// The part's blocks, in the component's own.
    left: u32,
    right: u32,
    top: u32,
    bottom: u32,
    blocks: Vec<Block>,
    /// Blocks in a row of the picture.
    wide: usize,
    /// For each block from the top a bit for each coefficient that is not zero.
    masks: Vec<u64>,
}

impl Plane {
    pub(super) fn new(frame: &Frame, component: &Component, wanted: &Mcus) -> Self {
        Self {
            left: wanted.columns.start * component.across,
            right: wanted.columns.end * component.across,
            top: wanted.rows.start * component.down,
            bottom: wanted.rows.end * component.down,
            blocks: Vec::new(),
            wide: (frame.mcus_wide() * component.across) as usize,
            masks: Vec::new(),
        }
    }

    /// The first row of blocks below the part.
    pub(super) fn bottom(&self) -> u32 {
        self.bottom
    }

    /// The block of the part at this place of the picture.
    #[inline(always)]
    pub(super) fn block(&mut self, column: u32, row: u32) -> Option<&mut Block> {
        let is_inside = (self.left..self.right).contains(&column) && (self.top..self.bottom).contains(&row);
        if !is_inside {
            return None;
        }
        let wide = (self.right - self.left) as usize;
        let begin = (row - self.top) as usize * wide;
        if self.blocks.len() < begin + wide {
            self.blocks.resize(begin + wide, [0; 64]);
        }
        self.blocks.get_mut(begin + (column - self.left) as usize)
    }

    /// The mask of the block at this place of the picture, and the block if it is of the part.
    #[inline(always)]
    pub(super) fn masked(&mut self, column: u32, row: u32) -> (&mut u64, Option<&mut Block>) {
        let begin = row as usize * self.wide;
        if self.masks.len() < begin + self.wide {
            self.masks.resize(begin + self.wide, 0);
        }
        let wide = (self.right - self.left) as usize;
        let is_inside = (self.left..self.right).contains(&column) && (self.top..self.bottom).contains(&row);
        let block = if is_inside {
            let begin = (row - self.top) as usize * wide;
            if self.blocks.len() < begin + wide {
                self.blocks.resize(begin + wide, [0; 64]);
            }
            self.blocks.get_mut(begin + (column - self.left) as usize)
        } else {
            None
        };
        (&mut self.masks[begin + column as usize], block)
    }

    /// The block at this place of the part; zero where no scan reached it.
    pub(super) fn of_part(&self, column: u32, row: u32) -> &Block {
        const ZERO: &Block = &[0; 64];
        let index = row as usize * (self.right - self.left) as usize + column as usize;
        self.blocks.get(index).unwrap_or(ZERO)
    }

    /// Gives the masks back to the machine.
    pub(super) fn forget_masks(&mut self) {
        self.masks = Vec::new();
    }
}
