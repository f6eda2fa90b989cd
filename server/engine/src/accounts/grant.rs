//! What opens an account, as it is sealed: the tokens, and what it takes to renew and to revoke them.
//!
//! All of it stands with the account: a registration that is made anew changes nothing for accounts that are connected. What the
//! site's owner has configured goes before that (`ways`).

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use super::sealing::{Place, SealError, Sealer};
use crate::deliver::ProofKey;
use crate::store::{AccountRecord, RandomSource, Sealed};

/// Tokens and their way back.
#[derive(Clone, Default, Deserialize, Serialize)]
pub(super) struct Grant {
    /// What is sent with each call: an access token, or a password for programs.
    pub(super) access: String,
    /// What a new access token is had for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) refresh: Option<String>,
    /// When the access token ends, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) expires_at: Option<i64>,
    /// How long it lives, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) lifetime: Option<i64>,
    /// The key that its requests are proved with, where tokens are bound to one (RFC 9449).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) proof_key: Option<String>,
    /// Whose the tokens are, where the server says so along with them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) subject: Option<String>,
    /// Where all this is had; nothing for passwords.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) client: Option<Client>,
}

/// This site as the server knows it, and where the server deals with tokens.
#[derive(Clone, Deserialize, Serialize)]
pub(super) struct Client {
    /// Whom the site's owner has configured to be asked, if anybody: then the secret of this id is the one that stands there now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) configured: Option<String>,
    pub(super) id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) secret: Option<String>,
    /// Whether id and secret go in a header (RFC 6749, 2.3.1), and not in the form.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) by_header: bool,
    pub(super) token_endpoint: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) revocation_endpoint: Option<String>,
}

impl Drop for Grant {
    fn drop(&mut self) {
        self.access.zeroize();
        self.refresh.zeroize();
        self.proof_key.zeroize();
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.secret.zeroize();
    }
}

impl Grant {
    /// Whether an end of one would be an end of the other.
    pub(super) fn shares_tokens(&self, other: &Self) -> bool {
        self.access == other.access || (self.refresh.is_some() && self.refresh == other.refresh)
    }

    /// The key that requests are proved with.
    pub(super) fn proof_key(&self) -> Option<Arc<ProofKey>> {
        self.proof_key.as_deref().and_then(ProofKey::parse).map(Arc::new)
    }

    pub(super) fn seal(&self, account: &AccountRecord, sealer: &Sealer, random: &dyn RandomSource) -> Sealed {
        seal(self, place(account), sealer, random)
    }

    pub(super) fn open(account: &AccountRecord, sealer: &Sealer) -> Result<Self, SealError> {
        open(place(account), &account.sealed, sealer)
    }
}

/// Where an account's secrets belong.
pub(super) fn place(account: &AccountRecord) -> Place<'_> {
    Place { visitor: &account.visitor, platform: &account.platform, row: ("account", &account.id) }
}

/// Seals a value as JSON.
pub(super) fn seal<T: Serialize>(
    value: &T,
    place: Place<'_>,
    sealer: &Sealer,
    random: &dyn RandomSource,
) -> Sealed {
    let text = Zeroizing::new(serde_json::to_vec(value).expect("plain data"));
    sealer.seal(place, &text, random)
}

/// Opens what [`seal`] made.
pub(super) fn open<T: serde::de::DeserializeOwned>(
    place: Place<'_>,
    sealed: &Sealed,
    sealer: &Sealer,
) -> Result<T, SealError> {
    serde_json::from_slice(&sealer.open(place, sealed)?).map_err(|_| SealError::Broken)
}
