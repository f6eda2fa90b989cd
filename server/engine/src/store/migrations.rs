//! Brings a database's tables up to date: forward only, each step in a transaction of its own.
//!
//! Steps add and never take away what the version before uses, so that its processes go on beside those of this one. What a
//! later version has added is left alone.

use std::collections::HashSet;

use sqlx::migrate::{Migrate, Migrator};

use super::StoreError;

/// A step that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migrated {
    /// Its number.
    pub version: i64,
    /// What it is for.
    pub description: String,
}

/// The steps that the database behind `connection` has not taken yet.
pub(super) async fn missing<C: Migrate>(
    migrations: &Migrator,
    connection: &mut C,
) -> Result<Vec<Migrated>, StoreError> {
    /// Where sqlx writes down what was taken.
    const TABLE: &str = "_sqlx_migrations";
    // Of processes that start at once, only one makes the table.
    connection.lock().await?;
    connection.ensure_migrations_table(TABLE).await?;
    let taken = connection.list_applied_migrations(TABLE).await?;
    connection.unlock().await?;
    let taken: HashSet<i64> = taken.into_iter().map(|applied| applied.version).collect();
    let missing = migrations.iter().filter(|migration| !taken.contains(&migration.version));
    Ok(missing
        .map(|migration| Migrated {
            version: migration.version,
            description: migration.description.clone().into_owned(),
        })
        .collect())
}
