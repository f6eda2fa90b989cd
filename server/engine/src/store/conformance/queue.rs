//! What all processes keep to, because the record does: places at targets, turns to try a server, what is handed out apart.

use super::*;

fn posted() -> Outcome {
    Outcome::Posted { url: None, post_id: None }
}

pub(crate) async fn a_target_has_a_few_places_for_all_processes(store: &dyn Store) {
    for seconds in 0..12 {
        insert(store, new_share(later(seconds))).await;
    }
    insert(store, share_to(&["other:a"], now())).await;
    let first = store.claim(&mastodon(), later(20), 10).await.expect("claimed");
    assert_eq!(first.len(), MAX_PER_TARGET as usize);
    assert_eq!(store.claim(&mastodon(), later(20), 10).await.expect("asked"), [], "all places are taken");
    assert_eq!(store.claim(&target("other:a"), later(20), 10).await.expect("claimed").len(), 1);
    for claim in &first[..2] {
        store.finish(claim, &posted(), later(21)).await.expect("finished");
    }
    assert_eq!(store.claim(&mastodon(), later(21), 10).await.expect("claimed").len(), 2);
    // Who holds the first two may be gone: their places are free when their leases have ended, taken over or not.
    assert_eq!(store.claim(&mastodon(), later(79), 10).await.expect("asked"), []);
    assert_eq!(store.claim(&mastodon(), later(80), 10).await.expect("claimed").len(), 2);
}

pub(crate) async fn what_waits_for_too_long_ends(store: &dyn Store) {
    let sent = insert(store, new_share(now())).await;
    let claims = store.claim(&mastodon(), now(), 1).await.expect("claimed");
    store.note(&claims[0], &Progress::sent_first(now())).await.expect("noted");
    store.recover(Abandoned::All, now()).await.expect("recovered");
    let again = insert(store, new_share(now())).await;
    let claims = store.claim(&mastodon(), now(), 9).await.expect("claimed");
    for claim in &claims {
        let outcome = if claim.share_id == again {
            Outcome::Failed { reason: String::new() }
        } else {
            Outcome::Retry { at: later(3), reason: "busy".to_owned(), is_asked: false, may_be_posted: true }
        };
        store.finish(claim, &outcome, now()).await.expect("finished");
    }
    store.retry(&again, Again::default(), later(9)).await.expect("asked for again");
    let waiting = insert(store, new_share(later(5))).await;
    let under_way = insert(store, share_to(&["other:a"], now())).await;
    assert_eq!(store.claim(&target("other:a"), now(), 1).await.expect("claimed").len(), 1);

    let end_old = async |seconds| store.end_old(&mastodon(), later(seconds)).await.expect("ended");
    assert_eq!([end_old(2).await, end_old(3).await, end_old(4).await], [0, 1, 0]);
    assert_eq!([end_old(5).await, end_old(8).await], [1, 0]);
    assert_eq!(store.end_old(&target("other:a"), later(99)).await.expect("ended"), 0, "it is under way");
    for (id, state, reason) in [
        (&sent, DeliveryState::Unknown, Some(TOO_OLD_AND_UNKNOWN)),
        (&waiting, DeliveryState::Failed, Some(TOO_OLD)),
        (&again, DeliveryState::Queued, None),
        (&under_way, DeliveryState::Sending, None),
    ] {
        let share = store.share(id).await.expect("read").expect("a share");
        let delivery = share.deliveries.iter().find(|delivery| delivery.target.as_str() != "board");
        let delivery = delivery.expect("a delivery");
        assert_eq!((delivery.state, delivery.reason.as_deref()), (state, reason));
    }
    assert_eq!(end_old(9).await, 1, "it was asked for then");
}

pub(crate) async fn a_post_is_kept_though_the_claim_is_lost(store: &dyn Store) {
    let post =
        Outcome::Posted { url: Some("https://example.social/1".to_owned()), post_id: Some("1".to_owned()) };
    // Whoever took it over looked too early, sent it again, and was refused.
    let id = insert(store, share_to(&["other:a"], now())).await;
    let claims = store.claim(&target("other:a"), now(), 1).await.expect("claimed");
    store.recover(Abandoned::All, now()).await.expect("recovered");
    let others = store.claim(&target("other:a"), now(), 1).await.expect("claimed");
    let refused = Outcome::Failed { reason: "you have said so already".to_owned() };
    store.finish(&others[0], &refused, later(1)).await.expect("finished");
    store.finish(&claims[0], &post, later(2)).await.expect("kept");
    assert_eq!(delivery(store, &id, &target("other:a")).await.state, DeliveryState::Posted);
    for (is_sent, is_taken) in [(true, false), (true, true), (false, false)] {
        let id = insert(store, share_to(&["other:a"], now())).await;
        let claims = store.claim(&target("other:a"), now(), 1).await.expect("claimed");
        if is_sent {
            store.note(&claims[0], &Progress::sent_first(now())).await.expect("noted");
        }
        store.recover(Abandoned::All, now()).await.expect("recovered");
        if is_taken {
            assert_eq!(store.claim(&target("other:a"), now(), 1).await.expect("claimed").len(), 1);
        }
        let late = store.finish(&claims[0], &post, later(1)).await;
        let share = store.share(&id).await.expect("read").expect("a share");
        let delivery = &share.deliveries[0];
        if is_sent && !is_taken {
            late.expect("kept");
            let url = Some("https://example.social/1".to_owned());
            assert_eq!(
                (delivery.state, &delivery.url, &delivery.reason),
                (DeliveryState::Posted, &url, &None)
            );
            assert_eq!(store.claim(&target("other:a"), later(2), 1).await.expect("asked"), []);
        } else {
            assert!(matches!(late, Err(StoreError::ClaimLost { .. })), "{late:?}");
            assert_ne!(delivery.state, DeliveryState::Posted);
            store.delete(&id, later(2)).await.expect("deleted");
        }
    }
}

pub(crate) async fn what_was_sent_was_sent_until_the_end_of_its_attempt(store: &dyn Store) {
    insert(store, new_share(now())).await;
    let lost = |seconds| Outcome::Retry {
        at: later(seconds),
        reason: "lost".to_owned(),
        is_asked: false,
        may_be_posted: true,
    };
    let claim = claim_one(store, now()).await;
    store.note(&claim, &Progress::sent_first(later(1))).await.expect("noted");
    store.finish(&claim, &lost(56), later(55)).await.expect("finished");
    let claim = claim_one(store, later(56)).await;
    assert_eq!((claim.published_at, claim.sent_at), (Some(later(1)), Some(later(55))));
    // Who only looks for it sends nothing.
    store.finish(&claim, &lost(60), later(58)).await.expect("finished");
    let claim = claim_one(store, later(60)).await;
    assert_eq!(claim.sent_at, Some(later(55)));
    store.note(&claim, &Progress::sent_again(later(1), later(61))).await.expect("noted");
    store.finish(&claim, &lost(70), later(65)).await.expect("finished");
    let claim = claim_one(store, later(70)).await;
    assert_eq!((claim.published_at, claim.sent_at), (Some(later(1)), Some(later(65))));
}

pub(crate) async fn a_pause_is_kept_with_what_waits_for_it(store: &dyn Store) {
    insert(store, new_share(now())).await;
    let claim = claim_one(store, now()).await;
    let waits =
        Outcome::Retry { at: later(60), reason: "busy".to_owned(), is_asked: true, may_be_posted: false };
    let rest = |seconds| Rest { of: Rested::Account(mastodon()), until: later(seconds), failures: 0 };
    store.finish_and_rest(&claim, &waits, Some(&rest(60)), later(1)).await.expect("finished");
    assert_eq!(store.rests().await.expect("read"), [rest(60)]);
    let late = store.finish_and_rest(&claim, &waits, Some(&rest(99)), later(2)).await;
    assert!(matches!(late, Err(StoreError::ClaimLost { .. })), "{late:?}");
    assert_eq!(store.rests().await.expect("read"), [rest(60)], "both or nothing");
}

pub(crate) async fn a_delivery_that_cannot_be_read_is_set_aside_and_hides_none_of_its_target(
    store: &dyn Store,
) {
    let sent = insert(store, new_share(now())).await;
    let claim = claim_one(store, now()).await;
    store.note(&claim, &Progress::sent_first(now())).await.expect("noted");
    store.recover(Abandoned::All, now()).await.expect("recovered");
    let unsent = insert(store, new_share(now())).await;
    for id in [&sent, &unsent] {
        store.damage(id).await.expect("damaged");
    }
    let sound = insert(store, new_share(later(1))).await;
    let claims = store.claim(&mastodon(), later(1), 10).await.expect("claimed");
    assert_eq!(claims.iter().map(|claim| &claim.share_id).collect::<Vec<_>>(), [&sound]);
    for (id, state) in [(&sent, DeliveryState::Unknown), (&unsent, DeliveryState::Failed)] {
        let aside = delivery(store, id, &mastodon()).await;
        let reason = "What this server keeps of it is damaged.";
        assert_eq!((aside.state, aside.reason.as_deref()), (state, Some(reason)));
    }
    assert_eq!(store.recover(Abandoned::All, later(2)).await.expect("recovered"), 1, "the sound one");
    assert_eq!(store.claim(&mastodon(), later(90), 10).await.expect("claimed").len(), 1);
    assert_eq!(store.attempts(&unsent).await.expect("counted"), 1);
    store.retry(&unsent, Again::default(), later(91)).await.expect("asked for again");
    assert_eq!(store.claim(&mastodon(), later(91), 10).await.expect("claimed")[0].share_id, unsent);
}

pub(crate) async fn what_may_end_its_process_is_handed_out_apart(store: &dyn Store) {
    let id = insert(store, new_share(now())).await;
    let other = insert(store, new_share(later(1))).await;
    for broken_off in 0..2 {
        let claims = store.claim(&mastodon(), later(1), 1).await.expect("claimed");
        assert_eq!((&claims[0].share_id, claims[0].broken_off), (&id, broken_off));
        assert_eq!(store.claim_suspect(&mastodon(), later(1)).await.expect("asked"), None);
        store.recover(Abandoned::All, now()).await.expect("recovered");
    }
    let claims = store.claim(&mastodon(), later(1), 10).await.expect("claimed");
    assert_eq!(claims.iter().map(|claim| &claim.share_id).collect::<Vec<_>>(), [&other], "not the suspect");
    assert_eq!(store.claim_suspect(&target("other:a"), later(1)).await.expect("asked"), None);
    let suspect = store.claim_suspect(&mastodon(), later(1)).await.expect("claimed").expect("it is due");
    assert_eq!((&suspect.share_id, suspect.broken_off, suspect.attempt), (&id, 2, 3));
    assert_eq!(store.claim_suspect(&mastodon(), later(1)).await.expect("asked"), None);
    let busy =
        Outcome::Retry { at: later(2), reason: "busy".to_owned(), is_asked: false, may_be_posted: false };
    store.finish(&suspect, &busy, later(1)).await.expect("finished");
    let claims = store.claim(&mastodon(), later(2), 10).await.expect("claimed");
    assert_eq!((&claims[0].share_id, claims[0].broken_off), (&id, 0), "it came to an end of its own");
    for _ in 0..3 {
        store.recover(Abandoned::All, later(2)).await.expect("recovered");
        store.claim(&mastodon(), later(2), 10).await.expect("asked");
    }
    let suspect = store.claim_suspect(&mastodon(), later(2)).await.expect("claimed").expect("it is due");
    store.finish(&suspect, &Outcome::Failed { reason: String::new() }, later(3)).await.expect("finished");
    store.retry(&suspect.share_id, Again::default(), later(4)).await.expect("asked for again");
    let claims = store.claim(&mastodon(), later(4), 10).await.expect("claimed");
    assert!(claims.iter().any(|claim| claim.share_id == suspect.share_id && claim.broken_off == 0));
}

pub(crate) async fn of_those_who_would_try_a_server_one_does(store: &dyn Store) {
    let of = Rested::Server("example.social".to_owned());
    let rest = |seconds, failures| Rest { of: of.clone(), until: later(seconds), failures };
    assert!(!store.try_server("example.social", now()).await.expect("asked"), "it does not rest");
    store.rest(&rest(30, 5), now()).await.expect("kept");
    assert!(!store.try_server("example.social", later(29)).await.expect("asked"), "not before the time");
    let turns = join_all((0..10).map(|_| store.try_server("example.social", later(30)))).await;
    assert_eq!(turns.into_iter().filter(|turn| *turn.as_ref().expect("asked")).count(), 1);
    assert_eq!(store.rests().await.expect("read"), [rest(90, 5)], "it rests for the others");
    assert!(store.try_server("example.social", later(90)).await.expect("asked"), "who tried has gone");
    store.end_rest(&of).await.expect("it works");
    assert!(!store.try_server("example.social", later(200)).await.expect("asked"));
}

pub(crate) async fn the_key_of_a_deleted_share_makes_no_other_for_a_day(store: &dyn Store) {
    let share = new_share(now());
    store.insert(&share, Some(&key("one", "hash"))).await.expect("inserted");
    store.delete(&share.id, later(5)).await.expect("deleted").expect("it was there");
    let again = new_share(later(10));
    let hour = 3600;
    for (key, at, expected) in [
        (key("one", "hash"), later(10), Some(Inserted::Deleted)),
        (key("one", "other"), later(10), Some(Inserted::Conflict)),
        (key("two", "hash"), later(10), None),
        (key("one", "hash"), later(24 * hour - 1), Some(Inserted::Deleted)),
        (key("one", "hash"), later(24 * hour), None),
    ] {
        assert_eq!(store.by_key(&key, at).await.expect("looked up"), expected, "{key:?} {at}");
    }
    let inserted = store.insert(&again, Some(&key("one", "hash"))).await.expect("asked");
    assert_eq!((inserted, store.share(&again.id).await.expect("read")), (Inserted::Deleted, None));
    // After a day it may be used anew, and deleted anew.
    let next = new_share(later(25 * hour));
    let inserted = store.insert(&next, Some(&key("one", "new"))).await.expect("inserted");
    assert_eq!(inserted, Inserted::Created);
    store.delete(&next.id, later(25 * hour)).await.expect("deleted").expect("it was there");
    let known = store.by_key(&key("one", "new"), later(26 * hour)).await.expect("looked up");
    assert_eq!(known, Some(Inserted::Deleted));
    store.forget(later(60 * hour)).await.expect("forgotten");
    assert_eq!(store.by_key(&key("one", "new"), later(26 * hour)).await.expect("looked up"), None);
}

pub(crate) async fn what_may_be_posted_is_queued_again_only_if_that_is_asked_for(store: &dyn Store) {
    let id = insert(store, share_to(&["a:1", "b:1"], now())).await;
    for (name, outcome) in [
        ("a:1", Outcome::Failed { reason: "no".to_owned() }),
        ("b:1", Outcome::Unknown { reason: "perhaps".to_owned() }),
    ] {
        let claims = store.claim(&target(name), now(), 1).await.expect("claimed");
        store.finish(&claims[0], &outcome, now()).await.expect("finished");
    }
    for (unknown_too, again, state) in [
        (false, 1, DeliveryState::Unknown),
        (false, 0, DeliveryState::Unknown),
        (true, 1, DeliveryState::Queued),
    ] {
        assert_eq!(
            store.retry(&id, Again { unknown_too, target: None }, later(60)).await.expect("asked"),
            again
        );
        assert_eq!(delivery(store, &id, &target("a:1")).await.state, DeliveryState::Queued);
        assert_eq!(delivery(store, &id, &target("b:1")).await.state, state);
    }
}

pub(crate) async fn what_goes_to_one_target_is_queued_again_alone(store: &dyn Store) {
    let (a, b) = (target("a:1"), target("b:1"));
    let id = insert(store, share_to(&["a:1", "b:1"], now())).await;
    for target in [&a, &b] {
        let claims = store.claim(target, now(), 1).await.expect("claimed");
        let refused = Outcome::Failed { reason: "no".to_owned() };
        store.finish(&claims[0], &refused, now()).await.expect("finished");
    }
    let key = |name| Claim::idempotency_key(name);
    let again = |target| Again { unknown_too: false, target: Some(target) };
    for (one, count) in [(&b, 1), (&b, 0), (&target("c:1"), 0)] {
        assert_eq!(store.retry(&id, again(one), later(60)).await.expect("asked"), count, "{one}");
        let left = delivery(store, &id, &a).await;
        assert_eq!(
            (left.state, left.reason.as_deref(), left.attempts),
            (DeliveryState::Failed, Some("no"), 1)
        );
    }
    assert_eq!(store.claim(&a, later(61), 1).await.expect("claimed"), []);
    let second = store.claim(&b, later(61), 1).await.expect("claimed");
    assert_eq!(second[0].attempt, 1, "it begins anew");
    let other = insert(store, share_to(&["b:1"], later(62))).await;
    let third = store.claim(&b, later(62), 1).await.expect("claimed");
    assert_eq!(third[0].share_id, other);
    assert_ne!(key(&second[0]), key(&third[0]));
}
