//! Serving, on real sockets: who is cut off, who may finish.

use axum::routing::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::*;

/// Longer than anything here may take; a test that meets it has failed.
const TOO_LONG: Duration = Duration::from_secs(20);

const PATIENT: Patience = Patience { header: Duration::from_secs(60), drain: Duration::from_secs(60) };

/// A server on a free port, and what stops it.
struct TestServer {
    addr: SocketAddr,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

impl TestServer {
    async fn start(router: Router, patience: Patience) -> Self {
        let listening = Listening::bind(([127, 0, 0, 1], 0).into()).await.expect("a free port");
        let addr = listening.addr();
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async { stopped.await.expect("the test stops the server") };
        let serving = tokio::spawn(listening.with_patience(patience).serve(router, stopped));
        Self { addr, stop, serving }
    }

    async fn connect(&self, first: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.addr).await.expect("a connection");
        stream.write_all(first.as_bytes()).await.expect("the server takes it");
        stream
    }

    async fn stop(self) {
        self.stop.send(()).expect("it serves");
        in_time(self.serving).await.expect("it ends without a panic");
    }
}

async fn in_time<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(TOO_LONG, future).await.expect("in time")
}

/// Everything until the server closes the connection.
async fn rest_of(mut stream: TcpStream) -> String {
    let mut all = Vec::new();
    // A reset is an end too.
    let _ = in_time(stream.read_to_end(&mut all)).await;
    String::from_utf8(all).expect("text")
}

/// Reads until `end` has come.
async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut all = String::new();
    while !all.contains(end) {
        let mut piece = [0; 1024];
        let count = in_time(stream.read(&mut piece)).await.expect("it reads");
        assert!(count > 0, "the connection ended after {all:?}");
        all.push_str(std::str::from_utf8(&piece[..count]).expect("text"));
    }
    all
}

fn hello() -> Router {
    Router::new().route("/", get(|| async { "hello" }))
}

/// A route `/slow` that says when it has begun and answers when told to.
fn slow() -> (Router, Arc<Notify>, Arc<Notify>) {
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (begins, may_go_on) = (begun.clone(), go_on.clone());
    let router = Router::new().route(
        "/slow",
        get(move || async move {
            begins.notify_one();
            may_go_on.notified().await;
            "finished"
        }),
    );
    (router, begun, go_on)
}

#[tokio::test]
async fn the_announcement_names_the_port_that_was_taken() {
    let listening = Listening::bind(([127, 0, 0, 1], 0).into()).await.expect("a free port");
    let port = listening.addr().port();
    assert_ne!(port, 0);
    assert_eq!(listening.announcement(None), format!("Cutline is at http://127.0.0.1:{port}"));
    assert_eq!(
        listening.announcement(Some("https://share.example.org")),
        format!("Cutline is at https://share.example.org (listening on 127.0.0.1:{port})")
    );
}

#[tokio::test]
async fn slow_headers_are_cut_off_and_others_are_served() {
    let patience = Patience { header: Duration::from_secs(1), ..PATIENT };
    let server = TestServer::start(hello(), patience).await;
    for first in
        ["", "P", "PRI * HTTP/2", "GET / HTTP/1.1\r\nHost: a", "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n"]
    {
        let answer = rest_of(server.connect(first).await).await;
        assert!(!answer.contains("200 OK"), "{first:?} got {answer:?}");
    }
    // The same patience holds for a request after the first one.
    let mut stream = server.connect("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(read_until(&mut stream, "hello").await.starts_with("HTTP/1.1 200 OK"));
    stream.write_all(b"GET / HTTP/1.1\r\nHos").await.expect("it is open still");
    assert!(!rest_of(stream).await.contains("200 OK"));
    server.stop().await;
}

#[tokio::test]
async fn a_long_answer_is_not_cut_off_by_the_header_limit() {
    let (router, begun, go_on) = slow();
    let patience = Patience { header: Duration::from_millis(500), ..PATIENT };
    let server = TestServer::start(router, patience).await;
    let stream = server.connect("GET /slow HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    in_time(begun.notified()).await;
    // Another client outlasts the limit meanwhile, which shows that it has passed.
    assert_eq!(rest_of(server.connect("").await).await, "");
    go_on.notify_one();
    assert!(rest_of(stream).await.ends_with("finished"));
    server.stop().await;
}

#[tokio::test]
async fn a_request_in_flight_finishes_while_the_server_stops() {
    let (router, begun, go_on) = slow();
    let TestServer { addr, stop, serving } = TestServer::start(router, PATIENT).await;
    let mut stream = TcpStream::connect(addr).await.expect("a connection");
    stream.write_all(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").await.expect("the server takes it");
    in_time(begun.notified()).await;
    stop.send(()).expect("it serves");
    // Nobody new is let in, and the server waits for the one inside.
    in_time(async { while TcpStream::connect(addr).await.is_ok() {} }).await;
    assert!(!serving.is_finished());
    go_on.notify_one();
    assert!(rest_of(stream).await.ends_with("finished"));
    in_time(serving).await.expect("it ends without a panic");
}

#[tokio::test]
async fn idle_connections_do_not_hold_up_the_stop() {
    let server = TestServer::start(hello(), PATIENT).await;
    let mut answered = server.connect("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    read_until(&mut answered, "hello").await;
    let silent = server.connect("").await;
    // It is served, so the two before it have been taken.
    let mut last = server.connect("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    read_until(&mut last, "hello").await;
    server.stop().await;
    for stream in [answered, silent, last] {
        assert_eq!(rest_of(stream).await, "", "closed without another word");
    }
}

#[tokio::test]
async fn what_does_not_finish_is_dropped_at_last() {
    let (router, begun, _never) = slow();
    let server = TestServer::start(router, Patience { drain: Duration::from_millis(50), ..PATIENT }).await;
    let stream = server.connect("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").await;
    in_time(begun.notified()).await;
    server.stop().await;
    assert_eq!(rest_of(stream).await, "");
}
