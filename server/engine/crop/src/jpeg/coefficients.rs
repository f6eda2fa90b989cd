//! The coefficients of a part, gathered from several scans, and which coefficients of the other blocks are not zero.
//!
//! A refining scan holds a bit for each coefficient that is not zero yet, so these have to be known in every block that
//! is walked past: eight bytes each, where a decoder of the whole keeps 128. Rows are added as the scans reach them, each of its own:
//! one list that grows would be there twice, and twice as long as it need be.

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
    /// For each row of blocks from the top, and each block in it, a bit for each coefficient that is not zero.
    masks: Vec<Vec<u64>>,
}

/// The blocks of the part, and where they lie among the component's own.
#[derive(Debug)]
struct PartBlocks {
    columns: Range<u32>,
    rows: Range<u32>,
    whole: Whole,
    /// By rows, those that are kept whole.
    blocks: Vec<Vec<Block>>,
    /// By rows, the first coefficients of the others.
    dcs: Vec<Vec<i16>>,
}

/// Which blocks of a part are kept whole: those from this column on, and those from this row on. Of the others the first
/// coefficient is, all that an eighth of a picture is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Whole {
    pub(super) from_column: u32,
    pub(super) from_row: u32,
}

impl Whole {
    pub(super) const ALL: Self = Self { from_column: 0, from_row: 0 };
}

impl PartBlocks {
    /// Column and row in the part of what is at this place of the picture, if it is of the part.
    #[inline(always)]
    fn place(&self, column: u32, row: u32) -> Option<(u32, u32)> {
        let is_inside = self.columns.contains(&column) && self.rows.contains(&row);
        is_inside.then(|| (column - self.columns.start, row - self.rows.start))
    }

    fn wide(&self) -> u32 {
        self.columns.end - self.columns.start
    }

    fn high(&self) -> u32 {
        self.rows.end - self.rows.start
    }

    /// The first column of those that are kept whole in a row of the part.
    #[inline(always)]
    fn first_whole(&self, row: u32) -> u32 {
        if row >= self.whole.from_row { 0 } else { self.whole.from_column.min(self.wide()) }
    }

    /// The block at this place of the picture, if it is of the part and kept whole.
    #[inline(always)]
    fn block(&mut self, column: u32, row: u32) -> Option<&mut Block> {
        let (column, row) = self.place(column, row)?;
        let column = column.checked_sub(self.first_whole(row))?;
        while self.blocks.len() <= row as usize {
            let count = self.wide() - self.first_whole(self.blocks.len() as u32);
            self.blocks.push(vec![[0; 64]; count as usize]);
        }
        self.blocks[row as usize].get_mut(column as usize)
    }

    /// Its first coefficient, if it is of the part.
    #[inline(always)]
    fn dc(&mut self, column: u32, row: u32) -> Option<&mut i16> {
        let (in_part, row_in_part) = self.place(column, row)?;
        if in_part >= self.first_whole(row_in_part) {
            return self.block(column, row).map(|block| &mut block[0]);
        }
        while self.dcs.len() <= row_in_part as usize {
            let count = self.first_whole(self.dcs.len() as u32);
            self.dcs.push(vec![0; count as usize]);
        }
        self.dcs[row_in_part as usize].get_mut(in_part as usize)
    }

    /// How many blocks are kept whole, and of how many the first coefficient.
    fn counts(&self) -> (u64, u64) {
        let bounded = |from: u32, most: u32| u64::from(from.min(most));
        let dcs = bounded(self.whole.from_column, self.wide()) * bounded(self.whole.from_row, self.high());
        (u64::from(self.wide()) * u64::from(self.high()) - dcs, dcs)
    }
}

impl Plane {
    /// For the blocks of `wanted`.
    pub(super) fn new(frame: &Frame, component: &Component, wanted: &Mcus, whole: Whole) -> Self {
        Self {
            part: PartBlocks {
                columns: wanted.columns.start * component.across..wanted.columns.end * component.across,
                rows: wanted.rows.start * component.down..wanted.rows.end * component.down,
                whole,
                blocks: Vec::new(),
                dcs: Vec::new(),
            },
            wide: (frame.mcus_wide() * component.across) as usize,
            masks: Vec::new(),
        }
    }

    /// The first row of blocks below the part.
    pub(super) fn bottom(&self) -> u32 {
        self.part.rows.end
    }

    /// Bytes that it takes when every scan is read.
    pub(super) fn bytes(&self, frame: &Frame) -> u64 {
        let (blocks, dcs) = self.part.counts();
        // Those of the blocks above and beside too, of what is read.
        let has_masks = frame.is_progressive() && !self.is_dc_only();
        let masks = if has_masks { self.wide as u64 * u64::from(self.part.rows.end) } else { 0 };
        blocks * size_of::<Block>() as u64 + dcs * size_of::<i16>() as u64 + masks * size_of::<u64>() as u64
    }

    /// Whether nothing but first coefficients is kept.
    pub(super) fn is_dc_only(&self) -> bool {
        self.part.counts().0 == 0
    }

    /// The block of the part at this place of the picture, if it is kept whole.
    #[inline(always)]
    pub(super) fn block(&mut self, column: u32, row: u32) -> Option<&mut Block> {
        self.part.block(column, row)
    }

    /// The first coefficient of the block of the part at this place of the picture.
    #[inline(always)]
    pub(super) fn dc(&mut self, column: u32, row: u32) -> Option<&mut i16> {
        self.part.dc(column, row)
    }

    /// The mask of the block at this place of the picture, and the block if it is of the part.
    #[inline(always)]
    pub(super) fn masked(&mut self, column: u32, row: u32) -> (&mut u64, Option<&mut Block>) {
        while self.masks.len() <= row as usize {
            self.masks.push(vec![0; self.wide]);
        }
        (&mut self.masks[row as usize][column as usize], self.part.block(column, row))
    }

    /// The block at this place of the part; zero where no scan reached it and where nothing is kept.
    pub(super) fn of_part(&self, column: u32, row: u32) -> Block {
        let at = |first: u32| (column - first) as usize;
        let first = self.part.first_whole(row);
        let mut block = [0; 64];
        if column >= first {
            let kept = self.part.blocks.get(row as usize).and_then(|blocks| blocks.get(at(first)));
            kept.copied().unwrap_or(block)
        } else {
            let kept = self.part.dcs.get(row as usize).and_then(|dcs| dcs.get(at(0)));
            block[0] = kept.copied().unwrap_or(0);
            block
        }
    }

    /// Gives the masks back to the machine.
    pub(super) fn forget_masks(&mut self) {
        self.masks = Vec::new();
    }
}
