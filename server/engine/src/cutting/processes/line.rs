//! The server's end of the line to one decoder.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::net::UnixDatagram as BlockingDatagram;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::Interest;
use tokio::net::UnixDatagram;

use super::wire::{self, FromDecoder, ToDecoder};

/// A decoder as the server holds it: dropping it does not end the decoder, see `keeper`.
#[derive(Debug)]
pub(super) struct Line {
    /// The decoder's process.
    pub(super) pid: u32,
    /// Jobs that it has done.
    pub(super) jobs: u32,
    /// Whether it was ever told anything; the keeper looks at this when it has died.
    is_used: Arc<AtomicBool>,
    /// It is of the kind SEQPACKET, which std and tokio have no name for; what is needed of both is the same.
    socket: UnixDatagram,
}

impl Line {
    /// The line over `socket`; to be made where tokio runs.
    pub(super) fn new(pid: u32, socket: OwnedFd, is_used: Arc<AtomicBool>) -> io::Result<Self> {
        let socket = BlockingDatagram::from(socket);
        socket.set_nonblocking(true)?;
        Ok(Self { pid, jobs: 0, is_used, socket: UnixDatagram::from_std(socket)? })
    }

    /// Says something; a decoder that is gone, or does not listen, is an error.
    pub(super) fn send(&self, message: &ToDecoder, files: &[BorrowedFd<'_>]) -> io::Result<()> {
        self.is_used.store(true, Ordering::Relaxed);
        // It never waits: a decoder gets one message at a time, which the socket holds.
        wire::send(&self.socket, message, files)
    }

    /// Waits for what it says; files that it sends are closed. May be given up at any time and called again.
    pub(super) async fn receive(&self) -> io::Result<FromDecoder> {
        let receive = || wire::receive(&self.socket).map(|(message, _)| message);
        self.socket.async_io(Interest::READABLE, receive).await
    }

    /// Whether it still lives and has nothing to say.
    pub(super) fn is_idle(&self) -> bool {
        let silent = wire::receive::<FromDecoder>(&self.socket);
        silent.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }
}
