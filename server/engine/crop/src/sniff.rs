//! What a file is, by its first bytes; never by its name or Content-Type, which anybody can set.
//!
//! What is not handled is named in the refusal, so that the visitor learns why. SVG, HTML and PDF can run scripts and
//! load other files: they never reach a decoder.

use super::{CropError, Format};

/// How far into the file markup is looked for: room for a byte order mark, an XML declaration and a comment.
const MARKUP_BYTES: usize = 1024;

/// What to use in place of anything that is not read.
pub(crate) const INSTEAD: &str = "a JPEG, PNG, WebP, AVIF or GIF picture";
/// How many brands of an ISO media file are looked at.
const MAX_BRANDS: usize = 64;

/// Tells the format of `source`, or what else it is.
pub fn sniff(source: &[u8]) -> Result<Format, CropError> {
    match source {
        [0xff, 0xd8, 0xff, ..] => Ok(Format::Jpeg),
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Ok(Format::Png),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Ok(Format::Gif),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Ok(Format::WebP),
        // The four bytes after the file's length are reserved and zero: two letters alone would fit too many texts.
        [b'B', b'M', _, _, _, _, 0, 0, 0, 0, ..] => Ok(Format::Bmp),
        // Icons and cursors: reserved, kind, and at least one picture (a TGA may begin with the rest).
        [0, 0, 1 | 2, 0, low, high, ..] if (*low, *high) != (0, 0) => Ok(Format::Ico),
        [_, _, _, _, b'f', b't', b'y', b'p', rest @ ..] if !rest.starts_with(b"avis") && is_avif(source) => {
            Ok(Format::Avif)
        }
        [0xff, 0x0a, ..] | [0, 0, 0, 0x0c, b'J', b'X', b'L', b' ', 0x0d, 0x0a, 0x87, 0x0a, ..] => {
            Ok(Format::JpegXl)
        }
        // Classic TIFF in both orders, and BigTIFF, which says how long its offsets are. Canon's mark after it is refused.
        [b'I', b'I', 0x2a, 0, ..] | [b'M', b'M', 0, 0x2a, ..] if !is_raw(source) => Ok(Format::Tiff),
        [b'I', b'I', 0x2b, 0, 8, 0, 0, 0, ..] | [b'M', b'M', 0, 0x2b, 0, 8, 0, 0, ..] => Ok(Format::Tiff),
        _ => Err(refuse(source)),
    }
}

/// Whether what begins like a TIFF is Canon's raw picture.
fn is_raw(source: &[u8]) -> bool {
    source.get(8..10) == Some(b"CR")
}

fn refuse(source: &[u8]) -> CropError {
    let other = match source {
        [] => Some("an empty file"),
        [_, _, _, _, b'f', b't', b'y', b'p', b'a', b'v', b'i', b's', ..] => Some("an animated AVIF"),
        [_, _, _, _, b'f', b't', b'y', b'p', major @ ..] => Some(media(major)),
        [_, _, _, _, b'm' | b'w' | b's', b'o' | b'i' | b'k', b'o' | b'd' | b'i', b'v' | b'e' | b'p', ..] => {
            Some("a QuickTime video")
        }
        [0x1a, 0x45, 0xdf, 0xa3, ..] => Some("a WebM or Matroska video"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'A', b'V', b'I', b' ', ..] => Some("an AVI video"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => Some("a sound"),
        [0, 0, 1, 0xb3 | 0xba, ..] => Some("an MPEG video"),
        [b'F', b'L', b'V', 1, ..] => Some("a Flash video"),
        [b'O', b'g', b'g', b'S', ..] => Some("an Ogg video or sound"),
        [b'I', b'D', b'3', ..] | [b'f', b'L', b'a', b'C', ..] => Some("a sound"),
        [0xff, 0x4f, 0xff, 0x51, ..] | [0, 0, 0, 0x0c, b'j', b'P', ..] => Some("a JPEG 2000 picture"),
        // TIFF's first bytes, but with the marks of cameras: Canon, Olympus, Panasonic.
        [b'I', b'I', 0x2a, 0, _, _, _, _, b'C', b'R', ..]
        | [b'I', b'I', b'R', b'O' | b'S', ..]
        | [b'I', b'I', b'U', 0, ..]
        | [b'F', b'U', b'J', b'I', b'F', b'I', b'L', b'M', ..] => Some("a camera's raw picture"),
        [b'8', b'B', b'P', b'S', ..] => Some("a Photoshop file"),
        [b'g', b'i', b'm', b'p', b' ', b'x', b'c', b'f', ..] => Some("a GIMP file"),
        [b'q', b'o', b'i', b'f', ..] => Some("a QOI picture"),
        [0x76, 0x2f, 0x31, 0x01, ..] => Some("an OpenEXR picture"),
        [b'D', b'D', b'S', b' ', ..] => Some("a DDS texture"),
        [b'%', b'P', b'D', b'F', ..] => Some("a PDF document"),
        [b'%', b'!', b'P', b'S', ..] | [0xc5, 0xd0, 0xd3, 0xc6, ..] => Some("a PostScript document"),
        [0xd7, 0xcd, 0xc6, 0x9a, ..] => Some("a Windows metafile"),
        _ if source.get(40..44) == Some(b" EMF") => Some("a Windows metafile"),
        [b'P', b'K', 3, 4, ..] => Some("a ZIP archive or an office document"),
        [0x1f, 0x8b, ..] => Some("a compressed file (gzip), such as an SVGZ drawing"),
        _ => markup(source).or_else(|| text(source)),
    };
    other.map_or(CropError::NotAPicture, unsupported)
}

fn unsupported(what: &'static str) -> CropError {
    CropError::Unsupported { what: what.into(), instead: INSTEAD.into() }
}

/// Whether an ISO media file says that it holds an AVIF picture, be it with others or in an animation.
fn is_avif(source: &[u8]) -> bool {
    let Some((&[s3, s2, s1, s0], _)) = source.split_first_chunk() else { return false };
    let length = u32::from_be_bytes([s3, s2, s1, s0]) as usize;
    let body = source.get(8..length.min(source.len())).unwrap_or_default();
    // Four bytes of version stand between the main brand and the others. HEIC's main brand overrules AVIF's others.
    let mut brands = body.chunks_exact(4).take(MAX_BRANDS).enumerate().filter(|&(place, _)| place != 1);
    let main = body
        .first_chunk()
        .is_some_and(|main| matches!(main, b"avif" | b"avis" | b"mif1" | b"msf1" | b"miaf"));
    main && brands.any(|(_, brand)| matches!(brand, b"avif" | b"avis"))
}

/// What an ISO media file that is no AVIF is, by its main brand.
fn media(major: &[u8]) -> &'static str {
    match major.get(..4) {
        Some(b"heic" | b"heix" | b"hevc" | b"hevx" | b"heim" | b"heis" | b"mif1" | b"msf1") => {
            "a HEIC picture"
        }
        Some(b"crx ") => "a camera's raw picture",
        Some(b"M4A " | b"M4B ") => "a sound",
        Some(b"jpx " | b"jp2 ") => "a JPEG 2000 picture",
        _ => "an MP4 or QuickTime video",
    }
}

/// JSON and plain text, which an address that answers with an error likes to send.
fn text(source: &[u8]) -> Option<&'static str> {
    let start = &source[..source.len().min(MARKUP_BYTES)];
    // The cut may go through a letter.
    let valid = start.utf8_chunks().next().map(|chunk| chunk.valid()).unwrap_or_default();
    let is_text = valid.len() + 4 > start.len()
        && !valid.is_empty()
        && valid.chars().all(|letter| !letter.is_control() || letter.is_whitespace());
    let first = valid.trim_start_matches('\u{feff}').trim_start().chars().next();
    match first {
        Some('{' | '[') if is_text => Some("data in JSON"),
        Some(_) if is_text => Some("a text"),
        _ => None,
    }
}

/// SVG or HTML, told apart by the first element that is one of theirs.
fn markup(source: &[u8]) -> Option<&'static str> {
    let start = &source[..source.len().min(MARKUP_BYTES)];
    let text = String::from_utf8_lossy(start).to_ascii_lowercase();
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if !text.starts_with('<') {
        return None;
    }
    let html = ["<!doctype html", "<html", "<head", "<body", "<script"]
        .iter()
        .filter_map(|tag| text.find(tag))
        .min();
    let svg = ["<svg", "<!doctype svg"].iter().filter_map(|tag| text.find(tag)).min();
    match (svg, html) {
        (Some(svg), html) if html.is_none_or(|html| svg < html) => Some("an SVG drawing"),
        (_, Some(_)) => Some("an HTML page"),
        _ => Some("a page or document in XML"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_known_by_their_first_bytes() {
        for (bytes, format) in [
            (&b"\xff\xd8\xff\xe0"[..], Format::Jpeg),
            (b"\x89PNG\r\n\x1a\n", Format::Png),
            (b"GIF89a", Format::Gif),
            (b"GIF87a", Format::Gif),
            (b"RIFF\x10\0\0\0WEBPVP8 ", Format::WebP),
            (b"BM\x46\0\0\0\0\0\0\0\x36", Format::Bmp),
            (b"\0\0\x01\0\x01\0", Format::Ico),
            (b"\0\0\x02\0\x01\0", Format::Ico),
            (b"\0\0\0\x1cftypavif\0\0\0\0", Format::Avif),
            (b"\0\0\0\x18ftypmif1\0\0\0\0miafavif", Format::Avif),
            (b"II\x2a\0\x08\0\0\0", Format::Tiff),
            (b"\xff\x0a\x7f", Format::JpegXl),
            (b"\0\0\0\x0cJXL \r\n\x87\n", Format::JpegXl),
            (b"MM\0\x2b\0\x08\0\0", Format::Tiff),
        ] {
            assert_eq!(sniff(bytes), Ok(format));
        }
    }

    #[test]
    fn what_is_not_handled_is_named() {
        for (bytes, name) in [
            (&b""[..], "an empty file"),
            (b"\0\0\0\x18ftypavis\0\0\0\0", "an animated AVIF"),
            (b"\0\0\0\x14ftypheic\0\0\0\0avif", "a HEIC picture"),
            (b"\0\0\0\x14ftypmif1\0\0\0\0heic", "a HEIC picture"),
            (b"\0\0\0\x14ftypcrx \0\0\0\x01crx ", "a camera's raw picture"),
            (b"\0\0\0\x14ftypqt  \0\0\0\x01qt  ", "an MP4 or QuickTime video"),
            (b"\0\0\0\x08wide\0\0\0\x10mdat", "a QuickTime video"),
            (b"OggS\0\x02", "an Ogg video or sound"),
            (b"\0\0\x01\xba\x44", "an MPEG video"),
            (b"8BPS\0\x01", "a Photoshop file"),
            (b"\xff\x4f\xff\x51\0", "a JPEG 2000 picture"),
            (b"%!PS-Adobe-3.0 EPSF-3.0", "a PostScript document"),
            (b"II*\0\x10\0\0\0CR\x02\0", "a camera's raw picture"),
            (b"PK\x03\x04\x14\0", "a ZIP archive or an office document"),
            (b"\x1f\x8b\x08\0", "a compressed file (gzip), such as an SVGZ drawing"),
            (b"  {\"error\": \"not found\"}", "data in JSON"),
            ("Nicht gefunden: schöne Grüße".as_bytes(), "a text"),
            (b"\0\0\0\x18ftypheic\0\0\0\0", "a HEIC picture"),
            (b"\0\0\0\x18ftypisom\0\0\0\0", "an MP4 or QuickTime video"),
            (b"\x1a\x45\xdf\xa3\x01", "a WebM or Matroska video"),
            (b"RIFF\x10\0\0\0AVI LIST", "an AVI video"),
            (b"%PDF-1.7", "a PDF document"),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
            (b"\xef\xbb\xbf <?xml version='1.0'?><!-- x --><SVG>", "an SVG drawing"),
            (b"\n<!DOCTYPE html><html><svg>", "an HTML page"),
            (b"<?xml version='1.0'?><rss/>", "a page or document in XML"),
        ] {
            assert_eq!(
                sniff(bytes),
                Err(CropError::Unsupported { what: name.into(), instead: INSTEAD.into() })
            );
        }
    }

    #[test]
    fn a_metafile_is_known_by_its_second_mark() {
        let metafile = [&[1, 0, 0, 0][..], &[0; 36], b" EMF"].concat();
        assert_eq!(sniff(&metafile), Err(unsupported("a Windows metafile")));
    }

    #[test]
    fn other_bytes_are_not_a_picture() {
        for bytes in [&b"\xff\xd8"[..], b"GIF88a\0", b"\x01\x02\x03", &[0; 64]] {
            assert_eq!(sniff(bytes), Err(CropError::NotAPicture));
        }
    }
}
