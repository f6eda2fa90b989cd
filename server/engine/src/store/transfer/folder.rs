//! The folder of an export: a file of lines for each table, the clippings, and last of all a manifest that says what they
//! must be. A folder without a manifest is an export that broke off.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::TransferError;
use super::row::hexadecimal;
use super::tables::{CLIPPINGS, TABLES};

/// What this version writes, and the only one that it reads.
pub(super) const FORMAT: u32 = 1;
const MANIFEST: &str = "manifest.json";
const UNFINISHED_MANIFEST: &str = "manifest.json.unfinished";
/// Longest line and longest manifest that are read, in bytes: many times what can be written.
const MAX_TEXT_BYTES: u64 = 64 << 20;

/// What an export holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The form of this folder.
    pub format: u32,
    /// The tables, in the order in which they are read.
    pub tables: Vec<TableManifest>,
    /// How many clippings there are.
    pub clippings: u64,
    /// Their bytes in all.
    pub clipping_bytes: u64,
    /// Clippings that shares name and that were not there any more, or not whole.
    pub missing_clippings: Vec<String>,
}

/// What the file of a table holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableManifest {
    /// The table.
    pub name: String,
    /// The columns of each line.
    pub columns: Vec<String>,
    /// The number of lines.
    pub rows: u64,
    /// SHA-256 of the file.
    pub sha256: String,
}

/// Where an export is.
#[derive(Clone, Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Makes the folder, or takes what an export that broke off has left. What lies there besides is not ours to touch.
    pub(super) fn prepare(&self) -> Result<(), TransferError> {
        fs::create_dir_all(&self.0).map_err(|cause| self.unusable(cause))?;
        // Secrets will lie here.
        #[cfg(unix)]
        fs::set_permissions(&self.0, std::os::unix::fs::PermissionsExt::from_mode(0o700))
            .map_err(|cause| self.unusable(cause))?;
        for entry in fs::read_dir(&self.0).map_err(|cause| self.unusable(cause))? {
            let name = entry.map_err(|cause| self.unusable(cause))?.file_name();
            let is_ours = TABLES.iter().chain([&CLIPPINGS]).any(|table| name == *file_name(table.name))
                || name == "clippings"
                || name == UNFINISHED_MANIFEST;
            if !is_ours {
                return Err(TransferError::FolderInUse { folder: self.0.clone() });
            }
        }
        Ok(())
    }

    pub(super) fn table(&self, name: &str) -> PathBuf {
        self.0.join(file_name(name))
    }

    pub(super) fn manifest(&self) -> Result<Manifest, TransferError> {
        let file = match File::open(self.0.join(MANIFEST)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(TransferError::NoExport { folder: self.0.clone() });
            }
            Err(cause) => return Err(self.unusable(cause)),
        };
        let manifest: Manifest = serde_json::from_reader(file.take(MAX_TEXT_BYTES))
            .map_err(|error| TransferError::Damaged { what: format!("{MANIFEST}: {error}") })?;
        if manifest.format != FORMAT {
            return Err(TransferError::LaterVersion { what: format!("format {}", manifest.format) });
        }
        Ok(manifest)
    }

    /// Writes the manifest, by which the export is whole.
    pub(super) fn finish(&self, manifest: &Manifest) -> Result<(), TransferError> {
        let write = || {
            let unfinished = self.0.join(UNFINISHED_MANIFEST);
            let mut file = File::create(&unfinished)?;
            serde_json::to_writer_pretty(&mut file, manifest)?;
            file.sync_all()?;
            fs::rename(unfinished, self.0.join(MANIFEST))?;
            File::open(&self.0)?.sync_all()
        };
        write().map_err(|cause| self.unusable(cause))
    }

    pub(super) fn unusable(&self, cause: io::Error) -> TransferError {
        TransferError::Folder { folder: self.0.clone(), cause }
    }
}

fn file_name(table: &str) -> String {
    format!("{table}.jsonl")
}

/// Lines that are counted and hashed.
pub(super) struct Lines<W> {
    out: W,
    hash: Sha256,
    rows: u64,
}

impl<W: Write> Lines<W> {
    pub(super) fn to(out: W) -> Self {
        Self { out, hash: Sha256::new(), rows: 0 }
    }

    pub(super) fn write(&mut self, line: &str) -> io::Result<()> {
        self.rows += 1;
        self.hash.update(line);
        self.out.write_all(line.as_bytes())
    }

    /// How many lines there were, their hash, and where they went.
    pub(super) fn end(self) -> (u64, String, W) {
        (self.rows, hexadecimal(&self.hash.finalize()), self.out)
    }
}

/// A new file for lines.
pub(super) fn create(file: &Path) -> io::Result<Lines<BufWriter<File>>> {
    Ok(Lines::to(BufWriter::new(File::create(file)?)))
}

/// Makes a file of lines durable; gives their number and hash.
pub(super) fn close(lines: Lines<BufWriter<File>>) -> io::Result<(u64, String)> {
    let (rows, sha256, out) = lines.end();
    out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    Ok((rows, sha256))
}

/// Reads a file line by line, none of them without end.
pub(super) struct Reader(BufReader<File>);

impl Reader {
    pub(super) fn open(file: &Path) -> io::Result<Self> {
        Ok(Self(BufReader::new(File::open(file)?)))
    }

    /// The next line; nothing at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<String>> {
        let mut line = String::new();
        let length = (&mut self.0).take(MAX_TEXT_BYTES).read_line(&mut line)?;
        Ok((length > 0).then_some(line))
    }
}
