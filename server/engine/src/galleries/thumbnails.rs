//! Smaller copies of hosted pictures, made when first asked for and kept on disk.
//!
//! The name on disk is made of the content's hash and the width: a changed picture gets a new copy, two files of the
//! same content share one. A copy is written beside its place and moved there when complete, so that a name that exists
//! is always a whole picture, whatever stops the program.

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use sha2::{Digest, Sha256};
use tokio::sync::Mutex as AsyncMutex;
use tokio::task::JoinHandle;

use super::files::{Place, Stamp};
use super::{GalleryError, StoredPicture};
use crate::crop::{CropError, Format};
use crate::cutting::{Cutter, CuttingError};

/// The widths that are made, in pixels.
pub(super) const WIDTHS: [u32; 3] = [400, 800, 1600];

/// What thumbnails are written as: JPEG, or PNG when there are transparent pixels.
const FORMATS: [Format; 2] = [Format::Jpeg, Format::Png];

/// The folder of thumbnails and what is needed to make one.
#[derive(Debug)]
pub(super) struct Thumbnails {
    folder: PathBuf,
    cutter: Cutter,
}

/// What is remembered of one picture, shared by all who ask for its thumbnails.
#[derive(Debug, Default)]
pub(super) struct Makers {
    /// The hash of the content and the state of the file that it was taken of.
    hash: Mutex<Option<(Stamp, String)>>,
    /// One for each width: who holds it makes the thumbnail, the others wait and then find it made.
    turns: [Arc<AsyncMutex<()>>; WIDTHS.len()],
}

/// Why one thumbnail was not made; the caller says of which picture.
pub(super) enum Failure {
    Read(io::Error),
    Picture(CropError),
    Other(GalleryError),
}

impl Failure {
    /// What failed, of this picture.
    pub(super) fn of(self, slug: &str, file: &str) -> GalleryError {
        let (slug, file) = (slug.to_owned(), file.to_owned());
        match self {
            Self::Read(source) => GalleryError::Read { slug, file, source },
            Self::Picture(source) => GalleryError::Picture { slug, file, source },
            Self::Other(error) => error,
        }
    }
}

impl Thumbnails {
    /// Thumbnails in `folder`, which is made when it does not exist.
    pub(super) fn new(folder: PathBuf, cutter: Cutter) -> Result<Self, GalleryError> {
        match std::fs::create_dir_all(&folder) {
            Ok(()) => Ok(Self { folder, cutter }),
            Err(source) => Err(GalleryError::Thumbnails { folder, source }),
        }
    }

    /// The thumbnail `width` wide of the picture at `place`; nothing when that width is not made or the picture is gone.
    pub(super) async fn get(
        self: &Arc<Self>,
        place: &Place,
        makers: &Arc<Makers>,
        width: u32,
    ) -> Result<Option<StoredPicture>, Failure> {
        let Some(slot) = WIDTHS.iter().position(|&made| made == width) else {
            return Ok(None);
        };
        let find = || {
            let (this, place, makers) = (Arc::clone(self), place.clone(), Arc::clone(makers));
            blocking(move || {
                let Some(hash) = makers.hash(&place)? else {
                    return Ok(None);
                };
                Ok(Some((this.kept(&hash, width)?, hash)))
            })
        };
        match find().await? {
            Some((None, _)) => {}
            Some((kept, _)) => return Ok(kept),
            None => return Ok(None),
        }
        let turn = Arc::clone(&makers.turns[slot]).lock_owned().await;
        let hash = match find().await? {
            Some((None, hash)) => hash,
            Some((kept, _)) => return Ok(kept),
            None => return Ok(None),
        };
        let (this, place) = (Arc::clone(self), place.clone());
        // The turn goes with the work: when the caller leaves, nobody begins the same work beside it.
        let work = async move {
            let made = this.make(place, hash, width).await;
            drop(turn);
            made
        };
        done(tokio::spawn(work)).await
    }

    /// Decodes what comes from outside.
    pub(super) fn cutter(&self) -> &Cutter {
        &self.cutter
    }

    /// The thumbnail as it lies on disk.
    fn kept(&self, hash: &str, width: u32) -> Result<Option<StoredPicture>, Failure> {
        for format in FORMATS {
            match std::fs::read(self.path(hash, width, format)) {
                Ok(bytes) => {
                    return Ok(Some(StoredPicture { bytes: bytes.into(), media_type: format.media_type() }));
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(Failure::Other(self.unwritable(error))),
            }
        }
        Ok(None)
    }

    async fn make(
        self: &Arc<Self>,
        place: Place,
        hash: String,
        width: u32,
    ) -> Result<Option<StoredPicture>, Failure> {
        let read = blocking(move || place.read().map_err(Failure::Read));
        let Some(bytes) = read.await? else {
            return Ok(None);
        };
        let made = self.cutter.thumbnail(bytes.clone(), width).await?;
        let this = Arc::clone(self);
        blocking(move || {
            // The file may have changed since its hash was taken: then this copy is good for now but not to be kept.
            if hash_of(&bytes) == hash {
                this.keep(&made.bytes, this.path(&hash, width, made.format))
                    .map_err(|error| Failure::Other(this.unwritable(error)))?;
            }
            Ok(Some(StoredPicture { bytes: Bytes::from(made.bytes), media_type: made.format.media_type() }))
        })
        .await
    }

    /// Writes a file that is there whole or not at all.
    fn keep(&self, bytes: &[u8], path: PathBuf) -> io::Result<()> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let unfinished = self.folder.join(format!(".{}-{count}.tmp", std::process::id()));
        let written = File::create(&unfinished).and_then(|mut file| {
            file.write_all(bytes)?;
            // On disk before it gets its name: after a power cut a name must not lead to an empty file.
            file.sync_all()
        });
        written.and_then(|()| std::fs::rename(&unfinished, path)).inspect_err(|_| {
            // Nothing more can be done about a full disk than not to leave half a file on it.
            let _ = std::fs::remove_file(&unfinished);
        })
    }

    fn path(&self, hash: &str, width: u32, format: Format) -> PathBuf {
        self.folder.join(format!("{hash}-{width}.{}", format.extension()))
    }

    fn unwritable(&self, source: io::Error) -> GalleryError {
        GalleryError::Thumbnails { folder: self.folder.clone(), source }
    }
}

impl Makers {
    /// The content's hash, taken anew only when the file changed; nothing when the file is gone.
    pub(super) fn hash(&self, place: &Place) -> Result<Option<String>, Failure> {
        let Some(stamp) = place.stamp().map_err(Failure::Read)? else {
            return Ok(None);
        };
        let mut known = self.hash.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, hash)) = known.as_ref().filter(|(of, _)| *of == stamp) {
            return Ok(Some(hash.clone()));
        }
        let Some(bytes) = place.read().map_err(Failure::Read)? else {
            return Ok(None);
        };
        let hash = hash_of(&bytes);
        *known = Some((stamp, hash.clone()));
        Ok(Some(hash))
    }
}

/// 32 hexadecimal digits: half of SHA-256, far more than the pictures of a site need.
fn hash_of(bytes: &[u8]) -> String {
    Sha256::digest(bytes)[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

impl From<CuttingError> for Failure {
    fn from(error: CuttingError) -> Self {
        match error {
            CuttingError::Crop(error) => Self::Picture(error),
            CuttingError::Fetch(error) => Self::Read(io::Error::other(error)),
            CuttingError::Busy(error) => Self::Other(error.into()),
        }
    }
}

/// Runs short disk work off the async threads.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    done(tokio::task::spawn_blocking(work)).await
}

async fn done<T>(work: JoinHandle<Result<T, Failure>>) -> Result<T, Failure> {
    match work.await {
        Ok(result) => result,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => Err(Failure::Other(GalleryError::Stopping)),
    }
}
