//! A file that is still arriving: read at any place, no further than somebody looks, or only onward, so that nothing of it is
//! kept.

use std::io::{self, BufRead, ErrorKind, Read, Seek, SeekFrom};

use crate::Source;

/// The bytes of a source, whichever of them are asked for.
pub(super) struct Reader<'r, 's> {
    source: &'r mut Source<'s>,
    position: usize,
}

impl<'r, 's> Reader<'r, 's> {
    /// Reads from the byte at `position` on.
    pub(super) fn at(source: &'r mut Source<'s>, position: u64) -> Self {
        // What lies beyond all memory lies beyond the end of the file.
        Self { source, position: usize::try_from(position).unwrap_or(usize::MAX) }
    }
}

impl Read for Reader<'_, '_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let end = self.position.saturating_add(into.len());
        let bytes = self.source.peek(end).get(self.position..).unwrap_or_default();
        let count = bytes.len().min(into.len());
        into[..count].copy_from_slice(&bytes[..count]);
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

/// The file for those who want one stretch of it after the other.
pub(super) struct Stretches<'r, 's> {
    source: &'r mut Source<'s>,
    /// How much of the file is behind; nothing where stretches lie in any order, and all of it is kept.
    behind: Option<u64>,
}

impl<'r, 's> Stretches<'r, 's> {
    /// `are_in_order` promises that no stretch begins before the one that was read before it ends.
    pub(super) fn new(source: &'r mut Source<'s>, are_in_order: bool) -> Self {
        Self { source, behind: are_in_order.then_some(0) }
    }

    /// Reads from `begin` on.
    pub(super) fn at(&mut self, begin: u64) -> Box<dyn Read + '_> {
        let Some(behind) = &mut self.behind else { return Box::new(Reader::at(self.source, begin)) };
        let mut onward = Onward { source: self.source, behind };
        onward.pass_to(begin);
        Box::new(onward)
    }

    /// Whether the file ends before `end`.
    pub(super) fn ends_before(&mut self, end: u64) -> bool {
        let end = usize::try_from(end.saturating_sub(self.behind.unwrap_or(0))).unwrap_or(usize::MAX);
        self.source.peek(end).len() < end
    }
}

struct Onward<'r, 's> {
    source: &'r mut Source<'s>,
    behind: &'r mut u64,
}

impl Onward<'_, '_> {
    fn pass_to(&mut self, begin: u64) {
        while *self.behind < begin {
            let there = self.source.fill_buf().map_or(0, <[u8]>::len) as u64;
            let passed = there.min(begin - *self.behind);
            if passed == 0 {
                return;
            }
            self.source.consume(passed as usize);
            *self.behind += passed;
        }
    }
}

impl Read for Onward<'_, '_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(into)?;
        *self.behind += count as u64;
        Ok(count)
    }
}
