//! An account as every connector takes it: one of the site's, read from the configuration, or one that a visitor connected.
//!
//! What each key means on a platform stands in the table of platforms; a connector checks what it is given when it is
//! made, so that a mistake is said at the start and not by a visitor's first post.

use std::collections::BTreeMap;
use std::sync::Arc;

use cutline_model::{Target, TargetId};
use url::Url;

use super::ProofKey;
use super::platforms::Entry;

/// An account on one platform.
#[derive(Clone, Debug)]
pub struct Account {
    /// What share requests name it by.
    pub target: TargetId,
    /// The platform.
    pub platform: &'static Entry,
    /// Its server's address: the only host that is ever called.
    pub server: Url,
    /// Where it posts, in the platform's own words: an account, a room, a channel; or the site's name for it.
    pub name: String,
    /// Its other servers, by the keys that list them.
    pub servers: BTreeMap<&'static str, Vec<Url>>,
    /// What proves to the server that we may post.
    pub token: Token,
    /// What its requests are proved with, where the token alone opens nothing.
    pub(crate) proof_key: Option<Arc<ProofKey>>,
    /// Who sees its posts, where the platform lets one choose.
    pub visibility: Visibility,
    /// Who can connect it again.
    pub owner: Owner,
}

/// Whose an account is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Owner {
    /// The site's: its owner looks after it.
    #[default]
    Site,
    /// A visitor's.
    Visitor,
}

impl Account {
    /// An account of the site's own.
    #[must_use]
    pub fn of_site(
        target: TargetId,
        platform: &'static Entry,
        server: Url,
        name: String,
        token: Token,
    ) -> Self {
        let (visibility, owner) = (Visibility::default(), Owner::Site);
        let servers = BTreeMap::new();
        Self { target, platform, server, name, servers, token, proof_key: None, visibility, owner }
    }

    /// The servers that this key lists.
    pub(super) fn listed(&self, key: &str) -> &[Url] {
        self.servers.get(key).map_or(&[], Vec::as_slice)
    }

    /// The target as visitors see it.
    pub(super) fn shown(&self) -> Target {
        Target {
            id: self.target.clone(),
            name: self.platform.title.to_owned(),
            account: Some(format!("{}{}", self.platform.account.sign, self.name)),
            icon: self.platform.icon.to_owned(),
            limits: Some(self.platform.limits.told()),
        }
    }
}

/// A key of an account holds what cannot work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key} must be {expected}")]
pub struct AccountError {
    /// The key.
    pub key: &'static str,
    /// What stands there when all is well.
    pub expected: &'static str,
}

/// A password, an access token, a secret address. It is never printed.
#[derive(Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(transparent)]
pub struct Token(String);

/// Parts of a token that are shorter are no secrets: the scheme of an address, the number of a bot.
const MIN_MASKED: usize = 8;

impl Token {
    /// Wraps a token.
    #[must_use]
    pub fn new(token: impl Into<String>) -> Self {
        Self(token.into())
    }

    /// A text without it, and without the parts of one that has several (`key:secret:token:secret`); of one that is an address the end
    /// of its path, which a server may name without its host.
    pub(super) fn masked(&self, text: &str) -> String {
        let is_address = ["https://", "http://"].iter().any(|scheme| self.0.starts_with(scheme));
        let path = self.0.split(['?', '#']).next().filter(|_| is_address);
        let end = path.and_then(|path| path.trim_end_matches('/').rsplit('/').next());
        let parts = self.0.split(':').chain(end).filter(|part| part.len() >= MIN_MASKED);
        // The whole first: what is left of it then are the parts alone.
        std::iter::once(self.0.as_str())
            .filter(|whole| !whole.is_empty())
            .chain(parts)
            .fold(text.to_owned(), |text, secret| text.replace(secret, "***"))
    }

    /// The token itself, for a request to its account's server.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// Who sees a post, as Mastodon names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Everybody, and it appears on public timelines.
    #[default]
    Public,
    /// Everybody, but not on public timelines.
    Unlisted,
    /// Followers only.
    Private,
}

impl Visibility {
    /// The name in Mastodon's API, and in the configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Unlisted => "unlisted",
            Self::Private => "private",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_never_printed() {
        assert_eq!(format!("{:?}", Token::new("secret-token")), "***");
    }

    #[test]
    fn a_token_and_its_parts_are_masked() {
        for (token, text, masked) in [
            ("secret-token", "the secret-token, secret-token!", "the ***, ***!"),
            ("a-long-key:a-long-secret", "a-long-key:a-long-secret", "***"),
            ("a-long-key:a-long-secret", "of a-long-key the a-long-secret", "of *** the ***"),
            ("12345:a-long-secret", "bot 12345 with a-long-secret", "bot 12345 with ***"),
            (
                "https://discord.com/api/webhooks/1234/the-secret?thread_id=5",
                "Cannot POST /api/webhooks/1234/the-secret",
                "Cannot POST /api/webhooks/1234/***",
            ),
            ("", "nothing", "nothing"),
        ] {
            assert_eq!(Token::new(token).masked(text), masked);
        }
    }
}
