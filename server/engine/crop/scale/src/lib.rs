//! Pixels made fewer or more, by the machine's vector instructions.
//!
//! A crate of its own for the compiler's sake: the library's loops are generic and are compiled in the crate that calls
//! them. They were 14,800 of the 20,800 functions of the crop engine, and a minute of each of its builds.

use fast_image_resize::{FilterType, ResizeAlg, ResizeError, ResizeOptions, Resizer};
use image::DynamicImage;

/// The picture at `width` by `height`, neither of them 0, by Lanczos of three lobes: rows first, then columns. Depth and
/// kind of colour stay; colours are weighted by their opacity, so that what is hidden does not bleed into edges. Of a
/// picture of which only `inside` is wanted (left, top, width and height in its pixels), that alone.
///
/// # Errors
/// What the library says of a kind of pixel that it does not scale.
pub fn scale(
    picture: &DynamicImage,
    inside: Option<[f64; 4]>,
    width: u32,
    height: u32,
) -> Result<DynamicImage, ResizeError> {
    let mut scaled = DynamicImage::new(width, height, picture.color());
    let mut options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
    if let Some([left, top, width, height]) = inside {
        options = options.crop(left, top, width, height);
    }
    Resizer::new().resize(picture, &mut scaled, &options)?;
    Ok(scaled)
}
