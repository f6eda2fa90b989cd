//! From a GIF to the GIF of a part, frame by frame, with a frame at a time in memory.
//!
//! As many frames come out as went in, each shown as long: one of which nothing lies in the part changes nothing, but
//! takes its time, and becomes a single transparent pixel. Palettes stay, so no colour changes. Comments, texts and what
//! programs wrote beside the frames are left out.

use std::borrow::Cow;

use cutline_model::PixelRegion;
use gif::{DisposalMethod, Encoder, Repeat};

use super::reader::{Disposal, Frame, Reader};
use super::{broken, check_cost, unpacked_pixels};
use crate::decode::{Budget, Overlap, overlap};
use crate::header::Header;
use crate::{CropError, CropLimits, Format, Source};

/// The GIF of `region`; `source` stands at its beginning.
pub(crate) fn cut(
    source: &mut Source<'_>,
    header: &Header,
    region: PixelRegion,
    limits: &CropLimits,
) -> Result<Vec<u8>, CropError> {
    check_cost(header, region, limits)?;
    let mut reader = Reader::open(source)?;
    let mut budget = Budget::new(limits);
    let mut next = reader.next_frame()?;
    let side = |pixels: u32| u16::try_from(pixels).map_err(|_| failed());
    let palette = reader.palette.as_deref().unwrap_or_default();
    let mut encoder =
        Encoder::new(Vec::new(), side(region.width)?, side(region.height)?, palette).map_err(|_| failed())?;
    // Said before the first frame, or not at all: then it is shown once.
    match reader.repeats {
        Some(0) => encoder.set_repeat(Repeat::Infinite).map_err(|_| failed())?,
        Some(repeats) => encoder.set_repeat(Repeat::Finite(repeats)).map_err(|_| failed())?,
        None => {}
    }
    let mut frames = 0;
    while let Some(frame) = next {
        let overlap = overlap(frame.place, region);
        budget.take(unpacked_pixels(&frame, overlap))?;
        let indices = reader.indices(&frame, overlap)?;
        let part = match overlap {
            Some(overlap) => part_of(frame, overlap, indices)?,
            None => nothing(&frame),
        };
        encoder.write_frame(&part).map_err(|_| failed())?;
        frames += 1;
        if encoder.get_ref().len() as u64 > limits.max_decode_bytes {
            return Err(CropError::AnimationTooBig { frames, limit: limits.max_decode_bytes });
        }
        // The last byte of a file with one frame is often missing, and nobody misses it.
        next = if header.is_animated { reader.next_frame()? } else { None };
    }
    if frames == 0 {
        return Err(broken("it holds no picture"));
    }
    encoder.into_inner().map_err(|_| failed())
}

/// The frame's pixels in the part, at their place in the part.
fn part_of(frame: Frame, overlap: Overlap, indices: Vec<u8>) -> Result<gif::Frame<'static>, CropError> {
    let number = |pixels: u32| u16::try_from(pixels).map_err(|_| failed());
    Ok(gif::Frame {
        left: number(overlap.left)?,
        top: number(overlap.top)?,
        width: number(overlap.in_frame.width)?,
        height: number(overlap.in_frame.height)?,
        delay: frame.control.delay,
        dispose: match frame.control.disposal {
            Disposal::Keep => DisposalMethod::Keep,
            Disposal::Background => DisposalMethod::Background,
            Disposal::Previous => DisposalMethod::Previous,
        },
        transparent: frame.control.transparent,
        palette: frame.palette,
        buffer: Cow::Owned(indices),
        ..gif::Frame::default()
    })
}

/// A frame that changes nothing while it lasts.
fn nothing(frame: &Frame) -> gif::Frame<'static> {
    gif::Frame {
        width: 1,
        height: 1,
        delay: frame.control.delay,
        transparent: Some(0),
        palette: Some(vec![0; 6]),
        buffer: Cow::Borrowed(&[0]),
        ..gif::Frame::default()
    }
}

fn failed() -> CropError {
    CropError::EncoderFailed { format: Format::Gif }
}
