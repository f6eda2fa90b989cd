//! `cutline reseal`: seals visitors' tokens under the key in `secret_key_file`, where another one has sealed them. Servers may
//! run meanwhile, if they have both keys.

use std::io::{self, Write};

use cutline_engine::accounts::{ConnectError, reseal};
use cutline_engine::error::with_causes;
use cutline_engine::store::{StoreError, SystemRandom};

use crate::application::{BuildError, sealer_of};
use crate::cli::ResealArgs;
use crate::config::{Config, ConfigError, Typed, environment};

/// Why not everything is sealed under the current key.
#[derive(Debug, thiserror::Error)]
pub enum ResealError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A key file cannot be read.
    #[error(transparent)]
    Key(#[from] BuildError),
    /// There is no key to seal under.
    #[error("there is no secret_key_file in the configuration, so nothing is sealed")]
    NoKey,
    /// The database would not do.
    #[error("the database cannot be used: {}", with_causes(.0))]
    Database(#[from] StoreError),
    /// Something could not be opened.
    #[error(
        "{0}; what was done before that is kept: name the key that it takes as previous_secret_key_file, and run this again"
    )]
    Sealed(#[from] ConnectError),
    /// The system refuses what connecting takes.
    #[error("nothing can be done: {0}")]
    System(#[from] io::Error),
}

/// Seals everything anew that needs it, and says how much that was.
pub fn run(args: &ResealArgs) -> Result<(), ResealError> {
    let config = Config::read(&Typed::gather(args.config.as_deref(), None, environment())?)?;
    let sealer = sealer_of(&config)?.ok_or(ResealError::NoKey)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let count = runtime.block_on(async {
        let store = config.server.database_url.open().await?;
        let count = reseal(store.as_ref(), &sealer, &SystemRandom).await;
        store.close().await;
        Ok::<_, ResealError>(count?)
    })?;
    let text = format!("{count} sealed anew; everything is under the key {} now.\n", sealer.key_id());
    // Whoever closed stdout does not want to know.
    let _ = io::stdout().write_all(text.as_bytes());
    Ok(())
}
