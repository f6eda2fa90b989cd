//! Where the whole picture of a share comes from: a gallery or clipping of this site, read from its own store, or elsewhere,
//! through the fetcher.

use cutline_model::{Credit, Source};
use tokio::time::Instant;
use url::Url;

use super::Engine;
use crate::cutting::Incoming;
use crate::error::EngineError;
use crate::fetch::{FetchedSource, PageBeside, PageFacts};
use crate::store::ClippingName;

/// A source on its way, and what is known about where it comes from.
pub(super) struct Original {
    pub(super) picture: Incoming,
    pub(super) origin: Origin,
    /// Other addresses of it, where it was found in a page.
    pub(super) others: Option<Others>,
    /// The page it is said to stand on, on its way, and when what that names must be fetched.
    pub(super) beside: Option<(PageBeside, Instant)>,
}

/// Further addresses of one picture.
pub(super) struct Others {
    /// The page that gives them.
    pub(super) page: PageFacts,
    /// Best first.
    pub(super) addresses: Vec<Url>,
    /// When all fetches must be over.
    pub(super) deadline: Instant,
}

#[derive(Clone)]
pub(super) struct Origin {
    pub(super) image_url: String,
    pub(super) page_url: Option<String>,
    pub(super) page_title: Option<String>,
    pub(super) site_name: Option<String>,
    /// What this site says of its own picture.
    pub(super) credit: Credit,
    /// What the page of another site says of it.
    pub(super) page_credit: Credit,
}

/// A picture that this site hosts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnPicture {
    /// One of a gallery.
    OfGallery {
        /// The gallery.
        slug: String,
        /// The picture's file name.
        file: String,
    },
    /// A clipping.
    Clipping(ClippingName),
}

impl Engine {
    /// The picture: read from disk when this site hosts it, else on its way from its origin.
    pub(super) async fn fetch(&self, source: &Source) -> Result<Original, EngineError> {
        match self.own_picture(source)? {
            Some(OwnPicture::OfGallery { slug, file }) => self.read_gallery(&slug, &file, source).await,
            Some(OwnPicture::Clipping(name)) => self.read_clipping(&name, source).await,
            None => self.fetch_from_elsewhere(source).await,
        }
    }

    async fn fetch_from_elsewhere(&self, source: &Source) -> Result<Original, EngineError> {
        let fetched = self.0.fetcher.source(source).await?;
        let origin = Origin {
            // The address that was asked for, not the one it led to: redirects of pictures lead to addresses that expire.
            image_url: source.image_url().map_or_else(|| fetched.picture.url.to_string(), str::to_owned),
            page_url: source.page_url().map(|asked| {
                fetched.page.as_ref().map_or_else(|| asked.to_owned(), |page| page.address_after(asked))
            }),
            page_title: fetched.page.as_ref().and_then(|page| page.title.clone()),
            site_name: fetched.page.as_ref().and_then(|page| page.site_name.clone()),
            credit: Credit::default(),
            page_credit: fetched.page.as_ref().map(|page| page.credit.clone()).unwrap_or_default(),
        };
        let FetchedSource { picture, page, beside, others: addresses, deadline } = fetched;
        let others = page.map(|page| Others { page, addresses, deadline });
        let beside = beside.map(|beside| (beside, deadline));
        Ok(Original { picture: picture.into(), origin, others, beside })
    }

    /// Which of the site's own pictures a source means; nothing when it lies elsewhere.
    pub(super) fn own_picture(&self, source: &Source) -> Result<Option<OwnPicture>, EngineError> {
        let parse = |text: Option<&str>| text.and_then(|text| Url::parse(text).ok());
        let (image, page) = (parse(source.image_url()), parse(source.page_url()));
        let Some(url) = image.as_ref().or(page.as_ref()).filter(|url| self.is_own(url)) else {
            return Ok(None);
        };
        let galleries = &self.0.galleries;
        let of_gallery = if image.is_some() {
            galleries.find(url)
        } else {
            galleries.find_on_page(url, source.index(), source.src())
        };
        let clipping = || {
            let name = url.path().strip_prefix("/clippings/").filter(|_| image.is_some())?;
            ClippingName::parse(name).ok().map(OwnPicture::Clipping)
        };
        let own = of_gallery.map(|(slug, file)| OwnPicture::OfGallery { slug, file }).or_else(clipping);
        own.map(Some).ok_or(EngineError::NoSuchPicture)
    }

    fn is_own(&self, url: &Url) -> bool {
        url.origin() == self.0.public_url.origin()
    }

    async fn read_gallery(&self, slug: &str, file: &str, source: &Source) -> Result<Original, EngineError> {
        let galleries = &self.0.galleries;
        let picture = galleries.picture(slug, file).ok_or(EngineError::NoSuchPicture)?;
        let on_its_way = match galleries.original(slug, file).await? {
            Some(stored) => stored.bytes.into(),
            // A gallery may list pictures that lie elsewhere.
            None => {
                let url = Url::parse(&picture.url).map_err(|_| EngineError::NoSuchPicture)?;
                self.0.fetcher.picture(&url).await?.into()
            }
        };
        let origin = Origin {
            image_url: picture.url,
            page_url: Some(
                source.page_url().map_or_else(|| self.address(&format!("g/{slug}")), str::to_owned),
            ),
            page_title: galleries.get(slug).map(|gallery| gallery.title.clone()),
            site_name: None,
            credit: picture.credit,
            page_credit: Credit::default(),
        };
        Ok(Original { picture: on_its_way, origin, others: None, beside: None })
    }

    async fn read_clipping(&self, name: &ClippingName, source: &Source) -> Result<Original, EngineError> {
        let bytes = self.0.clippings.get(name).await?.ok_or(EngineError::NoSuchPicture)?;
        let origin = Origin {
            image_url: source.image_url().unwrap_or_default().to_owned(),
            page_url: source.page_url().map(str::to_owned),
            page_title: None,
            site_name: None,
            credit: Credit::default(),
            page_credit: Credit::default(),
        };
        Ok(Original { picture: bytes.into(), origin, others: None, beside: None })
    }
}
