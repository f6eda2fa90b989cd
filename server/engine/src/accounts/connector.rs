//! A visitor's account as a target: its tokens are opened, renewed where they have ended, and given to its platform's
//! connector.
//!
//! Refresh tokens can be used once, so one process at a time fetches new ones, and writes them down before they are used; the
//! others wait for that. A token that the server refuses before its time is renewed once too; what it refuses then is written
//! down, so that the visitor is asked to connect again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use cutline_model::{Target, TargetId};
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;
use url::Url;

use super::error::ConnectError;
use super::grant::Grant;
use super::{Accounts, oauth};
use crate::crash::{self, Step};
use crate::deliver::platforms::{ServerKey, platform};
use crate::deliver::{
    Account, CONNECT_AGAIN, Identity, Limits, NOT_CONNECTED, Owner, Platform, Post, PostError, Posted,
    Sighting, Token, Visibility, not_loaded,
};
use crate::error::with_causes;
use crate::store::{AccountRecord, AccountState, Sealed};

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

/// Most connectors that are kept for the next delivery.
const MAX_OPENED: usize = 500;
/// Most accounts of which it is kept where they are.
const MAX_SERVERS: usize = 20_000;

/// What is known of accounts: connectors that were opened, with what opened them, since they know what their servers told and
/// keep sessions there; and the servers' names.
#[derive(Default)]
pub(super) struct Opened(Mutex<HashMap<String, OpenedBy>>, Mutex<HashMap<String, String>>);

/// What was opened, and what opened it.
type OpenedBy = (Sealed, Arc<dyn Platform>);

impl Opened {
    fn get(&self, account: &AccountRecord) -> Option<Arc<dyn Platform>> {
        let opened = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (sealed, platform) = opened.get(&account.id)?;
        (*sealed == account.sealed).then(|| Arc::clone(platform))
    }

    fn keep(&self, account: &AccountRecord, platform: &Arc<dyn Platform>) {
        let mut opened = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if opened.len() >= MAX_OPENED {
            opened.clear();
        }
        opened.insert(account.id.clone(), (account.sealed.clone(), Arc::clone(platform)));
    }
}

impl Accounts {
    /// The connector of a visitor's account.
    pub(crate) async fn platform(
        &self,
        target: &TargetId,
        account: &str,
    ) -> Result<Arc<dyn Platform>, PostError> {
        let record = self.0.store.account(account).await.map_err(|error| not_loaded(&error))?;
        let record = record.filter(|record| record.platform == target.platform());
        let record = record.ok_or_else(|| ended(NOT_CONNECTED, "the account is not in the record"))?;
        if record.state == AccountState::Refused {
            return Err(ended(CONNECT_AGAIN, "its server refused it before"));
        }
        let (record, grant) = self.usable(record, None).await?;
        if let Some(platform) = self.1.get(&record) {
            return Ok(platform);
        }
        let inner = self.opened(target, &record, &grant)?;
        let (accounts, target) = (self.without_opened(), target.clone());
        let platform: Arc<dyn Platform> =
            Arc::new(VisitorsPlatform { inner, accounts, target, record: record.clone() });
        self.1.keep(&record, &platform);
        Ok(platform)
    }

    /// The platform's connector, with an account's tokens.
    fn opened(
        &self,
        target: &TargetId,
        record: &AccountRecord,
        grant: &Grant,
    ) -> Result<Arc<dyn Platform>, PostError> {
        let broken = |detail: String| ended(CONNECT_AGAIN, &detail);
        let entry =
            platform(&record.platform).ok_or_else(|| broken("there is no such platform".to_owned()))?;
        let address = match entry.server {
            // The address is the secret.
            ServerKey::InToken => &grant.access,
            _ => &record.server,
        };
        let server = Url::parse(address).map_err(|error| broken(error.to_string()))?;
        self.0.guard.check(&server).map_err(|why| broken(format!("{}: {why}", record.server)))?;
        let account = Account {
            target: target.clone(),
            platform: entry,
            server,
            name: record.name.clone(),
            token: Token::new(grant.access.clone()),
            proof_key: grant.proof_key(),
            visibility: Visibility::Public,
            owner: Owner::Visitor,
        };
        (entry.make)(account, self.0.tools.clone()).map_err(|error| broken(error.to_string()))
    }

    /// The name of an account's server, as a target of the site's own there has it; nothing when the account is not in the record.
    pub(crate) async fn server(&self, account: &str) -> Option<String> {
        let servers = &self.1.1;
        let known = servers.lock().unwrap_or_else(PoisonError::into_inner).get(account).cloned();
        if known.is_some() {
            return known;
        }
        let record = self.0.store.account(account).await.ok().flatten()?;
        let server = Url::parse(&record.server).ok()?.origin().ascii_serialization();
        let mut servers = servers.lock().unwrap_or_else(PoisonError::into_inner);
        if servers.len() >= MAX_SERVERS {
            servers.clear();
        }
        servers.insert(record.id, server.clone());
        Some(server)
    }

    /// The same, for what is kept by it: it must not keep itself.
    fn without_opened(&self) -> Self {
        Self(Arc::clone(&self.0), Arc::default())
    }

    /// The account with tokens that have not ended, and that are not the `refused` ones if others can be had.
    async fn usable(
        &self,
        mut record: AccountRecord,
        refused: Option<&Sealed>,
    ) -> Result<(AccountRecord, Grant), PostError> {
        for _ in 0..LOOKS {
            let grant = Grant::open(&record, &self.0.sealer).map_err(|error| {
                tracing::error!(account = record.id, %error, "an account cannot be opened");
                ended(CONNECT_AGAIN, &error.to_string())
            })?;
            let now = self.0.clock.now();
            if !is_spent(&grant, &record, refused, now) {
                return Ok((record, grant));
            }
            let store = &self.0.store;
            let end = Instant::now() + TURN.unsigned_abs() - TURN_SPARE;
            if store.begin_refresh(&record.id, now, now + TURN).await.map_err(|error| not_loaded(&error))? {
                self.renew_to_the_end(&record.id, refused, end).await?;
            } else {
                tokio::time::sleep(LOOK_EVERY).await;
            }
            let id = record.id;
            let again = store.account(&id).await.map_err(|error| not_loaded(&error))?;
            record = again.ok_or_else(|| ended(NOT_CONNECTED, "the account was disconnected meanwhile"))?;
        }
        // That is nobody's attempt.
        let reason = "Another part of this server fetches new access to this account.".to_owned();
        let detail = "another process takes long to fetch a new token".to_owned();
        Err(PostError::Passing { reason, detail, retry_after: Some(LOOK_AGAIN) })
    }

    /// Renews and gives the turn back, also if nobody waits for it any more: a refresh token that was used, and what came of it
    /// not written down, is lost.
    async fn renew_to_the_end(
        &self,
        id: &str,
        refused: Option<&Sealed>,
        end: Instant,
    ) -> Result<(), PostError> {
        let (accounts, id, refused) = (self.without_opened(), id.to_owned(), refused.cloned());
        let renewing = tokio::spawn(async move {
            let renewed = accounts.renew(&id, refused.as_ref(), end).await;
            if let Err(error) = accounts.0.store.end_refresh(&id).await {
                tracing::warn!(%error, "the turn ends by itself");
            }
            renewed
        });
        renewing.await.unwrap_or_else(|error| Err(passing(error.to_string())))
    }

    /// Fetches new tokens, by whoever has the turn; whoever had it before may have done so already.
    async fn renew(&self, id: &str, refused: Option<&Sealed>, end: Instant) -> Result<(), PostError> {
        let record = self.0.store.account(id).await.map_err(|error| not_loaded(&error))?;
        let record = record.ok_or_else(|| ended(NOT_CONNECTED, "the account was disconnected meanwhile"))?;
        let grant =
            Grant::open(&record, &self.0.sealer).map_err(|error| ended(CONNECT_AGAIN, &error.to_string()))?;
        if !is_spent(&grant, &record, refused, self.0.clock.now()) {
            return Ok(());
        }
        if Instant::now() + MAX_REFRESHING > end {
            return Err(passing("the record took too long to show the account".to_owned()));
        }
        crash::at(Step::Refreshing);
        match oauth::refresh(&grant, &self.0.tools).await {
            Ok(new) => {
                crash::at(Step::Refreshed);
                let new = new.seal(&record, &self.0.sealer, self.0.random.as_ref());
                self.write_down(&record, &new, end).await
            }
            Err(ConnectError::Refused { detail }) => {
                self.refuse(&record).await;
                Err(ended(CONNECT_AGAIN, &detail))
            }
            Err(error) => Err(passing(error.to_string())),
        }
    }

    /// Writes down new tokens, again and again while the record does not take them: the old ones were spent for them.
    async fn write_down(&self, record: &AccountRecord, new: &Sealed, end: Instant) -> Result<(), PostError> {
        loop {
            let replaced = self.0.store.replace_sealed(&record.id, &record.sealed, new);
            let error = match tokio::time::timeout_at(end, replaced).await {
                Ok(Ok(_)) => return Ok(()),
                Ok(Err(error)) => error,
                Err(_) => return Err(passing("new tokens could not be written down".to_owned())),
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

    /// Writes down that an account's server refuses it.
    async fn refuse(&self, record: &AccountRecord) {
        if let Err(error) = self.0.store.refuse_account(&record.id, &record.sealed).await {
            tracing::error!(account = record.id, %error, "it is not written down that an account is refused");
        }
    }
}

/// Whether an access token has ended, ends soon or is refused, and another can be had.
fn is_spent(grant: &Grant, record: &AccountRecord, refused: Option<&Sealed>, now: Timestamp) -> bool {
    let spare = SPARE.min(SignedDuration::from_millis(grant.lifetime.unwrap_or(i64::MAX) / 2));
    let is_over = grant.expires_at.is_some_and(|at| at <= (now + spare).as_millisecond());
    grant.refresh.is_some() && (is_over || refused == Some(&record.sealed))
}

fn ended(reason: &str, detail: &str) -> PostError {
    PostError::Final { reason: reason.to_owned(), detail: detail.to_owned() }
}

fn passing(detail: String) -> PostError {
    let reason = "The server of this account gives no new access at the moment.".to_owned();
    PostError::Passing { reason, detail, retry_after: None }
}

/// The connector, with an eye on what the server says of the account.
struct VisitorsPlatform {
    inner: Arc<dyn Platform>,
    accounts: Accounts,
    target: TargetId,
    record: AccountRecord,
}

impl VisitorsPlatform {
    /// Asks the server. A token that it refuses may have ended before its time: once more with a new one, where one can be had.
    /// What is refused was not done, so that nothing is done twice.
    async fn ask<T, F>(&self, ask: impl Fn(Arc<dyn Platform>) -> F) -> Result<T, PostError>
    where
        F: Future<Output = Result<T, PostError>>,
    {
        let answer = ask(Arc::clone(&self.inner)).await;
        if !is_refusal(&answer) {
            return answer;
        }
        let (record, grant) = self.accounts.usable(self.record.clone(), Some(&self.record.sealed)).await?;
        if record.sealed == self.record.sealed {
            self.accounts.refuse(&record).await;
            return answer;
        }
        let answer = ask(self.accounts.opened(&self.target, &record, &grant)?).await;
        if is_refusal(&answer) {
            self.accounts.refuse(&record).await;
        }
        answer
    }
}

/// Whether the server takes the account's token no longer.
fn is_refusal<T>(answer: &Result<T, PostError>) -> bool {
    matches!(answer, Err(PostError::Final { reason, .. }) if reason == CONNECT_AGAIN)
}

#[async_trait]
impl Platform for VisitorsPlatform {
    fn target(&self) -> Target {
        self.inner.target()
    }

    async fn limits(&self) -> Limits {
        self.inner.limits().await
    }

    async fn upload(&self, post: &Post) -> Result<String, PostError> {
        self.ask(|platform| async move { platform.upload(post).await }).await
    }

    async fn publish(&self, post: &Post, upload: &str) -> Result<Posted, PostError> {
        self.ask(|platform| async move { platform.publish(post, upload).await }).await
    }

    async fn find(&self, link: &str, since: Timestamp) -> Result<Sighting, PostError> {
        self.ask(|platform| async move { platform.find(link, since).await }).await
    }

    async fn find_by_upload(&self, post: &Post, upload: &str) -> Result<Option<Posted>, PostError> {
        self.ask(|platform| async move { platform.find_by_upload(post, upload).await }).await
    }

    fn post_of(&self, idempotency_key: &str) -> Option<String> {
        self.inner.post_of(idempotency_key)
    }

    async fn remove(&self, post_id: &str) -> Result<(), PostError> {
        self.ask(|platform| async move { platform.remove(post_id).await }).await
    }

    async fn discard(&self, upload: &str) -> Result<(), PostError> {
        self.ask(|platform| async move { platform.discard(upload).await }).await
    }

    async fn knows_repetitions_for(&self) -> Duration {
        self.inner.knows_repetitions_for().await
    }

    async fn notices_repetitions_after(&self) -> Duration {
        self.inner.notices_repetitions_after().await
    }

    async fn identify(&self) -> Result<Option<Identity>, PostError> {
        self.inner.identify().await
    }

    fn server(&self) -> String {
        self.inner.server()
    }
}
