//! What has arrived of a source, in memory that a decoder can read too.
//!
//! The server writes bytes behind each other as they come, a decoder reads them by their place. It keeps what was read, since
//! the job may have to begin anew; the cap on a fetch's bytes is the cap on its size. Only who has a decoder writes:
//! while a job waits for one, its bytes arrive where the fetch holds them for all who want the same.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::FileExt;

use super::super::Incoming;
use super::memory::MemoryFile;
use crate::fetch::FetchError;
use bytes::Bytes;

/// Most that is written at a stretch on an async thread: some 30 microseconds.
const PIECE_BYTES: usize = 128 << 10;

/// A source as far as it has arrived.
pub(super) struct Stash {
    file: MemoryFile,
    /// The same, as decoders get it.
    lent: File,
    there: u64,
    /// What arrived and is not written yet.
    rest: Bytes,
    /// Whether all that will come has come.
    has_arrived: bool,
    state: State,
}

enum State {
    Arriving(Incoming),
    Whole,
    Failed(FetchError),
}

impl Stash {
    /// Nothing yet of `incoming`.
    pub(super) fn new(incoming: Incoming) -> io::Result<Self> {
        let file = MemoryFile::new("cutline-source")?;
        let lent = file.reader()?;
        let state = State::Arriving(incoming);
        Ok(Self { file, lent, there: 0, rest: Bytes::new(), has_arrived: false, state })
    }

    /// Takes in what comes next, if anything does. May be given up at any time and called again.
    pub(super) async fn more(&mut self) {
        if self.rest.is_empty() {
            let State::Arriving(incoming) = &mut self.state else { return };
            match incoming.next().await {
                Some(Ok(bytes)) => self.rest = bytes,
                Some(Err(error)) => self.state = State::Failed(error),
                None => self.state = State::Whole,
            }
        } else {
            // A whole picture is written piece by piece: others have their turn in between.
            tokio::task::yield_now().await;
        }
        let piece = self.rest.split_to(self.rest.len().min(PIECE_BYTES));
        if let Err(error) = self.file.write_all_at(&piece, self.there) {
            self.state = State::Failed(FetchError::Setup { detail: format!("no memory for it: {error}") });
            self.rest.clear();
            return;
        }
        self.there += piece.len() as u64;
    }

    /// Lets bytes come as far as `bytes` of them, or all, without writing them. May be given up at any time and called again.
    pub(super) async fn arrive(&mut self, bytes: u64) {
        if let State::Arriving(incoming) = &mut self.state {
            incoming.arrive(bytes).await;
            self.has_arrived |= bytes == u64::MAX;
        }
    }

    /// Whether nothing more will come, written or not.
    pub(super) fn has_arrived(&self) -> bool {
        self.has_arrived || self.is_settled()
    }

    /// Whether something has come that is not written yet.
    pub(super) fn has_rest(&self) -> bool {
        !self.rest.is_empty()
    }

    /// Gives the memory back, if what was written can be had again.
    pub(super) fn release(&mut self) {
        if let State::Arriving(incoming) = &mut self.state
            && incoming.rewind()
        {
            self.there = 0;
            self.rest.clear();
            if let Err(error) = self.file.set_len(0) {
                self.state =
                    State::Failed(FetchError::Setup { detail: format!("no memory for it: {error}") });
            }
        }
    }

    /// Takes in what comes, until `bytes` are there or nothing more comes.
    pub(super) async fn gather(&mut self, bytes: u64) {
        while self.there < bytes && !self.is_settled() {
            self.more().await;
        }
    }

    /// How many bytes are there.
    pub(super) fn there(&self) -> u64 {
        self.there
    }

    /// Whether nothing more will come.
    pub(super) fn is_settled(&self) -> bool {
        self.rest.is_empty() && !matches!(self.state, State::Arriving(_))
    }

    /// Whether all of the source is there.
    pub(super) fn is_whole(&self) -> bool {
        self.rest.is_empty() && matches!(self.state, State::Whole)
    }

    /// Why the rest will not come.
    pub(super) fn failure(&self) -> Option<&FetchError> {
        match &self.state {
            State::Failed(error) if self.rest.is_empty() => Some(error),
            _ => None,
        }
    }

    /// The file, to lend to a decoder: only to be read.
    pub(super) fn as_fd(&self) -> BorrowedFd<'_> {
        self.lent.as_fd()
    }
}
