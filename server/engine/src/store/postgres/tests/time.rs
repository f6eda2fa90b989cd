//! Processes whose clocks do not agree: what is due, held and of an age goes by the server's time alone.

use jiff::SignedDuration;

use super::*;

/// Two processes of one site, and a share that is accepted now, by the server's clock.
async fn two_processes() -> (PostgresStore, PostgresStore, NewShare) {
    let url = Postgres::shared().database();
    let (one, other) = (open_by_its_time(&url).await, open_by_its_time(&url).await);
    let share = conformance::new_share(one.clock().now());
    one.insert(&share, None).await.expect("inserted");
    (one, other, share)
}

#[tokio::test]
async fn whose_clock_jumps_takes_nothing_from_those_who_hold_it_and_waits_no_longer_than_they() {
    for jump in [-24, -1, 1, 24].map(SignedDuration::from_hours) {
        let (one, other, share) = two_processes().await;
        let target = &share.deliveries[1].target;
        let jumped = share.created_at + jump;
        let claims = other.claim(target, jumped, 10).await.expect("claimed");
        assert_eq!(claims.len(), 1, "{jump}: it is due");
        let publishing = Progress::sent_first(other.clock().now());
        other.note(&claims[0], &publishing).await.expect("noted");
        for process in [&one, &other] {
            assert_eq!(process.recover(Abandoned::Expired, jumped).await.expect("asked"), 0, "{jump}");
        }
        other.renew(&claims, jumped).await.expect("renewed");
        assert_eq!(one.recover(Abandoned::Expired, share.created_at).await.expect("asked"), 0, "{jump}");
        let wait = one.clock().now() + SignedDuration::from_secs(3600);
        let retry =
            Outcome::Retry { at: wait, reason: "busy".to_owned(), is_asked: true, may_be_posted: false };
        other.finish(&claims[0], &retry, jumped).await.expect("finished");
        assert_eq!(one.claim(target, jumped, 10).await.expect("asked"), [], "{jump}: not before its time");
        assert_eq!(one.retry(&share.id, Again::EVERYTHING, jumped).await.expect("asked"), 0);
    }
}

#[tokio::test]
async fn whoever_claims_knows_the_time() {
    let (one, other, share) = two_processes().await;
    let clock = other.clock();
    clock.set(share.created_at + SignedDuration::from_hours(5));
    other.claim(&share.deliveries[1].target, clock.now(), 1).await.expect("claimed");
    let difference = clock.now().duration_since(one.clock().now()).abs();
    assert!(difference < SignedDuration::from_secs(5), "{difference}");
}

#[tokio::test]
async fn what_is_being_removed_is_so_for_every_clock() {
    let (one, other, share) = two_processes().await;
    let target = &share.deliveries[1].target;
    let claim = one.claim(target, share.created_at, 1).await.expect("claimed").remove(0);
    let posted = Outcome::Posted { url: None, post_id: Some("7".to_owned()) };
    one.finish(&claim, &posted, share.created_at).await.expect("finished");
    let name =
        one.delete(&share.id, share.created_at).await.expect("deleted").expect("it was there").clipping;
    let tomorrow = share.created_at + SignedDuration::from_hours(24);
    assert!(matches!(one.hold_clipping(&name, share.created_at).await.expect("asked"), Hold::Held(_)));
    assert_eq!(other.hold_clipping(&name, tomorrow).await.expect("asked"), Hold::Elsewhere);
    let late = NewShare { created_at: tomorrow, ..conformance::new_share(tomorrow) };
    let refused = other.insert(&late, None).await;
    assert!(matches!(refused, Err(StoreError::ClippingHeld)), "{refused:?}");
    assert!(one.claim_removal(target, share.created_at).await.expect("asked").is_some());
    assert_eq!(other.claim_removal(target, tomorrow).await.expect("asked"), None, "it has it for a minute");
}
