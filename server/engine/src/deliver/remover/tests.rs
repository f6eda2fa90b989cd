//! The remover with the real record, against the recording Mastodon server.

use std::sync::Arc;

use cutline_model::RemovalState;
use jiff::Timestamp;
use tokio::sync::watch;

use super::{Remover, RemoverParts};
use crate::clock::Clock;
use crate::deliver::fake_server::{FakeServer, Reply, account, connector};
use crate::deliver::{DEFAULT_TIMEOUT, Platforms, RetryPolicy};
use crate::store::{
    ClippingName, Clippings, NewShare, Outcome, Progress, RemovalRecord, ShareId, SqliteStore, Store,
    SystemRandom, conformance,
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
    _folder: tempfile::TempDir,
    clippings: Clippings,
    store: Arc<SqliteStore>,
    fake: FakeServer,
}

impl Site {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = SqliteStore::open(&folder.path().join("cutline.db")).await.expect("a store");
        let clippings = Clippings::local(folder.path()).await.expect("clippings");
        Self { _folder: folder, clippings, store: Arc::new(store), fake: FakeServer::start().await }
    }

    /// A deleted share whose post is called so, or was sent and got no answer.
    async fn deleted(&self, post_id: Option<&str>) -> ShareId {
        let share = conformance::new_share(conformance::now());
        self.store.insert(&share, None).await.expect("inserted");
        let target = &share.deliveries[1].target;
        let claim = self.store.claim(target, conformance::now(), 1).await.expect("claimed").remove(0);
        let publishing = Progress::Publishing { since: conformance::now() };
        self.store.note(&claim, &publishing).await.expect("noted");
        let outcome = match post_id {
            Some(id) => Outcome::Posted { url: None, post_id: Some(id.to_owned()) },
            None => Outcome::Unknown { reason: "It did not say.".to_owned() },
        };
        self.store.finish(&claim, &outcome, conformance::now()).await.expect("finished");
        self.store.delete(&share.id, conformance::now()).await.expect("deleted").expect("it was there");
        share.id
    }

    /// Works off what is due so many seconds later.
    async fn work_off(&self, seconds: i64) {
        let account = account("mastodon", self.fake.url.clone(), "alice@example.social", "secret-token");
        let mastodon = connector(account, DEFAULT_TIMEOUT).expect("an account");
        let parts = RemoverParts {
            store: self.store.clone(),
            clippings: self.clippings.clone(),
            platforms: Platforms::new(vec![mastodon]).expect("one"),
            clock: Arc::new(SetClock(conformance::later(seconds))),
            random: Arc::new(SystemRandom),
            policy: RetryPolicy::default(),
            public_url: "https://cutline.example/".parse().expect("a URL"),
        };
        let (_stop, stopped) = watch::channel(false);
        Remover::new(parts, Arc::default()).work_off(&stopped).await.expect("worked off");
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
        r#"[{{"id":"7","content":"<a href='https://cutline.example/s/{id}'>it</a>","created_at":"2026-11-23T12:00:01Z"}}]"#
    );
    site.fake.reply(ACCOUNT, Reply::With(200, &[], r#"{"id":"1"}"#));
    site.fake.reply(LATEST, Reply::With(200, &[], status.leak()));
    site.fake.reply(STATUS, Reply::With(200, &[], "{}"));
    site.work_off(60).await;
    assert_eq!(site.fake.calls().last().map(String::as_str), Some("DELETE /api/v1/statuses/7"));
    assert_eq!(site.removal(&id).await.state, RemovalState::Removed);
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
        assert_eq!(site.store.clippings_to_remove().await.expect("read"), []);
    }
}
