//! What the server and a decoder say to each other: one message in one packet.
//!
//! The socket is a pair of the kind SEQPACKET, which keeps messages whole, so there is no length to believe. A decoder
//! may have been taken over by a picture: what comes from it is parsed with a cap, and nothing in it leads to memory.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use cutline_crop::{CropError, CropLimits};
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recvmsg, sendmsg, socketpair,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::super::job::{Answer, Job};

/// Longest message, in bytes; real ones have some hundreds.
const MAX_MESSAGE_BYTES: usize = 64 << 10;

/// Most files in one message: the source and the place for what is made.
const MAX_FILES: usize = 2;

/// What the server says. A decoder gets one of these only when it waits for one.
#[derive(Debug, Serialize, Deserialize)]
pub(in super::super) enum ToDecoder {
    /// Do this. Two files come with it: the source, and where to write what is made.
    Begin { job: Job, limits: CropLimits },
    /// So many bytes of the source are there; when it is whole, no more will come.
    There { bytes: u64, is_whole: bool },
    /// The bytes asked for will not come.
    Gone,
    /// Try what must not be possible, and say what was.
    Probe,
}

/// What a decoder says.
#[derive(Debug, Serialize, Deserialize)]
pub(in super::super) enum FromDecoder {
    /// It cannot go on before so many bytes of the source are there.
    Wanted { bytes: u64 },
    /// The job is done; what was made has so many bytes.
    Done { result: Result<Answer, CropError>, file_bytes: u64 },
    /// What was possible although it must not be.
    Probed { possible: Vec<String> },
}

/// Two ends of a line, closed when a program is started.
pub(super) fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?)
}

/// Sends a message and lends its receiver `files`.
pub(in super::super) fn send(
    socket: impl AsFd,
    message: &impl Serialize,
    files: &[BorrowedFd<'_>],
) -> io::Result<()> {
    let message = serde_json::to_vec(message)?;
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FILES))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !files.is_empty() && !control.push(SendAncillaryMessage::ScmRights(files)) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "too many files for one message"));
    }
    sendmsg(socket, &[IoSlice::new(&message)], &mut control, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// Receives a message and the files that came with it; the end of the line is an error of the kind `UnexpectedEof`.
pub(in super::super) fn receive<T: DeserializeOwned>(socket: impl AsFd) -> io::Result<(T, Vec<OwnedFd>)> {
    let mut bytes = vec![0; MAX_MESSAGE_BYTES];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FILES))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let received = loop {
        let mut parts = [IoSliceMut::new(&mut bytes)];
        match recvmsg(&socket, &mut parts, &mut control, RecvFlags::CMSG_CLOEXEC) {
            Err(rustix::io::Errno::INTR) => {}
            received => break received?,
        }
    };
    if received.bytes == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let files = control.drain().filter_map(|message| match message {
        RecvAncillaryMessage::ScmRights(files) => Some(files),
        _ => None,
    });
    let files = files.flatten().collect();
    Ok((serde_json::from_slice(&bytes[..received.bytes])?, files))
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{Read, Seek, Write};

    use super::*;

    #[test]
    fn a_message_arrives_whole_and_with_its_files() {
        let (ours, theirs) = pair().expect("a pair");
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(b"inside").expect("written");
        file.rewind().expect("rewound");
        send(&ours, &ToDecoder::There { bytes: 7, is_whole: true }, &[file.as_fd()]).expect("sent");
        send(&ours, &ToDecoder::Gone, &[]).expect("sent");
        let (message, files) = receive::<ToDecoder>(&theirs).expect("received");
        assert!(matches!(message, ToDecoder::There { bytes: 7, is_whole: true }));
        let mut text = String::new();
        let [file] = files.try_into().expect("one file");
        File::from(file).read_to_string(&mut text).expect("read");
        assert_eq!(text, "inside");
        assert!(matches!(receive::<ToDecoder>(&theirs), Ok((ToDecoder::Gone, files)) if files.is_empty()));
    }

    #[test]
    fn the_end_and_nonsense_are_errors() {
        let (ours, theirs) = pair().expect("a pair");
        send(&ours, &"nonsense", &[]).expect("sent");
        let kind = |socket: &OwnedFd| receive::<FromDecoder>(socket).expect_err("no message").kind();
        assert_eq!(kind(&theirs), io::ErrorKind::InvalidData);
        drop(ours);
        assert_eq!(kind(&theirs), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn a_message_longer_than_any_real_one_is_cut_short_and_refused() {
        let (ours, theirs) = pair().expect("a pair");
        send(&ours, &"x".repeat(MAX_MESSAGE_BYTES), &[]).expect("sent");
        assert!(receive::<String>(&theirs).is_err());
    }
}
