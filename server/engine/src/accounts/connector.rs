//! A visitor's account as a target: its tokens are opened, renewed where they have ended (`renewal`), and given to its platform's
//! connector.
//!
//! A token that the server refuses before its time is renewed once too; what it refuses then is written down, so that the visitor is
//! asked to connect again.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use cutline_model::{Target, TargetId};
use jiff::Timestamp;
use url::Url;

use super::Accounts;
use super::grant::Grant;
use super::renewal::ended;
use crate::deliver::platforms::{Entry, ServerKey, platform};
use crate::deliver::{
    Account, CONNECT_AGAIN, Identity, Limits, NOT_CONNECTED, NotOpened, OWN_PAUSE, Owner, Platform, Post,
    PostError, Posted, Sighting, Token, Visibility, is_to_connect_again, not_loaded,
};
use crate::store::{AccountRecord, AccountState, Sealed};

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
    /// The connector of a visitor's account; nothing where this program knows no such platform.
    pub(crate) async fn platform(
        &self,
        target: &TargetId,
        account: &str,
    ) -> Result<Option<Arc<dyn Platform>>, NotOpened> {
        let Some(entry) = platform(target.platform()) else { return Ok(None) };
        let record = self.0.store.account(account).await.map_err(|error| not_loaded(&error))?;
        let record = record.filter(|record| record.platform == target.platform());
        let record = record.ok_or_else(|| ended(NOT_CONNECTED, "the account is not in the record"))?;
        if record.state == AccountState::Refused {
            return Err(ended(CONNECT_AGAIN, "its server refused it before").into());
        }
        let (record, grant) = self.usable(record, None).await?;
        if let Some(platform) = self.1.get(&record) {
            return Ok(Some(platform));
        }
        let inner = self.opened(target, entry, &record, &grant)?;
        let (accounts, target) = (self.without_opened(), target.clone());
        let platform: Arc<dyn Platform> =
            Arc::new(VisitorsPlatform { inner, accounts, target, entry, record: record.clone() });
        self.1.keep(&record, &platform);
        Ok(Some(platform))
    }

    /// The platform's connector, with an account's tokens.
    fn opened(
        &self,
        target: &TargetId,
        entry: &'static Entry,
        record: &AccountRecord,
        grant: &Grant,
    ) -> Result<Arc<dyn Platform>, PostError> {
        let broken = |detail: String| ended(CONNECT_AGAIN, &detail);
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
            servers: BTreeMap::new(),
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
    pub(super) fn without_opened(&self) -> Self {
        Self(Arc::clone(&self.0), Arc::default(), Arc::clone(&self.2), Arc::clone(&self.3))
    }
}

/// The connector, with an eye on what the server says of the account.
struct VisitorsPlatform {
    inner: Arc<dyn Platform>,
    accounts: Accounts,
    target: TargetId,
    entry: &'static Entry,
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
        let Some((record, grant)) = self.renewed().await? else { return answer };
        let answer = ask(self.accounts.opened(&self.target, self.entry, &record, &grant)?).await;
        if is_refusal(&answer) {
            self.accounts.refuse(&record).await;
        }
        answer
    }

    /// The account with other tokens than those that its server has just refused; nothing when there are none, which is written down.
    /// Its visitor may have connected it again meanwhile, so it is read anew.
    async fn renewed(&self) -> Result<Option<(AccountRecord, Grant)>, PostError> {
        let there = self.accounts.0.store.account(&self.record.id).await;
        let there = there.map_err(|error| not_loaded(&error))?;
        let there = there.ok_or_else(|| ended(NOT_CONNECTED, "the account was disconnected meanwhile"))?;
        let renewed = self.accounts.usable(there, Some(&self.record.sealed)).await;
        let (record, grant) = renewed.map_err(NotOpened::into_inner)?;
        if record.sealed == self.record.sealed {
            self.accounts.refuse(&record).await;
            return Ok(None);
        }
        Ok(Some((record, grant)))
    }
}

/// Whether the server takes the account's token no longer.
fn is_refusal<T>(answer: &Result<T, PostError>) -> bool {
    matches!(answer, Err(PostError::Final { reason, .. }) if is_to_connect_again(reason))
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

    async fn ready(&self, upload: &str) -> Result<Option<Duration>, PostError> {
        self.ask(|platform| async move { platform.ready(upload).await }).await
    }

    async fn prepare(&self) -> Result<(), PostError> {
        self.ask(|platform| async move { platform.prepare().await }).await
    }

    /// Sends once. What is sent with new tokens is sent later than it was written down, so that is for the next attempt.
    async fn publish(&self, post: &Post, upload: &str) -> Result<Posted, PostError> {
        let answer = self.inner.publish(post, upload).await;
        if !is_refusal(&answer) {
            return answer;
        }
        let Some((record, _)) = self.renewed().await? else { return answer };
        if self.accounts.2.had_after_refusal(&self.record, &record) {
            self.accounts.refuse(&record).await;
            return answer;
        }
        let reason = "The server of this account wants new access to it.".to_owned();
        let detail = "refused; there are new tokens for the next attempt".to_owned();
        Err(PostError::Passing { reason, detail, retry_after: Some(OWN_PAUSE) })
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

    fn kept_once(&self, upload: &str) -> Option<String> {
        self.inner.kept_once(upload)
    }

    fn appears_within(&self) -> Duration {
        self.inner.appears_within()
    }

    async fn knows_repetitions_for(&self, upload: Option<&str>) -> Duration {
        self.inner.knows_repetitions_for(upload).await
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
