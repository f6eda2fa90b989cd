//! Origins that lie, stop, never stop or pack bombs: each ends in its own error, in time, and leaves nothing behind.

use std::time::{Duration, Instant};

use cutline_engine::fetch::{FetchError, Kind};
use futures_util::future::{join, join_all};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use crate::origin::{Act, BROTLI_BOMB, Origin, PICTURE, gzip_bomb, picture as say_picture, read_head, said};
use crate::{fetcher, hasty_fetcher, picture, settings};

/// What tests take for "at once" and "in time" on a loaded machine; far below the default limits of the fetcher.
const IN_TIME: Duration = Duration::from_secs(10);

async fn outcome(act: Act) -> Result<Vec<u8>, FetchError> {
    let origin = Origin::always(act).await;
    picture(&fetcher(settings(&[&origin])), &origin.url("/")).await.map(|picture| picture.bytes.to_vec())
}

fn raw(answer: &str) -> Act {
    Act::Say(answer.replace('\n', "\r\n").into_bytes())
}

#[tokio::test]
async fn a_whole_answer_gives_its_bytes() {
    assert_eq!(outcome(say_picture()).await.as_deref(), Ok(PICTURE));
    assert_eq!(outcome(raw("HTTP/1.1 200 OK\n\nto the end")).await.as_deref(), Ok(&b"to the end"[..]));
    assert_eq!(outcome(raw("HTTP/1.0 200 OK\n\nto the end")).await.as_deref(), Ok(&b"to the end"[..]));
    let chunked = "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n3\nabc\n2\nde\n0\n\n";
    assert_eq!(outcome(raw(chunked)).await.as_deref(), Ok(&b"abcde"[..]));
    let longer = "HTTP/1.1 200 OK\nContent-Length: 3\n\nabcdefgh";
    assert_eq!(outcome(raw(longer)).await.as_deref(), Ok(&b"abc"[..]), "the rest is not the answer");
    let identity = "HTTP/1.1 200 OK\nContent-Encoding: Identity\nContent-Length: 3\n\nabc";
    assert_eq!(outcome(raw(identity)).await.as_deref(), Ok(&b"abc"[..]));
    for word in ["none", "aws-chunked", "unheard-of"] {
        let answer = format!("HTTP/1.1 200 OK\nContent-Encoding: {word}\nContent-Length: 3\n\nabc");
        assert_eq!(outcome(raw(&answer)).await.as_deref(), Ok(&b"abc"[..]), "{word} names no compression");
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_or_is_no_http_is_broken() {
    for answer in [
        "HTTP/1.1 200 OK\nContent-Length: 100\n\nonly this",
        "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n5\nabc",
        "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n5\nabcde\n",
        "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\nxyz\nabc\n0\n\n",
        "HTTP/1.1 200 OK\nContent-Length: -1\n\nabc",
        "HTTP/1.1 200 OK\nContent-Length: 3\nContent-Length: 4\n\nabcd",
        "HTTP/1.1 200 OK\nContent-Length: 99999999999999999999999\n\nabcd",
        "HTTP/1.1 200 OK\nContent-",
        "SSH-2.0-OpenSSH_9.9\n",
        "",
    ] {
        let error = outcome(raw(answer)).await.expect_err(answer);
        assert!(matches!(error, FetchError::Broken { .. }), "{answer}: {error:?}");
    }
    let whole = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", PICTURE.len() + 1);
    for reset in [Vec::new(), b"HTTP/1.1 200 OK\r\nContent-".to_vec(), [whole.as_bytes(), PICTURE].concat()] {
        let error = outcome(Act::Reset(reset.clone())).await.expect_err("reset");
        assert!(matches!(error, FetchError::Broken { .. }), "{}: {error:?}", String::from_utf8_lossy(&reset));
    }
    let headers = "A: b\r\n".repeat(100_000);
    let error = outcome(said("200 OK", &headers, PICTURE)).await.expect_err("too many headers");
    assert!(matches!(error, FetchError::Broken { .. }), "{error:?}");
}

#[tokio::test]
async fn as_many_bytes_as_allowed_are_taken_and_not_one_more() {
    let limit = 64 << 10;
    let chunked = |count: usize| {
        raw(&format!(
            "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n{count:x}\n{}\n0\n\n",
            "a".repeat(count)
        ))
    };
    assert_eq!(outcome(said("200 OK", "", vec![0; limit])).await.map(|bytes| bytes.len()), Ok(limit));
    assert_eq!(outcome(chunked(limit)).await.map(|bytes| bytes.len()), Ok(limit));
    let error = FetchError::TooLarge { what: Kind::Picture, limit: limit as u64 };
    assert_eq!(outcome(said("200 OK", "", vec![0; limit + 1])).await, Err(error.clone()));
    assert_eq!(outcome(chunked(limit + 1)).await, Err(error.clone()));
    // Nothing of the body is needed to know it.
    let claim = b"HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\n".to_vec();
    assert_eq!(outcome(Act::Stall(claim)).await, Err(error));
}

#[tokio::test]
async fn an_endless_body_is_read_to_the_cap_only() {
    let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    let chunk = [b"1000\r\n".to_vec(), vec![b'a'; 0x1000], b"\r\n".to_vec()].concat();
    let origin = Origin::always(Act::Flood(head, chunk)).await;
    let error = picture(&fetcher(settings(&[&origin])), &origin.url("/")).await.expect_err("endless");
    assert_eq!(error, FetchError::TooLarge { what: Kind::Picture, limit: 64 << 10 });
    origin.hung_up().await;
    // Beside the cap only what the buffers of both sides hold.
    assert!(origin.bytes_said() < 16 << 20, "{} bytes", origin.bytes_said());
}

#[tokio::test]
async fn compressed_answers_are_refused() {
    for header in [
        "Content-Encoding: gzip\r\n",
        "Content-Encoding: br\r\n",
        "Content-Encoding: identity, deflate\r\n",
        "Content-Encoding: identity\r\nContent-Encoding: zstd\r\n",
        "Content-Encoding: X-GZIP\r\n",
    ] {
        let error = outcome(said("200 OK", header, PICTURE)).await.expect_err(header);
        assert!(matches!(error, FetchError::Encoded { .. }), "{header}: {error:?}");
    }
    let transfer = raw("HTTP/1.1 200 OK\nTransfer-Encoding: gzip, chunked\n\n3\nabc\n0\n\n");
    assert!(matches!(outcome(transfer).await, Err(FetchError::Encoded { .. })));
}

#[tokio::test]
async fn of_a_bomb_that_is_announced_nothing_is_read() {
    for (encoding, wave) in [("gzip", gzip_bomb()), ("br", BROTLI_BOMB.to_vec())] {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\n\r\n").into_bytes();
        let origin = Origin::always(Act::Flood(head, wave)).await;
        let error = picture(&fetcher(settings(&[&origin])), &origin.url("/")).await.expect_err(encoding);
        assert!(matches!(error, FetchError::Encoded { .. }), "{encoding}: {error:?}");
        origin.hung_up().await;
        // Only what the buffers of both sides hold.
        assert!(origin.bytes_said() < 16 << 20, "{} bytes", origin.bytes_said());
    }
}

#[tokio::test]
async fn a_bomb_that_is_not_announced_stays_packed() {
    for bomb in [gzip_bomb(), BROTLI_BOMB.to_vec()] {
        assert_eq!(outcome(said("200 OK", "Content-Type: image/png\r\n", &bomb)).await, Ok(bomb));
    }
}

#[tokio::test]
async fn what_the_origin_refuses_is_told_by_its_status() {
    for status in [204, 206, 300, 304, 400, 401, 403, 404, 410, 429, 451, 500, 503] {
        let answer = said(&format!("{status} Whatever"), "Retry-After: 1\r\n", "");
        let retry_after = Some(Duration::from_secs(1));
        assert_eq!(outcome(answer).await, Err(FetchError::Refused { status, retry_after }));
    }
}

#[tokio::test]
async fn an_origin_that_is_busy_says_when_it_will_not_be() {
    for (headers, when) in [
        ("Retry-After: 30\r\n", "in 30 seconds"),
        (
            "Date: Wed, 25 Nov 2026 12:00:00 GMT\r\nRetry-After: Wed, 25 Nov 2026 12:10:00 GMT\r\n",
            "in 10 minutes",
        ),
        ("Retry-After: 86400\r\n", "in 60 minutes"),
        ("Retry-After: soon\r\n", "later"),
        ("", "later"),
    ] {
        for status in ["429 Too Many Requests", "503 Service Unavailable"] {
            let error = outcome(said(status, headers, "")).await.expect_err(headers).to_string();
            assert!(error.ends_with(&format!("try again {when}")), "{headers}: {error}");
        }
    }
}

#[tokio::test]
async fn a_slow_origin_is_hung_up_on_when_the_time_is_over_and_its_place_is_free_again() {
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n".to_vec();
    // Until the head is whole, it is as if nobody were there.
    let silent = FetchError::Unreachable { detail: "no answer in time".to_owned() };
    for (act, expected) in [
        (Act::Drip(head.clone(), b"body".to_vec()), FetchError::Timeout),
        (Act::Drip(b"HTTP/1.1 200 OK\r\n".to_vec(), b"A: b\r\n".to_vec()), silent.clone()),
        (Act::Stall(head), FetchError::Timeout),
        (Act::Stall(b"HTTP/1.1 200".to_vec()), silent.clone()),
        (Act::Stall(Vec::new()), silent),
    ] {
        let slow = act.clone();
        let origin =
            Origin::new(move |path| if path == "/slow" { slow.clone() } else { say_picture() }).await;
        let fetcher = hasty_fetcher(&origin);
        let start = Instant::now();
        assert_eq!(picture(&fetcher, &origin.url("/slow")).await, Err(expected), "{act:?}");
        assert!(start.elapsed() < IN_TIME, "{act:?}: {:?}", start.elapsed());
        origin.hung_up().await;
        picture(&fetcher, &origin.url("/")).await.expect("its only place is free");
    }
}

#[tokio::test]
async fn a_head_has_a_limit_of_its_own() {
    let origin = Origin::always(Act::Drip(Vec::new(), b"HTTP/1.1 200 OK\r\nA: ".to_vec())).await;
    let mut settings = settings(&[&origin]);
    settings.limits.head_timeout = Duration::from_millis(100);
    settings.limits.total_timeout = Duration::from_secs(600);
    let start = Instant::now();
    let error = picture(&fetcher(settings), &origin.url("/")).await.expect_err("no head");
    assert!(matches!(error, FetchError::Unreachable { .. }), "{error:?}");
    assert!(start.elapsed() < IN_TIME, "{:?}", start.elapsed());
    origin.hung_up().await;
}

#[tokio::test]
async fn the_clock_of_a_fetch_stands_still_while_the_taker_holds_the_origin_back() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let pair = listener.local_addr().expect("bound").to_string();
    let mut settings = settings(&[]);
    settings.allow = vec![pair.parse().expect("host and port")];
    let fetcher = fetcher(settings);
    let url = format!("http://{pair}/").parse().expect("an address");
    let origin = async {
        let (mut stream, _) = listener.accept().await.expect("a call");
        read_head(&mut stream).await.expect("a request");
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n").await.expect("heard");
        stream
    };
    let (picture, mut origin) = join(fetcher.picture(&url), origin).await;
    let mut picture = picture.expect("a head");
    for _ in 0..5 {
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(10)).await;
        tokio::time::resume();
        let (piece, said) = join(picture.next(), origin.write_all(b"a")).await;
        said.expect("heard");
        assert_eq!(piece, Ok(Some("a".into())));
    }
    assert_eq!(picture.next().await, Ok(None));
}

#[tokio::test]
async fn a_handshake_has_the_time_of_a_connection_and_not_that_of_an_answer() {
    let origin = Origin::always(Act::Stall(Vec::new())).await;
    let mut settings = settings(&[&origin]);
    settings.limits.dns_timeout = Duration::from_millis(100);
    settings.limits.connect_timeout = Duration::from_millis(200);
    let start = Instant::now();
    let https = origin.url("/").replace("http:", "https:");
    let error = picture(&fetcher(settings), &https).await.expect_err("no handshake");
    assert!(matches!(error, FetchError::Unreachable { .. }), "{error:?}");
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_connection_serves_one_exchange_even_if_its_origin_keeps_it_open() {
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", PICTURE.len());
    let origin = Origin::always(Act::Stall([answer.as_bytes(), PICTURE].concat())).await;
    let fetcher = fetcher(settings(&[&origin]));
    for connections in 1..=3 {
        picture(&fetcher, &origin.url(&format!("/{connections}"))).await.expect("whole");
        origin.hung_up().await;
        assert_eq!((origin.connections(), origin.requests().len()), (connections, connections));
    }
}

#[tokio::test]
async fn a_stalled_handshake_is_no_connection() {
    let origin = Origin::always(Act::Stall(Vec::new())).await;
    let https = origin.url("/").replace("http:", "https:");
    let error = picture(&hasty_fetcher(&origin), &https).await.expect_err("no handshake");
    assert!(matches!(error, FetchError::Unreachable { .. }), "{error:?}");
    assert_eq!(origin.connections(), 1);
}

#[tokio::test]
async fn who_speaks_no_tls_or_an_old_one_is_no_connection() {
    // A handshake that chooses TLS 1.0, and an alert of TLS 1.0 that knows no newer version (RFC 5246, 7.2).
    let hello = [&[22, 3, 1, 0, 42, 2, 0, 0, 38, 3, 1][..], &[7; 32], &[0, 0, 0x2f, 0]].concat();
    let alert = vec![21, 3, 1, 0, 2, 2, 70];
    for answer in [hello, alert, b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), Vec::new()] {
        let origin = Origin::unasked(answer.clone()).await;
        let https = origin.url("/").replace("http:", "https:");
        let error = picture(&fetcher(settings(&[&origin])), &https).await.expect_err("no handshake");
        assert!(matches!(error, FetchError::Unreachable { .. }), "{answer:?}: {error:?}");
    }
}

#[tokio::test]
async fn a_fetch_that_is_given_up_gives_its_place_back() {
    let origin =
        Origin::new(|path| if path == "/slow" { Act::Stall(Vec::new()) } else { say_picture() }).await;
    let mut settings = settings(&[&origin]);
    settings.limits.max_concurrent = 1;
    let fetcher = fetcher(settings);
    let visitor = tokio::spawn({
        let (fetcher, url) = (fetcher.clone(), origin.url("/slow"));
        async move { picture(&fetcher, &url).await }
    });
    while origin.requests().is_empty() {
        tokio::task::yield_now().await;
    }
    visitor.abort();
    origin.hung_up().await;
    picture(&fetcher, &origin.url("/")).await.expect("its only place is free");
}

#[tokio::test]
async fn at_most_so_many_run_at_once_and_the_others_wait_their_turn() {
    let origin = Origin::always(say_picture()).await;
    let mut settings = settings(&[&origin]);
    settings.limits.max_concurrent_per_host = 2;
    let fetcher = fetcher(settings);
    let urls: Vec<_> = (0..36).map(|number| origin.url(&format!("/{number}"))).collect();
    // Two run, sixteen wait for each of their places, and two are too many.
    let all = join_all(urls.iter().map(|url| picture(&fetcher, url))).await;
    let busy = all.iter().filter(|outcome| **outcome == Err(FetchError::Busy)).count();
    assert_eq!((all.iter().filter(|outcome| outcome.is_ok()).count(), busy), (34, 2), "{all:?}");
    assert!(origin.most_open() <= 2, "{} at once", origin.most_open());
}

#[tokio::test]
async fn who_finds_no_place_and_no_seat_is_told_to_come_back() {
    let origin = Origin::always(Act::Stall(Vec::new())).await;
    let mut settings = settings(&[&origin]);
    settings.limits.max_concurrent = 2;
    settings.limits.max_waiting = 1;
    settings.limits.total_timeout = Duration::from_secs(2);
    let fetcher = fetcher(settings);
    let urls: Vec<_> = (0..5).map(|number| origin.url(&format!("/{number}"))).collect();
    let silent = FetchError::Unreachable { detail: "no answer in time".to_owned() };
    let all = join_all(urls.iter().map(|url| picture(&fetcher, url))).await;
    let count =
        |wanted: &FetchError| all.iter().filter(|outcome| outcome.as_ref().err() == Some(wanted)).count();
    // The one that waited may get a place in the last moment and find an origin that says nothing.
    assert!(count(&FetchError::Busy) >= 2 && count(&silent) >= 2, "{all:?}");
    assert_eq!(count(&FetchError::Busy) + count(&silent), 5, "{all:?}");
}
