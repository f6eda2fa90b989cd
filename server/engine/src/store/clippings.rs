//! The clippings' bytes, kept by the hash of their content: equal clippings are stored once and never change.
//!
//! On the local disk or in S3 (`s3.rs`); any `object_store` would do. A write is durable when it returns (file and folder are
//! synced, or S3 has said so), because the share that names it is committed right after. Names come from addresses that
//! visitors type: they are parsed here before they become part of a path.

use std::{
    path::{Path as Folder, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use cutline_model::Size;
use object_store::{
    ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, local::LocalFileSystem, path::Path,
};
use sha2::{Digest, Sha256};

use super::{Scripts, StoredClipping};

mod orphans;
mod s3;
#[cfg(test)]
mod tests;

pub use s3::{S3Keys, S3Settings};

/// What clippings may be: file name ending and media type. Nothing else is stored or served.
const KINDS: [(&str, &str); 4] =
    [("jpg", "image/jpeg"), ("png", "image/png"), ("webp", "image/webp"), ("gif", "image/gif")];

/// A clipping's file name, `{sha-256}.{extension}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClippingName {
    hash: String,
    kind: usize,
}

/// Why a clipping could not be stored or read.
#[derive(Debug, thiserror::Error)]
pub enum ClippingError {
    /// The hash is not 64 lower-case hexadecimal digits, or the extension is none of ours.
    #[error("a clipping is named by 64 hexadecimal digits and jpg, png, webp or gif")]
    NotAName,
    /// The folder cannot be used.
    #[error("the folder {folder} for clippings cannot be used")]
    Folder {
        /// Which folder.
        folder: std::path::PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The bucket cannot be reached at the start, or does not do.
    #[error("{bucket}: {cause}")]
    Bucket {
        /// Which bucket, by its address.
        bucket: String,
        /// What is wrong and what to do.
        cause: String,
    },
    /// S3 does not answer, or not well, also when it is asked again; worth another try later.
    #[error("S3 is away")]
    Away(#[source] object_store::Error),
    /// There is no room left in the folder; what is there can be read.
    #[error("the storage of clippings has no room left")]
    Full(#[source] object_store::Error),
    /// The storage failed.
    #[error("the storage of clippings failed")]
    Storage(#[source] object_store::Error),
    /// The work on another thread was cut short.
    #[error("hashing the clipping was cut short")]
    Interrupted(#[from] tokio::task::JoinError),
}

impl ClippingName {
    /// The clipping with this hash and file name ending.
    pub fn new(hash: &str, extension: &str) -> Result<Self, ClippingError> {
        let is_hash = hash.len() == 64 && hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let kind = KINDS.iter().position(|(known, _)| *known == extension);
        match kind {
            Some(kind) if is_hash => Ok(Self { hash: hash.to_owned(), kind }),
            _ => Err(ClippingError::NotAName),
        }
    }

    /// Reads `{sha-256}.{extension}`.
    pub fn parse(text: &str) -> Result<Self, ClippingError> {
        let (hash, extension) = text.split_once('.').ok_or(ClippingError::NotAName)?;
        Self::new(hash, extension)
    }

    /// The hash of its content: 64 hexadecimal digits.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The media type that its bytes are served with.
    #[must_use]
    pub fn media_type(&self) -> &'static str {
        KINDS[self.kind].1
    }

    /// Where it is stored: two levels of folders, because a folder of a million files is slow to list.
    fn key(&self) -> Path {
        Path::from(format!("clippings/{}/{}/{self}", &self.hash[..2], &self.hash[2..4]))
    }
}

impl std::fmt::Display for ClippingName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.hash, KINDS[self.kind].0)
    }
}

/// Where the clippings are.
#[derive(Clone, Debug)]
pub struct Clippings {
    storage: Arc<dyn ObjectStore>,
    /// On the local disk, where.
    folder: Option<PathBuf>,
}

impl Clippings {
    /// Clippings in any object store.
    #[must_use]
    pub fn new(storage: Arc<dyn ObjectStore>) -> Self {
        Self { storage, folder: None }
    }

    /// Clippings in S3. The bucket is looked at and marked: an address, key or right that is wrong is found at the start.
    pub async fn s3(settings: &S3Settings) -> Result<Self, ClippingError> {
        let storage = s3::open(settings)?;
        s3::look(&storage, settings).await?;
        s3::mark(&storage, settings).await?;
        Ok(Self::new(storage))
    }

    /// Looks at a bucket without changing anything.
    pub async fn examine(settings: &S3Settings) -> Result<(), ClippingError> {
        s3::look(&s3::open(settings)?, settings).await
    }

    /// Clippings in `folder`, which is made if it is missing.
    pub async fn local(folder: &Folder) -> Result<Self, ClippingError> {
        tokio::fs::create_dir_all(folder)
            .await
            .map_err(|source| ClippingError::Folder { folder: folder.to_owned(), source })?;
        let storage = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
        Ok(Self { folder: Some(folder.to_owned()), ..Self::new(Arc::new(storage)) })
    }

    /// What pages of other sites load, which lies in the same storage.
    #[must_use]
    pub fn scripts(&self) -> Scripts {
        Scripts::new(Arc::clone(&self.storage))
    }

    /// Stores the encoded picture `bytes`; one that is there already stays, and is new again.
    #[cfg(test)]
    pub(crate) async fn put(
        &self,
        bytes: Bytes,
        extension: &str,
        size: Size,
    ) -> Result<StoredClipping, ClippingError> {
        let (name, clipping) = Self::named(bytes.clone(), extension, size).await?;
        self.write(&name, bytes).await?;
        Ok(clipping)
    }

    /// What the encoded picture `bytes` is called, and what will be said of it once it is stored.
    pub(crate) async fn named(
        bytes: Bytes,
        extension: &str,
        size: Size,
    ) -> Result<(ClippingName, StoredClipping), ClippingError> {
        let length = bytes.len() as u64;
        // Tens of milliseconds for a large clipping: not on an async thread.
        let hash = tokio::task::spawn_blocking(move || hexadecimal(&Sha256::digest(&bytes))).await?;
        let name = ClippingName::new(&hash, extension)?;
        let (extension, media_type) = (extension.to_owned(), name.media_type().to_owned());
        let clipping = StoredClipping { hash, extension, media_type, size, bytes: length, removals: 0 };
        Ok((name, clipping))
    }

    /// Stores the bytes that belong to this name; what is there already stays, and is new again.
    pub async fn write(&self, name: &ClippingName, bytes: Bytes) -> Result<(), ClippingError> {
        let create = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        match self.storage.put_opts(&name.key(), PutPayload::from_bytes(bytes.clone()), create).await {
            Ok(_) => Ok(()),
            // The name is the content, so what is there is what we would have written. It is written all the same, so that it
            // is as new as if this were the first: whatever is old and has no share is swept.
            Err(object_store::Error::AlreadyExists { .. }) => {
                self.storage.put(&name.key(), PutPayload::from_bytes(bytes)).await?;
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Removes a clipping, if it is there.
    pub async fn remove(&self, name: &ClippingName) -> Result<(), ClippingError> {
        match self.storage.delete(&name.key()).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether it is there.
    pub async fn has(&self, name: &ClippingName) -> Result<bool, ClippingError> {
        Ok(self.length(name).await?.is_some())
    }

    /// Its length in bytes; nothing when there is none of that name.
    pub async fn length(&self, name: &ClippingName) -> Result<Option<u64>, ClippingError> {
        match self.storage.head(&name.key()).await {
            Ok(found) => Ok(Some(found.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The bytes of a clipping; nothing when there is none of that name.
    pub async fn get(&self, name: &ClippingName) -> Result<Option<Bytes>, ClippingError> {
        match self.storage.get(&name.key()).await {
            Ok(found) => Ok(Some(found.bytes().await?)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

impl From<object_store::Error> for ClippingError {
    fn from(error: object_store::Error) -> Self {
        match error {
            // No connection, no answer in time, or 5xx, after several tries: all else has a kind of its own.
            object_store::Error::Generic { store: s3::NAME, .. } => Self::Away(error),
            error if is_full(&error) => Self::Full(error),
            error => Self::Storage(error),
        }
    }
}

/// Whether the disk is, or what this user may have of it.
fn is_full(error: &object_store::Error) -> bool {
    use std::io::{
        self,
        ErrorKind::{QuotaExceeded, StorageFull},
    };
    let causes = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    let mut causes = causes.filter_map(|cause| cause.downcast_ref::<io::Error>());
    causes.any(|cause| matches!(cause.kind(), StorageFull | QuotaExceeded))
}

fn hexadecimal(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
