//! From a filtered line to its bytes, as far right as the part goes.
//!
//! Filters look left and up, never right or down: columns right of the part are left alone, those left of it are not.
//! Source: PNG, third edition, section 9.

mod paeth_pair;

use super::broken;
use crate::CropError;

/// The filter of most lines of a photograph (section 9.2).
pub(super) const PAETH: u8 = 4;

/// Undoes `filter` on the first bytes of a line into as many of `line`; `above` is the line before, zeros before the
/// first. `distance` is that of [`super::layout::Layout::filter_distance`].
pub(super) fn unfilter(
    filter: u8,
    distance: usize,
    filtered: &[u8],
    above: &[u8],
    line: &mut [u8],
) -> Result<(), CropError> {
    match distance {
        1 => by::<1>(filter, filtered, above, line),
        2 => by::<2>(filter, filtered, above, line),
        3 => by::<3>(filter, filtered, above, line),
        4 => by::<4>(filter, filtered, above, line),
        6 => by::<6>(filter, filtered, above, line),
        _ => by::<8>(filter, filtered, above, line),
    }
}

/// Whether lines of Paeth's filter are better undone two at a time, by [`undo_pair`].
pub(super) fn is_better_in_pairs(filter: u8, distance: usize) -> bool {
    filter == PAETH && matches!(distance, 3 | 4)
}

/// Undoes Paeth's filter on two lines, of which [`is_better_in_pairs`] was said.
pub(super) fn undo_pair(
    distance: usize,
    filtered: [&[u8]; 2],
    above: &[u8],
    first: &mut [u8],
    second: &mut [u8],
) {
    match distance {
        3 => paeth_pair::undo::<3>(filtered, above, first, second),
        _ => paeth_pair::undo::<4>(filtered, above, first, second),
    }
}

/// The line in pixels of `N` bytes; a line of less than a pixel per byte has `N` 1, so that nothing is left over.
fn by<const N: usize>(filter: u8, filtered: &[u8], above: &[u8], line: &mut [u8]) -> Result<(), CropError> {
    let pixels = || filtered.as_chunks::<N>().0.iter().zip(above.as_chunks::<N>().0);
    match filter {
        0 => line.copy_from_slice(filtered),
        1 => {
            let mut left = [0; N];
            for ((raw, _), out) in pixels().zip(line.as_chunks_mut::<N>().0) {
                left = std::array::from_fn(|i| raw[i].wrapping_add(left[i]));
                *out = left;
            }
        }
        2 => {
            for ((out, raw), up) in line.iter_mut().zip(filtered).zip(above) {
                *out = raw.wrapping_add(*up);
            }
        }
        3 => {
            let mut left = [0_u8; N];
            for ((raw, up), out) in pixels().zip(line.as_chunks_mut::<N>().0) {
                left = std::array::from_fn(|i| raw[i].wrapping_add(left[i].midpoint(up[i])));
                *out = left;
            }
        }
        PAETH => {
            let (mut left, mut up_left) = ([0_i16; N], [0_i16; N]);
            for ((raw, up), out) in pixels().zip(line.as_chunks_mut::<N>().0) {
                let up: [i16; N] = std::array::from_fn(|i| i16::from(up[i]));
                *out = std::array::from_fn(|i| raw[i].wrapping_add(paeth(left[i], up[i], up_left[i])));
                left = std::array::from_fn(|i| i16::from(out[i]));
                up_left = up;
            }
        }
        _ => return Err(broken("a line is filtered in no known way")),
    }
    Ok(())
}

/// Which of `left`, `up` and `up_left` is nearest to left + up - up_left, in this order where they are equally near.
fn paeth(left: i16, up: i16, up_left: i16) -> u8 {
    // Nearest to it is the larger when it lies so far above, the smaller when so far below, else the corner: the same
    // in comparisons that need no branches.
    let threshold = 3 * up_left - left - up;
    let (low, high) = (left.min(up), left.max(up));
    let nearest = if threshold >= high { low } else { up_left };
    (if threshold <= low { high } else { nearest }) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the specification has it (section 9.4).
    fn specified(left: u8, up: u8, up_left: u8) -> u8 {
        let (a, b, c) = (i32::from(left), i32::from(up), i32::from(up_left));
        let p = a + b - c;
        let (pa, pb, pc) = ((p - a).abs(), (p - b).abs(), (p - c).abs());
        if pa <= pb && pa <= pc {
            left
        } else if pb <= pc {
            up
        } else {
            up_left
        }
    }

    #[test]
    fn the_predictor_is_that_of_the_specification_for_every_neighbourhood() {
        for left in 0..=255 {
            for up in 0..=255 {
                for up_left in 0..=255 {
                    let found = paeth(i16::from(left), i16::from(up), i16::from(up_left));
                    assert_eq!(found, specified(left, up, up_left), "{left} {up} {up_left}");
                }
            }
        }
    }

    #[test]
    fn two_lines_at_once_are_the_two_one_by_one() {
        let noise: Vec<u8> = (0..3000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 21) as u8).collect();
        for distance in [3, 4] {
            assert!(is_better_in_pairs(PAETH, distance));
            for pixels in 1..200 {
                let length = pixels * distance;
                let (above, filtered) =
                    (&noise[7..7 + length], [&noise[900..900 + length], &noise[1800..1800 + length]]);
                let [mut first, mut second] = [vec![0; length], vec![0; length]];
                undo_pair(distance, filtered, above, &mut first, &mut second);
                let [mut one, mut two] = [vec![0; length], vec![0; length]];
                unfilter(PAETH, distance, filtered[0], above, &mut one).expect("a known filter");
                unfilter(PAETH, distance, filtered[1], &one, &mut two).expect("a known filter");
                assert_eq!((first, second), (one, two), "{pixels} pixels of {distance} bytes");
            }
        }
    }

    #[test]
    fn a_filter_that_does_not_exist_is_refused() {
        for filter in 5..=255 {
            assert!(unfilter(filter, 3, &[0; 6], &[0; 6], &mut [0; 6]).is_err());
        }
    }
}
