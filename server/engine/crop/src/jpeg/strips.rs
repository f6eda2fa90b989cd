//! A large part, decoded and compressed again some rows at a time, so that its pixels are never all there.
//!
//! The part's small JPEG has a restart marker before each row of MCUs, so that any rows of it are a JPEG too: each strip is a part
//! of one. What it is compressed to is put behind the strips before, as the walk does with the blocks of a part: the file is bit
//! for bit what compressing all at once gives.

use cutline_model::PixelRegion;
use image::DynamicImage;
use image::metadata::Orientation;

use super::frame::{Frame, Mcus};
use super::room::Room;
use super::segments::Segments;
use super::walk::Output;
use super::write::Extras;
use super::writer::BitWriter;
use super::{Plan, Purpose, Small, cut, small, turbo, walk, with_margin};
use crate::encode::{Effort, JPEG_MAX_SIDE, encode};
use crate::header::Header;
use crate::part::Part;
use crate::{CropError, CropLimits, Format, Source};

/// Most pixels of a strip, if it is not too wide for that.
const STRIP_PIXELS: u32 = 700_000;
/// Rows of the MCUs that are written, of any sampling: only the last strip ends within one.
const MCU_ROWS: u32 = 16;
/// So many of them at least: what lies above and below is decoded too, an MCU and what is left of another.
const LEAST_MCUS: u32 = 4;
/// Rows that are decoded with a strip at most: four MCUs of the largest sampling.
const MOST_AROUND: u32 = 4 * 32;
/// The marker before the second row of a file.
const FIRST_RESTART: u8 = 0xd0;
/// The last bytes of a file.
const END: [u8; 2] = [0xff, 0xd9];

/// Whether [`recut`] gives this part, and its strips are clearly less than all of it.
pub(crate) fn are_worth_it(header: &Header, region: PixelRegion) -> bool {
    let is_upright = header.orientation == Orientation::NoTransforms;
    is_upright
        && header.blocks.is_some_and(|blocks| blocks.is_in_one_scan)
        && region.height <= JPEG_MAX_SIDE
        && region.size().area() > 3 * u64::from(STRIP_PIXELS)
        && region.height > 3 * (rows_of_strip(region) + MOST_AROUND)
}

/// Rows of a strip of this part, with which it takes little memory and hardly longer.
pub(crate) fn rows_of_strip(region: PixelRegion) -> u32 {
    (STRIP_PIXELS / region.width / MCU_ROWS).max(LEAST_MCUS) * MCU_ROWS
}

/// A part that was made a JPEG of its own.
pub(crate) struct Recut {
    pub(crate) bytes: Vec<u8>,
    /// Rows that were decoded, the margins of the part included.
    pub(crate) rows_decoded: u32,
}

/// Cuts `region`, in stored pixels, out of the JPEG of which `header` was read, and writes it as a JPEG; `source` stands at its
/// beginning. For grey and colour only, not for
/// inks. Each strip has so many `rows`, which are those of whole MCUs.
pub(crate) fn recut(
    source: &mut Source<'_>,
    header: &Header,
    region: PixelRegion,
    effort: Effort,
    limits: &CropLimits,
    rows: u32,
) -> Result<Recut, CropError> {
    let plan = |frame: &Frame| -> Plan { with_margin(frame, region, Purpose::DecodeRows(rows)) };
    let small = small(source, header, plan, Extras::default(), limits)?;
    let within =
        PixelRegion { left: region.left - small.pixels.left, top: region.top - small.pixels.top, ..region };
    let rows_decoded = small.pixels.height;
    if small.rows.is_empty() {
        // Its header was read as one whose blocks lie in one scan.
        return Err(CropError::DecoderFailed);
    }
    // What is made may take as much as what is made from; and a list that grows is there twice, and twice as long at last.
    let room = limits.max_work_bytes().saturating_sub(limits.max_decode_bytes) / 3;
    let refusal =
        CropError::ResultTooLarge { size: region.size(), needed: room.saturating_add(1), limit: room };
    let room = Room::of(room, refusal);
    let mut joined = None;
    for top in (0..region.height).step_by(rows as usize) {
        let strip = PixelRegion { top: within.top + top, height: rows.min(region.height - top), ..within };
        let decoded = Part::Still(decoded(&small, strip)?);
        let compressed = encode(decoded, Format::Jpeg, effort, header.clone())?;
        match &mut joined {
            None => joined = Some(Joined::begin(&compressed, region.height, &room)?),
            Some(joined) => joined.add(&compressed, &room)?,
        }
    }
    Ok(Recut { bytes: joined.ok_or(CropError::DecoderFailed)?.finish(), rows_decoded })
}

/// The pixels of a strip of the small JPEG: out of a file of the rows of MCUs around it.
fn decoded(small: &Small, strip: PixelRegion) -> Result<DynamicImage, CropError> {
    let Small { bytes, frame, rows, .. } = small;
    let first = (strip.top / frame.mcu_height).saturating_sub(1);
    let last = ((strip.top + strip.height).div_ceil(frame.mcu_height) + 1).min(frame.mcus_high());
    let top = first * frame.mcu_height;
    let height = (last * frame.mcu_height).min(frame.height) - top;
    let mut file = head(bytes, height).ok_or(CropError::DecoderFailed)?;
    // Up to the next row's marker, or the end of the picture: two bytes either way.
    let end = rows.get(last as usize).copied().unwrap_or(bytes.len()) - 2;
    let rows = &rows[first as usize..last as usize];
    let (head_length, begin) = (file.len(), rows[0]);
    file.extend_from_slice(&bytes[begin..end]);
    file.extend(END);
    // Restart markers are counted to eight, from the first row of a file.
    for (count, row) in (0_u8..8).cycle().zip(&rows[1..]) {
        file[head_length + row - begin - 1] = FIRST_RESTART + count;
    }
    let picture = turbo::decode(&file, (frame.width, height), 1, frame.components.len(), None)?;
    Ok(cut(picture, PixelRegion { top: strip.top - top, ..strip }))
}

/// A JPEG in the making, of strips that were compressed alike.
struct Joined(Output);

impl Joined {
    /// Begins with the first strip of a picture `height` pixels high.
    fn begin(strip: &[u8], height: u32, room: &Room) -> Result<Self, CropError> {
        let head = head(strip, height).ok_or_else(failed)?;
        let mut source = Source::from(strip);
        let mut segments = Segments::new(&mut source)?;
        let mut codes = segments.next_scan(None)?.ok_or_else(failed)?.components;
        codes.sort_unstable();
        let codes = codes.iter().map(|&(_, dc, _)| segments.dc(dc)).collect::<Result<Vec<_>, CropError>>()?;
        let codes = codes.iter().map(|codes| &**codes);
        let mut joined = Self(Output::new(BitWriter::behind(head), codes, false));
        joined.add(strip, room)?;
        Ok(joined)
    }

    /// Adds the next strip; nothing may follow one that does not end with an MCU.
    fn add(&mut self, strip: &[u8], room: &Room) -> Result<(), CropError> {
        let mut source = Source::from(strip);
        let mut segments = Segments::new(&mut source)?;
        let scan = segments.next_scan(None)?.ok_or_else(failed)?;
        let frame = segments.frame()?.clone();
        let all = Mcus { columns: 0..frame.mcus_wide(), rows: 0..frame.mcus_high() };
        walk::walk(&mut segments, &frame, &scan, &all, room, &mut self.0)?;
        Ok(())
    }

    fn finish(self) -> Vec<u8> {
        let (mut bytes, _) = self.0.finish();
        bytes.extend(END);
        bytes
    }
}

/// What stands before the entropy-coded bytes of a JPEG that was made here, for a picture of this height.
fn head(jpeg: &[u8], height: u32) -> Option<Vec<u8>> {
    let mut frame = None;
    let mut position = 2;
    loop {
        let &[0xff, marker, high, low] = jpeg.get(position..)?.first_chunk()? else { return None };
        let end = position + 2 + usize::from(u16::from_be_bytes([high, low]));
        match marker {
            0xc0 | 0xc1 => frame = Some(position),
            0xda => {
                let mut head = jpeg.get(..end)?.to_vec();
                // Behind marker, length and precision.
                let says = head.get_mut(frame? + 5..)?.first_chunk_mut()?;
                *says = u16::try_from(height).ok()?.to_be_bytes();
                return Some(head);
            }
            _ => {}
        }
        position = end;
    }
}

fn failed() -> CropError {
    CropError::EncoderFailed { format: Format::Jpeg }
}
