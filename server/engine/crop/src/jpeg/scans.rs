//! A JPEG of several scans: progressive, or one component after the other. The part's coefficients are gathered from all
//! of them; each scan is walked down to the part's last row and the rest of it skipped.

use std::rc::Rc;

use super::coefficients::{Block, Plane};
use super::entropy::{Bits, Entropy};
use super::frame::{Frame, Mcus};
use super::progressive;
use super::segments::{Quantisation, Scan, Segments};
use super::tables::{Steps, Symbols, beyond};
use super::{broken, truncated};
use crate::{CropError, header};

/// A coefficient's bits are not known yet.
const UNKNOWN: u8 = u8::MAX;

/// What was gathered.
pub(super) struct Gathered {
    pub(super) planes: Vec<Plane>,
    pub(super) quantisation: Vec<Rc<Quantisation>>,
    /// For each component's coefficients the lowest bit known.
    known: Vec<[u8; 64]>,
}

/// What one scan holds: coefficients that are neighbours, of which the same is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Band {
    /// Their places in the frame; of AC it is one.
    pub(super) components: Vec<usize>,
    /// The first coefficient and the last; DC is alone.
    pub(super) first: usize,
    pub(super) last: usize,
    /// The lowest bit known of them.
    pub(super) low: u8,
}

impl Gathered {
    /// Whether bits are missing: no scan held them, though the file is whole.
    pub(super) fn is_open(&self) -> bool {
        self.known.iter().flatten().any(|&bit| bit != 0)
    }

    /// All that is known, DC first. Of what is equally known of DC one scan holds all: in a scan of several components blocks
    /// that only pad have their DC too, and libjpeg-turbo looks at it when it guesses the row above (3.1, `jdcoefct.c`).
    pub(super) fn bands(&self, frame: &Frame) -> Vec<Band> {
        let mut bands: Vec<Band> = Vec::new();
        for (component, known) in self.known.iter().enumerate() {
            let low = known[0];
            let blocks_with = |components: &[usize]| -> u32 {
                let blocks = |&index: &usize| frame.components[index].across * frame.components[index].down;
                components.iter().chain([&component]).map(blocks).sum()
            };
            match bands.iter_mut().find(|band| band.low == low && blocks_with(&band.components) <= 10) {
                Some(band) => band.components.push(component),
                None => bands.push(Band { components: vec![component], first: 0, last: 0, low }),
            }
        }
        for (component, known) in self.known.iter().enumerate() {
            let mut first = 1;
            for band in known[1..].chunk_by(|a, b| a == b) {
                let (begin, low) = (first, band[0]);
                first += band.len();
                if low != UNKNOWN {
                    bands.push(Band { components: vec![component], first: begin, last: first - 1, low });
                }
            }
        }
        bands
    }
}

struct Gathering<'f> {
    frame: &'f Frame,
    wanted: &'f Mcus,
    planes: Vec<Plane>,
    /// The table each component has had since its first scan.
    quantisation: Vec<Option<Rc<Quantisation>>>,
    /// For each component's coefficients the lowest bit known; 0 when all are.
    known: Vec<[u8; 64]>,
}

/// What a scan's blocks are read with.
struct Reading<'t> {
    scan: &'t Scan,
    /// For each component of the scan: DC's table, AC's, and the same to walk with.
    tables: &'t [Tables],
    is_progressive: bool,
    dc: [i32; 4],
    /// Blocks to come without AC coefficients.
    run: u32,
}

struct Tables {
    dc: Option<Symbols>,
    ac: Option<Symbols>,
    steps: Option<Steps>,
}

/// Reads the scans from `scan` on, and gathers the part that is `wanted` in its `planes`, one for each component.
pub(super) fn gather(
    segments: &mut Segments<'_, '_>,
    frame: &Frame,
    mut scan: Scan,
    wanted: &Mcus,
    planes: Vec<Plane>,
) -> Result<Gathered, CropError> {
    let count = frame.components.len();
    let mut gathering = Gathering {
        frame,
        wanted,
        planes,
        quantisation: vec![None; count],
        known: vec![[UNKNOWN; 64]; count],
    };
    // A scan is left behind the part's last row.
    let area = u64::from(frame.width) * u64::from((wanted.rows.end * frame.mcu_height).min(frame.height));
    for number in 1.. {
        header::check_scans(number, area)?;
        let marker = gathering.scan(segments, &scan)?;
        let Some(marker) = marker else { break };
        match segments.next_scan(Some(marker))? {
            Some(next) => scan = next,
            None => break,
        }
    }
    if gathering.known.iter().any(|known| known[0] == UNKNOWN) {
        return Err(truncated());
    }
    gathering.planes.iter_mut().for_each(Plane::forget_masks);
    let quantisation = gathering.quantisation.into_iter().collect::<Option<_>>().ok_or_else(truncated)?;
    Ok(Gathered { planes: gathering.planes, quantisation, known: gathering.known })
}

impl Gathering<'_> {
    /// Reads one scan and gives the marker behind it, or nothing when all is known.
    fn scan(&mut self, segments: &mut Segments<'_, '_>, scan: &Scan) -> Result<Option<u8>, CropError> {
        let is_progressive = self.frame.is_progressive();
        for &(component, _, _) in &scan.components {
            let table = usize::from(self.frame.components[component].table);
            let current = segments.quantisation[table].clone();
            let current = current.ok_or_else(|| broken("a quantisation table is missing"))?;
            // T.81 B.2.3: in a sequential picture each component has one scan.
            if !is_progressive && self.quantisation[component].is_some() {
                return Err(broken("a component comes twice"));
            }
            self.quantisation[component].get_or_insert(current);
        }
        // A scan of what is not kept is passed over to its end, not read: nothing that is kept depends on it. A file that ends
        // within it is refused, and so is one of which the end alone is missing: nobody can tell which it is.
        let is_read = scan.first == 0
            || scan.components.iter().any(|&(component, _, _)| !self.planes[component].is_dc_only());
        let used = if is_read { &scan.components[..] } else { &[] };
        let tables = used
            .iter()
            .map(|&(_, dc, ac)| {
                let has_dc = scan.first == 0 && scan.high == 0;
                let has_ac = scan.last > 0;
                let ac = if has_ac { Some(segments.ac(ac)?) } else { None };
                Ok(Tables {
                    dc: if has_dc { Some(Symbols::new(&*segments.dc(dc)?)) } else { None },
                    ac: ac.as_ref().map(|codes| Symbols::new(codes)),
                    steps: ac.filter(|_| !is_progressive).map(|codes| Steps::new(&codes)),
                })
            })
            .collect::<Result<Vec<_>, CropError>>()?;
        let reading = Reading { scan, tables: &tables, is_progressive, dc: [0; 4], run: 0 };
        let restart_interval = segments.restart_interval;
        let mut entropy = segments.entropy();
        if is_read {
            self.walk(&mut entropy, reading, restart_interval)?;
        }
        for &(component, _, _) in &scan.components {
            self.known[component][scan.first as usize..=scan.last as usize].fill(scan.low as u8);
        }
        let is_complete = self.known.iter().flatten().all(|&bit| bit == 0);
        if is_complete && is_read { Ok(None) } else { entropy.finish().map(Some) }
    }

    /// Walks a scan down to the part's last row.
    fn walk(
        &mut self,
        entropy: &mut Entropy<'_, '_>,
        mut reading: Reading<'_>,
        restart_interval: u32,
    ) -> Result<(), CropError> {
        let components = &reading.scan.components;
        // A scan of one component has no blocks that only pad, and its MCU is a block.
        let (wide, high) = match components[..] {
            [(only, _, _)] => {
                let component = &self.frame.components[only];
                (component.blocks_wide, self.planes[only].bottom().min(component.blocks_high))
            }
            _ => (self.frame.mcus_wide(), self.wanted.rows.end),
        };
        let mut bits = Bits::default();
        let mut before_restart = restart_interval;
        let mut restarts = 0;
        for row in 0..high {
            for column in 0..wide {
                if restart_interval > 0 {
                    if before_restart == 0 {
                        bits = entropy.restart(Some(bits), restarts)?;
                        restarts = (restarts + 1) & 7;
                        before_restart = restart_interval;
                        (reading.dc, reading.run) = ([0; 4], 0);
                    }
                    before_restart -= 1;
                }
                entropy.hold_mcu(&mut bits)?;
                self.mcu(&mut reading, entropy.held(), &mut bits, column, row)
                    .map_err(|error| entropy.blame(bits, error))?;
            }
        }
        entropy.check(bits)
    }

    #[inline(always)]
    fn mcu(
        &mut self,
        reading: &mut Reading<'_>,
        held: &[u8],
        bits: &mut Bits,
        column: u32,
        row: u32,
    ) -> Result<(), CropError> {
        if let [(only, _, _)] = reading.scan.components[..] {
            return reading.block(&mut self.planes[only], held, bits, 0, (column, row));
        }
        for (place, &(component, _, _)) in reading.scan.components.iter().enumerate() {
            let (across, down) =
                (self.frame.components[component].across, self.frame.components[component].down);
            for y in 0..down {
                for x in 0..across {
                    let at = (column * across + x, row * down + y);
                    reading.block(&mut self.planes[component], held, bits, place, at)?;
                }
            }
        }
        Ok(())
    }
}

impl Reading<'_> {
    /// Reads the block `at` this column and row, of the component at `place` in the scan.
    #[inline(always)]
    fn block(
        &mut self,
        plane: &mut Plane,
        held: &[u8],
        bits: &mut Bits,
        place: usize,
        at: (u32, u32),
    ) -> Result<(), CropError> {
        let Tables { dc, ac, steps } = &self.tables[place];
        let low = self.scan.low;
        let (column, row) = at;
        match (dc, ac) {
            (Some(dc), _) => {
                let difference = dc.difference(bits, held)?;
                self.dc[place] = self.dc[place].wrapping_add(difference);
                if let Some(dc) = plane.dc(column, row) {
                    *dc = shifted(self.dc[place], low)?;
                }
                let (Some(ac), Some(steps), false) = (ac, steps, self.is_progressive) else {
                    return Ok(());
                };
                match plane.block(column, row) {
                    Some(block) => sequential(bits, held, ac, block),
                    None => steps.skip(bits, held),
                }
            }
            (None, None) => {
                bits.refill(held);
                let bit = bits.take(1) as i16;
                if let Some(dc) = plane.dc(column, row) {
                    *dc |= bit << low;
                }
                Ok(())
            }
            (None, Some(ac)) => {
                let (mask, block) = plane.masked(column, row);
                match (self.scan.high, block) {
                    (0, None) => progressive::first(bits, held, ac, self.scan, &mut self.run, |index, _| {
                        *mask |= 1 << index;
                    }),
                    (0, Some(block)) => {
                        let mut result = Ok(());
                        progressive::first(bits, held, ac, self.scan, &mut self.run, |index, value| {
                            *mask |= 1 << index;
                            match shifted(value, low) {
                                Ok(value) => block[index as usize] = value,
                                Err(error) => result = Err(error),
                            }
                        })?;
                        result
                    }
                    (_, None) => progressive::refine(bits, held, ac, self.scan, &mut self.run, mask, None),
                    (_, block) => progressive::refine(bits, held, ac, self.scan, &mut self.run, mask, block),
                }
            }
        }
    }
}

/// Reads the AC coefficients of a block of a sequential scan.
fn sequential(bits: &mut Bits, held: &[u8], ac: &Symbols, block: &mut Block) -> Result<(), CropError> {
    block[1..].fill(0);
    let mut index = 1;
    while index < 64 {
        bits.refill(held);
        let (symbol, length, _) = ac.next(bits)?;
        bits.consume(length);
        let (zeros, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
        if size == 0 {
            if zeros < 15 {
                return Ok(());
            }
            index += 16;
            continue;
        }
        index += zeros;
        *block.get_mut(index).ok_or_else(beyond)? = shifted(bits.take_signed(size), 0)?;
        index += 1;
    }
    if index == 64 { Ok(()) } else { Err(beyond()) }
}

/// A coefficient of which the `low` bits are to come.
#[inline(always)]
fn shifted(value: i32, low: u32) -> Result<i16, CropError> {
    value
        .checked_mul(1 << low)
        .and_then(|value| i16::try_from(value).ok())
        .ok_or_else(|| broken("a coefficient is out of range"))
}
