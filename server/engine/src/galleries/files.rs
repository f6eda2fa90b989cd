//! Where hosted pictures lie: a folder of this machine, or inside the program.
//!
//! A folder is the owner's, but what lies in it need not be: hidden files, folders and links that lead out of it are
//! passed over. Everything here blocks and is called off the async threads.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use bytes::Bytes;
use cutline_model::Size;

use super::name;
use crate::crop::{CropError, measure};
use crate::limits::CropLimits;

/// How much of a file is read for its header, in steps: most headers fit in the first, nearly all in the second.
const HEADER_BYTES: [u64; 3] = [16 << 10, 256 << 10, u64::MAX];

/// Tells one state of a file from another without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    bytes: u64,
    changed: Option<std::time::SystemTime>,
}

/// A file's bytes while somebody has them, and the state they are of: a crowd at one picture shares them.
#[derive(Clone, Debug, Default)]
pub(super) struct Held(Arc<Mutex<Option<Version>>>);

type Version = (Stamp, Weak<Bytes>);

/// Somebody who has them.
struct Holder(Arc<Bytes>);

impl AsRef<[u8]> for Holder {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Held {
    /// All bytes of the file. Who comes while they are read waits for them.
    fn read(&self, mut file: File) -> io::Result<Bytes> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = Stamp::of(&file)?;
        let same = held.as_ref().filter(|(of, _)| *of == stamp).and_then(|(_, bytes)| bytes.upgrade());
        let bytes = match same {
            Some(bytes) => bytes,
            None => {
                let mut bytes = Vec::new();
                file.read_to_end(&mut bytes)?;
                let bytes = Arc::new(Bytes::from(bytes));
                *held = Some((stamp, Arc::downgrade(&bytes)));
                bytes
            }
        };
        Ok(Bytes::from_owner(Holder(bytes)))
    }
}

impl Stamp {
    fn of(file: &File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        Ok(Self { bytes: metadata.len(), changed: metadata.modified().ok() })
    }
}

/// Where one picture lies.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// A file in a folder, whose path has no links in it.
    Folder {
        /// The folder.
        folder: PathBuf,
        /// The file's name in it.
        file: String,
        /// Its bytes, if somebody has them.
        held: Held,
    },
    /// Bytes of the program.
    Inside(Bytes),
}

/// The plain names in a folder, sorted, and the folder's path without links.
pub(super) fn list(folder: &Path) -> io::Result<(PathBuf, Vec<String>)> {
    let folder = folder.canonicalize()?;
    let mut names = Vec::new();
    for entry in folder.read_dir()? {
        let name = entry?.file_name();
        match name.to_str() {
            Some(name) if name::is_plain(name) => {
                if open(&folder, name)?.is_some() {
                    names.push(name.to_owned());
                }
            }
            Some(name) if name.starts_with('.') => {}
            _ => tracing::warn!(?folder, ?name, "a file is left out: its name cannot stand in an address"),
        }
    }
    names.sort();
    Ok((folder, names))
}

/// The file `name` of `folder`; nothing when there is none, or it is no file, or a link that leads elsewhere.
fn open(folder: &Path, name: &str) -> io::Result<Option<File>> {
    let path = match folder.join(name).canonicalize() {
        Ok(path) => path,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if !path.starts_with(folder) {
        tracing::warn!(?folder, name, "a file is left out: it is a link that leads out of the folder");
        return Ok(None);
    }
    if !path.is_file() {
        return Ok(None);
    }
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

impl Place {
    /// Bytes compiled into the program, or read by the caller.
    pub(super) fn inside(bytes: Cow<'static, [u8]>) -> Self {
        Self::Inside(match bytes {
            Cow::Borrowed(bytes) => Bytes::from_static(bytes),
            Cow::Owned(bytes) => Bytes::from(bytes),
        })
    }

    /// All its bytes; nothing when it is gone.
    pub(super) fn read(&self) -> io::Result<Option<Bytes>> {
        match self {
            Self::Inside(bytes) => Ok(Some(bytes.clone())),
            Self::Folder { folder, file, held } => {
                open(folder, file)?.map(|file| held.read(file)).transpose()
            }
        }
    }

    /// What changes when its bytes change; nothing when it is gone.
    pub(super) fn stamp(&self) -> io::Result<Option<Stamp>> {
        match self {
            Self::Inside(bytes) => Ok(Some(Stamp { bytes: bytes.len() as u64, changed: None })),
            Self::Folder { folder, file, .. } => open(folder, file)?.map(|file| Stamp::of(&file)).transpose(),
        }
    }

    /// Its size as displayed, from its header; the inner error says that it is no picture that can be shown.
    pub(super) fn measure(&self, limits: &CropLimits) -> io::Result<Result<Size, CropError>> {
        let Self::Folder { folder, file, .. } = self else {
            let bytes = self.read()?.unwrap_or_default();
            return Ok(measure(&bytes[..], limits).map(|(_, size)| size));
        };
        let Some(mut file) = open(folder, file)? else {
            return Err(io::ErrorKind::NotFound.into());
        };
        let mut start = Vec::new();
        let mut result = Err(CropError::NotAPicture);
        for limit in HEADER_BYTES {
            let wanted = limit - start.len() as u64;
            let read = (&mut file).take(wanted).read_to_end(&mut start)?;
            result = measure(&start, limits).map(|(_, size)| size);
            let is_all = (read as u64) < wanted;
            if is_all || !matches!(result, Err(CropError::Truncated { .. })) {
                break;
            }
        }
        Ok(result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_reads_a_file_at_the_same_time_reads_the_same_bytes_until_it_changes() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.png");
        let write = |text: &str| std::fs::write(&path, text).expect("written");
        let place = Place::Folder {
            folder: folder.path().canonicalize().expect("a folder"),
            file: "a.png".to_owned(),
            held: Held::default(),
        };
        let read = || place.read().expect("readable").expect("there");
        write("one");
        let (first, second) = (read(), place.clone().read().expect("readable").expect("there"));
        assert_eq!((&first[..], first.as_ptr()), (&b"one"[..], second.as_ptr()));
        write("another");
        assert_eq!((&read()[..], &first[..]), (&b"another"[..], &b"one"[..]));
        drop((first, second));
        assert_eq!(&read()[..], b"another");
        std::fs::remove_file(&path).expect("removed");
        assert!(place.read().expect("gone is no error").is_none());
    }
}
