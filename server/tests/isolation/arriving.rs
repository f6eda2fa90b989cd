//! Pictures that arrive while they are decoded: no more is taken than is needed, and nobody is kept waiting by an origin.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use cutline_engine::crop::CropError;
use cutline_engine::cutting::{CuttingError, Incoming};
use cutline_engine::fetch::FetchError;
use futures_util::{Stream, StreamExt, stream};
use tokio::sync::mpsc;

use crate::pictures::photo;
use crate::processes::the_child;
use crate::{alone, cut, cutter, settings, works};

const PIECE: usize = 16 << 10;

fn pieces(bytes: &Bytes) -> impl Stream<Item = Result<Bytes, FetchError>> + Send + 'static {
    let bytes = bytes.clone();
    let starts = (0..bytes.len()).step_by(PIECE);
    stream::iter(starts.map(move |start| Ok(bytes.slice(start..bytes.len().min(start + PIECE)))))
}

fn broken() -> FetchError {
    FetchError::Broken { detail: "the origin hung up".to_owned() }
}

#[test]
fn what_lies_below_the_part_is_not_taken() {
    alone(async {
        let cutter = cutter(1, settings()).await;
        let bytes = Bytes::from(photo(2000, 3000));
        let taken = Arc::new(AtomicUsize::new(0));
        let counted = pieces(&bytes).inspect({
            let taken = Arc::clone(&taken);
            move |_| {
                taken.fetch_add(PIECE, Ordering::Relaxed);
            }
        });
        let cut = cut(&cutter, Incoming::new(counted), "pct:10,10,20,20").await.expect("a sound picture");
        let read = usize::try_from(cut.stats.bytes_read).expect("small");
        let taken = taken.load(Ordering::Relaxed);
        assert!(read < bytes.len() / 2, "{read} of {}", bytes.len());
        assert!((read..=read + (700 << 10)).contains(&taken), "{read} needed, {taken} taken");
        cutter.stop().await;
    });
}

#[test]
fn an_origin_that_breaks_off_matters_only_if_more_was_needed() {
    alone(async {
        let cutter = cutter(1, settings()).await;
        let pid = the_child();
        let bytes = Bytes::from(photo(1000, 1500));
        let breaks_off = || {
            let two_thirds = bytes.slice(..bytes.len() / 3 * 2);
            Incoming::new(pieces(&two_thirds).chain(stream::iter([Err(broken())])))
        };
        cut(&cutter, breaks_off(), "pct:10,10,20,20").await.expect("the bytes for it came");
        let error = cut(&cutter, breaks_off(), "pct:10,70,20,20").await.expect_err("they did not");
        assert_eq!(error, CuttingError::Fetch(broken()));
        let short = Incoming::new(pieces(&bytes.slice(..bytes.len() / 3 * 2)));
        let error = cut(&cutter, short, "pct:10,70,20,20").await.expect_err("they did not");
        assert!(matches!(error, CuttingError::Crop(CropError::Truncated { .. })), "{error}");
        works(&cutter).await;
        assert_eq!(the_child(), pid, "none of it cost a decoder");
        cutter.stop().await;
    });
}

#[test]
fn who_waits_for_an_origin_gives_the_place_to_who_has_the_bytes() {
    alone(async {
        let cutter = cutter(1, settings()).await;
        let bytes = Bytes::from(photo(1000, 1500));
        let (send, mut arrive) = mpsc::unbounded_channel();
        let arriving = Incoming::new(stream::poll_fn(move |context| arrive.poll_recv(context)).map(Ok));
        send.send(bytes.slice(..bytes.len() / 2)).expect("it is wanted");
        let slow = tokio::spawn({
            let cutter = cutter.clone();
            async move { cut(&cutter, arriving, "pct:10,70,20,20").await }
        });
        for _ in 0..3 {
            works(&cutter).await;
        }
        send.send(bytes.slice(bytes.len() / 2..)).expect("it is still wanted");
        drop(send);
        let late = slow.await.expect("no panic").expect("all of it came");
        let at_once = cut(&cutter, bytes, "pct:10,70,20,20").await.expect("a sound picture");
        assert_eq!(late.bytes, at_once.bytes);
        cutter.stop().await;
    });
}
