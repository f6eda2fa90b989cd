//! What pages of other sites load, of this version and of earlier ones. A page that was opened before an update, one that names a
//! version by its hash, and one whose script came from a process of the other version while they are started again one by one ask
//! for files that this program has no more. They lie beside the clippings, under names of their content.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt};
use jiff::{SignedDuration, Timestamp};
use object_store::{Error, ObjectStore, ObjectStoreExt, PutPayload, path::Path};

use super::ClippingError;

/// What all their names begin with.
const FOLDER: &str = "scripts";
/// What is in use is written anew so often, so that it is told from what is not.
const RENEWED_AFTER: SignedDuration = SignedDuration::from_hours(30 * 24);
/// So long after a version was started last its files are there: two years.
const KEPT: SignedDuration = SignedDuration::from_hours(2 * 365 * 24);

/// The files of all versions.
#[derive(Clone, Debug)]
pub struct Scripts(Arc<dyn ObjectStore>);

impl Scripts {
    pub(super) fn new(storage: Arc<dyn ObjectStore>) -> Self {
        Self(storage)
    }

    /// Keeps this version's files, by name, from `now` on; what nobody has started for two years goes.
    pub async fn keep(
        &self,
        files: impl IntoIterator<Item = (String, Bytes)>,
        now: Timestamp,
    ) -> Result<(), ClippingError> {
        for (name, bytes) in files {
            let place = place(&name);
            let is_new = match self.0.head(&place).await {
                Ok(found) => age(found.last_modified.timestamp_millis(), now) < RENEWED_AFTER,
                Err(Error::NotFound { .. }) => false,
                Err(error) => return Err(error.into()),
            };
            if !is_new {
                self.0.put(&place, PutPayload::from_bytes(bytes)).await?;
            }
        }
        self.remove_old(now).await
    }

    /// The file of this name, which is one without slashes; nothing when no version had it.
    pub async fn get(&self, name: &str) -> Result<Option<Bytes>, ClippingError> {
        match self.0.get(&place(name)).await {
            Ok(found) => Ok(Some(found.bytes().await?)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn remove_old(&self, now: Timestamp) -> Result<(), ClippingError> {
        let all: Vec<_> = self.0.list(Some(&Path::from(FOLDER))).try_collect().await?;
        let old =
            all.into_iter().filter(move |found| age(found.last_modified.timestamp_millis(), now) >= KEPT);
        let places = futures_util::stream::iter(old.map(|found| Ok(found.location))).boxed();
        // Another process may have been quicker.
        let gone = self.0.delete_stream(places).filter(|done| {
            let is_trouble = !matches!(done, Err(Error::NotFound { .. }));
            async move { is_trouble }
        });
        gone.try_for_each(async |_| Ok(())).await?;
        Ok(())
    }
}

fn place(name: &str) -> Path {
    Path::from(FOLDER).join(name)
}

fn age(written_ms: i64, now: Timestamp) -> SignedDuration {
    SignedDuration::from_millis(now.as_millisecond().saturating_sub(written_ms))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use object_store::memory::InMemory;

    use super::*;
    use crate::clock::{Clock, SystemClock};

    const NAME: &str = "overlay-0123456789abcdef.js";

    async fn kept(scripts: &Scripts, name: &str) -> Option<Bytes> {
        scripts.get(name).await.expect("read")
    }

    fn files(names: &[&str]) -> Vec<(String, Bytes)> {
        names.iter().map(|name| ((*name).to_owned(), Bytes::from((*name).to_owned()))).collect()
    }

    #[tokio::test]
    async fn what_an_earlier_version_had_is_there_until_nobody_has_started_it_for_two_years() {
        let (scripts, now) = (Scripts::new(Arc::new(InMemory::new())), SystemClock.now());
        scripts.keep(files(&[NAME, "a.css"]), now).await.expect("kept");
        let later = |days: i64| now + SignedDuration::from_hours(24 * days);
        scripts.keep(files(&["b.css"]), later(700)).await.expect("kept");
        assert_eq!(kept(&scripts, NAME).await.as_deref(), Some(NAME.as_bytes()));
        // Two years by this clock; the storage's own says that all were written just now.
        scripts.keep([], later(731)).await.expect("kept");
        assert_eq!(kept(&scripts, NAME).await, None);
    }

    #[tokio::test]
    async fn a_version_that_is_started_again_and_again_keeps_its_files() {
        let folder = tempfile::tempdir().expect("a folder");
        let storage =
            object_store::local::LocalFileSystem::new_with_prefix(folder.path()).expect("a storage");
        let scripts = Scripts::new(Arc::new(storage));
        scripts.keep(files(&[NAME]), SystemClock.now()).await.expect("kept");
        let file =
            std::fs::File::options().write(true).open(folder.path().join(FOLDER).join(NAME)).expect("a file");
        let aged = |days: i64| {
            let at = SystemClock.now() - SignedDuration::from_hours(24 * days);
            SystemTime::UNIX_EPOCH + Duration::from_millis(at.as_millisecond().unsigned_abs())
        };
        for (days, is_renewed) in [(29, false), (31, true)] {
            file.set_modified(aged(days)).expect("aged");
            scripts.keep(files(&[NAME]), SystemClock.now()).await.expect("kept");
            let written = std::fs::metadata(folder.path().join(FOLDER).join(NAME)).expect("a file");
            let is_new = written.modified().expect("a time") > aged(1);
            assert_eq!(is_new, is_renewed, "{days} days");
        }
    }

    #[tokio::test]
    async fn a_name_that_no_version_had_is_nothing_and_leads_nowhere_else() {
        let scripts = Scripts::new(Arc::new(InMemory::new()));
        scripts.0.put(&Path::from("clippings/secret"), PutPayload::from_static(b"x")).await.expect("put");
        for name in ["none.js", "../clippings/secret", "..", ""] {
            assert_eq!(kept(&scripts, name).await, None, "{name}");
        }
    }
}
