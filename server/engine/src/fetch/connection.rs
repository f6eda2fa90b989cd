//! One request and its answer, on a connection of their own.
//!
//! No connection is kept: each is made, and judged, for one exchange. So whoever waits for the answer moves the connection
//! on, in its own task. With a task for each, as clients that keep connections need it, every piece of a body wakes two
//! tasks in turn, often on two cores, and that costs more than the checks do (BENCHMARKS.md).

use std::fmt;
use std::future::poll_fn;
use std::net::IpAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::HOST;
use http::uri::PathAndQuery;
use http::{HeaderValue, Request, Response, Uri};
use http_body_util::Empty;
use hyper::body::{Body as _, Incoming, SizeHint};
use hyper::client::conn::http1::{self, Builder};
use hyper_util::rt::TokioIo;

use super::connector::Stream;
use super::head_cap::{Came, MAX_HEAD_BYTES};

/// Most that is read of a body at a time: with less, each byte costs more (BENCHMARKS.md). What was read and is not yet
/// asked for is not counted, and there is one of it for each open connection.
const MAX_READ_BYTES: usize = 400 << 10;

/// Pieces shorter than this are copied out of what the connection reads into: otherwise an origin that sends a byte now and
/// then would have as much kept for each, and only the byte counted.
const MIN_OWN_BYTES: usize = 32 << 10;

/// What may have come beside the bytes of a body before all its pieces are copied out: what was read of it already, and a
/// head. Chunks may be padded, with blanks that would be kept uncounted beside each piece.
const MAX_UNCOUNTED_BYTES: u64 = MAX_READ_BYTES as u64 + MAX_HEAD_BYTES as u64;

/// Most that may come beside them at all, or as many times as much as the bytes: chunks of one byte each have five beside it.
const MAX_PADDING_BYTES: u64 = 1 << 20;
const MAX_PADDING_TIMES: u64 = 8;

/// Why there is no answer, or not all of it.
#[derive(Debug, thiserror::Error)]
pub(super) enum RequestError {
    #[error("the address cannot be asked for")]
    Address(#[from] http::Error),
    #[error("no answer that is HTTP")]
    Http(#[from] hyper::Error),
    #[error("there is much more around the bytes of the answer than in them")]
    Padded,
}

/// A body on its way. Dropping it hangs up.
#[derive(Debug)]
pub(super) struct ArrivingBody {
    incoming: Incoming,
    connection: Connection,
    came: Came,
    peer: IpAddr,
    /// Bytes given so far.
    given: u64,
}

/// The connection, until it is over.
struct Connection(Option<Pin<Box<Http>>>);

type Http = http1::Connection<TokioIo<Stream>, Empty<Bytes>>;

/// Asks for what `request` names, over `stream`; the head of the answer, and its body as it will come.
pub(super) async fn send(
    stream: Stream,
    request: Request<Empty<Bytes>>,
) -> Result<Response<ArrivingBody>, RequestError> {
    let request = with_origin_form(request)?;
    let (came, peer) = (stream.came(), stream.peer());
    let mut builder = Builder::new();
    let (mut sender, connection) =
        builder.max_buf_size(MAX_READ_BYTES).handshake(TokioIo::new(stream)).await?;
    let mut connection = Connection(Some(Box::pin(connection)));
    let mut answer = std::pin::pin!(sender.send_request(request));
    let answer = poll_fn(|context| connection.poll_beside(context, |context| answer.as_mut().poll(context)));
    let answer = answer.await?;
    Ok(answer.map(|incoming| ArrivingBody { incoming, connection, came, peer, given: 0 }))
}

/// As it is said to an origin: the path alone in the first line, and the host in its header (RFC 9112, 3.2.1).
fn with_origin_form(mut request: Request<Empty<Bytes>>) -> Result<Request<Empty<Bytes>>, http::Error> {
    let uri = std::mem::take(request.uri_mut());
    let host = uri.authority().map_or("", |authority| authority.as_str());
    request.headers_mut().insert(HOST, HeaderValue::from_str(host)?);
    let path = uri.into_parts().path_and_query.unwrap_or_else(|| PathAndQuery::from_static("/"));
    *request.uri_mut() = Uri::from(path);
    Ok(request)
}

impl ArrivingBody {
    /// The next bytes, or the end. They may be a part of a larger piece of memory, but all of them together keep less than
    /// twice as much of it as they are.
    pub(super) async fn next(&mut self) -> Result<Option<Bytes>, RequestError> {
        let Self { incoming, connection, .. } = self;
        loop {
            let frame = poll_fn(|context| {
                connection.poll_beside(context, |context| Pin::new(&mut *incoming).poll_frame(context))
            });
            let Some(frame) = frame.await else { return Ok(None) };
            // Trailers say nothing that is asked for.
            let Ok(bytes) = frame?.into_data() else { continue };
            self.given += bytes.len() as u64;
            let padding = self.came.bytes().saturating_sub(self.given);
            if padding > MAX_PADDING_BYTES.max(MAX_PADDING_TIMES * self.given) {
                return Err(RequestError::Padded);
            }
            let is_own = bytes.len() >= MIN_OWN_BYTES && padding <= MAX_UNCOUNTED_BYTES;
            return Ok(Some(if is_own { bytes } else { Bytes::copy_from_slice(&bytes) }));
        }
    }

    /// Who says it.
    pub(super) fn peer(&self) -> IpAddr {
        self.peer
    }

    /// Whether its end is known to have come, without waiting for it.
    pub(super) fn is_over(&self) -> bool {
        self.incoming.is_end_stream()
    }

    /// How long it is said to be.
    pub(super) fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

impl Connection {
    /// Asks `wait` for what it waits for, and moves the connection on when that is not there yet. How the connection ends
    /// is told to those who wait for something of it.
    fn poll_beside<T>(
        &mut self,
        context: &mut Context<'_>,
        mut wait: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        if let Poll::Ready(there) = wait(context) {
            return Poll::Ready(there);
        }
        if let Some(connection) = &mut self.0
            && connection.as_mut().poll(context).is_ready()
        {
            self.0 = None;
        }
        wait(context)
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Connection").field(&self.0.is_some()).finish()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio_util::either::Either;

    use super::super::head_cap::HeadCapped;
    use super::*;

    const CHUNK_BYTES: usize = 40_000;

    /// The pieces of an answer of `chunks` chunks, each with so many blanks after its size, and how it ends.
    async fn pieces(chunks: usize, blanks: usize) -> (Vec<Bytes>, Result<(), RequestError>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.expect("a caller");
            let _ = socket.read(&mut [0; 4096]).await;
            let mut said = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
            for _ in 0..chunks {
                said.extend(format!("{CHUNK_BYTES:x}{}\r\n", " ".repeat(blanks)).bytes());
                said.extend([7; CHUNK_BYTES]);
                said.extend(b"\r\n");
            }
            said.extend(b"0\r\n\r\n");
            let _ = socket.write_all(&said).await;
        });
        let stream = TcpStream::connect(address).await.expect("a connection");
        let mut request = Request::new(Empty::new());
        *request.uri_mut() = format!("http://{address}/a?b").parse().expect("an address");
        let answer = send(HeadCapped::new(Either::Left(stream), None, address.ip()), request)
            .await
            .expect("an answer");
        let (mut body, mut pieces) = (answer.into_body(), Vec::new());
        loop {
            match body.next().await {
                Ok(Some(piece)) => pieces.push(piece),
                Ok(None) => return (pieces, Ok(())),
                Err(error) => return (pieces, Err(error)),
            }
        }
    }

    #[tokio::test]
    async fn what_comes_around_the_bytes_of_chunks_is_not_kept_with_them() {
        let (pieces, end) = pieces(100, 30_000).await;
        end.expect("all of it came");
        let bytes: usize = pieces.iter().map(Bytes::len).sum();
        assert_eq!(bytes, 100 * CHUNK_BYTES);
        // A copy is alone in its memory; a part of what was read into shares it with blanks and with what comes next.
        let is_copied =
            |piece: Bytes| piece.try_into_mut().is_ok_and(|bytes| bytes.capacity() < 2 * CHUNK_BYTES);
        let first = (MAX_UNCOUNTED_BYTES as usize + MAX_READ_BYTES) / 30_000;
        assert!(pieces.into_iter().skip(first).all(is_copied));
    }

    #[tokio::test]
    async fn an_answer_that_is_mostly_padding_is_given_up() {
        let (_, end) = pieces(100, 6 * CHUNK_BYTES).await;
        assert!(matches!(end, Err(RequestError::Padded)), "{end:?}");
    }
}
