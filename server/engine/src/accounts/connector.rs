//! A visitor's account as a target: its tokens are opened, renewed where they have ended, and given to its platform's
//! connector.
//!
//! Refresh tokens can be used once, so one process at a time fetches new ones, and writes them down before they are used; the
//! others wait for that. What the server refuses is written down too, so that the visitor is asked to connect again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use cutline_model::{Target, TargetId};
use jiff::{SignedDuration, Timestamp};
use url::Url;

use super::error::ConnectError;
use super::grant::Grant;
use super::{Accounts, oauth};
use crate::deliver::platforms::{ServerKey, platform};
use crate::deliver::{
    Account, CONNECT_AGAIN, Identity, Limits, NOT_CONNECTED, Owner, Platform, Post, PostError, Posted,
    Sighting, Token, Visibility, not_loaded,
};
use crate::store::{AccountRecord, AccountState, Sealed};

/// A token that ends sooner is renewed first, or half of its life before its end: a picture may take a while.
const SPARE: SignedDuration = SignedDuration::from_secs(60);
/// How long whoever fetches new tokens has the turn.
const TURN: SignedDuration = SignedDuration::from_secs(45);
/// How often those who wait for it look, and how many times.
const LOOK_EVERY: Duration = Duration::from_millis(250);
const LOOKS: u32 = 120;

/// Most connectors that are kept for the next delivery.
const MAX_OPENED: usize = 500;

/// Connectors that were opened, with what opened them: they know what their servers told, and keep sessions there.
#[derive(Default)]
pub(super) struct Opened(Mutex<HashMap<String, OpenedBy>>);

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
        let (record, grant) = self.usable(record).await?;
        if let Some(platform) = self.1.get(&record) {
            return Ok(platform);
        }
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
        let inner = (entry.make)(account, self.0.tools.clone()).map_err(|error| broken(error.to_string()))?;
        let platform: Arc<dyn Platform> =
            Arc::new(VisitorsPlatform { inner, accounts: self.without_opened(), record: record.clone() });
        self.1.keep(&record, &platform);
        Ok(platform)
    }

    /// The same, for what is kept by it: it must not keep itself.
    fn without_opened(&self) -> Self {
        Self(Arc::clone(&self.0), Arc::default())
    }

    /// The account with tokens that have not ended.
    async fn usable(&self, mut record: AccountRecord) -> Result<(AccountRecord, Grant), PostError> {
        for _ in 0..LOOKS {
            let grant = Grant::open(&record, &self.0.sealer).map_err(|error| {
                tracing::error!(account = record.id, %error, "an account cannot be opened");
                ended(CONNECT_AGAIN, &error.to_string())
            })?;
            let now = self.0.clock.now();
            if !is_over(&grant, now) {
                return Ok((record, grant));
            }
            let store = &self.0.store;
            if store.begin_refresh(&record.id, now, now + TURN).await.map_err(|error| not_loaded(&error))? {
                let renewed = self.renew(&record.id).await;
                if let Err(error) = store.end_refresh(&record.id).await {
                    tracing::warn!(%error, "the turn ends by itself");
                }
                renewed?;
            } else {
                tokio::time::sleep(LOOK_EVERY).await;
            }
            let id = record.id;
            let again = store.account(&id).await.map_err(|error| not_loaded(&error))?;
            record = again.ok_or_else(|| ended(NOT_CONNECTED, "the account was disconnected meanwhile"))?;
        }
        Err(passing("another process takes long to fetch a new token".to_owned()))
    }

    /// Fetches new tokens, by whoever has the turn; whoever had it before may have done so already.
    async fn renew(&self, id: &str) -> Result<(), PostError> {
        let record = self.0.store.account(id).await.map_err(|error| not_loaded(&error))?;
        let record = record.ok_or_else(|| ended(NOT_CONNECTED, "the account was disconnected meanwhile"))?;
        let grant =
            Grant::open(&record, &self.0.sealer).map_err(|error| ended(CONNECT_AGAIN, &error.to_string()))?;
        if !is_over(&grant, self.0.clock.now()) {
            return Ok(());
        }
        match oauth::refresh(&grant, &self.0.tools).await {
            Ok(new) => {
                let new = new.seal(&record, &self.0.sealer, self.0.random.as_ref());
                let replaced = self.0.store.replace_sealed(id, &record.sealed, &new).await;
                replaced.map(drop).map_err(|error| not_loaded(&error))
            }
            Err(ConnectError::Refused { detail }) => {
                self.refuse(&record).await;
                Err(ended(CONNECT_AGAIN, &detail))
            }
            Err(error) => Err(passing(error.to_string())),
        }
    }

    /// Writes down that an account's server refuses it.
    async fn refuse(&self, record: &AccountRecord) {
        if let Err(error) = self.0.store.refuse_account(&record.id, &record.sealed).await {
            tracing::error!(account = record.id, %error, "it is not written down that an account is refused");
        }
    }
}

/// Whether an access token has ended or ends soon, and another can be had.
fn is_over(grant: &Grant, now: Timestamp) -> bool {
    let spare = SPARE.min(SignedDuration::from_millis(grant.lifetime.unwrap_or(i64::MAX) / 2));
    grant.refresh.is_some() && grant.expires_at.is_some_and(|at| at <= (now + spare).as_millisecond())
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
    record: AccountRecord,
}

impl VisitorsPlatform {
    async fn heard<T>(&self, result: Result<T, PostError>) -> Result<T, PostError> {
        if matches!(&result, Err(PostError::Final { reason, .. }) if reason == CONNECT_AGAIN) {
            self.accounts.refuse(&self.record).await;
        }
        result
    }
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
        self.heard(self.inner.upload(post).await).await
    }

    async fn publish(&self, post: &Post, upload: &str) -> Result<Posted, PostError> {
        self.heard(self.inner.publish(post, upload).await).await
    }

    async fn find(&self, link: &str, since: Timestamp) -> Result<Sighting, PostError> {
        self.heard(self.inner.find(link, since).await).await
    }

    fn post_of(&self, idempotency_key: &str) -> Option<String> {
        self.inner.post_of(idempotency_key)
    }

    async fn remove(&self, post_id: &str) -> Result<(), PostError> {
        self.heard(self.inner.remove(post_id).await).await
    }

    async fn knows_repetitions_for(&self) -> Duration {
        self.inner.knows_repetitions_for().await
    }

    async fn identify(&self) -> Result<Option<Identity>, PostError> {
        self.inner.identify().await
    }

    fn server(&self) -> String {
        self.inner.server()
    }
}
