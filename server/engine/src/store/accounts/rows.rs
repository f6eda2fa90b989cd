//! Visitors and their accounts as the tables have them.

use cutline_model::TargetId;

use super::{
    AccountRecord, AccountState, RegistrationRecord, Sealed, SignInRecord, StoreError, VisitorRecord,
};

/// A row of `account`.
#[derive(sqlx::FromRow)]
pub(in super::super) struct AccountRow {
    id: String,
    visitor_id: String,
    platform: String,
    server: String,
    remote_id: String,
    name: String,
    state: String,
    connected_at: i64,
    key_id: String,
    sealed: Vec<u8>,
}

impl AccountRow {
    pub(in super::super) fn read(self) -> Result<AccountRecord, StoreError> {
        let state = match self.state.as_str() {
            "connected" => AccountState::Connected,
            "refused" => AccountState::Refused,
            other => return Err(StoreError::Damaged { what: format!("account state {other}") }),
        };
        Ok(AccountRecord {
            id: self.id,
            visitor: self.visitor_id,
            platform: self.platform,
            server: self.server,
            remote_id: self.remote_id,
            name: self.name,
            state,
            connected_at: crate::store::rows::time(self.connected_at)?,
            sealed: Sealed { key_id: self.key_id, bytes: self.sealed },
        })
    }
}

/// A row of `registration`.
#[derive(sqlx::FromRow)]
pub(in super::super) struct RegistrationRow {
    platform: String,
    server: String,
    redirect_uri: String,
    client_id: String,
    key_id: String,
    sealed: Vec<u8>,
}

impl RegistrationRow {
    pub(in super::super) fn read(self) -> RegistrationRecord {
        let Self { platform, server, redirect_uri, client_id, key_id, sealed } = self;
        let sealed = Sealed { key_id, bytes: sealed };
        RegistrationRecord { platform, server, redirect_uri, client_id, sealed }
    }
}

/// A row of `sign_in`.
#[derive(sqlx::FromRow)]
pub(in super::super) struct SignInRow {
    hash: String,
    session_hash: String,
    connection: String,
    key_id: String,
    sealed: Vec<u8>,
    expires_at: i64,
}

impl SignInRow {
    pub(in super::super) fn read(self) -> Result<SignInRecord, StoreError> {
        let Self { hash, session_hash, connection, key_id, sealed, expires_at } = self;
        let expires_at = crate::store::rows::time(expires_at)?;
        Ok(SignInRecord {
            hash,
            session_hash,
            connection,
            sealed: Sealed { key_id, bytes: sealed },
            expires_at,
        })
    }
}

/// A row of `visitor`.
#[derive(sqlx::FromRow)]
pub(in super::super) struct VisitorRow {
    id: String,
    created_at: i64,
    expires_at: i64,
    chosen: Option<String>,
}

impl VisitorRow {
    pub(in super::super) fn read(self) -> Result<VisitorRecord, StoreError> {
        use crate::store::rows::time;
        Ok(VisitorRecord {
            id: self.id,
            created_at: time(self.created_at)?,
            expires_at: time(self.expires_at)?,
            // What is no target any more is not chosen.
            chosen: self
                .chosen
                .iter()
                .flat_map(|chosen| chosen.split(' '))
                .filter_map(|id| TargetId::parse(id).ok())
                .collect(),
        })
    }
}
