//! What is kept of what was fetched: for how long, for whom, and what never.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cutline_engine::clock::Clock;
use cutline_engine::fetch::{CacheSettings, FetchError, FetchSettings, Fetcher, Kind};
use jiff::Timestamp;
use tempfile::TempDir;

use crate::origin::{Act, Origin, PICTURE, html, redirect, said};
use crate::{fetcher, picture, settings};

/// A clock that stands until a test sets it.
#[derive(Default)]
struct Hands(AtomicU64);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        let seconds = 1_800_000_000 + self.0.load(Ordering::SeqCst);
        Timestamp::from_second(i64::try_from(seconds).expect("this millennium")).expect("a time")
    }
}

/// An origin whose answers a test changes, a folder, and fetchers that keep pictures in it.
struct Stage {
    origin: Origin,
    answer: Arc<Mutex<Act>>,
    folder: TempDir,
    clock: Arc<Hands>,
    max_bytes: u64,
    agent: &'static str,
}

impl Stage {
    /// The origin answers with these headers and `PICTURE`.
    async fn with(headers: &str) -> Self {
        Self::answering(said("200 OK", headers, PICTURE)).await
    }

    async fn answering(act: Act) -> Self {
        let answer = Arc::new(Mutex::new(act));
        let said = answer.clone();
        let origin = Origin::new(move |_| said.lock().expect("no panic with the lock").clone()).await;
        let folder = tempfile::tempdir().expect("a folder");
        Self { origin, answer, folder, clock: Arc::default(), max_bytes: 1 << 20, agent: "a" }
    }

    fn now_answers(&self, act: Act) {
        *self.answer.lock().expect("no panic with the lock") = act;
    }

    fn settings(&self) -> FetchSettings {
        let cache = CacheSettings {
            folder: self.folder.path().to_owned(),
            max_bytes: self.max_bytes,
            max_age: Duration::from_secs(86_400),
            clock: self.clock.clone(),
        };
        FetchSettings { cache: Some(cache), user_agent: self.agent.to_owned(), ..settings(&[&self.origin]) }
    }

    /// A fetcher that knows of the folder what is in it now, as after a restart.
    fn fetcher(&self) -> Fetcher {
        fetcher(self.settings())
    }

    /// Fetches `path` with a new fetcher, and waits until what will be kept is kept.
    async fn fetch(&self, path: &str) -> Result<Vec<u8>, FetchError> {
        let fetcher = self.fetcher();
        let outcome = picture(&fetcher, &self.origin.url(path)).await.map(|picture| picture.bytes.to_vec());
        fetcher.settled().await;
        outcome
    }

    async fn fetched(&self, path: &str) -> Vec<u8> {
        self.fetch(path).await.expect("fetched")
    }

    fn pass(&self, seconds: u64) {
        self.clock.0.fetch_add(seconds, Ordering::SeqCst);
    }

    fn files(&self) -> usize {
        fs::read_dir(self.folder.path()).expect("a folder").count()
    }

    /// The one file that is kept.
    fn file(&self) -> std::path::PathBuf {
        let mut all = fs::read_dir(self.folder.path()).expect("a folder");
        let file = all.next().expect("a file").expect("readable").path();
        assert!(all.next().is_none());
        file
    }

    /// The value of this header in the last request.
    fn asked(&self, name: &str) -> Option<String> {
        let head = self.origin.requests().pop().expect("a request");
        let mut lines = head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
    }
}

const TEN_MINUTES: &str = "Cache-Control: max-age=600\r\nETag: \"a\"\r\n";

#[tokio::test]
async fn a_fresh_picture_is_given_without_a_connection_even_after_a_restart() {
    let stage = Stage::with(TEN_MINUTES).await;
    let fetcher = stage.fetcher();
    for _ in 0..3 {
        let fetched = picture(&fetcher, &stage.origin.url("/")).await.expect("fetched");
        assert_eq!((fetched.url.as_str(), &fetched.bytes[..]), (stage.origin.url("/").as_str(), PICTURE));
    }
    fetcher.settled().await;
    stage.pass(599);
    assert_eq!(stage.fetched("/#part").await, PICTURE);
    assert_eq!((stage.origin.connections(), stage.files()), (1, 1));
    let name = stage.file().file_name().expect("a name").to_str().expect("text").to_owned();
    assert!(name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit()), "{name}");
}

#[tokio::test]
async fn who_reads_a_kept_picture_at_the_same_time_reads_the_same_bytes_in_memory() {
    let stage = Stage::with(TEN_MINUTES).await;
    stage.fetched("/").await;
    let fetcher = stage.fetcher();
    let first = picture(&fetcher, &stage.origin.url("/")).await.expect("fetched").bytes;
    fetcher.settled().await;
    let second = picture(&fetcher, &stage.origin.url("/")).await.expect("fetched").bytes;
    assert_eq!((first.as_ptr(), &first[..]), (second.as_ptr(), PICTURE));
}

#[tokio::test]
async fn a_stale_picture_is_used_again_when_the_origin_says_that_it_is_the_same() {
    let stage = Stage::with(TEN_MINUTES).await;
    assert_eq!(stage.fetched("/").await, PICTURE);
    assert_eq!(stage.asked("if-none-match"), None);
    stage.pass(600);
    stage.now_answers(said("304 Not Modified", TEN_MINUTES, ""));
    assert_eq!(stage.fetched("/").await, PICTURE);
    assert_eq!(stage.asked("if-none-match").as_deref(), Some("\"a\""));
    // From then on it is fresh again.
    stage.pass(599);
    assert_eq!(stage.fetched("/").await, PICTURE);
    assert_eq!(stage.origin.connections(), 2);
}

#[tokio::test]
async fn a_date_is_asked_by_where_there_is_no_tag() {
    let modified = "Last-Modified: Mon, 05 Jan 2026 10:00:00 GMT\r\nCache-Control: no-cache\r\n";
    let stage = Stage::with(modified).await;
    assert_eq!(stage.fetched("/").await, PICTURE);
    stage.now_answers(said("304 Not Modified", modified, ""));
    assert_eq!(stage.fetched("/").await, PICTURE);
    assert_eq!(stage.asked("if-modified-since").as_deref(), Some("Mon, 05 Jan 2026 10:00:00 GMT"));
}

#[tokio::test]
async fn a_picture_that_changed_takes_the_place_of_the_old_one() {
    let stage = Stage::with(TEN_MINUTES).await;
    assert_eq!(stage.fetched("/").await, PICTURE);
    stage.pass(600);
    let other = [PICTURE, b"changed"].concat();
    stage.now_answers(said("200 OK", "Cache-Control: max-age=600\r\nETag: \"b\"\r\n", &other));
    assert_eq!(stage.fetched("/").await, other);
    stage.pass(599);
    assert_eq!(stage.fetched("/").await, other);
    assert_eq!((stage.origin.connections(), stage.files()), (2, 1));
}

#[tokio::test]
async fn an_origin_that_calls_another_picture_unchanged_is_asked_for_all_of_it() {
    let stage = Stage::with(TEN_MINUTES).await;
    assert_eq!(stage.fetched("/").await, PICTURE);
    stage.pass(600);
    stage.now_answers(said("304 Not Modified", "ETag: \"b\"\r\n", ""));
    let error = stage.fetch("/").await.expect_err("unchanged although nothing was asked");
    assert_eq!(error, FetchError::Refused { status: 304, retry_after: None });
    assert_eq!((stage.asked("if-none-match"), stage.files()), (None, 0));
}

#[tokio::test]
async fn what_the_origin_does_not_want_kept_is_not_kept() {
    for headers in [
        "Cache-Control: no-store\r\nETag: \"a\"\r\n",
        "Cache-Control: max-age=600, No-Store\r\n",
        "Cache-Control: private, max-age=600\r\n",
        "",
    ] {
        let stage = Stage::with(headers).await;
        for count in 1..=2 {
            assert_eq!(stage.fetched("/").await, PICTURE, "{headers}");
            assert_eq!((stage.origin.connections(), stage.files()), (count, 0), "{headers}");
        }
    }
}

#[tokio::test]
async fn what_must_not_be_kept_any_more_is_removed_at_once() {
    for act in [
        said("200 OK", "Cache-Control: no-store\r\n", PICTURE),
        said("304 Not Modified", "Cache-Control: no-store\r\nETag: \"a\"\r\n", PICTURE),
    ] {
        let stage = Stage::with(TEN_MINUTES).await;
        assert_eq!(stage.fetched("/").await, PICTURE);
        stage.pass(600);
        stage.now_answers(act);
        let _ = stage.fetch("/").await;
        assert_eq!(stage.files(), 0);
    }
}

#[tokio::test]
async fn who_says_none_is_never_kept_and_ends_what_was() {
    let none = format!("{TEN_MINUTES}X-Cutline: none\r\n");
    let kept_out = Err(FetchError::KeptOut { wish: "x-cutline" });
    let stage = Stage::with(&none).await;
    assert_eq!((stage.fetch("/").await, stage.files()), (kept_out.clone(), 0));
    for answer in [said("304 Not Modified", &none, ""), said("200 OK", &none, PICTURE)] {
        let stage = Stage::with(TEN_MINUTES).await;
        assert_eq!(stage.fetched("/").await, PICTURE);
        stage.pass(600);
        stage.now_answers(answer);
        assert_eq!((stage.fetch("/").await, stage.files()), (kept_out.clone(), 0));
    }
}

#[tokio::test]
async fn what_its_owner_reserves_is_not_kept_even_where_it_is_fetched() {
    let stage = Stage::with(&format!("{TEN_MINUTES}X-Robots-Tag: noimageindex\r\n")).await;
    let fetcher = fetcher(FetchSettings { respects_reservations: false, ..stage.settings() });
    picture(&fetcher, &stage.origin.url("/")).await.expect("the site says so");
    fetcher.settled().await;
    assert_eq!(stage.files(), 0);
    let error = stage.fetch("/").await.expect_err("another site");
    assert!(matches!(error, FetchError::Reserved { .. }), "{error:?}");
}

#[tokio::test]
async fn an_answer_that_varies_by_who_asks_is_not_given_to_another() {
    for (vary, connections) in [("Accept", 1), ("User-Agent", 2), ("*", 2)] {
        let mut stage = Stage::with(&format!("{TEN_MINUTES}Vary: {vary}\r\n")).await;
        assert_eq!(stage.fetched("/").await, PICTURE);
        stage.agent = "b";
        assert_eq!(stage.fetched("/").await, PICTURE);
        assert_eq!(stage.origin.connections(), connections, "{vary}");
    }
}

#[tokio::test]
async fn a_picture_is_kept_under_the_address_that_gave_it_and_not_under_those_that_led_there() {
    let hops = Arc::new(AtomicUsize::new(0));
    let counted = hops.clone();
    let mut stage = Stage::with("").await;
    stage.origin = Origin::new(move |path| match path {
        "/here" => said("200 OK", TEN_MINUTES, PICTURE),
        _ if counted.fetch_add(1, Ordering::SeqCst) < 2 => redirect("/here"),
        _ => said("404 Not Found", "", ""),
    })
    .await;
    assert_eq!(stage.fetched("/").await, PICTURE);
    assert_eq!(stage.fetched("/").await, PICTURE);
    assert_eq!(stage.origin.connections(), 3, "the way twice, the picture once");
    stage.fetch("/").await.expect_err("the way has gone");
    assert_eq!(stage.fetched("/here").await, PICTURE);
    assert_eq!((stage.origin.connections(), stage.files()), (4, 1));
}

#[tokio::test]
async fn an_address_that_is_refused_now_is_not_answered_from_what_was_kept() {
    let stage = Stage::with(TEN_MINUTES).await;
    assert_eq!(stage.fetched("/").await, PICTURE);
    let mut settings = stage.settings();
    settings.allow.clear();
    settings.ports = vec![stage.origin.port()];
    let error = picture(&fetcher(settings), &stage.origin.url("/")).await.expect_err("inside");
    assert!(matches!(error, FetchError::Unreachable { .. }), "{error:?}");
}

#[tokio::test]
async fn the_folder_stays_within_its_bytes_and_the_one_unused_for_longest_goes() {
    let picture_of = |size: usize| [PICTURE, &vec![0; size][..]].concat();
    let mut stage = Stage::answering(said("200 OK", TEN_MINUTES, picture_of(30_000))).await;
    stage.max_bytes = 200_000;
    let fetcher = stage.fetcher();
    let fetch = async |path: &str| {
        picture(&fetcher, &stage.origin.url(path)).await.expect("fetched");
        fetcher.settled().await;
    };
    for path in ["/1", "/2", "/3", "/4", "/5", "/6", "/1", "/7"] {
        fetch(path).await;
    }
    let bytes: u64 = fs::read_dir(stage.folder.path())
        .expect("a folder")
        .map(|file| file.expect("readable").metadata().expect("readable").len())
        .sum();
    assert!((180_000..=200_000).contains(&bytes), "{bytes} bytes");
    assert_eq!((stage.files(), stage.origin.connections()), (6, 7));
    fetch("/1").await;
    fetch("/3").await;
    assert_eq!(stage.origin.connections(), 7, "both are still there");
    fetch("/2").await;
    assert_eq!(stage.origin.connections(), 8, "this one had to go");
}

#[tokio::test]
async fn a_picture_that_is_too_old_goes_although_its_origin_calls_it_fresh() {
    let stage = Stage::with("Cache-Control: max-age=31536000, immutable\r\n").await;
    assert_eq!(stage.fetched("/").await, PICTURE);
    stage.pass(86_399);
    assert_eq!((stage.fetched("/").await, stage.origin.connections()), (PICTURE.to_vec(), 1));
    stage.pass(1);
    let _ = stage.fetcher();
    assert_eq!(stage.files(), 0, "at the start, without being asked for");
    assert_eq!((stage.fetched("/").await, stage.origin.connections()), (PICTURE.to_vec(), 2));
}

#[tokio::test]
async fn a_kept_picture_that_is_too_large_by_now_is_neither_given_nor_asked_about() {
    let stage = Stage::with(TEN_MINUTES).await;
    stage.fetched("/").await;
    let limit = PICTURE.len() as u64 - 1;
    for connections in 2..=3 {
        let mut settings = stage.settings();
        settings.limits.max_source_bytes = limit;
        let error = picture(&fetcher(settings), &stage.origin.url("/")).await.expect_err("too large");
        assert_eq!(error, FetchError::TooLarge { what: Kind::Picture, limit });
        assert_eq!((stage.origin.connections(), stage.asked("if-none-match")), (connections, None));
        stage.pass(600);
    }
}

#[tokio::test]
async fn a_picture_that_becomes_too_old_while_the_program_runs_is_asked_for_anew() {
    let stage = Stage::with("Cache-Control: max-age=31536000, immutable\r\n").await;
    let fetcher = stage.fetcher();
    for (seconds, connections) in [(0, 1), (86_399, 1), (1, 2)] {
        stage.pass(seconds);
        picture(&fetcher, &stage.origin.url("/")).await.expect("fetched");
        fetcher.settled().await;
        assert_eq!(stage.origin.connections(), connections, "after {seconds} s more");
    }
}

#[tokio::test]
async fn half_a_picture_leaves_no_file() {
    let head = format!("HTTP/1.1 200 OK\r\n{TEN_MINUTES}Content-Length: 1000\r\n\r\n");
    let half = [head.as_bytes(), PICTURE].concat();
    let stage = Stage::answering(Act::Say(half.clone())).await;
    assert!(matches!(stage.fetch("/").await, Err(FetchError::Broken { .. })));
    assert_eq!(stage.files(), 0);

    stage.now_answers(Act::Stall(half));
    let fetcher = stage.fetcher();
    let url = stage.origin.url("/").parse().expect("an address");
    let mut stopped = fetcher.picture(&url).await.expect("it begins");
    assert_eq!(stopped.next().await, Ok(Some(PICTURE.into())));
    drop(stopped);
    stage.origin.hung_up().await;
    fetcher.settled().await;
    assert_eq!(stage.files(), 0);
}

#[tokio::test]
async fn what_ends_only_with_the_connection_is_not_kept_for_it_may_be_half() {
    for headers in [TEN_MINUTES, "Cache-Control: max-age=600\r\nConnection: close\r\n"] {
        let head = format!("HTTP/1.1 200 OK\r\n{headers}\r\n");
        let open_ended = Act::Say([head.as_bytes(), PICTURE].concat());
        let stage = Stage::answering(open_ended.clone()).await;
        for connections in 1..=2 {
            assert_eq!(stage.fetched("/").await, PICTURE);
            assert_eq!((stage.origin.connections(), stage.files()), (connections, 0));
        }
        // Nor does what was kept before stay beside it.
        let stage = Stage::with(TEN_MINUTES).await;
        stage.fetched("/").await;
        stage.pass(600);
        stage.now_answers(open_ended);
        assert_eq!((stage.fetched("/").await, stage.files()), (PICTURE.to_vec(), 0));
    }
    let head =
        format!("HTTP/1.1 200 OK\r\n{TEN_MINUTES}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n", PICTURE.len());
    let chunked = [head.as_bytes(), PICTURE, b"\r\n0\r\n\r\n"].concat();
    let stage = Stage::answering(Act::Say(chunked)).await;
    assert_eq!((stage.fetched("/").await, stage.files()), (PICTURE.to_vec(), 1), "chunks say where they end");
}

#[tokio::test]
async fn an_answer_that_was_old_when_it_came_is_not_fresh() {
    // The clock of these tests begins on 15 January 2027 at 08:00.
    let date = "Date: Fri, 15 Jan 2027 07:00:00 GMT\r\n";
    for headers in ["Cache-Control: max-age=600\r\n", "Expires: Fri, 15 Jan 2027 08:00:00 GMT\r\n"] {
        let stage = Stage::with(&format!("{date}{headers}ETag: \"a\"\r\n")).await;
        stage.fetched("/").await;
        stage.fetched("/").await;
        assert_eq!(stage.asked("if-none-match").as_deref(), Some("\"a\""), "{headers}");
    }
}

#[tokio::test]
async fn what_is_gone_at_its_origin_is_removed_here_too() {
    for (status, files) in [("410 Gone", 0), ("404 Not Found", 0), ("403 Forbidden", 0), ("500 Oh", 1)] {
        let stage = Stage::with(TEN_MINUTES).await;
        stage.fetched("/").await;
        stage.pass(600);
        stage.now_answers(said(status, "", ""));
        stage.fetch("/").await.expect_err(status);
        assert_eq!(stage.files(), files, "{status}");
    }
}

#[tokio::test]
async fn what_is_no_picture_is_not_kept_whatever_it_is_called() {
    let page = said("200 OK", &format!("Content-Type: image/png\r\n{TEN_MINUTES}"), "<!doctype html><p>");
    let stage = Stage::answering(page).await;
    stage.fetched("/").await;
    assert_eq!(stage.files(), 0);
    stage.now_answers(html("<img src=a.jpg>"));
    let page = stage.origin.url("/").parse().expect("an address");
    stage.fetcher().page(&page).await.expect("a page");
    assert_eq!(stage.files(), 0);
}

#[tokio::test]
async fn a_damaged_file_is_dropped_and_the_picture_fetched_again() {
    let damages: [fn(&Path); 4] = [
        |file| fs::write(file, &fs::read(file).expect("a file")[..100]).expect("written"),
        |file| fs::write(file, "").expect("written"),
        |file| {
            let mut bytes = fs::read(file).expect("a file");
            *bytes.last_mut().expect("not empty") ^= 1;
            fs::write(file, bytes).expect("written");
        },
        |file| fs::remove_file(file).expect("removed"),
    ];
    for (number, damage) in damages.iter().enumerate() {
        let stage = Stage::with(TEN_MINUTES).await;
        let fetcher = stage.fetcher();
        let url = stage.origin.url("/");
        picture(&fetcher, &url).await.expect("fetched");
        fetcher.settled().await;
        damage(&stage.file());
        assert_eq!(picture(&fetcher, &url).await.expect("fetched").bytes, PICTURE, "{number}");
        fetcher.settled().await;
        assert_eq!(stage.origin.connections(), 2, "{number}");
        assert_eq!((stage.fetched("/").await, stage.origin.connections()), (PICTURE.to_vec(), 2), "{number}");
    }
}

#[tokio::test]
async fn a_file_under_another_pictures_name_is_not_that_picture() {
    let stage = Stage::with(TEN_MINUTES).await;
    stage.fetched("/1").await;
    let first = stage.file();
    let moved = stage.folder.path().join("moved");
    fs::rename(&first, &moved).expect("moved");
    // At the next start it is foreign, and goes; so it is moved again behind the fetcher's back.
    let fetcher = stage.fetcher();
    assert_eq!(stage.files(), 0, "a foreign file was removed");
    picture(&fetcher, &stage.origin.url("/2")).await.expect("fetched");
    fetcher.settled().await;
    let second = stage.file();
    fs::rename(&second, &first).expect("moved");
    let connections = stage.origin.connections();
    stage.fetched("/1").await;
    assert_eq!(stage.origin.connections(), connections + 1);
}

#[tokio::test]
async fn what_a_crash_left_unfinished_and_what_is_not_ours_is_removed_at_the_start() {
    let stage = Stage::with(TEN_MINUTES).await;
    stage.fetched("/").await;
    let kept = stage.file();
    for name in ["0.part", "notes.txt", ".hidden"] {
        fs::write(stage.folder.path().join(name), "anything").expect("written");
    }
    let _ = stage.fetcher();
    assert_eq!(stage.file(), kept);
    assert_eq!((stage.fetched("/").await, stage.origin.connections()), (PICTURE.to_vec(), 1));
}

#[tokio::test]
async fn a_folder_that_cannot_be_used_is_said_at_the_start() {
    let stage = Stage::with("").await;
    let file = stage.folder.path().join("file");
    fs::write(&file, "").expect("written");
    let mut settings = stage.settings();
    settings.cache.as_mut().expect("set").folder = file;
    let error = Fetcher::new(settings).expect_err("a file").to_string();
    assert!(error.contains("the folder for fetched pictures cannot be used"), "{error}");
}
