//! JPEG: the segments before the first scan: size, sampling, orientation, profile.
//!
//! Also how many scans are too many: a progressive file in very many passes would keep a processor busy for seconds.
//! Sources: ITU-T T.81 annex B, ICC.1:2022 annex B.4, Exif 2.32 section 4.7.2.

use cutline_model::Size;
use image::metadata::Orientation;

use super::profile::{self, ProfileKind};
use super::{Blocks, CropError, Format, Header, array, broken, size};
use crate::rights::Rights;

/// Most pixels that are walked over, counted anew in each scan: 200 megapixels of an ordinary progressive file, which has 10 scans,
/// or 12 as mozjpeg writes it. Those of a camera take half a second for each thousand million.
const MAX_SCANNED_PIXELS: u64 = 2_400_000_000;
/// Most scans whatever the size.
const MAX_SCANS: u32 = 100;
/// Most pieces of a profile: their places are bytes, counted from 1.
const MAX_PROFILE_PIECES: usize = 255;

const SOI: u8 = 0xd8;
const EOI: u8 = 0xd9;
const SOS: u8 = 0xda;

/// The frame header.
struct Frame {
    width: u32,
    height: u32,
    /// Horizontal and vertical sampling factors of each component.
    sampling: Vec<(u64, u64)>,
    is_progressive: bool,
}

/// What stands before the first scan.
struct Start<'a> {
    frame: Frame,
    /// Whether there is one scan, of all components.
    is_in_one_scan: bool,
    orientation: Option<Orientation>,
    /// Pieces of the ICC profile with their places, counted from 1.
    profile: Vec<(u8, &'a [u8])>,
    /// The first of each kind of metadata that may say who made the picture.
    xmp: Option<&'a [u8]>,
    photoshop: Option<&'a [u8]>,
    exif: Option<&'a [u8]>,
}

pub(super) fn read(source: &[u8]) -> Result<Header, CropError> {
    let start = start(source)?;
    let Frame { width, height, ref sampling, .. } = start.frame;
    let stored = size(Format::Jpeg, width, height)?;
    // RGB stored as such counts as three channels too; four are CMYK or YCCK, and both are decoded to CMYK.
    let kind = match sampling.len() {
        1 => ProfileKind::Grey,
        4 => ProfileKind::Cmyk,
        _ => ProfileKind::Rgb,
    };
    Ok(Header {
        format: Format::Jpeg,
        stored,
        orientation: start.orientation.unwrap_or(Orientation::NoTransforms),
        profile: match join(start.profile, kind)? {
            Some(profile) => profile::check_kind(profile, kind)?,
            None => None,
        },
        colour_chunks: Vec::new(),
        has_alpha: false,
        is_lossless: false,
        is_full_chroma: kind != ProfileKind::Grey && sampling.windows(2).all(|pair| pair[0] == pair[1]),
        is_animated: false,
        blocks: start.frame.blocks(start.is_in_one_scan),
        // What it takes depends on the part.
        decode_bytes: 0,
    })
}

/// What the segments before the first scan say of the picture's maker.
pub(super) fn rights(source: &[u8]) -> Result<Rights, CropError> {
    let Start { xmp, photoshop, exif, .. } = start(source)?;
    let mut rights = Rights::default();
    xmp.into_iter().for_each(|packet| rights.read_xmp(packet));
    photoshop.into_iter().for_each(|resources| rights.read_photoshop(resources));
    exif.into_iter().for_each(|block| rights.read_exif(block));
    Ok(rights)
}

/// Refuses so many scans of so many pixels as would keep a processor busy for seconds; `area` is what each of them walks over.
pub(crate) fn check_scans(scans: u32, area: u64) -> Result<(), CropError> {
    if scans > MAX_SCANS || u64::from(scans) * area > MAX_SCANNED_PIXELS.max(area) {
        return Err(CropError::TooManyScans { scans });
    }
    Ok(())
}

impl Frame {
    /// Reads a frame header's payload: precision, height, width, then id, sampling and table of each component.
    fn read(marker: u8, payload: &[u8]) -> Result<Self, CropError> {
        let unsupported = |what: &'static str| CropError::Unsupported {
            what: what.into(),
            instead: "an ordinary 8-bit RGB or grey JPEG".into(),
        };
        match marker {
            0xc0..=0xc2 => {}
            0xc3 | 0xc7 | 0xcb | 0xcf => return Err(unsupported("a JPEG of the rare lossless kind")),
            0xc5 | 0xc6 | 0xcd | 0xce => return Err(unsupported("a JPEG of the rare hierarchical kind")),
            _ => return Err(unsupported("a JPEG with arithmetic coding")),
        }
        let &[precision, h1, h0, w1, w0, count, ref components @ ..] = payload else {
            return Err(broken(Format::Jpeg, "its frame header is too short"));
        };
        if precision != 8 {
            return Err(unsupported("a JPEG with more than 8 bits per channel"));
        }
        match count {
            1 | 3 | 4 => {}
            _ => return Err(unsupported("a JPEG with an unusual number of channels")),
        }
        if components.len() != usize::from(count) * 3 {
            return Err(broken(Format::Jpeg, "its frame header has a wrong length"));
        }
        let sampling: Vec<(u64, u64)> = components
            .chunks_exact(3)
            .map(|entry| (u64::from(entry[1] >> 4), u64::from(entry[1] & 15)))
            .collect();
        if sampling.iter().any(|&(h, v)| !(1..=4).contains(&h) || !(1..=4).contains(&v)) {
            return Err(broken(Format::Jpeg, "a sampling factor is not 1 to 4"));
        }
        let (width, height) =
            (u32::from(u16::from_be_bytes([w1, w0])), u32::from(u16::from_be_bytes([h1, h0])));
        // T.81 B.2.2: a DNL segment behind the first scan says it then.
        if height == 0 {
            return Err(unsupported("a JPEG that says its height behind its pixels"));
        }
        Ok(Self { width, height, sampling, is_progressive: marker == 0xc2 })
    }

    fn largest_sampling(&self) -> (u64, u64) {
        self.sampling.iter().fold((1, 1), |(h, v), &(h1, v1)| (h.max(h1), v.max(v1)))
    }

    /// How its blocks lie, unless it holds inks.
    fn blocks(&self, is_in_one_scan: bool) -> Option<Blocks> {
        let (across, down) = self.largest_sampling();
        let mcu = match self.sampling.len() {
            // The blocks of a single component lie row by row, whatever it says of its sampling (T.81 A.2.2).
            1 => Size::new(8, 8),
            3 => Size::new(8 * across as u32, 8 * down as u32),
            _ => None,
        };
        mcu.map(|mcu| Blocks { mcu, is_progressive: self.is_progressive, is_in_one_scan })
    }
}

/// SOF0 to SOF15; DHT (c4), JPG (c8) and DAC (cc) lie among them.
fn is_frame_header(marker: u8) -> bool {
    matches!(marker, 0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf)
}

/// Walks the segments up to the first scan.
fn start(source: &[u8]) -> Result<Start<'_>, CropError> {
    let mut frame = None;
    let mut orientation = None;
    let mut profile = Vec::new();
    let (mut xmp, mut photoshop, mut exif_block) = (None, None, None);
    let mut position = 2;
    loop {
        let marker_at = next_marker(source, position)?;
        let marker = source[marker_at + 1];
        position = marker_at + 2;
        match marker {
            // TEM and restart markers stand alone.
            0x01 | 0xd0..=0xd7 => continue,
            SOI | EOI => return Err(broken(Format::Jpeg, "it holds no picture")),
            _ => {}
        }
        let (payload, end) = segment(source, position)?;
        position = end;
        match marker {
            marker if is_frame_header(marker) => {
                // A second one would change the size behind the back of every check made on the first.
                if frame.is_some() {
                    return Err(broken(Format::Jpeg, "it has two frame headers"));
                }
                frame = Some(Frame::read(marker, payload)?);
            }
            0xe1 => {
                if let Some(exif) = payload.strip_prefix(b"Exif\0\0") {
                    orientation = orientation.or_else(|| Orientation::from_exif_chunk(exif));
                    exif_block.get_or_insert(exif);
                } else if let Some(packet) = payload.strip_prefix(b"http://ns.adobe.com/xap/1.0/\0") {
                    xmp.get_or_insert(packet);
                }
            }
            0xe2 => {
                // One piece too many is enough to see that they are no profile; nobody has to keep a million of them.
                if let Some([place, _count, piece @ ..]) = payload.strip_prefix(b"ICC_PROFILE\0")
                    && profile.len() <= MAX_PROFILE_PIECES
                {
                    profile.push((*place, piece));
                }
            }
            0xed => {
                if let Some(resources) = payload.strip_prefix(b"Photoshop 3.0\0") {
                    photoshop.get_or_insert(resources);
                }
            }
            SOS => {
                let frame = frame.ok_or_else(|| broken(Format::Jpeg, "it has no frame header"))?;
                let is_in_one_scan = !frame.is_progressive
                    && payload.first().map(|count| usize::from(*count)) == Some(frame.sampling.len());
                return Ok(Start {
                    frame,
                    is_in_one_scan,
                    orientation,
                    profile,
                    xmp,
                    photoshop,
                    exif: exif_block,
                });
            }
            _ => {}
        }
    }
}

/// The payload of the segment whose length field is at `position`, and where the segment ends.
fn segment(source: &[u8], position: usize) -> Result<(&[u8], usize), CropError> {
    let length = usize::from(u16::from_be_bytes(array(source, position, Format::Jpeg)?));
    if length < 2 {
        return Err(broken(Format::Jpeg, "a segment has a wrong length"));
    }
    let end = position + length;
    let payload = source.get(position + 2..end).ok_or(CropError::Truncated { format: Format::Jpeg })?;
    Ok((payload, end))
}

/// Where the next marker's 0xFF stands, fill bytes skipped; anything else before it is skipped as decoders do.
fn next_marker(source: &[u8], mut position: usize) -> Result<usize, CropError> {
    loop {
        match *source.get(position..).unwrap_or_default() {
            [0xff, 0 | 0xff, ..] => position += 1,
            [0xff, _, ..] => return Ok(position),
            [_, _, ..] => position += 1,
            _ => return Err(CropError::Truncated { format: Format::Jpeg }),
        }
    }
}

/// The profile put together from its pieces; nothing when there is none or a piece is missing.
fn join(mut pieces: Vec<(u8, &[u8])>, kind: ProfileKind) -> Result<Option<Vec<u8>>, CropError> {
    if pieces.iter().map(|(_, piece)| piece.len()).sum::<usize>() > kind.max_bytes() {
        return Err(kind.too_large());
    }
    pieces.sort_by_key(|&(place, _)| place);
    let in_order = pieces.iter().enumerate().all(|(index, &(place, _))| usize::from(place) == index + 1);
    let profile = pieces.into_iter().map(|(_, piece)| piece).collect::<Vec<_>>().concat();
    Ok((in_order && !profile.is_empty()).then_some(profile))
}
