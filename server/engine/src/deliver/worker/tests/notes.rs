//! The whole way of a share to Nostr and back: the real record, worker and remover, against a relay and a server of pictures that keep
//! what they are told. Whatever gets lost on the way, and wherever this program is killed, there is one note.

use cutline_model::RemovalState;

use super::*;
use crate::deliver::Remover;
use crate::deliver::fake_nostr::{FakeRelay, Pictures, Turn, fake_blossom};

const TARGET: &str = "nostr:pictures@example.org";
const SECRET: &str = "67dea2ed018072d675f5415ecfaed7d2597555e202d85b3d65ea4e58d2d92ffa";

/// One share on its way.
struct Way {
    site: Site,
    relay: FakeRelay,
    blossom: FakeServer,
    pictures: Pictures,
    share: ShareId,
}

impl Way {
    async fn begin(turns: &[Turn]) -> Self {
        let (site, relay) = (Site::new().await, FakeRelay::start().await);
        let (blossom, pictures) = fake_blossom().await;
        relay.turns(turns);
        let share = site.accept(&[TARGET]).await;
        Self { site, relay, blossom, pictures, share }
    }

    /// A connector that has just been made.
    fn platform(&self) -> Arc<dyn Platform> {
        let mut account = account("nostr", self.blossom.url.clone(), "pictures@example.org", SECRET);
        account.servers.insert("relays", vec![self.relay.url.clone()]);
        connector(account, DEFAULT_TIMEOUT).expect("an account")
    }

    /// Turn after turn, each of a worker that has just been started and when it is due, until the delivery has ended.
    async fn end(&self) -> DeliveryRecord {
        for _ in 0..12 {
            let mut worker = Worker::new(self.site.parts(vec![self.platform()]), self.site.wake.clone());
            worker.work_off().await.expect("started");
            worker.drain().await;
            let delivery = self.site.delivery(&self.share).await;
            let Some(due) = delivery.due_at.filter(|_| delivery.state == DeliveryState::Queued) else {
                return delivery;
            };
            let wait = due.duration_since(self.site.clock.now()).as_secs().max(0);
            self.site.clock.advance(wait + 1);
        }
        panic!("it does not end: {:?}", self.site.delivery(&self.share).await);
    }

    /// Deletes the share, and waits until nothing is left to be removed.
    async fn delete(&self) {
        let parts = self.site.remover_parts(vec![self.platform()]);
        let store = &self.site.store;
        store.delete(&self.share, self.site.clock.now()).await.expect("deleted").expect("it was there");
        self.site.clock.advance(600);
        let (stop, stopped) = watch::channel(false);
        let remover = tokio::spawn(Remover::new(parts, Arc::default()).run(stopped));
        loop {
            let removals = store.removals(&self.share).await.expect("read");
            if removals.iter().all(|removal| removal.state != RemovalState::Queued) {
                assert!(
                    removals.iter().all(|removal| removal.state == RemovalState::Removed),
                    "{removals:?}"
                );
                break;
            }
            tokio::task::yield_now().await;
        }
        stop.send(true).expect("it runs");
        remover.await.expect("no panic");
    }
}

#[tokio::test]
async fn whatever_a_relay_does_not_say_there_is_one_note_and_it_goes_with_its_share() {
    for turns in [
        &[][..],
        &[Turn::KeepsAndCloses],
        &[Turn::Closes],
        &[Turn::KeepsAndCloses, Turn::Closes, Turn::Says(false, "rate-limited: slow down"), Turn::Closes],
        &[Turn::Says(false, "error: no database"), Turn::KeepsAndCloses],
    ] {
        let way = Way::begin(turns).await;
        let delivery = way.end().await;
        assert_eq!(delivery.state, DeliveryState::Posted, "{turns:?}: {delivery:?}");
        assert_eq!(way.relay.notes().len(), 1, "{turns:?}");
        assert_eq!(way.blossom.calls(), ["PUT /upload"], "{turns:?}");
        assert!(way.relay.kept().turns.is_empty(), "{turns:?}: all of it happened");
        way.delete().await;
        assert_eq!(way.relay.notes(), [""; 0], "{turns:?}");
        assert!(way.pictures.lock().expect("no panic").is_empty(), "{turns:?}");
    }
}

#[tokio::test]
async fn killed_between_sending_and_writing_it_down_there_is_one_note() {
    for turn in [Turn::KeepsSilently, Turn::Silent] {
        let mut way = Way::begin(&[turn, turn]).await;
        for _ in 0..2 {
            let running = way.site.start(vec![way.platform()]);
            way.relay.arrival("EVENT").await;
            running.task.abort();
            assert!(running.task.await.expect_err("it ends").is_cancelled());
            let delivery = way.site.delivery(&way.share).await;
            assert_eq!(delivery.state, DeliveryState::Sending, "nothing was written down");
        }
        let delivery = way.end().await;
        assert_eq!(delivery.state, DeliveryState::Posted, "{turn:?}: {delivery:?}");
        assert_eq!(way.relay.notes().len(), 1, "{turn:?}");
        let sent = way.relay.kept().heard.iter().filter(|message| message[0] == "EVENT").count();
        assert_eq!(sent, 3, "{turn:?}");
    }
}

#[tokio::test]
async fn a_note_whose_answer_was_lost_is_deleted_with_its_share() {
    let mut way = Way::begin(&[Turn::KeepsSilently]).await;
    let running = way.site.start(vec![way.platform()]);
    way.relay.arrival("EVENT").await;
    while way.relay.notes().is_empty() {
        tokio::task::yield_now().await;
    }
    running.task.abort();
    assert!(running.task.await.expect_err("it ends").is_cancelled());
    way.delete().await;
    assert_eq!(way.relay.notes(), [""; 0]);
    assert!(way.pictures.lock().expect("no panic").is_empty());
}
