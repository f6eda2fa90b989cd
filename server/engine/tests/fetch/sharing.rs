//! One exchange for all who ask for the same at the same time: who may leave when, who hears what, what is remembered.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use cutline_engine::fetch::{FetchError, FetchSettings, FetchedPicture, Fetcher, Network};
use cutline_model::Source;
use futures_util::future::{join_all, try_join_all};
use futures_util::poll;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use url::Url;

use crate::origin::{Act, Origin, html, said};
use crate::{fetcher, picture, settings};

/// Larger than all buffers between an origin and a reader.
const LARGE: usize = 24 << 20;

fn large_fetcher(origin: &Origin) -> Fetcher {
    let mut settings = settings(&[origin]);
    settings.limits.max_source_bytes = LARGE as u64;
    fetcher(settings)
}

fn large_picture() -> Vec<u8> {
    (0..LARGE).map(|place| (place % 251) as u8).collect()
}

/// The beginning of a picture of 1,000 bytes.
fn beginning() -> Vec<u8> {
    [b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", &[b'a'; 10][..]].concat()
}

async fn begun(fetcher: &Fetcher, origin: &Origin) -> FetchedPicture {
    fetcher.picture(&Url::parse(&origin.url("/")).expect("an address")).await.expect("it begins")
}

#[tokio::test]
async fn a_thousand_fetches_of_one_picture_at_once_make_one_connection() {
    let bytes = large_picture();
    let origin = Origin::always(said("200 OK", "", &bytes)).await;
    let fetcher = large_fetcher(&origin);
    // Not all of them have the same idea of where it is.
    let urls: Vec<_> = (0..1_000).map(|number| origin.url(&format!("/#{number}"))).collect();
    let read = async |url: &str| {
        let mut picture = fetcher.picture(&Url::parse(url).expect("an address")).await?;
        let mut rest = &bytes[..];
        while let Some(piece) = picture.next().await? {
            rest = rest.strip_prefix(&piece[..]).expect("what the origin says");
        }
        assert!(rest.is_empty(), "{} bytes are missing", rest.len());
        Ok::<_, FetchError>(())
    };
    try_join_all(urls.iter().map(|url| read(url))).await.expect("everybody is answered");
    assert_eq!((origin.connections(), origin.requests().len()), (1, 1));
}

#[tokio::test]
async fn a_thousand_fetches_from_one_page_at_once_make_one_connection_for_the_page_and_one_for_the_picture() {
    let gate = Arc::new(Semaphore::new(0));
    let picture = Act::Gate(beginning(), gate.clone(), vec![b'a'; 990]);
    let origin =
        Origin::new(move |path| if path == "/" { html("<img src=/a.jpg>") } else { picture.clone() }).await;
    let fetcher = fetcher(settings(&[&origin]));
    let source = Source::of_page(origin.url("/"), 0).expect("a source");
    let begun = try_join_all((0..1_000).map(|_| fetcher.source(&source))).await.expect("everybody finds it");
    gate.add_permits(1);
    let all = try_join_all(begun.into_iter().map(|source| source.picture.whole())).await.expect("it arrives");
    assert!(all.iter().all(|bytes| bytes.len() == 1_000));
    assert_eq!(origin.connections(), 2);
}

#[tokio::test]
async fn the_download_ends_when_the_last_reader_has_gone() {
    let origin = Origin::always(Act::Stall(beginning())).await;
    let fetcher = fetcher(settings(&[&origin]));
    let (mut first, mut second) = (begun(&fetcher, &origin).await, begun(&fetcher, &origin).await);
    assert_eq!(first.next().await, Ok(Some(Bytes::from_static(&[b'a'; 10]))));
    drop(first);
    assert_eq!(second.next().await, Ok(Some(Bytes::from_static(&[b'a'; 10]))));
    assert!(poll!(Box::pin(origin.hung_up())).is_pending());
    drop(second);
    origin.hung_up().await;
    assert_eq!(origin.connections(), 1);
}

#[tokio::test]
async fn who_asked_first_may_go_and_the_others_are_served() {
    let gate = Arc::new(Semaphore::new(0));
    let origin = Origin::always(Act::Gate(beginning(), gate.clone(), vec![b'a'; 990])).await;
    let fetcher = fetcher(settings(&[&origin]));
    let first = tokio::spawn({
        let (fetcher, url) = (fetcher.clone(), origin.url("/"));
        async move { picture(&fetcher, &url).await }
    });
    while origin.requests().is_empty() {
        tokio::task::yield_now().await;
    }
    let second = begun(&fetcher, &origin).await;
    first.abort();
    assert!(first.await.expect_err("it was given up").is_cancelled());
    gate.add_permits(1);
    assert_eq!(second.whole().await.map(|bytes| bytes.len()), Ok(1000));
    assert_eq!(origin.connections(), 1);
}

#[tokio::test]
async fn a_slow_reader_does_not_hold_a_fast_one_up_and_misses_nothing() {
    let bytes = large_picture();
    let origin = Origin::always(said("200 OK", "", &bytes)).await;
    let fetcher = large_fetcher(&origin);
    let mut slow = begun(&fetcher, &origin).await;
    let piece = slow.next().await.expect("it arrives").expect("not the end");
    let fast = begun(&fetcher, &origin).await.whole().await.expect("all of it");
    assert!(fast == bytes);
    let rest = slow.whole().await.expect("all of it");
    assert!([piece, rest].concat() == bytes);
    assert_eq!(origin.connections(), 1);
}

#[tokio::test]
async fn an_error_reaches_every_reader() {
    let gate = Arc::new(Semaphore::new(0));
    let origin = Origin::always(Act::Gate(beginning(), gate.clone(), Vec::new())).await;
    let fetcher = fetcher(settings(&[&origin]));
    let all = join_all((0..100).map(|_| begun(&fetcher, &origin))).await;
    gate.add_permits(1);
    for outcome in join_all(all.into_iter().map(FetchedPicture::whole)).await {
        assert!(matches!(outcome, Err(FetchError::Broken { .. })), "{outcome:?}");
    }
    assert_eq!(origin.connections(), 1);
}

/// A network in which nobody answers.
#[derive(Debug, Default)]
struct Desert {
    calls: AtomicUsize,
}

#[async_trait]
impl Network for Desert {
    async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        Ok(vec![IpAddr::V4(Ipv4Addr::new(8, 8, 8, 8))])
    }

    async fn connect(&self, _: SocketAddr) -> io::Result<TcpStream> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        Err(io::ErrorKind::ConnectionRefused.into())
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_told_again_for_five_seconds_and_then_the_origin_is_asked_again() {
    let network = Arc::new(Desert::default());
    let fetcher = fetcher(FetchSettings { network: network.clone(), ..FetchSettings::default() });
    let calls = || network.calls.load(Ordering::SeqCst);
    let url = "http://a.example/a.jpg";
    let failure = picture(&fetcher, url).await.expect_err("nobody is there");
    assert!(matches!(failure, FetchError::Unreachable { .. }), "{failure:?}");
    assert_eq!(calls(), 1);
    tokio::time::advance(Duration::from_millis(4_900)).await;
    assert_eq!(picture(&fetcher, url).await, Err(failure.clone()));
    assert_eq!(calls(), 1);
    picture(&fetcher, "http://a.example/b.jpg").await.expect_err("another picture");
    let page = Source::of_page(url.to_owned(), 0).expect("a source");
    fetcher.source(&page).await.expect_err("a page");
    assert_eq!(calls(), 3, "each of them is its own");
    tokio::time::advance(Duration::from_millis(100)).await;
    assert_eq!(picture(&fetcher, url).await, Err(failure));
    assert_eq!(calls(), 4);
}
