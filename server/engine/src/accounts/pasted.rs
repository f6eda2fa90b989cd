//! Accounts by a token that the visitor has made at the platform and pastes here, where there is no page that asks: a room on
//! Matrix, a webhook of Discord's, a bot of Telegram's.
//!
//! The platform is asked whose it is before anything is kept, by its own connector; nothing is posted for that.

use std::collections::BTreeMap;
use std::sync::Arc;

use url::Url;

use super::error::ConnectError;
use super::grant::Grant;
use super::session::Session;
use super::{Accounts, Connected, server};
use crate::deliver::platforms::{ServerKey, platform};
use crate::deliver::{Account, Identity, Owner, PostError, ProofKey, Token, Visibility};

/// The platforms of which tokens are taken so.
const PASTED: [&str; 3] = ["matrix", "discord", "telegram"];

/// What a visitor types.
pub struct Pasted<'a> {
    /// The platform's name in the table.
    pub platform: &'a str,
    /// Its server, where it has one of many.
    pub server: &'a str,
    /// The room, the chat; or the visitor's own name for the channel.
    pub account: &'a str,
    /// The token, or the webhook's address.
    pub token: &'a str,
}

impl Accounts {
    /// Connects what a pasted token opens.
    pub async fn connect_pasted(
        &self,
        session: Option<&Session>,
        pasted: Pasted<'_>,
    ) -> Result<Connected, ConnectError> {
        let entry = platform(pasted.platform).filter(|entry| PASTED.contains(&entry.name));
        let entry = entry.ok_or(ConnectError::NotOffered)?;
        let wrong = |detail: String| ConnectError::Wrong { detail };
        let token = pasted.token.trim();
        let name = (entry.account.parse)(pasted.account.trim());
        let name = name.ok_or_else(|| wrong(format!("the account is not {}", entry.account.is)))?;
        let server = match entry.server {
            ServerKey::InToken => server::parse_whole(token, &self.0.guard)?,
            ServerKey::Usual(usual) if pasted.server.trim().is_empty() => {
                server::parse(usual, &self.0.guard)?
            }
            _ => server::parse(pasted.server, &self.0.guard)?,
        };
        let identity = self.identify(entry.name, &server, &name, token, None).await?;
        let identity = identity.ok_or(ConnectError::NotOffered)?;
        let session = match session {
            Some(session) => session.clone(),
            None => self.new_session().await?,
        };
        let mut grant = Grant::default();
        token.clone_into(&mut grant.access);
        // Of an address that is itself the secret only the origin is written down in the clear.
        let origin = server.origin().ascii_serialization();
        self.keep(&session, entry.name, &origin, identity.id, name, &grant).await
    }

    /// Whose a token is, as its platform's connector is told; nothing where it has no way to ask.
    pub(super) async fn identify(
        &self,
        name: &str,
        server: &Url,
        account: &str,
        token: &str,
        proof_key: Option<Arc<ProofKey>>,
    ) -> Result<Option<Identity>, ConnectError> {
        let entry = platform(name).ok_or(ConnectError::NotOffered)?;
        let account = Account {
            target: cutline_model::TargetId::of_visitors_account(name, "new")
                .map_err(|_| ConnectError::NotOffered)?,
            platform: entry,
            server: server.clone(),
            name: account.to_owned(),
            servers: BTreeMap::new(),
            token: Token::new(token),
            proof_key,
            visibility: Visibility::Public,
            owner: Owner::Visitor,
        };
        let wrong = |detail: String| ConnectError::Wrong { detail };
        let connector =
            (entry.make)(account, self.0.tools.clone()).map_err(|error| wrong(error.to_string()))?;
        connector.identify().await.map_err(|error| match error {
            PostError::Final { detail, .. } => wrong(detail),
            PostError::Passing { detail, .. }
            | PostError::Spent { detail, .. }
            | PostError::Taken { detail, .. }
            | PostError::Unknown { detail, .. } => ConnectError::Unreachable { detail, retry_after: None },
        })
    }
}
