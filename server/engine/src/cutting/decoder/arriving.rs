//! A source as a decoder reads it: from memory that the server fills, asking when it needs more than is there.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;

use super::super::processes::wire::{self, FromDecoder, ToDecoder};

/// The reader of one job's source.
pub(super) struct Arriving<'a> {
    line: &'a OwnedFd,
    file: File,
    position: u64,
    /// How many bytes are known to be there.
    there: u64,
    is_whole: bool,
}

impl<'a> Arriving<'a> {
    /// The source in `file`, of which nothing is known yet.
    pub(super) fn new(line: &'a OwnedFd, file: File) -> Self {
        Self { line, file, position: 0, there: 0, is_whole: false }
    }

    /// Asks for `bytes` of the source, and waits.
    fn ask(&mut self, bytes: u64) -> io::Result<()> {
        wire::send(self.line, &FromDecoder::Wanted { bytes }, &[])?;
        match wire::receive(self.line)?.0 {
            ToDecoder::There { bytes, is_whole } => {
                (self.there, self.is_whole) = (bytes, is_whole);
                Ok(())
            }
            _ => Err(io::Error::other("its bytes stopped coming")),
        }
    }
}

impl Read for Arriving<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.position >= self.there && !self.is_whole {
            self.ask(self.position + 1)?;
        }
        let there = usize::try_from(self.there.saturating_sub(self.position)).unwrap_or(usize::MAX);
        let wanted = into.len().min(there);
        let count = self.file.read_at(&mut into[..wanted], self.position)?;
        self.position += count as u64;
        Ok(count)
    }
}
