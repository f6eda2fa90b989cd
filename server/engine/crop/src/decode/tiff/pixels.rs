//! TIFF's samples, gathered from strips and tiles, and what they mean.

use cutline_model::PixelRegion;
use image::{DynamicImage, ImageBuffer, Pixel};

use crate::decode::alpha::divide;
use crate::header::{Meaning, TiffAlpha, TiffLayout, TiffSamples};
use crate::{CropError, colour};

/// The part's samples as they are stored, channel beside channel; `T` holds the deepest of them.
pub(super) struct Gathered<'t, T> {
    layout: &'t TiffLayout,
    kind: &'t TiffSamples,
    region: PixelRegion,
    samples: Vec<T>,
}

/// What a picture's samples are held in: a byte, or two.
pub(super) trait Sample: Copy + Default + Into<u32> + TryFrom<u32> {
    /// The picture of these samples, which mean light and perhaps alpha.
    fn picture(size: (u32, u32), samples: Vec<Self>, is_grey: bool, has_alpha: bool) -> Option<DynamicImage>;
}

impl Sample for u8 {
    fn picture(size: (u32, u32), samples: Vec<Self>, is_grey: bool, has_alpha: bool) -> Option<DynamicImage> {
        match (is_grey, has_alpha) {
            (true, false) => of::<image::Luma<u8>>(size, samples),
            (true, true) => of::<image::LumaA<u8>>(size, samples),
            (false, false) => of::<image::Rgb<u8>>(size, samples),
            (false, true) => of::<image::Rgba<u8>>(size, samples),
        }
    }
}

impl Sample for u16 {
    fn picture(size: (u32, u32), samples: Vec<Self>, is_grey: bool, has_alpha: bool) -> Option<DynamicImage> {
        match (is_grey, has_alpha) {
            (true, false) => of::<image::Luma<u16>>(size, samples),
            (true, true) => of::<image::LumaA<u16>>(size, samples),
            (false, false) => of::<image::Rgb<u16>>(size, samples),
            (false, true) => of::<image::Rgba<u16>>(size, samples),
        }
    }
}

impl<'t, T: Sample> Gathered<'t, T> {
    pub(super) fn new(layout: &'t TiffLayout, region: PixelRegion) -> Self {
        let kind = &layout.samples;
        let length = region.size().area() as usize * usize::from(kind.channels());
        Self { layout, kind, region, samples: vec![T::default(); length] }
    }

    /// Takes `width` pixels of a row of a strip or tile, from its column `left` on, for this place in the part. Of a row that
    /// holds one channel alone, `plane` says which.
    pub(super) fn add(&mut self, row: &[u8], left: u32, place: (u32, u32), width: u32, plane: Option<usize>) {
        let channels = usize::from(self.kind.channels());
        // A row of one channel fills that one, a row of all of them those that are known.
        let (first, count, in_row) = match plane {
            Some(plane) => (plane, 1, 1),
            None => (0, channels, usize::from(self.layout.count)),
        };
        let at = place.1 as usize * self.region.width as usize + place.0 as usize;
        let pixels = self.samples[at * channels..].chunks_exact_mut(channels).take(width as usize);
        for (pixel, column) in pixels.zip(left as usize..) {
            for (index, sample) in pixel[first..first + count].iter_mut().enumerate() {
                let value = sample_at(row, column * in_row + index, self.kind.depth);
                *sample = T::try_from(value.into()).unwrap_or_default();
            }
        }
    }

    /// What the samples mean, as a picture; `profile` says what inks do.
    pub(super) fn into_picture(mut self, profile: Option<&[u8]>) -> Result<DynamicImage, CropError> {
        let size = (self.region.width, self.region.height);
        let channels = usize::from(self.kind.channels());
        let has_alpha = self.kind.alpha != TiffAlpha::None;
        if self.layout.is_white_zero {
            self.each(|place, value, largest| if place == 0 { largest - value } else { value });
        }
        if self.kind.alpha == TiffAlpha::Premultiplied {
            let largest = self.largest();
            divide(&mut self.samples, channels, largest);
        }
        let picture = match &self.kind.meaning {
            Meaning::Grey | Meaning::Rgb => {
                if self.kind.depth < 8 {
                    self.each(|_, value, largest| (value * 255 + largest / 2) / largest);
                }
                T::picture(size, self.samples, self.kind.meaning == Meaning::Grey, has_alpha)
            }
            Meaning::Palette(colours) => {
                u8::picture(size, self.looked_up(colours, has_alpha), false, has_alpha)
            }
            Meaning::Inks => Some(self.printed(profile)?),
        };
        picture.ok_or(CropError::DecoderFailed)
    }

    /// What stands for all of the light.
    fn largest(&self) -> u32 {
        (u16::MAX >> (16 - self.kind.depth)).into()
    }

    /// Changes every sample, by its place in the pixel, its value and the largest one.
    fn each(&mut self, change: impl Fn(usize, u32, u32) -> u32) {
        let largest = self.largest();
        for pixel in self.samples.chunks_exact_mut(usize::from(self.kind.channels())) {
            for (place, sample) in pixel.iter_mut().enumerate() {
                *sample = T::try_from(change(place, (*sample).into(), largest)).unwrap_or_default();
            }
        }
    }

    /// A sample with 8 bits.
    fn in_8_bits(&self, sample: T) -> u8 {
        let largest = self.largest();
        ((sample.into() * 255 + largest / 2) / largest) as u8
    }

    /// The colours of a table for indices, the alpha beside them if there is one.
    fn looked_up(&self, colours: &[u16], has_alpha: bool) -> Vec<u8> {
        let count = colours.len() / 3;
        let area = self.region.size().area() as usize;
        let mut pixels = Vec::with_capacity(area * if has_alpha { 4 } else { 3 });
        for pixel in self.samples.chunks_exact(usize::from(self.kind.channels())) {
            let index = pixel[0].into() as usize;
            pixels.extend([0, 1, 2].map(|channel| (colours[channel * count + index] >> 8) as u8));
            pixels.extend(has_alpha.then(|| self.in_8_bits(pixel[1])));
        }
        pixels
    }

    /// What paper looks like under the inks, and the alpha beside it if there is one.
    fn printed(&self, profile: Option<&[u8]>) -> Result<DynamicImage, CropError> {
        let pixels = || self.samples.chunks_exact(usize::from(self.kind.channels()));
        // Adobe's JPEGs, whose inks the conversion takes, say how much of the light is left.
        let inks: Vec<u8> =
            pixels().flat_map(|pixel| pixel[..4].iter().map(|&ink| 255 - self.in_8_bits(ink))).collect();
        let colours = colour::cmyk_to_rgb(&inks, self.region.width, self.region.height, profile)?;
        if self.kind.alpha == TiffAlpha::None {
            return Ok(colours.into());
        }
        let mut picture = DynamicImage::from(colours).into_rgba8();
        for (pixel, samples) in picture.pixels_mut().zip(pixels()) {
            pixel.0[3] = self.in_8_bits(samples[4]);
        }
        Ok(picture.into())
    }
}

fn of<P: Pixel>((width, height): (u32, u32), samples: Vec<P::Subpixel>) -> Option<DynamicImage>
where
    DynamicImage: From<ImageBuffer<P, Vec<P::Subpixel>>>,
{
    ImageBuffer::<P, _>::from_raw(width, height, samples).map(DynamicImage::from)
}

/// The sample at this place of a row; those of 16 bits are in this machine's order, shorter ones packed from the highest bit
/// on.
fn sample_at(row: &[u8], index: usize, depth: u8) -> u16 {
    match depth {
        16 => u16::from_ne_bytes([row[2 * index], row[2 * index + 1]]),
        8 => row[index].into(),
        _ => {
            let bit = index * usize::from(depth);
            let below = 8 - usize::from(depth) - bit % 8;
            u16::from(row[bit / 8] >> below) & (u16::MAX >> (16 - depth))
        }
    }
}

/// Makes samples of 16 bits this machine's, and of differences to the pixel before what they mean (TIFF 6.0, section 14).
pub(super) fn predict(row: &mut [u8], layout: &TiffLayout) {
    let step = if layout.is_planar { 1 } else { usize::from(layout.count) };
    if layout.samples.depth == 16 {
        for sample in row.chunks_exact_mut(2) {
            let bytes = [sample[0], sample[1]];
            let value =
                if layout.is_big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) };
            sample.copy_from_slice(&value.to_ne_bytes());
        }
        if layout.is_predicted {
            for index in step..row.len() / 2 {
                let value = sample_at(row, index, 16).wrapping_add(sample_at(row, index - step, 16));
                row[2 * index..2 * index + 2].copy_from_slice(&value.to_ne_bytes());
            }
        }
    } else if layout.is_predicted {
        for index in step..row.len() {
            row[index] = row[index].wrapping_add(row[index - step]);
        }
    }
}
