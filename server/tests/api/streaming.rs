//! A picture is fetched as far as its part needs it, and cut while it arrives.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;

use crate::app::TestApp;
use crate::pictures::{decode, noise};

/// What the origin hands to its socket at once.
const PIECE_BYTES: usize = 16 << 10;

/// An origin that counts what it could write before the other side hung up; its socket holds little back.
async fn counting_origin(picture: Vec<u8>) -> (String, Arc<AtomicUsize>) {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_send_buffer_size(64 << 10).expect("a small buffer");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a free port");
    let listener = socket.listen(16).expect("it listens");
    let host = listener.local_addr().expect("it is bound").to_string();
    let written = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&written);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            assert!(stream.read(&mut request).await.expect("a request") > 0);
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", picture.len());
            stream.write_all(head.as_bytes()).await.expect("it listens");
            for piece in picture.chunks(PIECE_BYTES) {
                if stream.write_all(piece).await.is_err() {
                    break;
                }
                count.fetch_add(piece.len(), Ordering::SeqCst);
            }
        }
    });
    (host, written)
}

#[tokio::test]
async fn the_download_ends_when_the_part_is_there() {
    let bytes = noise(4000, 2700);
    let total = bytes.len();
    assert!(total > 20 << 20, "{total} bytes");
    let (host, written) = counting_origin(bytes).await;
    let app = TestApp::start(&[&host]).await;
    let share = app
        .accepted(&json!({
            "source": {"image_url": format!("http://{host}/large.jpg"), "natural": {"width": 4000, "height": 2700}},
            "region": {"x": 0.1, "y": 0.02, "w": 0.1, "h": 0.05}, "targets": ["board"]}))
        .await;
    let written = written.load(Ordering::SeqCst);
    assert!(written < total / 5 * 3, "{written} of {total} bytes");

    let url = share["clipping"]["url"].as_str().expect("an address");
    let clipping = decode(&app.get(url.strip_prefix(&app.url).expect("its own")).await.bytes);
    assert_eq!(clipping.dimensions(), (400, 135));
    app.stop().await;
}

#[tokio::test]
async fn a_picture_of_another_shape_than_the_visitor_saw_is_refused_while_it_arrives() {
    let (host, _) = counting_origin(noise(1200, 900)).await;
    let app = TestApp::start(&[&host]).await;
    let answer = app
        .share(&json!({
            "source": {"image_url": format!("http://{host}/large.jpg"), "natural": {"width": 900, "height": 1200}},
            "region": {"x": 0.1, "y": 0.02, "w": 0.1, "h": 0.05}, "targets": ["board"]}))
        .await;
    assert_eq!(answer.problem(), (409, "picture_changed".to_owned(), Some("source.natural".to_owned())));
    assert_eq!((app.shares_on_board().await, app.files_of_clippings()), (0, 0));
    app.stop().await;
}
