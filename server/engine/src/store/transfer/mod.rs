//! Moves a whole record with its clippings: out into a folder, and from there into another database and another place for
//! clippings, of whatever kind.
//!
//! Nothing is lost on the way, or it is not done: the record is read in one transaction, brought in one transaction, and
//! before that is committed read once more and compared with what was exported, by its hashes. Clippings are named by the hash
//! of their bytes, which is looked at on both ways; they are copied before, a few at once, and those that are there already, and
//! whole, are passed over, so that a move that broke off goes on where it was. Only rows of one statement and a few clippings are
//! in memory.

mod database;
mod folder;
mod row;
mod tables;
#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use sha2::{Digest, Sha256};

use self::database::{Transferred, rows_at_once};
use self::folder::{FORMAT, Folder, Lines, Reader};
use self::row::{Value, hexadecimal, line_of, row_of};
use self::tables::{CLIPPINGS, Kind, TABLES, Table};
use super::{ClippingError, ClippingName, Clippings, DatabaseUrl, StoreError};

pub use self::folder::{Manifest, TableManifest};

/// How many clippings are copied at once.
const AT_ONCE: usize = 8;

/// Why a record could not be moved. What was there before is as it was.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// The record cannot be read or written.
    #[error("the record cannot be moved: {}", crate::error::with_causes(.0))]
    Store(#[from] StoreError),
    /// A clipping cannot be read or written.
    #[error("the clippings cannot be moved: {}; run this again, what is done is not done twice", crate::error::with_causes(.0))]
    Clippings(#[from] ClippingError),
    /// The folder cannot be used.
    #[error("the folder {} cannot be used: {cause}", folder.display())]
    Folder {
        /// Which folder.
        folder: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// The folder holds an export already, or something else.
    #[error("{} holds other things already: name a new folder", folder.display())]
    FolderInUse {
        /// Which folder.
        folder: PathBuf,
    },
    /// The folder holds no export, or one that broke off.
    #[error("{} holds no whole export: one that broke off is to be run again", folder.display())]
    NoExport {
        /// Which folder.
        folder: PathBuf,
    },
    /// Servers, or others of these programs, are at work there.
    #[error("others work on {database}: stop all servers first, so that nothing is lost between them")]
    InUse {
        /// Which database.
        database: String,
    },
    /// There is something already where a record is to be brought.
    #[error("{database} holds a record already ({table} is not empty): bring this one to a new database")]
    NotEmpty {
        /// Which database.
        database: String,
        /// Which of its tables.
        table: &'static str,
    },
    /// The export, or the database, is of a version that knows more.
    #[error("this is of a later version of Cutline ({what}): use that one, or a newer")]
    LaterVersion {
        /// What is not known here.
        what: String,
    },
    /// The export is not what it was.
    #[error("the export is damaged: {what}; nothing was brought")]
    Damaged {
        /// Where, and what is wrong.
        what: String,
    },
}

/// Writes the record at `database` and its `clippings` into `folder`; gives what that holds.
pub async fn export(
    database: &DatabaseUrl,
    clippings: &Clippings,
    folder: &Path,
) -> Result<Manifest, TransferError> {
    let folder = Folder::new(folder);
    folder.prepare()?;
    let mut source = database::read(database).await?;
    let mut tables = Vec::new();
    for table in &TABLES {
        tables.push(write_table(source.as_mut(), table, &folder).await?);
    }
    // Not a table: what is to be copied.
    write_table(source.as_mut(), &CLIPPINGS, &folder).await?;
    let exported = Clippings::local(folder.path()).await?;
    let copied = copy(&folder, clippings, &exported).await?;
    // Until here nobody writes: what is accepted later is not taken for a part of this.
    drop(source);
    let manifest = Manifest {
        format: FORMAT,
        tables,
        clippings: copied.count,
        clipping_bytes: copied.bytes,
        missing_clippings: copied.missing,
    };
    folder.finish(&manifest)?;
    Ok(manifest)
}

/// Brings the export in `folder` to an empty `database` and to `clippings`; gives what that was.
pub async fn import(
    database: &DatabaseUrl,
    clippings: &Clippings,
    folder: &Path,
) -> Result<Manifest, TransferError> {
    let folder = Folder::new(folder);
    let manifest = folder.manifest()?;
    let tables = tables_of(&manifest)?;
    // From here on nobody else writes there.
    let mut destination = database::write(database).await?;
    is_empty(destination.as_mut(), database).await?;
    let exported = Clippings::local(folder.path()).await?;
    let copied = copy(&folder, &exported, clippings).await?;
    let found =
        manifest.missing_clippings.iter().filter(|name| !copied.missing.contains(name)).count() as u64;
    // What the export lacks may be there already.
    let is_whole = copied.missing.iter().all(|name| manifest.missing_clippings.contains(name))
        && copied.count == manifest.clippings + found
        && (found > 0 || copied.bytes == manifest.clipping_bytes);
    if !is_whole {
        let what = format!(
            "{} clippings of {} bytes are there, and not {} of {}",
            copied.count, copied.bytes, manifest.clippings, manifest.clipping_bytes
        );
        return Err(TransferError::Damaged { what });
    }
    for Exported { table, columns, expected } in tables {
        // A server that ran here once has made a secret; without shares nobody has a link that is under it.
        destination.clear(table).await?;
        bring(destination.as_mut(), table, &columns, &folder).await?;
        let brought = look(destination.as_mut(), table, &columns).await?;
        if brought != (expected.rows, expected.sha256.clone()) {
            let what = format!("{} rows of {} came out otherwise than they were", brought.0, table.name);
            return Err(TransferError::Damaged { what });
        }
    }
    destination.commit().await?;
    Ok(manifest)
}

/// All columns of a table.
fn all_columns(table: &Table) -> Vec<usize> {
    (0..table.columns.len()).collect()
}

/// A table of an export.
struct Exported<'a> {
    table: &'static Table,
    /// Which of the table's columns its lines have, in their order.
    columns: Vec<usize>,
    expected: &'a TableManifest,
}

/// The tables of an export with the columns that it has: an earlier version had fewer of both.
fn tables_of(manifest: &Manifest) -> Result<Vec<Exported<'_>>, TransferError> {
    let mut known = TABLES.iter();
    let with_columns = |expected| {
        let expected: &TableManifest = expected;
        // In our order, in which each row finds those it refers to.
        let table = known.find(|table| table.name == expected.name);
        let table = table
            .ok_or_else(|| TransferError::LaterVersion { what: format!("the table {}", expected.name) })?;
        let place = |name: &String| table.columns.iter().position(|(known, _)| known == name);
        let columns: Option<Vec<usize>> = expected.columns.iter().map(place).collect();
        let columns = columns.ok_or_else(|| TransferError::LaterVersion {
            what: format!("{} with the columns {}", table.name, expected.columns.join(", ")),
        })?;
        Ok(Exported { table, columns, expected })
    };
    manifest.tables.iter().map(with_columns).collect()
}

/// Writes a table into its file.
async fn write_table(
    source: &mut dyn Transferred,
    table: &Table,
    folder: &Folder,
) -> Result<TableManifest, TransferError> {
    let columns = all_columns(table);
    let mut lines = folder::create(&folder.table(table.name)).map_err(|cause| folder.unusable(cause))?;
    let mut write = |row: &[Value]| lines.write(&line_of(row)).map_err(|cause| folder.unusable(cause));
    source.rows(table, &columns, &mut write).await?;
    let (rows, sha256) = folder::close(lines).map_err(|cause| folder.unusable(cause))?;
    let columns = table.columns.iter().map(|(name, _)| (*name).to_owned()).collect();
    Ok(TableManifest { name: table.name.to_owned(), columns, rows, sha256 })
}

/// Brings the rows of a table's file, as many at once as one statement takes.
async fn bring(
    destination: &mut dyn Transferred,
    table: &Table,
    columns: &[usize],
    folder: &Folder,
) -> Result<(), TransferError> {
    let kinds: Vec<Kind> = columns.iter().map(|column| table.columns[*column].1).collect();
    let unusable = |cause| folder.unusable(cause);
    let mut lines = Reader::open(&folder.table(table.name)).map_err(unusable)?;
    let most = rows_at_once(columns.len());
    let mut rows = Vec::with_capacity(most);
    while let Some(line) = lines.next().map_err(unusable)? {
        rows.push(row_of(&line, &kinds)?);
        if rows.len() == most {
            destination.insert(table, columns, &rows).await?;
            rows.clear();
        }
    }
    if !rows.is_empty() {
        destination.insert(table, columns, &rows).await?;
    }
    Ok(())
}

/// How many rows a table has now, and what their lines' hash is.
async fn look(
    database: &mut dyn Transferred,
    table: &Table,
    columns: &[usize],
) -> Result<(u64, String), TransferError> {
    let mut lines = Lines::to(io::sink());
    let mut hash = |row: &[Value]| {
        // A sink takes everything.
        let _ = lines.write(&line_of(row));
        Ok(())
    };
    database.rows(table, columns, &mut hash).await?;
    let (rows, sha256, _) = lines.end();
    Ok((rows, sha256))
}

/// Refuses a database with a record in it.
async fn is_empty(database: &mut dyn Transferred, url: &DatabaseUrl) -> Result<(), TransferError> {
    for table in TABLES.iter().filter(|table| table.name != "secret") {
        let mut refuse =
            |_: &[Value]| Err(TransferError::NotEmpty { database: url.to_string(), table: table.name });
        database.rows(table, &all_columns(table), &mut refuse).await?;
    }
    Ok(())
}

/// What was copied.
#[derive(Debug, Default, PartialEq, Eq)]
struct Copied {
    count: u64,
    bytes: u64,
    missing: Vec<String>,
}

/// Copies the clippings that the export names, a few at once.
async fn copy(folder: &Folder, from: &Clippings, to: &Clippings) -> Result<Copied, TransferError> {
    let mut lines = Reader::open(&folder.table(CLIPPINGS.name)).map_err(|cause| folder.unusable(cause))?;
    let next = || match lines.next() {
        Ok(line) => line.map(|line| name_in(&line)),
        Err(cause) => Some(Err(folder.unusable(cause))),
    };
    let copies = stream::iter(std::iter::from_fn(next))
        .map(|name| async move {
            let name = name?;
            let length = copy_one(&name, from, to).await?;
            Ok::<_, TransferError>((name, length))
        })
        .buffered(AT_ONCE);
    copies
        .try_fold(Copied::default(), |mut copied, (name, length)| async move {
            match length {
                Some(length) => {
                    copied.count += 1;
                    copied.bytes += length;
                }
                None => copied.missing.push(name.to_string()),
            }
            Ok(copied)
        })
        .await
}

/// Copies one clipping, unless it is there; gives its length, or nothing when there is none, or none that is whole.
async fn copy_one(
    name: &ClippingName,
    from: &Clippings,
    to: &Clippings,
) -> Result<Option<u64>, TransferError> {
    // What lies there may be of a move that broke off, or another's: it is looked at as what is copied is.
    if let Some(bytes) = to.get(name).await?
        && is_whole(name, &bytes).await?
    {
        return Ok(Some(bytes.len() as u64));
    }
    let Some(bytes) = from.get(name).await? else { return Ok(None) };
    if !is_whole(name, &bytes).await? {
        return Ok(None);
    }
    let length = bytes.len() as u64;
    to.write(name, bytes).await?;
    Ok(Some(length))
}

/// Whether these bytes are what the name says.
async fn is_whole(name: &ClippingName, bytes: &Bytes) -> Result<bool, TransferError> {
    let hashed = bytes.clone();
    let digest = tokio::task::spawn_blocking(move || Sha256::digest(&hashed)).await;
    Ok(hexadecimal(&digest.map_err(ClippingError::from)?) == name.hash())
}

/// The clipping that a line of the list names.
fn name_in(line: &str) -> Result<ClippingName, TransferError> {
    let row = row_of(line, &[Kind::Text, Kind::Text])?;
    match row.as_slice() {
        [Value::Text(Some(hash)), Value::Text(Some(extension))] => Ok(ClippingName::new(hash, extension)?),
        _ => Err(TransferError::Damaged { what: "the list of clippings".to_owned() }),
    }
}
