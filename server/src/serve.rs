//! Listens and serves until told to stop, then lets requests in flight finish.
//!
//! `axum::serve` sets no timers: a client that sends half a header keeps its connection for ever (slow-loris). Here
//! hyper-util serves, with a limit on the time until the first request and on every header after it.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tower::ServiceExt;

use crate::embed::Peer;

#[cfg(test)]
mod tests;

/// How often a silent HTTP/2 client is asked whether it is still there, and how long it may take to say so.
const HTTP2_PING: (Duration, Duration) = (Duration::from_secs(20), Duration::from_secs(10));

/// Most requests at once on one HTTP/2 connection.
const HTTP2_STREAMS: u32 = 100;

/// Rest after the system could not give a connection (no file descriptors left, say), so as not to spin.
const ACCEPT_REST: Duration = Duration::from_millis(500);

/// How long clients may take.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Until a request's header is complete, counted from the connection or from the answer before it; 15 s. It is
    /// also how long a connection may stand idle.
    pub header: Duration,
    /// Until requests in flight have their answer when the server stops; 25 s, below the 30 s after which Docker and
    /// systemd's usual settings would kill it.
    pub drain: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { header: Duration::from_secs(15), drain: Duration::from_secs(25) }
    }
}

/// A server that has its address and port, and does not serve yet: clients wait in the system's queue.
#[derive(Debug)]
pub struct Listening {
    listener: TcpListener,
    addr: SocketAddr,
    patience: Patience,
}

impl Listening {
    /// Takes the address; port 0 takes a free one, see [`Listening::addr`].
    pub async fn bind(addr: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(addr).await?;
        let addr = listener.local_addr()?;
        Ok(Self { listener, addr, patience: Patience::default() })
    }

    /// The same server with other limits on time.
    #[must_use]
    pub fn with_patience(self, patience: Patience) -> Self {
        Self { patience, ..self }
    }

    /// The address and port that clients connect to.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What the program says once it listens; scripts wait for this line.
    #[must_use]
    pub fn announcement(&self, public_url: Option<&str>) -> String {
        match public_url {
            Some(url) => format!("Cutline is at {url} (listening on {})", self.addr),
            None => format!("Cutline is at http://{}", self.addr),
        }
    }

    /// What a process that only delivers says instead.
    #[must_use]
    pub fn workers_announcement(&self) -> String {
        format!("Cutline delivers here (health at http://{}/readyz)", self.addr)
    }

    /// Serves `router` until `stop` is ready; then takes no more connections, closes idle ones, waits for requests in
    /// flight for at most the drain's time, and drops what is left. Dropping this future drops all connections.
    pub async fn serve(self, router: Router, stop: impl Future<Output = ()>) {
        let Self { listener, patience, .. } = self;
        let builder = Arc::new(http(patience));
        let graceful = GracefulShutdown::new();
        let mut connections = JoinSet::new();
        let mut stop = pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => break,
                Some(_) = connections.join_next() => {}
                (stream, peer) = accept(&listener) => {
                    let connection = Connection { stream, peer, patience, builder: builder.clone(), watcher: graceful.watcher() };
                    connections.spawn(connection.serve(router.clone()));
                }
            }
        }
        drop(listener);
        tracing::info!(connections = connections.len(), "stopping");
        let drained = async {
            graceful.shutdown().await;
            while connections.join_next().await.is_some() {}
        };
        if tokio::time::timeout(patience.drain, drained).await.is_err() {
            tracing::warn!(
                seconds = patience.drain.as_secs(),
                "some requests did not finish in time and were dropped"
            );
        }
    }
}

/// The next connection. Errors are the client's (it went away) or pass by (too many open files).
async fn accept(listener: &TcpListener) -> (TcpStream, Peer) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Answers are small: waiting to fill a packet only delays them. Failing is harmless.
                let _ = stream.set_nodelay(true);
                return (stream, Peer(peer));
            }
            Err(error) if is_clients(&error) => {}
            Err(error) => {
                tracing::error!(%error, "cannot take a connection");
                tokio::time::sleep(ACCEPT_REST).await;
            }
        }
    }
}

fn is_clients(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

fn http(patience: Patience) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(patience.header);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(HTTP2_PING.0)
        .keep_alive_timeout(HTTP2_PING.1)
        .max_concurrent_streams(HTTP2_STREAMS);
    builder
}

/// One client.
struct Connection {
    stream: TcpStream,
    peer: Peer,
    patience: Patience,
    builder: Arc<Builder<TokioExecutor>>,
    watcher: Watcher,
}

impl Connection {
    async fn serve(self, router: Router) {
        let asked = Arc::new(Notify::new());
        let first_request = asked.clone();
        let peer = self.peer;
        let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
            first_request.notify_one();
            request.extensions_mut().insert(peer);
            let answer = router.clone().oneshot(request.map(Body::new));
            async move { answer.await.map_err(|never: Infallible| match never {}) }
        });
        let serving =
            self.builder.serve_connection_with_upgrades(TokioIo::new(self.stream), service).into_owned();
        let mut serving = pin!(self.watcher.watch(serving));
        // hyper's own header timer starts only when it is known which HTTP the client speaks: a client that sends
        // nothing, or a part of HTTP/2's first bytes, is before that. So the first request has a limit of its own.
        let ended = tokio::select! {
            ended = &mut serving => Some(ended),
            asked = tokio::time::timeout(self.patience.header, asked.notified()) => match asked {
                Ok(()) => Some(serving.await),
                Err(_) => None,
            },
        };
        match ended {
            Some(Ok(())) => {}
            // Clients go away and send nonsense all the time.
            Some(Err(error)) => tracing::debug!(error, "a connection broke"),
            None => tracing::debug!("a connection was cut off: no request in time"),
        }
    }
}
