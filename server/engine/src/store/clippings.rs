//! The clippings' bytes, kept by the hash of their content: equal clippings are stored once and never change.
//!
//! On the local disk now; any `object_store` will do. A write is durable when it returns (file and folder are synced),
//! because the share that names it is committed right after. Names come from addresses that visitors type: they are
//! parsed here before they become part of a path.

use std::{path::Path as Folder, sync::Arc};

use bytes::Bytes;
use cutline_model::Size;
use object_store::{
    ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, local::LocalFileSystem, path::Path,
};
use sha2::{Digest, Sha256};

use super::StoredClipping;

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
    /// The storage failed.
    #[error("the storage of clippings failed")]
    Storage(#[from] object_store::Error),
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
}

impl Clippings {
    /// Clippings in any object store.
    #[must_use]
    pub fn new(storage: Arc<dyn ObjectStore>) -> Self {
        Self { storage }
    }

    /// Clippings in `folder`, which is made if it is missing.
    pub async fn local(folder: &Folder) -> Result<Self, ClippingError> {
        tokio::fs::create_dir_all(folder)
            .await
            .map_err(|source| ClippingError::Folder { folder: folder.to_owned(), source })?;
        let storage = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
        Ok(Self::new(Arc::new(storage)))
    }

    /// Stores the encoded picture `bytes`; one that is there already is left as it is.
    pub async fn put(
        &self,
        bytes: Bytes,
        extension: &str,
        size: Size,
    ) -> Result<StoredClipping, ClippingError> {
        let length = bytes.len() as u64;
        // Tens of milliseconds for a large clipping: not on an async thread.
        let hashed = bytes.clone();
        let hash = tokio::task::spawn_blocking(move || hexadecimal(&Sha256::digest(&hashed))).await?;
        let name = ClippingName::new(&hash, extension)?;
        self.put_back(&name, bytes).await?;
        let media_type = name.media_type().to_owned();
        Ok(StoredClipping { hash, extension: extension.to_owned(), media_type, size, bytes: length })
    }

    /// Stores the bytes that belong to this name.
    pub async fn put_back(&self, name: &ClippingName, bytes: Bytes) -> Result<(), ClippingError> {
        let create = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        match self.storage.put_opts(&name.key(), PutPayload::from_bytes(bytes), create).await {
            // The name is the content, so what is there is what we would have written.
            Ok(_) | Err(object_store::Error::AlreadyExists { .. }) => Ok(()),
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
        match self.storage.head(&name.key()).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
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

fn hexadecimal(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SHA-256 of `abc`, FIPS 180-2 appendix B.1.
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn size() -> Size {
        Size::new(3, 2).expect("test sizes are not zero")
    }

    #[tokio::test]
    async fn a_clipping_is_stored_under_its_hash_and_read_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let clippings = Clippings::local(&folder.path().join("data")).await.expect("clippings");
        let stored = clippings.put(Bytes::from_static(b"abc"), "png", size()).await.expect("stored");
        let expected = StoredClipping {
            hash: ABC.to_owned(),
            extension: "png".to_owned(),
            media_type: "image/png".to_owned(),
            size: size(),
            bytes: 3,
        };
        assert_eq!(stored, expected);
        assert!(folder.path().join(format!("data/clippings/ba/78/{ABC}.png")).is_file());
        let name = ClippingName::parse(&format!("{ABC}.png")).expect("its name");
        assert_eq!(clippings.get(&name).await.expect("read"), Some(Bytes::from_static(b"abc")));
    }

    #[tokio::test]
    async fn storing_the_same_again_is_fine_and_leaves_one_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let clippings = Clippings::local(folder.path()).await.expect("clippings");
        let first = clippings.put(Bytes::from_static(b"abc"), "jpg", size()).await.expect("stored");
        let second = clippings.put(Bytes::from_static(b"abc"), "jpg", size()).await.expect("stored again");
        assert_eq!(first, second);
        let files = std::fs::read_dir(folder.path().join("clippings/ba/78")).expect("its folder").count();
        assert_eq!(files, 1);
    }

    #[tokio::test]
    async fn a_clipping_that_is_not_there_is_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let clippings = Clippings::local(folder.path()).await.expect("clippings");
        let name = ClippingName::new(&"0".repeat(64), "gif").expect("a name");
        assert_eq!(clippings.get(&name).await.expect("looked up"), None);
    }

    #[tokio::test]
    async fn a_picture_of_another_kind_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let clippings = Clippings::local(folder.path()).await.expect("clippings");
        for extension in ["svg", "html", "", "../png", "PNG"] {
            let refused = clippings.put(Bytes::from_static(b"abc"), extension, size()).await;
            assert!(matches!(refused, Err(ClippingError::NotAName)), "{extension}");
        }
    }

    #[test]
    fn names_that_are_paths_or_other_files_are_refused() {
        let (zeros, capitals) = ("0".repeat(64), "A".repeat(64));
        for text in [
            "",
            ".png",
            "abc.png",
            &zeros,
            &format!("{zeros}.svg"),
            &format!("{zeros}.png.exe"),
            &format!("{capitals}.png"),
            &format!("../{}.png", &zeros[3..]),
            &format!("{}é.png", &zeros[2..]),
            &format!("{zeros}.png/"),
        ] {
            assert!(ClippingName::parse(text).is_err(), "{text}");
        }
        assert_eq!(
            ClippingName::parse(&format!("{zeros}.webp")).map(|name| name.media_type()).ok(),
            Some("image/webp")
        );
    }
}
