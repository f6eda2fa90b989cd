//! `cutline export` and `cutline import`: moves everything that is kept, from files to servers or back.

use std::io::{self, Write};
use std::path::Path;

use cutline_engine::store::transfer::{self, Manifest, TransferError};
use cutline_engine::store::{ClippingError, Clippings};

use crate::application::{BuildError, clippings_of, lock};
use crate::cli::TransferArgs;
use crate::config::{Config, ConfigError, Typed, environment, show_bytes};

/// Why nothing was moved.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A server works in the data folder.
    #[error(transparent)]
    Folder(#[from] BuildError),
    /// The place of the clippings cannot be used.
    #[error("the clippings cannot be moved: {0}")]
    Clippings(#[from] ClippingError),
    /// The move failed.
    #[error(transparent)]
    Transfer(#[from] TransferError),
    /// The system refuses what moving takes.
    #[error("nothing can be moved: {0}")]
    System(#[from] io::Error),
}

/// Writes what the configured database and place for clippings hold into a folder.
pub fn export(args: &TransferArgs) -> Result<(), MoveError> {
    let moved = with(args, async |config: &Config, clippings: &Clippings, folder: &Path| {
        transfer::export(&config.server.database_url, clippings, folder).await
    })?;
    say(&format!("Exported to {}:\n{}", args.folder.display(), told(&moved)));
    Ok(())
}

/// Brings what a folder holds to the configured database and place for clippings.
pub fn import(args: &TransferArgs) -> Result<(), MoveError> {
    let moved = with(args, async |config: &Config, clippings: &Clippings, folder: &Path| {
        transfer::import(&config.server.database_url, clippings, folder).await
    })?;
    say(&format!("Imported from {}, and found to be the same:\n{}", args.folder.display(), told(&moved)));
    Ok(())
}

/// Does it while no server works in the data folder.
fn with(
    args: &TransferArgs,
    work: impl AsyncFnOnce(&Config, &Clippings, &Path) -> Result<Manifest, TransferError>,
) -> Result<Manifest, MoveError> {
    let config = Config::read(&Typed::gather(args.config.as_deref(), None, environment())?)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let _locks = lock(&config)?;
    runtime.block_on(async {
        let clippings = clippings_of(&config).await?;
        Ok(work(&config, &clippings, &args.folder).await?)
    })
}

fn told(moved: &Manifest) -> String {
    let tables = moved.tables.iter().map(|table| format!("{:>12}  {}\n", table.rows, table.name));
    let missing = match moved.missing_clippings.as_slice() {
        [] => String::new(),
        names => format!(
            "{} clippings were not there any more, or not whole; their shares have no picture:\n  {}\n",
            names.len(),
            names.join("\n  ")
        ),
    };
    let (count, bytes) = (moved.clippings, show_bytes(moved.clipping_bytes));
    format!("{}{count:>12}  clippings, {bytes}\n{missing}", tables.collect::<String>())
}

fn say(text: &str) {
    // Whoever closed stdout does not want to know.
    let _ = io::stdout().write_all(text.as_bytes());
}
