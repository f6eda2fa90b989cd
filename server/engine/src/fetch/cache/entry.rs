//! One kept picture as a file: what it is, a check sum, what is known of it, its bytes.
//!
//! Nothing in the folder is believed: a file of another kind or version, or whose sum is wrong, is no picture of ours. The
//! whole file is read and summed up before its first byte is used, so nobody is given half of a damaged one.

use std::io::{self, Write};
use std::time::SystemTime;

use bytes::Bytes;
use crc32fast::Hasher;
use serde::{Deserialize, Serialize};

use super::policy::Policy;

/// What a file begins with; the number changes with the form of what follows.
const KIND: &[u8] = b"cutline kept picture 1\n";

/// Beside its bytes a picture takes less than this: an address, some headers.
pub(super) const MAX_EXTRA_BYTES: u64 = 64 << 10;

/// What is known of a kept picture.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) url: String,
    /// When the origin last gave it, or said that it is the same.
    pub(super) confirmed: SystemTime,
    pub(super) policy: Policy,
}

/// Writes a picture's file.
pub(super) fn write(to: &mut impl Write, head: &Head, pieces: &[Bytes]) -> io::Result<u64> {
    let head = serde_json::to_vec(head)?;
    let head_bytes = u32::try_from(head.len()).map_err(io::Error::other)?;
    let mut sum = Hasher::new();
    sum.update(&head_bytes.to_le_bytes());
    sum.update(&head);
    pieces.iter().for_each(|piece| sum.update(piece));
    to.write_all(KIND)?;
    to.write_all(&sum.finalize().to_le_bytes())?;
    to.write_all(&head_bytes.to_le_bytes())?;
    to.write_all(&head)?;
    pieces.iter().try_for_each(|piece| to.write_all(piece))?;
    let bytes: usize = KIND.len() + 8 + head.len() + pieces.iter().map(Bytes::len).sum::<usize>();
    Ok(bytes as u64)
}

/// Reads what `write` wrote; nothing when it is anything else.
pub(super) fn read(mut file: Bytes) -> Option<(Head, Bytes)> {
    let kind = file.split_to_checked(KIND.len())?;
    let sum = file.split_to_checked(4)?;
    let mut found = Hasher::new();
    found.update(&file);
    if kind != KIND || sum[..] != found.finalize().to_le_bytes() {
        return None;
    }
    let head_bytes = file.split_to_checked(4)?;
    let head_bytes = u32::from_le_bytes(head_bytes[..].try_into().ok()?);
    let head = file.split_to_checked(usize::try_from(head_bytes).ok()?)?;
    Some((serde_json::from_slice(&head).ok()?, file))
}

trait SplitChecked: Sized {
    /// The first `count` bytes, taken off; nothing when there are fewer.
    fn split_to_checked(&mut self, count: usize) -> Option<Self>;
}

impl SplitChecked for Bytes {
    fn split_to_checked(&mut self, count: usize) -> Option<Self> {
        (count <= self.len()).then(|| self.split_to(count))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::{HeaderMap, Request, StatusCode};

    use super::super::policy::Arrival;
    use super::*;

    fn written() -> Vec<u8> {
        let request = Request::get("http://a.example/").body(()).expect("a request");
        let headers = HeaderMap::from_iter([(http::header::ETAG, "\"a\"".parse().expect("a value"))]);
        let now = SystemTime::UNIX_EPOCH;
        let policy =
            Policy::of(&request, StatusCode::OK, &headers, Arrival { at: now, delay: Duration::ZERO })
                .expect("it may be kept");
        let url = "http://a.example/".to_owned();
        let mut file = Vec::new();
        let pieces = [Bytes::from_static(b"the first piece, "), Bytes::from_static(b"the second")];
        let bytes = write(&mut file, &Head { url, confirmed: now, policy }, &pieces).expect("memory");
        assert_eq!(bytes, file.len() as u64);
        file
    }

    #[test]
    fn what_was_written_is_read_again() {
        let (head, bytes) = read(written().into()).expect("ours");
        assert_eq!((&head.url[..], &bytes[..]), ("http://a.example/", &b"the first piece, the second"[..]));
    }

    #[test]
    fn a_file_that_was_changed_in_any_place_or_cut_anywhere_is_not_read() {
        let file = written();
        for place in 0..file.len() {
            let mut changed = file.clone();
            changed[place] ^= 1;
            assert!(read(changed.into()).is_none(), "byte {place}");
            assert!(read(file[..place].to_vec().into()).is_none(), "{place} bytes");
        }
        assert!(read([&file[..], b"more"].concat().into()).is_none());
    }
}
