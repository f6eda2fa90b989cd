//! Tokens that nobody will use any more end at their server too: of accounts that are disconnected, and grants that another has
//! taken the place of.
//!
//! Ours is always forgotten first: whatever a server answers, and however long it takes, changes nothing here.

use futures_util::future::join_all;
use url::Url;

use super::grant::Grant;
use super::{Accounts, MAX_REVOKING, oauth, wordpress};
use crate::error::with_causes;
use crate::store::AccountRecord;

impl Accounts {
    /// The same for several accounts, to the end: who asked for it may be gone before their servers have answered.
    pub(super) async fn revoke_all(&self, former: Vec<AccountRecord>) {
        let (accounts, permit) = (self.without_opened(), self.2.begin());
        let revoking = tokio::spawn(async move {
            join_all(former.iter().map(|account| accounts.revoke_unused(account))).await;
            drop(permit);
        });
        if let Err(error) = revoking.await {
            tracing::error!(%error, "tokens may not be revoked");
        }
    }

    /// Ends what opened an account that is not in the record any more, or not with that, unless another browser's account has it.
    pub(super) async fn revoke_unused(&self, former: &AccountRecord) {
        let Ok(grant) = Grant::open(former, &self.0.sealer) else { return };
        let AccountRecord { platform, server, name, remote_id, .. } = former;
        self.revoke_unless_held(platform, server, name, Some(remote_id), &grant).await;
    }

    /// Ends what a server has given, unless an account here has it, this visitor's or that of another browser: a server may give the
    /// same tokens again (Mastodon does to the same program). Where that cannot be told nothing ends. `whose` is what the server calls
    /// the account, if it has said so.
    pub(super) async fn revoke_unless_held(
        &self,
        platform: &str,
        server: &str,
        name: &str,
        whose: Option<&str>,
        grant: &Grant,
    ) {
        let is_other = |account: &AccountRecord| {
            Grant::open(account, &self.0.sealer).is_ok_and(|theirs| !theirs.shares_tokens(grant))
        };
        match self.0.store.accounts_at(platform, server, whose).await {
            Ok(there) if there.iter().all(is_other) => {
                self.revoke_grant(platform, server, name, grant).await;
            }
            Ok(there) => {
                if there.iter().any(|account| Grant::open(account, &self.0.sealer).is_err()) {
                    tracing::warn!(
                        server,
                        "a token is not revoked: an account there, which may have it, cannot be opened"
                    );
                }
            }
            Err(error) => {
                tracing::warn!(error = with_causes(&error), "a token is not revoked: it may be in use");
            }
        }
    }

    /// Ends what a server has given for an account of this name there.
    pub(super) async fn revoke_grant(&self, platform: &str, server: &str, name: &str, grant: &Grant) {
        let revoked = async {
            match (platform, Url::parse(server)) {
                ("wordpress", Ok(site)) => {
                    wordpress::revoke(&site, name, &grant.access, &self.0.tools).await;
                }
                _ => {
                    let grant = self.as_configured(platform, server, grant.clone());
                    oauth::revoke(&grant, &self.0.tools).await;
                }
            }
        };
        if tokio::time::timeout(MAX_REVOKING, revoked).await.is_err() {
            tracing::info!("a token was not revoked: its server took too long");
        }
    }
}
