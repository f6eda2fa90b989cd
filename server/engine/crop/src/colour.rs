//! Colours that stay what they were: CMYK to RGB, profiles to sRGB, and which profile stands beside the part.
//!
//! A picture keeps its profile wherever the format written can hold it; pixels change only where it cannot. Conversion
//! is by the profile's perceptual table without black point compensation, as browsers do, and lcms2 by default between
//! version 2 profiles: the part looks as the picture did where it was selected. A profile that cannot be read counts for nothing, as in browsers.

mod png_chunks;

use image::{DynamicImage, ImageBuffer, RgbImage};
use moxcms::{
    ColorProfile, DataColorSpace, Layout, RenderingIntent, ToneReprCurve, Transform8BitExecutor,
    TransformExecutor, TransformOptions,
};

use crate::header::Header;
use crate::part::Part;
use crate::{CropError, Format};

use png_chunks::Meaning;

/// Where an ICC profile says what kind of colour it describes (ICC.1:2022, section 7.2).
const KIND: std::ops::Range<usize> = 16..20;
/// How many pixels are converted at once, so that what is made on the way stays small.
const BAND_PIXELS: usize = 1 << 14;

/// The part as `format` can hold its colours; `header` then says which profile belongs beside it.
///
/// PNG holds everything. JPEG holds any profile, so what a PNG says in its short chunks becomes one. WebP holds no grey
/// profile and GIF none at all: pixels become sRGB. HDR needs PNG, since nothing here maps its tones.
pub(crate) fn for_format(part: Part, header: &mut Header, format: Format) -> Result<Part, CropError> {
    forget_cmyk(header);
    if format == Format::Png {
        return Ok(part);
    }
    let profile = take_profile(&part, header)?;
    let is_kept = match format {
        Format::Jpeg => true,
        Format::WebP => profile.as_ref().is_some_and(|profile| profile.get(KIND) == Some(b"RGB ")),
        _ => false,
    };
    match profile {
        Some(profile) if !is_kept => part.try_map(|picture| to_srgb(picture, &profile)),
        profile => {
            header.profile = profile;
            Ok(part)
        }
    }
}

/// The part in sRGB, so that nothing need be said beside it; HDR is refused.
pub(crate) fn in_srgb(part: Part, header: &mut Header) -> Result<Part, CropError> {
    forget_cmyk(header);
    let profile = take_profile(&part, header)?;
    header.colour_chunks.clear();
    match profile {
        Some(profile) => part.try_map(|picture| to_srgb(picture, &profile)),
        None => Ok(part),
    }
}

/// CMYK was made sRGB when it was decoded.
fn forget_cmyk(header: &mut Header) {
    header.profile.take_if(|profile| profile.get(KIND) == Some(b"CMYK"));
}

/// What the source says of the part's colours, as a profile; nothing for sRGB.
fn take_profile(part: &Part, header: &mut Header) -> Result<Option<Vec<u8>>, CropError> {
    let is_grey = match part {
        Part::Still(picture) => !picture.color().has_color(),
        Part::Moving(_) => false,
    };
    match png_chunks::meaning(&header.colour_chunks, header.profile.is_some(), is_grey) {
        Meaning::Nothing => Ok(header.profile.take()),
        Meaning::Srgb => Ok(None),
        Meaning::Profile(profile) => Ok(Some(profile)),
        Meaning::Hdr => Err(CropError::HdrNeedsPng),
    }
}

/// Whether the picture is HDR, which only PNG keeps.
pub(crate) fn is_hdr(header: &Header) -> bool {
    matches!(png_chunks::meaning(&header.colour_chunks, header.profile.is_some(), false), Meaning::Hdr)
}

/// CMYK `samples` as libjpeg hands them out from a file by Adobe (255 is no ink) as sRGB, by `profile`, else by the
/// plain formula of browsers: what paper reflects under two inks is the product of what each lets through.
pub(crate) fn cmyk_to_rgb(
    samples: &[u8],
    width: u32,
    height: u32,
    profile: Option<&[u8]>,
) -> Result<RgbImage, CropError> {
    let area = width as usize * height as usize;
    if samples.len() != 4 * area {
        return Err(failed());
    }
    let mut pixels = vec![0; 3 * area];
    match profile.and_then(cmyk_transform) {
        Some(transform) => {
            let mut inks = Vec::with_capacity(4 * BAND_PIXELS);
            let bands = samples.chunks(4 * BAND_PIXELS).zip(pixels.chunks_mut(3 * BAND_PIXELS));
            for (samples, pixels) in bands {
                inks.clear();
                inks.extend(samples.iter().map(|sample| 255 - sample));
                transform.transform(&inks, pixels).map_err(|_| failed())?;
            }
        }
        None => {
            for (samples, pixel) in samples.chunks_exact(4).zip(pixels.chunks_exact_mut(3)) {
                for (colour, sample) in pixel.iter_mut().zip(&samples[..3]) {
                    *colour = ((u16::from(*sample) * u16::from(samples[3]) + 127) / 255) as u8;
                }
            }
        }
    }
    ImageBuffer::from_raw(width, height, pixels).ok_or_else(failed)
}

/// The picture in sRGB: 8 bits stay 8 and 16 stay 16, grey stays grey, alpha is not touched.
pub(crate) fn to_srgb(picture: DynamicImage, profile: &[u8]) -> Result<DynamicImage, CropError> {
    let Ok(profile) = ColorProfile::new_from_slice(profile) else { return Ok(picture) };
    let has_alpha = picture.color().has_alpha();
    let is_grey = !picture.color().has_color();
    let (layout, srgb) = match (is_grey, has_alpha) {
        (true, false) => (Layout::Gray, srgb_grey()),
        (true, true) => (Layout::GrayAlpha, srgb_grey()),
        (false, false) => (Layout::Rgb, ColorProfile::new_srgb()),
        (false, true) => (Layout::Rgba, ColorProfile::new_srgb()),
    };
    let fits = profile.color_space == if is_grey { DataColorSpace::Gray } else { DataColorSpace::Rgb };
    if !fits {
        return Ok(picture);
    }
    let by_8 = || profile.create_transform_8bit(layout, &srgb, layout, options()).ok();
    let by_16 = || profile.create_transform_16bit(layout, &srgb, layout, options()).ok();
    Ok(match picture {
        DynamicImage::ImageLuma8(picture) => converted(picture, by_8().as_deref())?.into(),
        DynamicImage::ImageLumaA8(picture) => converted(picture, by_8().as_deref())?.into(),
        DynamicImage::ImageRgb8(picture) => converted(picture, by_8().as_deref())?.into(),
        DynamicImage::ImageRgba8(picture) => converted(picture, by_8().as_deref())?.into(),
        DynamicImage::ImageLuma16(picture) => converted(picture, by_16().as_deref())?.into(),
        DynamicImage::ImageLumaA16(picture) => converted(picture, by_16().as_deref())?.into(),
        DynamicImage::ImageRgb16(picture) => converted(picture, by_16().as_deref())?.into(),
        DynamicImage::ImageRgba16(picture) => converted(picture, by_16().as_deref())?.into(),
        picture => picture,
    })
}

/// Every sample of `picture` by `transform`, a row at a time in place of the old one.
fn converted<P, T>(
    mut picture: ImageBuffer<P, Vec<T>>,
    transform: Option<&(dyn TransformExecutor<T> + Send + Sync)>,
) -> Result<ImageBuffer<P, Vec<T>>, CropError>
where
    P: image::Pixel<Subpixel = T>,
    T: image::Primitive + Copy + Default,
{
    let Some(transform) = transform else { return Ok(picture) };
    let row_samples = picture.width() as usize * usize::from(P::CHANNEL_COUNT);
    let mut before = vec![T::DEFAULT_MIN_VALUE; row_samples];
    let samples: &mut [T] = &mut picture;
    for row in samples.chunks_exact_mut(row_samples) {
        before.copy_from_slice(row);
        transform.transform(&before, row).map_err(|_| failed())?;
    }
    Ok(picture)
}

fn cmyk_transform(profile: &[u8]) -> Option<std::sync::Arc<Transform8BitExecutor>> {
    let profile = ColorProfile::new_from_slice(profile).ok()?;
    let is_cmyk = profile.color_space == DataColorSpace::Cmyk;
    let srgb = ColorProfile::new_srgb();
    is_cmyk.then(|| profile.create_transform_8bit(Layout::Rgba, &srgb, Layout::Rgb, options()).ok())?
}

fn options() -> TransformOptions {
    TransformOptions { rendering_intent: RenderingIntent::Perceptual, ..TransformOptions::default() }
}

/// Grey whose tones are those of sRGB.
fn srgb_grey() -> ColorProfile {
    grey(ColorProfile::new_srgb().red_trc)
}

fn grey(curve: Option<ToneReprCurve>) -> ColorProfile {
    let mut profile = ColorProfile::new_gray_with_gamma(1.0);
    profile.gray_trc = curve;
    profile
}

/// Pixels and their size disagree, which is our mistake.
fn failed() -> CropError {
    CropError::DecoderFailed
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage, Rgba, RgbaImage};

    use super::*;

    /// Display P3 and the sRGB of the same light, by the standards' primaries and curves in double precision; what lies
    /// outside sRGB is clipped.
    const P3_AND_SRGB: [([u8; 3], [u8; 3]); 8] = [
        ([0, 0, 0], [0, 0, 0]),
        ([128, 128, 128], [128, 128, 128]),
        ([255, 255, 255], [255, 255, 255]),
        ([200, 100, 50], [215, 93, 31]),
        ([90, 160, 120], [61, 162, 117]),
        ([60, 80, 190], [54, 81, 197]),
        ([180, 170, 60], [182, 170, 24]),
        ([255, 0, 0], [255, 0, 0]),
    ];

    fn display_p3() -> Vec<u8> {
        ColorProfile::new_display_p3().encode().expect("a profile")
    }

    #[test]
    fn wide_gamut_becomes_the_srgb_of_the_same_light_and_alpha_is_not_touched() {
        for (p3, srgb) in P3_AND_SRGB {
            let picture = RgbaImage::from_pixel(3, 2, Rgba([p3[0], p3[1], p3[2], 77]));
            let made = to_srgb(picture.into(), &display_p3()).expect("converted").into_rgba8();
            let Rgba([r, g, b, alpha]) = *made.get_pixel(2, 1);
            let worst = [r, g, b].iter().zip(srgb).map(|(made, wanted)| made.abs_diff(wanted)).max();
            assert!(worst <= Some(1), "{p3:?} became {:?}, not {srgb:?}", [r, g, b]);
            assert_eq!(alpha, 77);
        }
    }

    #[test]
    fn sixteen_bits_stay_sixteen() {
        let picture = image::ImageBuffer::from_pixel(2, 2, Rgb([200_u16 * 257, 100 * 257, 50 * 257]));
        let made = to_srgb(DynamicImage::ImageRgb16(picture), &display_p3()).expect("converted");
        let DynamicImage::ImageRgb16(made) = made else { panic!("{:?}", made.color()) };
        for (made, wanted) in made.get_pixel(0, 0).0.iter().zip([215_u16, 93, 31]) {
            assert!(made.abs_diff(wanted * 257) <= 200, "{made} for {}", wanted * 257);
        }
    }

    #[test]
    fn inks_without_a_profile_are_multiplied_as_browsers_do() {
        // As Adobe stores them: 255 is no ink.
        for (inks, rgb) in [
            ([255, 255, 255, 255], [255, 255, 255]),
            ([0, 255, 255, 255], [0, 255, 255]),
            ([255, 255, 255, 0], [0, 0, 0]),
            ([128, 64, 255, 128], [64, 32, 128]),
        ] {
            let made = cmyk_to_rgb(&inks, 1, 1, None).expect("converted");
            assert_eq!(made.get_pixel(0, 0).0, rgb, "{inks:?}");
        }
    }

    #[test]
    fn a_profile_that_cannot_be_read_or_is_for_other_pixels_changes_nothing() {
        let picture = DynamicImage::from(RgbImage::from_pixel(2, 2, Rgb([9, 99, 199])));
        let grey = ColorProfile::new_gray_with_gamma(2.2).encode().expect("a profile");
        for profile in [b"no profile".to_vec(), grey] {
            assert_eq!(to_srgb(picture.clone(), &profile).expect("left"), picture);
        }
    }
}
