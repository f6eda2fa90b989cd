//! Accounts that visitors connect, so that what they share goes out in their own name.
//!
//! A visitor is a browser with a cookie (`session`). They sign in at a platform's own page (`ways`, `sign_in`, `oauth`, `mastodon`,
//! `wordpress`) or type what they have made there (`bluesky`, `pasted`), and what that gives is sealed (`sealing`, `grant`) before it is kept; servers that they name are called behind the fetcher's
//! guard. Deliveries name an account by its target, `mastodon:~…`, and `connector` opens it for them. Invariants: no token,
//! code, verifier or cookie is logged, shown or kept unsealed; nobody reaches the accounts of another visitor.

mod atproto;
mod bluesky;
mod connector;
mod error;
mod grant;
mod mastodon;
mod oauth;
mod pasted;
mod renewal;
mod revocation;
mod sealing;
mod secret_text;
mod server;
mod session;
mod sign_in;
#[cfg(test)]
mod tests;
mod tries;
mod ways;
mod wordpress;

use std::sync::Arc;
use std::time::Duration;

use cutline_model::{Target, TargetId};
use tokio::sync::watch;
use url::Url;

use self::grant::Grant;
use self::sealing::Place;
use self::session::KEPT;
use self::tries::Tries;
use crate::clock::SharedClock;
use crate::deliver::platforms::platform;
use crate::deliver::{DRAIN, Tools};
use crate::error::with_causes;
use crate::fetch::ServerGuard;
use crate::store::{
    AccountRecord, AccountState, RegistrationRecord, SealedPlace, ShareId, SharedRandom, Store, StoreError,
};

pub use self::error::ConnectError;
pub use self::pasted::Pasted;
pub use self::sealing::{MIN_KEY_FILE_BYTES, SealError, Sealer};
pub use self::secret_text::SecretText;
pub use self::session::Session;
pub use self::sign_in::{Begun, Connected, Returned};
pub use self::ways::{ConfiguredEndpoints, ConfiguredSignIn};

/// Most accounts of one visitor.
const MAX_ACCOUNTS: usize = 20;
/// Longest wait for a server to revoke a token.
const MAX_REVOKING: Duration = Duration::from_secs(10);
/// How often those who did not come back are forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(3600);

/// What accounts are made of.
pub struct AccountsParts {
    /// The record.
    pub store: Arc<dyn Store>,
    /// Seals what opens them.
    pub sealer: Sealer,
    /// Judges servers that visitors name.
    pub guard: ServerGuard,
    /// Calls them, with a client behind that guard.
    pub tools: Tools,
    /// Tells the time.
    pub clock: SharedClock,
    /// Makes what nobody can guess.
    pub random: SharedRandom,
    /// The site's address, to which visitors come back.
    pub public_url: Url,
    /// What the site calls itself.
    pub site_name: String,
    /// Ways to sign in that the site's owner has configured.
    pub sign_ins: Vec<ConfiguredSignIn>,
}

/// The accounts of this site's visitors. Cheap to clone.
#[derive(Clone)]
pub struct Accounts(Arc<AccountsParts>, Arc<connector::Opened>, Arc<renewal::Renewals>, Arc<Tries>);

impl Accounts {
    /// Accounts of these parts.
    #[must_use]
    pub fn new(parts: AccountsParts) -> Self {
        Self(Arc::new(parts), Arc::default(), Arc::default(), Arc::default())
    }

    /// The ways to sign in that the site's owner has configured.
    #[must_use]
    pub fn sign_ins(&self) -> &[ConfiguredSignIn] {
        &self.0.sign_ins
    }

    /// A visitor's accounts, the oldest first.
    pub async fn of(&self, session: &Session) -> Result<Vec<AccountRecord>, StoreError> {
        self.0.store.accounts_of(&session.visitor.id).await
    }

    /// Where a visitor can share to with accounts of their own.
    pub async fn targets(&self, session: &Session) -> Result<Vec<Target>, StoreError> {
        let accounts = self.of(session).await?;
        let usable = accounts.iter().filter(|account| account.state == AccountState::Connected);
        Ok(usable.filter_map(|account| self.target(account)).collect())
    }

    /// An account as a target, under the name that the site's owner has given to its server, if any.
    #[must_use]
    pub fn target(&self, account: &AccountRecord) -> Option<Target> {
        let mut target = target_of(account)?;
        if let Some(way) = self.0.sign_ins.iter().find(|way| way.is_for(account)) {
            way.title.clone_into(&mut target.name);
        }
        Some(target)
    }

    /// Keeps which targets are chosen when the overlay opens for this visitor.
    pub async fn choose(&self, session: &Session, chosen: &[TargetId]) -> Result<(), StoreError> {
        self.0.store.choose_targets(&session.visitor.id, chosen).await
    }

    /// Forgets an account and revokes its tokens, if no other browser has them; says whether there was one.
    pub async fn disconnect(&self, session: &Session, id: &str) -> Result<bool, StoreError> {
        let dropped = self.0.store.drop_account(&session.visitor.id, id).await?;
        let was_there = dropped.is_some();
        self.revoke_all(dropped.into_iter().collect()).await;
        Ok(was_there)
    }

    /// Forgets a visitor, and revokes all tokens of theirs that no other browser has.
    pub async fn forget(&self, session: &Session) -> Result<(), StoreError> {
        self.forget_visitor(&session.visitor.id).await
    }

    /// Forgets those who did not come back, now and then, until `stop` holds true or its sender is gone; then waits until what is
    /// being renewed is written down, and what is being revoked is. All that ends within 25 s.
    pub async fn run(self, stop: watch::Receiver<bool>) {
        let renewed = async {
            stopped(&stop).await;
            self.2.end().await;
        };
        let late = async {
            stopped(&stop).await;
            tokio::time::sleep(DRAIN).await;
        };
        tokio::select! {
            ((), ()) = async { tokio::join!(self.keep_forgetting(stop.clone()), renewed) } => {}
            () = late => tracing::error!(
                "accounts' servers are too slow: new tokens may be lost, which are connected again then, and others not revoked"
            ),
        }
    }

    async fn keep_forgetting(&self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow_and_update() {
            if let Err(error) = self.forget_expired(&stop).await {
                tracing::error!(
                    error = with_causes(&error),
                    "visitors whose time is over are not forgotten yet"
                );
            }
            tokio::select! {
                () = tokio::time::sleep(FORGET_EVERY) => {}
                changed = stop.changed() => if changed.is_err() { break },
            }
        }
    }

    /// The record names some of them at a time.
    async fn forget_expired(&self, stop: &watch::Receiver<bool>) -> Result<(), StoreError> {
        loop {
            let expired = self.0.store.expired_visitors(self.0.clock.now()).await?;
            if expired.is_empty() {
                return Ok(());
            }
            for visitor in expired {
                if *stop.borrow() {
                    return Ok(());
                }
                self.forget_visitor(&visitor).await?;
            }
        }
    }

    async fn forget_visitor(&self, visitor: &str) -> Result<(), StoreError> {
        let accounts = self.0.store.drop_visitor(visitor).await?;
        self.revoke_all(accounts).await;
        Ok(())
    }

    /// Keeps an account that a visitor has signed in to, and renews the session. Whatever opened it before, or is not kept, ends.
    async fn keep(
        &self,
        session: &Session,
        platform: &str,
        server: &str,
        remote_id: String,
        name: String,
        grant: &Grant,
    ) -> Result<Connected, ConnectError> {
        let (store, now) = (&self.0.store, self.0.clock.now());
        let visitor = &session.visitor.id;
        let kept = self.keep_account(visitor, platform, server, &remote_id, &name, grant).await;
        match kept {
            Ok(Some(before)) => self.revoke_unused(&before).await,
            Ok(None) => {}
            Err(error) => {
                self.revoke_unless_held(platform, server, &name, Some(&remote_id), grant).await;
                return Err(error);
            }
        }
        store.keep_visitor(visitor, now + KEPT).await?;
        let fresh = self.fresh();
        if !store.renew_session(&session.hash, &fresh.hash()).await? {
            // Another answer of this browser was quicker.
            return Err(ConnectError::Stale);
        }
        Ok(Connected { name, session: fresh })
    }

    /// Writes an account down; gives what it was before, if it was there.
    async fn keep_account(
        &self,
        visitor: &str,
        platform: &str,
        server: &str,
        remote_id: &str,
        name: &str,
        grant: &Grant,
    ) -> Result<Option<AccountRecord>, ConnectError> {
        let (store, random) = (&self.0.store, self.0.random.as_ref());
        let known = store.accounts_of(visitor).await?;
        let same = known.iter().find(|account| {
            (account.platform.as_str(), account.server.as_str(), account.remote_id.as_str())
                == (platform, server, remote_id)
        });
        if same.is_none() && known.len() >= MAX_ACCOUNTS {
            return Err(ConnectError::TooMany);
        }
        let mut account = AccountRecord {
            id: same.map_or_else(|| ShareId::generate(random).to_string(), |same| same.id.clone()),
            visitor: visitor.to_owned(),
            platform: platform.to_owned(),
            server: server.to_owned(),
            remote_id: remote_id.to_owned(),
            name: name.to_owned(),
            state: AccountState::Connected,
            connected_at: self.0.clock.now(),
            sealed: crate::store::Sealed { key_id: String::new(), bytes: Vec::new() },
        };
        account.sealed = grant.seal(&account, &self.0.sealer, random);
        Ok(store.keep_account(&account).await?)
    }

    /// An address of this site.
    fn address(&self, path: &str) -> String {
        format!("{}/{path}", self.0.public_url.as_str().trim_end_matches('/'))
    }
}

/// Waits until `stop` holds true or its sender is gone.
async fn stopped(stop: &watch::Receiver<bool>) {
    let _ = stop.clone().wait_for(|stop| *stop).await;
}

/// An account as a target.
#[must_use]
pub fn target_of(account: &AccountRecord) -> Option<Target> {
    let entry = platform(&account.platform)?;
    Some(Target {
        id: TargetId::of_visitors_account(&account.platform, &account.id).ok()?,
        name: entry.title.to_owned(),
        account: Some(format!("{}{}", entry.account.sign, account.name)),
        icon: entry.icon.to_owned(),
        limits: Some(entry.limits.told()),
    })
}

/// Seals everything under the current key that an earlier one has sealed; says how much that was.
pub async fn reseal(
    store: &dyn Store,
    sealer: &Sealer,
    random: &dyn crate::store::RandomSource,
) -> Result<u64, ConnectError> {
    let mut resealed = 0;
    loop {
        let places = store.sealed_otherwise(sealer.key_id()).await?;
        if places.is_empty() {
            return Ok(resealed);
        }
        for place in places {
            match place {
                SealedPlace::Account(account) => {
                    let new = sealer.seal(
                        grant::place(&account),
                        &sealer.open(grant::place(&account), &account.sealed)?,
                        random,
                    );
                    // If not, a server has just put a new token there, under the current key.
                    store.replace_sealed(&account.id, &account.sealed, &new).await?;
                }
                SealedPlace::Registration(registration) => {
                    let place = Place {
                        visitor: "",
                        platform: &registration.platform,
                        row: ("registration", &registration.server),
                    };
                    let sealed = sealer.seal(place, &sealer.open(place, &registration.sealed)?, random);
                    store.keep_registration(&RegistrationRecord { sealed, ..registration.clone() }).await?;
                }
            }
            resealed += 1;
        }
    }
}
