//! A file that is still arriving as the `tiff` crate wants it: read at any place, and no further than it looks.

use std::io::{self, ErrorKind, Read, Seek, SeekFrom};

use crate::header::refuse_tiff;
use crate::{CropError, Source};

/// The tag of how samples mean colours (TIFF 6.0, section 8).
const PHOTOMETRIC: u16 = 262;

/// The bytes of a source, whichever of them are asked for.
pub(super) struct Reader<'r, 's> {
    source: &'r mut Source<'s>,
    position: usize,
    /// Two bytes that are read instead of those in the file.
    instead: Option<(usize, [u8; 2])>,
}

impl<'r, 's> Reader<'r, 's> {
    pub(super) fn new(source: &'r mut Source<'s>) -> Self {
        Self { source, position: 0, instead: None }
    }

    /// The same file, but for saying in the directory at `pointer` that its samples are grey where they are indices.
    pub(super) fn with_indices_as_grey(source: &'r mut Source<'s>, pointer: u64) -> Result<Self, CropError> {
        let mut reader = Self::new(source);
        reader.instead = reader.photometric(pointer).map_err(|error| refuse_tiff(&error.into()))?;
        reader.position = 0;
        Ok(reader)
    }

    /// Where the directory at `pointer` says how samples mean colours, and how "the more the lighter" is written there.
    fn photometric(&mut self, pointer: u64) -> io::Result<Option<(usize, [u8; 2])>> {
        let order: [u8; 4] = self.at(0)?;
        let short = |bytes: [u8; 2]| {
            if order[0] == b'I' { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) }
        };
        let is_big = short([order[2], order[3]]) == 43;
        // Classic: a count of two bytes, entries of twelve, values from the eighth on.
        let (count_bytes, entry_bytes, value_at) = if is_big { (8, 20, 12) } else { (2, 12, 8) };
        let begin = usize::try_from(pointer).unwrap_or(usize::MAX);
        // Tags are 16 bits and each stands once: there cannot be more entries.
        for entry in 0..=usize::from(u16::MAX) {
            let at = begin.saturating_add(count_bytes + entry * entry_bytes);
            if short(self.at(at)?) == PHOTOMETRIC {
                let grey = if order[0] == b'I' { 1_u16.to_le_bytes() } else { 1_u16.to_be_bytes() };
                return Ok(Some((at + value_at, grey)));
            }
        }
        Ok(None)
    }

    fn at<const N: usize>(&mut self, at: usize) -> io::Result<[u8; N]> {
        self.position = at;
        let mut bytes = [0; N];
        self.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

impl Read for Reader<'_, '_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let end = self.position.saturating_add(into.len());
        let bytes = self.source.peek(end).get(self.position..).unwrap_or_default();
        let count = bytes.len().min(into.len());
        into[..count].copy_from_slice(&bytes[..count]);
        if let Some((at, other)) = self.instead {
            for (place, byte) in (at..).zip(other) {
                if let Some(read) =
                    place.checked_sub(self.position).and_then(|place| into[..count].get_mut(place))
                {
                    *read = byte;
                }
            }
        }
        self.position += count;
        Ok(count)
    }
}

impl Seek for Reader<'_, '_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::Current(by) => (self.position as u64).checked_add_signed(by),
            // Its end is not known before all of it is there.
            SeekFrom::End(_) => None,
        };
        let position = position.ok_or(ErrorKind::Unsupported)?;
        self.position = usize::try_from(position).map_err(|_| ErrorKind::Unsupported)?;
        Ok(position)
    }
}
