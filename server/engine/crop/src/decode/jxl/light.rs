//! Colours of a picture stored with loss, from the decoder's own to those that the file declares.
//!
//! On the way to other primaries than those of sRGB the decoder leaves out what sRGB does not have, and above 255 nits it
//! maps tones, though the curve is not one of HDR (jxl-color 0.11, `ColorTransform`). So it is asked for light by the
//! primaries of sRGB, which it gives with what lies below 0 and above 1, and the rest is done here.

use std::sync::Arc;

use jxl_oxide::color::ColourEncoding;
use jxl_oxide::{EnumColourEncoding, JxlImage, RenderingIntent, color::TransferFunction};
use moxcms::{
    Chromaticity, ColorPrimaries, ColorProfile, Layout, ToneReprCurve, TransformExecutor, TransformOptions,
};

use super::broken;
use crate::CropError;

/// Above this many nits for white the decoder maps tones, unless it is asked for a curve of HDR.
const MAPPED_ABOVE_NITS: f32 = 255.0;
/// The brightest light of PQ (SMPTE ST 2084).
const PQ_NITS: f32 = 10_000.0;
/// Primaries around all colours that there are (ACES, SMPTE ST 2065-1), with the white of sRGB.
const WIDEST: ColorPrimaries = ColorPrimaries {
    red: Chromaticity { x: 0.7347, y: 0.2653 },
    green: Chromaticity { x: 0.0, y: 1.0 },
    blue: Chromaticity { x: 0.0001, y: -0.077 },
};
const WHITE: Chromaticity = Chromaticity { x: 0.3127, y: 0.3290 };

/// How the light that the decoder gives becomes samples.
pub(super) struct Light {
    /// How bright the picture's white is, where light comes as PQ; else it comes as it is.
    pq_white_nits: Option<f32>,
    /// Grey becomes that of sRGB.
    colours: Option<Colours>,
}

/// From light by the primaries of sRGB to light by others, and from there to the picture's own colours.
struct Colours {
    moved: [[f32; 3]; 3],
    transform: Arc<dyn TransformExecutor<u16> + Send + Sync>,
}

impl Light {
    /// Asks the decoder for light, where it would not give the declared colours (`profile`, if that is how they are
    /// declared) by itself.
    pub(super) fn ask(image: &mut JxlImage, profile: Option<&[u8]>) -> Result<Option<Self>, CropError> {
        let metadata = &image.image_header().metadata;
        let (is_grey, nits) = (metadata.grayscale(), metadata.tone_mapping.intensity_target);
        let is_mapped = nits > MAPPED_ABOVE_NITS;
        let declared = match &metadata.colour_encoding {
            ColourEncoding::Enum(colours) if colours.is_srgb() => None,
            ColourEncoding::Enum(colours) => Some(jxl_color::icc::colour_encoding_to_icc(colours)),
            ColourEncoding::IccProfile(_) => profile.map(<[u8]>::to_vec),
        };
        if !metadata.xyb_encoded || !is_mapped && (is_grey || declared.is_none()) {
            return Ok(None);
        }
        let colours = if is_grey { None } else { Some(Colours::new(declared.as_deref())?) };
        let make = if is_grey { EnumColourEncoding::gray_srgb } else { EnumColourEncoding::srgb };
        let tf = if is_mapped { TransferFunction::Pq } else { TransferFunction::Linear };
        image.request_color_encoding(EnumColourEncoding { tf, ..make(RenderingIntent::Relative) });
        Ok(Some(Self { pq_white_nits: is_mapped.then_some(nits), colours }))
    }

    /// Makes samples of 16 bits of a row of pixels, `channels` numbers each, the last of an even number alpha.
    pub(super) fn paint(&self, row: &[f32], channels: usize, samples: &mut [u16]) -> Result<(), CropError> {
        let light = |value: f32| self.pq_white_nits.map_or(value, |nits| from_pq(value) * PQ_NITS / nits);
        for (pixel, painted) in row.chunks_exact(channels).zip(samples.chunks_exact_mut(channels)) {
            if channels.is_multiple_of(2) {
                painted[channels - 1] = sample(pixel[channels - 1]);
            }
            if self.colours.is_none() {
                painted[0] = sample(srgb_curve(light(pixel[0])));
            }
        }
        let Some(Colours { moved, transform }) = &self.colours else { return Ok(()) };
        let mut moved_light = Vec::with_capacity(row.len() / channels * 3);
        for pixel in row.chunks_exact(channels) {
            let [red, green, blue] = [light(pixel[0]), light(pixel[1]), light(pixel[2])];
            // The root is the curve of the profile.
            moved_light
                .extend(moved.map(|[r, g, b]| sample((r * red + g * green + b * blue).max(0.0).sqrt())));
        }
        let mut painted = vec![0; moved_light.len()];
        transform.transform(&moved_light, &mut painted).map_err(|_| CropError::DecoderFailed)?;
        for (pixel, colours) in samples.chunks_exact_mut(channels).zip(painted.chunks_exact(3)) {
            pixel[..3].copy_from_slice(colours);
        }
        Ok(())
    }
}

impl Colours {
    /// To the colours of this profile, else to sRGB.
    fn new(profile: Option<&[u8]>) -> Result<Self, CropError> {
        let unusable = || broken("colours cannot be made by its profile");
        let own = match profile {
            Some(profile) => ColorProfile::new_from_slice(profile).map_err(|_| unusable())?,
            None => ColorProfile::new_srgb(),
        };
        let srgb = ColorProfile::new_srgb();
        // With the same primaries only the curve is left to the transform, which rounds what it multiplies.
        let has_primaries = has_primaries(&own);
        let mut carrier = if has_primaries { own.clone() } else { srgb.clone() };
        if !has_primaries {
            carrier.update_rgb_colorimetry(WHITE.to_xyyb(), WIDEST);
        }
        carrier.cicp = None;
        let root = Some(ToneReprCurve::Parametric(vec![2.0]));
        (carrier.red_trc, carrier.green_trc, carrier.blue_trc) = (root.clone(), root.clone(), root);
        let options = TransformOptions { prefer_fixed_point: false, ..TransformOptions::default() };
        let transform = carrier
            .create_transform_16bit(Layout::Rgb, &own, Layout::Rgb, options)
            .map_err(|_| unusable())?;
        let moved = srgb.transform_matrix(&carrier).v.map(|row| row.map(|number| number as f32));
        Ok(Self { moved, transform })
    }
}

/// Whether a profile is primaries and curves, and no tables.
fn has_primaries(profile: &ColorProfile) -> bool {
    let tables = [
        &profile.lut_a_to_b_perceptual,
        &profile.lut_a_to_b_colorimetric,
        &profile.lut_a_to_b_saturation,
        &profile.lut_b_to_a_perceptual,
        &profile.lut_b_to_a_colorimetric,
        &profile.lut_b_to_a_saturation,
    ];
    tables.into_iter().all(Option::is_none)
        && profile.colorant_matrix().determinant().is_some_and(|area| area > 0.0)
}

/// The nearest of 65,536 steps.
fn sample(value: f32) -> u16 {
    (value * 65_535.0 + 0.5) as u16
}

/// The curve of sRGB (IEC 61966-2-1).
fn srgb_curve(light: f32) -> f32 {
    if light <= 0.003_130_8 { 12.92 * light } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 }
}

/// Light of the brightest that PQ has; what is below none stays below (SMPTE ST 2084, section 5.1).
fn from_pq(value: f32) -> f32 {
    const M1: f32 = 2610.0 / 16_384.0;
    const M2: f32 = 2523.0 / 4096.0 * 128.0;
    const C1: f32 = 3424.0 / 4096.0;
    const C2: f32 = 2413.0 / 4096.0 * 32.0;
    const C3: f32 = 2392.0 / 4096.0 * 32.0;
    let root = value.abs().powf(1.0 / M2);
    ((root - C1).max(0.0) / (C2 - C3 * root)).powf(1.0 / M1).copysign(value)
}
