//! How long the worker waits: for a platform, at its own end, for a record that is away, and because it was asked to.

use std::time::Duration;

use sqlx::SqliteConnection;

use super::*;
use crate::deliver::pauses::Pauses;
use crate::deliver::recording::RECORD_PACE;
use crate::deliver::rest::Heard;
use crate::deliver::worker::{DRAIN, LEAVING, MAX_POSTING, RENEWAL, deliver, unless_stopped};
use crate::store::{Abandoned, Claim, Outcome, Progress, Rest, Rested, TOO_OLD};

/// Lets the engine's time pass while nothing else happens.
async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

/// A post that no platform answers, under way for as long as a platform may take.
async fn unanswered(site: &Site) -> DeliveryRecord {
    let (platform, mut arrivals) = gate("gate:a", 0, || Ok(Posted::default()));
    let id = site.accept(&["gate:a"]).await;
    let mut worker = Worker::new(site.parts(vec![platform]), site.wake.clone());
    start_all(&mut worker).await;
    arrivals.recv().await.expect("a post");
    pass(MAX_POSTING - Duration::from_secs(1)).await;
    assert_eq!(site.delivery(&id).await.state, DeliveryState::Sending, "it still has a second");
    pass(Duration::from_secs(1)).await;
    let ended = worker.tasks.join_next_with_id().await.expect("one is under way");
    worker.ended(ended);
    site.delivery(&id).await
}

#[tokio::test]
async fn no_platform_holds_a_delivery_for_longer_than_a_minute() {
    let site = Site::new().await;
    let broken_off = unanswered(&site).await;
    assert_eq!(broken_off.state, DeliveryState::Queued);
    let reason = format!("Gate took too long. {}", crate::deliver::LOOK_FIRST);
    assert_eq!(broken_off.reason.as_deref(), Some(reason.as_str()), "it may be posted");
}

#[tokio::test]
async fn a_worker_that_is_to_stop_waits_for_what_is_under_way_for_so_long_and_then_leaves_it() {
    let site = Site::new().await;
    let (platform, mut arrivals) = gate("gate:a", 0, || Ok(Posted::default()));
    let id = site.accept(&["gate:a"]).await;
    let worker = site.start(vec![platform]);
    arrivals.recv().await.expect("a post");
    worker.stop.send(true).expect("it runs");
    tokio::time::sleep(Duration::from_millis(500)).await;
    pass(DRAIN - Duration::from_secs(1)).await;
    assert!(!worker.task.is_finished(), "it still has a second");
    pass(Duration::from_secs(1)).await;
    tokio::time::timeout(Duration::from_secs(10), worker.task).await.expect("it ends").expect("no panic");
    let left = site.delivery(&id).await;
    assert_eq!((left.state, left.attempts), (DeliveryState::Queued, 0), "the next start goes on with it");
    let target = conformance::target("gate:a");
    let claim =
        site.store.claim(&target, site.clock.now(), 1).await.expect("claimed").pop().expect("it is due");
    assert_eq!(claim.broken_off, 0, "it did not end the process");
    assert!(claim.published_at.is_some(), "it may be posted");
}

/// Another process with the record's file.
async fn another(site: &Site) -> SqliteConnection {
    let file = SqliteConnectOptions::new().filename(site.folder.path().join("cutline.db"));
    file.connect().await.expect("the database")
}

/// Lets the record take no change of a delivery for which `when` holds.
async fn refuse(other: &mut SqliteConnection, when: &str) {
    let trigger = format!(
        "CREATE TRIGGER refusing BEFORE UPDATE OF state ON delivery WHEN {when}
         BEGIN SELECT RAISE(FAIL, 'broken'); END"
    );
    sqlx::query(sqlx::AssertSqlSafe(trigger)).execute(other).await.expect("broken");
}

#[tokio::test]
async fn an_outcome_is_written_when_the_record_takes_it_again() {
    let site = Site::new().await;
    let (platform, mut arrivals) = gate("gate:a", 0, || Ok(Posted::default()));
    let id = site.accept(&["gate:a"]).await;
    let worker = site.start(vec![platform.clone()]);
    arrivals.recv().await.expect("a post");
    let mut other = another(&site).await;
    refuse(&mut other, "NEW.state = 'posted'").await;
    platform.open.add_permits(1);
    tokio::time::sleep(RECORD_PACE + RECORD_PACE / 2).await;
    assert_eq!(site.delivery(&id).await.state, DeliveryState::Sending, "the record is broken");
    sqlx::query("DROP TRIGGER refusing").execute(&mut other).await.expect("whole again");
    worker.stop().await;
    assert_eq!(site.delivery(&id).await.state, DeliveryState::Posted);
}

/// A delivery to a platform that is never let go, claimed, and with its picture uploaded when `upload` says so.
async fn claimed(site: &Site, upload: Option<&str>) -> Claim {
    site.accept(&["gate:a"]).await;
    let target = conformance::target("gate:a");
    let mut claims = site.store.claim(&target, site.clock.now(), 1).await.expect("claimed");
    let claim = Claim { upload: upload.map(str::to_owned), ..claims.pop().expect("it is due") };
    if claim.upload.is_some() {
        site.store.note(&claim, &Progress::Upload(claim.upload.clone())).await.expect("noted");
    }
    claim
}

#[tokio::test]
async fn an_account_that_asked_for_a_pause_is_not_called_by_what_is_under_way_already() {
    for upload in [None, Some("picture")] {
        let site = Site::new().await;
        let (platform, mut arrivals) = gate("gate:a", 1, || Ok(Posted::default()));
        let claim = claimed(&site, upload).await;
        let (pauses, until) = (Pauses::default(), conformance::later(30));
        pauses.asks(&claim.target, until);
        let heard = deliver(
            Arc::new(WorkerParts { pauses, ..site.parts(vec![platform]) }),
            claim.clone(),
            site.clock.now(),
        )
        .await;
        assert_eq!(heard, None, "nobody was called");
        assert!(arrivals.try_recv().is_err());
        let put_off = site.delivery(&claim.share_id).await;
        assert_eq!((put_off.state, put_off.due_at), (DeliveryState::Queued, Some(until)));
        assert_eq!(put_off.attempts, 0, "that costs none");
    }
}

#[tokio::test]
async fn an_account_that_asked_for_a_pause_is_not_asked_for_what_may_be_posted() {
    let site = Site::new().await;
    let fake = FakeServer::start().await;
    let claim = {
        let id = site.accept(ALICE).await;
        let target = conformance::target(ALICE[0]);
        let claim = site.store.claim(&target, site.clock.now(), 1).await.expect("claimed").remove(0);
        assert_eq!(claim.share_id, id);
        Claim { upload: Some("7".to_owned()), published_at: Some(site.clock.now()), ..claim }
    };
    // Another delivery is asked for it while this one asks what the server takes.
    fake.reply("/api/v2/instance", Reply::With(429, &[("retry-after", "30")], ""));
    let parts = Arc::new(site.parts(vec![mastodon(&fake)]));
    deliver(Arc::clone(&parts), claim.clone(), site.clock.now()).await.expect("it asks for time");
    assert_eq!(fake.calls(), ["GET /api/v2/instance"]);
    let rests = site.store.rests().await.expect("read");
    let [rest] = &rests[..] else { panic!("{rests:?}") };
    assert!(rest.until >= conformance::later(30), "written down with what waits: {rest:?}");

    let (site, fake) = (Site::new().await, FakeServer::start().await);
    site.accept(ALICE).await;
    let target = conformance::target(ALICE[0]);
    let claim = site.store.claim(&target, site.clock.now(), 1).await.expect("claimed").remove(0);
    let claim = Claim { upload: Some("7".to_owned()), published_at: Some(site.clock.now()), ..claim };
    let (platform, post) = (mastodon(&fake), crate::deliver::fake_server::post());
    let pauses = Pauses::default();
    pauses.asks(&claim.target, conformance::later(30));
    let store: Arc<dyn Store> = Arc::new(site.store.clone());
    let clock: crate::clock::SharedClock = site.clock.clone();
    let attempt = crate::deliver::steps::Attempt {
        store: &store,
        clock: &clock,
        pauses: &pauses,
        platform: platform.as_ref(),
        claim: &claim,
        post: &post,
        may_be_posted: &AtomicBool::new(true),
    };
    let halt = attempt.make().await.expect_err("not now");
    assert!(matches!(halt, crate::deliver::steps::Halt::Paused { may_be_posted: true, .. }), "{halt:?}");
    assert_eq!(fake.calls(), [""; 0], "nor looked for");
}

#[tokio::test]
async fn a_record_that_is_silent_holds_up_the_end_for_a_moment_only() {
    let (stop, stopped) = watch::channel(false);
    tokio::time::pause();
    let begun = tokio::time::Instant::now();
    let waiting = unless_stopped(&stopped, std::future::pending::<()>());
    let stopping = async {
        tokio::time::sleep(Duration::from_secs(20)).await;
        stop.send_replace(true);
    };
    let (done, ()) = tokio::join!(waiting, stopping);
    assert_eq!(done, None);
    // The engine's clock goes by milliseconds.
    assert!(begun.elapsed() < Duration::from_secs(21) + LEAVING, "{:?}", begun.elapsed());
    assert_eq!(unless_stopped(&stopped, async { 7 }).await, Some(7), "one that answers is heard");
}

#[tokio::test]
async fn a_connector_that_panics_while_the_record_takes_nothing_of_it_holds_up_no_other() {
    let site = Site::new().await;
    let (broken, mut arrivals) = gate("broken:a", 100, || panic!("as the test wants it"));
    let (sound, mut sound_arrivals) = gate("sound:b", 100, || Ok(Posted::default()));
    let worker = site.start(vec![broken, sound]);
    let id = site.accept(&["broken:a"]).await;
    let mut other = another(&site).await;
    refuse(&mut other, "NEW.target = 'broken:a' AND NEW.state = 'queued'").await;
    arrivals.recv().await.expect("a post");
    tokio::time::sleep(RECORD_PACE / 2).await;
    let begun = std::time::Instant::now();
    site.accept(&["sound:b"]).await;
    let accepted = begun.elapsed();
    sound_arrivals.recv().await.expect("a post");
    // The record is tried for five seconds; of a disk that takes one of them to accept nothing is told.
    assert!(begun.elapsed() < RECORD_PACE * 4 || accepted > RECORD_PACE, "{:?}", begun.elapsed());
    sqlx::query("DROP TRIGGER refusing").execute(&mut other).await.expect("whole again");
    worker.stop().await;
    assert_eq!(site.delivery(&id).await.state, DeliveryState::Queued, "it is in doubt");
}

#[tokio::test]
async fn a_pause_that_one_delivery_is_asked_for_is_known_to_the_others_before_it_is_recorded() {
    let site = Site::new().await;
    let (platform, _arrivals) = gate("gate:a", 1, || asking(30));
    let claim = claimed(&site, None).await;
    let pauses = Pauses::default();
    let mut other = another(&site).await;
    refuse(&mut other, "true").await;
    let target = claim.target.clone();
    let parts = WorkerParts { pauses: pauses.clone(), ..site.parts(vec![platform]) };
    let delivery = tokio::spawn(deliver(Arc::new(parts), claim, site.clock.now()));
    let is_known = async {
        while pauses.until(&target, site.clock.now()).is_none() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), is_known).await.expect("it is known");
    assert_eq!(pauses.until(&target, site.clock.now()), Some(conformance::later(30)));
    assert!(!delivery.is_finished(), "the record does not take it");
    delivery.abort();
}

#[tokio::test]
async fn what_waits_behind_a_server_that_never_works_ends_after_a_day() {
    let site = Site::new().await;
    let (platform, _arrivals) = gate("gate:a", 100, passing);
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(site.accept(&["gate:a"]).await);
    }
    let mut worker = Worker::new(site.parts(vec![platform]), site.wake.clone());
    let rests = |seconds| Rest {
        of: Rested::Server("gate:a".to_owned()),
        until: conformance::later(seconds),
        failures: 5,
    };
    site.clock.advance(24 * 3600 - 1);
    let young = site.accept(&["gate:a"]).await;
    site.store.rest(&rests(24 * 3600 + 60), site.clock.now()).await.expect("it rests");
    start_all(&mut worker).await;
    for id in &ids {
        assert_eq!(site.delivery(id).await.state, DeliveryState::Queued, "it has a second left");
    }
    site.clock.advance(1);
    start_all(&mut worker).await;
    for id in &ids {
        let ended = site.delivery(id).await;
        assert_eq!((ended.state, ended.reason.as_deref()), (DeliveryState::Failed, Some(TOO_OLD)));
    }
    assert_eq!(site.delivery(&young).await.state, DeliveryState::Queued);
    // Asked for again, it has another day.
    assert_eq!(site.store.retry(&ids[1], Again::EVERYTHING, site.clock.now()).await.expect("retried"), 1);
    start_all(&mut worker).await;
    assert_eq!(site.delivery(&ids[1]).await.state, DeliveryState::Queued);
}

#[tokio::test]
async fn what_waited_for_a_worker_for_days_is_posted_also_after_a_rest() {
    for days in [2, 8] {
        is_posted_after_a_rest(days * 24 * 3600).await;
    }
}

/// The worker was off for so many seconds.
async fn is_posted_after_a_rest(off: i64) {
    let site = Site::new().await;
    let (platform, mut arrivals) = gate("gate:a", 1, || Ok(Posted::default()));
    let id = site.accept(&["gate:a"]).await;
    site.clock.advance(off);
    let asked = Rest {
        of: Rested::Account(conformance::target("gate:a")),
        until: conformance::later(off + 60),
        failures: 0,
    };
    site.store.rest(&asked, site.clock.now()).await.expect("it rests");
    let mut worker = Worker::new(site.parts(vec![platform]), site.wake.clone());
    start_all(&mut worker).await;
    assert_eq!(site.delivery(&id).await.state, DeliveryState::Queued);
    site.clock.advance(60);
    start_all(&mut worker).await;
    arrivals.recv().await.expect("a post");
    worker.drain().await;
    assert_eq!(site.delivery(&id).await.state, DeliveryState::Posted);
}

#[tokio::test]
async fn what_waited_for_a_worker_for_days_is_tried_more_than_once_before_it_is_given_up() {
    for hours in [25, 8 * 24] {
        is_tried_again(hours * 3600).await;
    }
}

/// The worker was off for so many seconds.
async fn is_tried_again(off: i64) {
    let site = Site::new().await;
    let (platform, mut arrivals) = gate("gate:a", 9, || asking(5));
    let id = site.accept(&["gate:a"]).await;
    site.clock.advance(off);
    let (folder, elsewhere) = (site.folder.path().join("clippings"), site.folder.path().join("elsewhere"));
    std::fs::rename(&folder, &elsewhere).expect("away");
    let mut worker = Worker::new(site.parts(vec![platform]), site.wake.clone());
    for is_called in [false, true, true] {
        start_all(&mut worker).await;
        let ended = worker.tasks.join_next_with_id().await.expect("one is under way");
        worker.ended(ended);
        let waiting = site.delivery(&id).await;
        assert_eq!((waiting.state, arrivals.try_recv().is_ok()), (DeliveryState::Queued, is_called));
        if elsewhere.exists() {
            std::fs::rename(&elsewhere, &folder).expect("back");
        }
        site.clock.advance(30);
    }
    site.clock.advance(24 * 3600);
    start_all(&mut worker).await;
    worker.drain().await;
    assert_eq!(site.delivery(&id).await.state, DeliveryState::Failed);
}

#[tokio::test]
async fn a_post_that_was_made_is_known_though_another_looks_for_it_meanwhile() {
    let site = Site::new().await;
    let (platform, mut arrivals) = gate("gate:a", 0, || Ok(Posted::default()));
    let claim = claimed(&site, Some("picture")).await;
    let parts = Arc::new(site.parts(vec![platform.clone()]));
    let late = tokio::spawn(deliver(parts, claim.clone(), site.clock.now()));
    arrivals.recv().await.expect("a post");
    // Its lease ends, another takes it over and looks for the post, and the answer comes.
    site.store.recover(Abandoned::All, site.clock.now()).await.expect("recovered");
    let others = site.store.claim(&claim.target, site.clock.now(), 1).await.expect("claimed").pop();
    platform.open.add_permits(1);
    tokio::time::sleep(RECORD_PACE / 2).await;
    assert!(!late.is_finished(), "it is not its to write");
    let unknown = Outcome::Unknown { reason: "nobody can tell".to_owned() };
    site.store.finish(&others.expect("it is due"), &unknown, site.clock.now()).await.expect("finished");
    late.await.expect("no panic");
    assert_eq!(site.delivery(&claim.share_id).await.state, DeliveryState::Posted);
}

/// A clock of a process that stands still between any two looks at it.
struct Halting(Mutex<Timestamp>);

impl Clock for Halting {
    fn now(&self) -> Timestamp {
        let mut now = self.0.lock().expect("no panic");
        *now += SignedDuration::from_secs(70);
        *now
    }
}

#[tokio::test]
async fn a_process_that_stood_still_before_it_sends_does_not_send() {
    let site = Site::new().await;
    let (platform, mut arrivals) = gate("gate:a", 1, || Ok(Posted::default()));
    let claim = claimed(&site, Some("picture")).await;
    let clock = Arc::new(Halting(Mutex::new(site.clock.now())));
    let parts = WorkerParts { clock, ..site.parts(vec![platform]) };
    let heard = deliver(Arc::new(parts), claim.clone(), site.clock.now()).await;
    assert_eq!(heard, None);
    assert!(arrivals.try_recv().is_err());
    let put_off = site.delivery(&claim.share_id).await;
    assert_eq!((put_off.state, put_off.attempts), (DeliveryState::Queued, 0));
}

#[tokio::test]
async fn a_suspect_is_posted_though_the_record_fails_while_others_are_claimed() {
    let site = Site::new().await;
    let (platform, mut arrivals) = gate("gate:a", 1, || Ok(Posted::default()));
    let suspect = site.accept(&["gate:a"]).await;
    let target = conformance::target("gate:a");
    for _ in 0..2 {
        assert_eq!(site.store.claim(&target, site.clock.now(), 1).await.expect("claimed").len(), 1);
        site.store.recover(Abandoned::All, site.clock.now()).await.expect("recovered");
    }
    let other = site.accept(&["gate:a"]).await;
    // Its first attempt is refused, the third of the suspect is not.
    let mut connection = another(&site).await;
    let trigger = "CREATE TRIGGER refusing BEFORE UPDATE OF attempts ON delivery WHEN NEW.attempts = 1
         BEGIN SELECT RAISE(FAIL, 'broken'); END";
    sqlx::query(trigger).execute(&mut connection).await.expect("broken");
    let mut worker = Worker::new(site.parts(vec![platform]), site.wake.clone());
    worker.agenda.changed();
    worker.start_due().await.expect("started");
    arrivals.recv().await.expect("a post");
    worker.drain().await;
    assert_eq!(site.delivery(&suspect).await.state, DeliveryState::Posted);
    assert_eq!(site.delivery(&other).await.state, DeliveryState::Queued);
}

/// A platform that never says what it takes.
struct Undecided(mpsc::UnboundedSender<()>);

#[async_trait]
impl Platform for Undecided {
    fn target(&self) -> Target {
        let (id, name) = (conformance::target("undecided:a"), "Undecided".to_owned());
        Target { id, name, account: None, icon: String::new(), limits: None }
    }

    async fn prepare(&self) -> Result<(), PostError> {
        let _ = self.0.send(());
        std::future::pending().await
    }

    async fn limits(&self) -> Limits {
        Limits::NONE
    }

    async fn upload(&self, _: &Post) -> Result<String, PostError> {
        unreachable!("it is never ready")
    }

    async fn publish(&self, _: &Post, _: &str) -> Result<Posted, PostError> {
        unreachable!("it is never ready")
    }
}

#[tokio::test]
async fn a_server_that_is_silent_before_anything_is_sent_fails_as_one_that_is_later() {
    let site = Site::new().await;
    let (asked, mut calls) = mpsc::unbounded_channel();
    let id = site.accept(&["undecided:a"]).await;
    let mut worker = Worker::new(site.parts(vec![Arc::new(Undecided(asked))]), site.wake.clone());
    start_all(&mut worker).await;
    calls.recv().await.expect("a question");
    pass(MAX_POSTING).await;
    let (_, heard) = worker.tasks.join_next_with_id().await.expect("one is under way").expect("no panic");
    assert_eq!(heard, Some(Heard::Fails));
    let failed = site.delivery(&id).await;
    assert_eq!((failed.state, failed.attempts), (DeliveryState::Queued, 1));
    assert_eq!(failed.reason.as_deref(), Some("Undecided took too long."));
}

#[tokio::test]
async fn what_is_under_way_stays_ours_however_long_the_worker_is_busy() {
    let site = Site::new().await;
    let (platform, mut arrivals) = gate("gate:a", 0, || Ok(Posted::default()));
    site.accept(&["gate:a"]).await;
    let mut worker = Worker::new(site.parts(vec![platform]), site.wake.clone());
    let _kept = worker.leases.kept(worker.parts.clone());
    start_all(&mut worker).await;
    arrivals.recv().await.expect("a post");
    // From here on nobody drives the worker.
    let mut other = another(&site).await;
    for _ in 0..2 {
        site.clock.advance(40);
        pass(RENEWAL).await;
        let renewed = async {
            let held = "SELECT count(*) FROM delivery WHERE leased_until > $1";
            while sqlx::query_scalar::<_, i64>(held)
                .bind((site.clock.now() + SignedDuration::from_secs(30)).as_millisecond())
                .fetch_one(&mut other)
                .await
                .expect("read")
                == 0
            {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), renewed).await.expect("renewed");
    }
    let left = site.store.recover(Abandoned::Expired, site.clock.now()).await.expect("looked");
    assert_eq!(left, 0, "its lease was renewed");
}
