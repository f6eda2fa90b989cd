//! WebP: the RIFF chunks that say size, alpha, orientation and profile, and whether all of them are there.
//!
//! The canvas and each bitstream state their own size, and the decoder makes room for the bitstream's before it
//! compares: here they must agree first. Source: the WebP container specification and RFC 6386, RFC 9649.

use cutline_model::Size;
use image::metadata::Orientation;

use super::{CropError, Format, Header, array, broken, profile, size};
use crate::rights::Rights;

/// `RIFF`, length, `WEBP`.
const RIFF_BYTES: usize = 12;
const ANIMATION_FLAG: u8 = 0x02;
const XMP_FLAG: u8 = 0x04;
const EXIF_FLAG: u8 = 0x08;
const ALPHA_FLAG: u8 = 0x10;
const ICC_FLAG: u8 = 0x20;

struct Chunk<'a> {
    kind: [u8; 4],
    /// What the source holds of its payload: all of it, or its beginning when the source ends within it.
    payload: &'a [u8],
    /// Its length as stated.
    length: usize,
}

/// One `VP8 ` or `VP8L` bitstream.
pub(crate) struct Bitstream {
    pub(crate) size: Size,
    pub(crate) is_lossless: bool,
    /// Whether it has alpha of its own; a lossy one has it in a chunk beside it.
    has_alpha: bool,
}

pub(super) fn read(source: &[u8]) -> Result<Header, CropError> {
    let first = Chunk::at(source, RIFF_BYTES)?;
    if &first.kind != b"VP8X" {
        let bitstream = first.bitstream()?;
        return Ok(header(bitstream.size, &bitstream, false, None, None));
    }
    let &[flags, _, _, _, w0, w1, w2, h0, h1, h2, ..] = first.payload else {
        return Err(CropError::Truncated { format: Format::WebP });
    };
    let side = |low, middle, high| u32::from_le_bytes([low, middle, high, 0]) + 1;
    let canvas = size(Format::WebP, side(w0, w1, w2), side(h0, h1, h2))?;

    let is_animated = flags & ANIMATION_FLAG != 0;
    let (mut bitstream, mut icc, mut exif) = (None, None, None);
    let mut position = first.end(RIFF_BYTES);
    let riff_end = u32::from_le_bytes(array(source, 4, Format::WebP)?) as usize + 8;
    // What stands behind the stated end is not the picture's, however much of the file there is.
    while position < source.len().min(riff_end) {
        let chunk = Chunk::at(source, position)?;
        match &chunk.kind {
            b"VP8 " | b"VP8L" if bitstream.is_none() && !is_animated => {
                let found = chunk.bitstream()?;
                if found.size != canvas {
                    return Err(broken(Format::WebP, "its canvas and its picture differ in size"));
                }
                bitstream = Some(found);
            }
            b"ANMF" if bitstream.is_none() && is_animated => bitstream = Some(first_frame(&chunk, canvas)?),
            // It stands before the picture, or counts for nothing.
            b"ICCP" if icc.is_none() && bitstream.is_none() && flags & ICC_FLAG != 0 => {
                icc = Some(chunk.whole()?);
            }
            b"EXIF" if exif.is_none() && flags & EXIF_FLAG != 0 => exif = Some(chunk.whole()?),
            _ => {}
        }
        position = chunk.end(position);
        // The orientation comes after the picture's data, so the walk ends only when nothing is missed.
        if bitstream.is_some() && (flags & EXIF_FLAG == 0 || exif.is_some()) {
            break;
        }
    }
    let Some(bitstream) = bitstream else {
        return Err(missing(source, riff_end, "it holds no picture"));
    };
    if flags & EXIF_FLAG != 0 && exif.is_none() && source.len() < riff_end {
        return Err(CropError::Truncated { format: Format::WebP });
    }
    let profile = match icc {
        Some(icc) if icc.len() > profile::MAX_PROFILE_BYTES => return Err(profile::too_large()),
        Some(icc) => profile::check(icc.to_vec(), false)?,
        None => None,
    };
    let bitstream = Bitstream { has_alpha: flags & ALPHA_FLAG != 0, ..bitstream };
    let orientation = exif.and_then(|exif| Orientation::from_exif_chunk(without_prefix(exif)));
    Ok(header(canvas, &bitstream, is_animated, orientation, profile))
}

/// Who made the picture, by the chunks that the first one promises; they come after the pixels.
pub(super) fn rights(source: &[u8]) -> Result<Rights, CropError> {
    let mut rights = Rights::default();
    let first = Chunk::at(source, RIFF_BYTES)?;
    let (b"VP8X", &[flags, ..]) = (&first.kind, first.payload) else { return Ok(rights) };
    let mut missing = flags & (XMP_FLAG | EXIF_FLAG);
    let mut position = first.end(RIFF_BYTES);
    let riff_end = u32::from_le_bytes(array(source, 4, Format::WebP)?) as usize + 8;
    while missing != 0 && position < riff_end {
        let chunk = Chunk::at(source, position)?;
        match &chunk.kind {
            b"EXIF" => {
                rights.read_exif(without_prefix(chunk.whole()?));
                missing &= !EXIF_FLAG;
            }
            b"XMP " => {
                rights.read_xmp(chunk.whole()?);
                missing &= !XMP_FLAG;
            }
            _ => {}
        }
        position = chunk.end(position);
    }
    Ok(rights)
}

/// Some writers put JPEG's prefix before the TIFF header.
fn without_prefix(exif: &[u8]) -> &[u8] {
    exif.strip_prefix(b"Exif\0\0").unwrap_or(exif)
}

fn header(
    stored: Size,
    bitstream: &Bitstream,
    is_animated: bool,
    orientation: Option<Orientation>,
    profile: Option<Vec<u8>>,
) -> Header {
    Header {
        format: Format::WebP,
        stored,
        orientation: orientation.unwrap_or(Orientation::NoTransforms),
        profile,
        colour_chunks: Vec::new(),
        has_alpha: bitstream.has_alpha,
        is_lossless: bitstream.is_lossless,
        is_full_chroma: false,
        is_animated,
        blocks: None,
        // What it takes depends on the part.
        decode_bytes: 0,
    }
}

/// The bitstream of an animation's frame, which must lie inside the canvas and be as large as the frame says.
fn first_frame(frame: &Chunk<'_>, canvas: Size) -> Result<Bitstream, CropError> {
    let &[x0, x1, x2, y0, y1, y2, w0, w1, w2, h0, h1, h2, _, _, _, _, ref inner @ ..] = frame.payload else {
        return Err(CropError::Truncated { format: Format::WebP });
    };
    let number = |low, middle, high| u32::from_le_bytes([low, middle, high, 0]);
    let (left, top) = (number(x0, x1, x2) * 2, number(y0, y1, y2) * 2);
    let size = size(Format::WebP, number(w0, w1, w2) + 1, number(h0, h1, h2) + 1)?;
    if left + size.width() > canvas.width() || top + size.height() > canvas.height() {
        return Err(broken(Format::WebP, "its first frame lies outside its canvas"));
    }
    let mut position = 0;
    loop {
        let chunk = Chunk::at(inner, position)?;
        if matches!(&chunk.kind, b"VP8 " | b"VP8L") {
            let bitstream = chunk.bitstream()?;
            return if bitstream.size == size {
                Ok(bitstream)
            } else {
                Err(broken(Format::WebP, "its first frame and its picture differ in size"))
            };
        }
        position = chunk.end(position);
    }
}

impl<'a> Chunk<'a> {
    fn at(source: &'a [u8], position: usize) -> Result<Self, CropError> {
        let kind = array(source, position, Format::WebP)?;
        let length = u32::from_le_bytes(array(source, position + 4, Format::WebP)?) as usize;
        let begin = position + 8;
        let payload = &source[begin..begin.saturating_add(length).min(source.len())];
        Ok(Self { kind, payload, length })
    }

    /// Where the next chunk begins; chunks are padded to an even length.
    fn end(&self, position: usize) -> usize {
        position.saturating_add(8 + self.length + (self.length & 1))
    }

    fn bitstream(&self) -> Result<Bitstream, CropError> {
        Bitstream::read(self.kind, self.length, self.payload)
    }

    fn whole(&self) -> Result<&'a [u8], CropError> {
        if self.payload.len() == self.length {
            Ok(self.payload)
        } else {
            Err(CropError::Truncated { format: Format::WebP })
        }
    }
}

impl Bitstream {
    /// Reads the header of the bitstream in a chunk of this kind and length, of which `payload` is the beginning.
    pub(crate) fn read(kind: [u8; 4], length: usize, payload: &[u8]) -> Result<Self, CropError> {
        match (&kind, payload) {
            // Frame tag (bit 0 clear: key frame), start code, 14 bits each of width and height under 2 bits of scale.
            (b"VP8 ", &[tag, _, _, 0x9d, 0x01, 0x2a, w0, w1, h0, h1, ..]) if tag & 1 == 0 => {
                let side = |low, high| u32::from(u16::from_le_bytes([low, high]) & 0x3fff);
                let size = size(Format::WebP, side(w0, w1), side(h0, h1))?;
                Ok(Self { size, is_lossless: false, has_alpha: false })
            }
            // Signature, 14 bits each of width - 1 and height - 1, alpha, 3 bits of version.
            (b"VP8L", &[0x2f, b0, b1, b2, b3, ..]) => {
                let bits = u32::from_le_bytes([b0, b1, b2, b3]);
                let size = size(Format::WebP, (bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1)?;
                Ok(Self { size, is_lossless: true, has_alpha: bits >> 28 & 1 != 0 })
            }
            (b"VP8 " | b"VP8L", payload) if payload.len() < 10.min(length) => {
                Err(CropError::Truncated { format: Format::WebP })
            }
            _ => Err(broken(Format::WebP, "its picture does not begin as one")),
        }
    }
}

/// Why something that must be in the file was not found: not read so far, or not there.
fn missing(source: &[u8], riff_end: usize, reason: &str) -> CropError {
    if source.len() < riff_end {
        CropError::Truncated { format: Format::WebP }
    } else {
        broken(Format::WebP, reason)
    }
}
