//! The codestream of a JPEG XL file: bare, or in the boxes that hold it (ISO/IEC 18181-2, section 9).

use std::io::{BufRead, Read};

use super::{Format, Rights, Source, broken};
use crate::CropError;
use crate::header::heif::{MAX_HEAD_BYTES, head};

/// Longest metadata looked at, unpacked, in bytes.
const MAX_METADATA_BYTES: u64 = 1 << 20;

/// Where in a file its codestream goes on.
#[derive(Debug, Default)]
pub(crate) struct Codestream {
    place: Place,
    /// How long the piece is that was handed out last.
    taken: usize,
    /// How many boxes with parts of it were passed.
    parts: u32,
}

#[derive(Clone, Copy, Debug, Default)]
enum Place {
    #[default]
    Begin,
    /// Where a box begins.
    Between,
    /// Where there is nothing but codestream: up to the end of the file, or this many bytes.
    Inside(Option<u64>),
}

impl Codestream {
    /// The next piece, which is taken out of `source` with the next call; nothing at the end of the file.
    pub(crate) fn next<'b>(&mut self, source: &'b mut Source<'_>) -> Result<Option<&'b [u8]>, CropError> {
        source.consume(std::mem::take(&mut self.taken));
        let left = loop {
            match self.place {
                Place::Begin if source.peek(2).starts_with(&[0xff, 0x0a]) => self.place = Place::Inside(None),
                Place::Begin => self.place = Place::Between,
                Place::Inside(Some(0)) => self.place = Place::Between,
                Place::Inside(left) => break left,
                Place::Between => {
                    if source.peek(1).is_empty() {
                        return Ok(None);
                    }
                    self.enter_box(source)?;
                }
            }
        };
        let there = source.fill_buf().map_or(0, <[u8]>::len);
        self.taken = left.map_or(there, |left| there.min(usize::try_from(left).unwrap_or(usize::MAX)));
        match (left, self.taken) {
            (Some(_), 0) => Err(truncated()),
            (None, 0) => Ok(None),
            (left, taken) => {
                self.place = Place::Inside(left.map(|left| left - taken as u64));
                Ok(Some(&source.peek(taken)[..taken]))
            }
        }
    }

    /// Passes the head of a box of the codestream, or all of another one.
    fn enter_box(&mut self, source: &mut Source<'_>) -> Result<(), CropError> {
        let found = head(source.peek(MAX_HEAD_BYTES), Format::JpegXl)?;
        let (kind, header, length) = found.ok_or_else(truncated)?;
        let mut left = length.map(|length| length - header as u64);
        match &kind {
            b"jxlc" => source.consume(header),
            b"jxlp" => {
                let number = source.peek(header + 4).get(header..header + 4).ok_or_else(truncated)?;
                // The highest bit marks the last one.
                let number =
                    number.iter().fold(0, |number, &byte| number << 8 | u32::from(byte)) & !(1 << 31);
                if number != self.parts {
                    return Err(broken(Format::JpegXl, "the parts of its picture are out of order"));
                }
                self.parts += 1;
                source.consume(header + 4);
                let short = || broken(Format::JpegXl, "a box ends before what it should hold");
                left = left.map(|left| left.checked_sub(4).ok_or_else(short)).transpose()?;
            }
            _ => return skip(source, length),
        }
        self.place = Place::Inside(left);
        Ok(())
    }
}

/// Passes this many bytes, or all that are left.
fn skip(source: &mut Source<'_>, length: Option<u64>) -> Result<(), CropError> {
    let mut left = length.unwrap_or(u64::MAX);
    while left > 0 {
        let there = source.fill_buf().map_or(0, <[u8]>::len) as u64;
        if there == 0 {
            return if length.is_some() { Err(truncated()) } else { Ok(()) };
        }
        source.consume(there.min(left) as usize);
        left -= there.min(left);
    }
    Ok(())
}

/// What of the codestream lies in a file's beginning, and what keeps the rest away, if not that the file goes on.
pub(super) fn beginning(file: &[u8]) -> (Vec<u8>, Option<CropError>) {
    let (mut source, mut pieces, mut stream) = (Source::from(file), Codestream::default(), Vec::new());
    loop {
        match pieces.next(&mut source) {
            Ok(Some(piece)) => stream.extend_from_slice(piece),
            Ok(None) | Err(CropError::Truncated { .. }) => return (stream, None),
            Err(error) => return (stream, Some(error)),
        }
    }
}

/// Who made the picture: Exif and XMP, packed or not. What lies behind more of the codestream than is there is not waited
/// for.
pub(super) fn rights(file: &[u8]) -> Result<Rights, CropError> {
    let mut rights = Rights::default();
    let (mut rest, mut is_behind) = (file, false);
    while let Some((kind, header, length)) = head(rest, Format::JpegXl)? {
        let length = length.and_then(|length| usize::try_from(length).ok()).unwrap_or(rest.len());
        is_behind |= matches!(&kind, b"jxlc" | b"jxlp");
        if is_behind && length > rest.len() {
            break;
        }
        let payload = rest.get(header..length).ok_or_else(truncated)?;
        match (&kind, payload.split_first_chunk::<4>()) {
            (b"brob", Some((kind, packed))) => read(kind, &unpacked(packed), &mut rights),
            _ => read(&kind, payload, &mut rights),
        }
        rest = &rest[length..];
    }
    Ok(rights)
}

fn read(kind: &[u8; 4], payload: &[u8], rights: &mut Rights) {
    match (kind, payload.split_first_chunk::<4>()) {
        (b"xml ", _) => rights.read_xmp(payload),
        // Before the block stands how much stands between that number and it.
        (b"Exif", Some((skipped, rest))) => {
            let skipped = usize::try_from(u32::from_be_bytes(*skipped)).unwrap_or(usize::MAX);
            rights.read_exif(rest.get(skipped..).unwrap_or_default());
        }
        _ => {}
    }
}

/// What Brotli packed, as far as it is looked at.
fn unpacked(packed: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let unpacking = brotli_decompressor::Decompressor::new(packed, 4096).take(MAX_METADATA_BYTES);
    // What is broken says what came before, or nothing.
    let _ = { unpacking }.read_to_end(&mut bytes);
    bytes
}

fn truncated() -> CropError {
    CropError::Truncated { format: Format::JpegXl }
}
