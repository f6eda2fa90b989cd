//! Files in memory, without a name, that are lent to a decoder.
//!
//! One that a picture has taken over keeps what it can: so a source can only be read, a result cannot grow beyond what was
//! agreed, and when a job ends the memory goes back, whoever still holds the file.

use std::fs::File;
use std::io;
use std::ops::Deref;
use std::os::fd::AsRawFd;

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};

/// A file in memory; it is empty for all who hold it when this is dropped.
#[derive(Debug)]
pub(super) struct MemoryFile(File);

impl MemoryFile {
    /// An empty one.
    pub(super) fn new(name: &str) -> io::Result<Self> {
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        Ok(Self(File::from(memfd_create(name, flags)?)))
    }

    /// One of `bytes` zeros, which take no memory until they are written; nobody can make it longer.
    pub(super) fn bounded(name: &str, bytes: u64) -> io::Result<Self> {
        let this = Self::new(name)?;
        this.0.set_len(bytes)?;
        fcntl_add_seals(&this.0, SealFlags::GROW)?;
        Ok(this)
    }

    /// The same file, only to be read.
    pub(super) fn reader(&self) -> io::Result<File> {
        File::open(format!("/proc/self/fd/{}", self.0.as_raw_fd()))
    }
}

impl Deref for MemoryFile {
    type Target = File;

    fn deref(&self) -> &File {
        &self.0
    }
}

impl Drop for MemoryFile {
    fn drop(&mut self) {
        // It can always be made shorter: that is not sealed.
        let _ = self.0.set_len(0);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileExt;

    use super::*;

    fn refusal<T: std::fmt::Debug>(result: io::Result<T>) -> Option<i32> {
        result.expect_err("refused").raw_os_error()
    }

    #[test]
    fn a_source_can_only_be_read() {
        let source = MemoryFile::new("source").expect("memory");
        source.write_all_at(b"a picture", 0).expect("ours");
        let lent = source.reader().expect("/proc");
        let mut bytes = [0; 9];
        lent.read_exact_at(&mut bytes, 0).expect("to be read");
        assert_eq!(&bytes, b"a picture");
        assert_eq!(refusal(lent.write_at(b"!", 0)), Some(libc::EBADF));
        assert_eq!(refusal(lent.set_len(1 << 30)), Some(libc::EINVAL));
    }

    #[test]
    fn a_result_is_no_longer_than_was_agreed() {
        let made = MemoryFile::bounded("made", 4096).expect("memory");
        let lent = made.try_clone().expect("a copy");
        lent.write_all_at(&[1; 4096], 0).expect("as long as that");
        assert_eq!(refusal(lent.write_at(&[1], 4096)), Some(libc::EPERM));
        assert_eq!(refusal(lent.set_len(4097)), Some(libc::EPERM));
    }

    #[test]
    fn what_was_lent_is_empty_afterwards_and_stays_so() {
        let made = MemoryFile::bounded("made", 1 << 20).expect("memory");
        let kept = made.try_clone().expect("a copy");
        kept.write_all_at(&vec![1; 1 << 20], 0).expect("room");
        drop(made);
        assert_eq!(kept.metadata().expect("a file").len(), 0);
        assert_eq!(refusal(kept.write_at(&[1], 0)), Some(libc::EPERM));
    }
}
