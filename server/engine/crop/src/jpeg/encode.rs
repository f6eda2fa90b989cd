//! From coefficients to the entropy-coded bytes of one scan.

use std::rc::Rc;

use super::broken;
use super::coefficients::{Block, Plane};
use super::frame::Frame;
use super::room::Room;
use super::scans::Band;
use super::tables::Codes;
use super::writer::{BitWriter, CodeOf, Coded, Counted, Sink};
use crate::CropError;

/// Encodes `components`, given by their place in `frame`, that of the part; each has its table for AC.
pub(super) fn encode(
    frame: &Frame,
    planes: &[Plane],
    components: &[usize],
    dc: &Codes,
    ac: &[Rc<Codes>],
    room: &Room,
) -> Result<Vec<u8>, CropError> {
    let tables = std::iter::once(dc).chain(ac.iter().map(|codes| &**codes)).map(CodeOf::new).collect();
    let mut sink = Coded { bits: BitWriter::default(), tables };
    sequential(frame, planes, components, room, &mut sink)?;
    Ok(sink.bits.finish())
}

/// The tables that encode `components` in the fewest bits: DC's, and one for AC of those that `is_colour` tells apart.
pub(super) fn tables_for(
    frame: &Frame,
    planes: &[Plane],
    components: &[usize],
    is_colour: impl Fn(usize) -> bool,
    room: &Room,
) -> Result<(Codes, Vec<Rc<Codes>>), CropError> {
    let mut met = Counted(vec![[0; 256]; 1 + components.len()]);
    sequential(frame, planes, components, room, &mut met)?;
    let (dc, ac) = met.0.split_first().expect("DC comes first");
    let shared = [false, true].map(|colour| {
        let mut sum = [0; 256];
        let of_kind = components.iter().zip(ac).filter(|(component, _)| is_colour(**component) == colour);
        of_kind.for_each(|(_, met)| sum.iter_mut().zip(met).for_each(|(sum, count)| *sum += count));
        Rc::new(Codes::fewest_bits(&sum))
    });
    let ac = components.iter().map(|&component| Rc::clone(&shared[usize::from(is_colour(component))]));
    Ok((Codes::fewest_bits(dc), ac.collect()))
}

/// Encodes what `band` holds, as the first scan of a progressive JPEG; `codes` are DC's where it begins there.
pub(super) fn encode_band(
    frame: &Frame,
    planes: &[Plane],
    band: &Band,
    codes: &Codes,
    room: &Room,
) -> Result<Vec<u8>, CropError> {
    let mut sink = Coded { bits: BitWriter::default(), tables: vec![CodeOf::new(codes)] };
    banded(frame, planes, band, room, &mut sink)?;
    Ok(sink.bits.finish())
}

/// The table that encodes `band` in the fewest bits.
pub(super) fn table_for_band(
    frame: &Frame,
    planes: &[Plane],
    band: &Band,
    room: &Room,
) -> Result<Codes, CropError> {
    let mut met = Counted(vec![[0; 256]]);
    banded(frame, planes, band, room, &mut met)?;
    Ok(Codes::fewest_bits(&met.0[0]))
}

/// All coefficients of `components`: DC by the first table, AC of each by the next.
fn sequential(
    frame: &Frame,
    planes: &[Plane],
    components: &[usize],
    room: &Room,
    sink: &mut impl Sink,
) -> Result<(), CropError> {
    let mut last = [0; 4];
    scan(frame, planes, components, room, sink, |sink, place, coefficients| {
        put_dc(sink, i32::from(coefficients[0]), &mut last[place])?;
        put_ac(sink, 1 + place, coefficients[1..].iter().copied())
    })
}

fn banded(
    frame: &Frame,
    planes: &[Plane],
    band: &Band,
    room: &Room,
    sink: &mut impl Sink,
) -> Result<(), CropError> {
    let mut last = [0; 4];
    scan(frame, planes, &band.components, room, sink, |sink, place, coefficients| {
        if band.first == 0 {
            // Rounded down, where the others are rounded to zero (T.81 G.1.2.1).
            return put_dc(sink, i32::from(coefficients[0]) >> band.low, &mut last[place]);
        }
        let known = coefficients[band.first..=band.last].iter().map(|value| value / (1 << band.low));
        put_ac(sink, 0, known)
    })
}

/// Goes through the blocks of a scan in their order; `put` does each, with its component's place in the scan.
#[inline(always)]
fn scan<S: Sink>(
    frame: &Frame,
    planes: &[Plane],
    components: &[usize],
    room: &Room,
    sink: &mut S,
    mut put: impl FnMut(&mut S, usize, &Block) -> Result<(), CropError>,
) -> Result<(), CropError> {
    if let &[only] = components {
        let component = &frame.components[only];
        for row in 0..component.blocks_high {
            for column in 0..component.blocks_wide {
                put(sink, 0, &planes[only].of_part(column, row))?;
            }
            room.check(sink.len())?;
        }
        return Ok(());
    }
    for row in 0..frame.mcus_high() {
        for column in 0..frame.mcus_wide() {
            for (place, &index) in components.iter().enumerate() {
                let component = &frame.components[index];
                for y in 0..component.down {
                    for x in 0..component.across {
                        let at = (column * component.across + x, row * component.down + y);
                        put(sink, place, &planes[index].of_part(at.0, at.1))?;
                    }
                }
            }
        }
        room.check(sink.len())?;
    }
    Ok(())
}

fn put_dc(sink: &mut impl Sink, value: i32, last: &mut i32) -> Result<(), CropError> {
    sink.value(0, 0, value - *last).ok_or_else(out_of_range)?;
    *last = value;
    Ok(())
}

#[inline(always)]
fn put_ac(
    sink: &mut impl Sink,
    table: usize,
    coefficients: impl Iterator<Item = i16>,
) -> Result<(), CropError> {
    let mut zeros = 0;
    for coefficient in coefficients {
        if coefficient == 0 {
            zeros += 1;
            continue;
        }
        while zeros > 15 {
            sink.symbol(table, 0xf0);
            zeros -= 16;
        }
        sink.value(table, zeros, i32::from(coefficient)).ok_or_else(out_of_range)?;
        zeros = 0;
    }
    if zeros > 0 {
        sink.symbol(table, 0x00);
    }
    Ok(())
}

fn out_of_range() -> CropError {
    broken("a coefficient is out of range")
}
