//! PNG: the chunks before the picture's data (size, kind of colour, orientation, profile).
//!
//! The profile is inflated here, with a cap, and the decoder is told to skip it: the decoder's own cap is the memory
//! for pixels, which a bomb would use up. Source: PNG, third edition, sections 5 and 11.

use std::io::Read;

use flate2::read::ZlibDecoder;
use image::metadata::Orientation;

use super::{CropError, Format, Header, array, broken, profile, size};
use crate::rights::Rights;

const SIGNATURE_BYTES: usize = 8;
/// Longest profile name, without its ending zero.
const MAX_PROFILE_NAME: usize = 79;

/// Largest number in a PNG (section 7.1).
const MAX_NUMBER: u32 = 0x7fff_ffff;

/// One chunk: its type, payload, and all its bytes from length to check sum.
struct Chunk<'a> {
    kind: [u8; 4],
    payload: &'a [u8],
    all: &'a [u8],
}

pub(super) fn read(source: &[u8]) -> Result<Header, CropError> {
    let mut position = SIGNATURE_BYTES;
    let first = chunk(source, &mut position)?;
    let (b"IHDR", &[w3, w2, w1, w0, h3, h2, h1, h0, _depth, colour, _, _, _]) = (&first.kind, first.payload)
    else {
        return Err(broken(Format::Png, "it does not begin with a header"));
    };
    let stored =
        size(Format::Png, u32::from_be_bytes([w3, w2, w1, w0]), u32::from_be_bytes([h3, h2, h1, h0]))?;
    let (mut orientation, mut inflated, mut colour_chunks) = (None, None, Vec::new());
    let (mut has_transparency, mut is_animated) = (false, false);
    let mut colour_kinds = Vec::new();
    let is_grey = matches!(colour, 0 | 4);
    // The first chunk of the picture's data ends the header: colour and orientation must stand before it to count.
    while &kind_at(source, position)? != b"IDAT" {
        let chunk = chunk(source, &mut position)?;
        match &chunk.kind {
            b"eXIf" => orientation = orientation.or_else(|| Orientation::from_exif_chunk(chunk.payload)),
            b"iCCP" if inflated.is_none() => inflated = Some(inflate(chunk.payload)?),
            // The first of each kind, as decoders take it; a million of them would be kept and written else.
            kind @ (b"gAMA" | b"cHRM" | b"sRGB" | b"cICP")
                if chunk.payload.len() <= 32 && !colour_kinds.contains(kind) =>
            {
                colour_kinds.push(*kind);
                colour_chunks.extend_from_slice(chunk.all);
            }
            b"acTL" => is_animated |= animation_control(chunk.payload).is_some(),
            b"tRNS" => has_transparency = true,
            b"IEND" => return Err(broken(Format::Png, "it holds no picture")),
            _ => {}
        }
    }
    let has_alpha = matches!(colour, 4 | 6) || has_transparency;
    Ok(Header {
        format: Format::Png,
        stored,
        orientation: orientation.unwrap_or(Orientation::NoTransforms),
        profile: match inflated.flatten() {
            Some(bytes) => profile::check(bytes, is_grey)?,
            None => None,
        },
        colour_chunks,
        is_animated,
        has_alpha,
        is_lossless: true,
        is_full_chroma: false,
        blocks: None,
        // What it takes depends on the part.
        decode_bytes: 0,
    })
}

/// Walks to the end of a PNG inside another file.
pub(super) fn check_whole(source: &[u8]) -> Result<(), CropError> {
    let mut position = SIGNATURE_BYTES;
    while &chunk(source, &mut position)?.kind != b"IEND" {}
    Ok(())
}

/// The chunk at `position`, which moves behind it.
fn chunk<'a>(source: &'a [u8], position: &mut usize) -> Result<Chunk<'a>, CropError> {
    let begin = *position;
    let length = u32::from_be_bytes(array(source, begin, Format::Png)?) as usize;
    let kind = array(source, begin + 4, Format::Png)?;
    if length > MAX_NUMBER as usize || !kind.iter().all(u8::is_ascii_alphabetic) {
        return Err(broken(Format::Png, "a chunk has an impossible length or name"));
    }
    // Length, type, payload, check sum.
    let end = begin + 8 + length + 4;
    let all = source.get(begin..end).ok_or(CropError::Truncated { format: Format::Png })?;
    *position = end;
    Ok(Chunk { kind, payload: &all[8..8 + length], all })
}

/// The type of the chunk at `position`, whose payload need not be there.
fn kind_at(source: &[u8], position: usize) -> Result<[u8; 4], CropError> {
    array(source, position + 4, Format::Png)
}

/// How many frames an acTL chunk promises and how often they are played; nothing when a number is none that it may be
/// (PNG, third edition, section 11.3.5.1): such a picture stands still.
pub(crate) fn animation_control(payload: &[u8]) -> Option<(u32, u32)> {
    let &[f3, f2, f1, f0, p3, p2, p1, p0] = payload else { return None };
    let (frames, plays) = (u32::from_be_bytes([f3, f2, f1, f0]), u32::from_be_bytes([p3, p2, p1, p0]));
    (frames > 0 && frames <= MAX_NUMBER && plays <= MAX_NUMBER).then_some((frames, plays))
}

/// What the chunks before the picture's data say of its maker.
pub(super) fn rights(source: &[u8]) -> Result<Rights, CropError> {
    let mut position = SIGNATURE_BYTES;
    let mut rights = Rights::default();
    while &kind_at(source, position)? != b"IDAT" {
        let chunk = chunk(source, &mut position)?;
        match &chunk.kind {
            b"eXIf" => rights.read_exif(chunk.payload),
            b"tEXt" | b"iTXt" => read_text(&chunk, &mut rights),
            b"IEND" => break,
            _ => {}
        }
    }
    Ok(rights)
}

/// A text: keyword, zero, and in an iTXt whether it is compressed and how, language and translated keyword, both ended
/// by a zero. Compressed ones are not looked at: what a program says about rights is short.
fn read_text(chunk: &Chunk<'_>, rights: &mut Rights) {
    let split = |text: &[u8]| text.iter().position(|&byte| byte == 0);
    let Some(end) = split(chunk.payload) else { return };
    let (keyword, text) = (&chunk.payload[..end], &chunk.payload[end + 1..]);
    if &chunk.kind == b"tEXt" {
        rights.read_png_text(keyword, text);
        return;
    }
    let [0, 0, text @ ..] = text else { return };
    let Some(language_end) = split(text) else { return };
    let text = &text[language_end + 1..];
    if let Some(translated_end) = split(text) {
        rights.read_png_text(keyword, &text[translated_end + 1..]);
    }
}

/// The profile in an iCCP chunk: a name, a zero, the compression method 0, a zlib stream. Nothing when malformed.
fn inflate(payload: &[u8]) -> Result<Option<Vec<u8>>, CropError> {
    let name = payload.iter().take(MAX_PROFILE_NAME + 1).position(|&byte| byte == 0);
    let Some([0, stream @ ..]) = name.and_then(|end| payload.get(end + 1..)) else {
        return Ok(None);
    };
    let mut profile = Vec::new();
    let capped =
        ZlibDecoder::new(stream).take(profile::MAX_PROFILE_BYTES as u64 + 1).read_to_end(&mut profile);
    if profile.len() > profile::MAX_PROFILE_BYTES {
        return Err(profile::too_large());
    }
    Ok(capped.is_ok().then_some(profile))
}
