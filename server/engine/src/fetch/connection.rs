//! One request and its answer, on a connection of their own.
//!
//! No connection is kept: each is made, and judged, for one exchange. So whoever waits for the answer moves the connection
//! on, in its own task. With a task for each, as clients that keep connections need it, every piece of a body wakes two
//! tasks in turn, often on two cores, and that costs more than the checks do (BENCHMARKS.md).

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::HOST;
use http::uri::PathAndQuery;
use http::{HeaderValue, Request, Response, Uri};
use http_body_util::Empty;
use hyper::body::{Body as _, Frame, Incoming, SizeHint};
use hyper::client::conn::http1::{self, Builder};

use super::connector::Stream;

/// Most that is read of a body at a time: with less, each byte costs more (BENCHMARKS.md). What was read and is not yet
/// asked for is not counted, and there is one of it for each open connection.
const MAX_READ_BYTES: usize = 400 << 10;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum RequestError {
    #[error("the address cannot be asked for")]
    Address(#[from] http::Error),
    #[error("no answer that is HTTP")]
    Http(#[from] hyper::Error),
}

/// A body on its way. Dropping it hangs up.
#[derive(Debug)]
pub(super) struct ArrivingBody {
    incoming: Incoming,
    connection: Connection,
}

/// The connection, until it is over.
struct Connection(Option<Pin<Box<Http>>>);

type Http = http1::Connection<Stream, Empty<Bytes>>;

/// Asks for what `request` names, over `stream`; the head of the answer, and its body as it will come.
pub(super) async fn send(
    stream: Stream,
    request: Request<Empty<Bytes>>,
) -> Result<Response<ArrivingBody>, RequestError> {
    let request = with_origin_form(request)?;
    let (mut sender, connection) = Builder::new().max_buf_size(MAX_READ_BYTES).handshake(stream).await?;
    let mut connection = Connection(Some(Box::pin(connection)));
    let mut answer = std::pin::pin!(sender.send_request(request));
    let answer = poll_fn(|context| connection.poll_beside(context, |context| answer.as_mut().poll(context)));
    let answer = answer.await?;
    Ok(answer.map(|incoming| ArrivingBody { incoming, connection }))
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
    /// The next frame, or the end.
    pub(super) async fn frame(&mut self) -> Option<Result<Frame<Bytes>, hyper::Error>> {
        let Self { incoming, connection } = self;
        poll_fn(|context| {
            connection.poll_beside(context, |context| Pin::new(&mut *incoming).poll_frame(context))
        })
        .await
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
