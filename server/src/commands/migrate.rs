//! `cutline migrate`: brings the database's tables up to date before the servers of a new version start, and says what it did.

use std::io::{self, Write};

use cutline_engine::error::with_causes;
use cutline_engine::store::{Migrated, StoreError};

use crate::cli::MigrateArgs;
use crate::config::{Config, ConfigError, Typed, environment};

/// Why the tables are not up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The database would not do.
    #[error("the database is not up to date: {}; what was done before that is kept, run this again", with_causes(.0))]
    Database(#[from] StoreError),
    /// The system refuses what connecting takes.
    #[error("nothing can be asked: {0}")]
    System(#[from] io::Error),
}

/// Migrates the configured database, and prints each step.
pub fn run(args: &MigrateArgs) -> Result<(), MigrateError> {
    let config = Config::read(&Typed::gather(args.config.as_deref(), None, environment())?)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let database = &config.server.database_url;
    let taken = runtime.block_on(database.migrate())?;
    // Whoever closed stdout does not want to know.
    let _ = io::stdout().write_all(told(&database.to_string(), &taken).as_bytes());
    Ok(())
}

fn told(database: &str, taken: &[Migrated]) -> String {
    if taken.is_empty() {
        return format!("{database} is up to date: nothing to do.\n");
    }
    let steps = taken.iter().map(|step| format!("{:>4}  {}\n", step.version, step.description));
    format!("{database} is up to date now; taken:\n{}", steps.collect::<String>())
}
