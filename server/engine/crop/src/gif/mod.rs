//! The GIF path: of every frame only the part is unpacked. It is written again as a GIF with the palettes, places and
//! disposals that it had, so that nothing is lost; or it becomes pixels, for other formats.
//!
//! Each pixel of a GIF depends only on what was drawn at its own place, so a rectangle of every frame, with the same
//! timing and disposal, shows exactly the part of what the whole shows, frame by frame.

mod cut;
mod reader;

use std::time::Duration;

use cutline_model::PixelRegion;

pub(crate) use self::cut::cut;
use self::reader::{Disposal, Frame, Reader};
use crate::decode::{Budget, Canvas, DecodedPart, Frames, Overlap, Wanted};
use crate::header::Header;
use crate::part::Part;
use crate::{CropError, CropLimits, Format, Source};

/// Decodes `region` of the wanted frames to pixels.
pub(crate) fn part(
    source: &mut Source<'_>,
    header: &Header,
    region: PixelRegion,
    wanted: Wanted,
    limits: &CropLimits,
) -> Result<DecodedPart, CropError> {
    check_cost(header, region, limits)?;
    let mut reader = Reader::open(source)?;
    let mut canvas = Canvas::new(region);
    let mut frames = Frames::new(limits.max_decode_bytes);
    let mut budget = Budget::new(limits);
    let rows_decoded = region.top + region.height;
    // What the last frame leaves behind: how, where, and what was there before it.
    let mut left_behind: Option<(Disposal, Overlap, Vec<u8>)> = None;
    while let Some(frame) = reader.next_frame()? {
        match left_behind.take() {
            Some((Disposal::Background, overlap, _)) => canvas.clear(overlap),
            Some((Disposal::Previous, overlap, before)) => canvas.restore(overlap, &before),
            _ => {}
        }
        let overlap = canvas.overlap(frame.place);
        budget.take(unpacked_pixels(&frame, overlap))?;
        let indices = reader.indices(&frame, overlap)?;
        if let Some(overlap) = overlap {
            let disposal = frame.control.disposal;
            let before = if disposal == Disposal::Previous { canvas.samples(overlap) } else { Vec::new() };
            let palette = frame.palette.as_ref().or(reader.palette.as_ref());
            draw(&mut canvas, overlap, &indices, palette.map_or(&[], Vec::as_slice), &frame);
            left_behind = Some((disposal, overlap, before));
        }
        // A still needs no second canvas.
        if wanted == Wanted::First {
            return Ok(DecodedPart { pixels: Part::Still(canvas.into_picture().into()), rows_decoded });
        }
        let duration = Duration::from_millis(10 * u64::from(frame.control.delay));
        frames.push(canvas.picture(), duration)?;
    }
    // Shown once, and then as often as it is repeated; 0 is for ever.
    let plays = reader.repeats.map_or(1, |repeats| if repeats == 0 { 0 } else { u32::from(repeats) + 1 });
    let pixels = frames.into_part(plays).ok_or_else(|| broken("it holds no picture"))?;
    Ok(DecodedPart { pixels, rows_decoded })
}

/// Draws the pixels that have a colour.
fn draw(canvas: &mut Canvas, overlap: Overlap, indices: &[u8], palette: &[u8], frame: &Frame) {
    let (colours, _) = palette.as_chunks::<3>();
    let rows = indices.chunks_exact(overlap.in_frame.width as usize);
    for (row, indices) in canvas.rows(overlap).zip(rows) {
        for (pixel, &index) in row.as_chunks_mut::<4>().0.iter_mut().zip(indices) {
            if let Some(&[r, g, b]) = colours.get(usize::from(index))
                && frame.control.transparent != Some(index)
            {
                *pixel = [r, g, b, u8::MAX];
            }
        }
    }
}

/// How many pixels of a frame are unpacked: down to the part's last row, or all of them where the rows come in passes.
fn unpacked_pixels(frame: &Frame, overlap: Option<Overlap>) -> u64 {
    let rows = overlap.map_or(0, |overlap| {
        if frame.is_interlaced { frame.place.height } else { overlap.in_frame.top + overlap.in_frame.height }
    });
    u64::from(frame.place.width) * u64::from(rows)
}

/// Refuses a part that takes more memory than it may: as pixels, as indices, and once more as what was there before.
fn check_cost(header: &Header, region: PixelRegion, limits: &CropLimits) -> Result<(), CropError> {
    header.check_memory(region.size().area() * (4 + 1 + 4), 0, limits)
}

fn broken(reason: &str) -> CropError {
    CropError::Broken { format: Format::Gif, reason: reason.to_owned() }
}

fn truncated() -> CropError {
    CropError::Truncated { format: Format::Gif }
}
