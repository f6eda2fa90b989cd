//! Colours taken out of a picture: shades of grey, or black and white alone; and white put behind what is transparent.
//!
//! Every pixel is judged by itself, so that the tiles of one picture fit together: no dithering, no threshold that
//! depends on what else is in the part.

use image::{DynamicImage, Primitive};
use serde::{Deserialize, Serialize};

/// What becomes of a picture's colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tone {
    /// They stay.
    #[default]
    Full,
    /// Shades of grey by luminance; alpha stays.
    Grey,
    /// Black where the grey is darker than its middle, else white, as on white paper: alpha is gone.
    Bitonal,
}

/// The first grey that becomes white.
const MIDDLE: u8 = 128;

/// The picture, which is in sRGB, in that tone.
pub(crate) fn toned(picture: DynamicImage, tone: Tone) -> DynamicImage {
    match tone {
        Tone::Full => picture,
        Tone::Grey => grey(picture),
        Tone::Bitonal => {
            let mut picture = grey(on_white(picture)).into_luma8();
            picture.pixels_mut().for_each(|pixel| pixel.0[0] = if pixel.0[0] < MIDDLE { 0 } else { u8::MAX });
            picture.into()
        }
    }
}

fn grey(picture: DynamicImage) -> DynamicImage {
    match picture {
        DynamicImage::ImageRgb8(_) => picture.into_luma8().into(),
        DynamicImage::ImageRgba8(_) => picture.into_luma_alpha8().into(),
        DynamicImage::ImageRgb16(_) => picture.into_luma16().into(),
        DynamicImage::ImageRgba16(_) => picture.into_luma_alpha16().into(),
        picture => picture,
    }
}

/// The picture as it looks on white paper; without alpha it stays as it is.
pub(crate) fn on_white(picture: DynamicImage) -> DynamicImage {
    match picture {
        DynamicImage::ImageLumaA8(mut picture) => {
            picture.pixels_mut().for_each(|pixel| blend(pixel.0.split_at_mut(1)));
            DynamicImage::from(picture).into_luma8().into()
        }
        DynamicImage::ImageLumaA16(mut picture) => {
            picture.pixels_mut().for_each(|pixel| blend(pixel.0.split_at_mut(1)));
            DynamicImage::from(picture).into_luma16().into()
        }
        DynamicImage::ImageRgba8(mut picture) => {
            picture.pixels_mut().for_each(|pixel| blend(pixel.0.split_at_mut(3)));
            DynamicImage::from(picture).into_rgb8().into()
        }
        DynamicImage::ImageRgba16(mut picture) => {
            picture.pixels_mut().for_each(|pixel| blend(pixel.0.split_at_mut(3)));
            DynamicImage::from(picture).into_rgb16().into()
        }
        picture => picture,
    }
}

/// Mixes each colour with white by the opacity that stands behind them.
fn blend<T: Primitive + Into<u32> + TryFrom<u32>>((colours, alpha): (&mut [T], &mut [T])) {
    let (full, opacity) = (T::DEFAULT_MAX_VALUE.into(), alpha[0].into());
    for colour in colours {
        let shade: u32 = (*colour).into();
        let mixed = (shade * opacity + full * (full - opacity) + full / 2) / full;
        *colour = T::try_from(mixed).unwrap_or(T::DEFAULT_MAX_VALUE);
    }
}

#[cfg(test)]
mod tests {
    use image::{GrayAlphaImage, Luma, LumaA, Rgb, RgbImage, Rgba, RgbaImage};

    use super::*;

    #[test]
    fn what_is_transparent_is_white_on_paper_and_what_is_opaque_stays() {
        for (pixel, on_paper) in [
            ([10, 20, 30, 255], [10, 20, 30]),
            ([10, 20, 30, 0], [255, 255, 255]),
            ([0, 255, 100, 128], [127, 255, 177]),
        ] {
            let picture = RgbaImage::from_pixel(1, 1, Rgba(pixel));
            let deep = DynamicImage::from(DynamicImage::from(picture.clone()).into_rgba16());
            assert_eq!(
                on_white(picture.into()),
                RgbImage::from_pixel(1, 1, Rgb(on_paper)).into(),
                "{pixel:?}"
            );
            assert_eq!(on_white(deep).into_rgb8().get_pixel(0, 0).0, on_paper, "{pixel:?}, 16 bits");
        }
        let grey = GrayAlphaImage::from_pixel(1, 1, LumaA([100, 128]));
        assert_eq!(on_white(grey.into()).into_luma8().get_pixel(0, 0), &Luma([177]));
    }

    #[test]
    fn grey_keeps_its_alpha_and_its_depth() {
        let picture = DynamicImage::from(RgbaImage::from_pixel(2, 1, Rgba([255, 0, 0, 7])));
        let red = toned(picture.clone(), Tone::Grey);
        assert_eq!(red, GrayAlphaImage::from_pixel(2, 1, LumaA([54, 7])).into(), "0.2126 of the whole");
        let deep = DynamicImage::from(picture.into_rgb16());
        assert!(matches!(toned(deep, Tone::Grey), DynamicImage::ImageLuma16(_)));
    }

    #[test]
    fn bitonal_is_black_and_white_alone() {
        let greys = image::GrayImage::from_fn(256, 1, |x, _| Luma([x as u8]));
        let picture = toned(greys.into(), Tone::Bitonal).into_luma8();
        assert!(picture.enumerate_pixels().all(|(x, _, pixel)| pixel.0[0] == if x < 128 { 0 } else { 255 }));
        let hidden = RgbaImage::from_pixel(1, 1, Rgba([0, 0, 0, 0]));
        assert_eq!(toned(hidden.into(), Tone::Bitonal).into_luma8().get_pixel(0, 0), &Luma([255]));
    }
}
