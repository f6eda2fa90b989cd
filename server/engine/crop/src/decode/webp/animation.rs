//! Animated WebP: of every frame only what lies in the part is decoded, and drawn as the format says.
//!
//! The canvas is transparent at first and where a frame is taken away: the file's background colour is a hint that
//! browsers do not follow. Source: the WebP container specification, `ANIM` and `ANMF`.

use std::io::BufRead;
use std::time::Duration;

use cutline_model::{PixelRegion, Size};

use super::{beside_bytes, broken, chunk_at, picture, truncated, with_margin};
use crate::decode::DecodedPart;
use crate::decode::canvas::{Canvas, Overlap};
use crate::decode::frames::{Budget, Frames, Wanted};
use crate::header::Header;
use crate::part::Part;
use crate::{CropError, CropLimits, Format, Source};

/// What stands before a frame's chunks: its place and size, 24 bits each, how long it is shown, and flags.
const FRAME_HEAD_BYTES: usize = 16;

/// One frame, as its head says.
struct Frame {
    place: PixelRegion,
    size: Size,
    duration: Duration,
    is_blended: bool,
    is_taken_away: bool,
}

/// Decodes `region`, in stored pixels, of the wanted frames.
pub(super) fn part(
    source: &mut Source<'_>,
    header: &Header,
    region: PixelRegion,
    wanted: Wanted,
    limits: &CropLimits,
) -> Result<DecodedPart, CropError> {
    let riff = chunk_at(source, 0)?;
    let mut left = (8 + riff.length).saturating_sub(12);
    source.skip(12, Format::WebP)?;

    let canvas_bytes = 4 * region.size().area();
    header.check_memory(canvas_bytes, 0, limits)?;
    let mut canvas = Canvas::new(region);
    let mut frames = Frames::new(limits.max_decode_bytes);
    let mut budget = Budget::new(limits);
    let mut plays = 1;
    let rows_decoded = region.top + region.height;
    let mut taken_away: Option<Overlap> = None;
    while left >= 8 {
        let chunk = chunk_at(source, 0)?;
        let length = chunk.length.checked_add(8).ok_or_else(truncated)?;
        match &chunk.kind {
            b"ANIM" => {
                let payload = source.peek(14).get(8..14).ok_or_else(truncated)?;
                plays = u32::from(u16::from_le_bytes([payload[4], payload[5]]));
            }
            b"ANMF" => {
                let bytes = source.peek(length).get(8..length).ok_or_else(truncated)?;
                let (head, chunks) = bytes.split_at_checked(FRAME_HEAD_BYTES).ok_or_else(truncated)?;
                let frame = Frame::read(head, header.stored)?;
                if let Some(place) = taken_away.take() {
                    canvas.clear(place);
                }
                let overlap = canvas.overlap(frame.place);
                let rows = overlap.map_or(0, |overlap| overlap.in_frame.top + overlap.in_frame.height);
                budget.take(u64::from(frame.place.width) * u64::from(rows))?;
                if let Some(overlap) = overlap {
                    let mut chunks = Source::from(chunks);
                    // With the margin that is decoded around it, and without.
                    let drawn = with_margin(overlap.in_frame, frame.size).size().area()
                        + overlap.in_frame.size().area();
                    let held = canvas_bytes + frames.bytes() + 4 * drawn;
                    header.check_memory(held, beside_bytes(false, true, frame.size), limits)?;
                    let pixels = picture(&mut chunks, frame.size, overlap.in_frame, true)?;
                    canvas.draw(overlap, &pixels.into_rgba8(), frame.is_blended);
                    taken_away = frame.is_taken_away.then_some(overlap);
                }
                // A still needs no second canvas.
                if wanted == Wanted::First {
                    let pixels = Part::Still(canvas.into_picture().into());
                    return Ok(DecodedPart { pixels, rows_decoded });
                }
                frames.push(canvas.picture(), frame.duration)?;
            }
            _ => {}
        }
        let length = length + (chunk.length & 1);
        // The last chunk's padding may be missing.
        let there = source.peek(length).len();
        if there + 1 < length {
            return Err(truncated());
        }
        source.consume(length.min(there));
        left = left.saturating_sub(length);
    }
    let pixels = frames.into_part(plays).ok_or_else(|| broken("it holds no picture"))?;
    Ok(DecodedPart { pixels, rows_decoded })
}

impl Frame {
    /// Reads the head of a frame on a canvas of `canvas`.
    fn read(head: &[u8], canvas: Size) -> Result<Self, CropError> {
        let &[x0, x1, x2, y0, y1, y2, w0, w1, w2, h0, h1, h2, d0, d1, d2, flags] = head else {
            return Err(truncated());
        };
        let number = |low, middle, high| u32::from_le_bytes([low, middle, high, 0]);
        let (left, top) = (2 * number(x0, x1, x2), 2 * number(y0, y1, y2));
        let (width, height) = (number(w0, w1, w2) + 1, number(h0, h1, h2) + 1);
        if left + width > canvas.width() || top + height > canvas.height() {
            return Err(broken("a frame lies outside its canvas"));
        }
        Ok(Self {
            place: PixelRegion { left, top, width, height },
            size: Size::new(width, height).ok_or_else(|| broken("a frame is 0 pixels long"))?,
            duration: Duration::from_millis(number(d0, d1, d2).into()),
            is_blended: flags & 2 == 0,
            is_taken_away: flags & 1 != 0,
        })
    }
}
