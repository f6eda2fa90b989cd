//! What every store must do, one behaviour per function: each database's tests run all of them.
//!
//! Long as the list of promises is; what is of accounts, deletion and the queue stands in files of its own. The functions take an empty `&dyn Store` and a moment that they call now. `suite!` makes one test of each.

mod accounts;
mod deletion;
mod queue;

use std::collections::HashSet;

use cutline_model::{Credit, DeliveryState, Region, Size, TargetId};
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};

use super::{
    Abandoned, Again, BoardCursor, Claim, DeliveryRecord, Due, INTERRUPTED, Idempotency, Inserted,
    MAX_PER_TARGET, NewDelivery, NewShare, Outcome, Progress, Rest, Rested, ShareId, ShareRecord, Store,
    StoreError, StoredClipping, SystemRandom, TOO_OLD, TOO_OLD_AND_UNKNOWN,
};

/// Runs every behaviour against the store that `$open` gives; `$open` is an async function to `(guard, store)`.
macro_rules! suite {
    ($open:path) => {
        $crate::store::conformance::suite!($open:
            a_share_is_read_back_as_it_was_written, an_unknown_share_is_nothing, a_share_may_have_no_page_and_no_words,
            what_no_text_can_hold_is_kept_as_its_replacement,
            a_hundred_requests_with_one_key_make_one_share, a_key_for_another_request_is_a_conflict,
            a_key_is_forgotten_after_a_day, a_delivery_that_is_not_new_is_refused_and_nothing_is_kept,
            the_board_pages_newest_first_while_shares_arrive, the_board_shows_what_is_posted_to_it_only,
            concurrent_claims_hand_out_each_delivery_once, only_what_is_due_is_claimed_longest_waiting_first,
            claims_are_for_one_target, a_posted_delivery_is_done, a_passing_failure_waits_for_its_time,
            an_attempt_after_which_the_platform_asks_for_a_pause_is_not_counted,
            the_next_due_time_is_told_for_each_target, failed_and_unknown_are_queued_again,
            what_goes_to_one_target_is_queued_again_alone,
            what_a_crash_interrupted_goes_on_where_it_was, a_lease_that_is_renewed_is_not_taken,
            how_far_an_attempt_came_is_told_to_the_next, a_deleted_share_leaves_its_name_and_what_is_to_be_removed, a_clipping_is_needed_as_long_as_a_share_has_it,
            a_removal_is_held_by_one_and_ends, a_rest_is_known_until_it_is_over, a_clipping_that_waits_hides_none_after_it,
            what_is_kept_for_a_while_is_forgotten_then, attempts_leave_no_more_rows_than_count, no_share_is_committed_with_a_clipping_that_is_being_removed,
            what_may_be_posted_is_not_forgotten_by_asking_for_it_again, a_post_that_may_still_appear_is_looked_for_later,
            that_the_platform_took_a_post_is_known_until_another_is_sent,
            a_post_that_was_made_while_its_share_was_deleted_is_removed_by_its_name, a_secret_stays_what_it_was_first,
            what_a_visitor_chose_stays_chosen, a_session_is_its_visitors_until_it_is_renewed_or_over, a_sign_in_is_taken_once_and_ends_with_its_session,
            an_account_is_replaced_by_its_id_and_dropped_by_its_visitor_alone,
            a_token_is_fetched_by_one_and_replaced_only_by_who_saw_it, what_is_sealed_under_another_key_is_found,
            shares_are_found_by_the_account_that_they_went_out_with, an_outcome_of_a_lost_claim_is_refused,
            a_target_has_a_few_places_for_all_processes, what_waits_for_too_long_ends,
            a_post_is_kept_though_the_claim_is_lost, what_may_end_its_process_is_handed_out_apart,
            of_those_who_would_try_a_server_one_does, the_key_of_a_deleted_share_makes_no_other_for_a_day,
            what_may_be_posted_is_queued_again_only_if_that_is_asked_for, the_pictures_of_a_share_go_with_it_whatever_became_of_its_posts,
            a_picture_that_came_while_its_share_was_deleted_goes_too, what_came_of_pictures_is_told_and_forgotten_with_the_posts,
            what_could_not_be_removed_is_queued_again_when_that_is_asked_for,
            what_was_sent_was_sent_until_the_end_of_its_attempt, a_pause_is_kept_with_what_waits_for_it,
            a_delivery_that_cannot_be_read_is_set_aside_and_hides_none_of_its_target, a_pause_is_kept_with_the_removal_that_waits_for_it,
            a_removal_that_cannot_be_read_is_set_aside_and_hides_none_of_its_target,
            an_upload_is_awaited_by_whoever_is_about_to_be_posted_with_it,
            what_is_to_be_removed_for_too_long_ends);
    };
    ($open:path: $($behaviour:ident),+) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $behaviour() {
            let (_guard, store) = $open().await;
            $crate::store::conformance::$behaviour(&store).await;
        })+
    };
}
pub(crate) use self::accounts::*;
pub(crate) use self::deletion::*;
pub(crate) use self::queue::*;
pub(crate) use suite;

/// The suite's now, on a whole millisecond.
pub(crate) fn now() -> Timestamp {
    "2026-11-23T12:00:00.123Z".parse().expect("a time")
}

pub(crate) fn later(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

pub(crate) fn target(text: &str) -> TargetId {
    TargetId::parse(text).expect("a target")
}

pub(crate) fn mastodon() -> TargetId {
    target("mastodon:alice@example.social")
}

/// A share with every field filled, posted to the board and queued for Mastodon.
pub(crate) fn new_share(created_at: Timestamp) -> NewShare {
    NewShare {
        id: ShareId::generate(&SystemRandom),
        created_at,
        image_url: "https://pictures.example/harbour.jpg".to_owned(),
        page_url: Some("https://pictures.example/".to_owned()),
        site_name: Some("The Harbour Post".to_owned()),
        page_title: Some("Harbours “at dawn” \u{1f305}".to_owned()),
        source_size: Size::new(6000, 4000).expect("a size"),
        region: Region::new(0.25, 0.125, 0.5, 0.375).expect("a region"),
        description: "The lighthouse'; DROP TABLE share; --".to_owned(),
        alt: "A white lighthouse\nat dawn".to_owned(),
        credit: Credit {
            author: "A. Author".to_owned(),
            licence: "CC0".to_owned(),
            link: "https://a.example/".to_owned(),
        },
        clipping: StoredClipping {
            hash: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad".to_owned(),
            extension: "jpg".to_owned(),
            media_type: "image/jpeg".to_owned(),
            size: Size::new(3000, 1500).expect("a size"),
            bytes: 123_456,
            removals: 0,
        },
        deliveries: vec![
            NewDelivery {
                target: target("board"),
                state: DeliveryState::Posted,
                url: Some("https://cutline.example/s/1".to_owned()),
            },
            NewDelivery { target: mastodon(), state: DeliveryState::Queued, url: None },
        ],
    }
}

fn share_to(targets: &[&str], created_at: Timestamp) -> NewShare {
    let deliveries = targets.iter().map(|text| NewDelivery {
        target: target(text),
        state: DeliveryState::Queued,
        url: None,
    });
    NewShare { deliveries: deliveries.collect(), ..new_share(created_at) }
}

async fn insert(store: &dyn Store, share: NewShare) -> ShareId {
    assert_eq!(store.insert(&share, None).await.expect("inserted"), Inserted::Created);
    share.id
}

async fn record(store: &dyn Store, id: &ShareId) -> ShareRecord {
    store.share(id).await.expect("read").expect("there is such a share")
}

async fn delivery(store: &dyn Store, id: &ShareId, to: &TargetId) -> DeliveryRecord {
    let found = record(store, id).await.deliveries.into_iter().find(|delivery| delivery.target == *to);
    found.expect("a delivery to that target")
}

async fn claim_one(store: &dyn Store, now: Timestamp) -> Claim {
    let mut claims = store.claim(&mastodon(), now, 10).await.expect("claimed");
    assert_eq!(claims.len(), 1);
    claims.remove(0)
}

fn key(key: &str, request_hash: &str) -> Idempotency {
    Idempotency { key: key.to_owned(), request_hash: request_hash.to_owned() }
}

pub(crate) async fn a_share_is_read_back_as_it_was_written(store: &dyn Store) {
    let share = new_share(now());
    insert(store, share.clone()).await;
    let expected = ShareRecord {
        id: share.id.clone(),
        created_at: share.created_at,
        image_url: share.image_url,
        page_url: share.page_url,
        page_title: share.page_title,
        site_name: share.site_name,
        source_size: share.source_size,
        region: share.region,
        description: share.description,
        alt: share.alt,
        credit: share.credit,
        clipping: share.clipping,
        deliveries: vec![
            DeliveryRecord {
                target: target("board"),
                state: DeliveryState::Posted,
                url: Some("https://cutline.example/s/1".to_owned()),
                reason: None,
                attempts: 0,
                due_at: None,
                step: None,
            },
            DeliveryRecord {
                target: mastodon(),
                state: DeliveryState::Queued,
                url: None,
                reason: None,
                attempts: 0,
                due_at: Some(now()),
                step: None,
            },
        ],
    };
    assert_eq!(record(store, &share.id).await, expected);
}

pub(crate) async fn an_unknown_share_is_nothing(store: &dyn Store) {
    insert(store, new_share(now())).await;
    assert_eq!(store.share(&ShareId::generate(&SystemRandom)).await.expect("read"), None);
}

pub(crate) async fn a_share_may_have_no_page_and_no_words(store: &dyn Store) {
    let bare = NewShare {
        page_url: None,
        page_title: None,
        site_name: None,
        description: String::new(),
        alt: String::new(),
        credit: Credit::default(),
        deliveries: Vec::new(),
        ..new_share(now())
    };
    let id = insert(store, bare).await;
    let found = record(store, &id).await;
    assert_eq!((found.page_url, found.page_title, found.site_name), (None, None, None));
    assert_eq!(found.credit, Credit::default());
    assert!(found.deliveries.is_empty());
}

pub(crate) async fn what_no_text_can_hold_is_kept_as_its_replacement(store: &dyn Store) {
    let id = insert(
        store,
        NewShare {
            page_title: Some("a\0b".to_owned()),
            description: "\0".to_owned(),
            alt: "\u{1}\u{fffe}\u{10ffff}".to_owned(),
            ..new_share(now())
        },
    )
    .await;
    let found = record(store, &id).await;
    assert_eq!(found.page_title.as_deref(), Some("a\u{fffd}b"));
    assert_eq!((found.description.as_str(), found.alt.as_str()), ("\u{fffd}", "\u{1}\u{fffe}\u{10ffff}"));
    let claim = claim_one(store, now()).await;
    store.finish(&claim, &Outcome::Failed { reason: "\0".to_owned() }, now()).await.expect("finished");
    assert_eq!(delivery(store, &id, &mastodon()).await.reason.as_deref(), Some("\u{fffd}"));
}

pub(crate) async fn a_hundred_requests_with_one_key_make_one_share(store: &dyn Store) {
    let idempotency = key("one", "hash");
    let shares: Vec<NewShare> = (0..100).map(|_| new_share(now())).collect();
    // With all connections there, so that none comes when the first has already committed.
    join_all((0..100).map(|_| store.rests())).await;
    let answers = join_all(shares.iter().map(|share| store.insert(share, Some(&idempotency)))).await;
    let mut created = Vec::new();
    let mut existing = HashSet::new();
    for (share, answer) in shares.iter().zip(answers) {
        match answer.expect("answered") {
            Inserted::Created => created.push(share.id.clone()),
            Inserted::Existing(id) => drop(existing.insert(id)),
            Inserted::Conflict | Inserted::Deleted => panic!("the same request, and nothing is deleted"),
        }
    }
    assert_eq!(created.len(), 1);
    assert_eq!(existing, created.iter().cloned().collect());
    assert_eq!(store.board(None, 200).await.expect("board").len(), 1);
    assert_eq!(
        store.by_key(&idempotency, now()).await.expect("looked up"),
        created.pop().map(Inserted::Existing)
    );
}

pub(crate) async fn a_key_for_another_request_is_a_conflict(store: &dyn Store) {
    assert_eq!(store.by_key(&key("one", "hash"), now()).await.expect("looked up"), None);
    store.insert(&new_share(now()), Some(&key("one", "hash"))).await.expect("inserted");
    let other = new_share(now());
    let answer = store.insert(&other, Some(&key("one", "other"))).await.expect("answered");
    assert_eq!(answer, Inserted::Conflict);
    assert_eq!(store.by_key(&key("one", "other"), now()).await.expect("looked up"), Some(Inserted::Conflict));
    assert_eq!(store.share(&other.id).await.expect("read"), None);
    let answer = store.insert(&other, Some(&key("two", "other"))).await.expect("answered");
    assert_eq!(answer, Inserted::Created);
}

pub(crate) async fn a_key_is_forgotten_after_a_day(store: &dyn Store) {
    let first = new_share(now());
    store.insert(&first, Some(&key("one", "hash"))).await.expect("inserted");
    let (just_before, a_day) = (later(86_399), later(86_400));
    let known = store.by_key(&key("one", "hash"), just_before).await.expect("looked up");
    assert_eq!(known, Some(Inserted::Existing(first.id.clone())));
    assert_eq!(store.by_key(&key("one", "hash"), a_day).await.expect("looked up"), None);
    let again = store.insert(&new_share(a_day), Some(&key("one", "other"))).await.expect("answered");
    assert_eq!(again, Inserted::Created);
    assert!(store.share(&first.id).await.expect("read").is_some(), "the share outlives its key");
}

pub(crate) async fn a_delivery_that_is_not_new_is_refused_and_nothing_is_kept(store: &dyn Store) {
    let mut share = new_share(now());
    share.deliveries[1].state = DeliveryState::Sending;
    let refused = store.insert(&share, Some(&key("one", "hash"))).await;
    assert!(matches!(refused, Err(StoreError::NotNew { .. })), "{refused:?}");
    share.deliveries[1].state = DeliveryState::Queued;
    share.deliveries.push(share.deliveries[1].clone());
    assert!(store.insert(&share, Some(&key("one", "hash"))).await.is_err(), "one delivery per target");
    assert_eq!(store.share(&share.id).await.expect("read"), None);
    assert_eq!(store.by_key(&key("one", "hash"), now()).await.expect("looked up"), None);
}

pub(crate) async fn the_board_pages_newest_first_while_shares_arrive(store: &dyn Store) {
    let mut expected = Vec::new();
    // Three at a time in the same millisecond: time alone would skip or repeat some of them.
    for number in 0..12 {
        expected.push((later(number / 3), insert(store, new_share(later(number / 3))).await));
    }
    expected.sort();
    expected.reverse();
    let mut seen = Vec::new();
    let mut cursor: Option<BoardCursor> = None;
    loop {
        let page = store.board(cursor.as_ref(), 5).await.expect("board");
        let Some(last) = page.last() else { break };
        cursor = Some(BoardCursor::after(last));
        seen.extend(page.iter().map(|share| (share.created_at, share.id.clone())));
        insert(store, new_share(later(100))).await;
    }
    assert_eq!(seen, expected);
}

pub(crate) async fn the_board_shows_what_is_posted_to_it_only(store: &dyn Store) {
    let shown = insert(store, new_share(now())).await;
    insert(store, share_to(&["mastodon:alice@example.social"], now())).await;
    insert(store, share_to(&["board"], now())).await;
    let board = store.board(None, 10).await.expect("board");
    assert_eq!(board, [record(store, &shown).await]);
    assert!(store.board(None, 0).await.expect("board").is_empty());
}

pub(crate) async fn concurrent_claims_hand_out_each_delivery_once(store: &dyn Store) {
    for _ in 0..40 {
        insert(store, new_share(now())).await;
    }
    let to = mastodon();
    let mut claims = Vec::new();
    while claims.len() < 40 {
        let some = join_all((0..20).map(|_| store.claim(&to, now(), 3))).await;
        let some: Vec<Claim> = some.into_iter().flat_map(|claims| claims.expect("claimed")).collect();
        assert_eq!(some.len(), MAX_PER_TARGET as usize, "so many are under way at once, and no more");
        for claim in &some {
            let posted = Outcome::Posted { url: None, post_id: None };
            store.finish(claim, &posted, now()).await.expect("finished");
        }
        claims.extend(some);
    }
    assert_eq!(claims.len(), 40);
    assert_eq!(claims.iter().map(|claim| &claim.share_id).collect::<HashSet<_>>().len(), 40);
    assert_eq!(claims.iter().map(|claim| claim.attempt_id).collect::<HashSet<_>>().len(), 40);
    assert_eq!(claims.iter().map(Claim::idempotency_key).collect::<HashSet<_>>().len(), 40);
    assert!(claims.iter().all(|claim| claim.attempt == 1 && claim.target == to));
}

pub(crate) async fn only_what_is_due_is_claimed_longest_waiting_first(store: &dyn Store) {
    let last = insert(store, new_share(later(2))).await;
    let first = insert(store, new_share(later(1))).await;
    insert(store, new_share(later(60))).await;
    assert_eq!(store.claim(&mastodon(), now(), 10).await.expect("claimed"), []);
    let claims = store.claim(&mastodon(), later(2), 10).await.expect("claimed");
    assert_eq!(claims.iter().map(|claim| &claim.share_id).collect::<Vec<_>>(), [&first, &last]);
    let sending = delivery(store, &first, &mastodon()).await;
    assert_eq!((sending.state, sending.attempts, sending.due_at), (DeliveryState::Sending, 1, None));
}

pub(crate) async fn claims_are_for_one_target(store: &dyn Store) {
    insert(store, share_to(&["slow:a", "fast:b"], now())).await;
    let slow = store.claim(&target("slow:a"), now(), 10).await.expect("claimed");
    let fast = store.claim(&target("fast:b"), now(), 10).await.expect("claimed");
    assert_eq!((slow.len(), fast.len()), (1, 1));
    assert_ne!(slow[0].idempotency_key(), fast[0].idempotency_key());
}

pub(crate) async fn a_posted_delivery_is_done(store: &dyn Store) {
    let id = insert(store, new_share(now())).await;
    let claim = claim_one(store, now()).await;
    let posted = Outcome::Posted { url: Some("https://example.social/@alice/1".to_owned()), post_id: None };
    store.finish(&claim, &posted, later(1)).await.expect("finished");
    let done = delivery(store, &id, &mastodon()).await;
    assert_eq!(
        (done.state, done.url.as_deref()),
        (DeliveryState::Posted, Some("https://example.social/@alice/1"))
    );
    assert_eq!((done.reason, done.due_at), (None, None));
    assert_eq!(store.claim(&mastodon(), later(9999), 10).await.expect("claimed"), []);
    assert_eq!(store.retry(&id, Again::EVERYTHING, later(2)).await.expect("retried"), 0);
}

pub(crate) async fn a_passing_failure_waits_for_its_time(store: &dyn Store) {
    let id = insert(store, new_share(now())).await;
    let first = claim_one(store, now()).await;
    // Not on a whole millisecond: the platform's wish is rounded up, never down.
    let at = later(30) + SignedDuration::from_nanos(1);
    store
        .finish(
            &first,
            &Outcome::Retry { at, reason: "busy".to_owned(), is_asked: false, may_be_posted: false },
            later(1),
        )
        .await
        .expect("finished");
    let waiting = delivery(store, &id, &mastodon()).await;
    let due_at = later(30) + SignedDuration::from_millis(1);
    assert_eq!((waiting.state, waiting.due_at), (DeliveryState::Queued, Some(due_at)));
    assert_eq!((waiting.reason.as_deref(), waiting.attempts), (Some("busy"), 1));
    assert_eq!(store.claim(&mastodon(), later(30), 10).await.expect("claimed"), []);
    let second = claim_one(store, due_at).await;
    assert_eq!(second.attempt, 2);
    assert_ne!(second.attempt_id, first.attempt_id);
    assert_eq!(second.idempotency_key(), first.idempotency_key());
}

pub(crate) async fn an_attempt_after_which_the_platform_asks_for_a_pause_is_not_counted(store: &dyn Store) {
    let id = insert(store, new_share(now())).await;
    for seconds in [0, 10, 20] {
        let claim = claim_one(store, later(seconds)).await;
        assert_eq!((claim.attempt, claim.asked_at), (1, now()));
        let outcome = Outcome::Retry {
            at: later(seconds + 10),
            reason: "busy".to_owned(),
            is_asked: true,
            may_be_posted: false,
        };
        store.finish(&claim, &outcome, later(seconds)).await.expect("finished");
        assert_eq!(delivery(store, &id, &mastodon()).await.attempts, 0);
    }
    let claim = claim_one(store, later(30)).await;
    let failed = Outcome::Failed { reason: "no".to_owned() };
    store.finish(&claim, &failed, later(31)).await.expect("finished");
    store.retry(&id, Again::EVERYTHING, later(60)).await.expect("retried");
    assert_eq!(claim_one(store, later(61)).await.asked_at, later(60), "its day begins anew");
}

pub(crate) async fn the_next_due_time_is_told_for_each_target(store: &dyn Store) {
    assert_eq!(store.next_due().await.expect("asked"), []);
    insert(store, share_to(&["b:1", "a:1", "c:1"], later(5))).await;
    insert(store, share_to(&["b:1"], later(3))).await;
    insert(store, share_to(&["b:1"], later(4))).await;
    store.claim(&target("c:1"), later(5), 10).await.expect("claimed");
    let due = |name: &str, seconds| Due { target: target(name), at: later(seconds) };
    assert_eq!(store.next_due().await.expect("asked"), [due("a:1", 5), due("b:1", 3)]);
}

pub(crate) async fn failed_and_unknown_are_queued_again(store: &dyn Store) {
    let id = insert(store, share_to(&["a:1", "b:1", "c:1"], now())).await;
    let outcomes = [
        ("a:1", Outcome::Failed { reason: "no".to_owned() }, DeliveryState::Failed),
        ("b:1", Outcome::Unknown { reason: "perhaps".to_owned() }, DeliveryState::Unknown),
        ("c:1", Outcome::Posted { url: None, post_id: None }, DeliveryState::Posted),
    ];
    for (name, outcome, state) in outcomes {
        let claims = store.claim(&target(name), now(), 1).await.expect("claimed");
        store.finish(&claims[0], &outcome, now()).await.expect("finished");
        assert_eq!(delivery(store, &id, &target(name)).await.state, state);
    }
    assert_eq!(store.retry(&id, Again::EVERYTHING, later(60)).await.expect("retried"), 2);
    for name in ["a:1", "b:1"] {
        let again = delivery(store, &id, &target(name)).await;
        assert_eq!((again.state, again.due_at), (DeliveryState::Queued, Some(later(60))));
        assert_eq!((again.reason, again.attempts), (None, 0));
    }
    assert_eq!(store.retry(&id, Again::EVERYTHING, later(60)).await.expect("retried"), 0);
    assert_eq!(
        store.retry(&ShareId::generate(&SystemRandom), Again::EVERYTHING, now()).await.expect("retried"),
        0
    );
}

pub(crate) async fn what_a_crash_interrupted_goes_on_where_it_was(store: &dyn Store) {
    let interrupted = insert(store, new_share(now())).await;
    let claim = claim_one(store, now()).await;
    store.note(&claim, &Progress::Upload(Some("picture 7".to_owned()))).await.expect("noted");
    store.note(&claim, &Progress::sent_first(later(1))).await.expect("noted");
    let waiting = insert(store, new_share(now())).await;
    assert_eq!(store.recover(Abandoned::Expired, later(59)).await.expect("recovered"), 0);
    assert_eq!(store.recover(Abandoned::All, later(59)).await.expect("recovered"), 1);
    let queued = delivery(store, &interrupted, &mastodon()).await;
    assert_eq!((queued.state, queued.due_at), (DeliveryState::Queued, Some(later(59))));
    assert_eq!((queued.reason.as_deref(), queued.attempts), (Some(INTERRUPTED), 1));
    assert_eq!(delivery(store, &waiting, &mastodon()).await.reason, None);
    assert_eq!(store.recover(Abandoned::All, later(59)).await.expect("recovered"), 0);
    let again = store.claim(&mastodon(), later(59), 10).await.expect("claimed");
    let again = again.iter().find(|other| other.share_id == interrupted).expect("it is due");
    assert_eq!((again.attempt, again.upload.as_deref()), (2, Some("picture 7")));
    assert_eq!(again.published_at, Some(later(1)));
    assert_ne!(again.attempt_id, claim.attempt_id);
    assert_eq!(again.idempotency_key(), claim.idempotency_key());
}

pub(crate) async fn a_lease_that_is_renewed_is_not_taken(store: &dyn Store) {
    let kept = insert(store, new_share(now())).await;
    let claim = claim_one(store, now()).await;
    let left = insert(store, new_share(now())).await;
    claim_one(store, now()).await;
    store.renew(&[claim], later(40)).await.expect("renewed");
    assert_eq!(store.recover(Abandoned::Expired, later(60)).await.expect("recovered"), 1);
    assert_eq!(delivery(store, &kept, &mastodon()).await.state, DeliveryState::Sending);
    assert_eq!(delivery(store, &left, &mastodon()).await.state, DeliveryState::Queued);
    assert_eq!(store.recover(Abandoned::Expired, later(100)).await.expect("recovered"), 1);
}

pub(crate) async fn how_far_an_attempt_came_is_told_to_the_next(store: &dyn Store) {
    let id = insert(store, new_share(now())).await;
    let first = claim_one(store, now()).await;
    assert_eq!((&first.upload, first.published_at), (&None, None));
    store.note(&first, &Progress::Upload(Some("7".to_owned()))).await.expect("noted");
    store.note(&first, &Progress::sent_first(now())).await.expect("noted");
    let retry =
        |may_be_posted| Outcome::Retry { at: now(), reason: String::new(), is_asked: false, may_be_posted };
    store.finish(&first, &retry(true), now()).await.expect("finished");
    let doubtful = claim_one(store, now()).await;
    assert_eq!((doubtful.upload.as_deref(), doubtful.published_at), (Some("7"), Some(now())));
    store.finish(&doubtful, &retry(false), now()).await.expect("finished");
    let sure = claim_one(store, now()).await;
    assert_eq!((sure.upload.as_deref(), sure.published_at), (Some("7"), None));
    store.note(&sure, &Progress::Upload(None)).await.expect("noted");
    store.note(&sure, &Progress::sent_first(now())).await.expect("noted");
    store.finish(&sure, &Outcome::Unknown { reason: String::new() }, now()).await.expect("finished");
    store.retry(&id, Again::EVERYTHING, now()).await.expect("queued again");
    let asked = claim_one(store, now()).await;
    assert_eq!((asked.upload, asked.published_at), (None, Some(now())), "the post may be there all the same");
}

pub(crate) async fn attempts_leave_no_more_rows_than_count(store: &dyn Store) {
    let id = insert(store, new_share(now())).await;
    for turn in 0..5 {
        let claim = claim_one(store, later(turn)).await;
        assert_eq!(claim.attempt, 1);
        let pause = Outcome::Retry {
            at: later(turn + 1),
            reason: "busy".to_owned(),
            is_asked: true,
            may_be_posted: false,
        };
        store.finish(&claim, &pause, later(turn)).await.expect("finished");
        assert_eq!(store.attempts(&id).await.expect("counted"), 0);
    }
    let claim = claim_one(store, later(9)).await;
    store.finish(&claim, &Outcome::Failed { reason: "no".to_owned() }, later(9)).await.expect("finished");
    assert_eq!(store.attempts(&id).await.expect("counted"), 1);
    store.retry(&id, Again::EVERYTHING, later(10)).await.expect("queued");
    assert_eq!(store.attempts(&id).await.expect("counted"), 0, "they begin anew");
}

pub(crate) async fn a_rest_is_known_until_it_is_over(store: &dyn Store) {
    let account = |seconds| Rest { of: Rested::Account(mastodon()), until: later(seconds), failures: 0 };
    let server = |seconds, failures| Rest {
        of: Rested::Server("example.social".to_owned()),
        until: later(seconds),
        failures,
    };
    assert_eq!(store.rests().await.expect("read"), []);
    for rest in [account(60), account(30), server(30, 5), server(20, 5)] {
        store.rest(&rest, now()).await.expect("kept");
    }
    assert_eq!(store.rests().await.expect("read"), [account(60), server(30, 5)], "never less long");
    store.rest(&server(20, 6), now()).await.expect("kept");
    let told = store.rests().await.expect("read");
    assert_eq!(told, [account(60), server(20, 6)], "a further failure ends the turn of who tried");
    store.rest(&server(100, 7), later(60)).await.expect("kept");
    assert_eq!(store.rests().await.expect("read"), [server(100, 7)], "the pause is over");
    store.end_rest(&server(0, 0).of).await.expect("ended");
    assert_eq!(store.rests().await.expect("read"), []);
}

pub(crate) async fn an_outcome_of_a_lost_claim_is_refused(store: &dyn Store) {
    let id = insert(store, new_share(now())).await;
    let lost = claim_one(store, now()).await;
    store.recover(Abandoned::All, later(1)).await.expect("recovered");
    let current = claim_one(store, later(2)).await;
    let failed = Outcome::Failed { reason: "too late".to_owned() };
    let refused = store.finish(&lost, &failed, later(3)).await;
    assert!(matches!(refused, Err(StoreError::ClaimLost { .. })), "{refused:?}");
    let refused = store.note(&lost, &Progress::sent_first(later(3))).await;
    assert!(matches!(refused, Err(StoreError::ClaimLost { .. })), "{refused:?}");
    store.renew(&[lost], later(3)).await.expect("nothing to renew");
    store.finish(&current, &Outcome::Posted { url: None, post_id: None }, later(3)).await.expect("finished");
    assert_eq!(delivery(store, &id, &mastodon()).await.state, DeliveryState::Posted);
}
