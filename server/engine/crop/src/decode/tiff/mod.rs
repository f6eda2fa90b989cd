//! TIFF: of the strips or tiles that the part touches the rows are unpacked, one at a time, down to the part's last one; of
//! each what lies in the part is kept.

mod packing;
mod pixels;
mod reader;

use std::io::{self, ErrorKind, Read};
use std::ops::Range;

use cutline_model::PixelRegion;

use self::packing::unpacked;
use self::pixels::{Gathered, Sample, predict};
use self::reader::{Reader, Stretches};
use super::{DecodedPart, Overlap, overlap};
use crate::header::{Header, Meaning, TiffLayout, TiffPacking};
use crate::part::Part;
use crate::{CropError, CropLimits, Format, Source};

/// Decodes `region`, in stored pixels.
pub(super) fn part(
    source: &mut Source<'_>,
    header: &Header,
    region: PixelRegion,
    limits: &CropLimits,
) -> Result<DecodedPart, CropError> {
    let layout = TiffLayout::read(Reader::at(source, 0))?;
    check_cost(header, &layout, region, limits)?;
    let profile = header.profile.as_deref();
    if layout.samples.depth > 8 {
        gather::<u16>(source, &layout, region, profile)
    } else {
        gather::<u8>(source, &layout, region, profile)
    }
}

fn gather<T: Sample>(
    source: &mut Source<'_>,
    layout: &TiffLayout,
    region: PixelRegion,
    profile: Option<&[u8]>,
) -> Result<DecodedPart, CropError> {
    let mut gathered = Gathered::<T>::new(layout, region);
    let mut rows_decoded = 0;
    let wanted = wanted(layout, region);
    let are_in_order = wanted.windows(2).all(|pair| pair[0].end() <= pair[1].begin);
    let mut stretches = Stretches::new(source, are_in_order);
    for Wanted { begin, length, overlap, plane } in wanted {
        let rows = overlap.in_frame.top..overlap.in_frame.top + overlap.in_frame.height;
        // Rows of chunks beside each other, and of planes, are counted once.
        if overlap.left == 0 && plane.is_none_or(|plane| plane == 0) {
            rows_decoded += rows.end;
        }
        let mut top = overlap.top;
        read_rows(&mut stretches, layout, (begin, length), rows, |bytes| {
            gathered.add(bytes, overlap.in_frame.left, (overlap.left, top), overlap.in_frame.width, plane);
            top += 1;
        })?;
    }
    Ok(DecodedPart { pixels: Part::Still(gathered.into_picture(profile)?), rows_decoded })
}

/// A strip or tile that the part touches.
struct Wanted {
    begin: u64,
    length: u64,
    overlap: Overlap,
    /// Which channel it holds, if not all of them.
    plane: Option<usize>,
}

impl Wanted {
    fn end(&self) -> u64 {
        self.begin.saturating_add(self.length)
    }
}

fn wanted(layout: &TiffLayout, region: PixelRegion) -> Vec<Wanted> {
    let planes = if layout.is_planar { layout.samples.channels() } else { 1 };
    let mut wanted = Vec::new();
    for row in touched(region.top, region.height, layout.chunk.height()) {
        for column in touched(region.left, region.width, layout.chunk.width()) {
            let Some(overlap) = overlap(layout.place(column, row), region) else { continue };
            for plane in 0..planes {
                let (begin, length) = layout.chunks[layout.index(column, row, plane) as usize];
                let plane = layout.is_planar.then_some(usize::from(plane));
                wanted.push(Wanted { begin, length, overlap, plane });
            }
        }
    }
    wanted
}

/// Hands out the rows of a strip or tile that lies at `place`, as samples in the machine's order, the highest bit first.
fn read_rows(
    stretches: &mut Stretches<'_, '_>,
    layout: &TiffLayout,
    (begin, length): (u64, u64),
    rows: Range<u32>,
    mut take: impl FnMut(&[u8]),
) -> Result<(), CropError> {
    let mut row = vec![0; layout.row_bytes()];
    // Rows that are not packed are read where they lie.
    let first = if layout.packing == TiffPacking::None { rows.start } else { 0 };
    let passed = u64::from(first).saturating_mul(row.len() as u64);
    let packed = stretches.at(begin.saturating_add(passed)).take(length.saturating_sub(passed));
    let mut unpacked = unpacked(packed, layout.packing, layout.is_lowest_bit_first, layout.chunk.width());
    let mut result = Ok(());
    for index in first..rows.end {
        result = unpacked.read_exact(&mut row);
        if result.is_err() {
            break;
        }
        if index >= rows.start {
            predict(&mut row, layout);
            take(&row);
        }
    }
    drop(unpacked);
    result.map_err(|error| failed(&error, stretches.ends_before(begin.saturating_add(length))))
}

/// Why a row could not be read: the file ends, or what is packed does before the rows do.
fn failed(error: &io::Error, is_end_of_file: bool) -> CropError {
    if is_end_of_file {
        return CropError::Truncated { format: Format::Tiff };
    }
    let reason = match error.kind() {
        ErrorKind::UnexpectedEof => "a strip or tile ends before its rows do",
        _ => "a strip or tile is packed in no known way",
    };
    CropError::Broken { format: Format::Tiff, reason: reason.to_owned() }
}

/// A row, the part as samples and as pixels.
fn check_cost(
    header: &Header,
    layout: &TiffLayout,
    region: PixelRegion,
    limits: &CropLimits,
) -> Result<(), CropError> {
    let channels = u64::from(layout.samples.channels());
    let pixel_bytes = match layout.samples.meaning {
        Meaning::Grey | Meaning::Rgb if layout.samples.depth > 8 => 2 * channels,
        Meaning::Grey | Meaning::Rgb => channels,
        // The colours beside the indices, or beside the inks as they are stored and as they are converted.
        Meaning::Palette(_) => 2 * channels + 4,
        Meaning::Inks => 2 * channels + 4 + 4 + 3,
    };
    header.check_memory(region.size().area().saturating_mul(pixel_bytes), header.decode_bytes, limits)
}

/// Which of the chunks of this `length` the stretch from `begin` on touches.
fn touched(begin: u32, count: u32, length: u32) -> Range<u32> {
    begin / length..(begin + count).div_ceil(length)
}
