//! The JPEG region path: a part of a JPEG is made a small JPEG of its own, and only that is decoded.
//!
//! The blocks of the part are taken out of the file with one MCU more on each side, so that the decoder sees the same
//! neighbours when it smooths colours: the pixels are those of decoding the whole and cutting then, bit for bit.

mod entropy;
mod frame;
mod segments;
mod tables;
#[cfg(test)]
mod tests;
mod turbo;
mod walk;
mod write;
mod writer;

use std::rc::Rc;

use cutline_model::PixelRegion;
use image::DynamicImage;

use self::frame::{Frame, Mcus};
use self::segments::{Quantisation, Segments};
use self::write::{Extras, SmallJpeg};
use crate::decode::DecodedPart;
use crate::header::Header;
use crate::part::Part;
use crate::{CropError, CropLimits, Format, Source};

/// Decodes `region`, in stored pixels, of the JPEG of which `header` was read; `source` stands at its beginning.
pub(crate) fn part(
    source: &mut Source<'_>,
    header: &Header,
    region: PixelRegion,
    limits: &CropLimits,
) -> Result<DecodedPart, CropError> {
    let small = small(source, header, region, 1, Extras::default(), limits)?;
    let PixelRegion { left, top, width, height } = small.pixels;
    let picture = turbo::decode(&small.bytes, width, height, small.components)?;
    drop(small.bytes);
    let inside = PixelRegion { left: region.left - left, top: region.top - top, ..region };
    Ok(DecodedPart { pixels: Part::Still(cut(picture, inside)), rows_decoded: height })
}

/// Whether the first scan holds the whole picture.
pub(crate) fn is_one_scan(source: &mut Source<'_>) -> bool {
    let mut head = Source::from(source.peek(0));
    let Ok(mut segments) = Segments::new(&mut head) else { return true };
    match (segments.next_scan(None), segments.frame()) {
        (Ok(Some(scan)), Ok(frame)) => {
            !frame.is_progressive() && scan.components.len() == frame.components.len()
        }
        _ => true,
    }
}

/// A JPEG of some of the picture's MCUs.
struct Small {
    bytes: Vec<u8>,
    /// Where it lies in the picture.
    pixels: PixelRegion,
    components: usize,
}

/// Makes a JPEG of the MCUs in which `region` lies, and of `margin` more on each side.
fn small(
    source: &mut Source<'_>,
    header: &Header,
    region: PixelRegion,
    margin: u32,
    extras: Extras<'_>,
    limits: &CropLimits,
) -> Result<Small, CropError> {
    let mut segments = Segments::new(source)?;
    let scan = segments.next_scan(None)?.ok_or_else(|| broken("it holds no picture"))?;
    let frame = segments.frame()?.clone();
    if (frame.width, frame.height) != (header.stored.width(), header.stored.height()) {
        return Err(broken("its header is ambiguous"));
    }
    let wanted = frame.mcus(region, margin);
    let pixels = frame.pixels(&wanted);
    check_cost(&frame, &wanted, header, limits)?;
    let part_frame = frame.of_part(pixels.width, pixels.height)?;
    if frame.is_progressive() || scan.components.len() < frame.components.len() {
        return Err(broken("not yet"));
    }
    let quantisation = frame
        .components
        .iter()
        .map(|component| segments.quantisation[usize::from(component.table)].clone())
        .collect::<Option<Vec<Rc<Quantisation>>>>()
        .ok_or_else(|| broken("a quantisation table is missing"))?;
    let marks = segments.marks;
    let walked = walk::walk(&mut segments, &frame, &scan, &wanted)?;
    let mut jpeg = SmallJpeg::new(&part_frame, &quantisation, marks, extras)?;
    let order: Vec<usize> = scan.components.iter().map(|&(component, _, _)| component).collect();
    let ac: Vec<_> = order.iter().map(|&component| Rc::clone(&walked.ac[component])).collect();
    jpeg.scan(&part_frame, &order, &walked.dc, &ac, &walked.bytes);
    Ok(Small { bytes: jpeg.finish(), pixels, components: frame.components.len() })
}

/// Refuses a part that takes more memory than it may.
fn check_cost(frame: &Frame, wanted: &Mcus, header: &Header, limits: &CropLimits) -> Result<(), CropError> {
    let samples = 64 * frame.blocks(wanted);
    let pixels = frame.pixels(wanted);
    let decoded = u64::from(pixels.width) * u64::from(pixels.height) * frame.components.len() as u64;
    // Its bits, copied, take as much as its samples when the quality is the highest.
    let needed = decoded + samples;
    if needed > limits.max_decode_bytes {
        let (size, limit) = (header.upright_size(), limits.max_decode_bytes);
        return Err(CropError::TooMuchMemory { size, needed, limit });
    }
    Ok(())
}

/// The part alone, in the memory of the whole.
fn cut(picture: DynamicImage, region: PixelRegion) -> DynamicImage {
    let PixelRegion { left, top, width, height } = region;
    if (picture.width(), picture.height()) == (width, height) {
        return picture;
    }
    match picture {
        DynamicImage::ImageLuma8(picture) => {
            let (stride, samples) = (picture.width() as usize, picture.into_raw());
            image::GrayImage::from_raw(width, height, cut_rows(samples, stride, left, top, width, height))
                .expect("as many samples as pixels")
                .into()
        }
        DynamicImage::ImageRgb8(picture) => {
            let (stride, samples) = (picture.width() as usize * 3, picture.into_raw());
            image::RgbImage::from_raw(
                width,
                height,
                cut_rows(samples, stride, left * 3, top, width * 3, height),
            )
            .expect("three samples for each pixel")
            .into()
        }
        picture => picture.crop_imm(left, top, width, height),
    }
}

/// Moves the rows of the part to the front; all but the stride is in samples.
fn cut_rows(mut samples: Vec<u8>, stride: usize, left: u32, top: u32, width: u32, height: u32) -> Vec<u8> {
    let [left, top, width, height] = [left, top, width, height].map(|number| number as usize);
    for row in 0..height {
        let begin = (top + row) * stride + left;
        samples.copy_within(begin..begin + width, row * width);
    }
    samples.truncate(width * height);
    samples
}

fn broken(reason: &str) -> CropError {
    CropError::Broken { format: Format::Jpeg, reason: reason.to_owned() }
}

fn truncated() -> CropError {
    CropError::Truncated { format: Format::Jpeg }
}
