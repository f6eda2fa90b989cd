//! A picture of few colours or greys: no more bits for each pixel than they take.
//!
//! Screenshots, drawings and what had a palette before would else be several times as long as their source. Source: PNG,
//! third edition, sections 7.2 (packed pixels), 11.2.2 (PLTE) and 11.3.1.1 (tRNS).

use std::collections::HashMap;

use image::DynamicImage;
use png::{BitDepth, ColorType};

/// Entries that a palette has at most.
const MAX_COLOURS: usize = 256;
/// Length, type and check sum of PLTE and tRNS.
const AROUND_CHUNKS: usize = 24;

/// The pixels of a picture of few colours.
#[derive(Debug, PartialEq)]
pub(super) struct FewColours {
    /// Grey or indexed.
    pub(super) colour: ColorType,
    /// Bits for each pixel: 8 or fewer.
    pub(super) depth: BitDepth,
    /// Red, green and blue of each entry, those that are not opaque first; empty for greys.
    pub(super) palette: Vec<u8>,
    /// The alpha of the entries that are not opaque.
    pub(super) alpha: Vec<u8>,
    /// Row by row, each of whole bytes, the leftmost pixel in the high bits.
    pub(super) rows: Vec<u8>,
}

impl FewColours {
    /// Those of `picture`; nothing where it has too many for this to be less.
    pub(super) fn of(picture: &DynamicImage) -> Option<Self> {
        let width = picture.width() as usize;
        match picture {
            DynamicImage::ImageLuma8(picture) => greys(picture.as_raw(), width),
            DynamicImage::ImageRgb8(picture) => colours::<3>(picture.as_raw(), width),
            DynamicImage::ImageRgba8(picture) => colours::<4>(picture.as_raw(), width),
            _ => None,
        }
    }
}

/// Greys that fewer bits than eight tell, at equal distances from black to white. Others stay as they are: a profile for
/// greys does not fit a palette.
fn greys(samples: &[u8], width: usize) -> Option<FewColours> {
    let mut is_there = [false; 256];
    samples.iter().for_each(|&grey| is_there[usize::from(grey)] = true);
    let (depth, step) = [(BitDepth::One, 255), (BitDepth::Two, 85), (BitDepth::Four, 17)]
        .into_iter()
        .find(|(_, step)| (0..256).all(|grey| !is_there[grey] || grey.is_multiple_of(*step)))?;
    let rows = packed(samples.iter().map(|&grey| grey / step as u8), width, depth);
    Some(FewColours { colour: ColorType::Grayscale, depth, palette: Vec::new(), alpha: Vec::new(), rows })
}

fn colours<const CHANNELS: usize>(samples: &[u8], width: usize) -> Option<FewColours> {
    let (pixels, _) = samples.as_chunks::<CHANNELS>();
    let mut entries = HashMap::new();
    let mut seen = Seen::new();
    for pixel in pixels {
        if seen.number(pixel).is_none() {
            entries.insert(*pixel, 0_u8);
            seen.keep(pixel, 0);
        }
        if entries.len() > MAX_COLOURS {
            return None;
        }
    }
    let alpha_of = |pixel: &[u8; CHANNELS]| pixel.get(3).copied().unwrap_or(u8::MAX);
    let mut order: Vec<[u8; CHANNELS]> = entries.keys().copied().collect();
    order.sort_unstable_by_key(|pixel| (alpha_of(pixel), *pixel));
    for (number, pixel) in order.iter().enumerate() {
        entries.insert(*pixel, number as u8);
    }
    let depth = match order.len() {
        0..=2 => BitDepth::One,
        3..=4 => BitDepth::Two,
        5..=16 => BitDepth::Four,
        _ => BitDepth::Eight,
    };
    let palette: Vec<u8> = order.iter().flat_map(|pixel| &pixel[..3]).copied().collect();
    let alpha: Vec<u8> = order.iter().map(alpha_of).take_while(|&alpha| alpha < u8::MAX).collect();
    let row_bytes = (width * depth as usize).div_ceil(8);
    let bytes = AROUND_CHUNKS + palette.len() + alpha.len() + row_bytes * (pixels.len() / width.max(1));
    if bytes > samples.len() / 2 {
        return None;
    }
    let mut seen = Seen::new();
    let numbers = pixels.iter().map(|pixel| {
        seen.number(pixel).unwrap_or_else(|| {
            let number = entries.get(pixel).copied().unwrap_or_default();
            seen.keep(pixel, number);
            number
        })
    });
    let rows = packed(numbers, width, depth);
    Some(FewColours { colour: ColorType::Indexed, depth, palette, alpha, rows })
}

/// The colours met last, each at a place that it shares with few: pixels beside each other differ, and are soon met again.
struct Seen<const CHANNELS: usize>(Vec<Option<([u8; CHANNELS], u8)>>);

impl<const CHANNELS: usize> Seen<CHANNELS> {
    const PLACES: usize = 1024;

    fn new() -> Self {
        Self(vec![None; Self::PLACES])
    }

    fn number(&self, pixel: &[u8; CHANNELS]) -> Option<u8> {
        self.0[Self::place(pixel)].filter(|(kept, _)| kept == pixel).map(|(_, number)| number)
    }

    fn keep(&mut self, pixel: &[u8; CHANNELS], number: u8) {
        self.0[Self::place(pixel)] = Some((*pixel, number));
    }

    fn place(pixel: &[u8; CHANNELS]) -> usize {
        // Multiplying spreads near colours; the high bits depend on all channels.
        let bytes = pixel.iter().fold(0_u32, |bytes, &channel| bytes << 8 | u32::from(channel));
        (bytes.wrapping_mul(0x9e37_79b1) >> 22) as usize
    }
}

/// Rows of `width` numbers of so many bits, each row of whole bytes.
fn packed(numbers: impl Iterator<Item = u8>, width: usize, depth: BitDepth) -> Vec<u8> {
    let bits = depth as usize;
    let mut rows = Vec::new();
    let mut left = width;
    let mut free = 0;
    for number in numbers {
        if free == 0 {
            rows.push(0);
            free = 8;
        }
        free -= bits;
        if let Some(byte) = rows.last_mut() {
            *byte |= number << free;
        }
        left -= 1;
        if left == 0 {
            (left, free) = (width, 0);
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use image::{GrayImage, Luma, Rgb, RgbImage, Rgba, RgbaImage};

    use super::*;

    #[test]
    fn greys_take_as_many_bits_as_they_need() {
        for (greys, expected) in [
            (vec![0, 255], Some((BitDepth::One, 0b0101_0101))),
            (vec![85, 170], Some((BitDepth::Two, 0b0110_0110))),
            (vec![17, 34], Some((BitDepth::Four, 0x12))),
            (vec![17, 35], None),
        ] {
            let picture = GrayImage::from_fn(8, 2, |x, _| Luma([greys[x as usize % 2]])).into();
            let found = FewColours::of(&picture).map(|few| (few.depth, few.rows[0]));
            assert_eq!(found, expected, "{greys:?}");
        }
    }

    #[test]
    fn colours_become_numbers_and_those_that_are_not_opaque_come_first() {
        let (red, faint) = (Rgba([255, 0, 0, 255]), Rgba([1, 2, 3, 9]));
        let picture = RgbaImage::from_fn(9, 3, |x, _| if x == 8 { faint } else { red }).into();
        let few = FewColours::of(&picture).expect("two colours");
        assert_eq!((few.colour, few.depth), (ColorType::Indexed, BitDepth::One));
        assert_eq!((few.palette, few.alpha), (vec![1, 2, 3, 255, 0, 0], vec![9]));
        assert_eq!(few.rows, [0xff, 0, 0xff, 0, 0xff, 0], "each row begins with a byte");
    }

    #[test]
    fn more_than_256_colours_or_few_pixels_stay_as_they_are() {
        let of = |count: u32| {
            let picture = RgbImage::from_fn(64, 64, |x, y| {
                let number = (y * 64 + x) % count;
                Rgb([number as u8, (number >> 8) as u8, 0])
            });
            FewColours::of(&picture.into()).map(|few| few.palette.len() / 3)
        };
        assert_eq!((of(256), of(257)), (Some(256), None));
        let small = RgbImage::from_fn(9, 9, |x, y| Rgb([x as u8, y as u8, 0]));
        assert_eq!(FewColours::of(&small.into()), None, "its palette would be longer than its pixels");
    }
}
