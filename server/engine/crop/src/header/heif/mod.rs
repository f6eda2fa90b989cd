//! AVIF: which of the file's items are the picture, where their bytes lie, and what is said of them.
//!
//! A picture is one coded item or a grid of them, with another such for its alpha. A property that must be understood and
//! is not is a reason to refuse: the picture would be shown wrongly. Sources: AV1 Image File Format 1.1, HEIF (ISO/IEC
//! 23008-12), MIAF (ISO/IEC 23000-22).

mod boxes;
mod items;
mod sequence;

use std::ops::Range;

use cutline_model::{PixelRegion, Size};
use image::metadata::Orientation;

use self::boxes::{Bytes, broken};
pub(super) use self::boxes::{MAX_HEAD_BYTES, head};
use self::items::{Item, Items, Place};
use self::sequence::Cicp;
use super::{Header, cicp_chunk, profile, size};
use crate::rights::Rights;
use crate::sniff::INSTEAD;
use crate::{CropError, Format};

/// Most cells of a grid: of the smallest that are allowed, 64 pixels wide, the largest picture has fewer.
const MAX_CELLS: u32 = 1024;

/// The picture that a file shows first.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) colours: Grid,
    pub(crate) alpha: Option<Grid>,
    /// Whether the colours were multiplied by the alpha.
    pub(crate) is_premultiplied: bool,
    /// How much of the grid is shown, from its first pixel on, before it is turned.
    pub(crate) shown: Size,
    /// How the samples mean colours, where the file and not the bitstream says so.
    pub(crate) matrix: Option<Matrix>,
    pub(crate) kind: Coding,
}

/// One coded picture, or several of one size in rows.
#[derive(Clone, Debug)]
pub(crate) struct Grid {
    /// The size of all together; what reaches beyond is not shown.
    pub(crate) size: Size,
    /// The size of each cell.
    pub(crate) cell: Size,
    pub(crate) columns: u32,
    /// Where the bytes of each cell lie, row by row.
    cells: Vec<Place>,
    /// What `idat` holds, where cells may lie.
    inside: Vec<u8>,
}

/// How samples become colours (ITU-T H.273, sections 8.3 and 8.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Matrix {
    pub(crate) coefficients: u8,
    pub(crate) is_full_range: bool,
}

/// What `av1C` says of the samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Coding {
    pub(crate) depth: u8,
    pub(crate) is_grey: bool,
    is_subsampled: (bool, bool),
}

impl Grid {
    /// Where in the grid the cell lies; it may reach beyond.
    pub(crate) fn place(&self, index: u32) -> PixelRegion {
        let (column, row) = (index % self.columns, index / self.columns);
        let (width, height) = (self.cell.width(), self.cell.height());
        PixelRegion { left: column * width, top: row * height, width, height }
    }

    pub(crate) fn cells(&self) -> Range<u32> {
        0..self.cells.len() as u32
    }

    /// How far the file must be there for this cell, in bytes.
    pub(crate) fn end(&self, index: u32) -> u64 {
        match &self.cells[index as usize] {
            Place::File(ranges) => ranges.iter().map(|range| range.end).max().unwrap_or(0),
            _ => 0,
        }
    }

    /// The first bytes of the first cell, at most [`sequence::MAX_BYTES`], out of as much of the file as is there.
    fn beginning<'f>(&'f self, file: &'f [u8]) -> Result<&'f [u8], CropError> {
        let (from, range) = match self.cells.first() {
            Some(Place::File(ranges)) => (file, ranges.first()),
            Some(Place::Inside(ranges)) => (&self.inside[..], ranges.first()),
            _ => return Ok(&[]),
        };
        let Some(range) = range else { return Ok(&[]) };
        let most = sequence::MAX_BYTES.min(range.end.saturating_sub(range.start));
        let begin = usize::try_from(range.start).ok();
        let found = begin.and_then(|begin| from.get(begin..begin.checked_add(most as usize)?));
        found.ok_or(CropError::Truncated { format: Format::Avif })
    }

    /// The bytes of a cell, out of as much of the file as is there.
    pub(crate) fn bytes(&self, index: u32, file: &[u8]) -> Result<Vec<u8>, CropError> {
        bytes(&self.cells[index as usize], file, &self.inside)
    }
}

impl Coding {
    /// Whether each pixel has colours of its own, or one colour is for two pixels across, and down.
    pub(crate) fn halved(self) -> (bool, bool) {
        self.is_subsampled
    }

    /// Samples for each pixel, in quarters.
    fn quarters(self) -> u64 {
        match (self.is_grey, self.is_subsampled) {
            (true, _) => 4,
            (false, (true, true)) => 6,
            (false, (true, false)) => 8,
            (false, _) => 12,
        }
    }
}

/// Reads the header out of the file's beginning.
pub(super) fn read(file: &[u8]) -> Result<Header, CropError> {
    let meta = meta(file)?;
    let items = Items::read(meta)?;
    let primary = primary(&items)?;
    let layout = Layout::of(&items, primary, file)?;
    let cicp = match colour(&items, primary, b"nclx") {
        Some(&[_, primaries, _, transfer, _, matrix, ..]) => Some(Cicp { primaries, transfer, matrix }),
        _ => sequence::colours(layout.colours.beginning(file)?),
    };
    let icc = colour(&items, primary, b"prof").or_else(|| colour(&items, primary, b"rICC"));
    let profile = match icc {
        Some(icc) => profile::check(icc.to_vec(), layout.kind.is_grey)?,
        None => None,
    };
    let bytes_per_sample = if layout.kind.depth > 8 { 2 } else { 1 };
    // The decoder holds a cell's samples, and about a byte for each pixel of what it knows of blocks.
    let alpha = layout.alpha.as_ref().map_or(0, |alpha| alpha.cell.area());
    let cell =
        layout.colours.cell.area().max(alpha).saturating_mul(layout.kind.quarters() * bytes_per_sample + 4)
            / 4;
    Ok(Header {
        format: Format::Avif,
        stored: layout.shown,
        orientation: orientation(&items, primary)?,
        colour_chunks: if profile.is_some() {
            Vec::new()
        } else {
            cicp.map(colour_chunk).unwrap_or_default()
        },
        profile,
        has_alpha: layout.alpha.is_some(),
        // Without a change of colours there is no use for loss (AV1 specification, section 6.4.2).
        is_lossless: cicp.is_some_and(|cicp| cicp.matrix == 0),
        is_full_chroma: !layout.kind.is_grey && layout.kind.is_subsampled == (false, false),
        is_animated: false,
        blocks: None,
        decode_bytes: cell,
    })
}

/// Reads where the picture lies out of the file's beginning.
pub(super) fn layout(file: &[u8]) -> Result<Layout, CropError> {
    let items = Items::read(meta(file)?)?;
    Layout::of(&items, primary(&items)?, file)
}

/// Who made the picture, by the items that describe it.
pub(super) fn rights(file: &[u8]) -> Result<Rights, CropError> {
    let items = Items::read(meta(file)?)?;
    let mut rights = Rights::default();
    for item in items.referring(b"cdsc", items.primary) {
        let is_xmp = &item.kind == b"mime" && item.mime == b"application/rdf+xml";
        if is_xmp || &item.kind == b"Exif" {
            let data = bytes(&item.place, file, items.inside)?;
            if is_xmp {
                rights.read_xmp(&data);
            } else {
                // Before the block stands how much stands between that number and it.
                let mut block = Bytes(&data);
                let skipped = block.long()?;
                block.take(skipped as usize)?;
                rights.read_exif(block.0);
            }
        }
    }
    Ok(rights)
}

impl Layout {
    fn of(items: &Items<'_>, primary: &Item, file: &[u8]) -> Result<Self, CropError> {
        let (colours, kind) = grid(items, primary, file)?;
        let mut alpha = None;
        for item in items.referring(b"auxl", primary.id) {
            if is_alpha(items, item) {
                alpha = Some((grid(items, item, file)?.0, item.id));
                break;
            }
        }
        let parts = items.referred(b"dimg", primary.id);
        let has_parts_alpha = |part: &u32| items.referring(b"auxl", *part).any(|item| is_alpha(items, item));
        if parts.iter().any(has_parts_alpha) {
            return Err(unsupported("an AVIF picture whose pieces have alpha of their own"));
        }
        let is_premultiplied =
            alpha.as_ref().is_some_and(|(_, alpha)| items.referred(b"prem", primary.id).contains(alpha));
        let alpha = alpha.map(|(grid, _)| grid);
        if alpha.as_ref().is_some_and(|alpha| alpha.size != colours.size) {
            return Err(broken("its alpha is of another size"));
        }
        let shown = shown(items, primary, colours.size);
        let matrix = match colour(items, primary, b"nclx") {
            Some(&[_, _, _, _, _, coefficients, range, ..]) => {
                Some(Matrix { coefficients, is_full_range: range & 0x80 != 0 })
            }
            _ => None,
        };
        Ok(Self { colours, alpha, is_premultiplied, shown, matrix, kind })
    }
}

/// The payload of the box `meta`.
fn meta(file: &[u8]) -> Result<&[u8], CropError> {
    let truncated = || CropError::Truncated { format: Format::Avif };
    let mut position = 0_u64;
    loop {
        let begin = usize::try_from(position).map_err(|_| broken("it holds no picture"))?;
        let rest = file.get(begin..).ok_or_else(truncated)?;
        let (kind, header, length) = head(rest, Format::Avif)?.ok_or_else(truncated)?;
        if &kind == b"meta" {
            // Up to the end of the file, which nobody knows while it arrives; and the picture would lie nowhere.
            let length = length.ok_or_else(|| broken("what describes its picture has no end"))?;
            let end = usize::try_from(length).ok().filter(|&end| end <= rest.len()).ok_or_else(truncated)?;
            return Ok(&rest[header..end]);
        }
        let length = length.ok_or_else(|| broken("it holds no picture"))?;
        position = position.checked_add(length).ok_or_else(|| broken("it holds no picture"))?;
    }
}

fn primary<'i>(items: &'i Items<'_>) -> Result<&'i Item, CropError> {
    items.get(items.primary).ok_or_else(|| broken("it does not say which of its pictures is shown"))
}

/// The coded pictures that an item stands for, and how their samples are coded.
fn grid(items: &Items<'_>, item: &Item, file: &[u8]) -> Result<(Grid, Coding), CropError> {
    check_essential(items, item)?;
    let inside = items.inside.to_vec();
    match &item.kind {
        b"av01" => {
            let size = extent(items, item)?;
            let cells = vec![item.place.clone()];
            Ok((Grid { size, cell: size, columns: 1, cells, inside }, coding(items, item)?))
        }
        b"grid" => {
            let data = bytes(&item.place, file, items.inside)?;
            let mut data = Bytes(&data);
            let (_, flags) = (data.byte()?, data.byte()?);
            let (rows, columns) = (u32::from(data.byte()?) + 1, u32::from(data.byte()?) + 1);
            let side = if flags & 1 == 0 { 2 } else { 4 };
            let size = size(Format::Avif, data.number(side)? as u32, data.number(side)? as u32)?;
            if items.property(item, b"ispe").is_some() && extent(items, item)? != size {
                return Err(broken("its grid is of another size than it says"));
            }
            let parts = items.referred(b"dimg", item.id);
            if rows * columns > MAX_CELLS || parts.len() != (rows * columns) as usize {
                return Err(broken("its grid has another number of cells than it says"));
            }
            let mut cells = Vec::new();
            let mut first = None;
            for &part in parts {
                let part = items.get(part).filter(|part| &part.kind == b"av01");
                let part = part.ok_or_else(|| broken("a cell of its grid is missing"))?;
                check_essential(items, part)?;
                let like = (extent(items, part)?, coding(items, part)?);
                if *first.get_or_insert(like) != like {
                    return Err(broken("the cells of its grid differ"));
                }
                cells.push(part.place.clone());
            }
            let (cell, kind) = first.ok_or_else(|| broken("its grid is empty"))?;
            let covers = |cell: u32, count: u32, whole: u32| {
                cell.checked_mul(count).is_some_and(|covered| covered >= whole)
            };
            // One that is not seen at all would be decoded for nothing.
            let is_seen = |cell: u32, count: u32, whole: u32| (count - 1).saturating_mul(cell) < whole;
            if !is_seen(cell.width(), columns, size.width()) || !is_seen(cell.height(), rows, size.height()) {
                return Err(broken("its grid has cells beyond its edge"));
            }
            if !covers(cell.width(), columns, size.width()) || !covers(cell.height(), rows, size.height()) {
                return Err(broken("the cells of its grid do not cover it"));
            }
            Ok((Grid { size, cell, columns, cells, inside }, kind))
        }
        b"hvc1" | b"hvc2" => Err(unsupported("a HEIC picture")),
        _ => Err(unsupported("a picture that is made of others (HEIF)")),
    }
}

/// Refuses a property that must be understood to show the item rightly, and is not.
fn check_essential(items: &Items<'_>, item: &Item) -> Result<(), CropError> {
    let known =
        [b"av1C", b"ispe", b"pixi", b"colr", b"irot", b"imir", b"clap", b"auxC", b"pasp", b"clli", b"mdcv"];
    let is_strange =
        |(kind, _, is_essential): ([u8; 4], &[u8], bool)| is_essential && !known.contains(&&kind);
    if items.properties(item).any(is_strange) {
        return Err(unsupported("an AVIF picture in layers, or with properties that are not read"));
    }
    Ok(())
}

/// The size that `ispe` says.
fn extent(items: &Items<'_>, item: &Item) -> Result<Size, CropError> {
    let mut extent = Bytes(items.property(item, b"ispe").ok_or_else(|| broken("it does not say its size"))?);
    extent.version()?;
    size(Format::Avif, extent.long()?, extent.long()?)
}

fn coding(items: &Items<'_>, item: &Item) -> Result<Coding, CropError> {
    let config = items.property(item, b"av1C").ok_or_else(|| broken("it does not say how it is coded"))?;
    let &[_, _, flags, ..] = config else { return Err(broken("it does not say how it is coded")) };
    let is = |bit: u8| flags >> bit & 1 != 0;
    let depth = if !is(6) { 8 } else { 10 + 2 * u8::from(is(5)) };
    Ok(Coding { depth, is_grey: is(4), is_subsampled: (is(3), is(2)) })
}

fn is_alpha(items: &Items<'_>, item: &Item) -> bool {
    items.property(item, b"auxC").is_some_and(|kind| {
        let kind = kind.get(4..).unwrap_or_default();
        kind.starts_with(b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0")
            || kind.starts_with(b"urn:mpeg:hevc:2015:auxid:1\0")
    })
}

/// What a `colr` of this kind holds; its kind is left out.
fn colour<'a>(items: &Items<'a>, item: &Item, wanted: &[u8; 4]) -> Option<&'a [u8]> {
    // The cells of a grid may say it in its place.
    let first = items.referred(b"dimg", item.id).first().and_then(|&cell| items.get(cell));
    [Some(item), first].into_iter().flatten().find_map(|item| {
        items
            .properties(item)
            .filter(|(kind, _, _)| kind == b"colr")
            .find_map(|(_, payload, _)| payload.strip_prefix(wanted))
    })
}

/// PNG's chunk `cICP` for colours that are not sRGB's. BT.709's own curve is shown as sRGB's, as browsers do.
fn colour_chunk(Cicp { primaries, transfer, .. }: Cicp) -> Vec<u8> {
    if matches!(primaries, 1 | 2) && matches!(transfer, 1 | 2 | 6 | 13 | 14 | 15) {
        return Vec::new();
    }
    let or = |value: u8, otherwise: u8| if value == 2 { otherwise } else { value };
    cicp_chunk(or(primaries, 1), or(transfer, 13))
}

/// How the picture is turned: by quarters against the clock, then mirrored (MIAF, section 7.3.6.7).
fn orientation(items: &Items<'_>, item: &Item) -> Result<Orientation, CropError> {
    let first = |kind| items.property(item, kind).map(|payload| payload.first().copied().unwrap_or(0));
    let quarters = first(b"irot").map_or(0, |byte| byte & 3);
    // Axis 0 exchanges above and below, axis 1 left and right.
    let axis = first(b"imir").map(|byte| byte & 1);
    let order: Vec<[u8; 4]> = items
        .properties(item)
        .filter(|(kind, _, _)| [b"clap", b"irot", b"imir"].contains(&kind))
        .map(|(kind, _, _)| kind)
        .collect();
    let usual = [*b"clap", *b"irot", *b"imir"];
    if !order.is_sorted_by_key(|kind| usual.iter().position(|usual| usual == kind)) {
        return Err(unsupported("an AVIF picture that is turned before it is cut"));
    }
    Ok(match (quarters, axis) {
        (0, None) => Orientation::NoTransforms,
        (0, Some(0)) | (2, Some(1)) => Orientation::FlipVertical,
        (0, Some(_)) | (2, Some(0)) => Orientation::FlipHorizontal,
        (1, None) => Orientation::Rotate270,
        (1, Some(0)) | (3, Some(1)) => Orientation::Rotate90FlipH,
        (1, Some(_)) | (3, Some(0)) => Orientation::Rotate270FlipH,
        (2, _) => Orientation::Rotate180,
        _ => Orientation::Rotate90,
    })
}

/// What `clap` leaves of a picture (ISO/IEC 14496-12, section 12.1.4.2), where that begins with the picture and ends on
/// whole pixels; all of it otherwise. So does Chromium, and the part has to be where the visitor saw it.
fn shown(items: &Items<'_>, item: &Item, size: Size) -> Size {
    let read = |payload| -> Option<Size> {
        let mut numbers = Bytes(payload);
        let mut fraction = || -> Option<(i128, i128)> {
            let mut number = || numbers.long().ok().map(|number| i128::from(number.cast_signed()));
            Some((number()?, number()?))
        };
        // Two sides, and how far their middle lies from the picture's.
        let (width, height, across, down) = (fraction()?, fraction()?, fraction()?, fraction()?);
        let side = |extent: (i128, i128), offset: (i128, i128), whole: u32| {
            let whole = i128::from(whole);
            let extent = (extent.1 > 0 && extent.0 % extent.1 == 0).then(|| extent.0 / extent.1)?;
            let begins_with_it = offset.1 > 0 && (whole - extent) * offset.1 + 2 * offset.0 == 0;
            (begins_with_it && extent <= whole).then(|| u32::try_from(extent).ok())?
        };
        Size::new(side(width, across, size.width())?, side(height, down, size.height())?)
    };
    items.property(item, b"clap").and_then(read).unwrap_or(size)
}

/// The bytes at a place, put together.
fn bytes(place: &Place, file: &[u8], inside: &[u8]) -> Result<Vec<u8>, CropError> {
    let (ranges, from, is_file) = match place {
        Place::File(ranges) => (ranges, file, true),
        Place::Inside(ranges) => (ranges, inside, false),
        Place::Unknown => return Err(unsupported("an AVIF picture with pieces that lie elsewhere")),
    };
    let mut all = Vec::new();
    for range in ranges {
        let found = usize::try_from(range.start).ok().zip(usize::try_from(range.end).ok());
        let Some(found) = found.and_then(|(begin, end)| from.get(begin..end)) else {
            return Err(if is_file {
                CropError::Truncated { format: Format::Avif }
            } else {
                broken("a piece is missing")
            });
        };
        // Ranges that repeat would make much of little.
        if all.len() + found.len() > from.len() {
            return Err(broken("its pieces overlap"));
        }
        all.extend_from_slice(found);
    }
    Ok(all)
}

fn unsupported(what: &'static str) -> CropError {
    CropError::Unsupported { what: what.into(), instead: INSTEAD.into() }
}
