//! A picture's bytes: there already, or read while they arrive.
//!
//! Headers are looked at with [`Source::peek`], which takes nothing away. Decoders that walk the file read it like any
//! reader and let go of what is behind them, so that memory follows the part and not the file; those that need the
//! file as one piece ask for [`Source::rest`]. How far anybody looked is counted: what lies beyond was never needed,
//! and whoever brings the bytes may stop.

use std::io::{self, BufRead, Read};

use crate::{CropError, Format};

/// How much is asked of the reader at once.
const CHUNK_BYTES: usize = 64 << 10;

/// A picture's bytes.
pub struct Source<'a> {
    input: Input<'a>,
    /// Where the next byte to be read stands in `input`.
    position: usize,
    /// Bytes that were consumed and are no longer in `input`.
    dropped: u64,
    /// The farthest byte that anybody looked at, from the beginning of the file.
    reached: u64,
    /// Why the reader gave up, which counts for more than what a decoder makes of the missing bytes.
    failure: Option<io::Error>,
}

enum Input<'a> {
    Whole(&'a [u8]),
    Arriving { reader: Box<dyn Read + 'a>, buffer: Vec<u8>, is_ended: bool },
}

impl<'a> From<&'a [u8]> for Source<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::new(Input::Whole(bytes))
    }
}

impl<'a> From<&'a Vec<u8>> for Source<'a> {
    fn from(bytes: &'a Vec<u8>) -> Self {
        Self::from(bytes.as_slice())
    }
}

impl<'a> Source<'a> {
    /// A picture whose bytes come out of `reader`, which is read no further than needed.
    #[must_use]
    pub fn arriving(reader: impl Read + 'a) -> Self {
        Self::new(Input::Arriving { reader: Box::new(reader), buffer: Vec::new(), is_ended: false })
    }

    fn new(input: Input<'a>) -> Self {
        Self { input, position: 0, dropped: 0, reached: 0, failure: None }
    }

    /// The next bytes without taking them: at least `length` of them, or fewer when the file ends before.
    pub(crate) fn peek(&mut self, length: usize) -> &[u8] {
        self.fill(length);
        let position = self.position;
        let available = self.held().len() - position;
        self.look(length.min(available));
        &self.held()[position..]
    }

    /// All bytes that were not taken yet, kept in memory.
    pub(crate) fn rest(&mut self) -> &[u8] {
        self.peek(usize::MAX)
    }

    /// Takes the next `length` bytes of a picture of this format; one that has fewer is truncated.
    pub(crate) fn skip(&mut self, mut length: usize, format: Format) -> Result<(), CropError> {
        while length > 0 {
            let there = self.fill_buf().map_or(0, <[u8]>::len).min(length);
            if there == 0 {
                return Err(CropError::Truncated { format });
            }
            self.consume(there);
            length -= there;
        }
        Ok(())
    }

    /// How far into the file anybody looked, in bytes.
    pub(crate) fn reached(&self) -> u64 {
        self.reached
    }

    /// Why the reader gave up, if it did.
    pub(crate) fn failure(&self) -> Option<CropError> {
        self.failure.as_ref().map(|error| CropError::Unreadable { reason: error.to_string() })
    }

    /// What is in memory, including what was taken already.
    fn held(&self) -> &[u8] {
        match &self.input {
            Input::Whole(bytes) => bytes,
            Input::Arriving { buffer, .. } => buffer,
        }
    }

    fn look(&mut self, length: usize) {
        self.reached = self.reached.max(self.dropped + (self.position + length) as u64);
    }

    /// Reads until `length` bytes are there to be taken, or the file ends.
    fn fill(&mut self, length: usize) {
        let Input::Arriving { reader, buffer, is_ended } = &mut self.input else { return };
        if *is_ended || buffer.len() - self.position >= length {
            return;
        }
        // What is behind is let go in pieces: moving the rest each time would cost more than it spares.
        if self.position == buffer.len() || self.position >= CHUNK_BYTES {
            self.dropped += self.position as u64;
            buffer.drain(..self.position);
            self.position = 0;
        }
        while !*is_ended && buffer.len() - self.position < length {
            let begin = buffer.len();
            buffer.resize(begin + CHUNK_BYTES, 0);
            let read = match reader.read(&mut buffer[begin..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => None,
                Err(error) => {
                    self.failure = Some(error);
                    Some(0)
                }
                Ok(count) => Some(count),
            };
            buffer.truncate(begin + read.unwrap_or(0));
            *is_ended = read == Some(0);
        }
    }
}

impl Read for Source<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut next = self.fill_buf()?;
        let count = next.read(into)?;
        self.consume(count);
        Ok(count)
    }
}

impl BufRead for Source<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.fill(1);
        Ok(&self.held()[self.position..])
    }

    fn consume(&mut self, count: usize) {
        self.look(count);
        self.position += count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A reader that hands out a byte at a time.
    struct Trickle<'a>(&'a [u8]);

    impl Read for Trickle<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let count = into.len().min(1);
            self.0.read(&mut into[..count])
        }
    }

    fn each(bytes: &[u8], check: impl Fn(Source<'_>)) {
        check(Source::from(bytes));
        check(Source::arriving(bytes));
        check(Source::arriving(Trickle(bytes)));
    }

    #[test]
    fn peeking_takes_nothing_and_reading_goes_on_from_there() {
        let bytes: Vec<u8> = (0..200_000_u32).map(|value| value as u8).collect();
        each(&bytes, |mut source| {
            assert_eq!(source.peek(4)[..4], bytes[..4]);
            assert_eq!(source.reached(), 4);
            let mut first = [0; 150_000];
            source.read_exact(&mut first).expect("they are there");
            assert_eq!(first[..], bytes[..150_000]);
            assert_eq!(source.reached(), 150_000);
            assert_eq!(source.peek(10)[..10], bytes[150_000..150_010]);
            assert_eq!(source.rest(), &bytes[150_000..]);
            assert_eq!(source.reached(), 200_000);
            assert_eq!(source.peek(1_000_000).len(), 50_000);
            assert!(source.failure().is_none());
        });
    }

    /// Neither by those who take all that is there, nor by those who look ahead and take less.
    #[test]
    fn what_is_behind_is_let_go() {
        let bytes = vec![7; 10 << 20];
        for (ahead, taken) in [(1, 1000), (300, 255), (100_000, 99_999)] {
            let mut source = Source::arriving(&bytes[..]);
            let mut most = 0;
            while source.peek(ahead).len() >= ahead {
                let there = source.fill_buf().expect("a sound reader").len();
                source.consume(taken.min(there));
                let Input::Arriving { buffer, .. } = &source.input else { panic!("it arrives") };
                most = most.max(buffer.capacity());
            }
            assert!(most <= 6 * CHUNK_BYTES, "{ahead} ahead: {most}");
            assert_eq!(source.reached(), 10 << 20);
        }
    }

    #[test]
    fn a_reader_that_gives_up_is_remembered() {
        struct GivesUp;
        impl Read for GivesUp {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("the origin hung up"))
            }
        }
        let mut source = Source::arriving(Read::chain(&b"abc"[..], GivesUp));
        assert_eq!(source.peek(10), b"abc");
        let reason = "the origin hung up".to_owned();
        assert_eq!(source.failure(), Some(CropError::Unreadable { reason }));
    }
}
