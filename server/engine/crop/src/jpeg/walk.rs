//! The walk over the one scan of a baseline JPEG: past every block down to the last wanted, copying those of the part.
//!
//! Nothing is decoded but where blocks end and the DC differences, which are sums over the whole way. A block of the part
//! keeps its AC bits as they are; its DC difference is written anew, since another block stands before it now. What lies
//! between two restart markers and is not wanted is jumped over.

use std::rc::Rc;

use super::broken;
use super::entropy::{Bits, Entropy};
use super::frame::{Frame, Mcus};
use super::room::Room;
use super::segments::{Scan, Segments};
use super::tables::{Codes, Steps, Symbols};
use super::writer::{BitWriter, CodeOf};
use crate::CropError;

/// Largest DC value: four times what 8 bits per sample can give, and no more than a difference can be written of.
const MAX_DC: i32 = 8191;

/// The entropy-coded bytes in the making, and what their next block follows.
pub(super) struct Output {
    writer: BitWriter,
    /// The last DC value of each component.
    dc: [i32; 4],
    /// The tables that DC differences are written with, of each component.
    dc_codes: Vec<CodeOf>,
    /// Whether a restart marker comes after each row of MCUs but the last, so that parts of the part are found quickly.
    has_restarts: bool,
    /// Where each row of MCUs begins, if there are such markers.
    rows: Vec<usize>,
}

/// A block of an MCU.
struct Block<'t> {
    component: usize,
    dc: &'t Symbols,
    ac: &'t Steps,
}

struct Walk<'t, 's, 'a> {
    entropy: Entropy<'s, 'a>,
    bits: Bits,
    blocks: Vec<Block<'t>>,
    restart_interval: u32,
    /// MCUs to the next restart marker; beyond every count when there are none.
    before_restart: u32,
    restarts: u8,
    /// The last DC value of each component.
    dc: [i32; 4],
    output: &'t mut Output,
}

impl Output {
    /// Behind what `writer` holds, nothing yet of a picture with these tables for DC.
    pub(super) fn new<'c>(
        writer: BitWriter,
        dc_codes: impl IntoIterator<Item = &'c Codes>,
        has_restarts: bool,
    ) -> Self {
        let dc_codes = dc_codes.into_iter().map(CodeOf::new).collect();
        Self { writer, dc: [0; 4], dc_codes, has_restarts, rows: Vec::new() }
    }

    /// The bytes, and where in them each row of MCUs begins, if that is to be known.
    pub(super) fn finish(self) -> (Vec<u8>, Vec<usize>) {
        (self.writer.finish(), self.rows)
    }
}

/// Walks `scan`, which has all components of `frame`, and puts the part that is `wanted` behind what is in `output`; gives the
/// table for AC of each of the scan's components.
pub(super) fn walk(
    segments: &mut Segments<'_, '_>,
    frame: &Frame,
    scan: &Scan,
    wanted: &Mcus,
    room: &Room,
    output: &mut Output,
) -> Result<Vec<Rc<Codes>>, CropError> {
    let codes = scan
        .components
        .iter()
        .map(|&(_, dc, ac)| Ok((segments.dc(dc)?, segments.ac(ac)?)))
        .collect::<Result<Vec<_>, CropError>>()?;
    let tables: Vec<(Symbols, usize)> = codes
        .iter()
        .enumerate()
        .map(|(index, (dc, ac))| {
            let first = codes[..index].iter().position(|(_, other)| other == ac).unwrap_or(index);
            (Symbols::new(dc), first)
        })
        .collect();
    // Components that share a table share what is unfolded from it, so that it stays in the processor's cache.
    let steps: Vec<Option<Steps>> = tables
        .iter()
        .zip(&codes)
        .enumerate()
        .map(|(index, ((_, first), (_, ac)))| (*first == index).then(|| Steps::new(ac)))
        .collect();
    let mut blocks = Vec::new();
    for ((dc, first), &(component, _, _)) in tables.iter().zip(&scan.components) {
        let ac = steps[*first].as_ref().expect("the first that has a table unfolds it");
        let count = frame.components[component].across * frame.components[component].down;
        blocks.extend((0..count).map(|_| Block { component, dc, ac }));
    }
    let restart_interval = segments.restart_interval;
    let mut walk = Walk {
        entropy: segments.entropy(),
        bits: Bits::default(),
        blocks,
        restart_interval,
        before_restart: if restart_interval == 0 { u32::MAX } else { restart_interval },
        restarts: 0,
        dc: [0; 4],
        output,
    };
    let Mcus { columns, rows } = wanted;
    let mcus_wide = frame.mcus_wide();
    let mut unwanted = rows.start * mcus_wide + columns.start;
    for row in rows.clone() {
        if walk.output.has_restarts {
            if row > rows.start {
                walk.output.writer.put_restart(row - rows.start - 1);
                walk.output.dc = [0; 4];
            }
            walk.output.rows.push(walk.output.writer.len());
        }
        walk.skip(unwanted)?;
        walk.copy(columns.end - columns.start)?;
        room.check(walk.output.writer.len())?;
        unwanted = mcus_wide - (columns.end - columns.start);
    }
    walk.entropy.check(walk.bits)?;
    Ok(codes.into_iter().map(|(_, ac)| ac).collect())
}

impl Walk<'_, '_, '_> {
    /// Goes past `count` MCUs.
    fn skip(&mut self, mut count: u32) -> Result<(), CropError> {
        while count > 0 {
            if self.before_restart == 0 {
                self.restart(Some(self.bits))?;
            }
            if count >= self.before_restart {
                count -= self.before_restart;
                self.restart(None)?;
                continue;
            }
            self.skip_blocks(count)?;
            if self.restart_interval > 0 {
                self.before_restart -= count;
            }
            count = 0;
        }
        Ok(())
    }

    fn skip_blocks(&mut self, count: u32) -> Result<(), CropError> {
        let (mut bits, mut dc) = (self.bits, self.dc);
        for _ in 0..count {
            self.entropy.hold_mcu(&mut bits)?;
            let held = self.entropy.held();
            for block in &self.blocks {
                let blame = |bits, error| self.entropy.blame(bits, error);
                let difference = block.dc.difference(&mut bits, held).map_err(|error| blame(bits, error))?;
                dc[block.component & 3] = dc[block.component & 3].wrapping_add(difference);
                block.ac.skip(&mut bits, held).map_err(|error| blame(bits, error))?;
            }
        }
        (self.bits, self.dc) = (bits, dc);
        Ok(())
    }

    /// Copies `count` MCUs.
    fn copy(&mut self, count: u32) -> Result<(), CropError> {
        for _ in 0..count {
            if self.before_restart == 0 {
                self.restart(Some(self.bits))?;
            }
            if self.restart_interval > 0 {
                self.before_restart -= 1;
            }
            self.entropy.hold_mcu(&mut self.bits)?;
            if let Err(error) = self.copy_blocks() {
                return Err(self.entropy.blame(self.bits, error));
            }
            self.entropy.check(self.bits)?;
        }
        Ok(())
    }

    /// Copies the blocks of one MCU.
    fn copy_blocks(&mut self) -> Result<(), CropError> {
        let out_of_range = || broken("a brightness is out of range");
        let held = self.entropy.held();
        for &Block { component, dc, ac } in &self.blocks {
            let difference = dc.difference(&mut self.bits, held)?;
            let value = self.dc[component].wrapping_add(difference);
            if value.unsigned_abs() > MAX_DC.unsigned_abs() {
                return Err(out_of_range());
            }
            self.dc[component] = value;
            let Output { writer, dc: written, dc_codes, .. } = &mut *self.output;
            let difference = value - written[component];
            writer.put_value(&dc_codes[component], 0, difference).ok_or_else(out_of_range)?;
            written[component] = value;
            let begin = self.bits.position();
            ac.skip(&mut self.bits, held)?;
            writer.copy(held, begin, self.bits.position());
        }
        Ok(())
    }

    /// Goes on behind the next restart marker.
    fn restart(&mut self, bits: Option<Bits>) -> Result<(), CropError> {
        self.bits = self.entropy.restart(bits, self.restarts)?;
        self.restarts = (self.restarts + 1) & 7;
        self.before_restart = self.restart_interval;
        self.dc = [0; 4];
        Ok(())
    }
}
