//! What a file is, by its first bytes; never by its name or Content-Type, which anybody can set.
//!
//! What is not handled is named in the refusal, so that the visitor learns why. SVG, HTML and PDF can run scripts and
//! load other files: they never reach a decoder.

use super::{CropError, Format};

/// How far into the file markup is looked for: room for a byte order mark, an XML declaration and a comment.
const MARKUP_BYTES: usize = 1024;

const INSTEAD: &str = "a JPEG, PNG, WebP or GIF picture";

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
        _ => Err(refuse(source)),
    }
}

fn refuse(source: &[u8]) -> CropError {
    let other = match source {
        [] => Some("an empty file"),
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => Some(match brand.get(..4) {
            Some(b"avif" | b"avis") => "an AVIF picture",
            Some(b"heic" | b"heix" | b"hevc" | b"hevx" | b"heim" | b"heis" | b"mif1" | b"msf1") => {
                "a HEIC picture"
            }
            _ => "an MP4 or QuickTime video",
        }),
        [0x1a, 0x45, 0xdf, 0xa3, ..] => Some("a WebM or Matroska video"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'A', b'V', b'I', b' ', ..] => Some("an AVI video"),
        [b'O', b'g', b'g', b'S', ..] => Some("an Ogg video or sound"),
        [0xff, 0x0a, ..] | [0, 0, 0, 0x0c, b'J', b'X', b'L', b' ', ..] => Some("a JPEG XL picture"),
        [0xff, 0x4f, 0xff, 0x51, ..] | [0, 0, 0, 0x0c, b'j', b'P', ..] => Some("a JPEG 2000 picture"),
        [b'I', b'I', 0x2a | 0x2b, 0, ..] | [b'M', b'M', 0, 0x2a | 0x2b, ..] => Some("a TIFF picture"),
        [b'8', b'B', b'P', b'S', ..] => Some("a Photoshop file"),
        [b'%', b'P', b'D', b'F', ..] => Some("a PDF document"),
        _ => markup(source),
    };
    other.map_or(CropError::NotAPicture, |what| CropError::Unsupported {
        what: what.into(),
        instead: INSTEAD.into(),
    })
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
        ] {
            assert_eq!(sniff(bytes), Ok(format));
        }
    }

    #[test]
    fn what_is_not_handled_is_named() {
        for (bytes, name) in [
            (&b""[..], "an empty file"),
            (b"\0\0\0\x1cftypavif\0\0\0\0", "an AVIF picture"),
            (b"\0\0\0\x18ftypheic\0\0\0\0", "a HEIC picture"),
            (b"\0\0\0\x18ftypisom\0\0\0\0", "an MP4 or QuickTime video"),
            (b"\x1a\x45\xdf\xa3\x01", "a WebM or Matroska video"),
            (b"RIFF\x10\0\0\0AVI LIST", "an AVI video"),
            (b"\xff\x0a\x01", "a JPEG XL picture"),
            (b"\0\0\0\x0cJXL \r\n\x87\n", "a JPEG XL picture"),
            (b"II*\0\x08\0\0\0", "a TIFF picture"),
            (b"MM\0*\0\0\0\x08", "a TIFF picture"),
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
    fn other_bytes_are_not_a_picture() {
        for bytes in [&b"hello"[..], b"\xff\xd8", b"GIF88a", b"BM, said the bookseller", b"{}"] {
            assert_eq!(sniff(bytes), Err(CropError::NotAPicture));
        }
    }
}
