//! The geometry of a JPEG: its components, their blocks of 8x8 samples, and the MCUs that a cut takes.
//!
//! An MCU is the smallest rectangle that all components share: 16x16 pixels for 4:2:0. A scan of one component has its
//! own, of one block each, and leaves out the blocks that only pad (T.81 A.2).

use std::ops::Range;

use cutline_model::PixelRegion;

use super::broken;
use super::coefficients::Whole;
use crate::CropError;

/// One of the picture's components, for example its luminance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Component {
    pub(super) id: u8,
    /// Blocks in an MCU, along and down.
    pub(super) across: u32,
    pub(super) down: u32,
    /// Which of the four quantisation tables.
    pub(super) table: u8,
    /// Blocks that hold samples of the picture, along and down.
    pub(super) blocks_wide: u32,
    pub(super) blocks_high: u32,
}

/// The frame header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) marker: u8,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) components: Vec<Component>,
    /// An MCU's size in pixels.
    pub(super) mcu_width: u32,
    pub(super) mcu_height: u32,
}

/// Some of the picture's MCUs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mcus {
    pub(super) columns: Range<u32>,
    pub(super) rows: Range<u32>,
}

impl Mcus {
    /// How many they are.
    pub(super) fn count(&self) -> u64 {
        let count = |range: &Range<u32>| u64::from(range.end - range.start);
        count(&self.columns) * count(&self.rows)
    }
}

impl Frame {
    /// Reads a frame header's payload.
    pub(super) fn read(marker: u8, payload: &[u8]) -> Result<Self, CropError> {
        let &[8, h1, h0, w1, w0, count, ref entries @ ..] = payload else {
            return Err(broken("its frame header is not one of 8 bits"));
        };
        if !matches!(marker, 0xc0..=0xc2) || !matches!(count, 1 | 3 | 4) {
            return Err(broken("its frame header is of no known kind"));
        }
        if entries.len() != usize::from(count) * 3 {
            return Err(broken("its frame header has a wrong length"));
        }
        let component = |entry: &[u8]| Component {
            id: entry[0],
            across: u32::from(entry[1] >> 4),
            down: u32::from(entry[1] & 15),
            table: entry[2],
            blocks_wide: 0,
            blocks_high: 0,
        };
        let mut components: Vec<Component> = entries.chunks_exact(3).map(component).collect();
        for (index, &Component { id, across, down, table, .. }) in components.iter().enumerate() {
            if !(1..=4).contains(&across) || !(1..=4).contains(&down) || table > 3 {
                return Err(broken("a component's sampling or table is out of range"));
            }
            if components[..index].iter().any(|other| other.id == id) {
                return Err(broken("two components have the same name"));
            }
        }
        // What a single component says of its sampling has no meaning: its blocks lie row by row.
        if let [only] = &mut components[..] {
            (only.across, only.down) = (1, 1);
        }
        let width = u32::from(u16::from_be_bytes([w1, w0]));
        let height = u32::from(u16::from_be_bytes([h1, h0]));
        Self::new(marker, width, height, components)
    }

    fn new(marker: u8, width: u32, height: u32, mut components: Vec<Component>) -> Result<Self, CropError> {
        if width == 0 || height == 0 {
            return Err(broken("a side is 0 pixels long"));
        }
        let most_across = components.iter().map(|component| component.across).max().unwrap_or(1);
        let most_down = components.iter().map(|component| component.down).max().unwrap_or(1);
        for component in &mut components {
            component.blocks_wide = (width * component.across).div_ceil(most_across).div_ceil(8);
            component.blocks_high = (height * component.down).div_ceil(most_down).div_ceil(8);
        }
        let (mcu_width, mcu_height) = (8 * most_across, 8 * most_down);
        Ok(Self { marker, width, height, components, mcu_width, mcu_height })
    }

    pub(super) fn is_progressive(&self) -> bool {
        self.marker == 0xc2
    }

    pub(super) fn mcus_wide(&self) -> u32 {
        self.width.div_ceil(self.mcu_width)
    }

    pub(super) fn mcus_high(&self) -> u32 {
        self.height.div_ceil(self.mcu_height)
    }

    /// How much more one axis of a component is reduced than the other: 2 for 4:2:2. Decoded at a fraction of the size, a
    /// component cannot make up for what it lacks along one axis alone, and would be coarser than the others.
    pub(super) fn unevenness(&self) -> u32 {
        let uneven = |component: &Component| {
            let (across, down) =
                (self.mcu_width / 8 * component.down, self.mcu_height / 8 * component.across);
            across.max(down).div_ceil(across.min(down).max(1))
        };
        self.components.iter().map(uneven).max().unwrap_or(1).next_power_of_two()
    }

    /// The MCUs in which `region` lies, and `margin` more on each side where there are some.
    pub(super) fn mcus(&self, region: PixelRegion, margin: u32) -> Mcus {
        let span = |begin: u32, length: u32, size: u32, count: u32| {
            let end = (begin + length).div_ceil(size) + margin;
            (begin / size).saturating_sub(margin)..end.min(count)
        };
        Mcus {
            columns: span(region.left, region.width, self.mcu_width, self.mcus_wide()),
            rows: span(region.top, region.height, self.mcu_height, self.mcus_high()),
        }
    }

    /// The pixels of `mcus`, the picture's right and bottom edge respected.
    pub(super) fn pixels(&self, mcus: &Mcus) -> PixelRegion {
        let (left, top) = (mcus.columns.start * self.mcu_width, mcus.rows.start * self.mcu_height);
        let right = (mcus.columns.end * self.mcu_width).min(self.width);
        let bottom = (mcus.rows.end * self.mcu_height).min(self.height);
        PixelRegion { left, top, width: right - left, height: bottom - top }
    }

    /// The frame of a part of `width` by `height` pixels that begins at an MCU; it is not progressive.
    pub(super) fn of_part(&self, width: u32, height: u32) -> Result<Self, CropError> {
        let marker = self.marker.min(0xc1);
        Self::new(marker, width, height, self.components.clone())
    }

    /// The same, progressive.
    pub(super) fn progressive(self) -> Self {
        Self { marker: 0xc2, ..self }
    }

    /// Blocks in `mcus`, of all components.
    pub(super) fn blocks(&self, mcus: &Mcus) -> u64 {
        mcus.count() * self.blocks_per_mcu()
    }

    /// Which blocks of this component are looked at as a whole where all of the picture is made small, of `one_in` pixels along each
    /// side one. At an eighth it is the first coefficients of the others: but for a component that has fewer samples and is reduced
    /// less for that (libjpeg-turbo, `jpeg_calc_output_dimensions`), and at an edge of the picture that lies within an MCU, with
    /// what is decoded beside it (`border`).
    pub(super) fn whole_at(&self, component: &Component, one_in: u32) -> Whole {
        let is_reduced_less = (self.mcu_width / 8).is_multiple_of(2 * component.across)
            && (self.mcu_height / 8).is_multiple_of(2 * component.down);
        if one_in < 8 || is_reduced_less {
            return Whole::ALL;
        }
        let from = |length: u32, mcu: u32, blocks: u32| {
            if length.is_multiple_of(mcu) { u32::MAX } else { (length / mcu).saturating_sub(2) * blocks }
        };
        Whole {
            from_column: from(self.width, self.mcu_width, component.across),
            from_row: from(self.height, self.mcu_height, component.down),
        }
    }

    pub(super) fn blocks_per_mcu(&self) -> u64 {
        self.components.iter().map(|component| u64::from(component.across * component.down)).sum()
    }
}
