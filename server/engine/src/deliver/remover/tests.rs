//! The remover with the real record, against the recording Mastodon server. Long, since the tests share one site.

mod pictures;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use cutline_model::{RemovalState, Target, TargetId};
use cutline_test_servers::S3;
use jiff::Timestamp;
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use tokio::sync::{mpsc, watch};

use super::{DRAIN, Heard, PLACES, Remover, RemoverParts, leftovers, outcome};
use crate::clock::Clock;
use crate::deliver::fake_server::{FakeServer, Reply, account, connector};
use crate::deliver::recording::RECORD_PACE;
use crate::deliver::{
    DEFAULT_TIMEOUT, Limits, Pauses, Platform, Platforms, Post, PostError, Posted, RestPolicy, RetryPolicy,
    Sighting,
};
use crate::store::{
    ClippingName, Clippings, LEASE, NewShare, Outcome, Progress, RemovalOutcome, RemovalRecord, Rest, Rested,
    S3Keys, S3Settings, ShareId, SqliteStore, Store, SystemRandom, conformance,
};

const STATUS: &str = "/api/v1/statuses/7";
const ACCOUNT: &str = "/api/v1/accounts/verify_credentials";
const LATEST: &str = "/api/v1/accounts/1/statuses";

/// A clock that a test sets.
struct SetClock(Timestamp);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}

struct Site {
    folder: tempfile::TempDir,
    clippings: Clippings,
    store: Arc<SqliteStore>,
    fake: FakeServer,
}

impl Site {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = SqliteStore::open(&folder.path().join("cutline.db")).await.expect("a store");
        let clippings = Clippings::local(folder.path()).await.expect("clippings");
        Self { folder, clippings, store: Arc::new(store), fake: FakeServer::start().await }
    }

    /// A deleted share whose post is called so, or was sent and got no answer.
    async fn deleted(&self, post_id: Option<&str>) -> ShareId {
        self.deleted_from("mastodon:alice@example.social", post_id).await
    }

    async fn deleted_from(&self, target: &str, post_id: Option<&str>) -> ShareId {
        let outcome = match post_id {
            Some(id) => Outcome::Posted { url: None, post_id: Some(id.to_owned()) },
            None => Outcome::Unknown { reason: "It did not say.".to_owned() },
        };
        let publishing = Progress::sent_first(conformance::now());
        self.deleted_after(target, &[publishing], &outcome).await
    }

    /// A deleted share that was so far at a target, and ended so there.
    async fn deleted_after(&self, target: &str, progress: &[Progress], outcome: &Outcome) -> ShareId {
        let mut share = conformance::new_share(conformance::now());
        share.deliveries[1].target = conformance::target(target);
        let name = ClippingName::new(&share.clipping.hash, &share.clipping.extension).expect("its name");
        share.clipping.removals = self.store.clipping_removals(&name).await.expect("asked");
        self.store.insert(&share, None).await.expect("inserted");
        let target = &share.deliveries[1].target;
        let claim = self.store.claim(target, conformance::now(), 1).await.expect("claimed").remove(0);
        for step in progress {
            self.store.note(&claim, step).await.expect("noted");
        }
        self.store.finish(&claim, outcome, conformance::now()).await.expect("finished");
        self.store.delete(&share.id, conformance::now()).await.expect("deleted").expect("it was there");
        share.id
    }

    /// Works off what is due so many seconds later.
    async fn work_off(&self, seconds: i64) {
        self.work_off_at(seconds, self.mastodon()).await;
    }

    async fn work_off_at(&self, seconds: i64, platform: Arc<dyn Platform>) {
        let mut remover = Remover::new(self.parts(seconds, vec![platform]), Arc::default());
        remover.start_due().await.expect("started");
        leftovers::remove_due(&remover.parts).await.expect("removed");
        remover.drain(DRAIN).await;
    }

    fn mastodon(&self) -> Arc<dyn Platform> {
        let account = account("mastodon", self.fake.url.clone(), "alice@example.social", "secret-token");
        connector(account, DEFAULT_TIMEOUT).expect("an account")
    }

    fn parts(&self, seconds: i64, platforms: Vec<Arc<dyn Platform>>) -> RemoverParts {
        RemoverParts {
            store: self.store.clone(),
            clippings: self.clippings.clone(),
            platforms: Platforms::new(platforms).expect("different ones"),
            clock: Arc::new(SetClock(conformance::later(seconds))),
            random: Arc::new(SystemRandom),
            policy: RetryPolicy::default(),
            rest: RestPolicy::default(),
            pauses: Pauses::default(),
            public_url: "https://cutline.example/".parse().expect("a URL"),
        }
    }

    async fn removal(&self, id: &ShareId) -> RemovalRecord {
        self.store.removals(id).await.expect("read").remove(0)
    }
}

#[tokio::test]
async fn the_post_of_a_deleted_share_is_removed_by_its_name() {
    let site = Site::new().await;
    site.fake.reply(STATUS, Reply::With(200, &[], "{}"));
    let id = site.deleted(Some("7")).await;
    site.work_off(0).await;
    assert_eq!(site.fake.calls(), ["DELETE /api/v1/statuses/7"]);
    assert_eq!(site.removal(&id).await.state, RemovalState::Removed);
}

#[tokio::test]
async fn a_post_whose_answer_was_lost_is_looked_for_and_removed() {
    let site = Site::new().await;
    let id = site.deleted(None).await;
    let status = format!(
        r#"[{{"id":"7","media_attachments":[{{"id":"1"}}],"content":"<a href='https://cutline.example/s/{id}'>it</a>","created_at":"2026-11-23T12:00:01Z"}}]"#
    );
    site.fake.reply(ACCOUNT, Reply::With(200, &[], r#"{"id":"1"}"#));
    site.fake.reply(LATEST, Reply::With(200, &[], status.leak()));
    site.fake.reply(STATUS, Reply::With(200, &[], "{}"));
    site.work_off(60).await;
    assert_eq!(site.fake.calls().last().map(String::as_str), Some("DELETE /api/v1/statuses/7"));
    assert_eq!(site.removal(&id).await.state, RemovalState::Removed);
}

#[tokio::test]
async fn a_picture_that_was_uploaded_goes_whether_its_post_was_made_or_not() {
    const WORDPRESS: [&str; 2] = ["GET /wp-json/wp/v2/types/post", "DELETE /wp-json/wp/v2/media/7"];
    let busy = Outcome::Retry {
        at: conformance::later(3600),
        reason: "busy".to_owned(),
        is_asked: true,
        may_be_posted: false,
    };
    let refused = || Outcome::Failed { reason: "refused".to_owned() };
    let posted = Outcome::Posted { url: None, post_id: Some("9note".to_owned()) };
    let blog = "https://blog.example.org/a.jpg";
    for (name, upload, outcome, calls, state) in [
        (
            "wordpress:alice@blog.example.org",
            format!("7 {blog}"),
            busy,
            &WORDPRESS[..],
            RemovalState::Removed,
        ),
        (
            "wordpress:alice@blog.example.org",
            format!("7 {blog}"),
            refused(),
            &WORDPRESS,
            RemovalState::Removed,
        ),
        (
            "misskey:alice@misskey.example",
            "9file".to_owned(),
            posted,
            &["POST /api/drive/files/delete", "POST /api/notes/delete"],
            RemovalState::Removed,
        ),
        ("ghost:blog.example.org", blog.to_owned(), refused(), &[], RemovalState::Failed),
        ("mastodon:alice@example.social", "7".to_owned(), refused(), &[], RemovalState::Removed),
    ] {
        let site = Site::new().await;
        for call in calls {
            let path = call.split_once(' ').expect("a path").1;
            site.fake.reply(path, Reply::With(200, &[], "{}"));
        }
        let id = site.deleted_after(name, &[Progress::Upload(Some(upload))], &outcome).await;
        let (platform, account_name) = name.split_once(':').expect("an account");
        let token = if platform == "ghost" { "id:0011223344556677889900aabbccddee" } else { "secret-token" };
        let account = account(platform, site.fake.url.clone(), account_name, token);
        site.work_off_at(0, connector(account, DEFAULT_TIMEOUT).expect("an account")).await;
        let mut seen = site.fake.calls();
        seen.sort_by_key(|call| !call.starts_with("GET") && call.ends_with("notes/delete"));
        assert_eq!(seen, calls, "{name}: {outcome:?}");
        let removal = site.removal(&id).await;
        assert_eq!(removal.state, state, "{name}: {removal:?}");
    }
}

#[tokio::test]
async fn a_post_that_was_never_made_needs_no_removal() {
    let site = Site::new().await;
    let id = site.deleted(None).await;
    site.fake.reply(ACCOUNT, Reply::With(200, &[], r#"{"id":"1"}"#));
    site.fake.reply(LATEST, Reply::With(200, &[], "[]"));
    site.work_off(60).await;
    assert_eq!(site.removal(&id).await.state, RemovalState::Removed);
}

/// A platform that shows posts ten minutes after they were sent at the latest, this one so many looks later, if ever.
struct SlowToShow(TargetId, AtomicUsize, mpsc::UnboundedSender<String>);

#[async_trait]
impl Platform for SlowToShow {
    fn target(&self) -> Target {
        let (id, name) = (self.0.clone(), "Slow".to_owned());
        Target { id, name, account: None, icon: String::new(), limits: None }
    }

    async fn limits(&self) -> Limits {
        Limits::NONE
    }

    async fn upload(&self, _: &Post) -> Result<String, PostError> {
        unreachable!("nothing is posted")
    }

    async fn publish(&self, _: &Post, _: &str) -> Result<Posted, PostError> {
        unreachable!("nothing is posted")
    }

    async fn find(&self, _: &str, _: Timestamp) -> Result<Sighting, PostError> {
        let _ = self.2.send("find".to_owned());
        Ok(match self.1.fetch_sub(1, Ordering::Relaxed) {
            1 => Sighting::There(Posted { url: None, id: Some("7".to_owned()) }),
            _ => Sighting::NotThere,
        })
    }

    fn appears_within(&self) -> Duration {
        Duration::from_mins(10)
    }

    async fn remove(&self, post_id: &str) -> Result<(), PostError> {
        let _ = self.2.send(format!("remove {post_id}"));
        Ok(())
    }
}

#[tokio::test]
async fn a_post_that_was_on_its_way_when_its_share_was_deleted_is_removed_when_it_appears() {
    // Due first two minutes after the deletion: for one it may still be sent. From then on once a minute, until it would be there.
    for (comes_at_look, looks, removed) in
        [(1, 1, Some("remove 7")), (4, 4, Some("remove 7")), (99, 10, None)]
    {
        let site = Site::new().await;
        let target = conformance::target("slow:a");
        let mut share = conformance::new_share(conformance::now());
        share.deliveries[1].target = target.clone();
        site.store.insert(&share, None).await.expect("inserted");
        let claim = site.store.claim(&target, conformance::now(), 1).await.expect("claimed").remove(0);
        site.store.note(&claim, &Progress::sent_first(conformance::now())).await.expect("noted");
        site.store.delete(&share.id, conformance::now()).await.expect("deleted").expect("it was there");
        let (calls, mut called) = mpsc::unbounded_channel();
        let platform: Arc<dyn Platform> =
            Arc::new(SlowToShow(target, AtomicUsize::new(comes_at_look), calls));
        for minute in 0..15 {
            site.work_off_at(60 * minute, platform.clone()).await;
            let waiting = site.removal(&share.id).await;
            let is_done = minute > looks;
            let state = if is_done { RemovalState::Removed } else { RemovalState::Queued };
            assert_eq!(waiting.state, state, "{comes_at_look}: minute {minute}");
        }
        let mut expected = vec!["find".to_owned(); usize::try_from(looks).expect("a number")];
        expected.extend(removed.map(str::to_owned));
        let mut made = Vec::new();
        while let Ok(call) = called.try_recv() {
            made.push(call);
        }
        assert_eq!(made, expected);
    }
}

#[tokio::test]
async fn a_platform_in_trouble_is_asked_again_and_one_that_refuses_is_not() {
    let site = Site::new().await;
    let id = site.deleted(Some("7")).await;
    site.fake.reply(STATUS, Reply::With(503, &[], ""));
    site.work_off(0).await;
    let waiting = site.removal(&id).await;
    let reason = Some("127.0.0.1 has a problem at the moment (503).".to_owned());
    assert_eq!((waiting.state, waiting.reason), (RemovalState::Queued, reason));
    site.fake.reply(STATUS, Reply::With(403, &[], r#"{"error":"not yours"}"#));
    site.work_off(2).await;
    let failed = site.removal(&id).await;
    let reason = Some("127.0.0.1 refused the post: not yours".to_owned());
    assert_eq!((failed.state, failed.reason), (RemovalState::Failed, reason));
    site.work_off(9999).await;
    assert_eq!(site.fake.calls().len(), 2);
}

#[tokio::test]
async fn what_cannot_be_looked_for_is_for_a_person_to_remove() {
    let site = Site::new().await;
    let id = site.deleted(None).await;
    site.work_off(60).await;
    let failed = site.removal(&id).await;
    let reason = Some("It is not known whether there is a post. Look there, and remove it.".to_owned());
    assert_eq!((failed.state, failed.reason), (RemovalState::Failed, reason));
}

/// A platform of which nothing can be seen, and from which nothing can be removed.
struct Blind;

#[async_trait]
impl Platform for Blind {
    fn target(&self) -> Target {
        let (id, name) = (conformance::target("blind:a"), "Blind".to_owned());
        Target { id, name, account: None, icon: String::new(), limits: None }
    }

    async fn limits(&self) -> Limits {
        Limits::NONE
    }

    async fn upload(&self, _: &Post) -> Result<String, PostError> {
        unreachable!("nothing is posted")
    }

    async fn publish(&self, _: &Post, _: &str) -> Result<Posted, PostError> {
        unreachable!("nothing is posted")
    }
}

#[tokio::test]
async fn a_removal_that_calls_nobody_says_nothing_of_the_server() {
    let site = Site::new().await;
    for (post_id, said) in [
        (Some("7"), "Posts there cannot be removed from here. Remove it there."),
        (None, "It is not known whether there is a post. Look there, and remove it."),
    ] {
        site.deleted_from("blind:a", post_id).await;
        let target = conformance::target("blind:a");
        let due = site.store.claim_removal(&target, conformance::later(60)).await;
        let removal = due.expect("asked").expect("due");
        let (outcome, heard) = outcome(&site.parts(60, vec![Arc::new(Blind)]), &removal).await;
        assert_eq!((outcome, heard), (RemovalOutcome::Failed { reason: said.to_owned() }, None));
    }
}

#[tokio::test]
async fn a_clipping_that_could_not_be_removed_at_once_goes_later_unless_another_share_has_it_by_then() {
    for is_needed_again in [false, true] {
        let site = Site::new().await;
        let size = cutline_model::Size::new(3, 2).expect("a size");
        let clipping = site.clippings.put(b"a clipping"[..].into(), "png", size).await.expect("stored");
        let name = ClippingName::new(&clipping.hash, &clipping.extension).expect("its name");
        let share = || NewShare { clipping: clipping.clone(), ..conformance::new_share(conformance::now()) };
        let (first, second) = (share(), share());
        site.store.insert(&first, None).await.expect("inserted");
        site.store.delete(&first.id, conformance::now()).await.expect("deleted").expect("it was there");
        if is_needed_again {
            site.store.insert(&second, None).await.expect("inserted");
        }
        site.work_off(0).await;
        assert_eq!(site.clippings.has(&name).await.expect("looked"), is_needed_again);
        assert_eq!(site.store.clippings_to_remove(conformance::later(9999)).await.expect("read"), []);
    }
}

/// A platform that never answers; it tells who was to be removed.
struct Hanging {
    target: TargetId,
    calls: mpsc::UnboundedSender<String>,
}

#[async_trait]
impl Platform for Hanging {
    fn target(&self) -> Target {
        Target {
            id: self.target.clone(),
            name: "Hanging".to_owned(),
            account: None,
            icon: String::new(),
            limits: None,
        }
    }

    fn server(&self) -> String {
        "https://hanging.example".to_owned()
    }

    async fn limits(&self) -> Limits {
        Limits::NONE
    }

    async fn upload(&self, _: &Post) -> Result<String, PostError> {
        unreachable!("nothing is posted")
    }

    async fn publish(&self, _: &Post, _: &str) -> Result<Posted, PostError> {
        unreachable!("nothing is posted")
    }

    async fn remove(&self, post_id: &str) -> Result<(), PostError> {
        let _ = self.calls.send(post_id.to_owned());
        std::future::pending().await
    }
}

/// Waits until the removal of a share has come to an end.
async fn removed(site: &Site, id: &ShareId) {
    while site.removal(id).await.state != RemovalState::Removed {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_platform_that_never_answers_is_left_within_a_lease_and_asked_again() {
    let site = Site::new().await;
    site.deleted_from("hanging:a", Some("7")).await;
    let target = conformance::target("hanging:a");
    let removal = site.store.claim_removal(&target, conformance::now()).await.expect("asked").expect("due");
    let (calls, _called) = mpsc::unbounded_channel();
    let parts = site.parts(0, vec![Arc::new(Hanging { target, calls })]);
    // From here on nothing but the limit has to do with time.
    tokio::time::pause();
    let outcome = tokio::time::timeout(LEASE.unsigned_abs(), outcome(&parts, &removal)).await;
    let (outcome, heard) = outcome.expect("it ends before another process takes the removal");
    let RemovalOutcome::Retry { reason, is_asked: false, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!((&*reason, heard), ("Hanging took too long.", Some(Heard::Fails)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_hangs_holds_up_its_own_removals_only() {
    let site = Site::new().await;
    let accounts = ["hanging:a", "hanging:b", "hanging:c", "hanging:d", "hanging:e"];
    for account in accounts {
        for number in 0..PLACES.target + 3 {
            site.deleted_from(account, Some(&format!("post {number}"))).await;
        }
    }
    site.fake.reply(STATUS, Reply::With(200, &[], "{}"));
    let id = site.deleted(Some("7")).await;
    let (calls, mut called) = mpsc::unbounded_channel();
    let hanging = |account| -> Arc<dyn Platform> {
        Arc::new(Hanging { target: conformance::target(account), calls: calls.clone() })
    };
    let platforms = accounts.map(hanging).into_iter().chain([site.mastodon()]).collect();
    let mut remover = Remover::new(site.parts(0, platforms), Arc::default());
    remover.start_due().await.expect("started");
    removed(&site, &id).await;
    remover.start_due().await.expect("started");
    remover.tasks.shutdown().await;
    let mut count = 0;
    while called.try_recv().is_ok() {
        count += 1;
    }
    assert_eq!(count, PLACES.server, "and not all of them at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_s3_is_away_posts_are_removed_and_clippings_wait() {
    let s3 = S3::start();
    s3.bucket("parts");
    let keys = S3Keys { id: S3::KEY.to_owned(), secret: S3::SECRET.to_owned(), session_token: None };
    let settings = S3Settings {
        bucket: "parts".to_owned(),
        prefix: String::new(),
        endpoint: Some(s3.url().parse().expect("a URL")),
        region: "us-east-1".to_owned(),
        keys: Some(keys),
    };
    let clippings = Clippings::s3(&settings).await.expect("clippings");
    let site = Site { clippings, ..Site::new().await };
    site.fake.reply(STATUS, Reply::With(200, &[], "{}"));
    let id = site.deleted(Some("7")).await;
    s3.refuse(u32::MAX);
    let before = s3.requests();
    let (stop, stopped) = watch::channel(false);
    let parts = site.parts(0, vec![site.mastodon()]);
    let running = tokio::spawn(Remover::new(parts, Arc::default()).run(stopped));
    removed(&site, &id).await;
    while s3.requests() == before {
        tokio::task::yield_now().await;
    }
    let left = site.store.clippings_to_remove(conformance::now()).await.expect("read");
    assert_eq!(left.len(), 1, "it goes when S3 is back");
    stop.send_replace(true);
    running.await.expect("it ends at once");
}

#[tokio::test]
async fn an_account_that_asks_for_a_pause_is_not_called_by_other_removals_and_loses_no_attempt() {
    let site = Site::new().await;
    let first = site.deleted(Some("7")).await;
    // Oftener than attempts are made.
    let pauses = RetryPolicy::default().max_attempts + 1;
    let mut seconds = 0;
    for pause in 1..=pauses {
        site.fake.reply(STATUS, Reply::With(429, &[("retry-after", "3600")], ""));
        site.work_off(seconds).await;
        assert_eq!(site.removal(&first).await.state, RemovalState::Queued, "pause {pause}");
        seconds += 3600 + 360;
    }
    let calls = site.fake.calls().len();
    assert_eq!(calls, usize::try_from(pauses).expect("a number"));
    let second = site.deleted(Some("7")).await;
    site.work_off(seconds - 1800).await;
    assert_eq!(site.fake.calls().len(), calls, "the pause is in the record");
    site.fake.reply(STATUS, Reply::With(200, &[], "{}"));
    let target = conformance::target("mastodon:alice@example.social");
    let due = site.store.due_removals().await.expect("asked");
    assert_eq!(due.iter().map(|due| &due.target).collect::<Vec<_>>(), [&target]);
    site.work_off(seconds).await;
    for id in [&first, &second] {
        assert_eq!(site.removal(id).await.state, RemovalState::Removed);
    }
}

#[tokio::test]
async fn a_removal_that_ends_the_process_each_time_is_given_up() {
    let site = Site::new().await;
    let id = site.deleted(Some("7")).await;
    let target = conformance::target("mastodon:alice@example.social");
    for turn in 0..12 {
        let now = conformance::later(60 * turn);
        site.store.claim_removal(&target, now).await.expect("asked").expect("it is due again");
    }
    site.work_off(60 * 12).await;
    let failed = site.removal(&id).await;
    let reason = "The server stopped at each of 12 attempts. Remove the post there.";
    assert_eq!((failed.state, failed.reason.as_deref()), (RemovalState::Failed, Some(reason)));
    assert_eq!(site.fake.calls(), [""; 0]);
}

#[tokio::test]
async fn a_pause_that_one_removal_is_asked_for_holds_for_the_next_at_once() {
    let site = Site::new().await;
    for _ in 0..3 {
        site.deleted(Some("7")).await;
    }
    site.fake.reply(STATUS, Reply::With(429, &[("retry-after", "3600")], ""));
    for _ in 0..2 {
        site.fake.reply(STATUS, Reply::With(200, &[], "{}"));
    }
    let mut remover = Remover::new(site.parts(0, vec![site.mastodon()]), Arc::default());
    remover.start_due().await.expect("started");
    while let Some(ended) = remover.tasks.join_next_with_id().await {
        let (id, heard) = ended.expect("no panic");
        // That one was asked to wait the remover has not heard yet.
        let heard = heard.filter(|heard| !matches!(heard, Heard::Asks(_)));
        remover.ended(Ok((id, heard)));
    }
    let calls = site.fake.calls().len();
    remover.start_due().await.expect("looked");
    assert_eq!((remover.tasks.len(), site.fake.calls().len()), (0, calls), "whoever is left waits");
    assert!(calls <= 2, "{calls}: those that went side by side");
    let rests = site.store.rests().await.expect("read");
    assert_eq!(rests.len(), 1, "written down with what waits: {rests:?}");
}

/// A platform where a post is found, and whose account is asked meanwhile, by another, not to be called.
struct Pausing(Pauses, TargetId);

#[async_trait]
impl Platform for Pausing {
    fn target(&self) -> Target {
        let (id, name) = (self.1.clone(), "Pausing".to_owned());
        Target { id, name, account: None, icon: String::new(), limits: None }
    }

    async fn limits(&self) -> Limits {
        Limits::NONE
    }

    async fn upload(&self, _: &Post) -> Result<String, PostError> {
        unreachable!("nothing is posted")
    }

    async fn publish(&self, _: &Post, _: &str) -> Result<Posted, PostError> {
        unreachable!("nothing is posted")
    }

    async fn find(&self, _: &str, _: Timestamp) -> Result<Sighting, PostError> {
        self.0.asks(&self.1, conformance::later(90));
        Ok(Sighting::There(Posted { url: None, id: Some("7".to_owned()) }))
    }

    async fn remove(&self, _: &str) -> Result<(), PostError> {
        panic!("an early call")
    }
}

#[tokio::test]
async fn a_removal_looks_for_a_pause_before_each_call() {
    let site = Site::new().await;
    let target = conformance::target("pausing:a");
    site.deleted_from("pausing:a", None).await;
    let claim = async || site.store.claim_removal(&target, conformance::later(60)).await.expect("asked");
    let removal = claim().await.expect("due");
    let pauses = Pauses::default();
    let platform: Arc<dyn Platform> = Arc::new(Pausing(pauses.clone(), target.clone()));
    let parts = RemoverParts { pauses, ..site.parts(60, vec![platform]) };
    for _ in ["before it is removed", "before it is looked for"] {
        let (outcome, heard) = outcome(&parts, &removal).await;
        assert_eq!(heard, None, "nothing new is heard");
        let RemovalOutcome::Retry { at, is_asked, .. } = outcome else { panic!("{outcome:?}") };
        assert_eq!((at, is_asked), (conformance::later(90), true));
    }
}

#[tokio::test]
async fn a_post_at_a_target_that_one_of_two_processes_does_not_know_yet_is_removed_by_the_other() {
    let site = Site::new().await;
    let id = site.deleted(Some("7")).await;
    let unknown = async |seconds| {
        let mut remover = Remover::new(site.parts(seconds, Vec::new()), Arc::default());
        remover.start_due().await.expect("started");
        remover.drain(DRAIN).await;
        site.removal(&id).await
    };
    assert_eq!(unknown(0).await.state, RemovalState::Queued);
    let late = unknown(600).await;
    let reason = "This site no longer posts there. Remove the post there.";
    assert_eq!((late.state, late.reason.as_deref()), (RemovalState::Failed, Some(reason)));
    let other = site.deleted(Some("7")).await;
    site.fake.reply(STATUS, Reply::With(200, &[], "{}"));
    site.work_off(0).await;
    assert_eq!(site.removal(&other).await.state, RemovalState::Removed);
}

#[tokio::test]
async fn what_is_to_be_removed_from_a_server_that_rests_ends_when_it_is_too_old() {
    let site = Site::new().await;
    let ids = [site.deleted(Some("7")).await, site.deleted(Some("8")).await];
    let day = 24 * 3600;
    let rest = Rest {
        of: Rested::Server(site.mastodon().server()),
        until: conformance::later(2 * day),
        failures: 5,
    };
    site.store.rest(&rest, conformance::now()).await.expect("it rests");
    for (seconds, state) in [(day - 1, RemovalState::Queued), (day, RemovalState::Failed)] {
        site.work_off(seconds).await;
        for id in &ids {
            assert_eq!(site.removal(id).await.state, state);
        }
    }
    assert_eq!(site.fake.calls(), [""; 0]);
}

#[tokio::test]
async fn what_came_of_a_removal_is_written_when_the_record_takes_it_again() {
    let site = Site::new().await;
    let id = site.deleted(Some("7")).await;
    let mut other = SqliteConnectOptions::new()
        .filename(site.folder.path().join("cutline.db"))
        .connect()
        .await
        .expect("the database");
    let refusing = "CREATE TRIGGER refusing BEFORE UPDATE OF state ON removal WHEN NEW.state = 'removed'
                    BEGIN SELECT RAISE(FAIL, 'broken'); END";
    sqlx::query(refusing).execute(&mut other).await.expect("broken");
    site.fake.reply(STATUS, Reply::With(200, &[], "{}"));
    let mut remover = Remover::new(site.parts(0, vec![site.mastodon()]), Arc::default());
    remover.start_due().await.expect("started");
    tokio::time::sleep(RECORD_PACE + RECORD_PACE / 2).await;
    assert_eq!(site.removal(&id).await.state, RemovalState::Queued);
    sqlx::query("DROP TRIGGER refusing").execute(&mut other).await.expect("whole again");
    remover.drain(DRAIN).await;
    assert_eq!(site.removal(&id).await.state, RemovalState::Removed);
    assert_eq!(site.fake.calls().len(), 1);
}
