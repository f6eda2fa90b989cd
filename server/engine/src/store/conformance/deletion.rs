//! What every store must do when shares are deleted.

use cutline_model::RemovalState;
use futures_util::future::join_all;

use super::{Again, HashSet, claim_one, insert, key, later, mastodon, new_share, now, target};
use crate::store::{
    Abandoned, Claim, ClippingName, Deleted, Due, Hold, IDEMPOTENCY_HOURS, Inserted, NewShare, Outcome,
    Progress, Removal, RemovalOutcome, RemovalRecord, Rest, Rested, ShareId, Store, StoreError,
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
    store.note(&claim, &Progress::sent_first(now())).await.expect("noted");
    let unsent = insert(store, new_share(now())).await;
    let unsent_claim = claim_one(store, now()).await;
    let queued = insert(store, new_share(now())).await;
    for id in [&posted, &sending, &unsent, &queued] {
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

    let too_late = store.note(&unsent_claim, &Progress::sent_first(later(12))).await;
    assert!(matches!(too_late, Err(StoreError::ClaimLost { .. })), "it is not sent any more: {too_late:?}");
    for id in [&unsent, &queued] {
        assert_eq!(store.removals(id).await.expect("read"), [], "there is no post of it");
    }
    let waiting = RemovalRecord { target: mastodon(), state: RemovalState::Queued, reason: None };
    for id in [&posted, &sending] {
        assert_eq!(store.removals(id).await.expect("read"), std::slice::from_ref(&waiting));
    }
    let removal = store.claim_removal(&mastodon(), later(10)).await.expect("asked").expect("the posted one");
    assert_eq!(
        (&removal.share_id, removal.post_id.as_deref(), removal.sent_until, removal.attempt),
        (&posted, Some("post 7"), None, 1)
    );
    assert_eq!(
        store.claim_removal(&mastodon(), later(69)).await.expect("asked"),
        None,
        "the other may still be posted"
    );
    store.finish_removal(&removal, &RemovalOutcome::Removed).await.expect("finished");
    let removal = store.claim_removal(&mastodon(), later(130)).await.expect("asked").expect("the other");
    assert_eq!((removal.share_id, removal.post_id, removal.sent_at), (sending, None, now()));
    assert_eq!(removal.sent_until, Some(later(70)), "whoever had it may have sent it for a minute");
    assert!(!store.is_deleted(&ShareId::generate(&SystemRandom)).await.expect("asked"));
}

pub(crate) async fn a_clipping_is_needed_as_long_as_a_share_has_it(store: &dyn Store) {
    let (first, second) = (insert(store, new_share(now())).await, insert(store, new_share(now())).await);
    let StoredClipping { hash, extension, .. } = new_share(now()).clipping;
    let name = ClippingName::new(&hash, &extension).expect("a name");
    assert!(store.is_clipping_needed(&name).await.expect("asked"));
    let deleted = Some(Deleted { clipping: name.clone() });
    assert_eq!(store.delete(&first, later(1)).await.expect("deleted"), deleted);
    assert!(store.is_clipping_needed(&name).await.expect("asked"));
    assert_eq!(store.hold_clipping(&name, later(1)).await.expect("asked"), Hold::Needed);
    assert_eq!(store.delete(&second, later(1)).await.expect("deleted"), deleted);
    assert!(!store.is_clipping_needed(&name).await.expect("asked"));
    let mut left = store.clippings_to_remove(later(1)).await.expect("read");
    left.sort_by_key(|(id, _)| *id == second);
    assert_eq!(left, [(first.clone(), name.clone()), (second.clone(), name)]);
    for id in [first, second] {
        store.clipping_removed(&id).await.expect("noted");
    }
    assert_eq!(store.clippings_to_remove(later(1)).await.expect("read"), []);
}

pub(crate) async fn no_share_is_committed_with_a_clipping_that_is_being_removed(store: &dyn Store) {
    let id = insert(store, new_share(now())).await;
    let name = store.delete(&id, now()).await.expect("deleted").expect("it was there").clipping;
    assert_eq!(store.clipping_removals(&name).await.expect("asked"), 0);
    let hold = |seconds| store.hold_clipping(&name, later(seconds));
    assert_eq!(hold(0).await.expect("asked"), Hold::Held(1));
    assert_eq!(hold(59).await.expect("asked"), Hold::Elsewhere);
    let share = |removals, seconds| {
        let share = new_share(later(seconds));
        NewShare { clipping: StoredClipping { removals, ..share.clipping.clone() }, ..share }
    };
    let refused = store.insert(&share(0, 59), None).await;
    assert!(matches!(refused, Err(StoreError::ClippingHeld)), "{refused:?}");
    // Who held it is gone: another goes on, and the first one's end is not taken for its.
    assert_eq!(hold(60).await.expect("asked"), Hold::Held(2));
    store.release_clipping(&name, 1, later(61)).await.expect("too late");
    let refused = store.insert(&share(1, 62), None).await;
    assert!(matches!(refused, Err(StoreError::ClippingHeld)), "{refused:?}");
    store.release_clipping(&name, 2, later(63)).await.expect("released");
    let refused = store.insert(&share(1, 64), None).await;
    assert!(matches!(refused, Err(StoreError::ClippingRemoved)), "it was stored before that: {refused:?}");
    assert_eq!(store.board(None, 10).await.expect("read"), [], "nothing is kept");
    assert_eq!(store.clipping_removals(&name).await.expect("asked"), 2);
    insert(store, share(2, 65)).await;
    assert_eq!(hold(999).await.expect("asked"), Hold::Needed);
}

pub(crate) async fn what_may_be_posted_is_not_forgotten_by_asking_for_it_again(store: &dyn Store) {
    let id = insert(store, new_share(now())).await;
    let claim = claim_one(store, now()).await;
    store.note(&claim, &Progress::sent_first(later(5))).await.expect("noted");
    let unknown = Outcome::Unknown { reason: "It did not say.".to_owned() };
    store.finish(&claim, &unknown, later(10)).await.expect("finished");
    assert_eq!(store.retry(&id, Again::EVERYTHING, later(100)).await.expect("queued"), 1);
    let again = claim_one(store, later(100)).await;
    assert_eq!((again.published_at, again.asked_at), (Some(later(5)), later(100)));
    let retry =
        Outcome::Retry { at: later(200), reason: "busy".to_owned(), is_asked: false, may_be_posted: true };
    store.finish(&again, &retry, later(110)).await.expect("finished");
    store.delete(&id, later(120)).await.expect("deleted");
    let removal = store
        .claim_removal(&mastodon(), later(120))
        .await
        .expect("asked")
        .expect("the first post may be there");
    // Which of several sendings it is that is there, nobody knows.
    assert_eq!((removal.post_id, removal.sent_at), (None, now()));
}

pub(crate) async fn a_post_that_may_still_appear_is_looked_for_later(store: &dyn Store) {
    let id = insert(store, new_share(now())).await;
    let claim = claim_one(store, now()).await;
    store.note(&claim, &Progress::sent_first(later(5))).await.expect("noted");
    let retry =
        Outcome::Retry { at: later(65), reason: "lost".to_owned(), is_asked: false, may_be_posted: true };
    store.finish(&claim, &retry, later(6)).await.expect("finished");
    // It was sent again, and that is lost too.
    let claim = claim_one(store, later(70)).await;
    store.note(&claim, &Progress::sent_again(later(5), later(70))).await.expect("noted");
    store.finish(&claim, &Outcome::Unknown { reason: "lost".to_owned() }, later(95)).await.expect("finished");
    store.delete(&id, later(96)).await.expect("deleted");
    assert_eq!(store.claim_removal(&mastodon(), later(154)).await.expect("asked"), None);
    let removal = store.claim_removal(&mastodon(), later(155)).await.expect("asked").expect("due");
    // It was sent until the end of its attempt.
    assert_eq!((removal.share_id, removal.sent_at, removal.sent_until), (id, later(5), Some(later(95))));
}

pub(crate) async fn that_the_platform_took_a_post_is_known_until_another_is_sent(store: &dyn Store) {
    let id = insert(store, new_share(now())).await;
    let claim = claim_one(store, now()).await;
    store.note(&claim, &Progress::sent_first(later(5))).await.expect("noted");
    let taken = Outcome::Taken { look_at: later(11), reason: "It did not say.".to_owned() };
    store.finish(&claim, &taken, later(6)).await.expect("finished");
    assert_eq!(store.attempts(&id).await.expect("asked"), 0, "it leaves no row");
    let waits = |at| Outcome::Retry { at, reason: "slow".to_owned(), is_asked: true, may_be_posted: true };
    let claim = claim_one(store, later(11)).await;
    let known = |claim: &Claim| (claim.attempt, claim.published_at, claim.sent_at, claim.taken_at);
    assert_eq!(known(&claim), (1, Some(later(5)), Some(later(6)), Some(later(6))));
    store.finish(&claim, &waits(later(66)), later(12)).await.expect("finished");

    // What is sent anew is not taken yet; and is forgotten where it was refused.
    let claim = claim_one(store, later(66)).await;
    store.note(&claim, &Progress::sent_again(later(5), later(66))).await.expect("noted");
    store.finish(&claim, &waits(later(70)), later(67)).await.expect("finished");
    let claim = claim_one(store, later(70)).await;
    assert_eq!(known(&claim), (1, Some(later(5)), Some(later(67)), None));
    let untold = Progress::Publishing { since: later(5), at: later(6), taken_at: Some(later(6)) };
    store.note(&claim, &untold).await.expect("noted");
    store.recover(Abandoned::All, later(71)).await.expect("recovered");
    let claim = claim_one(store, later(71)).await;
    assert_eq!((claim.sent_at, claim.taken_at), (Some(later(6)), Some(later(6))));
    store.delete(&id, later(72)).await.expect("deleted");
}

pub(crate) async fn a_post_that_was_made_while_its_share_was_deleted_is_removed_by_its_name(
    store: &dyn Store,
) {
    let id = insert(store, new_share(now())).await;
    let claim = claim_one(store, now()).await;
    store.note(&claim, &Progress::sent_first(now())).await.expect("noted");
    store.delete(&id, later(1)).await.expect("deleted");
    let looking = store.claim_removal(&mastodon(), later(121)).await.expect("asked").expect("due");
    let posted = |id: &str| Outcome::Posted { url: None, post_id: Some(id.to_owned()) };
    store.finish(&claim, &posted("777"), later(122)).await.expect("its removal is told");
    // Who looked meanwhile has not found it: that is no longer the last word.
    store.finish_removal(&looking, &RemovalOutcome::Removed).await.expect("not heard");
    let removal = store.claim_removal(&mastodon(), later(122)).await.expect("asked").expect("due at once");
    assert_eq!((removal.share_id, removal.post_id.as_deref()), (id, Some("777")));
    let lost = store.finish(&claim, &posted("778"), later(123)).await;
    assert!(matches!(lost, Err(StoreError::ClaimLost { .. })), "it has a name: {lost:?}");
}

pub(crate) async fn a_removal_that_cannot_be_read_is_set_aside_and_hides_none_of_its_target(
    store: &dyn Store,
) {
    let mut ids = Vec::new();
    for _ in 0..2 {
        let (id, claim) = uploaded(store, "picture 1").await;
        let posted = Outcome::Posted { url: None, post_id: Some("post 7".to_owned()) };
        store.finish(&claim, &posted, later(1)).await.expect("finished");
        ids.push(id);
    }
    let [broken, sound] = ids.try_into().expect("two");
    for (id, seconds) in [(&broken, 2), (&sound, 3)] {
        store.delete(id, later(seconds)).await.expect("deleted").expect("it was there");
    }
    store.damage(&broken).await.expect("damaged");
    let mut claimed = Vec::new();
    while let Some(removal) = store.claim_removal(&mastodon(), later(9)).await.expect("claimed") {
        store.finish_removal(&removal, &RemovalOutcome::Removed).await.expect("finished");
        claimed.push((removal.share_id, removal.upload.is_some()));
    }
    assert_eq!(claimed, [(sound.clone(), false), (sound, true)]);
    let reason = "What this server keeps of it is damaged. Remove the post there.";
    let aside =
        RemovalRecord { target: mastodon(), state: RemovalState::Failed, reason: Some(reason.to_owned()) };
    assert_eq!(store.removals(&broken).await.expect("read"), [aside], "of both, its post and its picture");
    assert_eq!(store.due_removals().await.expect("asked"), [], "nothing comes again");
}

pub(crate) async fn an_upload_is_awaited_by_whoever_is_about_to_be_posted_with_it(store: &dyn Store) {
    let (first, _) = uploaded(store, r#"{"x":"aa"}"#).await;
    let (second, claim) = uploaded(store, r#"{"x":"bb"}"#).await;
    let awaits = async |share: &ShareId, part: &str| {
        store.is_upload_awaited(&mastodon(), share, part).await.expect("asked")
    };
    assert!(awaits(&first, "bb").await, "by the second");
    assert!(!awaits(&second, "bb").await && !awaits(&first, "cc").await);
    let waits =
        Outcome::Retry { at: later(60), reason: String::new(), is_asked: false, may_be_posted: false };
    store.finish(&claim, &waits, later(1)).await.expect("finished");
    assert!(awaits(&first, "bb").await, "it will be");
    store.delete(&second, later(2)).await.expect("deleted").expect("it was there");
    assert!(!awaits(&first, "bb").await);
}

pub(crate) async fn a_removal_is_held_by_one_and_ends(store: &dyn Store) {
    let due = |seconds| vec![Due { target: mastodon(), at: later(seconds) }];
    assert_eq!(store.due_removals().await.expect("asked"), []);
    let id = posted_to_mastodon(store).await;
    store.delete(&id, later(10)).await.expect("deleted");
    assert_eq!(store.due_removals().await.expect("asked"), due(10));
    let to = mastodon();
    let claims = join_all((0..10).map(|_| store.claim_removal(&to, later(10)))).await;
    let mut claims: Vec<Removal> = claims.into_iter().filter_map(|claim| claim.expect("asked")).collect();
    assert_eq!(claims.len(), 1);
    assert_eq!(store.due_removals().await.expect("asked"), due(70), "when its lease has ended");
    assert_eq!(claims[0].asked_at, later(10));
    let retry =
        |is_asked, seconds| RemovalOutcome::Retry { at: later(seconds), reason: "busy".to_owned(), is_asked };
    store.finish_removal(&claims.remove(0), &retry(true, 15)).await.expect("finished");
    let first = store.claim_removal(&to, later(15)).await.expect("asked").expect("due");
    assert_eq!(first.attempt, 1, "a pause that is asked for costs none");
    store.finish_removal(&first, &retry(false, 20)).await.expect("finished");
    assert_eq!(store.claim_removal(&mastodon(), later(19)).await.expect("asked"), None);
    assert_eq!(store.claim_removal(&target("other:a"), later(20)).await.expect("asked"), None);
    let second = store.claim_removal(&mastodon(), later(20)).await.expect("asked").expect("due");
    assert_eq!(second.attempt, 2);
    let failed = RemovalOutcome::Failed { reason: "no".to_owned() };
    store.finish_removal(&second, &failed).await.expect("finished");
    let record =
        RemovalRecord { target: mastodon(), state: RemovalState::Failed, reason: Some("no".to_owned()) };
    assert_eq!(store.removals(&id).await.expect("read"), [record]);
    assert_eq!(store.due_removals().await.expect("asked"), []);
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

pub(crate) async fn a_clipping_that_waits_hides_none_after_it(store: &dyn Store) {
    let id = insert(store, new_share(now())).await;
    store.delete(&id, now()).await.expect("deleted");
    store.clipping_waits(&id, later(60)).await.expect("noted");
    assert_eq!(store.clippings_to_remove(later(59)).await.expect("read"), []);
    assert_eq!(store.clippings_to_remove(later(60)).await.expect("read").len(), 1);
}

pub(crate) async fn what_is_kept_for_a_while_is_forgotten_then(store: &dyn Store) {
    let days = |days: i64| later(days * 24 * 3600);
    let posted = posted_to_mastodon(store).await;
    let name = store.delete(&posted, now()).await.expect("deleted").expect("it was there").clipping;
    assert_eq!(store.hold_clipping(&name, now()).await.expect("asked"), Hold::Held(1));
    store.release_clipping(&name, 1, now()).await.expect("released");
    let keyed = new_share(now());
    let keyed = NewShare { clipping: StoredClipping { removals: 1, ..keyed.clipping.clone() }, ..keyed };
    store.insert(&keyed, Some(&key("a", "hash"))).await.expect("inserted");

    assert_eq!(store.forget(later(60)).await.expect("forgotten"), 0);
    assert_eq!(store.forget(later(IDEMPOTENCY_HOURS * 3600)).await.expect("forgotten"), 2, "key and removal");
    assert_eq!(store.clipping_removals(&name).await.expect("asked"), 0);
    assert_eq!(store.forget(days(400)).await.expect("forgotten"), 0, "there is something left to do");
    let removal = store.claim_removal(&mastodon(), days(1)).await.expect("asked").expect("due");
    store.finish_removal(&removal, &RemovalOutcome::Removed).await.expect("finished");
    assert_eq!(store.forget(days(29)).await.expect("forgotten"), 0);
    assert_eq!(store.forget(days(30)).await.expect("forgotten"), 1);
    assert_eq!(store.removals(&posted).await.expect("read"), []);
    assert_eq!(store.forget(days(365)).await.expect("forgotten"), 0, "its clipping is still there");
    store.clipping_removed(&posted).await.expect("noted");
    assert!(store.is_deleted(&posted).await.expect("asked"));
    assert_eq!(store.forget(days(365)).await.expect("forgotten"), 1);
    assert!(!store.is_deleted(&posted).await.expect("asked"));
    assert!(store.share(&keyed.id).await.expect("read").is_some(), "what was not deleted stays");
    let again = store.insert(&new_share(days(2)), Some(&key("a", "other"))).await;
    assert_eq!(again.expect("inserted"), Inserted::Created, "the key is free");
}

/// The pictures that can be claimed then, by name.
async fn pictures_due(store: &dyn Store, seconds: i64) -> Vec<String> {
    let mut pictures = Vec::new();
    while let Some(removal) = store.claim_removal(&mastodon(), later(seconds)).await.expect("asked") {
        pictures.extend(removal.upload);
    }
    pictures.sort();
    pictures
}

/// A share whose picture is at Mastodon, and the claim to post it.
async fn uploaded(store: &dyn Store, upload: &str) -> (ShareId, Claim) {
    let id = insert(store, new_share(now())).await;
    let claim = claim_one(store, now()).await;
    store.note(&claim, &Progress::Upload(Some(upload.to_owned()))).await.expect("noted");
    (id, claim)
}

pub(crate) async fn the_pictures_of_a_share_go_with_it_whatever_became_of_its_posts(store: &dyn Store) {
    let failed = || Outcome::Failed { reason: "no".to_owned() };
    let busy =
        Outcome::Retry { at: later(9), reason: "busy".to_owned(), is_asked: false, may_be_posted: false };
    let posted = Outcome::Posted { url: None, post_id: Some("post 7".to_owned()) };
    for (outcome, is_sending) in
        [(Some(busy), false), (Some(failed()), false), (Some(posted), false), (None, true)]
    {
        let (id, claim) = uploaded(store, "a").await;
        if let Some(outcome) = &outcome {
            store.finish(&claim, outcome, later(1)).await.expect("finished");
        }
        store.delete(&id, later(10)).await.expect("deleted");
        let at_once: &[&str] = if is_sending { &[] } else { &["a"] };
        assert_eq!(pictures_due(store, 10).await, at_once, "{outcome:?}");
        let records = store.removals(&id).await.expect("read");
        assert_eq!(records.len(), 1, "of post and picture one thing is told: {records:?}");
        assert_eq!(records[0].state, RemovalState::Queued, "{outcome:?}");
        // All of it is given up, so that the next one stands alone.
        while let Some(removal) = store.claim_removal(&mastodon(), later(130)).await.expect("asked") {
            assert!(removal.upload.is_none() || removal.post_id.is_none());
            store.finish_removal(&removal, &RemovalOutcome::Removed).await.expect("finished");
        }
        assert_eq!(store.removals(&id).await.expect("read")[0].state, RemovalState::Removed);
    }

    // Sent again, it gets another picture; the first is known until it is removed.
    let (id, claim) = uploaded(store, "a").await;
    assert_eq!(store.given_up(&claim).await.expect("read"), [""; 0]);
    store.finish(&claim, &failed(), later(1)).await.expect("finished");
    store.retry(&id, Again::default(), later(2)).await.expect("queued");
    let again = claim_one(store, later(2)).await;
    assert_eq!((&again.upload, store.given_up(&again).await.expect("read")), (&None, vec!["a".to_owned()]));
    store.note(&again, &Progress::Upload(Some("b".to_owned()))).await.expect("noted");
    for _ in 0..2 {
        store.give_up(&again, "c", later(3)).await.expect("written");
    }
    assert_eq!(store.given_up(&again).await.expect("read"), ["a", "c"]);
    store.discarded(&again, "c").await.expect("written");
    store.finish(&again, &failed(), later(4)).await.expect("finished");
    assert_eq!(pictures_due(store, 9999).await, [""; 0], "as long as the share is there");
    store.delete(&id, later(10_000)).await.expect("deleted");
    assert_eq!(pictures_due(store, 10_000).await, ["a", "b"]);
}

pub(crate) async fn a_picture_that_came_while_its_share_was_deleted_goes_too(store: &dyn Store) {
    let id = insert(store, new_share(now())).await;
    let claim = claim_one(store, now()).await;
    store.delete(&id, later(1)).await.expect("deleted");
    let late = store.note(&claim, &Progress::Upload(Some("late".to_owned()))).await;
    assert!(matches!(late, Err(StoreError::ClaimLost { .. })), "{late:?}");
    store.give_up(&claim, "late", later(2)).await.expect("written");
    assert_eq!(pictures_due(store, 2).await, ["late"]);
}

pub(crate) async fn what_came_of_pictures_is_told_and_forgotten_with_the_posts(store: &dyn Store) {
    let days = |days: i64| later(days * 24 * 3600);
    let (id, claim) = uploaded(store, "a").await;
    let posted = Outcome::Posted { url: None, post_id: Some("post 7".to_owned()) };
    store.finish(&claim, &posted, later(1)).await.expect("finished");
    store.delete(&id, now()).await.expect("deleted");
    store.clipping_removed(&id).await.expect("noted");
    assert_eq!(store.due_removals().await.expect("asked"), [Due { target: mastodon(), at: now() }]);
    let post = store.claim_removal(&mastodon(), now()).await.expect("asked").expect("the post");
    assert_eq!(post.post_id.as_deref(), Some("post 7"));
    store.finish_removal(&post, &RemovalOutcome::Removed).await.expect("finished");
    assert_eq!(store.removals(&id).await.expect("read")[0].state, RemovalState::Queued);
    assert_eq!(
        store.forget(days(400)).await.expect("forgotten"),
        1,
        "the post's removal; the picture is there"
    );
    let picture = store.claim_removal(&mastodon(), now()).await.expect("asked").expect("the picture");
    let retry = |is_asked| RemovalOutcome::Retry { at: later(5), reason: "busy".to_owned(), is_asked };
    store.finish_removal(&picture, &retry(true)).await.expect("finished");
    let picture = store.claim_removal(&mastodon(), later(5)).await.expect("asked").expect("due again");
    assert_eq!((picture.upload.as_deref(), picture.attempt), (Some("a"), 1), "what is asked for costs none");
    store
        .finish_removal(&picture, &RemovalOutcome::Failed { reason: "no".to_owned() })
        .await
        .expect("finished");
    let told =
        RemovalRecord { target: mastodon(), state: RemovalState::Failed, reason: Some("no".to_owned()) };
    assert_eq!(store.removals(&id).await.expect("read"), [told]);
    assert_eq!(store.due_removals().await.expect("asked"), []);
    assert_eq!(store.forget(days(364)).await.expect("forgotten"), 0);
    assert_eq!(
        store.forget(days(365)).await.expect("forgotten"),
        2,
        "the picture's removal and the share's name"
    );
    assert_eq!(store.removals(&id).await.expect("read"), []);
}

pub(crate) async fn what_could_not_be_removed_is_queued_again_when_that_is_asked_for(store: &dyn Store) {
    let (id, claim) = uploaded(store, "a").await;
    let posted = Outcome::Posted { url: None, post_id: Some("post 7".to_owned()) };
    store.finish(&claim, &posted, later(1)).await.expect("finished");
    store.delete(&id, later(2)).await.expect("deleted");
    assert_eq!(store.remove_again(&id, later(3)).await.expect("asked"), 0, "it is still tried");
    while let Some(removal) = store.claim_removal(&mastodon(), later(3)).await.expect("asked") {
        let failed = RemovalOutcome::Failed { reason: "no".to_owned() };
        store.finish_removal(&removal, &failed).await.expect("finished");
    }
    assert_eq!(store.removals(&id).await.expect("read")[0].state, RemovalState::Failed);
    assert_eq!(store.remove_again(&id, later(99)).await.expect("asked"), 2);
    let queued = RemovalRecord { target: mastodon(), state: RemovalState::Queued, reason: None };
    assert_eq!(store.removals(&id).await.expect("read"), [queued]);
    assert_eq!(store.due_removals().await.expect("asked"), [Due { target: mastodon(), at: later(99) }]);
    for what in [(Some("post 7"), None), (None, Some("a"))] {
        let removal = store.claim_removal(&mastodon(), later(99)).await.expect("asked").expect("due");
        assert_eq!((removal.post_id.as_deref(), removal.upload.as_deref()), what);
        assert_eq!((removal.attempt, removal.asked_at), (1, later(99)), "it begins anew");
        store.finish_removal(&removal, &RemovalOutcome::Removed).await.expect("finished");
    }
    assert_eq!(store.remove_again(&id, later(100)).await.expect("asked"), 0);
    assert_eq!(store.remove_again(&ShareId::generate(&SystemRandom), later(100)).await.expect("asked"), 0);
}

pub(crate) async fn a_pause_is_kept_with_the_removal_that_waits_for_it(store: &dyn Store) {
    let id = posted_to_mastodon(store).await;
    store.delete(&id, later(10)).await.expect("deleted");
    let removal = store.claim_removal(&mastodon(), later(10)).await.expect("asked").expect("due");
    let waits = RemovalOutcome::Retry { at: later(60), reason: "busy".to_owned(), is_asked: true };
    let rest = Rest { of: Rested::Account(mastodon()), until: later(60), failures: 0 };
    store.finish_removal_and_rest(&removal, &waits, Some(&rest)).await.expect("finished");
    assert_eq!(store.rests().await.expect("read"), [rest]);
    assert_eq!(store.due_removals().await.expect("asked"), [Due { target: mastodon(), at: later(60) }]);
}

pub(crate) async fn what_is_to_be_removed_for_too_long_ends(store: &dyn Store) {
    let old = posted_to_mastodon(store).await;
    let (pictured, claim) = uploaded(store, "a").await;
    let refused = Outcome::Failed { reason: "refused".to_owned() };
    store.finish(&claim, &refused, now()).await.expect("finished");
    let held = posted_to_mastodon(store).await;
    let young = posted_to_mastodon(store).await;
    for (id, seconds) in [(&held, 0), (&old, 1), (&pictured, 1), (&young, 9)] {
        store.delete(id, later(seconds)).await.expect("deleted");
    }
    let under_way = store.claim_removal(&mastodon(), later(8)).await.expect("asked").expect("due");
    assert_eq!(under_way.share_id, held);
    let end = async |target, seconds| {
        store.end_old_removals(&target, later(seconds), later(30), "too old").await.expect("ended")
    };
    assert_eq!([end(mastodon(), 0).await, end(target("other:a"), 9).await], [0, 0]);
    assert_eq!([end(mastodon(), 8).await, end(mastodon(), 8).await], [2, 0]);
    for (id, state, reason) in [
        (&old, RemovalState::Failed, Some("too old")),
        (&pictured, RemovalState::Failed, Some("too old")),
        (&held, RemovalState::Queued, None),
        (&young, RemovalState::Queued, None),
    ] {
        let told = store.removals(id).await.expect("read").remove(0);
        assert_eq!((told.state, told.reason.as_deref()), (state, reason));
    }
    assert_eq!(store.remove_again(&old, later(40)).await.expect("asked for again"), 1);
    assert_eq!(end(mastodon(), 8).await, 0, "it was asked for since");
}
