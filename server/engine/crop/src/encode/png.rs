//! Writing a PNG: every kind of pixel, few colours as a palette, with the colour chunks of the source where it has no profile;
//! animations as APNG.
//!
//! Of an animation's frame only the rectangle is written that differs from the frame before. Source: PNG, third edition,
//! section 11.3.5.

mod change;
mod delay;
mod few_colours;

use std::borrow::Cow;

use image::DynamicImage;
use png::{BitDepth, ColorType, Compression, Encoder, EncodingError, Filter, Info};

use self::change::Rectangle;
use self::delay::delay;
use self::few_colours::FewColours;
use crate::decode::is_opaque;
use crate::header::Header;
use crate::part::{Animation, Frame, Part};
use crate::{CropError, Format};

/// PNG's signature and IHDR chunk: where the short colour chunks of the source are put in.
const PNG_HEADER_BYTES: usize = 8 + 25;

/// Writes `part`; a patient one is smaller.
pub(super) fn encode(part: Part, is_patient: bool, header: Header) -> Result<Vec<u8>, CropError> {
    // A GIF's frame and an icon are decoded with alpha whether they have transparent pixels or not.
    let may_be_opaque = matches!(header.format, Format::Gif | Format::Ico);
    let part = match part {
        Part::Still(picture @ DynamicImage::ImageRgba8(_)) if may_be_opaque && is_opaque(&picture) => {
            Part::Still(picture.into_rgb8().into())
        }
        part => part,
    };
    let compression = if is_patient { Compression::Balanced } else { Compression::Fast };
    let has_profile = header.profile.is_some();
    let bytes = match part {
        Part::Still(picture) => write_still(picture, compression, header.profile),
        Part::Moving(animation) => write_moving(animation, compression, header.profile),
    };
    let mut bytes = bytes.map_err(|_| CropError::EncoderFailed { format: Format::Png })?;
    // A profile overrules them (PNG, third edition, section 4.3), so they are kept only where there is none.
    if !has_profile {
        bytes.splice(PNG_HEADER_BYTES..PNG_HEADER_BYTES, header.colour_chunks);
    }
    Ok(bytes)
}

fn write_still(
    picture: DynamicImage,
    compression: Compression,
    profile: Option<Vec<u8>>,
) -> Result<Vec<u8>, EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = encoder(&mut bytes, &picture, compression, profile)?;
    let Some(few) = FewColours::of(&picture) else {
        let mut writer = encoder.write_header()?;
        writer.write_image_data(samples(picture).as_bytes())?;
        writer.finish()?;
        return Ok(bytes);
    };
    drop(picture);
    encoder.set_color(few.colour);
    encoder.set_depth(few.depth);
    if few.colour == ColorType::Indexed {
        encoder.set_palette(few.palette);
    }
    if !few.alpha.is_empty() {
        encoder.set_trns(few.alpha);
    }
    // Numbers of colours are not near each other where the colours are, and so few bytes take little time.
    encoder.set_filter(Filter::NoFilter);
    encoder.set_compression(Compression::Balanced);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&few.rows)?;
    writer.finish()?;
    Ok(bytes)
}

fn write_moving(
    animation: Animation,
    compression: Compression,
    profile: Option<Vec<u8>>,
) -> Result<Vec<u8>, EncodingError> {
    let Animation { frames, plays } = animation;
    let Some(first) = frames.first() else { return Err(EncodingError::LimitsExceeded) };
    let count = u32::try_from(frames.len()).map_err(|_| EncodingError::LimitsExceeded)?;
    let pixel_bytes = usize::from(first.picture.color().bytes_per_pixel());
    let mut bytes = Vec::new();
    let mut encoder = encoder(&mut bytes, &first.picture, compression, profile)?;
    // The format's largest number stands for what is more than that.
    encoder.set_animated(count, plays.min(i32::MAX as u32))?;
    let mut writer = encoder.write_header()?;
    let row_bytes = first.picture.width() as usize * pixel_bytes;
    let mut before = DynamicImage::default();
    for Frame { picture, duration } in frames {
        let now = samples(picture);
        let change = Rectangle::changed(before.as_bytes(), now.as_bytes(), row_bytes, pixel_bytes);
        let (numerator, denominator) = delay(duration);
        writer.set_frame_delay(numerator, denominator)?;
        // Each is checked against what the others are at the moment.
        writer.reset_frame_position()?;
        writer.set_frame_dimension(change.width() as u32, change.height() as u32)?;
        writer.set_frame_position(change.left() as u32, change.top() as u32)?;
        writer.write_image_data(&change.cut(now.as_bytes(), row_bytes, pixel_bytes))?;
        before = now;
    }
    writer.finish()?;
    Ok(bytes)
}

/// Begins a file of pictures like this one.
fn encoder<'b>(
    bytes: &'b mut Vec<u8>,
    picture: &DynamicImage,
    compression: Compression,
    profile: Option<Vec<u8>>,
) -> Result<Encoder<'static, &'b mut Vec<u8>>, EncodingError> {
    let mut info = Info::with_size(picture.width(), picture.height());
    info.icc_profile = profile.map(Cow::Owned);
    let mut encoder = Encoder::with_info(bytes, info)?;
    let colour = picture.color();
    encoder.set_color(match (colour.has_color(), colour.has_alpha()) {
        (false, false) => ColorType::Grayscale,
        (false, true) => ColorType::GrayscaleAlpha,
        (true, false) => ColorType::Rgb,
        (true, true) => ColorType::Rgba,
    });
    let is_deep = colour.bytes_per_pixel() / colour.channel_count() == 2;
    encoder.set_depth(if is_deep { BitDepth::Sixteen } else { BitDepth::Eight });
    encoder.set_compression(compression);
    encoder.set_filter(Filter::Adaptive);
    Ok(encoder)
}

/// The picture with its samples as PNG has them: of 16 bits, the big end first. It is changed where it is, since a copy
/// of a large one takes as much again.
fn samples(mut picture: DynamicImage) -> DynamicImage {
    let turn_words = |samples: &mut [u16]| samples.iter_mut().for_each(|sample| *sample = sample.to_be());
    match &mut picture {
        DynamicImage::ImageLuma8(_)
        | DynamicImage::ImageLumaA8(_)
        | DynamicImage::ImageRgb8(_)
        | DynamicImage::ImageRgba8(_) => {}
        DynamicImage::ImageLuma16(picture) => turn_words(picture),
        DynamicImage::ImageLumaA16(picture) => turn_words(picture),
        DynamicImage::ImageRgb16(picture) => turn_words(picture),
        DynamicImage::ImageRgba16(picture) => turn_words(picture),
        // Floating point, which nothing decodes to.
        _ => return samples(picture.into_rgb16().into()),
    }
    picture
}
