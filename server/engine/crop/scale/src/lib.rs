//! Pixels made fewer or more, by the machine's vector instructions, in bands: beside the picture and what is made of it
//! there are never more than a few megabytes, however large both are.
//!
//! A crate of its own for the compiler's sake: the library's loops are generic and are compiled in the crate that calls
//! them. They were 14,800 of the 20,800 functions of the crop engine, and a minute of each of its builds.

mod plan;

use fast_image_resize::images::{CroppedImage, CroppedImageMut};
use fast_image_resize::{FilterType, MulDiv, ResizeAlg, ResizeOptions, Resizer};
use image::DynamicImage;

pub use self::plan::bytes_beside;
use self::plan::{Band, Plan};

/// A kind of pixel that is not scaled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("pixels of this kind are not scaled")]
pub struct NotScaled;

/// The picture at `width` by `height`, neither of them 0, by Lanczos of three lobes: columns first, then rows. Depth and
/// kind of colour stay; colours are weighted by their opacity, so that what is hidden does not bleed into edges. Of a
/// picture of which only `inside` is wanted (left, top, width and height in its pixels), that alone.
///
/// # Errors
/// For pixels that the library does not scale.
pub fn scale(
    picture: &DynamicImage,
    inside: Option<[f64; 4]>,
    width: u32,
    height: u32,
) -> Result<DynamicImage, NotScaled> {
    let [left, top, across, down] =
        inside.unwrap_or([0.0, 0.0, picture.width().into(), picture.height().into()]);
    let plan = Plan::new(picture.color(), (picture.width(), picture.height()), top, down, height);
    let mut scaled = DynamicImage::new(width, height, picture.color());
    let mut between = DynamicImage::new(picture.width(), plan.band_rows, picture.color());
    let mut weighted =
        plan.columns.map(|columns| DynamicImage::new(columns, plan.most_rows, picture.color()));
    let (mut resizer, opacity) = (Resizer::new(), MulDiv::new());
    for band in plan.bands() {
        let Band { begin, rows, first, count, top, down } = band;
        let strip = weighted.as_ref().map_or(picture.width(), DynamicImage::width);
        for column in (0..picture.width()).step_by(strip as usize) {
            let columns = strip.min(picture.width() - column);
            let mut source = CroppedImage::new(picture, column, first, columns, count).map_err(failed)?;
            if let Some(weighted) = &mut weighted {
                let mut copy = CroppedImageMut::new(weighted, 0, 0, columns, count).map_err(failed)?;
                opacity.multiply_alpha(&source, &mut copy).map_err(failed)?;
                source = CroppedImage::new(weighted, 0, 0, columns, count).map_err(failed)?;
            }
            let mut target = CroppedImageMut::new(&mut between, column, 0, columns, rows).map_err(failed)?;
            resize(&mut resizer, &source, &mut target, [0.0, top, columns.into(), down])?;
        }
        let source = CroppedImage::new(&between, 0, 0, picture.width(), rows).map_err(failed)?;
        let mut target = CroppedImageMut::new(&mut scaled, 0, begin, width, rows).map_err(failed)?;
        resize(&mut resizer, &source, &mut target, [left, 0.0, across, rows.into()])?;
        if weighted.is_some() {
            opacity.divide_alpha_inplace(&mut target).map_err(failed)?;
        }
    }
    Ok(scaled)
}

/// Scales what lies `inside`, all samples alike.
fn resize(
    resizer: &mut Resizer,
    source: &CroppedImage<'_, DynamicImage>,
    target: &mut CroppedImageMut<'_, DynamicImage>,
    [left, top, width, height]: [f64; 4],
) -> Result<(), NotScaled> {
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3))
        .crop(left, top, width, height)
        .use_alpha(false);
    resizer.resize(source, target, &options).map_err(failed)
}

fn failed<E>(_: E) -> NotScaled {
    NotScaled
}
