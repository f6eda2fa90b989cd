//! A record behind a network, whose questions all end: a server that has gone away without a word closes no connection, and whoever
//! waits for it would wait until the system gives up, a quarter of an hour later. What was asked may have been done; that is so
//! whenever a connection breaks, and whoever asks knows it.

use std::time::Duration;

use async_trait::async_trait;
use cutline_model::TargetId;
use jiff::Timestamp;

use super::{
    Abandoned, AccountRecord, AccountStore, Again, BoardCursor, Changes, Claim, ClippingName, Deleted, Due,
    Hold, Idempotency, Inserted, NewShare, Outcome, Progress, RegistrationRecord, Removal, RemovalOutcome,
    RemovalRecord, Rest, Rested, Sealed, SealedPlace, ShareId, ShareRecord, SharedWith, SignInRecord, Store,
    StoreError, VisitorRecord,
};
use crate::clock::SteadyClock;

/// Longer than a statement may take in the database; and a lease that is renewed every 20 s outlives one renewal that is not answered.
const PATIENCE: Duration = Duration::from_secs(35);

/// A record whose questions end after 35 s, with [`StoreError::Busy`].
#[derive(Debug)]
pub(super) struct Patient<S>(pub(super) S);

async fn in_time<T>(answer: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    let silent = || StoreError::Busy(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()));
    tokio::time::timeout(PATIENCE, answer).await.unwrap_or_else(|_| Err(silent()))
}

/// Asks the record inside, and waits so long; `else` is what asks nobody.
macro_rules! asked_in_time {
    ($trait:ident { $($(#[$cfg:meta])? $name:ident($($given:ident: $type:ty),*) -> $answer:ty;)* } else { $($item:tt)* }) => {
        #[async_trait]
        impl<S: $trait> $trait for Patient<S> {
            $($(#[$cfg])? async fn $name(&self, $($given: $type),*) -> Result<$answer, StoreError> {
                in_time(self.0.$name($($given),*)).await
            })*
            $($item)*
        }
    };
}

asked_in_time! {
    Store {
        insert(share: &NewShare, idempotency: Option<&Idempotency>) -> Inserted;
        by_key(idempotency: &Idempotency, now: Timestamp) -> Option<Inserted>;
        share(id: &ShareId) -> Option<ShareRecord>;
        board(before: Option<&BoardCursor>, count: u32) -> Vec<ShareRecord>;
        claim(target: &TargetId, now: Timestamp, count: u32) -> Vec<Claim>;
        claim_suspect(target: &TargetId, now: Timestamp) -> Option<Claim>;
        note(claim: &Claim, progress: &Progress) -> ();
        give_up(claim: &Claim, upload: &str, now: Timestamp) -> ();
        given_up(claim: &Claim) -> Vec<String>;
        discarded(claim: &Claim, upload: &str) -> ();
        renew(claims: &[Claim], now: Timestamp) -> ();
        finish_and_rest(claim: &Claim, outcome: &Outcome, asked: Option<&Rest>, now: Timestamp) -> ();
        next_due() -> Vec<Due>;
        rests() -> Vec<Rest>;
        rest(rest: &Rest, now: Timestamp) -> ();
        try_server(name: &str, now: Timestamp) -> bool;
        end_rest(of: &Rested) -> ();
        retry(id: &ShareId, what: Again<'_>, now: Timestamp) -> u64;
        recover(abandoned: Abandoned, now: Timestamp) -> u64;
        end_old(target: &TargetId, moment: Timestamp) -> u64;
        delete(id: &ShareId, now: Timestamp) -> Option<Deleted>;
        remove_again(id: &ShareId, now: Timestamp) -> u64;
        is_deleted(id: &ShareId) -> bool;
        is_clipping_needed(name: &ClippingName) -> bool;
        clipping_removals(name: &ClippingName) -> i64;
        hold_clipping(name: &ClippingName, now: Timestamp) -> Hold;
        release_clipping(name: &ClippingName, removal: i64, now: Timestamp) -> ();
        clippings_to_remove(now: Timestamp) -> Vec<(ShareId, ClippingName)>;
        clipping_removed(id: &ShareId) -> ();
        clipping_waits(id: &ShareId, until: Timestamp) -> ();
        removals(id: &ShareId) -> Vec<RemovalRecord>;
        is_upload_awaited(target: &TargetId, share: &ShareId, part: &str) -> bool;
        claim_removal(target: &TargetId, now: Timestamp) -> Option<Removal>;
        finish_removal_and_rest(removal: &Removal, outcome: &RemovalOutcome, asked: Option<&Rest>) -> ();
        end_old_removals(target: &TargetId, asked_by: Timestamp, now: Timestamp, reason: &str) -> u64;
        due_removals() -> Vec<Due>;
        secret(name: &str, fresh: &[u8]) -> Vec<u8>;
        forget(now: Timestamp) -> u64;
        #[cfg(test)] damage(id: &ShareId) -> ();
        #[cfg(test)] attempts(id: &ShareId) -> i64;
    } else {
        fn clock(&self) -> SteadyClock {
            self.0.clock()
        }

        fn changes(&self) -> &Changes {
            self.0.changes()
        }

        async fn close(&self) {
            self.0.close().await;
        }
    }
}

asked_in_time! {
    AccountStore {
        add_visitor(visitor: &VisitorRecord, session_hash: &str) -> ();
        visitor_of(session_hash: &str, now: Timestamp) -> Option<VisitorRecord>;
        keep_visitor(id: &str, expires_at: Timestamp) -> ();
        choose_targets(visitor: &str, chosen: &[TargetId]) -> ();
        renew_session(old_hash: &str, new_hash: &str) -> bool;
        begin_sign_in(sign_in: &SignInRecord, max: i64, now: Timestamp) -> bool;
        take_sign_in(hash: &str) -> Option<SignInRecord>;
        registration(platform: &str, server: &str, redirect_uri: &str) -> Option<RegistrationRecord>;
        keep_registration(registration: &RegistrationRecord) -> ();
        drop_registration(platform: &str, server: &str) -> ();
        keep_account(account: &AccountRecord) -> Option<AccountRecord>;
        account(id: &str) -> Option<AccountRecord>;
        accounts_of(visitor: &str) -> Vec<AccountRecord>;
        accounts_at(platform: &str, server: &str, remote_id: Option<&str>) -> Vec<AccountRecord>;
        refuse_account(id: &str, sealed: &Sealed) -> ();
        replace_sealed(id: &str, old: &Sealed, new: &Sealed) -> bool;
        begin_refresh(id: &str, now: Timestamp, until: Timestamp) -> bool;
        end_refresh(id: &str, until: Timestamp) -> ();
        drop_account(visitor: &str, id: &str) -> Option<AccountRecord>;
        drop_visitor(id: &str) -> Vec<AccountRecord>;
        expired_visitors(now: Timestamp) -> Vec<String>;
        shares_to(target: &TargetId) -> Vec<SharedWith>;
        sealed_otherwise(key_id: &str) -> Vec<SealedPlace>;
    } else {}
}
