//! The worker with the real record and files, against the recording Mastodon server and a platform that waits. Long, since the
//! tests share one site; those of posts that may be there stand beside it (`doubt`).

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

mod containers;
mod crowds;
mod doubt;
mod notes;
mod patience;

use async_trait::async_trait;
use bytes::Bytes;
use cutline_crop::CropLimits;
use cutline_model::{DeliveryState, Size, Target, TargetId};
use jiff::{SignedDuration, Timestamp};
use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};
use tokio::{
    sync::{Notify, Semaphore, mpsc, watch},
    task::JoinHandle,
};

use super::{Worker, WorkerParts};
use crate::{
    clock::{Clock, SystemClock},
    cutting::Cutter,
    deliver::{
        DEFAULT_TIMEOUT, Limits, Pauses, Platform, Platforms, Post, PostError, Posted, RemoverParts,
        RestPolicy, RetryPolicy,
        fake_server::{FakeServer, Reply, account, connector},
    },
    limits::PermitLimits,
    permits::Permits,
    store::{
        Again, Clippings, DeliveryRecord, NewDelivery, NewShare, ShareId, SqliteStore, Store, SystemRandom,
        conformance,
    },
};

const MEDIA: &str = "/api/v2/media";
const STATUSES: &str = "/api/v1/statuses";
const PICTURE: &[u8] = b"\xff\xd8\xff the clipping's bytes";

/// A clock that stands still until a test moves it.
struct FakeClock(Mutex<Timestamp>);

impl FakeClock {
    fn advance(&self, seconds: i64) {
        *self.0.lock().expect("no panic") += SignedDuration::from_secs(seconds);
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().expect("no panic")
    }
}

/// A platform whose posts wait until the test lets them go.
struct Gate {
    target: TargetId,
    open: Semaphore,
    under_way: AtomicUsize,
    most: AtomicUsize,
    arrivals: mpsc::UnboundedSender<Post>,
    answer: fn() -> Result<Posted, PostError>,
}

#[async_trait]
impl Platform for Gate {
    fn target(&self) -> Target {
        Target {
            id: self.target.clone(),
            name: "Gate".to_owned(),
            account: None,
            icon: String::new(),
            limits: None,
        }
    }

    async fn limits(&self) -> Limits {
        Limits::NONE
    }

    async fn upload(&self, _: &Post) -> Result<String, PostError> {
        Ok("picture".to_owned())
    }

    async fn publish(&self, post: &Post, upload: &str) -> Result<Posted, PostError> {
        assert_eq!(upload, "picture");
        let now = self.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        let _ = self.arrivals.send(post.clone());
        self.open.acquire().await.expect("never closed").forget();
        self.under_way.fetch_sub(1, Ordering::SeqCst);
        (self.answer)()
    }
}

fn gate(
    target: &str,
    open: usize,
    answer: fn() -> Result<Posted, PostError>,
) -> (Arc<Gate>, mpsc::UnboundedReceiver<Post>) {
    let (arrivals, receiver) = mpsc::unbounded_channel();
    let (under_way, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let target = conformance::target(target);
    (Arc::new(Gate { target, open: Semaphore::new(open), under_way, most, arrivals, answer }), receiver)
}

fn passing() -> Result<Posted, PostError> {
    Err(PostError::Passing { reason: "busy".to_owned(), detail: String::new(), retry_after: None })
}

fn asking(seconds: u64) -> Result<Posted, PostError> {
    let retry_after = Some(std::time::Duration::from_secs(seconds));
    Err(PostError::Passing { reason: "busy".to_owned(), detail: String::new(), retry_after })
}

/// The engine's parts in a folder that vanishes.
struct Site {
    folder: tempfile::TempDir,
    store: SqliteStore,
    clippings: Clippings,
    clock: Arc<FakeClock>,
    wake: Arc<Notify>,
}

impl Site {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = SqliteStore::open(&folder.path().join("cutline.db")).await.expect("a store");
        let clippings = Clippings::local(folder.path()).await.expect("clippings");
        let clock = Arc::new(FakeClock(Mutex::new(conformance::now())));
        Self { folder, store, clippings, clock, wake: Arc::default() }
    }

    fn parts(&self, platforms: Vec<Arc<dyn Platform>>) -> WorkerParts {
        WorkerParts {
            store: Arc::new(self.store.clone()),
            clippings: self.clippings.clone(),
            cutter: Cutter::in_process(Permits::new(&PermitLimits::default()), CropLimits::default()),
            platforms: Platforms::new(platforms).expect("different targets"),
            clock: self.clock.clone(),
            random: Arc::new(SystemRandom),
            policy: RetryPolicy::default(),
            rest: RestPolicy::default(),
            pauses: Pauses::default(),
            is_alone: true,
            public_url: "https://cutline.example/".parse().expect("a URL"),
        }
    }

    /// The same, for the remover.
    fn remover_parts(&self, platforms: Vec<Arc<dyn Platform>>) -> RemoverParts {
        let WorkerParts {
            store, clippings, platforms, clock, random, policy, rest, pauses, public_url, ..
        } = self.parts(platforms);
        RemoverParts { store, clippings, platforms, clock, random, policy, rest, pauses, public_url }
    }

    fn start(&self, platforms: Vec<Arc<dyn Platform>>) -> Running {
        self.start_with(self.parts(platforms))
    }

    fn start_with(&self, parts: WorkerParts) -> Running {
        let (stop, stopped) = watch::channel(false);
        Running { stop, task: tokio::spawn(Worker::new(parts, self.wake.clone()).run(stopped)) }
    }

    /// Accepts a share, as the engine does.
    async fn accept(&self, targets: &[&str]) -> ShareId {
        let size = Size::new(30, 20).expect("a size");
        let clipping = self.clippings.put(Bytes::from_static(PICTURE), "jpg", size).await.expect("stored");
        let deliveries = targets.iter().map(|text| NewDelivery {
            target: conformance::target(text),
            state: DeliveryState::Queued,
            url: None,
        });
        let share = NewShare {
            clipping,
            deliveries: deliveries.collect(),
            ..conformance::new_share(self.clock.now())
        };
        self.store.insert(&share, None).await.expect("inserted");
        self.wake.notify_one();
        share.id
    }

    async fn delivery(&self, id: &ShareId) -> DeliveryRecord {
        let share = self.store.share(id).await.expect("read").expect("a share");
        share.deliveries.into_iter().next().expect("a delivery")
    }
}

/// A worker at work.
struct Running {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Running {
    /// Asks it to stop and waits until what it had under way is recorded.
    async fn stop(self) {
        self.stop.send(true).expect("it runs");
        self.task.await.expect("no panic");
    }
}

/// Has a worker start all that can be started now.
async fn start_all(worker: &mut Worker) {
    worker.agenda.changed();
    loop {
        let sleep = worker.start_due().await.expect("started");
        if worker.agenda.is_worked_off() {
            return;
        }
        tokio::time::sleep(sleep).await;
    }
}

fn mastodon(fake: &FakeServer) -> Arc<dyn Platform> {
    let account = account("mastodon", fake.url.clone(), "alice@example.social", "secret-token");
    connector(account, DEFAULT_TIMEOUT).expect("an account")
}

const ALICE: &[&str] = &["mastodon:alice@example.social"];

#[tokio::test]
async fn a_queued_share_is_posted_with_its_clipping_and_its_page() {
    let (site, mut fake) = (Site::new().await, FakeServer::start().await);
    let worker = site.start(vec![mastodon(&fake)]);
    let id = site.accept(ALICE).await;
    fake.arrival(STATUSES).await;
    worker.stop().await;
    let delivery = site.delivery(&id).await;
    assert_eq!((delivery.state, delivery.attempts, delivery.reason), (DeliveryState::Posted, 1, None));
    assert_eq!(delivery.url.as_deref(), Some("https://example.social/@alice/103254962155278888"));
    let seen = fake.seen();
    assert_eq!(seen[1].part("file").expect("the picture").1, PICTURE);
    let status = seen[2].field("status").expect("a status");
    assert!(status.ends_with(&format!("\n\nhttps://cutline.example/s/{id}")), "{status}");
    let key = seen[2].headers["idempotency-key"].to_str().expect("text");
    assert!(key.len() == 32 && !key.contains(id.as_str()), "{key}");
}

#[tokio::test]
async fn a_passing_failure_is_tried_again_when_its_time_has_come() {
    let (site, mut fake) = (Site::new().await, FakeServer::start().await);
    fake.reply(MEDIA, Reply::With(429, &[("retry-after", "30")], ""));
    let worker = site.start(vec![mastodon(&fake)]);
    let id = site.accept(ALICE).await;
    fake.arrival(MEDIA).await;
    worker.stop().await;
    let waiting = site.delivery(&id).await;
    assert_eq!((waiting.state, waiting.attempts), (DeliveryState::Queued, 0), "it asked: that costs none");
    assert_eq!(waiting.reason.as_deref(), Some("127.0.0.1 asks for a pause before the next post."));
    let due_at = waiting.due_at.expect("a time");
    assert!(due_at >= conformance::later(30) && due_at <= conformance::later(33), "{due_at}");

    site.clock.advance(29);
    let other = site.accept(ALICE).await;
    let mut worker = Worker::new(site.parts(vec![mastodon(&fake)]), site.wake.clone());
    start_all(&mut worker).await;
    assert_eq!(worker.tasks.len(), 0, "the pause is its account's, also after a start");
    assert_eq!(site.delivery(&id).await, waiting, "not before its time");

    site.clock.advance(4);
    let worker = site.start(vec![mastodon(&fake)]);
    for _ in [&id, &other] {
        fake.arrival(STATUSES).await;
    }
    worker.stop().await;
    assert_eq!(site.delivery(&other).await.state, DeliveryState::Posted);
    let posted = site.delivery(&id).await;
    assert_eq!((posted.state, posted.attempts, posted.due_at), (DeliveryState::Posted, 1, None));
}

#[tokio::test]
async fn a_failed_delivery_is_posted_after_the_visitor_asks_again_under_the_same_key() {
    let (site, mut fake) = (Site::new().await, FakeServer::start().await);
    fake.reply(STATUSES, Reply::With(403, &[], r#"{"error":"This action is not allowed"}"#));
    let worker = site.start(vec![mastodon(&fake)]);
    let id = site.accept(ALICE).await;
    fake.arrival(STATUSES).await;
    worker.stop().await;
    let failed = site.delivery(&id).await;
    assert_eq!(failed.state, DeliveryState::Failed);
    let reason = "127.0.0.1 refused the post: This action is not allowed";
    assert_eq!(failed.reason.as_deref(), Some(reason));

    let worker = site.start(vec![mastodon(&fake)]);
    assert_eq!(site.store.retry(&id, Again::EVERYTHING, site.clock.now()).await.expect("retried"), 1);
    site.wake.notify_one();
    fake.arrival(STATUSES).await;
    worker.stop().await;
    assert_eq!(site.delivery(&id).await.state, DeliveryState::Posted);
    let keys: Vec<_> =
        fake.seen().iter().filter_map(|seen| seen.headers.get("idempotency-key").cloned()).collect();
    assert!(keys.len() == 2 && keys[0] == keys[1], "{keys:?}");
}

#[tokio::test]
async fn a_delivery_is_given_up_after_twelve_attempts() {
    let site = Site::new().await;
    let (platform, mut arrivals) = gate("gate:a", 100, passing);
    let id = site.accept(&["gate:a"]).await;
    for attempt in 1..=12 {
        let worker = site.start(vec![platform.clone()]);
        arrivals.recv().await.expect("an attempt");
        worker.stop().await;
        assert_eq!(site.delivery(&id).await.attempts, attempt);
        site.clock.advance(3600);
    }
    let failed = site.delivery(&id).await;
    assert_eq!((failed.state, failed.due_at), (DeliveryState::Failed, None));
    assert_eq!(failed.reason.as_deref(), Some("busy Given up after attempt 12."));
}

#[tokio::test]
async fn a_delivery_whose_platform_always_asks_for_a_pause_is_given_up_after_a_day() {
    let site = Site::new().await;
    let (platform, mut arrivals) = gate("gate:a", 100, || asking(4 * 3600));
    let id = site.accept(&["gate:a"]).await;
    let mut worker = Worker::new(site.parts(vec![platform]), site.wake.clone());
    for _ in 0..6 {
        start_all(&mut worker).await;
        arrivals.recv().await.expect("an attempt");
        let ended = worker.tasks.join_next_with_id().await.expect("one is under way");
        worker.ended(ended);
        site.clock.advance(4 * 3600 + 1440);
    }
    let failed = site.delivery(&id).await;
    assert_eq!((failed.state, failed.attempts), (DeliveryState::Failed, 1));
    assert_eq!(failed.reason.as_deref(), Some("busy It would take longer than a day."));
}

#[tokio::test]
async fn a_platform_that_asks_for_a_pause_without_end_is_called_again_after_a_day() {
    let site = Site::new().await;
    let (platform, mut arrivals) = gate("gate:a", 100, || asking(u64::MAX));
    let mut worker = Worker::new(site.parts(vec![platform]), site.wake.clone());
    let first = site.accept(&["gate:a"]).await;
    for (seconds, calls) in [(0, 1), (24 * 3600 - 1, 0), (2, 1)] {
        site.clock.advance(seconds);
        site.accept(&["gate:a"]).await;
        start_all(&mut worker).await;
        while let Some(ended) = worker.tasks.join_next_with_id().await {
            worker.ended(ended);
        }
        let called = std::iter::from_fn(|| arrivals.try_recv().ok()).count();
        assert!(called >= calls && (called == 0) == (calls == 0), "{called} after {seconds} s");
    }
    let failed = site.delivery(&first).await;
    assert_eq!(failed.state, DeliveryState::Failed);
    assert_eq!(failed.reason.as_deref(), Some("busy It would take longer than a day."));
}

#[tokio::test]
async fn nothing_else_is_sent_to_an_account_that_asked_for_a_pause() {
    let site = Site::new().await;
    let (platform, mut arrivals) = gate("gate:a", 100, || asking(60));
    let (other, mut others) = gate("other:b", 100, || Ok(Posted::default()));
    let worker = site.start(vec![platform, other]);
    let first = site.accept(&["gate:a"]).await;
    arrivals.recv().await.expect("the first");
    while site.delivery(&first).await.state != DeliveryState::Queued {
        tokio::task::yield_now().await;
    }
    let mut waiting = Vec::new();
    for _ in 0..1_000 {
        waiting.push(site.accept(&["gate:a"]).await);
    }
    // The worker looks at the whole queue for each of these.
    for _ in 0..3 {
        site.accept(&["other:b"]).await;
        others.recv().await.expect("another account is called");
    }
    worker.stop().await;
    assert!(arrivals.try_recv().is_err(), "an early call");
    for id in waiting {
        assert_eq!(site.delivery(&id).await.attempts, 0);
    }
}

#[tokio::test]
async fn a_platform_that_fails_again_and_again_is_left_alone_and_then_tried_with_one() {
    static WORKS: AtomicBool = AtomicBool::new(false);
    let site = Site::new().await;
    let answer = || if WORKS.load(Ordering::SeqCst) { Ok(Posted::default()) } else { passing() };
    let (platform, mut arrivals) = gate("gate:a", 1_000, answer);
    let mut all = Vec::new();
    for _ in 0..20 {
        all.push(site.accept(&["gate:a"]).await);
    }
    let mut worker = Worker::new(site.parts(vec![platform.clone()]), site.wake.clone());
    let mut called = async |worker: &mut Worker| {
        let mut calls = 0;
        loop {
            start_all(worker).await;
            let Some(ended) = worker.tasks.join_next_with_id().await else { return calls };
            worker.ended(ended);
            arrivals.recv().await.expect("a call");
            calls += 1;
        }
    };
    // Five in a row, and the three that were under way with them.
    let calls = called(&mut worker).await;
    assert!((5..=8).contains(&calls), "{calls}");
    assert_eq!(called(&mut worker).await, 0, "it is left alone");
    site.clock.advance(601);
    assert_eq!(called(&mut worker).await, 1, "one is tried, and fails");
    WORKS.store(true, Ordering::SeqCst);
    site.clock.advance(3601);
    assert_eq!(called(&mut worker).await, 20, "one is tried, and then all");
    for id in all {
        assert_eq!(site.delivery(&id).await.state, DeliveryState::Posted);
    }
}

#[tokio::test]
async fn the_worker_wakes_by_itself_when_a_delivery_is_due() {
    let site = Site::new().await;
    let (platform, mut arrivals) = gate("gate:a", 100, passing);
    // The worker's clock goes on by itself: the share is accepted by the same.
    *site.clock.0.lock().expect("no panic") = SystemClock.now();
    let short = std::time::Duration::from_millis(20);
    let policy = RetryPolicy { base: short, cap: short, ..RetryPolicy::default() };
    let rest = RestPolicy { first: short, longest: short, ..RestPolicy::default() };
    let parts = WorkerParts { clock: Arc::new(SystemClock), policy, rest, ..site.parts(vec![platform]) };
    let worker = site.start_with(parts);
    let id = site.accept(&["gate:a"]).await;
    for _ in 1..=12 {
        arrivals.recv().await.expect("another attempt");
    }
    worker.stop().await;
    assert_eq!(site.delivery(&id).await.state, DeliveryState::Failed);
}

#[tokio::test]
async fn a_slow_target_takes_four_places_and_delays_no_other() {
    let site = Site::new().await;
    let done = || Ok(Posted::default());
    let (slow, mut slow_arrivals) = gate("slow:a", 0, done);
    let (fast, mut fast_arrivals) = gate("fast:b", 100, done);
    let mut waiting = Vec::new();
    for _ in 0..10 {
        waiting.push(site.accept(&["slow:a"]).await);
    }
    let worker = site.start(vec![slow.clone(), fast]);
    for _ in 0..4 {
        slow_arrivals.recv().await.expect("a slow post");
    }
    for _ in 0..10 {
        site.accept(&["fast:b"]).await;
        fast_arrivals.recv().await.expect("a fast post");
    }
    assert!(slow_arrivals.try_recv().is_err(), "the fifth waits in the queue, not in the worker");
    slow.open.add_permits(10);
    for _ in 4..10 {
        slow_arrivals.recv().await.expect("a slow post");
    }
    worker.stop().await;
    assert_eq!(slow.most.load(Ordering::SeqCst), 4);
    for id in waiting {
        assert_eq!(site.delivery(&id).await.state, DeliveryState::Posted);
    }
}

#[tokio::test]
async fn what_is_under_way_ends_before_the_worker_stops() {
    let site = Site::new().await;
    let (platform, mut arrivals) = gate("gate:a", 0, || Ok(Posted::default()));
    let worker = site.start(vec![platform.clone()]);
    let id = site.accept(&["gate:a"]).await;
    arrivals.recv().await.expect("a post");
    worker.stop.send(true).expect("it runs");
    let later = site.accept(&["gate:a"]).await;
    assert_eq!(site.delivery(&id).await.state, DeliveryState::Sending);
    platform.open.add_permits(2);
    worker.task.await.expect("no panic");
    assert_eq!(site.delivery(&id).await.state, DeliveryState::Posted);
    assert_eq!(site.delivery(&later).await.state, DeliveryState::Queued);
}

#[tokio::test]
async fn a_connector_that_panics_leaves_its_delivery_in_doubt_and_the_worker_working() {
    let site = Site::new().await;
    let (broken, mut arrivals) = gate("broken:a", 100, || panic!("as the test wants it"));
    let (sound, mut sound_arrivals) = gate("sound:b", 100, || Ok(Posted::default()));
    let worker = site.start(vec![broken, sound]);
    let id = site.accept(&["broken:a"]).await;
    arrivals.recv().await.expect("a post");
    let other = site.accept(&["sound:b"]).await;
    sound_arrivals.recv().await.expect("a post");
    worker.stop().await;
    assert_eq!(site.delivery(&other).await.state, DeliveryState::Posted);
    assert_eq!(site.delivery(&id).await.state, DeliveryState::Queued);
    let claim =
        site.store.claim(&conformance::target("broken:a"), conformance::later(2), 1).await.expect("claimed");
    assert_eq!(claim[0].published_at, Some(conformance::now()), "it may be posted");
}

#[tokio::test]
async fn a_clipping_that_is_missing_for_a_moment_costs_no_attempt() {
    let site = Site::new().await;
    let (platform, _arrivals) = gate("gate:a", 100, || Ok(Posted::default()));
    let id = site.accept(&["gate:a"]).await;
    let (folder, elsewhere) = (site.folder.path().join("clippings"), site.folder.path().join("elsewhere"));
    std::fs::rename(&folder, &elsewhere).expect("away");
    let mut states = Vec::new();
    for wait in [0, 25, 25] {
        site.clock.advance(wait);
        let mut worker = Worker::new(site.parts(vec![platform.clone()]), site.wake.clone());
        start_all(&mut worker).await;
        worker.drain().await;
        let delivery = site.delivery(&id).await;
        states.push((delivery.state, delivery.attempts));
        if wait > 0 && elsewhere.exists() {
            std::fs::rename(&elsewhere, &folder).expect("back");
        }
    }
    let (queued, posted) = (DeliveryState::Queued, DeliveryState::Posted);
    assert_eq!(states, [(queued, 0), (queued, 0), (posted, 1)]);
}

#[tokio::test]
async fn a_share_that_cannot_be_posted_any_more_fails_with_the_reason() {
    let site = Site::new().await;
    let (platform, mut arrivals) = gate("gate:a", 100, || Ok(Posted::default()));
    let no_target = site.accept(&["gone:x"]).await;
    let no_file = site.accept(&["gate:a"]).await;
    std::fs::remove_dir_all(site.folder.path().join("clippings")).expect("removed");
    let mut worker = Worker::new(site.parts(vec![platform]), site.wake.clone());
    site.clock.advance(600);
    start_all(&mut worker).await;
    worker.drain().await;
    for (id, reason) in [
        (no_target, "This site no longer posts to gone:x."),
        (no_file, "The clipping is no longer on this server."),
    ] {
        let failed = site.delivery(&id).await;
        assert_eq!((failed.state, failed.reason.as_deref()), (DeliveryState::Failed, Some(reason)));
    }
    assert!(arrivals.try_recv().is_err(), "the platform was not called");
}

#[tokio::test]
async fn a_pause_that_an_account_asked_for_holds_after_a_start_and_for_other_processes() {
    let site = Site::new().await;
    let (platform, mut arrivals) = gate("gate:a", 100, || asking(3600));
    for _ in 0..3 {
        site.accept(&["gate:a"]).await;
    }
    for wait in [0, 60, 3000] {
        site.clock.advance(wait);
        for _process in 0..2 {
            let mut worker = Worker::new(site.parts(vec![platform.clone()]), site.wake.clone());
            start_all(&mut worker).await;
            worker.drain().await;
        }
    }
    let mut calls = 0;
    while arrivals.try_recv().is_ok() {
        calls += 1;
    }
    assert!((1..=3).contains(&calls), "{calls}: those that were sent at once, and none within the hour");
}

#[tokio::test]
async fn a_server_that_fails_is_left_alone_by_a_process_that_has_not_called_it() {
    let site = Site::new().await;
    let (platform, mut arrivals) = gate("gate:a", 100, passing);
    let rest = RestPolicy { failures: 2, ..RestPolicy::default() };
    let parts = || WorkerParts { rest, ..site.parts(vec![platform.clone()]) };
    for _ in 0..4 {
        site.accept(&["gate:a"]).await;
    }
    let mut worker = Worker::new(parts(), site.wake.clone());
    start_all(&mut worker).await;
    worker.drain().await;
    while arrivals.try_recv().is_ok() {}
    site.accept(&["gate:a"]).await;
    let mut other = Worker::new(parts(), site.wake.clone());
    start_all(&mut other).await;
    assert_eq!(other.tasks.len(), 0, "it is left alone");
    site.clock.advance(700);
    start_all(&mut other).await;
    assert_eq!(other.tasks.len(), 1, "one is enough to see whether it works");
    let mut third = Worker::new(parts(), site.wake.clone());
    start_all(&mut third).await;
    assert_eq!(third.tasks.len(), 0, "and one process");
    other.drain().await;
}

#[tokio::test]
async fn a_target_sees_no_more_of_three_processes_than_of_one() {
    let site = Site::new().await;
    let (platform, mut arrivals) = gate("gate:a", 0, || Ok(Posted::default()));
    for _ in 0..30 {
        site.accept(&["gate:a"]).await;
    }
    let parts = || WorkerParts { is_alone: false, ..site.parts(vec![platform.clone()]) };
    let workers: Vec<Running> = (0..3).map(|_| site.start_with(parts())).collect();
    for arrived in 0..30 {
        arrivals.recv().await.expect("a post");
        // The first ones wait until all that come at once are there.
        platform.open.add_permits(usize::from(arrived >= 3));
    }
    platform.open.add_permits(3);
    for worker in workers {
        worker.stop().await;
    }
    assert_eq!(platform.most.load(Ordering::SeqCst), 4, "at once");
}

#[tokio::test]
async fn a_target_that_one_of_two_processes_does_not_know_yet_is_posted_to_by_the_other() {
    let site = Site::new().await;
    let (platform, mut arrivals) = gate("gate:a", 1, || Ok(Posted::default()));
    let id = site.accept(&["gate:a"]).await;
    let process = async |platforms| {
        let mut worker = Worker::new(site.parts(platforms), site.wake.clone());
        start_all(&mut worker).await;
        worker.drain().await;
        site.delivery(&id).await
    };
    let waiting = process(Vec::new()).await;
    assert_eq!((waiting.state, waiting.attempts), (DeliveryState::Queued, 0), "{waiting:?}");
    site.clock.advance(25);
    assert_eq!(process(vec![platform]).await.state, DeliveryState::Posted);
    arrivals.recv().await.expect("a post");
}

#[tokio::test]
async fn a_share_that_cannot_be_read_costs_its_delivery_an_attempt() {
    let site = Site::new().await;
    let (platform, mut arrivals) = gate("gate:a", 1, || Ok(Posted::default()));
    let id = site.accept(&["gate:a"]).await;
    let file = SqliteConnectOptions::new().filename(site.folder.path().join("cutline.db"));
    let mut other = file.connect().await.expect("the database");
    sqlx::query("PRAGMA ignore_check_constraints = ON").execute(&mut other).await.expect("as a broken disk");
    for (damage, attempts) in [("-clipping_bytes", 1), ("abs(clipping_bytes)", 2)] {
        let damage = sqlx::AssertSqlSafe(format!("UPDATE share SET clipping_bytes = {damage}"));
        sqlx::query(damage).execute(&mut other).await.expect("changed");
        let mut worker = Worker::new(site.parts(vec![platform.clone()]), site.wake.clone());
        start_all(&mut worker).await;
        worker.drain().await;
        site.clock.advance(60);
        let made: i64 =
            sqlx::query_scalar("SELECT attempts FROM delivery").fetch_one(&mut other).await.expect("read");
        assert_eq!(made, attempts);
    }
    arrivals.recv().await.expect("a post");
    assert_eq!(site.delivery(&id).await.state, DeliveryState::Posted);
}

#[tokio::test]
async fn a_picture_that_is_processed_for_long_is_uploaded_once() {
    let (site, fake) = (Site::new().await, FakeServer::start().await);
    fake.reply(MEDIA, Reply::With(202, &[], r#"{"id":"22348641","url":null}"#));
    fake.reply("/api/v1/media/22348641", Reply::With(503, &[], ""));
    let id = site.accept(ALICE).await;
    for state in [DeliveryState::Queued, DeliveryState::Posted] {
        let mut worker = Worker::new(site.parts(vec![mastodon(&fake)]), site.wake.clone());
        start_all(&mut worker).await;
        worker.drain().await;
        site.clock.advance(60);
        assert_eq!(site.delivery(&id).await.state, state);
    }
    let calls = fake.calls();
    assert_eq!(calls.iter().filter(|call| *call == "POST /api/v2/media").count(), 1, "{calls:?}");
    assert_eq!(fake.seen().last().expect("a call").field("media_ids[]").as_deref(), Some("22348641"));
}
