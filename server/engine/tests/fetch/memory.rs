//! What fetched bytes take together: counted until nobody has them any more, not only until their download ends.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use cutline_engine::clock::SystemClock;
use cutline_engine::fetch::{CacheSettings, FetchError, FetchSettings, FetchedPicture, Fetcher};
use cutline_model::Source;
use url::Url;

use crate::origin::{Act, Origin, PICTURE, html, said};
use crate::{fetcher, settings, whole};

/// Two pictures of this size find room, and no third.
const SIZE: usize = 40_000;
const ROOM: u64 = 100_000;

fn large() -> Vec<u8> {
    [PICTURE, &vec![7; SIZE - PICTURE.len()]].concat()
}

fn small_room(settings: FetchSettings) -> FetchSettings {
    let mut settings = settings;
    settings.limits.max_concurrent_bytes = ROOM;
    settings
}

/// All of it has arrived, and nobody has taken it yet.
async fn arrived(fetcher: &Fetcher, url: &str) -> Result<FetchedPicture, FetchError> {
    let mut picture = fetcher.picture(&Url::parse(url).expect(url)).await?;
    picture.arrive(u64::MAX).await;
    Ok(picture)
}

async fn outcome(fetcher: &Fetcher, url: &str) -> Result<usize, FetchError> {
    whole(arrived(fetcher, url).await?).await.map(|picture| picture.bytes.len())
}

#[tokio::test]
async fn what_waits_for_a_decoder_is_counted_long_after_its_download() {
    let origin = Origin::always(said("200 OK", "", large())).await;
    let fetcher = fetcher(small_room(settings(&[&origin])));
    let mut first = arrived(&fetcher, &origin.url("/1")).await.expect("room");
    let second = arrived(&fetcher, &origin.url("/2")).await.expect("room");
    fetcher.settled().await;
    assert_eq!(outcome(&fetcher, &origin.url("/3")).await, Err(FetchError::Busy));
    drop(second);
    assert_eq!(outcome(&fetcher, &origin.url("/3")).await, Ok(SIZE));
    // A decoder that has taken a piece of it keeps it whole.
    let piece = first.next().await.expect("it has arrived").expect("not empty").slice(..1);
    drop(first);
    let _second = arrived(&fetcher, &origin.url("/2")).await.expect("room");
    assert_eq!(outcome(&fetcher, &origin.url("/3")).await, Err(FetchError::Busy));
    drop(piece);
    assert_eq!(outcome(&fetcher, &origin.url("/3")).await, Ok(SIZE));
}

#[tokio::test]
async fn what_comes_from_the_cache_is_counted_too() {
    let origin = Origin::always(said("200 OK", "Cache-Control: max-age=600\r\n", large())).await;
    let folder = tempfile::tempdir().expect("a folder");
    let cache = CacheSettings {
        folder: folder.path().to_owned(),
        max_bytes: 1 << 20,
        max_age: Duration::from_secs(600),
        clock: Arc::new(SystemClock),
    };
    let fetcher = fetcher(small_room(FetchSettings { cache: Some(cache), ..settings(&[&origin]) }));
    let urls = ["/1", "/2", "/3"].map(|path| origin.url(path));
    for url in &urls {
        assert_eq!(outcome(&fetcher, url).await, Ok(SIZE));
        fetcher.settled().await;
    }
    let first = arrived(&fetcher, &urls[0]).await.expect("room");
    let _second = arrived(&fetcher, &urls[1]).await.expect("room");
    fetcher.settled().await;
    assert_eq!(outcome(&fetcher, &urls[2]).await, Err(FetchError::Busy));
    assert_eq!(outcome(&fetcher, &urls[1]).await, Ok(SIZE), "what is there already takes no more room");
    drop(first);
    assert_eq!(outcome(&fetcher, &urls[2]).await, Ok(SIZE));
    assert_eq!((origin.connections(), fs::read_dir(folder.path()).expect("a folder").count()), (3, 3));
}

#[tokio::test]
async fn what_is_written_into_a_page_is_counted_too() {
    let inline = format!("<img src='data:image/png;base64,{}'>", "A".repeat(SIZE));
    let origin = Origin::always(html(inline)).await;
    let fetcher = fetcher(small_room(settings(&[&origin])));
    let source = async |path| fetcher.source(&Source::of_page(origin.url(path), 0).expect("a source")).await;
    let first = source("/1").await.expect("room");
    let _second = source("/2").await.expect("room");
    assert_eq!(source("/3").await.err(), Some(FetchError::Busy));
    drop(first);
    source("/3").await.expect("room");
}

#[tokio::test]
async fn a_head_that_grows_and_grows_is_given_up_before_it_counts() {
    let endless = Act::Flood(b"HTTP/1.1 200 OK\r\nA: ".to_vec(), vec![b'a'; 4 << 10]);
    let origin = Origin::always(endless).await;
    let error = outcome(&fetcher(settings(&[&origin])), &origin.url("/")).await.expect_err("no head");
    assert!(matches!(error, FetchError::Broken { .. }), "{error:?}");
    // 64 KiB are read; the rest is what the system takes in before anybody asks for it.
    let stalled = |bytes| Act::Stall([b"HTTP/1.1 200 OK\r\nA: ".to_vec(), vec![b'a'; bytes]].concat());
    for (bytes, is_given_up) in [(60 << 10, false), (68 << 10, true)] {
        let origin = Origin::always(stalled(bytes)).await;
        let mut settings = settings(&[&origin]);
        settings.limits.head_timeout = Duration::from_secs(3);
        let error = outcome(&fetcher(settings), &origin.url("/")).await.expect_err("no head");
        assert_eq!(matches!(error, FetchError::Broken { .. }), is_given_up, "{bytes} bytes: {error:?}");
    }
}
