//! The PNG region path: chunks are read as they arrive, pixels inflated line by line, and reading stops below the part.
//!
//! Memory follows the part and the length of a line, not the picture. Own code, since the `png` crate undoes filters of
//! whole lines and keeps whole lines in memory. Source: PNG, third edition.
//!
//! A check sum stands behind what it is of: what is read of a chunk whose end lies below the part is believed unchecked,
//! since reading on would cost what stopping spares, the fetch above all. A part that ends with the picture is checked.

mod animation;
mod canvas;
mod chunks;
mod data;
mod head;
mod layout;
mod pixels;
mod region;
mod unfilter;

use cutline_model::PixelRegion;

use self::chunks::Chunks;
use self::data::{Carrier, Data};
use self::head::Head;
use self::pixels::Pixels;
use super::{DecodedPart, Wanted};
use crate::header::Header;
use crate::part::Part;
use crate::{CropError, CropLimits, Format, Source};

/// Decodes `region`, in stored pixels: all frames of an animation or the first, and of a picture that stands still the
/// only one.
pub(super) fn part(
    source: &mut Source<'_>,
    header: &Header,
    region: PixelRegion,
    wanted: Wanted,
    limits: &CropLimits,
) -> Result<DecodedPart, CropError> {
    let mut chunks = Chunks::new(source);
    let head = Head::read(&mut chunks)?;
    if head.layout.size != header.stored {
        return Err(broken("its header is ambiguous"));
    }
    let pixels = Pixels::new(head.layout, head.palette.as_deref(), head.transparency.as_deref())?;
    let line = region::longest(&head.layout, region);
    let (taken, beside) = (region::memory(&head.layout, &pixels, region), Data::memory(line) as u64);
    header.check_memory(taken, beside, limits)?;
    let rows_decoded = region.top + region.height;
    if header.is_animated {
        let pixels = animation::part(&mut chunks, &head, &pixels, region, wanted, limits)?;
        return Ok(DecodedPart { pixels, rows_decoded });
    }
    let mut data = Data::new(&mut chunks, Carrier::Idat, line);
    let picture = region::decode(&mut data, &head.layout, &pixels, region)?;
    if rows_decoded == head.layout.size.height() {
        // Nothing of the pixels is spared, so that the file may as well be looked at to its end: half a picture that is
        // whole by chance is still half a file.
        let (kind, _) = data.end()?;
        to_the_end(&mut chunks, kind)?;
    }
    Ok(DecodedPart { pixels: Part::Still(picture), rows_decoded })
}

/// Passes over all chunks up to the last. The first of them, of this type, has begun.
fn to_the_end(chunks: &mut Chunks<'_, '_>, mut kind: [u8; 4]) -> Result<(), CropError> {
    while &kind != b"IEND" {
        chunks.skip()?;
        kind = chunks.begin()?;
    }
    chunks.finish()
}

fn broken(reason: &str) -> CropError {
    CropError::Broken { format: Format::Png, reason: reason.to_owned() }
}

fn truncated() -> CropError {
    CropError::Truncated { format: Format::Png }
}

/// Pixels and their size disagree, which is our mistake.
fn failed() -> CropError {
    CropError::DecoderFailed
}
