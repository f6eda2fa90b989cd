//! The part of an animation's canvas: frames are drawn on it, and what they leave behind is taken away again.
//!
//! Nothing outside the part is kept: each pixel depends only on what was drawn at its own place.

use cutline_model::PixelRegion;
use image::{Primitive, RgbaImage};

/// A part of a canvas that is transparent at first.
pub(crate) struct Canvas {
    region: PixelRegion,
    picture: RgbaImage,
}

/// What of a frame lies in the part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Overlap {
    /// In pixels of the frame.
    pub(crate) in_frame: PixelRegion,
    /// Where its left and top edge lie in the part.
    pub(crate) left: u32,
    pub(crate) top: u32,
}

/// What of `frame` lies in `region`, both on the canvas; nothing when none of it does.
pub(crate) fn overlap(frame: PixelRegion, region: PixelRegion) -> Option<Overlap> {
    let (begin_x, width) = common((frame.left, frame.width), (region.left, region.width))?;
    let (begin_y, height) = common((frame.top, frame.height), (region.top, region.height))?;
    let in_frame = PixelRegion { left: begin_x - frame.left, top: begin_y - frame.top, width, height };
    Some(Overlap { in_frame, left: begin_x - region.left, top: begin_y - region.top })
}

/// Where two spans (start, extent) overlap.
fn common(a: (u32, u32), b: (u32, u32)) -> Option<(u32, u32)> {
    let begin = a.0.max(b.0);
    let end = a.0.saturating_add(a.1).min(b.0.saturating_add(b.1));
    (begin < end).then(|| (begin, end - begin))
}

impl Canvas {
    /// The part `region` of a canvas.
    pub(crate) fn new(region: PixelRegion) -> Self {
        Self { region, picture: RgbaImage::new(region.width, region.height) }
    }

    /// What is seen now.
    pub(crate) fn picture(&self) -> &RgbaImage {
        &self.picture
    }

    /// What is seen at last.
    pub(crate) fn into_picture(self) -> RgbaImage {
        self.picture
    }

    /// What of `frame` lies in the part.
    pub(crate) fn overlap(&self, frame: PixelRegion) -> Option<Overlap> {
        overlap(frame, self.region)
    }

    /// Draws `pixels`, the frame's pixels in the part, over what is there, or in place of it.
    pub(crate) fn draw(&mut self, overlap: Overlap, pixels: &RgbaImage, is_blended: bool) {
        for (row, pixels) in self.rows(overlap).zip(pixels.chunks_exact(pixels.width() as usize * 4)) {
            if is_blended {
                for (below, above) in row.as_chunks_mut::<4>().0.iter_mut().zip(pixels.as_chunks::<4>().0) {
                    lay_over(below, above);
                }
            } else {
                row.copy_from_slice(pixels);
            }
        }
    }

    /// Makes the place of a frame transparent.
    pub(crate) fn clear(&mut self, overlap: Overlap) {
        self.rows(overlap).for_each(|row| row.fill(0));
    }

    /// What is seen where a frame lies.
    pub(crate) fn samples(&mut self, overlap: Overlap) -> Vec<u8> {
        self.rows(overlap).flat_map(|row| row.iter().copied()).collect()
    }

    /// Puts back what was seen where a frame lies.
    pub(crate) fn restore(&mut self, overlap: Overlap, samples: &[u8]) {
        let rows = samples.chunks_exact(overlap.in_frame.width as usize * 4);
        self.rows(overlap).zip(rows).for_each(|(row, before)| row.copy_from_slice(before));
    }

    /// The samples of the rows where a frame lies.
    pub(crate) fn rows(&mut self, overlap: Overlap) -> impl Iterator<Item = &mut [u8]> {
        let Overlap { in_frame, left, top } = overlap;
        let stride = self.picture.width() as usize * 4;
        let begin = left as usize * 4;
        let end = begin + in_frame.width as usize * 4;
        let rows = self.picture.chunks_exact_mut(stride);
        rows.skip(top as usize).take(in_frame.height as usize).map(move |row| &mut row[begin..end])
    }
}

/// Porter-Duff's "over" on a pixel whose colours are not multiplied by its opacity, which stands last; each sample rounded once.
pub(crate) fn lay_over<T: Primitive + Into<u64>>(below: &mut [T], above: &[T]) {
    let (Some(&behind), Some(&opacity)) = (below.last(), above.last()) else { return };
    let most: u64 = T::DEFAULT_MAX_VALUE.into();
    let (behind, opacity): (u64, u64) = (behind.into(), opacity.into());
    if opacity == 0 {
        return;
    }
    if opacity == most || behind == 0 {
        return below.copy_from_slice(above);
    }
    // What each contributes, in units of `most` squared.
    let (front, back) = (opacity * most, behind * (most - opacity));
    let both = front + back;
    let last = below.len() - 1;
    for (below, above) in below.iter_mut().zip(above).take(last) {
        let (over, under): (u64, u64) = ((*above).into(), (*below).into());
        *below = sample((over * front + under * back + both / 2) / both);
    }
    below[last] = sample((both + most / 2) / most);
}

fn sample<T: Primitive>(value: u64) -> T {
    T::from(value).unwrap_or(T::DEFAULT_MAX_VALUE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(left: u32, top: u32, width: u32, height: u32) -> PixelRegion {
        PixelRegion { left, top, width, height }
    }

    #[test]
    fn a_frame_overlaps_with_what_lies_in_the_part() {
        let part = region(10, 20, 30, 40);
        let whole = Overlap { in_frame: part, left: 0, top: 0 };
        assert_eq!(overlap(region(0, 0, 100, 100), part), Some(whole));
        let corner = Overlap { in_frame: region(0, 0, 5, 7), left: 25, top: 33 };
        assert_eq!(overlap(region(35, 53, 50, 50), part), Some(corner));
        for beside in [region(0, 0, 10, 100), region(40, 20, 5, 5), region(0, 60, 99, 1)] {
            assert_eq!(overlap(beside, part), None);
        }
        assert_eq!(overlap(region(u32::MAX, 0, u32::MAX, 1), part), None);
    }

    #[test]
    fn blending_is_exact_to_half_a_step() {
        for opacity in 0..=255_u8 {
            for behind in (0..=255).step_by(5) {
                for (colour, under) in [(0, 255), (200, 13), (255, 0), (77, 78)] {
                    let mut pixel = [under, under, under, behind];
                    lay_over(&mut pixel, &[colour, colour, colour, opacity]);
                    let (a, b) = (f64::from(opacity) / 255.0, f64::from(behind) / 255.0);
                    let alpha = a + b * (1.0 - a);
                    assert!(
                        (f64::from(pixel[3]) / 255.0 - alpha).abs() <= 0.501 / 255.0,
                        "{opacity} {behind}"
                    );
                    if pixel[3] > 0 {
                        let mixed = (f64::from(colour) * a + f64::from(under) * b * (1.0 - a)) / alpha;
                        assert!((f64::from(pixel[0]) - mixed).abs() <= 0.501, "{opacity} {behind}");
                    }
                }
            }
        }
    }
}
