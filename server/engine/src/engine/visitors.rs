//! What visitors do with accounts of their own: share with them, and take along what this site has of them.

use cutline_model::{ShareReceipt, ShareRequest, TargetId};
use serde_json::{Value, json};

use super::Engine;
use crate::accounts::{Accounts, Session, target_of};
use crate::error::EngineError;

impl Engine {
    /// The accounts of visitors, on a site that has them.
    #[must_use]
    pub fn accounts(&self) -> Option<&Accounts> {
        self.0.accounts.as_ref()
    }

    /// Takes a share from a visitor, to the site's targets and to accounts of theirs.
    pub async fn share_as(
        &self,
        session: Option<&Session>,
        request: ShareRequest,
        key: Option<String>,
    ) -> Result<ShareReceipt, EngineError> {
        let own = match (self.accounts(), session) {
            (Some(accounts), Some(session)) => accounts.targets(session).await?,
            _ => Vec::new(),
        };
        let own: Vec<TargetId> = own.into_iter().map(|target| target.id).collect();
        self.share_to(&own, request, key).await
    }

    /// All that this site knows of a visitor, but for what opens their accounts: with the links by which shares are deleted.
    pub async fn export(&self, session: &Session) -> Result<Value, EngineError> {
        let Some(accounts) = self.accounts() else { return Err(EngineError::NotFound) };
        let mut told = Vec::new();
        for account in accounts.of(session).await? {
            let target = target_of(&account).map(|target| target.id);
            let shared = match &target {
                Some(target) => self.0.store.shares_to(target).await?,
                None => Vec::new(),
            };
            let shares: Vec<Value> = shared
                .iter()
                .map(|shared| {
                    json!({
                        "url": self.address(&format!("s/{}", shared.share)),
                        "shared_at": shared.created_at.to_string(),
                        "delete_url": self.delete_url(&shared.share),
                    })
                })
                .collect();
            told.push(json!({
                "platform": account.platform,
                "server": account.server,
                "account": account.name,
                "state": account.state.as_str(),
                "connected_at": account.connected_at.to_string(),
                "shares": shares,
            }));
        }
        Ok(json!({
            "known_since": session.visitor.created_at.to_string(),
            "forgotten_at": session.visitor.expires_at.to_string(),
            "chosen_targets": session.visitor.chosen.iter().map(TargetId::as_str).collect::<Vec<_>>(),
            "accounts": told,
        }))
    }
}
