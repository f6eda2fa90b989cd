//! What every store must do with visitors and their accounts.

use futures_util::future::join_all;

use super::{insert, later, new_share, now, target};
use crate::store::{
    AccountRecord, AccountState, NewDelivery, RegistrationRecord, Sealed, SealedPlace, SharedWith,
    SignInRecord, Store, VisitorRecord,
};

fn sealed(text: &str) -> Sealed {
    Sealed { key_id: "first".to_owned(), bytes: text.as_bytes().to_vec() }
}

fn hash(digit: char) -> String {
    String::from(digit).repeat(64)
}

/// A visitor called `id`, with a session.
pub(crate) async fn visitor(store: &dyn Store, id: &str, session_hash: &str) -> VisitorRecord {
    let visitor =
        VisitorRecord { id: id.to_owned(), created_at: now(), expires_at: later(3600), chosen: Vec::new() };
    store.add_visitor(&visitor, session_hash).await.expect("added");
    visitor
}

fn sign_in(digit: char, session_hash: &str) -> SignInRecord {
    SignInRecord {
        hash: hash(digit),
        session_hash: session_hash.to_owned(),
        connection: "mastodon-1".to_owned(),
        sealed: sealed("what it takes"),
        expires_at: later(600),
    }
}

fn account(id: &str, visitor: &str) -> AccountRecord {
    AccountRecord {
        id: id.to_owned(),
        visitor: visitor.to_owned(),
        platform: "mastodon".to_owned(),
        server: "https://example.social".to_owned(),
        remote_id: format!("{id} there"),
        name: "alice@example.social".to_owned(),
        state: AccountState::Connected,
        connected_at: now(),
        sealed: sealed("a token"),
    }
}

pub(crate) async fn what_a_visitor_chose_stays_chosen(store: &dyn Store) {
    let ann = visitor(store, "ann", &hash('a')).await;
    visitor(store, "bob", &hash('b')).await;
    let chosen =
        async |digit| store.visitor_of(&hash(digit), now()).await.expect("asked").expect("known").chosen;
    let targets = [target("board"), target("mastodon:~one")];
    store.choose_targets(&ann.id, &targets).await.expect("kept");
    assert_eq!((chosen('a').await, chosen('b').await), (targets.to_vec(), Vec::new()));
    assert!(store.renew_session(&hash('a'), &hash('c')).await.expect("renewed"));
    assert_eq!(chosen('c').await, targets);
    store.choose_targets(&ann.id, &[]).await.expect("kept");
    assert_eq!(chosen('c').await, []);
}

/// Something in each table of visitors.
pub(crate) async fn fill_accounts(store: &dyn Store) {
    visitor(store, "ann", &hash('a')).await;
    store.choose_targets("ann", &[target("board")]).await.expect("kept");
    assert!(store.begin_sign_in(&sign_in('1', &hash('a')), 5, now()).await.expect("begun"));
    store.keep_registration(&registration()).await.expect("kept");
    store.keep_account(&account("one", "ann")).await.expect("kept");
    assert!(store.begin_refresh("one", now(), later(30)).await.expect("begun"));
}

fn registration() -> RegistrationRecord {
    RegistrationRecord {
        platform: "mastodon".to_owned(),
        server: "https://example.social".to_owned(),
        redirect_uri: "https://share.example.org/accounts/callback/mastodon-1".to_owned(),
        client_id: "cutline".to_owned(),
        sealed: sealed("the client's secret"),
    }
}

pub(crate) async fn a_session_is_its_visitors_until_it_is_renewed_or_over(store: &dyn Store) {
    let ann = visitor(store, "ann", &hash('a')).await;
    let bob = visitor(store, "bob", &hash('b')).await;
    assert_eq!(store.visitor_of(&hash('a'), now()).await.expect("asked"), Some(ann.clone()));
    assert_eq!(store.visitor_of(&hash('b'), now()).await.expect("asked"), Some(bob));
    assert!(store.renew_session(&hash('a'), &hash('c')).await.expect("renewed"));
    assert!(!store.renew_session(&hash('a'), &hash('d')).await.expect("asked"), "only once");
    assert_eq!(store.visitor_of(&hash('a'), now()).await.expect("asked"), None);
    assert_eq!(store.visitor_of(&hash('d'), now()).await.expect("asked"), None);
    assert_eq!(store.visitor_of(&hash('c'), later(3599)).await.expect("asked"), Some(ann));
    assert_eq!(store.visitor_of(&hash('c'), later(3600)).await.expect("asked"), None);
    assert_eq!(store.expired_visitors(later(3600)).await.expect("asked").len(), 2);
    store.keep_visitor("ann", later(9000)).await.expect("kept");
    store.keep_visitor("ann", later(10)).await.expect("kept");
    assert_eq!(store.expired_visitors(later(3600)).await.expect("asked"), ["bob"]);
    let kept = store.visitor_of(&hash('c'), later(8999)).await.expect("asked");
    assert_eq!(kept.map(|visitor| visitor.expires_at), Some(later(9000)), "never shorter");
}

pub(crate) async fn a_sign_in_is_taken_once_and_ends_with_its_session(store: &dyn Store) {
    visitor(store, "ann", &hash('a')).await;
    let begun = sign_in('1', &hash('a'));
    assert!(store.begin_sign_in(&begun, 2, now()).await.expect("begun"));
    let taken = join_all((0..20).map(|_| store.take_sign_in(&begun.hash))).await;
    let taken: Vec<_> = taken.into_iter().filter_map(|taken| taken.expect("asked")).collect();
    assert_eq!(taken, [begun]);
    for (digit, has_room) in [('2', true), ('3', true), ('4', false)] {
        let begun = store.begin_sign_in(&sign_in(digit, &hash('a')), 2, now()).await.expect("asked");
        assert_eq!(begun, has_room, "{digit}");
    }
    let late = SignInRecord { expires_at: later(1200), ..sign_in('5', &hash('a')) };
    assert!(store.begin_sign_in(&late, 2, later(600)).await.expect("begun"), "those before are over");
    assert_eq!(store.take_sign_in(&hash('2')).await.expect("asked"), None);
    assert!(store.renew_session(&hash('a'), &hash('b')).await.expect("renewed"));
    assert_eq!(store.take_sign_in(&late.hash).await.expect("asked"), None, "it began in another session");
}

pub(crate) async fn an_account_is_replaced_by_its_id_and_dropped_by_its_visitor_alone(store: &dyn Store) {
    visitor(store, "ann", &hash('a')).await;
    visitor(store, "bob", &hash('b')).await;
    let one = account("one", "ann");
    assert_eq!(store.keep_account(&one).await.expect("kept"), None);
    store.keep_account(&account("two", "ann")).await.expect("kept");
    store
        .keep_account(&AccountRecord { remote_id: "one there".to_owned(), ..account("three", "bob") })
        .await
        .expect("kept");
    let same = AccountRecord { id: "four".to_owned(), ..one.clone() };
    assert!(store.keep_account(&same).await.is_err(), "each account of a server once for each visitor");
    let renamed =
        AccountRecord { name: "alice@new.example".to_owned(), sealed: sealed("another"), ..one.clone() };
    assert_eq!(store.keep_account(&renamed).await.expect("kept"), Some(one.clone()), "what it replaces");
    assert_eq!(store.account("one").await.expect("read"), Some(renamed.clone()));
    let there = async |server: &str, remote_id| -> Vec<String> {
        let found = store.accounts_at(&one.platform, server, remote_id).await.expect("read");
        let mut ids: Vec<_> = found.into_iter().map(|account| account.id).collect();
        ids.sort();
        ids
    };
    assert_eq!(there(&one.server, None).await, ["one", "three", "two"], "all visitors'");
    assert_eq!(there(&one.server, Some("one there")).await, ["one", "three"]);
    assert_eq!(there("https://elsewhere.example", None).await, [""; 0]);
    store.refuse_account("one", &one.sealed).await.expect("asked");
    let state = async |id| store.account(id).await.expect("read").map(|account| account.state);
    assert_eq!(state("one").await, Some(AccountState::Connected), "what was refused is there no more");
    store.refuse_account("one", &renamed.sealed).await.expect("refused");
    assert_eq!(state("one").await, Some(AccountState::Refused));
    assert_eq!(store.drop_account("bob", "one").await.expect("asked"), None, "it is not his");
    let dropped = store.drop_account("ann", "one").await.expect("dropped");
    assert_eq!(dropped.map(|account| account.sealed), Some(renamed.sealed));
    assert_eq!(store.drop_account("ann", "one").await.expect("asked"), None);
    assert_eq!(store.accounts_of("ann").await.expect("read"), [account("two", "ann")]);
    assert_eq!(store.drop_visitor("ann").await.expect("dropped"), [account("two", "ann")]);
    assert_eq!(store.accounts_of("ann").await.expect("read"), []);
    assert_eq!(store.visitor_of(&hash('a'), now()).await.expect("asked"), None);
    assert_eq!(store.accounts_of("bob").await.expect("read").len(), 1);
}

pub(crate) async fn a_token_is_fetched_by_one_and_replaced_only_by_who_saw_it(store: &dyn Store) {
    visitor(store, "ann", &hash('a')).await;
    store.keep_account(&account("one", "ann")).await.expect("kept");
    let turns = join_all((0..20).map(|_| store.begin_refresh("one", now(), later(30)))).await;
    assert_eq!(turns.into_iter().filter(|turn| *turn.as_ref().expect("asked")).count(), 1);
    assert!(store.begin_refresh("one", later(30), later(60)).await.expect("asked"), "its holder is gone");
    store.end_refresh("one", later(30)).await.expect("too late");
    assert!(!store.begin_refresh("one", later(31), later(61)).await.expect("asked"), "another has it now");
    store.end_refresh("one", later(60)).await.expect("ended");
    assert!(store.begin_refresh("one", later(31), later(60)).await.expect("asked"));
    let new = Sealed { key_id: "second".to_owned(), bytes: b"new".to_vec() };
    assert!(store.replace_sealed("one", &sealed("a token"), &new).await.expect("replaced"));
    assert!(!store.replace_sealed("one", &sealed("a token"), &sealed("newer")).await.expect("asked"));
    assert_eq!(store.account("one").await.expect("read").map(|account| account.sealed), Some(new));
}

pub(crate) async fn what_is_sealed_under_another_key_is_found(store: &dyn Store) {
    fill_accounts(store).await;
    let places = store.sealed_otherwise("second").await.expect("asked");
    assert_eq!(
        places,
        [SealedPlace::Account(account("one", "ann")), SealedPlace::Registration(registration())]
    );
    assert_eq!(store.sealed_otherwise("first").await.expect("asked"), []);
    let again = RegistrationRecord { client_id: "again".to_owned(), ..registration() };
    store.keep_registration(&again).await.expect("kept");
    let RegistrationRecord { platform, server, redirect_uri, .. } = &again;
    let found = async || store.registration(platform, server, redirect_uri).await.expect("asked");
    assert_eq!(found().await.as_ref(), Some(&again));
    store.drop_registration(platform, server).await.expect("dropped");
    assert_eq!(found().await, None);
}

pub(crate) async fn shares_are_found_by_the_account_that_they_went_out_with(store: &dyn Store) {
    let own = target("mastodon:~one");
    let mut shared = Vec::new();
    for seconds in 0..3 {
        let mut share = new_share(later(seconds));
        let queued = |target| NewDelivery { target, ..share.deliveries[1].clone() };
        let deliveries = vec![queued(own.clone()), queued(target("mastodon:~two"))];
        share.deliveries = deliveries;
        let created_at = share.created_at;
        let id = insert(store, share).await;
        shared.insert(0, SharedWith { share: id, created_at, target: own.clone() });
    }
    assert_eq!(store.shares_to(&own).await.expect("asked"), shared);
    assert_eq!(store.shares_to(&target("mastodon:~three")).await.expect("asked"), []);
}
