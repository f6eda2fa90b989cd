//! New tokens for those that have ended.
//!
//! Refresh tokens can be used once, so one process at a time fetches new ones, and writes them down before they are used; the
//! others wait for that. A renewal that has begun goes on to its end whoever waits for it, and the program ends after it: what a
//! refresh token was spent for, and is not written down, is an account lost.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::error::ConnectError;
use super::grant::Grant;
use super::sealing::SealError;
use super::{Accounts, oauth};
use crate::crash::{self, Step};
use crate::deliver::{CONNECT_AGAIN, NOT_CONNECTED, NotOpened, OWN_PAUSE, PostError, not_loaded};
use crate::error::with_causes;
use crate::store::{AccountRecord, Sealed, StoreError};

/// A token that ends sooner is renewed first, or half of its life before its end: a picture may take a while.
const SPARE: SignedDuration = SignedDuration::from_secs(60);
/// How long whoever fetches new tokens has the turn. Within it they are written down: who comes later would send the spent ones.
const TURN: SignedDuration = SignedDuration::from_secs(100);
/// So much of it is left when the server is asked: as long as it may take, and some to write down what it says.
const MAX_REFRESHING: Duration = Duration::from_secs(40);
/// So long before its end nothing is written any more.
const TURN_SPARE: Duration = Duration::from_secs(10);
/// How often it is tried to write down new tokens while the record does not take them.
const WRITE_PACE: Duration = Duration::from_millis(500);
/// How often those who wait for it look, and how many times.
const LOOK_EVERY: Duration = Duration::from_millis(250);
const LOOKS: u32 = 120;
/// When who waited in vain looks again.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// Most renewals that are under way: no limit but for counting them.
const MAX_RENEWALS: u32 = 1 << 20;
/// Tokens that are refused within this time of having been had for refused ones are not what is wrong.
const NEW_FOR: Duration = Duration::from_secs(600);

/// The renewals of this process.
pub(super) struct Renewals {
    under_way: Arc<Semaphore>,
    /// Which tokens were had because others were refused, and when, by account.
    after_refusal: Mutex<HashMap<String, (Instant, Sealed)>>,
}

impl Default for Renewals {
    fn default() -> Self {
        Self { under_way: Arc::new(Semaphore::new(MAX_RENEWALS as usize)), after_refusal: Mutex::default() }
    }
}

impl Renewals {
    /// Begins one; nothing when no more are begun.
    pub(super) fn begin(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.under_way).try_acquire_owned().ok()
    }

    /// Begins no more, and waits for those that are under way.
    pub(super) async fn end(&self) {
        if let Ok(all) = self.under_way.acquire_many(MAX_RENEWALS).await {
            all.forget();
        }
    }

    /// An account has `new` tokens because the `refused` ones were refused; says whether these were had for the same reason a moment
    /// ago. Of several deliveries that were in hand with the same old token each hears of its end, which says nothing of the new one.
    pub(super) fn had_after_refusal(&self, refused: &AccountRecord, new: &AccountRecord) -> bool {
        let mut had = self.after_refusal.lock().unwrap_or_else(PoisonError::into_inner);
        had.retain(|_, (at, _)| at.elapsed() < NEW_FOR);
        let before = had.insert(new.id.clone(), (Instant::now(), new.sealed.clone()));
        before.is_some_and(|(_, sealed)| sealed == refused.sealed) && new.connected_at == refused.connected_at
    }
}

impl Accounts {
    /// The account with tokens that have not ended, and that are not the `refused` ones if others can be had.
    pub(super) async fn usable(
        &self,
        mut record: AccountRecord,
        refused: Option<&Sealed>,
    ) -> Result<(AccountRecord, Grant), NotOpened> {
        for _ in 0..LOOKS {
            let grant = self.grant_of(&record)?;
            let now = self.0.clock.now();
            if !is_spent(&grant, &record, refused, now) {
                return Ok((record, grant));
            }
            let Some(permit) = self.2.begin() else { return Err(stopping().into()) };
            let store = &self.0.store;
            let (until, end) = (now + TURN, Instant::now() + TURN.unsigned_abs() - TURN_SPARE);
            if store.begin_refresh(&record.id, now, until).await.map_err(|error| not_loaded(&error))? {
                self.renew_to_the_end(&record.id, refused, until, end, permit).await?;
            } else {
                drop(permit);
                tokio::time::sleep(LOOK_EVERY).await;
            }
            let id = record.id;
            let again = store.account(&id).await.map_err(|error| not_loaded(&error))?;
            record = again.ok_or_else(|| ended(NOT_CONNECTED, "the account was disconnected meanwhile"))?;
        }
        // That is nobody's attempt.
        let reason = "Another part of this server fetches new access to this account.".to_owned();
        let detail = "another process takes long to fetch a new token".to_owned();
        Err(PostError::Passing { reason, detail, retry_after: Some(LOOK_AGAIN) }.into())
    }

    /// What opens the account. While the site's key is changed, what one process has sealed under the new one the others cannot open
    /// until they are started again.
    fn grant_of(&self, record: &AccountRecord) -> Result<Grant, NotOpened> {
        Grant::open(record, &self.0.sealer).map_err(|error| {
            tracing::error!(account = record.id, %error, "an account cannot be opened");
            let ended = ended(CONNECT_AGAIN, &error.to_string());
            match error {
                SealError::OtherKey(_) => NotOpened::Missing(ended),
                SealError::Broken => NotOpened::Here(ended),
            }
        })
    }

    /// Renews and gives the turn back, also if nobody waits for it any more.
    async fn renew_to_the_end(
        &self,
        id: &str,
        refused: Option<&Sealed>,
        until: Timestamp,
        end: Instant,
        permit: OwnedSemaphorePermit,
    ) -> Result<(), NotOpened> {
        let (accounts, id, refused) = (self.without_opened(), id.to_owned(), refused.cloned());
        let renewing = tokio::spawn(async move {
            let renewed = accounts.renew(&id, refused.as_ref(), end).await;
            if let Err(error) = accounts.0.store.end_refresh(&id, until).await {
                tracing::warn!(%error, "the turn ends by itself");
            }
            drop(permit);
            renewed
        });
        renewing.await.unwrap_or_else(|error| Err(passing(error.to_string(), None).into()))
    }

    /// Fetches new tokens, by whoever has the turn; whoever had it before may have done so already.
    async fn renew(&self, id: &str, refused: Option<&Sealed>, end: Instant) -> Result<(), NotOpened> {
        let record = self.0.store.account(id).await.map_err(|error| not_loaded(&error))?;
        let record = record.ok_or_else(|| ended(NOT_CONNECTED, "the account was disconnected meanwhile"))?;
        let grant = self.grant_of(&record)?;
        if !is_spent(&grant, &record, refused, self.0.clock.now()) {
            return Ok(());
        }
        if Instant::now() + MAX_REFRESHING > end {
            return Err(passing("the record took too long to show the account".to_owned(), None).into());
        }
        crash::at(Step::Refreshing);
        let grant = self.as_configured(&record.platform, &record.server, grant);
        match oauth::refresh(&grant, &self.0.tools).await {
            Ok(new) => {
                crash::at(Step::Refreshed);
                Ok(self.write_down(&record, &grant, &new, end).await?)
            }
            Err(ConnectError::Refused { detail }) => {
                self.refuse(&record).await;
                Err(ended(CONNECT_AGAIN, &detail).into())
            }
            Err(ConnectError::Unreachable { detail, retry_after }) => {
                Err(NotOpened::Asked(passing(detail, retry_after)))
            }
            Err(error) => Err(NotOpened::Asked(passing(error.to_string(), None))),
        }
    }

    /// Writes down new tokens, again and again while the record does not take them: the old ones were spent for them. Those that
    /// nobody will use, because the account is gone or connected again, are revoked.
    async fn write_down(
        &self,
        record: &AccountRecord,
        spent: &Grant,
        new: &Grant,
        end: Instant,
    ) -> Result<(), PostError> {
        loop {
            let error = match tokio::time::timeout_at(end, self.replace(record, spent, new)).await {
                Ok(Ok(Replaced::Yes)) => return Ok(()),
                Ok(Ok(Replaced::Gone)) => {
                    self.revoke_grant(&record.platform, &record.server, &record.name, new).await;
                    return Ok(());
                }
                Ok(Err(error)) => error,
                Err(_) => return Err(passing("new tokens could not be written down".to_owned(), None)),
            };
            tracing::warn!(
                account = record.id,
                error = with_causes(&error),
                "new tokens are not written down yet"
            );
            tokio::time::sleep(WRITE_PACE).await;
            if Instant::now() >= end {
                return Err(not_loaded(&error));
            }
        }
    }

    /// Puts new tokens in the place of the spent ones, also where these were sealed anew meanwhile. What the visitor has put there,
    /// who connected the account again, stays.
    async fn replace(
        &self,
        record: &AccountRecord,
        spent: &Grant,
        new: &Grant,
    ) -> Result<Replaced, StoreError> {
        let mut record = record.clone();
        loop {
            let sealed = new.seal(&record, &self.0.sealer, self.0.random.as_ref());
            if self.0.store.replace_sealed(&record.id, &record.sealed, &sealed).await? {
                return Ok(Replaced::Yes);
            }
            let Some(there) = self.0.store.account(&record.id).await? else { return Ok(Replaced::Gone) };
            match Grant::open(&there, &self.0.sealer) {
                Ok(grant) if grant.refresh == spent.refresh && grant.access == spent.access => record = there,
                // Written down by a try whose answer was lost, or given again to who connected the account again.
                Ok(grant) if grant.shares_tokens(new) => return Ok(Replaced::Yes),
                Ok(_) => return Ok(Replaced::Gone),
                Err(error) => {
                    tracing::error!(account = record.id, %error, "new tokens are lost: the account cannot be opened");
                    return Ok(Replaced::Gone);
                }
            }
        }
    }

    /// Writes down that an account's server refuses it.
    pub(super) async fn refuse(&self, record: &AccountRecord) {
        if let Err(error) = self.0.store.refuse_account(&record.id, &record.sealed).await {
            tracing::error!(account = record.id, %error, "it is not written down that an account is refused");
        }
    }
}

/// What became of tokens that were to be written down.
enum Replaced {
    /// They are.
    Yes,
    /// There is no account any more that they would open, or it has others.
    Gone,
}

/// Whether an access token has ended, ends soon or is refused, and another can be had.
fn is_spent(grant: &Grant, record: &AccountRecord, refused: Option<&Sealed>, now: Timestamp) -> bool {
    let spare = SPARE.min(SignedDuration::from_millis(grant.lifetime.unwrap_or(i64::MAX) / 2));
    let is_over = grant.expires_at.is_some_and(|at| at <= (now + spare).as_millisecond());
    grant.refresh.is_some() && (is_over || refused == Some(&record.sealed))
}

pub(super) fn ended(reason: &str, detail: &str) -> PostError {
    PostError::Final { reason: reason.to_owned(), detail: detail.to_owned() }
}

fn passing(detail: String, retry_after: Option<Duration>) -> PostError {
    let reason = "The server of this account gives no new access at the moment.".to_owned();
    PostError::Passing { reason, detail, retry_after }
}

/// A token that would be had now might not be written down.
fn stopping() -> PostError {
    let reason = "This server is being stopped.".to_owned();
    let detail = "no token is renewed any more".to_owned();
    PostError::Passing { reason, detail, retry_after: Some(OWN_PAUSE) }
}
