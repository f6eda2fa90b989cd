//! Visitors and their sessions: one browser is one visitor, known by a cookie.
//!
//! There are no names and passwords here, and no way from one browser to another: who can sign in at a server as somebody
//! else (its administrator can) must not reach what that person has connected elsewhere. A visitor who does not come back for
//! thirty days is forgotten, and tokens are revoked.

use jiff::SignedDuration;

use super::Accounts;
use super::secret_text::SecretText;
use crate::store::{ShareId, StoreError, VisitorRecord};

/// How long a visitor is known who has not connected anything yet.
const KEPT_AT_FIRST: SignedDuration = SignedDuration::from_hours(1);
/// How long a visitor is known since they were last here.
pub(super) const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// The record is not written at each visit.
const WRITTEN_EVERY: SignedDuration = SignedDuration::from_hours(24);

/// A visitor's browser as it asks for something.
#[derive(Clone, Debug)]
pub struct Session {
    /// What the record knows its cookie by.
    pub(super) hash: String,
    /// Who it is.
    pub visitor: VisitorRecord,
}

impl Session {
    /// Whether the visitor has connected an account: only then are they known beyond the first hour.
    #[must_use]
    pub fn has_connected(&self) -> bool {
        self.visitor.expires_at.duration_since(self.visitor.created_at) > KEPT_AT_FIRST
    }
}

impl Accounts {
    /// The session whose cookie this is; nothing when it has ended.
    pub async fn session(&self, cookie: &str) -> Result<Option<Session>, StoreError> {
        let Some(token) = SecretText::parse(cookie) else { return Ok(None) };
        let (hash, now) = (token.hash(), self.0.clock.now());
        let Some(visitor) = self.0.store.visitor_of(&hash, now).await? else { return Ok(None) };
        let session = Session { hash, visitor };
        if session.has_connected() && session.visitor.expires_at.duration_since(now) < KEPT - WRITTEN_EVERY {
            self.0.store.keep_visitor(&session.visitor.id, now + KEPT).await?;
        }
        Ok(Some(session))
    }

    /// A new visitor, with the cookie by which they are known.
    pub(super) async fn add_visitor(&self) -> Result<(SecretText, VisitorRecord), StoreError> {
        let (token, now) = (self.fresh(), self.0.clock.now());
        let id = ShareId::generate(self.0.random.as_ref()).to_string();
        let visitor =
            VisitorRecord { id, created_at: now, expires_at: now + KEPT_AT_FIRST, chosen: Vec::new() };
        self.0.store.add_visitor(&visitor, &token.hash()).await?;
        Ok((token, visitor))
    }

    /// A session of a new visitor, who does not know its cookie yet.
    pub(super) async fn new_session(&self) -> Result<Session, StoreError> {
        let (token, visitor) = self.add_visitor().await?;
        Ok(Session { hash: token.hash(), visitor })
    }

    /// Another text that only this site can have made.
    pub(super) fn fresh(&self) -> SecretText {
        SecretText::generate(self.0.random.as_ref())
    }
}
