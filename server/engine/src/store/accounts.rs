//! Visitors and their accounts, as the record keeps them: what opens an account is sealed before it comes here.
//!
//! What must happen once (a sign-in is taken, a token is replaced) is one statement whose effect is counted.

mod rows;
mod statements;

use async_trait::async_trait;
use cutline_model::TargetId;
use jiff::Timestamp;

pub(super) use self::rows::{AccountRow, RegistrationRow, SignInRow, VisitorRow};
pub(super) use self::statements::account_store;
use super::{ShareId, StoreError};

/// A secret that cannot be read without this site's key, nor in the place of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// Which key it takes.
    pub key_id: String,
    /// Nonce and ciphertext.
    pub bytes: Vec<u8>,
}

/// A visitor: one browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VisitorRecord {
    /// Names it, here alone.
    pub id: String,
    /// When it came first.
    pub created_at: Timestamp,
    /// When it is forgotten.
    pub expires_at: Timestamp,
    /// The targets that are chosen when the overlay opens.
    pub chosen: Vec<TargetId>,
}

/// A sign-in at a platform that has begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInRecord {
    /// SHA-256 of its `state`, in hexadecimal digits.
    pub hash: String,
    /// SHA-256 of the cookie of the session in which it began.
    pub session_hash: String,
    /// Where it was begun, and must come back to.
    pub connection: String,
    /// What it takes to end it.
    pub sealed: Sealed,
    /// It cannot end after that.
    pub expires_at: Timestamp,
}

/// What this site is called at a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistrationRecord {
    /// The server's platform.
    pub platform: String,
    /// Its origin.
    pub server: String,
    /// Where it sends visitors back to.
    pub redirect_uri: String,
    /// What it calls this site.
    pub client_id: String,
    /// What proves that to it.
    pub sealed: Sealed,
}

/// Whether an account's server still takes what this site has of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountState {
    /// As far as is known.
    Connected,
    /// It said no: the visitor must connect it again.
    Refused,
}

impl AccountState {
    /// The name it is stored and exported under.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Refused => "refused",
        }
    }
}

/// An account of a visitor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRecord {
    /// Names it, here alone.
    pub id: String,
    /// Whose it is.
    pub visitor: String,
    /// The platform's name in the table of platforms.
    pub platform: String,
    /// Its server's origin.
    pub server: String,
    /// What the server calls it.
    pub remote_id: String,
    /// What people call it.
    pub name: String,
    /// Whether it can be posted with.
    pub state: AccountState,
    /// Since when this site has it.
    pub connected_at: Timestamp,
    /// What opens it.
    pub sealed: Sealed,
}

/// Where a sealed secret stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SealedPlace {
    /// In an account.
    Account(AccountRecord),
    /// In a registration.
    Registration(RegistrationRecord),
}

/// A share that went out with a visitor's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedWith {
    /// Which share.
    pub share: ShareId,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// With which account.
    pub target: TargetId,
}

/// What the record knows of visitors. Hashes are SHA-256 in hexadecimal digits.
#[async_trait]
pub trait AccountStore: Send + Sync {
    /// A new visitor with a session.
    async fn add_visitor(&self, visitor: &VisitorRecord, session_hash: &str) -> Result<(), StoreError>;

    /// Whose session this is; nothing when it has ended.
    async fn visitor_of(
        &self,
        session_hash: &str,
        now: Timestamp,
    ) -> Result<Option<VisitorRecord>, StoreError>;

    /// The visitor is forgotten no sooner than at `expires_at`.
    async fn keep_visitor(&self, id: &str, expires_at: Timestamp) -> Result<(), StoreError>;

    /// Keeps which targets are chosen when the overlay opens for this visitor.
    async fn choose_targets(&self, visitor: &str, chosen: &[TargetId]) -> Result<(), StoreError>;

    /// Puts another session in the place of one; sign-ins that it has begun are over. Says whether there was such a session.
    async fn renew_session(&self, old_hash: &str, new_hash: &str) -> Result<bool, StoreError>;

    /// Keeps a sign-in that begins, and forgets those that are over; says whether its session has room for it.
    async fn begin_sign_in(
        &self,
        sign_in: &SignInRecord,
        max: i64,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Takes a sign-in out of the record, whoever asks and whatever comes of it: there is no second time.
    async fn take_sign_in(&self, hash: &str) -> Result<Option<SignInRecord>, StoreError>;

    /// What this site is called at a server.
    async fn registration(
        &self,
        platform: &str,
        server: &str,
        redirect_uri: &str,
    ) -> Result<Option<RegistrationRecord>, StoreError>;

    /// Keeps that, in the place of what was there.
    async fn keep_registration(&self, registration: &RegistrationRecord) -> Result<(), StoreError>;

    /// Forgets it.
    async fn drop_registration(&self, platform: &str, server: &str) -> Result<(), StoreError>;

    /// Keeps an account, in the place of the one of the same id; gives what that was.
    async fn keep_account(&self, account: &AccountRecord) -> Result<Option<AccountRecord>, StoreError>;

    /// One account.
    async fn account(&self, id: &str) -> Result<Option<AccountRecord>, StoreError>;

    /// A visitor's accounts, the oldest first.
    async fn accounts_of(&self, visitor: &str) -> Result<Vec<AccountRecord>, StoreError>;

    /// All visitors' accounts at a server; of one that it calls `remote_id`, if that is told.
    async fn accounts_at(
        &self,
        platform: &str,
        server: &str,
        remote_id: Option<&str>,
    ) -> Result<Vec<AccountRecord>, StoreError>;

    /// Says that an account's server refuses it, as long as what opens it is still `sealed`.
    async fn refuse_account(&self, id: &str, sealed: &Sealed) -> Result<(), StoreError>;

    /// Puts `new` in the place of `old`; says whether `old` was still there.
    async fn replace_sealed(&self, id: &str, old: &Sealed, new: &Sealed) -> Result<bool, StoreError>;

    /// Takes the turn of fetching a new token for an account until `until`; says whether nobody else has it.
    async fn begin_refresh(&self, id: &str, now: Timestamp, until: Timestamp) -> Result<bool, StoreError>;

    /// Gives the turn that ends then back; not that of another who has it since.
    async fn end_refresh(&self, id: &str, until: Timestamp) -> Result<(), StoreError>;

    /// Forgets an account of this visitor; gives what it was.
    async fn drop_account(&self, visitor: &str, id: &str) -> Result<Option<AccountRecord>, StoreError>;

    /// Forgets a visitor with all that is theirs; gives what their accounts were.
    async fn drop_visitor(&self, id: &str) -> Result<Vec<AccountRecord>, StoreError>;

    /// Some of the visitors whose time is over.
    async fn expired_visitors(&self, now: Timestamp) -> Result<Vec<String>, StoreError>;

    /// Shares that went to this target, the newest first.
    async fn shares_to(&self, target: &TargetId) -> Result<Vec<SharedWith>, StoreError>;

    /// Some of what is sealed under another key than `key_id`.
    async fn sealed_otherwise(&self, key_id: &str) -> Result<Vec<SealedPlace>, StoreError>;
}
