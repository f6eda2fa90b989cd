//! A connection that ends when the head of the answer is longer than [`MAX_HEAD_BYTES`].
//!
//! hyper has one number for the longest head and for the most that is read of a body at once. A hostile origin can make us
//! hold a thousand heads that nobody counts, so they must be short; a body comes quickly only in long pieces, and its bytes
//! are counted. So the head is watched here, byte by byte as far as its empty line, and let through from then on. What has
//! come in all is counted too: chunks may be padded with any number of blanks, which are held with the bytes beside them.

use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::permits::HostPermit;

/// Longest head, with those of interim answers (1xx) before it.
pub(super) const MAX_HEAD_BYTES: usize = 64 << 10;

/// How an interim answer begins, whatever the minor version is.
const INTERIM: &[u8] = b"HTTP/1.x 1";

/// A connection for one exchange, whose answer's head is capped.
#[derive(Debug)]
pub(super) struct HeadCapped<S> {
    inner: S,
    head: Head,
    came: Came,
    peer: IpAddr,
    /// Its place among those of its address.
    _place: Option<HostPermit>,
}

/// Counts what comes; clones count the same connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Came(Arc<AtomicU64>);

/// How far the head has come.
#[derive(Debug)]
struct Head {
    bytes: usize,
    /// The beginning of its first line.
    start: Vec<u8>,
    /// Whether nothing has come of the present line.
    line_is_empty: bool,
    is_over: bool,
}

impl<S> HeadCapped<S> {
    pub(super) fn new(inner: S, place: Option<HostPermit>, peer: IpAddr) -> Self {
        Self { inner, head: Head::new(), came: Came::default(), peer, _place: place }
    }
}

impl<S> HeadCapped<S> {
    /// Who is at the other end.
    pub(super) fn peer(&self) -> IpAddr {
        self.peer
    }

    /// What counts the bytes that come.
    pub(super) fn came(&self) -> Came {
        self.came.clone()
    }
}

impl Came {
    /// Bytes of this connection so far, its head among them.
    pub(super) fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn add(&self, bytes: usize) {
        self.0.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

impl Head {
    fn new() -> Self {
        Self { bytes: 0, start: Vec::new(), line_is_empty: true, is_over: false }
    }

    /// Takes what has come; an error when that is too much for a head.
    fn take(&mut self, bytes: &[u8]) -> io::Result<()> {
        for &byte in bytes {
            if self.bytes == MAX_HEAD_BYTES {
                return Err(io::Error::other("the head of the answer is longer than 64 KiB"));
            }
            self.bytes += 1;
            match byte {
                b'\n' if !self.line_is_empty => self.line_is_empty = true,
                // Empty lines before the first are passed over, as hyper does.
                b'\n' if self.start.is_empty() => {}
                b'\n' if self.is_interim() => self.start.clear(),
                b'\n' => {
                    self.is_over = true;
                    return Ok(());
                }
                b'\r' => {}
                _ => {
                    if self.start.len() < INTERIM.len() {
                        self.start.push(byte);
                    }
                    self.line_is_empty = false;
                }
            }
        }
        Ok(())
    }

    fn is_interim(&self) -> bool {
        let same = |(&byte, &wanted): (&u8, &u8)| byte == wanted || wanted == b'x';
        self.start.len() == INTERIM.len() && self.start.iter().zip(INTERIM).all(same)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for HeadCapped<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(context, buffer))?;
        let bytes = &buffer.filled()[before..];
        self.came.add(bytes.len());
        Poll::Ready(if self.head.is_over { Ok(()) } else { self.head.take(bytes) })
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for HeadCapped<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(context, pieces)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the head is over after these bytes, however they are cut into pieces.
    fn is_over(text: &str) -> bool {
        let over = |size: usize| {
            let mut head = Head::new();
            for piece in text.as_bytes().chunks(size) {
                head.take(piece).expect("short");
            }
            head.is_over
        };
        let results: Vec<_> = [1, 2, 3, 5, 4096].into_iter().map(over).collect();
        assert!(results.windows(2).all(|pair| pair[0] == pair[1]), "{text:?} {results:?}");
        results[0]
    }

    #[test]
    fn a_head_is_over_with_its_empty_line() {
        for (text, expected) in [
            ("HTTP/1.1 200 OK\r\nA: b\r\n\r\n", true),
            ("HTTP/1.1 200 OK\nA: b\n\n", true),
            ("HTTP/1.1 200 OK\r\n\r\nbody", true),
            ("\r\n\r\nHTTP/1.1 200 OK\r\nA: b\r\n", false),
            ("\r\n\r\nHTTP/1.1 200 OK\r\nA: b\r\n\r\n", true),
            ("HTTP/1.1 200 OK\r\nA: b\r\n", false),
            ("HTTP/1.1 200 OK\r\n \r\n", false),
            ("HTTP/1.1 100 Continue\r\n\r\n", false),
            ("HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.0 200 OK\r\n", false),
            ("HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.0 200 OK\r\n\r\n", true),
            ("HTTP/1.1 404 No\r\n\r\n", true),
            ("", false),
        ] {
            assert_eq!(is_over(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_head_may_have_64_kib_and_no_byte_more_with_all_interim_ones() {
        let fits = |interim: usize, value: usize| {
            let mut head = Head::new();
            let text = format!(
                "{}HTTP/1.1 200 OK\r\nA: {}\r\n\r\n",
                "HTTP/1.1 100 Continue\r\n\r\n".repeat(interim),
                "b".repeat(value)
            );
            (text.len(), head.take(text.as_bytes()).is_ok())
        };
        assert_eq!(fits(0, MAX_HEAD_BYTES - 24), (MAX_HEAD_BYTES, true));
        assert_eq!(fits(0, MAX_HEAD_BYTES - 23), (MAX_HEAD_BYTES + 1, false));
        assert!(!fits(3_000, 1).1, "interim heads without end");
    }

    #[test]
    fn what_follows_the_head_is_not_counted() {
        let mut head = Head::new();
        let answer = [b"HTTP/1.1 200 OK\r\n\r\n", &[7; 2 * MAX_HEAD_BYTES][..]].concat();
        assert!(head.take(&answer).is_ok() && head.is_over);
    }
}
