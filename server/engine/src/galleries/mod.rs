//! The site's own pictures: galleries in folders, inside the program, or listed by address.
//!
//! What this site hosts is read from here and never fetched over HTTP. Sizes are known from headers before anything is
//! shown, so that nothing on a page jumps; thumbnails are made when first asked for and kept.

mod addresses;
mod error;
mod files;
mod name;
mod shelf;
mod side_file;
mod thumbnails;

use std::borrow::Cow;
use std::collections::HashSet;
use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use cutline_model::{Gallery, Picture};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use url::Url;

pub use self::error::GalleryError;

use self::addresses::{Addresses, Meaning};
use self::shelf::{Hosted, Shelf};
use self::thumbnails::Thumbnails;
use crate::crop::sniff;
use crate::cutting::{Cutter, Incoming};
use crate::limits::CropLimits;

/// Pictures elsewhere that are fetched at once to learn their sizes: it is no hurry, and they may be on one host.
const LEARNING_AT_ONCE: usize = 4;

/// Where a gallery's pictures come from.
#[derive(Clone, Debug)]
pub enum PictureFiles {
    /// A folder of this machine, which may hold a `gallery.toml`.
    Folder(PathBuf),
    /// File names and their bytes, compiled into the program; a `gallery.toml` may be among them.
    Inside(Vec<(String, Cow<'static, [u8]>)>),
    /// Pictures elsewhere, in the order shown.
    Urls(Vec<Url>),
}

/// One gallery as the site owner asks for it.
#[derive(Clone, Debug)]
pub struct GallerySettings {
    /// Its name in addresses: a-z, 0-9 and `-`.
    pub slug: String,
    /// Its heading; by default what its side file says, else the slug in words.
    pub title: Option<String>,
    /// Its pictures.
    pub files: PictureFiles,
}

/// A picture's bytes and what they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPicture {
    /// The file.
    pub bytes: Bytes,
    /// Its media type, for example `image/jpeg`.
    pub media_type: &'static str,
}

/// All galleries of the site.
#[derive(Debug)]
pub struct Galleries {
    shelves: Vec<Shelf>,
    addresses: Addresses,
    thumbnails: Arc<Thumbnails>,
}

impl Galleries {
    /// Opens the galleries in the order given. What is no picture is left out with a warning; what is wrong in a side
    /// file, and a folder that cannot be read, is an error. `thumbnails_dir` is made when it does not exist.
    pub async fn open(
        settings: Vec<GallerySettings>,
        thumbnails_dir: PathBuf,
        public_url: &Url,
        cutter: Cutter,
        limits: CropLimits,
    ) -> Result<Self, GalleryError> {
        let addresses = Addresses::new(public_url);
        blocking(move || {
            let mut slugs = HashSet::new();
            if let Some(twin) = settings.iter().find(|gallery| !slugs.insert(gallery.slug.clone())) {
                return Err(GalleryError::SameSlug { slug: twin.slug.clone() });
            }
            let thumbnails = Arc::new(Thumbnails::new(thumbnails_dir, cutter)?);
            let open = |gallery| Shelf::open(gallery, &addresses, &limits);
            let shelves = settings.into_iter().map(open).collect::<Result<_, _>>()?;
            Ok(Self { shelves, addresses, thumbnails })
        })
        .await
    }

    /// All galleries, in the order given.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Gallery>> {
        self.shelves.iter().map(Shelf::gallery).collect()
    }

    /// The gallery of this name.
    #[must_use]
    pub fn get(&self, slug: &str) -> Option<Arc<Gallery>> {
        self.shelf(slug).map(Shelf::gallery)
    }

    /// What is shown of one picture. `file` is its file name, or its whole address when it lies elsewhere.
    #[must_use]
    pub fn picture(&self, slug: &str, file: &str) -> Option<Picture> {
        self.shelf(slug)?.picture(file)
    }

    /// A picture as its file is; nothing when there is none of this name here.
    pub async fn original(&self, slug: &str, file: &str) -> Result<Option<StoredPicture>, GalleryError> {
        let Some(Hosted { place, .. }) = self.hosted(slug, file) else {
            return Ok(None);
        };
        let (place, slug, file) = (place.clone(), slug.to_owned(), file.to_owned());
        blocking(move || {
            let bytes = match place.read() {
                Ok(Some(bytes)) => bytes,
                Ok(None) => return Ok(None),
                Err(source) => return Err(GalleryError::Read { slug, file, source }),
            };
            // Again, since the file may have been exchanged: what is no picture any more is not served as one.
            match sniff(&bytes) {
                Ok(format) => Ok(Some(StoredPicture { bytes, media_type: format.media_type() })),
                Err(source) => Err(GalleryError::Picture { slug, file, source }),
            }
        })
        .await
    }

    /// What tells this content of a picture from any other; nothing when there is no picture of this name here.
    pub async fn content_hash(&self, slug: &str, file: &str) -> Result<Option<String>, GalleryError> {
        let Some(Hosted { place, makers, .. }) = self.hosted(slug, file) else {
            return Ok(None);
        };
        let (place, makers, slug, file) =
            (place.clone(), Arc::clone(makers), slug.to_owned(), file.to_owned());
        blocking(move || makers.hash(&place).map_err(|failure| failure.of(&slug, &file))).await
    }

    /// A picture `width` pixels wide: 400, 800 or 1600, if that is clearly less than its own width; nothing otherwise.
    pub async fn thumbnail(
        &self,
        slug: &str,
        width: u32,
        file: &str,
    ) -> Result<Option<StoredPicture>, GalleryError> {
        let Some(Hosted { place, makers, .. }) = self.hosted(slug, file) else {
            return Ok(None);
        };
        let is_listed = |picture: Picture| picture.thumbnails.iter().any(|&(listed, _)| listed == width);
        if !self.picture(slug, file).is_some_and(is_listed) {
            return Ok(None);
        }
        self.thumbnails.get(place, makers, width).await.map_err(|failure| failure.of(slug, file))
    }

    /// Which hosted picture this address shows, as original or as thumbnail: gallery and file name.
    #[must_use]
    pub fn find(&self, url: &Url) -> Option<(String, String)> {
        let Meaning::Picture { slug, file } = self.addresses.read(url)? else {
            return None;
        };
        self.hosted(&slug, &file)?;
        Some((slug, file))
    }

    /// Which picture of a gallery's page is meant: the one at `src` if that is given, else the one at place `index`,
    /// counted from 0. The first page shows a gallery when it is the only one. For a picture elsewhere the file name is
    /// its whole address, of which [`Galleries::picture`] knows and [`Galleries::original`] does not.
    #[must_use]
    pub fn find_on_page(
        &self,
        page: &Url,
        index: Option<u32>,
        src: Option<&str>,
    ) -> Option<(String, String)> {
        let shelf = match self.addresses.read(page)? {
            Meaning::Page { slug } => self.shelf(&slug)?,
            Meaning::Home if self.shelves.len() == 1 => self.shelves.first()?,
            _ => return None,
        };
        let slug = shelf.slug().to_owned();
        let file = match (src, index) {
            (Some(src), _) => {
                let address = page.join(src).ok()?;
                let own = self.find(&address).filter(|(of, _)| *of == slug).map(|(_, file)| file);
                shelf.file_of(&address, own.as_deref())?
            }
            (None, Some(index)) => shelf.file_at(index)?,
            (None, None) => return None,
        };
        Some((slug, file.to_owned()))
    }

    /// Fetches each picture elsewhere whose size is not known, four at a time, and notes its size. What cannot be
    /// fetched or measured is logged and stays unknown.
    pub async fn learn_sizes<F, Fut, E>(&self, fetch: F)
    where
        F: Fn(Url) -> Fut,
        Fut: Future<Output = Result<Incoming, E>>,
        E: std::fmt::Display,
    {
        let unmeasured = |shelf: usize| {
            self.shelves[shelf].unmeasured().into_iter().map(move |(index, url)| (shelf, index, url))
        };
        let mut waiting = (0..self.shelves.len()).flat_map(unmeasured).collect::<Vec<_>>().into_iter();
        let mut running = FuturesUnordered::new();
        loop {
            while running.len() < LEARNING_AT_ONCE {
                let Some((shelf, index, url)) = waiting.next() else {
                    break;
                };
                running.push(self.learn_size(shelf, index, url.clone(), fetch(url)));
            }
            if running.next().await.is_none() {
                break;
            }
        }
    }

    async fn learn_size<E: std::fmt::Display>(
        &self,
        shelf: usize,
        index: usize,
        url: Url,
        fetched: impl Future<Output = Result<Incoming, E>>,
    ) {
        let picture = match fetched.await {
            Ok(picture) => picture,
            Err(error) => return tracing::warn!(%url, %error, "a picture of a gallery could not be fetched"),
        };
        match self.thumbnails.cutter().measure(picture).await {
            Ok((_, size)) => self.shelves[shelf].learn(index, size),
            Err(error) => tracing::warn!(%url, %error, "a picture of a gallery could not be measured"),
        }
    }

    fn shelf(&self, slug: &str) -> Option<&Shelf> {
        self.shelves.iter().find(|shelf| shelf.slug() == slug)
    }

    fn hosted(&self, slug: &str, file: &str) -> Option<&Hosted> {
        self.shelf(slug)?.hosted(file)
    }
}

/// Runs disk work off the async threads.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, GalleryError> + Send + 'static,
) -> Result<T, GalleryError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => Err(GalleryError::Stopping),
    }
}
