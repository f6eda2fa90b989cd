//! The JPEG region path: a part of a JPEG is made a small JPEG of its own, and only that is decoded.
//!
//! The blocks of the part are taken out of the file with one MCU more on each side, so that the decoder sees the same
//! neighbours when it smooths colours: the pixels are those of decoding the whole and cutting then, bit for bit.

mod border;
mod coefficients;
mod encode;
mod entropy;
mod frame;
mod progressive;
mod room;
mod scans;
mod segments;
mod strips;
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

use self::coefficients::{Plane, Whole};
use self::frame::{Component, Frame, Mcus};
use self::room::Room;
use self::scans::Gathered;
use self::segments::{Quantisation, Segments};
pub(crate) use self::strips::{Recut, are_worth_it as strips_are_worth_it, recut, rows_of_strip};
use self::walk::Output;
use self::write::{Extras, SmallJpeg};
use self::writer::BitWriter;
use crate::decode::{DecodedPart, Reduced};
use crate::encode::JPEG_MAX_SIDE;
use crate::header::Header;
use crate::part::Part;
use crate::{CropError, CropLimits, Format, Source};

/// How many MCUs more on each side of a part. Colour is smoothed with the next; where a progressive JPEG holds not every bit,
/// the rest of a block is guessed from two on each side (libjpeg-turbo 3, `decompress_smooth_data` in `jdcoefct.c`).
const PROGRESSIVE_MARGIN: u32 = 3;

/// Most blocks in an MCU of a scan of several components (T.81 B.2.3).
const MAX_BLOCKS_PER_MCU: u64 = 10;

/// Decodes `region`, in stored pixels, of the JPEG of which `header` was read; `source` stands at its beginning.
pub(crate) fn part(
    source: &mut Source<'_>,
    header: &Header,
    region: PixelRegion,
    limits: &CropLimits,
) -> Result<DecodedPart, CropError> {
    let Reduced { picture, rows_decoded, .. } = reduced(source, header, region, 1, limits)?;
    Ok(DecodedPart { pixels: Part::Still(picture), rows_decoded })
}

/// As [`part`], of `one_in` pixels along each side (1, 2, 4 or 8) one; of fewer where colours would lose more than that.
pub(crate) fn reduced(
    source: &mut Source<'_>,
    header: &Header,
    region: PixelRegion,
    one_in: u32,
    limits: &CropLimits,
) -> Result<Reduced, CropError> {
    let fewer = |frame: &Frame| (one_in / frame.unevenness()).max(1);
    let plan = |frame: &Frame| {
        let is_all = (region.width, region.height) == (frame.width, frame.height);
        let purpose = Purpose::Decode { one_in: fewer(frame), is_all };
        with_margin(frame, region, purpose)
    };
    let small = small(source, header, plan, Extras::default(), limits)?;
    let one_in = fewer(&small.frame);
    let PixelRegion { left, top, width, height } = small.pixels;
    let profile = header.profile.as_deref();
    let picture =
        turbo::decode(&small.bytes, (width, height), one_in, small.frame.components.len(), profile)?;
    let within = PixelRegion { left: region.left - left, top: region.top - top, ..region };
    let (outside, inside) = placed(within, one_in);
    let mut picture = cut(picture, outside);
    if one_in == 1 {
        return Ok(Reduced { picture, inside: None, rows_decoded: height });
    }
    border::mend(&mut picture, outside, within, one_in, &small, header, limits)?;
    Ok(Reduced { picture, inside: Some(inside), rows_decoded: height })
}

/// The MCUs that decoding `region` takes.
fn with_margin(frame: &Frame, region: PixelRegion, purpose: Purpose) -> Plan {
    let mcus = frame.mcus(region, if frame.is_progressive() { PROGRESSIVE_MARGIN } else { 1 });
    Plan { pixels: frame.pixels(&mcus), mcus, purpose }
}

/// Where `region` lies when of `one_in` pixels one is left: the whole pixels that it touches, and its place in those.
fn placed(region: PixelRegion, one_in: u32) -> (PixelRegion, [f64; 4]) {
    let along = |begin: u32, length: u32| {
        let first = begin / one_in;
        let whole = (begin + length).div_ceil(one_in) - first;
        let exactly = |pixels: u32| f64::from(pixels) / f64::from(one_in);
        (first, whole, exactly(begin % one_in), exactly(length))
    };
    let (left, width, x, w) = along(region.left, region.width);
    let (top, height, y, h) = along(region.top, region.height);
    (PixelRegion { left, top, width, height }, [x, y, w, h])
}

/// Cuts `region`, in stored pixels, out of the JPEG of which `header` was read, without decoding: its coefficients are
/// the source's. It begins where an MCU does, so up to 15 pixels (in rare samplings 31) further left and above; what was
/// really cut is given with the file. The orientation is kept as a tag, the profile as it is.
pub(crate) fn lossless(
    source: &mut Source<'_>,
    header: &Header,
    region: PixelRegion,
    limits: &CropLimits,
) -> Result<Lossless, CropError> {
    let (right, bottom) = (region.left + region.width, region.top + region.height);
    let mut beyond = (0, 0);
    let plan = |frame: &Frame| {
        let mcus = frame.mcus(region, 0);
        beyond = (mcus.columns.end * frame.mcu_width - right, mcus.rows.end * frame.mcu_height - bottom);
        let PixelRegion { left, top, .. } = frame.pixels(&mcus);
        let pixels = PixelRegion { left, top, width: right - left, height: bottom - top };
        Plan { pixels, mcus, purpose: Purpose::GiveOut }
    };
    let extras = Extras { orientation: header.orientation.to_exif(), profile: header.profile.as_deref() };
    let small = small(source, header, plan, extras, limits)?;
    Ok(Lossless { bytes: small.bytes, pixels: small.pixels, beyond })
}

/// A part cut without loss.
pub(crate) struct Lossless {
    pub(crate) bytes: Vec<u8>,
    /// What it shows, in stored pixels.
    pub(crate) pixels: PixelRegion,
    /// Stored columns and rows right of that and below that its blocks hold too, hidden.
    pub(crate) beyond: (u32, u32),
}

/// A JPEG of some of the picture's MCUs.
struct Small {
    bytes: Vec<u8>,
    /// Where it lies in the picture.
    pixels: PixelRegion,
    frame: Frame,
    /// Where in its bytes each row of MCUs begins, behind a restart marker; empty where there are none.
    rows: Vec<usize>,
}

/// What becomes of a small JPEG.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// It is decoded, of `one_in` pixels along each side one; `is_all` says that it is the whole picture.
    Decode { one_in: u32, is_all: bool },
    /// It is decoded so many rows at a time.
    DecodeRows(u32),
    /// It is what was asked for.
    GiveOut,
}

/// What is taken out of a picture.
struct Plan {
    /// The pixels.
    pixels: PixelRegion,
    /// The MCUs in which they lie.
    mcus: Mcus,
    purpose: Purpose,
}

/// Makes a JPEG of the part that `plan` chooses.
fn small(
    source: &mut Source<'_>,
    header: &Header,
    plan: impl FnOnce(&Frame) -> Plan,
    extras: Extras<'_>,
    limits: &CropLimits,
) -> Result<Small, CropError> {
    let mut segments = Segments::new(source)?;
    let scan = segments.next_scan(None)?.ok_or_else(|| broken("it holds no picture"))?;
    let frame = segments.frame()?.clone();
    if (frame.width, frame.height) != (header.stored.width(), header.stored.height()) {
        return Err(broken("its header is ambiguous"));
    }
    let Plan { pixels, mcus: wanted, purpose } = plan(&frame);
    let is_gathered = frame.is_progressive() || scan.components.len() < frame.components.len();
    let has_restarts = matches!(purpose, Purpose::DecodeRows(_));
    let longest = match purpose {
        Purpose::Decode { .. } => pixels.width.max(pixels.height),
        Purpose::DecodeRows(_) => pixels.width,
        Purpose::GiveOut => 0,
    };
    if longest > JPEG_MAX_SIDE {
        return Err(CropError::Unsupported {
            what: "a part of a JPEG with more than 65,500 pixels a side, those of the blocks around it among them".into(),
            instead: "a smaller region".into(),
        });
    }
    let plane = |component: &Component| {
        let whole = match purpose {
            Purpose::Decode { one_in, is_all: true } => frame.whole_at(component, one_in),
            _ => Whole::ALL,
        };
        Plane::new(&frame, component, &wanted, whole)
    };
    let planes: Vec<Plane> = frame.components.iter().filter(|_| is_gathered).map(plane).collect();
    let gathered = planes.iter().map(|plane| plane.bytes(&frame)).sum();
    let room = Room::beside(&frame, &wanted, purpose, gathered, header, limits)?;
    let mut part_frame = frame.of_part(pixels.width, pixels.height)?;
    // As before the first scan, where decoders decide: a mark that comes later counts for nothing.
    let marks = segments.marks;
    let (bytes, rows) = if is_gathered {
        let gathered = scans::gather(&mut segments, &frame, scan, &wanted, planes)?;
        if gathered.is_open() {
            part_frame = part_frame.progressive();
        }
        let has_scans = part_frame.is_progressive() || part_frame.blocks_per_mcu() > MAX_BLOCKS_PER_MCU;
        let is_decoded = matches!(purpose, Purpose::Decode { .. });
        let room = if has_scans && is_decoded { room.beside_blocks(frame.blocks(&wanted))? } else { room };
        let mut jpeg = SmallJpeg::new(&part_frame, &gathered.quantisation, marks, extras);
        written(&mut jpeg, &part_frame, &gathered, purpose == Purpose::GiveOut, &room)?;
        (jpeg.finish(), Vec::new())
    } else {
        let quantisation = frame
            .components
            .iter()
            .map(|component| segments.quantisation[usize::from(component.table)].clone())
            .collect::<Option<Vec<Rc<Quantisation>>>>()
            .ok_or_else(|| broken("a quantisation table is missing"))?;
        let mut jpeg = SmallJpeg::new(&part_frame, &quantisation, marks, extras);
        if has_restarts {
            jpeg.restarts(part_frame.mcus_wide());
        }
        let order: Vec<usize> = scan.components.iter().map(|&(component, _, _)| component).collect();
        let dc = tables::standard(true, 0);
        let codes = frame.components.iter().map(|_| &dc);
        let mut output = Output::new(BitWriter::default(), codes, has_restarts);
        let ac = walk::walk(&mut segments, &frame, &scan, &wanted, &room, &mut output)?;
        let (entropy, mut rows) = output.finish();
        jpeg.scan(&part_frame, &order, &dc, &ac, &entropy);
        let begin = jpeg.len() - entropy.len();
        rows.iter_mut().for_each(|row| *row += begin);
        (jpeg.finish(), rows)
    };
    Ok(Small { bytes, pixels, frame: part_frame, rows })
}

/// Writes what was gathered as one sequential scan, or as a progressive JPEG that leaves open what the source does: decoders
/// guess what is missing, and are to guess the same. What is given out has tables of its own, since the source had; what is
/// only decoded has those of the standard.
fn written(
    jpeg: &mut SmallJpeg,
    frame: &Frame,
    gathered: &Gathered,
    is_given_out: bool,
    room: &Room,
) -> Result<(), CropError> {
    let planes = &gathered.planes;
    // Colour differences are the second and the third component, whatever they are called.
    let is_colour = |component: usize| matches!(component, 1 | 2);
    let standard = |component: usize| tables::standard(false, usize::from(is_colour(component)));
    if frame.is_progressive() {
        for band in gathered.bands(frame) {
            let room = &room.beside_bytes(jpeg.len());
            let codes = match band.first {
                _ if is_given_out => encode::table_for_band(frame, planes, &band, room)?,
                0 => tables::standard(true, 0),
                _ => standard(band.components[0]),
            };
            let bytes = encode::encode_band(frame, planes, &band, &codes, room)?;
            jpeg.band(frame, &band, &codes, &bytes);
        }
        return Ok(());
    }
    let all: Vec<usize> = (0..frame.components.len()).collect();
    // More blocks than a scan of all components may have in an MCU: a scan for each.
    let at_once = if frame.blocks_per_mcu() > MAX_BLOCKS_PER_MCU { 1 } else { all.len() };
    for components in all.chunks(at_once) {
        let room = &room.beside_bytes(jpeg.len());
        let (dc, ac) = if is_given_out {
            encode::tables_for(frame, planes, components, is_colour, room)?
        } else {
            let ac = components.iter().map(|&component| Rc::new(standard(component))).collect();
            (tables::standard(true, 0), ac)
        };
        let bytes = encode::encode(frame, planes, components, &dc, &ac, room)?;
        jpeg.scan(frame, components, &dc, &ac, &bytes);
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
