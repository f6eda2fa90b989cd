//! What visitors share with accounts of theirs, through the worker: what it costs their servers when tokens have ended.

use bytes::Bytes;
use cutline_crop::CropLimits;
use cutline_model::{DeliveryState, Size};
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use tokio::sync::{Notify, Semaphore};

use super::*;
use crate::accounts::{reseal, target_of};
use crate::cutting::Cutter;
use crate::deliver::{CONNECT_AGAIN, Pauses, Platforms, RestPolicy, RetryPolicy, Worker, WorkerParts};
use crate::limits::PermitLimits;
use crate::permits::Permits;
use crate::store::{Clippings, DeliveryRecord, MAX_PER_TARGET, NewDelivery, NewShare, ShareId, Store};

const SHORT_LIVED: &str =
    r#"{"access_token":"first","refresh_token":"once","token_type":"Bearer","expires_in":600}"#;
const RENEWED: &str =
    r#"{"access_token":"second","refresh_token":"twice","token_type":"Bearer","expires_in":600}"#;
/// How many deliveries wait.
const WAITING: usize = 50;

/// A site with deliveries of one visitor.
struct Waiting {
    site: Site,
    clippings: Clippings,
    shares: Vec<ShareId>,
}

impl Waiting {
    async fn new() -> Self {
        Self::with(WAITING).await
    }

    async fn with(count: usize) -> Self {
        let waiting = Self::whose_token_works(count).await;
        waiting.site.later(600);
        waiting
    }

    async fn whose_token_works(count: usize) -> Self {
        let site = Site::new().await;
        site.fake.reply("/oauth/token", Reply::With(200, &[], SHORT_LIVED));
        let session = site.connected().await;
        let account = site.accounts.of(&session).await.expect("accounts").remove(0);
        let target = target_of(&account).expect("a target").id;
        let clippings = Clippings::local(site.folder.path()).await.expect("clippings");
        let size = Size::new(30, 20).expect("a size");
        let picture = Bytes::from_static(b"\xff\xd8\xff bytes");
        let clipping = clippings.put(picture, "jpg", size).await.expect("stored");
        let mut shares = Vec::new();
        for _ in 0..count {
            let queued = NewDelivery { target: target.clone(), state: DeliveryState::Queued, url: None };
            let share = NewShare {
                clipping: clipping.clone(),
                deliveries: vec![queued],
                ..conformance::new_share(site.clock.now())
            };
            site.store.insert(&share, None).await.expect("inserted");
            shares.push(share.id);
        }
        Self { site, clippings, shares }
    }

    async fn delivery(&self, share: &ShareId) -> DeliveryRecord {
        let share = self.site.store.share(share).await.expect("read").expect("a share");
        share.deliveries.into_iter().next().expect("a delivery")
    }

    async fn are_all_posted(&self) -> bool {
        for share in &self.shares {
            if self.delivery(share).await.state != DeliveryState::Posted {
                return false;
            }
        }
        true
    }

    /// Lets a worker deliver until nobody has been called for a while, a longer one while something is not posted: it may rest
    /// between two looks, and then write for long. Gives what became of the deliveries.
    async fn work_off(&self) -> Vec<DeliveryRecord> {
        let worker = self.worker(Arc::default());
        let (stop, stopped) = watch::channel(false);
        let running = tokio::spawn(worker.run(stopped));
        let (mut calls, mut quiet) = (self.site.fake.calls().len(), 0);
        while quiet < 30 || (quiet < 100 && !self.are_all_posted().await) {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let before = std::mem::replace(&mut calls, self.site.fake.calls().len());
            quiet = if calls == before && self.refreshes() > 0 { quiet + 1 } else { 0 };
        }
        stop.send_replace(true);
        running.await.expect("no panic");
        let mut all = Vec::new();
        for share in &self.shares {
            all.push(self.delivery(share).await);
        }
        all
    }

    fn worker(&self, wake: Arc<Notify>) -> Worker {
        let parts = WorkerParts {
            store: self.site.store.clone(),
            clippings: self.clippings.clone(),
            cutter: Cutter::in_process(Permits::new(&PermitLimits::default()), CropLimits::default()),
            platforms: Platforms::default().with_visitors(Some(self.site.accounts.clone())),
            clock: self.site.clock.clone(),
            random: Arc::new(SystemRandom),
            policy: RetryPolicy::default(),
            rest: RestPolicy::default(),
            pauses: Pauses::default(),
            is_alone: true,
            public_url: "https://share.example/".parse().expect("a URL"),
        };
        Worker::new(parts, wake)
    }

    fn refreshes(&self) -> usize {
        self.site.fake.seen().iter().filter(|seen| seen.field("refresh_token").is_some()).count()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_has_ended_costs_one_renewal_however_many_deliveries_wait() {
    let waiting = Waiting::new().await;
    let fake = &waiting.site.fake;
    let gate = Arc::new(Semaphore::new(0));
    fake.reply("/oauth/token", Reply::Gate(gate.clone(), RENEWED));
    for _ in 0..WAITING {
        fake.reply("/api/v2/media", Reply::With(200, &[], r#"{"id":"1"}"#));
        fake.reply("/api/v1/statuses", Reply::With(200, &[], r#"{"id":"2"}"#));
    }
    let others_come = async {
        while waiting.refreshes() == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
        gate.add_permits(1);
    };
    let (all, ()) = tokio::join!(waiting.work_off(), others_come);
    assert!(all.iter().all(|one| (one.state, one.attempts) == (DeliveryState::Posted, 1)), "{all:?}");
    assert_eq!(waiting.refreshes(), 1);
    let seen = fake.seen();
    let statuses: Vec<_> = seen.iter().filter(|seen| seen.path == "/api/v1/statuses").collect();
    assert_eq!(statuses.len(), WAITING);
    assert!(statuses.iter().all(|seen| seen.headers["authorization"] == "Bearer second"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_refused_before_its_time_fails_nothing_that_was_in_hand_with_it() {
    let waiting = Waiting::whose_token_works(WAITING).await;
    let fake = &waiting.site.fake;
    // All that are sent at once are sent with it before there is another.
    let gate = Arc::new(Semaphore::new(0));
    fake.reply("/oauth/token", Reply::Gate(gate.clone(), RENEWED));
    for number in 0..WAITING + MAX_PER_TARGET as usize {
        if number < WAITING {
            fake.reply("/api/v2/media", Reply::With(200, &[], r#"{"id":"1"}"#));
        }
        let refused = Reply::With(401, &[], r#"{"error":"The access token was revoked"}"#);
        let posted = Reply::With(200, &[], r#"{"id":"2"}"#);
        fake.reply("/api/v1/statuses", if number < MAX_PER_TARGET as usize { refused } else { posted });
    }
    let are_sent = async {
        while fake.calls().iter().filter(|call| *call == "POST /api/v1/statuses").count()
            < MAX_PER_TARGET as usize
        {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        gate.add_permits(1);
    };
    let (in_hand, ()) = tokio::join!(waiting.work_off(), are_sent);
    let are_told = in_hand.iter().filter(|one| one.reason.is_some()).count();
    assert_eq!(are_told, MAX_PER_TARGET as usize);
    assert!(in_hand.iter().all(|one| one.state == DeliveryState::Queued), "all wait for new access");
    waiting.site.later(3);
    let all = waiting.work_off().await;
    assert!(all.iter().all(|one| (one.state, one.attempts) == (DeliveryState::Posted, 1)), "{all:?}");
    assert_eq!(waiting.refreshes(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_gives_no_new_tokens_is_left_alone_and_what_waits_loses_nothing() {
    for (reply, most) in [
        // Trouble, again and again: it rests, as after posts that fail.
        (Reply::With(503, &[], ""), 5 + 4),
        // It asks for time, which costs no attempt; four are under way then.
        (Reply::With(429, &[("retry-after", "3600")], ""), 4),
    ] {
        let waiting = Waiting::new().await;
        for _ in 0..WAITING {
            waiting.site.fake.reply("/oauth/token", reply.clone());
        }
        let all = waiting.work_off().await;
        assert!(all.iter().all(|one| one.state == DeliveryState::Queued), "{all:?}");
        let called = waiting.refreshes();
        assert!((1..=most).contains(&called), "{reply:?}: called {called} times");
        let rests = waiting.site.store.rests().await.expect("read");
        assert_eq!(rests.len(), 1, "{reply:?}: {rests:?}");
        let attempts: u32 = all.iter().map(|one| one.attempts).sum();
        let cost = if matches!(reply, Reply::With(429, ..)) { 0 } else { called };
        assert_eq!(attempts as usize, cost, "{reply:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_process_has_sealed_under_a_new_key_waits_until_this_one_has_it() {
    let waiting = Waiting::new().await;
    let Waiting { site, shares, .. } = &waiting;
    // That one was started again before this one, as the key is changed.
    let sealer = Sealer::new(&[8; 32], Some(&[7; 32]));
    reseal(site.store.as_ref(), &sealer, &SystemRandom).await.expect("resealed");
    let (wake, (stop, stopped)) = (Arc::new(Notify::new()), watch::channel(false));
    let calls = site.fake.calls().len();
    let running = tokio::spawn(waiting.worker(wake.clone()).run(stopped));
    let until = async |is_so: fn(&DeliveryRecord, Timestamp) -> bool| loop {
        let (delivery, now) = (waiting.delivery(&shares[0]).await, site.clock.now());
        if delivery.state == DeliveryState::Failed || is_so(&delivery, now) {
            return (delivery, now);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    // However long ago it was asked for, and the more seldom.
    for waits in [20..=22, 2_160..=2_376] {
        let (queued, now) = until(|delivery, now| delivery.due_at.is_some_and(|at| at > now)).await;
        assert_eq!((queued.state, queued.attempts), (DeliveryState::Queued, 0), "{:?}", queued.reason);
        let wait = queued.due_at.expect("it is queued").duration_since(now).as_secs();
        assert!(waits.contains(&wait), "{wait}");
        site.later(12 * 3600);
        wake.notify_one();
    }
    let (failed, _) = until(|_, _| false).await;
    assert_eq!(failed.reason.as_deref(), Some(CONNECT_AGAIN), "for a day");
    stop.send_replace(true);
    running.await.expect("no panic");
    assert_eq!(site.fake.calls().len(), calls, "nobody was called");
}

#[tokio::test]
async fn a_record_that_is_slow_to_take_new_tokens_is_no_fault_of_their_server() {
    let waiting = Waiting::with(1).await;
    let site = &waiting.site;
    let gate = Arc::new(Semaphore::new(0));
    site.fake.reply("/oauth/token", Reply::Gate(gate.clone(), RENEWED));
    site.fake.reply("/api/v2/media", Reply::With(200, &[], r#"{"id":"1"}"#));
    site.fake.reply("/api/v1/statuses", Reply::With(200, &[], r#"{"id":"2"}"#));
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn(waiting.worker(Arc::default()).run(stopped));
    while waiting.refreshes() == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let file = SqliteConnectOptions::new().filename(site.folder.path().join("cutline.db"));
    let mut other = file.connect().await.expect("another connection");
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.expect("it holds the record");
    gate.add_permits(1);
    tokio::time::sleep(Duration::from_secs(2)).await;
    // The server has answered; a minute passes until the record takes that.
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(61)).await;
    tokio::time::resume();
    tokio::time::sleep(Duration::from_millis(100)).await;
    sqlx::query("ROLLBACK").execute(&mut other).await.expect("it lets go");
    let ended = async {
        loop {
            let delivery = waiting.delivery(&waiting.shares[0]).await;
            if delivery.state != DeliveryState::Sending {
                return delivery;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let ended = tokio::time::timeout(Duration::from_secs(60), ended).await.expect("an end");
    assert_eq!((ended.state, ended.reason), (DeliveryState::Posted, None));
    stop.send_replace(true);
    running.await.expect("no panic");
}
