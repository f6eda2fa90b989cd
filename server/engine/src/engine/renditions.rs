//! Renditions of the pictures that this site hosts: what can be asked of one, and a part of it at any size.
//!
//! Only what lies here: a viewer asks for hundreds of parts of one picture, which must not become hundreds of fetches
//! from elsewhere. No rendition is kept; the content's hash lets clients and proxies keep what they were given, and asking
//! whether that is current touches no pixel. Each rendition holds a whole file in memory, so few have their turn at once
//! and the others wait before they read.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use cutline_model::{Credit, Size};

use super::{Engine, OwnPicture};
use crate::crop::{Cut, RenditionOptions};
use crate::error::EngineError;
use crate::limits::RenditionLimits;
use crate::permits::{Busy, Permits};

/// Contents of which the size is remembered; beyond them it is measured anew.
const MAX_SIZES: usize = 10_000;

/// How renditions are made.
#[derive(Debug)]
pub struct Renditions {
    /// Turns of those who read a picture: more than work at once, so that the next are read meanwhile, and few
    /// enough that they fill neither the memory nor the line before the decoders.
    turns: Permits,
    /// Caps on them.
    limits: RenditionLimits,
    /// The size of each content that was measured, by its hash.
    sizes: Mutex<HashMap<String, Size>>,
}

/// A picture that this site hosts, as it was when it was looked up.
#[derive(Clone, Debug)]
pub struct HostedPicture {
    /// Its size as displayed.
    pub size: Size,
    /// Tells its content from any other: hexadecimal digits.
    pub hash: String,
    /// Who made it and what one may do with it, as far as it is known.
    pub credit: Credit,
    which: OwnPicture,
}

impl Renditions {
    /// Made as `turns` come, within `limits`.
    #[must_use]
    pub fn new(turns: Permits, limits: RenditionLimits) -> Self {
        Self { turns, limits, sizes: Mutex::default() }
    }

    fn size(&self, hash: &str) -> Option<Size> {
        self.sizes.lock().unwrap_or_else(PoisonError::into_inner).get(hash).copied()
    }

    fn remember(&self, hash: &str, size: Size) {
        let mut sizes = self.sizes.lock().unwrap_or_else(PoisonError::into_inner);
        if sizes.len() >= MAX_SIZES {
            sizes.clear();
        }
        sizes.insert(hash.to_owned(), size);
    }
}

impl Engine {
    /// Looks a picture up, and measures it if its content is not known yet.
    pub async fn hosted(&self, which: &OwnPicture) -> Result<HostedPicture, EngineError> {
        let (hash, credit) = match which {
            OwnPicture::OfGallery { slug, file } => {
                let galleries = &self.0.galleries;
                let hash = galleries.content_hash(slug, file).await?.ok_or(EngineError::NotFound)?;
                (hash, galleries.picture(slug, file).map(|picture| picture.credit).unwrap_or_default())
            }
            // Credits belong to shares, and one clipping can be in several.
            OwnPicture::Clipping(name) => (name.hash().to_owned(), Credit::default()),
        };
        let renditions = &self.0.renditions;
        let size = match renditions.size(&hash) {
            Some(size) => {
                if let OwnPicture::Clipping(name) = which
                    && !self.0.clippings.has(name).await?
                {
                    return Err(EngineError::NotFound);
                }
                size
            }
            None => {
                let _turn = renditions.turns.take().await?;
                let (_, size) = self.0.cutter.measure(self.content(which, &hash).await?).await?;
                renditions.remember(&hash, size);
                size
            }
        };
        Ok(HostedPicture { size, hash, credit, which: which.clone() })
    }

    /// Makes a rendition, when its turn comes.
    pub async fn rendition(
        &self,
        picture: &HostedPicture,
        options: RenditionOptions,
    ) -> Result<Cut, EngineError> {
        let _turn = self.0.renditions.turns.take().await?;
        let bytes = self.content(&picture.which, &picture.hash).await?;
        Ok(self.0.cutter.rendition(bytes, options).await?)
    }

    /// How large renditions may become.
    #[must_use]
    pub fn rendition_limits(&self) -> RenditionLimits {
        self.0.renditions.limits
    }

    /// A picture's bytes, which have this hash: a file that was exchanged meanwhile is asked for again.
    async fn content(&self, which: &OwnPicture, hash: &str) -> Result<Bytes, EngineError> {
        match which {
            OwnPicture::OfGallery { slug, file } => {
                let galleries = &self.0.galleries;
                let stored = galleries.original(slug, file).await?.ok_or(EngineError::NotFound)?;
                let now = galleries.content_hash(slug, file).await?;
                if now.as_deref() == Some(hash) { Ok(stored.bytes) } else { Err(Busy.into()) }
            }
            OwnPicture::Clipping(name) => self.0.clippings.get(name).await?.ok_or(EngineError::NotFound),
        }
    }
}
