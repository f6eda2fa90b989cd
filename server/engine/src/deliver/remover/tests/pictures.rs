//! A picture that several shares have at a place which keeps it once.

use super::*;
use crate::deliver::fake_nostr::{FakeRelay, fake_blossom};
use crate::deliver::fake_server::post;

/// The secret key of the examples of NIP-19.
const SECRET: &str = "67dea2ed018072d675f5415ecfaed7d2597555e202d85b3d65ea4e58d2d92ffa";

#[tokio::test]
async fn a_picture_that_a_waiting_note_will_show_stays_until_its_share_is_deleted_too() {
    let (site, relay) = (Site::new().await, FakeRelay::start().await);
    let (blossom, pictures) = fake_blossom().await;
    let mut account = account("nostr", blossom.url.clone(), "pictures@example.org", SECRET);
    account.servers.insert("relays", vec![relay.url.clone()]);
    let nostr = connector(account, DEFAULT_TIMEOUT).expect("an account");
    let target = nostr.target().id;
    let uploaded = async |description: &str| {
        let post = Post { description: description.to_owned(), ..post() };
        Progress::Upload(Some(nostr.upload(&post).await.expect("uploaded")))
    };
    let mut waiting = conformance::new_share(conformance::now());
    waiting.deliveries[1].target = target.clone();
    site.store.insert(&waiting, None).await.expect("inserted");
    let claim = site.store.claim(&target, conformance::now(), 1).await.expect("claimed").remove(0);
    site.store.note(&claim, &uploaded("It waits").await).await.expect("noted");
    let retry = Outcome::Retry {
        at: conformance::later(60),
        reason: "Its relay is away.".to_owned(),
        is_asked: false,
        may_be_posted: false,
    };
    site.store.finish(&claim, &retry, conformance::now()).await.expect("finished");

    let failed = Outcome::Failed { reason: "It was refused.".to_owned() };
    let first = site.deleted_after(target.as_str(), &[uploaded("It goes").await], &failed).await;
    site.work_off_at(0, nostr.clone()).await;
    assert_eq!(site.removal(&first).await.state, RemovalState::Removed);
    assert_eq!(pictures.lock().expect("no panic").len(), 1, "the other will show it");

    site.store.delete(&waiting.id, conformance::now()).await.expect("deleted").expect("it was there");
    site.work_off_at(0, nostr.clone()).await;
    assert_eq!(site.removal(&waiting.id).await.state, RemovalState::Removed);
    assert_eq!(pictures.lock().expect("no panic").len(), 0);
}
