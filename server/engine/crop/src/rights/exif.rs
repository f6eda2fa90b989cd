//! Exif: the tags Artist and Copyright (Exif 2.32, section 4.6.4 D).

use exif::{In, Reader, Tag, Value};

use super::{Statement, line};

/// Largest block looked at: a JPEG segment holds no more, and other formats need none larger.
const MAX_BLOCK_BYTES: usize = 64 << 10;

pub(super) fn read(block: &[u8]) -> Option<Statement> {
    if block.len() > MAX_BLOCK_BYTES {
        return None;
    }
    let exif = match Reader::new().continue_on_error(true).read_raw(block.to_vec()) {
        Ok(exif) => exif,
        Err(error) => error.distill_partial_result(|_| ()).ok()?,
    };
    let text = |tag| {
        let Value::Ascii(ref texts) = exif.get_field(tag, In::PRIMARY)?.value else { return None };
        Some(joined(texts.iter().map(Vec::as_slice)))
    };
    Some(Statement {
        creator: text(Tag::Artist).unwrap_or_default(),
        copyright: text(Tag::Copyright).unwrap_or_default(),
        ..Statement::default()
    })
}

/// What the two texts say; several in one are parted by zeros.
pub(super) fn said(artist: &[u8], copyright: &[u8]) -> Statement {
    let text = |bytes: &[u8]| joined(bytes.split(|&byte| byte == 0));
    Statement { creator: text(artist), copyright: text(copyright), ..Statement::default() }
}

/// All of them that say something. A second text in Copyright is the editor's; what stands for none is a space.
fn joined<'t>(texts: impl Iterator<Item = &'t [u8]>) -> String {
    texts.map(|text| line(&decoded(text))).filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; ")
}

/// The standard says ASCII, programs write UTF-8 and, before it, their machine's code page.
pub(super) fn decoded(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|&byte| char::from(byte)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A little-endian block with these ASCII tags in its first directory.
    fn block(tags: &[(u16, &[u8])]) -> Vec<u8> {
        let mut block = b"II\x2a\0\x08\0\0\0".to_vec();
        block.extend((tags.len() as u16).to_le_bytes());
        let mut texts = Vec::new();
        let texts_at = 8 + 2 + tags.len() * 12 + 4;
        for (tag, text) in tags {
            block.extend(tag.to_le_bytes());
            block.extend(2_u16.to_le_bytes());
            block.extend((text.len() as u32).to_le_bytes());
            if text.len() <= 4 {
                let mut inline = text.to_vec();
                inline.resize(4, 0);
                block.extend(inline);
            } else {
                block.extend(((texts_at + texts.len()) as u32).to_le_bytes());
                texts.extend_from_slice(text);
            }
        }
        block.extend([0; 4]);
        block.extend(texts);
        block
    }

    #[test]
    fn artist_and_copyright_are_read() {
        let said = read(&block(&[(0x013b, b"Ada L.\0"), (0x8298, b"(c) Ada\0Editor\0")])).expect("a block");
        assert_eq!((said.creator.as_str(), said.copyright.as_str()), ("Ada L.", "(c) Ada; Editor"));
        let said =
            read(&block(&[(0x013b, "Zoë Ångström\0".as_bytes()), (0x8298, b" \0Ed.\0")])).expect("a block");
        assert_eq!((said.creator.as_str(), said.copyright.as_str()), ("Zoë Ångström", "Ed."));
        assert_eq!(read(&block(&[(0x013b, b"Zo\xeb\0 \0")])).expect("a block").creator, "Zoë");
    }

    #[test]
    fn what_is_no_exif_says_nothing() {
        let sound = block(&[(0x013b, b"Ada Lovelace\0")]);
        for length in 0..sound.len() {
            // A block cut short may lose its text, never the program.
            let _ = read(&sound[..length]);
        }
        assert_eq!(read(b"no"), None);
        assert_eq!(read(&vec![0; MAX_BLOCK_BYTES + 1]), None);
    }
}
