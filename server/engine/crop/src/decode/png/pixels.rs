//! From a line's bytes to pixels: palettes become colours, transparency becomes alpha, fewer than 8 bits become 8.
//!
//! Grey stays grey and 16 bits stay 16. A palette that is too short is black beyond its end, and transparency that fits
//! neither palette nor colour counts for nothing, as in other decoders. Source: PNG, third edition, section 11.3.1.1.

use std::ops::Range;

use image::{DynamicImage, ImageBuffer};

use super::layout::{Colour, Layout};
use super::{broken, failed};
use crate::CropError;

/// What the samples of this picture mean.
pub(super) struct Pixels {
    layout: Layout,
    meaning: Meaning,
}

enum Meaning {
    /// Colours as they are, 8 or 16 bits.
    Plain,
    /// Grey of fewer bits: what to multiply it by, and the sample that is transparent.
    SmallGrey { scale: u8, transparent: Option<u8> },
    /// Grey or RGB with one transparent colour, its bytes as in a line.
    OneTransparent(Vec<u8>),
    /// Indices into these; whether any of them is transparent.
    Palette { colours: Box<[[u8; 4]; 256]>, has_alpha: bool },
}

impl Pixels {
    /// `palette` and `transparency` are the payloads of PLTE and tRNS.
    pub(super) fn new(
        layout: Layout,
        palette: Option<&[u8]>,
        transparency: Option<&[u8]>,
    ) -> Result<Self, CropError> {
        let meaning = match layout.colour {
            Colour::Palette => {
                let palette = palette.ok_or_else(|| broken("its palette is missing"))?;
                Meaning::palette(palette, transparency)
            }
            Colour::Grey if layout.depth < 8 => Meaning::SmallGrey {
                scale: u8::MAX / ((1 << layout.depth) - 1),
                transparent: transparency.and_then(|bytes| bytes.get(1).copied()),
            },
            Colour::Grey => Meaning::one_transparent(layout, transparency, 1),
            Colour::Rgb => Meaning::one_transparent(layout, transparency, 3),
            Colour::GreyAlpha | Colour::Rgba => Meaning::Plain,
        };
        Ok(Self { layout, meaning })
    }

    /// Samples of one pixel when it is made.
    pub(super) fn channels(&self) -> usize {
        let stored = match self.layout.colour {
            Colour::Grey => 1,
            Colour::GreyAlpha => 2,
            Colour::Rgb | Colour::Palette => 3,
            Colour::Rgba => 4,
        };
        let gains_alpha = match &self.meaning {
            Meaning::Plain => false,
            Meaning::SmallGrey { transparent, .. } => transparent.is_some(),
            Meaning::OneTransparent(_) => true,
            Meaning::Palette { has_alpha, .. } => *has_alpha,
        };
        stored + usize::from(gains_alpha)
    }

    /// Whether a sample has 16 bits.
    pub(super) fn is_deep(&self) -> bool {
        self.layout.depth == 16
    }

    /// Bytes of one pixel when it is made.
    pub(super) fn bytes(&self) -> usize {
        self.channels() * if self.is_deep() { 2 } else { 1 }
    }

    /// Makes the pixels of these columns of a line, big end first, into as many bytes as they take.
    pub(super) fn make(&self, line: &[u8], columns: Range<u32>, into: &mut [u8]) {
        match &self.meaning {
            Meaning::Plain => {
                let bytes = self.bytes();
                into.copy_from_slice(&line[columns.start as usize * bytes..columns.end as usize * bytes]);
            }
            Meaning::SmallGrey { scale, transparent: None } => {
                for (pixel, sample) in into.iter_mut().zip(self.samples(line, columns)) {
                    *pixel = sample * scale;
                }
            }
            Meaning::SmallGrey { scale, transparent: Some(transparent) } => {
                for (pixel, sample) in into.as_chunks_mut::<2>().0.iter_mut().zip(self.samples(line, columns))
                {
                    *pixel = [sample * scale, if sample == *transparent { 0 } else { u8::MAX }];
                }
            }
            Meaning::OneTransparent(transparent) => {
                let bytes = transparent.len();
                let line = &line[columns.start as usize * bytes..columns.end as usize * bytes];
                for (pixel, stored) in into.chunks_exact_mut(self.bytes()).zip(line.chunks_exact(bytes)) {
                    let (colour, alpha) = pixel.split_at_mut(bytes);
                    colour.copy_from_slice(stored);
                    alpha.fill(if stored == transparent { 0 } else { u8::MAX });
                }
            }
            Meaning::Palette { colours, has_alpha: true } => {
                for (pixel, index) in into.as_chunks_mut::<4>().0.iter_mut().zip(self.samples(line, columns))
                {
                    *pixel = colours[usize::from(index)];
                }
            }
            Meaning::Palette { colours, has_alpha: false } => {
                for (pixel, index) in into.as_chunks_mut::<3>().0.iter_mut().zip(self.samples(line, columns))
                {
                    let [red, green, blue, _] = colours[usize::from(index)];
                    *pixel = [red, green, blue];
                }
            }
        }
    }

    /// The samples of these columns of a line of up to 8 bits a pixel.
    fn samples(&self, line: &[u8], columns: Range<u32>) -> impl Iterator<Item = u8> {
        let depth = usize::from(self.layout.depth);
        let mask = u8::MAX >> (8 - depth);
        // The leftmost pixel is in the highest bits (section 7.2).
        columns.map(move |column| {
            let bit = column as usize * depth;
            line[bit / 8] >> (8 - depth - bit % 8) & mask
        })
    }

    /// A picture of pixels that were made.
    pub(super) fn picture(&self, made: Made, width: u32, height: u32) -> Result<DynamicImage, CropError> {
        match made {
            Made::Bytes(samples) => match self.channels() {
                1 => ImageBuffer::from_raw(width, height, samples).map(DynamicImage::ImageLuma8),
                2 => ImageBuffer::from_raw(width, height, samples).map(DynamicImage::ImageLumaA8),
                3 => ImageBuffer::from_raw(width, height, samples).map(DynamicImage::ImageRgb8),
                _ => ImageBuffer::from_raw(width, height, samples).map(DynamicImage::ImageRgba8),
            },
            Made::Words(mut samples) => {
                samples.iter_mut().for_each(|sample| *sample = u16::from_be(*sample));
                match self.channels() {
                    1 => ImageBuffer::from_raw(width, height, samples).map(DynamicImage::ImageLuma16),
                    2 => ImageBuffer::from_raw(width, height, samples).map(DynamicImage::ImageLumaA16),
                    3 => ImageBuffer::from_raw(width, height, samples).map(DynamicImage::ImageRgb16),
                    _ => ImageBuffer::from_raw(width, height, samples).map(DynamicImage::ImageRgba16),
                }
            }
        }
        .ok_or_else(failed)
    }
}

impl Meaning {
    fn palette(palette: &[u8], transparency: Option<&[u8]>) -> Self {
        let stated = palette.as_chunks::<3>().0;
        let alphas = transparency.filter(|alphas| alphas.len() <= stated.len());
        let mut colours = Box::new([[0, 0, 0, u8::MAX]; 256]);
        for (index, (colour, stated)) in colours.iter_mut().zip(stated).enumerate() {
            let alpha = alphas.and_then(|alphas| alphas.get(index)).copied().unwrap_or(u8::MAX);
            *colour = [stated[0], stated[1], stated[2], alpha];
        }
        Self::Palette { colours, has_alpha: transparency.is_some() }
    }

    /// The transparent colour is two bytes for each of `channels`, of which a line of 8 bits has the lower.
    fn one_transparent(layout: Layout, transparency: Option<&[u8]>, channels: usize) -> Self {
        match transparency.and_then(|bytes| bytes.get(..2 * channels)) {
            None => Self::Plain,
            Some(bytes) if layout.depth == 16 => Self::OneTransparent(bytes.to_vec()),
            Some(bytes) => Self::OneTransparent(bytes.iter().skip(1).step_by(2).copied().collect()),
        }
    }
}

/// Samples in the making, of 8 bits, or of 16 with the big end first.
pub(super) enum Made {
    Bytes(Vec<u8>),
    Words(Vec<u16>),
}

impl Made {
    /// Room for `bytes` bytes of samples.
    pub(super) fn new(is_deep: bool, bytes: usize) -> Self {
        if is_deep { Self::Words(vec![0; bytes / 2]) } else { Self::Bytes(vec![0; bytes]) }
    }

    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        match self {
            Self::Bytes(samples) => samples,
            Self::Words(samples) => bytemuck::cast_slice_mut(samples),
        }
    }
}
