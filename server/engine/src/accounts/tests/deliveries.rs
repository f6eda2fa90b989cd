//! What visitors share with accounts of theirs, through the worker: what it costs their servers when tokens have ended.

use bytes::Bytes;
use cutline_crop::CropLimits;
use cutline_model::{DeliveryState, Size};
use tokio::sync::{Notify, watch};

use super::*;
use crate::accounts::target_of;
use crate::cutting::Cutter;
use crate::deliver::{Platforms, RestPolicy, RetryPolicy, Worker, WorkerParts};
use crate::limits::PermitLimits;
use crate::permits::Permits;
use crate::store::{Clippings, DeliveryRecord, NewDelivery, NewShare, ShareId, Store};

const SHORT_LIVED: &str =
    r#"{"access_token":"first","refresh_token":"once","token_type":"Bearer","expires_in":600}"#;
const RENEWED: &str =
    r#"{"access_token":"second","refresh_token":"twice","token_type":"Bearer","expires_in":600}"#;
/// How many deliveries wait.
const WAITING: usize = 50;

/// A site with deliveries of one visitor whose token has ended.
struct Waiting {
    site: Site,
    clippings: Clippings,
    shares: Vec<ShareId>,
}

impl Waiting {
    async fn new() -> Self {
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
        for _ in 0..WAITING {
            let queued = NewDelivery { target: target.clone(), state: DeliveryState::Queued, url: None };
            let share = NewShare {
                clipping: clipping.clone(),
                deliveries: vec![queued],
                ..conformance::new_share(site.clock.now())
            };
            site.store.insert(&share, None).await.expect("inserted");
            shares.push(share.id);
        }
        site.later(600);
        Self { site, clippings, shares }
    }

    async fn delivery(&self, share: &ShareId) -> DeliveryRecord {
        let share = self.site.store.share(share).await.expect("read").expect("a share");
        share.deliveries.into_iter().next().expect("a delivery")
    }

    /// Lets a worker deliver until nobody has been called for a while; gives what became of the deliveries.
    async fn work_off(&self) -> Vec<DeliveryRecord> {
        let worker = Worker::new(
            WorkerParts {
                store: self.site.store.clone(),
                clippings: self.clippings.clone(),
                cutter: Cutter::in_process(Permits::new(&PermitLimits::default()), CropLimits::default()),
                platforms: Platforms::default().with_visitors(Some(self.site.accounts.clone())),
                clock: self.site.clock.clone(),
                random: Arc::new(SystemRandom),
                policy: RetryPolicy::default(),
                rest: RestPolicy::default(),
                is_alone: true,
                public_url: "https://share.example/".parse().expect("a URL"),
            },
            Arc::new(Notify::new()),
        );
        let (stop, stopped) = watch::channel(false);
        let running = tokio::spawn(worker.run(stopped));
        let (mut calls, mut quiet) = (self.site.fake.calls().len(), 0);
        while quiet < 30 {
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

    fn refreshes(&self) -> usize {
        self.site.fake.seen().iter().filter(|seen| seen.field("refresh_token").is_some()).count()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_has_ended_costs_one_renewal_however_many_deliveries_wait() {
    let waiting = Waiting::new().await;
    let fake = &waiting.site.fake;
    fake.reply("/oauth/token", Reply::Late(Duration::from_millis(300), RENEWED));
    for _ in 0..WAITING {
        fake.reply("/api/v2/media", Reply::With(200, &[], r#"{"id":"1"}"#));
        fake.reply("/api/v1/statuses", Reply::With(200, &[], r#"{"id":"2"}"#));
    }
    let all = waiting.work_off().await;
    assert!(all.iter().all(|one| (one.state, one.attempts) == (DeliveryState::Posted, 1)), "{all:?}");
    assert_eq!(waiting.refreshes(), 1);
    let seen = fake.seen();
    let statuses: Vec<_> = seen.iter().filter(|seen| seen.path == "/api/v1/statuses").collect();
    assert_eq!(statuses.len(), WAITING);
    assert!(statuses.iter().all(|seen| seen.headers["authorization"] == "Bearer second"));
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
