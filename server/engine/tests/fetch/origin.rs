//! The evil origin: a bare TCP server that says exactly the bytes a test wants, right or wrong.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// The bytes that stand for a picture.
pub(crate) const PICTURE: &[u8] = b"\xff\xd8\xff\xe0 not really a picture, but nobody looks here";

/// What the origin does once it has read a request.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Says these bytes and hangs up.
    Say(Vec<u8>),
    /// Says these bytes and cuts the line (RST): the other side hears of no end.
    Reset(Vec<u8>),
    /// Says these bytes, then nothing, until the other side hangs up.
    Stall(Vec<u8>),
    /// Says the first bytes at once, then the others one by one, slowly, for ever from the start.
    Drip(Vec<u8>, Vec<u8>),
    /// Says the first bytes, then the others again and again as fast as they are taken.
    Flood(Vec<u8>, Vec<u8>),
    /// Says the first bytes, waits until it is let on, says the others and hangs up.
    Gate(Vec<u8>, Arc<Semaphore>, Vec<u8>),
}

/// A server on a port of the loopback.
pub(crate) struct Origin {
    address: SocketAddr,
    seen: Arc<Seen>,
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {
    /// The connection underneath.
    fn line(&self) -> &TcpStream;
}

impl Stream for TcpStream {
    fn line(&self) -> &TcpStream {
        self
    }
}

impl Stream for TlsStream<TcpStream> {
    fn line(&self) -> &TcpStream {
        self.get_ref().0
    }
}

/// What happened at the origin.
#[derive(Default)]
struct Seen {
    connections: AtomicUsize,
    open: AtomicUsize,
    most_open: AtomicUsize,
    bytes_said: AtomicU64,
    requests: Mutex<Vec<String>>,
    hang_ups: HangUps,
}

struct HangUps(Semaphore);

impl Default for HangUps {
    fn default() -> Self {
        Self(Semaphore::new(0))
    }
}

impl Origin {
    /// An origin that acts by the request's path.
    pub(crate) async fn new(act: impl Fn(&str) -> Act + Send + Sync + 'static) -> Self {
        Self::start(None, act).await
    }

    /// The same over TLS.
    pub(crate) async fn secure(tls: TlsAcceptor, act: impl Fn(&str) -> Act + Send + Sync + 'static) -> Self {
        Self::start(Some(tls), act).await
    }

    async fn start(tls: Option<TlsAcceptor>, act: impl Fn(&str) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let (seen, act) = (Arc::new(Seen::default()), Arc::new(act));
        tokio::spawn({
            let seen = seen.clone();
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    seen.connections.fetch_add(1, Ordering::SeqCst);
                    let (seen, act, tls) = (seen.clone(), act.clone(), tls.clone());
                    tokio::spawn(async move {
                        match tls {
                            None => seen.serve(stream, &*act).await,
                            // Who does not like the certificate leaves here.
                            Some(tls) => {
                                if let Ok(stream) = tls.accept(stream).await {
                                    seen.serve(stream, &*act).await;
                                }
                            }
                        }
                    });
                }
            }
        });
        Self { address, seen }
    }

    /// An origin that always does the same.
    pub(crate) async fn always(act: Act) -> Self {
        Self::new(move |_| act.clone()).await
    }

    /// An origin that says these bytes before it is asked anything, and hangs up.
    pub(crate) async fn unasked(bytes: Vec<u8>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                // Reads what was sent, or hanging up would cut the line before the bytes are heard.
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(&bytes).await;
            }
        });
        Self { address, seen: Arc::default() }
    }

    /// A place that nobody may reach.
    pub(crate) async fn trap() -> Self {
        Self::always(said("200 OK", "", PICTURE)).await
    }

    pub(crate) fn host_port(&self) -> String {
        self.address.to_string()
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    /// The most connections that were open at once.
    pub(crate) fn most_open(&self) -> usize {
        self.seen.most_open.load(Ordering::SeqCst)
    }

    pub(crate) fn bytes_said(&self) -> u64 {
        self.seen.bytes_said.load(Ordering::SeqCst)
    }

    /// The request heads, in order.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.seen.requests.lock().expect("no panic with the lock").clone()
    }

    /// How many requests there were.
    pub(crate) fn request_count(&self) -> usize {
        self.seen.requests.lock().expect("no panic with the lock").len()
    }

    /// Waits until the other side of a stalled, dripping or flooding connection hangs up.
    pub(crate) async fn hung_up(&self) {
        let hang_up = tokio::time::timeout(Duration::from_secs(10), self.seen.hang_ups.0.acquire()).await;
        hang_up.expect("the fetcher hangs up").expect("never closed").forget();
    }
}

impl Seen {
    async fn serve(&self, stream: impl Stream, act: &(impl Fn(&str) -> Act + Sync)) {
        let open = self.open.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_open.fetch_max(open, Ordering::SeqCst);
        self.answer(stream, act).await;
    }

    async fn answer(&self, mut stream: impl Stream, act: &(impl Fn(&str) -> Act + Sync)) {
        let Some(head) = read_head(&mut stream).await else {
            self.open.fetch_sub(1, Ordering::SeqCst);
            return self.hang_ups.0.add_permits(1);
        };
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        self.requests.lock().expect("no panic with the lock").push(head);
        let act = act(&path);
        // Counted as closed before the last bytes: afterwards the other side may be faster than this task.
        if let Act::Say(_) | Act::Reset(_) = act {
            self.open.fetch_sub(1, Ordering::SeqCst);
        }
        if self.perform(&mut stream, act).await.is_err() {
            self.hang_ups.0.add_permits(1);
        }
    }

    /// Ends in an error when the other side hangs up first.
    async fn perform(&self, stream: &mut impl Stream, act: Act) -> std::io::Result<()> {
        match act {
            Act::Say(bytes) => {
                stream.write_all(&bytes).await?;
                stream.shutdown().await
            }
            Act::Reset(bytes) => {
                stream.write_all(&bytes).await?;
                stream.line().set_zero_linger()
            }
            Act::Stall(bytes) => {
                stream.write_all(&bytes).await?;
                let mut rest = [0; 64];
                while stream.read(&mut rest).await? > 0 {}
                Err(std::io::ErrorKind::UnexpectedEof.into())
            }
            Act::Drip(first, drops) => {
                stream.write_all(&first).await?;
                let mut pace = tokio::time::interval(Duration::from_millis(20));
                for drop in drops.chunks(1).cycle() {
                    pace.tick().await;
                    stream.write_all(drop).await?;
                }
                Ok(())
            }
            Act::Gate(first, gate, rest) => {
                stream.write_all(&first).await?;
                gate.acquire().await.expect("never closed").forget();
                stream.write_all(&rest).await?;
                stream.shutdown().await
            }
            Act::Flood(first, wave) => {
                stream.write_all(&first).await?;
                loop {
                    stream.write_all(&wave).await?;
                    self.bytes_said.fetch_add(wave.len() as u64, Ordering::SeqCst);
                }
            }
        }
    }
}

/// Reads up to the empty line that ends a request's head.
pub(crate) async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut head = Vec::new();
    let mut part = [0; 1024];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let count = stream.read(&mut part).await.ok().filter(|&count| count > 0)?;
        head.extend_from_slice(&part[..count]);
    }
    String::from_utf8(head).ok()
}

/// A whole answer: status, further header lines (each ended by `\r\n`), body with its length.
pub(crate) fn said(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Act {
    let body = body.as_ref();
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
    Act::Say([head.as_bytes(), body].concat())
}

pub(crate) fn picture() -> Act {
    said("200 OK", "Content-Type: image/jpeg\r\n", PICTURE)
}

pub(crate) fn html(body: impl AsRef<[u8]>) -> Act {
    said("200 OK", "Content-Type: text/html\r\n", body)
}

pub(crate) fn redirect(location: &str) -> Act {
    said("302 Found", &format!("Location: {location}\r\n"), "")
}

/// A gzip stream of 16 MiB in 16 KiB; members behind each other are one stream, so it can go on for ever.
pub(crate) fn gzip_bomb() -> Vec<u8> {
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut bomb, &vec![0; 16 << 20]).expect("into memory");
    bomb.finish().expect("into memory")
}

/// A brotli stream of 16 MiB in 14 bytes. Made by
/// `node -p 'zlib.brotliCompressSync(Buffer.alloc(1 << 24), {params: {[zlib.constants.BROTLI_PARAM_LGWIN]: 24}})'`.
pub(crate) const BROTLI_BOMB: [u8; 14] =
    [0x9f, 0xff, 0xff, 0xff, 0xf8, 0x27, 0x00, 0xe2, 0xb1, 0x40, 0x20, 0xf7, 0xfe, 0x1f];
