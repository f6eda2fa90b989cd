//! TIFF's samples, gathered from strips and tiles, and what they mean.

use cutline_model::PixelRegion;
use image::{DynamicImage, ImageBuffer, Pixel};

use crate::decode::Overlap;
use crate::decode::alpha::divide;
use crate::header::{Meaning, TiffAlpha, TiffSamples};
use crate::{CropError, colour};

/// One decoded strip or tile.
pub(super) struct Chunk<'b> {
    pub(super) bytes: &'b [u8],
    /// Bytes of a row; not 0.
    pub(super) stride: usize,
    /// Samples of a pixel.
    pub(super) samples: usize,
    /// Which channel it holds, if not all of them.
    pub(super) plane: Option<usize>,
}

/// The part's samples, channel beside channel.
pub(super) struct Gathered<'t> {
    kind: &'t TiffSamples,
    region: PixelRegion,
    samples: Vec<u16>,
}

impl<'t> Gathered<'t> {
    pub(super) fn new(kind: &'t TiffSamples, region: PixelRegion) -> Self {
        let length = region.size().area() as usize * usize::from(kind.channels());
        Self { kind, region, samples: vec![0; length] }
    }

    /// Takes what of a decoded chunk lies in the part.
    pub(super) fn add(&mut self, chunk: &Chunk<'_>, overlap: Overlap) {
        let channels = usize::from(self.kind.channels());
        // A chunk of one channel fills that one, a chunk of all of them those that are known.
        let (first, count) = chunk.plane.map_or((0, channels.min(chunk.samples)), |plane| (plane, 1));
        let from = overlap.in_frame;
        let rows = chunk.bytes.chunks_exact(chunk.stride).skip(from.top as usize).take(from.height as usize);
        for (row, bytes) in rows.enumerate() {
            let at = (overlap.top as usize + row) * self.region.width as usize + overlap.left as usize;
            let pixels = self.samples[at * channels..].chunks_exact_mut(channels).take(from.width as usize);
            for (pixel, column) in pixels.zip(from.left as usize..) {
                for (index, sample) in pixel[first..first + count].iter_mut().enumerate() {
                    *sample = sample_at(bytes, column * chunk.samples + index, self.kind.depth);
                }
            }
        }
    }

    /// What the samples mean, as a picture; `profile` says what inks do.
    pub(super) fn into_picture(mut self, profile: Option<&[u8]>) -> Result<DynamicImage, CropError> {
        if self.kind.alpha == TiffAlpha::Premultiplied {
            let largest = u16::MAX >> (16 - self.kind.depth);
            divide(&mut self.samples, usize::from(self.kind.channels()), largest.into());
        }
        let (width, height) = (self.region.width, self.region.height);
        let has_alpha = self.kind.alpha != TiffAlpha::None;
        let largest = u16::MAX >> (16 - self.kind.depth);
        let picture = match (&self.kind.meaning, has_alpha) {
            (Meaning::Grey, false) if largest > 255 => of::<image::Luma<u16>>(width, height, self.samples),
            (Meaning::Grey, true) if largest > 255 => of::<image::LumaA<u16>>(width, height, self.samples),
            (Meaning::Rgb, false) if largest > 255 => of::<image::Rgb<u16>>(width, height, self.samples),
            (Meaning::Rgb, true) if largest > 255 => of::<image::Rgba<u16>>(width, height, self.samples),
            (Meaning::Grey, false) => of::<image::Luma<u8>>(width, height, self.in_8_bits()),
            (Meaning::Grey, true) => of::<image::LumaA<u8>>(width, height, self.in_8_bits()),
            (Meaning::Rgb, false) => of::<image::Rgb<u8>>(width, height, self.in_8_bits()),
            (Meaning::Rgb, true) => of::<image::Rgba<u8>>(width, height, self.in_8_bits()),
            (Meaning::Palette(colours), _) => {
                let colours = self.looked_up(colours, has_alpha);
                if has_alpha {
                    of::<image::Rgba<u8>>(width, height, colours)
                } else {
                    of::<image::Rgb<u8>>(width, height, colours)
                }
            }
            (Meaning::Inks, _) => Some(self.printed(profile)?),
        };
        picture.ok_or(CropError::DecoderFailed)
    }

    /// All samples with 8 bits.
    fn in_8_bits(&self) -> Vec<u8> {
        self.samples.iter().map(|&sample| in_8_bits(sample, self.kind.depth)).collect()
    }

    /// The colours of a table for indices, the alpha beside them if there is one.
    fn looked_up(&self, colours: &[u16], has_alpha: bool) -> Vec<u8> {
        let count = colours.len() / 3;
        let mut pixels = Vec::with_capacity(self.samples.len() * 4);
        for pixel in self.samples.chunks_exact(usize::from(self.kind.channels())) {
            let index = usize::from(pixel[0]);
            pixels.extend([0, 1, 2].map(|channel| (colours[channel * count + index] >> 8) as u8));
            pixels.extend(has_alpha.then(|| in_8_bits(pixel[1], self.kind.depth)));
        }
        pixels
    }

    /// What paper looks like under the inks, and the alpha beside it if there is one.
    fn printed(&self, profile: Option<&[u8]>) -> Result<DynamicImage, CropError> {
        let pixels = || self.samples.chunks_exact(usize::from(self.kind.channels()));
        // Adobe's JPEGs, whose inks the conversion takes, say how much of the light is left.
        let inks: Vec<u8> = pixels()
            .flat_map(|pixel| pixel[..4].iter().map(|&ink| 255 - in_8_bits(ink, self.kind.depth)))
            .collect();
        let colours = colour::cmyk_to_rgb(&inks, self.region.width, self.region.height, profile)?;
        if self.kind.alpha == TiffAlpha::None {
            return Ok(colours.into());
        }
        let mut picture = DynamicImage::from(colours).into_rgba8();
        for (pixel, samples) in picture.pixels_mut().zip(pixels()) {
            pixel.0[3] = in_8_bits(samples[4], self.kind.depth);
        }
        Ok(picture.into())
    }
}

fn of<P: Pixel>(width: u32, height: u32, samples: Vec<P::Subpixel>) -> Option<DynamicImage>
where
    DynamicImage: From<ImageBuffer<P, Vec<P::Subpixel>>>,
{
    ImageBuffer::<P, _>::from_raw(width, height, samples).map(DynamicImage::from)
}

/// The sample at this place of a row; the crate gives those of 16 bits in this machine's order, shorter ones packed from
/// the highest bit on.
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

fn in_8_bits(sample: u16, depth: u8) -> u8 {
    let largest = u32::from(u16::MAX >> (16 - depth));
    ((u32::from(sample) * 255 + largest / 2) / largest) as u8
}
