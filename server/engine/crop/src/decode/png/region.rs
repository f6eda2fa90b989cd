//! The part of one picture or frame out of its inflated bytes: lines are undone as far right as the part goes, and none
//! is looked at below it.
//!
//! An interlaced picture is seven small ones, of which the part has a piece in each; what is right of the part and below
//! it in one is passed over on the way to the next, without undoing its filters.

use std::ops::Range;

use cutline_model::PixelRegion;
use image::DynamicImage;

use super::data::Data;
use super::layout::{Layout, Pass};
use super::pixels::{Made, Pixels};
use super::unfilter::{PAETH, is_better_in_pairs, undo_pair, unfilter};
use crate::CropError;

/// Bytes of memory that the part takes besides what is inflated ahead.
pub(super) fn memory(layout: &Layout, pixels: &Pixels, region: PixelRegion) -> u64 {
    let area = u64::from(region.width) * u64::from(region.height);
    let line = layout.row_bytes(region.left + region.width);
    // Four lines; of an interlaced picture, also the pixels of one on their way to their columns.
    let scattered = if layout.is_interlaced { u64::from(region.width) * pixels.bytes() as u64 } else { 0 };
    (area * pixels.bytes() as u64).saturating_add(4 * line + scattered)
}

/// Bytes of one line, with its filter, that are asked for at once. What the whole takes was found to be allowed.
pub(super) fn longest(layout: &Layout, region: PixelRegion) -> usize {
    usize::try_from(1 + layout.row_bytes(region.left + region.width)).unwrap_or(usize::MAX)
}

/// Decodes `region` of a picture of this layout.
pub(super) fn decode(
    data: &mut Data<'_, '_, '_>,
    layout: &Layout,
    pixels: &Pixels,
    region: PixelRegion,
) -> Result<DynamicImage, CropError> {
    let mut part = Part {
        layout,
        pixels,
        region,
        made: Made::new(pixels.is_deep(), region.width as usize * region.height as usize * pixels.bytes()),
        line: vec![0; longest(layout, region)],
        above: vec![0; longest(layout, region)],
        waiting: vec![0; longest(layout, region)],
        line_after: vec![0; longest(layout, region)],
        scattered: Vec::new(),
    };
    let passes = layout.passes();
    let is_wanted = |pass: &Pass| {
        let (columns, rows) = pass.inside(region);
        !columns.is_empty() && !rows.is_empty()
    };
    // Every region has a pixel in the picture, and so in a pass.
    let last = passes.iter().rposition(is_wanted).unwrap_or(0);
    for (index, pass) in passes.iter().enumerate().take(last + 1) {
        part.pass(data, pass, index == last)?;
    }
    pixels.picture(part.made, region.width, region.height)
}

/// The part in the making.
struct Part<'l> {
    layout: &'l Layout,
    pixels: &'l Pixels,
    region: PixelRegion,
    made: Made,
    line: Vec<u8>,
    above: Vec<u8>,
    /// A filtered line that waits for the next one, to be undone together, and where that one goes.
    waiting: Vec<u8>,
    line_after: Vec<u8>,
    scattered: Vec<u8>,
}

impl Part<'_> {
    /// Takes what one pass has of the part; the last one is left behind the part's last line.
    fn pass(&mut self, data: &mut Data<'_, '_, '_>, pass: &Pass, is_last: bool) -> Result<(), CropError> {
        let size = self.layout.size;
        let (width, height) = (pass.columns.below(size.width()), pass.rows.below(size.height()));
        if width == 0 || height == 0 {
            return Ok(());
        }
        let line_bytes = 1 + self.layout.row_bytes(width);
        let (columns, rows) = pass.inside(self.region);
        let last_row = if columns.is_empty() || rows.is_empty() { 0 } else { rows.end };
        let needed = self.layout.row_bytes(columns.end) as usize;
        let distance = self.layout.filter_distance();
        self.above[..needed].fill(0);
        let mut is_waiting = false;
        for row in 0..last_row {
            let [filter, filtered @ ..] = data.next(1 + needed)? else { break };
            let can_pair = is_better_in_pairs(*filter, distance);
            if can_pair && !is_waiting && row + 1 < last_row {
                self.waiting[..needed].copy_from_slice(filtered);
                is_waiting = true;
            } else if can_pair && is_waiting {
                let both = [&self.waiting[..needed], filtered];
                let (line, after) = (&mut self.line[..needed], &mut self.line_after[..needed]);
                undo_pair(distance, both, &self.above[..needed], line, after);
                self.keep(pass, &columns, &rows, row - 1);
                std::mem::swap(&mut self.line, &mut self.line_after);
                self.keep(pass, &columns, &rows, row);
                is_waiting = false;
            } else {
                if is_waiting {
                    let waiting = &self.waiting[..needed];
                    unfilter(PAETH, distance, waiting, &self.above[..needed], &mut self.line[..needed])?;
                    self.keep(pass, &columns, &rows, row - 1);
                    is_waiting = false;
                }
                unfilter(*filter, distance, filtered, &self.above[..needed], &mut self.line[..needed])?;
                self.keep(pass, &columns, &rows, row);
            }
            if !(is_last && row + 1 == last_row) {
                data.skip(line_bytes - 1 - needed as u64)?;
            }
        }
        if !is_last {
            data.skip(line_bytes * u64::from(height - last_row))?;
        }
        Ok(())
    }

    /// Puts the pass's pixels of the line that was undone into the part, if its `row` lies there; the line is above then.
    fn keep(&mut self, pass: &Pass, columns: &Range<u32>, rows: &Range<u32>, row: u32) {
        if rows.contains(&row) {
            self.put(pass, columns.clone(), pass.rows.position(row) - self.region.top);
        }
        std::mem::swap(&mut self.line, &mut self.above);
    }

    /// Puts pixels of the line into the part's `row`, at the pass's columns.
    fn put(&mut self, pass: &Pass, columns: Range<u32>, row: u32) {
        let bytes = self.pixels.bytes();
        let row_bytes = self.region.width as usize * bytes;
        let row = &mut self.made.bytes_mut()[row as usize * row_bytes..][..row_bytes];
        if pass.columns.step() == 1 {
            return self.pixels.make(&self.line, columns, row);
        }
        self.scattered.resize(columns.len() * bytes, 0);
        let first = (pass.columns.position(columns.start) - self.region.left) as usize * bytes;
        self.pixels.make(&self.line, columns, &mut self.scattered);
        let places = row[first..].chunks_mut(pass.columns.step() as usize * bytes);
        for (pixel, place) in self.scattered.chunks_exact(bytes).zip(places) {
            place[..bytes].copy_from_slice(pixel);
        }
    }
}
