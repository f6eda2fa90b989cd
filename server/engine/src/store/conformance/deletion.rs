//! What every store must do when shares are deleted.

use cutline_model::RemovalState;
use futures_util::future::join_all;

use super::{HashSet, claim_one, insert, later, mastodon, new_share, now};
use crate::store::{
    ClippingName, Deleted, Outcome, Removal, RemovalOutcome, RemovalRecord, ShareId, Store, StoreError,
    StoredClipping, SystemRandom,
};

/// The share of `new_share` is queued for Mastodon; this posts it there.
async fn posted_to_mastodon(store: &dyn Store) -> ShareId {
    let id = insert(store, new_share(now())).await;
    let claim = claim_one(store, now()).await;
    let posted = Outcome::Posted { url: None, post_id: Some("post 7".to_owned()) };
    store.finish(&claim, &posted, later(1)).await.expect("finished");
    id
}

pub(crate) async fn a_deleted_share_leaves_its_name_and_what_is_to_be_removed(store: &dyn Store) {
    let posted = posted_to_mastodon(store).await;
    let sending = insert(store, new_share(now())).await;
    let claim = claim_one(store, now()).await;
    let queued = insert(store, new_share(now())).await;
    for id in [&posted, &sending, &queued] {
        assert!(!store.is_deleted(id).await.expect("asked"));
        assert!(store.delete(id, later(10)).await.expect("deleted").is_some());
        assert_eq!(store.share(id).await.expect("read"), None);
        assert!(store.is_deleted(id).await.expect("asked"));
        assert_eq!(store.delete(id, later(11)).await.expect("asked"), None, "only once");
    }
    assert_eq!(store.board(None, 10).await.expect("read"), []);
    assert_eq!(
        store.claim(&mastodon(), later(9999), 10).await.expect("claimed"),
        [],
        "what was queued is cancelled"
    );
    let lost = store.finish(&claim, &Outcome::Posted { url: None, post_id: None }, later(12)).await;
    assert!(matches!(lost, Err(StoreError::ClaimLost { .. })), "{lost:?}");

    assert_eq!(store.removals(&queued).await.expect("read"), []);
    let waiting = RemovalRecord { target: mastodon(), state: RemovalState::Queued, reason: None };
    for id in [&posted, &sending] {
        assert_eq!(store.removals(id).await.expect("read"), std::slice::from_ref(&waiting));
    }
    let removal = store.claim_removal(later(10)).await.expect("asked").expect("the posted one");
    assert_eq!(
        (&removal.share_id, removal.post_id.as_deref(), removal.attempt),
        (&posted, Some("post 7"), 1)
    );
    assert_eq!(store.claim_removal(later(69)).await.expect("asked"), None, "the other may still be posted");
    store.finish_removal(&removal, &RemovalOutcome::Removed).await.expect("finished");
    let removal = store.claim_removal(later(130)).await.expect("asked").expect("the other");
    assert_eq!((removal.share_id, removal.post_id, removal.sent_at), (sending, None, now()));
    assert!(!store.is_deleted(&ShareId::generate(&SystemRandom)).await.expect("asked"));
}

pub(crate) async fn a_clipping_is_needed_as_long_as_a_share_has_it(store: &dyn Store) {
    let (first, second) = (insert(store, new_share(now())).await, insert(store, new_share(now())).await);
    let StoredClipping { hash, extension, .. } = new_share(now()).clipping;
    let name = ClippingName::new(&hash, &extension).expect("a name");
    assert!(store.is_clipping_needed(&name).await.expect("asked"));
    let deleted = |clipping| Some(Deleted { clipping });
    assert_eq!(store.delete(&first, later(1)).await.expect("deleted"), deleted(None));
    assert!(store.is_clipping_needed(&name).await.expect("asked"));
    assert_eq!(store.clippings_to_remove().await.expect("read"), []);
    assert_eq!(store.delete(&second, later(1)).await.expect("deleted"), deleted(Some(name.clone())));
    assert!(!store.is_clipping_needed(&name).await.expect("asked"));
    assert_eq!(store.clippings_to_remove().await.expect("read"), [(second.clone(), name)]);
    store.clipping_removed(&second).await.expect("noted");
    assert_eq!(store.clippings_to_remove().await.expect("read"), []);
}

pub(crate) async fn a_removal_is_held_by_one_and_ends(store: &dyn Store) {
    assert_eq!(store.next_removal().await.expect("asked"), None);
    let id = posted_to_mastodon(store).await;
    store.delete(&id, later(10)).await.expect("deleted");
    assert_eq!(store.next_removal().await.expect("asked"), Some(later(10)));
    let claims = join_all((0..10).map(|_| store.claim_removal(later(10)))).await;
    let mut claims: Vec<Removal> = claims.into_iter().filter_map(|claim| claim.expect("asked")).collect();
    assert_eq!(claims.len(), 1);
    assert_eq!(store.next_removal().await.expect("asked"), Some(later(70)), "when its lease has ended");
    let retry = RemovalOutcome::Retry { at: later(20), reason: "busy".to_owned() };
    store.finish_removal(&claims.remove(0), &retry).await.expect("finished");
    assert_eq!(store.claim_removal(later(19)).await.expect("asked"), None);
    let second = store.claim_removal(later(20)).await.expect("asked").expect("due");
    assert_eq!(second.attempt, 2);
    let failed = RemovalOutcome::Failed { reason: "no".to_owned() };
    store.finish_removal(&second, &failed).await.expect("finished");
    let record =
        RemovalRecord { target: mastodon(), state: RemovalState::Failed, reason: Some("no".to_owned()) };
    assert_eq!(store.removals(&id).await.expect("read"), [record]);
    assert_eq!(store.next_removal().await.expect("asked"), None);
    store.finish_removal(&second, &RemovalOutcome::Removed).await.expect("nothing happens");
    assert_eq!(store.removals(&id).await.expect("read")[0].state, RemovalState::Failed);
}

pub(crate) async fn a_secret_stays_what_it_was_first(store: &dyn Store) {
    let fresh = [[1_u8; 32], [2; 32], [3; 32]];
    let secrets = join_all(fresh.iter().map(|fresh| store.secret("links", fresh))).await;
    let secrets: HashSet<Vec<u8>> = secrets.into_iter().map(|secret| secret.expect("a secret")).collect();
    assert_eq!(secrets.len(), 1);
    assert_eq!(store.secret("other", &[4; 32]).await.expect("a secret"), [4; 32]);
}
