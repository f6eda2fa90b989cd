//! TIFF: size, kind of samples, orientation and profile of the first picture in the file.
//!
//! The directory is read by the `tiff` crate, which checks every count against its limits. Kinds of samples that no program
//! writes for the web are refused by name. A camera's raw picture is a TIFF too: what it
//! shows first is a thumbnail. Sources: TIFF 6.0 (1992), its Technical Note 1, the DNG specification for its mark.

use std::io::{Cursor, ErrorKind, Read, Seek};

use cutline_model::{PixelRegion, Size};
use image::metadata::Orientation;
use tiff::TiffError;
use tiff::decoder::{ChunkType, Decoder};
use tiff::tags::{ByteOrder, Tag};

use super::profile::{self, ProfileKind};
use super::{Format, Header, broken, size};
use crate::CropError;
use crate::rights::Rights;

const INSTEAD: &str = "a JPEG or PNG picture";
/// XMP, IPTC-IIM in Photoshop's resources, and what marks a DNG (TIFF tag numbers without a name in the crate).
const XMP: u16 = 700;
const PHOTOSHOP: u16 = 34_377;
const COPYRIGHT: u16 = 33_432;
const DNG_VERSION: u16 = 50_706;
/// The widest fax that is read, in pixels: its changes of colour are counted in 16 bits.
const MAX_FAX_WIDTH: u32 = 65_535;
/// Longest metadata looked at, in bytes.
const MAX_METADATA_BYTES: u64 = 1 << 20;

/// How the samples of a picture mean colours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    Grey,
    Rgb,
    /// Indices into a table of red, then green, then blue, 16 bits each.
    Palette(Vec<u16>),
    /// Cyan, magenta, yellow and black, the more the darker.
    Inks,
}

/// What alpha the samples after the colours are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alpha {
    None,
    Straight,
    /// The colours were multiplied by it.
    Premultiplied,
}

/// What one pixel is made of.
#[derive(Clone, Debug)]
pub(crate) struct Samples {
    pub(crate) meaning: Meaning,
    pub(crate) alpha: Alpha,
    /// Bits of a sample: 1, 2, 4, 8 or 16.
    pub(crate) depth: u8,
}

/// How the rows of a strip or tile are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    None,
    Fax,
    Lzw,
    PackBits,
    Zlib,
}

/// Where a picture's samples lie, and how.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) samples: Samples,
    /// Samples of a pixel, also those that are not looked at.
    pub(crate) count: u16,
    pub(crate) picture: Size,
    /// The size of a strip or tile; it may reach beyond the picture.
    pub(crate) chunk: Size,
    /// Where each begins in the file and how long it is, in bytes; row by row, and plane by plane.
    pub(crate) chunks: Vec<(u64, u64)>,
    /// Whether each channel lies by itself.
    pub(crate) is_planar: bool,
    pub(crate) packing: Packing,
    /// Whether samples are stored as differences to those of the pixel before.
    pub(crate) is_predicted: bool,
    pub(crate) is_big_endian: bool,
    pub(crate) is_lowest_bit_first: bool,
    /// Whether 0 is white, in grey.
    pub(crate) is_white_zero: bool,
}

impl Layout {
    /// What the first directory of a file says.
    pub(crate) fn read<R: Read + Seek>(file: R) -> Result<Self, CropError> {
        let mut decoder = Decoder::new(file).map_err(|error| refuse(&error))?;
        Self::of(&mut decoder)
    }

    fn of<R: Read + Seek>(decoder: &mut Decoder<R>) -> Result<Self, CropError> {
        let (width, height) = decoder.dimensions().map_err(|error| refuse(&error))?;
        let packing = match number::<u16, _>(decoder, Tag::Compression)? {
            None | Some(1) => Packing::None,
            Some(4) => Packing::Fax,
            Some(5) => Packing::Lzw,
            Some(8 | 32_946) => Packing::Zlib,
            Some(32_773) => Packing::PackBits,
            Some(6 | 7) => return Err(unsupported("a TIFF that holds JPEGs")),
            Some(_) => return Err(unsupported("a TIFF compressed in an unusual way")),
        };
        let samples = Samples::of(decoder)?;
        let count: u16 = number(decoder, Tag::SamplesPerPixel)?.unwrap_or(1);
        let is_planar = count > 1 && number::<u16, _>(decoder, Tag::PlanarConfiguration)? == Some(2);
        let is_predicted = match number::<u16, _>(decoder, Tag::Predictor)? {
            None | Some(1) => false,
            Some(2) if samples.depth >= 8 => true,
            Some(_) => return Err(unsupported("a TIFF with an unusual prediction")),
        };
        let (chunk_width, chunk_height) = decoder.chunk_dimensions();
        let chunk = size(Format::Tiff, chunk_width, chunk_height)?;
        let is_fax_like = (samples.depth, count) == (1, 1) && chunk_width <= MAX_FAX_WIDTH;
        if packing == Packing::Fax && !is_fax_like {
            return Err(broken(Format::Tiff, "a fax is black and white, and not so wide"));
        }
        let tags = match decoder.get_chunk_type() {
            ChunkType::Strip => (Tag::StripOffsets, Tag::StripByteCounts),
            ChunkType::Tile => (Tag::TileOffsets, Tag::TileByteCounts),
        };
        let (places, lengths): (Vec<u64>, Vec<u64>) = (list(decoder, tags.0)?, list(decoder, tags.1)?);
        let layout = Self {
            picture: size(Format::Tiff, width, height)?,
            chunk,
            chunks: places.into_iter().zip(lengths).collect(),
            is_planar,
            packing,
            is_predicted,
            is_big_endian: decoder.byte_order() == ByteOrder::BigEndian,
            is_lowest_bit_first: number::<u16, _>(decoder, Tag::FillOrder)? == Some(2),
            is_white_zero: samples.meaning == Meaning::Grey
                && number::<u16, _>(decoder, Tag::PhotometricInterpretation)? == Some(0),
            samples,
            count,
        };
        let planes = if is_planar { u64::from(count) } else { 1 };
        let (across, down) = layout.across_and_down();
        if layout.chunks.len() as u64 != planes * u64::from(across) * u64::from(down) {
            return Err(broken(Format::Tiff, "it has another number of strips or tiles than its size needs"));
        }
        Ok(layout)
    }

    fn across_and_down(&self) -> (u32, u32) {
        (
            self.picture.width().div_ceil(self.chunk.width()),
            self.picture.height().div_ceil(self.chunk.height()),
        )
    }

    /// What of a strip or tile lies in the picture.
    pub(crate) fn place(&self, column: u32, row: u32) -> PixelRegion {
        let (left, top) = (column * self.chunk.width(), row * self.chunk.height());
        PixelRegion {
            left,
            top,
            width: self.chunk.width().min(self.picture.width() - left),
            height: self.chunk.height().min(self.picture.height() - top),
        }
    }

    /// Which of the strips or tiles lies there.
    pub(crate) fn index(&self, column: u32, row: u32, plane: u16) -> u32 {
        let (across, down) = self.across_and_down();
        (u32::from(plane) * down + row) * across + column
    }

    /// Bytes of a row of a strip or tile.
    pub(crate) fn row_bytes(&self) -> usize {
        let samples = if self.is_planar { 1 } else { u64::from(self.count) };
        let bits = u64::from(self.chunk.width()).saturating_mul(samples * u64::from(self.samples.depth));
        usize::try_from(bits.div_ceil(8)).unwrap_or(usize::MAX)
    }
}

impl Meaning {
    fn channels(&self) -> u16 {
        match self {
            Self::Grey | Self::Palette(_) => 1,
            Self::Rgb => 3,
            Self::Inks => 4,
        }
    }
}

impl Samples {
    /// Samples that are looked at for a pixel, alpha included.
    pub(crate) fn channels(&self) -> u16 {
        self.meaning.channels() + u16::from(self.alpha != Alpha::None)
    }

    fn of<R: Read + Seek>(decoder: &mut Decoder<R>) -> Result<Self, CropError> {
        let count: u16 = number(decoder, Tag::SamplesPerPixel)?.unwrap_or(1);
        let depth = list::<u16, _>(decoder, Tag::BitsPerSample)?.first().copied().unwrap_or(1);
        if list::<u16, _>(decoder, Tag::SampleFormat)?.iter().any(|&format| format != 1) {
            return Err(unsupported("a TIFF whose samples are signed or have fractions"));
        }
        let depth = match depth {
            1 | 2 | 4 | 8 | 16 => depth as u8,
            _ => return Err(unsupported("a TIFF with an unusual number of bits per sample")),
        };
        let meaning = match number::<u16, _>(decoder, Tag::PhotometricInterpretation)? {
            Some(0 | 1) => Meaning::Grey,
            Some(2) => Meaning::Rgb,
            Some(3) => Meaning::Palette(palette(decoder, depth)?),
            Some(5) if number::<u16, _>(decoder, Tag::Unknown(332))?.unwrap_or(1) == 1 => Meaning::Inks,
            Some(5) => return Err(unsupported("a TIFF of other inks than cyan, magenta, yellow and black")),
            Some(6) => return Err(unsupported("a TIFF in YCbCr")),
            Some(8..=10) => return Err(unsupported("a TIFF in Lab colours")),
            _ => return Err(unsupported("a TIFF of an unusual kind")),
        };
        if depth < 8 && !matches!(meaning, Meaning::Grey | Meaning::Palette(_)) {
            return Err(unsupported("a TIFF in colours of fewer than 8 bits"));
        }
        let Some(extra) = count.checked_sub(meaning.channels()) else {
            return Err(broken(Format::Tiff, "it has too few samples for its colours"));
        };
        // A fourth sample of which nothing is said is taken for alpha, as libtiff does.
        let alpha = match list::<u16, _>(decoder, Tag::ExtraSamples)?.first() {
            _ if extra == 0 => Alpha::None,
            Some(1) => Alpha::Premultiplied,
            Some(2) => Alpha::Straight,
            None if meaning == Meaning::Rgb => Alpha::Straight,
            _ => Alpha::None,
        };
        Ok(Self { meaning, alpha, depth })
    }
}

/// Reads the header out of the file's beginning, which must reach as far as the directory and its values do.
pub(super) fn read(head: &[u8]) -> Result<Header, CropError> {
    let mut decoder = Decoder::new(Cursor::new(head)).map_err(|error| refuse(&error))?;
    refuse_raw(&mut decoder)?;
    let layout = Layout::of(&mut decoder)?;
    let orientation = number::<u8, _>(&mut decoder, Tag::Orientation)?;
    let kind = match layout.samples.meaning {
        Meaning::Grey => ProfileKind::Grey,
        Meaning::Rgb | Meaning::Palette(_) => ProfileKind::Rgb,
        Meaning::Inks => ProfileKind::Cmyk,
    };
    let profile = match bytes(&mut decoder, Tag::IccProfile, kind.max_bytes() as u64)? {
        Value::TooLong => return Err(kind.too_large()),
        Value::Bytes(profile) => profile::check_kind(profile, kind)?,
        Value::Missing => None,
    };
    Ok(Header {
        format: Format::Tiff,
        stored: layout.picture,
        orientation: orientation.and_then(Orientation::from_exif).unwrap_or(Orientation::NoTransforms),
        profile,
        colour_chunks: Vec::new(),
        has_alpha: layout.samples.alpha != Alpha::None,
        is_lossless: true,
        is_full_chroma: false,
        is_animated: false,
        blocks: None,
        // A row at a time, beside what unpacks it.
        decode_bytes: (layout.row_bytes() as u64).saturating_mul(2) + layout.chunks.len() as u64 * 16,
    })
}

/// Who made the picture, as its directory and the metadata in it say.
pub(super) fn rights(head: &[u8]) -> Result<Rights, CropError> {
    let mut decoder = Decoder::new(Cursor::new(head)).map_err(|error| refuse(&error))?;
    let mut rights = Rights::default();
    let mut value = |tag| match bytes(&mut decoder, tag, MAX_METADATA_BYTES) {
        Ok(Value::Bytes(value)) => Ok(value),
        Err(error @ CropError::Truncated { .. }) => Err(error),
        _ => Ok(Vec::new()),
    };
    rights.read_xmp(&value(Tag::Unknown(XMP))?);
    rights.read_photoshop(&value(Tag::Unknown(PHOTOSHOP))?);
    rights.read_exif_texts(&value(Tag::Artist)?, &value(Tag::Unknown(COPYRIGHT))?);
    Ok(rights)
}

/// The error for what the `tiff` crate says.
pub(crate) fn refuse(error: &TiffError) -> CropError {
    match error {
        TiffError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => {
            CropError::Truncated { format: Format::Tiff }
        }
        TiffError::UnsupportedError(_) => unsupported("a TIFF of an unusual kind or a camera's raw picture"),
        error => broken(Format::Tiff, &error.to_string()),
    }
}

/// Cameras' files that are TIFFs by their first bytes: DNG says so, others put a small preview first and the rest below.
fn refuse_raw<R: Read + Seek>(decoder: &mut Decoder<R>) -> Result<(), CropError> {
    let kind: u32 = number(decoder, Tag::NewSubfileType)?.unwrap_or(0);
    let directory = decoder.image_ifd();
    let is_preview = kind & 1 == 1 && directory.find_entry(Tag::SubIfd).is_some();
    if is_preview || directory.find_entry(Tag::Unknown(DNG_VERSION)).is_some() {
        return Err(unsupported("a camera's raw picture"));
    }
    Ok(())
}

/// Red, green and blue of all 2^`depth` colours.
fn palette<R: Read + Seek>(decoder: &mut Decoder<R>, depth: u8) -> Result<Vec<u16>, CropError> {
    let colours: Vec<u16> = list(decoder, Tag::ColorMap)?;
    if depth > 8 || colours.len() != 3 << depth {
        return Err(broken(Format::Tiff, "its table of colours has the wrong length"));
    }
    // Some programs write 8 bits where 16 belong; libtiff takes such a table for what was meant.
    let is_short = colours.iter().all(|&colour| colour < 256);
    Ok(if is_short { colours.into_iter().map(|colour| colour * 257).collect() } else { colours })
}

fn number<T: TryFrom<u64>, R: Read + Seek>(
    decoder: &mut Decoder<R>,
    tag: Tag,
) -> Result<Option<T>, CropError> {
    decoder.find_tag_unsigned(tag).map_err(|error| refuse(&error))
}

fn list<T: TryFrom<u64>, R: Read + Seek>(decoder: &mut Decoder<R>, tag: Tag) -> Result<Vec<T>, CropError> {
    Ok(decoder.find_tag_unsigned_vec(tag).map_err(|error| refuse(&error))?.unwrap_or_default())
}

enum Value {
    Missing,
    TooLong,
    Bytes(Vec<u8>),
}

/// The bytes of a value, at most `limit` of them.
fn bytes<R: Read + Seek>(decoder: &mut Decoder<R>, tag: Tag, limit: u64) -> Result<Value, CropError> {
    let mut directory = decoder.image_ifd();
    let Some(entry) = directory.find_entry(tag) else { return Ok(Value::Missing) };
    // The types of bytes and texts; a value of another type has no meaning here.
    let is_bytes = matches!(entry.field_type().to_u16(), 1 | 2 | 6 | 7);
    let length = entry.count();
    if !is_bytes {
        return Ok(Value::Missing);
    }
    if length > limit {
        return Ok(Value::TooLong);
    }
    let mut value = vec![0; usize::try_from(length).unwrap_or(0)];
    let read = directory.find_tag_bytes(tag, &mut value, 0).map_err(|error| refuse(&error))?;
    value.truncate(read.unwrap_or(0));
    Ok(Value::Bytes(value))
}

fn unsupported(what: &'static str) -> CropError {
    CropError::Unsupported { what: what.into(), instead: INSTEAD.into() }
}
