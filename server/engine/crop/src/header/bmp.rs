//! BMP: the bitmap header that says size, depth, compression and profile, and whether all pixels are there.
//!
//! Icons hold the same header, without the file header before it. Sources: Microsoft's "Bitmap Header Types",
//! BITMAPCOREHEADER to BITMAPV5HEADER.

use cutline_model::Size;
use image::metadata::Orientation;

use super::{CropError, Format, Header, array, broken, profile, size};

/// `BM`, the file's length, four reserved bytes, where the pixels begin.
const FILE_HEADER_BYTES: usize = 14;
const CORE_HEADER_BYTES: u32 = 12;
const V5_HEADER_BYTES: u32 = 124;
/// `bV5CSType` of a picture with a profile of its own: "MBED", read as a number.
const PROFILE_EMBEDDED: u32 = 0x4d42_4544;

const INSTEAD: &str = "a PNG picture";

/// What a bitmap header says.
pub(super) struct Bitmap {
    pub(super) width: u32,
    /// Of an icon, twice the picture's.
    pub(super) height: u32,
    /// Bits of a pixel.
    bits: u16,
    /// Whether rows are run-length coded, so that their length is not known.
    is_packed: bool,
    has_alpha: bool,
    /// Where its embedded profile lies, from the header's first byte.
    profile: Option<(usize, usize)>,
}

pub(super) fn read(source: &[u8]) -> Result<Header, CropError> {
    let bitmap = Bitmap::read(source, FILE_HEADER_BYTES, Format::Bmp)?;
    let stored = size(Format::Bmp, bitmap.width, bitmap.height)?;
    let profile = match bitmap.profile {
        Some((_, length)) if length > profile::MAX_PROFILE_BYTES => return Err(profile::too_large()),
        Some((offset, length)) => {
            let begin = FILE_HEADER_BYTES.saturating_add(offset);
            let bytes = source.get(begin..begin.saturating_add(length));
            profile::check(bytes.ok_or(CropError::Truncated { format: Format::Bmp })?.to_vec(), false)?
        }
        None => None,
    };
    let channels = if bitmap.has_alpha { 4 } else { 3 };
    Ok(Header {
        format: Format::Bmp,
        stored,
        orientation: Orientation::NoTransforms,
        profile,
        colour_chunks: Vec::new(),
        has_alpha: bitmap.has_alpha,
        is_lossless: true,
        is_full_chroma: false,
        is_animated: false,
        blocks: None,
        // One row as it is stored lies beside the pixels.
        decode_bytes: stored.area() * channels + bitmap.row_bytes(),
    })
}

pub(super) fn check_whole(source: &[u8]) -> Result<(), CropError> {
    let bitmap = Bitmap::read(source, FILE_HEADER_BYTES, Format::Bmp)?;
    let pixels_at = u64::from(u32::from_le_bytes(array(source, 10, Format::Bmp)?));
    // Run-length coded rows end themselves: their decoder meets the end of the file.
    let pixel_bytes = if bitmap.is_packed { 0 } else { bitmap.row_bytes() * u64::from(bitmap.height) };
    if (source.len() as u64) < pixels_at + pixel_bytes {
        return Err(CropError::Truncated { format: Format::Bmp });
    }
    Ok(())
}

impl Bitmap {
    /// Reads the header at `begin` of a BMP or ICO file.
    pub(super) fn read(source: &[u8], begin: usize, format: Format) -> Result<Self, CropError> {
        let unsupported =
            |what: &'static str| CropError::Unsupported { what: what.into(), instead: INSTEAD.into() };
        let number =
            |offset: usize| array(source, begin.saturating_add(offset), format).map(u32::from_le_bytes);
        let short =
            |offset: usize| array(source, begin.saturating_add(offset), format).map(u16::from_le_bytes);
        let length = number(0)?;
        if length == CORE_HEADER_BYTES {
            let (width, height, bits) = (short(4)?.into(), short(6)?.into(), short(10)?);
            return Ok(Self { width, height, bits, is_packed: false, has_alpha: false, profile: None });
        }
        match length {
            40 | 52 | 56 | 108 | V5_HEADER_BYTES => {}
            16 | 64 => return Err(unsupported("a bitmap of OS/2 2.x")),
            _ => return Err(broken(format, "its header has an impossible length")),
        }
        // A negative height says that the top row comes first.
        let (width, height) = (number(4)?, number(8)?.cast_signed().unsigned_abs());
        if width > i32::MAX.unsigned_abs() {
            return Err(broken(format, "its width is negative"));
        }
        let (bits, compression) = (short(14)?, number(16)?);
        if !matches!(bits, 1 | 2 | 4 | 8 | 16 | 24 | 32) {
            return Err(broken(format, "a pixel has an impossible number of bits"));
        }
        match compression {
            0..=3 => {}
            4 => return Err(unsupported("a bitmap with a JPEG inside")),
            5 => return Err(unsupported("a bitmap with a PNG inside")),
            11..=13 => return Err(unsupported("a CMYK bitmap")),
            _ => return Err(broken(format, "it is compressed in no known way")),
        }
        let has_alpha = compression == 3 && length >= 56 && number(52)? != 0;
        let profile = if length == V5_HEADER_BYTES && number(56)? == PROFILE_EMBEDDED {
            Some((number(112)? as usize, number(116)? as usize))
        } else {
            None
        };
        Ok(Self { width, height, bits, is_packed: matches!(compression, 1 | 2), has_alpha, profile })
    }

    /// Bytes of a row that is not packed: rows are padded to four bytes.
    pub(super) fn row_bytes(&self) -> u64 {
        (u64::from(self.width) * u64::from(self.bits)).div_ceil(32) * 4
    }

    /// The size of an icon: the height counts its mask too.
    pub(super) fn icon_size(&self) -> Result<Size, CropError> {
        size(Format::Ico, self.width, self.height / 2)
    }
}
