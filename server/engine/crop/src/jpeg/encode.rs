//! From coefficients to the entropy-coded bytes of one scan.

use std::rc::Rc;

use super::broken;
use super::coefficients::{Block, Plane};
use super::frame::Frame;
use super::room::Room;
use super::scans::Band;
use super::tables::Codes;
use super::writer::{BitWriter, CodeOf};
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
    let dc = CodeOf::new(dc);
    let ac: Vec<CodeOf> = ac.iter().map(|codes| CodeOf::new(codes)).collect();
    let mut last = [0; 4];
    scan(frame, planes, components, room, |writer, place, coefficients| {
        put_dc(writer, i32::from(coefficients[0]), &mut last[place], &dc)?;
        put_ac(writer, coefficients[1..].iter().copied(), &ac[place])
    })
}

/// Encodes what `band` holds, as the first scan of a progressive JPEG; `codes` are DC's where it begins there.
pub(super) fn encode_band(
    frame: &Frame,
    planes: &[Plane],
    band: &Band,
    codes: &Codes,
    room: &Room,
) -> Result<Vec<u8>, CropError> {
    let table = CodeOf::new(codes);
    let mut last = [0; 4];
    scan(frame, planes, &band.components, room, |writer, place, coefficients| {
        if band.first == 0 {
            // Rounded down, where the others are rounded to zero (T.81 G.1.2.1).
            return put_dc(writer, i32::from(coefficients[0]) >> band.low, &mut last[place], &table);
        }
        let known = coefficients[band.first..=band.last].iter().map(|value| value / (1 << band.low));
        put_ac(writer, known, &table)
    })
}

/// Writes the blocks of a scan in their order, as `put` does for each with its component's place in the scan.
#[inline(always)]
fn scan(
    frame: &Frame,
    planes: &[Plane],
    components: &[usize],
    room: &Room,
    mut put: impl FnMut(&mut BitWriter, usize, &Block) -> Result<(), CropError>,
) -> Result<Vec<u8>, CropError> {
    let mut writer = BitWriter::default();
    if let &[only] = components {
        let component = &frame.components[only];
        for row in 0..component.blocks_high {
            for column in 0..component.blocks_wide {
                put(&mut writer, 0, planes[only].of_part(column, row))?;
            }
            room.check(writer.len())?;
        }
        return Ok(writer.finish());
    }
    for row in 0..frame.mcus_high() {
        for column in 0..frame.mcus_wide() {
            for (place, &index) in components.iter().enumerate() {
                let component = &frame.components[index];
                for y in 0..component.down {
                    for x in 0..component.across {
                        let at = (column * component.across + x, row * component.down + y);
                        put(&mut writer, place, planes[index].of_part(at.0, at.1))?;
                    }
                }
            }
        }
        room.check(writer.len())?;
    }
    Ok(writer.finish())
}

fn put_dc(writer: &mut BitWriter, value: i32, last: &mut i32, table: &CodeOf) -> Result<(), CropError> {
    writer.put_value(table, 0, value - *last).ok_or_else(out_of_range)?;
    *last = value;
    Ok(())
}

#[inline(always)]
fn put_ac(
    writer: &mut BitWriter,
    coefficients: impl Iterator<Item = i16>,
    table: &CodeOf,
) -> Result<(), CropError> {
    let mut zeros = 0;
    for coefficient in coefficients {
        if coefficient == 0 {
            zeros += 1;
            continue;
        }
        while zeros > 15 {
            writer.put_symbol(table, 0xf0);
            zeros -= 16;
        }
        writer.put_value(table, zeros, i32::from(coefficient)).ok_or_else(out_of_range)?;
        zeros = 0;
    }
    if zeros > 0 {
        writer.put_symbol(table, 0x00);
    }
    Ok(())
}

fn out_of_range() -> CropError {
    broken("a coefficient is out of range")
}
