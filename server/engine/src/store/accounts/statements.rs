//! The statements about visitors and their accounts: `account_store!` makes the implementation for one kind of database, as
//! `statements!` makes functions, for the words are the same for all.

/// The implementation for a store that has `connection()` for reading and `write()` for a transaction.
macro_rules! account_store {
    ($store:ty) => {
        mod visitors {
            use async_trait::async_trait;
            use cutline_model::TargetId;
            use jiff::Timestamp;

            use $crate::store::accounts::{
                AccountRecord, AccountRow, AccountStore, RegistrationRecord, RegistrationRow, Sealed, SealedPlace,
                SharedWith, SignInRecord, SignInRow, VisitorRecord, VisitorRow,
            };
            use $crate::store::statements::keepable;
            use $crate::store::{StoreError, rows};

            #[async_trait]
            impl AccountStore for $store {
                async fn add_visitor(
                    &self,
                    visitor: &VisitorRecord,
                    session_hash: &str,
                ) -> Result<(), StoreError> {
                    let mut write = self.write().await?;
                    sqlx::query("INSERT INTO visitor (id, created_at, expires_at) VALUES ($1, $2, $3)")
                        .bind(&visitor.id)
                        .bind(visitor.created_at.as_millisecond())
                        .bind(visitor.expires_at.as_millisecond())
                        .execute(&mut *write)
                        .await?;
                    sqlx::query("INSERT INTO session (hash, visitor_id) VALUES ($1, $2)")
                        .bind(session_hash)
                        .bind(&visitor.id)
                        .execute(&mut *write)
                        .await?;
                    Ok(write.commit().await?)
                }

                async fn visitor_of(
                    &self,
                    session_hash: &str,
                    now: Timestamp,
                ) -> Result<Option<VisitorRecord>, StoreError> {
                    let found: Option<VisitorRow> = sqlx::query_as(
                        "SELECT id, created_at, expires_at, chosen FROM visitor JOIN session ON session.visitor_id = visitor.id
                         WHERE session.hash = $1 AND expires_at > $2",
                    )
                    .bind(session_hash)
                    .bind(now.as_millisecond())
                    .fetch_optional(&mut *self.connection().await?)
                    .await?;
                    found.map(VisitorRow::read).transpose()
                }

                async fn keep_visitor(&self, id: &str, expires_at: Timestamp) -> Result<(), StoreError> {
                    let mut write = self.write().await?;
                    sqlx::query("UPDATE visitor SET expires_at = $2 WHERE id = $1 AND expires_at < $2")
                        .bind(id)
                        .bind(expires_at.as_millisecond())
                        .execute(&mut *write)
                        .await?;
                    Ok(write.commit().await?)
                }

                async fn choose_targets(&self, visitor: &str, chosen: &[TargetId]) -> Result<(), StoreError> {
                    let chosen: Vec<&str> = chosen.iter().map(TargetId::as_str).collect();
                    let mut write = self.write().await?;
                    sqlx::query("UPDATE visitor SET chosen = $2 WHERE id = $1")
                        .bind(visitor)
                        .bind((!chosen.is_empty()).then(|| chosen.join(" ")))
                        .execute(&mut *write)
                        .await?;
                    Ok(write.commit().await?)
                }

                async fn renew_session(&self, old_hash: &str, new_hash: &str) -> Result<bool, StoreError> {
                    let mut write = self.write().await?;
                    // Not an update: what was begun in the old session ends with it.
                    let visitor: Option<String> =
                        sqlx::query_scalar("DELETE FROM session WHERE hash = $1 RETURNING visitor_id")
                            .bind(old_hash)
                            .fetch_optional(&mut *write)
                            .await?;
                    let Some(visitor) = visitor else { return Ok(false) };
                    sqlx::query("INSERT INTO session (hash, visitor_id) VALUES ($1, $2)")
                        .bind(new_hash)
                        .bind(visitor)
                        .execute(&mut *write)
                        .await?;
                    write.commit().await?;
                    Ok(true)
                }

                async fn begin_sign_in(
                    &self,
                    sign_in: &SignInRecord,
                    max: i64,
                    now: Timestamp,
                ) -> Result<bool, StoreError> {
                    let mut write = self.write().await?;
                    sqlx::query("DELETE FROM sign_in WHERE expires_at <= $1")
                        .bind(now.as_millisecond())
                        .execute(&mut *write)
                        .await?;
                    let begun = sqlx::query(
                        "INSERT INTO sign_in (hash, session_hash, connection, key_id, sealed, expires_at)
                         SELECT $1, $2, $3, $4, $5, $6
                         WHERE (SELECT count(*) FROM sign_in WHERE session_hash = $2) < $7",
                    )
                    .bind(&sign_in.hash)
                    .bind(&sign_in.session_hash)
                    .bind(&sign_in.connection)
                    .bind(&sign_in.sealed.key_id)
                    .bind(&sign_in.sealed.bytes)
                    .bind(sign_in.expires_at.as_millisecond())
                    .bind(max)
                    .execute(&mut *write)
                    .await?;
                    write.commit().await?;
                    Ok(begun.rows_affected() == 1)
                }

                async fn take_sign_in(&self, hash: &str) -> Result<Option<SignInRecord>, StoreError> {
                    let mut write = self.write().await?;
                    let taken: Option<SignInRow> = sqlx::query_as(
                        "DELETE FROM sign_in WHERE hash = $1
                         RETURNING hash, session_hash, connection, key_id, sealed, expires_at",
                    )
                    .bind(hash)
                    .fetch_optional(&mut *write)
                    .await?;
                    write.commit().await?;
                    taken.map(SignInRow::read).transpose()
                }

                async fn registration(
                    &self,
                    platform: &str,
                    server: &str,
                    redirect_uri: &str,
                ) -> Result<Option<RegistrationRecord>, StoreError> {
                    let found: Option<RegistrationRow> = sqlx::query_as(
                        "SELECT platform, server, redirect_uri, client_id, key_id, sealed FROM registration
                         WHERE platform = $1 AND server = $2 AND redirect_uri = $3",
                    )
                    .bind(platform)
                    .bind(server)
                    .bind(redirect_uri)
                    .fetch_optional(&mut *self.connection().await?)
                    .await?;
                    Ok(found.map(RegistrationRow::read))
                }

                async fn keep_registration(
                    &self,
                    registration: &RegistrationRecord,
                ) -> Result<(), StoreError> {
                    let mut write = self.write().await?;
                    sqlx::query(
                        "INSERT INTO registration (platform, server, redirect_uri, client_id, key_id, sealed)
                         VALUES ($1, $2, $3, $4, $5, $6)
                         ON CONFLICT (platform, server, redirect_uri) DO UPDATE SET client_id = excluded.client_id,
                             key_id = excluded.key_id, sealed = excluded.sealed",
                    )
                    .bind(&registration.platform)
                    .bind(&registration.server)
                    .bind(&registration.redirect_uri)
                    .bind(keepable(&registration.client_id))
                    .bind(&registration.sealed.key_id)
                    .bind(&registration.sealed.bytes)
                    .execute(&mut *write)
                    .await?;
                    Ok(write.commit().await?)
                }

                async fn drop_registration(&self, platform: &str, server: &str) -> Result<(), StoreError> {
                    let mut write = self.write().await?;
                    sqlx::query("DELETE FROM registration WHERE platform = $1 AND server = $2")
                        .bind(platform)
                        .bind(server)
                        .execute(&mut *write)
                        .await?;
                    Ok(write.commit().await?)
                }

                async fn keep_account(
                    &self,
                    account: &AccountRecord,
                ) -> Result<Option<AccountRecord>, StoreError> {
                    let mut write = self.write().await?;
                    // An update, so that nobody else changes it before it is replaced: what was there is given to one alone.
                    let before: Option<AccountRow> = sqlx::query_as(
                        "UPDATE account SET refreshing_until = NULL WHERE id = $1
                         RETURNING id, visitor_id, platform, server, remote_id, name, state, connected_at, key_id, sealed",
                    )
                    .bind(&account.id)
                    .fetch_optional(&mut *write)
                    .await?;
                    sqlx::query(
                        "INSERT INTO account (id, visitor_id, platform, server, remote_id, name, state, connected_at,
                             key_id, sealed)
                         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                         ON CONFLICT (id) DO UPDATE SET name = excluded.name, state = excluded.state,
                             connected_at = excluded.connected_at, key_id = excluded.key_id, sealed = excluded.sealed",
                    )
                    .bind(&account.id)
                    .bind(&account.visitor)
                    .bind(&account.platform)
                    .bind(&account.server)
                    .bind(keepable(&account.remote_id))
                    .bind(keepable(&account.name))
                    .bind(account.state.as_str())
                    .bind(account.connected_at.as_millisecond())
                    .bind(&account.sealed.key_id)
                    .bind(&account.sealed.bytes)
                    .execute(&mut *write)
                    .await?;
                    write.commit().await?;
                    before.map(AccountRow::read).transpose()
                }

                async fn account(&self, id: &str) -> Result<Option<AccountRecord>, StoreError> {
                    let found: Option<AccountRow> = sqlx::query_as(
                        "SELECT id, visitor_id, platform, server, remote_id, name, state, connected_at, key_id, sealed
                         FROM account WHERE id = $1",
                    )
                    .bind(id)
                    .fetch_optional(&mut *self.connection().await?)
                    .await?;
                    found.map(AccountRow::read).transpose()
                }

                async fn accounts_of(&self, visitor: &str) -> Result<Vec<AccountRecord>, StoreError> {
                    let found: Vec<AccountRow> = sqlx::query_as(
                        "SELECT id, visitor_id, platform, server, remote_id, name, state, connected_at, key_id, sealed
                         FROM account WHERE visitor_id = $1 ORDER BY connected_at, id",
                    )
                    .bind(visitor)
                    .fetch_all(&mut *self.connection().await?)
                    .await?;
                    found.into_iter().map(AccountRow::read).collect()
                }

                async fn accounts_at(
                    &self,
                    platform: &str,
                    server: &str,
                    remote_id: Option<&str>,
                ) -> Result<Vec<AccountRecord>, StoreError> {
                    let found: Vec<AccountRow> = sqlx::query_as(
                        "SELECT id, visitor_id, platform, server, remote_id, name, state, connected_at, key_id, sealed
                         FROM account WHERE platform = $1 AND server = $2 AND ($3 IS NULL OR remote_id = $3)
                         ORDER BY connected_at, id",
                    )
                    .bind(platform)
                    .bind(server)
                    .bind(remote_id.map(keepable))
                    .fetch_all(&mut *self.connection().await?)
                    .await?;
                    found.into_iter().map(AccountRow::read).collect()
                }

                async fn refuse_account(&self, id: &str, sealed: &Sealed) -> Result<(), StoreError> {
                    let mut write = self.write().await?;
                    sqlx::query("UPDATE account SET state = 'refused' WHERE id = $1 AND sealed = $2")
                        .bind(id)
                        .bind(&sealed.bytes)
                        .execute(&mut *write)
                        .await?;
                    Ok(write.commit().await?)
                }

                async fn replace_sealed(
                    &self,
                    id: &str,
                    old: &Sealed,
                    new: &Sealed,
                ) -> Result<bool, StoreError> {
                    let mut write = self.write().await?;
                    let replaced =
                        sqlx::query("UPDATE account SET key_id = $3, sealed = $4 WHERE id = $1 AND sealed = $2")
                            .bind(id)
                            .bind(&old.bytes)
                            .bind(&new.key_id)
                            .bind(&new.bytes)
                            .execute(&mut *write)
                            .await?;
                    write.commit().await?;
                    Ok(replaced.rows_affected() == 1)
                }

                async fn begin_refresh(
                    &self,
                    id: &str,
                    now: Timestamp,
                    until: Timestamp,
                ) -> Result<bool, StoreError> {
                    let mut write = self.write().await?;
                    let begun = sqlx::query(
                        "UPDATE account SET refreshing_until = $3
                         WHERE id = $1 AND (refreshing_until IS NULL OR refreshing_until <= $2)",
                    )
                    .bind(id)
                    .bind(now.as_millisecond())
                    .bind(until.as_millisecond())
                    .execute(&mut *write)
                    .await?;
                    write.commit().await?;
                    Ok(begun.rows_affected() == 1)
                }

                async fn end_refresh(&self, id: &str, until: Timestamp) -> Result<(), StoreError> {
                    let mut write = self.write().await?;
                    sqlx::query("UPDATE account SET refreshing_until = NULL WHERE id = $1 AND refreshing_until = $2")
                        .bind(id)
                        .bind(until.as_millisecond())
                        .execute(&mut *write)
                        .await?;
                    Ok(write.commit().await?)
                }

                async fn drop_account(
                    &self,
                    visitor: &str,
                    id: &str,
                ) -> Result<Option<AccountRecord>, StoreError> {
                    let mut write = self.write().await?;
                    let dropped: Option<AccountRow> = sqlx::query_as(
                        "DELETE FROM account WHERE id = $1 AND visitor_id = $2
                         RETURNING id, visitor_id, platform, server, remote_id, name, state, connected_at, key_id, sealed",
                    )
                    .bind(id)
                    .bind(visitor)
                    .fetch_optional(&mut *write)
                    .await?;
                    write.commit().await?;
                    dropped.map(AccountRow::read).transpose()
                }

                async fn drop_visitor(&self, id: &str) -> Result<Vec<AccountRecord>, StoreError> {
                    let mut write = self.write().await?;
                    let dropped: Vec<AccountRow> = sqlx::query_as(
                        "DELETE FROM account WHERE visitor_id = $1
                         RETURNING id, visitor_id, platform, server, remote_id, name, state, connected_at, key_id, sealed",
                    )
                    .bind(id)
                    .fetch_all(&mut *write)
                    .await?;
                    sqlx::query("DELETE FROM visitor WHERE id = $1").bind(id).execute(&mut *write).await?;
                    write.commit().await?;
                    dropped.into_iter().map(AccountRow::read).collect()
                }

                async fn expired_visitors(&self, now: Timestamp) -> Result<Vec<String>, StoreError> {
                    Ok(sqlx::query_scalar(
                        "SELECT id FROM visitor WHERE expires_at <= $1 ORDER BY expires_at LIMIT 100",
                    )
                    .bind(now.as_millisecond())
                    .fetch_all(&mut *self.connection().await?)
                    .await?)
                }

                async fn shares_to(&self, target: &TargetId) -> Result<Vec<SharedWith>, StoreError> {
                    let found: Vec<(String, i64)> = sqlx::query_as(
                        "SELECT share.id, share.created_at FROM delivery JOIN share ON share.id = delivery.share_id
                         WHERE target = $1 AND target LIKE '%:~%' ORDER BY share.created_at DESC, share.id DESC",
                    )
                    .bind(target.as_str())
                    .fetch_all(&mut *self.connection().await?)
                    .await?;
                    let read = |(id, at): (String, i64)| {
                        Ok(SharedWith {
                            share: rows::share_id(&id)?,
                            created_at: rows::time(at)?,
                            target: target.clone(),
                        })
                    };
                    found.into_iter().map(read).collect()
                }

                async fn sealed_otherwise(&self, key_id: &str) -> Result<Vec<SealedPlace>, StoreError> {
                    let mut connection = self.connection().await?;
                    let accounts: Vec<AccountRow> = sqlx::query_as(
                        "SELECT id, visitor_id, platform, server, remote_id, name, state, connected_at, key_id, sealed
                         FROM account WHERE key_id <> $1 ORDER BY id LIMIT 100",
                    )
                    .bind(key_id)
                    .fetch_all(&mut *connection)
                    .await?;
                    let registrations: Vec<RegistrationRow> = sqlx::query_as(
                        "SELECT platform, server, redirect_uri, client_id, key_id, sealed FROM registration
                         WHERE key_id <> $1 ORDER BY server LIMIT 100",
                    )
                    .bind(key_id)
                    .fetch_all(&mut *connection)
                    .await?;
                    let accounts = accounts.into_iter().map(|row| row.read().map(SealedPlace::Account));
                    let registrations =
                        registrations.into_iter().map(|row| Ok(SealedPlace::Registration(row.read())));
                    accounts.chain(registrations).collect()
                }
            }
        }
    };
}
pub(in super::super) use account_store;
