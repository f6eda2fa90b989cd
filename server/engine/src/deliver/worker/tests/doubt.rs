//! What the worker does when an attempt broke off: at each step, on a platform that knows repetitions, on one where posts
//! can be looked for, and on one that can do neither. Long, since all are of that one platform.

use std::collections::VecDeque;
use std::time::Duration;

use super::*;
use crate::deliver::Sighting;
use crate::deliver::recording::RECORD_PACE;
use crate::store::{Abandoned, Again, Claim, MAX_APPEARING, MAX_PER_TARGET, Progress, TOO_OLD};

/// What a platform can do, and what it has done.
#[derive(Default)]
struct Network {
    knows_repetitions_for: Duration,
    notices_repetitions_after: Duration,
    /// How long its posts may take to appear, where that is longer than usual.
    appears_within: Option<Duration>,
    /// What looking for the post shows, one after the other; then that nobody can tell.
    sightings: Mutex<VecDeque<Result<Sighting, PostError>>>,
    /// Whether there is no way at all to look for it.
    is_blind: bool,
    /// How uploading ends, in the same way as publishing.
    uploads: Mutex<VecDeque<PostError>>,
    /// How long it works on a picture each time that it is asked, one after the other; then it is ready.
    waits: Mutex<VecDeque<u64>>,
    /// Whether it knows nothing of pictures that are in a post.
    is_taken: bool,
    /// How publishing ends, one after the other; then well.
    answers: Mutex<VecDeque<PostError>>,
    /// In which post a picture of an earlier attempt is, one after the other; then in none.
    by_upload: Mutex<VecDeque<Result<Option<Posted>, PostError>>>,
    /// How discarding a picture ends, in the same way.
    discards: Mutex<VecDeque<PostError>>,
    calls: Mutex<Vec<String>>,
    told: Option<mpsc::UnboundedSender<()>>,
}

impl Network {
    fn call(&self, call: String) {
        self.calls.lock().expect("no panic").push(call);
        if let Some(told) = &self.told {
            let _ = told.send(());
        }
    }

    fn calls(&self) -> Vec<String> {
        self.calls.lock().expect("no panic").clone()
    }
}

#[async_trait]
impl Platform for Network {
    fn target(&self) -> Target {
        Target {
            id: conformance::target(NETWORK[0]),
            name: "Network".to_owned(),
            account: None,
            icon: String::new(),
            limits: None,
        }
    }

    async fn limits(&self) -> Limits {
        Limits::NONE
    }

    async fn upload(&self, _: &Post) -> Result<String, PostError> {
        let count = self.calls().iter().filter(|call| call.starts_with("upload")).count();
        let id = format!("picture {}", count + 1);
        if let Some(error) = self.uploads.lock().expect("no panic").pop_front() {
            self.call("no upload".to_owned());
            return Err(error);
        }
        self.call(format!("upload {id}"));
        Ok(id)
    }

    async fn ready(&self, _: &str) -> Result<Option<Duration>, PostError> {
        if self.is_taken {
            let (reason, detail) = ("There is no such picture.".to_owned(), String::new());
            return Err(PostError::Final { reason, detail });
        }
        Ok(self.waits.lock().expect("no panic").pop_front().map(Duration::from_secs))
    }

    async fn publish(&self, _: &Post, upload: &str) -> Result<Posted, PostError> {
        self.call(format!("publish {upload}"));
        self.answers.lock().expect("no panic").pop_front().map_or(Ok(Posted::default()), Err)
    }

    async fn find(&self, _: &str, _: Timestamp) -> Result<Sighting, PostError> {
        if self.is_blind {
            return Ok(Sighting::NoWay);
        }
        self.call("find".to_owned());
        let next = self.sightings.lock().expect("no panic").pop_front();
        next.unwrap_or_else(|| Ok(Sighting::CannotTell { detail: "blind".to_owned() }))
    }

    fn appears_within(&self) -> Duration {
        self.appears_within.unwrap_or(MAX_APPEARING)
    }

    async fn find_by_upload(&self, _: &Post, _: &str) -> Result<Option<Posted>, PostError> {
        self.by_upload.lock().expect("no panic").pop_front().unwrap_or(Ok(None))
    }

    async fn discard(&self, upload: &str) -> Result<(), PostError> {
        self.call(format!("discard {upload}"));
        self.discards.lock().expect("no panic").pop_front().map_or(Ok(()), Err)
    }

    async fn knows_repetitions_for(&self, upload: Option<&str>) -> Duration {
        if upload == Some("picture of another token") { Duration::ZERO } else { self.knows_repetitions_for }
    }

    async fn notices_repetitions_after(&self) -> Duration {
        self.notices_repetitions_after
    }
}

const NETWORK: &[&str] = &["network:a"];
const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn a_mastodon_that_has_trouble_with_each_repetition_is_believed_what_it_shows() {
    const INSTANCE: &str = "/api/v2/instance";
    const ACCOUNT: &str = "/api/v1/accounts/verify_credentials";
    const LATEST: &str = "/api/v1/accounts/7/statuses";
    let (site, fake) = (Site::new().await, FakeServer::start().await);
    let mastodon = mastodon(&fake);
    fake.reply(INSTANCE, Reply::With(200, &[], r#"{"version":"4.5.0"}"#));
    // The status is made, and its answer lost; a repetition would be noticed, and answered with a 500.
    fake.reply(STATUSES, Reply::Drop);
    for _ in 0..12 {
        fake.reply(STATUSES, Reply::With(500, &[], "<html>"));
    }
    let id = site.accept(ALICE).await;
    let page = format!(
        r#"[{{"id":"9","url":"https://example.social/@alice/9","created_at":"{}",
             "media_attachments":[{{"id":"1"}}],"content":"<a href=\"https://cutline.example/s/{id}\">x</a>"}}]"#,
        site.clock.now()
    );
    fake.reply(ACCOUNT, Reply::With(200, &[], r#"{"id":"7"}"#));
    fake.reply(LATEST, Reply::With(200, &[], page.leak()));
    for _ in 0..3 {
        let mut worker = Worker::new(site.parts(vec![mastodon.clone()]), site.wake.clone());
        worker.work_off().await.expect("started");
        worker.drain().await;
        site.clock.advance(70);
    }
    let done = site.delivery(&id).await;
    assert_eq!(
        (done.state, done.url.as_deref()),
        (DeliveryState::Posted, Some("https://example.social/@alice/9")),
        "{:?}",
        fake.calls()
    );
    assert_eq!(site.store.rests().await.expect("read"), [], "its server works");
}

/// A share that is claimed, and then left as a crash leaves it.
async fn left_behind(site: &Site, progress: &[Progress]) -> ShareId {
    let id = site.accept(NETWORK).await;
    let claim = claim(site).await;
    for step in progress {
        site.store.note(&claim, step).await.expect("noted");
    }
    id
}

async fn claim(site: &Site) -> Claim {
    let target = conformance::target(NETWORK[0]);
    site.store.claim(&target, site.clock.now(), 1).await.expect("claimed").remove(0)
}

fn uploaded() -> Progress {
    Progress::Upload(Some("picture 1".to_owned()))
}

fn publishing() -> Progress {
    Progress::sent_first(conformance::now())
}

/// One turn of a worker that has just been started.
async fn turn(site: &Site, network: &Arc<Network>) {
    let mut worker = Worker::new(site.parts(vec![network.clone()]), site.wake.clone());
    worker.work_off().await.expect("started");
    worker.drain().await;
}

fn unknown() -> PostError {
    PostError::Unknown { reason: "It did not say.".to_owned(), detail: String::new() }
}

#[tokio::test]
async fn what_broke_off_before_it_was_sent_is_posted_and_no_picture_is_uploaded_twice() {
    for (progress, calls) in
        [(&[][..], &["upload picture 1", "publish picture 1"][..]), (&[uploaded()], &["publish picture 1"])]
    {
        let (site, network) = (Site::new().await, Arc::new(Network::default()));
        let id = left_behind(&site, progress).await;
        turn(&site, &network).await;
        assert_eq!(network.calls(), calls);
        let done = site.delivery(&id).await;
        assert_eq!((done.state, done.attempts, done.reason), (DeliveryState::Posted, 2, None));
    }
}

#[tokio::test]
async fn what_may_be_posted_and_is_not_seen_is_sent_again_where_a_repetition_is_known() {
    for sighting in [
        None,
        Some(Ok(Sighting::NotThere)),
        Some(Ok(Sighting::NoWay)),
        Some(Err(refused())),
        Some(Err(busy())),
    ] {
        let knows = Network { knows_repetitions_for: HOUR, ..Network::default() };
        knows.sightings.lock().expect("no panic").extend(sighting);
        let (site, network) = (Site::new().await, Arc::new(knows));
        let id = left_behind(&site, &[uploaded(), publishing()]).await;
        site.clock.advance(3599);
        turn(&site, &network).await;
        assert_eq!(network.calls(), ["find", "publish picture 1"]);
        assert_eq!(site.delivery(&id).await.state, DeliveryState::Posted);
    }
}

#[tokio::test]
async fn what_is_the_same_for_ever_is_sent_again_and_not_looked_for() {
    let (site, network) =
        (Site::new().await, Arc::new(Network { knows_repetitions_for: Duration::MAX, ..Network::default() }));
    let id = left_behind(&site, &[uploaded(), publishing()]).await;
    turn(&site, &network).await;
    assert_eq!(network.calls(), ["publish picture 1"]);
    assert_eq!(site.delivery(&id).await.state, DeliveryState::Posted);
}

#[tokio::test]
async fn a_pause_that_is_asked_for_while_looking_is_kept() {
    let knows = Network { knows_repetitions_for: HOUR, ..Network::default() };
    let pause = Some(Duration::from_secs(60));
    let asks = PostError::Passing { reason: "busy".to_owned(), detail: String::new(), retry_after: pause };
    knows.sightings.lock().expect("no panic").push_back(Err(asks));
    let (site, network) = (Site::new().await, Arc::new(knows));
    let id = left_behind(&site, &[uploaded(), publishing()]).await;
    turn(&site, &network).await;
    assert_eq!(network.calls(), ["find"]);
    assert_eq!(site.delivery(&id).await.state, DeliveryState::Queued);
}

#[tokio::test]
async fn what_is_seen_is_not_sent_again_though_a_repetition_is_known() {
    let knows = Network { knows_repetitions_for: HOUR, ..Network::default() };
    let there = Posted { url: None, id: Some("1".to_owned()) };
    knows.sightings.lock().expect("no panic").push_back(Ok(Sighting::There(there)));
    let (site, network) = (Site::new().await, Arc::new(knows));
    let id = left_behind(&site, &[uploaded(), publishing()]).await;
    turn(&site, &network).await;
    assert_eq!(network.calls(), ["find"]);
    assert_eq!(site.delivery(&id).await.state, DeliveryState::Posted);
}

#[tokio::test]
async fn a_picture_that_is_uploaded_for_a_repetition_is_waited_for_as_often_as_it_takes() {
    let knows = Network { knows_repetitions_for: HOUR, ..Network::default() };
    knows.waits.lock().expect("no panic").extend([120, 120]);
    let (site, network) = (Site::new().await, Arc::new(knows));
    let id = left_behind(&site, &[publishing()]).await;
    turn(&site, &network).await;
    assert_eq!(network.calls(), ["find", "upload picture 1"]);
    let waiting = site.delivery(&id).await;
    assert_eq!(waiting.state, DeliveryState::Queued);
    // And up to a tenth more, so that not all come at once.
    let due = conformance::later(120)..=conformance::later(132);
    assert!(waiting.due_at.is_some_and(|at| due.contains(&at)), "{:?}", waiting.due_at);
    site.clock.advance(132);
    turn(&site, &network).await;
    assert_eq!(network.calls(), ["find", "upload picture 1", "find"], "it is still worked on");
    site.clock.advance(132);
    turn(&site, &network).await;
    assert_eq!(network.calls(), ["find", "upload picture 1", "find", "find", "publish picture 1"]);
    assert_eq!(site.delivery(&id).await.state, DeliveryState::Posted);
}

#[tokio::test]
async fn a_picture_that_is_in_a_post_already_is_no_reason_not_to_repeat_it() {
    let knows = Network { knows_repetitions_for: HOUR, is_taken: true, ..Network::default() };
    let (site, network) = (Site::new().await, Arc::new(knows));
    let id = left_behind(&site, &[uploaded(), publishing()]).await;
    turn(&site, &network).await;
    assert_eq!(network.calls(), ["find", "publish picture 1"]);
    assert_eq!(site.delivery(&id).await.state, DeliveryState::Posted);
}

#[tokio::test]
async fn a_repetition_waits_until_the_first_sending_is_written_down_there() {
    let minute = Duration::from_secs(60);
    let knows =
        Network { knows_repetitions_for: HOUR, notices_repetitions_after: minute, ..Network::default() };
    let (site, network) = (Site::new().await, Arc::new(knows));
    let id = left_behind(&site, &[uploaded(), publishing()]).await;
    site.clock.advance(59);
    turn(&site, &network).await;
    assert_eq!(network.calls(), [""; 0], "the first may still be worked on");
    let waiting = site.delivery(&id).await;
    assert_eq!((waiting.state, waiting.due_at), (DeliveryState::Queued, Some(conformance::later(60))));
    site.clock.advance(1);
    // The answer of the repetition gets lost too: it may still be worked on for as long.
    network.answers.lock().expect("no panic").push_back(unknown());
    for (seconds, calls) in [(0, 2), (59, 2), (1, 4)] {
        site.clock.advance(seconds);
        turn(&site, &network).await;
        assert_eq!(network.calls().len(), calls, "{:?}", network.calls());
    }
    assert_eq!(network.calls(), ["find", "publish picture 1", "find", "publish picture 1"]);
    assert_eq!(site.delivery(&id).await.state, DeliveryState::Posted);
}

#[tokio::test]
async fn what_was_sent_again_just_now_may_appear_though_the_first_sending_was_long_ago() {
    let knows = Network { knows_repetitions_for: HOUR, ..Network::default() };
    knows.sightings.lock().expect("no panic").push_back(Ok(Sighting::NotThere));
    let (site, network) = (Site::new().await, Arc::new(knows));
    let again = Progress::sent_again(conformance::now(), conformance::later(3590));
    let id = left_behind(&site, &[uploaded(), again]).await;
    site.clock.advance(3600);
    turn(&site, &network).await;
    assert_eq!(network.calls(), ["find"]);
    let waiting = site.delivery(&id).await;
    assert_eq!((waiting.state, waiting.due_at), (DeliveryState::Queued, Some(conformance::later(3650))));
}

#[tokio::test]
async fn who_waits_before_a_repetition_says_nothing_of_the_server() {
    let minute = Duration::from_secs(60);
    let knows =
        Network { knows_repetitions_for: HOUR, notices_repetitions_after: minute, ..Network::default() };
    let (site, network) = (Site::new().await, Arc::new(knows));
    left_behind(&site, &[uploaded(), publishing()]).await;
    site.store.recover(Abandoned::All, site.clock.now()).await.expect("recovered");
    let claim = claim(&site).await;
    let parts = Arc::new(site.parts(vec![network.clone()]));
    assert_eq!(super::super::deliver(parts, claim, site.clock.now()).await, None);
    assert_eq!(network.calls(), [""; 0]);
}

#[tokio::test]
async fn a_repetition_is_not_tried_where_another_token_sent_the_first() {
    let knows = Network { knows_repetitions_for: HOUR, ..Network::default() };
    let there = Posted { url: None, id: Some("1".to_owned()) };
    knows.sightings.lock().expect("no panic").push_back(Ok(Sighting::There(there)));
    let (site, network) = (Site::new().await, Arc::new(knows));
    let uploaded = Progress::Upload(Some("picture of another token".to_owned()));
    let id = left_behind(&site, &[uploaded, publishing()]).await;
    turn(&site, &network).await;
    assert_eq!(network.calls(), ["find"]);
    assert_eq!(site.delivery(&id).await.state, DeliveryState::Posted);
}

#[tokio::test]
async fn a_repetition_is_not_tried_after_the_platform_has_forgotten() {
    let (site, network) =
        (Site::new().await, Arc::new(Network { knows_repetitions_for: HOUR, ..Network::default() }));
    let id = left_behind(&site, &[uploaded(), publishing()]).await;
    site.clock.advance(3600);
    turn(&site, &network).await;
    assert_eq!(network.calls(), ["find"]);
    assert_eq!(site.delivery(&id).await.state, DeliveryState::Unknown);
}

#[tokio::test]
async fn what_is_found_is_posted_and_nothing_is_sent() {
    let network = Network::default();
    let url = Some("https://network.example/1".to_owned());
    network
        .sightings
        .lock()
        .expect("no panic")
        .push_back(Ok(Sighting::There(Posted { url: url.clone(), id: None })));
    let (site, network) = (Site::new().await, Arc::new(network));
    let id = left_behind(&site, &[uploaded(), publishing()]).await;
    turn(&site, &network).await;
    assert_eq!(network.calls(), ["find"]);
    let done = site.delivery(&id).await;
    assert_eq!((done.state, done.url), (DeliveryState::Posted, url));
}

#[tokio::test]
async fn what_the_platform_took_is_looked_for_as_long_as_it_may_appear_and_never_sent_again_by_itself() {
    let network = slow_to_show();
    network.answers.lock().expect("no panic").push_back(taken());
    network.sightings.lock().expect("no panic").extend((0..11).map(|_| Ok(Sighting::NotThere)));
    let (site, network) = (Site::new().await, Arc::new(network));
    let id = site.accept(NETWORK).await;
    let sent = || network.calls().iter().filter(|call| call.starts_with("publish")).count();
    turn(&site, &network).await;
    for _ in 0..10 {
        let waiting = site.delivery(&id).await;
        assert_eq!((waiting.state, waiting.attempts), (DeliveryState::Queued, 0), "that costs no attempt");
        site.clock.advance(61);
        turn(&site, &network).await;
        assert_eq!(sent(), 1, "{:?}", network.calls());
    }
    assert_eq!(site.delivery(&id).await.state, DeliveryState::Unknown, "a person looks");
    site.clock.advance(60);
    site.store.retry(&id, Again::EVERYTHING, site.clock.now()).await.expect("who did");
    turn(&site, &network).await;
    assert_eq!((sent(), site.delivery(&id).await.state), (2, DeliveryState::Posted));

    // It comes up after a minute and a half.
    let network = slow_to_show();
    network.answers.lock().expect("no panic").push_back(taken());
    let there = Posted { url: None, id: Some("1".to_owned()) };
    let looks = [Ok(Sighting::NotThere), Ok(Sighting::There(there))];
    network.sightings.lock().expect("no panic").extend(looks);
    let (site, network) = (Site::new().await, Arc::new(network));
    let id = site.accept(NETWORK).await;
    for _ in 0..3 {
        turn(&site, &network).await;
        site.clock.advance(61);
    }
    assert_eq!(network.calls(), ["upload picture 1", "publish picture 1", "find", "find"]);
    assert_eq!(site.delivery(&id).await.state, DeliveryState::Posted);
}

/// A platform that shows posts ten minutes after they were sent at the latest.
fn slow_to_show() -> Network {
    Network { appears_within: Some(Duration::from_mins(10)), ..Network::default() }
}

fn taken() -> PostError {
    PostError::Taken { reason: "It did not say.".to_owned(), detail: String::new() }
}

#[tokio::test]
async fn what_was_taken_is_looked_for_within_seconds() {
    let network = slow_to_show();
    network.answers.lock().expect("no panic").push_back(taken());
    let there = Posted { url: None, id: Some("1".to_owned()) };
    network.sightings.lock().expect("no panic").push_back(Ok(Sighting::There(there)));
    let (site, network) = (Site::new().await, Arc::new(network));
    let id = site.accept(NETWORK).await;
    turn(&site, &network).await;
    site.clock.advance(5);
    turn(&site, &network).await;
    assert_eq!(network.calls(), ["upload picture 1", "publish picture 1", "find"]);
    assert_eq!(site.delivery(&id).await.state, DeliveryState::Posted);
}

#[tokio::test]
async fn the_word_that_a_post_was_taken_is_written_when_the_record_takes_it_again() {
    let network = slow_to_show();
    network.answers.lock().expect("no panic").push_back(taken());
    network.sightings.lock().expect("no panic").extend((0..2).map(|_| Ok(Sighting::NotThere)));
    let (site, network) = (Site::new().await, Arc::new(network));
    let mut other = SqliteConnectOptions::new()
        .filename(site.folder.path().join("cutline.db"))
        .connect()
        .await
        .expect("the database");
    let refusing = "CREATE TRIGGER refusing BEFORE UPDATE ON delivery WHEN NEW.taken_at IS NOT NULL
                    BEGIN SELECT RAISE(FAIL, 'broken'); END";
    sqlx::query(refusing).execute(&mut other).await.expect("broken");
    let id = site.accept(NETWORK).await;
    let mut worker = Worker::new(site.parts(vec![network.clone()]), site.wake.clone());
    worker.work_off().await.expect("started");
    tokio::time::sleep(RECORD_PACE + RECORD_PACE / 2).await;
    assert_eq!(site.delivery(&id).await.state, DeliveryState::Sending);
    sqlx::query("DROP TRIGGER refusing").execute(&mut other).await.expect("whole again");
    worker.drain().await;
    // Whoever does not know it would send it again after that.
    site.clock.advance(3600);
    turn(&site, &network).await;
    assert_eq!(network.calls(), ["upload picture 1", "publish picture 1", "find"]);
    assert_eq!(site.delivery(&id).await.state, DeliveryState::Unknown);
}

#[tokio::test]
async fn that_a_post_was_taken_is_not_forgotten_when_another_is_refused() {
    let network = slow_to_show();
    network.answers.lock().expect("no panic").extend([taken(), refused()]);
    network.sightings.lock().expect("no panic").extend((0..2).map(|_| Ok(Sighting::NotThere)));
    let (site, network) = (Site::new().await, Arc::new(network));
    let id = site.accept(NETWORK).await;
    let taken_at = Some(site.clock.now());
    for _ in 0..2 {
        turn(&site, &network).await;
        site.clock.advance(3600);
    }
    for again in ["the visitor looked", "and looked again"] {
        assert_eq!(site.delivery(&id).await.state, DeliveryState::Unknown, "{again}");
        site.store.retry(&id, Again::EVERYTHING, site.clock.now()).await.expect(again);
        if again == "the visitor looked" {
            turn(&site, &network).await;
        }
    }
    assert_eq!(claim(&site).await.taken_at, taken_at, "{:?}", network.calls());
}

#[tokio::test]
async fn what_may_appear_late_is_sent_again_only_when_it_would_be_there() {
    let network = slow_to_show();
    network.sightings.lock().expect("no panic").extend((0..20).map(|_| Ok(Sighting::NotThere)));
    let (site, network) = (Site::new().await, Arc::new(network));
    let id = left_behind(&site, &[uploaded(), publishing()]).await;
    // Once a minute.
    for _ in 0..10 {
        turn(&site, &network).await;
        assert_eq!(site.delivery(&id).await.state, DeliveryState::Queued);
        site.clock.advance(60);
    }
    assert_eq!(network.calls(), ["find"; 10]);
    turn(&site, &network).await;
    assert_eq!(network.calls()[10..], ["find", "publish picture 1"]);
    assert_eq!(site.delivery(&id).await.state, DeliveryState::Posted);
}

#[tokio::test]
async fn what_is_not_there_a_minute_after_it_was_sent_is_sent() {
    let network = Network::default();
    network.sightings.lock().expect("no panic").extend([Ok(Sighting::NotThere), Ok(Sighting::NotThere)]);
    let (site, network) = (Site::new().await, Arc::new(network));
    let id = left_behind(&site, &[uploaded(), publishing()]).await;
    turn(&site, &network).await;
    let waiting = site.delivery(&id).await;
    assert_eq!((waiting.state, waiting.due_at), (DeliveryState::Queued, Some(conformance::later(60))));
    site.clock.advance(60);
    turn(&site, &network).await;
    assert_eq!(network.calls(), ["find", "find", "publish picture 1"]);
    assert_eq!(site.delivery(&id).await.state, DeliveryState::Posted);
}

#[tokio::test]
async fn what_nobody_can_tell_is_unknown_and_never_sent_again_by_itself() {
    let (site, network) = (Site::new().await, Arc::new(Network::default()));
    network.answers.lock().expect("no panic").push_back(unknown());
    let id = site.accept(NETWORK).await;
    turn(&site, &network).await;
    assert_eq!(site.delivery(&id).await.state, DeliveryState::Queued, "it will be looked for");
    for _ in 0..3 {
        site.clock.advance(4000);
        turn(&site, &network).await;
    }
    assert_eq!(network.calls(), ["upload picture 1", "publish picture 1", "find"]);
    let unknown = site.delivery(&id).await;
    let reason =
        "Network did not say whether it took the post. Look there first; if it is not there, try again.";
    assert_eq!((unknown.state, unknown.reason.as_deref()), (DeliveryState::Unknown, Some(reason)));

    site.store.retry(&id, Again::EVERYTHING, site.clock.now()).await.expect("the visitor looked");
    turn(&site, &network).await;
    // It is looked for all the same, where that can be done; and the visitor's word settles this doubt, not the next.
    assert_eq!(network.calls()[3..], ["find", "upload picture 2", "publish picture 2"]);
    assert_eq!(site.delivery(&id).await.state, DeliveryState::Posted);
}

fn busy() -> PostError {
    PostError::Passing { reason: "busy".to_owned(), detail: String::new(), retry_after: None }
}

/// A delivery of which nobody can tell whether it is posted, and which the visitor asks for again.
async fn asked_for_again(site: &Site, network: &Arc<Network>) -> ShareId {
    network.answers.lock().expect("no panic").push_back(unknown());
    let id = site.accept(NETWORK).await;
    for _ in 0..2 {
        turn(site, network).await;
        site.clock.advance(4000);
    }
    assert_eq!(site.delivery(&id).await.state, DeliveryState::Unknown);
    site.store.retry(&id, Again::EVERYTHING, site.clock.now()).await.expect("the visitor looked");
    network.calls.lock().expect("no panic").clear();
    id
}

#[tokio::test]
async fn what_fails_when_it_is_sent_again_does_not_settle_whether_it_was_posted_before() {
    for (upload, post, calls) in [
        (Some(busy()), None, &["find", "no upload", "find", "upload picture 1", "publish picture 1"][..]),
        (
            None,
            Some(busy()),
            &["find", "upload picture 1", "publish picture 1", "find", "publish picture 1"][..],
        ),
    ] {
        let (site, network) = (Site::new().await, Arc::new(Network::default()));
        let id = asked_for_again(&site, &network).await;
        network.uploads.lock().expect("no panic").extend(upload);
        network.answers.lock().expect("no panic").extend(post);
        turn(&site, &network).await;
        assert_eq!(site.delivery(&id).await.state, DeliveryState::Queued);
        site.clock.advance(60);
        turn(&site, &network).await;
        // The picture of the post that may be there is left alone.
        assert_eq!(network.calls(), calls);
        assert_eq!(site.delivery(&id).await.state, DeliveryState::Posted);
    }
}

#[tokio::test]
async fn what_is_refused_when_it_is_sent_again_may_be_posted_before_and_is_removed_with_its_share() {
    for is_upload in [true, false] {
        let (site, network) = (Site::new().await, Arc::new(Network::default()));
        let id = asked_for_again(&site, &network).await;
        let refuses = if is_upload { &network.uploads } else { &network.answers };
        refuses.lock().expect("no panic").push_back(refused());
        turn(&site, &network).await;
        let unknown = site.delivery(&id).await;
        assert_eq!((unknown.state, unknown.reason.as_deref()), (DeliveryState::Unknown, Some("No.")));
        let again = site.store.retry(&id, Again::default(), site.clock.now()).await.expect("asked");
        assert_eq!(site.delivery(&id).await.state, DeliveryState::Unknown, "{again:?}: not by anybody");
        site.store.delete(&id, site.clock.now()).await.expect("deleted");
        let target = conformance::target(NETWORK[0]);
        let claimed = site.store.claim_removal(&target, conformance::later(9999)).await;
        let removal = claimed.expect("asked").expect("there may be a post");
        assert_eq!((removal.upload, removal.sent_at), (None, conformance::now()));
    }
}

#[tokio::test]
async fn nothing_waits_for_ever_however_often_the_program_is_started_again() {
    const HALF_A_DAY: i64 = 12 * 3600;
    let (site, network) = (Site::new().await, Arc::new(Network::default()));
    network.waits.lock().expect("no panic").extend([3600; 20]);
    let id = site.accept(NETWORK).await;
    for start in 0..14 {
        turn(&site, &network).await;
        assert_eq!(site.delivery(&id).await.state, DeliveryState::Queued, "{start}");
        site.clock.advance(HALF_A_DAY);
    }
    // A week: from now on there are some hours for it after each start.
    let mut worker = Worker::new(site.parts(vec![network.clone()]), site.wake.clone());
    for (hours, state) in [(0, DeliveryState::Queued), (3, DeliveryState::Queued), (1, DeliveryState::Failed)]
    {
        site.clock.advance(hours * 3600 + 360);
        start_all(&mut worker).await;
        let ended = worker.tasks.join_next_with_id().await.expect("one is under way");
        worker.ended(ended);
        assert_eq!(site.delivery(&id).await.state, state, "{hours}");
    }
    let ended = site.delivery(&id).await;
    assert_eq!(ended.attempts, 1, "{:?}", ended.reason);
    assert!(ended.reason.is_some_and(|reason| reason.ends_with(TOO_OLD)));
}

#[tokio::test]
async fn what_the_platform_works_on_waits_as_long_as_it_says_and_fails_nobody() {
    let (site, network) = (Site::new().await, Arc::new(Network::default()));
    network.waits.lock().expect("no panic").extend([120; 20]);
    let id = site.accept(NETWORK).await;
    for _ in 0..20 {
        turn(&site, &network).await;
        let waiting = site.delivery(&id).await;
        assert_eq!((waiting.state, waiting.attempts), (DeliveryState::Queued, 0), "no attempt is lost");
        let due = waiting.due_at.expect("a time").duration_since(site.clock.now()).as_secs();
        assert!((120..=132).contains(&due), "{due}");
        // Others to this account go on meanwhile.
        assert_eq!(site.store.rests().await.expect("read"), []);
        site.clock.advance(132);
    }
    turn(&site, &network).await;
    assert_eq!(network.calls(), ["upload picture 1", "publish picture 1"]);
    assert_eq!(site.delivery(&id).await.state, DeliveryState::Posted);
}

#[tokio::test]
async fn an_attempt_that_calls_nobody_says_nothing_of_the_server() {
    let (site, network) = (Site::new().await, Arc::new(Network { is_blind: true, ..Network::default() }));
    network.answers.lock().expect("no panic").extend((0..9).map(|_| unknown()));
    let mut worker = Worker::new(site.parts(vec![network.clone()]), site.wake.clone());
    let work_off = async |worker: &mut Worker| {
        start_all(worker).await;
        while let Some(ended) = worker.tasks.join_next_with_id().await {
            worker.ended(ended);
            start_all(worker).await;
        }
    };
    let mut ids = Vec::new();
    // The answer of each is lost, and then nobody can be asked what became of it.
    for _ in 0..5 {
        ids.push(site.accept(NETWORK).await);
        work_off(&mut worker).await;
        site.clock.advance(3);
    }
    let calls = network.calls();
    assert_eq!(calls.iter().filter(|call| call.starts_with("publish")).count(), 5, "{calls:?}");
    let rests = async || site.store.rests().await.expect("read").len();
    assert_eq!(rests().await, 1, "five failures in a row");
    assert_eq!(site.delivery(&ids[4]).await.state, DeliveryState::Queued, "it may be posted");
    // That is the one with which the server is tried after its rest.
    site.clock.advance(30);
    work_off(&mut worker).await;
    for id in &ids {
        assert_eq!(site.delivery(id).await.state, DeliveryState::Unknown);
    }
    assert_eq!((rests().await, network.calls()), (1, calls));
}

#[tokio::test]
async fn a_refusal_of_what_was_sent_before_settles_nothing() {
    let refused = PostError::Final { reason: "used already".to_owned(), detail: String::new() };
    let (site, network) =
        (Site::new().await, Arc::new(Network { knows_repetitions_for: HOUR, ..Network::default() }));
    network.answers.lock().expect("no panic").push_back(refused);
    let id = left_behind(&site, &[uploaded(), publishing()]).await;
    turn(&site, &network).await;
    assert_eq!(network.calls(), ["find", "publish picture 1"]);
    assert_eq!(site.delivery(&id).await.state, DeliveryState::Unknown);
}

#[tokio::test]
async fn a_picture_that_the_platform_no_longer_has_is_uploaded_again() {
    let refused = PostError::Final { reason: "no such picture".to_owned(), detail: String::new() };
    let (site, network) = (Site::new().await, Arc::new(Network::default()));
    network.answers.lock().expect("no panic").push_back(refused);
    let id = left_behind(&site, &[uploaded()]).await;
    turn(&site, &network).await;
    assert_eq!(
        network.calls(),
        ["publish picture 1", "discard picture 1", "upload picture 1", "publish picture 1"]
    );
    assert_eq!(site.delivery(&id).await.state, DeliveryState::Posted);
}

fn refused() -> PostError {
    PostError::Final { reason: "No.".to_owned(), detail: String::new() }
}

#[tokio::test]
async fn a_picture_that_is_in_a_post_after_all_is_not_uploaded_again() {
    let posted = Posted { url: Some("https://network.example/1".to_owned()), id: Some("1".to_owned()) };
    for (by_upload, state) in
        [(Ok(Some(posted)), DeliveryState::Posted), (Err(unknown()), DeliveryState::Queued)]
    {
        // The refusal of a picture that was kept, and a visitor who sends a refused post again.
        let (site, network) = (Site::new().await, Arc::new(Network::default()));
        network.answers.lock().expect("no panic").push_back(refused());
        network.by_upload.lock().expect("no panic").push_back(by_upload.clone());
        let id = left_behind(&site, &[uploaded()]).await;
        turn(&site, &network).await;
        assert_eq!(network.calls(), ["publish picture 1"]);
        assert_eq!(site.delivery(&id).await.state, state);

        let (site, network) = (Site::new().await, Arc::new(Network::default()));
        network.answers.lock().expect("no panic").push_back(refused());
        network.by_upload.lock().expect("no panic").push_back(by_upload);
        let id = site.accept(NETWORK).await;
        turn(&site, &network).await;
        site.store.retry(&id, Again::default(), site.clock.now()).await.expect("queued");
        turn(&site, &network).await;
        assert_eq!(network.calls(), ["upload picture 1", "publish picture 1"]);
        assert_eq!(site.delivery(&id).await.state, state);
    }
}

#[tokio::test]
async fn a_picture_that_is_spent_is_uploaded_again_by_the_next_attempt() {
    let spent = || PostError::Spent { reason: "It has expired.".to_owned(), detail: String::new() };
    let (site, network) = (Site::new().await, Arc::new(Network::default()));
    network.answers.lock().expect("no panic").extend([spent(), spent()]);
    let id = left_behind(&site, &[uploaded()]).await;
    turn(&site, &network).await;
    let queued = site.delivery(&id).await;
    assert_eq!((queued.state, queued.attempts), (DeliveryState::Queued, 2), "it counts as an attempt");
    assert_eq!(queued.reason.as_deref(), Some("It has expired."));
    for _ in 0..2 {
        site.clock.advance(60);
        turn(&site, &network).await;
    }
    let calls = ["publish picture 1", "discard picture 1", "upload picture 1", "publish picture 1"];
    let again = ["discard picture 1", "upload picture 2", "publish picture 2"];
    assert_eq!(network.calls(), [&calls[..], &again].concat());
    assert_eq!(site.delivery(&id).await.state, DeliveryState::Posted);
}

#[tokio::test]
async fn however_often_a_post_is_refused_and_sent_again_one_picture_is_there() {
    let (site, network) = (Site::new().await, Arc::new(Network::default()));
    let id = site.accept(NETWORK).await;
    for _ in 0..2 {
        network.answers.lock().expect("no panic").push_back(refused());
        turn(&site, &network).await;
        assert_eq!(site.delivery(&id).await.state, DeliveryState::Failed);
        site.store.retry(&id, Again::default(), site.clock.now()).await.expect("queued");
    }
    // A picture that cannot be removed now is no reason to wait for, one that can be later is.
    network.discards.lock().expect("no panic").extend([
        PostError::Passing { reason: "busy".to_owned(), detail: String::new(), retry_after: None },
        refused(),
    ]);
    turn(&site, &network).await;
    assert_eq!(site.delivery(&id).await.state, DeliveryState::Queued);
    site.clock.advance(60);
    turn(&site, &network).await;
    assert_eq!(site.delivery(&id).await.state, DeliveryState::Posted);
    assert_eq!(
        network.calls(),
        [
            "upload picture 1",
            "publish picture 1",
            "discard picture 1",
            "upload picture 2",
            "publish picture 2",
            "discard picture 2",
            "discard picture 2",
            "upload picture 3",
            "publish picture 3"
        ]
    );
    site.store.delete(&id, site.clock.now()).await.expect("deleted");
    let mut left = Vec::new();
    let target = conformance::target(NETWORK[0]);
    while let Some(removal) = site.store.claim_removal(&target, site.clock.now()).await.expect("asked") {
        left.extend(removal.upload);
    }
    left.sort();
    assert_eq!(left, ["picture 2", "picture 3"], "what may be there still");
}

#[tokio::test]
async fn a_share_that_ends_the_process_each_time_is_given_up_after_three_attempts() {
    let (site, network) = (Site::new().await, Arc::new(Network::default()));
    let id = site.accept(NETWORK).await;
    for _ in 0..2 {
        claim(&site).await;
        site.store.recover(Abandoned::All, site.clock.now()).await.expect("recovered");
    }
    let suspect = site.store.claim_suspect(&conformance::target(NETWORK[0]), site.clock.now()).await;
    suspect.expect("claimed").expect("it is due");
    site.store.recover(Abandoned::All, site.clock.now()).await.expect("recovered");
    turn(&site, &network).await;
    assert_eq!(network.calls(), [""; 0]);
    let failed = site.delivery(&id).await;
    let reason = "The server stopped at each of 3 attempts in a row.";
    assert_eq!((failed.state, failed.reason.as_deref()), (DeliveryState::Failed, Some(reason)));
}

#[tokio::test]
async fn what_was_under_way_beside_a_share_that_ends_the_process_is_posted_one_after_the_other() {
    let site = Site::new().await;
    let (platform, mut arrivals) = gate("gate:a", 0, || Ok(Posted::default()));
    let target = conformance::target("gate:a");
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(site.accept(&["gate:a"]).await);
    }
    for _ in 0..2 {
        assert_eq!(site.store.claim(&target, site.clock.now(), 4).await.expect("claimed").len(), 3);
        site.store.recover(Abandoned::All, site.clock.now()).await.expect("recovered");
    }
    ids.push(site.accept(&["gate:a"]).await);
    let mut worker = Worker::new(site.parts(vec![platform.clone()]), site.wake.clone());
    start_all(&mut worker).await;
    assert_eq!(worker.tasks.len(), 2, "one that may be to blame, and what is new");
    for left in [2, 1, 1, 0] {
        arrivals.recv().await.expect("a post");
        platform.open.add_permits(1);
        let ended = worker.tasks.join_next_with_id().await.expect("one is under way");
        worker.ended(ended);
        start_all(&mut worker).await;
        assert!(worker.tasks.len() <= left.max(1), "{left}: no two suspects at once");
    }
    worker.drain().await;
    for id in &ids {
        assert_eq!(site.delivery(id).await.state, DeliveryState::Posted);
    }
}

#[tokio::test]
async fn a_suspect_at_a_target_without_a_free_place_is_posted_when_there_is_one() {
    let site = Site::new().await;
    let (platform, mut arrivals) = gate("gate:a", 0, || Ok(Posted::default()));
    let suspect = site.accept(&["gate:a"]).await;
    let target = conformance::target("gate:a");
    for _ in 0..2 {
        site.clock.advance(70);
        site.store.recover(Abandoned::Expired, site.clock.now()).await.expect("recovered");
        assert_eq!(site.store.claim(&target, site.clock.now(), 1).await.expect("claimed").len(), 1);
    }
    site.clock.advance(30);
    for _ in 0..MAX_PER_TARGET {
        site.accept(&["gate:a"]).await;
    }
    let mut worker = Worker::new(site.parts(vec![platform.clone()]), site.wake.clone());
    start_all(&mut worker).await;
    assert_eq!(worker.tasks.len() + 1, MAX_PER_TARGET as usize, "one is under way elsewhere");
    site.clock.advance(31);
    // Its lease has ended, and its place is given to another before it is taken over.
    start_all(&mut worker).await;
    assert_eq!(worker.tasks.len(), MAX_PER_TARGET as usize);
    worker.leases.renew(&worker.parts).await;
    worker.looks_for_suspects = true;
    assert_eq!(site.delivery(&suspect).await.state, DeliveryState::Queued, "its lease has ended twice");
    start_all(&mut worker).await;
    arrivals.recv().await.expect("a post");
    platform.open.add_permits(1);
    let ended = worker.tasks.join_next_with_id().await.expect("one is under way");
    worker.ended(ended);
    start_all(&mut worker).await;
    assert_eq!(site.delivery(&suspect).await.state, DeliveryState::Sending);
    platform.open.add_permits(MAX_PER_TARGET as usize);
    worker.drain().await;
    assert_eq!(site.delivery(&suspect).await.state, DeliveryState::Posted);
}

#[tokio::test]
async fn an_attempt_that_was_taken_over_sends_nothing() {
    let (site, network) = (Site::new().await, Arc::new(Network::default()));
    site.accept(NETWORK).await;
    let claim = claim(&site).await;
    site.store.recover(Abandoned::All, site.clock.now()).await.expect("recovered");
    let heard =
        super::super::deliver(Arc::new(site.parts(vec![network.clone()])), claim, site.clock.now()).await;
    assert_eq!((heard, network.calls()), (None, vec!["upload picture 1".to_owned()]));
    turn(&site, &network).await;
    assert_eq!(network.calls()[1..], ["discard picture 1", "upload picture 2", "publish picture 2"]);
}

#[tokio::test]
async fn what_takes_longer_than_its_lease_is_renewed() {
    let site = Site::new().await;
    let (platform, mut arrivals) = gate("gate:a", 0, || Ok(Posted::default()));
    let id = site.accept(&["gate:a"]).await;
    let mut worker = Worker::new(site.parts(vec![platform.clone()]), site.wake.clone());
    start_all(&mut worker).await;
    arrivals.recv().await.expect("a post");
    for _ in 0..10 {
        site.clock.advance(40);
        worker.leases.renew(&worker.parts).await;
    }
    assert_eq!(site.delivery(&id).await.state, DeliveryState::Sending);
    platform.open.add_permits(1);
    worker.drain().await;
    assert_eq!(site.delivery(&id).await.state, DeliveryState::Posted);
}

#[tokio::test]
async fn what_another_process_left_is_taken_over_when_its_lease_has_ended() {
    let (told, mut calls) = mpsc::unbounded_channel();
    let (site, network) = (Site::new().await, Arc::new(Network { told: Some(told), ..Network::default() }));
    let id = left_behind(&site, &[uploaded()]).await;
    let shared = || WorkerParts { is_alone: false, ..site.parts(vec![network.clone()]) };
    let worker = site.start_with(shared());
    worker.stop().await;
    assert_eq!(site.delivery(&id).await.state, DeliveryState::Sending, "it may be at work");
    site.clock.advance(60);
    let worker = site.start_with(shared());
    calls.recv().await.expect("a call");
    worker.stop().await;
    assert_eq!(network.calls(), ["publish picture 1"]);
    assert_eq!(site.delivery(&id).await.state, DeliveryState::Posted);
}

#[tokio::test]
async fn nothing_is_started_before_what_a_crash_left_is_taken_over() {
    let (site, network) = (Site::new().await, Arc::new(Network::default()));
    let mut worker = Worker::new(site.parts(vec![network.clone()]), site.wake.clone());
    site.store.close().await;
    worker.work_off().await.expect_err("the record is away");
    assert_eq!(worker.left_behind, Some(Abandoned::All), "it is tried again");
}
