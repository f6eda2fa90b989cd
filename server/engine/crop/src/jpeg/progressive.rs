//! The blocks of a progressive scan: first looks at some coefficients, and refinements by one bit (T.81 G.1.2).
//!
//! A block outside the part is walked past with its mask alone: what it refines is counted, not read.

use super::broken;
use super::coefficients::Block;
use super::entropy::Bits;
use super::segments::Scan;
use super::tables::{Symbols, beyond};
use crate::CropError;

/// The first look at AC coefficients. `run` counts the blocks to come that have none.
#[inline(always)]
pub(super) fn first(
    bits: &mut Bits,
    held: &[u8],
    table: &Symbols,
    scan: &Scan,
    run: &mut u32,
    mut found: impl FnMut(u32, i32),
) -> Result<(), CropError> {
    if *run > 0 {
        *run -= 1;
        return Ok(());
    }
    let mut index = scan.first;
    while index <= scan.last {
        bits.refill(held);
        let (symbol, length, _) = table.next(bits)?;
        bits.consume(length);
        let (zeros, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
        if size == 0 {
            if zeros == 15 {
                index += 16;
                continue;
            }
            *run = (1 << zeros) + bits.take(zeros) - 1;
            return Ok(());
        }
        index += zeros;
        if index > scan.last {
            return Err(beyond());
        }
        found(index, bits.take_signed(size));
        index += 1;
    }
    Ok(())
}

/// One bit more of AC coefficients.
#[inline(always)]
pub(super) fn refine(
    bits: &mut Bits,
    held: &[u8],
    table: &Symbols,
    scan: &Scan,
    run: &mut u32,
    mask: &mut u64,
    mut block: Option<&mut Block>,
) -> Result<(), CropError> {
    let band = u64::MAX << scan.first & u64::MAX >> (63 - scan.last);
    let known = *mask & band;
    let one = 1 << scan.low;
    let mut index = scan.first;
    if *run == 0 {
        while index <= scan.last {
            bits.refill(held);
            let (symbol, length, _) = table.next(bits)?;
            bits.consume(length);
            let (zeros, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
            let mut value = 0;
            if size == 1 {
                value = if bits.take(1) == 1 { one } else { -one };
            } else if size > 1 {
                return Err(broken("a coefficient is refined by more than one bit"));
            } else if zeros < 15 {
                *run = (1 << zeros) + bits.take(zeros);
                break;
            }
            let rest = u64::MAX << index;
            let place = place_of(!known & band & rest, zeros);
            let before = if place < 64 { (1 << place) - 1 } else { u64::MAX };
            correct(bits, held, known & rest & before, one, block.as_deref_mut());
            if place > scan.last {
                if size > 0 {
                    return Err(beyond());
                }
                break;
            }
            if size > 0 {
                *mask |= 1 << place;
                if let Some(block) = block.as_deref_mut() {
                    block[place as usize] = value;
                }
            }
            index = place + 1;
        }
    }
    if *run > 0 {
        *run -= 1;
        if index <= scan.last {
            correct(bits, held, known & u64::MAX << index, one, block);
        }
    }
    Ok(())
}

/// The place of the set bit before which `count` others are set; 64 when there is none.
#[inline(always)]
fn place_of(mut set: u64, count: u32) -> u32 {
    for _ in 0..count {
        set &= set.wrapping_sub(1);
    }
    set.trailing_zeros()
}

/// Reads the bits that refine the `known` coefficients.
#[inline(always)]
fn correct(bits: &mut Bits, held: &[u8], mut known: u64, one: i16, block: Option<&mut Block>) {
    let Some(block) = block else {
        let mut count = known.count_ones();
        while count > 0 {
            bits.refill(held);
            let some = count.min(32);
            bits.consume(some);
            count -= some;
        }
        return;
    };
    while known != 0 {
        let coefficient = &mut block[known.trailing_zeros() as usize];
        known &= known - 1;
        bits.refill(held);
        if bits.take(1) == 1 && *coefficient & one == 0 {
            *coefficient = coefficient.wrapping_add(if *coefficient < 0 { -one } else { one });
        }
    }
}
