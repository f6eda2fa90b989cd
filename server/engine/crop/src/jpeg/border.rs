//! The border of a part that is decoded at a fraction of its size, made of the part's own pixels only.
//!
//! A block is transformed as a whole: what lies in it beyond the part's edge shows in all that is left of it, and one pixel
//! in two, four or eight may stand on both sides of the edge. There the part is decoded fully, and what becomes a pixel is
//! the mean of those inside. The edge of the picture counts too: its last blocks may hold what was cropped away before.

use cutline_model::{PixelRegion, Size};
use image::DynamicImage;

use super::frame::Frame;
use super::{Small, part};
use crate::header::Header;
use crate::{CropError, CropLimits, Source};

/// Replaces the pixels of `picture` in which others than those `inside` can show; `outside` is what it shows, counted in
/// its own pixels. Both count from where `small` begins.
pub(super) fn mend(
    picture: &mut DynamicImage,
    outside: PixelRegion,
    inside: PixelRegion,
    one_in: u32,
    small: &Small,
    header: &Header,
    limits: &CropLimits,
) -> Result<(), CropError> {
    let strips = strips(&small.frame, inside, one_in);
    if strips.is_empty() {
        return Ok(());
    }
    let stored = Size::new(small.frame.width, small.frame.height).ok_or(CropError::DecoderFailed)?;
    let whole = header;
    let header = Header { stored, ..header.clone() };
    // The part's JPEG and the picture stay where they are meanwhile.
    let held = (small.bytes.len() + picture.as_bytes().len()) as u64;
    let left = CropLimits { max_decode_bytes: limits.max_decode_bytes.saturating_sub(held), ..*limits };
    for strip in strips {
        let decoded = part(&mut Source::from(&small.bytes[..]), &header, strip, &left);
        let decoded = decoded.map_err(|error| match error {
            CropError::TooMuchMemory { needed, .. } => {
                whole.too_much_memory(needed.saturating_add(held), 0, limits)
            }
            error => error,
        })?;
        put(picture, outside, &decoded.pixels.into_first(), strip, one_in)?;
    }
    Ok(())
}

/// Where pixels from beyond `inside` can show: at its left, right, upper and lower edge, as far as there.
fn strips(frame: &Frame, inside: PixelRegion, one_in: u32) -> Vec<PixelRegion> {
    let most = |of: fn(&super::frame::Component) -> u32| frame.components.iter().map(of).max().unwrap_or(1);
    let (across, down) = (most(|component| component.across), most(|component| component.down));
    // Colour of fewer samples is left as it is where that makes up for the fraction, and smoothed over the edges of blocks
    // where it does not.
    let is_smoothed = frame.components.iter().any(|component| {
        let (wide, high) = (across / component.across, down / component.down);
        wide != high || wide > one_in || across % component.across + down % component.down > 0
    });
    let reach = if is_smoothed { one_in } else { 0 };
    let PixelRegion { left, top, width, height } = inside;
    let (at_left, at_right) = depths(left, width, frame.width, frame.mcu_width, reach);
    let (at_top, at_bottom) = depths(top, height, frame.height, frame.mcu_height, reach);
    [
        PixelRegion { width: at_left, ..inside },
        PixelRegion { left: left + width - at_right, width: at_right, ..inside },
        PixelRegion { height: at_top, ..inside },
        PixelRegion { top: top + height - at_bottom, height: at_bottom, ..inside },
    ]
    .into_iter()
    .filter(|strip| strip.width > 0 && strip.height > 0)
    .collect()
}

/// How far pixels from beyond reach into a span at its beginning and its end: over the MCU in which it begins or ends, and
/// `reach` pixels of the next. Beyond a picture's own edge there are none, where it is an MCU's too.
fn depths(begin: u32, length: u32, whole: u32, mcu: u32, reach: u32) -> (u32, u32) {
    let end = begin + length;
    let at_begin = if begin == 0 { 0 } else { begin.next_multiple_of(mcu) + reach - begin };
    let is_own_edge = end == whole && end.is_multiple_of(mcu);
    let at_end = if is_own_edge { 0 } else { end % mcu + reach };
    (at_begin.min(length), at_end.min(length))
}

/// Puts the means of the pixels of `strip` where they belong.
fn put(
    picture: &mut DynamicImage,
    outside: PixelRegion,
    full: &DynamicImage,
    strip: PixelRegion,
    one_in: u32,
) -> Result<(), CropError> {
    let channels = usize::from(picture.color().channel_count());
    if full.color() != picture.color() {
        return Err(CropError::DecoderFailed);
    }
    let stride = outside.width as usize * channels;
    let samples: &mut [u8] = match picture {
        DynamicImage::ImageLuma8(picture) => picture,
        DynamicImage::ImageRgb8(picture) => picture,
        _ => return Err(CropError::DecoderFailed),
    };
    let full_stride = strip.width as usize * channels;
    let (right, bottom) = (strip.left + strip.width, strip.top + strip.height);
    for row in strip.top / one_in..bottom.div_ceil(one_in) {
        let upper = (row * one_in).max(strip.top) - strip.top;
        let lower = ((row + 1) * one_in).min(bottom) - strip.top;
        for column in strip.left / one_in..right.div_ceil(one_in) {
            let first = (column * one_in).max(strip.left) - strip.left;
            let last = ((column + 1) * one_in).min(right) - strip.left;
            let count = (lower - upper) * (last - first);
            let place = (row - outside.top) as usize * stride + (column - outside.left) as usize * channels;
            for channel in 0..channels {
                let sum: u32 = (upper..lower)
                    .flat_map(|y| (first..last).map(move |x| (x as usize, y as usize)))
                    .map(|(x, y)| u32::from(full.as_bytes()[y * full_stride + x * channels + channel]))
                    .sum();
                samples[place + channel] = ((sum + count / 2) / count) as u8;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_border_is_as_deep_as_others_pixels_reach() {
        for (begin, length, whole, mcu, reach, expected) in [
            (0, 64, 64, 16, 0, (0, 0)),
            (0, 64, 64, 16, 2, (0, 0)),
            (0, 61, 61, 16, 0, (0, 13)),
            (16, 32, 64, 16, 0, (0, 0)),
            (16, 32, 64, 16, 2, (2, 2)),
            (17, 32, 64, 16, 0, (15, 1)),
            (17, 32, 64, 16, 2, (17, 3)),
            (17, 4, 64, 16, 0, (4, 4)),
        ] {
            assert_eq!(depths(begin, length, whole, mcu, reach), expected, "{begin}, {length} of {whole}");
        }
    }
}
