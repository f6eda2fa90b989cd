//! JPEG XL: size, depth, colours, and whether it moves or lost anything, by the codestream's own header.
//!
//! The header is packed bit by bit and its profile coded: the parts of jxl-oxide read both. Its boxes are walked here, since
//! it would unpack metadata without a bound, and lengths are held against limits before anything is unpacked. A turn is the
//! decoder's to make, so the picture is stored upright as far as other steps know. Source: ISO/IEC 18181-1 and -2.

mod codestream;

use image::metadata::Orientation;
use jxl_bitstream::Bitstream;
use jxl_oxide::color::{
    ColourEncoding, ColourSpace, EnumColourEncoding, Primaries, TransferFunction, WhitePoint,
};
use jxl_oxide::frame::Encoding;
use jxl_oxide::{ExtraChannelType, FrameHeader, ImageHeader};
use jxl_oxide_common::Bundle;

pub(crate) use self::codestream::Codestream;
use super::profile::{self, ProfileKind};
use super::{Format, Header, broken, cicp_chunk, size};
use crate::rights::Rights;
use crate::{CropError, Source};

const INSTEAD: &str = "a JPEG or PNG picture";
/// Most channels beside the colours: each is decoded as the colours are.
const MAX_EXTRA_CHANNELS: usize = 8;
/// How far the decoder looks ahead, in bits.
const MAX_LOOKED_AHEAD_BITS: usize = 64;
/// How much longer than the profile its coded form may be, in bytes: commands that say how to write it.
const MAX_PROFILE_CODE_BYTES: u64 = 64 << 10;

/// Reads the header out of the file's beginning.
pub(super) fn read(head: &[u8]) -> Result<Header, CropError> {
    let (stream, end) = codestream::beginning(head);
    let mut bits = Bitstream::new(&stream);
    let length = 8 * stream.len();
    parsed(&mut bits, length).map_err(|error| {
        // What goes wrong just before the end may be the end's doing.
        let is_end = is_at_end(&bits, length) && matches!(error, CropError::Broken { .. });
        match error {
            // What stands in the way of more of the codestream counts for more than that it ends.
            CropError::Truncated { .. } => end.unwrap_or(error),
            _ if is_end => end.unwrap_or(CropError::Truncated { format: Format::JpegXl }),
            error => error,
        }
    })
}

/// Who made the picture, by the boxes beside the codestream.
pub(super) fn rights(head: &[u8]) -> Result<Rights, CropError> {
    codestream::rights(head)
}

/// Whether so little of `length` bits is left that the decoder may have looked beyond: there seem to be zeros, until they
/// are taken.
fn is_at_end(bits: &Bitstream<'_>, length: usize) -> bool {
    length.saturating_sub(bits.num_read_bits()) <= MAX_LOOKED_AHEAD_BITS
}

fn parsed(bits: &mut Bitstream<'_>, length: usize) -> Result<Header, CropError> {
    let image = ImageHeader::parse(bits, ()).map_err(|error| refuse(error.unexpected_eof(), &error))?;
    let metadata = &image.metadata;
    let stored = size(Format::JpegXl, image.width_with_orientation(), image.height_with_orientation())?;
    if metadata.ec_info.len() > MAX_EXTRA_CHANNELS {
        return Err(unsupported("a JPEG XL picture with very many channels"));
    }
    let is_grey = metadata.grayscale();
    let (profile, colour_chunks) = colours(bits, &image)?;
    // A coded profile may come out well, and as another, where its last bits are not there. No frame is shorter than that.
    if matches!(metadata.colour_encoding, ColourEncoding::IccProfile(_)) && is_at_end(bits, length) {
        return Err(CropError::Truncated { format: Format::JpegXl });
    }
    bits.zero_pad_to_byte().map_err(|error| refuse(error.unexpected_eof(), &error))?;
    // A small copy that may stand before the picture is not looked at.
    let is_modular = metadata.preview.is_none() && {
        let frame = FrameHeader::parse(bits, &image);
        frame.map_err(|error| refuse(error.unexpected_eof(), &error))?.encoding == Encoding::Modular
    };
    let has_alpha = metadata.ec_info.iter().any(|channel| channel.is_alpha());
    Ok(Header {
        format: Format::JpegXl,
        stored,
        orientation: Orientation::NoTransforms,
        profile,
        colour_chunks,
        has_alpha,
        is_lossless: is_modular && !metadata.xyb_encoded,
        is_full_chroma: !is_grey,
        is_animated: metadata.animation.is_some(),
        blocks: None,
        // Whatever the part: an eighth of the sides, as numbers of 32 bits.
        decode_bytes: stored.area() / 64 * 4 * (3 + metadata.ec_info.len() as u64),
    })
}

/// What the picture's numbers mean as colours: a profile, or PNG's chunk.
///
/// Stored with loss, they are in the decoder's own colours, and are made what is declared (`decode/jxl/light.rs`); grey
/// becomes that of sRGB.
fn colours(bits: &mut Bitstream<'_>, image: &ImageHeader) -> Result<(Option<Vec<u8>>, Vec<u8>), CropError> {
    let metadata = &image.metadata;
    let is_grey = metadata.grayscale();
    let is_made_srgb = metadata.xyb_encoded && is_grey;
    match &metadata.colour_encoding {
        ColourEncoding::IccProfile(_) => {
            if metadata.ec_info.iter().any(|channel| matches!(channel.ty, ExtraChannelType::Black)) {
                return Err(unsupported("a JPEG XL picture in CMYK"));
            }
            let kind = if is_grey { ProfileKind::Grey } else { ProfileKind::Rgb };
            let profile = profile::check_kind(icc(bits)?, kind)?;
            Ok((profile.filter(|_| !is_made_srgb), Vec::new()))
        }
        ColourEncoding::Enum(colours) if metadata.xyb_encoded && colours.is_hdr() => {
            Err(unsupported("an HDR JPEG XL picture that was stored with loss"))
        }
        ColourEncoding::Enum(colours) if !is_known(colours) => {
            Err(unsupported("a JPEG XL picture in unusual colours"))
        }
        ColourEncoding::Enum(_) if is_made_srgb => Ok((None, Vec::new())),
        ColourEncoding::Enum(colours) => {
            let is_srgb = colours.is_srgb() || is_grey && colours.tf == TransferFunction::Srgb;
            Ok(match cicp(colours) {
                _ if is_srgb => (None, Vec::new()),
                Some((primaries, transfer)) if !is_grey => (None, cicp_chunk(primaries, transfer)),
                // Primaries or a curve of its own.
                _ => (Some(jxl_color::icc::colour_encoding_to_icc(colours)), Vec::new()),
            })
        }
    }
}

/// Whether a profile can be made of these colours; from a curve that it does not know, and from a power of nothing, the
/// library makes a panic (jxl-color 0.11).
fn is_known(colours: &EnumColourEncoding) -> bool {
    matches!(colours.colour_space, ColourSpace::Rgb | ColourSpace::Grey)
        && !matches!(colours.tf, TransferFunction::Unknown | TransferFunction::Gamma { g: 0, .. })
}

/// Primaries and transfer by number (ITU-T H.273, sections 8.1 and 8.2), where there is one for these and their white. The
/// library's own numbers leave the white out: P3 of screens would be that of cinemas.
fn cicp(colours: &EnumColourEncoding) -> Option<(u8, u8)> {
    let primaries = match (colours.primaries, colours.white_point) {
        (Primaries::Srgb, WhitePoint::D65) => 1,
        (Primaries::Bt2100, WhitePoint::D65) => 9,
        (Primaries::P3, WhitePoint::Dci) => 11,
        (Primaries::P3, WhitePoint::D65) => 12,
        _ => return None,
    };
    Some((primaries, colours.tf.cicp()?))
}

/// The profile, no larger than is kept.
fn icc(bits: &mut Bitstream<'_>) -> Result<Vec<u8>, CropError> {
    let limit = profile::MAX_PROFILE_BYTES as u64;
    let coded = bits.clone().read_u64().map_err(|error| refuse(error.unexpected_eof(), &error))?;
    if coded > limit + MAX_PROFILE_CODE_BYTES {
        return Err(profile::too_large());
    }
    let coded = jxl_color::icc::read_icc(bits).map_err(|error| refuse(error.unexpected_eof(), &error))?;
    // Its length comes first, seven bits in a byte.
    let digits = coded.iter().take(9).scan(true, |goes_on, &byte| {
        let digit = goes_on.then_some(u64::from(byte & 0x7f));
        *goes_on &= byte & 0x80 != 0;
        digit
    });
    let length = digits.enumerate().fold(0, |length, (place, digit)| length | digit << (7 * place));
    if length > limit {
        return Err(profile::too_large());
    }
    jxl_color::icc::decode_icc(&coded).map_err(|error| refuse(false, &error))
}

/// The error for what the decoder says; `is_end` when it wants more of the file.
fn refuse(is_end: bool, error: &dyn std::error::Error) -> CropError {
    if is_end {
        return CropError::Truncated { format: Format::JpegXl };
    }
    broken(Format::JpegXl, &error.to_string())
}

fn unsupported(what: &'static str) -> CropError {
    CropError::Unsupported { what: what.into(), instead: INSTEAD.into() }
}
