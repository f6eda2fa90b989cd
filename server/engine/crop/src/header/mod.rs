//! What a picture's header says, read with our own small walkers before any decoder sees the file.
//!
//! Reading a header with a decoder is not free: an 8x8 PNG can hold a colour profile that inflates to a gigabyte, and
//! decoders take sizes from more than one place. Here every length is checked against the file, nothing is allocated
//! by a number that the file claims, and what decoding will cost is known before it begins.

mod bmp;
mod gif;
mod heif;
mod ico;
mod jpeg;
mod jxl;
mod png;
mod profile;
mod tiff;
pub(crate) mod webp;

use cutline_model::{Credit, Size};
use image::metadata::Orientation;

pub(crate) use self::heif::{Coding, Grid, Layout, Matrix};
pub(crate) use self::ico::largest as largest_icon;
pub(crate) use self::jpeg::check_scans;
pub(crate) use self::jxl::Codestream;
pub(crate) use self::png::animation_control;
pub(crate) use self::tiff::{
    Alpha as TiffAlpha, Layout as TiffLayout, Meaning, Packing as TiffPacking, Samples as TiffSamples,
};
use crate::rights::Rights;
use crate::{CropError, CropLimits, Format, Source, orient, sniff};

/// How much of a file is looked at first; most headers are shorter.
const FIRST_BYTES: usize = 16 << 10;

/// What the steps after it need to know of a picture.
#[derive(Clone, Debug)]
pub(super) struct Header {
    /// What it is.
    pub(super) format: Format,
    /// Columns and rows as they lie in the file.
    pub(super) stored: Size,
    /// How to turn it for display.
    pub(super) orientation: Orientation,
    /// Its ICC profile, at most 1 MiB, of the same kind of colour as its pixels.
    pub(super) profile: Option<Vec<u8>>,
    /// PNG's short colour chunks (gAMA, cHRM, sRGB, cICP) as they stand in the file.
    pub(super) colour_chunks: Vec<u8>,
    /// Whether its pixels are stored with an alpha channel.
    pub(super) has_alpha: bool,
    /// Whether its pixels are stored without loss.
    pub(super) is_lossless: bool,
    /// Whether its pixels are stored with loss but each with its own colour (a 4:4:4 JPEG).
    pub(super) is_full_chroma: bool,
    /// Whether it has frames, one after the other; of a GIF that is known once [`look_for_frames`] looked.
    pub(super) is_animated: bool,
    /// How a JPEG's blocks lie; none for another format, and none for inks, which are better made RGB.
    pub(super) blocks: Option<Blocks>,
    /// What a decoder allocates for it, whatever the part, in bytes.
    pub(super) decode_bytes: u64,
}

/// How the blocks of a JPEG lie.
#[derive(Clone, Copy, Debug)]
pub(super) struct Blocks {
    /// The size of an MCU, in stored pixels: the step in which it can be cut without loss.
    pub(super) mcu: Size,
    /// Whether its scans may leave bits open, which decoders guess from the blocks beside.
    pub(super) is_progressive: bool,
    /// Whether all that is known of a block stands in one place.
    pub(super) is_in_one_scan: bool,
}

impl Header {
    /// Its size as displayed.
    pub(super) fn upright_size(&self) -> Size {
        orient::upright_size(self.stored, self.orientation)
    }

    /// Refuses what takes more memory than it may: so much for the part, and so much whatever the part.
    pub(super) fn check_memory(&self, part: u64, whole: u64, limits: &CropLimits) -> Result<(), CropError> {
        let needed = part.saturating_add(whole);
        if needed > limits.max_decode_bytes {
            Err(self.too_much_memory(needed, whole, limits))
        } else {
            Ok(())
        }
    }

    /// The error for a part that takes more memory than it may: so much in all, and so much whatever the part.
    pub(super) fn too_much_memory(&self, needed: u64, whole: u64, limits: &CropLimits) -> CropError {
        let limit = limits.max_decode_bytes;
        CropError::TooMuchMemory { size: self.upright_size(), needed, limit, is_of_part: whole <= limit }
    }
}

/// Reads the header of a picture and refuses what is too large to decode; nothing is taken from `source`, and it is
/// looked at no further than the header goes.
pub(crate) fn read(source: &mut Source<'_>, limits: &CropLimits) -> Result<Header, CropError> {
    with_enough(source, |head| read_from(head, sniff(head)?, limits))
}

/// Who made the picture and under which terms, as its header says; what cannot be read says nothing.
pub(crate) fn credit(source: &mut Source<'_>, header: &Header) -> Credit {
    let rights = with_enough(source, |head| match header.format {
        Format::Jpeg => jpeg::rights(head),
        Format::Png => png::rights(head),
        Format::Gif => gif::rights(head),
        Format::WebP => webp::rights(head),
        Format::Avif => heif::rights(head),
        Format::JpegXl => jxl::rights(head),
        Format::Tiff => tiff::rights(head),
        _ => Ok(Rights::default()),
    });
    rights.unwrap_or_default().credit()
}

/// Where the picture of an AVIF file lies in it; nothing is taken from `source`.
pub(crate) fn layout(source: &mut Source<'_>) -> Result<Layout, CropError> {
    with_enough(source, heif::layout)
}

/// Runs `work` on the beginning of the file, with more of it as long as [`CropError::Truncated`] asks for more.
fn with_enough<T>(
    source: &mut Source<'_>,
    mut work: impl FnMut(&[u8]) -> Result<T, CropError>,
) -> Result<T, CropError> {
    let mut length = FIRST_BYTES;
    loop {
        let head = source.peek(length);
        let is_all = head.len() < length;
        match work(head) {
            Err(CropError::Truncated { .. }) if !is_all => length = length.saturating_mul(4),
            result => return result,
        }
    }
}

/// Reads the header out of the file's beginning; [`CropError::Truncated`] says that it goes on beyond it.
fn read_from(source: &[u8], format: Format, limits: &CropLimits) -> Result<Header, CropError> {
    let header = match format {
        Format::Jpeg => jpeg::read(source),
        Format::Png => png::read(source),
        Format::WebP => webp::read(source),
        Format::Gif => gif::read(source),
        Format::Bmp => bmp::read(source),
        Format::Ico => ico::read(source),
        Format::Avif => heif::read(source),
        Format::Tiff => tiff::read(source),
        Format::JpegXl => jxl::read(source),
    }?;
    match header.format {
        // What a part costs is known when the part is: the decoder looks at that.
        Format::Jpeg | Format::Png | Format::Tiff | Format::JpegXl => check_size(&header, limits.max_pixels)?,
        // Lossless WebP is decoded with room for the whole, and so is the alpha beside a lossy one.
        Format::WebP if header.is_lossless || header.has_alpha => {
            check_size(&header, limits.max_whole_pixels)?;
        }
        Format::WebP | Format::Gif => check_size(&header, limits.max_pixels)?,
        _ => check_whole_cost(&header, limits)?,
    }
    Ok(header)
}

/// Looks whether a GIF moves, which its header does not say; nothing is taken from `source`.
pub(crate) fn look_for_frames(source: &mut Source<'_>, header: &mut Header) {
    let mut length = FIRST_BYTES;
    while header.format == Format::Gif {
        let head = source.peek(length);
        let is_all = head.len() < length;
        match gif::has_second_frame(head) {
            Some(has_second) => {
                header.is_animated = has_second;
                return;
            }
            None if is_all => return,
            None => length = length.saturating_mul(4),
        }
    }
}

/// Refuses a picture that is too large to be decoded whole.
pub(crate) fn check_whole_cost(header: &Header, limits: &CropLimits) -> Result<(), CropError> {
    check_size(header, limits.max_whole_pixels)?;
    header.check_memory(0, header.decode_bytes, limits)
}

fn check_size(header: &Header, limit: u64) -> Result<(), CropError> {
    let size = header.upright_size();
    if size.area() > limit { Err(CropError::TooLarge { size, limit }) } else { Ok(()) }
}

/// Refuses a file that ends before its picture does, and one made to be slow: decoders fill what is missing with grey.
pub(super) fn check_whole(source: &[u8], format: Format) -> Result<(), CropError> {
    match format {
        // Their region paths meet the end themselves.
        Format::Bmp => bmp::check_whole(source),
        Format::Ico => ico::check_whole(source),
        _ => Ok(()),
    }
}

/// PNG's chunk `cICP` for these colours (ITU-T H.273, sections 8.1 and 8.2), of full range.
fn cicp_chunk(primaries: u8, transfer: u8) -> Vec<u8> {
    let data = [b'c', b'I', b'C', b'P', primaries, transfer, 0, 1];
    [&4_u32.to_be_bytes()[..], &data, &crc32fast::hash(&data).to_be_bytes()].concat()
}

/// The size of `width` by `height` stored pixels, or the error that there are none.
fn size(format: Format, width: u32, height: u32) -> Result<Size, CropError> {
    Size::new(width, height).ok_or_else(|| broken(format, "a side is 0 pixels long"))
}

fn broken(format: Format, reason: &str) -> CropError {
    CropError::Broken { format, reason: reason.to_owned() }
}

/// The `N` bytes of `source` at `offset`, or the error that the file ends before them.
fn array<const N: usize>(source: &[u8], offset: usize, format: Format) -> Result<[u8; N], CropError> {
    let bytes = offset.checked_add(N).and_then(|end| source.get(offset..end));
    bytes.and_then(|bytes| bytes.try_into().ok()).ok_or(CropError::Truncated { format })
}
