//! TIFF: size, kind of samples, orientation and profile of the first picture in the file.
//!
//! The directory is read by the `tiff` crate, which checks every count against its limits. Kinds of samples that it does
//! not decode, or that no program writes for the web, are refused by name. A camera's raw picture is a TIFF too: what it
//! shows first is a thumbnail. Sources: TIFF 6.0 (1992), its Technical Note 1, the DNG specification for its mark.

use std::io::{Cursor, ErrorKind, Read, Seek};

use image::metadata::Orientation;
use tiff::TiffError;
use tiff::decoder::Decoder;
use tiff::tags::Tag;

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
    /// Whether each channel lies by itself.
    pub(crate) is_planar: bool,
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

    /// What the directory that `decoder` stands at says.
    pub(crate) fn of<R: Read + Seek>(decoder: &mut Decoder<R>) -> Result<Self, CropError> {
        let count: u16 = number(decoder, Tag::SamplesPerPixel)?.unwrap_or(1);
        let depth = list(decoder, Tag::BitsPerSample)?.first().copied().unwrap_or(1);
        if list(decoder, Tag::SampleFormat)?.iter().any(|&format| format != 1) {
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
        let alpha = match list(decoder, Tag::ExtraSamples)?.first() {
            _ if extra == 0 => Alpha::None,
            Some(1) => Alpha::Premultiplied,
            Some(2) => Alpha::Straight,
            None if meaning == Meaning::Rgb => Alpha::Straight,
            _ => Alpha::None,
        };
        let is_planar = count > 1 && number::<u16, _>(decoder, Tag::PlanarConfiguration)? == Some(2);
        Ok(Self { meaning, alpha, depth, is_planar })
    }
}

/// Reads the header out of the file's beginning, which must reach as far as the directory and its values do.
pub(super) fn read(head: &[u8]) -> Result<Header, CropError> {
    let mut decoder = Decoder::new(Cursor::new(head)).map_err(|error| refuse(&error))?;
    refuse_raw(&mut decoder)?;
    match number::<u16, _>(&mut decoder, Tag::Compression)? {
        None | Some(1 | 4 | 5 | 8 | 32_773 | 32_946) => {}
        Some(6 | 7) => return Err(unsupported("a TIFF that holds JPEGs")),
        Some(_) => return Err(unsupported("a TIFF compressed in an unusual way")),
    }
    let (width, height) = decoder.dimensions().map_err(|error| refuse(&error))?;
    let stored = size(Format::Tiff, width, height)?;
    let samples = Samples::of(&mut decoder)?;
    let orientation = number::<u8, _>(&mut decoder, Tag::Orientation)?;
    let kind = match samples.meaning {
        Meaning::Grey => ProfileKind::Grey,
        Meaning::Rgb | Meaning::Palette(_) => ProfileKind::Rgb,
        Meaning::Inks => ProfileKind::Cmyk,
    };
    let profile = match bytes(&mut decoder, Tag::IccProfile, kind.max_bytes() as u64)? {
        Value::TooLong => return Err(kind.too_large()),
        Value::Bytes(profile) => profile::check_kind(profile, kind)?,
        Value::Missing => None,
    };
    let (chunk_width, chunk_height) = decoder.chunk_dimensions();
    let chunk = u64::from(chunk_width).saturating_mul(chunk_height.min(height.next_multiple_of(8)).into());
    let count: u16 = number(&mut decoder, Tag::SamplesPerPixel)?.unwrap_or(1);
    Ok(Header {
        format: Format::Tiff,
        stored,
        orientation: orientation.and_then(Orientation::from_exif).unwrap_or(Orientation::NoTransforms),
        profile,
        colour_chunks: Vec::new(),
        has_alpha: samples.alpha != Alpha::None,
        is_lossless: true,
        is_full_chroma: false,
        is_animated: false,
        lossless_step: None,
        // One strip or tile at a time.
        decode_bytes: chunk.saturating_mul(u64::from(count) * u64::from(samples.depth).div_ceil(8)),
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
    let colours = list(decoder, Tag::ColorMap)?;
    if depth > 8 || colours.len() != 3 << depth {
        return Err(broken(Format::Tiff, "its table of colours has the wrong length"));
    }
    Ok(colours)
}

fn number<T: TryFrom<u64>, R: Read + Seek>(
    decoder: &mut Decoder<R>,
    tag: Tag,
) -> Result<Option<T>, CropError> {
    decoder.find_tag_unsigned(tag).map_err(|error| refuse(&error))
}

fn list<R: Read + Seek>(decoder: &mut Decoder<R>, tag: Tag) -> Result<Vec<u16>, CropError> {
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
