//! One gallery: what is shown of it, and where its pictures lie.

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use cutline_model::{Credit, Gallery, Picture, Size};
use url::Url;

use super::addresses::Addresses;
use super::files::{self, Held, Place};
use super::side_file::{Listed, SIDE_FILE, SideFile};
use super::thumbnails::{Makers, WIDTHS};
use super::{GalleryError, GallerySettings, PictureFiles, name};
use crate::limits::CropLimits;

/// One gallery.
#[derive(Debug)]
pub(super) struct Shelf {
    slug: String,
    /// What is shown; replaced as a whole when a size becomes known.
    gallery: RwLock<Arc<Gallery>>,
    /// Where the pictures lie, in the order shown.
    holdings: Vec<Holding>,
}

/// Where one picture lies.
#[derive(Debug)]
pub(super) enum Holding {
    /// Here.
    Hosted(Hosted),
    /// At this address, which stands for the file name.
    Elsewhere(Url),
}

/// A picture that this site hosts.
#[derive(Clone, Debug)]
pub(super) struct Hosted {
    /// Its name in the address.
    pub(super) file: String,
    /// Where its bytes are.
    pub(super) place: Place,
    /// Who makes its thumbnails.
    pub(super) makers: Arc<Makers>,
}

impl Shelf {
    /// Opens a gallery: reads its folder, its side file and the header of each picture. Blocks.
    pub(super) fn open(
        settings: GallerySettings,
        addresses: &Addresses,
        limits: &CropLimits,
    ) -> Result<Self, GalleryError> {
        let GallerySettings { slug, title, files } = settings;
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if slug.is_empty() || !slug.bytes().all(is_plain) {
            return Err(GalleryError::BadSlug { slug });
        }
        let (side_title, entries) = match files {
            PictureFiles::Urls(urls) => (None, urls.into_iter().map(elsewhere).collect()),
            PictureFiles::Inside(files) => inside(&slug, files, addresses, limits)?,
            PictureFiles::Folder(folder) => in_folder(&slug, &folder, addresses, limits)?,
        };
        let title = title
            .or(side_title)
            .filter(|title| !title.trim().is_empty())
            .unwrap_or_else(|| name::title_of(&slug));
        let (pictures, holdings): (Vec<Picture>, Vec<Holding>) = entries.into_iter().unzip();
        if pictures.is_empty() {
            tracing::warn!(slug, "the gallery has no pictures");
        }
        let gallery = Gallery { slug: slug.clone(), title, pictures };
        Ok(Self { slug, gallery: RwLock::new(Arc::new(gallery)), holdings })
    }

    /// Its name in addresses.
    pub(super) fn slug(&self) -> &str {
        &self.slug
    }

    /// What is shown.
    pub(super) fn gallery(&self) -> Arc<Gallery> {
        Arc::clone(&self.gallery.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The hosted picture of this file name.
    pub(super) fn hosted(&self, file: &str) -> Option<&Hosted> {
        self.holdings.iter().find_map(|holding| match holding {
            Holding::Hosted(hosted) if hosted.file == file => Some(hosted),
            _ => None,
        })
    }

    /// What is shown of the picture of this file name, or address for one elsewhere.
    pub(super) fn picture(&self, file: &str) -> Option<Picture> {
        let index = self.holdings.iter().position(|holding| holding.file() == file)?;
        self.gallery().pictures.get(index).cloned()
    }

    /// The file name, or address, of the picture at this place.
    pub(super) fn file_at(&self, index: u32) -> Option<&str> {
        self.holdings.get(usize::try_from(index).ok()?).map(Holding::file)
    }

    /// The file name, or address, of the picture that this address shows; for a hosted one it is read as `file`.
    pub(super) fn file_of(&self, address: &Url, file: Option<&str>) -> Option<&str> {
        let fits = |holding: &&Holding| match holding {
            Holding::Hosted(hosted) => file == Some(hosted.file.as_str()),
            Holding::Elsewhere(url) => url == address,
        };
        self.holdings.iter().find(fits).map(Holding::file)
    }

    /// Places and addresses of the pictures whose size is not known.
    pub(super) fn unmeasured(&self) -> Vec<(usize, Url)> {
        let gallery = self.gallery();
        let pictures = gallery.pictures.iter().zip(&self.holdings).enumerate();
        let unmeasured = pictures.filter_map(|(index, (picture, holding))| match holding {
            Holding::Elsewhere(url) if picture.size.is_none() => Some((index, url.clone())),
            _ => None,
        });
        unmeasured.collect()
    }

    /// Notes the size of the picture at this place.
    pub(super) fn learn(&self, index: usize, size: Size) {
        let mut gallery = self.gallery.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(picture) = Arc::make_mut(&mut gallery).pictures.get_mut(index) {
            picture.size = Some(size);
        }
    }
}

impl Holding {
    /// What names it within its gallery.
    fn file(&self) -> &str {
        match self {
            Self::Hosted(hosted) => &hosted.file,
            Self::Elsewhere(url) => url.as_str(),
        }
    }
}

type Entries = Vec<(Picture, Holding)>;

fn elsewhere(url: Url) -> (Picture, Holding) {
    let last = url.path_segments().and_then(|mut parts| parts.next_back()).unwrap_or_default();
    let last = percent_encoding::percent_decode_str(last).decode_utf8_lossy();
    let title =
        if last.is_empty() { url.host_str().unwrap_or_default().to_owned() } else { name::title_of(&last) };
    let picture = Picture {
        url: url.to_string(),
        thumbnails: Vec::new(),
        size: None,
        title,
        alt: String::new(),
        credit: Credit::default(),
    };
    (picture, Holding::Elsewhere(url))
}

fn inside(
    slug: &str,
    files: Vec<(String, std::borrow::Cow<'static, [u8]>)>,
    addresses: &Addresses,
    limits: &CropLimits,
) -> Result<(Option<String>, Entries), GalleryError> {
    let mut places: Vec<(String, Place)> = files
        .into_iter()
        .filter(|(file, _)| name::is_plain(file))
        .map(|(file, bytes)| (file, Place::inside(bytes)))
        .collect();
    places.sort_by(|(a, _), (b, _)| a.cmp(b));
    let side_file = places.iter().find(|(file, _)| file == SIDE_FILE).map(|(_, place)| place.clone());
    shelve(slug, &format!("{slug}/{SIDE_FILE}"), side_file, places, addresses, limits)
}

fn in_folder(
    slug: &str,
    folder: &Path,
    addresses: &Addresses,
    limits: &CropLimits,
) -> Result<(Option<String>, Entries), GalleryError> {
    let unreadable =
        |source| GalleryError::Folder { slug: slug.to_owned(), folder: folder.to_owned(), source };
    let (real, names) = files::list(folder).map_err(unreadable)?;
    let place =
        |file: String| (file.clone(), Place::Folder { folder: real.clone(), file, held: Held::default() });
    let places: Vec<(String, Place)> = names.into_iter().map(place).collect();
    let side_file = places.iter().find(|(file, _)| file == SIDE_FILE).map(|(_, place)| place.clone());
    let side_path = folder.join(SIDE_FILE).display().to_string();
    shelve(slug, &side_path, side_file, places, addresses, limits)
}

/// Puts pictures in order: those listed in the side file as listed, then the others by name.
fn shelve(
    slug: &str,
    side_path: &str,
    side_file: Option<Place>,
    mut places: Vec<(String, Place)>,
    addresses: &Addresses,
    limits: &CropLimits,
) -> Result<(Option<String>, Entries), GalleryError> {
    places.retain(|(file, _)| file != SIDE_FILE);
    let unreadable =
        |file: &str, source| GalleryError::Read { slug: slug.to_owned(), file: file.to_owned(), source };
    let side_file = match side_file {
        Some(place) => {
            let text = place.read().map_err(|error| unreadable(SIDE_FILE, error))?.unwrap_or_else(Bytes::new);
            let files: Vec<String> = places.iter().map(|(file, _)| file.clone()).collect();
            SideFile::parse(&text, side_path, &files)?
        }
        None => SideFile::default(),
    };
    let rank =
        |file: &str| side_file.pictures.iter().position(|listed| listed.file == file).unwrap_or(usize::MAX);
    // Stable: those not listed stay in the order of their names.
    places.sort_by_cached_key(|(file, _)| rank(file));
    let mut entries = Vec::with_capacity(places.len());
    for (file, place) in places {
        match place.measure(limits).map_err(|error| unreadable(&file, error))? {
            Ok(size) => {
                let listed = side_file.pictures.iter().find(|listed| listed.file == file);
                let picture = describe(slug, &file, size, listed, addresses);
                entries.push((picture, Holding::Hosted(Hosted { file, place, makers: Arc::default() })));
            }
            Err(error) => tracing::warn!(slug, file, %error, "a file is left out of the gallery"),
        }
    }
    Ok((side_file.title, entries))
}

fn describe(slug: &str, file: &str, size: Size, listed: Option<&Listed>, addresses: &Addresses) -> Picture {
    let title = listed.map(|listed| listed.title.clone()).filter(|title| !title.trim().is_empty());
    // A copy hardly smaller than the picture saves no bytes: pixels made anew compress worse.
    let narrower = WIDTHS.into_iter().filter(|&width| width <= size.width() / 10 * 9);
    Picture {
        url: addresses.original(slug, file),
        thumbnails: narrower.map(|width| (width, addresses.thumbnail(slug, width, file))).collect(),
        size: Some(size),
        title: title.unwrap_or_else(|| name::title_of(file)),
        alt: listed.map(|listed| listed.alt.clone()).unwrap_or_default(),
        credit: listed.map(Listed::credit).unwrap_or_default(),
    }
}
