//! What lies among the clippings and may belong to no share: clippings whose share was never committed, and files that were
//! being written when a process died.
//!
//! The storage alone cannot tell: it says what is old, and `sweeper.rs` asks the record.

use std::path::{Path as Folder, PathBuf};

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

    /// Says that they are not, after all.
    pub(crate) async fn mark_as_unswept(&self) -> Result<(), ClippingError> {
        match self.storage.delete(&Path::from(SWEPT)).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes what was being written before `moment` and never finished; says how much that was. What the system refuses to
    /// remove or to list is logged and left: it keeps nothing else from going. S3 keeps no such thing.
    pub(crate) async fn remove_unfinished(&self, moment: Timestamp) -> Result<u64, ClippingError> {
        let Some(folder) = &self.folder else { return Ok(0) };
        let all = folder.join("clippings");
        let removed = tokio::task::spawn_blocking(move || {
            remove_unfinished(&all, moment, |file| std::fs::remove_file(file))
        });
        Ok(removed.await?)
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
fn remove_unfinished(
    all: &Folder,
    moment: Timestamp,
    remove: impl Fn(&Folder) -> std::io::Result<()>,
) -> u64 {
    let mut removed = 0;
    // It may be a link to a larger disk; links below it are nobody's.
    let mut left = vec![std::fs::canonicalize(all).unwrap_or_else(|_| all.to_owned())];
    while let Some(path) = left.pop() {
        let done = look(&path, moment).and_then(|found| match found {
            Found::Folder(inside) => {
                left.extend(inside);
                Ok(())
            }
            Found::Finished => Ok(()),
            Found::Unfinished => remove(&path).map(|()| removed += 1),
        });
        match done {
            // It was finished meanwhile, and has its name now; or another process removed it.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                let path = path.display();
                tracing::warn!(%path, %error, "what may never have been finished is left: remove it, or let Cutline do so");
            }
            Ok(()) => {}
        }
    }
    removed
}

/// What lies among the clippings.
enum Found {
    /// With what is in it.
    Folder(Vec<PathBuf>),
    Finished,
    Unfinished,
}

fn look(path: &Folder, moment: Timestamp) -> std::io::Result<Found> {
    let metadata = std::fs::symlink_metadata(path)?;
    if metadata.is_dir() {
        let inside = std::fs::read_dir(path)?.map(|entry| Ok(entry?.path()));
        return Ok(Found::Folder(inside.collect::<std::io::Result<_>>()?));
    }
    let is_unfinished = path.file_name().is_some_and(|name| name.as_encoded_bytes().contains(&b'#'))
        && Timestamp::try_from(metadata.modified()?).is_ok_and(|written| written < moment);
    Ok(if is_unfinished { Found::Unfinished } else { Found::Finished })
}

fn is_before(found: &ObjectMeta, moment: Timestamp) -> bool {
    found.last_modified.timestamp_millis() < moment.as_millisecond()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::clock::{Clock, SystemClock};

    #[test]
    fn what_the_system_refuses_to_remove_keeps_nothing_else_from_going() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = ["a/refused#1", "a/b/unfinished#1", "a/finished.png", "unfinished#2"];
        for file in files {
            let file = folder.path().join(file);
            fs::create_dir_all(file.parent().expect("a folder")).expect("folders");
            fs::write(file, "half").expect("a file");
        }
        let refuses = |file: &Folder| match file.ends_with("refused#1") {
            true => Err(std::io::ErrorKind::PermissionDenied.into()),
            false => fs::remove_file(file),
        };
        let tomorrow = SystemClock.now() + jiff::SignedDuration::from_hours(24);
        assert_eq!(remove_unfinished(folder.path(), tomorrow, refuses), 2);
        let are_there = files.map(|file| folder.path().join(file).exists());
        assert_eq!(are_there, [true, false, true, false]);
        assert_eq!(remove_unfinished(&folder.path().join("none"), tomorrow, refuses), 0);
    }
}
