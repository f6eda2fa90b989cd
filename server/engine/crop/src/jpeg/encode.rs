//! From coefficients to the entropy-coded bytes of one sequential scan.

use std::rc::Rc;

use super::broken;
use super::coefficients::{Block, Plane};
use super::frame::Frame;
use super::room::Room;
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
    let mut writer = BitWriter::default();
    let mut last = [0; 4];
    if let &[only] = components {
        let component = &frame.components[only];
        for row in 0..component.blocks_high {
            for column in 0..component.blocks_wide {
                block(&mut writer, planes[only].of_part(column, row), &mut last[0], &dc, &ac[0])?;
            }
            room.check(writer.len())?;
        }
        return Ok(writer.finish());
    }
    for row in 0..frame.mcus_high() {
        for column in 0..frame.mcus_wide() {
            for ((&index, last), ac) in components.iter().zip(&mut last).zip(&ac) {
                let component = &frame.components[index];
                for y in 0..component.down {
                    for x in 0..component.across {
                        let coefficients =
                            planes[index].of_part(column * component.across + x, row * component.down + y);
                        block(&mut writer, coefficients, last, &dc, ac)?;
                    }
                }
            }
        }
        room.check(writer.len())?;
    }
    Ok(writer.finish())
}

fn block(
    writer: &mut BitWriter,
    coefficients: &Block,
    last: &mut i32,
    dc: &CodeOf,
    ac: &CodeOf,
) -> Result<(), CropError> {
    let out_of_range = || broken("a coefficient is out of range");
    let value = i32::from(coefficients[0]);
    writer.put_value(dc, 0, value - *last).ok_or_else(out_of_range)?;
    *last = value;
    let mut zeros = 0;
    for &coefficient in &coefficients[1..] {
        if coefficient == 0 {
            zeros += 1;
            continue;
        }
        while zeros > 15 {
            writer.put_symbol(ac, 0xf0);
            zeros -= 16;
        }
        writer.put_value(ac, zeros, i32::from(coefficient)).ok_or_else(out_of_range)?;
        zeros = 0;
    }
    if zeros > 0 {
        writer.put_symbol(ac, 0x00);
    }
    Ok(())
}
