//! What lies among the clippings and may belong to no share: clippings whose share was never committed, and files that were
//! being written when a process died.
//!
//! The storage alone cannot tell: it says what is old, and `sweeper.rs` asks the record.

use std::fs::DirEntry;
use std::path::Path as Folder;

use futures_util::{StreamExt, TryStreamExt, stream::BoxStream};
use jiff::Timestamp;
use object_store::{Error, ObjectMeta, ObjectStoreExt, PutPayload, path::Path};

use super::{ClippingError, ClippingName, Clippings};

/// What lies beside the clippings to say when they were last swept, by any process.
const SWEPT: &str = "clippings/swept";

impl Clippings {
    /// The clippings that were last stored before `moment`. What is not named as a clipping is passed over: it is not ours.
    pub(crate) fn stored_before(
        &self,
        moment: Timestamp,
    ) -> BoxStream<'_, Result<ClippingName, ClippingError>> {
        let all = self.storage.list(Some(&Path::from("clippings")));
        let old = all.map_err(ClippingError::from).try_filter_map(move |found| async move {
            let name = found.location.filename().and_then(|name| ClippingName::parse(name).ok());
            Ok(name.filter(|name| is_before(&found, moment) && name.key() == found.location))
        });
        old.boxed()
    }

    /// Whether it is there, and was last stored before `moment`.
    pub(crate) async fn was_stored_before(
        &self,
        name: &ClippingName,
        moment: Timestamp,
    ) -> Result<bool, ClippingError> {
        Ok(self.look_at(&name.key()).await?.is_some_and(|found| is_before(&found, moment)))
    }

    /// Whether they were swept since `moment`.
    pub(crate) async fn were_swept_since(&self, moment: Timestamp) -> Result<bool, ClippingError> {
        Ok(self.look_at(&Path::from(SWEPT)).await?.is_some_and(|mark| !is_before(&mark, moment)))
    }

    /// Says that they are swept now.
    pub(crate) async fn mark_as_swept(&self) -> Result<(), ClippingError> {
        self.storage.put(&Path::from(SWEPT), PutPayload::from_static(b"")).await?;
        Ok(())
    }

    /// Removes what was being written before `moment` and never finished; says how much that was. S3 keeps no such thing.
    pub(crate) async fn remove_unfinished(&self, moment: Timestamp) -> Result<u64, ClippingError> {
        let Some(folder) = self.folder.clone() else { return Ok(0) };
        let all = folder.join("clippings");
        let removed = tokio::task::spawn_blocking(move || remove_unfinished(&all, moment)).await?;
        removed.map_err(|source| ClippingError::Folder { folder, source })
    }

    async fn look_at(&self, path: &Path) -> Result<Option<ObjectMeta>, ClippingError> {
        match self.storage.head(path).await {
            Ok(found) => Ok(Some(found)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// `object_store` writes to the name and `#` and a number, and links or renames the file when all is there.
fn remove_unfinished(folder: &Folder, moment: Timestamp) -> std::io::Result<u64> {
    let mut removed = 0;
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        for entry in entries {
            let entry = entry?;
            match clear(&entry, moment) {
                Ok(Found::Folder) => folders.push(entry.path()),
                Ok(Found::Finished) => {}
                Ok(Found::Removed) => removed += 1,
                // It was finished meanwhile, and has its name now; or another process removed it.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(removed)
}

/// What lies in a folder.
enum Found {
    Folder,
    Finished,
    Removed,
}

/// Removes it, if it is a file that was never finished.
fn clear(entry: &DirEntry, moment: Timestamp) -> std::io::Result<Found> {
    if entry.file_type()?.is_dir() {
        return Ok(Found::Folder);
    }
    let is_unfinished = entry.file_name().as_encoded_bytes().contains(&b'#')
        && Timestamp::try_from(entry.metadata()?.modified()?).is_ok_and(|written| written < moment);
    if !is_unfinished {
        return Ok(Found::Finished);
    }
    std::fs::remove_file(entry.path())?;
    Ok(Found::Removed)
}

fn is_before(found: &ObjectMeta, moment: Timestamp) -> bool {
    found.last_modified.timestamp_millis() < moment.as_millisecond()
}
