//! APNG: every frame's pixels in the part, laid over those before as the file says.
//!
//! Frames are small pictures at places on a canvas; only what lies in the part is decoded of each, and a frame beside it
//! is not inflated at all. Source: PNG, third edition, sections 4.9, 11.3.5 and 13.13.

use std::time::Duration;

use cutline_model::{PixelRegion, Size};

use super::canvas::Canvas;
use super::chunks::Chunks;
use super::data::{Carrier, Data, check_sequence};
use super::head::Head;
use super::layout::{Colour, Layout};
use super::pixels::Pixels;
use super::{broken, region, to_the_end};
use crate::decode::Wanted;
use crate::decode::canvas::{Overlap, overlap};
use crate::decode::frames::{BESIDE, Budget};
use crate::part::{Animation, Frame, Part};
use crate::{CropError, CropLimits};

/// What an fcTL chunk says of a frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Control {
    /// Where it lies on the canvas.
    pub(super) place: PixelRegion,
    duration: Duration,
    dispose: Dispose,
    blend: Blend,
}

/// What becomes of the frame's place when its time is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dispose {
    Keep,
    Clear,
    Restore,
}

/// How the frame is laid over what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blend {
    Replace,
    Over,
}

impl Control {
    /// Reads an fcTL chunk, of which the sequence number was taken, of a picture of this size.
    pub(super) fn read(chunks: &mut Chunks<'_, '_>, canvas: Size) -> Result<Self, CropError> {
        let mut number = || chunks.payload().map(u32::from_be_bytes);
        let (width, height, left, top) = (number()?, number()?, number()?, number()?);
        let [n1, n0, d1, d0, dispose, blend] = chunks.payload()?;
        chunks.finish()?;
        let fits = |start: u32, extent: u32, whole: u32| {
            extent > 0 && start.checked_add(extent).is_some_and(|end| end <= whole)
        };
        if !fits(left, width, canvas.width()) || !fits(top, height, canvas.height()) {
            return Err(broken("a frame lies outside the picture"));
        }
        let dispose = match dispose {
            0 => Dispose::Keep,
            1 => Dispose::Clear,
            2 => Dispose::Restore,
            _ => return Err(broken("a frame is disposed of in no known way")),
        };
        let blend = match blend {
            0 => Blend::Replace,
            1 => Blend::Over,
            _ => return Err(broken("a frame is blended in no known way")),
        };
        let duration = duration(u16::from_be_bytes([n1, n0]), u16::from_be_bytes([d1, d0]));
        Ok(Self { place: PixelRegion { left, top, width, height }, duration, dispose, blend })
    }
}

/// A fraction of a second; without a denominator it is in hundredths.
fn duration(numerator: u16, denominator: u16) -> Duration {
    let denominator = if denominator == 0 { 100 } else { u64::from(denominator) };
    Duration::from_nanos(u64::from(numerator) * 1_000_000_000 / denominator)
}

/// Decodes the frames of `region`. The first chunk of pixels has begun.
pub(super) fn part(
    chunks: &mut Chunks<'_, '_>,
    head: &Head,
    pixels: &Pixels,
    region: PixelRegion,
    wanted: Wanted,
    limits: &CropLimits,
) -> Result<Part, CropError> {
    let (promised, plays) = head.animation.ok_or_else(|| broken("its header is ambiguous"))?;
    let count = if wanted == Wanted::First { 1 } else { promised };
    let mut frames = Frames::new(head, pixels, region, count, limits)?;
    let mut next_sequence = head.next_sequence;
    let mut pending = head.first;
    let mut kind = *b"IDAT";
    let mut carrier = Carrier::Idat;
    while frames.seen.len() < count as usize {
        kind = match &kind {
            b"IDAT" | b"fdAT" => {
                if &kind == b"fdAT" {
                    check_sequence(chunks, &mut next_sequence)?;
                    carrier = Carrier::Fdat { next_sequence };
                }
                let (kind, carrier) = match pending.take() {
                    Some(control) => frames.add(chunks, carrier, control)?,
                    None if carrier == Carrier::Idat => Data::new(chunks, carrier, 0).end()?,
                    None => return Err(broken("a frame has no description")),
                };
                if let Carrier::Fdat { next_sequence: next } = carrier {
                    next_sequence = next;
                }
                kind
            }
            b"fcTL" if pending.is_some() => return Err(broken("a frame has no pixels")),
            b"fcTL" => {
                check_sequence(chunks, &mut next_sequence)?;
                pending = Some(Control::read(chunks, head.layout.size)?);
                chunks.begin()?
            }
            b"IEND" => return Err(broken("it ends before its last frame")),
            _ => {
                chunks.skip()?;
                chunks.begin()?
            }
        };
    }
    if wanted == Wanted::All {
        to_the_end(chunks, kind)?;
    }
    Ok(frames.finish(plays))
}

/// The frames as they are seen.
struct Frames<'f> {
    layout: Layout,
    pixels: &'f Pixels,
    region: PixelRegion,
    budget: Budget<'f>,
    canvas: Canvas,
    seen: Vec<Frame>,
}

impl<'f> Frames<'f> {
    /// Room for `count` frames, if they are allowed.
    fn new(
        head: &Head,
        pixels: &'f Pixels,
        region: PixelRegion,
        count: u32,
        limits: &'f CropLimits,
    ) -> Result<Self, CropError> {
        let layout = head.layout;
        let is_grey = matches!(layout.colour, Colour::Grey | Colour::GreyAlpha);
        let frame_bytes = Canvas::bytes(region.size(), is_grey, pixels.is_deep());
        if count > limits.max_frames {
            return Err(CropError::TooManyFrames { limit: limits.max_frames });
        }
        let line = region::longest(&layout, region);
        let decoding = region::memory(&layout, pixels, region).saturating_add(Data::memory(line) as u64);
        // One alone is the canvas, seen.
        let beside = if count == 1 { 1 } else { BESIDE };
        let needed = frame_bytes.saturating_mul(u64::from(count) + beside).saturating_add(decoding);
        if needed > limits.max_decode_bytes {
            return Err(CropError::AnimationTooBig {
                frames: count as usize,
                limit: limits.max_decode_bytes,
            });
        }
        let canvas = Canvas::new(region.size(), is_grey, pixels.is_deep());
        Ok(Self { layout, pixels, region, budget: Budget::new(limits), canvas, seen: Vec::new() })
    }

    /// Decodes one frame, whose first chunk of pixels has begun, and shows it. Gives what [`Data::end`] does.
    fn add(
        &mut self,
        chunks: &mut Chunks<'_, '_>,
        carrier: Carrier,
        control: Control,
    ) -> Result<([u8; 4], Carrier), CropError> {
        let size = control.place.size();
        let Some(Overlap { in_frame: inside, left, top }) = overlap(control.place, self.region) else {
            self.budget.take(0)?;
            self.show(control.duration);
            return Data::new(chunks, carrier, 0).end();
        };
        self.budget.take(size.area())?;
        let layout = Layout { size, ..self.layout };
        let mut data = Data::new(chunks, carrier, region::longest(&layout, inside));
        let picture = region::decode(&mut data, &layout, self.pixels, inside)?;
        let place = PixelRegion { left, top, ..inside };
        let hidden = match control.dispose {
            // Nothing was there before the first.
            Dispose::Restore if !self.seen.is_empty() => Some(self.canvas.part(place)),
            _ => None,
        };
        self.canvas.draw(picture, left, top, control.blend);
        self.show(control.duration);
        match (control.dispose, hidden) {
            (Dispose::Keep, _) => {}
            (_, Some(hidden)) => self.canvas.draw(hidden, left, top, Blend::Replace),
            (_, None) => self.canvas.clear(place),
        }
        data.end()
    }

    fn show(&mut self, duration: Duration) {
        self.seen.push(Frame { picture: self.canvas.seen(), duration });
    }

    /// The frames, without alpha when none lets anything shine through.
    fn finish(mut self, plays: u32) -> Part {
        if self.seen.iter().all(|frame| crate::decode::is_opaque(&frame.picture)) {
            for frame in &mut self.seen {
                frame.picture = super::canvas::without_alpha(std::mem::take(&mut frame.picture));
            }
        }
        if self.seen.len() == 1 {
            return Part::Still(self.seen.remove(0).picture);
        }
        Part::Moving(Animation { frames: self.seen, plays })
    }
}
